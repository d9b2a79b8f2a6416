//! The one integration test binary.

mod bad;
mod elimination;
mod fixture;
mod folder;
mod formula;
mod generator;
mod io;
mod plot;
mod quadrature;
mod rates;
mod report;
mod scheme;
mod synthetic;
mod tensor;
