//! Which fields of a long series are looked at.

/// At most so many of them.
const MOST: usize = 64;

/// Numbers of one field in a series of such fields that memory is given to: half a gigabyte.
pub const MOST_VALUES: usize = 1 << 26;

/// Some of so many fields, evenly from the first to the last: at most 64, and no more than half a gigabyte of those with
/// so many values each.
pub fn frames(count: usize, values: usize) -> Vec<usize> {
    let most = (MOST_VALUES / values.max(1)).clamp(1, MOST);
    match most {
        _ if count <= most => (0..count).collect(),
        1 => vec![count - 1],
        _ => (0..most).map(|k| k * (count - 1) / (most - 1)).collect(),
    }
}
