//! Models on data: derivatives, exact sums, training, tables, weights.

use std::path::Path;

use saddleflux::model::fault::DataFault;
use saddleflux::model::training::{Effort, TrainingError, eigenpairs, initial, minimise};
use saddleflux::model::weights::{WeightsError, decode, encode};
use saddleflux::model::{Activation, DataSource, Model, Network, Output, Samples, Targets, Task};
use saddleflux::progress::Progress;
use saddleflux::tensor::Tensor;

use crate::folder::Folder;

/// Numbers without a pattern in [−1, 1].
fn scattered(count: usize, phase: f64) -> Vec<f64> {
    (0..count).map(|k| (1.7 * k as f64 + 0.3 * (k as f64).powi(2) + phase).sin()).collect()
}

fn samples(count: usize, features: usize, targets: Targets) -> Samples {
    let features: Vec<String> = (0..features).map(|k| format!("f{k}")).collect();
    Samples { inputs: scattered(count * features.len(), 0.5), features, targets, dropped: 0 }
}

fn classes(count: usize, kinds: u32) -> Targets {
    Targets::Classes(
        (0..count as u32).map(|n| (n * n + n / 3) % kinds).collect(),
        (0..kinds).map(|k| k.to_string()).collect(),
    )
}

/// One model of every kind.
fn gallery() -> Vec<(&'static str, Model)> {
    let count = 150;
    let signs = Targets::Values((0..count).map(|n| if (n * n / 3) % 2 == 0 { 1.0 } else { -1.0 }).collect());
    let values = Targets::Values(scattered(count, 2.0));
    let model = |widths: &[usize], has_bias, activation, output, targets, l2| Model {
        network: Network::new(widths, has_bias, activation, output),
        samples: samples(count, widths[0], targets),
        l2,
    };
    let (tanh, relu) = (Activation::Tanh, Activation::Relu);
    vec![
        ("linear", model(&[3, 1], true, tanh, Output::SquaredError, values.clone(), 0.3)),
        ("logistic", model(&[3, 1], false, tanh, Output::Logistic, signs.clone(), 0.0)),
        ("deep", model(&[3, 4, 5, 3], true, tanh, Output::CrossEntropy, classes(count, 3), 0.1)),
        ("rectified", model(&[2, 5, 4, 2], true, relu, Output::CrossEntropy, classes(count, 2), 0.0)),
        ("flat", model(&[3, 4], true, tanh, Output::CrossEntropy, classes(count, 4), 0.0)),
        ("deep regression", model(&[2, 4, 1], true, tanh, Output::SquaredError, values, 0.0)),
        ("deep signs", model(&[2, 4, 3, 1], true, tanh, Output::Logistic, signs, 0.0)),
    ]
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn gradients_and_hessians_are_differences() {
    for (name, model) in gallery() {
        let p = model.parameters();
        let theta = scattered(p, 0.1);
        let step = 1e-5;
        let at = |k: usize, step: f64| {
            let mut theta = theta.clone();
            theta[k] += step;
            model.loss_and_gradient(&theta)
        };
        let (loss, gradient) = model.loss_and_gradient(&theta);
        assert!((loss - model.loss(&theta)).abs() < 1e-14, "{name}");
        let hessian = model.hessian(&theta);
        for k in 0..p {
            let (ahead, behind) = (at(k, step), at(k, -step));
            let slope = (ahead.0 - behind.0) / (2.0 * step);
            assert!((slope - gradient[k]).abs() < 1e-9, "{name}, ∂{k}: {slope} {}", gradient[k]);
            let column: Vec<f64> = ahead.1.iter().zip(&behind.1).map(|(a, b)| (a - b) / (2.0 * step)).collect();
            assert!(distance(&column, &hessian[k * p..(k + 1) * p]) < 1e-8, "{name}, column {k}");
        }
    }
}

#[test]
fn a_hessian_is_its_products_and_a_covariance_its_samples() {
    for (name, model) in gallery() {
        let p = model.parameters();
        let theta = scattered(p, 0.7);
        let hessian = model.hessian(&theta);
        for k in 0..p {
            let unit: Vec<f64> = (0..p).map(|j| f64::from(u8::from(j == k))).collect();
            let product = model.hessian_product(&theta, &unit);
            assert!(distance(&product, &hessian[k * p..(k + 1) * p]) < 1e-14, "{name}, column {k}");
        }
        let count = model.samples.len();
        let mut rows = Vec::new();
        model.sample_gradients(&theta, 0..count, |n, gradient| {
            assert_eq!(n, rows.len());
            rows.push(gradient.to_vec());
        });
        let found = model.covariance(&theta);
        let mean = |f: &dyn Fn(&[f64]) -> f64| rows.iter().map(|row| f(row)).sum::<f64>() / count as f64;
        for i in 0..p {
            assert!((mean(&|row| row[i]) - found.gradient[i]).abs() < 1e-14, "{name}");
            for j in 0..p {
                let raw = mean(&|row| row[i] * row[j]) - found.gradient[i] * found.gradient[j];
                assert!((raw - found.matrix[i * p + j]).abs() < 1e-13, "{name}, ({i}, {j})");
            }
        }
        // The penalty is in ∇L and not in C.
        let (_, whole) = model.loss_and_gradient(&theta);
        let penalised: Vec<f64> = found.gradient.iter().zip(&theta).map(|(g, t)| g + model.l2 * t).collect();
        assert!(distance(&whole, &penalised) < 1e-14, "{name}");
    }
}

/// (θ·x − y)²/2 on three points, in fractions.
#[test]
fn analytical_linear_regression() {
    let model = Model {
        network: Network::new(&[1, 1], true, Activation::Tanh, Output::SquaredError),
        samples: Samples {
            features: vec!["x".into()],
            inputs: vec![1.0, 2.0, 6.0],
            targets: Targets::Values(vec![2.0, 1.0, 3.0]),
            dropped: 0,
        },
        l2: 0.0,
    };
    // Residuals at θ = (1, 0): −1, 1, 3; gradients (x r, r) = (−1, −1), (2, 1), (18, 3).
    let close = |found: &[f64], exact: &[f64]| assert!(distance(found, exact) < 1e-14, "{found:?} {exact:?}");
    let (loss, gradient) = model.loss_and_gradient(&[1.0, 0.0]);
    close(&[loss], &[11.0 / 6.0]);
    close(&gradient, &[19.0 / 3.0, 1.0]);
    close(&model.hessian(&[1.0, 0.0]), &[41.0 / 3.0, 3.0, 3.0, 1.0]);
    // Means of squares and products minus those of means: 329/3 − 361/9, 57/3 − 19/3, 11/3 − 1.
    close(&model.covariance(&[1.0, 0.0]).matrix, &[626.0 / 9.0, 38.0 / 3.0, 38.0 / 3.0, 8.0 / 3.0]);
    // The line of least squares: slope (3·22 − 9·6)/(3·41 − 81) = 2/7, intercept (6 − 9·2/7)/3 = 8/7.
    let found = minimise(&model, vec![0.0; 2], Effort::REGRESSION, &Progress::default()).unwrap();
    assert!(found.is_converged(), "{found:?}");
    assert!(distance(&found.theta, &[2.0 / 7.0, 8.0 / 7.0]) < 1e-12, "{found:?}");
}

/// Outputs that are equal have the probability 1/2 each, whatever the hidden units are.
#[test]
fn analytical_network() {
    let model = |activation| Model {
        network: Network::new(&[1, 2, 2], true, activation, Output::CrossEntropy),
        samples: Samples {
            features: vec!["x".into()],
            inputs: vec![1.0, -1.0, 3.0],
            targets: Targets::Classes(vec![0, 1, 1], vec!["a".into(), "b".into()]),
            dropped: 0,
        },
        l2: 0.0,
    };
    // W₁ = (2, −1), b₁ = (0, 0); both rows of W₂ are (1, 3): a = relu(2x), relu(−x) = (2, 0), (0, 1), (6, 0).
    let theta = [2.0, -1.0, 0.0, 0.0, 1.0, 3.0, 1.0, 3.0, 0.5, 0.5];
    let (loss, gradient) = model(Activation::Relu).loss_and_gradient(&theta);
    assert!((loss - 2f64.ln()).abs() < 1e-15);
    // δ = ∓1/2 of the first output, ±1/2 of the second; W₂ᵀδ = 0.
    let first = [(-2.0 + 0.0 + 6.0) / 6.0, (0.0 + 1.0 + 0.0) / 6.0];
    let exact = [0.0, 0.0, 0.0, 0.0, first[0], first[1], -first[0], -first[1], 1.0 / 6.0, -1.0 / 6.0];
    assert!(distance(&gradient, &exact) < 1e-15, "{gradient:?}");
    // ∂²L/∂b₂² = p(1 − p) (1, −1; −1, 1).
    let hessian = model(Activation::Relu).hessian(&theta);
    let corner = [hessian[88], hessian[89], hessian[98], hessian[99]];
    assert!(distance(&corner, &[0.25, -0.25, -0.25, 0.25]) < 1e-15);
    // A mixed derivative, of W₁'s first entry and the first output's weight on it: mean of δ σ'(z) x, σ' = 1, 0, 1.
    assert!((hessian[4] - (-0.5 * 1.0 + 0.5 * 3.0) / 3.0).abs() < 1e-15, "{}", hessian[4]);
    let (_, smooth) = model(Activation::Tanh).loss_and_gradient(&theta);
    let t = [2f64.tanh(), -(2f64.tanh()), 6f64.tanh()];
    assert!((smooth[4] - (-t[0] + t[1] + t[2]) / 6.0).abs() < 1e-15, "{smooth:?}");
}

/// A sample that is fitted to e^{−400} has a loss and a gradient with all digits.
#[test]
fn small_losses_keep_their_digits() {
    for (output, targets, widths) in [
        (Output::Logistic, Targets::Values(vec![1.0]), [1, 1]),
        (Output::CrossEntropy, Targets::Classes(vec![0], vec!["a".into(), "b".into()]), [1, 2]),
    ] {
        let features = vec!["x".into()];
        let model = Model {
            network: Network::new(&widths, false, Activation::Tanh, output),
            samples: Samples { features, inputs: vec![1.0], targets, dropped: 0 },
            l2: 0.0,
        };
        let theta = if widths[1] == 1 { vec![400.0] } else { vec![150.0, -250.0] };
        let exact = (-400f64).exp();
        let (loss, gradient) = model.loss_and_gradient(&theta);
        assert_relative_eq!(loss, exact, max_relative = 1e-14);
        assert_relative_eq!(gradient[0], -exact, max_relative = 1e-14);
        assert_relative_eq!(model.hessian(&theta)[0], exact, max_relative = 1e-14);
    }
}

#[test]
fn sums_are_the_same_on_any_number_of_threads() {
    let (_, model) = gallery().swap_remove(2);
    let theta = scattered(model.parameters(), 0.4);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let trained = minimise(&model, initial(&model, 3), Effort::NETWORK, &Progress::default()).unwrap();
            (model.loss_and_gradient(&theta), model.hessian(&theta), model.covariance(&theta).matrix, trained)
        })
    };
    assert!(on(1) == on(3));
}

/// Samples side by side give L, its slopes and its noise along vectors as the sums over single samples do, for numbers of
/// samples that do not fill the last vector, for flat units and for saturated ones.
#[test]
fn sums_side_by_side_are_the_sums() {
    for (name, model) in gallery() {
        let p = model.parameters();
        let vectors = [scattered(p, 0.7), scattered(p, 1.9)];
        for size in [1e-9, 0.5, 20.0] {
            let theta: Vec<f64> = scattered(p, 0.2).iter().map(|entry| size * entry).collect();
            let (loss, gradient) = model.loss_and_gradient(&theta);
            let matrix = model.covariance(&theta).matrix;
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let form = |i: usize, j: usize| {
                matrix.chunks(p).zip(&vectors[i]).map(|(row, entry)| entry * dot(row, &vectors[j])).sum::<f64>()
            };
            let near = |a: f64, b: f64, scale: f64| assert!((a - b).abs() <= 1e-12 * scale, "{name}, {size}: {a} {b}");
            for given in 1..=2 {
                let found = model.along(&theta, &vectors[..given]);
                near(found.loss, loss, loss);
                let lengths = [0, 1].map(|k| if k < given { form(k, k).sqrt() } else { 0.0 });
                for k in 0..given {
                    let slope = dot(&gradient, &vectors[k]);
                    near(found.slope[k], slope, slope.abs() + lengths[k]);
                }
                let Tensor { xx, xy, yy } = found.covariance;
                near(xx, lengths[0].powi(2), lengths[0].powi(2));
                near(yy, lengths[1].powi(2), lengths[1].powi(2));
                near(xy, if given == 2 { form(0, 1) } else { 0.0 }, lengths[0] * lengths[1]);
            }
        }
    }
}

#[test]
fn training_ends_at_a_minimum() {
    for (name, model) in gallery().into_iter().filter(|(name, _)| ["linear", "logistic", "deep"].contains(name)) {
        let (start, effort) = match name {
            "deep" => (initial(&model, 0), Effort::NETWORK),
            _ => (vec![0.0; model.parameters()], Effort::REGRESSION),
        };
        let found = minimise(&model, start, effort, &Progress::default()).unwrap();
        assert!(found.is_converged(), "{name}: {found:?}");
        let (loss, gradient) = model.loss_and_gradient(&found.theta);
        assert_eq!(loss, found.loss);
        assert_eq!(gradient.iter().map(|g| g * g).sum::<f64>().sqrt(), found.gradient_norm);
        let (values, _) = eigenpairs(&model.hessian(&found.theta), model.parameters()).unwrap();
        assert!(values.iter().all(|value| *value > -1e-9), "{name}: {values:?}");
    }
    let (_, model) = gallery().swap_remove(2);
    assert_ne!(initial(&model, 0), initial(&model, 1));
}

#[test]
fn classes_that_a_plane_separates_have_no_minimum() {
    let (_, mut model) = gallery().swap_remove(1);
    let first: Vec<f64> = model.samples.inputs.iter().step_by(3).copied().collect();
    model.samples.targets = Targets::Values(first.iter().map(|x| x.signum()).collect());
    let start = vec![0.0; 3];
    let found = minimise(&model, start.clone(), Effort::REGRESSION, &Progress::default());
    assert_eq!(found.unwrap_err(), TrainingError::Separated);
    model.l2 = 1e-3;
    assert!(minimise(&model, start.clone(), Effort::REGRESSION, &Progress::default()).unwrap().is_converged());
    let progress = Progress::default();
    progress.interrupt();
    assert_eq!(minimise(&model, start, Effort::REGRESSION, &progress).unwrap_err(), TrainingError::Interrupted);
}

#[test]
fn eigenpairs_are_sorted_and_solve() {
    let (_, model) = gallery().swap_remove(2);
    let p = model.parameters();
    let hessian = model.hessian(&scattered(p, 0.2));
    let (values, vectors) = eigenpairs(&hessian, p).unwrap();
    assert!(values.is_sorted_by(|a, b| a >= b));
    for (k, value) in values.iter().enumerate() {
        let u = &vectors[k * p..(k + 1) * p];
        for i in 0..p {
            let product: f64 = hessian[i * p..(i + 1) * p].iter().zip(u).map(|(h, u)| h * u).sum();
            assert!((product - value * u[i]).abs() < 1e-13);
        }
    }
}

/// A file as other programs write it: single precision, metadata, tensors in any order.
fn single(tensors: &[(&str, &str, &[f32])]) -> Vec<u8> {
    let mut start = 0;
    let entries = tensors.iter().map(|(name, shape, values)| {
        let end = start + 4 * values.len();
        let entry = format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}"#);
        start = end;
        entry
    });
    let entries: Vec<String> = entries.collect();
    let header = format!(r#"{{"__metadata__":{{"format":"pt"}},{}}}"#, entries.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(tensors.iter().flat_map(|(_, _, values)| *values).flat_map(|value| value.to_le_bytes()));
    bytes
}

#[test]
fn weights_are_kept_and_read() {
    let network = Network::new(&[2, 3, 2], true, Activation::Tanh, Output::CrossEntropy);
    let theta = scattered(network.parameters(), 0.9);
    assert_eq!(decode(&network, &encode(&network, &theta)).unwrap(), theta);
    let second = ("1.bias", "[2]", &[7.0, 8.0][..]);
    let others = [
        ("0.weight", "[3,2]", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..]),
        ("0.bias", "[3]", &[0.5; 3][..]),
        ("1.weight", "[2,3]", &[-1.0; 6][..]),
    ];
    let file = single(&[&[second], &others[..]].concat());
    let exact = [&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.5, 0.5, 0.5][..], &[-1.0; 6], &[7.0, 8.0]].concat();
    assert_eq!(decode(&network, &file).unwrap(), exact);

    let missing = decode(&network, &single(&others)).unwrap_err();
    assert!(matches!(&missing, WeightsError::Missing { name, .. } if name == "1.bias"), "{missing}");
    let longer = decode(&network, &single(&[&[second, ("2.bias", "[1]", &[0.0][..])], &others[..]].concat()));
    assert!(matches!(longer.unwrap_err(), WeightsError::Stranger { name, layers: 2 } if name == "2.bias"));
    let shape = decode(&network, &single(&[&[("1.bias", "[3]", &[1.0; 3][..])], &others[..]].concat())).unwrap_err();
    assert_eq!(shape, WeightsError::Shape { name: "1.bias".into(), found: vec![3], needed: vec![2] });
    let infinite = single(&[&[("1.bias", "[2]", &[0.0, f32::INFINITY][..])], &others[..]].concat());
    assert!(matches!(decode(&network, &infinite).unwrap_err(), WeightsError::NotFinite { place: 1, .. }));
    // Cut anywhere, it is refused and nothing panics.
    for end in 0..file.len() {
        decode(&network, &file[..end]).unwrap_err();
    }
}

fn source(path: &Path) -> DataSource {
    DataSource {
        path: path.to_path_buf(),
        features: None,
        label: "kind".into(),
        positive: None,
        standardise: false,
        drop_missing: false,
    }
}

fn read(text: &[u8], change: impl FnOnce(&mut DataSource), task: Task) -> Result<Samples, DataFault> {
    let folder = Folder::new("model-table");
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    let mut source = source(&path);
    change(&mut source);
    source.read(Path::new("."), task).map_err(|error| error.fault)
}

#[test]
fn tables_are_read_in_every_dress() {
    let plain = read(b"a,b,name,kind\n1,2,x,u\n3,4,y,v\n5,6.5,z,u\n", |_| (), Task::Class).unwrap();
    assert_eq!((plain.features.join(" ").as_str(), plain.len()), ("a b", 3));
    assert_eq!(plain.inputs, [1.0, 2.0, 3.0, 4.0, 5.0, 6.5]);
    assert_eq!(plain.targets, Targets::Classes(vec![0, 1, 0], vec!["u".into(), "v".into()]));
    for dressed in [
        &b"\xEF\xBB\xBFa,b,name,kind\r\n1,2,x,u\r\n3,4,y,v\r\n5,6.5,z,u\r\n"[..],
        b"a;b;name;kind\n1;2;x;u\n3;4;\"y;1,2,3,4,5\";v\n5;6.5;z;u",
        b"\"a\"\t\"b\"\tname\tkind\n1\t2\tx\tu\n3\t4\ty\tv\n 5\t6.5 \tz\t\"u\"\n",
        b"\"a\";\"b\";\"name\";\"kind\"\r\n\"1\";2e0;\"x\";u\r\n3;4;\"y \"\"quoted\"\"\";v\r\n5;6.5;z;u\r\n",
    ] {
        assert_eq!(read(dressed, |_| (), Task::Class).unwrap(), plain, "{}", String::from_utf8_lossy(dressed));
    }
    // Labels that are numbers stand in the order of numbers; a positive label may be written in another way.
    let numbers = read(b"a,kind\n1,10\n2,9\n3,10\n", |_| (), Task::Class).unwrap();
    assert_eq!(numbers.targets, Targets::Classes(vec![1, 0, 1], vec!["9".into(), "10".into()]));
    let signs = read(b"a,kind\n1,10\n2,9\n3,10\n", |s| s.positive = Some(vec!["9.0".into()]), Task::Sign).unwrap();
    assert_eq!(signs.targets, Targets::Values(vec![-1.0, 1.0, -1.0]));
    let shares = read(b"a,kind\n1,10\n2,9\n3,8\n", |s| s.positive = Some(vec!["9".into()]), Task::Class).unwrap();
    assert!(matches!(shares.targets, Targets::Classes(codes, _) if codes == [0, 1, 0]));
    let values = read(b"a,kind\n1,10\n2,9.5\n3,10\n", |_| (), Task::Value).unwrap();
    assert_eq!(values.targets, Targets::Values(vec![10.0, 9.5, 10.0]));
    let standard = read(b"a,kind\n1,0\n3,1\n", |s| s.standardise = true, Task::Class).unwrap();
    assert_eq!(standard.inputs, [-1.0, 1.0]);
}

#[test]
fn rows_without_a_value_are_dropped_only_when_asked() {
    let text = b"a,b,kind\n1,2,u\n?,4,v\n5,NA,u\n7,8,\n9,10,v\n";
    let fault = read(text, |_| (), Task::Class).unwrap_err();
    assert_eq!(fault, DataFault::Missing { line: 3, column: "a".into(), field: "?".into() });
    let kept = read(text, |source| source.drop_missing = true, Task::Class).unwrap();
    assert_eq!((kept.inputs.as_slice(), kept.dropped), (&[1.0, 2.0, 9.0, 10.0][..], 3));
    // A column that is not used may lack what it will.
    let one = |source: &mut DataSource| source.features = Some(vec!["b".into()]);
    assert_eq!(read(b"a,b,kind\n,2,u\n?,4,v\n", one, Task::Class).unwrap().inputs, [2.0, 4.0]);
    let none = read(b"a,kind\n1,\n,v\n", |source| source.drop_missing = true, Task::Class).unwrap_err();
    assert_eq!(none, DataFault::NothingLeft { dropped: 2 });
}

#[test]
fn bad_tables_are_named() {
    let fault = |text: &[u8], task| read(text, |source| source.standardise = true, task).unwrap_err();
    // A word among numbers is neither a feature nor left out in silence.
    let word = fault(b"a,b,kind\n1,2,u\n2,many,v\n", Task::Class);
    assert_eq!(word, DataFault::NotANumber { line: 3, column: "b".into(), field: "many".into() });
    let infinite = fault(b"a,kind\n1,u\ninf,v\n", Task::Class);
    assert_eq!(infinite, DataFault::NotANumber { line: 3, column: "a".into(), field: "inf".into() });
    let label = fault(b"a,kind\n1,u\n2,v\n", Task::Value);
    assert_eq!(label, DataFault::NotANumber { line: 2, column: "kind".into(), field: "u".into() });
    assert_eq!(fault(b"a,kind\n", Task::Class), DataFault::Empty);
    assert_eq!(fault(b"a,kind\nx,u\ny,v\n", Task::Class), DataFault::NoFeatures { label: "kind".into() });
    assert_eq!(fault(b"", Task::Class), DataFault::Nothing);
    assert_eq!(fault(b"a,a,kind\n1,2,u\n3,4,v\n", Task::Class), DataFault::Twice { column: "a".into() });
    assert_eq!(fault(b"a,kind,kind\n1,2,u\n", Task::Class), DataFault::Twice { column: "kind".into() });
    assert_eq!(
        fault(b"a,kind\n1,u\n2,u\n", Task::Class),
        DataFault::OneLabel { label: "kind".into(), only: "u".into() }
    );
    assert_eq!(fault(b"a,kind\n4,u\n4,v\n", Task::Class), DataFault::Constant { column: "a".into() });
    assert!(matches!(fault(b"a,kind\n1,u\n2,v,3\n", Task::Class), DataFault::Line { line: Some(3), .. }));
    assert_eq!(fault(b"a,kind\n1,\xE4\n2,v\n", Task::Class), DataFault::NotUtf8 { line: Some(2) });
    assert_eq!(fault(b"\xFF\xFEa\0,\0k\0\n\0", Task::Class), DataFault::NotUtf8 { line: Some(1) });
    let positive = |source: &mut DataSource| source.positive = Some(vec!["w".into()]);
    let one = read(b"a,kind\n1,v\n2,u\n", positive, Task::Sign).unwrap_err();
    assert!(matches!(one, DataFault::OneClass { seen, .. } if seen == ["u", "v"]));
}
