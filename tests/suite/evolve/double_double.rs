//! Numbers of 32 digits, as unevaluated sums of two doubles (Dekker 1971, Knuth 1969), and the exponential of a small
//! chain in them.

/// high + low with |low| ≤ ½ ulp(high).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Double(f64, f64);

impl Double {
    pub fn of(value: f64) -> Double {
        Double(value, 0.0)
    }

    pub fn value(self) -> f64 {
        self.0 + self.1
    }

    fn renormalised(high: f64, low: f64) -> Double {
        let sum = high + low;
        Double(sum, low - (sum - high))
    }

    pub fn plus(self, other: Double) -> Double {
        let sum = self.0 + other.0;
        let part = sum - self.0;
        let lost = (self.0 - (sum - part)) + (other.0 - part);
        Double::renormalised(sum, lost + self.1 + other.1)
    }

    pub fn minus(self, other: Double) -> Double {
        self.plus(Double(-other.0, -other.1))
    }

    pub fn times(self, other: Double) -> Double {
        let product = self.0 * other.0;
        let lost = self.0.mul_add(other.0, -product);
        Double::renormalised(product, lost + (self.0 * other.1 + self.1 * other.0))
    }

    pub fn over(self, other: Double) -> Double {
        let first = self.0 / other.0;
        let rest = self.minus(other.times(Double::of(first)));
        Double::renormalised(first, rest.0 / other.0)
    }
}

type Matrix = Vec<Vec<Double>>;

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry =
        |row: &Vec<Double>, j: usize| row.iter().zip(b).fold(Double::of(0.0), |sum, (x, b)| sum.plus(x.times(b[j])));
    a.iter().map(|row| (0..b.len()).map(|j| entry(row, j)).collect()).collect()
}

/// e^{tG} of a chain by uniformisation over a time in which next to nothing happens, and squaring: no term is negative,
/// so that every entry keeps its relative accuracy, but for a factor that grows with the number of squarings.
pub fn exponential(rates: &[Vec<f64>], killing: &[f64], t: f64) -> Vec<Vec<f64>> {
    let n = killing.len();
    let add = |sum: Double, rate: &f64| sum.plus(Double::of(*rate));
    let out: Vec<Double> = (0..n).map(|i| rates[i].iter().fold(Double::of(killing[i]), add)).collect();
    let fastest = 2.0 * out.iter().map(|out| out.value()).fold(1e-9, f64::max);
    let halvings = (fastest * t).log2().ceil().max(0.0) as i32 + 4;
    let mean = Double::of(fastest).times(Double::of(t * 0.5f64.powi(halvings)));
    let entry = |i: usize, j: usize| match i == j {
        true => Double::of(fastest).minus(out[i]).over(Double::of(fastest)),
        false => Double::of(rates[i][j]).over(Double::of(fastest)),
    };
    let jump: Matrix = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
    let identity = |i: usize, j: usize| Double::of(f64::from(u8::from(i == j)));
    let mut power: Matrix = (0..n).map(|i| (0..n).map(|j| identity(i, j)).collect()).collect();
    let mut sum = vec![vec![Double::of(0.0); n]; n];
    let (mut weight, mut total) = (Double::of(1.0), Double::of(0.0));
    for k in 0..40 {
        let add = |(sum, power): (&mut Double, &Double)| *sum = sum.plus(weight.times(*power));
        sum.iter_mut().zip(&power).for_each(|(sum, power)| sum.iter_mut().zip(power).for_each(add));
        total = total.plus(weight);
        power = product(&power, &jump);
        weight = weight.times(mean).over(Double::of(f64::from(k + 1)));
    }
    // Σ weights = e^{mean}.
    sum.iter_mut().flatten().for_each(|entry| *entry = entry.over(total));
    for _ in 0..halvings {
        sum = product(&sum, &sum);
    }
    sum.into_iter().map(|row| row.into_iter().map(Double::value).collect()).collect()
}

/// Against a chain of two states, whose exponential is known, and a pure chain of births.
#[test]
fn exponentials_are_right_to_the_last_digits() {
    let (a, b, t) = (3.0, 1e-9, 2.5);
    let found = exponential(&[vec![0.0, a], vec![b, 0.0]], &[0.0, 0.0], t);
    let gone = -(-(a + b) * t).exp_m1();
    assert_relative_eq!(found[0][1], a / (a + b) * gone, max_relative = 1e-15);
    assert_relative_eq!(found[1][0], b / (a + b) * gone, max_relative = 1e-15);
    let births = [vec![0.0, 1e-3, 0.0, 0.0], vec![0.0, 0.0, 1e-3, 0.0], vec![0.0, 0.0, 0.0, 1e-3], vec![0.0; 4]];
    let found = exponential(&births, &[0.0, 0.0, 0.0, 1e-3], 0.5);
    let x = 5e-4f64;
    assert_relative_eq!(found[0][3], x.powi(3) / 6.0 * (-x).exp(), max_relative = 1e-15);
    // A digit more than doubles have: 1/3 + 1/3 + 1/3 is 1 to 32 digits.
    let third = Double::of(1.0).over(Double::of(3.0));
    assert!(third.plus(third).plus(third).minus(Double::of(1.0)).value().abs() < 1e-31);
}
