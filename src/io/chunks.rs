//! Fields in compressed chunks, compressed in parallel, which HDF5's own filters do not do.

use hdf5::Dataset;
use hdf5_sys::{h5d, h5p};
use libdeflater::{CompressionLvl, Compressor};
use rayon::prelude::*;

/// The cells of a chunk along each axis.
const CHUNK: usize = 256;

/// The deflate level recorded in the file; readers do not need it.
pub(super) const DEFLATE: u8 = 3;

/// The deflate level that is used: the next four levels together save 2 % of the size of our fields and are slower.
const EFFORT: i32 = 1;

/// The number of chunks in memory at once.
const AT_ONCE: usize = 64;

/// The bytes of a number.
const BYTES: usize = size_of::<f64>();

/// The chunk sizes of a field: [`CHUNK`] cells along each axis, or the whole axis if it is shorter; one along the first
/// axis of a field that grows.
pub(super) fn sizes(shape: &[usize], grows: bool) -> Vec<usize> {
    let mut sizes: Vec<usize> = shape.iter().map(|cells| (*cells).clamp(1, CHUNK)).collect();
    if let Some(first) = sizes.first_mut().filter(|_| grows) {
        *first = 1;
    }
    sizes
}

/// Writes values of the given shape into a dataset with these chunk sizes and the filters shuffle and deflate. `from`:
/// the index on the first axis at which they begin, a multiple of the chunk size.
///
/// # Errors
/// The refusal of the HDF5 library.
pub(super) fn write(
    dataset: &Dataset,
    from: usize,
    shape: &[usize],
    sizes: &[usize],
    values: &[f64],
) -> Result<(), hdf5::Error> {
    let counts: Vec<usize> = shape.iter().zip(sizes).map(|(cells, size)| cells.div_ceil(*size)).collect();
    let all: Vec<usize> = (0..counts.iter().product()).collect();
    for some in all.chunks(AT_ONCE) {
        let corner = |number: &usize| -> Vec<usize> {
            places(*number, &counts).iter().zip(sizes).map(|(place, size)| place * size).collect()
        };
        let fill = |number: &usize| -> Result<(Vec<usize>, Vec<u8>), hdf5::Error> {
            let corner = corner(number);
            let bytes = compressed(&shuffled(values, shape, sizes, &corner))?;
            Ok((corner, bytes))
        };
        // In parallel on the caller's thread pool only.
        let filled: Result<Vec<_>, _> = match rayon::current_thread_index() {
            Some(_) => some.par_iter().map(fill).collect(),
            None => some.iter().map(fill).collect(),
        };
        for (mut corner, bytes) in filled? {
            corner[0] += from;
            store(dataset, &corner, &bytes)?;
        }
    }
    Ok(())
}

/// The multi-index of a linear index, the last axis running fastest.
fn places(mut number: usize, counts: &[usize]) -> Vec<usize> {
    let mut places = vec![0; counts.len()];
    for (place, count) in places.iter_mut().zip(counts).rev() {
        (*place, number) = (number % count, number / count);
    }
    places
}

/// The values of one chunk after the shuffle filter, all first bytes first; zero beyond the shape.
fn shuffled(values: &[f64], shape: &[usize], sizes: &[usize], corner: &[usize]) -> Vec<u8> {
    let (total, last) = (sizes.iter().product::<usize>(), sizes.len() - 1);
    let mut bytes = vec![0; total * BYTES];
    let length = sizes[last].min(shape[last] - corner[last]);
    for line in 0..total / sizes[last] {
        let within = places(line, &sizes[..last]);
        let at: Vec<usize> = within.iter().zip(corner).map(|(place, corner)| place + corner).collect();
        if at.iter().zip(shape).any(|(place, cells)| place >= cells) {
            continue;
        }
        let begin =
            at.iter().zip(shape).fold(0, |before, (place, cells)| before * cells + place) * shape[last] + corner[last];
        for (k, value) in values[begin..begin + length].iter().enumerate() {
            for (plane, byte) in value.to_ne_bytes().into_iter().enumerate() {
                bytes[plane * total + line * sizes[last] + k] = byte;
            }
        }
    }
    bytes
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, hdf5::Error> {
    let level = CompressionLvl::new(EFFORT).unwrap_or_default();
    let mut compressor = Compressor::new(level);
    let mut packed = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut packed).map_err(|error| hdf5::Error::from(error.to_string()))?;
    packed.truncate(length);
    Ok(packed)
}

/// Stores a chunk whose filters have been applied.
fn store(dataset: &Dataset, corner: &[usize], bytes: &[u8]) -> Result<(), hdf5::Error> {
    let corner: Vec<u64> = corner.iter().map(|place| *place as u64).collect();
    // SAFETY: the identifier is open while `dataset` lives, `corner` has one number for each axis and is the start of a
    // chunk, `bytes` has the length that is passed, and `sync` holds the library's lock.
    let status = hdf5::sync::sync(|| unsafe {
        h5d::H5Dwrite_chunk(dataset.id(), h5p::H5P_DEFAULT, 0, corner.as_ptr(), bytes.len(), bytes.as_ptr().cast())
    });
    if status < 0 { Err(format!("H5Dwrite_chunk returned {status}").into()) } else { Ok(()) }
}
