//! Noise from the Hessian at every θ, D = ηH₊/2B + d, as its floor d goes to zero.

use crate::problem::Problem;
use crate::study::comparison;
use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::{posed, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// In one dimension the escape rate vanishes with the floor.
pub const LINE: Claim = Claim {
    id: "hessian-everywhere-1d",
    title: "The Hessian everywhere: no escape in one dimension",
    statement: "With D = η|H|/2B + d at every θ of a line, the escape rate vanishes for d → 0 like d^(2g/c), g = |L'| and \
                c = η|L'''|/2B where the curvature changes sign on the way up: without a floor nothing escapes.",
    source: "Eqs. 7 and 8 taken at every θ instead of at a and b; Feller's test decides only whether that place is touched",
    conditions: "Quartic double well, killed at the next minimum; η/B = 1/2, 1 and 2; Itô and isothermal; d from 1e-2 to 1e-8.",
    computation: "γ by quadrature, for a grid would have to resolve d/c; d ln γ/d ln d between decades, extrapolated with the order p that the power itself gives.",
    tolerance: "1 % of the power: the last decades agree to that.",
    expected: Expected::Holds,
    check: |effort| line(effort, 2.0),
};

/// In two dimensions with a curved valley it has a positive limit.
pub const PLANE: Claim = Claim {
    id: "hessian-everywhere-2d",
    title: "The Hessian everywhere: escape through a curved valley",
    statement: "With D = η[H]₊/2B at every θ of a plane with a curved valley, the escape rate has a positive limit for floor → 0, which the \
                equation without a floor has.",
    source: "Eqs. 7 and 8 taken at every θ; the second eigenvector of H carries the process across the curve where the first eigenvalue is 0",
    conditions: "L = (x² − 1)² + 2(y − x²/2)², η/2B = 0.1, killed at x = 0; floors from 3e-2 to 3e-4 and none.",
    computation: "γ on 128² cells with floors and without one: the power of d with which the last floors change it, and what the last is over \
                  the one without.",
    tolerance: "0.05 for the power (that of the line through this valley would be 2.2), and the stated error of the grid without a floor for the ratio. The \
                smallest floors lie below what these cells resolve where the eigenvalue vanishes: they show that the scheme has a limit, the larger ones \
                that the equation approaches it.",
    expected: Expected::Holds,
    check: |effort| plane(effort, CURVED, 0.0),
};

fn quartic(over: f64, interpretation: &str, floor: f64) -> String {
    format!(
        "landscape = {{ expression = \"x^4/4 - x^2/2\" }}
noise = {{ kind = \"hessian\", learning_rate = {over:?}, batch_size = 1, floor = {floor:?}, interpretation = \"{interpretation}\" }}
domain = {{ lower = [-3], upper = [1], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"x < 1\" }}"
    )
}

/// −ln γ by quadrature.
fn by_quadrature(problem: &Problem) -> Result<f64, ClaimError> {
    let check = comparison::quadrature(problem, &mut Vec::new()).and_then(|check| check.escape_rate);
    check.map(|rate| -rate.ln()).ok_or(ClaimError::Lacks { what: "rate by quadrature" })
}

/// Decides whether the power of the floor is `factor` g/c; the claim's factor is 2.
///
/// # Errors
/// A point that cannot be solved.
pub fn line(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("floor d", "γ", [true, true]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["η/B", "d", "−ln γ"], figure);
    // x = −1/√3: L' = 2/(3√3), L''' = −6/√3.
    let (slope, third) = (2.0 / (3.0 * 3f64.sqrt()), 6.0 / 3f64.sqrt());
    effort.expects(3 * 2 * 7);
    for over in [0.5, 1.0, 2.0] {
        for interpretation in ["ito", "isothermal"] {
            let mut points = Vec::new();
            for exponent in 2..=8 {
                let floor = 10f64.powi(-exponent);
                evidence.configuration = quartic(over, interpretation, floor);
                let (problem, _) = posed(&evidence.configuration)?;
                let logarithm = by_quadrature(&problem)?;
                evidence.table.push(interpretation, vec![over, floor, logarithm]);
                points.push([floor, logarithm]);
                effort.step()?;
            }
            let powers =
                points.windows(2).map(|pair| [pair[0][0], (pair[1][1] - pair[0][1]) / (pair[0][0] / pair[1][0]).ln()]);
            let powers: Vec<[f64; 2]> = powers.collect();
            let predicted = factor * slope / (0.5 * over * third);
            // τ = a d^(−p) + b + …: the time before the inflection changes the local power by a multiple of d^p.
            let limit = Limit::of(&powers, predicted.min(1.0));
            let name = format!("η/B = {over}, {interpretation}");
            evidence.require_limit(format!("{name}: power of the floor"), &limit, predicted, 1e-2);
            evidence
                .figure
                .measured(name, points.iter().map(|&[floor, logarithm]| [floor, (-logarithm).exp()]).collect());
        }
    }
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => {
            "The rate vanishes with the power of the floor that the drift and the noise at the inflection give: the floor, not η/B, decides \
             how fast such a model escapes."
        }
        _ => "The rate does not follow this power of the floor.",
    };
    Ok(evidence.finding(summary))
}

/// A landscape with a curved valley.
pub const CURVED: &str = "(x^2-1)^2 + 2*(y - 0.5*x^2)^2";

const FLOORS: [f64; 5] = [3e-2, 1e-2, 3e-3, 1e-3, 3e-4];

/// Decides whether the rates with floors on this landscape tend to the rate without a floor, the last of them with this
/// power of the floor; the claim's power is 0.
///
/// # Errors
/// A point that cannot be solved.
pub fn plane(effort: &Effort, landscape: &str, power: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("floor d", "γ", [true, true]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["d", "γ", "relative error of γ"], figure);
    let configured = |floor: f64| {
        format!(
            "landscape = {{ expression = \"{landscape}\", dimension = 2 }}
noise = {{ kind = \"hessian\", learning_rate = 0.2, batch_size = 1, floor = {floor:?} }}
domain = {{ lower = [-2, -1], upper = [1.5, 2.5] }}
valley = {{ minimum = [-1, 0.5], set = \"x < 0\" }}
grid = {{ cells = [128, 128] }}"
        )
    };
    effort.expects(1 + FLOORS.len());
    let bare = solve(effort, &configured(0.0), 0.3)?;
    let rate = bare.rate.value();
    evidence.table.push("", vec![0.0, rate, bare.error]);
    let mut points = Vec::new();
    for floor in FLOORS {
        evidence.configuration = configured(floor);
        let solved = solve(effort, &evidence.configuration, 0.3)?;
        evidence.table.push("", vec![floor, solved.rate.value(), solved.error]);
        points.push([floor, solved.rate.value()]);
    }
    let [.., [wide, before], [narrow, last]] = points[..] else { return Err(ClaimError::Lacks { what: "floor" }) };
    evidence.require(
        "power of the floor between the two smallest",
        (before / last).ln() / (wide / narrow).ln(),
        power,
        0.05,
    );
    evidence.require("γ at the smallest floor over γ without one", last / rate, 1.0, bare.error);
    evidence.note("γ without a floor", rate);
    evidence.note("its stated relative error", bare.error);
    evidence.figure.measured("with a floor", points);
    evidence.figure.predicted("without", vec![[3e-4, rate], [3e-2, rate]]);
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => format!(
            "The rates tend to {rate:.4}, that of the equation without a floor: D = ηH/2B as it stands lets SGD out of a curved valley."
        ),
        _ => "The rates with floors do not tend to the one without.".to_string(),
    };
    Ok(evidence.finding(summary))
}
