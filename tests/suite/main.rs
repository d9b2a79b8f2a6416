//! The one integration test binary.

mod bad;
mod cli;
mod converge;
mod critical;
mod degenerate;
mod elimination;
mod examples;
mod expression;
mod extrapolation;
mod fixture;
mod folder;
mod formula;
mod generator;
mod io;
mod landscape;
mod layers;
mod particles;
mod plot;
mod quadrature;
mod rates;
mod report;
mod scheme;
mod sgd;
mod synthetic;
mod tensor;
