//! Drifts −(I + cJ)∇L, which keep the stationary density and change the escape rate.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::solve;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The irreversible Eyring–Kramers law.
pub const TURNED: Claim = Claim {
    id: "irreversible-kramers",
    title: "A turned descent keeps its density and escapes faster",
    statement: "With b = −(I + cJ)∇L and D = T·I the density e^{−L/T} stays, and the escape rate is multiplied, for T → 0, by the ratio of the negative \
                eigenvalues of (I + cJ)H and of H at the saddle.",
    source: "Bouchet & Reygner 2016; Lee & Seo 2022: Eyring–Kramers for drifts that are not gradients",
    conditions: "L = (x² − 1)² + 3/2 (y − 3x/10)² in two dimensions, killed beyond the saddle; c = 1/2 and 2; barriers of 25, 50, 100, 200 and 400 times the \
                 noise.",
    computation: "γ of a chain that keeps e^{−L/T} exactly, over the law's; limit by Richardson's extrapolation with order 1.",
    tolerance: "1 %: the stated errors of the grids.",
    expected: Expected::Holds,
    check: |effort| turned(effort, 1.0),
};

/// Decides whether the limit is `factor` times that of the law; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn turned(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("D/ΔL", "γ over the law's", [true, false]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["c", "ΔL/D", "−ln γ", "γ over the law's"], figure);
    effort.expects(2 * 5);
    for strength in [0.5, 2.0] {
        let mut points = Vec::new();
        for over in [25.0, 50.0, 100.0, 200.0, 400.0] {
            let cells = if over < 150.0 { 192 } else { 320 };
            evidence.configuration = format!(
                "landscape = {{ kind = \"rotated-drift\", of = {{ expression = \"(x^2 - 1)^2 + 1.5*(y - 0.3*x)^2\" }}, strength = {strength:?}, \
                 dimension = 2 }}
noise = {{ kind = \"isotropic\", temperature = {:?} }}
domain = {{ lower = [-1.9, -2.0], upper = [0.8, 1.7], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1, -0.3], set = \"whole\" }}
grid = {{ cells = [{cells}, {cells}] }}",
                1.0 / over
            );
            let solved = solve(effort, &evidence.configuration, 0.02)?;
            let ratio = solved.over_kramers()? / factor;
            evidence.table.push("", vec![strength, over, -solved.rate.ln(), ratio]);
            points.push([1.0 / over, ratio]);
        }
        let limit = Limit::of(&points, 1.0);
        evidence.require_limit(format!("c = {strength}: limit of γ over the law's"), &limit, 1.0, 1e-2);
        evidence.figure.measured(format!("c = {strength}"), points);
    }
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "The law holds at barriers of 400 times the noise, rates of e^-400, where simulation has no access and general eigensolvers no digit."
        }
        _ => "The rate is not the law's.",
    };
    Ok(evidence.finding(summary))
}
