//! Tables and directions in HDF5 files.

use std::path::Path;

use hdf5::types::{VarLenAscii, VarLenUnicode};
use hdf5::{Dataset, File};

use super::super::fault::DataFault;
use super::directions::Direction;
use super::{Array, Contents};
use crate::input;

fn open(path: &Path) -> Result<File, DataFault> {
    input::open(path).map_err(|error| DataFault::Unreadable { reason: error.to_string() })?;
    File::open(path).map_err(|error| DataFault::Format { what: format!("HDF5 says: {error}") })
}

/// A numeric dataset of any precision, as f64.
fn array(name: &str, dataset: &Dataset) -> Result<Array, DataFault> {
    let values = dataset.read_raw::<f64>();
    let values = values.map_err(|error| DataFault::Format { what: format!("`{name}` holds no numbers ({error})") })?;
    Ok(Array { shape: dataset.shape(), values })
}

/// Reads those of the wanted datasets that exist, and the name of the file of directions if there is one.
pub(super) fn read(path: &Path, wanted: &[&str]) -> Result<Contents, DataFault> {
    let file = open(path)?;
    let present = file.member_names().map_err(|error| DataFault::Format { what: error.to_string() })?;
    let mut contents = Contents::default();
    for name in wanted {
        // The name may be a path through groups.
        if let Ok(dataset) = file.dataset(name) {
            contents.arrays.insert((*name).to_string(), array(name, &dataset)?);
        }
    }
    if let Ok(dataset) = file.dataset("dir_file") {
        contents.directions =
            Some(text(&dataset).ok_or_else(|| DataFault::Format { what: "`dir_file` holds no text".into() })?);
    }
    contents.present = present;
    Ok(contents)
}

fn text(dataset: &Dataset) -> Option<String> {
    let unicode = || dataset.read_scalar::<VarLenUnicode>().ok().map(|text| text.to_string());
    let ascii = || dataset.read_scalar::<VarLenAscii>().ok().map(|text| text.to_string());
    // Text as written by Python 2.
    let fixed = || dataset.read_scalar::<hdf5::types::FixedAscii<1024>>().ok().map(|text| text.to_string());
    unicode().or_else(ascii).or_else(fixed)
}

/// The tensors of each group.
pub(super) fn directions(path: &Path, groups: &[&str]) -> Result<Vec<Direction>, DataFault> {
    let file = open(path)?;
    let direction = |name: &&str| -> Result<Direction, DataFault> {
        let group = file.group(name).map_err(|_| DataFault::MissingDataset {
            name: (*name).to_string(),
            present: file.member_names().unwrap_or_default(),
        })?;
        let names = group.member_names().map_err(|error| DataFault::Format { what: error.to_string() })?;
        let tensor = |own: String| {
            let dataset = group.dataset(&own);
            let full = format!("{name}/{own}");
            let dataset = dataset.map_err(|_| DataFault::Format { what: format!("`{full}` is no dataset") })?;
            Ok((own, array(&full, &dataset)?))
        };
        names.into_iter().map(tensor).collect()
    };
    groups.iter().map(direction).collect()
}
