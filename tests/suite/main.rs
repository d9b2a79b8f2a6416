//! The one integration test binary.

mod folder;
mod plot;
mod synthetic;
mod tensor;
