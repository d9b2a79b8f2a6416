//! The elimination on the double well's grids: analysis, factorisation, one solve of each kind.
//!
//! `L = (x² − 1)² + y²` on [−2, 0] × [−2, 2], five-point Scharfetter–Gummel rates, absorbing at x = 0.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use faer::{Accum, Mat, Par};
use saddleflux::elimination::{Elimination, Symbolic};
use saddleflux::generator::Generator;
use saddleflux::progress::Progress;
use sprs::TriMat;

const TEMPERATURE: f64 = 0.01;
/// Cells in x; twice as many in y.
const SIZES: [usize; 3] = [128, 256, 512];

fn main() {
    divan::main();
}

pub fn double_well(columns: usize, rows: usize) -> Generator {
    let bernoulli = |z: f64| if z.abs() < 1e-8 { 1.0 - 0.5 * z } else { z / z.exp_m1() };
    let (hx, hy) = (2.0 / columns as f64, 4.0 / rows as f64);
    let x = |i: usize| -2.0 + (i as f64 + 0.5) * hx;
    let well = |x: f64| (x * x - 1.0).powi(2);
    let valley = |j: usize| (-2.0 + (j as f64 + 0.5) * hy).powi(2);
    let rate = |from: f64, to: f64, h: f64| TEMPERATURE / (h * h) * bernoulli((to - from) / TEMPERATURE);
    let n = columns * rows;
    let mut rates = TriMat::with_capacity((n, n), 4 * n);
    let mut killing = vec![0.0; n];
    let mut coordinates = Vec::with_capacity(n);
    for (k, killing) in killing.iter_mut().enumerate() {
        let (i, j) = (k % columns, k / columns);
        coordinates.push([i as i32, j as i32]);
        if i + 1 < columns {
            rates.add_triplet(k, k + 1, rate(well(x(i)), well(x(i + 1)), hx));
            rates.add_triplet(k + 1, k, rate(well(x(i + 1)), well(x(i)), hx));
        } else {
            *killing = 2.0 * rate(well(x(i)), 1.0, hx);
        }
        if j + 1 < rows {
            rates.add_triplet(k, k + columns, rate(valley(j), valley(j + 1), hy));
            rates.add_triplet(k + columns, k, rate(valley(j + 1), valley(j), hy));
        }
    }
    Generator { rates: rates.to_csr(), killing, coordinates }
}

/// Items are edges.
#[divan::bench(args = SIZES)]
fn analyse(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns);
    bencher.counter(ItemsCount::new(generator.rates.nnz())).bench_local(|| Symbolic::analyse(black_box(&generator)));
}

/// Items are floating-point operations.
#[divan::bench(args = SIZES, sample_count = 5)]
fn factor(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns);
    let symbolic = Symbolic::analyse(&generator);
    bencher.counter(ItemsCount::new(symbolic.flops())).bench_local(|| {
        Elimination::with_symbolic(&symbolic, black_box(&generator), u64::MAX, &Progress::default()).unwrap()
    });
}

/// Items are bytes of the factor.
#[divan::bench(args = SIZES, sample_count = 10)]
fn solve_left(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns);
    let elimination = Elimination::new(&generator, u64::MAX, &Progress::default()).unwrap();
    let b = vec![1.0; generator.len()];
    bencher.counter(ItemsCount::new(elimination.factor_bytes())).bench_local(|| elimination.solve_left(black_box(&b)));
}

/// The same for mean times.
#[divan::bench(args = SIZES, sample_count = 10)]
fn solve_right(bencher: Bencher, columns: usize) {
    let generator = double_well(columns, 2 * columns);
    let elimination = Elimination::new(&generator, u64::MAX, &Progress::default()).unwrap();
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
