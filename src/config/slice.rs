//! `[landscape]` as a slice of a model: a line or a plane through its parameters.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ConfigError;
use super::model::{self, ModelForm, WeightSource};
use super::section::{COUNT, POSITIVE, Section};
use crate::model::Directions;
use crate::model::slice::{Middle, Slice, SliceError, SliceSpec};
use crate::model::{DataSource, FEWEST};
use crate::problem::{DomainSpec, StartSet, ValleySpec};
use crate::progress::Progress;

type Read<T> = Result<T, ConfigError>;

/// A slice as configured.
#[derive(Clone, Debug)]
pub struct SliceConfig {
    /// The form of the model.
    pub form: ModelForm,
    /// The data.
    pub data: DataSource,
    /// The penalty λ ≥ 0 in λ/2 |θ|².
    pub l2: f64,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The vectors that span it.
    pub directions: Directions,
    /// The range along each axis; `None`: that of the domain, or from −1 to 1.
    pub range: Option<[[f64; 2]; 2]>,
    /// The number of points along each axis.
    pub points: Option<[usize; 2]>,
    /// The folder in which slices are kept.
    pub cache: Option<PathBuf>,
}

/// The default extent of a slice to either side.
const REACH: f64 = 1.0;
/// The default extent of a slice beyond its minima, in their distance.
const BEYOND: f64 = 0.5;
/// The share of its width by which a slice extends beyond a given domain, because splines are least accurate at their
/// ends.
const MARGIN: f64 = 0.05;
/// The extent of a slice, in half widths of a box around a minimum that need not be in the centre.
const AROUND: f64 = 1.5;

#[cfg(feature = "files")]
use crate::model::stored::kept;

/// Without HDF5 nothing can be kept.
#[cfg(not(feature = "files"))]
fn kept(
    folder: &Path,
    _: &Arc<crate::model::Model>,
    _: &SliceSpec,
    _: impl FnOnce() -> Result<Slice, SliceError>,
) -> Result<Slice, SliceError> {
    Err(SliceError::Kept { file: folder.to_path_buf(), reason: "this build has no HDF5".into() })
}

/// Reads a model and the slice through it.
///
/// # Errors
/// Keys that are missing, wrong, or contradict each other.
pub(super) fn read(section: &Section, dimension: usize) -> Read<SliceConfig> {
    let slice = section.section("slice")?;
    let Some(word) = slice.text("directions")? else {
        return Err(slice.missing(
            "directions",
            "give \"hessian\", \"filter\", \"minima\", or a safetensors file with vectors x and y",
        ));
    };
    let seed = slice.number("seed", model::SEED)?;
    let directions = match word.as_str() {
        "hessian" => Directions::Hessian,
        "filter" => Directions::Filter { seed: seed.unwrap_or(0.0) as u64 },
        "minima" => Directions::Minima(minima(&slice, dimension)?),
        file if file.ends_with(".safetensors") => Directions::File(PathBuf::from(file)),
        _ => {
            let reason = format!(
                "\"{word}\" is none: give \"hessian\", \"filter\", \"minima\", or a file that ends in .safetensors"
            );
            return Err(slice.conflict("directions", reason));
        }
    };
    if seed.is_some() && !matches!(directions, Directions::Filter { .. }) {
        return Err(slice.conflict("seed", "only directions = \"filter\" are random: leave the seed out"));
    }
    let each = |key: &str, list: Option<Vec<f64>>| match (list.as_deref(), dimension) {
        (None, _) => Ok(None),
        (Some(&[both]), _) => Ok(Some([both; 2])),
        (Some(&[x, y]), 2) => Ok(Some([x, y])),
        (Some(list), _) => Err(slice.conflict(key, format!("has {} numbers for {dimension} dimension(s)", list.len()))),
    };
    let reach = each("reach", slice.numbers("reach", POSITIVE)?)?;
    let points = each("points", slice.numbers("points", COUNT)?)?.map(|points| points.map(|count| count as usize));
    if points.is_some_and(|points| points[..dimension].iter().any(|count| *count < FEWEST)) {
        return Err(
            slice.conflict("points", format!("needs {FEWEST} along each axis, to interpolate and to say how well"))
        );
    }
    let cache = slice.text("cache")?.map(PathBuf::from);
    slice.finish()?;
    let (form, data, l2) = model::read(section)?;
    if matches!(directions, Directions::Minima(_)) && !matches!(form, ModelForm::Network { .. }) {
        return Err(
            slice.conflict("directions", "a regression has one minimum: take \"hessian\", \"filter\" or a file")
        );
    }
    let config = SliceConfig { form, data, l2, dimension, directions, range: None, points, cache };
    Ok(SliceConfig { range: reach.map(|reach| config.reaching(reach)), ..config })
}

/// The other minima, one for each dimension: seeds that networks are trained from, or files of weights.
fn minima(slice: &Section, dimension: usize) -> Read<Vec<Middle>> {
    let Some(names) = slice.texts("minima")? else {
        let reason = "directions = \"minima\" needs the others: seeds to train from, or safetensors files, one for each dimension";
        return Err(slice.missing("minima", reason));
    };
    if names.len() != dimension {
        let reason = format!(
            "has {} other minima for {dimension} dimension(s): a line goes through the centre and one more, a plane through two more",
            names.len()
        );
        return Err(slice.conflict("minima", reason));
    }
    let end = |name: String| match name.parse::<u64>() {
        Ok(seed) => Ok(Middle::Seed(seed)),
        Err(_) if name.ends_with(".safetensors") => Ok(Middle::File(PathBuf::from(name))),
        Err(_) => {
            let reason = format!("\"{name}\" is neither a seed nor a file that ends in .safetensors");
            Err(slice.conflict("minima", reason))
        }
    };
    names.into_iter().map(end).collect()
}

impl SliceConfig {
    /// The reach where none is given.
    fn usual_reach(&self) -> [f64; 2] {
        [if matches!(self.directions, Directions::Minima(_)) { BEYOND } else { REACH }; 2]
    }

    /// The range for a reach: to either side of the centre, or of all minima.
    fn reaching(&self, reach: [f64; 2]) -> [[f64; 2]; 2] {
        let end = if matches!(self.directions, Directions::Minima(_)) { 1.0 } else { 0.0 };
        reach.map(|reach| [-reach, end + reach])
    }

    /// Chooses the range, if it is not given, from the domain or the box of the start set. Their coordinates are θ, and
    /// those of the slice √k θ.
    pub(super) fn settle(&mut self, domain: &DomainSpec, valley: Option<&ValleySpec>, sharpness: f64) {
        if self.range.is_some() {
            return;
        }
        let of_box = valley.and_then(|valley| match valley.set {
            StartSet::HalfWidth(half) => Some((half.map(|half| -AROUND * half), half.map(|half| AROUND * half))),
            StartSet::Box { lower, upper } => Some((lower, upper)),
            _ => None,
        });
        let usual = self.reaching(self.usual_reach());
        let corners = domain.lower.zip(domain.upper).or(of_box);
        self.range = Some([0, 1].map(|axis| match corners {
            Some((lower, upper)) if axis < self.dimension => {
                let margin = MARGIN * (upper[axis] - lower[axis]);
                [lower[axis] - margin, upper[axis] + margin].map(|end| sharpness.sqrt() * end)
            }
            _ => usual[axis],
        }));
    }

    /// The slice, computed once per process. `base`: the folder in which relative paths are looked up after the working
    /// folder.
    ///
    /// # Errors
    /// [`SliceError`].
    pub fn slice(&self, base: &Path, progress: &Progress) -> Result<Arc<Slice>, SliceError> {
        Slice::once(format!("{} {self:?}", base.display()), || {
            let found = |path: &PathBuf| if path.exists() { path.clone() } else { base.join(path) };
            let model = Arc::new(model::model_of(&self.form, &self.data, self.l2, base)?);
            let middle = match &self.form {
                ModelForm::Network { weights: WeightSource::Seed(seed), .. } => Middle::Seed(*seed),
                ModelForm::Network { weights: WeightSource::Random(seed), .. } => Middle::Random(*seed),
                ModelForm::Network { weights: WeightSource::File(path), .. } => Middle::File(found(path)),
                _ => Middle::Minimiser,
            };
            let directions = match &self.directions {
                Directions::File(path) => Directions::File(found(path)),
                Directions::Minima(ends) => {
                    let end = |end: &Middle| match end {
                        Middle::File(path) => Middle::File(found(path)),
                        end => end.clone(),
                    };
                    Directions::Minima(ends.iter().map(end).collect())
                }
                directions => directions.clone(),
            };
            let range = self.range.unwrap_or_else(|| self.reaching(self.usual_reach()));
            let spec = SliceSpec { dimension: self.dimension, middle, directions, range, points: self.points };
            let compute = || Slice::compute(&model, &spec, progress);
            match &self.cache {
                Some(folder) => kept(folder, &model, &spec, compute),
                None => compute(),
            }
        })
    }
}
