//! Theorem 3.2 near its closure: noise that changes over a short width instead of jumping.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::rate;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// −ln γ changes in proportion to the width.
pub const CROSSING: Claim = Claim {
    id: "theorem-3-2-neighbourhood",
    title: "Near the theorem's closure: a crossing of width w changes −ln γ in proportion to w",
    statement: "Where the noise goes from D_a to D_b over a width w, D = (D_a + D_b)/2 − (D_a − D_b)/2 tanh((x − c)/w), instead of jumping at c, −ln γ \
                changes by w L'(c) (D_a − D_b) ln(D_b/D_a)/(2 D_a D_b) to first order in w: the theorem's exponent is right for its closure \
                alone, and its neighbours have exponents beside it.",
    source: "The closure in the proof of Theorem 3.2; ∫ L'/D over a crossing in closed form",
    conditions: "Quartic double well, killed at the next minimum, s = 1/2, isothermal noise at three strengths, exponents 20, 40 and 80; w from 0.1 down \
                 to 0.0125.",
    computation: "(ln γ₀ − ln γ_w)/w over what is predicted, γ₀ that of the jump on the same terms; its limit w → 0 by Richardson's extrapolation with \
                  order 1.",
    tolerance: "0.5 %: what terms of higher order in w leave at the narrowest crossings.",
    expected: Expected::Holds,
    check: |effort| crossing(effort, 1.0),
};

const WIDTHS: [f64; 4] = [0.1, 0.05, 0.025, 0.0125];

/// Decides whether −ln γ changes `factor` times as fast with w as predicted; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn crossing(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("width w of the crossing", "γ over the theorem's closure's", [true, false]);
    let columns = ["exponent", "w", "γ_w/γ₀", "(ln γ₀ − ln γ_w)/w over what is predicted"];
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &columns, figure);
    // L = x⁴/4 − x²/2 from −1 to 0 has ΔL = 1/4, H_a = 2, |H_b| = 1. At half of the barrier c² = 1 − 1/√2 and L'(c) =
    // |c|/√2.
    let c = -(1.0 - 0.5f64.sqrt()).sqrt();
    let slope = -c * 0.5f64.sqrt();
    let exponents = effort.points(&[20.0, 40.0, 80.0], 1);
    effort.expects(exponents.len() * (1 + WIDTHS.len()));
    for exponent in exponents {
        let learning_rate = 0.375 / exponent;
        let posed = |noise: String| {
            format!(
                "landscape = {{ expression = \"x^4/4 - x^2/2\" }}
noise = {{ {noise}, interpretation = \"isothermal\" }}
domain = {{ lower = [-3], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}
grid = {{ tolerance = 1e-8 }}"
            )
        };
        let jump = posed(format!("kind = \"frozen\", learning_rate = {learning_rate:?}, batch_size = 1, s = 0.5"));
        let theorem = rate(effort, &jump, 1e-7)?;
        let [d_a, d_b] = [learning_rate, learning_rate / 2.0];
        let predicted = slope * (d_a - d_b) * (d_b / d_a).ln() / (2.0 * d_a * d_b);
        let (mut ratios, mut measured) = (Vec::new(), Vec::new());
        for width in WIDTHS {
            let (mean, half) = (f64::midpoint(d_a, d_b), (d_a - d_b) / 2.0);
            evidence.configuration =
                posed(format!("kind = \"expression\", d11 = \"{mean:?} - {half:?}*tanh((x + {:?})/{width:?})\"", -c));
            let ratio = rate(effort, &evidence.configuration, 1e-6)?.over(theorem);
            let relative = -ratio.ln() / width / predicted;
            evidence.table.push("", vec![*exponent, width, ratio.value(), relative]);
            ratios.push([width, relative]);
            measured.push([width, ratio.value()]);
        }
        let name = format!("exponent {exponent}");
        let limit = Limit::of(&ratios, 1.0);
        evidence.require_limit(format!("{name}: −d ln γ/dw at w = 0 over what is predicted"), &limit, factor, 5e-3);
        evidence.figure.measured(&name, measured);
        let line = WIDTHS.iter().map(|width| [*width, (-predicted * width).exp()]);
        evidence.figure.predicted(format!("{name}, first order"), line.collect());
    }
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "The closure is no limit that its neighbours share: a crossing of width w multiplies the rate by e^(κw/η), the more the colder."
        }
        _ => "The rate leaves the theorem's otherwise.",
    };
    Ok(evidence.finding(summary))
}
