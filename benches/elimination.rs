//! The elimination on the double well's grids: analysis, factorisation, one solve of each kind.
//!
//! `L = (x² − 1)² + y²` on [−2, 0] × [−2, 2], five-point Scharfetter–Gummel rates, absorbing at x = 0.

mod double_well;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use double_well::{Exit, double_well};
use faer::{Accum, Mat, Par};
use saddleflux::elimination::{Elimination, Symbolic, Workspace};
use saddleflux::progress::Progress;

const TEMPERATURE: f64 = 0.01;
/// Cells in x; twice as many in y.
const SIZES: [usize; 3] = [128, 256, 512];

fn main() {
    divan::main();
}

/// Items are edges.
#[divan::bench(args = SIZES)]
fn analyse(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns, TEMPERATURE, Exit::Wall);
    bencher.counter(ItemsCount::new(generator.rates.nnz())).bench_local(|| Symbolic::analyse(black_box(&generator)));
}

/// Items are floating-point operations.
#[divan::bench(args = SIZES, sample_count = 5)]
fn factor(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns, TEMPERATURE, Exit::Wall);
    let symbolic = Symbolic::analyse(&generator);
    let workspace = Workspace::default();
    bencher.counter(ItemsCount::new(symbolic.flops())).bench_local(|| {
        Elimination::with_symbolic(&symbolic, black_box(&generator), &workspace, u64::MAX, &Progress::default())
            .unwrap()
    });
}

/// Items are bytes of the factor.
#[divan::bench(args = SIZES, sample_count = 10)]
fn solve_left(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns, TEMPERATURE, Exit::Wall);
    let elimination = Elimination::new(&generator, &Workspace::default(), u64::MAX, &Progress::default()).unwrap();
    let b = vec![1.0; generator.len()];
    bencher.counter(ItemsCount::new(elimination.factor_bytes())).bench_local(|| elimination.solve_left(black_box(&b)));
}

/// The same for mean times.
#[divan::bench(args = SIZES, sample_count = 10)]
fn solve_right(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns, TEMPERATURE, Exit::Wall);
    let elimination = Elimination::new(&generator, &Workspace::default(), u64::MAX, &Progress::default()).unwrap();
    let b = vec![1.0; generator.len()];
    bencher.counter(ItemsCount::new(elimination.factor_bytes())).bench_local(|| elimination.solve_right(black_box(&b)));
}

/// What the machine's dense product does on all threads: the yardstick for `factor`.
#[divan::bench(args = [512, 1024, 2048], sample_count = 5)]
fn dense_product(bencher: Bencher, order: usize) {
    let left = Mat::from_fn(order, order, |i, j| 1.0 + (i * 7 + j * 3) as f64 * 1e-6);
    let mut target = Mat::<f64>::zeros(order, order);
    let parallelism = Par::rayon(rayon::current_num_threads());
    bencher.counter(ItemsCount::new(2 * order * order * order)).bench_local(|| {
        faer::linalg::matmul::matmul(&mut target, Accum::Replace, &left, &left, 1.0, parallelism);
    });
}
