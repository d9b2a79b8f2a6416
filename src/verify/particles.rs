//! The solver's rates compared with those of particles.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::study;
use crate::verify::evidence::Evidence;
use crate::verify::solved::posed;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// Particles escape at the solver's rate within their sampling noise.
pub const Z_SCORES: Claim = Claim {
    id: "particles",
    title: "Particles escape at the solver's rate",
    statement: "Langevin particles of the same equation escape at the rate of the finite-volume chain, within their sampling noise.",
    source: "The equation is an average over particles (Eqs. 2 and 3)",
    conditions: "White noise, noise that varies (Itô and isothermal) and Hessian noise with a floor in one dimension; a curved valley and a full tensor in \
                 two; D = η[H]₊/2B without a floor in three curved valleys; seeds 1 to 9, two time steps each.",
    computation: "z = (γ of the particles, extrapolated in the step − γ of the chain) over its standard error; the mean of z² over the problems.",
    tolerance: "The 99.9 % quantile of χ² with as many degrees of freedom as there are problems.",
    expected: Expected::Holds,
    check: |effort| z_scores(effort, 1.0),
};

const LINE: &str = "domain = { lower = [-2.2], upper = [0.8], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1], set = \"x < 0.8\" }
grid = { tolerance = 1e-5 }";
const PLANE: &str =
    "domain = { lower = [-2.2, -1.8], upper = [0.8, 3], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1, 0.5], set = \"whole\" }
grid = { cells = [96, 96] }";

const BARE: &str = "kind = \"hessian\", learning_rate = 0.5, batch_size = 1";

/// The configuration of a curved valley, killed at x = 0.
fn bent(minimum: &str, lower: &str, upper: &str) -> String {
    format!(
        "domain = {{ lower = {lower}, upper = {upper} }}
valley = {{ minimum = {minimum}, set = \"x < 0\" }}
grid = {{ cells = [128, 128] }}"
    )
}

/// A problem: its name, landscape, noise, and the rest of its configuration.
type Posed = (&'static str, &'static str, String, String);

fn problems() -> [Posed; 9] {
    let well = "kind = \"double-well\"";
    let curved = "expression = \"(x^2 - 1)^2 + 2*(y - x^2/2)^2\"";
    let white = "kind = \"isotropic\", temperature = 0.25";
    let varies = "kind = \"expression\", d11 = \"0.25*(1 + 0.4*sin(2*x + 1))\"";
    [
        ("white", well, white.into(), LINE.into()),
        ("varies, Itô", well, varies.into(), LINE.into()),
        ("varies, isothermal", well, format!("{varies}, interpretation = \"isothermal\""), LINE.into()),
        (
            "Hessian, floor",
            well,
            "kind = \"hessian\", learning_rate = 0.1, batch_size = 1, floor = 0.1".into(),
            LINE.into(),
        ),
        ("curved valley", curved, white.into(), PLANE.into()),
        (
            "full tensor",
            curved,
            "kind = \"expression\", d11 = \"0.25\", d12 = \"0.1*cos(y)\", d22 = \"0.2\"".into(),
            PLANE.into(),
        ),
        ("Hessian, f = x²/2", curved, BARE.into(), bent("[-1, 0.5]", "[-2, -1]", "[1.5, 2.5]")),
        (
            "Hessian, f = x²",
            "expression = \"(x^2 - 1)^2 + 1.5*(y - x^2)^2\"",
            BARE.into(),
            bent("[-1, 1]", "[-2, -1]", "[1.5, 3.5]"),
        ),
        (
            "Hessian, f = cos(3x/2)",
            "expression = \"(x^2 - 1)^2 + 3*(y - cos(1.5*x))^2\"",
            BARE.into(),
            bent("[-1, 0.0707]", "[-2, -1.5]", "[1.5, 2]"),
        ),
    ]
}

/// Decides whether particles escape at `factor` times the chain's rate; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn z_scores(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("problem", "z", [false, false]);
    let mut evidence =
        Evidence::new(Verdict::Holds, &["γ of the chain", "γ of the particles", "standard error", "z"], figure);
    let problems = problems();
    let (mut sum, mut points) = (0.0, Vec::new());
    // Because of short steps each of the last three costs as much as all before; a quick check takes one of them.
    let problems = if effort.is_quick { &problems[..7] } else { &problems[..] };
    effort.expects(problems.len());
    for (place, (name, landscape, noise, rest)) in problems.iter().enumerate() {
        let dimension = if rest == LINE { 1 } else { 2 };
        // Steps are short where the noise has kinks; with fewer particles the burn-in is shorter.
        let count = if *noise == BARE { ", count = 500" } else { "" };
        let exits = if effort.is_quick { 200 } else { 1500 };
        evidence.configuration = format!(
            "landscape = {{ {landscape}, dimension = {dimension} }}
noise = {{ {noise} }}
particles = {{ method = \"euler-maruyama\", seed = {}, exits = {exits}{count} }}
{rest}",
            place + 1
        );
        let (problem, request) = posed(&evidence.configuration)?;
        let solution = study::run(&problem, &request, &effort.progress.part())?;
        effort.step()?;
        let rate = solution.rate.ok_or(ClaimError::Lacks { what: "rate" })?.best().value() * factor;
        let particles = solution.particles.ok_or(ClaimError::Lacks { what: "particles" })?.rate;
        let z = (particles.value - rate) / particles.standard_error;
        evidence.table.push(name, vec![rate, particles.value, particles.standard_error, z]);
        evidence.note(format!("{name}: z"), z);
        sum += z * z;
        points.push([(place + 1) as f64, z]);
    }
    let count = problems.len() as f64;
    // The distribution exists for every positive number of degrees of freedom.
    let quantile = ChiSquared::new(count).map_or(f64::NAN, |law| law.inverse_cdf(0.999));
    evidence.require("mean of z²", sum / count, 1.0, quantile / count - 1.0);
    evidence.figure.measured("z", points);
    evidence.figure.predicted("0", vec![[1.0, 0.0], [count, 0.0]]);
    let summary = match evidence.verdict() {
        Verdict::Holds => "Particles and solver agree within the particles' sampling noise.",
        _ => "Particles and solver do not agree.",
    };
    Ok(evidence.finding(summary))
}
