//! Every phase from a problem to its rate over several sizes, in 1D and 2D, with the exponent of a fit: time ∝ cellsᵖ.
//!
//! The problem is L = (x² − 1)² (+ y²) at T = 0.02, killed at x = 0. `cargo bench --bench scaling [LARGEST]`, where
//! LARGEST is the number of cells along x of the largest 2D grid (512 unless given; 1024 takes 3 GB). Below the 2D
//! table: the elimination's share of what faer's dense product does on the same threads in the same run, by the
//! operations that it took and by those of the general form in the same order, half of which detailed balance spares;
//! and of the solves bytes of the factor read (in symmetric form twice) per second over what reading memory reaches.
//! The analysis is that of a pattern not seen before.

use std::time::Instant;

use faer::{Accum, Mat, Par};
use saddleflux::elimination::{Elimination, Symbolic, Workspace};
use saddleflux::generator::assembly::{Assembly, Physics};
use saddleflux::grid::Grid;
use saddleflux::problem::{AxisWalls, Interpretation, Wall};
use saddleflux::problem::{DiffusionField, Domain, Dynamics, Region};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::{Factor, mean_first_passage, quasi_stationary};
use saddleflux::tensor::{Point, Tensor};

struct White(f64, usize);

impl DiffusionField for White {
    fn tensor(&self, _: Point) -> Tensor {
        Tensor::isotropic(self.0, self.1)
    }
    fn constant(&self) -> Option<f64> {
        Some(self.0)
    }
}

const PHASES: [&str; 6] = ["assembly", "analysis", "elimination", "left solve", "right solve", "rate, whole"];
/// The fastest of so many runs counts.
const RUNS: usize = 4;

struct Row {
    cells: usize,
    seconds: [f64; 6],
    flops: u64,
    general_flops: u64,
    /// Read by one solve.
    bytes: u64,
}

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let largest: usize = asked.unwrap_or(512);
    let workspace = Workspace::default();
    let line: Vec<Row> =
        [10_000, 100_000, 1_000_000].into_iter().map(|cells| measure([cells, 1], &workspace)).collect();
    print("1D", &line);
    let sizes = [64, 128, 256, 512, 1024, 2048].into_iter().filter(|&columns| columns <= largest);
    // The yardsticks are taken beside every grid, and the best of them counts: other work on the machine only slows
    // them.
    let (mut dense, mut memory) = (0.0f64, 0.0f64);
    let plane: Vec<Row> = sizes
        .map(|columns| {
            (dense, memory) = (dense.max(dense_product()), memory.max(read()));
            measure([columns, if columns < 2048 { 2 * columns } else { columns }], &workspace)
        })
        .collect();
    print("2D", &plane);
    println!("\ndense product of order 2048: {:.1} GFLOP/s; reading memory: {:.1} GB/s", dense / 1e9, memory / 1e9);
    for row in &plane {
        let [_, analysis, elimination, left, right, _] = row.seconds;
        println!(
            "{:>9} cells: {:.1} GFLOP, elimination at {:.0} % of the dense product ({:.0} % with the analysis); general form {:.1} GFLOP, {:.0} % ({:.0} %); solves at {:.0} % and {:.0} % of memory",
            row.cells,
            row.flops as f64 / 1e9,
            100.0 * row.flops as f64 / elimination / dense,
            100.0 * row.flops as f64 / (elimination + analysis) / dense,
            row.general_flops as f64 / 1e9,
            100.0 * row.general_flops as f64 / elimination / dense,
            100.0 * row.general_flops as f64 / (elimination + analysis) / dense,
            100.0 * row.bytes as f64 / left / memory,
            100.0 * row.bytes as f64 / right / memory,
        );
    }
}

fn measure(cells: [usize; 2], workspace: &Workspace) -> Row {
    let dimension = if cells[1] == 1 { 1 } else { 2 };
    let walls = [AxisWalls::Walls([Wall::Reflecting, Wall::Absorbing]), AxisWalls::Walls([Wall::Reflecting; 2])];
    let domain = Domain {
        dimension,
        lower: [-2.0, -2.0],
        upper: [0.0, 2.0],
        walls,
        automatic: false,
        killing: None,
        windows: Vec::new(),
    };
    let grid = Grid::new(dimension, domain.lower, domain.upper, cells, [false; 2]);
    let form = saddleflux::config::LandscapeForm::DoubleWell { barrier: 1.0, tilt: 0.0, curvature: 2.0 };
    let landscape = saddleflux::config::LandscapeConfig { form, dimension, sharpness: 1.0 };
    let dynamics: Dynamics = landscape.dynamics(".".as_ref()).expect("a known landscape");
    let noise = White(0.02, dimension);
    let progress = Progress::default();
    let mut seconds = [f64::INFINITY; 6];
    let (mut flops, mut general_flops, mut bytes) = (0, 0, 0);
    for _ in 0..RUNS {
        let mut clock = Instant::now();
        let mut lap = || {
            let seconds = clock.elapsed().as_secs_f64();
            clock = Instant::now();
            seconds
        };
        let physics = Physics {
            dynamics: &dynamics,
            noise: &noise,
            interpretation: Interpretation::Ito,
            domain: &domain,
            live: &Region::Whole,
        };
        let assembly =
            Assembly::new(physics, &grid, Weight::InverseAverage, [-1.0, 0.0], &progress).expect("assembled");
        let assembled = lap();
        let symbolic = Symbolic::analyse(&assembly.generator);
        let analysed = lap();
        let elimination = Elimination::with_symbolic(&symbolic, &assembly.generator, workspace, u64::MAX, &progress)
            .expect("eliminated");
        let eliminated = lap();
        let states = assembly.generator.len();
        let chain = Factor { elimination, states, origin: grid.cell_at([-1.0, 0.0]).unwrap_or(0) };
        let found = quasi_stationary(&chain).expect("solved");
        std::hint::black_box(found.rate);
        let whole = assembled + analysed + eliminated + lap();
        std::hint::black_box(chain.elimination.solve_left(&vec![1.0; states]));
        let left = lap();
        std::hint::black_box(mean_first_passage(&chain).expect("solved"));
        let right = lap();
        for (best, found) in seconds.iter_mut().zip([assembled, analysed, eliminated, left, right, whole]) {
            *best = found.min(*best);
        }
        (flops, general_flops) = (chain.elimination.flops(), symbolic.flops());
        bytes = chain.elimination.factor_bytes() * if chain.elimination.spared() > 0.0 { 2 } else { 1 };
    }
    Row { cells: cells[0] * cells[1], seconds, flops, general_flops, bytes }
}

fn print(name: &str, rows: &[Row]) {
    println!("\n{name:>9} {}", PHASES.map(|phase| format!("{phase:>12}")).join(""));
    for row in rows {
        println!("{:>9} {}", row.cells, row.seconds.map(|seconds| format!("{:>10.2e} s", seconds)).join(""));
    }
    let fit = |phase: usize| {
        // The smallest grid runs in the caches and is left out where there are enough others.
        let points: Vec<(f64, f64)> = rows
            .iter()
            .skip(usize::from(rows.len() > 3))
            .map(|row| ((row.cells as f64).ln(), row.seconds[phase].ln()))
            .collect();
        let count = points.len() as f64;
        let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
        let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
            (above + (point.0 - x) * (point.1 - y), below + (point.0 - x).powi(2))
        });
        format!("{:>12.2}", above / below)
    };
    println!("{:>9} {}", "exponent", (0..PHASES.len()).map(fit).collect::<String>());
}

/// Operations per second of the dense product, the best of a few.
fn dense_product() -> f64 {
    let order = 2048;
    let left = Mat::from_fn(order, order, |i, j| 1.0 + (i * 7 + j * 3) as f64 * 1e-6);
    let mut target = Mat::<f64>::zeros(order, order);
    let parallelism = Par::rayon(rayon::current_num_threads());
    let best = (0..RUNS).map(|_| {
        let begun = Instant::now();
        faer::linalg::matmul::matmul(&mut target, Accum::Replace, &left, &left, 1.0, parallelism);
        begun.elapsed().as_secs_f64()
    });
    2.0 * (order as f64).powi(3) / best.fold(f64::INFINITY, f64::min)
}

/// Bytes read per second while an array far beyond the caches is summed on all threads.
fn read() -> f64 {
    use rayon::prelude::*;
    let numbers = vec![1.0f64; 1 << 26];
    let best = (0..RUNS).map(|_| {
        let begun = Instant::now();
        std::hint::black_box(numbers.par_chunks(1 << 16).map(|chunk| chunk.iter().sum::<f64>()).sum::<f64>());
        begun.elapsed().as_secs_f64()
    });
    8.0 * numbers.len() as f64 / best.fold(f64::INFINITY, f64::min)
}
