//! The inner positions to which distant ends may be moved: a part without probability, or from which nothing comes back,
//! needs no panels.
//!
//! Let φ rise all the way from x₀ to the reflecting end r, and let r' be the point where it has risen by R. With the
//! end moved to r'
//!
//! ```text
//! 1 ≥ τ'/τ ≥ 1 − ε    from any start on the absorbing side of x₀,      1 ≥ γ/γ' ≥ 1 − ε',
//! ε = ∫_r'^r w e^{−φ} / ∫_x₀^r w e^{−φ},      ε' = ∫_r'^r w e^{−φ} u² / ∫ w e^{−φ} u²
//! ```
//!
//! The second bound follows with the principal eigenfunction u of the whole interval as a trial function on the part
//! (Rayleigh); beyond r' u grows only like the time of a descent. Both ε are e^{−R} up to powers; R is so large that no
//! value of D or of the width in double precision can compensate it.
//!
//! The flux obeys the same equations with −φ in place of φ and the two kinds of ends exchanged. Let φ fall all the way
//! from x₀ to the absorbing end r, and by F to r': γ is that with the end moved to r' but for the share that comes back
//! from there, e^{−F} up to powers. The time of the descent from r' on counts for τ, not for γ. Inverse iteration weighs
//! what is left at the foot by e^F, and takes the longer for it, so that F is smaller than R.
//!
//! For γ both hold where the process is carried along the way much faster than it is lost, γ ≪ L'²/(4D): where it is not,
//! as on a slope without a valley, the modes of the slope itself are slow.

use super::rule::{NODES, Nodal, RULE};
use super::{Breakpoint, Passage};

/// R: e^{−1500} ≈ 1e-651 times the largest quotient of two doubles, 1e616, is below 1e-34.
const RISEN: f64 = 1500.0;
/// F: e^{−200} ≈ 1e-87.
const FALLEN: f64 = 200.0;
/// The number of pieces into which the way is divided at first.
const PIECES: u32 = 32;
/// The width of the narrowest piece as a fraction of the way.
const NARROWEST: f64 = 1e-4;
/// The relative agreement between the rise over a piece and over its halves, far better than R needs.
const AGREEMENT: f64 = 1e-3;
/// The number of bisections that locate r' in a piece.
const HALVINGS: usize = 30;
/// L'²/D is so many times γ wherever an end is moved over: the modes of such a slope decay 25 times as fast as γ, and the
/// share that is left out grows by e^{F/50} at most.
const CARRIED: f64 = 100.0;

/// A piece of the way, from its inner to its outer edge.
#[derive(Clone, Copy)]
struct Piece {
    inner: f64,
    outer: f64,
    /// The jump of φ at the outer edge, outwards.
    jump: f64,
}

impl Passage<'_> {
    /// The position to which the reflecting end at `end` may be moved without any effect on a process that starts at
    /// `from` or further inside.
    pub(super) fn reach(&self, from: f64, end: f64) -> f64 {
        self.reach_over(self.way(from, end, 1.0), RISEN, from, end)
    }

    /// The position to which the absorbing end at `end` may be moved without any effect on the escape rate of what is
    /// between `from` and it, where [`Passage::carries`] holds.
    pub(super) fn foot(&self, from: f64, end: f64) -> f64 {
        let turned = Passage { slope: &|x| -(self.slope)(x), ..*self };
        turned.reach_over(turned.way(from, end, -1.0), FALLEN, from, end)
    }

    /// Whether the process is carried from `from` to `to` much faster than a rate.
    pub(super) fn carries(&self, from: f64, to: f64, rate: f64) -> bool {
        let share = |k: u32| from + (to - from) * f64::from(k) / f64::from(PIECES);
        let places = (0..PIECES).flat_map(|k| RULE.nodes.map(|node| share(k) + node * (share(k + 1) - share(k))));
        from == to
            || places.into_iter().all(|x| {
                let slope = (self.slope)(x);
                slope * slope >= CARRIED * rate * (self.diffusion)(x)
            })
    }

    /// Where φ has risen by `enough` on the way to `end`, if it rises from there on.
    fn reach_over(&self, pieces: Vec<Piece>, enough: f64, from: f64, end: f64) -> f64 {
        let climbed: f64 =
            pieces.iter().map(|piece| self.rise(piece.inner, piece.outer).abs() + piece.jump.abs()).sum();
        // With so few panels nothing is gained; if the slope is NaN somewhere, the panels report it.
        if climbed.is_nan() || climbed <= enough {
            return end;
        }
        // Inwards from the end as long as φ decreases.
        let (mut waiting, mut rising) = (pieces, Vec::new());
        while let Some(piece) = waiting.pop() {
            if piece.jump < 0.0 {
                break;
            }
            let middle = 0.5 * (piece.inner + piece.outer);
            let halves = self.rise(piece.inner, middle) + self.rise(middle, piece.outer);
            let whole = self.rise(piece.inner, piece.outer);
            // NaN where the slope or D is.
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
            if risen + rise > enough {
                return self.risen_by(enough - risen, piece);
            }
            risen += rise + piece.jump;
            if risen > enough {
                return piece.outer;
            }
        }
        end
    }

    /// The way from `from` to `end`, divided at breakpoints and into pieces, the outermost last; `sign`: that of the jumps.
    fn way(&self, from: f64, end: f64, sign: f64) -> Vec<Piece> {
        let outwards = (end - from).signum();
        let share = |k: u32| Breakpoint::from(from + (end - from) * f64::from(k) / f64::from(PIECES));
        let mut edges: Vec<Breakpoint> = (1..PIECES).map(share).collect();
        edges.extend(self.breakpoints.iter().filter(|point| (point.at - from) * (end - point.at) > 0.0));
        edges.push(Breakpoint::from(end));
        edges.sort_by(|one, other| (outwards * one.at).total_cmp(&(outwards * other.at)));
        let mut inner = from;
        let piece = |edge: Breakpoint| {
            let piece = Piece { inner, outer: edge.at, jump: sign * outwards * edge.rise };
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

    /// The point at which φ has risen by `rise` in a piece over which it rises by more.
    fn risen_by(&self, rise: f64, piece: Piece) -> f64 {
        let (mut low, mut high) = (piece.inner, piece.outer);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if self.rise(piece.inner, middle) < rise { low = middle } else { high = middle }
        }
        let middle = 0.5 * (piece.inner + high);
        let halves = self.rise(piece.inner, middle) + self.rise(middle, high);
        // A rise that 20 nodes do not resolve is left to the panels.
        if (halves - rise).abs() <= 0.1 * rise { high } else { piece.outer }
    }
}
