//! Theorem 3.2 in two dimensions, where its prefactor has no contribution from the transverse direction.

use crate::verify::evidence::Evidence;
use crate::verify::limit::Limit;
use crate::verify::solved::solve;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// The whole formula in two dimensions.
pub const PLANE: Claim = Claim {
    id: "theorem-3-2-2d",
    title: "SGD's escape rate in two dimensions: the other direction drops out",
    statement: "τ = 2π/|H_be| exp[(2BΔL/η)(s/H_ae + (1 − s)/|H_be|)] in any dimension, in the limit of small noise: the determinants of the other \
                directions cancel, since D is proportional to [H]₊ at both ends.",
    source: "Theorem 3.2; proof in the paper's appendix A.2, its Eqs. 74 to 82",
    conditions: "L = x⁴/4 − x²/2 + ω(x) y²/2, s = 1/2, the isothermal current, for which the formula is right in one dimension; killed at the next \
                 minimum; the theorem's exponent from 10 to 80. The noise jumps from η[H_a]₊/2B to η[H_b]₊/2B where L passes L_s, as the closure has it, or on \
                 the line x = c where it does so at y = 0; ω constant or 1/2 + x².",
    computation: "γ over the theorem's rate at noises that halve, its limit by Richardson's extrapolation with order 1; beside it the same by the \
                  quasi-potential along y = 0: √(κ₋/κ₊) exp(−½∫ω'/(κh) dx), h = 2 and 1 the curvature in the noise below and above, κ the curvature of the \
                  quasi-potential in y over 2B/η, from f'κ' = 2ωκ − 2wκ² + ω'f'/h, w = ω at the end to which the noise belongs, and \
                  κ₊ − κ₋ = ω(1/h₊ − 1/h₋) where the surface of the jump is curved.",
    tolerance: "2 %: what the grids leave where the noise jumps across a curve.",
    expected: Expected::Fails,
    check: |effort| Setup::new().check(effort),
};

/// A valley, and the place where its noise jumps.
pub struct Case {
    /// The name.
    pub name: &'static str,
    /// The constant part of ω = `constant` + `square` x².
    pub constant: f64,
    /// The coefficient of x² in ω.
    pub square: f64,
    /// Whether the noise jumps on a level of the loss; otherwise on a line across the valley.
    pub is_level: bool,
}

const CASES: [Case; 4] = [
    Case { name: "ω = 3/2, jump on a level of L", constant: 1.5, square: 0.0, is_level: true },
    Case { name: "ω = 3/2, jump on a line", constant: 1.5, square: 0.0, is_level: false },
    Case { name: "ω = 1/2 + x², jump on a line", constant: 0.5, square: 1.0, is_level: false },
    Case { name: "ω = 1/2 + x², jump on a level of L", constant: 0.5, square: 1.0, is_level: true },
];

/// The x at half of the barrier: x⁴/4 − x²/2 = −1/8.
const MIDDLE: f64 = -0.541_196_100_146_197;
const EXPONENTS: [f64; 4] = [10.0, 20.0, 40.0, 80.0];

impl Case {
    /// The transverse curvature ω at x.
    fn across(&self, x: f64) -> f64 {
        self.constant + self.square * x * x
    }

    fn configured(&self, learning_rate: f64) -> String {
        let heat = 0.5 * learning_rate;
        let [bottom, top] = [self.across(-1.0), self.across(0.0)];
        let noise = if self.is_level {
            format!("kind = \"frozen\", learning_rate = {learning_rate:?}, batch_size = 1, s = 0.5")
        } else {
            format!(
                "kind = \"expression\", d11 = \"{heat:?}*(2 - step(x + {:?}))\", d22 = \"{heat:?}*({bottom:?} + {:?}*step(x + {:?}))\"",
                -MIDDLE,
                top - bottom,
                -MIDDLE
            )
        };
        // Eight times an upper bound of the standard deviation of y.
        let far = 8.0 * (heat * bottom.max(top) / bottom.min(top)).sqrt();
        format!(
            "landscape = {{ expression = \"x^4/4 - x^2/2 + ({:?} + {:?}*x^2)*y^2/2\", dimension = 2 }}
noise = {{ {noise}, interpretation = \"isothermal\" }}
domain = {{ lower = [-2.2, {:?}], upper = [1, {far:?}], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1, 0], set = \"x < 1\" }}
grid = {{ cells = [192, 96] }}",
            self.constant, self.square, -far
        )
    }

    /// The limit of γ over the theorem's rate, from the quasi-potential along y = 0.
    pub fn transverse(&self) -> f64 {
        let slope = |x: f64| x * (x * x - 1.0);
        // The curvatures h and w of the noise, along x and y.
        let noise = |is_above: bool| if is_above { [1.0, self.across(0.0)] } else { [2.0, self.across(-1.0)] };
        // The derivatives of x, κ and the logarithm of the factor along dx/dt = f'.
        let rates = |[x, kappa, _]: [f64; 3], is_above: bool| {
            let ([h, w], bends) = (noise(is_above), 2.0 * self.square * x * slope(x));
            let omega = self.across(x);
            [slope(x), 2.0 * kappa * (omega - w * kappa) + bends / h, -0.5 * bends / (kappa * h)]
        };
        let moved = |at: [f64; 3], by: [f64; 3], share: f64| std::array::from_fn(|k| at[k] + share * by[k]);
        const STEP: f64 = 1e-3;
        let mut at = [-1.0 + 1e-8, 1.0, 0.0];
        for is_above in [false, true] {
            let end = if is_above { -1e-8 } else { MIDDLE };
            while at[0] < end {
                // The classical Runge–Kutta method of order 4; the last step ends where the noise jumps, to second
                // order.
                let one = rates(at, is_above);
                let step = STEP.min((end - at[0]) / one[0]).max(1e-12);
                let two = rates(moved(at, one, 0.5 * step), is_above);
                let three = rates(moved(at, two, 0.5 * step), is_above);
                let four = rates(moved(at, three, step), is_above);
                at = std::array::from_fn(|k| at[k] + step / 6.0 * (one[k] + 2.0 * (two[k] + three[k]) + four[k]));
            }
            if !is_above && self.is_level {
                let before = at[1];
                at[1] += self.across(MIDDLE) * (1.0 / noise(true)[0] - 1.0 / noise(false)[0]);
                at[2] += 0.5 * (before / at[1]).ln();
            }
        }
        at[2].exp()
    }
}

/// The valleys and the prediction of a check.
pub struct Setup {
    /// The valleys.
    pub cases: &'static [Case],
    /// A factor of the theorem's rate; 1 for the claim.
    pub prefactor: f64,
}

impl Setup {
    /// The check of the claim.
    #[expect(clippy::new_without_default, reason = "there is a claim, not a default")]
    pub fn new() -> Setup {
        Setup { cases: &CASES, prefactor: 1.0 }
    }

    /// Decides the claim.
    ///
    /// # Errors
    /// A point that cannot be solved.
    pub fn check(&self, effort: &Effort) -> Result<Finding, ClaimError> {
        const TOLERANCE: f64 = 0.02;
        let figure = Figure::new("1/exponent", "γ over the theorem's", [true, false]);
        let columns = ["exponent", "η/B", "−ln γ", "γ over the theorem's", "relative error of γ"];
        let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &columns, figure);
        let exponents = if effort.is_quick { &EXPONENTS[..3] } else { &EXPONENTS[..] };
        effort.expects(self.cases.len() * exponents.len());
        for case in self.cases {
            let mut ratios = Vec::new();
            for exponent in exponents {
                // 2ΔL (s/H_ae + (1 − s)/|H_be|) = 3/8 and |H_be| = 1.
                let learning_rate = 0.375 / exponent;
                evidence.configuration = case.configured(learning_rate);
                let solved = solve(effort, &evidence.configuration, 0.01)?;
                let ratio = (solved.rate.ln() + exponent).exp() * std::f64::consts::TAU / self.prefactor;
                let row = vec![*exponent, learning_rate, -solved.rate.ln(), ratio, solved.error];
                evidence.table.push(case.name, row);
                ratios.push([1.0 / exponent, ratio]);
            }
            let limit = Limit::of(&ratios, 1.0);
            let name = case.name;
            evidence.require_limit(format!("{name}: limit of γ over the theorem's"), &limit, 1.0, TOLERANCE);
            let label = format!("{name}: the same beside the quasi-potential's");
            evidence.rival(label, limit.value * self.prefactor, case.transverse(), TOLERANCE);
            evidence.figure.measured(name, ratios);
        }
        let ends = [exponents[0], exponents[exponents.len() - 1]].map(|exponent| [1.0 / exponent, 1.0]);
        evidence.figure.predicted("the theorem", ends.to_vec());
        let summary = match evidence.verdict() {
            Verdict::HoldsAsymptotically => "The other direction drops out.",
            _ => {
                "Exact where the other direction keeps its curvature and the noise jumps on a line across the way. A level of L is curved, and where it \
                 is crossed off the middle less of the way is left to the colder noise: √(1 + ω(1/|H_b| − 1/H_a)) fewer escape. A curvature that \
                 changes on the way leaves a factor besides, since between the ends D is not proportional to H."
            }
        };
        Ok(evidence.finding(summary))
    }
}
