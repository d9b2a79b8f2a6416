//! SGD's noise and white noise together.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::solve;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The exponent of the mixture, between those of Theorems 3.2 and 3.1.
pub const MIXED: Claim = Claim {
    id: "mixed-noise",
    title: "SGD with injected white noise: between both theorems",
    statement: "With D = ηH/2B + d under the theorem's closure, −ln γ is ΔL [s/D_a + (1 − s)/D_b] to leading order, D_a = ηH_a/2B + d and \
                D_b = η|H_b|/2B + d: Theorem 3.2 where SGD's noise is the larger, Theorem 3.1 where the white one is.",
    source: "Section 3, “mixture of SGN and injected white noise”; the proof of Theorem 3.2 with these D",
    conditions: "Quartic double well, killed at the next minimum, s = 1/2, Itô; d from 1/100 to 100 times ηH_a/2B; exponents from 10 to 80.",
    computation: "The slope of −ln γ over the exponent between neighbouring points at a fixed ratio of both noises, extrapolated with order 2.",
    tolerance: "1e-3: what terms of higher order leave at the coldest points.",
    expected: Expected::Holds,
    check: |effort| mixed(effort, 1.0),
};

/// Decides whether −ln γ grows `factor` times as fast as the exponent; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn mixed(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure =
        Figure::new("white noise over SGD's, d/(ηH_a/2B)", "exponent over Theorem 3.2's at the same η", [true, true]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["d/(ηH_a/2B)", "η", "d", "−ln γ"], figure);
    let (mut measured, mut theory) = (Vec::new(), Vec::new());
    effort.expects(7 * 4);
    for share in [0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0] {
        // At η/B = 1: H_a = 2, |H_b| = 1, ΔL = 1/4.
        let (bottom, top) = (1.0 + share, 0.5 + share);
        let exponent = 0.25 * (0.5 / bottom + 0.5 / top);
        let mut points = Vec::new();
        for wanted in [10.0, 20.0, 40.0, 80.0] {
            let learning_rate = exponent / wanted;
            let floor = share * learning_rate;
            evidence.configuration = format!(
                "landscape = {{ expression = \"x^4/4 - x^2/2\" }}
noise = {{ kind = \"frozen\", learning_rate = {learning_rate:?}, batch_size = 1, s = 0.5, floor = {floor:?} }}
domain = {{ lower = [-3], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}
grid = {{ tolerance = 1e-7 }}"
            );
            let solved = solve(effort, &evidence.configuration, 1e-6)?;
            evidence.table.push("", vec![share, learning_rate, floor, -solved.rate.ln()]);
            points.push([wanted, -solved.rate.ln()]);
        }
        let slopes =
            points.windows(2).map(|pair| [1.0 / pair[0][0], (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0])]);
        let limit = Limit::of(&slopes.collect::<Vec<_>>(), 2.0);
        evidence.require_limit(format!("d/(ηH_a/2B) = {share}: slope over the exponent"), &limit, factor, 1e-3);
        // The exponent of Theorem 3.2 alone is 1/4 (1/2 + 1) at η/B = 1.
        measured.push([share, limit.value * exponent / 0.375]);
        theory.push([share, exponent / 0.375]);
    }
    evidence.figure.measured("measured", measured);
    evidence.figure.predicted("ΔL [s/D_a + (1 − s)/D_b]", theory);
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => "The exponents go over into one another as the noises add up.",
        _ => "The exponents are others.",
    };
    Ok(evidence.finding(summary))
}
