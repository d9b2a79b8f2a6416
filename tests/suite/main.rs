//! The one integration test binary.

mod tensor;
