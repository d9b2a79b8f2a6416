//! Weights in the safetensors format: `0.weight` (outputs × inputs), `0.bias`, `1.weight`, ….
//!
//! ```text
//! 8 bytes    length n of the header, little-endian
//! n bytes    JSON: { "0.weight": { "dtype": "F64", "shape": [10, 4], "data_offsets": [0, 320] }, … }
//! the rest   the numbers, little-endian, row by row
//! ```
//! Files are written in double precision and read in double or single precision. A tensor that is missing, of another
//! shape, or not of the network is an error, so that weights of another network are not taken for this one's.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::network::Network;

/// Why a file of weights cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// The file is not in the format.
    #[error("this is no safetensors file, or it is damaged: {what}")]
    Format {
        /// The reason.
        what: String,
    },
    /// A tensor is missing.
    #[error("there is no tensor `{name}`; there are: {}", present.join(", "))]
    Missing {
        /// Its name.
        name: String,
        /// The names of all tensors in the file.
        present: Vec<String>,
    },
    /// A tensor that the network does not have.
    #[error("the tensor `{name}` belongs to no layer of this network, which has {layers}")]
    Stranger {
        /// Its name.
        name: String,
        /// The number of layers of the network.
        layers: usize,
    },
    /// A tensor has the wrong shape.
    #[error("the tensor `{name}` has the shape {found:?}, and this network needs {needed:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that is needed.
        needed: Vec<usize>,
    },
    /// A tensor has an unsupported type.
    #[error("the tensor `{name}` holds {found} numbers: F32 and F64 can be read")]
    Precision {
        /// Its name.
        name: String,
        /// The type of its numbers.
        found: String,
    },
    /// A weight is not finite.
    #[error("the tensor `{name}` holds {value} at place {place} (from 0)")]
    NotFinite {
        /// Its name.
        name: String,
        /// The index of the weight, from 0.
        place: usize,
        /// The weight.
        value: f64,
    },
}

/// The name, shape and range in θ of every tensor of a network.
fn tensors(network: &Network) -> Vec<(String, Vec<usize>, Range<usize>)> {
    let mut all = Vec::new();
    for (k, layer) in network.layers().iter().enumerate() {
        all.push((format!("{k}.weight"), vec![layer.outputs, layer.inputs], layer.weights()));
        if layer.has_bias {
            all.push((format!("{k}.bias"), vec![layer.outputs], layer.biases()));
        }
    }
    all
}

/// The contents of a file with these weights.
pub fn encode(network: &Network, theta: &[f64]) -> Vec<u8> {
    let mut header = Map::new();
    for (name, shape, range) in tensors(network) {
        let offsets = [8 * range.start, 8 * range.end];
        header.insert(name, json!({ "dtype": "F64", "shape": shape, "data_offsets": offsets }));
    }
    let mut text = Value::Object(header).to_string();
    // The numbers begin at a multiple of eight bytes.
    text.extend(std::iter::repeat_n(' ', text.len().next_multiple_of(8) - text.len()));
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.bytes());
    theta.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

/// The weights θ from the contents of a file.
///
/// # Errors
/// [`WeightsError`]: contents that are no safetensors file, or that do not fit the network.
pub fn decode(network: &Network, bytes: &[u8]) -> Result<Vec<f64>, WeightsError> {
    let (header, data) = split(bytes)?;
    let needed = tensors(network);
    let is_ours = |name: &String| name == "__metadata__" || needed.iter().any(|(ours, ..)| ours == name);
    let mut theta = vec![0.0; network.parameters()];
    for (name, shape, range) in &needed {
        let present = || header.keys().filter(|name| *name != "__metadata__").cloned().collect();
        let entry = header.get(name).ok_or_else(|| WeightsError::Missing { name: name.clone(), present: present() })?;
        let values = numbers(name, shape, entry, data)?;
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return Err(WeightsError::NotFinite { name: name.clone(), place, value: values[place] });
        }
        theta[range.clone()].copy_from_slice(&values);
    }
    match header.keys().find(|name| !is_ours(name)) {
        Some(name) => Err(WeightsError::Stranger { name: name.clone(), layers: network.layers().len() }),
        None => Ok(theta),
    }
}

/// The shape and the entries of one tensor of a file.
///
/// # Errors
/// [`WeightsError`]: contents that are no safetensors file, a missing tensor, or an unsupported type.
pub fn tensor(name: &str, bytes: &[u8]) -> Result<(Vec<usize>, Vec<f64>), WeightsError> {
    let (header, data) = split(bytes)?;
    let present = || header.keys().filter(|name| *name != "__metadata__").cloned().collect();
    let entry = header.get(name).ok_or_else(|| WeightsError::Missing { name: name.into(), present: present() })?;
    let shape = shape(name, entry)?;
    let values = numbers(name, &shape, entry, data)?;
    Ok((shape, values))
}

fn format(what: impl Into<String>) -> WeightsError {
    WeightsError::Format { what: what.into() }
}

/// The header and the data.
fn split(bytes: &[u8]) -> Result<(Map<String, Value>, &[u8]), WeightsError> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| format("it has less than 8 bytes"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (text, data) = rest
        .split_at_checked(length)
        .ok_or_else(|| format(format!("its header is said to have {length} bytes, and {} follow", rest.len())))?;
    match serde_json::from_slice(text) {
        Ok(Value::Object(header)) => Ok((header, data)),
        Ok(_) => Err(format("its header is no JSON object")),
        Err(error) => Err(format(format!("its header is no JSON ({error})"))),
    }
}

/// A list of nonnegative integers.
fn list(entry: &Value, key: &str) -> Option<Vec<usize>> {
    entry[key].as_array()?.iter().map(|value| usize::try_from(value.as_u64()?).ok()).collect()
}

fn shape(name: &str, entry: &Value) -> Result<Vec<usize>, WeightsError> {
    list(entry, "shape").ok_or_else(|| format(format!("`{name}` has no shape")))
}

/// The entries of a tensor as f64; an error unless it has the needed shape.
fn numbers(name: &str, needed: &[usize], entry: &Value, data: &[u8]) -> Result<Vec<f64>, WeightsError> {
    let found = shape(name, entry)?;
    if found != needed {
        return Err(WeightsError::Shape { name: name.into(), found, needed: needed.to_vec() });
    }
    let kind = entry["dtype"].as_str().ok_or_else(|| format(format!("`{name}` has no dtype")))?;
    let size = match kind {
        "F64" => 8,
        "F32" => 4,
        other => return Err(WeightsError::Precision { name: name.into(), found: other.into() }),
    };
    let place = match list(entry, "data_offsets").as_deref() {
        Some(&[start, end]) => data.get(start..end),
        _ => None,
    };
    // A shape that overflows has no such place.
    let length = needed.iter().try_fold(size, |length: usize, side| length.checked_mul(*side));
    let bytes = place.filter(|bytes| Some(bytes.len()) == length);
    let bytes = bytes.ok_or_else(|| format(format!("the numbers of `{name}` are not where its header says")))?;
    Ok(match size {
        8 => bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect(),
        _ => bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect(),
    })
}
