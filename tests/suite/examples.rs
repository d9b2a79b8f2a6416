//! Every example runs, and gives the number that its header promises.

use std::path::Path;

use saddleflux::config::Config;
use saddleflux::progress::Progress;
use saddleflux::study::{self, Solution};

fn solve(name: &str, overrides: &[&str]) -> Solution {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name).with_extension("toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# ") && text.lines().next().unwrap().ends_with('?'), "{name} opens with its question");
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let config = Config::from_path(&path, &overrides).unwrap();
    study::run(&config.problem().unwrap(), &config.request, &Progress::default())
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn extrapolated(solution: &Solution) -> f64 {
    solution.rate.as_ref().unwrap().extrapolated.unwrap().value()
}

#[test]
fn quickstart_and_styblinski_tang() {
    let solution = solve("quickstart", &[]);
    // The x chain's rate by quadrature.
    let line = Config::from_text(
        Path::new("line.toml"),
        "landscape = { kind = 'double-well', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.02 }
         domain = { lower = [-2.0], upper = [0.0], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [100] }",
        &[],
    );
    let line = line.unwrap();
    let line = study::run(&line.problem().unwrap(), &line.request, &Progress::default()).unwrap();
    assert_relative_eq!(
        extrapolated(&solution),
        line.quadrature.unwrap().escape_rate.unwrap().value(),
        max_relative = 3e-13
    );
    let kramers = solution.formulas.kramers.unwrap();
    assert_relative_eq!(
        kramers.formula.value.value(),
        2.0 * 32f64.sqrt() / (2.0 * std::f64::consts::PI) * (-50f64).exp(),
        max_relative = 1e-12
    );
    assert_relative_eq!(extrapolated(&solve("styblinski-tang", &[])), 5.9759259140248e-17, max_relative = 1e-12);
}

#[test]
fn sgd() {
    let solution = solve("sgd", &["sgd.learning_rates=[0.02]"]);
    let found = &solution.iteration.unwrap().rates[0];
    // By simulation of 12,000 to 20,000 walkers: 8.504(38)e-4.
    assert_relative_eq!(found.per_iteration.value(), 8.504e-4, max_relative = 0.013);
    assert!(found.error.unwrap() > 1e7 && found.normalisation_error < 1e-10, "{found:?}");
}

#[test]
fn turned() {
    let solution = solve("turned", &[]);
    assert_relative_eq!(extrapolated(&solution), 1.81930285329e-9, max_relative = 4e-10);
    assert!((6.0..9.0).contains(&solution.rate.unwrap().observed_order.unwrap()));
}

#[test]
fn disc_and_three_holes() {
    let disc = solve("disc", &[]);
    assert_relative_eq!(extrapolated(&disc), 0.5783185962946784, max_relative = 1e-5);
    assert_relative_eq!(disc.passage.unwrap().extrapolated.unwrap().value(), 4.0 * 0.1, max_relative = 1e-4);
    let holes = solve("three-hole", &["grid.cells=[128, 128]"]);
    let flux = holes.flux.as_ref().unwrap();
    assert_eq!(flux.by_saddle.len(), 2);
    assert_relative_eq!(flux.by_saddle.iter().map(|share| share.1).sum::<f64>(), flux.total, max_relative = 1e-12);
    // Rule 1: the rates of the two paths add.
    assert!((holes.formulas.kramers.as_ref().unwrap().ratio - 1.0).abs() < 0.05);
}

#[test]
fn committor() {
    let solution = solve("committor", &["grid.cells=[192, 192]"]);
    let found = solution.committor.as_ref().unwrap().numbers();
    // Linear finite elements on 231,559 nodes and two coarser meshes, extrapolated: k = 1.84160e-7, F = 9.2080e-8.
    assert_relative_eq!(found.rate.value(), 1.84160e-7, epsilon = 0.0, max_relative = 1e-3);
    assert!(found.error.unwrap() < 2e-3);
    // x → −x.
    assert_relative_eq!(found.rate.value(), found.rate_back.value(), epsilon = 0.0, max_relative = 1e-10);
    assert_relative_eq!(found.flux.value(), 0.5 * found.rate.value(), epsilon = 0.0, max_relative = 1e-10);
}

#[test]
fn network() {
    let solution = solve("network", &["grid.cells=[128, 128]"]);
    let found = solution.network.as_ref().unwrap().numbers();
    // 256 spectral elements of degree 8.
    for (k, exact) in [(1, 3.68320765e-7), (2, 4.61160777e-2)] {
        let away = |value: saddleflux::scaled::Scaled| (value.value() / exact - 1.0).abs();
        let by_grid = found.discretisation_error[k].unwrap();
        assert!(
            by_grid < 0.02 && away(found.refined[k].re) < 1.5 * by_grid,
            "{k} {} {by_grid}",
            away(found.refined[k].re)
        );
        assert!(away(found.eigenvalues[k].re) < found.error(k), "{k}");
    }
    // x → −x, on a domain that is not symmetric.
    assert_relative_eq!(found.occupation[0].value(), found.occupation[1].value(), epsilon = 0.0, max_relative = 1e-6);
    assert!(found.occupation[2].value() < 1e-5 && found.open_saddles == 0);
    let shallow = found.rates[2][0].value();
    assert_relative_eq!(shallow, found.rates[2][1].value(), epsilon = 0.0, max_relative = 1e-3);
}

#[test]
fn frozen_muller_brown_tensor_and_banknote() {
    let frozen = solve("frozen", &[]);
    assert!((frozen.formulas.theorem_3_2.as_ref().unwrap().isothermal.ratio - 1.0).abs() < 0.03);
    assert_relative_eq!(frozen.quadrature.unwrap().escape_ratio.unwrap(), 1.0, epsilon = 1e-6);
    let surface = solve("muller-brown", &["grid.cells=[96, 96]"]);
    assert_eq!(surface.flux.as_ref().unwrap().by_saddle.len(), 1);
    assert!((surface.formulas.kramers.as_ref().unwrap().ratio - 1.0).abs() < 0.3);
    let tensor = solve("tensor", &["grid.cells=[76, 128]"]);
    let order = tensor.rate.as_ref().unwrap().observed_order.unwrap();
    assert!((1.7..2.3).contains(&order), "{order}");
    let banknote = solve("banknote", &["grid.cells=[64, 64]", "landscape.data=configs/data/banknote.csv"]);
    // Independent sums over the data: the minimum, and C there along the Hessian's eigenvectors over its eigenvalues.
    let check = banknote.covariance.unwrap();
    assert!((check.ratios[0] - 0.762).abs() < 0.02 && (check.ratios[1] - 0.957).abs() < 0.02, "{check:?}");
    assert!(banknote.rate.unwrap().discretisation_error.unwrap() < 1e-3);
}

#[test]
fn evolve() {
    let solution = solve("evolve", &[]);
    let valleys = &solution.quantities.get("evolution").unwrap()["valleys"];
    // ∫ e^(−L/D) on either side of the saddle at 0.0501, by a midpoint sum in Python.
    assert_relative_eq!(valleys[48][0].as_f64().unwrap(), 0.992_725_489_978, max_relative = 1e-6);
    assert!(valleys[12][1].as_f64().unwrap() > 0.9999);
}

#[test]
fn schedule() {
    let solution = solve("schedule", &[]);
    let group = solution.groups.iter().find(|group| group.name == "evolution").unwrap();
    let last = &group.values("density").unwrap()[33 * 400..];
    // By finite volumes and eigenvectors in Python, on as many cells: they agree to the second order of the grid.
    assert_relative_eq!(last[220..].iter().sum::<f64>() * 0.01, 0.5766, max_relative = 1e-3);
}

#[test]
fn hessian() {
    let solution = solve("hessian", &["grid.cells=[96, 96]"]);
    let error = solution.rate.as_ref().unwrap().discretisation_error.unwrap();
    assert!(error < 0.06 && (extrapolated(&solution) / 0.0525 - 1.0).abs() < error + 0.002, "{error}");
}

#[test]
fn particles_and_minibatch() {
    let solution = solve("particles", &["particles.exits=3000"]);
    let found = solution.particles.unwrap();
    assert!(found.rate.against.unwrap().z.abs() < 4.0 && found.constancy.unwrap().p_value > 1e-4);
    let solution = solve("minibatch", &["particles.exits=1000", "grid.cells=[512]", "particles.dimension=1"]);
    // All samples pushed through a grid in turn, in Python: 5.64e-5.
    let rate = solution.particles.unwrap().rate.per_iteration.unwrap();
    assert_relative_eq!(rate.value, 5.64e-5, max_relative = 0.12);
}

/// By NumPy and SciPy from the weights: finite differences on 48², 96² and 192² points, extrapolated: 0.0063918.
#[test]
fn slice() {
    let solution = solve("slice", &["landscape.slice={ directions = 'hessian', points = 17 }", "grid.cells=[64, 64]"]);
    assert_relative_eq!(extrapolated(&solution), 0.0063918, max_relative = 1e-4);
    let error = solution.rate.as_ref().unwrap().discretisation_error.unwrap();
    assert!(error < 1e-3, "{error:e}");
}

/// By SciPy, finite differences on up to 257² points of the table that is kept: 1.33984, 6.1437 and 9.346e-3; on 401² points of the
/// polygon, of first order in the spacing, 1.11e-8. By NumPy, SGD in all parameters: 0.963(22) by projection, 0.149(3) out of
/// the box after a longer burn-in.
#[test]
fn networks_on_data_of_the_paper() {
    let few = ["grid.cells=[48, 48]", "particles.exits=150", "particles.count=64", "particles.most_seconds=1000"];
    let points =
        |count: usize, more: &str| format!("landscape.slice={{ directions = 'hessian', points = {count}{more} }}");
    let with = |slice: &str, name: &str| solve(name, &[&few[..], &[slice]].concat());
    let escape = with(&points(17, ""), "cardiotocography/escape");
    assert_relative_eq!(extrapolated(&escape), 1.33984, max_relative = 1e-4);
    let found = escape.particles.unwrap().rate;
    assert!((found.value - 0.963).abs() < 4.0 * found.standard_error, "{found:?}");
    let white = solve("cardiotocography/sgld", &[few[0], &points(17, "")]);
    assert_relative_eq!(extrapolated(&white), 9.346e-3, max_relative = 1e-4);
    let paper = with(&points(17, ", reach = 0.45"), "cardiotocography/box");
    assert!((0.8e-8..1.6e-8).contains(&extrapolated(&paper)));
    let found = paper.particles.unwrap().rate;
    assert!((0.08..0.17).contains(&found.value), "{found:?}");
    let avila = with(&points(9, ""), "avila/escape");
    assert_relative_eq!(extrapolated(&avila), 6.1437, max_relative = 1e-3);
}

/// From the data by NumPy and SciPy, with minimiser, gradients and covariances of their own, finite differences on up to 193² points.
/// By NumPy, SGD with real batches: 6.90(18)e-3.
#[test]
fn logistic_regression_on_gaussian_noise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/data");
    let slice = format!(
        "landscape.slice={{ directions = '{}', points = 9 }}",
        folder.join("gaussian-axes.safetensors").display()
    );
    let data = format!("landscape.data='{}'", folder.join("gaussian.csv").display());
    let run = |name: &str, more: &[&str]| {
        let few = [data.as_str(), slice.as_str(), "particles.exits=300", "particles.most_seconds=1000"];
        solve(&format!("gaussian/{name}"), &[&few[..], more].concat())
    };
    let found = run("batch-size", &[]);
    assert_relative_eq!(extrapolated(&found), 8.82312e-3, max_relative = 3e-5);
    let found = found.particles.unwrap().rate;
    assert!((found.value - 6.90e-3).abs() < 4.0 * found.standard_error.hypot(0.18e-3), "{found:?}");
    let rate = |name: &str, more: &[&str]| extrapolated(&run(name, more));
    assert_relative_eq!(rate("learning-rate", &["noise.learning_rate=0.01"]), 0.399778, max_relative = 3e-5);
    let box_at_5 = "valley.box={ lower = [-0.04848221, -0.0428744], upper = [0.04096051, 0.04656832] }";
    assert_relative_eq!(rate("sharpness", &["landscape.sharpness=5", box_at_5]), 0.616374, max_relative = 3e-5);
    assert_relative_eq!(rate("sgld", &["noise.temperature=1.25e-3"]), 0.4011804, max_relative = 3e-5);
}

/// By NumPy with a network and a Hessian of its own: the diffusion, the chain of Gaussian steps by Gauss–Legendre, real
/// batches; and SciPy on planes from them.
#[test]
fn the_iteration_and_sharpness_on_a_network() {
    let few = ["particles.exits=400", "particles.count=64", "particles.most_seconds=1000"];
    let found = solve("cardiotocography/iteration", &[&few[..], &["sgd.learning_rates=[0.16, 0.08, 0.02]"]].concat());
    assert_relative_eq!(extrapolated(&found), 1.054212793, max_relative = 1e-8);
    let rates: Vec<f64> = found.iteration.unwrap().rates.iter().map(|rate| rate.per_iteration.value()).collect();
    for (rate, exact) in rates.iter().zip([0.0937484759, 0.0478095194, 0.0145712330]) {
        assert_relative_eq!(*rate, exact, max_relative = 1e-8);
    }
    let real = found.particles.unwrap().rate;
    assert!((real.value - 0.638).abs() < 4.0 * real.standard_error.hypot(0.0042), "{real:?}");
    let plane = |name: &str, more: &[&str]| {
        let coarse = ["grid.cells=[48, 48]", "landscape.slice={ directions = 'hessian', points = 17 }"];
        extrapolated(&solve(name, &[&few[..], &coarse, more].concat()))
    };
    let sharp = ["landscape.sharpness=6", "valley.half_width=0.0204124145232"];
    assert_relative_eq!(plane("cardiotocography/sharpness", &sharp), 6.0 * 2.7371002, max_relative = 1e-4);
    assert_relative_eq!(plane("banknote/escape", &[]), 0.1412132, max_relative = 1e-4);
}

/// The eigenvalues of a linear drift that are nearest to zero: n₁μ₁ + n₂μ₂ with μ = 1 ± 1.5i.
#[test]
fn spectrum() {
    let solution = solve("spectrum", &["grid.cells=[64, 64]"]);
    let study = solution.spectrum.as_ref().unwrap();
    let exact = [(0.0, 0.0), (1.0, 1.5), (1.0, -1.5), (2.0, 0.0), (3.0, 1.5), (3.0, -1.5)];
    assert_eq!(study.modes.len(), exact.len());
    for (re, im) in exact {
        let away = |k: &usize| (study.modes[*k].value.re.value() - re).hypot(study.modes[*k].value.im.value() - im);
        let nearest = (0..exact.len()).min_by(|a, b| away(a).total_cmp(&away(b))).unwrap();
        let size = f64::hypot(re, im);
        assert!(away(&nearest) < 0.04 * size + 1e-12, "{re} {im}: {:e}", away(&nearest));
        assert!(away(&nearest) < 1.5 * study.errors[nearest] * size + 1e-12, "{re} {im}: {:e}", study.errors[nearest]);
    }
}

/// `init` writes these files: whoever changes one finds beside every key what it means and what it may be.
#[test]
fn every_key_of_an_example_has_a_comment() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let (mut keys, mut bare) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (mut before, mut depth) = ("", 0);
        for line in text.lines() {
            let code = line.split(" # ").next().unwrap();
            let is_key = depth == 0 && !line.starts_with(['#', '[', ' ']) && code.contains('=');
            keys += usize::from(is_key);
            if is_key && code == line && !before.starts_with('#') {
                bare.push(format!("{}: {line}", path.display()));
            }
            if !line.starts_with(['#', '[']) {
                depth += code.matches('[').count() as i64 - code.matches(']').count() as i64;
            }
            before = line;
        }
    }
    assert!(bare.is_empty() && keys > 150, "{keys} keys, without a comment:\n{}", bare.join("\n"));
}
