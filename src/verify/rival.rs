//! A rival theory: noise proportional to the loss.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::solve;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The power law of Mori et al.
pub const POWER: Claim = Claim {
    id: "mori-power-law",
    title: "Noise proportional to the loss: escape is a power law of the losses",
    statement: "With D = (η/B) L(θ) h*, h* the Hessian at the minimum, −ln γ is (B/ηh*) ln(L_b/L_a) to leading order: the barrier of ln L decides, \
                not that of L.",
    source: "Mori, Ziyin, Liu & Ueda, ICML 2022, for mean-square losses; against Theorem 3.2",
    conditions: "L = (x² − 1)² + L_a, killed at the next minimum, Itô; L_a = 0.01, 0.1 and 1; exponents from 10 to 80.",
    computation: "The slope of −ln γ over (B/ηh*) ln(L_b/L_a) between neighbouring points, extrapolated with order 2; beside it the slope over the \
                  exponent of Theorem 3.2, (2BΔL/η)(s/H_a + (1 − s)/|H_b|) with s = 1/2, which takes D = ηH/2B instead.",
    tolerance: "2e-3: what terms of higher order leave at the coldest points.",
    expected: Expected::Holds,
    check: |effort| power(effort, 1.0),
};

/// Decides whether −ln γ grows `factor` times as fast as the exponent of the rival theory; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn power(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("(B/ηh*) ln(L_b/L_a)", "−ln γ", [false, false]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["L_a", "η/B", "−ln γ"], figure);
    effort.expects(3 * 4);
    for lowest in [0.01f64, 0.1, 1.0] {
        // H_a = 8, |H_b| = 4, ΔL = 1.
        let exponent = ((1.0 + lowest) / lowest).ln() / 8.0;
        let mut points = Vec::new();
        for wanted in [10.0, 20.0, 40.0, 80.0] {
            let learning_rate = exponent / wanted;
            evidence.configuration = format!(
                "landscape = {{ expression = \"(x^2 - 1)^2 + {lowest:?}\" }}
noise = {{ kind = \"loss-hessian\", learning_rate = {learning_rate:?}, batch_size = 1 }}
domain = {{ lower = [-2.6], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}
grid = {{ tolerance = 1e-7 }}"
            );
            let solved = solve(effort, &evidence.configuration, 1e-6)?;
            evidence.table.push("", vec![lowest, learning_rate, -solved.rate.ln()]);
            points.push([wanted, -solved.rate.ln()]);
        }
        let slopes =
            points.windows(2).map(|pair| [1.0 / pair[0][0], (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0])]);
        let limit = Limit::of(&slopes.collect::<Vec<_>>(), 2.0);
        evidence.require_limit(format!("L_a = {lowest}: slope over the exponent of ln L"), &limit, factor, 2e-3);
        let theorem = 2.0 * (0.5 / 8.0 + 0.5 / 4.0);
        evidence
            .note(format!("L_a = {lowest}: slope over the exponent of Theorem 3.2"), limit.value * exponent / theorem);
        evidence.figure.measured(format!("L_a = {lowest}"), points);
    }
    evidence.figure.predicted("slope 1", vec![[10.0, 10.0], [80.0, 80.0]]);
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "With noise that falls with the loss itself the rival's exponent is right, and Theorem 3.2's is off by the factor beside it, which \
             depends on how small the loss at the minimum is."
        }
        _ => "The exponent is another one.",
    };
    Ok(evidence.finding(summary))
}
