//! The effective s of Theorem 3.2 for noise from data and from Hessians.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::sgd_scaling::setting_1;
use crate::verify::solved::{Solved, barrier, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The effective s lies between 0 and 1.
pub const BETWEEN: Claim = Claim {
    id: "theorem-3-2-effective-s",
    title: "An s between 0 and 1 makes Theorem 3.2's exponent that of real noise",
    statement: "s ∈ (0, 1): with some share s of the barrier climbed in the noise of the minimum and the rest in that of the saddle, −ln γ grows by \
                2ΔL (s/H_a + (1 − s)/|H_b|) a unit of B/η.",
    source: "Theorem 3.2, where s is called path-dependent",
    conditions: "The data's own covariance in the paper's Setting 1 (Styblinski–Tang); D = η([H]₊ + δ)/2B on the quartic double well with δ/|H_b| = 1, 0.3, 0.1 \
                 and 0.03; one dimension, Itô, exponents from 10 to 80.",
    computation: "s from the slope of −ln γ over B/η between neighbouring points, extrapolated to small noise with order 2; beside it s from ∫ L'/D, by \
                  quadrature.",
    tolerance: "0.5 around 1/2: s from 0 to 1.",
    expected: Expected::Fails,
    check: |effort| between(effort, 1.0),
};

/// The configuration with D = η([H]₊ + δ)/2B at B = 1, where |H_b| = 1.
fn floored(learning_rate: f64, delta: f64) -> String {
    format!(
        "landscape = {{ expression = \"x^4/4 - x^2/2\" }}
noise = {{ kind = \"hessian\", learning_rate = {learning_rate:?}, batch_size = 1, floor = {:?} }}
domain = {{ lower = [-3], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}
grid = {{ tolerance = 1e-8 }}",
        learning_rate * delta / 2.0
    )
}

/// ΔL, 1/H_a, 1/|H_b|, and the effective s from the quadrature of L'/D.
fn theory(solved: &Solved) -> Result<[f64; 4], ClaimError> {
    let lacks = ClaimError::Lacks { what: "saddle" };
    let saddle = solved.problem.valley.saddles.first().map(|&at| &solved.problem.critical.saddles[at].point);
    let (Some(minimum), Some(saddle)) = (solved.problem.minimum(), saddle) else { return Err(lacks) };
    let s = solved.formulas.theorem_3_2.as_ref().and_then(|theorem| theorem.s_effective);
    let s = s.ok_or(ClaimError::Lacks { what: "effective s" })?;
    Ok([barrier(&solved.problem)?, 1.0 / minimum.hessian.xx, -1.0 / saddle.hessian.xx, s])
}

const EXPONENTS: [f64; 4] = [10.0, 20.0, 40.0, 80.0];

/// Decides whether the s of each noise, times `factor`, is between 0 and 1; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn between(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("δ/|H_b|", "s", [true, false]);
    let columns = ["B/η", "−ln γ"];
    let mut evidence = Evidence::new(Verdict::Holds, &columns, figure);
    let mut curve = Vec::new();
    let deltas: &[f64] = if effort.is_quick { &[1.0, 0.1] } else { &[1.0, 0.3, 0.1, 0.03] };
    effort.expects((1 + deltas.len()) * (1 + EXPONENTS.len()));
    for delta in std::iter::once(None).chain(deltas.iter().copied().map(Some)) {
        let posed = |learning_rate: f64| match delta {
            None => setting_1(1.0, learning_rate, 1.0),
            Some(delta) => floored(learning_rate, delta),
        };
        let name = delta.map_or("Setting 1, the data's covariance".to_string(), |delta| format!("δ/|H_b| = {delta}"));
        // The first point gives the exponent per unit of B/η.
        let first = solve(effort, &posed(0.05), 1e-5)?;
        let [depth, soft, hard, predicted] = theory(&first)?;
        let unit = 2.0 * depth * (predicted * soft + (1.0 - predicted) * hard);
        let mut points: Vec<[f64; 2]> = Vec::new();
        for exponent in EXPONENTS {
            let inverse = exponent / unit;
            evidence.configuration = posed(1.0 / inverse);
            let solved = solve(effort, &evidence.configuration, 1e-5)?;
            evidence.table.push(&name, vec![inverse, -solved.rate.ln()]);
            points.push([inverse, -solved.rate.ln()]);
        }
        let shares = points.windows(2).map(|pair| {
            let slope = (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0]);
            [1.0 / pair[0][0], (slope / (2.0 * depth) - hard) / (soft - hard)]
        });
        let s = Limit::of(&shares.collect::<Vec<_>>(), 2.0).value;
        evidence.require(format!("{name}: s"), factor * s, 0.5, 1.0);
        evidence.rival(format!("{name}: s, against that of ∫ L'/D"), s, predicted, 0.01);
        curve.extend(delta.map(|delta| [delta, s]));
    }
    evidence.figure.measured("D = η([H]₊ + δ)/2B", curve);
    for s in [0.0, 1.0] {
        evidence.figure.predicted(format!("s = {s}"), vec![[deltas[deltas.len() - 1], s], [1.0, s]]);
    }
    let summary = match evidence.verdict() {
        Verdict::Fails => {
            "s is no share: the data's covariance in Setting 1 is far above the Hessian, so that s is above 1; and a Hessian near its zero makes \
             it negative."
        }
        _ => "Every s is a share.",
    };
    Ok(evidence.finding(summary))
}
