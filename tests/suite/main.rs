//! The one integration test binary.

mod elimination;
mod tensor;
