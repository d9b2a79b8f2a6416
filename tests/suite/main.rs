//! The one integration test binary.

mod fixture;
mod folder;
mod generator;
mod io;
mod plot;
mod report;
mod scheme;
mod synthetic;
mod tensor;
