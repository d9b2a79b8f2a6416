//! Against exact answers.

use std::f64::consts::PI;

use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::grid::{Align, Grid};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::evolve::start::gaussian;
use saddleflux::solve::{Accuracy, Discretisation, Evolution, Resources};

use super::{accuracy, distance, path, with_resources};

/// Free diffusion between absorbing ends, half a cell from the last states: sin((i + ½)kπ/n) decays at 4/h²
/// sin²(kπ/2n).
#[test]
fn free_diffusion_between_absorbing_ends() {
    let n = 64;
    let h = 1.0 / n as f64;
    let mut killing = vec![0.0; n];
    (killing[0], killing[n - 1]) = (2.0 / (h * h), 2.0 / (h * h));
    let generator = path(n, [0.0, 1.0], |_| 0.0, killing);
    let mode = |k: usize, i: usize| ((i as f64 + 0.5) * k as f64 * PI / n as f64).sin();
    let rate = |k: usize| 4.0 / (h * h) * (0.5 * k as f64 * PI / n as f64).sin().powi(2);
    let at = 13;
    with_resources(|resources| {
        let mut start = vec![0.0; n];
        start[at] = 1.0;
        let mut evolution = Evolution::new(&generator, &start, accuracy(1e-9), resources).unwrap();
        for t in [1e-4, 1e-2, 0.1, 1.0, 70.0] {
            evolution.advance(t).unwrap();
            // Relative to e^{−λ₁t}, which underflows at the last time.
            let exact: Vec<f64> = (0..n)
                .map(|i| {
                    let term = |k: usize| {
                        let norm = if k == n { n as f64 } else { 0.5 * n as f64 };
                        mode(k, at) * mode(k, i) / norm * (-(rate(k) - rate(1)) * t).exp()
                    };
                    (1..=n).map(term).sum()
                })
                .collect();
            let survival: f64 = exact.iter().sum();
            let away = evolution.log_survival() - (survival.ln() - rate(1) * t);
            assert!(away.abs() < 1e-8, "ln S at t = {t} is {away:e} away");
            let form: Vec<f64> = exact.iter().map(|p| p / survival).collect();
            assert!(distance(evolution.probability(), &form) < 1e-9, "t = {t}");
        }
        assert!(evolution.log_survival() < -690.0);
    });
}

/// The moments of a Gaussian that relaxes in L = ½ω(x² + y²), on grids of n × n cells: mean and variance along each
/// axis.
fn moments_of_relaxation(n: usize, turn: Align) -> [f64; 4] {
    let text = "landscape = { kind = 'quadratic', dimension = 2, hessian = [[1.5, 0.0], [0.0, 1.5]] }
         noise = { kind = 'isotropic', temperature = 0.5 }
         domain = { lower = [-4.5, -4.5], upper = [4.5, 4.5] }
         solve = { quantities = ['stationary'] }";
    let problem = Config::from_text("test.toml".as_ref(), text, &[]).unwrap().problem().unwrap();
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let grid = Grid::over(&problem, [n, n], turn).unwrap();
    let on = Discretisation::on(&problem, grid, Weight::InverseAverage, &progress).unwrap();
    let on = on.closed(&progress).unwrap();
    let generator = on.assembly.killed(vec![0.0; on.states()]);
    let start = gaussian(&on, [-1.2, 0.7], 0.4);
    let resources = Resources::available(&workspace, &progress);
    let mut evolution = Evolution::new(&generator, &start, Accuracy::in_l1(1e-6), resources).unwrap();
    evolution.advance(0.4).unwrap();
    let mean = |f: &dyn Fn([f64; 2]) -> f64| -> f64 {
        evolution.probability().iter().enumerate().map(|(state, p)| p * f(on.centre(state))).sum()
    };
    let centre = [mean(&|x| x[0]), mean(&|x| x[1])];
    [centre[0], centre[1], mean(&|x| (x[0] - centre[0]).powi(2)), mean(&|x| (x[1] - centre[1]).powi(2))]
}

/// The mean decays like e^{−ωt} and the variance tends to D/ω like e^{−2ωt}, at second order of the grid, turned or
/// not.
#[test]
fn gaussians_relax_in_a_parabola() {
    let decay = (-1.5f64 * 0.4).exp();
    let variance = 0.5 / 1.5 + (0.16 - 0.5 / 1.5) * decay * decay;
    let exact = [-1.2 * decay, 0.7 * decay, variance, variance];
    for turn in [Align::Axes, Align::Angle(20.0)] {
        let coarse = moments_of_relaxation(36, turn);
        let fine = moments_of_relaxation(72, turn);
        for k in 0..4 {
            let (coarse, fine) = (coarse[k] - exact[k], fine[k] - exact[k]);
            // Half a squared cell: cell integrals alone widen a density by a twelfth of it.
            assert!(fine.abs() < 0.5 * (9.0f64 / 72.0).powi(2), "moment {k}: {fine:e}");
            let order = (coarse / fine).log2();
            assert!((1.7..2.5).contains(&order), "moment {k} converges with order {order:.2}: {coarse:e}, {fine:e}");
        }
    }
}

/// Cell integrals of a Gaussian sum to one, have its moments, and are right far out where differences of erf are
/// nothing.
#[test]
fn a_gaussian_start_is_integrated_over_cells() {
    let text = "landscape = { kind = 'quadratic', dimension = 1, hessian = [[1.0]] }
         noise = { kind = 'isotropic', temperature = 0.5 }
         domain = { lower = [-6.0], upper = [10.0] }
         solve = { quantities = ['stationary'] }";
    let problem = Config::from_text("test.toml".as_ref(), text, &[]).unwrap().problem().unwrap();
    let progress = Progress::default();
    let grid = Grid::over(&problem, [160, 1], Align::Axes).unwrap();
    let on = Discretisation::on(&problem, grid, Weight::InverseAverage, &progress).unwrap();
    let start = gaussian(&on, [-1.0, 0.0], 0.5);
    assert_relative_eq!(start.iter().sum::<f64>(), 1.0, max_relative = 1e-14);
    let mean: f64 = start.iter().enumerate().map(|(state, p)| p * on.centre(state)[0]).sum();
    assert_relative_eq!(mean, -1.0, max_relative = 1e-12);
    // 20 standard deviations up: the density times the cell, to second order of the cell in units of its own slope.
    let far = on.state_at([9.05, 0.0]);
    let x = (on.centre(far)[0] + 1.0) / 0.5;
    let slope: f64 = x * 0.1 / 0.5;
    let expected = (-0.5 * x * x).exp() / (2.0 * PI).sqrt() * 0.2 * (0.5 * slope).sinh() / (0.5 * slope);
    assert_relative_eq!(start[far], expected, max_relative = 5e-3);
    assert_eq!(gaussian(&on, [9.05, 0.0], 0.0).iter().position(|p| *p > 0.0), Some(far));
}
