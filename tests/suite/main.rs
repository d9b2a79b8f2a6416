//! The one integration test binary.

mod quadrature;
mod tensor;
