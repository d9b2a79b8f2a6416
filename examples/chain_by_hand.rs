//! A chain that comes from no grid: its rates are listed, it is factored once, and each analysis is one function of the
//! factor.
//!
//! A walker on 0 … n − 1 steps up at rate a and down at rate b > a, and is killed when it steps off either end. Closed
//! forms:
//! ```text
//! γ   = a + b − 2√(ab) cos(π/(n + 1))                       (the largest eigenvalue of a tridiagonal Toeplitz matrix)
//! p_i = ((b/a)^{i+1} − 1)/((b/a)^{n+1} − 1)                 (gambler's ruin: killed at the upper end, from i)
//! π_i ∝ (a/b)^i                                             (detailed balance, when steps off the ends do nothing)
//! ```
//! With 400 states the committor of the lowest is 2e-121, and is right to its last digits all the same.

use std::error::Error;
use std::f64::consts::PI;

use saddleflux::generator::Generator;
use saddleflux::solve::Factor;
use saddleflux::{Progress, Resources, Workspace, committor, quasi_stationary, stationary};

const STATES: usize = 30;
const UP: f64 = 1.0;
const DOWN: f64 = 2.0;

pub fn main() -> Result<(), Box<dyn Error>> {
    let steps = (0..STATES - 1).flat_map(|i| [(i, i + 1, UP), (i + 1, i, DOWN)]);
    let (mut off_below, mut off_above) = (vec![0.0; STATES], vec![0.0; STATES]);
    (off_below[0], off_above[STATES - 1]) = (DOWN, UP);
    let killing = off_below.iter().zip(&off_above).map(|(below, above)| below + above).collect();
    let generator = Generator::from_rates(steps, killing)?;

    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let killed = Factor::new(&generator, 0, resources)?;

    let n = STATES as f64;
    let found = quasi_stationary(&killed)?;
    let rate = UP + DOWN - 2.0 * (UP * DOWN).sqrt() * (PI / (n + 1.0)).cos();
    println!("{} {} {:?}", found.iterations, found.converged, found.bracket);
    compare("escape rate γ", found.rate.value(), rate, 1e-12)?;

    let ratio = DOWN / UP;
    let above = committor(&killed, &off_above);
    let ruin = |i: usize| (ratio.powf(i as f64 + 1.0) - 1.0) / (ratio.powf(n + 1.0) - 1.0);
    for i in [0, STATES / 2, STATES - 1] {
        compare(&format!("committor p_{i}"), above[i], ruin(i), 1e-12)?;
    }

    // The closed chain restarts at unit rate from its origin, here the lowest state, and is killed nowhere else.
    let mut restart = vec![0.0; STATES];
    restart[0] = 1.0;
    let closed = Factor::new(&generator.with_killing(restart), 0, resources)?;
    let law = stationary(&closed)?;
    let whole = (1.0 - ratio.powf(-n)) / (1.0 - 1.0 / ratio);
    for i in [0, STATES / 2, STATES - 1] {
        compare(&format!("stationary π_{i}"), law[i], ratio.powf(-(i as f64)) / whole, 1e-12)?;
    }
    Ok(())
}

/// Prints a number beside its closed form; an error where they differ by more than a relative tolerance.
fn compare(what: &str, found: f64, exact: f64, tolerance: f64) -> Result<(), String> {
    let error = (found / exact - 1.0).abs();
    println!("{what:18} {found:.15e}   closed form {exact:.15e}   relative difference {error:.0e}");
    if error <= tolerance { Ok(()) } else { Err(format!("{what} is {found:e} and should be {exact:e}")) }
}
