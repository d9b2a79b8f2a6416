//! How z runs along an edge, and how many nodes its resistance takes for that.

/// How much z may rise, bend and twist on one panel for an error of a few 1e-15 ([`Course`]). A Gauss rule of n points
/// leaves (n!)⁴/((2n+1)(2n)!³)·f⁽²ⁿ⁾; of f = e^{z} the mixed terms count most.
const FIVE_POINTS: Course = Course { rise: 0.3, bend: 0.006, twist: 0.001 };
const EIGHT_POINTS: Course = Course { rise: 2.0, bend: 0.15, twist: 0.02 };
/// Edges on which z changes by more than this many panels' worth are far from resolved, and far from where the rate is
/// made.
const MOST_PANELS: f64 = 32.0;

/// How z runs along an edge, in size:
/// ```text
/// z(s) = rise·s − bend·s(1 − s) + twist·s(1 − s)(2s − 1)
/// ```
#[derive(Clone, Copy, Default)]
pub(super) struct Course {
    rise: f64,
    bend: f64,
    /// Of everything that is not of second degree.
    twist: f64,
}

impl Course {
    /// From z at the nodes of the five-point rule.
    #[inline(always)]
    pub(super) fn of(rise: f64, nodes: &[f64; 5], z: &[f64; 5]) -> Course {
        let bend = 2.0 * rise - 4.0 * z[2];
        let mut away = 0.0f64;
        for k in [0, 1, 3, 4] {
            let s = nodes[k];
            // A sum, that not-a-number stays what it is.
            away += (z[k] - s * (rise - bend * (1.0 - s))).abs();
        }
        // Of s(1 − s)(2s − 1) the four are 0.2722 in all.
        Course { rise: rise.abs(), bend: bend.abs(), twist: away / 0.2722 }
    }

    fn is_within(self, most: Course) -> bool {
        self.rise <= most.rise && self.bend <= most.bend && self.twist <= most.twist
    }

    /// Whether five points give the resistance of the whole edge.
    #[inline(always)]
    pub(super) fn is_gentle(self) -> bool {
        self.is_within(FIVE_POINTS)
    }

    #[inline(always)]
    pub(super) fn is_finite(self) -> bool {
        (self.rise + self.bend + self.twist).is_finite()
    }

    /// The number of panels of eight points that the edge takes, and the width of each, for a finite course.
    pub(super) fn panels(self) -> (usize, f64) {
        let Course { rise, bend, twist } = self;
        // The slope of z is at most rise + bend + twist.
        let count = ((rise + bend + twist) / EIGHT_POINTS.rise)
            .max((bend / EIGHT_POINTS.bend).max(twist / EIGHT_POINTS.twist).sqrt());
        let count = count.ceil().clamp(1.0, MOST_PANELS);
        (count as usize, 1.0 / count)
    }
}
