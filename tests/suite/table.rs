//! Losses that are known on a grid of points: files, lengths in their coordinates, and what interpolation may change.

use std::path::Path;

use hdf5::types::VarLenUnicode;
use proptest::prelude::*;
use saddleflux::config::{Config, Diagnosis, Sweep};
use saddleflux::model::{Array, Measured};
use saddleflux::problem::Landscape;
use saddleflux::problem::landscape::TableLoss;
use saddleflux::progress::Progress;
use saddleflux::study::{self, solution::Solution};
use saddleflux::tensor::{Point, Tensor};

use crate::folder::Folder;

/// Evenly spaced values.
fn axis(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| from + (to - from) * k as f64 / (count - 1) as f64).collect()
}

fn plane([x, y]: [&[f64]; 2], f: impl Fn(Point) -> f64) -> Vec<f64> {
    x.iter().flat_map(|&x| y.iter().map(move |&y| [x, y])).map(f).collect()
}

fn measured(x: &[f64], y: &[f64], f: impl Fn(Point) -> f64) -> Measured {
    let dimension = if y.len() == 1 { 1 } else { 2 };
    Measured {
        dimension,
        axes: [x.to_vec(), y.to_vec()],
        loss: plane([x, y], f),
        smooth: false,
        covariance: None,
        gram: Tensor::isotropic(1.0, dimension),
    }
}

/// A dataset of a file.
enum Entry {
    Numbers(Array),
    Text(String),
}

fn numbers(shape: &[usize], values: &[f64]) -> Entry {
    Entry::Numbers(Array { shape: shape.to_vec(), values: values.to_vec() })
}

/// Writes an HDF5 file; names may hold a group.
fn write_hdf5(path: &Path, entries: &[(&str, Entry)]) {
    let file = hdf5::File::create(path).unwrap();
    for (name, entry) in entries {
        if let Some((group, _)) = name.split_once('/') {
            let _ = file.create_group(group);
        }
        match entry {
            Entry::Numbers(array) => {
                let values = ndarray::ArrayD::from_shape_vec(array.shape.clone(), array.values.clone()).unwrap();
                file.new_dataset_builder().with_data(&values).create(*name).unwrap();
            }
            Entry::Text(text) => {
                let dataset = file.new_dataset::<VarLenUnicode>().create(*name).unwrap();
                dataset.write_scalar(&text.parse::<VarLenUnicode>().unwrap()).unwrap();
            }
        }
    }
}

/// A surface file as the most copied tool writes it.
fn write_surface(path: &Path, x: &[f64], y: &[f64], loss: &[f64], directions: Option<&str>) {
    let mut entries = vec![
        ("xcoordinates", numbers(&[x.len()], x)),
        ("ycoordinates", numbers(&[y.len()], y)),
        ("train_loss", numbers(&[x.len(), y.len()], loss)),
    ];
    entries.extend(directions.map(|name| ("dir_file", Entry::Text(name.into()))));
    write_hdf5(path, &entries);
}

fn config(folder: &Path, text: &str) -> Config {
    Config::from_text(&folder.join("problem.toml"), text, &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn solve(folder: &Path, text: &str) -> Solution {
    let config = config(folder, text);
    let problem = config.problem().unwrap_or_else(|error| panic!("{error}"));
    study::run(&problem, &config.request, &Progress::default()).unwrap()
}

/// The rate of a solution, and its error relative to it.
fn rate(solution: &Solution) -> (f64, f64) {
    let rate = solution.rate.as_ref().unwrap();
    (rate.best().value(), rate.discretisation_error.unwrap())
}

fn refusal(folder: &Path, text: &str) -> String {
    let error = config(folder, text).problem().err().expect("a refusal");
    let diagnosis = Diagnosis::of_problem(&error);
    assert_eq!(diagnosis.exit_status, 2, "{}", diagnosis.message);
    diagnosis.text()
}

proptest! {
    /// A spline is exact for polynomials of third degree, derivatives and all, on any knots, also beyond them.
    #[test]
    fn bicubics_are_reproduced(
        coefficients in prop::array::uniform16(-1.0..1.0f64),
        steps in prop::collection::vec(0.3..1.0f64, 6),
        at in prop::array::uniform2(-0.5..2.5f64),
    ) {
        let knots: Vec<f64> = steps.iter().scan(0.0, |sum, step| { *sum += step; Some(*sum) }).collect();
        let term = |x: f64, y: f64, p: [i32; 2]| x.powi(p[0]) * y.powi(p[1]);
        let f = |[x, y]: Point| (0..16).map(|k| coefficients[k] * term(x, y, [k as i32 / 4, k as i32 % 4])).sum::<f64>();
        let table = TableLoss::from(measured(&knots, &knots, f));
        prop_assert!((table.value(at) - f(at)).abs() < 1e-8 * (1.0 + f(at).abs()));
        let h = 1e-5;
        let [gx, gy] = table.gradient(at);
        let slope = |d: Point| (f([at[0] + d[0], at[1] + d[1]]) - f([at[0] - d[0], at[1] - d[1]])) / (2.0 * h);
        let size = 1.0 + gx.abs() + gy.abs();
        prop_assert!((gx - slope([h, 0.0])).abs() < 1e-5 * size && (gy - slope([0.0, h])).abs() < 1e-5 * size);
        let hessian = table.hessian(at);
        let bend = |d: Point| {
            let slope = |sign: f64| table.gradient([at[0] + sign * d[0], at[1] + sign * d[1]]);
            let (ahead, behind) = (slope(1.0), slope(-1.0));
            [0, 1].map(|k| (ahead[k] - behind[k]) / (2.0 * h))
        };
        let ([xx, xy], [yx, yy]) = (bend([h, 0.0]), bend([0.0, h]));
        let size = 1.0 + hessian.xx.abs() + hessian.xy.abs() + hessian.yy.abs();
        for (found, right) in [(hessian.xx, xx), (hessian.xy, xy), (hessian.xy, yx), (hessian.yy, yy)] {
            prop_assert!((found - right).abs() < 1e-4 * size);
        }
    }

    /// Any values: second derivatives are continuous across knots, and covariances stay positive semidefinite between
    /// singular ones.
    #[test]
    fn interpolants_are_smooth_and_positive(
        values in prop::collection::vec(-1.0..1.0f64, 64),
        angles in prop::collection::vec(0.0..3.0f64, 64),
        along in 0.0..7.0f64,
        across in 0.0..7.0f64,
    ) {
        let knots = axis(0.0, 7.0, 8);
        let mut table = measured(&knots, &knots, |[x, y]| values[8 * x.round() as usize + y.round() as usize]);
        let rank_one = |a: &f64| Tensor { xx: a.cos().powi(2), xy: a.cos() * a.sin(), yy: a.sin().powi(2) };
        table.covariance = Some(angles.iter().map(rank_one).collect());
        let table = TableLoss::from(table);
        for knot in 1..7 {
            let side = |sign: f64| table.hessian([f64::from(knot) + sign * 1e-9, along]);
            let (low, high) = (side(-1.0), side(1.0));
            for (one, other) in [(low.xx, high.xx), (low.xy, high.xy), (low.yy, high.yy)] {
                prop_assert!((one - other).abs() < 1e-6);
            }
        }
        let covariance = table.gradient_covariance([along, across]).unwrap();
        prop_assert!(covariance.eigen(2).values[0] >= -1e-14 * (covariance.xx + covariance.yy));
        let knot = table.gradient_covariance([3.0, 5.0]).unwrap();
        prop_assert!((knot.xy - rank_one(&angles[29]).xy).abs() < 1e-12);
    }
}

const WELL: &str = "(x^2 - 1)^2 + 0.4*x*y + y^2 + 0.3*sin(2*y)";

fn well([x, y]: Point) -> f64 {
    (x * x - 1.0).powi(2) + 0.4 * x * y + y * y + 0.3 * (2.0 * y).sin()
}

/// What is asked of the well in either form.
const ASKED: &str = "noise = { kind = 'isotropic', temperature = 0.15 }
domain = { lower = [-2, -2], upper = [0.5, 2], walls = { x = ['reflecting', 'absorbing'] } }
grid = { cells = [40, 40] }
";

#[test]
fn a_table_of_a_formula_converges_to_the_formulas_rate_within_the_stated_error() {
    let folder = Folder::new("table-order");
    let exact = rate(&solve(folder.path(), &format!("landscape = {{ expression = '{WELL}' }}\n{ASKED}"))).0;
    let mut errors = Vec::new();
    for count in [13, 25, 49] {
        let (x, y) = (axis(-2.0, 0.5, count), axis(-2.0, 2.0, count));
        write_surface(&folder.path().join("loss.h5"), &x, &y, &plane([&x, &y], well), None);
        let text = format!("landscape = {{ kind = 'table', file = 'loss.h5', scale = 1 }}\n{ASKED}");
        let solution = solve(folder.path(), &text);
        let interpolation = &solution.quantities.get("interpolation").unwrap()["rate"];
        let stated = interpolation["error"].as_f64().unwrap();
        let error = (rate(&solution).0 / exact).ln().abs();
        // The error of the cells is the same in both, and not in question.
        assert!(error <= stated, "{count}: {error:e} {stated:e}");
        // A table that is too coarse to be thinned says so.
        assert!(count == 13 || stated < 40.0 * error, "{count}: {error:e} {stated:e}");
        assert!(rate(&solution).1 >= stated);
        errors.push(error);
    }
    let order = (errors[1] / errors[2]).log2();
    assert!(order > 3.3, "{errors:?}");
}

/// What interpolation changes is in the errors of everything that is computed, against the formula on the same grid.
#[test]
fn errors_of_all_quantities_hold_the_interpolation() {
    let folder = Folder::new("table-quantities");
    let double = |x: f64| (x * x - 1.0).powi(2) + 0.1 * x;
    let rows: String = axis(-2.0, 2.0, 25).into_iter().map(|x| format!("{x:?},{:?}\n", double(x))).collect();
    std::fs::write(folder.path().join("loss.csv"), format!("x,loss\n{rows}")).unwrap();
    let asked = "noise = { kind = 'hessian', learning_rate = 0.1, batch_size = 1, floor = 0.03 }
        domain = { lower = [-2], upper = [2] }
        valley = { minimum = [-1], set = 'x < 0.5' }
        grid = { cells = [400] }
        solve = { quantities = ['rate', 'passage-time', 'network', 'committor', 'spectrum'] }
        committor = { from = { set = 'x < -0.9' }, to = { set = 'x > 0.9' } }";
    let table = "landscape = { kind = 'table', file = 'loss.csv', scale = 1, dimension = 1, \
                 names = { x = 'x', loss = 'loss' } }";
    let formula = "landscape = { expression = '(x^2 - 1)^2 + 0.1*x' }";
    let [found, exact] = [table, formula].map(|landscape| solve(folder.path(), &format!("{landscape}\n{asked}")));
    let value = |solution: &Solution, name: &str, key: &[&str]| {
        let section = solution.quantities.get(name).unwrap();
        key.iter()
            .fold(section, |at, key| key.parse::<usize>().map_or_else(|_| &at[*key], |k| &at[k]))
            .as_f64()
            .unwrap()
    };
    let numbers: [(&str, &[&str], &[&str]); 3] = [
        ("committor", &["rate"], &["discretisation_error"]),
        ("network", &["refined_eigenvalues", "1"], &["error", "1"]),
        ("spectrum", &["0", "re"], &["0", "error"]),
    ];
    for (name, key, error) in numbers {
        let away = (value(&found, name, key) / value(&exact, name, key) - 1.0).abs();
        let stated = value(&found, name, error);
        assert!(away > 1e-4 && away < stated, "{name}: {away:e} where {stated:e} is stated");
    }
    let away = (found.flux_over_population.unwrap() / exact.flux_over_population.unwrap() - 1.0).abs();
    assert!(away < found.flux_over_population_error.unwrap(), "{away:e}");
}

/// V c for two vectors in the space of five parameters that are neither unit nor orthogonal, and the orthonormal ones
/// of the same plane.
struct Skewed {
    first: [f64; 5],
    second: [f64; 5],
}

const SKEWED: Skewed = Skewed { first: [1.0, -1.0, 0.5, 0.0, 2.0], second: [0.3, 0.2, 0.9, -1.0, 0.4] };

impl Skewed {
    /// Orthonormal coordinates z of x v₁ + y v₂, z₁ along v₁.
    fn orthonormal(&self, [x, y]: Point) -> Point {
        let dot = |a: &[f64; 5], b: &[f64; 5]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let length = dot(&self.first, &self.first).sqrt();
        let along = dot(&self.first, &self.second) / length;
        let rest = (dot(&self.second, &self.second) - along * along).sqrt();
        [length * x + along * y, rest * y]
    }

    /// Two tensors a direction, in another order in the second group.
    fn write(&self, path: &Path) {
        let part = |v: &[f64; 5], k: usize| if k == 0 { numbers(&[2, 2], &v[..4]) } else { numbers(&[1], &v[4..]) };
        write_hdf5(
            path,
            &[
                ("xdirection/0", part(&self.first, 0)),
                ("xdirection/10", part(&self.first, 1)),
                ("ydirection/10", part(&self.second, 1)),
                ("ydirection/0", part(&self.second, 0)),
            ],
        );
    }
}

/// A file of directions that the surface file names, or that lies beside it, belongs to what a point of a sweep is known
/// by.
#[test]
fn directions_are_part_of_the_identity_of_a_point() {
    let folder = Folder::new("table-identity");
    let apart = folder.path().join("apart");
    std::fs::create_dir(&apart).unwrap();
    let (x, y) = (axis(-1.0, 1.0, 9), axis(-1.0, 1.0, 9));
    let loss = plane([&x, &y], bent);
    write_surface(&apart.join("named.h5"), &x, &y, &loss, Some("elsewhere/vectors.h5"));
    write_surface(&apart.join("plain.h5"), &x, &y, &loss, None);
    for keys in ["file = 'apart/named.h5'", "file = 'apart/plain.h5', dir_file = 'vectors.h5'"] {
        let text = format!(
            "landscape = {{ kind = 'table', {keys} }}\nnoise = {{ kind = 'isotropic' }}\n
             sweep = {{ parameters = {{ 'noise.temperature' = [0.1] }} }}\nsolve = {{ quantities = ['stationary'] }}"
        );
        let identity = || Sweep::from_text(&folder.path().join("s.toml"), &text, &[]).unwrap().identity(0).unwrap();
        let vectors = |second: f64| {
            let of = |values| numbers(&[2], values);
            write_hdf5(
                &apart.join("vectors.h5"),
                &[("xdirection/0", of(&[1.0, 0.0])), ("ydirection/0", of(&[0.0, second]))],
            );
        };
        vectors(1.0);
        let before = identity();
        assert_eq!(before, identity());
        vectors(2.0);
        assert_ne!(before, identity());
    }
}

/// A loss in orthonormal coordinates with a valley round 0 and a saddle.
const BENT: &str = "0.5*x^2 + y^2 - 0.25*x^3 + 0.3*x*y";

fn bent([x, y]: Point) -> f64 {
    0.5 * x * x + y * y - 0.25 * x.powi(3) + 0.3 * x * y
}

#[test]
fn skewed_directions_of_any_length_give_the_rate_of_orthonormal_ones() {
    let folder = Folder::new("table-skewed");
    SKEWED.write(&folder.path().join("directions.h5"));
    let (x, y) = (axis(-0.95, 0.95, 33), axis(-1.6, 1.6, 33));
    let loss = plane([&x, &y], |c| bent(SKEWED.orthonormal(c)));
    write_surface(&folder.path().join("surface.h5"), &x, &y, &loss, Some("somewhere/else/directions.h5"));
    // The key finds them beside the surface file too.
    std::fs::create_dir(folder.path().join("apart")).unwrap();
    write_surface(&folder.path().join("apart/surface.h5"), &x, &y, &loss, None);
    std::fs::copy(folder.path().join("directions.h5"), folder.path().join("apart/vectors.h5")).unwrap();
    let by_key = "landscape = { kind = 'table', file = 'apart/surface.h5', dir_file = 'vectors.h5' }\n\
                  noise = { kind = 'isotropic', temperature = 0.3 }\n\
                  solve = { quantities = ['stationary'] }\n";
    config(folder.path(), by_key).problem().unwrap();
    let [[a, _], [b, c]] = [SKEWED.orthonormal([1.0, 0.0]), SKEWED.orthonormal([0.0, 1.0])];
    for noise in [
        "{ kind = 'isotropic', temperature = 0.3 }",
        "{ kind = 'hessian', learning_rate = 0.2, batch_size = 1, floor = 0.1 }",
        "{ kind = 'isotropic', temperature = 0.3, interpretation = 'isothermal' }",
    ] {
        let grid = "grid = { cells = [128, 128] }";
        let flat = solve(
            folder.path(),
            &format!(
                "landscape = {{ expression = '{BENT}' }}\nnoise = {noise}\n{grid}
                 domain = {{ lower = [-2, -2], upper = [2, 2] }}\nvalley = {{ minimum = [0, 0], set = 'x^2 + y^2 < 1.8^2' }}"
            ),
        );
        let set = format!("({a}*x + {b}*y)^2 + ({c}*y)^2 < 1.8^2");
        let skewed = solve(
            folder.path(),
            &format!(
                "landscape = {{ kind = 'table', file = 'surface.h5' }}\nnoise = {noise}\n{grid}
                 domain = {{ lower = [-0.9, -1.5], upper = [0.9, 1.5] }}\nvalley = {{ minimum = [0, 0], set = \"{set}\" }}"
            ),
        );
        let ((right, by), (found, error)) = (rate(&flat), rate(&skewed));
        assert!((found / right).ln().abs() <= by + error, "{noise}: {right} ± {by:e}, {found} ± {error:e}");
        assert!(by + error < 1e-2, "{noise}: {by:e} {error:e}");
        let [one, other] =
            [&flat, &skewed].map(|solution| solution.formulas.kramers.as_ref().map(|f| f.formula.value.value()));
        assert_eq!(one.is_some(), other.is_some());
        if let Some((one, other)) = one.zip(other) {
            assert!((one / other - 1.0).abs() < 1e-3, "{one} {other}");
        }
    }
}

#[test]
fn a_scale_stretches_a_line() {
    let folder = Folder::new("table-line");
    let knots = axis(-1.0, 0.25, 81);
    let loss = |u: f64| (4.0 * u * u - 1.0).powi(2);
    let rows: Vec<String> =
        knots.iter().map(|u| format!("{u},{},{}", loss(*u), 4.0 * (2.0 + (2.0 * u).cos()))).collect();
    std::fs::write(folder.path().join("loss.csv"), format!("step,loss,variance\r\n{}\r\n", rows.join("\r\n"))).unwrap();
    let walls = "walls = { x = ['reflecting', 'absorbing'] }";
    for (noise, formula) in [
        ("kind = 'isotropic', temperature = 0.1", "kind = 'isotropic', temperature = 0.1"),
        // C in units of the table is 4 times that of the whole.
        ("kind = 'covariance', learning_rate = 0.1, batch_size = 2", "kind = 'expression', d11 = '0.025*(2 + cos(x))'"),
    ] {
        let table = solve(
            folder.path(),
            &format!(
                "landscape = {{ kind = 'table', file = 'loss.csv', dimension = 1, scale = 2 }}
                 noise = {{ {noise} }}\ndomain = {{ lower = [-1], upper = [0.25], {walls} }}\ngrid = {{ cells = [400] }}"
            ),
        );
        let right = solve(
            folder.path(),
            &format!(
                "landscape = {{ expression = '(x^2 - 1)^2' }}\nnoise = {{ {formula} }}
                 domain = {{ lower = [-2], upper = [0.5], {walls} }}\ngrid = {{ cells = [400] }}"
            ),
        );
        let ((right, by), (found, error)) = (rate(&right), rate(&table));
        assert!((found / right).ln().abs() <= by + error && by + error < 1e-3, "{right} {by:e} {found} {error:e}");
    }
}

/// One entry of a ZIP archive that is stored as it is; nobody looks at its checksum.
fn stored(name: &str, data: &[u8], archive: &mut Vec<u8>, directory: &mut Vec<u8>) {
    let (offset, length) = (archive.len() as u32, data.len() as u32);
    let sizes = [0u32, length, length].map(u32::to_le_bytes).concat();
    archive.extend(
        [b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0".as_slice(), &sizes, &(name.len() as u16).to_le_bytes(), &[0, 0]].concat(),
    );
    archive.extend([name.as_bytes(), data].concat());
    directory.extend([b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0".as_slice(), &sizes].concat());
    directory
        .extend([&(name.len() as u16).to_le_bytes()[..], &[0; 12], &offset.to_le_bytes(), name.as_bytes()].concat());
}

/// An NPZ file of arrays in double precision.
fn npz(arrays: &[(&str, &[usize], &[f64])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, shape, values) in arrays {
        let shape: Vec<String> = shape.iter().map(|length| format!("{length},")).collect();
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}\n", shape.join(" "));
        let mut data = b"\x93NUMPY\x01\0".to_vec();
        data.extend((header.len() as u16).to_le_bytes());
        data.extend(header.bytes());
        values.iter().for_each(|value| data.extend(value.to_le_bytes()));
        stored(&format!("{name}.npy"), &data, &mut archive, &mut directory);
    }
    let (start, count) = (archive.len() as u32, arrays.len() as u16);
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count, count].map(u16::to_le_bytes).concat());
    archive.extend([directory.len() as u32, start].map(u32::to_le_bytes).concat());
    archive.extend([0, 0]);
    archive
}

#[test]
fn three_kinds_of_file_hold_the_same_table() {
    let folder = Folder::new("table-kinds");
    let (x, y) = (axis(-2.0, 0.5, 9), axis(-2.0, 2.0, 8));
    let loss = plane([&x, &y], well);
    let gram = [4.0, 0.5, 0.5, 1.0];
    let at = |name: &str| folder.path().join(name);
    write_hdf5(
        &at("loss.h5"),
        &[
            ("a/x", numbers(&[9], &x)),
            ("a/y", numbers(&[8], &y)),
            ("a/loss", numbers(&[9, 8], &loss)),
            ("a/gram", numbers(&[2, 2], &gram)),
        ],
    );
    let arrays: [(&str, &[usize], &[f64]); 4] =
        [("a/x", &[9], &x), ("a/y", &[8], &y), ("a/loss", &[9, 8], &loss), ("a/gram", &[2, 2], &gram)];
    std::fs::write(at("loss.npz"), npz(&arrays)).unwrap();
    let directions: [(&str, &[usize], &[f64]); 2] =
        [("xdirection", &[2], &[2.0, 0.0]), ("ydirection", &[2], &[0.25, 0.9375f64.sqrt()])];
    std::fs::write(at("directions.npz"), npz(&directions)).unwrap();
    // In another order of points, with another separator.
    let rows = y.iter().rev().flat_map(|y| x.iter().map(move |x| [*x, *y]));
    let rows: Vec<String> = rows.map(|[x, y]| format!("{:e}; {y:e} ;{x:e}", well([x, y]))).collect();
    std::fs::write(at("loss.csv"), format!("\u{feff}# measured\nloss;y;x\n{}", rows.join("\n"))).unwrap();
    let names = "names = { x = 'a/x', y = 'a/y', loss = 'a/loss', gram = 'a/gram' }";
    let tables: Vec<_> = [
        format!("file = 'loss.h5', {names}"),
        format!("file = 'loss.npz', {names}"),
        "file = 'loss.csv', names = { x = 'x', y = 'y', loss = 'loss' }, dir_file = 'directions.npz'".to_string(),
    ]
    .iter()
    .map(|keys| {
        let text = format!("landscape = {{ kind = 'table', {keys} }}\n{ASKED}");
        let config = config(folder.path(), &text);
        config.problem().unwrap_or_else(|error| panic!("{keys}: {error}"))
    })
    .collect();
    for theta in [[-1.3, 0.2], [0.4, -1.7]] {
        let slopes: Vec<Point> = tables.iter().map(|problem| problem.dynamics.slope(theta)).collect();
        assert_eq!(slopes[0], slopes[1]);
        assert!((0..2).all(|k| (slopes[0][k] - slopes[2][k]).abs() < 1e-13 * (1.0 + slopes[0][k].abs())), "{slopes:?}");
    }
}

/// What a mutation of a good surface is refused with.
#[test]
fn bad_tables_are_refused_by_name_and_index() {
    let folder = Folder::new("table-bad");
    let path = folder.path().join("surface.h5");
    let (x, y) = (axis(-2.0, 0.5, 9), axis(-2.0, 2.0, 8));
    let loss = plane([&x, &y], well);
    let text = |keys: &str| format!("landscape = {{ kind = 'table', file = 'surface.h5'{keys} }}\n{ASKED}");
    let says = |keys: &str, words: &[&str]| {
        let found = refusal(folder.path(), &text(keys));
        assert!(words.iter().all(|word| found.contains(word)), "{words:?}\n{found}");
    };
    write_surface(&path, &x, &y, &loss, None);
    says("", &["surface.h5", "dir_file", "landscape.scale", "lengths"]);
    says(", scale = 1, names = { loss = 'test_loss' }", &["`test_loss`", "train_loss"]);
    write_surface(&path, &x, &y, &loss, Some("/nowhere/directions.h5"));
    says("", &["directions.h5", "cannot be read"]);
    let changed = |place: usize, value: f64| {
        let mut changed = loss.clone();
        changed[place] = value;
        changed
    };
    write_surface(&path, &x, &y, &changed(8 * 3 + 5, -1.0), None);
    says(", scale = 1", &["`train_loss` at [3, 5]", "-1", "missing = \"nan\""]);
    config(folder.path(), &text(", scale = 1, missing = 'nan'")).problem().unwrap();
    write_surface(&path, &x, &y, &changed(8 * 2 + 7, f64::NAN), None);
    says(", scale = 1, missing = 'nan'", &["`train_loss` at [2, 7]", "NaN"]);
    let mut turned = x.clone();
    turned.swap(3, 4);
    write_surface(&path, &turned, &y, &loss, None);
    says(", scale = 1", &["`xcoordinates`", "entry 4"]);
    write_surface(&path, &x, &y, &loss, None);
    says(", scale = 1, names = { c12 = 'train_loss' }", &["`c11`", "xcoordinates"]);
    write_hdf5(
        &path,
        &[
            ("xcoordinates", numbers(&[9], &x)),
            ("ycoordinates", numbers(&[8], &y)),
            ("train_loss", numbers(&[8, 8], &loss[..64])),
        ],
    );
    says(", scale = 1, names = { x = 'ycoordinates', c11 = 'xcoordinates' }", &["`xcoordinates`", "[9]", "[8, 8]"]);
    write_hdf5(&path, &[("xcoordinates", numbers(&[9], &x)), ("train_loss", numbers(&[9, 8], &loss))]);
    says(", scale = 1", &["`ycoordinates`", "xcoordinates"]);
    write_hdf5(
        &path,
        &[
            ("xcoordinates", numbers(&[9], &x)),
            ("ycoordinates", numbers(&[8], &y)),
            ("train_loss", numbers(&[8, 9], &loss)),
        ],
    );
    says(", scale = 1", &["`train_loss`", "[8, 9]", "[9, 8]"]);
    write_surface(&path, &x[..3], &y, &loss[..24], None);
    says(", scale = 1", &["`xcoordinates` has 3 values"]);
    std::fs::write(&path, "").unwrap();
    says(", scale = 1", &["surface.h5", "cannot be read"]);

    // A file that is missing is told by the key that names it.
    let missing = "landscape = { kind = 'table', file = 'nowhere.h5' }\n".to_string() + ASKED;
    assert!(refusal(folder.path(), &missing).starts_with("landscape.file: "));
    write_surface(&path, &x, &y, &loss, None);
    assert!(refusal(folder.path(), &text(", dir_file = 'nowhere.h5'")).starts_with("landscape.dir_file: "));

    // Directions of two models, and two along one line.
    write_surface(&path, &x, &y, &loss, Some("directions.h5"));
    let directions = folder.path().join("directions.h5");
    write_hdf5(
        &directions,
        &[("xdirection/0", numbers(&[2], &[1.0, 2.0])), ("ydirection/1", numbers(&[2], &[1.0, 2.0]))],
    );
    says("", &["directions.h5", "`0`", "one of the two directions"]);
    write_hdf5(
        &directions,
        &[("xdirection/0", numbers(&[2], &[1.0, 2.0])), ("ydirection/0", numbers(&[2], &[-2.0, -4.0]))],
    );
    says("", &["parallel"]);
    write_hdf5(&directions, &[("xdirection/0", numbers(&[2], &[1.0, 2.0]))]);
    says("", &["`ydirection`"]);

    write_surface(&path, &x[..8], &y, &loss[..64], None);
    says(", scale = 1", &["domain", "-2 to 0.1875", "-2 to 0.5"]);

    let csv = folder.path().join("loss.csv");
    let text = |keys: &str| format!("landscape = {{ kind = 'table', file = 'loss.csv', scale = 1{keys} }}\n{ASKED}");
    let says = |content: &str, words: &[&str]| {
        std::fs::write(&csv, content).unwrap();
        let found = refusal(folder.path(), &text(""));
        assert!(words.iter().all(|word| found.contains(word)), "{words:?}\n{found}");
    };
    says("", &["loss.csv"]);
    says("x,y,L\n0,0,1\n0,1,two\n", &["line 3", "`L`", "two"]);
    says("0,0,1\n0,0,2\n", &["line 2", "line 1"]);
    says("0,0,1\n0,1\n", &["line 2", "2 fields"]);
    let grid: Vec<String> = (0..63).map(|k| format!("{},{},1", k / 8, k % 8)).collect();
    says(&grid.join("\n"), &["[7, 7]", "NaN"]);
}
