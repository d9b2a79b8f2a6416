//! The selection of fields from a long time series for pictures and for memory.

/// The largest number of fields selected.
const MOST: usize = 64;

/// The largest number of values that the selected fields have together: 512 MiB as f64.
pub const MOST_VALUES: usize = 1 << 26;

/// The indices of some of `count` fields of `values` numbers each, evenly spaced, with the first and the last one: at
/// most 64, with at most [`MOST_VALUES`] numbers together. If only one field is within that limit it is the last.
pub fn frames(count: usize, values: usize) -> Vec<usize> {
    let most = (MOST_VALUES / values.max(1)).clamp(1, MOST);
    match most {
        _ if count <= most => (0..count).collect(),
        1 => vec![count - 1],
        _ => (0..most).map(|k| k * (count - 1) / (most - 1)).collect(),
    }
}
