//! HDF5 dimension scales: the coordinates of a field attached to its axes, as netCDF readers expect.

use std::ffi::CString;
use std::os::raw::{c_char, c_uint};

use hdf5::Dataset;
use hdf5_sys::h5i::hid_t;

// The high-level part of the HDF5 library; the -sys crate links it but does not declare these.
unsafe extern "C" {
    fn H5DSset_scale(scale: hid_t, name: *const c_char) -> i32;
    fn H5DSattach_scale(field: hid_t, scale: hid_t, axis: c_uint) -> i32;
    fn H5DSis_scale(dataset: hid_t) -> i32;
    fn H5DSis_attached(field: hid_t, scale: hid_t, axis: c_uint) -> i32;
}

/// Makes a one-dimensional dataset a dimension scale with this name.
///
/// # Errors
/// A name with a NUL, or an error of the HDF5 library.
pub fn make(dataset: &Dataset, name: &str) -> Result<(), hdf5::Error> {
    let name = CString::new(name).map_err(|_| hdf5::Error::from("a scale's name holds a NUL"))?;
    // SAFETY: the identifier is open while `dataset` lives, `name` is NUL-terminated and outlives the call, and
    // `sync` holds the library's lock.
    let status = hdf5::sync::sync(|| unsafe { H5DSset_scale(dataset.id(), name.as_ptr()) });
    check(status, "H5DSset_scale")
}

/// Attaches a scale to an axis of a field.
///
/// # Errors
/// An error of the HDF5 library: a dataset that is no scale, or an axis that the field does not have.
pub fn attach(field: &Dataset, scale: &Dataset, axis: usize) -> Result<(), hdf5::Error> {
    // SAFETY: both identifiers are open while the datasets live, and `sync` holds the library's lock.
    let status = hdf5::sync::sync(|| unsafe { H5DSattach_scale(field.id(), scale.id(), axis as c_uint) });
    check(status, "H5DSattach_scale")
}

/// Whether a dataset is a dimension scale.
pub fn is_scale(dataset: &Dataset) -> bool {
    // SAFETY: as above.
    hdf5::sync::sync(|| unsafe { H5DSis_scale(dataset.id()) }) > 0
}

/// Whether `scale` is attached to this axis of `field`.
pub fn is_attached(field: &Dataset, scale: &Dataset, axis: usize) -> bool {
    // SAFETY: as above.
    hdf5::sync::sync(|| unsafe { H5DSis_attached(field.id(), scale.id(), axis as c_uint) }) > 0
}

fn check(status: i32, function: &str) -> Result<(), hdf5::Error> {
    if status < 0 {
        return Err(format!("{function} returned {status}").into());
    }
    Ok(())
}
