//! From a tensor and a slope to the rates along the edges of a cell.

pub mod batch;
pub mod edge;
pub mod laminate;
mod measure;
pub(crate) mod rule;
pub mod selling;
pub mod weight;

pub use batch::Segment;
pub use edge::{EdgeFlow, EdgeSampler};
pub use laminate::Laminate;
pub use selling::{Edge, Stencil};
pub use weight::Weight;
