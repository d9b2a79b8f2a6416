//! The explicit step for a block of particles.

use crate::tensor::{LANES, Points, widest};

/// x − ∂L h + √(2dh) ζ along one axis, and the distance to the nearer end of the live interval. Returns whether some
/// point is beyond a wall. (Arguments instead of captures tell the compiler that they do not overlap, so that it can
/// use SIMD.)
#[inline(always)]
pub(super) fn shift(
    from: &[f64; LANES],
    slopes: &[f64; LANES],
    noise: &[f32; LANES],
    (h, scale): (f64, f64),
    [lower, upper, low, high]: [f64; 4],
    to: &mut [f64; LANES],
    distance: &mut [f64; LANES],
) -> bool {
    let mut outside = false;
    for lane in 0..LANES {
        let place = from[lane] - h * slopes[lane] + scale * f64::from(noise[lane]);
        to[lane] = place;
        outside |= (place < lower) | (place > upper);
        distance[lane] = f64::min(place - low, high - place);
    }
    outside
}

/// θ − ∇L h + √(2h) σ ζ with σ the Cholesky factor of D: any σ with σσᵀ = D gives the same distribution.
pub(super) fn shift_by_tensor(
    from: &Points,
    slopes: &Points,
    [xx, xy, yy]: &[[f64; LANES]; 3],
    noise: [&[f32; LANES]; 2],
    h: f64,
    to: &mut Points,
) {
    let scale = (2.0 * h).sqrt();
    widest(
        #[inline(always)]
        || {
            for lane in 0..LANES {
                let a = xx[lane].sqrt();
                let b = if a > 0.0 { xy[lane] / a } else { 0.0 };
                let c = (yy[lane] - b * b).max(0.0).sqrt();
                let (u, v) = (scale * f64::from(noise[0][lane]), scale * f64::from(noise[1][lane]));
                to.x[lane] = from.x[lane] - h * slopes.x[lane] + a * u;
                to.y[lane] = from.y[lane] - h * slopes.y[lane] + b * u + c * v;
            }
        },
    );
}
