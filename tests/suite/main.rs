//! The one integration test binary.

mod formula;
mod quadrature;
mod tensor;
