//! The exponent of the rate for D = η[H]₊/2B at every θ of a plane.

use crate::problem::Problem;
use crate::verify::evidence::Evidence;
use crate::verify::hessian_floor::CURVED;
use crate::verify::solved::{barrier, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// Theorem 3.2 gives this exponent with some s between 0 and 1.
pub const EXPONENT: Claim = Claim {
    id: "paper-noise-exponent",
    title: "The Hessian everywhere: an s between 0 and 1 makes Theorem 3.2's exponent that of the equation",
    statement: "s ∈ (0, 1): with D = η[H]₊/2B at every θ of a plane with a curved valley, −ln γ grows by 2ΔL (s/H_a + (1 − s)/|H_b|) a unit of B/η.",
    source: "Theorem 3.2 beside Eqs. 7 and 8 taken at every θ, which its proof takes at the minimum and at the saddle",
    conditions: "Three landscapes (x² − 1)² + k(y − f(x))², f = x²/2, x² and cos(3x/2), killed at x = 0 on the way over the saddle at the origin's side; η = 0.4, 0.2 \
                 and 0.1, no floor, Itô.",
    computation: "s from the slope of −ln γ over B/η between the two smallest η on 256² cells, H_a the curvature of the minimum along the escape direction; \
                  and with its smaller eigenvalue instead.",
    tolerance: "0.5 around 1/2: s from 0 to 1, moved towards it by what the stated errors of the rates leave open. What is left of the curvature of the line, the \
                last slope over the one before, must be below 1.2.",
    expected: Expected::Fails,
    check: |effort| exponent(effort, 1.0),
};

/// A landscape with its minimum in x < 0, and its domain.
struct Valley {
    name: &'static str,
    landscape: &'static str,
    minimum: [f64; 2],
    lower: [f64; 2],
    upper: [f64; 2],
}

const VALLEYS: [Valley; 3] = [
    Valley { name: "f = x²/2", landscape: CURVED, minimum: [-1.0, 0.5], lower: [-2.0, -1.0], upper: [1.5, 2.5] },
    Valley {
        name: "f = x²",
        landscape: "(x^2-1)^2 + 1.5*(y - x^2)^2",
        minimum: [-1.0, 1.0],
        lower: [-2.0, -1.0],
        upper: [1.5, 3.5],
    },
    Valley {
        name: "f = cos(3x/2)",
        landscape: "(x^2-1)^2 + 3*(y - cos(1.5*x))^2",
        minimum: [-1.0, 0.0707],
        lower: [-2.0, -1.5],
        upper: [1.5, 2.0],
    },
];

impl Valley {
    fn configured(&self, learning_rate: f64, cells: usize) -> String {
        format!(
            "landscape = {{ expression = \"{}\", dimension = 2 }}
noise = {{ kind = \"hessian\", learning_rate = {learning_rate:?}, batch_size = 1 }}
domain = {{ lower = {:?}, upper = {:?} }}
valley = {{ minimum = {:?}, set = \"x < 0\" }}
grid = {{ cells = [{cells}, {cells}] }}",
            self.landscape, self.lower, self.upper, self.minimum
        )
    }
}

/// ΔL, |H_b|, the curvature of the minimum along the escape direction, and its smaller eigenvalue.
fn curvatures(problem: &Problem) -> Result<[f64; 4], ClaimError> {
    let saddle = problem.valley.saddles.first().map(|&at| &problem.critical.saddles[at]);
    let (Some(minimum), Some(saddle)) = (problem.minimum(), saddle) else {
        return Err(ClaimError::Lacks { what: "saddle" });
    };
    let along = minimum.hessian.form(saddle.escape_direction, saddle.escape_direction);
    Ok([barrier(problem)?, -saddle.point.eigenvalues[0], along, minimum.eigenvalues[0]])
}

/// The s for which 2ΔL (s/H_a + (1 − s)/|H_b|) is `slope`.
pub fn share(slope: f64, barrier: f64, at_saddle: f64, at_minimum: f64) -> f64 {
    (slope / (2.0 * barrier) - 1.0 / at_saddle) / (1.0 / at_minimum - 1.0 / at_saddle)
}

/// Decides whether the s of each landscape, times `factor`, lies between 0 and 1; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn exponent(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let columns = ["B/η", "−ln γ", "relative error of γ"];
    let mut evidence = Evidence::new(Verdict::Holds, &columns, Figure::new("B/η", "−ln γ", [false, false]));
    let (valleys, cells) = if effort.is_quick { (&VALLEYS[..1], 128) } else { (&VALLEYS[..], 256) };
    effort.expects(3 * valleys.len());
    for valley in valleys {
        let (mut points, mut errors, mut known) = (Vec::new(), Vec::new(), None);
        for learning_rate in [0.4, 0.2, 0.1] {
            evidence.configuration = valley.configured(learning_rate, cells);
            let solved = solve(effort, &evidence.configuration, 0.5)?;
            let point = [1.0 / learning_rate, -solved.rate.ln()];
            evidence.table.push(valley.name, vec![point[0], point[1], solved.error]);
            points.push(point);
            errors.push(solved.error);
            known = Some(curvatures(&solved.problem)?);
        }
        let Some([barrier, at_saddle, along, smallest]) = known else { continue };
        let slopes: Vec<f64> =
            points.windows(2).map(|pair| (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0])).collect();
        let open = (errors[1] + errors[2]) / (points[2][0] - points[1][0]);
        let nearest = |at_minimum: f64| {
            let found = [-open, open].map(|away| factor * share(slopes[1] + away, barrier, at_saddle, at_minimum));
            0.5f64.clamp(found[0].min(found[1]), found[0].max(found[1]))
        };
        evidence.require(format!("{}: s nearest to 1/2", valley.name), nearest(along), 0.5, 1.0);
        evidence.note(format!("{}: the same with the smaller eigenvalue of H_a", valley.name), nearest(smallest));
        evidence.note(format!("{}: slope of −ln γ over B/η", valley.name), slopes[1]);
        evidence.rival(format!("{}: slope over the one before", valley.name), slopes[1] / slopes[0], 1.0, 0.2);
        evidence.figure.measured(valley.name, points);
    }
    let summary = match evidence.verdict() {
        Verdict::Fails => {
            "−ln γ is close to a line over B/η, and steeper than Theorem 3.2 has it with any s from 0 to 1: where an eigenvalue of H vanishes only the \
             noise along the other one carries the process on, and the detour costs more than either end of the theorem's way."
        }
        _ => "An s between 0 and 1 has this exponent.",
    };
    Ok(evidence.finding(summary))
}
