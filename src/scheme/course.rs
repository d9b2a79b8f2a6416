//! The variation of z along an edge, and the number of quadrature nodes that its resistance needs.

/// The largest rise, bend and twist of z ([`Course`]) on one panel for a relative error of a few 1e-15 with five or
/// eight nodes. A Gauss rule with n nodes has the error (n!)⁴/((2n+1)(2n)!³)·f⁽²ⁿ⁾; for f = e^{z} the mixed terms
/// matter most.
const FIVE_POINTS: Course = Course { rise: 0.3, bend: 0.006, twist: 0.001 };
const EIGHT_POINTS: Course = Course { rise: 2.0, bend: 0.15, twist: 0.02 };
/// The number of panels beyond which an edge is far from resolved, and far from the edges that determine the rate.
const MOST_PANELS: f64 = 32.0;

/// The absolute coefficients of z along an edge:
/// ```text
/// z(s) = rise·s − bend·s(1 − s) + twist·s(1 − s)(2s − 1)
/// ```
#[derive(Clone, Copy, Default)]
pub(super) struct Course {
    rise: f64,
    bend: f64,
    /// The size of all terms that are not quadratic.
    twist: f64,
}

impl Course {
    /// The course of z from its total rise and its values at the nodes of the five-node rule.
    #[inline(always)]
    pub(super) fn of(rise: f64, nodes: &[f64; 5], z: &[f64; 5]) -> Course {
        let bend = 2.0 * rise - 4.0 * z[2];
        let mut away = 0.0f64;
        for k in [0, 1, 3, 4] {
            let s = nodes[k];
            // A sum rather than a maximum, so that NaN is kept.
            away += (z[k] - s * (rise - bend * (1.0 - s))).abs();
        }
        // The absolute values of s(1 − s)(2s − 1) at these nodes sum to 0.2722.
        Course { rise: rise.abs(), bend: bend.abs(), twist: away / 0.2722 }
    }

    fn is_within(self, most: Course) -> bool {
        self.rise <= most.rise && self.bend <= most.bend && self.twist <= most.twist
    }

    /// Whether one panel of five nodes suffices for the whole edge.
    #[inline(always)]
    pub(super) fn is_gentle(self) -> bool {
        self.is_within(FIVE_POINTS)
    }

    #[inline(always)]
    pub(super) fn is_finite(self) -> bool {
        (self.rise + self.bend + self.twist).is_finite()
    }

    /// The number of eight-node panels for the edge, and the width of each, if the course is finite.
    pub(super) fn panels(self) -> (usize, f64) {
        let Course { rise, bend, twist } = self;
        // The slope of z is at most rise + bend + twist.
        let count = ((rise + bend + twist) / EIGHT_POINTS.rise)
            .max((bend / EIGHT_POINTS.bend).max(twist / EIGHT_POINTS.twist).sqrt());
        let count = count.ceil().clamp(1.0, MOST_PANELS);
        (count as usize, 1.0 / count)
    }
}
