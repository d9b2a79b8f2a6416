//! What is written is there, whole, and reads back as it was.

use std::collections::BTreeMap;
use std::fs;

use hdf5::filters::Filter;
use hdf5::types::VarLenUnicode;
use serde_json::Value;

use crate::folder::Folder;
use crate::synthetic::double_well;
use saddleflux::config::NoiseForm;
use saddleflux::io::{IoError, read, read_any, replace, scale, summary, write_summary, write_titled};
use saddleflux::observe::field::{LOSS, MEAN_FIRST_PASSAGE};
use saddleflux::observe::group::{Before, Coordinate, Field, FieldGroup, Label};
use saddleflux::plot::{FigureData, Look, draw};
use saddleflux::problem::CriticalPoints;
use saddleflux::problem::noise::{HessianPlace, Minibatch, NoiseKind};
use saddleflux::report::{Screen, terminal};
use saddleflux::scaled::{Scaled, Sum};

/// Dotted paths of all leaves.
fn leaves(value: &Value, path: &str, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| leaves(value, &format!("{path}.{key}"), into)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| leaves(value, &format!("{path}.{index}"), into));
        }
        leaf => {
            into.insert(path.to_string(), leaf.clone());
        }
    }
}

#[test]
fn summary_has_the_contract_s_keys() {
    for dimension in [1, 2] {
        let case = double_well(dimension, [20, 10], 0.1, 0.0);
        let found = summary(&case.solved());
        let number =
            |pointer: &str| found.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}"));
        let length = |pointer: &str| {
            found.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer}")).len()
        };
        let rate = case.solution.rate.as_ref().unwrap().value.value();
        assert_eq!(number("/problem/dimension"), dimension as f64);
        assert_eq!(found["problem"]["interpretation"], "ito");
        assert_eq!(number("/problem/saddles/0/barrier"), 1.0);
        assert_eq!(number("/rate/quasi_stationary/value"), rate);
        assert_eq!(number("/rate/quasi_stationary/discretisation_error"), 1e-5);
        assert_eq!(number("/rate/mean_first_passage/value"), rate);
        assert_eq!(number("/rate/flux_over_population/value"), rate * 1.0001);
        assert_eq!(number("/formula/kramers/ratio"), 0.981);
        assert_eq!(number("/formula/theorem_3_2/ratio"), 1.21);
        assert_eq!(number("/formula/theorem_3_2/s_effective"), 0.47);
        assert_eq!(number("/flux/by_saddle/0/saddle"), 0.0);
        assert_eq!(number("/flux/by_saddle/0/value"), rate);
        assert_eq!(number("/grid/peclet_max"), 3.2);
        assert_eq!(length("/rate/quasi_stationary/bracket"), 2);
        for pointer in [
            "/problem/minimum/theta",
            "/problem/minimum/hessian_eigenvalues",
            "/problem/saddles/0/theta",
            "/problem/saddles/0/hessian_eigenvalues",
            "/problem/saddles/0/escape_direction",
            "/grid/cells",
            "/rate/mean_first_passage/from",
        ] {
            assert_eq!(length(pointer), dimension, "{pointer}");
        }
        assert_eq!(found["provenance"]["started"], "2024-02-29T12:34:56Z");
    }
}

#[test]
fn summary_leaves_out_what_is_not_known() {
    let mut case = double_well(2, [20, 10], 0.1, 0.0);
    case.solution.passage = None;
    case.solution.flux_over_population = None;
    case.solution.formulas.kramers.as_mut().unwrap().ratio = f64::NAN;
    case.solution.rate.as_mut().unwrap().extrapolated = None;
    case.critical.saddles[0].point.loss = f64::NAN;
    case.critical.saddles[0].connects = [None, Some(1)];
    case.solution.peclet.max = f64::INFINITY;
    let found = summary(&case.solved());
    let mut all = BTreeMap::new();
    leaves(&found, "", &mut all);
    assert!(all.values().all(|leaf| !leaf.is_null()), "{found:#}");
    for absent in [
        "/rate/mean_first_passage",
        "/rate/flux_over_population",
        "/rate/quasi_stationary/extrapolated",
        "/formula/kramers/ratio",
        "/problem/saddles/0/barrier",
        "/grid/peclet_max",
        "/rate/particles",
        "/spectrum",
    ] {
        assert!(found.pointer(absent).is_none(), "{absent}");
    }
    assert!(found.pointer("/formula/kramers/value").is_some());
}

/// ηγ and 1/(ηγ), also where γ is no ordinary number; nothing of the kind where no learning rate is known.
#[test]
fn a_known_learning_rate_counts_in_iterations() {
    let mut case = double_well(1, [20, 1], 0.1, 0.0);
    let number = |found: &Value, key: &str| found.pointer(&format!("/rate/{key}")).and_then(Value::as_f64);
    let keys = ["quasi_stationary/per_iteration", "iterations_to_escape"];
    let logarithms = ["quasi_stationary/log_per_iteration", "log_iterations_to_escape"];
    let isotropic = summary(&case.solved());
    assert!(keys.iter().chain(&logarithms).all(|key| number(&isotropic, key).is_none()), "{isotropic:#}");
    assert!(!terminal(&case.solved(), &[], Screen::default()).contains("iterations to escape"));
    let minibatch = Minibatch { learning_rate: 0.03, batch_size: 8.0 };
    let kinds = [
        NoiseKind::Hessian(minibatch),
        NoiseKind::Covariance(minibatch),
        NoiseKind::Frozen { minibatch, s: 0.5, valleys: Vec::new() },
        NoiseKind::LossHessian { minibatch, hessian: HessianPlace::Local },
    ];
    for kind in kinds {
        case.config.noise.form = NoiseForm::Model(kind);
        let found = summary(&case.solved());
        let rate = number(&found, "quasi_stationary/value").unwrap();
        let [per_iteration, iterations] = keys.map(|key| number(&found, key).unwrap());
        assert!((per_iteration / (0.03 * rate) - 1.0).abs() < 1e-14 && (iterations * 0.03 * rate - 1.0).abs() < 1e-14);
        let [one, other] = logarithms.map(|key| number(&found, key).unwrap());
        assert!((one - (0.03 * rate).ln()).abs() < 1e-13 && (one + other).abs() < 1e-13);
        assert!(terminal(&case.solved(), &[], Screen::default()).contains("iterations to escape"));
    }
    // e^−2000 per unit of time.
    case.solution.rate.as_mut().unwrap().value = Scaled::exp(Sum { high: -2000.0, low: 0.0 }, 1.0);
    let found = summary(&case.solved());
    assert!(keys.iter().all(|key| number(&found, key).is_none()));
    let expected = -2000.0 + 0.03f64.ln();
    let [one, other] = logarithms.map(|key| number(&found, key).unwrap());
    assert!((one - expected).abs() < 1e-11 && (other + expected).abs() < 1e-11, "{one} {other}");
}

#[test]
fn result_reads_back_bit_for_bit() {
    for (dimension, cells, degrees) in [(1, [300, 1], 0.0), (2, [300, 20], 0.0), (2, [30, 20], 30.0)] {
        let mut case = double_well(dimension, cells, 0.02, degrees);
        // Outside a landscape's domain a field may have no meaning.
        case.values(&LOSS)[3] = f64::NAN;
        let folder = Folder::new("read");
        let (path, found) = (folder.path().join("result.h5"), summary(&case.solved()));
        case.write(&path).unwrap();
        let stored = read(&path).unwrap();
        let (written, stored_fields) = (&case.solution.fields, &stored.fields);
        assert_eq!(written.fields.len(), stored_fields.fields.len());
        for field in &written.fields {
            let read = stored_fields.field(&field.label.name).unwrap();
            assert_eq!((&field.label, &field.coordinates), (&read.label, &read.coordinates));
            let bits = |field: &Field| field.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(field), bits(read), "{}", field.label.name);
        }
        for coordinate in &written.coordinates {
            let read = stored_fields.coordinate(&coordinate.label.name).unwrap();
            assert_eq!((&coordinate.label, &coordinate.values), (&read.label, &read.values));
        }
        assert_eq!(case.solution.grid, stored.grid);
        let (flux, read) = (case.solution.flux.as_ref().unwrap(), stored.flux.as_ref().unwrap());
        assert_eq!((&flux.position, &flux.arc, &flux.density), (&read.position, &read.arc, &read.density));
        assert_eq!((flux.total, &flux.by_saddle), (read.total, &read.by_saddle));
        assert_eq!((stored.summary, stored.configuration), (found, case.config.source.text.clone()));
    }
}

#[test]
fn every_dataset_is_labelled_scaled_and_compressed() {
    let case = double_well(2, [30, 20], 0.1, 30.0);
    let folder = Folder::new("labels");
    let path = folder.path().join("result.h5");
    case.write(&path).unwrap();
    let file = hdf5::File::open(&path).unwrap();
    for (group, names) in [("fields", vec!["x", "y"]), ("flux", vec!["arc_length"])] {
        let group = file.group(group).unwrap();
        let scales: Vec<hdf5::Dataset> = names.iter().map(|name| group.dataset(name).unwrap()).collect();
        for dataset in group.datasets().unwrap() {
            for attribute in ["units", "long_name"] {
                let text = dataset.attr(attribute).unwrap().read_scalar::<VarLenUnicode>().unwrap();
                assert!(!text.is_empty(), "{} {attribute}", dataset.name());
                // Units that UDUNITS knows; those of the problem stand in `measured_in`.
                assert!(
                    attribute != "units" || ["1", "s", "degree", "byte"].contains(&&*text),
                    "{} {text}",
                    dataset.name()
                );
            }
            if scale::is_scale(&dataset) {
                assert!(names.iter().any(|name| dataset.name().ends_with(&format!("/{name}"))));
                continue;
            }
            assert!(dataset.filters().iter().any(|filter| matches!(filter, Filter::Deflate(_))), "{}", dataset.name());
            assert!(dataset.filters().contains(&Filter::Shuffle));
            assert_eq!(dataset.ndim(), scales.len());
            for (axis, scale) in scales.iter().enumerate() {
                assert!(scale::is_attached(&dataset, scale, axis), "{} axis {axis}", dataset.name());
            }
        }
    }
    for name in ["title", "version", "configuration", "summary"] {
        assert!(file.attr(name).is_ok(), "{name}");
    }
}

#[test]
fn a_failed_write_leaves_what_was_there_and_nothing_else() {
    let folder = Folder::new("atomic");
    let path = folder.path().join("result.h5");
    fs::write(&path, "before").unwrap();
    // A field that does not fit its grid is found after the file has been begun.
    let mut case = double_well(2, [30, 20], 0.1, 0.0);
    case.values(&MEAN_FIRST_PASSAGE).pop();
    let failed = case.write(&path);
    assert!(matches!(failed, Err(IoError::Hdf5 { .. })), "{failed:?}");
    assert_eq!(fs::read(&path).unwrap(), b"before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // The same for any writer, and a writer that succeeds replaces all of it.
    let stopped = IoError::Open { path: path.clone(), message: "stopped".to_string() };
    assert!(
        replace(&path, |partial| fs::write(partial, "half").map_err(|_| ()).map_or(Ok(()), |()| Err(stopped))).is_err()
    );
    assert_eq!(fs::read(&path).unwrap(), b"before");
    write_summary(&path, &serde_json::json!({ "a": 1 })).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"a\": 1\n}\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn errors_name_the_file_and_the_remedy() {
    let folder = Folder::new("errors");
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    let message = write_summary(&file.join("summary.json"), &Value::Bool(true)).unwrap_err().to_string();
    assert!(message.contains("file") && message.contains("--out"), "{message}");
    for path in [file.clone(), folder.path().join("none.h5"), folder.path().to_path_buf()] {
        let error = read(&path).unwrap_err();
        assert!(matches!(error, IoError::Open { .. }) && error.to_string().contains("result.h5"), "{error}");
    }
    let other = folder.path().join("other.h5");
    hdf5::File::create(&other).unwrap();
    assert!(matches!(read(&other), Err(IoError::NotAResult { .. })));
}

#[test]
fn a_drift_without_critical_points_has_a_result_too() {
    let mut case = double_well(2, [20, 10], 0.1, 0.0);
    case.critical = CriticalPoints::default();
    case.remove(&LOSS);
    case.solution.flux.as_mut().unwrap().by_saddle.clear();
    let found = summary(&case.solved());
    assert!(found.pointer("/problem/minimum").is_none());
    assert_eq!(found["problem"]["saddles"], serde_json::json!([]));
    let folder = Folder::new("drift");
    let path = folder.path().join("result.h5");
    case.write(&path).unwrap();
    let stored = read(&path).unwrap();
    assert!(stored.fields.field(LOSS.name).is_none());
    let pictures = draw(&FigureData::stored(&stored), folder.path(), &Look::default()).unwrap();
    assert!(!pictures.iter().any(|picture| picture.ends_with("landscape.png")));
    assert!(terminal(&case.solved(), &pictures, Screen::default()).contains("escape rate"));
}

/// A density of 300 × 2 cells at so many times, of which the first are in a file.
fn over_time(times: usize, before: Before) -> FieldGroup {
    let label = |name: &'static str| Label::new(name, "1", name);
    let points =
        |name: &'static str, count: usize| Coordinate::new(label(name), (0..count).map(|k| k as f64).collect());
    let value = |k: usize| (k as f64).sin();
    let values = (before.places * 600..times * 600).map(value).collect();
    let mut group = FieldGroup::new("evolution", vec![points("t", times), points("x", 300), points("y", 2)]);
    group.push(Field { before: Some(before), ..Field::new(label("density"), &["t", "x", "y"], values) });
    group
}

/// However a field comes into its file, at once or in parts of one place and of many, it is the same there; what has
/// become of the file meanwhile is not taken for what it was, and stays.
#[test]
fn what_grows_in_parts_is_what_is_written_at_once() {
    let folder = Folder::new("growing");
    let [whole, parts] = ["whole.h5", "parts.h5"].map(|name| folder.path().join(name));
    let write_as = |configuration: &str, path: &std::path::Path, group: FieldGroup| {
        write_titled(path, ["growing", configuration], &serde_json::json!({}), &[std::borrow::Cow::Owned(group)])
    };
    let write = |path: &std::path::Path, group: FieldGroup| write_as("own", path, group);
    write(&whole, over_time(90, Before::default())).unwrap();
    let mut places = 0;
    for times in [1, 2, 2, 40, 90] {
        write(&parts, over_time(times, Before { file: parts.clone(), places })).unwrap();
        places = times;
        let found = read_any(&parts).unwrap();
        assert_eq!(found.groups[0].values("density"), over_time(times, Before::default()).values("density"));
    }
    let [whole, found] = [&whole, &parts].map(|path| read_any(path).unwrap().groups);
    assert_eq!(whole, found);
    // Nothing is read of a file that holds another number of places, or that is gone.
    let before = fs::read(&parts).unwrap();
    for (file, places) in [(&parts, 40), (&folder.path().join("gone.h5"), 90)] {
        let wrong = write(&parts, over_time(95, Before { file: file.clone(), places })).unwrap_err();
        assert!(wrong.to_string().contains("has changed meanwhile"), "{wrong}");
    }
    let others = over_time(95, Before { file: parts.clone(), places: 90 });
    assert!(write_as("another's", &parts, others).unwrap_err().to_string().contains("has changed meanwhile"));
    assert_eq!(fs::read(&parts).unwrap(), before);
}
