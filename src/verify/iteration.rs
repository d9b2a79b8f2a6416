//! SGD's iteration compared with its diffusion limit.

use crate::solve::resources::allowed;
use crate::study::iteration::escape;
use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::{posed, rate, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The iteration's rate tends to that of the stochastic differential equation, with an error of first order in η.
pub const LIMIT: Claim = Claim {
    id: "diffusion-limit",
    title: "The stochastic differential equation is the iteration's limit, to first order in η",
    statement: "At fixed D the escape rate of θ' = θ − η∇L + √(2ηD) ζ, over η, tends to that of the diffusion for η → 0, with an error proportional \
                to η.",
    source: "Eq. 2: SGD as a discretised stochastic differential equation",
    conditions: "Double well of height 1, white noise with ΔL/D = 5 and 10, killed beyond the saddle at 0.8; and a D that varies and is bounded \
                 below; η from 0.01 to 0.00125.",
    computation: "The rate of the iteration as a chain with Gaussian steps on quadrature nodes, over that of the finite-volume chain; limit and order by \
                  Richardson's extrapolation.",
    tolerance: "5e-3 for the limit; 0.15 for the order, which decides for white noise alone: where D varies two terms of opposite sign hide it at these η.",
    expected: Expected::Holds,
    check: |effort| limit(effort, 1.0),
};

/// The published hyperparameters of Setting 1 are in the regime of the diffusion limit.
pub const SETTING: Claim = Claim {
    id: "setting-1-regime",
    title: "The paper's Styblinski–Tang experiment is in the diffusion's regime",
    statement: "At the published hyperparameters of Setting 1 (η = 0.006, B = 1 to 50, ten dimensions) SGD's escape is that of the stochastic \
                differential equation, and an experiment can wait for it.",
    source: "Appendix E, Setting 1, Figures 17 (a) and 18 (a)",
    conditions: "Styblinski–Tang with Gaussian data, the data's covariance, k = 1; from −2.903534 until a coordinate exceeds 0.156731. Ten \
                 independent coordinates: 1 − (1 − γ)^10 an iteration. B from 1 to 20; the diffusion alone at B = 50.",
    computation: "γ of the iteration by the chain with Gaussian steps; beside it η times γ of the diffusion.",
    tolerance: "10 % between both, at every B.",
    expected: Expected::Fails,
    check: |effort| setting(effort, 1.0),
};

fn well(noise: &str) -> String {
    format!(
        "landscape = {{ kind = \"double-well\", dimension = 1 }}
noise = {{ {noise} }}
domain = {{ lower = [-2.2], upper = [0.8], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 0.8\" }}
grid = {{ tolerance = 1e-7 }}"
    )
}

/// Decides whether the error is of order η^`order`; the claim's order is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn limit(effort: &Effort, order: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("η", "|iteration over diffusion − 1|", [true, true]);
    let mut evidence =
        Evidence::new(Verdict::HoldsAsymptotically, &["η", "−ln γ an iteration", "over the diffusion's"], figure);
    let cases = [
        ("white, ΔL/D = 5", "kind = \"isotropic\", temperature = 0.2"),
        ("white, ΔL/D = 10", "kind = \"isotropic\", temperature = 0.1"),
        ("varies", "kind = \"expression\", d11 = \"0.15*(1 + 0.4*sin(2*x + 1))\""),
    ];
    effort.expects(cases.len() * (1 + 4));
    for (name, noise) in cases {
        evidence.configuration = well(noise);
        let diffusion = solve(effort, &evidence.configuration, 1e-5)?;
        let mut points = Vec::new();
        for learning_rate in [0.01, 0.005, 0.0025, 0.00125] {
            let found = escape(&diffusion.problem, learning_rate, allowed(), &effort.progress.part())?;
            effort.step()?;
            let ratio = found.per_iteration.scaled(1.0 / learning_rate).over(diffusion.rate).value();
            evidence.table.push(name, vec![learning_rate, -found.per_iteration.ln(), ratio]);
            points.push([learning_rate, ratio]);
        }
        let limit = Limit::of(&points, 1.0);
        evidence.require_limit(
            format!("{name}: limit of the iteration's rate over the diffusion's"),
            &limit,
            1.0,
            5e-3,
        );
        let label = format!("{name}: order of the error in η");
        if noise.contains("isotropic") {
            evidence.require(label, limit.order, order, 0.15);
        } else {
            evidence.compare(label, limit.order, order);
        }
        evidence.figure.measured(name, points.iter().map(|&[eta, ratio]| [eta, (ratio - 1.0).abs()]).collect());
    }
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "The limit is the diffusion's, with an error proportional to η, where the noise is bounded below."
        }
        _ => "The limit or the order is another one.",
    };
    Ok(evidence.finding(summary))
}

/// Decides whether the iteration has `factor` times the rate of the diffusion at the published hyperparameters; the
/// claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn setting(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("B", "−ln γ an iteration, ten dimensions", [true, true]);
    let columns = ["B", "ln γ of the iteration", "ln ηγ of the diffusion", "their difference"];
    let mut evidence = Evidence::new(Verdict::Holds, &columns, figure);
    let learning_rate = 0.006;
    let (mut chain, mut diffusion) = (Vec::new(), Vec::new());
    let configured = |batch_size: f64| {
        format!(
            "landscape = {{ kind = \"styblinski-tang-data\", dimension = 1 }}
noise = {{ kind = \"covariance\", learning_rate = {learning_rate:?}, batch_size = {batch_size:?} }}
domain = {{ lower = [-14], upper = [0.156731], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-2.35], set = \"x < 0.156731\" }}
grid = {{ tolerance = 1e-6 }}
solve = {{ quantities = [\"rate\"] }}"
        )
    };
    effort.expects(5 + 1);
    for batch_size in [1.0, 2.0, 5.0, 10.0, 20.0] {
        evidence.configuration = configured(batch_size);
        let (problem, _) = posed(&evidence.configuration)?;
        let found = escape(&problem, learning_rate, allowed(), &effort.progress.part())?;
        let continuous = rate(effort, &evidence.configuration, 1e-3)?.scaled(learning_rate);
        let [iteration, limit] = [ten(found.per_iteration.ln()), ten(continuous.ln())];
        evidence.table.push("", vec![batch_size, iteration, limit, iteration - limit]);
        let ratio = (iteration - limit).exp() / factor;
        evidence.require(format!("B = {batch_size}: iteration over diffusion"), ratio, 1.0, 0.1);
        evidence.note(format!("B = {batch_size}: ln of the iterations until one escape"), -iteration);
        chain.push([batch_size, -iteration]);
        diffusion.push([batch_size, -limit]);
    }
    let largest = -ten(rate(effort, &configured(50.0), 1e-3)?.scaled(learning_rate).ln());
    evidence.note("B = 50: ln of the iterations until one escape of the diffusion", largest);
    diffusion.push([50.0, largest]);
    evidence.figure.measured("the iteration", chain);
    evidence.figure.measured("the diffusion", diffusion);
    let summary = match evidence.verdict() {
        Verdict::Holds => "The iteration is its diffusion.".to_string(),
        _ => format!(
            "At B = 1 the iteration escapes by rare large steps that the diffusion does not have; at B = 50 the diffusion \
             needs e^{largest:.0} iterations. Straight lines through such points do not test the equation."
        ),
    };
    Ok(evidence.finding(summary))
}

/// ln(1 − (1 − γ)^10), the rate per iteration of ten independent coordinates, from ln γ.
pub(super) fn ten(logarithm: f64) -> f64 {
    // Below e^-20 it is 10 γ to all digits.
    if logarithm < -20.0 { logarithm + 10f64.ln() } else { (-(10.0 * (-logarithm.exp()).ln_1p()).exp_m1()).ln() }
}
