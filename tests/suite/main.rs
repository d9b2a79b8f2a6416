//! The one integration test binary.

mod fixture;
mod generator;
mod scheme;
mod tensor;
