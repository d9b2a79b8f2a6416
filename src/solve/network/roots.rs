//! Roots of polynomials with integer coefficients of any length, each to full relative accuracy however small it is
//! compared with the others.
//!
//! Aberth's iteration moves all roots at once, each by Newton's step for the polynomial deflated by the others:
//! ```text
//! N = p(z)/p'(z)        z ← z − N / (1 − N Σ_{j≠i} 1/(z − z_j))
//! ```
//! in binary numbers that are long enough for n-fold roots. The initial moduli are the slopes of the polynomial's
//! Newton polygon, which separate roots of 1e-300 from roots of 1. The disc of radius n·|N| around z contains a root
//! (Laguerre); this is the error bound of each.
//!
//! Sources: Aberth, Math. Comp. 27, 339 (1973); Bini, Numer. Algorithms 13, 179 (1996).

use num_bigint::{BigInt, Sign};

use crate::scaled::Scaled;

/// A root z with a bound of |error|/|z|.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root {
    pub(super) re: Scaled,
    pub(super) im: Scaled,
    pub(super) error: f64,
}

/// mantissa · 2^exponent.
#[derive(Clone, Debug)]
struct Long {
    mantissa: BigInt,
    exponent: i64,
}

/// The number of accurate bits of a root, more than a double holds.
const WANTED: i64 = 80;

/// The largest number of steps for all roots together: n-fold roots converge as (1 − 1/n)^steps.
const MOST_STEPS: usize = 4000;

/// The roots of Σ_k c_k x^k, where the first and the last coefficient are not zero.
pub(super) fn roots(coefficients: &[BigInt]) -> Vec<Root> {
    let degree = coefficients.len() - 1;
    let bits = Bits(128 + WANTED as u64 * degree as u64);
    let coefficients: Vec<Long> = coefficients.iter().map(|c| bits.rounded(c.clone(), 0)).collect();
    let mut at = bits.starts(&coefficients);
    let mut shifts = vec![0.0f64; degree];
    let mut is_found = vec![false; degree];
    for _ in 0..MOST_STEPS {
        if is_found.iter().all(|&found| found) {
            break;
        }
        for i in 0..degree {
            if is_found[i] {
                continue;
            }
            let z = at[i].clone();
            let Some(newton) = bits.newton(&coefficients, &z) else {
                (shifts[i], is_found[i]) = (0.0, true);
                continue;
            };
            let mut pull = Complex::zero();
            for other in (0..degree).filter(|&j| j != i) {
                let apart = bits.minus(&z, &at[other]);
                if !apart.is_zero() {
                    pull = bits.plus(&pull, &bits.over(&Complex::one(), &apart));
                }
            }
            let rest = bits.minus(&Complex::one(), &bits.times(&newton, &pull));
            let step = if rest.is_zero() { newton.clone() } else { bits.over(&newton, &rest) };
            is_found[i] = step.magnitude() < z.magnitude() - WANTED;
            shifts[i] = degree as f64 * ratio(&newton, &z);
            at[i] = bits.minus(&z, &step);
        }
    }
    at.into_iter().zip(shifts).map(|(z, shift)| z.root(shift)).collect()
}

/// |a|/|b|, approximately.
fn ratio(a: &Complex, b: &Complex) -> f64 {
    let gap = (a.magnitude() - b.magnitude()).clamp(-1060, 1000) as i32;
    2f64.powi(gap + 1)
}

#[derive(Clone, Debug)]
struct Complex {
    re: Long,
    im: Long,
}

/// The number of bits that is kept of every number.
#[derive(Clone, Copy)]
struct Bits(u64);

impl Long {
    fn zero() -> Long {
        Long { mantissa: BigInt::ZERO, exponent: 0 }
    }

    fn is_zero(&self) -> bool {
        self.mantissa.sign() == Sign::NoSign
    }

    /// The exponent of the power of two just above the modulus; that of zero is below all others.
    fn magnitude(&self) -> i64 {
        if self.is_zero() { i64::MIN / 2 } else { self.mantissa.bits() as i64 + self.exponent }
    }

    fn scaled(&self) -> Scaled {
        // 64 bits are more than a double holds.
        let excess = (self.mantissa.bits() as i64 - 64).max(0);
        let top = &self.mantissa >> excess as u64;
        let (sign, digits) = top.to_u64_digits();
        let size = digits.first().map_or(0.0, |&digits| digits as f64);
        Scaled::with_exponent(if sign == Sign::Minus { -size } else { size }, self.exponent + excess)
    }
}

impl Complex {
    fn zero() -> Complex {
        Complex { re: Long::zero(), im: Long::zero() }
    }

    fn one() -> Complex {
        Complex { re: Long { mantissa: BigInt::from(1), exponent: 0 }, im: Long::zero() }
    }

    fn is_zero(&self) -> bool {
        self.re.is_zero() && self.im.is_zero()
    }

    fn magnitude(&self) -> i64 {
        self.re.magnitude().max(self.im.magnitude())
    }

    /// The root with its error; a real or imaginary part within the error is set to zero.
    fn root(&self, error: f64) -> Root {
        let part = |part: &Long| match part.magnitude() < self.magnitude() - WANTED + 20 {
            true => Scaled::ZERO,
            false => part.scaled(),
        };
        Root { re: part(&self.re), im: part(&self.im), error: error.max(f64::EPSILON) }
    }
}

impl Bits {
    fn rounded(self, mantissa: BigInt, exponent: i64) -> Long {
        let excess = mantissa.bits().saturating_sub(self.0);
        if excess == 0 {
            Long { mantissa, exponent }
        } else {
            Long { mantissa: mantissa >> excess, exponent: exponent + excess as i64 }
        }
    }

    fn sum(self, a: &Long, b: &Long, sign: i32) -> Long {
        let signed = |b: &Long| if sign < 0 { -&b.mantissa } else { b.mantissa.clone() };
        if b.is_zero() || a.magnitude() > b.magnitude() + self.0 as i64 + 2 {
            return a.clone();
        }
        if a.is_zero() || b.magnitude() > a.magnitude() + self.0 as i64 + 2 {
            return Long { mantissa: signed(b), exponent: b.exponent };
        }
        let exponent = a.exponent.min(b.exponent);
        let lift = |mantissa: BigInt, own: i64| mantissa << (own - exponent) as u64;
        self.rounded(lift(a.mantissa.clone(), a.exponent) + lift(signed(b), b.exponent), exponent)
    }

    fn product(self, a: &Long, b: &Long) -> Long {
        self.rounded(&a.mantissa * &b.mantissa, a.exponent + b.exponent)
    }

    fn quotient(self, a: &Long, b: &Long) -> Long {
        let lift = (self.0 + b.mantissa.bits()).saturating_sub(a.mantissa.bits()) + 1;
        self.rounded((&a.mantissa << lift) / &b.mantissa, a.exponent - b.exponent - lift as i64)
    }

    fn plus(self, a: &Complex, b: &Complex) -> Complex {
        Complex { re: self.sum(&a.re, &b.re, 1), im: self.sum(&a.im, &b.im, 1) }
    }

    fn minus(self, a: &Complex, b: &Complex) -> Complex {
        Complex { re: self.sum(&a.re, &b.re, -1), im: self.sum(&a.im, &b.im, -1) }
    }

    fn times(self, a: &Complex, b: &Complex) -> Complex {
        let (rr, ii) = (self.product(&a.re, &b.re), self.product(&a.im, &b.im));
        let (ri, ir) = (self.product(&a.re, &b.im), self.product(&a.im, &b.re));
        Complex { re: self.sum(&rr, &ii, -1), im: self.sum(&ri, &ir, 1) }
    }

    fn over(self, a: &Complex, b: &Complex) -> Complex {
        let conjugate = Complex { re: b.re.clone(), im: Long { mantissa: -&b.im.mantissa, exponent: b.im.exponent } };
        let top = self.times(a, &conjugate);
        let size = self.sum(&self.product(&b.re, &b.re), &self.product(&b.im, &b.im), 1);
        Complex { re: self.quotient(&top.re, &size), im: self.quotient(&top.im, &size) }
    }

    /// p(z)/p'(z) by Horner's rule; `None` at a root to the last bit.
    fn newton(self, coefficients: &[Long], z: &Complex) -> Option<Complex> {
        let (mut value, mut slope) = (Complex::zero(), Complex::zero());
        for c in coefficients.iter().rev() {
            slope = self.plus(&self.times(&slope, z), &value);
            value = self.times(&value, z);
            value.re = self.sum(&value.re, c, 1);
        }
        match value.is_zero() || slope.is_zero() {
            true => None,
            false => Some(self.over(&value, &slope)),
        }
    }

    /// Initial points whose moduli are the slopes of the Newton polygon, the upper hull of (k, log₂|c_k|).
    fn starts(self, coefficients: &[Long]) -> Vec<Complex> {
        let mut hull: Vec<usize> = Vec::new();
        let height = |k: usize| coefficients[k].magnitude() as f64;
        for k in (0..coefficients.len()).filter(|&k| !coefficients[k].is_zero()) {
            while let [.., i, j] = hull[..] {
                let is_below = (height(j) - height(i)) * (k - i) as f64 <= (height(k) - height(i)) * (j - i) as f64;
                if !is_below {
                    break;
                }
                hull.pop();
            }
            hull.push(k);
        }
        let mut starts = Vec::with_capacity(coefficients.len() - 1);
        for (&i, &j) in hull.iter().zip(&hull[1..]) {
            let modulus = (height(i) - height(j)) / (j - i) as f64;
            for l in 0..j - i {
                // Off the real axis, and not in conjugate pairs.
                let angle = 0.7 + std::f64::consts::TAU * l as f64 / (j - i) as f64;
                let part = |part: f64| {
                    let exponent = modulus.floor() as i64 - 60;
                    let lifted = part * (modulus - modulus.floor()).exp2() * 60f64.exp2();
                    Long { mantissa: BigInt::from(lifted as i128), exponent }
                };
                starts.push(Complex { re: part(angle.cos()), im: part(angle.sin()) });
            }
        }
        starts
    }
}
