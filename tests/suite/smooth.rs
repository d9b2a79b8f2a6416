//! Tables whose losses carry noise, such as those of single precision.

use std::path::Path;

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::model::smoothed;
use saddleflux::progress::Progress;
use saddleflux::study;
use saddleflux::tensor::Point;

use crate::folder::Folder;

fn axis(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| from + (to - from) * k as f64 / (count - 1) as f64).collect()
}

fn plane([x, y]: [&[f64]; 2], f: impl Fn(Point) -> f64) -> Vec<f64> {
    x.iter().flat_map(|&x| y.iter().map(move |&y| [x, y])).map(f).collect()
}

/// Standard normal numbers (Box & Muller 1958 on the finaliser of SplitMix64).
fn normal(k: usize) -> f64 {
    let uniform = |n: u64| {
        let mut z = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let (u, v) = (uniform(2 * k as u64 + 1), uniform(2 * k as u64 + 2));
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn far(a: &[f64], b: &[f64]) -> f64 {
    (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.len() as f64).sqrt()
}

proptest! {
    #![proptest_config(crate::cases(16))]
    /// Polynomials on uneven knots are left as they are, whatever is added to the loss and however it is scaled.
    #[test]
    fn polynomials_are_left_alone(
        coefficients in prop::array::uniform4(-1.0..1.0f64),
        steps in prop::collection::vec(0.5..1.0f64, 12),
        scale in 0.1..1e3f64,
    ) {
        let knots: Vec<f64> = steps.iter().scan(-4.0, |sum, step| { *sum += step; Some(*sum) }).collect();
        let [a, b, c, d] = coefficients.map(|coefficient| coefficient * scale);
        let values = plane([&knots, &knots], |[x, y]| a + b * x * y + c * x.powi(5) + d * y * y * x);
        let found = smoothed([&knots, &knots], &values);
        prop_assert!(far(&found.values, &values) < 1e-8 * scale, "{}", far(&found.values, &values));
        let line: Vec<f64> = knots.iter().map(|x| a + b * x + c * x * x + d * x.powi(4)).collect();
        prop_assert!(far(&smoothed([&knots, &[0.0]], &line).values, &line) < 1e-8 * scale);
    }
}

/// Noise of a known size on a landscape with a scale of its own: it is found, most of it is gone, and axes may be
/// exchanged.
#[test]
fn noise_is_found_and_most_of_it_removed() {
    let (x, y) = (axis(-1.2, 1.2, 41), axis(-1.0, 1.0, 33));
    let f = |[x, y]: Point| (x * x - 1.0).powi(2) + y * y + 0.3 * (2.0 * x * y).sin();
    let exact = plane([&x, &y], f);
    for sigma in [1e-6, 1e-3] {
        let noisy: Vec<f64> = exact.iter().enumerate().map(|(k, value)| value + sigma * normal(k)).collect();
        let found = smoothed([&x, &y], &noisy);
        assert!((found.noise / sigma - 1.0).abs() < 0.1, "{sigma:e}: {:e}", found.noise);
        let error = far(&found.values, &exact);
        assert!(error < 0.5 * sigma && error < 1.5 * found.left, "{sigma:e}: {error:e}, {:e}", found.left);
        let turned: Vec<f64> =
            (0..y.len()).flat_map(|j| (0..x.len()).map(move |i| (i, j))).map(|(i, j)| noisy[i * y.len() + j]).collect();
        let other = smoothed([&y, &x], &turned);
        for (i, row) in found.values.chunks(y.len()).enumerate() {
            for (j, value) in row.iter().enumerate() {
                assert!((value - other.values[j * x.len() + i]).abs() < 1e-12);
            }
        }
    }
    // Without noise nothing is to be smoothed.
    let found = smoothed([&x, &y], &exact);
    assert!(far(&found.values, &exact) < 1e-9, "{:e}", far(&found.values, &exact));
}

/// The rate, its stated error, and the warnings.
fn rate(folder: &Path, keys: &str) -> (f64, f64, String) {
    let text = format!(
        "landscape = {{ kind = 'table', file = 'table.csv', scale = 1.0, dimension = 2{keys} }}
         noise = {{ kind = 'hessian', learning_rate = 0.3, batch_size = 1, floor = 0.02 }}
         valley = {{ minimum = [-1.0, 0.0], set = 'x < 0', absorb = 'boundary' }}\ngrid = {{ cells = [48, 48] }}\n"
    );
    let config = Config::from_text(&folder.join("problem.toml"), &text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let problem = config.problem().unwrap_or_else(|error| panic!("{error}"));
    let solution = study::run(&problem, &config.request, &Progress::default()).unwrap();
    let rate = solution.rate.as_ref().unwrap();
    let warnings = solution.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    (rate.best().value(), rate.discretisation_error.unwrap(), warnings)
}

/// Losses of single precision with noise made from the Hessian: as they are they are off, and smoothed they give the
/// rate of the exact table within what is stated.
#[test]
fn rates_of_single_precision_tables() {
    let folder = Folder::new("smooth");
    let (x, y) = (axis(-1.6, 1.6, 65), axis(-1.2, 1.2, 49));
    let write = |f: &dyn Fn(usize, Point) -> f64| {
        let mut text = "xcoordinates,ycoordinates,train_loss\n".to_string();
        for (k, at) in x.iter().flat_map(|&x| y.iter().map(move |&y| [x, y])).enumerate() {
            text += &format!("{},{},{}\n", at[0], at[1], f(k, at));
        }
        std::fs::write(folder.path().join("table.csv"), text).unwrap();
    };
    let loss = |[x, y]: Point| (x * x - 1.0).powi(2) + y * y + 0.2 * x * y;
    write(&|_, at| loss(at));
    let (right, by, warnings) = rate(folder.path(), "");
    assert!(!warnings.contains("single precision") && !warnings.contains("smoothed"), "{warnings}");
    // Sums of single precision over a data set lose about three more bits.
    write(&|k, at| f64::from((loss(at) + 3e-6 * normal(k)) as f32));
    let (_, _, warnings) = rate(folder.path(), "");
    assert!(warnings.contains("single precision"), "{warnings}");
    let (found, error, warnings) = rate(folder.path(), ", smooth = true");
    assert!(warnings.contains("were smoothed: noise of"), "{warnings}");
    assert!((found / right).ln().abs() <= by + error, "{right:e} ± {by:e}, {found:e} ± {error:e}");
    // Both have the error of the grid, over a floor that is reached within a cell.
    assert!(error < by + 0.2, "{error:e} {by:e}");
}

/// Knots that crowd together beyond the range of f64 are left as they are; too few of them are refused.
#[test]
fn what_has_no_sixth_difference_is_not_smoothed() {
    let crowded: Vec<f64> = (0..9).map(|k| if k < 8 { f64::from(k) * 1e-60 } else { 1.0 }).collect();
    let values: Vec<f64> = (0..9).map(normal).collect();
    assert_eq!(smoothed([&crowded, &[0.0]], &values).values, values);
    let folder = Folder::new("smooth-few");
    let rows: String = (0..6).map(|k| format!("{k},{}\n", (k - 3) * (k - 3))).collect();
    std::fs::write(folder.path().join("table.csv"), format!("x,loss\n{rows}")).unwrap();
    let text = "landscape = { kind = 'table', file = 'table.csv', scale = 1, dimension = 1, smooth = true, names = { x = 'x', loss = 'loss' } }
        noise = { kind = 'isotropic', temperature = 1 }
        solve = { quantities = ['stationary'] }";
    let posed = Config::from_text(&folder.path().join("problem.toml"), text, &[]).unwrap().problem();
    let words = posed.err().unwrap().to_string();
    assert!(words.contains("6 values") && words.contains('7'), "{words}");
}
