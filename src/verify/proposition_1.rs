//! Proposition 1: the occupation of valleys from their mean exit times.

use crate::scaled::Scaled;
use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::{log_odds, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

const STATEMENT: &str = "P(θ ∈ V_v) = τ_v/Σ τ_v, τ_v the mean time until valley v is left.";
const SOURCE: &str = "Proposition 1 (Section 3)";

/// Two valleys, with times from minimum to minimum.
pub const TWO: Claim = Claim {
    id: "proposition-1-two-valleys",
    title: "Occupation of two valleys from their escape times",
    statement: STATEMENT,
    source: SOURCE,
    conditions: "A tilted double well in one dimension; white noise, noise that varies (Itô), and the theorem's closure in both valleys; the \
                 time from minimum to minimum.",
    computation: "P(V₁)/P(V₂) of the stationary law over τ₁/τ₂, each τ from a chain of its own; its limit by extrapolation with order 1.",
    tolerance: "1 %. From minimum to minimum all that is left is exponentially small at the coldest points.",
    expected: Expected::Holds,
    check: |effort| two(effort, 1.0),
};

/// Two valleys, with times from each minimum to the saddle.
pub const SADDLE: Claim = Claim {
    id: "proposition-1-to-the-saddle",
    title: "Occupation of two valleys from the times to the saddle",
    statement: STATEMENT,
    source: SOURCE,
    conditions: "As with two valleys, but the time from each minimum until the saddle is reached.",
    computation: "As with two valleys; the errors of both times are of order √D and have opposite signs where the valleys differ.",
    tolerance: "3 %.",
    expected: Expected::Holds,
    check: |effort| saddle(effort, 1.0),
};

/// Three valleys in a row.
pub const THREE: Claim = Claim {
    id: "proposition-1-three-valleys",
    title: "Occupation of three valleys in a row from their escape times",
    statement: STATEMENT,
    source: SOURCE,
    conditions: "Three wells of one cosine between reflecting walls, tilted by 0.001 θ; white noise; the time from each minimum to the next.",
    computation: "P of the middle valley over its τ/Σ τ. From balance over both saddles P₂/P₁ = γ₁₂/γ₂₁, while τ₂ = 1/(γ₂₁ + γ₂₃): for equal wells \
                  1/3 against 1/5.",
    tolerance: "5 %.",
    expected: Expected::Fails,
    check: |effort| three(effort, 1.0),
};

/// The name of a noise, and its configuration for a given strength.
type Noise = (&'static str, fn(f64) -> String);

/// The noises, all of the same strength.
fn noises() -> [Noise; 3] {
    [
        ("white", |d| format!("kind = \"isotropic\", temperature = {d:?}")),
        ("varies, Itô", |d| format!("kind = \"expression\", d11 = \"{d:?}*(1 + 0.4*sin(2*x + 1))\"")),
        ("the theorem's closure", |d| {
            format!("kind = \"frozen\", learning_rate = {:?}, batch_size = 1, valleys = [[-1.0], [1.0]]", 0.4 * d)
        }),
    ]
}

fn well(noise: &str) -> String {
    format!(
        "landscape = {{ kind = \"sharp-flat\", sharp = 8, flat = 4, dimension = 1 }}
noise = {{ {noise} }}
domain = {{ lower = [-2.6], upper = [2.6] }}"
    )
}

/// P₁/P₂ over τ₁/τ₂, each τ counted from its minimum until `right` or `left` is passed, and the configuration of the
/// first; `middle`: the saddle.
fn ratio(effort: &Effort, noise: &str, [left, right]: [f64; 2], middle: f64) -> Result<(f64, String), ClaimError> {
    let text = |from: f64, set: String| {
        let place = format!("valley = {{ minimum = [{from:?}], set = \"{set}\" }}");
        format!("{}\n{place}\ngrid = {{ tolerance = 1e-7 }}", well(noise))
    };
    let first = text(-1.0, format!("x < {right:?}"));
    let [one, two] = [first.clone(), text(1.0, format!("x > {left:?}"))].map(|text| solve(effort, &text, 1e-5));
    // The solutions hold 1/τ, so that this is ln τ₁/τ₂.
    let times = two?.passage.over(one?.passage).ln();
    let [odds, change] = log_odds(effort, &well(noise), 2000, middle)?;
    if change > 1e-3 {
        return Err(ClaimError::Unsure { error: change, needed: 1e-3 });
    }
    Ok(((-odds - times).exp(), first))
}

/// The saddle: the maximum of L between the minima.
fn top() -> Result<f64, ClaimError> {
    let (problem, _) = crate::verify::solved::posed(&format!(
        "{}\nsolve = {{ quantities = [\"stationary\"] }}",
        well(&noises()[0].1(0.1))
    ))?;
    let saddle = problem.critical.saddles.first();
    saddle.map(|saddle| saddle.point.theta[0]).ok_or(ClaimError::Lacks { what: "saddle" })
}

/// Decides whether the odds are `factor` times the ratio of the times from minimum to minimum; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn two(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    decide(effort, factor, [-1.0, 1.0], 1.0, 1e-2)
}

/// Decides the claim as [`two`] does, with times from each minimum to the saddle.
///
/// # Errors
/// A point that cannot be solved.
pub fn saddle(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let top = top()?;
    decide(effort, factor, [top, top], 0.5, 3e-2)
}

fn decide(effort: &Effort, factor: f64, ends: [f64; 2], order: f64, tolerance: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("D", "P₁/P₂ over τ₁/τ₂", [true, false]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["D", "P₁/P₂ over τ₁/τ₂"], figure);
    let top = top()?;
    // Two times, and a stationary density on two grids.
    effort.expects(noises().len() * 4 * (2 + 2));
    for (name, noise) in noises() {
        let mut points = Vec::new();
        for d in [0.08, 0.04, 0.02, 0.01] {
            let (found, configuration) = ratio(effort, &noise(d), ends, top)?;
            evidence.configuration = configuration;
            evidence.table.push(name, vec![d, found / factor]);
            points.push([d, found / factor]);
        }
        evidence.require_limit(format!("{name}: limit of the ratio"), &Limit::of(&points, order), 1.0, tolerance);
        evidence.figure.measured(name, points);
    }
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "Two valleys are occupied in proportion to their times, for noise of each kind, in the limit."
        }
        _ => "Two valleys are not occupied in proportion to these times.",
    };
    Ok(evidence.finding(summary))
}

/// Decides whether the occupation of the middle one of three valleys is `factor` times τ/Στ; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn three(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    use std::f64::consts::{PI, TAU};
    let figure = Figure::new("D", "P₂ over τ₂/Στ", [true, false]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["D", "P₂", "τ₂/Στ", "P₂ over it"], figure);
    let tilt = 0.001f64;
    let (minimum, saddle) = (-tilt.asin(), PI + tilt.asin());
    let mut points = Vec::new();
    // Three times, and two stationary densities on two grids.
    effort.expects(3 * (3 + 4));
    for d in [0.4, 0.2, 0.1] {
        let text = format!(
            "landscape = {{ expression = \"1 - cos(x) + {tilt:?}*x\" }}
noise = {{ kind = \"isotropic\", temperature = {d:?} }}
domain = {{ lower = [{:?}], upper = [{:?}] }}",
            -3.0 * PI,
            3.0 * PI
        );
        let time = |well: f64, set: String| -> Result<Scaled, ClaimError> {
            let place = format!("valley = {{ minimum = [{:?}], set = \"{set}\" }}", minimum + well * TAU);
            Ok(solve(effort, &format!("{text}\n{place}\ngrid = {{ tolerance = 1e-7 }}"), 1e-5)?.passage.inverse())
        };
        let next = |well: f64| minimum + well * TAU;
        let times = [
            time(-1.0, format!("x < {:?}", next(0.0)))?,
            time(0.0, format!("x > {:?} and x < {:?}", next(-1.0), next(1.0)))?,
            time(1.0, format!("x > {:?}", next(0.0)))?,
        ];
        let share = times[1].over(times[0].plus(times[1]).plus(times[2])).value();
        // The odds of lying beyond each of the two saddles.
        let [lower, _] = log_odds(effort, &text, 2400, saddle - TAU)?;
        let [upper, _] = log_odds(effort, &text, 2400, saddle)?;
        let beyond = |odds: f64| 1.0 / (1.0 + (-odds).exp());
        let occupied = beyond(lower) - beyond(upper);
        evidence.configuration.clone_from(&text);
        evidence.table.push("", vec![d, occupied, share, occupied / share / factor]);
        points.push([d, occupied / share / factor]);
    }
    let coldest = points.last().map_or(f64::NAN, |point| point[1]);
    evidence.require("P₂ over τ₂/Στ at D = 0.1", coldest, 1.0, 0.05);
    evidence.rival("the same beside 5/3 of the claim's, for wells that are equal", coldest * factor, 5.0 / 3.0, 0.02);
    evidence.figure.measured("the middle valley", points);
    evidence.figure.predicted("Proposition 1", vec![[0.1, 1.0], [0.4, 1.0]]);
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => "The middle valley is occupied in proportion to its time.".to_string(),
        _ => format!(
            "The middle valley is occupied {coldest:.3} times as much: it is left on two sides, and entered from two sides, which the time \
             alone does not know. Occupations follow from the rates between valleys, not from the times out of them."
        ),
    };
    Ok(evidence.finding(summary))
}
