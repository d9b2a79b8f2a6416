//! The solver's rate against the particles' on every configuration of `configs/agreement`, and whether the z-scores are
//! those of a standard normal variable.
//!
//! ```sh
//! cargo bench --bench agreement            # all, about ten minutes on two cores
//! cargo bench --bench agreement -- line    # those whose name has this in it
//! ```
//! It fails where one of three tests at the level 1/300 each (1 % together) rejects: Σz² too large or too small for χ²,
//! and the largest |z| too large for so many.

use std::path::Path;
use std::process::ExitCode;

use saddleflux::config::Config;
use saddleflux::progress::Progress;
use saddleflux::study;
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

const LEVEL: f64 = 0.01 / 3.0;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/agreement");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| wanted.is_empty() || wanted.iter().any(|name| path.to_string_lossy().contains(name)));
    println!("| problem | solver | particles | 95 % interval | z | exits or repetitions | seconds |");
    println!("|---|---|---|---|---|---|---|");
    let mut scores = Vec::new();
    for path in paths {
        let config = Config::from_path(&path, &[]).unwrap();
        let solution = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap();
        let (rate, found) = (solution.rate.unwrap(), solution.particles.unwrap());
        let (of_particles, against) = (&found.rate, found.rate.against.as_ref().unwrap());
        let [low, high] = of_particles.ci95;
        let effort = match (&of_particles.fine, &found.splitting) {
            (Some(fine), _) => fine.exits.to_string(),
            (None, Some(split)) => format!("{} × {}", split.fine.len(), found.count),
            (None, None) => String::new(),
        };
        println!(
            "| {} | {:.4e} ({:.0e}) | {:.3e} ± {:.1} % | [{low:.3e}, {high:.3e}] | {:+.2} | {effort} | {:.0} |",
            config.title,
            against.value,
            rate.discretisation_error.unwrap_or(f64::NAN),
            of_particles.value,
            100.0 * of_particles.standard_error / of_particles.value,
            against.z,
            found.seconds,
        );
        scores.push(against.z);
    }
    let count = scores.len() as f64;
    let sum: f64 = scores.iter().map(|z| z * z).sum();
    let largest = scores.iter().fold(0.0, |largest, z| f64::max(largest, z.abs()));
    let law = ChiSquared::new(count).unwrap();
    let allowed = [law.inverse_cdf(LEVEL), law.inverse_cdf(1.0 - LEVEL)];
    // P(all |z| below this) = 1 − LEVEL.
    let most = Normal::standard().inverse_cdf(0.5 + 0.5 * (1.0 - LEVEL).powf(1.0 / count));
    println!(
        "\n{count} problems: Σz² = {sum:.1} (allowed {:.1} to {:.1}), largest |z| = {largest:.2} (allowed {most:.2}), mean z = {:+.2} ± {:.2}",
        allowed[0],
        allowed[1],
        scores.iter().sum::<f64>() / count,
        count.sqrt().recip()
    );
    let agrees = (allowed[0]..=allowed[1]).contains(&sum) && largest <= most;
    if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
