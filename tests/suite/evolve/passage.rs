//! Quantiles of escape times, and the plateau against the spectrum.

use std::f64::consts::PI;
use std::time::Duration;

use saddleflux::config::Config;
use saddleflux::io::{self, Setting, Solved};
use saddleflux::plot::{self, FigureData, Look};
use saddleflux::progress::Progress;
use saddleflux::solve::{Accuracy, Evolution};
use saddleflux::study;
use saddleflux::study::warning::Warning;

use super::{accuracy, path, with_resources};
use crate::folder::Folder;
use crate::gallery::solve;

/// Free diffusion between absorbing ends from one state, as a sum over its modes: survival is a level at the time that
/// is found for it, by both methods; and far ahead, where the last form goes on.
#[test]
fn levels_of_survival_are_passed_when_they_are() {
    let n = 64;
    let h = 1.0 / n as f64;
    let mut killing = vec![0.0; n];
    (killing[0], killing[n - 1]) = (2.0 / (h * h), 2.0 / (h * h));
    let generator = path(n, [0.0, 1.0], |_| 0.0, killing);
    let at = 13;
    let log_survival = |t: f64| {
        let mode = |k: usize, i: usize| ((i as f64 + 0.5) * k as f64 * PI / n as f64).sin();
        let rate = |k: usize| 4.0 / (h * h) * (0.5 * k as f64 * PI / n as f64).sin().powi(2);
        let term = |k: usize| {
            let norm = if k == n { n as f64 } else { 0.5 * n as f64 };
            (0..n).map(|i| mode(k, i)).sum::<f64>() * mode(k, at) / norm * (-(rate(k) - rate(1)) * t).exp()
        };
        (1..=n).map(term).sum::<f64>().ln() - rate(1) * t
    };
    let levels = [0.99, 0.9, 0.5, 0.25, 1e-3, 1e-40, 1e-200];
    let mut start = vec![0.0; n];
    start[at] = 1.0;
    with_resources(|resources| {
        let positive = Evolution::new(&generator, &start, accuracy(1e-8), resources).unwrap();
        let krylov = Evolution::new(&generator, &start, Accuracy::in_l1(1e-8), resources).unwrap().in_spaces(2.0);
        for mut evolution in [positive, krylov] {
            evolution.watch(&levels);
            for t in [1e-3, 0.01, 0.1, 2.0] {
                evolution.advance(t).unwrap();
            }
            evolution.foresee(f64::INFINITY).unwrap();
            assert_eq!(evolution.passed().len(), levels.len());
            for (passed, level) in evolution.passed().iter().zip(levels) {
                assert_relative_eq!(passed.log_survival, level.ln(), max_relative = 1e-12);
                let away = log_survival(passed.time) - level.ln();
                assert!(away.abs() < 1e-7, "S is {level} at {} but for {away:e}", passed.time);
                assert!(passed.error < 1e-7 * passed.time + 1e-9, "{passed:?}");
            }
        }
    });
}

/// In a double well j/S comes to γ when the second mode of the spectrum says so; half have escaped after ln 2/γ, but
/// for what was lost on the way down the well.
#[test]
fn the_plateau_comes_when_the_spectrum_says() {
    let solution = solve(
        "landscape = { expression = '(x^2 - 1)^2' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-2], upper = [0], walls = { x = ['reflecting', 'absorbing'] } }
         valley = { minimum = [-1], set = 'whole' }
         grid = { cells = [300] }
         solve = { quantities = ['rate', 'spectrum'] }
         evolve = { times = { from = 1e-3, to = 1e6, count = 60 }, start = { point = [-0.8], width = 0.05 }, tolerance = 1e-9 }",
    );
    let found = solution.quantities.get("evolution").unwrap();
    let number = |key: &str| found["plateau"][key].as_f64().unwrap_or_else(|| panic!("{key}: {}", found["plateau"]));
    assert_relative_eq!(number("predicted"), number("reached"), max_relative = 0.02);
    assert_relative_eq!(number("predicted_precisely"), number("reached_precisely"), max_relative = 0.02);
    let rate = solution.rate.as_ref().unwrap().value.value();
    assert!(number("lambda_2") > 100.0 * rate);
    let median = found["median"]["time"].as_f64().unwrap();
    assert_relative_eq!(median, 2.0f64.ln() / rate, max_relative = 1e-2);
    let quantiles = found["quantiles"].as_array().unwrap();
    assert_eq!(quantiles.len(), 7);
    // On the plateau all times are ln(1 − F) apart.
    let time = |share: f64| quantiles.iter().find(|q| q["share"] == share).unwrap()["time"].as_f64().unwrap();
    assert_relative_eq!((time(0.99) - time(0.75)) * rate, 25.0f64.ln(), max_relative = 1e-7);
}

/// Under a schedule too, escape times after the last output time follow from the last piece, as far as that lasts.
#[test]
fn quantiles_beyond_the_last_output_time_under_a_schedule() {
    let quantiles = |schedule: &str| -> Vec<(f64, f64)> {
        let solution = solve(&format!(
            "landscape = {{ expression = '(x^2 - 1)^2 + 0.2*x' }}
             noise = {{ kind = 'isotropic', temperature = 0.25 }}
             domain = {{ lower = [-1.8], upper = [1.6], killing = '0.3*exp(-8*(x-0.9)^2)' }}
             grid = {{ cells = [60] }}
             valley = {{ set = 'whole', from = [-1] }}
             evolve = {{ times = [0.3, 2, 200], method = 'positive', schedule = [{schedule}] }}"
        ));
        let found = solution.quantities.get("evolution").unwrap()["quantiles"].as_array().unwrap().clone();
        let pair = |q: &serde_json::Value| (q["share"].as_f64().unwrap(), q["time"].as_f64().unwrap());
        found.iter().map(pair).collect()
    };
    let (plain, alike) = (quantiles(""), quantiles("{ until = 1, temperature = 0.25 }, { temperature = 0.25 }"));
    assert!(plain.len() == 7 && alike.len() == 7, "{} {}", plain.len(), alike.len());
    for ((share, time), (_, other)) in plain.iter().zip(&alike) {
        assert_relative_eq!(time, other, max_relative = 1e-4);
        assert!(*share < 0.9 || *time > 200.0);
    }
    // What comes after the end of the last piece is not that piece's.
    let ended = quantiles("{ until = 201, temperature = 0.25 }");
    assert!(ended.iter().all(|(_, time)| *time <= 201.0) && ended.len() < 7);
}

/// An interruption leaves the times that were reached, in files that can be read and drawn, and that say so.
#[test]
fn what_was_found_before_an_interruption_is_kept() {
    let text = "landscape = { expression = '(x^2 - 1)^2 + y^2' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-2, -2], upper = [2, 2] }
         grid = { cells = [24, 24] }
         solve = { quantities = ['stationary'] }
         evolve = { times = { from = 1e-3, to = 1e9, count = 9000 }, start = { point = [1.0, 0.0], width = 0.2 }, method = 'positive' }";
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    let problem = config.problem().unwrap();
    let progress = Progress::default();
    let solution = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !progress.keeps() {
                std::thread::sleep(Duration::from_millis(2));
            }
            progress.interrupt();
        });
        study::run(&problem, &config.request, &progress).unwrap()
    });
    assert!(solution.warnings.iter().any(|warning| matches!(warning, Warning::EvolutionInterrupted { .. })));
    let found = solution.quantities.get("evolution").unwrap();
    let reached = found["t"].as_array().unwrap().len();
    assert!(found["interrupted"] == true && (1..9000).contains(&reached), "{reached}");
    let setting = Setting::new(&config, &problem, std::time::SystemTime::now(), 1);
    let solved = Solved { setting, solution: &solution };
    let folder = Folder::new("evolve-interrupted");
    let file = folder.path().join("result.h5");
    let summary = io::summary(&solved);
    io::write_result(&file, &config, &summary, &solved.groups()).unwrap();
    let stored = io::read(&file).unwrap();
    let group = stored.groups.iter().find(|group| group.name == "evolution").unwrap();
    assert_eq!(group.values("survival").unwrap().len(), reached);
    assert_eq!(stored.summary["evolution"]["interrupted"], true);
    plot::draw(&FigureData::stored(&stored), folder.path(), &Look::default()).unwrap();
}

/// One frame of an animation for every snapshot, in one and in two dimensions.
#[test]
fn animations_have_a_frame_for_every_snapshot() {
    for (landscape, domain, cells, point) in [
        ("(x^2 - 1)^2", "lower = [-2], upper = [2]", "[80]", "[1.0]"),
        ("(x^2 - 1)^2 + y^2", "lower = [-2, -2], upper = [2, 2]", "[16, 16]", "[1.0, 0.0]"),
    ] {
        let text = format!(
            "landscape = {{ expression = '{landscape}' }}
             noise = {{ kind = 'isotropic', temperature = 0.3 }}
             domain = {{ {domain} }}
             grid = {{ cells = {cells} }}
             solve = {{ quantities = ['stationary'] }}
             evolve = {{ times = [0.0, 0.1, 1.0, 10.0], start = {{ point = {point}, width = 0.2 }}, tolerance = 1e-3, animate = true }}"
        );
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        assert!(config.request.evolve.as_ref().unwrap().is_animated);
        let problem = config.problem().unwrap();
        let solution = study::run(&problem, &config.request, &Progress::default()).unwrap();
        let setting = Setting::new(&config, &problem, std::time::SystemTime::now(), 1);
        let solved = Solved { setting, solution: &solution };
        let summary = io::summary(&solved);
        let folder = Folder::new("evolve-animated");
        let path = plot::animate(&FigureData::solved(&solved, &summary), folder.path()).unwrap().unwrap();
        let bytes = std::fs::read(path).unwrap();
        let count = |chunk: &[u8]| bytes.windows(4).filter(|window| *window == chunk).count();
        assert_eq!((count(b"acTL"), count(b"fcTL"), count(b"IEND")), (1, 4, 1));
    }
}

/// The plateau under a schedule, by both methods and from few output times: pieces of one noise are no pieces, and after a
/// change of the noise the plateau comes later than the change.
#[test]
fn a_schedule_leaves_the_plateau_where_it_is() {
    let reached = |method: &str, times: &str, schedule: &str| {
        let solution = solve(&format!(
            "landscape = {{ kind = 'double-well' }}
             noise = {{ kind = 'isotropic', temperature = 0.25 }}
             domain = {{ lower = [-2.2], upper = [2.2] }}
             valley = {{ minimum = [-1.0] }}
             grid = {{ cells = [64] }}
             evolve = {{ times = {times}, method = '{method}', schedule = [{schedule}] }}"
        ));
        let plateau = &solution.quantities.get("evolution").unwrap()["plateau"];
        plateau["reached"].as_f64().unwrap_or_else(|| panic!("{method}, {times}, {schedule}: {plateau}"))
    };
    for method in ["positive", "krylov"] {
        let once = reached(method, "[20, 40]", "");
        let same = reached(method, "[20, 40]", "{ until = 10, temperature = 0.25 }");
        assert_relative_eq!(once, same, max_relative = 1e-2);
        let other = "{ until = 10, temperature = 0.5 }, { temperature = 0.3 }";
        let [few, many] = ["[1, 10, 20, 40]", "[1, 10, 10.25, 10.5, 11, 12, 20]"].map(|t| reached(method, t, other));
        assert!(few > 10.3 && few < 12.0, "{method}: {few}");
        assert_relative_eq!(few - 10.0, many - 10.0, max_relative = 3e-2);
    }
}
