//! Losses over many samples, expanded over the domain: against the sums, and against the same problem with few samples.

use std::path::Path;
use std::sync::Arc;

use saddleflux::config::Config;
use saddleflux::problem::landscape::Expanded;
use saddleflux::problem::landscape::expanded::DIFFERENCE;
use saddleflux::problem::{Dynamics, Landscape, Space};
use saddleflux::progress::Progress;
use saddleflux::study;
use saddleflux::tensor::Tensor;

use crate::gallery;

/// So many copies of each sample: none of the means changes.
const COPIES: usize = 8;

/// The banknote problem with every sample this often.
fn repeated(folder: &Path) -> String {
    let path = folder.join("copies.csv");
    let text = std::fs::read_to_string("configs/data/banknote.csv").unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    std::fs::write(&path, format!("{header}\n{}", format!("{}\n", rows.trim_end()).repeat(COPIES))).unwrap();
    let given = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/data/banknote.csv");
    gallery::banknote(0.5).replace(given, &path.to_string_lossy())
}

fn landscape(toml: &str) -> Arc<dyn Landscape> {
    let config = Config::from_text(Path::new("test.toml"), toml, &[]).unwrap();
    match config.landscape.dynamics(Path::new(".")).unwrap() {
        Dynamics::Loss(loss) => loss,
        Dynamics::Drift(_) => unreachable!(),
    }
}

#[test]
fn an_expansion_is_the_sum_over_the_samples() {
    let folder = crate::folder::Folder::new("expanded");
    let (sums, many) = (landscape(&gallery::banknote(0.5)), landscape(&repeated(folder.path())));
    let (lower, upper) = ([-3.6, -0.7], [-2.6, 0.4]);
    let found = Expanded::over(&many, Space::open(2, lower, upper)).unwrap();
    assert!(!found.is_costly() && many.is_costly());
    let at = |k: usize| {
        [0, 1].map(|axis| lower[axis] + (upper[axis] - lower[axis]) * ((k * (7 + 4 * axis) % 41) as f64 / 40.0))
    };
    let close = |one: f64, other: f64, size: f64| assert!((one - other).abs() <= DIFFERENCE * size, "{one} {other}");
    let size = |tensor: Tensor| tensor.xx.abs().max(tensor.yy.abs());
    let steepest = (0..41).flat_map(|k| sums.gradient(at(k))).fold(0.0f64, |most, c| most.max(c.abs()));
    for theta in (0..41).map(at) {
        close(found.value(theta), sums.value(theta), sums.value(theta));
        found.gradient(theta).into_iter().zip(sums.gradient(theta)).for_each(|(a, b)| close(a, b, steepest));
        let (c, d) = (found.gradient_covariance(theta).unwrap(), sums.gradient_covariance(theta).unwrap());
        for (one, other) in [(found.hessian(theta), sums.hessian(theta)), (c, d)] {
            close(one.xx, other.xx, 2.0 * size(other));
            close(one.xy, other.xy, 2.0 * size(other));
            close(one.yy, other.yy, 2.0 * size(other));
        }
        assert_eq!(found.gradient_and_covariance(theta).unwrap(), (found.gradient(theta), c));
    }
    // Beyond the rectangle the sums themselves.
    for theta in [[-4.0, 0.0], [0.0, 5.0]] {
        assert_eq!(found.value(theta), many.value(theta));
        assert_eq!(found.hessian(theta), many.hessian(theta));
    }
}

#[test]
fn few_samples_and_wide_domains_are_not_expanded() {
    let folder = crate::folder::Folder::new("expanded");
    let (few, many) = (landscape(&gallery::banknote(0.5)), landscape(&repeated(folder.path())));
    assert!(Expanded::over(&few, Space::open(2, [-1.0; 2], [1.0; 2])).is_none());
    assert!(Expanded::over(&many, Space::open(2, [-400.0; 2], [400.0; 2])).is_none());
}

#[test]
fn copies_of_all_samples_leave_the_rate() {
    let folder = crate::folder::Folder::new("expanded");
    let rate = |toml: &str| {
        let toml = format!("{toml}\ngrid = {{ cells = [8, 8] }}");
        let config = Config::from_text(Path::new("test.toml"), &toml, &[]).unwrap();
        let problem = config.problem().unwrap();
        let costly = problem.dynamics.loss().unwrap().is_costly();
        (costly, study::run(&problem, &config.request, &Progress::default()).unwrap().rate.unwrap().best().value())
    };
    let ((direct, sums), (expanded, found)) = (rate(&gallery::banknote(0.5)), rate(&repeated(folder.path())));
    assert_eq!((direct, expanded), (true, false));
    assert_relative_eq!(found, sums, max_relative = 1e-11);
}
