//! The iteration itself against routes that share no node with it.

use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::progress::Progress;
use saddleflux::sgd::{Escape, Iteration, SgdError};
use saddleflux::solve::Resources;
use saddleflux::study::iteration::IterationError;
use saddleflux::study::{self, StudyError};

const MEMORY: u64 = 1 << 32;

fn escape(iteration: Iteration) -> Escape {
    iteration.escape(MEMORY, &Progress::default()).unwrap()
}

/// Without a slope the iteration is a random walk, whose exit from an interval is that of a diffusion from one that is
/// wider by −ζ(½)/√(2π) = 0.5826 steps on each side, to second order in the step (Chernoff 1965, Siegmund 1979).
#[test]
fn a_random_walk_leaves_an_interval_wider_by_half_a_step() {
    let mut last = f64::INFINITY;
    for step in [0.08, 0.04, 0.02] {
        let found = escape(Iteration {
            learning_rate: 1.0,
            slope: &|_| 0.0,
            diffusion: &|_| 0.5 * step * step,
            ends: [0.0, 1.0],
            absorbs: [true, true],
            breaks: &[],
            start: 0.5,
        });
        let shifted = 1.0 + 2.0 * 0.582_597_157_939_010_7 * step;
        let diffusion = 0.5 * (std::f64::consts::PI * step / shifted).powi(2);
        // Cosine of the kernel in place of its second moment: 1 − e^{−γ}.
        let error = found.per_iteration.value() / (-(-diffusion).exp_m1()) - 1.0;
        assert!(error.abs() < 0.5 * step * step, "{step}: {error:e}");
        assert!(error.abs() <= 0.5 * f64::abs(last), "{step}: {error:e} after {last:e}");
        assert!(found.normalisation_error < 1e-12 && found.bracket[1] - found.bracket[0] < 1e-11, "{found:?}");
        last = error;
    }
}

/// Power iteration of the density on a fine midpoint grid, in plain floating point, with a reflecting wall by folding.
fn plain(slope: &dyn Fn(f64) -> f64, diffusion: &dyn Fn(f64) -> f64, eta: f64, [lower, upper]: [f64; 2]) -> f64 {
    const CELLS: usize = 1200;
    let h = (upper - lower) / CELLS as f64;
    let x: Vec<f64> = (0..CELLS).map(|k| lower + (k as f64 + 0.5) * h).collect();
    let kernel: Vec<Vec<f64>> = x
        .iter()
        .map(|&from| {
            let (mean, width) = (from - eta * slope(from), (2.0 * eta * diffusion(from)).sqrt());
            let normal = |y: f64| (-0.5 * ((y - mean) / width).powi(2)).exp() / (width * std::f64::consts::TAU.sqrt());
            x.iter().map(|&to| h * (normal(to) + normal(2.0 * lower - to))).collect()
        })
        .collect();
    let mut density = vec![1.0 / CELLS as f64; CELLS];
    let mut kept = 1.0;
    for _ in 0..400 {
        let mut next = vec![0.0; CELLS];
        for (mass, row) in density.iter().zip(&kernel) {
            for (target, rate) in next.iter_mut().zip(row) {
                *target += mass * rate;
            }
        }
        kept = next.iter().sum::<f64>();
        density = next.iter().map(|mass| mass / kept).collect();
    }
    1.0 - kept
}

#[test]
fn agrees_with_plain_power_iteration_where_that_has_digits() {
    let slope = |x: f64| 4.0 * x * (x * x - 1.0);
    let diffusion = |x: f64| 0.3 * (1.0 + 0.4 * x.sin());
    for eta in [0.05, 0.15] {
        let ends = [-2.0, 0.6];
        let found = escape(Iteration {
            learning_rate: eta,
            slope: &slope,
            diffusion: &diffusion,
            ends,
            absorbs: [false, true],
            breaks: &[],
            start: -1.0,
        });
        // The midpoint rule cuts the density off at the exit with an error of second order.
        assert_relative_eq!(found.per_iteration.value(), plain(&slope, &diffusion, eta, ends), max_relative = 2e-5);
    }
}

/// The error of the diffusion limit is of first order in η, at a rate of 1e-22 as at one of 1e-5.
#[test]
fn the_diffusion_limit_is_approached_at_first_order() {
    for (temperature, rates) in [(0.1, "[0.004, 0.002, 0.001]"), (0.02, "[0.001, 0.0005, 0.00025]")] {
        let text = format!(
            "landscape = {{ kind = 'double-well', dimension = 1 }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.8], upper = [0.7], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [400] }}
             sgd = {{ learning_rates = {rates} }}"
        );
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        let outcome = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap();
        let found = outcome.iteration.unwrap();
        assert!((found.order.unwrap() - 1.0).abs() < 0.05, "{found:?}");
        let errors: Vec<f64> = found.rates.iter().map(|rate| rate.error.unwrap()).collect();
        // Extrapolated to η = 0 by Aitken and Neville: nothing is left.
        let once = [2.0 * errors[1] - errors[0], 2.0 * errors[2] - errors[1]];
        assert!(((4.0 * once[1] - once[0]) / 3.0).abs() < 2e-3 * errors[0].abs(), "{errors:?}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let with = |diffusion: &dyn Fn(f64) -> f64| {
        Iteration {
            learning_rate: 1e-9,
            slope: &|x| x,
            diffusion,
            ends: [-1.0, 1.0],
            absorbs: [true, true],
            breaks: &[],
            start: 0.0,
        }
        .escape(MEMORY, &Progress::default())
        .unwrap_err()
    };
    assert!(matches!(with(&|_| 1e-3), SgdError::TooFine { .. }));
    assert!(matches!(with(&|_| 0.0), SgdError::NotFinite { .. }));
    let text = "landscape = { kind = 'double-well', dimension = 1 }
        noise = { kind = 'isotropic', temperature = 0.1, interpretation = 'isothermal' }
        domain = { lower = [-2], upper = [0], walls = { x = ['reflecting', 'absorbing'] } }
        grid = { cells = [100] }
        sgd = { learning_rates = [0.01] }";
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    let error = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).err().unwrap();
    assert!(matches!(error, StudyError::Iteration(IterationError::NotIto)), "{error}");
}

/// Noise that jumps or bends inside: panels end there. By another program's panels, cut there, at three orders: frozen
/// noise 1.40953e-4 (3.7 % off without), the Hessian's over a floor 3.64056e-5 (3e-4 off without).
#[test]
fn panels_end_where_the_noise_breaks() {
    for (landscape, noise, right, margin) in [
        ("(x^2 - 1)^2", "kind = 'frozen', batch_size = 1.25, s = 0.5, floor = 0.05", 1.40953e-4, 1e-5),
        ("(x^2 - 1)^2 + 0.1*x", "kind = 'hessian', batch_size = 1, floor = 0.08", 3.64056e-5, 1e-5),
    ] {
        let solution = crate::gallery::solve(&format!(
            "landscape = {{ expression = '{landscape}' }}
             noise = {{ {noise}, learning_rate = 0.05 }}
             domain = {{ lower = [-2.8], upper = [0.3], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ set = 'whole' }}
             grid = {{ cells = [400] }}
             sgd = {{ learning_rates = [0.05] }}"
        ));
        let found = solution.iteration.unwrap().rates[0].per_iteration.value();
        assert!((found / right - 1.0).abs() < margin, "{landscape}: {found:e}, {}", found / right - 1.0);
    }
}

/// An interruption is one here too, and no failure at a learning rate.
#[test]
fn interruption_ends_it() {
    let text = "landscape = { expression = '(x^2 - 1)^2' }
                noise = { kind = 'hessian', learning_rate = 0.05, batch_size = 1, floor = 0.05 }
                valley = { minimum = [-1] }
                sgd = { learning_rates = [0.05] }
                grid = { cells = [100] }";
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    progress.interrupt();
    let asked = config.request.sgd.as_ref().unwrap();
    let found = study::iteration::iteration(asked, &config.problem().unwrap(), None, resources);
    assert!(matches!(found, Err(StudyError::Interrupted)), "{:?}", found.err());
}
