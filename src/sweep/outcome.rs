//! The outcome of a point.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A solved point with its summary, or a failed one with its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The identity of the point, see [`crate::config::Sweep::identity`].
    pub configuration: String,
    /// The swept keys with their values.
    pub point: Map<String, Value>,
    /// The exit status, 0: solved; 2: wrong values; 3: cannot be solved as posed.
    pub status: u8,
    /// The message of a failed point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether it failed for lack of memory, so that another machine may succeed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_want_of_memory: bool,
    /// The summary of the run, without times; `None` for a failed point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Value>,
}
