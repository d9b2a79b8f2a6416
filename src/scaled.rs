//! Numbers with a separate integer exponent, so that rates of any barrier neither underflow nor lose digits to a
//! logarithm.
//!
//! ln x of a rate like 1e-171 is about −392; stored as an `f64` it determines x only to 4e-14, and at −10⁵ only to
//! 1e-11. A mantissa and an integer exponent keep all 16 digits of x at any size.

/// ln 2 split in two (the split of FreeBSD's msun): `LN2_HIGH` ends in 20 zero bits, so its product with a small
/// integer is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// A sum in twice the working precision: value ≈ high + low.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    /// The sum, rounded.
    pub high: f64,
    /// The rounding error of `high`.
    pub low: f64,
}

impl Sum {
    /// self + term with its rounding error (Knuth's two-sum).
    pub fn plus(self, term: f64) -> Sum {
        let high = self.high + term;
        let from_term = high - self.high;
        let lost = (self.high - (high - from_term)) + (term - from_term);
        Sum { high, low: self.low + lost }
    }
}

/// 2^exponent between the smallest and the largest normal number, by its bits.
fn two_to_the(exponent: i64) -> f64 {
    debug_assert!((-1022..=1023).contains(&exponent), "2^{exponent} is no normal number");
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// A number mantissa · 2^exponent with ½ ≤ |mantissa| < 1, or zero. Rates and probabilities are nonnegative. Sums of
/// numbers of both signs (eigenvalues) are accurate relative to the larger one, as for ordinary numbers; no quantity
/// that needs its relative accuracy is computed as a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaled {
    mantissa: f64,
    exponent: i64,
}

impl Scaled {
    /// 0.
    pub const ZERO: Scaled = Scaled { mantissa: 0.0, exponent: 0 };
    /// 1.
    pub const ONE: Scaled = Scaled { mantissa: 0.5, exponent: 1 };

    fn normalised(value: f64, exponent: i64) -> Scaled {
        if value == 0.0 || !value.is_finite() {
            return Scaled { mantissa: value, exponent: 0 };
        }
        // Subnormal numbers are scaled into the normal range before their bits are read.
        let (value, exponent) =
            if value.abs() < f64::MIN_POSITIVE { (value * 2f64.powi(64), exponent - 64) } else { (value, exponent) };
        let bits = value.to_bits();
        let raised = ((bits >> 52) & 0x7ff) as i64 - 1022;
        Scaled { mantissa: f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), exponent: exponent + raised }
    }

    /// The scaled form of an ordinary number.
    pub fn new(value: f64) -> Scaled {
        Scaled::normalised(value, 0)
    }

    /// e^{±φ}.
    pub fn exp(phi: Sum, sign: f64) -> Scaled {
        let k = (phi.high / std::f64::consts::LN_2).round();
        let rest = (phi.high - k * LN2_HIGH) + (phi.low - k * LN2_LOW);
        Scaled::normalised((sign * rest).exp(), (sign * k) as i64)
    }

    /// self + other.
    pub fn plus(self, other: Scaled) -> Scaled {
        let (large, small) = if other.mantissa == 0.0 || (self.mantissa != 0.0 && self.exponent >= other.exponent) {
            (self, other)
        } else {
            (other, self)
        };
        let gap = large.exponent - small.exponent;
        if small.mantissa == 0.0 || gap > 60 {
            return large;
        }
        Scaled::normalised(large.mantissa + small.mantissa * two_to_the(-gap), large.exponent)
    }

    /// self · other.
    pub fn times(self, other: Scaled) -> Scaled {
        Scaled::normalised(self.mantissa * other.mantissa, self.exponent + other.exponent)
    }

    /// self · factor.
    pub fn scaled(self, factor: f64) -> Scaled {
        self.times(Scaled::new(factor))
    }

    /// self / other.
    pub fn over(self, other: Scaled) -> Scaled {
        Scaled::normalised(self.mantissa / other.mantissa, self.exponent - other.exponent)
    }

    /// The natural logarithm.
    pub fn ln(self) -> f64 {
        self.mantissa.ln() + self.exponent as f64 * std::f64::consts::LN_2
    }

    /// The ordinary number: infinite or zero beyond its range.
    pub fn value(self) -> f64 {
        let exponent = self.exponent.clamp(-2000, 2000);
        self.mantissa * two_to_the(exponent / 2) * two_to_the(exponent - exponent / 2)
    }

    /// self > other.
    pub fn is_greater(self, other: Scaled) -> bool {
        match (self.mantissa == 0.0, other.mantissa == 0.0) {
            (true, _) => false,
            (false, true) => true,
            _ => (self.exponent, self.mantissa) > (other.exponent, other.mantissa),
        }
    }

    /// value · 2^exponent.
    pub fn with_exponent(value: f64, exponent: i64) -> Scaled {
        Scaled::normalised(value, exponent)
    }

    /// self · 2^exponent.
    pub fn raised(self, exponent: i64) -> Scaled {
        Scaled::normalised(self.mantissa, self.exponent + exponent)
    }

    /// The 53-bit integer m and the exponent e with self = m · 2^e, for finite numbers.
    pub fn whole(self) -> (i64, i64) {
        ((self.mantissa * 2f64.powi(53)) as i64, self.exponent - 53)
    }

    /// |self|.
    pub fn modulus(self) -> Scaled {
        Scaled { mantissa: self.mantissa.abs(), ..self }
    }

    /// The order of self and other, by sign and size.
    pub fn compared_with(self, other: Scaled) -> std::cmp::Ordering {
        self.plus(-other).mantissa.total_cmp(&0.0)
    }

    /// The mantissa m and the exponent k of m · 2^k, ½ ≤ |m| < 1 or m = 0.
    pub fn parts(self) -> (f64, i64) {
        (self.mantissa, self.exponent)
    }

    /// 1/self.
    pub fn inverse(self) -> Scaled {
        Scaled::ONE.over(self)
    }

    /// Whether it is neither infinite nor NaN.
    pub fn is_finite(self) -> bool {
        self.mantissa.is_finite()
    }

    /// Whether an ordinary number holds it with full precision.
    pub fn is_ordinary(self) -> bool {
        self.value() == 0.0 && self.mantissa == 0.0 || self.value().is_normal()
    }

    /// Whether it is positive and finite.
    pub fn is_positive(self) -> bool {
        self.mantissa > 0.0 && self.mantissa.is_finite()
    }
}

impl std::ops::Neg for Scaled {
    type Output = Scaled;

    fn neg(self) -> Scaled {
        Scaled { mantissa: -self.mantissa, ..self }
    }
}

impl std::ops::AddAssign for Scaled {
    fn add_assign(&mut self, other: Scaled) {
        *self = self.plus(other);
    }
}

impl std::ops::Mul<f64> for Scaled {
    type Output = Scaled;

    fn mul(self, factor: f64) -> Scaled {
        self.scaled(factor)
    }
}

impl std::ops::Div<f64> for Scaled {
    type Output = Scaled;

    fn div(self, divisor: f64) -> Scaled {
        self.over(Scaled::new(divisor))
    }
}

impl From<f64> for Scaled {
    fn from(value: f64) -> Scaled {
        Scaled::new(value)
    }
}
