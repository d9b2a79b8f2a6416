//! Slices through several minima, kept in files, and SGD with real batches on them and in all parameters.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use saddleflux::config::{Config, Diagnosis};
use saddleflux::model::slice::{Middle, Slice, SliceError, SliceSpec};
use saddleflux::model::stored::kept;
use saddleflux::model::{Activation, Directions, Model, Network, Output, Samples, Targets};
use saddleflux::problem::Landscape;
use saddleflux::problem::landscape::TableLoss;
use saddleflux::progress::Progress;
use saddleflux::study::simulate::{Simulation, alone};

use crate::folder::Folder;

/// A small network on made-up samples of two classes.
fn model() -> Arc<Model> {
    let value = |k: usize| (2.3 * k as f64).sin() + 0.4 * (0.61 * (k * k) as f64).cos();
    let inputs: Vec<f64> = (0..2 * 30).map(value).collect();
    let codes = inputs.chunks(2).map(|x| u32::from(x[0] * x[1] > 0.1)).collect();
    let samples = Samples {
        features: ["a", "b"].map(String::from).to_vec(),
        inputs,
        targets: Targets::Classes(codes, vec!["0".into(), "1".into()]),
        dropped: 0,
    };
    let network = Network::new(&[2, 3, 2], true, Activation::Tanh, Output::CrossEntropy);
    Arc::new(Model { network, samples, l2: 0.01 })
}

fn spec(dimension: usize, directions: Directions) -> SliceSpec {
    let range = [[-0.5, 1.5]; 2];
    SliceSpec { dimension, middle: Middle::Seed(0), directions, range, points: Some([9, 9]) }
}

fn sliced(spec: &SliceSpec) -> Result<Slice, SliceError> {
    Slice::compute(&model(), spec, &Progress::default())
}

/// Each minimum is where its coordinates say, with the loss that its own training found.
#[test]
fn planes_go_through_their_minima() {
    let trained = |seed| {
        let spec = SliceSpec { middle: Middle::Seed(seed), ..spec(1, Directions::Hessian) };
        sliced(&spec).unwrap().training.unwrap()
    };
    let ends = [trained(0), trained(1), trained(2)];
    let plane = sliced(&spec(2, Directions::Minima(vec![Middle::Seed(1), Middle::Seed(2)]))).unwrap();
    let line = sliced(&spec(1, Directions::Minima(vec![Middle::Seed(2)]))).unwrap();
    assert_eq!(plane.theta, ends[0].theta);
    for (slice, at, end) in
        [(&plane, [0.0, 0.0], 0), (&plane, [1.0, 0.0], 1), (&plane, [0.0, 1.0], 2), (&line, [1.0, 0.0], 2)]
    {
        let table = TableLoss::from(Arc::new(slice.clone()));
        // Multiples of a quarter are points of the grid, where the spline is exact.
        assert!((table.value(at) / ends[end].loss - 1.0).abs() < 1e-12, "{at:?}");
        let found = slice.parameters_at(at);
        assert!(found.iter().zip(&ends[end].theta).all(|(a, b)| (a - b).abs() < 1e-13 * (1.0 + b.abs())), "{at:?}");
        assert!(slice.coordinates(&found).iter().zip(at).all(|(a, b)| (a - b).abs() < 1e-12), "{at:?}");
    }
    let same = sliced(&spec(2, Directions::Minima(vec![Middle::Seed(1), Middle::Seed(0)])));
    assert!(matches!(same, Err(SliceError::SameMinimum { place: 1 })));
    let twice = sliced(&spec(2, Directions::Minima(vec![Middle::Seed(1), Middle::Seed(1)])));
    assert!(matches!(twice, Err(SliceError::MinimaOnALine { .. })));
}

/// The mean slope over all samples is that of the loss, in coordinates that are neither unit nor orthogonal, and the
/// projection of a point that is off the slice.
#[test]
fn samples_of_a_slice_add_up_to_its_gradient() {
    let slice = sliced(&spec(2, Directions::Minima(vec![Middle::Seed(1), Middle::Seed(2)]))).unwrap();
    let at = [0.3, -0.2];
    let count = slice.model.samples.len();
    let slopes: Vec<[f64; 2]> = (0..count).map(|n| slice.sample_slope(at, n)).collect();
    let (_, gradient) = slice.model.loss_and_gradient(&slice.parameters_at(at));
    let along = |k: usize| slice.vectors[k].iter().zip(&gradient).map(|(v, g)| v * g).sum::<f64>();
    let right = slice.raise([along(0), along(1)]);
    for (k, right) in right.into_iter().enumerate() {
        let mean = slopes.iter().map(|slope| slope[k]).sum::<f64>() / count as f64;
        assert!((mean - right).abs() < 1e-13, "{mean} {right}");
    }
    // A step across the slice does not change the coordinates.
    let mut theta = slice.parameters_at(at);
    let mut across = vec![0.0; theta.len()];
    across[0] = 1.0;
    let [x, y] = slice.coordinates(&across.iter().zip(&slice.theta).map(|(a, t)| a + t).collect::<Vec<f64>>());
    for (k, value) in theta.iter_mut().enumerate() {
        *value += across[k] - x * slice.vectors[0][k] - y * slice.vectors[1][k];
    }
    assert!(slice.coordinates(&theta).iter().zip(at).all(|(a, b)| (a - b).abs() < 1e-12));
}

/// A slice is computed once for each question, and read back to the last bit.
#[test]
fn slices_are_kept_by_what_determines_them() {
    let folder = Folder::new("slice-kept");
    let computed = Cell::new(0);
    let get = |model: &Arc<Model>, spec: &SliceSpec| {
        kept(folder.path(), model, spec, || {
            computed.set(computed.get() + 1);
            Slice::compute(model, spec, &Progress::default())
        })
    };
    for dimension in [1, 2] {
        let asked = spec(dimension, Directions::Filter { seed: 4 });
        let (first, second) = (get(&model(), &asked).unwrap(), get(&model(), &asked).unwrap());
        assert_eq!(computed.get(), 4 * dimension - 3);
        assert_eq!(format!("{:?}", first.measured), format!("{:?}", second.measured));
        assert_eq!((first.theta, first.vectors, first.training), (second.theta, second.vectors, second.training));
        assert_eq!(first.curvatures, second.curvatures);
        // Another slice, other data, another penalty.
        let mut other = Model::clone(&model());
        other.samples.inputs[7] += 1e-9;
        get(&Arc::new(other), &asked).unwrap();
        get(&Arc::new(Model { l2: 0.011, ..Model::clone(&model()) }), &asked).unwrap();
        get(&model(), &SliceSpec { points: Some([9, 11]), ..asked }).unwrap();
        assert_eq!(computed.get(), 4 * dimension);
    }
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::write(entry.unwrap().path(), "no HDF5").unwrap();
    }
    let error = get(&model(), &spec(2, Directions::Filter { seed: 4 })).unwrap_err();
    assert!(matches!(error, SliceError::Kept { .. }), "{error}");
}

fn config(folder: &Path, text: &str) -> Config {
    Config::from_text(&folder.join("problem.toml"), text, &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn simulated(folder: &Path, text: &str) -> Simulation {
    let config = config(folder, text);
    let problem = config.problem().unwrap_or_else(|error| panic!("{error}"));
    alone(&problem, &config.request, &Progress::default()).unwrap().simulation
}

fn data(name: &str) -> Folder {
    let folder = Folder::new(name);
    let banknote = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/data/banknote.csv");
    std::fs::copy(banknote, folder.path().join("banknote.csv")).unwrap();
    folder
}

const TWO: &str = "kind = 'logistic-regression', data = 'banknote.csv', label = 'class', positive = ['1'], l2 = 0.02, \
                   features = ['variance', 'skewness'], sharpness = 1.7";
const REST: &str = "noise = { kind = 'covariance', learning_rate = 0.3, batch_size = 1 }
valley = { set = 'box', half_width = 0.12 }";

/// A plane through a model of two parameters is all of them: the same batches move it, in the coordinates of the
/// slice and in the whole space.
#[test]
fn a_plane_of_all_parameters_is_the_whole_space() {
    let folder = data("slice-whole");
    let particles =
        |more: &str| format!("particles = {{ method = 'minibatch', count = 256, exits = 2000, seed = 5{more} }}");
    let slice = "slice = { directions = 'hessian', reach = 0.4, points = 9 }";
    let plane = |more: &str| {
        simulated(folder.path(), &format!("landscape = {{ {TWO}, {slice} }}\n{REST}\n{}\n", particles(more)))
    };
    let (on, all) = (plane(""), plane(", space = 'whole'"));
    assert!((on.rate.value / all.rate.value - 1.0).abs() < 1e-9, "{} {}", on.rate.value, all.rate.value);
    // The box of the parameters is another set than that of the eigenvectors, and one of the same width holds less or more.
    let boxed = plane(", space = 'whole', half_width = 0.12");
    let ratio = boxed.rate.value / on.rate.value;
    assert!((0.2..5.0).contains(&ratio) && ratio != 1.0, "{ratio}");
}

#[test]
fn spaces_that_do_not_exist_are_refused() {
    let folder = data("slice-whole-bad");
    let refused = |text: &str, words: &str| {
        let message = match Config::from_text(&folder.path().join("bad.toml"), text, &[]) {
            Err(error) => error.to_string(),
            Ok(config) => match config.problem() {
                Err(error) => Diagnosis::of_problem(&error).text(),
                Ok(problem) => match alone(&problem, &config.request, &Progress::default()) {
                    Err(error) => saddleflux::config::advice::on_study(&error).text(),
                    Ok(_) => panic!("{words}"),
                },
            },
        };
        assert!(message.contains(words), "{words}\n{message}");
    };
    let particles = |more: &str| format!("particles = {{ method = 'minibatch', {more} }}");
    refused(&format!("landscape = {{ {TWO} }}\n{REST}\n{}\n", particles("space = 'whole'")), "particles.space");
    refused(&format!("landscape = {{ {TWO} }}\n{REST}\n{}\n", particles("half_width = 0.1")), "particles.half_width");
    let slice = |keys: &str| format!("landscape = {{ {TWO}, slice = {{ {keys} }} }}\n{REST}\n");
    refused(&slice("directions = 'minima', minima = [1, 2]"), "one minimum");
    refused(&slice("directions = 'minima'"), "seeds");
    refused(&slice("directions = 'minima', minima = [1]"), "2 dimension(s)");
    refused(&slice("directions = 'minima', minima = ['a', 'b']"), "neither a seed");
    let open = "domain = { lower = [-0.2, -0.2], upper = [0.2, 0.2], walls = { x = ['absorbing', 'absorbing'] } }
                noise = { kind = 'covariance', learning_rate = 0.3, batch_size = 1 }\nvalley = { set = 'whole' }\n";
    let whole = particles("space = 'whole'");
    refused(&format!("landscape = {{ {TWO}, slice = {{ directions = 'hessian' }} }}\n{open}{whole}\n"), "reflecting");
}
