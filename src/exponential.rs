//! An exponential function for loops over many numbers.

/// e^x by Cody and Waite's reduction and a Taylor polynomial of degree 13, within two roundings of the exact value, in
/// a form that the compiler turns into SIMD instructions. Arguments beyond ±[`LARGEST`] count as ±`LARGEST`.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let [even, odd, power] = reduced(x);
    (even + 1.0 + odd) * power
}

/// e^x and e^x − 1, the latter without cancellation, in the same form and with the same limits as [`exp`].
#[inline(always)]
pub fn exp_and_exp_m1(x: f64) -> [f64; 2] {
    let [even, odd, power] = reduced(x);
    let small = odd + even;
    [(small + 1.0) * power, small * power + (power - 1.0)]
}

/// For x = n ln 2 + r with a whole number n: the even part of e^r without its 1, the odd part, and 2ⁿ.
#[inline(always)]
fn reduced(x: f64) -> [f64; 3] {
    // ln 2 in two parts; the first has trailing zeros, so that n·LN2_HIGH is exact (Cody & Waite 1980).
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// 1.5·2⁵²: adding it leaves the nearest whole number in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    const FACTORIALS: [f64; 14] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5040.0,
        1.0 / 40320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
    ];
    let x = x.clamp(-LARGEST, LARGEST);
    let shifted = x * std::f64::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    // Even and odd powers separately: two dependency chains of half the length.
    let square = r * r;
    let (mut even, mut odd) = (FACTORIALS[12], FACTORIALS[13]);
    for k in (1..6).rev() {
        even = even * square + FACTORIALS[2 * k];
        odd = odd * square + FACTORIALS[2 * k + 1];
    }
    odd = odd * square + FACTORIALS[1];
    // 2ⁿ by its exponent bits.
    let power = f64::from_bits((shifted.to_bits().wrapping_add(1023)) << 52);
    [even * square, r * odd, power]
}

/// The largest argument of [`exp`].
pub const LARGEST: f64 = 700.0;
