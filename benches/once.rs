//! One rate in a fresh process, from assembled rates on: what general eigensolvers are compared with.
//!
//! `cargo bench --bench once -- ROWS T`: the double well on ROWS/2 × ROWS cells (1024 and 0.1 unless given), killed on
//! jumping beyond x = 0.

mod double_well;

use std::time::Instant;

use double_well::{Exit, double_well};
use saddleflux::elimination::{Elimination, Workspace};
use saddleflux::progress::Progress;
use saddleflux::solve::{Factor, quasi_stationary};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<f64>().ok());
    let rows = numbers.next().unwrap_or(1024.0) as usize;
    let temperature = numbers.next().unwrap_or(0.1);
    let generator = double_well(rows / 2, rows, temperature, Exit::NextCell);
    let begun = Instant::now();
    let elimination =
        Elimination::new(&generator, &Workspace::default(), u64::MAX, &Progress::default()).expect("eliminated");
    let eliminated = begun.elapsed().as_secs_f64();
    // From the minimum, as `saddleflux run` does.
    let minimum = (rows / 2) * (rows / 2) + rows / 4;
    let chain = Factor { elimination, states: generator.len(), origin: minimum };
    let found = quasi_stationary(&chain).expect("solved");
    println!(
        "{} unknowns, T = {temperature}: {:.3} s ({eliminated:.3} s the elimination with its analysis, {} inverse iterations), rate {:.15e}",
        generator.len(),
        begun.elapsed().as_secs_f64(),
        found.iterations,
        found.rate.value()
    );
}
