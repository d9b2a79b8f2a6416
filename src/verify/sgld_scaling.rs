//! Scaling of SGLD's rate with the sharpness k and the noise D.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::{barrier, posed, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// γ ∝ k at fixed D.
pub const SHARPNESS: Claim = Claim {
    id: "sgld-sharpness",
    title: "SGLD: the rate is proportional to the sharpness",
    statement: "With L(θ) = f(√k θ) and white noise D, SGLD's escape rate is proportional to k.",
    source: "Section 4 and Figure 6 (a, c): γ = O(k)",
    conditions: "Styblinski–Tang in one dimension, killed beyond the saddle, ΔL/D = 2, 8 and 32; k from 1/100 to 100.",
    computation: "γ(k)/(k γ(1)), from a grid of its own for every k.",
    tolerance: "1e-8: θ → √k θ turns one equation into the other, so that the law is exact and only the errors of the grids remain.",
    expected: Expected::Holds,
    check: |effort| sharpness(effort, 1.0),
};

/// −ln γ is linear in 1/D with the slope ΔL.
pub const NOISE: Claim = Claim {
    id: "sgld-noise",
    title: "SGLD: −ln γ is linear in 1/D, with slope ΔL",
    statement: "SGLD's −ln γ is linear in 1/D: Theorem 3.1 with slope ΔL.",
    source: "Theorem 3.1; Figures 6 (b, d) and 15 plot −ln γ over D",
    conditions: "Quartic double well and Styblinski–Tang in one dimension, killed beyond the saddle; ΔL/D from 5 to 320.",
    computation: "The slope between neighbouring points, extrapolated to D → 0 with order 2 (the prefactor does not depend on D, and its first \
                  correction is proportional to D). Beside it the straight lines over 1/D and over D through ΔL/D = 5 to 40: Pearson's r, \
                  and the largest distance from the line in nats.",
    tolerance: "1e-4 of ΔL: what is left of the terms of higher order at the coldest points.",
    expected: Expected::Holds,
    check: |effort| noise(effort, 1.0),
};

/// Styblinski–Tang with sharpness k, killed at its second minimum.
fn styblinski_tang(sharpness: f64, temperature: f64) -> String {
    let shrink = sharpness.sqrt();
    let (lower, upper) = (-6.0 / shrink, 2.746802770990389 / shrink);
    format!(
        "landscape = {{ kind = \"styblinski-tang\", dimension = 1, sharpness = {sharpness:?} }}
noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
domain = {{ lower = [{lower:?}], upper = [{upper:?}], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [{:?}], set = \"x < {upper:?}\" }}
grid = {{ tolerance = 1e-9 }}",
        -2.9 / shrink
    )
}

/// The quartic double well, killed at its second minimum.
fn quartic(temperature: f64) -> String {
    format!(
        "landscape = {{ expression = \"x^4/4 - x^2/2\" }}
noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
domain = {{ lower = [-3], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}
grid = {{ tolerance = 1e-9 }}"
    )
}

/// Decides whether γ ∝ k^`power`; the claim's power is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn sharpness(effort: &Effort, power: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("k", "γ(k)/γ(1)", [true, true]);
    let mut evidence = Evidence::new(Verdict::Holds, &["k", "D", "-ln γ", "γ(k)/(k γ(1)) − 1"], figure);
    let height = barrier(&posed(&styblinski_tang(1.0, 1.0))?.0)?;
    effort.expects(3 * (1 + 7));
    for over in [2.0, 8.0, 32.0] {
        let temperature = height / over;
        let one = solve(effort, &styblinski_tang(1.0, temperature), 1e-8)?;
        let (mut curve, mut worst) = (Vec::new(), 1.0f64);
        for k in [0.01, 0.1, 0.5, 1.0, 2.0, 10.0, 100.0] {
            evidence.configuration = styblinski_tang(k, temperature);
            let solved = solve(effort, &evidence.configuration, 1e-8)?;
            let ratio = solved.rate.over(one.rate).value();
            let law = ratio / f64::powf(k, power);
            worst = if (law - 1.0).abs() > (worst - 1.0).abs() { law } else { worst };
            evidence.table.push(&format!("ΔL/D = {over}"), vec![k, temperature, -solved.rate.ln(), law - 1.0]);
            curve.push([k, ratio]);
        }
        evidence.require(format!("ΔL/D = {over}: γ(k)/(k γ(1)), farthest from 1"), worst, 1.0, 1e-8);
        evidence.figure.measured(format!("ΔL/D = {over}"), curve);
    }
    evidence.figure.predicted("k", vec![[0.01, 0.01], [100.0, 100.0]]);
    let summary = match evidence.verdict() {
        Verdict::Holds => "Exactly proportional, at every noise.",
        _ => "Not proportional.",
    };
    Ok(evidence.finding(summary))
}

/// Decides whether −ln γ grows by `slope` ΔL per unit of 1/D; the claim's slope is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn noise(effort: &Effort, slope: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("ΔL/D", "−ln γ", [false, false]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["ΔL/D", "D", "−ln γ"], figure);
    let cases: [(&str, &dyn Fn(f64) -> String); 2] =
        [("quartic double well", &quartic), ("Styblinski–Tang", &|temperature| styblinski_tang(1.0, temperature))];
    evidence.further = ["ΔL/D", "D/ΔL"].map(|x| Figure::new(x, "−ln γ minus its line, nats", [false, false])).into();
    let mut bends = Vec::new();
    effort.expects(cases.len() * 7);
    for (name, text) in cases {
        let height = barrier(&posed(&text(1e-3))?.0)?;
        let mut points = Vec::new();
        for over in [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0] {
            let temperature = height / over;
            evidence.configuration = text(temperature);
            let solved = solve(effort, &evidence.configuration, 1e-7)?;
            evidence.table.push(name, vec![over, temperature, -solved.rate.ln()]);
            points.push([temperature, -solved.rate.ln()]);
        }
        // The slope between D and D/2; its error is of order D².
        let slopes = points.windows(2).map(|pair| {
            let [[one, low], [two, high]] = [pair[0], pair[1]];
            [one, (high - low) / (1.0 / two - 1.0 / one)]
        });
        let limit = Limit::of(&slopes.collect::<Vec<_>>(), 2.0);
        evidence.require_limit(format!("{name}: slope over 1/D for D → 0"), &limit, slope * height, 1e-4);
        let colder = points.iter().take(4).map(|&[d, y]| [height / d, y]).collect::<Vec<_>>();
        for (chart, axis) in ["1/D", "D"].into_iter().enumerate() {
            let shown = colder.iter().map(|&[inverse, y]| [if chart == 0 { inverse } else { 1.0 / inverse }, y]);
            let Some(line) = evidence.line(Some(chart), name, &shown.collect::<Vec<_>>()) else { continue };
            let nats = line.farthest();
            if let Some(r) = line.pearson_r {
                evidence.note(format!("{name}: Pearson's r of −ln γ and {axis}"), r);
            }
            evidence.note(format!("{name}: largest distance from the line over {axis}, nats"), nats);
            bends.push(nats);
        }
        evidence.figure.measured(name, points.iter().map(|&[d, y]| [height / d, y]).collect());
    }
    evidence.figure.predicted("slope 1", vec![[5.0, 5.0], [320.0, 320.0]]);
    let summary = format!(
        "Straight over 1/D: within {:.2} and {:.2} nats at ΔL/D from 5 to 40. Over D, as the figures plot it, −ln γ bends by {:.1} and {:.1} nats.",
        bends[0], bends[2], bends[1], bends[3]
    );
    Ok(evidence.finding(summary))
}
