//! The house itself: a field and a quantity that are made up in one place are in the file, in what is read back and in
//! the summary, without a word about them in any writer or reader.

use serde::Serialize;
use serde_json::json;

use crate::folder::Folder;
use crate::synthetic::double_well;
use saddleflux::io::{read, scale, summary};
use saddleflux::observe::group::{Coordinate, Field, FieldGroup, Label};
use saddleflux::observe::over_grid::Kind;
use saddleflux::observe::quantity::Logged;
use saddleflux::scaled::{Scaled, Sum};

/// Made up: how likely the mountain is reached before the sea, and when half of the snow has melted.
const MOUNTAIN: Kind = Kind::density("mountain", "made up, per length or area");
const SNOW: Label = Label::new("snow", "1", "made up, over time and mode");

#[derive(Serialize)]
struct Thaw {
    #[serde(flatten)]
    rate: Logged,
    half: Option<f64>,
    unknown: f64,
    unasked: Option<f64>,
    levels: Vec<f64>,
    unknown_levels: Vec<f64>,
}

fn thaw(rate: Scaled) -> Thaw {
    let (known, unknown) = (vec![1.0, 2.0], vec![1.0, f64::INFINITY]);
    Thaw {
        rate: Logged::new("rate", rate),
        half: Some(3.5),
        unknown: f64::NAN,
        unasked: None,
        levels: known,
        unknown_levels: unknown,
    }
}

#[test]
fn a_new_field_costs_one_place() {
    for (dimension, units) in [(1, "1/parameter"), (2, "1/parameter^2")] {
        let mut case = double_well(dimension, [12, 10], 0.1, 0.0);
        let grid = case.solution.grid.clone();
        let values: Vec<f64> = (0..grid.len()).map(|cell| (cell as f64).sin()).collect();
        case.solution.fields.push(MOUNTAIN.over(&grid, values.clone()));
        let folder = Folder::new("house-field");
        let path = folder.path().join("result.h5");
        case.write(&path).unwrap();
        let stored = read(&path).unwrap();
        let found = stored.fields.field("mountain").unwrap();
        assert_eq!((&found.values, found.label.units.as_ref()), (&values, units));
        assert_eq!(found.coordinates, ["x", "y"][..dimension]);
        let group = hdf5::File::open(&path).unwrap().group("fields").unwrap();
        let dataset = group.dataset("mountain").unwrap();
        for (axis, name) in ["x", "y"].into_iter().enumerate().take(dimension) {
            assert!(scale::is_attached(&dataset, &group.dataset(name).unwrap(), axis));
        }
    }
}

#[test]
fn a_group_over_other_coordinates_costs_one_place() {
    let mut case = double_well(1, [12, 1], 0.1, 0.0);
    let coordinate = |name: &'static str, units: &'static str, values: &[f64]| {
        Coordinate::new(Label::new(name, units, "made up"), values.to_vec())
    };
    let mut group = FieldGroup::new(
        "thaw",
        vec![coordinate("t", "dynamical time", &[0.0, 1.0, 10.0]), coordinate("mode", "1", &[1.0, 2.0])],
    );
    group.push(Field::new(SNOW, &["t", "mode"], vec![6.0, 5.0, 4.0, 3.0, 2.0, 1.0]));
    group.push(Field::new(Label::new("melt", "1", "made up"), &["mode"], vec![0.5, 0.25]));
    case.solution.groups.push(group.clone());
    let folder = Folder::new("house-group");
    let path = folder.path().join("result.h5");
    case.write(&path).unwrap();
    let stored = read(&path).unwrap();
    let mut found = stored.groups.into_iter().find(|group| group.name == "thaw").unwrap();
    // A file keeps its datasets by name.
    found.fields.sort_by_key(|field| field.coordinates.len());
    group.fields.sort_by_key(|field| field.coordinates.len());
    found.coordinates.sort_by_key(|coordinate| coordinate.values.len());
    group.coordinates.sort_by_key(|coordinate| coordinate.values.len());
    assert_eq!(found, group);
}

#[test]
fn a_field_without_its_coordinate_is_refused() {
    let mut case = double_well(1, [12, 1], 0.1, 0.0);
    case.solution.fields.push(Field::new(SNOW, &["t"], vec![1.0]));
    let folder = Folder::new("house-refused");
    let error = case.write(&folder.path().join("result.h5")).unwrap_err().to_string();
    assert!(error.contains("/fields/t is missing"), "{error}");
}

#[test]
fn a_new_quantity_costs_one_place() {
    let mut case = double_well(2, [12, 10], 0.1, 0.0);
    let without = summary(&case.solved());
    // e^-2000 is no ordinary number: its logarithm stands for it.
    let tiny = Scaled::exp(Sum { high: -2000.0, low: 0.0 }, 1.0);
    case.solution.quantities.add("thaw", &thaw(Scaled::new(0.25))).unwrap();
    case.solution.quantities.add("slow_thaw", &thaw(tiny)).unwrap();
    let found = summary(&case.solved());
    assert_eq!(found["thaw"], json!({ "rate": 0.25, "log_rate": 0.25_f64.ln(), "half": 3.5, "levels": [1.0, 2.0] }));
    let slow = found["slow_thaw"].as_object().unwrap();
    assert!((slow["log_rate"].as_f64().unwrap() + 2000.0).abs() < 1e-9 && !slow.contains_key("rate"));
    // All else is as it was, and in its order.
    let others = |value: &serde_json::Value| {
        let entries = value.as_object().unwrap().iter().filter(|(key, _)| !key.ends_with("thaw"));
        entries.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
    };
    assert_eq!(others(&found), others(&without));
    let folder = Folder::new("house-quantity");
    let path = folder.path().join("result.h5");
    case.write(&path).unwrap();
    assert_eq!(read(&path).unwrap().summary["thaw"], found["thaw"]);
}
