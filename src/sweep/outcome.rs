//! What became of a point.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A solved point with its summary, or a failed one with its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What it depends on.
    pub configuration: String,
    /// The swept keys with their values.
    pub point: Map<String, Value>,
    /// 0: solved; 2: the values are wrong; 3: it can't be solved as posed.
    pub status: u8,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether it failed for want of memory, which another machine may have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_want_of_memory: bool,
    /// The summary of the run, without its times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Value>,
}
