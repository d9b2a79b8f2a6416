//! What everything that the generator knows costs beside the escape rate alone: committors both ways, the stationary
//! law, six eigenpairs and the network, each alone and all in one run that shares what it can.
//!
//! `cargo bench --bench motion -- CELLS`: two wells with a tilt on CELLS × CELLS cells (512 unless given), killed on
//! the far side of the saddle, T = 0.1. Seconds are those of the solves on one grid, without files and pictures; the
//! least of three runs.

use std::time::Instant;

use saddleflux::config::Config;
use saddleflux::progress::Progress;
use saddleflux::study;

/// What is asked for in each run.
const RUNS: [(&str, &str); 7] = [
    ("rate", "'rate'"),
    ("times", "'passage-time'"),
    ("committors", "'committor'"),
    ("stationary", "'stationary'"),
    ("six eigenpairs", "'spectrum'"),
    ("network", "'network'"),
    ("all in one run", "'rate', 'committor', 'stationary', 'spectrum', 'network'"),
];

/// Between which paths are asked for.
const SETS: &str =
    "committor = { from = { minimum = [-1, 0.2], radius = 0.2 }, to = { minimum = [1, 0.2], radius = 0.2 } }";

/// Runs of each.
const TIMES: usize = 3;

fn seconds(cells: usize, quantities: &str) -> f64 {
    let text = format!(
        "landscape = {{ expression = '(x^2-1)^2 + 0.1*x + 2*(y - 0.2*x^2)^2' }}
        noise = {{ kind = 'isotropic', temperature = 0.1 }}
        domain = {{ lower = [-2.0, -2.0], upper = [2.0, 2.0] }}
        grid = {{ cells = [{cells}, {cells}], scheme = 'inverse-average' }}
        valley = {{ minimum = [-1, 0], absorb = 'target', target = {{ minimum = [1, 0], radius = 0.2 }} }}
        solve = {{ quantities = [{quantities}], error_estimate = false }}
        {}",
        if quantities.contains("committor") { SETS } else { "" }
    );
    let config = Config::from_text("bench.toml".as_ref(), &text, &[]).expect("a configuration");
    let problem = config.problem().expect("a problem");
    let begun = Instant::now();
    study::run(&problem, &config.request, &Progress::default()).expect("solved");
    begun.elapsed().as_secs_f64()
}

fn main() {
    let cells = std::env::args().skip(1).find_map(|argument| argument.parse::<usize>().ok()).unwrap_or(512);
    println!("{cells} × {cells} cells      seconds   over the rate alone");
    let mut alone = f64::NAN;
    for (name, quantities) in RUNS {
        let least = (0..TIMES).map(|_| seconds(cells, quantities)).fold(f64::INFINITY, f64::min);
        if alone.is_nan() {
            alone = least;
        }
        println!("{name:<18} {least:>9.3} {:>12.2}", least / alone);
    }
}
