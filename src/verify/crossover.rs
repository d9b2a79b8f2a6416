//! SGD with injected white noise over learning rate and temperature: the regions in which either theorem's exponent is
//! accurate.

use crate::verify::evidence::Evidence;
use crate::verify::solved::solve;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The boundaries of the regions in which the exponents of Theorems 3.1 and 3.2 are accurate to 10 %.
pub const MAP: Claim = Claim {
    id: "mixed-noise-map",
    title: "SGD with injected white noise: where each theorem's exponent is within 10 %",
    statement: "Over the plane of η/B and temperature T the regions in which the exponent of Theorem 3.1 (SGD's noise neglected) and that of Theorem 3.2 \
                (white noise neglected) are within 10 % are wedges: they end at two fixed ratios of T to SGD's noise ηH_a/2B, those of \
                ΔL [s/D_a + (1 − s)/D_b].",
    source: "Section 3, “mixture of SGN and injected white noise”; the proof of Theorem 3.2 with D = ηH/2B + T",
    conditions: "Quartic double well under the theorem's closure, killed at the next minimum, s = 1/2, Itô; η/B from 2.5e-4 to 2e-3.",
    computation: "At each η/B the T at which a theorem's exponent is 1.1 times −ln γ of the chain without its prefactor, √(H_a|H_b| D_a/D_b)/2π; by three \
                  solutions, the last between the first two.",
    tolerance: "5 % of T: what the prefactor's own correction, of relative order T/ΔL, moves the ends at the largest noise.",
    expected: Expected::Holds,
    check: |effort| map(effort, 1.0),
};

const RATES: [f64; 4] = [2.5e-4, 5e-4, 1e-3, 2e-3];
/// The ratio of a theorem's exponent to the exact one on the boundary of its region.
const SHARE: f64 = 1.1;
/// L = x⁴/4 − x²/2 with the minimum −1: ΔL = 1/4, H_a = 2, |H_b| = 1, so that SGD's noise is η/B at the minimum and
/// half of it at the saddle.
const BARRIER: f64 = 0.25;

/// ΔL [s/D_a + (1 − s)/D_b] at η/B = 1 for white noise of `share` times ηH_a/2B.
fn mixed(share: f64) -> f64 {
    0.5 * BARRIER * (1.0 / (1.0 + share) + 1.0 / (0.5 + share))
}

/// An exponent at η/B = 1 as a function of the share of white noise.
type Exponent = fn(f64) -> f64;

/// The exponents of the theorems.
const LAWS: [(&str, Exponent); 2] = [("Theorem 3.2", |_| 0.375), ("Theorem 3.1", |share| BARRIER / share)];

/// The share of white noise at which a theorem's exponent is [`SHARE`] times that of the mixture. The ratio grows with
/// the share for Theorem 3.2 and falls for Theorem 3.1.
fn end(law: fn(f64) -> f64) -> f64 {
    let excess = |share: f64| law(share) / mixed(share) - SHARE;
    let (mut low, mut high) = (1e-4f64, 1e4f64);
    let grows = excess(high) > 0.0;
    for _ in 0..200 {
        let middle = (low * high).sqrt();
        if (excess(middle) > 0.0) == grows { high = middle } else { low = middle }
    }
    low
}

/// Decides whether the regions end at `factor` times the predicted shares of white noise; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn map(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("η/B", "T", [true, true]);
    let columns = ["η/B", "T", "−ln γ without its prefactor", "Theorem 3.2's exponent over it", "Theorem 3.1's"];
    let mut evidence = Evidence::new(Verdict::Holds, &columns, figure);
    let rates = effort.points(&RATES, 2);
    effort.expects(LAWS.len() * rates.len() * 3);
    for (name, law) in LAWS {
        let predicted = factor * end(law);
        let mut ends = Vec::new();
        for &rate in rates {
            let mut over = |share: f64| -> Result<f64, ClaimError> {
                let temperature = share * rate;
                evidence.configuration = configured(rate, temperature);
                let solved = solve(effort, &evidence.configuration, 1e-6)?;
                let prefactor = 0.5 * (2.0 * (rate + temperature) / (0.5 * rate + temperature)).ln();
                let exponent = prefactor - std::f64::consts::TAU.ln() - solved.rate.ln();
                let over = LAWS.map(|(_, law)| law(share) / rate / exponent);
                evidence.table.push(name, vec![rate, temperature, exponent, over[0], over[1]]);
                Ok((law(share) / rate / exponent - 1.0).ln())
            };
            let wanted = (SHARE - 1.0).ln();
            // The exponent ratio less [`SHARE`] is nearly linear in the logarithm of the share.
            let between = |[one, at_one]: [f64; 2], [two, at_two]: [f64; 2]| {
                one * (two / one).powf((wanted - at_one) / (at_two - at_one))
            };
            let (near, far) = (0.9 * end(law), 1.1 * end(law));
            let (at_near, at_far) = (over(near)?, over(far)?);
            let middle = between([near, at_near], [far, at_far]);
            let found = between([near, at_near], [middle, over(middle)?]);
            evidence.require(
                format!("{name}, η/B = {rate}: T/(ηH_a/2B) where its region ends"),
                found,
                predicted,
                0.05,
            );
            ends.push([rate, found * rate]);
        }
        let side = if name == "Theorem 3.2" { "below" } else { "above" };
        evidence.figure.measured(format!("{name} is within 10 % {side}"), ends);
        let ray = [rates[0], rates[rates.len() - 1]].map(|rate| [rate, predicted * rate]);
        evidence.figure.predicted(format!("T = {predicted:.3} ηH_a/2B"), ray.to_vec());
    }
    let [sgd, white] = LAWS.map(|(_, law)| end(law));
    let summary = match evidence.verdict() {
        Verdict::Holds => format!(
            "Theorem 3.2's exponent is within 10 % while the white noise is below {sgd:.3} of SGD's at the minimum, Theorem 3.1's from {white:.2} times \
             on; between both, a factor {:.0} in temperature, neither is, and the sum of both noises is needed.",
            white / sgd
        ),
        _ => "The regions end elsewhere.".to_string(),
    };
    Ok(evidence.finding(summary))
}

fn configured(rate: f64, temperature: f64) -> String {
    format!(
        "landscape = {{ expression = \"x^4/4 - x^2/2\" }}
noise = {{ kind = \"frozen\", learning_rate = {rate:?}, batch_size = 1, s = 0.5, floor = {temperature:?} }}
domain = {{ lower = [-3], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}
grid = {{ tolerance = 1e-7 }}"
    )
}
