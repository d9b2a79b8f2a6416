//! Scaling of SGD's rate: one function of ηk/B, linear in its inverse.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::{Configured, Solved, posed, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

const SOURCE: &str = "Theorem 3.2 and Section 4, relations (1) to (3); Figures 4, 5 and 17 to 19";

/// The sweeps over sharpness, batch size and learning rate collapse.
pub const COLLAPSE: Claim = Claim {
    id: "sgd-collapse",
    title: "SGD: sharpness, batch size and learning rate are one variable",
    statement: "With D = ηC/2B and C from the same data at every sharpness k, γ(k, η, B) = k g(ηk/B) for one function g.",
    source: SOURCE,
    conditions: "Styblinski–Tang with Gaussian data (the paper's Setting 1) in one dimension, the data's own covariance; ηk/B from 0.01 to 0.06.",
    computation: "γ/k at four ways of making one ηk/B, over the first of them.",
    tolerance: "1e-8: θ → √k θ turns one equation into the other, so that only the errors of the grids remain.",
    expected: Expected::Holds,
    check: |effort| collapse(effort, 1.0),
};

/// −ln γ/k is linear in B/ηk.
pub const LINEAR: Claim = Claim {
    id: "sgd-linear",
    title: "SGD: −ln γ/k is linear in B/ηk",
    statement: "SGD's −ln(γ/k) is linear in 1/k, B and 1/η in the limit of small noise; the slope over B/ηk is the barrier of ∫ 2L'/C.",
    source: SOURCE,
    conditions: "The same landscape with the data's covariance, and the quartic double well under the theorem's closure (s = 1/2), Itô.",
    computation: "The slope between neighbouring points, extrapolated to small noise with order 2, over that of the effective barrier (Simpson's \
                  rule on 2L'/C). Beside it Pearson's r as the paper reports it, for −ln γ over 1/k, and the distance from that line in nats.",
    tolerance: "1e-3: what terms of higher order leave at the coldest points.",
    expected: Expected::Holds,
    check: |effort| linear(effort, 1.0),
};

const EXPONENTS: [f64; 6] = [5.0, 10.0, 20.0, 40.0, 80.0, 160.0];
const MINIMUM: f64 = -2.35;
/// The second minimum of the population loss, a root of 2θ³ − 10θ + 5/2.
const EXIT: f64 = 2.0986;

/// The configuration of Setting 1, killed at the second minimum of the population loss.
pub(super) fn setting_1(sharpness: f64, learning_rate: f64, batch_size: f64) -> String {
    let shrink = sharpness.sqrt();
    let [lower, upper, minimum] = [-6.0, EXIT, MINIMUM].map(|at| at / shrink);
    format!(
        "landscape = {{ kind = \"styblinski-tang-data\", dimension = 1, sharpness = {sharpness:?} }}
noise = {{ kind = \"covariance\", learning_rate = {learning_rate:?}, batch_size = {batch_size:?} }}
domain = {{ lower = [{lower:?}], upper = [{upper:?}], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [{minimum:?}], set = \"x < {upper:?}\" }}
grid = {{ tolerance = 1e-9 }}"
    )
}

fn frozen(over: f64) -> String {
    format!(
        "landscape = {{ expression = \"x^4/4 - x^2/2\" }}
noise = {{ kind = \"frozen\", learning_rate = {over:?}, batch_size = 1, s = 0.5 }}
domain = {{ lower = [-3], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}
grid = {{ tolerance = 1e-9 }}"
    )
}

/// Decides whether γ ∝ k^`power` at fixed ηk/B; the claim's power is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn collapse(effort: &Effort, power: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("ηk/B", "γ/k", [true, true]);
    let mut evidence = Evidence::new(Verdict::Holds, &["k", "η", "B", "ηk/B", "−ln γ/k"], figure);
    let mut curves: [Vec<[f64; 2]>; 4] = Default::default();
    effort.expects(6 * curves.len());
    for over in [0.01, 0.015, 0.02, 0.03, 0.045, 0.06] {
        let ways = [[1.0, over, 1.0], [1.0, 100.0 * over, 100.0], [4.0, over / 4.0, 1.0], [0.25, 40.0 * over, 10.0]];
        let (mut first, mut worst) = (None, 1.0f64);
        for (curve, [k, learning_rate, batch_size]) in curves.iter_mut().zip(ways) {
            evidence.configuration = setting_1(k, learning_rate, batch_size);
            let solved = solve(effort, &evidence.configuration, 1e-8)?;
            let scaled = solved.rate.scaled(1.0 / k.powf(power));
            let ratio = scaled.over(*first.get_or_insert(scaled)).value();
            worst = if (ratio - 1.0).abs() > (worst - 1.0).abs() { ratio } else { worst };
            evidence.table.push("", vec![k, learning_rate, batch_size, over, -scaled.ln()]);
            curve.push([over, scaled.value()]);
        }
        evidence.require(format!("ηk/B = {over}: γ/k over that at k = B = 1, farthest from 1"), worst, 1.0, 1e-8);
    }
    for (curve, name) in curves.into_iter().zip(["k = 1, B = 1", "k = 1, B = 100", "k = 4, B = 1", "k = 1/4, B = 10"]) {
        evidence.figure.measured(name, curve);
    }
    let summary = match evidence.verdict() {
        Verdict::Holds => {
            "One curve: in continuous time the sweeps over sharpness, batch size and learning rate are one experiment, not three."
        }
        _ => "The curves differ.",
    };
    Ok(evidence.finding(summary))
}

/// Decides whether −ln(γ/k) grows by `factor` times the effective barrier; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn linear(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("B/ηk over that of the first point", "−ln(γ/k)", [false, false]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["B/ηk", "−ln(γ/k)"], figure);
    evidence.further.push(Figure::new(
        "1/k over that of the first point",
        "−ln γ minus its line, nats",
        [false, false],
    ));
    // 2ΔL (s/H_a + (1 − s)/|H_b|) with ΔL = 1/4, H_a = 2, |H_b| = 1.
    let closure = 2.0 * 0.25 * (0.5 / 2.0 + 0.5 / 1.0);
    let cases: [(&str, f64, Configured); 2] = [
        ("Setting 1, the data's covariance", effective_barrier()?, &|inverse| setting_1(1.0, 1.0 / inverse, 1.0)),
        ("quartic, the theorem's closure", closure, &|inverse| frozen(1.0 / inverse)),
    ];
    effort.expects(cases.len() * EXPONENTS.len());
    for (name, slope, text) in cases {
        let mut points: Vec<[f64; 2]> = Vec::new();
        for exponent in EXPONENTS {
            let inverse = exponent / slope;
            evidence.configuration = text(inverse);
            let solved: Solved = solve(effort, &evidence.configuration, 1e-6)?;
            evidence.table.push(name, vec![inverse, -solved.rate.ln()]);
            points.push([inverse, -solved.rate.ln()]);
        }
        let slopes = points
            .windows(2)
            .map(|pair| [1.0 / pair[0][0], (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0]) / slope]);
        let limit = Limit::of(&slopes.collect::<Vec<_>>(), 2.0);
        evidence.require_limit(format!("{name}: slope over that of the effective barrier"), &limit, factor, 1e-3);
        // −ln γ over 1/k at fixed η/B; γ itself has the factor k.
        let over_sharpness = points[..4].iter().map(|&[inverse, y]| {
            let share = inverse / points[0][0];
            [share, y + share.ln()]
        });
        if let Some(line) = evidence.line(Some(0), name, &over_sharpness.collect::<Vec<_>>()) {
            evidence.note(format!("{name}: Pearson's r of −ln γ and 1/k"), line.pearson_r.unwrap_or(f64::NAN));
            evidence.note(format!("{name}: largest distance from that line, nats"), line.farthest());
        }
        evidence.figure.measured(name, points.iter().map(|&[inverse, y]| [inverse / points[0][0], y]).collect());
    }
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "Linear with the slope of the effective barrier in both. Pearson's r is above 0.999 whether the factor k of the prefactor is divided \
             out or not: it cannot tell."
        }
        _ => "The slope is not that of the effective barrier.",
    };
    Ok(evidence.finding(summary))
}

/// ∫ 2L'/C from the minimum to the saddle of Setting 1, by Simpson's rule with 2000 intervals.
fn effective_barrier() -> Result<f64, ClaimError> {
    let (problem, _) = posed(&setting_1(1.0, 0.02, 1.0))?;
    let lacks = ClaimError::Lacks { what: "saddle" };
    let saddle = problem.valley.saddles.first().map(|&index| problem.critical.saddles[index].point.theta[0]);
    let (Some(minimum), Some(saddle)) = (problem.minimum(), saddle) else { return Err(lacks) };
    let (from, step) = (minimum.theta[0], (saddle - minimum.theta[0]) / 2000.0);
    let integrand = |theta: f64| {
        let (slope, square) = (2.0 * theta.powi(3) - 10.0 * theta + 2.5, 6.0 * theta * theta - 4.0);
        2.0 * slope / (square * square + 108.0)
    };
    let weight = |node: usize| match node {
        0 | 2000 => 1.0,
        node if node % 2 == 1 => 4.0,
        _ => 2.0,
    };
    Ok(step / 3.0 * (0..=2000).map(|node| weight(node) * integrand(from + step * node as f64)).sum::<f64>())
}
