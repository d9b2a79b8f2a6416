//! The odds of the flat minimum against the sharp one.

use crate::study::fit::Line;
use crate::verify::evidence::Evidence;
use crate::verify::solved::log_odds;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

const SOURCE: &str =
    "Abstract; Theorem 3.2 with Proposition 1: SGD favours flat minima exponentially, SGLD polynomially";
const CONDITIONS: &str = "Two valleys of depth 1 at ±1, between them a saddle of curvature 12, all kept while the ratio r of the minima's curvatures \
                          grows from 1 to 24.";
const COMPUTATION: &str = "ln P(flat)/P(sharp) of the stationary law, by the chain; least squares against r, ln r and 1 − 1/r, and the largest \
                           distance of each line from the points over their range.";

/// SGD's odds grow exponentially with r if the sharp valley is kept and the flat one flattened.
pub const FLATTENED: Claim = Claim {
    id: "headline-flattened",
    title: "SGD's odds while the flat valley is flattened: exponential in r",
    statement: "SGD's odds of the flat valley grow exponentially with r = H_sharp/H_flat.",
    source: SOURCE,
    conditions: CONDITIONS,
    computation: COMPUTATION,
    tolerance: "2 % of the range: the prefactor leaves ln r beside the exponent, which must be small against it.",
    expected: Expected::Holds,
    check: |effort| exponential(effort, Kept::Sharp),
};

/// SGD's odds grow exponentially with r if the flat valley is kept and the sharp one sharpened.
pub const SHARPENED: Claim = Claim {
    id: "headline-sharpened",
    title: "SGD's odds while the sharp valley is sharpened: they saturate",
    statement: "SGD's odds of the flat valley grow exponentially with r = H_sharp/H_flat.",
    source: SOURCE,
    conditions: CONDITIONS,
    computation: COMPUTATION,
    tolerance: "2 % of the range. By Theorem 3.2 the logarithm of the odds is proportional to 1/H_flat − 1/H_sharp, here 1 − 1/r.",
    expected: Expected::Fails,
    check: |effort| exponential(effort, Kept::Flat),
};

/// SGLD's odds are √r.
pub const WHITE: Claim = Claim {
    id: "headline-sgld",
    title: "SGLD's odds: the square root of r",
    statement: "SGLD's odds of the flat valley are √(H_sharp/H_flat).",
    source: SOURCE,
    conditions: "The same landscapes with white noise, ΔL/D = 2000.",
    computation: "ln P(flat)/P(sharp) of the stationary law, by the chain, over ½ ln r.",
    tolerance: "3 % at r = 24: corrections are of order D over the flat valley's own scale.",
    expected: Expected::Holds,
    check: |effort| square_root(effort, 0.5),
};

/// The valley that keeps its curvature while the ratio r grows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// H_sharp = 24, H_flat = 24/r.
    Sharp,
    /// H_flat = 1, H_sharp = r.
    Flat,
}

impl Kept {
    /// H_sharp and H_flat for a ratio r.
    fn curvatures(self, ratio: f64) -> [f64; 2] {
        match self {
            Kept::Sharp => [24.0, 24.0 / ratio],
            Kept::Flat => [ratio, 1.0],
        }
    }
}

const RATIOS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0];
const CELLS: usize = 3000;

/// A sharp valley at −1 and a flat one at 1, with the given curvatures. Between the saddle at 0 and slightly beyond
/// each minimum L is the polynomial of degree 5 with the given values, slopes and curvatures at saddle and minimum;
/// further out it is a parabola.
fn configured([sharp, flat]: [f64; 2], noise: &str) -> String {
    let side = |x: &str, curvature: f64| {
        let [three, four, five] = [8.0 + 0.5 * curvature, -(3.0 + curvature), 0.5 * curvature];
        // The parabola begins slightly beyond the minimum, so that all derivatives exist there.
        let join = 1.02f64;
        let slope = join * (join * (join * (5.0 * five * join + 4.0 * four) + 3.0 * three) - 12.0);
        let (near, far) = (format!("min(max({x}, 0), {join:?})"), format!("max({x} - {join:?}, 0)"));
        format!(
            "{five:?}*{near}^5 + {four:?}*{near}^4 + {three:?}*{near}^3 - 6*{near}^2 + {slope:?}*{far} + {five:?}*{far}^2"
        )
    };
    format!(
        "landscape = {{ expression = \"1 + {} + {}\", dimension = 1 }}
noise = {{ {noise} }}
domain = {{ lower = [-2.5], upper = [3.5] }}",
        side("-x", sharp),
        side("x", flat)
    )
}

/// The name of a law, and the abscissa over which it is a straight line.
type Law = (&'static str, fn(f64) -> f64);

const LAWS: [Law; 3] = [("r", |r| r), ("ln r", f64::ln), ("1 − 1/r", |r| 1.0 - 1.0 / r)];

/// Decides whether the logarithm of SGD's odds is linear in r.
///
/// # Errors
/// A point that cannot be solved.
pub fn exponential(effort: &Effort, kept: Kept) -> Result<Finding, ClaimError> {
    let figure = Figure::new("r", "ln P(flat)/P(sharp)", [false, false]);
    let mut evidence = Evidence::new(Verdict::Holds, &["r", "ln odds", "change with the grid"], figure);
    // The exponent of the coldest valley is near 160: (B/η) ½ (1/H_flat + 1/12) 2ΔL.
    let flattest = RATIOS.iter().map(|&ratio| kept.curvatures(ratio)[1]).fold(f64::INFINITY, f64::min);
    let over = 160.0 / (1.0 / flattest + 1.0 / 12.0);
    let frozen = format!(
        "kind = \"frozen\", learning_rate = {:?}, batch_size = 1, s = 0.5, valleys = [[-1.0], [1.0]]",
        1.0 / over
    );
    let floored =
        format!("kind = \"hessian\", learning_rate = {:?}, batch_size = 1, floor = {:?}", 1.0 / over, 0.5 / over);
    // Every ratio is solved on two grids.
    effort.expects(2 * 2 * RATIOS.len());
    for (name, noise) in [("the theorem's closure", frozen), ("the Hessian everywhere, floor η/2B", floored)] {
        let mut points = Vec::new();
        for ratio in RATIOS {
            evidence.configuration = configured(kept.curvatures(ratio), &noise);
            let [odds, change] = log_odds(effort, &evidence.configuration, CELLS, 0.0)?;
            evidence.table.push(name, vec![ratio, odds, change]);
            points.push([ratio, odds]);
        }
        judge_laws(&mut evidence, name, &points, kept);
        let [last, first] = [points[RATIOS.len() - 1], points[0]];
        let slope = over * if kept == Kept::Sharp { 1.0 / 24.0 } else { 1.0 };
        let predicted = match kept {
            // s (2BΔL/η)(1/H_flat − 1/H_sharp), plus ln r for the factor 1/D of the Itô density.
            Kept::Sharp => slope * (RATIOS[7] - 1.0) + RATIOS[7].ln(),
            Kept::Flat => slope * (1.0 - 1.0 / RATIOS[7]) + RATIOS[7].ln(),
        };
        if name == "the theorem's closure" {
            evidence.compare(
                format!("{name}: ln odds at r = 24, beside Theorem 3.2 with Itô's prefactor"),
                last[1] - first[1],
                predicted,
            );
        } else {
            evidence.note(format!("{name}: ln odds at r = 24"), last[1] - first[1]);
        }
        evidence.figure.measured(name, points);
    }
    let summary = match evidence.verdict() {
        Verdict::Holds => {
            "With the sharp valley kept, the logarithm of the odds is proportional to r: exponential, as the paper says, under its closure. \
             What the Hessian as noise at every place does is beside it."
        }
        _ => {
            "With the flat valley kept, the odds do not grow exponentially with r: their logarithm goes like 1/H_flat − 1/H_sharp and \
             saturates, while the prefactor goes on like ln r."
        }
    };
    Ok(evidence.finding(summary))
}

/// Judges how well the logarithm of the odds fits a line over the abscissa of each law.
fn judge_laws(evidence: &mut Evidence, name: &str, points: &[[f64; 2]], kept: Kept) {
    for (law, abscissa) in LAWS {
        let line = Line::through(&points.iter().map(|&[r, odds]| (abscissa(r), odds)).collect::<Vec<_>>());
        let residual = line.ok().and_then(|line| line.largest_residual).unwrap_or(f64::NAN);
        let label = format!("{name}: largest distance from a line over {law}, of the range");
        match law {
            "r" if name == "the theorem's closure" => evidence.require(label, residual, 0.0, 0.02),
            "1 − 1/r" if name == "the theorem's closure" && kept == Kept::Flat => {
                evidence.rival(label, residual, 0.0, 0.02);
            }
            _ => evidence.note(label, residual),
        }
    }
}

/// Decides whether SGLD's odds are r^`power`; the claim's power is 1/2.
///
/// # Errors
/// A point that cannot be solved.
pub fn square_root(effort: &Effort, power: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("r", "P(flat)/P(sharp)", [true, true]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["r", "ln odds", "change with the grid"], figure);
    // Every ratio is solved on two grids.
    effort.expects(2 * 2 * RATIOS.len());
    for (name, kept) in [("sharp valley kept", Kept::Sharp), ("flat valley kept", Kept::Flat)] {
        let mut points = Vec::new();
        for ratio in RATIOS {
            evidence.configuration = configured(kept.curvatures(ratio), "kind = \"isotropic\", temperature = 5e-4");
            let [odds, change] = log_odds(effort, &evidence.configuration, CELLS, 0.0)?;
            evidence.table.push(name, vec![ratio, odds, change]);
            points.push([ratio, odds.exp()]);
        }
        let last = points.last().map_or(f64::NAN, |point| point[1].ln());
        evidence.require(format!("{name}: ln odds over ln r at r = 24"), last / RATIOS[7].ln(), power, 0.03);
        evidence.figure.measured(name, points);
    }
    evidence.figure.predicted("√r", vec![[1.0, 1.0], [24.0, 24f64.sqrt()]]);
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "The square root of the ratio, whichever valley is kept: polynomial, as the paper says."
        }
        _ => "Not this power of the ratio.",
    };
    Ok(evidence.finding(summary))
}
