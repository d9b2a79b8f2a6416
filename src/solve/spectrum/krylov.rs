//! The eigenvalues of largest modulus of a linear map T, by a block Krylov space that is orthonormal in a weighted
//! product.
//!
//! ```text
//! T V_k = V_1 H_1k + … + V_k+1 H_k+1,k
//! ```
//! V_k are blocks of b vectors, so that eigenvalues of multiplicity up to b are found with it, and T is applied to b
//! vectors at once. The Ritz values θ are the eigenvalues of H without its last block row, which gives the residual ε of
//! each. Where T is symmetric in the weights, a Ritz value is nearer to an eigenvalue than its residual says: θ's that
//! form a cluster at a distance δ from all others are off by at most Σ ε²/δ.
//!
//! Sources: Saad, Numerical Methods for Large Eigenvalue Problems, 2nd ed. (2011), chapter 6; Parlett, The Symmetric
//! Eigenvalue Problem (1998), theorem 11.7.1 for the clusters.

use faer::linalg::solvers::{Eigen, SelfAdjointEigen};
use faer::{Mat, Side};

use crate::solve::orthogonal::{Block, Square, orthonormal, spread};

/// An approximate eigenpair.
#[derive(Clone, Debug)]
pub(super) struct Ritz {
    /// Real and imaginary part of θ.
    pub(super) theta: [f64; 2],
    /// Real and imaginary part of its vector r, of norm 1.
    pub(super) vector: [Vec<f64>; 2],
    /// How far θ is from an eigenvalue of T at most, were its vector that of a symmetric map: the residual ‖T r − θ r‖,
    /// or less where T is symmetric.
    pub(super) error: f64,
}

/// Vectors of a block.
pub(super) const BLOCK: usize = 4;

/// Errors below this part of θ are as small as they get.
const SMALL: f64 = 3e-14;

/// Residuals of a symmetric map below this part of θ are small enough: its vectors are then right to that.
const SMALL_SYMMETRIC: f64 = 1e-9;

/// θ's that differ by less than this part of them belong to one cluster.
const CLUSTER: f64 = 1e-2;

/// θ's that are closer than this part of them are one for residuals of [`SMALL_SYMMETRIC`]: its square over [`SMALL`].
const CROWDED: f64 = 3e-5;

/// How many eigenvalues are asked for, and how.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// Those that are returned.
    pub(super) count: usize,
    /// Those of them, the first ones, that the space grows for.
    pub(super) exact: usize,
    /// The most vectors in the space.
    pub(super) most: usize,
    /// Whether the map is symmetric in the weights.
    pub(super) is_symmetric: bool,
}

/// The eigenvalues of largest modulus; fewer where the space has fewer dimensions.
pub(super) fn largest(apply: &dyn Fn(&[[f64; BLOCK]]) -> Block<BLOCK>, weights: &[f64], asked: Asked) -> Vec<Ritz> {
    // One application takes out what the map does not see.
    let start = apply(&random(weights.len()));
    let mut space = Space::new(asked.is_symmetric);
    space.append(start, weights);
    let mut found = Vec::new();
    while let Some(last) = space.unapplied() {
        let image = apply(last);
        let coefficients = space.append(image, weights);
        space.columns.push(coefficients);
        let is_last = space.unapplied().is_none() || space.dimensions() >= asked.most;
        if space.dimensions() > asked.count || is_last {
            found = space.ritz(asked);
            if is_last || found.iter().take(asked.exact).all(|small| small.is_exact(asked)) {
                break;
            }
        }
    }
    found.into_iter().map(|small| space.in_full(small)).collect()
}

/// Vectors of pseudorandom entries in [-1, 1], always the same.
fn random(n: usize) -> Block<BLOCK> {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| std::array::from_fn(|_| next())).collect()
}

/// A Krylov space with what the map makes of it.
struct Space {
    /// Whether the map is symmetric, so that an image has next to nothing of blocks before the last two.
    is_symmetric: bool,
    /// How far the last two blocks may be from orthogonal to those before them.
    losses: [f64; 2],
    /// V_1, V_2, …; a vector that depends on those before it is zero.
    basis: Vec<Block<BLOCK>>,
    /// Which vectors of each block are not zero.
    is_vector: Vec<[bool; BLOCK]>,
    /// H_1k, …, H_k+1,k of every block V_k that T was applied to.
    columns: Vec<Vec<Square<BLOCK>>>,
}

/// A Ritz pair in the coordinates of the basis.
struct SmallRitz {
    theta: [f64; 2],
    /// Real and imaginary part of its coordinates in the vectors that are not zero.
    coordinates: [Vec<f64>; 2],
    residual: f64,
    /// The part of it that the matrix of a symmetric map, in exact numbers, would not have.
    lack: f64,
    error: f64,
}

impl SmallRitz {
    fn is_exact(&self, asked: Asked) -> bool {
        let size = self.theta[0].hypot(self.theta[1]);
        let residual = if asked.is_symmetric { SMALL_SYMMETRIC } else { SMALL };
        self.residual <= residual * size + self.lack && self.error <= SMALL * size + self.lack
    }
}

/// Blocks are made orthogonal to all others before they may be further from it than this. What H says of T is right to
/// the square of it (Simon, Linear Algebra Appl. 61, 1984).
const ORTHOGONAL: f64 = 1e-10;

impl Space {
    fn new(is_symmetric: bool) -> Space {
        let losses = [f64::INFINITY; 2];
        Space { is_symmetric, losses, basis: Vec::new(), is_vector: Vec::new(), columns: Vec::new() }
    }

    /// Makes a block orthonormal to the basis and in itself, and appends it; its coordinates.
    fn append(&mut self, block: Block<BLOCK>, weights: &[f64]) -> Vec<Square<BLOCK>> {
        let near = if self.is_symmetric { self.basis.len().saturating_sub(2) } else { 0 };
        let largest = self.columns.iter().flatten().flatten().flatten().fold(0.0f64, |most, c| most.max(c.abs()));
        let [before, last] = self.losses;
        let mut loss = f64::EPSILON;
        // T v_k = … + v_k+1 R: what v_k and v_k−1 lack in orthogonality comes back, over the least of R.
        let second = |triangle: &Square<BLOCK>| {
            let least = (0..BLOCK).map(|lane| triangle[lane][lane]).fold(f64::INFINITY, f64::min);
            let grown = (2.0 * last + before) * largest / least;
            // The block after one that was made orthogonal to all is so too, or this one's part in it would come back.
            let is_second = last <= f64::EPSILON && before > f64::EPSILON;
            if near == 0 || is_second || grown.is_nan() || grown > ORTHOGONAL {
                return 0;
            }
            loss = grown;
            near
        };
        let orthonormal = orthonormal(&self.basis, block, weights, near, second);
        self.losses = [last, loss];
        self.basis.push(orthonormal.block);
        self.is_vector.push(orthonormal.is_vector);
        orthonormal.coefficients
    }

    /// The block that T was not applied to yet, where it is not zero.
    fn unapplied(&self) -> Option<&Block<BLOCK>> {
        let next = self.columns.len();
        self.basis.get(next).filter(|_| self.is_vector[next].contains(&true))
    }

    /// The places of the vectors that T was applied to, as block and place in it.
    fn places(&self) -> Vec<(usize, usize)> {
        let blocks = self.is_vector.iter().take(self.columns.len()).enumerate();
        blocks.flat_map(|(block, is)| (0..BLOCK).filter(|&lane| is[lane]).map(move |lane| (block, lane))).collect()
    }

    /// How many vectors T was applied to.
    fn dimensions(&self) -> usize {
        self.places().len()
    }

    /// The Ritz values of largest modulus, conjugates beside each other.
    fn ritz(&self, asked: Asked) -> Vec<SmallRitz> {
        let places = self.places();
        let m = places.len();
        let entry = |i: usize, j: usize| {
            let ((row, i), (column, j)) = (places[i], places[j]);
            self.columns[column].get(row).map_or(0.0, |square| square[i][j])
        };
        let all = Mat::from_fn(m, m, entry);
        // Further from the diagonal stands what a symmetric map makes of lost orthogonality alone.
        let is_kept = |i: usize, j: usize| !asked.is_symmetric || places[i].0.abs_diff(places[j].0) <= 1;
        let kept = Mat::from_fn(m, m, |i, j| if is_kept(i, j) { all[(i, j)] } else { 0.0 });
        let pairs = if asked.is_symmetric {
            symmetric_pairs(&Mat::from_fn(m, m, |i, j| 0.5 * (kept[(i, j)] + kept[(j, i)])))
        } else {
            pairs(&kept)
        };
        // Of a pair of H: what is not kept of it is in the residual; what rounding and a lack of symmetry leave of the
        // rest no distance to other eigenvalues makes smaller.
        let (besides, lacks) = (left_over(&all, &pairs), left_over(&kept, &pairs));
        let small = |((theta, coordinates), (beside, lack)): (Pair, (f64, f64))| {
            let residual = self.residual(&places, &coordinates) + beside;
            SmallRitz { theta, coordinates, residual, lack, error: residual }
        };
        let mut found: Vec<SmallRitz> = pairs.into_iter().zip(besides.into_iter().zip(lacks)).map(small).collect();
        let size = |small: &SmallRitz| small.theta[0].hypot(small.theta[1]);
        found.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.theta[1].total_cmp(&b.theta[1])));
        if asked.is_symmetric {
            sharpen(&mut found);
        }
        found.truncate(asked.count);
        found
    }

    /// ‖T r − θ r‖: what the last block row of H makes of the coordinates in the last block.
    fn residual(&self, places: &[(usize, usize)], coordinates: &[Vec<f64>; 2]) -> f64 {
        let last = self.columns.len() - 1;
        let below = &self.columns[last][last + 1];
        let first = places.iter().position(|place| place.0 == last).unwrap_or(places.len());
        let row = |row: &[f64; BLOCK], part: &[f64]| -> f64 {
            places[first..].iter().zip(&part[first..]).map(|((_, lane), c)| row[*lane] * c).sum()
        };
        let parts = coordinates.iter().flat_map(|part| below.iter().map(|below| row(below, part).powi(2)));
        parts.sum::<f64>().sqrt()
    }

    /// A Ritz pair with its vector in full.
    fn in_full(&self, small: SmallRitz) -> Ritz {
        let places = self.places();
        let vector = |part: &Vec<f64>| -> Vec<f64> {
            let mut coordinates = vec![[0.0; BLOCK]; self.columns.len()];
            places.iter().zip(part).for_each(|(&(block, lane), &c)| coordinates[block][lane] = c);
            spread(&self.basis[..coordinates.len()], &coordinates)
        };
        Ritz { theta: small.theta, vector: small.coordinates.each_ref().map(vector), error: small.error }
    }
}

type Pair = ([f64; 2], [Vec<f64>; 2]);

/// The eigenvalues of a symmetric matrix with unit eigenvectors; none where they cannot be had.
fn symmetric_pairs(matrix: &Mat<f64>) -> Vec<Pair> {
    let Ok(eigen) = SelfAdjointEigen::new(matrix.as_ref(), Side::Lower) else { return Vec::new() };
    let m = matrix.nrows();
    (0..m).map(|k| ([eigen.S()[k], 0.0], [(0..m).map(|i| eigen.U()[(i, k)]).collect(), vec![0.0; m]])).collect()
}

/// The eigenvalues of a matrix with unit eigenvectors; none where they cannot be had.
fn pairs(matrix: &Mat<f64>) -> Vec<Pair> {
    let Ok(eigen) = Eigen::<f64>::new_from_real(matrix.as_ref()) else { return Vec::new() };
    let m = matrix.nrows();
    let pair = |k: usize| {
        let entries = || (0..m).map(|i| eigen.U()[(i, k)]);
        let norm = entries().map(|c| c.re * c.re + c.im * c.im).sum::<f64>().sqrt();
        let value = eigen.S()[k];
        ([value.re, value.im], [entries().map(|c| c.re / norm).collect(), entries().map(|c| c.im / norm).collect()])
    };
    (0..m).map(pair).collect()
}

/// ‖M c − θ c‖ of each pair.
fn left_over(matrix: &Mat<f64>, pairs: &[Pair]) -> Vec<f64> {
    let images =
        [0, 1].map(|part: usize| matrix * Mat::from_fn(matrix.nrows(), pairs.len(), |i, k| pairs[k].1[part][i]));
    let left = |(k, ([re, im], [a, b])): (usize, &Pair)| {
        let entry = |i: usize| {
            let image = images.each_ref().map(|image| image[(i, k)]);
            (image[0] - re * a[i] + im * b[i]).powi(2) + (image[1] - re * b[i] - im * a[i]).powi(2)
        };
        (0..a.len()).map(entry).sum::<f64>().sqrt()
    };
    pairs.iter().enumerate().map(left).collect()
}

/// The errors of a symmetric map's Ritz values, sorted by modulus, from their residuals and their distances. Of more
/// eigenvalues close to one another than a block has vectors some may not be seen yet: the residuals stand there.
fn sharpen(found: &mut [SmallRitz]) {
    let thetas: Vec<f64> = found.iter().map(|small| small.theta[0].abs()).collect();
    let residuals: Vec<f64> = found.iter().map(|small| small.residual).collect();
    // A neighbour is somewhere within its residual; behind the last one they go down to 0.
    let gap_to = |k: usize, other: usize| {
        let theta = thetas.get(other).copied().unwrap_or(0.0);
        (thetas[k] - theta).abs() - residuals.get(other).copied().unwrap_or(0.0)
    };
    let mut first = 0;
    while first < found.len() {
        let mut end = first + 1;
        while end < found.len() && thetas[end - 1] - thetas[end] <= CLUSTER * thetas[first] {
            end += 1;
        }
        let before = if first > 0 { gap_to(first, first - 1) } else { f64::INFINITY };
        let apart = 0.5 * before.min(gap_to(end - 1, end));
        let squares: f64 = residuals[first..end].iter().map(|residual| residual.powi(2)).sum();
        let crowd = |k: usize| thetas.iter().filter(|theta| (*theta - thetas[k]).abs() <= CROWDED * thetas[k]).count();
        for k in first..end {
            if apart > 0.0 && crowd(k) < BLOCK {
                found[k].error = residuals[k].min(squares / apart + found[k].lack);
            }
        }
        first = end;
    }
}
