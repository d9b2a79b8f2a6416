//! `saddleflux covariance`: C against H, from the file to covariance.json.

use std::path::Path;
use std::process::{Command, Output};

use saddleflux::model::weights::encode;
use saddleflux::model::{Activation, Model, Network, Output as Measure, Samples, Targets};
use saddleflux::progress::Progress;
use saddleflux::study::covariance::{CovarianceError, CovarianceStudy, Weights, covariance};
use serde_json::Value;

use crate::folder::Folder;

fn command(text: &str, arguments: &[&str], folder: &Path) -> Output {
    std::fs::write(folder.join("model.toml"), text).unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/data/banknote.csv");
    let _ = std::fs::copy(data, folder.join("banknote.csv"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_saddleflux"));
    command.args(["covariance", "model.toml", "--json"]).args(arguments).current_dir(folder).output().unwrap()
}

fn found(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn message(output: &Output, status: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{text}");
    assert!(output.stdout.is_empty());
    text
}

const LOGISTIC: &str =
    "landscape = { kind = 'logistic-regression', data = 'banknote.csv', label = 'class', positive = [1], l2 = 0.01 }";

/// Means over the data, with the weights that were found and none of the program's sums.
#[test]
fn logistic_regression_against_direct_sums() {
    let folder = Folder::new("covariance");
    let found = found(&command(LOGISTIC, &[], folder.path()));
    let text = std::fs::read_to_string(folder.path().join("output/model/covariance.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), found);
    for name in ["covariance.png", "covariance-spectrum.png", "covariance-noise.png"] {
        assert!(std::fs::metadata(folder.path().join("output/model").join(name)).unwrap().len() > 10_000, "{name}");
    }
    assert_eq!((&found["parameters"], &found["samples"], &found["dropped"]), (&4.into(), &1372.into(), &0.into()));
    assert!(found["gradient_norm"].as_f64().unwrap() < 1e-11);

    let table = std::fs::read_to_string(folder.path().join("banknote.csv")).unwrap();
    let rows: Vec<Vec<f64>> =
        table.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    let count = rows.len() as f64;
    let mean = |f: &dyn Fn(&[f64]) -> f64| rows.iter().map(|row| f(row)).sum::<f64>() / count;
    let means = [0, 1, 2, 3].map(|k| mean(&|row| row[k]));
    let deviations = [0, 1, 2, 3].map(|k| mean(&|row| (row[k] - means[k]).powi(2)).sqrt());
    let x = |row: &[f64], k: usize| (row[k] - means[k]) / deviations[k];
    let file = std::fs::read(folder.path().join("output/model/weights.safetensors")).unwrap();
    let theta: Vec<f64> =
        file[file.len() - 32..].chunks(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect();
    let margin = |row: &[f64]| (2.0 * row[4] - 1.0) * (0..4).map(|k| theta[k] * x(row, k)).sum::<f64>();
    let misfit = |row: &[f64]| 1.0 / (1.0 + margin(row).exp());
    let penalty = 0.005 * theta.iter().map(|t| t * t).sum::<f64>();
    let loss = mean(&|row| (1.0 + (-margin(row)).exp()).ln()) + penalty;
    assert!((found["loss"].as_f64().unwrap() / loss - 1.0).abs() < 1e-12);
    let gradient = |k: usize| mean(&|row| -misfit(row) * (2.0 * row[4] - 1.0) * x(row, k));
    let (mut h, mut c) = ([[0.0; 4]; 4], [[0.0; 4]; 4]);
    for i in 0..4 {
        assert!((gradient(i) + 0.01 * theta[i]).abs() < 1e-11);
        for j in 0..4 {
            h[i][j] = mean(&|row| misfit(row) * (1.0 - misfit(row)) * x(row, i) * x(row, j));
            h[i][j] += if i == j { 0.01 } else { 0.0 };
            c[i][j] = mean(&|row| misfit(row).powi(2) * x(row, i) * x(row, j)) - gradient(i) * gradient(j);
        }
    }
    let values: Vec<f64> =
        found["hessian_eigenvalues"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert!(values.len() == 4 && values.is_sorted_by(|a, b| a >= b));
    let trace: f64 = (0..4).map(|k| h[k][k]).sum();
    let square: f64 = h.as_flattened().iter().map(|h| h * h).sum();
    assert!((values.iter().sum::<f64>() - trace).abs() < 1e-12);
    assert!((values.iter().map(|v| v * v).sum::<f64>() - square).abs() < 1e-12);

    let pairs: Vec<(f64, f64)> =
        h.as_flattened().iter().zip(c.as_flattened()).filter(|(h, _)| h.abs() <= 0.03).map(|(h, c)| (*h, *c)).collect();
    let n = pairs.len() as f64;
    let (mx, my) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|&(x, y)| f(x, y)).sum::<f64>();
    let slope = sum(&|x, y| x * y) / sum(&|x, _| x * x);
    let r = sum(&|x, y| (x - mx) * (y - my)) / (sum(&|x, _| (x - mx).powi(2)) * sum(&|_, y| (y - my).powi(2))).sqrt();
    let comparisons = found["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 8);
    for (batch_size, pair) in [1, 10, 20, 30].into_iter().zip(comparisons.chunks(2)) {
        let [eigen, original] = pair else { panic!() };
        assert_eq!((&eigen["batch_size"], &original["batch_size"]), (&batch_size.into(), &batch_size.into()));
        assert_eq!((eigen["basis"].as_str(), original["basis"].as_str()), (Some("eigen"), Some("original")));
        assert_eq!((&eigen["elements"], &original["elements"]), (&4.into(), &pairs.len().into()));
        for (key, exact) in [("slope", slope), ("pearson_r", r)] {
            assert!((original[key].as_f64().unwrap() - exact).abs() < 1e-10, "{key}");
        }
    }
}

/// Features that are never on together: the Hessian is diagonal, and all is known in fractions.
#[test]
fn analytical_slope_of_an_orthogonal_regression() {
    // x = (1, 0), (1, 0), (0, ½), (0, ½) with y = ±1, 1 ± ½: θ* = (0, 2), residuals ∓1 and ∓½, H = diag(½, ⅛).
    let model = Model {
        network: Network::new(&[2, 1], false, Activation::Tanh, Measure::SquaredError),
        samples: Samples {
            features: vec!["a".into(), "b".into()],
            inputs: vec![1.0, 0.0, 1.0, 0.0, 0.0, 0.5, 0.0, 0.5],
            targets: Targets::Values(vec![1.0, -1.0, 1.5, 0.5]),
            dropped: 0,
        },
        l2: 0.0,
    };
    let found = covariance(&model, Weights::Minimiser, &Progress::default()).unwrap();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-14, "{a} {b}");
    // |∇L| ≤ 1e-12 · 0.73, the root mean square gradient at 0, over the smallest eigenvalue ⅛.
    let reached = |a: f64, b: f64| assert!((a - b).abs() < 6e-12, "{a} {b}");
    found.theta.iter().zip([0.0, 2.0]).for_each(|(a, b)| reached(*a, b));
    found.eigenvalues.iter().zip([0.5, 0.125]).for_each(|(a, b)| close(*a, b));
    assert_eq!(found.negative_and_zero(), [0, 0]);
    // Zeros of any sign to the rounding of the largest are no negative eigenvalues.
    let flat = CovarianceStudy { eigenvalues: vec![0.5, 3e-17, -4e-17, -0.1], ..found.clone() };
    assert_eq!(flat.negative_and_zero(), [1, 2]);
    close(found.loss, (1.0 + 0.25) / 4.0);
    // C = diag(½, 1/32): slope (¼ + 1/256)/(¼ + 1/64), two points on a line.
    let eigen = &found.comparisons[0];
    reached(eigen.slope.unwrap(), 65.0 / 68.0);
    reached(eigen.pearson_r.unwrap(), 1.0);
    // Gradients (∓1, 0) and (0, ∓¼): E|x|⁴ = (1 + 1/256)/2, tr C = 17/32, tr C² = ¼ + 1/1024.
    let (fourth, trace, squares) = (257.0 / 512.0, 17.0 / 32.0, 257.0 / 1024.0);
    for norm in &found.noise {
        let excess = (fourth - trace * trace - 2.0 * squares) / (2.0 * squares * f64::from(norm.batch_size));
        reached(norm.variance_ratio, 1.0 + excess);
    }
    // One sample has one of two norms; those of thirty lie closer, and are nearer to the Gaussian.
    let [one, .., thirty] = &found.noise[..] else { panic!() };
    one.quantiles.iter().zip([0.25, 0.25, 1.0]).for_each(|(found, right)| {
        assert!((found - right).abs() < 1e-9 || (found - 1.0).abs() < 1e-9, "{found}");
    });
    assert!(one.kolmogorov_smirnov > 0.2 && one.p_value < 1e-12, "{one:?}");
    assert!(thirty.kolmogorov_smirnov < 0.6 * one.kolmogorov_smirnov, "{}", thirty.kolmogorov_smirnov);
    // Off the diagonal H and C are 0: no line, no correlation, and no number that stands for them.
    let original = &found.comparisons[1];
    assert_eq!((original.elements, original.slope, original.pearson_r), (2, None, None));
}

const NETWORK: &str = "[landscape]
kind = 'network'
data = 'banknote.csv'
label = 'class'
layers = [3]
l2 = 0.01
";

#[test]
fn a_seed_gives_the_same_bytes_and_its_weights_can_be_given_back() {
    let folder = Folder::new("covariance-seed");
    let run = |out: &str, more: &[&str]| {
        let output = command(NETWORK, &[&["--no-plots", "--out", out][..], more].concat(), folder.path());
        let mut found = found(&output);
        // The command names its folder.
        found["provenance"].as_object_mut().unwrap().remove("command");
        (found, std::fs::read(folder.path().join(out).join("weights.safetensors")).unwrap())
    };
    let (first, weights) = run("one", &["--threads", "1"]);
    assert_eq!((first.clone(), weights.clone()), run("two", &["--threads", "2"]));
    assert_eq!(first["training"]["is_converged"], true);
    assert_ne!(weights, run("other", &["--set", "landscape.seed=1"]).1);
    let (again, same) = run("again", &["--set", "landscape.weights='one/weights.safetensors'"]);
    assert_eq!(same, weights);
    for key in ["loss", "gradient_norm", "hessian_eigenvalues", "comparisons", "parameters"] {
        assert_eq!(again[key], first[key], "{key}");
    }
    assert!(again.get("training").is_none());
    // Eigenvalues at a minimum, and every slope the same.
    assert!(first["hessian_eigenvalues"].as_array().unwrap().iter().all(|value| value.as_f64().unwrap() > 0.0));
    assert_eq!(first["parameters"], 3 * 4 + 3 + 2 * 3 + 2);
}

/// What its header promises: parallel to the Hessian, and far below it.
#[test]
fn the_example() {
    let folder = Folder::new("covariance-example");
    let config = include_str!("../../configs/covariance.toml").replace("configs/data/", "");
    let found = found(&command(&config, &["--no-plots"], folder.path()));
    assert_eq!(found["training"]["is_converged"], true);
    let eigen = &found["comparisons"][0];
    assert!(eigen["pearson_r"].as_f64().unwrap() > 0.99, "{eigen}");
    assert!((0.04..0.06).contains(&eigen["slope"].as_f64().unwrap()), "{eigen}");
}

/// By NumPy from the weights that are kept, the Hessian by differences of the gradient.
#[test]
fn the_example_of_avila() {
    let folder = Folder::new("covariance-avila");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/data");
    let config = include_str!("../../configs/avila/covariance.toml");
    let found = found(&command(
        &config.replace("configs/data/", &format!("{}/", data.display())),
        &["--no-plots"],
        folder.path(),
    ));
    let near = |value: &Value, exact: f64, error: f64| {
        assert!((value.as_f64().unwrap() / exact - 1.0).abs() < error, "{value} {exact}");
    };
    near(&found["loss"], 0.515151342884, 1e-11);
    near(&found["hessian_eigenvalues"][0], 478.13311348, 1e-8);
    let [eigen, original] = [0usize, 1].map(|k| &found["comparisons"][k]);
    assert_eq!((&eigen["elements"], &original["elements"]), (&180.into(), &88_798.into()));
    near(&eigen["slope"], 0.69696514045, 1e-8);
    near(&eigen["pearson_r"], 0.99307305221, 1e-8);
    near(&original["slope"], 0.76034178753, 1e-8);
    near(&original["pearson_r"], 0.40087458468, 1e-8);
    near(&found["noise_norms"][0]["variance_ratio"], 2007.67043058, 1e-8);
}

/// Without training the point is that of the initial weights, where the loss is not at a minimum.
#[test]
fn a_random_point() {
    let folder = Folder::new("covariance-random");
    let set = ["--no-plots", "--set", "landscape.trained=false"];
    let found = found(&command(NETWORK, &set, folder.path()));
    assert!(found.get("training").is_none());
    assert!(found["gradient_norm"].as_f64().unwrap() > 1e-2, "{found}");
    assert!(found["hessian_eigenvalues"].as_array().unwrap().iter().any(|value| value.as_f64().unwrap() < 0.0));
    let norms = found["noise_norms"].as_array().unwrap();
    assert_eq!(norms.len(), 4);
    let ratio = |k: usize| norms[k]["variance_ratio"].as_f64().unwrap() - 1.0;
    assert!((ratio(1) * 10.0 / ratio(0) - 1.0).abs() < 1e-9 && (ratio(3) * 30.0 / ratio(0) - 1.0).abs() < 1e-9);
}

#[test]
fn what_cannot_be_compared_says_what_to_change() {
    let folder = Folder::new("covariance-bad");
    let fails = |text: &str, more: &[&str], status: i32, words: &[&str]| {
        let said = message(&command(text, more, folder.path()), status);
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!folder.path().join("output/model/covariance.json").exists());
    };
    let set = |change| ["--set", change];
    fails("landscape = { kind = 'double-well' }", &[], 2, &["landscape.kind", "model on data"]);
    fails(LOGISTIC, &set("landscape.layers=[3]"), 2, &["layers", "unknown key"]);
    fails(LOGISTIC, &set("landscape.label='clas'"), 2, &["landscape.label", "nearest is `class`"]);
    fails(LOGISTIC, &set("landscape.features=['variance', 'variance']"), 2, &["landscape.features", "twice"]);
    let shifted = "landscape = { kind = 'logistic-regression', data = 'table.csv', label = 'kind', positive = [1] }";
    std::fs::write(folder.path().join("table.csv"), "a,kind\n1,1\n2,1\n-3,0\n,0\n").unwrap();
    fails(shifted, &[], 2, &["line 5, column `a`", "landscape.missing = \"drop\""]);
    let dropped = ["--set", "landscape.missing='drop'"];
    fails(shifted, &dropped, 3, &["landscape.l2", "separates", "l2 > 0"]);
    let network = Network::new(&[4, 4, 2], true, Activation::Tanh, Measure::CrossEntropy);
    std::fs::write(folder.path().join("wide.safetensors"), encode(&network, &vec![0.1; network.parameters()])).unwrap();
    fails(
        NETWORK,
        &set("landscape.weights='wide.safetensors'"),
        2,
        &["landscape.weights", "`0.weight` has the shape [4, 4]", "[3, 4]"],
    );
    fails(NETWORK, &set("landscape.weights='nowhere'"), 2, &["landscape.weights", "cannot be read"]);
    fails(NETWORK, &set("landscape.layers=[1000000]"), 3, &["7000002 parameters", "GiB"]);
}

#[test]
fn interruption_ends_it() {
    let model = Model {
        network: Network::new(&[1, 2, 2], true, Activation::Relu, Measure::CrossEntropy),
        samples: Samples {
            features: vec!["x".into()],
            inputs: vec![1.0, -1.0],
            targets: Targets::Classes(vec![0, 1], vec!["0".into(), "1".into()]),
            dropped: 0,
        },
        l2: 0.1,
    };
    let progress = Progress::default();
    progress.interrupt();
    let error = covariance(&model, Weights::Seed(0), &progress).unwrap_err();
    assert!(matches!(error, CovarianceError::Training(_)), "{error}");
}
