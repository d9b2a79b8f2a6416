//! A lower bound of the second eigenvalue λ₂ of −𝓛 on an interval, by cutting the interval.
//!
//! A reflecting cut lowers every eigenvalue (Courant and Hilbert 1924). Cut at z₁ ≤ z₂ into
//! ```text
//!   absorbing │  A  │ z₁   M   z₂ │  B  │ absorbing            (no A, no B where the end itself reflects)
//! ```
//! A and B have no eigenvalue below their first, M has 0 and its second: λ₂ ≥ min(λ₁(A), λ₂(M), λ₁(B)). With the flux σ
//! = −u'/(m e^φ) in place of u the second eigenvalue of M is the first of a problem with w e^{−φ} and m e^φ exchanged,
//! whose ends absorb, and one more reflecting cut leaves pieces of which one end absorbs. For these
//! ```text
//!   λ₁ ≥ inf f/𝓖f,   f = 𝓖ᵏ1,   and f/𝓖f is smallest at the reflecting end:
//! ```
//! Green's function of such a piece is totally positive of order 2, so 𝓖 keeps a quotient monotone, and 1/𝓖1 is
//! monotone (Barta 1937; Gantmacher and Krein 1950). With the best cuts the bound is λ₂ itself, also where that is
//! exponentially small.

use super::green::Green;
use super::panels::Panel;
use super::rule::Nodal;
use crate::scaled::Scaled;

/// Applications of 𝓖 for the first eigenvalue of a piece, which is then known to some percent.
const ROUNDS: usize = 8;
/// Later applications raise the bound of the first by less than this factor, but for tails in which it is given up.
const HOPELESS: f64 = 4.0;
/// Halvings of the interval of ln λ, once it is bracketed; the bound need not be sharp.
const HALVINGS: usize = 7;
/// Doublings of ln(λ/γ) from ln 2: up to e^{700 000}.
const DOUBLINGS: usize = 21;

/// The interval, and what its ends do.
pub(super) struct Pieces<'a> {
    panels: &'a [Panel],
    dual: Vec<Panel>,
    absorbs: [bool; 2],
}

/// Which end of a piece absorbs.
#[derive(Clone, Copy)]
enum Absorbing {
    Lower,
    Upper,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(panels: &'a [Panel], absorbs: [bool; 2]) -> Pieces<'a> {
        Pieces { panels, dual: panels.iter().map(Panel::dual).collect(), absorbs }
    }

    /// The largest λ found with λ ≤ λ₂; `None` where λ₂ cannot be told from `rate`.
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
        // What rounding and the rule leave in the values of f/𝓖f is far smaller.
        Some(times(low).scaled(1.0 - 1e-9))
    }

    /// Whether cuts are found that prove λ ≤ λ₂.
    fn is_below_second(&self, lambda: Scaled) -> bool {
        let n = self.panels.len();
        let is_fast = |panels: &[Panel], absorbing: Absorbing| panels.is_empty() || is_above(panels, absorbing, lambda);
        // The longest piece from the lower end on; the longest down from the upper end.
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

/// Whether the first eigenvalue of a piece of which one end absorbs and the other reflects is proved to be λ or more.
fn is_above(panels: &[Panel], absorbing: Absorbing, lambda: Scaled) -> bool {
    let absorbs_below = matches!(absorbing, Absorbing::Lower);
    let green = Green::new(panels, absorbs_below, !absorbs_below);
    let mut f = green.ones();
    for _ in 0..ROUNDS {
        let u = green.apply(&f);
        // u is largest at the reflecting end, and f is 1 there.
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
