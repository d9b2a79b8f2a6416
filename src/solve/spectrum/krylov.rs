//! The eigenvalues of largest modulus of a linear map T, from a block Krylov space whose basis is orthonormal in a
//! weighted inner product.
//!
//! ```text
//! T V_k = V_1 H_1k + … + V_k+1 H_k+1,k
//! ```
//! V_k are blocks of b vectors: eigenvalues of multiplicity up to b are found, and T is applied to b vectors at once.
//! The Ritz values θ are the eigenvalues of H without its last block row, which gives the residual ε of each. Where T
//! is symmetric in the weights, a Ritz value is nearer to an eigenvalue than its residual says: the errors of Ritz
//! values that form a cluster at a distance δ from all others are at most Σ ε²/δ.
//!
//! Sources: Saad, Numerical Methods for Large Eigenvalue Problems, 2nd ed. (2011), chapter 6; Parlett, The Symmetric
//! Eigenvalue Problem (1998), theorem 11.7.1 for the clusters.

use faer::linalg::solvers::{Eigen, SelfAdjointEigen};
use faer::{Mat, Side};

use crate::elimination::one_thread;
use crate::solve::orthogonal::{Block, Square, orthonormal, spread};

/// An approximate eigenpair.
#[derive(Clone, Debug)]
pub(super) struct Ritz {
    /// The real and the imaginary part of θ.
    pub(super) theta: [f64; 2],
    /// The real and the imaginary part of its Ritz vector r, of norm 1.
    pub(super) vector: [Vec<f64>; 2],
    /// An upper bound on the distance from θ to an eigenvalue of T if its eigenvectors were orthogonal: the residual ‖T
    /// r − θ r‖, or less where T is symmetric.
    pub(super) error: f64,
}

/// The number of vectors in a block.
pub(super) const BLOCK: usize = 4;

/// An error below this fraction of θ is not reduced any further.
const SMALL: f64 = 3e-14;

/// The residual, as a fraction of θ, below which a Ritz vector of a symmetric map is accurate enough; the error of θ is
/// then of the order of its square.
const SMALL_SYMMETRIC: f64 = 1e-9;

/// Ritz values whose relative distance is below this belong to one cluster.
const CLUSTER: f64 = 1e-2;

/// Ritz values whose relative distance is below this cannot be told apart by residuals of [`SMALL_SYMMETRIC`]: it is
/// the square of that over [`SMALL`].
const CROWDED: f64 = 3e-5;

/// The request for eigenvalues, and the properties of the map.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// The number of Ritz pairs that are returned.
    pub(super) count: usize,
    /// The number of leading Ritz pairs that have to be accurate before the space stops growing.
    pub(super) exact: usize,
    /// The largest number of vectors in the space.
    pub(super) most: usize,
    /// Whether the map is symmetric in the weights.
    pub(super) is_symmetric: bool,
}

/// Returns the eigenvalues of largest modulus, sorted by modulus; fewer than asked for where the space has fewer
/// dimensions.
pub(super) fn largest(apply: &dyn Fn(&[[f64; BLOCK]]) -> Block<BLOCK>, weights: &[f64], asked: Asked) -> Vec<Ritz> {
    // The first application removes the components in the kernel of T.
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

/// Keeps the first `wanted` Ritz pairs, and one more where the last would be separated from its complex conjugate.
pub(super) fn keep_pairs_whole(found: &mut Vec<Ritz>, wanted: usize) {
    let cuts_a_pair = wanted > 0
        && found.get(wanted).is_some_and(|next| {
            let last = &found[wanted - 1];
            last.theta[1] != 0.0 && next.theta[1] == -last.theta[1]
        });
    found.truncate(wanted + usize::from(cuts_a_pair));
}

/// Returns vectors of pseudorandom entries in [-1, 1], the same ones in each call.
fn random(n: usize) -> Block<BLOCK> {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| std::array::from_fn(|_| next())).collect()
}

/// A Krylov space with the projection of T onto it.
struct Space {
    /// Whether T is symmetric: the image of V_k is then orthogonal to all blocks before V_k−1, to rounding.
    is_symmetric: bool,
    /// Bounds on the inner products of each of the last two blocks with the earlier ones.
    losses: [f64; 2],
    /// The blocks V_1, V_2, …; a vector that depends linearly on those before it is replaced by zero.
    basis: Vec<Block<BLOCK>>,
    /// Whether each vector of each block is nonzero.
    is_vector: Vec<[bool; BLOCK]>,
    /// The blocks H_1k, …, H_k+1,k of each V_k that T was applied to.
    columns: Vec<Vec<Square<BLOCK>>>,
}

/// A Ritz pair in coordinates of the basis.
struct SmallRitz {
    theta: [f64; 2],
    /// The real and the imaginary part of its coordinates in the nonzero vectors of the basis.
    coordinates: [Vec<f64>; 2],
    residual: f64,
    /// The part of the residual that comes from rounding and from the asymmetry of the computed H; in exact arithmetic
    /// it is zero.
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

/// The loss of orthogonality from which a block is orthogonalised against the whole basis. The error of H is of the
/// order of its square (Simon, Linear Algebra Appl. 61, 1984).
const ORTHOGONAL: f64 = 1e-10;

impl Space {
    fn new(is_symmetric: bool) -> Space {
        let losses = [f64::INFINITY; 2];
        Space { is_symmetric, losses, basis: Vec::new(), is_vector: Vec::new(), columns: Vec::new() }
    }

    /// Orthonormalises a block against the basis and within itself, appends it, and returns its coordinates.
    fn append(&mut self, block: Block<BLOCK>, weights: &[f64]) -> Vec<Square<BLOCK>> {
        let near = if self.is_symmetric { self.basis.len().saturating_sub(2) } else { 0 };
        let largest = self.columns.iter().flatten().flatten().flatten().fold(0.0f64, |most, c| most.max(c.abs()));
        let [before, last] = self.losses;
        let mut loss = f64::EPSILON;
        // T v_k = … + v_k+1 R: the inner products of v_k and v_k−1 with earlier blocks return in v_k+1, divided by the
        // smallest diagonal entry of R.
        let second = |triangle: &Square<BLOCK>| {
            let least = (0..BLOCK).map(|lane| triangle[lane][lane]).fold(f64::INFINITY, f64::min);
            let grown = (2.0 * last + before) * largest / least;
            // The block after a fully orthogonalised one is fully orthogonalised too: otherwise the loss of the block
            // before that one would return in it.
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

    /// Returns the block that T has not been applied to, if it has a nonzero vector.
    fn unapplied(&self) -> Option<&Block<BLOCK>> {
        let next = self.columns.len();
        self.basis.get(next).filter(|_| self.is_vector[next].contains(&true))
    }

    /// Returns block and position in the block for each nonzero vector that T was applied to.
    fn places(&self) -> Vec<(usize, usize)> {
        let blocks = self.is_vector.iter().take(self.columns.len()).enumerate();
        blocks.flat_map(|(block, is)| (0..BLOCK).filter(|&lane| is[lane]).map(move |lane| (block, lane))).collect()
    }

    /// Returns the number of nonzero vectors that T was applied to.
    fn dimensions(&self) -> usize {
        self.places().len()
    }

    /// Returns the Ritz pairs of largest modulus, complex conjugates next to each other.
    fn ritz(&self, asked: Asked) -> Vec<SmallRitz> {
        let places = self.places();
        let m = places.len();
        let entry = |i: usize, j: usize| {
            let ((row, i), (column, j)) = (places[i], places[j]);
            self.columns[column].get(row).map_or(0.0, |square| square[i][j])
        };
        let all = Mat::from_fn(m, m, entry);
        // For a symmetric map the blocks off the tridiagonal hold nothing but the loss of orthogonality.
        let is_kept = |i: usize, j: usize| !asked.is_symmetric || places[i].0.abs_diff(places[j].0) <= 1;
        let kept = Mat::from_fn(m, m, |i, j| if is_kept(i, j) { all[(i, j)] } else { 0.0 });
        let pairs = if asked.is_symmetric {
            symmetric_pairs(&Mat::from_fn(m, m, |i, j| 0.5 * (kept[(i, j)] + kept[(j, i)])))
        } else {
            pairs(&kept)
        };
        // The dropped entries of H add to the residual of a pair. The residual of the pair in the kept matrix, from
        // rounding and asymmetry, is a part of the error that no distance to other eigenvalues reduces.
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

    /// Returns ‖T r − θ r‖ for exact arithmetic within the space: the last block row of H times the coordinates in the
    /// last block.
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

    /// Expands a Ritz vector from its coordinates.
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

/// Returns the eigenvalues of a symmetric matrix with unit eigenvectors; empty if the eigensolver fails.
fn symmetric_pairs(matrix: &Mat<f64>) -> Vec<Pair> {
    one_thread();
    let Ok(eigen) = SelfAdjointEigen::new(matrix.as_ref(), Side::Lower) else { return Vec::new() };
    let m = matrix.nrows();
    (0..m).map(|k| ([eigen.S()[k], 0.0], [(0..m).map(|i| eigen.U()[(i, k)]).collect(), vec![0.0; m]])).collect()
}

/// Returns the eigenvalues of a matrix with unit eigenvectors; empty if the eigensolver fails.
fn pairs(matrix: &Mat<f64>) -> Vec<Pair> {
    one_thread();
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

/// Returns ‖M c − θ c‖ for each pair (θ, c).
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

/// Reduces the errors of a symmetric map's Ritz values, sorted by modulus, from residuals to squared residuals over
/// distances. Where as many Ritz values as a block has vectors lie close together, eigenvalues may still be missing
/// from the space: there the residuals are kept.
fn sharpen(found: &mut [SmallRitz]) {
    let thetas: Vec<f64> = found.iter().map(|small| small.theta[0].abs()).collect();
    let residuals: Vec<f64> = found.iter().map(|small| small.residual).collect();
    // The eigenvalue of a neighbour may be nearer by its residual; the eigenvalues beyond the last Ritz value reach
    // down to 0.
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
