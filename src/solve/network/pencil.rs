//! Eigenvalues of small generators, in full relative accuracy from their off-diagonals, however far apart they are.
//!
//! A network of valleys is a pencil L v = λ M v with L = diag(Σ_b F_ab) − F from nonnegative fluxes and nonnegative
//! masses M; F_aa is the flux killed from a, 0 in a closed network, and stays on the diagonal of L. The off-diagonals
//! determine the eigenvalues, but a single rounding of a diagonal entry of L destroys all eigenvalues that are smaller
//! by a factor of 1e-16. Therefore nothing is rounded: fluxes and masses are integer multiples of a power of two, the
//! polynomial
//! ```text
//! p(x) = det(x M − L) = Σ_k a_k x(x − 1)…(x − k + 1)          a_k = Δᵏp(0)/k!, integers
//! ```
//! follows from n + 1 integer determinants (Bareiss 1968), and only its roots are approximated ([`super::roots`]). The
//! method does not need reversibility. The cost is of order n⁴ products of integers whose bit length is n times that of
//! the range of the rates: seconds for thirty valleys.

use num_bigint::{BigInt, Sign};

use crate::scaled::Scaled;
use crate::solve::network::roots::{Root, roots};

/// An eigenvalue λ = re + i·im of a network.
#[derive(Clone, Copy, Debug)]
pub struct Eigenvalue {
    /// The real part, a relaxation rate in 1/time.
    pub re: Scaled,
    /// The imaginary part, in 1/time.
    pub im: Scaled,
    /// A bound on |error|/|λ| for the given matrices; 0 for λ = 0.
    pub error: f64,
}

impl Eigenvalue {
    /// λ = 0, which is exact.
    const ZERO: Eigenvalue = Eigenvalue { re: Scaled::ZERO, im: Scaled::ZERO, error: 0.0 };

    /// |λ|.
    pub fn modulus(self) -> Scaled {
        let [re, im] = [self.re, self.im].map(Scaled::modulus);
        let (large, small) = if re.is_greater(im) { (re, im) } else { (im, re) };
        match large.is_positive() {
            true => large * (1.0 + small.over(large).value().powi(2)).sqrt(),
            false => Scaled::ZERO,
        }
    }

    /// |λ − other|/|other|; infinite if exactly one of them is 0.
    pub fn away_from(self, other: Eigenvalue) -> f64 {
        let apart = Eigenvalue { re: self.re.plus(-other.re), im: self.im.plus(-other.im), error: 0.0 };
        let (apart, size) = (apart.modulus(), other.modulus());
        match (apart.is_positive(), size.is_positive()) {
            (false, _) => 0.0,
            (true, false) => f64::INFINITY,
            (true, true) => apart.over(size).value(),
        }
    }
}

/// The eigenvalues of L v = λ M v, ordered by real part, conjugate pairs by imaginary part. L is −F off the diagonal
/// and Σ_b F_ab on it, where F_aa is the flux killed from a. Entries may be negative.
///
/// ```
/// use saddleflux::scaled::Scaled;
/// use saddleflux::solve::network::pencil::eigenvalues;
///
/// // Two valleys that exchange 1e-30 per unit of time, each with half of the probability: λ = 0 and 4e-30.
/// let flux = [[0.0, 1e-30], [1e-30, 0.0]].map(|row| row.map(Scaled::new).to_vec());
/// let mass = [[0.5, 0.0], [0.0, 0.5]].map(|row| row.map(Scaled::new).to_vec());
/// let found = eigenvalues(&flux, &mass);
/// assert_eq!(found[0].re.value(), 0.0);
/// assert!((found[1].re.value() / 4e-30 - 1.0).abs() < 1e-15);
/// ```
///
/// # Panics
/// When the matrices are not square and of one size.
pub fn eigenvalues(flux: &[Vec<Scaled>], mass: &[Vec<Scaled>]) -> Vec<Eigenvalue> {
    let n = flux.len();
    assert!(mass.len() == n && flux.iter().chain(mass).all(|row| row.len() == n), "matrices of one size");
    let ((laplacian, of_flux), (mass, of_mass)) = (laplacian(flux), whole(mass));
    let mut polynomial = characteristic(&laplacian, &mass);
    while polynomial.last().is_some_and(is_zero) {
        polynomial.pop();
    }
    let zeros = polynomial.iter().take_while(|c| is_zero(c)).count();
    let exponent = of_flux - of_mass;
    let eigenvalue =
        |Root { re, im, error }: Root| Eigenvalue { re: re.raised(exponent), im: im.raised(exponent), error };
    let mut found: Vec<Eigenvalue> = std::iter::repeat_n(Eigenvalue::ZERO, zeros).collect();
    if polynomial.len() > zeros + 1 {
        found.extend(roots(&polynomial[zeros..]).into_iter().map(eigenvalue));
    }
    found.sort_by(|a, b| a.re.compared_with(b.re).then(a.im.compared_with(b.im)));
    found
}

/// The right and left eigenvectors of a real eigenvalue, (L − λ M) v = 0 and w (L − λ M) = 0, normalised to the largest
/// entry 1: one step of inverse iteration in integers, by Cramer's rule. Different numbers give independent vectors of a
/// multiple eigenvalue.
pub fn vectors(flux: &[Vec<Scaled>], mass: &[Vec<Scaled>], value: Scaled, number: usize) -> [Vec<f64>; 2] {
    let n = flux.len();
    let ((laplacian, of_flux), (mass, of_mass)) = (laplacian(flux), whole(mass));
    // λ in units of the integers is m · 2^e.
    let (m, e) = value.whole();
    let e = e + of_mass - of_flux;
    let shifted = |m_ab: &BigInt, l_ab: &BigInt| match e >= 0 {
        true => ((m_ab * m) << e as u64) - l_ab,
        false => m_ab * m - (l_ab << -e as u64),
    };
    let matrix: Vec<Vec<BigInt>> =
        (0..n).map(|a| (0..n).map(|b| shifted(&mass[a][b], &laplacian[a][b])).collect()).collect();
    both_sides(matrix, number)
}

/// The right and left eigenvectors of a complex eigenvalue, real parts and then imaginary parts, as those of [`vectors`]:
/// (A + iB) v = 0 is a real system of twice the size.
pub fn complex_vectors(flux: &[Vec<Scaled>], mass: &[Vec<Scaled>], value: Eigenvalue) -> [Vec<f64>; 2] {
    let n = flux.len();
    let ((laplacian, of_flux), (mass, of_mass)) = (laplacian(flux), whole(mass));
    let [(re, of_re), (im, of_im)] = [value.re, value.im].map(|part| {
        let (m, e) = part.whole();
        (m, e + of_mass - of_flux)
    });
    // In units of 2^least, in which all parts are whole.
    let least = of_re.min(of_im).min(0);
    let entry = |row: usize, column: usize| {
        let (a, b) = (row % n, column % n);
        match (row < n) == (column < n) {
            true => ((&mass[a][b] * re) << (of_re - least) as u64) - (&laplacian[a][b] << -least as u64),
            false if row < n => -((&mass[a][b] * im) << (of_im - least) as u64),
            false => (&mass[a][b] * im) << (of_im - least) as u64,
        }
    };
    let matrix: Vec<Vec<BigInt>> =
        (0..2 * n).map(|row| (0..2 * n).map(|column| entry(row, column)).collect()).collect();
    let [right, mut left] = both_sides(matrix, 0);
    // The transposed real system is that of Aᵀ − iBᵀ.
    left[n..].iter_mut().for_each(|part| *part = -*part);
    [right, left]
}

/// The solutions of a nearly singular system and of its transpose, up to factors, normalised to the largest entry 1.
fn both_sides(matrix: Vec<Vec<BigInt>>, number: usize) -> [Vec<f64>; 2] {
    let n = matrix.len();
    let transposed: Vec<Vec<BigInt>> = (0..n).map(|a| (0..n).map(|b| matrix[b][a].clone()).collect()).collect();
    [matrix, transposed].map(|matrix| {
        let replaced = |column: usize| {
            let mut matrix = matrix.clone();
            matrix.iter_mut().enumerate().for_each(|(a, row)| row[column] = BigInt::from(asymmetric(a, number)));
            determinant(matrix)
        };
        let numerators: Vec<Scaled> = (0..n).map(|column| rounded(&replaced(column))).collect();
        let largest = numerators.iter().fold(Scaled::ZERO, |largest, entry| {
            match entry.modulus().is_greater(largest.modulus()) {
                true => *entry,
                false => largest,
            }
        });
        numerators.iter().map(|entry| entry.over(largest).value()).collect()
    })
}

/// Entry a of one of several independent right-hand sides without symmetries.
fn asymmetric(a: usize, number: usize) -> i64 {
    match number {
        0 => ((7 * a + 3) % 11) as i64 - 4,
        // The powers of a generator modulo a prime.
        _ => (0..2 * a + 7 * number).fold(1, |power, _| power * 5 % 10_007) - 5003,
    }
}

/// An integer rounded to 53 bits.
fn rounded(number: &BigInt) -> Scaled {
    let excess = number.bits().saturating_sub(64);
    let (sign, digits) = (number >> excess).to_u64_digits();
    let size = digits.first().map_or(0.0, |&digits| digits as f64);
    Scaled::with_exponent(if sign == Sign::Minus { -size } else { size }, excess as i64)
}

fn is_zero(number: &BigInt) -> bool {
    number.sign() == Sign::NoSign
}

/// L as integer multiples of 2^exponent.
fn laplacian(flux: &[Vec<Scaled>]) -> (Vec<Vec<BigInt>>, i64) {
    let (mut matrix, exponent) = whole(flux);
    for (a, row) in matrix.iter_mut().enumerate() {
        let sum: BigInt = row.iter().sum();
        row.iter_mut().for_each(|flux| *flux = -&*flux);
        row[a] = sum;
    }
    (matrix, exponent)
}

/// A matrix as integer multiples of 2^exponent, exactly.
fn whole(matrix: &[Vec<Scaled>]) -> (Vec<Vec<BigInt>>, i64) {
    let entries = || matrix.iter().flatten().filter(|entry| entry.modulus().is_positive());
    let exponent = entries().map(|entry| entry.whole().1).min().unwrap_or(0);
    let number = |entry: &Scaled| match entry.modulus().is_positive() {
        true => BigInt::from(entry.whole().0) << (entry.whole().1 - exponent) as u64,
        false => BigInt::ZERO,
    };
    (matrix.iter().map(|row| row.iter().map(number).collect()).collect(), exponent)
}

/// The coefficients of det(x M − L) in ascending order.
fn characteristic(laplacian: &[Vec<BigInt>], mass: &[Vec<BigInt>]) -> Vec<BigInt> {
    let n = laplacian.len();
    let value = |x: usize| {
        let entry = |(m, l): (&BigInt, &BigInt)| m * x - l;
        let row = |(m, l): (&Vec<BigInt>, &Vec<BigInt>)| m.iter().zip(l).map(entry).collect();
        determinant(mass.iter().zip(laplacian).map(row).collect())
    };
    // Newton's differences: after k rounds the k-th entry is Δᵏp(0)/k!.
    let mut differences: Vec<BigInt> = (0..=n).map(value).collect();
    for k in 1..=n {
        for x in (k..=n).rev() {
            let below = differences[x - 1].clone();
            differences[x] = (&differences[x] - below) / k;
        }
    }
    // Horner's scheme on the falling factorials.
    let mut polynomial: Vec<BigInt> = vec![BigInt::ZERO; n + 1];
    for k in (0..=n).rev() {
        for power in (0..=n).rev() {
            let raised = if power > 0 { polynomial[power - 1].clone() } else { BigInt::ZERO };
            polynomial[power] = raised - &polynomial[power] * k;
        }
        polynomial[0] += &differences[k];
    }
    polynomial
}

/// The determinant of an integer matrix, exactly (Bareiss, Math. Comp. 22, 565, 1968).
fn determinant(mut m: Vec<Vec<BigInt>>) -> BigInt {
    let n = m.len();
    let (mut is_negative, mut before) = (false, BigInt::from(1));
    for k in 0..n {
        let Some(row) = (k..n).find(|&row| !is_zero(&m[row][k])) else { return BigInt::ZERO };
        if row != k {
            m.swap(row, k);
            is_negative = !is_negative;
        }
        for i in k + 1..n {
            for j in k + 1..n {
                m[i][j] = (&m[i][j] * &m[k][k] - &m[i][k] * &m[k][j]) / &before;
            }
        }
        before = m[k][k].clone();
    }
    if is_negative { -before } else { before }
}
