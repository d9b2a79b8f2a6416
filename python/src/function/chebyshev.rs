//! Polynomials in Chebyshev's basis on the square [−1, 1]², or on the line.
//!
//! ```text
//! p(u, v) = Σ_ij c_ij T_i(u) T_j(v)          c by the discrete cosine transform of values at the zeros of T_n
//! ```
//! Values and derivatives are summed by Clenshaw's recurrence, many points at a time.

/// A polynomial by its coefficients, the last index running fastest.
#[derive(Clone, Debug)]
pub(super) struct Polynomial {
    /// Coefficients along each axis; 1 along the second in one dimension.
    pub(super) degrees: [usize; 2],
    coefficients: Vec<f64>,
}

/// The zeros of T_n, from the right.
pub(super) fn nodes(n: usize) -> Vec<f64> {
    (0..n).map(|k| (std::f64::consts::PI * (k as f64 + 0.5) / n as f64).cos()).collect()
}

/// The matrix from values at the zeros of T_n to coefficients, by rows.
fn transform(n: usize) -> Vec<f64> {
    let entry = |j: usize, k: usize| {
        let weight = if j == 0 { 1.0 } else { 2.0 } / n as f64;
        weight * (std::f64::consts::PI * j as f64 * (k as f64 + 0.5) / n as f64).cos()
    };
    (0..n * n).map(|place| entry(place / n, place % n)).collect()
}

/// How large the last coefficients along each axis are: what is left out is of their size while coefficients fall.
pub(super) type Tails = [f64; 2];

impl Polynomial {
    /// The polynomial through values at the zeros of T_n along both axes.
    pub(super) fn through(values: &[f64], [nx, ny]: [usize; 2]) -> Polynomial {
        let (along_x, along_y) = (transform(nx), transform(ny));
        let mut half = vec![0.0; nx * ny];
        for i in 0..nx {
            for j in 0..ny {
                half[i * ny + j] = (0..ny).map(|k| along_y[j * ny + k] * values[i * ny + k]).sum();
            }
        }
        let mut coefficients = vec![0.0; nx * ny];
        for i in 0..nx {
            for j in 0..ny {
                coefficients[i * ny + j] = (0..nx).map(|k| along_x[i * nx + k] * half[k * ny + j]).sum();
            }
        }
        Polynomial { degrees: [nx, ny], coefficients }
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.coefficients[i * self.degrees[1] + j]
    }

    /// The largest of the last two coefficients along each axis; NaN where a value was.
    pub(super) fn tails(&self) -> Tails {
        let [nx, ny] = self.degrees;
        let largest = |entries: &mut dyn Iterator<Item = f64>| {
            entries.fold(0.0f64, |most, entry| if entry.is_nan() { f64::NAN } else { most.max(entry.abs()) })
        };
        let along_x = largest(
            &mut (nx.saturating_sub(2)..nx).flat_map(|i| (0..ny).map(move |j| (i, j))).map(|(i, j)| self.at(i, j)),
        );
        let along_y = match ny {
            1 => 0.0,
            _ => largest(&mut (0..nx).flat_map(|i| (ny - 2..ny).map(move |j| (i, j))).map(|(i, j)| self.at(i, j))),
        };
        [along_x, along_y]
    }

    /// The root of the mean square of the last quarter of the coefficients along each axis.
    pub(super) fn levels(&self) -> [f64; 2] {
        let [nx, ny] = self.degrees;
        let of = |entries: &mut dyn Iterator<Item = f64>| {
            let (sum, count) = entries.fold((0.0, 0), |(sum, count), entry| (sum + entry * entry, count + 1));
            (sum / f64::from(count.max(1))).sqrt()
        };
        let along_x = of(&mut (nx - nx / 4..nx).flat_map(|i| (0..ny).map(move |j| (i, j))).map(|(i, j)| self.at(i, j)));
        let along_y = match ny {
            1 => 0.0,
            _ => of(&mut (0..nx).flat_map(|i| (ny - ny / 4..ny).map(move |j| (i, j))).map(|(i, j)| self.at(i, j))),
        };
        [along_x, along_y]
    }

    /// The standard deviation of the noise that would make the last quarter of the coefficients: white noise of σ at N
    /// nodes makes coefficients of σ√(2/N), √(4/N) in two dimensions.
    pub(super) fn noise(&self) -> f64 {
        let [nx, ny] = self.degrees;
        let is_last = |i: usize, j: usize| i >= nx - nx / 4 || (ny > 1 && j >= ny - ny / 4);
        let places = (0..nx).flat_map(|i| (0..ny).map(move |j| (i, j))).filter(|&(i, j)| is_last(i, j));
        let squares: Vec<f64> = places.map(|(i, j)| self.at(i, j).powi(2)).collect();
        let share = if ny > 1 { 4.0 } else { 2.0 };
        (squares.iter().sum::<f64>() / squares.len() as f64 * (nx * ny) as f64 / share).sqrt()
    }

    /// The same without the last coefficients along each axis that are all below a bound, which are rounding.
    pub(super) fn without_below(&self, bound: f64) -> Polynomial {
        let [nx, ny] = self.degrees;
        let counts = |i: usize, j: usize| self.at(i, j).abs() > bound || self.at(i, j).is_nan();
        let kept = [
            (0..nx).rev().find(|&i| (0..ny).any(|j| counts(i, j))).map_or(1, |i| i + 1),
            (0..ny).rev().find(|&j| (0..nx).any(|i| counts(i, j))).map_or(1, |j| j + 1),
        ];
        let coefficients = (0..kept[0]).flat_map(|i| (0..kept[1]).map(move |j| (i, j))).map(|(i, j)| self.at(i, j));
        Polynomial { degrees: kept, coefficients: coefficients.collect() }
    }

    /// The derivative along an axis, times a factor.
    pub(super) fn derivative(&self, axis: usize, factor: f64) -> Polynomial {
        let [nx, ny] = self.degrees;
        let n = self.degrees[axis];
        let mut degrees = self.degrees;
        degrees[axis] = (n - 1).max(1);
        let mut derived = Polynomial { degrees, coefficients: vec![0.0; degrees[0] * degrees[1]] };
        let across = if axis == 0 { ny } else { nx };
        for other in 0..across {
            let own = |k: usize| if axis == 0 { self.at(k, other) } else { self.at(other, k) };
            // d_{k−1} = d_{k+1} + 2k c_k, the first halved.
            let mut line = vec![0.0; n + 1];
            for k in (1..n).rev() {
                line[k - 1] = line[k + 1] + 2.0 * k as f64 * own(k);
            }
            line[0] *= 0.5;
            for (k, value) in line.iter().enumerate().take(degrees[axis]) {
                let place = if axis == 0 { k * degrees[1] + other } else { other * degrees[1] + k };
                derived.coefficients[place] = factor * value;
            }
        }
        derived
    }

    /// The values at points of the square.
    #[inline(always)]
    pub(super) fn values<const L: usize>(&self, u: &[f64; L], v: &[f64; L]) -> [f64; L] {
        let [nx, ny] = self.degrees;
        let (mut one, mut two) = ([0.0; L], [0.0; L]);
        for i in (0..nx).rev() {
            let row = clenshaw(&self.coefficients[i * ny..(i + 1) * ny], v);
            let doubled = if i == 0 { 1.0 } else { 2.0 };
            for lane in 0..L {
                let next = row[lane] + doubled * u[lane] * one[lane] - two[lane];
                (two[lane], one[lane]) = (one[lane], next);
            }
        }
        one
    }
}

/// Σ_j c_j T_j(v).
#[inline(always)]
fn clenshaw<const L: usize>(coefficients: &[f64], v: &[f64; L]) -> [f64; L] {
    let (mut one, mut two) = ([0.0; L], [0.0; L]);
    for (j, &coefficient) in coefficients.iter().enumerate().rev() {
        let doubled = if j == 0 { 1.0 } else { 2.0 };
        for lane in 0..L {
            let next = coefficient + doubled * v[lane] * one[lane] - two[lane];
            (two[lane], one[lane]) = (one[lane], next);
        }
    }
    one
}
