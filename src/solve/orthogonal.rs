//! Vectors made orthogonal to many others in a weighted product Σ w f g, piece by piece: a piece of the vector stays in
//! the cache while all others pass by. Pieces have a fixed size, so that sums are the same on any number of threads.

use rayon::prelude::*;

use crate::tensor::widest;

/// Entries of a piece.
const CHUNK: usize = 4096;

/// The scalar products Σ w f g of a vector with several others.
pub(super) fn products(basis: &[Vec<f64>], weights: &[f64], vector: &[f64]) -> Vec<f64> {
    let pieces: Vec<Vec<f64>> = vector
        .par_chunks(CHUNK)
        .zip(weights.par_chunks(CHUNK))
        .enumerate()
        .map(|(piece, (vector, weights))| {
            let weighted: Vec<f64> = vector.iter().zip(weights).map(|(value, weight)| value * weight).collect();
            let product = |known: &Vec<f64>| {
                let known = &known[piece * CHUNK..piece * CHUNK + weighted.len()];
                known.iter().zip(&weighted).map(|(a, b)| a * b).sum::<f64>()
            };
            basis.iter().map(product).collect()
        })
        .collect();
    let mut sums = vec![0.0; basis.len()];
    pieces.iter().for_each(|piece| sums.iter_mut().zip(piece).for_each(|(sum, part)| *sum += part));
    sums
}

/// Adds a linear combination of several vectors to one.
pub(super) fn add(vector: &mut [f64], basis: &[Vec<f64>], parts: impl Fn(usize) -> f64 + Sync) {
    vector.par_chunks_mut(CHUNK).enumerate().for_each(|(piece, vector)| {
        for (place, known) in basis.iter().enumerate() {
            let (known, part) = (&known[piece * CHUNK..], parts(place));
            vector.iter_mut().zip(known).for_each(|(value, known)| *value += part * known);
        }
    });
}

/// Σ w f².
pub(super) fn square(weights: &[f64], vector: &[f64]) -> f64 {
    let terms = vector.par_chunks(CHUNK).zip(weights.par_chunks(CHUNK));
    let parts: Vec<f64> = terms.map(|(v, w)| v.iter().zip(w).map(|(v, w)| v * v * w).sum::<f64>()).collect();
    parts.iter().sum()
}

/// Orthogonalises a vector against others, with one reorthogonalisation, and returns the coefficients that were
/// subtracted. The first pass uses only the last `near` vectors if the components along the others are negligible.
pub(super) fn taken_out(vector: &mut [f64], basis: &[Vec<f64>], weights: &[f64], near: usize) -> Vec<f64> {
    let mut taken = vec![0.0; basis.len()];
    for first in [basis.len().saturating_sub(near), 0] {
        let parts = products(&basis[first..], weights, vector);
        add(vector, &basis[first..], |place| -parts[place]);
        taken[first..].iter_mut().zip(&parts).for_each(|(taken, part)| *taken += part);
    }
    taken
}

/// N vectors at once: entry k holds the values of each at state k.
pub(super) type Block<const N: usize> = Vec<[f64; N]>;

/// The products of the vectors of two blocks, or their coordinates: row i, column j.
pub(super) type Square<const N: usize> = [[f64; N]; N];

/// Rows of a piece of blocks.
const ROWS: usize = 1024;

/// A block that is orthonormal, and orthogonal to others.
pub(super) struct Orthonormal<const N: usize> {
    pub(super) block: Block<N>,
    /// Whether each vector is nonzero; one that depends linearly on those before it is 0.
    pub(super) is_vector: [bool; N],
    /// The coordinates of the given block, in each block of the basis and last in the new block.
    pub(super) coefficients: Vec<Square<N>>,
}

/// The fraction of its norm below which the rest of a vector counts as 0, so that the vector depends linearly on the
/// others: the rest is rounding.
const DEPENDENT: f64 = 1e-12;

/// Makes a block orthonormal in the weights and orthogonal to a basis, in two passes, which suffice. The first pass
/// uses the blocks of the basis from `first` on, which suffices if the components of the block along the others are
/// negligible. The second pass uses those from `second`(R) on, R the triangular factor of the first pass.
pub(super) fn orthonormal<const N: usize>(
    basis: &[Block<N>],
    mut block: Block<N>,
    weights: &[f64],
    first: usize,
    second: impl FnOnce(&Square<N>) -> usize,
) -> Orthonormal<N> {
    let mut coefficients = vec![[[0.0; N]; N]; basis.len()];
    let mut own: Square<N> = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    let before = lengths(&block, weights);
    let mut is_vector = [true; N];
    let mut pass = |first: usize, own: &mut Square<N>| {
        let parts = block_products(&basis[first..], weights, &block);
        subtract(&mut block, &basis[first..], &parts);
        for (sum, part) in coefficients[first..].iter_mut().zip(&parts) {
            add_product(sum, part, own);
        }
        let triangle = gram_schmidt(&mut block, weights, before, &mut is_vector, own);
        let mut product = [[0.0; N]; N];
        add_product(&mut product, &triangle, own);
        *own = product;
    };
    pass(first, &mut own);
    let first = second(&own);
    pass(first, &mut own);
    coefficients.push(own);
    Orthonormal { block, is_vector, coefficients }
}

/// sum += a b.
fn add_product<const N: usize>(sum: &mut Square<N>, a: &Square<N>, b: &Square<N>) {
    for (sum, a) in sum.iter_mut().zip(a) {
        for (a, b) in a.iter().zip(b) {
            sum.iter_mut().zip(b).for_each(|(sum, b)| *sum += a * b);
        }
    }
}

/// The norm of each vector of a block.
fn lengths<const N: usize>(block: &[[f64; N]], weights: &[f64]) -> [f64; N] {
    let squares = pieces(block, weights, |block, weights, squares: &mut [f64; N]| {
        for (values, weight) in block.iter().zip(weights) {
            for lane in 0..N {
                squares[lane] += weight * values[lane] * values[lane];
            }
        }
    });
    squares.map(f64::sqrt)
}

/// A sum over all rows of a block, piece by piece.
fn pieces<const N: usize>(
    block: &[[f64; N]],
    weights: &[f64],
    sum: impl Fn(&[[f64; N]], &[f64], &mut [f64; N]) + Sync,
) -> [f64; N] {
    let parts = block.par_chunks(ROWS).zip(weights.par_chunks(ROWS));
    let parts: Vec<[f64; N]> = parts
        .map(|(block, weights)| {
            let mut part = [0.0; N];
            widest(|| sum(block, weights, &mut part));
            part
        })
        .collect();
    let mut sums = [0.0; N];
    parts.iter().for_each(|part| sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part));
    sums
}

/// The products Σ v f of the vectors f of a block with one vector v.
pub(super) fn products_with<const N: usize>(block: &[[f64; N]], vector: &[f64]) -> [f64; N] {
    pieces(block, vector, |block, vector, products: &mut [f64; N]| {
        for (values, entry) in block.iter().zip(vector) {
            for lane in 0..N {
                products[lane] += values[lane] * entry;
            }
        }
    })
}

/// Makes the vectors of a block orthonormal one after the other, and returns R of its factorisation Q R. `before` holds
/// the norms of the vectors of the first given block, `own` the coordinates of those in the present one.
fn gram_schmidt<const N: usize>(
    block: &mut [[f64; N]],
    weights: &[f64],
    before: [f64; N],
    is_vector: &mut [bool; N],
    own: &Square<N>,
) -> Square<N> {
    let mut triangle = [[0.0; N]; N];
    for lane in 0..N {
        let products = pieces(block, weights, |block, weights, products: &mut [f64; N]| {
            for (values, weight) in block.iter().zip(weights) {
                let weighted = weight * values[lane];
                for other in 0..N {
                    products[other] += weighted * values[other];
                }
            }
        });
        let length = products[lane].sqrt();
        // The norm of the part of the originally given vector.
        let left = length * own[lane][lane];
        is_vector[lane] = is_vector[lane] && left > DEPENDENT * before[lane];
        let inverse = if is_vector[lane] { 1.0 / length } else { 0.0 };
        let parts: [f64; N] = std::array::from_fn(|other| if other > lane { products[other] * inverse } else { 0.0 });
        triangle[lane] = parts;
        triangle[lane][lane] = if is_vector[lane] { length } else { 0.0 };
        block.par_chunks_mut(ROWS).for_each(|block| {
            widest(|| {
                for values in block {
                    values[lane] *= inverse;
                    let value = values[lane];
                    for other in 0..N {
                        values[other] -= parts[other] * value;
                    }
                }
            });
        });
    }
    triangle
}

/// The products of a block with every block of a basis.
fn block_products<const N: usize>(basis: &[Block<N>], weights: &[f64], block: &[[f64; N]]) -> Vec<Square<N>> {
    let parts: Vec<Vec<Square<N>>> = block
        .par_chunks(ROWS)
        .zip(weights.par_chunks(ROWS))
        .enumerate()
        .map(|(piece, (block, weights))| {
            let scaled = |(values, weight): (&[f64; N], &f64)| values.map(|value| value * weight);
            let weighted: Block<N> = block.iter().zip(weights).map(scaled).collect();
            let product = |known: &Block<N>| {
                let known = &known[piece * ROWS..piece * ROWS + weighted.len()];
                let mut square = [[0.0; N]; N];
                widest(|| {
                    for (known, values) in known.iter().zip(&weighted) {
                        for i in 0..N {
                            for j in 0..N {
                                square[i][j] += known[i] * values[j];
                            }
                        }
                    }
                });
                square
            };
            basis.iter().map(product).collect()
        })
        .collect();
    let mut sums = vec![[[0.0; N]; N]; basis.len()];
    for part in &parts {
        for (sum, part) in sums.iter_mut().flatten().zip(part.iter().flatten()) {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
    sums
}

/// Takes Σ_k V_k S_k out of a block.
fn subtract<const N: usize>(block: &mut [[f64; N]], basis: &[Block<N>], coefficients: &[Square<N>]) {
    block.par_chunks_mut(ROWS).enumerate().for_each(|(piece, block)| {
        for (known, square) in basis.iter().zip(coefficients) {
            let known = &known[piece * ROWS..piece * ROWS + block.len()];
            widest(|| {
                for (known, values) in known.iter().zip(&mut *block) {
                    for i in 0..N {
                        for j in 0..N {
                            values[j] -= known[i] * square[i][j];
                        }
                    }
                }
            });
        }
    });
}

/// Σ_k V_k c_k.
pub(super) fn spread<const N: usize>(basis: &[Block<N>], coordinates: &[[f64; N]]) -> Vec<f64> {
    let mut vector = vec![0.0; basis.first().map_or(0, Vec::len)];
    // The vectors of real eigenvalues have no imaginary part.
    if coordinates.iter().flatten().all(|&c| c == 0.0) {
        return vector;
    }
    vector.par_chunks_mut(ROWS).enumerate().for_each(|(piece, vector)| {
        for (known, c) in basis.iter().zip(coordinates) {
            for (value, known) in vector.iter_mut().zip(&known[piece * ROWS..]) {
                *value += known.iter().zip(c).map(|(known, c)| known * c).sum::<f64>();
            }
        }
    });
    vector
}
