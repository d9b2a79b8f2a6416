//! Numbers in reports.

use crate::digits::{self, significant, trimmed};
use crate::scaled::{Scaled, Sum};
use crate::tensor::Point;

/// A value with the digits that its relative error leaves correct and one more (at least 2, at most 15); with 6 digits
/// without an error.
pub(super) fn rounded(value: impl Into<Scaled>, error: Option<f64>) -> String {
    let value = value.into();
    let digits = match error {
        Some(error) if error > 0.0 => {
            let order = value.ln() / std::f64::consts::LN_10;
            let above = order.floor() - (order + error.log10()).floor();
            (1.0 + if above.is_finite() { above } else { -error.log10().ceil() }).clamp(2.0, 15.0) as usize
        }
        Some(0.0) => 15,
        // With an error of NaN few digits are shown.
        Some(_) => 2,
        None => 6,
    };
    if value.is_ordinary() || !value.is_positive() {
        return significant(value.value(), digits);
    }
    // Outside the range of f64 the value comes from its logarithm, which has a few digits less.
    let exponent = (value.ln() / std::f64::consts::LN_10).floor();
    let tens = Scaled::exp(Sum { high: exponent * std::f64::consts::LN_10, low: 0.0 }, 1.0);
    format!("{:.*}e{exponent}", digits.min(12) - 1, value.over(tens).value())
}

/// A value with four significant digits.
pub(super) fn brief(value: f64) -> String {
    trimmed(&significant(value, 4))
}

/// A point as θ = (x, y) or θ = x.
pub(super) fn point(theta: Point, dimension: usize) -> String {
    format!("θ = {}", digits::point(theta, dimension))
}

/// A share in per cent, or as a number with an exponent if it is small; the share of a saddle may be 1e-40.
pub(super) fn percent(share: f64) -> String {
    if share >= 1e-4 { format!("{:6.2} %", 100.0 * share) } else { format!("{share:.1e}") }
}

/// Bytes in KiB, MiB or GiB.
pub(super) fn bytes(count: u64) -> String {
    let count = count as f64;
    match count.log2() {
        power if power >= 30.0 => format!("{:.2} GiB", count / f64::from(1 << 30)),
        power if power >= 20.0 => format!("{:.1} MiB", count / f64::from(1 << 20)),
        _ => format!("{:.1} KiB", count / 1024.0),
    }
}
