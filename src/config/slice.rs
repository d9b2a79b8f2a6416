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

/// A slice as a file names it.
#[derive(Clone, Debug)]
pub struct SliceConfig {
    /// Which model.
    pub form: ModelForm,
    /// Its data.
    pub data: DataSource,
    /// λ ≥ 0 in λ/2 |θ|².
    pub l2: f64,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// Its vectors.
    pub directions: Directions,
    /// From where to where it is known; `None`: as far as the domain, or by 1 each way.
    pub range: Option<[[f64; 2]; 2]>,
    /// Points along each axis.
    pub points: Option<[usize; 2]>,
}

/// How far a slice goes each way where nothing says it.
const REACH: f64 = 1.0;
/// Share of its width by which a slice goes beyond a domain that is given: splines are best away from their ends.
const MARGIN: f64 = 0.05;
/// Half widths that hold a box around a minimum near the middle, with some slack.
const AROUND: f64 = 1.5;

/// Reads a model and the slice through it.
///
/// # Errors
/// Keys that are missing, wrong or in each other's way.
pub(super) fn read(section: &Section, dimension: usize) -> Read<SliceConfig> {
    let slice = section.section("slice")?;
    let Some(word) = slice.text("directions")? else {
        return Err(
            slice.missing("directions", "give \"hessian\", \"filter\", or a safetensors file with vectors x and y")
        );
    };
    let seed = slice.number("seed", model::SEED)?;
    let directions = match word.as_str() {
        "hessian" => Directions::Hessian,
        "filter" => Directions::Filter { seed: seed.unwrap_or(0.0) as u64 },
        file if file.ends_with(".safetensors") => Directions::File(PathBuf::from(file)),
        _ => {
            let reason =
                format!("\"{word}\" is none: give \"hessian\", \"filter\", or a file that ends in .safetensors");
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
    slice.finish()?;
    let (form, data, l2) = model::read(section)?;
    let range = reach.map(|reach| reach.map(|reach| [-reach, reach]));
    Ok(SliceConfig { form, data, l2, dimension, directions, range, points })
}

impl SliceConfig {
    /// Chooses how far the slice goes, where that is not said: as far as is asked for.
    pub(super) fn settle(&mut self, domain: &DomainSpec, valley: Option<&ValleySpec>) {
        if self.range.is_some() {
            return;
        }
        let of_box = valley.and_then(|valley| match valley.set {
            StartSet::HalfWidth(half) => Some((half.map(|half| -AROUND * half), half.map(|half| AROUND * half))),
            StartSet::Box { lower, upper } => Some((lower, upper)),
            _ => None,
        });
        let corners = domain.lower.zip(domain.upper).or(of_box);
        self.range = Some([0, 1].map(|axis| match corners {
            Some((lower, upper)) if axis < self.dimension => {
                let margin = MARGIN * (upper[axis] - lower[axis]);
                [lower[axis] - margin, upper[axis] + margin]
            }
            _ => [-REACH, REACH],
        }));
    }

    /// The slice, computed once in the life of the program.
    ///
    /// # Errors
    /// [`SliceError`].
    pub fn slice(&self, base: &Path, progress: &Progress) -> Result<Arc<Slice>, SliceError> {
        Slice::once(format!("{} {self:?}", base.display()), || {
            let found = |path: &PathBuf| if path.exists() { path.clone() } else { base.join(path) };
            let model = model::model_of(&self.form, &self.data, self.l2, base)?;
            let middle = match &self.form {
                ModelForm::Network { weights: WeightSource::Seed(seed), .. } => Middle::Seed(*seed),
                ModelForm::Network { weights: WeightSource::File(path), .. } => Middle::File(found(path)),
                _ => Middle::Minimiser,
            };
            let directions = match &self.directions {
                Directions::File(path) => Directions::File(found(path)),
                directions => directions.clone(),
            };
            let range = self.range.unwrap_or([[-REACH, REACH]; 2]);
            let spec = SliceSpec { dimension: self.dimension, middle, directions, range, points: self.points };
            Slice::compute(&model, &spec, progress)
        })
    }
}
