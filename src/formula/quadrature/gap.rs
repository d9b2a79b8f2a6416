//! A lower bound of the second eigenvalue λ₂ of −𝓛 on an interval, by cutting the interval.
//!
//! A reflecting cut lowers every eigenvalue (Courant and Hilbert 1924). Cut at z₁ ≤ z₂ into
//! ```text
//!   absorbing │  A  │ z₁   M   z₂ │  B  │ absorbing            (no A, no B where the end itself reflects)
//! ```
//! The spectrum of the cut interval is that of A, M and B together, and M has the eigenvalue 0: λ₂ ≥ min(λ₁(A), λ₂(M),
//! λ₁(B)). For the flux σ = −u'/(m e^φ) in place of u, λ₂(M) is the first eigenvalue of a problem with w e^{−φ} and m
//! e^φ exchanged and absorbing ends; one more reflecting cut leaves pieces with one absorbing end. For these
//! ```text
//!   λ₁ ≥ inf f/𝓖f,   f = 𝓖ᵏ1,   and f/𝓖f is smallest at the reflecting end:
//! ```
//! The Green's function of such a piece is totally positive of order 2, so that 𝓖 maps monotone quotients to monotone
//! quotients, and 1/𝓖1 is monotone (Barta 1937; Gantmacher and Krein 1950). With the best cuts the bound equals λ₂,
//! even if that is exponentially small.

use super::green::Green;
use super::panels::Panel;
use super::rule::Nodal;
use crate::scaled::Scaled;

/// The number of applications of 𝓖 for the first eigenvalue of a piece, which is then known to some percent.
const ROUNDS: usize = 8;
/// The factor by which later applications can raise the first bound (except in tails): a bound that is too low by more
/// is given up.
const HOPELESS: f64 = 4.0;
/// The number of bisections of the bracket of ln λ; the bound need not be sharp.
const HALVINGS: usize = 7;
/// The number of doublings of ln(λ/γ) from ln 2: up to e^{700 000}.
const DOUBLINGS: usize = 21;

/// The interval with its panels and the type of its ends.
pub(super) struct Pieces<'a> {
    panels: &'a [Panel],
    dual: Vec<Panel>,
    absorbs: [bool; 2],
}

/// The absorbing end of a piece.
#[derive(Clone, Copy)]
enum Absorbing {
    Lower,
    Upper,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(panels: &'a [Panel], absorbs: [bool; 2]) -> Pieces<'a> {
        Pieces { panels, dual: panels.iter().map(Panel::dual).collect(), absorbs }
    }

    /// The largest λ found with λ ≤ λ₂; `None` if λ₂ cannot be separated from `rate`.
    pub(super) fn second_rate(&self, rate: Scaled) -> Option<Scaled> {
        let times = |logarithm: f64| rate.times(Scaled::exp(crate::scaled::Sum { high: logarithm, low: 0.0 }, 1.0));
        let first = 0.05;
        if !self.is_below_second(times(first)) {
            return None;
        }
        let (mut low, mut high) = (first, std::f64::consts::LN_2);
        for _ in 0..DOUBLINGS {
            if !self.is_below_second(times(high)) {
                break;
            }
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if self.is_below_second(times(middle)) { low = middle } else { high = middle }
        }
        // The errors of f/𝓖f from rounding and quadrature are far smaller than this margin.
        Some(times(low).scaled(1.0 - 1e-9))
    }

    /// Whether cuts are found that prove λ ≤ λ₂.
    fn is_below_second(&self, lambda: Scaled) -> bool {
        let n = self.panels.len();
        let is_fast = |panels: &[Panel], absorbing: Absorbing| panels.is_empty() || is_above(panels, absorbing, lambda);
        // The longest admissible piece upwards from the lower end, and downwards from the upper end.
        let longest = |from: usize, to: usize, is_fast: &dyn Fn(usize) -> bool| {
            let (mut good, mut bad) = (from, to + 1);
            while bad - good > 1 {
                let middle = good + (bad - good) / 2;
                if is_fast(middle) { good = middle } else { bad = middle }
            }
            good
        };
        let z1 = match self.absorbs[0] {
            true => longest(0, n, &|z| is_fast(&self.panels[..z], Absorbing::Lower)),
            false => 0,
        };
        let z2 = match self.absorbs[1] {
            true => n - longest(0, n, &|length| is_fast(&self.panels[n - length..], Absorbing::Upper)),
            false => n,
        };
        if z1 >= z2 {
            return true;
        }
        let cut = longest(z1, z2, &|z| is_fast(&self.dual[z1..z], Absorbing::Lower));
        is_fast(&self.dual[cut..z2], Absorbing::Upper)
    }
}

/// Whether the first eigenvalue of a piece with one absorbing and one reflecting end is proved to be at least λ.
fn is_above(panels: &[Panel], absorbing: Absorbing, lambda: Scaled) -> bool {
    let absorbs_below = matches!(absorbing, Absorbing::Lower);
    let green = Green::new(panels, absorbs_below, !absorbs_below);
    let mut f = green.ones();
    for _ in 0..ROUNDS {
        let u = green.apply(&f);
        // u is largest at the reflecting end, where f = 1.
        let largest = if absorbs_below { u.edges[panels.len()] } else { u.edges[0] };
        let bound = largest.inverse();
        if !lambda.is_greater(bound) {
            return true;
        }
        if lambda.is_greater(bound.scaled(HOPELESS)) {
            return false;
        }
        f = u.nodes.iter().map(|u| -> Nodal { u.map(|u| u.over(largest).value()) }).collect();
    }
    false
}
