//! Slices kept in HDF5 files, so that training and the pass over all samples at every point are done once.
//!
//! | dataset | contents |
//! |---|---|
//! | `xcoordinates`, `ycoordinates`, `train_loss`, `c11`, `c12`, `c22`, `gram` | the table, which `kind = "table"` reads too |
//! | `theta`, `directions`, `curvatures` | θ*, a row for each of v₁ and v₂, v·Hv/\|v\|² |
//! | `centre` | \|∇L(θ*)\|; after training also L, the aim and the numbers of steps |
//!
//! The name of a file is a hash of the samples, the network, the penalty, the slice with the contents of the files that
//! it names, and the version of the program: another question never finds it. Numbers are stored in full.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5::File;
use ndarray::Array2;
use sha2::{Digest, Sha256};

use super::Directions;
use super::measured::Measured;
use super::samples::Targets;
use super::slice::{Middle, Slice, SliceError, SliceSpec, read};
use super::sums::Model;
use super::training::Trained;
use crate::tensor::Tensor;

/// The slice from the folder, else the computed one, which is then put there.
///
/// # Errors
/// Those of `compute`, files that the slice names and that cannot be read, and a folder or a file that cannot be used.
pub fn kept(
    folder: &Path,
    model: &Arc<Model>,
    spec: &SliceSpec,
    compute: impl FnOnce() -> Result<Slice, SliceError>,
) -> Result<Slice, SliceError> {
    let path = folder.join(format!("slice-{}.h5", name(model, spec)?));
    let unusable = |error: &dyn std::fmt::Display| SliceError::Kept { file: path.clone(), reason: error.to_string() };
    if path.exists() {
        return load(&path, model, spec.dimension).map_err(|error| unusable(&error));
    }
    let slice = compute()?;
    std::fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
    // A reader never sees half a file.
    let partial = folder.join(format!(".slice-{}.partial", std::process::id()));
    let written = store(&partial, &slice).map_err(|error| unusable(&error));
    let renamed = written.and_then(|()| std::fs::rename(&partial, &path).map_err(|error| unusable(&error)));
    if renamed.is_err() {
        // The first error is the one that is told.
        let _ = std::fs::remove_file(&partial);
    }
    renamed.map(|()| slice)
}

/// The hash of everything that determines a slice.
fn name(model: &Model, spec: &SliceSpec) -> Result<String, SliceError> {
    let mut hash = Sha256::new();
    hash.update(format!("{} {spec:?} {:?} {:e} ", env!("CARGO_PKG_VERSION"), model.network, model.l2));
    hash.update(format!("{:?} ", model.samples.features));
    model.samples.inputs.iter().for_each(|value| hash.update(value.to_le_bytes()));
    match &model.samples.targets {
        Targets::Values(values) => values.iter().for_each(|value| hash.update(value.to_le_bytes())),
        Targets::Classes(codes, _) => codes.iter().for_each(|code| hash.update(code.to_le_bytes())),
    }
    for file in files(spec) {
        hash.update(read(file)?);
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(digits[..32].to_string())
}

/// The file of weights that a point is read from, if it is.
fn file_of(middle: &Middle) -> Option<&PathBuf> {
    match middle {
        Middle::File(file) => Some(file),
        Middle::Minimiser | Middle::Seed(_) | Middle::Random(_) => None,
    }
}

/// The files that a slice names.
fn files(spec: &SliceSpec) -> Vec<&PathBuf> {
    let mut files: Vec<&PathBuf> = file_of(&spec.middle).into_iter().collect();
    match &spec.directions {
        Directions::File(file) => files.push(file),
        Directions::Minima(ends) => files.extend(ends.iter().filter_map(file_of)),
        Directions::Hessian | Directions::Filter { .. } => {}
    }
    files
}

fn store(path: &Path, slice: &Slice) -> hdf5::Result<()> {
    let file = File::create(path)?;
    let list = |name: &str, values: &[f64]| file.new_dataset_builder().with_data(values).create(name).map(|_| ());
    let table = |name: &str, rows: usize, values: Vec<f64>| {
        let shape = (rows, values.len() / rows);
        let array = Array2::from_shape_vec(shape, values).map_err(|error| hdf5::Error::from(error.to_string()))?;
        file.new_dataset_builder().with_data(&array).create(name).map(|_| ())
    };
    let measured = &slice.measured;
    let [x, y] = &measured.axes;
    list("xcoordinates", x)?;
    let is_plane = measured.dimension == 2;
    let cells = |name: &str, values: Vec<f64>| match is_plane {
        true => table(name, x.len(), values),
        false => list(name, &values),
    };
    cells("train_loss", measured.loss.clone())?;
    if let Some(covariance) = &measured.covariance {
        cells("c11", covariance.iter().map(|c| c.xx).collect())?;
        if is_plane {
            cells("c12", covariance.iter().map(|c| c.xy).collect())?;
            cells("c22", covariance.iter().map(|c| c.yy).collect())?;
        }
    }
    let gram = measured.gram;
    if is_plane {
        list("ycoordinates", y)?;
        table("gram", 2, vec![gram.xx, gram.xy, gram.xy, gram.yy])?;
    } else {
        table("gram", 1, vec![gram.xx])?;
    }
    list("theta", &slice.theta)?;
    table("directions", slice.vectors.len(), slice.vectors.concat())?;
    list("curvatures", &slice.curvatures)?;
    let training = slice.training.iter().flat_map(|Trained { loss, gradient_norm, aim, steps, .. }| {
        [*loss, *gradient_norm, *aim, steps[0] as f64, steps[1] as f64]
    });
    list("centre", &std::iter::once(slice.gradient_norm).chain(training).collect::<Vec<f64>>())
}

fn load(path: &Path, model: &Arc<Model>, dimension: usize) -> hdf5::Result<Slice> {
    let file = File::open(path)?;
    let list = |name: &str| file.dataset(name)?.read_raw::<f64>();
    let damaged = |what: &str| hdf5::Error::from(format!("{what} has another length than it should"));
    let y = if dimension == 2 { list("ycoordinates")? } else { vec![0.0] };
    let axes = [list("xcoordinates")?, y];
    let loss = list("train_loss")?;
    let count = axes[0].len() * axes[1].len();
    let entry = |name: &str| if dimension == 2 { list(name) } else { Ok(vec![0.0; count]) };
    let (c11, c12, c22) = (list("c11")?, entry("c12")?, entry("c22")?);
    if [&loss, &c11, &c12, &c22].iter().any(|values| values.len() != count) {
        return Err(damaged("a table"));
    }
    let covariance = (0..count).map(|k| Tensor { xx: c11[k], xy: c12[k], yy: c22[k] }).collect();
    let gram = match list("gram")?[..] {
        [xx] => Tensor { xx, ..Tensor::default() },
        [xx, xy, _, yy] => Tensor { xx, xy, yy },
        _ => return Err(damaged("`gram`")),
    };
    let (theta, directions) = (list("theta")?, list("directions")?);
    if theta.len() != model.parameters() || directions.len() != dimension * theta.len() {
        return Err(damaged("`theta` or `directions`"));
    }
    let (gradient_norm, training) = match list("centre")?[..] {
        [norm] => (norm, None),
        [norm, loss, gradient_norm, aim, first, second] => {
            let steps = [first as usize, second as usize];
            (norm, Some(Trained { theta: theta.clone(), loss, gradient_norm, aim, steps }))
        }
        _ => return Err(damaged("`centre`")),
    };
    Ok(Slice {
        model: Arc::clone(model),
        vectors: directions.chunks_exact(theta.len()).map(<[f64]>::to_vec).collect(),
        theta,
        gradient_norm,
        training,
        curvatures: list("curvatures")?,
        measured: Measured { dimension, axes, loss, smooth: false, covariance: Some(covariance), gram },
    })
}
