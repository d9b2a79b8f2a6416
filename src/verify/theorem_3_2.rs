//! Theorem 3.2: SGD's escape time under the closure of its proof.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::{barrier, posed, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

const SOURCE: &str = "Theorem 3.2; proof in the paper's appendix A.2, which drops the term P∇D of its Eq. 3";
const CONDITIONS: &str = "Noise of kind `frozen`: D = η[H_a]₊/2B below L_s = (1 − s)L(a) + sL(b), η[H_b]₊/2B above. Three landscapes in one \
                          dimension, s = 1/4 and 1/2, killed at the next minimum; the theorem's exponent from 5 to 160.";

/// The whole formula for the isothermal current, which the proof has.
pub const ISOTHERMAL: Claim = Claim {
    id: "theorem-3-2-isothermal",
    title: "SGD's escape rate, isothermal noise",
    statement: "τ = 2π/|H_b| exp[(2BΔL/η)(s/H_a + (1 − s)/|H_b|)], in the limit of small noise, for the isothermal current −P∇L − D∇P.",
    source: SOURCE,
    conditions: CONDITIONS,
    computation: "γ over the theorem's rate at noises that halve, its limit by Richardson's extrapolation with order 1.",
    tolerance: "0.5 % for the limit: what terms of second order leave at the coldest points.",
    expected: Expected::Holds,
    check: |effort| Setup::new("isothermal").check(effort),
};

/// The whole formula for the Itô current, which the paper's equation has.
pub const ITO: Claim = Claim {
    id: "theorem-3-2-ito",
    title: "SGD's escape rate, Itô noise (the paper's Eq. 3)",
    statement: "τ = 2π/|H_b| exp[(2BΔL/η)(s/H_a + (1 − s)/|H_b|)], in the limit of small noise, for the Itô current −P∇L − ∇(DP).",
    source: SOURCE,
    conditions: CONDITIONS,
    computation: "γ over the theorem's rate at noises that halve, its limit by Richardson's extrapolation with order 1. Beside it what \
                  Laplace's method gives for this current: H_a/|H_b|.",
    tolerance: "0.5 %, as in the isothermal case.",
    expected: Expected::Fails,
    check: |effort| Setup::new("ito").check(effort),
};

/// The exponent for all three interpretations.
pub const EXPONENT: Claim = Claim {
    id: "theorem-3-2-exponent",
    title: "SGD's escape exponent, every interpretation of the noise",
    statement: "−ln γ grows by 2ΔL (s/H_a + (1 − s)/|H_b|) a unit of B/η, whatever the interpretation of the noise.",
    source: SOURCE,
    conditions: CONDITIONS,
    computation: "The slope of −ln γ over B/η between neighbouring points, extrapolated with order 2, over the theorem's.",
    tolerance: "1e-3: what terms of higher order leave at the coldest points.",
    expected: Expected::Holds,
    check: |effort| exponent(effort, 1.0),
};

/// A landscape without its noise.
struct Case {
    name: &'static str,
    text: &'static str,
}

const CASES: [Case; 3] = [
    Case {
        name: "quartic",
        text: "landscape = { expression = \"x^4/4 - x^2/2\" }
domain = { lower = [-3], upper = [1], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1], set = \"x < 1\" }",
    },
    Case {
        name: "tilted quartic",
        text: "landscape = { expression = \"x^4/4 - x^2/2 + 0.15*x\" }
domain = { lower = [-3], upper = [0.9], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1.07], set = \"x < 0.9\" }",
    },
    Case {
        name: "cosine",
        text: "landscape = { expression = \"1 - cos(x) + 0.3*sin(x)^2\" }
domain = { lower = [-3], upper = [6.283185307179586], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [0], set = \"x < 6.283185307179586\" }",
    },
];

const EXPONENTS: [f64; 6] = [5.0, 10.0, 20.0, 40.0, 80.0, 160.0];
const SHARES: [f64; 2] = [0.25, 0.5];
const INTERPRETATIONS: [&str; 3] = ["stratonovich", "ito", "isothermal"];

/// The prediction of the theorem for a landscape.
struct Theory {
    /// The exponent over B/η.
    slope: f64,
    /// The prefactor |H_b|/2π.
    prefactor: f64,
    /// H_a/|H_b|, the factor of the Itô current by Laplace's method.
    curvatures: f64,
}

impl Case {
    fn configured(&self, interpretation: &str, s: f64, learning_rate: f64) -> String {
        format!(
            "noise = {{ kind = \"frozen\", learning_rate = {learning_rate:?}, batch_size = 1, s = {s:?}, interpretation = \"{interpretation}\" }}
grid = {{ tolerance = 1e-7 }}\n{}",
            self.text
        )
    }

    fn theory(&self, s: f64) -> Result<Theory, ClaimError> {
        let (problem, _) = posed(&self.configured("ito", s, 1e-2))?;
        let lacks = ClaimError::Lacks { what: "saddle" };
        let saddle = problem.valley.saddles.first().map(|&index| problem.critical.saddles[index].point.eigenvalues[0]);
        let (Some(minimum), Some(saddle)) = (problem.minimum(), saddle) else { return Err(lacks) };
        let (bottom, top) = (minimum.eigenvalues[0], saddle.abs());
        Ok(Theory {
            slope: 2.0 * barrier(&problem)? * (s / bottom + (1.0 - s) / top),
            prefactor: top / std::f64::consts::TAU,
            curvatures: bottom / top,
        })
    }
}

/// The prediction and the tolerance of a check.
pub struct Setup {
    /// The interpretation of the noise.
    pub interpretation: &'static str,
    /// A factor of the theorem's rate; 1 for the claim.
    pub prefactor: f64,
    /// The tolerance of the limit, which is 1.
    pub tolerance: f64,
}

impl Setup {
    /// The check for an interpretation.
    pub fn new(interpretation: &'static str) -> Setup {
        Setup { interpretation, prefactor: 1.0, tolerance: 5e-3 }
    }

    /// Decides the claim.
    ///
    /// # Errors
    /// A point that cannot be solved.
    pub fn check(&self, effort: &Effort) -> Result<Finding, ClaimError> {
        let figure = Figure::new("1/exponent", "γ over the theorem's", [true, false]);
        let columns = ["s", "exponent", "η/B", "−ln γ", "γ over the theorem's"];
        let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &columns, figure);
        let shares = if effort.is_quick { &SHARES[1..] } else { &SHARES[..] };
        effort.expects(CASES.len() * shares.len() * EXPONENTS.len());
        for case in &CASES {
            for &s in shares {
                let theory = case.theory(s)?;
                let mut ratios = Vec::new();
                for exponent in EXPONENTS {
                    let learning_rate = theory.slope / exponent;
                    evidence.configuration = case.configured(self.interpretation, s, learning_rate);
                    let solved = solve(effort, &evidence.configuration, 1e-6)?;
                    let ratio = (solved.rate.ln() + exponent).exp() / (theory.prefactor * self.prefactor);
                    evidence.table.push(case.name, vec![s, exponent, learning_rate, -solved.rate.ln(), ratio]);
                    ratios.push([1.0 / exponent, ratio]);
                }
                let (limit, name) = (Limit::of(&ratios, 1.0), format!("{}, s = {s}", case.name));
                evidence.require_limit(format!("{name}: limit of γ over the theorem's"), &limit, 1.0, self.tolerance);
                let power = match self.interpretation {
                    "ito" => 1.0,
                    "stratonovich" => 0.5,
                    _ => 0.0,
                };
                let laplace = theory.curvatures.powf(power);
                let label = format!("{name}: the same beside Laplace's method for this current");
                evidence.rival(label, limit.value * self.prefactor, laplace, self.tolerance);
                evidence.figure.measured(name, ratios);
            }
        }
        evidence.figure.predicted("the theorem", vec![[1.0 / EXPONENTS[5], 1.0], [1.0 / EXPONENTS[0], 1.0]]);
        let summary = match evidence.verdict() {
            Verdict::HoldsAsymptotically => "The rate tends to the theorem's in every landscape.",
            _ => {
                "The exponent is the theorem's, the prefactor is not: the rate tends to H_a/|H_b| times the theorem's, for the stationary \
                 density of the Itô equation has a factor 1/D that the proof's current does not have."
            }
        };
        Ok(evidence.finding(summary))
    }
}

/// Decides whether the exponent is `factor` times the theorem's; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn exponent(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("the theorem's exponent", "−ln γ", [false, false]);
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &["s", "B/η", "−ln γ"], figure);
    let interpretations = if effort.is_quick { &INTERPRETATIONS[1..] } else { &INTERPRETATIONS[..] };
    effort.expects(CASES.len() * interpretations.len() * EXPONENTS.len());
    for case in &CASES {
        for interpretation in interpretations {
            let s = 0.25;
            let theory = case.theory(s)?;
            let mut points = Vec::new();
            for exponent in EXPONENTS {
                let over = exponent / theory.slope;
                evidence.configuration = case.configured(interpretation, s, 1.0 / over);
                let solved = solve(effort, &evidence.configuration, 1e-6)?;
                let label = format!("{}, {interpretation}", case.name);
                evidence.table.push(&label, vec![s, over, -solved.rate.ln()]);
                points.push([over, -solved.rate.ln()]);
            }
            let slopes = points
                .windows(2)
                .map(|pair| [1.0 / pair[0][0], (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0]) / theory.slope]);
            let limit = Limit::of(&slopes.collect::<Vec<_>>(), 2.0);
            let name = format!("{}, {interpretation}", case.name);
            evidence.require_limit(format!("{name}: slope over the theorem's"), &limit, factor, 1e-3);
            if *interpretation == "ito" {
                evidence.figure.measured(case.name, points.iter().map(|&[over, y]| [over * theory.slope, y]).collect());
            }
        }
    }
    evidence.figure.predicted("slope 1", vec![[5.0, 5.0], [160.0, 160.0]]);
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => "The exponent is the theorem's in all three interpretations.",
        _ => "The exponent is not the theorem's.",
    };
    Ok(evidence.finding(summary))
}
