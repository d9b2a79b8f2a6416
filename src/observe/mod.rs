//! From chain quantities to what a person looks at: densities, values at a point, fluxes along a boundary.

pub mod boundary;
pub mod field;
pub mod peclet;
