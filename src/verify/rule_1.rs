//! Rule 1: the rates of parallel paths add.

use crate::scaled::Scaled;
use crate::verify::evidence::Evidence;
use crate::verify::solved::solve;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// Rule 1 for a valley with several saddles.
pub const PARALLEL: Claim = Claim {
    id: "rule-1",
    title: "Rule 1: rates of parallel paths add",
    statement: "The rate out of a valley with several saddles is the sum of the rates over each of them alone.",
    source: "Rule 1 (Section 3)",
    conditions: "One valley between two saddles in one dimension: equal ones (1 − cos θ), and unequal ones (tilted by 0.1 θ); and one in two \
                 dimensions with saddles towards x and y. White noise, ΔL/D from 2 to 32; the rate of one path is that with the other \
                 closed by a reflecting wall at its saddle.",
    computation: "γ of both over the sum, at every noise.",
    tolerance: "The distance from 1 must fall to 1 % at ΔL/D = 32: paths are independent as far as the process has forgotten one before \
                it takes the other, up to terms of order e^(−ΔL/D). On the plane the coordinates are independent, and the law exact.",
    expected: Expected::Holds,
    check: |effort| parallel(effort, 1.0),
};

/// Rule 1 for paths that share a saddle.
pub const SHARED: Claim = Claim {
    id: "rule-1-shared-valley",
    title: "Rule 1 where paths share a valley",
    statement: "The rate out of a valley with two ways to what absorbs is the sum of the rates over each of them alone, also where both ways \
                lead over the same saddle first.",
    source: "Rule 1, beyond its condition that paths be parallel",
    conditions: "L = (x² − 1)² + (1/10 + 4(1 − x)²) y²: from (−1, 0) over the saddle at 0, of height 1, into a valley with exits at y = ±1, each \
                 0.1 above its bottom. White noise, D from 1/4 to 1/16; one exit alone has a reflecting wall in place of the other.",
    computation: "γ with both exits over the sum of those with one closed.",
    tolerance: "5 %. The shared saddle decides the rate, so that it should be near 1/2.",
    expected: Expected::Fails,
    check: |effort| shared(effort, 1.0),
};

/// The configuration in one dimension; `open`: whether the paths to the left and to the right are open.
fn line(tilt: f64, temperature: f64, open: [bool; 2]) -> String {
    // The saddles of 1 − cos x + tilt x.
    let saddles = [-std::f64::consts::PI - tilt.asin(), std::f64::consts::PI + tilt.asin()];
    let [lower, upper] = [0, 1].map(|side: usize| {
        let outward = if side == 0 { -1.0 } else { 1.0 };
        if open[side] { saddles[side] + outward * 2.5 } else { saddles[side] }
    });
    let [left, right] = open.map(|open| if open { "absorbing" } else { "reflecting" });
    format!(
        "landscape = {{ expression = \"1 - cos(x) + {tilt:?}*x\" }}
noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
domain = {{ lower = [{lower:?}], upper = [{upper:?}], walls = {{ x = [\"{left}\", \"{right}\"] }} }}
valley = {{ minimum = [{:?}], set = \"whole\" }}
grid = {{ tolerance = 1e-9 }}",
        -tilt.asin()
    )
}

/// The configuration of the valley at (−1, −1) of a product of double wells; `open`: whether the exits in x and y are
/// open.
fn plane(temperature: f64, open: [bool; 2]) -> String {
    let ends = open.map(|open| if open { 0.8 } else { 0.0 });
    let words = open.map(|open| if open { "absorbing" } else { "reflecting" });
    format!(
        "landscape = {{ expression = \"(x^2 - 1)^2 + 1.2*(y^2 - 1)^2\", dimension = 2 }}
noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
domain = {{ lower = [-2.2, -2.2], upper = [{:?}, {:?}], walls = {{ x = [\"reflecting\", \"{}\"], y = [\"reflecting\", \"{}\"] }} }}
valley = {{ minimum = [-1, -1], set = \"whole\" }}
grid = {{ cells = [128, 128] }}",
        ends[0], ends[1], words[0], words[1]
    )
}

/// The configuration of a valley, a saddle, and a second valley behind it with two exits; `open`: whether each is open.
fn behind(temperature: f64, open: [bool; 2]) -> String {
    let words = open.map(|open| if open { "absorbing" } else { "reflecting" });
    format!(
        "landscape = {{ expression = \"(x^2 - 1)^2 + (0.1 + 4*(1 - x)^2)*y^2\", dimension = 2 }}
noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
domain = {{ lower = [-1.8, -1], upper = [1.8, 1], walls = {{ y = [\"{}\", \"{}\"] }} }}
valley = {{ minimum = [-1, 0], set = \"whole\" }}
grid = {{ cells = [120, 96] }}",
        words[0], words[1]
    )
}

/// A landscape: its name, the height of its saddle, the ratios ΔL/D, and its configuration with either path open or
/// closed.
type Case<'a> = (&'a str, f64, &'a [f64], &'a dyn Fn(f64, [bool; 2]) -> String);

/// Decides whether both paths together have `factor` times the sum of their rates; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn parallel(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("D/ΔL", "|γ/(γ₁ + γ₂) − 1|", [true, true]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["ΔL/D", "−ln γ", "γ over the sum"], figure);
    let cases: [Case; 3] = [
        ("line, equal saddles", 2.0, &[2.0, 4.0, 8.0, 16.0, 32.0], &|temperature, open| line(0.0, temperature, open)),
        ("line, unequal saddles", 1.7, &[2.0, 4.0, 8.0, 16.0, 32.0], &|temperature, open| line(0.1, temperature, open)),
        ("plane", 1.0, &[4.0, 8.0, 16.0, 32.0], &plane),
    ];
    effort.expects(3 * cases.iter().map(|(_, _, overs, _)| overs.len()).sum::<usize>());
    for (name, height, overs, text) in cases {
        let mut points = Vec::new();
        for &over in overs {
            let temperature = height / over;
            evidence.configuration = text(temperature, [true, true]);
            let both = solve(effort, &evidence.configuration, 2e-3)?;
            let mut sum = Scaled::ZERO;
            for open in [[true, false], [false, true]] {
                sum += solve(effort, &text(temperature, open), 2e-3)?.rate;
            }
            let ratio = both.rate.over(sum).value() / factor;
            evidence.table.push(name, vec![over, -both.rate.ln(), ratio]);
            points.push([1.0 / over, ratio]);
        }
        let coldest = points.last().map_or(f64::NAN, |point| point[1]);
        evidence.require(format!("{name}: γ over the sum at ΔL/D = 32"), coldest, 1.0, 1e-2);
        evidence.figure.measured(name, points.iter().map(|&[noise, ratio]| [noise, (ratio - 1.0).abs()]).collect());
    }
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => "The rates add, the better the colder.",
        _ => "The rates do not add.",
    };
    Ok(evidence.finding(summary))
}

/// Decides whether two exits behind one saddle have `factor` times the sum of their rates; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn shared(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("1/D", "γ over the sum", [false, false]);
    let mut evidence = Evidence::new(Verdict::Holds, &["D", "−ln γ", "γ over the sum"], figure);
    let mut points = Vec::new();
    effort.expects(3 * 3);
    for temperature in [0.25, 0.125, 0.0625] {
        evidence.configuration = behind(temperature, [true, true]);
        let both = solve(effort, &evidence.configuration, 5e-3)?;
        let mut sum = Scaled::ZERO;
        for open in [[true, false], [false, true]] {
            sum += solve(effort, &behind(temperature, open), 5e-3)?.rate;
        }
        let ratio = both.rate.over(sum).value() / factor;
        evidence.table.push("", vec![temperature, -both.rate.ln(), ratio]);
        points.push([1.0 / temperature, ratio]);
    }
    let coldest = points.last().map_or(f64::NAN, |point| point[1]);
    evidence.require("γ over the sum at D = 1/16", coldest, 1.0, 0.05);
    evidence.rival("the same beside 1/2, where the shared saddle alone decides", coldest * factor, 0.5, 0.02);
    evidence.figure.measured("both exits over the sum", points);
    evidence.figure.predicted("the shared saddle decides", vec![[4.0, 0.5], [16.0, 0.5]]);
    let summary = format!(
        "Two exits behind one saddle let out {coldest:.3} of the sum: the saddle that they share is counted twice in it. Paths add only where they \
         part in the valley itself."
    );
    Ok(evidence.finding(summary))
}
