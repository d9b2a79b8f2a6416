//! The density in time against Crank–Nicolson with a sparse LU factor, for the same generator.
//!
//! A Gaussian of width 0.2 around (−0.9, 0.5) in L = (x² − 1)² + y² at T = 0.2 on N × N cells of [−2, 2]², walls reflecting, to t = 100.
//! `cargo bench --bench evolution [N]` (256 unless given). Every method has its own best setting: the largest number of Crank–Nicolson steps
//! (after four half steps of implicit Euler, with one factor) that is needed, by doubling, for an error of 1e-6 in L1 against Krylov spaces
//! at 1e-10; the tolerances of the others are 1e-6. Below: the cost of more decades.

use std::time::Instant;

use faer::Mat;
use faer::prelude::Solve;
use faer::sparse::{SparseColMat, Triplet};
use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::generator::Generator;
use saddleflux::grid::{Align, Grid};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::evolve::start::gaussian;
use saddleflux::solve::{Accuracy, Discretisation, Evolution, Resources};

const TIME: f64 = 100.0;
const TOLERANCE: f64 = 1e-6;
/// Crank–Nicolson with more steps than this is given up.
const MOST_STEPS: usize = 1 << 15;

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let n: usize = asked.unwrap_or(256);
    let text = "landscape = { expression = '(x^2 - 1)^2 + y^2' }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-2.0, -2.0], upper = [2.0, 2.0] }
         solve = { quantities = ['stationary'] }";
    let config = Config::from_text("bench.toml".as_ref(), text, &[]).expect("a right configuration");
    let problem = config.problem().expect("a right problem");
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let grid = Grid::over(&problem, [n, n], Align::Axes).expect("a grid");
    let on = Discretisation::on(&problem, grid, Weight::InverseAverage, &progress).expect("a generator");
    let generator = on.assembly.killed(vec![0.0; on.states()]);
    let start = gaussian(&on, [-0.9, 0.5], 0.2);
    let total: f64 = start.iter().sum();
    let start: Vec<f64> = start.iter().map(|p| p / total).collect();
    let follow = |is_krylov: bool, accuracy: Accuracy, until: f64| {
        let clock = Instant::now();
        let mut evolution = Evolution::new(&generator, &start, accuracy, resources).expect("a density");
        if is_krylov {
            evolution = evolution.in_spaces(until);
        }
        evolution.advance(until).expect("a way there");
        (evolution.probability().to_vec(), clock.elapsed().as_secs_f64(), evolution.effort())
    };
    let (reference, ..) = follow(true, Accuracy::in_l1(1e-10), TIME);
    let away = |density: &[f64]| density.iter().zip(&reference).map(|(a, b)| (a - b).abs()).sum::<f64>();
    println!("{n} × {n} cells, T = 0.2, t = {TIME}, {TOLERANCE:e} in L1\n");
    println!("| method | seconds | factors | solves | error in L1 | smallest entry |\n|---|---|---|---|---|---|");
    let row = |name: &str, density: &[f64], seconds: f64, factors: usize, solves: usize| {
        let least = density.iter().copied().fold(f64::INFINITY, f64::min);
        println!("| {name} | {seconds:.2} | {factors} | {solves} | {:.1e} | {least:.0e} |", away(density));
    };
    for (name, is_krylov) in [("krylov", true), ("positive, in L1", false)] {
        let (density, seconds, effort) = follow(is_krylov, Accuracy::in_l1(TOLERANCE), TIME);
        row(name, &density, seconds, effort.factorisations, effort.solves);
    }
    let mut steps = 16;
    loop {
        let (density, seconds) = crank_nicolson(&generator, &start, steps);
        row(&format!("Crank–Nicolson, sparse LU, {steps} steps"), &density, seconds, 1, steps + 2);
        if away(&density) <= TOLERANCE || steps >= MOST_STEPS {
            break;
        }
        steps *= 2;
    }
    println!("\n| krylov to t | seconds | factors | solves |\n|---|---|---|---|");
    for decades in [2, 6, 12, 20, 30] {
        let clock = Instant::now();
        let mut evolution = Evolution::new(&generator, &start, Accuracy::in_l1(TOLERANCE), resources)
            .expect("a density")
            .in_spaces(10f64.powi(decades));
        for quarter in -8..=4 * decades {
            evolution.advance(10f64.powf(0.25 * f64::from(quarter))).expect("a way there");
        }
        let effort = evolution.effort();
        let seconds = clock.elapsed().as_secs_f64();
        println!("| 1e{decades}, 4 times a decade | {seconds:.2} | {} | {} |", effort.factorisations, effort.solves);
    }
}

/// The density at the end, and the seconds that it took.
fn crank_nicolson(generator: &Generator, start: &[f64], steps: usize) -> (Vec<f64>, f64) {
    let clock = Instant::now();
    let (n, half) = (generator.len(), 0.5 * TIME / steps as f64);
    let mut out = generator.killing.clone();
    let mut flows = Vec::new();
    for (i, row) in generator.rates.outer_iterator().enumerate() {
        for (j, &rate) in row.iter() {
            out[i] += rate;
            flows.push((i, j, rate));
        }
    }
    // 1 − ½ΔtG, transposed, serves the half steps of implicit Euler too.
    let own = out.iter().enumerate().map(|(i, out)| Triplet::new(i, i, 1.0 + half * out));
    let other = flows.iter().map(|&(i, j, rate)| Triplet::new(j, i, -half * rate));
    let entries: Vec<Triplet<usize, usize, f64>> = own.chain(other).collect();
    let matrix = SparseColMat::try_new_from_triplets(n, n, &entries).expect("a matrix");
    let factor = matrix.sp_lu().expect("a factor");
    let mut density = Mat::from_fn(n, 1, |i, _| start[i]);
    for _ in 0..4 {
        density = factor.solve(&density);
    }
    for _ in 2..steps {
        let mut right = Mat::from_fn(n, 1, |i, _| density[(i, 0)] * (1.0 - half * out[i]));
        for &(i, j, rate) in &flows {
            right[(j, 0)] += half * rate * density[(i, 0)];
        }
        density = factor.solve(&right);
    }
    ((0..n).map(|i| density[(i, 0)]).collect(), clock.elapsed().as_secs_f64())
}
