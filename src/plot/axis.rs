//! Axes: range, label with its power of ten, and ticks.

use std::ops::Range;

use crate::digits::{number, significant, trimmed};

/// An axis of a chart, or the scale of a colour bar.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    name: String,
    /// The range in the plotted coordinate: value/10^power, or log₁₀ of the value.
    pub range: Range<f64>,
    logarithmic: bool,
    power: i32,
}

impl Axis {
    /// An axis whose plotted coordinate is the value itself.
    pub fn position(name: &str, range: Range<f64>) -> Axis {
        Axis { name: name.to_string(), range, logarithmic: false, power: 0 }
    }

    /// A linear axis over these values, widened by `margin` of its length on each side.
    ///
    /// Very small and very large values are plotted in units of a power of ten, because a rate may be 1e-171.
    pub fn linear(name: &str, values: Range<f64>, margin: f64) -> Axis {
        let length = values.end - values.start;
        let largest = values.start.abs().max(values.end.abs());
        // A constant needs an axis of positive length too.
        let pad = match (length > 1e-12 * largest, largest > 0.0) {
            (true, _) => margin * length,
            (false, true) => 0.5 * largest,
            (false, false) => 0.5,
        };
        let exponent = if largest > 0.0 { largest.log10().floor() as i32 } else { 0 };
        // From 0.01 to 9999 values are plotted without a power of ten.
        let power = if (-2..4).contains(&exponent) { 0 } else { exponent };
        Axis {
            name: name.to_string(),
            range: scaled(values.start - pad, power)..scaled(values.end + pad, power),
            logarithmic: false,
            power,
        }
    }

    /// A logarithmic axis; the range is in log₁₀.
    pub fn logarithmic(name: &str, exponents: Range<f64>) -> Axis {
        Axis { name: name.to_string(), range: exponents, logarithmic: true, power: 0 }
    }

    /// The name, with the power of ten that the ticks omit.
    pub fn label(&self) -> String {
        match self.power {
            0 => self.name.clone(),
            power => format!("{}   (in units of 10{})", self.name, superscript(power)),
        }
    }

    /// The text of a tick at a plotted coordinate; empty if it has none.
    pub fn tick(&self, at: f64) -> String {
        if !self.logarithmic {
            return plain(at, self.range.end - self.range.start);
        }
        let whole = at.round();
        // On an axis of few decades, values from 0.001 to 99999 are written without a power of ten.
        if self.has_few_decades() && (-3.0..5.0).contains(&at) {
            let value = 10f64.powf(at);
            return plain(value, 2.0 * value);
        }
        match ((at - whole).abs() < 1e-6, self.has_few_decades()) {
            (true, _) => format!("10{}", superscript(whole as i32)),
            (false, true) => typeset(&number(10f64.powf(at))),
            // Between powers of ten, ticks have a text only on axes of few decades.
            (false, false) => String::new(),
        }
    }

    fn has_few_decades(&self) -> bool {
        self.logarithmic && self.range.end - self.range.start < 2.0
    }

    /// The plotted coordinates of the ticks: round numbers, at most `most` + 1 of them.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        let Range { start, end } = self.range;
        if self.has_few_decades() {
            let decades = start.floor() as i32..=end.ceil() as i32;
            let ticks = decades.flat_map(|k| [1.0, 2.0, 5.0].map(|digit: f64| f64::from(k) + digit.log10()));
            let ticks: Vec<f64> = ticks.filter(|at| (start..=end).contains(at)).collect();
            // On less than a decade, equidistant round numbers.
            const FEWEST: usize = 3;
            if ticks.len() >= FEWEST {
                return ticks;
            }
            let values = Axis::position("", 10f64.powf(start)..10f64.powf(end)).ticks(most);
            return values.into_iter().filter(|value| *value > 0.0).map(f64::log10).collect();
        }
        let raw = (end - start) / most as f64;
        let power = 10f64.powf(raw.log10().floor());
        let nice = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|&step| step >= raw);
        let step = nice.unwrap_or(raw).max(if self.logarithmic { 1.0 } else { 0.0 });
        ((start / step).ceil() as i64..=(end / step).floor() as i64).map(|k| k as f64 * step).collect()
    }

    /// Whether a plotted coordinate lies on the axis, with a tolerance for rounding at its ends.
    pub fn holds(&self, at: f64) -> bool {
        let slack = 1e-9 * (self.range.end - self.range.start);
        (self.range.start - slack..=self.range.end + slack).contains(&at)
    }

    /// The plotted coordinate of a value.
    pub fn place(&self, value: f64) -> f64 {
        if self.logarithmic { value.log10() } else { scaled(value, self.power) }
    }
}

/// A number as in print: −3.4·10⁻²² for -3.4e-22.
pub(crate) fn typeset(number: &str) -> String {
    let plain = |digits: &str| digits.replace('-', "−");
    match number.split_once('e').and_then(|(digits, power)| Some((digits, power.parse().ok()?))) {
        Some(("1", power)) => format!("10{}", superscript(power)),
        Some((digits, power)) => format!("{}·10{}", plain(digits), superscript(power)),
        None => plain(number),
    }
}

/// A number in print with four significant digits.
pub(crate) fn short(value: f64) -> String {
    const DIGITS: usize = 4;
    typeset(&trimmed(&significant(value, DIGITS)))
}

/// value/10^power, in two steps because 10^power may overflow.
fn scaled(value: f64, power: i32) -> f64 {
    let half = power / 2;
    value / 10f64.powi(half) / 10f64.powi(power - half)
}

/// The exponent in superscript digits.
fn superscript(power: i32) -> String {
    let raise = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    power.to_string().chars().map(raise).collect()
}

/// The shortest text of a tick on an axis of this length; further digits would be rounding.
fn plain(value: f64, length: f64) -> String {
    let decimals = (3.0 - length.log10().floor()).clamp(0.0, 15.0) as usize;
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text.replace('-', "−");
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_string() } else { text.replace('-', "−") }
}

/// The range of the finite values; `None` if there are none.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<Range<f64>> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |extent: Option<Range<f64>>, value| match extent {
        None => Some(value..value),
        Some(extent) => Some(extent.start.min(value)..extent.end.max(value)),
    })
}

/// The range of log₁₀ from the largest value down to the smallest positive one, cut to `decades`; `None` without a
/// positive value.
pub(crate) fn decades(values: &[f64], decades: f64) -> Option<Range<f64>> {
    let positive = values.iter().copied().filter(|value| *value > 0.0);
    let exponents = extent(positive.map(f64::log10))?;
    let top = exponents.end + 0.02 * decades.min(exponents.end - exponents.start).max(1.0);
    Some(exponents.start.max(top - decades).min(top - 0.5)..top)
}
