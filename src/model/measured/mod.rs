//! A loss computed by others on a grid of points, read from a file.
//!
//! | file | contents |
//! |---|---|
//! | `.h5`, `.hdf5`, none | datasets `xcoordinates`, `ycoordinates`, `train_loss` (x is axis 0); optional `c11`, `c12`,
//! `c22`, `gram`, `dir_file` |
//! | `.npz` | arrays of the same names |
//! | `.csv`, `.txt`, `.dat` | columns x, y, L, optional C₁₁, C₁₂, C₂₂; in one dimension x, L, optional C₁₁ |
//!
//! Coordinates are coefficients of two vectors v₁, v₂ in parameter space, θ = θ* + x v₁ + y v₂. Lengths need their Gram
//! matrix G_ij = v_i·v_j: from the file of directions named in the surface file, from `gram`, or from given lengths.

mod columns;
mod directions;
#[cfg(feature = "files")]
mod hdf;
mod npz;
mod smooth;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use smooth::FEWEST_SMOOTHED;
pub use smooth::{Smoothed, smoothed};

use super::fault::{DataError, DataFault, DataRole};
use crate::tensor::Tensor;

/// An array in row-major order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array {
    /// The lengths along the axes.
    pub shape: Vec<usize>,
    /// The entries; the last index runs fastest.
    pub values: Vec<f64>,
}

/// The names of the datasets in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The values of x.
    pub x: String,
    /// The values of y.
    pub y: String,
    /// The loss L.
    pub loss: String,
    /// The entries C₁₁, C₁₂, C₂₂ of the covariance of one sample's gradient in these coordinates.
    pub covariance: [String; 3],
    /// The Gram matrix G.
    pub gram: String,
}

impl Default for Names {
    /// The names of the most common loss-landscape tool.
    fn default() -> Names {
        Names {
            x: "xcoordinates".into(),
            y: "ycoordinates".into(),
            loss: "train_loss".into(),
            covariance: ["c11", "c12", "c22"].map(String::from),
            gram: "gram".into(),
        }
    }
}

/// The source of the lengths of coordinates.
#[derive(Clone, Debug, PartialEq)]
pub enum Lengths {
    /// The Gram matrix or the directions named in the file itself.
    OfFile,
    /// The vectors in this file.
    Directions(PathBuf),
    /// Orthogonal coordinates whose units have these lengths.
    Scale([f64; 2]),
}

/// A file with a computed loss, and how it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSource {
    /// The path of the file.
    pub path: PathBuf,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The names of the datasets.
    pub names: Names,
    /// The source of the lengths of coordinates.
    pub lengths: Lengths,
    /// Whether L is smoothed before it is interpolated.
    pub smooth: bool,
    /// Whether −1 marks a cell that was not computed, as NaN does in any case.
    pub minus_one_is_missing: bool,
}

/// A loss on a grid of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The values of x and y, ascending; a single y in one dimension.
    pub axes: [Vec<f64>; 2],
    /// L at the grid points, y fast, as given.
    pub loss: Vec<f64>,
    /// Whether L is smoothed before it is interpolated.
    pub smooth: bool,
    /// The covariance of one sample's gradient at the grid points, y fast, in these coordinates; `None` if not given.
    pub covariance: Option<Vec<Tensor>>,
    /// The Gram matrix of the coordinate vectors.
    pub gram: Tensor,
}

/// The fewest values along an axis: four are left, enough for a cubic spline, when every other one is dropped.
pub const FEWEST: usize = 7;

/// The most values along an axis of a table that is smoothed, which needs full matrices of that size.
pub const MOST_SMOOTHED: usize = 2048;

impl Measured {
    /// Whether all losses are numbers of single precision, and not only because they are short.
    pub fn is_single(&self) -> bool {
        let is_single = |value: &f64| f64::from(*value as f32) == *value;
        // Sixteen bits hold losses that were written down by hand or are all alike.
        let is_short = |value: &f64| value.to_bits().trailing_zeros() >= 36;
        self.loss.iter().all(is_single) && !self.loss.iter().all(is_short)
    }
}

/// The requested contents of a file.
#[derive(Clone, Debug, Default)]
struct Contents {
    /// The arrays by name.
    arrays: HashMap<String, Array>,
    /// All names in the file.
    present: Vec<String>,
    /// The name of the file of directions, if the file has it.
    directions: Option<String>,
}

impl Contents {
    fn of(path: &Path, source: &MeasuredSource) -> Result<Contents, DataFault> {
        let extension = path.extension().map(|word| word.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let names = &source.names;
        let mut wanted = vec![names.x.as_str(), names.loss.as_str(), names.gram.as_str()];
        wanted.extend(names.covariance.iter().map(String::as_str));
        if source.dimension == 2 {
            wanted.push(&names.y);
        }
        match extension.as_str() {
            "npz" => npz::read(path, &wanted),
            "csv" | "txt" | "dat" => columns::read(path, source),
            // That tool gives HDF5 files extensions of its own.
            _ => hdf5(path, &wanted),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// The array with this name; an error if it is missing, of another shape, or not finite everywhere.
    fn array(&self, name: &str, shape: Option<&[usize]>) -> Result<&Array, DataFault> {
        let array = self
            .arrays
            .get(name)
            .ok_or_else(|| DataFault::MissingDataset { name: name.into(), present: self.present.clone() })?;
        if let Some(shape) = shape.filter(|shape| array.shape != *shape) {
            return Err(DataFault::WrongShape {
                name: name.into(),
                found: array.shape.clone(),
                needed: shape.to_vec(),
            });
        }
        match array.values.iter().position(|value| !value.is_finite()) {
            Some(place) => Err(missing_cell(name, array, place)),
            None => Ok(array),
        }
    }
}

#[cfg(feature = "files")]
fn hdf5(path: &Path, wanted: &[&str]) -> Result<Contents, DataFault> {
    hdf::read(path, wanted)
}

#[cfg(not(feature = "files"))]
fn hdf5(_: &Path, _: &[&str]) -> Result<Contents, DataFault> {
    Err(DataFault::NoHdf5)
}

/// The fault of a cell without a value, with its indices from 0.
fn missing_cell(name: &str, array: &Array, place: usize) -> DataFault {
    let mut rest = place;
    let mut index: Vec<usize> = Vec::new();
    for length in array.shape.iter().rev() {
        index.insert(0, rest % length);
        rest /= length;
    }
    DataFault::MissingCell { name: name.into(), index, value: array.values[place] }
}

/// The path itself if it exists, else the same path relative to `base`.
fn found(path: &Path, base: &Path) -> PathBuf {
    if path.exists() { path.to_path_buf() } else { base.join(path) }
}

/// The axes, L, and the covariance if it is given.
type Cells = ([Vec<f64>; 2], Vec<f64>, Option<Vec<Tensor>>);

impl MeasuredSource {
    /// Reads the loss; a relative path is looked up in the working folder, then in `base`.
    ///
    /// # Errors
    /// A file that cannot be read or used, with the dataset and the indices of the fault.
    pub fn read(&self, base: &Path) -> Result<Measured, DataError> {
        let path = found(&self.path, base);
        let at_file = |fault| DataError { file: path.as_path().into(), role: DataRole::Surface, fault };
        let contents = Contents::of(&path, self).map_err(at_file)?;
        let (axes, loss, covariance) = self.cells(&contents).map_err(at_file)?;
        let gram = match &self.lengths {
            Lengths::Scale([x, y]) => Tensor { xx: x * x, xy: 0.0, yy: y * y },
            Lengths::Directions(file) => {
                directions::gram(&given(file, base, &path), self.dimension, DataRole::Directions)?
            }
            Lengths::OfFile if contents.has(&self.names.gram) => self.own_gram(&contents).map_err(at_file)?,
            Lengths::OfFile => {
                let named = contents.directions.as_deref().ok_or_else(|| at_file(DataFault::NoLengths))?;
                directions::gram(&beside(Path::new(named), &path), self.dimension, DataRole::Surface)?
            }
        };
        let gram = if self.dimension == 1 { Tensor { xx: gram.xx, ..Tensor::default() } } else { gram };
        Ok(Measured { dimension: self.dimension, axes, loss, smooth: self.smooth, covariance, gram })
    }

    /// The file of directions that [`MeasuredSource::read`] reads besides the surface file; `None` if it reads none.
    pub fn directions(&self, base: &Path) -> Option<PathBuf> {
        let path = found(&self.path, base);
        match &self.lengths {
            Lengths::Scale(_) => None,
            Lengths::Directions(file) => Some(given(file, base, &path)),
            Lengths::OfFile => {
                let contents = Contents::of(&path, self).ok().filter(|contents| !contents.has(&self.names.gram))?;
                contents.directions.map(|named| beside(Path::new(&named), &path))
            }
        }
    }

    fn cells(&self, contents: &Contents) -> Result<Cells, DataFault> {
        let names = &self.names;
        let axis = |name: &str| -> Result<Vec<f64>, DataFault> {
            let array = contents.array(name, None)?;
            let values = &array.values;
            if array.shape.len() != 1 {
                return Err(DataFault::WrongShape {
                    name: name.into(),
                    found: array.shape.clone(),
                    needed: vec![values.len()],
                });
            }
            if let Some(index) = (1..values.len()).find(|&k| values[k] <= values[k - 1]) {
                return Err(DataFault::Unsorted {
                    name: name.into(),
                    index,
                    before: values[index - 1],
                    value: values[index],
                });
            }
            if self.smooth && values.len() > MOST_SMOOTHED {
                return Err(DataFault::TooMany { name: name.into(), found: values.len(), most: MOST_SMOOTHED });
            }
            let needed = if self.smooth { FEWEST.max(FEWEST_SMOOTHED) } else { FEWEST };
            if values.len() < needed {
                return Err(DataFault::TooFew { name: name.into(), found: values.len(), needed });
            }
            Ok(values.clone())
        };
        let x = axis(&names.x)?;
        let y = if self.dimension == 2 { axis(&names.y)? } else { vec![0.0] };
        let shape = if self.dimension == 2 { vec![x.len(), y.len()] } else { vec![x.len()] };
        let loss = contents.array(&names.loss, Some(&shape))?;
        if self.minus_one_is_missing
            && let Some(place) = loss.values.iter().position(|&value| value == -1.0)
        {
            return Err(missing_cell(&names.loss, loss, place));
        }
        let covariance = self.covariance(contents, &shape)?;
        Ok(([x, y], loss.values.clone(), covariance))
    }

    /// The covariance at all grid points; `None` if none of its entries is given.
    fn covariance(&self, contents: &Contents, shape: &[usize]) -> Result<Option<Vec<Tensor>>, DataFault> {
        let names = &self.names.covariance;
        let needed = if self.dimension == 2 { &names[..] } else { &names[..1] };
        if !needed.iter().any(|name| contents.has(name)) {
            return Ok(None);
        }
        let entries: Vec<&Array> =
            needed.iter().map(|name| contents.array(name, Some(shape))).collect::<Result<_, _>>()?;
        let entry = |k: usize, cell: usize| entries.get(k).map_or(0.0, |array| array.values[cell]);
        let cells = (0..entries[0].values.len())
            .map(|cell| {
                let tensor = Tensor { xx: entry(0, cell), xy: entry(1, cell), yy: entry(2, cell) };
                let lowest = tensor.eigen(self.dimension).values[0];
                // A singular tensor in single precision may have this eigenvalue by rounding.
                match lowest < -1e-6 * (tensor.xx.abs() + tensor.yy.abs()) {
                    true => Err(DataFault::NegativeCovariance {
                        index: if self.dimension == 2 { vec![cell / shape[1], cell % shape[1]] } else { vec![cell] },
                        eigenvalue: lowest,
                    }),
                    false => Ok(tensor),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Some(cells))
    }

    fn own_gram(&self, contents: &Contents) -> Result<Tensor, DataFault> {
        let name = &self.names.gram;
        let array = contents.array(name, Some(&[self.dimension; 2]))?;
        let gram = match array.values[..] {
            [xx] => Tensor { xx, ..Tensor::default() },
            [xx, xy, yx, yy] if (xy - yx).abs() <= 1e-6 * (xx * yy).abs().sqrt() => Tensor { xx, xy, yy },
            _ => return Err(DataFault::NotAGram { name: name.clone(), values: array.values.clone() }),
        };
        let is_right = gram.xx > 0.0 && gram.determinant(self.dimension) > 0.0;
        if is_right { Ok(gram) } else { Err(DataFault::NotAGram { name: name.clone(), values: array.values.clone() }) }
    }
}

/// The path of a file of directions that the configuration names: in the working folder, in `base`, or beside the
/// surface file.
fn given(path: &Path, base: &Path, surface: &Path) -> PathBuf {
    let named = found(path, base);
    if named.exists() { named } else { beside(path, surface) }
}

/// The path of a file of directions as named, or if it does not exist, its file name in the folder of the surface file.
fn beside(path: &Path, surface: &Path) -> PathBuf {
    if path.exists() {
        return path.to_path_buf();
    }
    let folder = surface.parent().unwrap_or(Path::new("."));
    path.file_name().map_or(path.to_path_buf(), |name| folder.join(name))
}
