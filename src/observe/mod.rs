//! From vectors over states to results: named fields, values at a point, fluxes along a boundary.

pub mod arc;
pub mod boundary;
pub mod degenerate;
pub mod dividing;
mod edge_current;
pub mod exit_parts;
pub mod field;
pub mod frames;
pub mod group;
pub mod over_grid;
pub mod peclet;
pub mod profile;
pub mod quantity;
pub mod reactive;
pub mod winding;
