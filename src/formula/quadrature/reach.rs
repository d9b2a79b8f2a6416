//! Where a reflecting end may stand instead of where it is: what carries no probability needs no panels.
//!
//! Let φ rise all the way from x₀ to the reflecting end r, and r' be where it has risen by R. With the end at r'
//! instead
//!
//! ```text
//! 1 ≥ τ'/τ ≥ 1 − ε    from any start on the absorbing side of x₀,      1 ≥ γ/γ' ≥ 1 − ε',
//! ε = ∫_r'^r w e^{−φ} / ∫_x₀^r w e^{−φ},      ε' = ∫_r'^r w e^{−φ} u² / ∫ w e^{−φ} u²
//! ```
//!
//! The second by the principal function u on the whole as a trial function on the part (Rayleigh); nothing can stay
//! beyond r', so that u grows there like the time of a descent. Both are e^{−R} but for powers; R is so large that no
//! double D and no width makes up for it.

use super::rule::{NODES, Nodal, RULE};
use super::{Breakpoint, Passage};

/// R: e^{−1500} ≈ 1e-651 times the largest quotient of two doubles, 1e616, is below 1e-34.
const RISEN: f64 = 1500.0;
/// Pieces that the way is looked at in.
const PIECES: u32 = 32;
/// Narrowest piece, as a part of the way.
const NARROWEST: f64 = 1e-4;
/// The rise over a piece and over its halves agree to this, relative: far better than R needs.
const AGREEMENT: f64 = 1e-3;
/// Halvings that find r' in a piece.
const HALVINGS: usize = 30;

/// A piece of the way, from its inner to its outer edge.
#[derive(Clone, Copy)]
struct Piece {
    inner: f64,
    outer: f64,
    /// What φ jumps by at the outer edge, outwards.
    jump: f64,
}

impl Passage<'_> {
    /// A place for the reflecting end at `end` on the way out from `from`, which nothing that starts there or further
    /// in can tell from it.
    pub(super) fn reach(&self, from: f64, end: f64) -> f64 {
        let pieces = self.way(from, end);
        let climbed: f64 =
            pieces.iter().map(|piece| self.rise(piece.inner, piece.outer).abs() + piece.jump.abs()).sum();
        // Few panels, which lose nothing; or a slope that is no number somewhere, which the panels will say.
        if climbed.is_nan() || climbed <= RISEN {
            return end;
        }
        // From the end inwards as long as φ falls.
        let (mut waiting, mut rising) = (pieces, Vec::new());
        while let Some(piece) = waiting.pop() {
            if piece.jump < 0.0 {
                break;
            }
            let middle = 0.5 * (piece.inner + piece.outer);
            let halves = self.rise(piece.inner, middle) + self.rise(middle, piece.outer);
            let whole = self.rise(piece.inner, piece.outer);
            // Not a number where the slope or D is not.
            let agrees = (whole - halves).abs() <= AGREEMENT * (1.0 + halves.abs());
            if agrees && self.only_rises(piece.inner, middle) && self.only_rises(middle, piece.outer) {
                rising.push((piece, whole));
            } else if (piece.outer - piece.inner).abs() <= NARROWEST * (end - from).abs() {
                break;
            } else {
                waiting.push(Piece { outer: middle, jump: 0.0, ..piece });
                waiting.push(Piece { inner: middle, ..piece });
            }
        }
        let mut risen = 0.0;
        for (piece, rise) in rising.into_iter().rev() {
            if risen + rise > RISEN {
                return self.risen_by(RISEN - risen, piece);
            }
            risen += rise + piece.jump;
            if risen > RISEN {
                return piece.outer;
            }
        }
        end
    }

    /// The way from `from` to `end`, cut at breakpoints and into pieces, the last of them outermost.
    fn way(&self, from: f64, end: f64) -> Vec<Piece> {
        let outwards = (end - from).signum();
        let share = |k: u32| Breakpoint::from(from + (end - from) * f64::from(k) / f64::from(PIECES));
        let mut edges: Vec<Breakpoint> = (1..PIECES).map(share).collect();
        edges.extend(self.breakpoints.iter().filter(|point| (point.at - from) * (end - point.at) > 0.0));
        edges.push(Breakpoint::from(end));
        edges.sort_by(|one, other| (outwards * one.at).total_cmp(&(outwards * other.at)));
        let mut inner = from;
        let piece = |edge: Breakpoint| {
            let piece = Piece { inner, outer: edge.at, jump: outwards * edge.rise };
            inner = edge.at;
            piece
        };
        edges.into_iter().map(piece).collect()
    }

    /// L'/D at the nodes times the width, outwards.
    fn steepness(&self, inner: f64, outer: f64) -> Nodal {
        let width = outer - inner;
        std::array::from_fn(|i| {
            let x = inner + width * RULE.nodes[i];
            let diffusion = (self.diffusion)(x);
            if diffusion > 0.0 { width * (self.slope)(x) / diffusion } else { f64::NAN }
        })
    }

    /// φ(outer) − φ(inner).
    fn rise(&self, inner: f64, outer: f64) -> f64 {
        RULE.integral(&self.steepness(inner, outer))
    }

    fn only_rises(&self, inner: f64, outer: f64) -> bool {
        let steepness: [f64; NODES] = self.steepness(inner, outer);
        steepness.iter().all(|steepness| *steepness >= 0.0)
    }

    /// Where φ has risen by `rise` in a piece over which it rises by more.
    fn risen_by(&self, rise: f64, piece: Piece) -> f64 {
        let (mut low, mut high) = (piece.inner, piece.outer);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if self.rise(piece.inner, middle) < rise { low = middle } else { high = middle }
        }
        let middle = 0.5 * (piece.inner + high);
        let halves = self.rise(piece.inner, middle) + self.rise(middle, high);
        // What 20 nodes do not see is left to the panels.
        if (halves - rise).abs() <= 0.1 * rise { high } else { piece.outer }
    }
}
