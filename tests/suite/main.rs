//! The one integration test binary.

mod folder;
mod io;
mod plot;
mod report;
mod synthetic;
mod tensor;
