//! Orthogonalisation in the weighted scalar product Σ w f g, block by block: a block of the vector stays in the cache
//! while all other vectors are read. Blocks have a fixed size, so that sums do not depend on the number of threads.

use rayon::prelude::*;

/// The number of entries of a block.
const CHUNK: usize = 4096;

/// The scalar products Σ w f g of a vector with several others.
pub(super) fn products(basis: &[Vec<f64>], weights: &[f64], vector: &[f64]) -> Vec<f64> {
    let blocks: Vec<Vec<f64>> = vector
        .par_chunks(CHUNK)
        .zip(weights.par_chunks(CHUNK))
        .enumerate()
        .map(|(block, (vector, weights))| {
            let weighted: Vec<f64> = vector.iter().zip(weights).map(|(value, weight)| value * weight).collect();
            let product = |known: &Vec<f64>| {
                let known = &known[block * CHUNK..block * CHUNK + weighted.len()];
                known.iter().zip(&weighted).map(|(a, b)| a * b).sum::<f64>()
            };
            basis.iter().map(product).collect()
        })
        .collect();
    let mut sums = vec![0.0; basis.len()];
    blocks.iter().for_each(|block| sums.iter_mut().zip(block).for_each(|(sum, part)| *sum += part));
    sums
}

/// Adds a linear combination of several vectors to one.
pub(super) fn add(vector: &mut [f64], basis: &[Vec<f64>], parts: impl Fn(usize) -> f64 + Sync) {
    vector.par_chunks_mut(CHUNK).enumerate().for_each(|(block, vector)| {
        for (place, known) in basis.iter().enumerate() {
            let (known, part) = (&known[block * CHUNK..], parts(place));
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
