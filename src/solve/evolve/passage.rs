//! Quantiles of the time at which a density is killed: when ln S passes given levels.

/// A level of survival and the time at which it is passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passed {
    /// ln S.
    pub log_survival: f64,
    /// t.
    pub time: f64,
    /// The estimated error of t: that of ln S over the rate at which it falls.
    pub error: f64,
}

/// Levels of ln S in falling order, those that are still to come and those that have been passed.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    pub left: Vec<f64>,
    pub passed: Vec<Passed>,
}

impl Levels {
    /// The next level, if survival is not above it.
    pub(super) fn next(&self, log_survival: f64) -> Option<f64> {
        self.left.first().copied().filter(|level| log_survival <= *level)
    }

    /// The next level is passed.
    pub(super) fn pass(&mut self, time: f64, error: f64) {
        let log_survival = self.left.remove(0);
        self.passed.push(Passed { log_survival, time, error });
    }
}

/// Where between 0 and 1 a falling function has a value, from its values and slopes at both ends by a cubic that is followed where it falls.
pub(super) fn crossing([before, after]: [f64; 2], [slope, end]: [f64; 2], value: f64) -> f64 {
    let cubic = |x: f64| {
        let y = 1.0 - x;
        before * y * y * (1.0 + 2.0 * x) + after * x * x * (1.0 + 2.0 * y) + slope * x * y * y - end * x * x * y
    };
    let (mut low, mut high) = (0.0, 1.0);
    // A cubic that oversteps has one crossing more, and any of them is a place to begin at.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if cubic(middle) > value { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
