//! Text for numbers and points, by significant digits.
//!
//! ```text
//! 0.987654      9.87654e-10      987654000 → 9.87654e8
//! ```
//! A fixed number of decimals would show only zeros for a well that is 1e-7 wide.

use crate::tensor::Point;

/// The number of digits of a computed point or value.
const COMPUTED: usize = 9;
/// The number of digits of a short form.
const FEW: usize = 6;

/// A value with six significant digits, without trailing zeros.
pub fn number(value: f64) -> String {
    trimmed(&significant(value, FEW))
}

/// A value with nine significant digits, without trailing zeros.
pub fn precise(value: f64) -> String {
    trimmed(&significant(value, COMPUTED))
}

/// A number of bytes in the largest unit of which it is at least one: 340 MB, 1.2 GB.
pub fn bytes(count: f64) -> String {
    let (unit, name) =
        [(1e12, "TB"), (1e9, "GB"), (1e6, "MB")].into_iter().find(|(unit, _)| count >= *unit).unwrap_or((1e3, "kB"));
    let value = count / unit;
    format!("{value:.*} {name}", usize::from(value < 10.0))
}

/// A relative error in per cent, without decimals; by a power of ten from 1e4 % on, in words where it is not finite.
pub fn percent(error: f64) -> String {
    const MOST: f64 = 1e4;
    let percent = 100.0 * error;
    match percent >= MOST {
        _ if !percent.is_finite() => "without a bound".into(),
        true => format!("{percent:.1e} %"),
        false => format!("{percent:.0} %"),
    }
}

/// The cells of a grid: 64, or 64 × 48; the second number is 1 in one dimension.
pub fn cells(cells: [usize; 2]) -> String {
    match cells {
        [nx, 1] => nx.to_string(),
        [nx, ny] => format!("{nx} × {ny}"),
    }
}

/// A value with the fewest digits that identify it.
pub fn exact(value: f64) -> String {
    match is_plain(value) {
        // Adding 0 removes the sign of −0.
        true => format!("{}", value + 0.0),
        false => format!("{value:e}"),
    }
}

/// x or (x, y), with six digits.
pub fn point(theta: Point, dimension: usize) -> String {
    written(theta, dimension, number)
}

/// x or (x, y), with nine digits.
pub fn precise_point(theta: Point, dimension: usize) -> String {
    written(theta, dimension, precise)
}

/// x or (x, y), with the fewest digits that identify each coordinate.
pub fn exact_point(theta: Point, dimension: usize) -> String {
    written(theta, dimension, exact)
}

fn written(theta: Point, dimension: usize, number: impl Fn(f64) -> String) -> String {
    match dimension {
        1 => number(theta[0]),
        _ => format!("({}, {})", number(theta[0]), number(theta[1])),
    }
}

/// A value with this many significant digits: plain between 1e-3 and 1e6, with an exponent elsewhere.
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_string() } else { format!("{value}") };
    }
    // The exponent after rounding: 9.99996 with four digits is 10.00.
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or(0);
    if !(LOWEST..HIGHEST).contains(&exponent) || exponent >= digits as i32 {
        return scientific;
    }
    format!("{value:.*}", (digits as i32 - 1 - exponent).max(0) as usize)
}

/// The powers of ten between which numbers are written without an exponent.
const LOWEST: i32 = -3;
const HIGHEST: i32 = 6;

/// Whether a value is written without a power of ten.
fn is_plain(value: f64) -> bool {
    let size = value.abs();
    size == 0.0 || !size.is_finite() || (10f64.powi(LOWEST)..10f64.powi(HIGHEST)).contains(&size)
}

/// The text of a number without trailing zeros.
pub fn trimmed(text: &str) -> String {
    let short = |mantissa: &str| match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => mantissa.to_string(),
    };
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", short(mantissa)),
        None => short(text),
    }
}
