//! How the rate answers to the numbers of a configuration: laws of scaling, an independent derivative, and results that
//! solve their problem again.

use std::path::Path;

use saddleflux::Progress;
use saddleflux::config::Config;
use saddleflux::formula::quadrature::{End, Passage};
use saddleflux::problem::Interpretation;

use crate::cli::{command, summary};
use crate::folder::Folder;

fn sensitivities(text: &str) -> std::collections::BTreeMap<String, f64> {
    let config = Config::from_text(Path::new("sensitivity.toml"), text, &[]).unwrap();
    config.sensitivities(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap().by_key
}

/// L and T times s is time times 1/s: the sensitivities to everything that scales with L sum to 1, at every barrier;
/// those to η and B are opposite.
#[test]
fn scalings_are_sums_of_sensitivities() {
    for temperature in [0.5, 0.02, 0.001] {
        let found = sensitivities(&format!(
            "landscape = {{ kind = \"double-well\", dimension = 1, barrier = 0.7, tilt = 0.1 }}
noise = {{ kind = \"isotropic\", temperature = {temperature} }}
domain = {{ lower = [-2], upper = [0.6], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1], set = \"whole\" }}
grid = {{ cells = [300], scheme = \"inverse-average\" }}"
        ));
        let sum: f64 = ["landscape.barrier", "landscape.tilt", "noise.temperature"].iter().map(|key| found[*key]).sum();
        assert!((sum - 1.0).abs() < 1e-7 * found["noise.temperature"].abs().max(1.0), "{temperature}: {found:?}");
        assert_eq!(found.len(), 3);
    }
    let found = sensitivities(
        "landscape = { kind = \"styblinski-tang-data\", dimension = 1 }
noise = { kind = \"covariance\", learning_rate = 0.03, batch_size = 2 }
domain = { lower = [-5], upper = [0.5], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-2.35], set = \"whole\" }
grid = { cells = [300] }",
    );
    assert!((found["noise.learning_rate"] + found["noise.batch_size"]).abs() < 1e-8 * found["noise.learning_rate"]);
}

/// Against the quadrature, differenced in the same way from rates of its own, on a cold well.
#[test]
fn sensitivities_are_those_of_the_quadrature() {
    let temperature = 0.02;
    let found = sensitivities(
        "landscape = { expression = \"(x^2 - 1)^2\" }
noise = { kind = \"isotropic\", temperature = 0.02 }
domain = { lower = [-2], upper = [0.4], walls = { x = [\"reflecting\", \"absorbing\"] } }
valley = { minimum = [-1], set = \"whole\" }
grid = { cells = [400], scheme = \"inverse-average\" }",
    );
    let logarithm = |temperature: f64| {
        let passage = Passage {
            slope: &|x| 4.0 * x * (x * x - 1.0),
            diffusion: &|_| temperature,
            interpretation: Interpretation::Ito,
            lower: End::Reflecting(-2.0),
            upper: End::Absorbing(0.4),
            breakpoints: &[],
        };
        passage.escape_rate().unwrap().rate.log
    };
    let (h, at) = (2e-3f64, |steps: f64| logarithm(temperature * (steps * 2e-3f64).exp()));
    let slope = (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h);
    assert_relative_eq!(found["noise.temperature"], slope, max_relative = 1e-7);
}

/// A result knows the configuration that solved it, command line included, and solves it again to the bit.
#[test]
fn a_result_solves_its_problem_again() {
    let folder = Folder::new("again");
    std::fs::write(
        folder.path().join("one.toml"),
        "# A comment.\ntitle = \"one\"\n[landscape]\nkind = \"double-well\"\ndimension = 1\n[noise]\nkind = \"isotropic\"\ntemperature = 0.1\n\
         [valley]\nminimum = [-1.0]\n[grid]\ncells = [64]\n[solve]\nquantities = [\"rate\", \"sensitivities\"]\n",
    )
    .unwrap();
    let strip = |mut found: serde_json::Value| {
        for key in ["timing", "provenance"] {
            found.as_object_mut().unwrap().remove(key);
        }
        found
    };
    let set = ["--set", "noise.temperature=0.05", "--set", "grid.scheme=sqra"];
    let first = strip(summary(&command(
        &[&["run", "one.toml", "--json", "--no-plots", "--out", "first"], &set[..]].concat(),
        folder.path(),
    )));
    let again = command(&["run", "first/result.h5", "--json", "--no-plots", "--out", "second"], folder.path());
    assert_eq!(strip(summary(&again)), first, "{}", String::from_utf8_lossy(&again.stderr));
    assert!(first["sensitivity"]["noise.temperature"].as_f64().unwrap() > 15.0);
    let plain = strip(summary(&command(&["run", "one.toml", "--json", "--no-plots"], folder.path())));
    assert_ne!(plain["rate"], first["rate"]);
    let no_result = command(&["run", "nothing.h5"], folder.path());
    assert_eq!(no_result.status.code(), Some(2));
}

/// The sides of a chosen domain that kill move with what moves the boundary: L and T times s is time times 1/s there too,
/// and a box around a minimum of a parabola scales like √T.
#[test]
fn domains_whose_boundary_moves_keep_the_laws_of_scaling() {
    let found = sensitivities(
        "landscape = { kind = 'double-well', dimension = 1, barrier = 1.0, tilt = 0.1 }
noise = { kind = 'isotropic', temperature = 0.25 }
valley = { minimum = [-1] }
grid = { cells = [200], scheme = 'inverse-average' }",
    );
    let sum: f64 = ["landscape.barrier", "landscape.tilt", "noise.temperature"].iter().map(|key| found[*key]).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{found:?}");
    // γ = f(half²/T) for L = x².
    let found = sensitivities(
        "landscape = { expression = 'x^2' }
noise = { kind = 'isotropic', temperature = 0.5 }
valley = { minimum = [0], half_width = 0.7 }
grid = { cells = [200], scheme = 'inverse-average' }",
    );
    assert_relative_eq!(found["valley.half_width"], -2.0 * found["noise.temperature"], max_relative = 1e-4);
}
