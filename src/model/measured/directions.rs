//! The Gram matrix of the vectors in a file of directions.
//!
//! ```text
//! G_ij = v_i · v_j, summed over all tensors
//! ```
//! An HDF5 file has the groups `xdirection` and `ydirection` with one dataset for each tensor, paired by name. An NPZ
//! file has the arrays `xdirection/0`, … or one flat array for each direction, a safetensors file the tensors `x` and
//! `y`.

use std::path::Path;

use super::super::fault::{DataError, DataFault, DataRole};
use super::super::weights;
use super::Array;
use crate::input;
use crate::tensor::Tensor;

/// The tensors of one direction, with their names.
pub(super) type Direction = Vec<(String, Array)>;

/// The names of the groups.
pub(super) const GROUPS: [&str; 2] = ["xdirection", "ydirection"];

/// The Gram matrix of the first `dimension` directions.
pub(super) fn gram(path: &Path, dimension: usize, role: DataRole) -> Result<Tensor, DataError> {
    let groups = &GROUPS[..dimension];
    let extension = path.extension().map(|word| word.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let read = || match extension.as_str() {
        "npz" => super::npz::directions(path, groups),
        "safetensors" => vectors(path, dimension),
        _ => hdf5(path, groups),
    };
    let found = read().and_then(|directions| product(&directions));
    found.map_err(|fault| DataError { file: path.into(), role, fault })
}

/// The directions `x` and `y` of a safetensors file.
fn vectors(path: &Path, dimension: usize) -> Result<Vec<Direction>, DataFault> {
    let bytes = input::numbers(path).map_err(|error| DataFault::Unreadable { reason: error.to_string() })?;
    let vector = |name: &str| {
        let (shape, values) =
            weights::tensor(name, &bytes).map_err(|error| DataFault::Format { what: error.to_string() })?;
        Ok(vec![(name.to_string(), Array { shape, values })])
    };
    ["x", "y"][..dimension].iter().map(|name| vector(name)).collect::<Result<Vec<Direction>, _>>().map(|mut found| {
        // Other files pair tensors by name; here both have the same name.
        found.iter_mut().flatten().for_each(|(name, _)| *name = "all parameters".into());
        found
    })
}

#[cfg(feature = "files")]
fn hdf5(path: &Path, groups: &[&str]) -> Result<Vec<Direction>, DataFault> {
    super::hdf::directions(path, groups)
}

#[cfg(not(feature = "files"))]
fn hdf5(_: &Path, _: &[&str]) -> Result<Vec<Direction>, DataFault> {
    Err(DataFault::NoHdf5)
}

/// The Gram matrix, summed over pairs of tensors with the same name.
fn product(directions: &[Direction]) -> Result<Tensor, DataFault> {
    for (direction, group) in directions.iter().zip(GROUPS) {
        for (name, array) in direction {
            if let Some(place) = array.values.iter().position(|value| !value.is_finite()) {
                return Err(super::missing_cell(&format!("{group}/{name}"), array, place));
            }
        }
    }
    let dot = |one: &Direction, other: &Direction| -> Result<f64, DataFault> {
        let mut sum = 0.0;
        for (name, array) in one {
            let partner = other.iter().find(|(own, _)| own == name);
            let (_, partner) = partner.ok_or_else(|| DataFault::UnpairedDirection { name: name.clone() })?;
            if partner.shape != array.shape {
                return Err(DataFault::WrongShape {
                    name: format!("{}/{name}", GROUPS[1]),
                    found: partner.shape.clone(),
                    needed: array.shape.clone(),
                });
            }
            sum += array.values.iter().zip(&partner.values).map(|(a, b)| a * b).sum::<f64>();
        }
        if let Some((name, _)) = other.iter().find(|(name, _)| one.iter().all(|(own, _)| own != name)) {
            return Err(DataFault::UnpairedDirection { name: name.clone() });
        }
        Ok(sum)
    };
    let mut gram = Tensor::default();
    if let Some(x) = directions.first() {
        gram.xx = dot(x, x)?;
        if let Some(y) = directions.get(1) {
            (gram.xy, gram.yy) = (dot(x, y)?, dot(y, y)?);
        }
    }
    let lengths = [gram.xx, gram.yy];
    if let Some(k) = (0..directions.len()).find(|&k| !(lengths[k] > 0.0 && lengths[k].is_finite())) {
        return Err(DataFault::NoDirection { name: GROUPS[k].into() });
    }
    // A smaller angle is rounding in single precision.
    if directions.len() == 2 && gram.determinant(2) <= 1e-12 * gram.xx * gram.yy {
        return Err(DataFault::ParallelDirections { cosine: gram.xy / (gram.xx * gram.yy).sqrt() });
    }
    Ok(gram)
}
