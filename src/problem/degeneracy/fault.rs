//! The degeneracies of the noise that close the way out.

use crate::digits::{number, point, precise, precise_point};
use crate::tensor::Point;

/// A way out that is closed because the noise vanishes on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Degeneracy {
    /// One dimension: the process may touch a point but cannot cross it.
    Point {
        /// The point θ* at which the noise vanishes.
        at: f64,
        /// The start minimum.
        start: f64,
        /// The point at which the process would be killed.
        exit: f64,
        /// The exponent p in D ∝ |θ − θ*|^p.
        exponent: f64,
        /// The slope at θ* against the motion, > 0.
        against: f64,
    },
    /// Two dimensions: a curve on which an eigenvalue of the Hessian vanishes is blocked wherever a way out crosses it.
    Blocked {
        /// The crossing with the largest openness on a way out.
        at: Point,
        /// Its openness (n·v)², n the normal of the curve and v the other eigenvector.
        openness: f64,
        /// The start minimum.
        start: Point,
    },
    /// The noise vanishes at a minimum together with the drift: the process stays there.
    Trap {
        /// The minimum.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The largest eigenvalue of D at the minimum.
        noise: f64,
    },
    /// The noise has one and the same direction everywhere, which is not an axis, or the drift does not couple the
    /// other axis to it.
    OneDirection {
        /// The start minimum.
        start: Point,
        /// The direction of the noise.
        along: Point,
    },
    /// A curve of zeros of another tensor separates the start from everything that absorbs.
    Curve {
        /// The point of the curve nearest to the start.
        through: Point,
        /// The start minimum.
        start: Point,
    },
}

impl std::fmt::Display for Degeneracy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Degeneracy::Point { at, start, exit, exponent, against } => write!(
                formatter,
                "the noise vanishes at θ* = {}, between the minimum {} and the exit {}, like |θ − θ*|^{exponent:.2}, and the drift there points back (L'(θ*) = {against:.4e} against the motion): θ* may be touched and cannot be crossed, \
                 whatever the interpretation. The escape rate is exactly zero, and any number printed for it would be grid noise",
                precise(*at),
                number(*start),
                number(*exit)
            ),
            Degeneracy::Blocked { at, openness, start } => write!(
                formatter,
                "an eigenvalue of the Hessian, and of D with it, vanishes on a curve between the minimum {} and everything that absorbs. \
                 At its point θ = {}, and wherever else a way out crosses it, the noise that is left runs \
                 along the curve (openness (n·v)² = {openness:.1e}) and the drift points back: it cannot be crossed, the escape rate is \
                 exactly zero, and any number printed for it would be grid noise",
                point(*start, 2),
                point(*at, 2)
            ),
            Degeneracy::Trap { at, dimension, noise } => write!(
                formatter,
                "the noise vanishes at the minimum {} (D = {noise:.1e}), and the drift does at every minimum: the process that is there \
                 stays for ever, in any interpretation, and what comes near with D ∝ y² falls in unless the noise outweighs the slope. \
                 The escape rate from there is exactly zero, and any number printed for it would be grid noise",
                precise_point(*at, *dimension)
            ),
            Degeneracy::OneDirection { start, along } => write!(
                formatter,
                "the noise acts along one direction only everywhere, which is ({}, {}) at the minimum {}: a drift that couples the other \
                 direction to it may carry the process, and is solved where the noise acts along x or y alone and the drift along the other \
                 axis depends on it",
                number(along[0]),
                number(along[1]),
                point(*start, 2)
            ),
            Degeneracy::Curve { through, start } => write!(
                formatter,
                "the smallest eigenvalue of the diffusion tensor vanishes on a curve through θ = {} that separates the minimum {} \
                 from everything that absorbs: whether noise along the curve carries the process across is \
                 looked at for the noise of the Hessian alone, and without that any rate printed would be grid noise",
                point(*through, 2),
                point(*start, 2)
            ),
        }
    }
}
