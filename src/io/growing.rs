//! Fields that grow along their first axis, such as a density in time: the part that an earlier file holds is copied in
//! compressed form, and new values are appended.

use std::ffi::CString;

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, Extent, File, Group, Hyperslab, Selection, SliceOrIndex};
use hdf5_sys::{h5o, h5p};
use ndarray::ArrayD;

use super::chunks;
use super::read::unlocked;
use crate::observe::frames::{MOST_VALUES, frames};
use crate::observe::group::{Before, Field};

/// Writes a field; of one that grows first the part in an earlier file, then its values.
///
/// # Errors
/// An error of the HDF5 library, values that do not fit the shape, and an earlier file that has changed.
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

/// Copies the first part of a field from its earlier file, and extends it to the shape of the whole.
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

/// Copies a dataset without its attributes into a group of another file.
fn copy(from: &File, place: &str, group: &Group, name: &str) -> Result<(), hdf5::Error> {
    let [place, name] =
        [place, name].map(|text| CString::new(text).map_err(|_| hdf5::Error::from("a name holds a NUL")));
    let (place, name) = (place?, name?);
    // SAFETY: the identifiers are open while `from` and `group` live, the texts are NUL-terminated and outlive the
    // calls, the list is closed once, and `sync` holds the library's lock.
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

/// The indices along the first axis at which a long field is read; `None` for a field that is read whole.
pub(super) fn part(dataset: &Dataset) -> Option<Vec<usize>> {
    let shape = dataset.shape();
    let is_long = dataset.is_resizable() && dataset.size() > MOST_VALUES;
    is_long.then(|| frames(shape[0], shape[1..].iter().product()))
}

/// Reads a field at these indices along its first axis.
///
/// # Errors
/// An error of the HDF5 library.
pub(super) fn read(dataset: &Dataset, places: &[usize]) -> Result<Vec<f64>, hdf5::Error> {
    let mut values = Vec::new();
    for place in places {
        let found: ArrayD<f64> = dataset.read_slice(along(*place..place + 1, dataset.ndim()))?;
        values.extend(found);
    }
    Ok(values)
}

/// The selection of a range along the first axis, and of everything along the others.
fn along(places: std::ops::Range<usize>, axes: usize) -> Selection {
    let mut slices = vec![SliceOrIndex::from(..); axes];
    slices[0] = places.into();
    Hyperslab::from(slices).into()
}
