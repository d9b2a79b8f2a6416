//! Theorem 3.1: the escape time of SGLD in the limit of small noise, and its error.

use crate::formula::first_correction;
use crate::problem::Problem;
use crate::verify::limit::{Limit, within};
use crate::verify::solved::{barrier, posed, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Number, Table, Verdict};

const STATEMENT: &str =
    "SGLD with D = d·I leaves a valley after the mean time τ = 2π/|H_be| √(−det H_b/det H_a) e^{ΔL/d}.";
const SOURCE: &str = "Theorem 3.1 (Kramers 1940, Eyring 1935); proof in the paper's appendix A.1";

/// Theorem 3.1 in one dimension.
pub const LINE: Claim = Claim {
    id: "theorem-3-1",
    title: "SGLD's escape rate in one dimension",
    statement: STATEMENT,
    source: SOURCE,
    conditions: "Six landscapes in one dimension; the start set is killed beyond the saddle, at the next minimum or just before it; white noise; \
                 ΔL/d from 2.5 to 320.",
    computation: "γ of the finite-volume chain over the theorem's, at noises that halve. Its limit by Richardson's extrapolation with \
                  order 1; the order that the points show; the coefficient of d beside Laplace's, \
                  −Σ (5L‴²/24|L″|³ ∓ L⁗/8L″²) over the minimum (−) and the saddle (+).",
    tolerance: "The limit may be 0.1 % from 1: what is left of the terms of order d² at the coldest points is below 1e-4. The order may \
                be 0.05 from 1, and the coefficient 2 % from Laplace's.",
    expected: Expected::Holds,
    check: |effort| Setup::line().check(effort),
};

/// Theorem 3.1 in two dimensions.
pub const PLANE: Claim = Claim {
    id: "theorem-3-1-2d",
    title: "SGLD's escape rate in two dimensions",
    statement: STATEMENT,
    source: SOURCE,
    conditions: "Four landscapes in two dimensions: separable; a curved valley; a saddle that is crossed obliquely; two saddles. Killed \
                 beyond the saddle; white noise; ΔL/d from 2.5 on.",
    computation: "γ of the flux-corrected chain on grids that are doubled until its error is below 1e-5, over the theorem's, at noises \
                  that halve. Its limit by Richardson's extrapolation with order 1; the order that the points show; the coefficient of d beside that of the \
                  first correction, from third and fourth derivatives at both points (docs/findings.md).",
    tolerance: "The limit may be 0.5 % from 1: the terms of order d² at ΔL/d = 80 are below that. The order may be 0.1 from 1, and the \
                coefficient 2 % from the formula's.",
    expected: Expected::Holds,
    check: |effort| Setup::plane().check(effort),
};

/// A landscape.
pub struct Case {
    /// The name.
    pub name: &'static str,
    /// The configuration without the noise.
    pub text: &'static str,
}

impl Case {
    /// The configuration with white noise of strength d.
    pub(super) fn configured(&self, d: f64) -> String {
        format!("noise = {{ kind = \"isotropic\", temperature = {d:?} }}\n{}", self.text)
    }
}

/// The prediction and the tolerances of a check.
pub struct Setup {
    /// The landscapes.
    pub cases: &'static [Case],
    /// The ratios ΔL/d, ascending.
    pub barriers: &'static [f64],
    /// The number of these in a quick check.
    pub quick: usize,
    /// A factor of the theorem's rate; 1 for the claim.
    pub prefactor: f64,
    /// A factor of the first correction's coefficient; 1 for the claim.
    pub correction: f64,
    /// The order in d of the error; 1 for the claim.
    pub order: f64,
    /// The tolerance of the order.
    pub order_tolerance: f64,
    /// The tolerance of the limit, which is 1.
    pub tolerance: f64,
    /// The largest relative error of each rate.
    pub needed: f64,
}

pub(super) const LINES: [Case; 6] = [
    Case {
        name: "quartic double well",
        text: "landscape = { expression = \"x^4/4 - x^2/2\" }
domain = { lower = [-3], upper = [1], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1], set = \"x < 1\" }
grid = { tolerance = 1e-9 }",
    },
    Case {
        name: "tilted double well",
        text: "landscape = { expression = \"x^4/4 - x^2/2 + 0.15*x\" }
domain = { lower = [-3], upper = [0.9], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1.07], set = \"x < 0.9\" }
grid = { tolerance = 1e-9 }",
    },
    Case {
        name: "Styblinski–Tang",
        text: "landscape = { kind = \"styblinski-tang\", dimension = 1 }
domain = { lower = [-6], upper = [2.746802770990389], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-2.9], set = \"x < 2.746802770990389\" }
grid = { tolerance = 1e-9 }",
    },
    Case {
        name: "cosine, two saddles",
        text: "landscape = { expression = \"1 - cos(x)\" }
domain = { lower = [-6.283185307179586], upper = [6.283185307179586], walls = { x = [\"absorbing\", \"absorbing\"] } }
valley = { minimum = [0], set = \"abs(x) < 6.283185307179586\" }
grid = { tolerance = 1e-9 }",
    },
    Case {
        name: "cubic",
        text: "landscape = { expression = \"x^2/2 - x^3/3\" }
domain = { lower = [-2.5], upper = [2], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [0], set = \"x < 2\" }
grid = { tolerance = 1e-9 }",
    },
    Case {
        name: "sextic double well",
        text: "landscape = { expression = \"x^6/6 - x^2/2\" }
domain = { lower = [-2.2], upper = [1], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1], set = \"x < 1\" }
grid = { tolerance = 1e-9 }",
    },
];

const PLANES: [Case; 4] = [
    Case {
        name: "separable double well",
        text: "landscape = { kind = \"double-well\", dimension = 2 }
domain = { lower = [-2.4, -2.4], upper = [1, 2.4], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1, 0], set = \"x < 1\" }
grid = { tolerance = 1e-5, scheme = \"flux-corrected\" }",
    },
    Case {
        name: "curved valley",
        text: "landscape = { expression = \"(x^2 - 1)^2 + 2*(y - x^2/2)^2\", dimension = 2 }
domain = { lower = [-2.2, -1.5], upper = [1, 3.5], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1, 0.5], set = \"x < 1\" }
grid = { tolerance = 1e-5, scheme = \"flux-corrected\" }",
    },
    Case {
        name: "oblique saddle",
        text: "landscape = { expression = \"(x^2 - 1)^2 + (y - x/2)^2\", dimension = 2 }
domain = { lower = [-2.4, -3], upper = [1, 2.8], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1, -0.5], set = \"x < 1\" }
grid = { tolerance = 1e-5, scheme = \"flux-corrected\" }",
    },
    Case {
        name: "two saddles",
        text: "landscape = { expression = \"(x^2 - 1)^2 + (y^2 - 1)^2 + x*y/5\", dimension = 2 }
domain = { lower = [-2.3, -2.3], upper = [1, 1], walls = { x = [\"reflecting\", \"absorbing\"], y = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1, -1], set = \"max(x, y) < 1\" }
grid = { tolerance = 1e-5, scheme = \"flux-corrected\" }",
    },
];

impl Setup {
    /// The check in one dimension.
    pub fn line() -> Setup {
        Setup {
            cases: &LINES,
            barriers: &[2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0],
            quick: 8,
            prefactor: 1.0,
            correction: 1.0,
            order: 1.0,
            order_tolerance: 0.05,
            tolerance: 1e-3,
            needed: 1e-7,
        }
    }

    /// The check in two dimensions.
    pub fn plane() -> Setup {
        Setup {
            cases: &PLANES,
            barriers: &[2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0],
            quick: 6,
            order_tolerance: 0.1,
            tolerance: 5e-3,
            needed: 2e-4,
            ..Setup::line()
        }
    }

    /// γ over the theorem's rate for every barrier of a landscape, as `[d, ratio]`, with the relative error of each, and
    /// a row of the table.
    fn ratios(
        &self,
        effort: &Effort,
        case: &Case,
        height: f64,
        table: &mut Table,
    ) -> Result<(Vec<[f64; 2]>, Vec<f64>), ClaimError> {
        let (mut ratios, mut errors) = (Vec::new(), Vec::new());
        for &over in effort.points(self.barriers, self.quick) {
            let d = height / over;
            let solved = solve(effort, &case.configured(d), self.needed)?;
            let ratio = solved.over_kramers()? / self.prefactor;
            table.push(case.name, vec![over, d, -solved.rate.ln(), ratio, solved.error]);
            ratios.push([d, ratio]);
            errors.push(solved.error);
        }
        Ok((ratios, errors))
    }

    /// Decides the claim.
    ///
    /// # Errors
    /// A point that cannot be solved.
    pub fn check(&self, effort: &Effort) -> Result<Finding, ClaimError> {
        let mut table = Table::new(&["ΔL/d", "d", "-ln γ", "γ over the theorem's", "relative error of γ"]);
        let mut figure = Figure::new("d/ΔL", "|γ/γ_theorem − 1|", [true, true]);
        let (mut verdict, mut numbers) = (Verdict::HoldsAsymptotically, Vec::new());
        let mut farthest = 1.0f64;
        let mut configuration = String::new();
        effort.expects(self.cases.len() * effort.points(self.barriers, self.quick).len());
        for case in self.cases {
            // The barrier at small noise, where the saddle is narrower than its distance from what absorbs.
            let (problem, _) = posed(&case.configured(PROBE))?;
            let height = barrier(&problem)?;
            let (ratios, errors) = self.ratios(effort, case, height, &mut table)?;
            if let Some(&[d, _]) = ratios.last() {
                configuration = case.configured(d);
            }
            let limit = Limit::of(&ratios, self.order);
            verdict = verdict.and(limit.verdict(1.0, self.tolerance));
            if (limit.order - self.order).abs() > self.order_tolerance {
                verdict = verdict.and(Verdict::Fails);
            }
            if (limit.value - 1.0).abs() >= (farthest - 1.0).abs() {
                farthest = limit.value;
            }
            numbers.push(Number::against(format!("{}: limit of the ratio", case.name), limit.value, 1.0));
            numbers.push(Number::against(format!("{}: order of the error in d", case.name), limit.order, self.order));
            let [slope, predicted] = coefficient(&problem, &ratios, &errors, self.correction)?;
            if slope.is_nan() {
                verdict = verdict.and(Verdict::NotDecided);
            } else if (slope / predicted - 1.0).abs() > COEFFICIENT {
                verdict = verdict.and(Verdict::Fails);
            }
            numbers.push(Number::against(format!("{}: coefficient of d", case.name), slope, predicted));
            numbers.extend(accurate_from(case, height, &ratios));
            let errors = ratios.iter().map(|[d, ratio]| [d / height, (ratio - 1.0).abs()]);
            figure.measured(case.name, errors.collect());
        }
        let barriers = effort.points(self.barriers, self.quick);
        let ends = [self.barriers[0], barriers[barriers.len() - 1]];
        figure.predicted("d/ΔL (order 1)", ends.map(|over| [1.0 / over, 1.0 / over]).to_vec());
        let summary = format!(
            "The ratio tends to 1 to {:.1e} in every landscape, with an error proportional to d.",
            (farthest - 1.0).abs()
        );
        Ok(Finding {
            verdict,
            decisive: Number::against("limit of γ over the theorem's, farthest from 1", farthest, 1.0),
            tolerance: self.tolerance,
            numbers,
            table,
            figure,
            further: Vec::new(),
            configuration,
            summary: if verdict == Verdict::HoldsAsymptotically {
                summary
            } else {
                "The ratio's limit, its order or its coefficient is not the theorem's.".into()
            },
        })
    }
}

/// The noise at which the barrier is determined.
pub(super) const PROBE: f64 = 1e-3;

/// The relative tolerance of the coefficient of d.
const COEFFICIENT: f64 = 0.02;

/// The ratios ΔL/d from which the theorem is accurate to 10 % and 1 %.
fn accurate_from(case: &Case, height: f64, ratios: &[[f64; 2]]) -> Vec<Number> {
    let number = |share: f64| {
        let d = within(ratios, share)?;
        Some(Number::alone(format!("{}: ΔL/d from which it is within {} %", case.name, 100.0 * share), height / d))
    };
    [0.1, 0.01].into_iter().filter_map(number).collect()
}

/// The share of the coefficient that the errors of the rates may move it by at a point.
const RESOLVED: f64 = 0.1 * COEFFICIENT;

/// The coefficient of d in γ/γ_Kramers, from the points (NaN if fewer than three resolve it), and `factor` times that of
/// Laplace's method.
fn coefficient(problem: &Problem, ratios: &[[f64; 2]], errors: &[f64], factor: f64) -> Result<[f64; 2], ClaimError> {
    let predicted = laplace(problem)?;
    // What is known of 1 + c d is not known of c where d is small.
    let points = ratios.iter().zip(errors).filter(|([d, _], error)| **error <= RESOLVED * d * predicted.abs());
    // Extrapolation removes the next term of the expansion, which is smaller by a factor d.
    let slopes: Vec<[f64; 2]> = points.map(|(&[d, ratio], _)| [d, (ratio - 1.0) / d]).collect();
    Ok([Limit::of(&slopes, 1.0).value, factor * predicted])
}

/// The coefficient of d in γ/γ_Kramers by Laplace's method: that of the lowest saddle, which of several is the only one
/// or has the others as its images.
pub(super) fn laplace(problem: &Problem) -> Result<f64, ClaimError> {
    // Truncation h² and rounding 1e-16/h² balance near h = 1e-4; at 1e-3 truncation leaves about 1e-6.
    const STEP: f64 = 1e-3;
    let lacks = ClaimError::Lacks { what: "saddle" };
    let (Some(minimum), Some(&saddle)) = (problem.minimum(), problem.valley.saddles.first()) else { return Err(lacks) };
    let saddle = &problem.critical.saddles[saddle].point;
    Ok(first_correction(&problem.dynamics, problem.dimension, minimum.theta, saddle.theta, STEP))
}
