//! Lines and planes through the parameters of models.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use proptest::prelude::*;
use saddleflux::config::{Config, Diagnosis};
use saddleflux::model::Directions;
use saddleflux::model::lanczos;
use saddleflux::model::slice::{Middle, Slice, SliceSpec};
use saddleflux::model::training::eigenpairs;
use saddleflux::model::weights::encode;
use saddleflux::model::{Activation, Model, Network, Output, Samples, Targets};
use saddleflux::problem::Landscape;
use saddleflux::problem::landscape::TableLoss;
use saddleflux::progress::Progress;
use saddleflux::tensor::Tensor;
use serde_json::{Value, json};

use crate::folder::Folder;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A small network on made-up samples of two classes.
fn model() -> Model {
    let value = |k: usize| (1.7 * k as f64).sin() + 0.3 * (0.37 * (k * k) as f64).cos();
    let inputs: Vec<f64> = (0..3 * 40).map(value).collect();
    let codes = inputs.chunks(3).map(|x| u32::from(x[0] + 0.5 * x[1] * x[2] > 0.1)).collect();
    let samples = Samples {
        features: ["a", "b", "c"].map(String::from).to_vec(),
        inputs,
        targets: Targets::Classes(codes, vec!["0".into(), "1".into()]),
        dropped: 0,
    };
    Model { network: Network::new(&[3, 4, 2], true, Activation::Tanh, Output::CrossEntropy), samples, l2: 0.02 }
}

fn spec(directions: Directions, points: Option<[usize; 2]>) -> SliceSpec {
    SliceSpec { dimension: 2, middle: Middle::Seed(3), directions, range: [[-0.8, 0.8], [-0.5, 0.7]], points }
}

fn sliced(model: &Model, spec: &SliceSpec) -> Slice {
    Slice::compute(&Arc::new(model.clone()), spec, &Progress::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// θ* + x u + y v.
fn theta(slice: &Slice, [x, y]: [f64; 2]) -> Vec<f64> {
    let step = |k: usize| x * slice.vectors[0][k] + y * slice.vectors[1][k];
    slice.theta.iter().enumerate().map(|(k, value)| value + step(k)).collect()
}

#[test]
fn a_slice_is_the_model_along_its_vectors() {
    let model = model();
    for directions in [Directions::Hessian, Directions::Filter { seed: 5 }] {
        let slice = sliced(&model, &spec(directions.clone(), None));
        let table = TableLoss::from(Arc::new(slice.clone()));
        let gram = |i: usize, j: usize| dot(&slice.vectors[i], &slice.vectors[j]);
        let metric = table.metric().map_or(Tensor::isotropic(1.0, 2), saddleflux::problem::metric::Metric::gram);
        for (entry, right) in [(metric.xx, gram(0, 0)), (metric.xy, gram(0, 1)), (metric.yy, gram(1, 1))] {
            assert!((entry - right).abs() < 1e-12 * metric.xx, "{directions:?}");
        }
        for at in [[0.0, 0.0], [0.31, -0.17], [-0.79, 0.69]] {
            let theta = theta(&slice, at);
            let (loss, gradient) = model.loss_and_gradient(&theta);
            assert!((table.value(at) / loss - 1.0).abs() < 1e-5, "{directions:?} {at:?}");
            let hessian = model.hessian(&theta);
            let form = |matrix: &[f64], i: usize, j: usize| {
                let product: Vec<f64> = matrix.chunks(theta.len()).map(|row| dot(row, &slice.vectors[j])).collect();
                dot(&slice.vectors[i], &product)
            };
            let covariance = model.covariance(&theta).matrix;
            let (slope, bend) = (table.gradient(at), table.hessian(at));
            let spread = table.gradient_covariance(at).unwrap();
            let size = form(&hessian, 0, 0).abs() + form(&hessian, 1, 1).abs();
            for (slope, vector) in slope.iter().zip(&slice.vectors) {
                assert!((slope - dot(&gradient, vector)).abs() < 1e-3 * size, "{directions:?} {at:?}");
            }
            for (found, i, j) in [(bend.xx, 0, 0), (bend.xy, 0, 1), (bend.yy, 1, 1)] {
                assert!((found - form(&hessian, i, j)).abs() < 3e-2 * size, "{directions:?} {at:?} {i}{j}");
            }
            for (found, i, j) in [(spread.xx, 0, 0), (spread.xy, 0, 1), (spread.yy, 1, 1)] {
                let right = form(&covariance, i, j);
                assert!((found - right).abs() < 1e-3 * (spread.xx + spread.yy), "{directions:?} {at:?} {i}{j}");
            }
        }
    }
}

#[test]
fn hessian_directions_are_eigenvectors_of_the_largest_eigenvalues() {
    let model = model();
    let slice = sliced(&model, &spec(Directions::Hessian, Some([9, 9])));
    let (values, _) = eigenpairs(&model.hessian(&slice.theta), model.parameters()).unwrap();
    for k in 0..2 {
        let vector = &slice.vectors[k];
        let product = model.hessian_product(&slice.theta, vector);
        assert!(product.iter().zip(vector).all(|(p, v)| (p - values[k] * v).abs() < 1e-12 * values[0]));
        assert!((slice.curvatures[k] / values[k] - 1.0).abs() < 1e-10);
    }
    // At a point that the spline meets exactly it is the model itself, to the last digits.
    let found = slice.measured.loss[9 * 2 + 7];
    let at = theta(&slice, [slice.measured.axes[0][2], slice.measured.axes[1][7]]);
    assert!((found / model.loss(&at) - 1.0).abs() < 1e-13);
}

#[test]
fn filter_directions_are_as_long_as_the_filters() {
    let model = model();
    let slice = sliced(&model, &spec(Directions::Filter { seed: 1 }, Some([7, 7])));
    let other = sliced(&model, &spec(Directions::Filter { seed: 2 }, Some([7, 7])));
    for vector in &slice.vectors {
        for layer in model.network.layers() {
            let (weights, own) = (&vector[layer.weights()], &slice.theta[layer.weights()]);
            for (row, own) in weights.chunks(layer.inputs).zip(own.chunks(layer.inputs)) {
                assert!((dot(row, row) / dot(own, own) - 1.0).abs() < 1e-12);
            }
            assert!(vector[layer.biases()].iter().all(|bias| *bias == 0.0));
        }
    }
    assert!(slice.vectors[0] != slice.vectors[1] && slice.vectors != other.vectors);
}

proptest! {
    #![proptest_config(crate::cases(24))]
    /// Lanczos's vectors against all eigenvectors, for spectra with gaps of a tenth and more.
    #[test]
    fn lanczos_finds_what_a_dense_solver_finds(
        entries in prop::collection::vec(-1.0..1.0f64, 30 * 30),
        tops in prop::array::uniform2(1.0..10.0f64),
    ) {
        let n = 30;
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                matrix[i * n + j] = 0.05 * (entries[i * n + j] + entries[j * n + i]);
            }
        }
        (matrix[3 * n + 3], matrix[7 * n + 7]) = (20.0 + tops[0], 5.0 + tops[1]);
        let product = |v: &[f64]| matrix.chunks(n).map(|row| dot(row, v)).collect::<Vec<f64>>();
        let found = lanczos::largest(n, 2, product, || true).unwrap();
        let (values, vectors) = eigenpairs(&matrix, n).unwrap();
        for k in 0..2 {
            prop_assert!((found.values[k] / values[k] - 1.0).abs() < 1e-12);
            let cosine = dot(&found.vectors[k], &vectors[k * n..(k + 1) * n]).abs();
            prop_assert!((cosine - 1.0).abs() < 1e-12);
        }
    }
}

/// One tensor a name.
fn safetensors(tensors: &[(&str, &[f64])]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::<u8>::new());
    for (name, values) in tensors {
        let start = data.len();
        values.iter().for_each(|value| data.extend(value.to_le_bytes()));
        let entry = json!({ "dtype": "F64", "shape": [values.len()], "data_offsets": [start, data.len()] });
        header.insert((*name).into(), entry);
    }
    let text = Value::Object(header).to_string();
    [(text.len() as u64).to_le_bytes().as_slice(), text.as_bytes(), &data].concat()
}

const REGRESSION: &str =
    "kind = 'logistic-regression', data = 'banknote.csv', label = 'class', positive = ['1'], l2 = 0.02";

fn folder_with_data(name: &str) -> Folder {
    let folder = Folder::new(name);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/data/banknote.csv");
    std::fs::copy(data, folder.path().join("banknote.csv")).unwrap();
    folder
}

fn run(folder: &Path, name: &str, text: &str, arguments: &[&str]) -> std::process::Output {
    std::fs::write(folder.join(name), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saddleflux"));
    command.args([arguments, &[name, "--no-plots"]].concat()).current_dir(folder).output().unwrap()
}

fn summary(output: &std::process::Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A regression in two features is a landscape of its own, and a plane along its two weights, skewed, is the same one
/// seen elsewhere.
#[test]
fn a_plane_through_a_regression_in_two_features_is_the_regression() {
    let folder = folder_with_data("slice-regression");
    let features = "features = ['variance', 'skewness']";
    let noise = "{ kind = 'covariance', learning_rate = 0.5, batch_size = 1, floor = 0.002 }";
    let grid = "grid = { cells = [64, 64] }";
    let own = run(
        folder.path(),
        "own.toml",
        &format!(
            "landscape = {{ {REGRESSION}, {features} }}\nnoise = {noise}\n{grid}
             valley = {{ set = 'box', half_width = 0.3 }}\n"
        ),
        &["run", "--json"],
    );
    let own = summary(&own);
    let theta: Vec<f64> =
        own["problem"]["minimum"]["theta"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    // θ = θ* + x (2, 0) + y (1, 1).
    std::fs::write(folder.path().join("v.safetensors"), safetensors(&[("x", &[2.0, 0.0]), ("y", &[1.0, 1.0])]))
        .unwrap();
    let skewed = run(
        folder.path(),
        "skewed.toml",
        &format!(
            "landscape = {{ {REGRESSION}, {features}, slice = {{ directions = 'v.safetensors', reach = [0.35, 0.35] }} }}
             noise = {noise}\n{grid}\ndomain = {{ lower = [-0.34, -0.34], upper = [0.34, 0.34] }}
             valley = {{ set = 'max(abs(2*x + y), abs(y)) < 0.3' }}\n"
        ),
        &["run", "--json"],
    );
    let skewed = summary(&skewed);
    let rate = |summary: &Value| {
        let rate = &summary["rate"]["quasi_stationary"];
        let value = rate["extrapolated"].as_f64().or(rate["value"].as_f64()).unwrap();
        (value, rate["discretisation_error"].as_f64().unwrap())
    };
    let ((right, by), (found, error)) = (rate(&own), rate(&skewed));
    assert!((found / right).ln().abs() <= by + error, "{right} ± {by:e}, {found} ± {error:e}");
    assert!(by + error < 0.05, "{by:e} {error:e}");
    let weights = std::fs::read(folder.path().join("output/skewed/weights.safetensors")).unwrap();
    let kept: Vec<f64> =
        weights[weights.len() - 16..].chunks(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect();
    assert!((0..2).all(|k| (kept[k] - theta[k]).abs() < 1e-9), "{kept:?} {theta:?}");
    for (one, other) in own["problem"]["minimum"]["hessian_eigenvalues"]
        .as_array()
        .unwrap()
        .iter()
        .zip(skewed["problem"]["minimum"]["hessian_eigenvalues"].as_array().unwrap())
    {
        assert!((one.as_f64().unwrap() / other.as_f64().unwrap() - 1.0).abs() < 1e-3);
    }
    assert_eq!(skewed["slice"]["parameters"], 2);
}

/// Weights that are kept beside a result give the same result when they are loaded, and a sweep is the same problem at
/// every point.
#[test]
fn weights_of_a_network_are_kept_loaded_and_swept() {
    let folder = folder_with_data("slice-network");
    let text = |weights: &str| {
        format!(
            "[landscape]\nkind = 'network'\ndata = 'banknote.csv'\nlabel = 'class'\nlayers = [2]\nl2 = 0.01\n{weights}
             slice = {{ directions = 'hessian', points = 17 }}
             [noise]\nkind = 'covariance'\nlearning_rate = 0.1\nbatch_size = 1\nfloor = 1e-4
             [domain]\nlower = [-0.4, -0.4]\nupper = [0.4, 0.4]\nwalls = {{ x = ['absorbing', 'absorbing'], y = ['absorbing', 'absorbing'] }}
             [grid]\ncells = [32, 32]\n[sweep]\nparameters = {{ 'noise.batch_size' = [1, 4] }}\n"
        )
    };
    let trained = summary(&run(folder.path(), "trained.toml", &text("seed = 1"), &["run", "--json"]));
    let loaded = text("weights = 'output/trained/weights.safetensors'");
    let loaded = summary(&run(folder.path(), "loaded.toml", &loaded, &["run", "--json"]));
    let rate = |summary: &Value| summary["rate"]["quasi_stationary"]["value"].as_f64().unwrap();
    assert_eq!(rate(&trained), rate(&loaded));
    assert!(trained["slice"]["is_converged"].as_bool().unwrap() && loaded["slice"]["is_converged"].is_null());
    let warnings = trained["warnings"].to_string();
    assert!(warnings.contains("frozen") && warnings.contains("directions across it"), "{warnings}");
    let swept = summary(&run(folder.path(), "trained.toml", &text("seed = 1"), &["sweep", "--json"]));
    assert_eq!(swept["points"][0]["rate"].as_f64().unwrap(), rate(&trained));
    assert!(swept["points"][1]["rate"].as_f64().unwrap() < rate(&trained));
    let checked = run(folder.path(), "trained.toml", &text("seed = 1"), &["check"]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.contains("frozen"), "{said}");
}

#[test]
fn bad_slices_are_refused() {
    let folder = folder_with_data("slice-bad");
    let problem = |landscape: &str| {
        let text = format!(
            "landscape = {{ {landscape} }}\nnoise = {{ kind = 'isotropic', temperature = 0.01 }}
             valley = {{ set = 'box', half_width = 0.1 }}\n"
        );
        Config::from_text(&folder.path().join("bad.toml"), &text, &[])
    };
    let refused = |landscape: &str, words: &str| {
        let message = match problem(landscape) {
            Err(error) => error.to_string(),
            Ok(config) => {
                let diagnosis = Diagnosis::of_problem(&config.problem().err().expect("a refusal"));
                assert_eq!(diagnosis.exit_status, 2);
                diagnosis.text()
            }
        };
        assert!(message.contains(words), "{words}\n{message}");
    };
    refused("kind = 'network', data = 'banknote.csv', label = 'class'", "slice");
    refused(&format!("{REGRESSION}, slice = {{ directions = 'steepest' }}"), "hessian");
    refused(&format!("{REGRESSION}, slice = {{ directions = 'hessian', seed = 1 }}"), "seed");
    refused(&format!("{REGRESSION}, slice = {{ directions = 'hessian', points = 5 }}"), "points");
    refused(&format!("{REGRESSION}, slice = {{ directions = 'nowhere.safetensors' }}"), "nowhere.safetensors");
    let write =
        |tensors: &[(&str, &[f64])]| std::fs::write(folder.path().join("v.safetensors"), safetensors(tensors)).unwrap();
    let given = format!("{REGRESSION}, slice = {{ directions = 'v.safetensors' }}");
    write(&[("x", &[1.0, 0.0, 0.0, 0.0])]);
    refused(&given, "`y`");
    write(&[("x", &[1.0, 0.0, 0.0, 0.0]), ("y", &[1.0, 0.0])]);
    refused(&given, "[2]");
    write(&[("x", &[1.0, 0.0, 0.0, 0.5]), ("y", &[2.0, 0.0, 0.0, 1.0])]);
    refused(&given, "parallel");
    let wrong = Network::new(&[4, 3, 2], true, Activation::Tanh, Output::CrossEntropy);
    std::fs::write(folder.path().join("w.safetensors"), encode(&wrong, &vec![0.0; wrong.parameters()])).unwrap();
    refused(
        "kind = 'network', data = 'banknote.csv', label = 'class', layers = [2], weights = 'w.safetensors', slice = { directions = 'hessian' }",
        "shape [3, 4]",
    );
}
