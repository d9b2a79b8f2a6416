//! The panels (a) of the paper's Figures 4, 6 and 15 to 19, each at its own hyperparameters.

use crate::solve::resources::allowed;
use crate::study::iteration::escape;
use crate::verify::evidence::Evidence;
use crate::verify::iteration::ten;
use crate::verify::solved::{posed, rate};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The lines of the published panels.
pub const LINES: Claim = Claim {
    id: "setting-1-figures",
    title: "The panels of the ten-dimensional experiment are straight lines in the diffusion",
    statement: "In Setting 1, at the published hyperparameters, −ln γ is linear in 1/D (Figures 6 b and 15 a), 1/k (4 a and 17 a), B (4 b and 18 a) \
                and 1/η (4 c and 19 a), and γ in k (6 a and 16 a).",
    source: "Figures 4, 6 (a, b) and 15 to 19 (a); Appendix E.1, hyperparameters",
    conditions: "Styblinski–Tang with Gaussian data, ten independent coordinates from −2.903534 until one exceeds 0.156731. 15 (a): η = 0.0001, D from 2 \
                 to 6. 16 (a): η = 0.0001, D = 0.2, k from 1/2 to 2. 17 (a): η = 0.006, B = 50, k from 1/2 to 2. 18 (a): η = 0.006, B from 1 to 20. \
                 19 (a): B = 1, η from 0.003 to 0.012. White noise alone in 15 and 16. The paper does not say which points it took.",
    computation: "γ an iteration of the diffusion, η times that of the finite-volume chain; beside it that of the iteration, by the chain with Gaussian steps. \
                  The largest distance from the line of least squares over the panel's axis, over the range of the ordinate; Pearson's r beside it. Beside them 1/γ: the iterations that an experiment waits for. \
                  The iteration is solved for 18 (a) and 19 (a) in the full suite: its chain ends below 1e-308, and at η = 0.0001 it is the diffusion.",
    tolerance: "1 % of the range; the paper reports r > 0.99, which a line that bends by far more has too.",
    expected: Expected::Holds,
    check: |effort| lines(effort, 1.0),
};

/// A published panel.
struct Panel {
    name: &'static str,
    axis: &'static str,
    /// Whether the panel has γ itself, not −ln γ, on its other axis.
    is_of_rate: bool,
    /// The numbers that are varied, the first ones for fewer points.
    points: [f64; 5],
    /// The panel's abscissa of such a number.
    abscissa: fn(f64) -> f64,
    /// The point of such a number.
    point: fn(f64) -> Point,
    /// Whether the chain of the iteration can be solved, with rates within the range of doubles.
    has_iteration: bool,
}

/// The hyperparameters of a point.
struct Point {
    sharpness: f64,
    learning_rate: f64,
    noise: Noise,
}

enum Noise {
    /// Injected white noise of this D.
    White(f64),
    /// The gradients' own noise for this batch size.
    Batch(f64),
}

/// The panels of Appendix E.1.
const PANELS: [Panel; 5] = [
    Panel {
        name: "15 (a)",
        axis: "1/D",
        is_of_rate: false,
        points: [2.0, 6.0, 3.0, 4.0, 2.5],
        abscissa: f64::recip,
        point: |diffusion| Point { sharpness: 1.0, learning_rate: 0.0001, noise: Noise::White(diffusion) },
        has_iteration: false,
    },
    Panel {
        name: "16 (a)",
        axis: "k",
        is_of_rate: true,
        points: [0.5, 2.0, 1.0, 1.41, 0.71],
        abscissa: |sharpness| sharpness,
        point: |sharpness| Point { sharpness, learning_rate: 0.0001, noise: Noise::White(0.2) },
        has_iteration: false,
    },
    Panel {
        name: "17 (a)",
        axis: "1/k",
        is_of_rate: false,
        points: [0.5, 2.0, 1.0, 1.41, 0.71],
        abscissa: f64::recip,
        point: |sharpness| Point { sharpness, learning_rate: 0.006, noise: Noise::Batch(50.0) },
        has_iteration: false,
    },
    Panel {
        name: "18 (a)",
        axis: "B",
        is_of_rate: false,
        points: [1.0, 20.0, 5.0, 10.0, 2.0],
        abscissa: |batch_size| batch_size,
        point: |batch_size| Point { sharpness: 1.0, learning_rate: 0.006, noise: Noise::Batch(batch_size) },
        has_iteration: true,
    },
    Panel {
        name: "19 (a)",
        axis: "1/η",
        is_of_rate: false,
        points: [0.003, 0.012, 0.006, 0.009, 0.004],
        abscissa: f64::recip,
        point: |learning_rate| Point { sharpness: 1.0, learning_rate, noise: Noise::Batch(1.0) },
        has_iteration: true,
    },
];

impl Panel {
    /// Draws logarithms of rates over abscissae, with their residuals where there is a `chart` for them, and notes how
    /// straight they are; returns the largest residual over the range, `None` without points.
    fn fit(
        &self,
        evidence: &mut Evidence,
        model: &str,
        chart: Option<usize>,
        mut curve: Vec<[f64; 2]>,
        first: f64,
    ) -> Option<f64> {
        curve.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let longest = curve.iter().map(|[_, logarithm]| -logarithm).reduce(f64::max)?;
        // The rate over the largest: itself it may be e^-1000.
        let largest = curve.iter().map(|[_, logarithm]| *logarithm).reduce(f64::max)?;
        let ordinate = |logarithm: f64| if self.is_of_rate { (logarithm - largest).exp() } else { -logarithm };
        let ordinates: Vec<f64> = curve.iter().map(|[_, logarithm]| ordinate(*logarithm)).collect();
        let range = ordinates.iter().copied().reduce(f64::max)? - ordinates.iter().copied().reduce(f64::min)?;
        let shares: Vec<[f64; 2]> =
            curve.iter().zip(&ordinates).map(|([abscissa, _], y)| [abscissa / first, y / range]).collect();
        let line = evidence.line(chart, self.name, &shares)?;
        let r = line.pearson_r.map_or(f64::NAN, f64::abs);
        evidence.note(format!("{}, {model}: |Pearson's r| over {}", self.name, self.axis), r);
        evidence.note(format!("{}, {model}: ln of the iterations of the slowest point", self.name), longest);
        let drawn = curve.iter().map(|[abscissa, logarithm]| [abscissa / first, -logarithm]).collect();
        evidence.figure.measured(format!("{}, {model}", self.name), drawn);
        Some(line.farthest())
    }
}

/// One coordinate, killed where the paper counts it as escaped.
fn configured(point: &Point) -> String {
    let Point { sharpness, learning_rate, noise } = point;
    let [lower, exit, minimum] = [-14.0, 0.156731, -2.35].map(|at: f64| at / sharpness.sqrt());
    let noise = match noise {
        Noise::White(diffusion) => format!("kind = \"isotropic\", temperature = {diffusion:?}"),
        Noise::Batch(size) => {
            format!("kind = \"covariance\", learning_rate = {learning_rate:?}, batch_size = {size:?}")
        }
    };
    format!(
        "landscape = {{ kind = \"styblinski-tang-data\", dimension = 1, sharpness = {sharpness:?} }}
noise = {{ {noise} }}
domain = {{ lower = [{lower:?}], upper = [{exit:?}], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [{minimum:?}], set = \"x < {exit:?}\" }}
grid = {{ tolerance = 1e-6 }}
solve = {{ quantities = [\"rate\"] }}"
    )
}

/// Decides whether every panel is a straight line over its abscissa to the power `power`; the claim's power is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn lines(effort: &Effort, power: f64) -> Result<Finding, ClaimError> {
    let figure =
        Figure::new("abscissa over that of the first point", "−ln γ an iteration, ten dimensions", [true, true]);
    let columns = ["abscissa", "ln γ of the diffusion", "ln γ of the iteration"];
    let mut evidence = Evidence::new(Verdict::Holds, &columns, figure);
    evidence.further.push(Figure::new(
        "abscissa over that of the first point",
        "residual over the range of the panel's ordinate, the diffusion",
        [true, false],
    ));
    let counts = if effort.is_quick { 3 } else { 5 };
    let mut waits = Vec::new();
    let has_iteration = |panel: &Panel| panel.has_iteration && !effort.is_quick;
    let solutions = |panel: &Panel| if has_iteration(panel) { 2 * counts } else { counts };
    effort.expects(PANELS.iter().map(solutions).sum());
    for panel in &PANELS {
        let (mut diffusion, mut iteration) = (Vec::new(), Vec::new());
        for &number in &panel.points[..counts] {
            let point = (panel.point)(number);
            evidence.configuration = configured(&point);
            let abscissa = (panel.abscissa)(number).powf(power);
            let continuous = ten(rate(effort, &evidence.configuration, 1e-3)?.scaled(point.learning_rate).ln());
            diffusion.push([abscissa, continuous]);
            let mut row = vec![abscissa, continuous, f64::NAN];
            if has_iteration(panel) {
                let (problem, _) = posed(&evidence.configuration)?;
                let found = escape(&problem, point.learning_rate, allowed(), &effort.progress.part())?;
                effort.step()?;
                row[2] = ten(found.per_iteration.ln());
                iteration.push([abscissa, row[2]]);
            }
            evidence.table.push(&format!("{}, over {}", panel.name, panel.axis), row);
        }
        let first = diffusion[0][0];
        let slowest = diffusion.iter().map(|[_, logarithm]| -logarithm).fold(0.0, f64::max);
        waits.push(format!("{} e^{slowest:.0}", panel.name));
        if let Some(farthest) = panel.fit(&mut evidence, "the diffusion", Some(0), diffusion, first) {
            let name = format!("{}: largest residual over {}, over the range", panel.name, panel.axis);
            evidence.require(name, farthest, 0.0, 0.01);
        }
        if let Some(farthest) = panel.fit(&mut evidence, "the iteration", None, iteration, first) {
            evidence.note(format!("{}, the iteration: largest residual over the range", panel.name), farthest);
        }
    }
    let summary = match evidence.verdict() {
        Verdict::Holds => format!(
            "All five are straight in the diffusion. An experiment would wait for the slowest point of {} iterations.",
            waits.join(", ")
        ),
        _ => "Not all of them are straight lines.".to_string(),
    };
    Ok(evidence.finding(summary))
}
