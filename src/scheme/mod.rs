//! The scheme: from a diffusion tensor and a slope to the rates along the edges of a cell.

pub mod batch;
mod course;
pub mod edge;
pub mod flow;
pub mod laminate;
mod local;
mod measure;
pub(crate) mod rule;
pub mod selling;
mod singular;
pub mod weight;

pub use batch::Segment;
pub use edge::EdgeSampler;
pub use flow::EdgeFlow;
pub use laminate::Laminate;
pub use selling::{Edge, Stencil};
pub use weight::Weight;
