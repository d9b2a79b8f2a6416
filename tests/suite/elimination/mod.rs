//! The elimination against a scalar one, and against exact answers.

mod failures;
mod laws;
mod ordering;
mod reversible;
mod steps;

use proptest::prelude::*;
use saddleflux::elimination::{Elimination, EliminationError, Symbolic, Workspace};
use saddleflux::generator::Generator;
use saddleflux::progress::Progress;
use saddleflux::scheme::Stencil;
use saddleflux::solve::{Factor, quasi_stationary};
use saddleflux::tensor::Tensor;
use sprs::TriMatI;

const NO_LIMIT: u64 = 1 << 36;

fn generator(n: usize, edges: &[(usize, usize, f64)], killing: Vec<f64>, coordinates: Vec<[i32; 2]>) -> Generator {
    let mut rates = TriMatI::<f64, u32>::new((n, n));
    for &(i, j, rate) in edges.iter().filter(|edge| edge.0 != edge.1) {
        rates.add_triplet(i, j, rate);
    }
    Generator { rates: rates.to_csr(), killing, coordinates, is_reversible: false }
}

/// The same chain, said to be reversible.
fn reversible(generator: Generator) -> Generator {
    Generator { is_reversible: true, ..generator }
}

fn eliminate(generator: &Generator) -> Elimination {
    Elimination::new(generator, &Workspace::default(), NO_LIMIT, &Progress::default()).unwrap()
}

/// Grassmann–Taksar–Heyman, pivot by pivot on the dense matrix: x A = b, or A x = b.
fn scalar_solve(generator: &Generator, b: &[f64], left: bool) -> Vec<f64> {
    let n = generator.len();
    let mut q = vec![vec![0.0; n]; n];
    for (&rate, (i, j)) in generator.rates.iter() {
        let (i, j) = (i as usize, j as usize);
        q[i][j] += rate;
    }
    let mut killing = generator.killing.clone();
    let mut x = b.to_vec();
    let mut pivots = vec![0.0; n];
    for k in 0..n {
        let pivot = killing[k] + q[k][k + 1..].iter().sum::<f64>();
        pivots[k] = pivot;
        for i in k + 1..n {
            for j in k + 1..n {
                if i != j {
                    q[i][j] += q[i][k] * (q[k][j] / pivot);
                }
            }
            killing[i] += q[i][k] * (killing[k] / pivot);
            x[i] += if left { x[k] * (q[k][i] / pivot) } else { q[i][k] * (x[k] / pivot) };
        }
    }
    for k in (0..n).rev() {
        let later = (k + 1..n).map(|i| x[i] * if left { q[i][k] } else { q[k][i] }).sum::<f64>();
        x[k] = (x[k] + later) / pivots[k];
    }
    x
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    for (k, (&a, &b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * b, "entry {k}: {a:e} instead of {b:e}, off by {:e}", (a / b - 1.0).abs());
    }
}

fn assert_equals_scalar(generator: &Generator, b: &[f64], tolerance: f64) {
    let elimination = eliminate(generator);
    assert_close(&elimination.solve_left(b), &scalar_solve(generator, b, true), tolerance);
    assert_close(&elimination.solve_right(b), &scalar_solve(generator, b, false), tolerance);
    assert_several_equal_one(&elimination, b, tolerance);
}

/// Solves with five sides at once, made of b, and one after the other.
fn assert_several_equal_one(elimination: &Elimination, b: &[f64], tolerance: f64) {
    let part = |k: usize, lane: usize| b[k] * (1.0 + ((k + lane) % 5) as f64);
    let sides: Vec<[f64; 5]> = (0..b.len()).map(|k| std::array::from_fn(|lane| part(k, lane))).collect();
    let (left, right) = (elimination.solve_left_several(&sides), elimination.solve_right_several(&sides));
    for lane in 0..5 {
        let of = |x: &[[f64; 5]]| x.iter().map(|x| x[lane]).collect::<Vec<f64>>();
        let side = of(&sides);
        assert_close(&of(&left), &elimination.solve_left(&side), tolerance);
        assert_close(&of(&right), &elimination.solve_right(&side), tolerance);
    }
}

/// A sequence of numbers in [0, 1) (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }

    /// 10^z, z uniform in ±decades.
    fn spread(&mut self, decades: f64) -> f64 {
        10f64.powf(decades * (2.0 * self.next() - 1.0))
    }

    fn shuffle(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for k in (1..n).rev() {
            order.swap(k, self.below(k + 1));
        }
        order
    }
}

/// States on a w×h grid with holes, edges from the stencil, some of them one-sided, some missing; random numbering.
fn stencil_generator(
    numbers: &mut Numbers,
    (w, h): (i32, i32),
    stencil: &[[i32; 2]],
    holes: f64,
    decades: f64,
    periodic: bool,
) -> Generator {
    let cells: Vec<[i32; 2]> = (0..w * h).map(|k| [k % w, k / w]).filter(|_| numbers.next() >= holes).collect();
    let n = cells.len();
    let number = numbers.shuffle(n);
    let place = |c: [i32; 2]| cells.iter().position(|&other| other == c);
    let mut edges = Vec::new();
    for (k, cell) in cells.iter().enumerate() {
        for step in stencil {
            let mut other = [cell[0] + step[0], cell[1] + step[1]];
            if periodic {
                other = [other[0].rem_euclid(w), other[1].rem_euclid(h)];
            }
            if let Some(other) = place(other).filter(|&other| other != k) {
                let kind = numbers.next();
                if kind < 0.9 {
                    edges.push((number[k], number[other], numbers.spread(decades)));
                }
                if kind > 0.1 {
                    edges.push((number[other], number[k], numbers.spread(decades)));
                }
            }
        }
    }
    let mut coordinates = vec![[0, 0]; n];
    for (k, &cell) in cells.iter().enumerate() {
        coordinates[number[k]] = cell;
    }
    // Some killing everywhere, so that no component is closed.
    let killing = (0..n).map(|_| numbers.spread(decades)).collect();
    generator(n, &edges, killing, coordinates)
}

const FIVE_POINT: [[i32; 2]; 2] = [[1, 0], [0, 1]];

const WIDE: [[i32; 2]; 3] = [[1, 0], [2, 1], [3, 1]];

/// Scharfetter–Gummel rates of L = (x²−1)² + y² on [−2, 0] × [−2, 2], absorbing at x = 0; `rows = 0`: the chain in x.
fn double_well(columns: usize, rows: usize, temperature: f64) -> Generator {
    let bernoulli = |z: f64| if z.abs() < 1e-8 { 1.0 - 0.5 * z } else { z / z.exp_m1() };
    let (hx, hy) = (2.0 / columns as f64, 4.0 / rows.max(1) as f64);
    let potential = |i: f64| {
        let x = -2.0 + (i + 0.5) * hx;
        (x * x - 1.0) * (x * x - 1.0)
    };
    let across = |j: f64| (-2.0 + (j + 0.5) * hy).powi(2);
    let n = columns * rows.max(1);
    let mut edges = Vec::new();
    let mut killing = vec![0.0; n];
    let mut coordinates = vec![[0; 2]; n];
    for j in 0..rows.max(1) {
        for i in 0..columns {
            let k = j * columns + i;
            coordinates[k] = [i as i32, j as i32];
            let rate = |other: f64| temperature / (hx * hx) * bernoulli((other - potential(i as f64)) / temperature);
            if i + 1 < columns {
                edges.push((k, k + 1, rate(potential(i as f64 + 1.0))));
            } else {
                let face = temperature / (hx * hx) * bernoulli((1.0 - potential(i as f64)) / temperature);
                killing[k] = face / 0.5;
            }
            if i > 0 {
                edges.push((k, k - 1, rate(potential(i as f64 - 1.0))));
            }
            let rate =
                |other: f64| temperature / (hy * hy) * bernoulli((across(other) - across(j as f64)) / temperature);
            if j + 1 < rows {
                edges.push((k, k + columns, rate(j as f64 + 1.0)));
            }
            if j > 0 {
                edges.push((k, k - columns, rate(j as f64 - 1.0)));
            }
        }
    }
    reversible(generator(n, &edges, killing, coordinates))
}

/// γ by inverse iteration until the Collatz–Wielandt bracket closes.
fn escape_rate(generator: &Generator) -> f64 {
    let elimination = eliminate(generator);
    let n = generator.len();
    let mut b = vec![1.0 / n as f64; n];
    for _ in 0..40 {
        let x = elimination.solve_left(&b);
        // Cells in which ν underflows have no ratio.
        let ratios = || b.iter().zip(&x).filter(|(b, _)| **b > 1e-280).map(|(b, x)| b / x);
        let (low, high) = (ratios().fold(f64::INFINITY, f64::min), ratios().fold(0.0, f64::max));
        let sum: f64 = x.iter().sum();
        if high <= low * (1.0 + 1e-12) {
            return 1.0 / sum;
        }
        b = x.iter().map(|x| x / sum).collect();
    }
    panic!("the bracket does not close");
}

/// A chain in detailed balance on a w×h grid with holes: weights π by cell, conductances c√(π_i π_j) with c spread over
/// the decades.
fn reversible_generator(
    numbers: &mut Numbers,
    (w, h): (i32, i32),
    stencil: &[[i32; 2]],
    holes: f64,
    decades: f64,
    mut weight: impl FnMut(&mut Numbers, i32, i32) -> f64,
) -> Generator {
    let cells: Vec<[i32; 2]> = (0..w * h).map(|k| [k % w, k / w]).filter(|_| numbers.next() >= holes).collect();
    // log10 √π, so that π may leave the range of numbers.
    let roots: Vec<f64> = cells.iter().map(|&[x, y]| 0.5 * weight(numbers, x, y)).collect();
    let number = numbers.shuffle(cells.len());
    let mut edges = Vec::new();
    for (k, cell) in cells.iter().enumerate() {
        for step in stencil {
            let other = [cell[0] + step[0], cell[1] + step[1]];
            if let Some(other) = cells.iter().position(|&place| place == other) {
                let (rate, ratio) = (numbers.spread(decades), 10f64.powf(roots[other] - roots[k]));
                edges.push((number[k], number[other], rate * ratio));
                edges.push((number[other], number[k], rate / ratio));
            }
        }
    }
    let mut coordinates = vec![[0, 0]; cells.len()];
    for (k, &cell) in cells.iter().enumerate() {
        coordinates[number[k]] = cell;
    }
    let killing = (0..cells.len()).map(|_| numbers.spread(decades)).collect();
    reversible(generator(cells.len(), &edges, killing, coordinates))
}
