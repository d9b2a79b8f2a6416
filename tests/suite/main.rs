//! The one integration test binary.

/// Asserts that two numbers are equal to a relative tolerance, however small they are. That of `approx` allows 2.2e-16
/// besides, within which all cold rates are the same.
macro_rules! assert_relative_eq {
    ($left:expr, $right:expr, max_relative = $tolerance:expr $(,)?) => {
        approx::assert_relative_eq!($left, $right, epsilon = 0.0, max_relative = $tolerance)
    };
    ($($other:tt)*) => {
        approx::assert_relative_eq!($($other)*)
    };
}

/// So many random cases, the same in every run; PROPTEST_RNG_SEED draws others, and PROPTEST_CASES more.
fn cases(number: u32) -> proptest::test_runner::Config {
    let asked = proptest::test_runner::Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { number };
    proptest::test_runner::Config { cases, max_shrink_iters: 100, failure_persistence: None, ..asked }
}

mod bad;
mod basins;
mod certificate;
mod certificate_plane;
mod certificate_reversible;
mod chain;
mod choice;
mod cli;
mod closures;
mod converge;
mod covariance;
mod critical;
mod cusps;
mod degenerate;
mod delivery;
mod digits;
mod dividing;
mod elimination;
mod ends;
mod evolve;
mod examples;
mod exits;
mod expanded;
mod expression;
mod extrapolation;
mod first_problem;
mod fixture;
mod folder;
mod folders;
mod formula;
mod fuzz;
mod gallery;
mod generator;
mod hostile;
mod hostility;
mod house;
mod io;
mod jumps;
mod killing;
mod ladder;
mod landscape;
mod layers;
mod library;
mod memory;
mod model;
mod network;
mod oblique;
mod orders;
mod particles;
mod paths;
mod pictures;
mod plot;
mod problem;
mod provenance;
mod quadrature;
mod rates;
mod reactive;
mod referee;
mod report;
mod rotated;
mod schema;
mod scheme;
mod sensitivities;
mod several;
mod sgd;
mod slice;
mod slice_whole;
mod smooth;
mod spectrum;
mod starts;
mod strips;
mod sweep;
mod synthetic;
mod table;
mod tensor;
mod units;
mod vanishing;
mod verify;
mod walls;
mod windows;
mod words;
