//! Fields that grow along their first axis, as a density in time does: what one file holds of such a field goes into the
//! next compressed as it is, and what is new is added.

use std::ffi::CString;

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, Extent, File, Group, Hyperslab, Selection, SliceOrIndex};
use hdf5_sys::{h5o, h5p};
use ndarray::ArrayD;

use super::chunks;
use super::read::unlocked;
use crate::observe::frames::{MOST_VALUES, frames};
use crate::observe::group::{Before, Field};

/// Writes a field: where it grows first what is in another file already, then its values.
///
/// # Errors
/// The library's refusal; values that do not fit the shape; a file that no longer holds what it held.
pub(super) fn write(group: &Group, field: &Field, shape: &[usize]) -> Result<Dataset, hdf5::Error> {
    let (name, grows): (&str, bool) = (&field.label.name, field.before.is_some());
    let sizes = chunks::sizes(shape, grows);
    let before = field.before.as_ref().filter(|before| before.places > 0);
    let dataset = match before {
        None => {
            let mut extents: Vec<Extent> = shape.iter().copied().map(Extent::fixed).collect();
            if let Some(first) = extents.first_mut().filter(|_| grows) {
                *first = Extent::resizable(shape[0]);
            }
            let builder = group.new_dataset_builder().empty::<f64>().shape(extents);
            builder.chunk(sizes.clone()).shuffle().deflate(chunks::DEFLATE).create(name)?
        }
        Some(before) => carried(group, name, shape, before)?,
    };
    let from = before.map_or(0, |before| before.places);
    let later: Vec<usize> = shape.iter().enumerate().map(|(axis, n)| if axis == 0 { n - from } else { *n }).collect();
    if later.iter().product::<usize>() != field.values.len() {
        return Err(format!("{name} has {} values for {later:?}", field.values.len()).into());
    }
    chunks::write(&dataset, from, &later, &sizes, &field.values)?;
    Ok(dataset)
}

/// The first part of a field out of its file, as long as the whole will be.
fn carried(group: &Group, name: &str, shape: &[usize], before: &Before) -> Result<Dataset, hdf5::Error> {
    let place = format!("{}/{name}", group.name());
    let changed = || {
        let file = before.file.display();
        hdf5::Error::from(format!(
            "{file} has changed meanwhile: it held the first {} places of {place}",
            before.places
        ))
    };
    let file = unlocked(&before.file).map_err(|_| changed())?;
    let held = file.dataset(&place).map(|held| held.shape()).unwrap_or_default();
    let configuration = |file: &File| file.attr("configuration")?.read_scalar::<VarLenUnicode>();
    let is_own = configuration(&file).ok() == configuration(&group.file()?).ok();
    if !is_own || held.first() != Some(&before.places) || held[1..] != shape[1..] {
        return Err(changed());
    }
    copy(&file, &place, group, name)?;
    let dataset = group.dataset(name)?;
    dataset.resize(shape.to_vec())?;
    Ok(dataset)
}

/// Copies a dataset, without its attributes, under a name into a group of another file.
fn copy(from: &File, place: &str, group: &Group, name: &str) -> Result<(), hdf5::Error> {
    let [place, name] =
        [place, name].map(|text| CString::new(text).map_err(|_| hdf5::Error::from("a name holds a NUL")));
    let (place, name) = (place?, name?);
    // SAFETY: the identifiers are open while `from` and `group` live, the texts are NUL-terminated and outlive the calls,
    // the list is closed once, and `sync` holds the library's lock.
    let status = hdf5::sync::sync(|| unsafe {
        let how = h5p::H5Pcreate(*h5p::H5P_CLS_OBJECT_COPY);
        if how < 0 || h5p::H5Pset_copy_object(how, h5o::H5O_COPY_WITHOUT_ATTR_FLAG) < 0 {
            return -1;
        }
        let status = h5o::H5Ocopy(from.id(), place.as_ptr(), group.id(), name.as_ptr(), how, h5p::H5P_DEFAULT);
        h5p::H5Pclose(how);
        status
    });
    if status < 0 { Err(format!("H5Ocopy returned {status}").into()) } else { Ok(()) }
}

/// The places of the first axis of which a field is read, where it is longer than memory is given to.
pub(super) fn part(dataset: &Dataset) -> Option<Vec<usize>> {
    let shape = dataset.shape();
    let is_long = dataset.is_resizable() && dataset.size() > MOST_VALUES;
    is_long.then(|| frames(shape[0], shape[1..].iter().product()))
}

/// Reads a field at some places of its first axis.
///
/// # Errors
/// The library's refusal.
pub(super) fn read(dataset: &Dataset, places: &[usize]) -> Result<Vec<f64>, hdf5::Error> {
    let mut values = Vec::new();
    for place in places {
        let found: ArrayD<f64> = dataset.read_slice(along(*place..place + 1, dataset.ndim()))?;
        values.extend(found);
    }
    Ok(values)
}

/// These places of the first of so many axes, and all of the others.
fn along(places: std::ops::Range<usize>, axes: usize) -> Selection {
    let mut slices = vec![SliceOrIndex::from(..); axes];
    slices[0] = places.into();
    Hyperslab::from(slices).into()
}
