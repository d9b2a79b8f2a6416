//! `[landscape]` as a table: a loss given on a grid of points.

use std::path::PathBuf;

use super::ConfigError;
use super::section::{POSITIVE, Section};
use crate::model::{Lengths, MeasuredSource, Names};

type Read<T> = Result<T, ConfigError>;

/// Reads the file name and the names of its datasets.
///
/// # Errors
/// Keys that are missing, wrong, or contradict each other.
pub(super) fn read(section: &Section, dimension: usize) -> Read<MeasuredSource> {
    let Some(path) = section.text("file")? else {
        return Err(section.missing("file", "a table needs its file: HDF5, NPZ or text (.csv)"));
    };
    let minus_one_is_missing = !section.choice("missing", &[("nan", true), ("-1", false)])?.unwrap_or(false);
    Ok(MeasuredSource {
        path: PathBuf::from(path),
        dimension,
        names: names(&section.section("names")?)?,
        lengths: lengths(section, dimension)?,
        smooth: section.boolean("smooth", false)?,
        minus_one_is_missing,
    })
}

/// The names of the datasets, with defaults.
fn names(section: &Section) -> Read<Names> {
    let usual = Names::default();
    let name = |key: &str, usual: String| Ok(section.text(key)?.unwrap_or(usual));
    let [c11, c12, c22] = usual.covariance;
    let names = Names {
        x: name("x", usual.x)?,
        y: name("y", usual.y)?,
        loss: name("loss", usual.loss)?,
        covariance: [name("c11", c11)?, name("c12", c12)?, name("c22", c22)?],
        gram: name("gram", usual.gram)?,
    };
    section.finish()?;
    Ok(names)
}

fn lengths(section: &Section, dimension: usize) -> Read<Lengths> {
    let file = section.text("dir_file")?;
    let scale = section.numbers("scale", POSITIVE)?;
    Ok(match (file, scale.as_deref()) {
        (Some(_), Some(_)) => {
            let reason = "lengths follow from the directions of dir_file: keep one of the two";
            return Err(section.conflict("scale", reason));
        }
        (Some(file), None) => Lengths::Directions(PathBuf::from(file)),
        (None, None) => Lengths::OfFile,
        (None, Some(&[both])) => Lengths::Scale([both; 2]),
        (None, Some(&[x, y])) if dimension == 2 => Lengths::Scale([x, y]),
        (None, Some(list)) => {
            let reason = format!("has {} lengths for {dimension} dimension(s): give one, or one an axis", list.len());
            return Err(section.conflict("scale", reason));
        }
    })
}
