//! Feller's classes of a boundary point in one dimension, from the local exponents of the slope and of D.
//!
//! Let y be the distance from the point, D ≈ c yᵖ and ∂L/∂y ≈ g yʳ, so that φ' ≈ (g/c) y^{r−p}. The scale density e^φ m
//! and the speed density e^{−φ} w, with m·w = 1/D as the calculus determines, are then powers yᴬ and yᴮ with A + B =
//! −p, or exponentials of a power:
//! ```text
//! regular     A > −1, B > −1               reached, and left again
//! exit        A > −1, B ≤ −1,  p < 2       reached, never left
//! entrance    A ≤ −1, B > −1,  p < 2       never reached
//! natural     everything else              never reached in a finite mean time
//! r − p < −1, r < 1:  exit where the slope pushes there (g > 0), entrance where it pushes away; natural for r ≥ 1
//! ```
//! A natural point at a finite position is infinitely far away in the distance ∫ dy/√D, and the spectrum has a
//! continuous part.
//!
//! Source: Feller 1952; Karlin & Taylor 1981, chapter 15; Linetsky 2004 (spectral classification).

use crate::problem::Interpretation;

/// Feller's classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundaryClass {
    /// Reached, and left again: a boundary condition is needed.
    Regular,
    /// Reached, never left: it absorbs.
    Exit,
    /// Never reached; the process may begin there.
    Entrance,
    /// Neither reached nor left.
    Natural,
}

impl BoundaryClass {
    /// The name of the class.
    pub fn name(self) -> &'static str {
        match self {
            BoundaryClass::Regular => "regular",
            BoundaryClass::Exit => "exit",
            BoundaryClass::Entrance => "entrance",
            BoundaryClass::Natural => "natural",
        }
    }

    /// Whether the process reaches the point.
    pub fn is_reached(self) -> bool {
        matches!(self, BoundaryClass::Regular | BoundaryClass::Exit)
    }

    /// Whether the process leaves the point again.
    pub fn is_left(self) -> bool {
        matches!(self, BoundaryClass::Regular | BoundaryClass::Entrance)
    }
}

/// The power laws of the slope and of D next to a point, at the distance y on one side of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalLaw {
    /// The exponent p in D ≈ c yᵖ.
    pub diffusion_exponent: f64,
    /// The coefficient c.
    pub diffusion: f64,
    /// The exponent r in ∂L/∂y ≈ g yʳ; infinite if the slope is zero.
    pub slope_exponent: f64,
    /// The coefficient g, positive if the drift points towards the point.
    pub slope: f64,
    /// The calculus, which determines the powers of D in the two densities.
    pub interpretation: Interpretation,
}

/// An exponent within this distance of a multiple of 1/12 is rounded to it: thresholds are attained exactly by the
/// exponents in common use.
const ROUNDED: f64 = 1e-3;

/// D at the point, divided by D next to it, above which it does not vanish there.
const KEPT: f64 = 0.5;
/// The roundings of its coordinate within which a point at which D vanishes is known.
const ROUNDINGS: f64 = 16.0;

impl LocalLaw {
    /// Fits the power laws to slope ∂L/∂y and D at small distances from a point; `scale` is the length on which both
    /// vary, `place` the size of the point's coordinate, to whose rounding the point is known. `None` if D is not positive next to the point or follows no power.
    pub fn of(
        slope: impl Fn(f64) -> f64,
        diffusion: impl Fn(f64) -> f64,
        [scale, place]: [f64; 2],
        interpretation: Interpretation,
    ) -> Option<LocalLaw> {
        // Small enough for the power law, large enough that the rounding of the point's position does not matter.
        let [far, middle, near] = [16, 19, 22].map(|k| scale * 0.5f64.powi(k));
        let exponent = |f: &dyn Fn(f64) -> f64| {
            let (outer, inner) = ((f(far) / f(middle)).log2() / 3.0, (f(middle) / f(near)).log2() / 3.0);
            let twelfth = (12.0 * inner).round() / 12.0;
            let settled = if (inner - twelfth).abs() < ROUNDED { twelfth } else { inner };
            ((outer - inner).abs() < 0.05).then_some(settled)
        };
        // Noise that is small at the point but does not vanish there, as with a floor, follows no power.
        let p = match diffusion(0.0) {
            at if at.is_finite() && at > KEPT * diffusion(near) => 0.0,
            at if at.is_finite() && at > ROUNDINGS * f64::EPSILON * (place / near) * diffusion(near) => return None,
            _ => exponent(&diffusion)?,
        };
        // What a coefficient has beyond its value at the point is linear in the distance.
        let coefficient = |f: &dyn Fn(f64) -> f64, exponent: f64| {
            let [middle, near] = [middle, near].map(|y| f(y) / y.powf(exponent));
            (8.0 * near - middle) / 7.0
        };
        let c = coefficient(&diffusion, p);
        let (r, g) = match exponent(&|y| slope(y).abs()) {
            _ if slope(far) == 0.0 && slope(near) == 0.0 => (f64::INFINITY, 0.0),
            Some(r) => (r, coefficient(&slope, r)),
            None => return None,
        };
        (c > 0.0 && c.is_finite() && g.is_finite()).then_some(LocalLaw {
            diffusion_exponent: p,
            diffusion: c,
            slope_exponent: r,
            slope: g,
            interpretation,
        })
    }

    /// κ in φ ≈ κ ln y; 0 if φ is bounded, `None` if it grows like a power.
    fn logarithmic(&self) -> Option<f64> {
        let growth = self.slope_exponent - self.diffusion_exponent;
        match growth {
            growth if growth < -1.0 - 1e-9 => None,
            growth if growth < -1.0 + 1e-9 => Some(self.slope / self.diffusion),
            _ => Some(0.0),
        }
    }

    /// The exponents A and B of the scale and the speed density, if both are powers.
    pub fn exponents(&self) -> Option<[f64; 2]> {
        let speed = match self.interpretation {
            Interpretation::Ito => 1.0,
            Interpretation::Stratonovich => 0.5,
            Interpretation::Isothermal => 0.0,
        };
        let (p, kappa) = (self.diffusion_exponent, self.logarithmic()?);
        Some([kappa - p * (1.0 - speed), -kappa - p * speed])
    }

    /// Feller's class.
    pub fn class(&self) -> BoundaryClass {
        let Some([scale, speed]) = self.exponents() else {
            return match (self.slope_exponent < 1.0, self.slope > 0.0) {
                (false, _) => BoundaryClass::Natural,
                (true, true) => BoundaryClass::Exit,
                (true, false) => BoundaryClass::Entrance,
            };
        };
        // κ is computed: exponents within rounding of −1 count as −1.
        let above = |exponent: f64| exponent > -1.0 + 1e-5;
        match (above(scale), above(speed)) {
            (true, true) => BoundaryClass::Regular,
            (true, false) if self.diffusion_exponent < 2.0 => BoundaryClass::Exit,
            (false, true) if self.diffusion_exponent < 2.0 => BoundaryClass::Entrance,
            _ => BoundaryClass::Natural,
        }
    }

    /// Whether D vanishes at the point.
    pub fn is_degenerate(&self) -> bool {
        self.diffusion_exponent > 0.0
    }

    /// Whether paths converge to the point in infinite time with a positive probability without reaching it: ∫ e^φ m is
    /// finite.
    pub fn attracts(&self) -> bool {
        match self.exponents() {
            Some([scale, _]) => scale > -1.0 + 1e-5,
            None => self.slope > 0.0,
        }
    }

    /// Whether the stationary mass next to the point is infinite: the process returns from a natural point, but after a time
    /// with an infinite mean.
    pub fn holds(&self) -> bool {
        self.exponents().is_some_and(|[_, speed]| speed <= -1.0 + 1e-5)
    }

    /// The lower end of the continuous spectrum that a natural point causes; `None` if there is none.
    ///
    /// In the coordinate ∫ dy/√D the operator is −d²/du² + V with V ≈ s²/(4D) far out (p > 2), and for p = 2 and a
    /// slope g y exactly V = (μ − c)²/(4c), −μ y the drift in Itô's form.
    pub fn continuous_from(&self) -> Option<f64> {
        if self.class() != BoundaryClass::Natural {
            return None;
        }
        let LocalLaw { diffusion_exponent: p, diffusion: c, slope_exponent: r, slope: g, .. } = *self;
        if p < 2.0 + 1e-9 {
            let drift = match self.interpretation {
                Interpretation::Ito => 0.0,
                Interpretation::Stratonovich => c,
                Interpretation::Isothermal => 2.0 * c,
            } - if r < 1.0 + 1e-9 { g } else { 0.0 };
            return (r > 1.0 - 1e-9).then_some((drift - c).powi(2) / (4.0 * c));
        }
        match 2.0 * r - p {
            growth if growth < -1e-9 => None,
            growth if growth < 1e-9 => Some(g * g / (4.0 * c)),
            _ => Some(0.0),
        }
    }
}
