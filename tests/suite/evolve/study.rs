//! The density in time as a run has it: pieces of a schedule, files, and what is written down.

use saddleflux::config::{Config, Diagnosis, advice};
use saddleflux::io::{self, Setting, Solved};
use saddleflux::progress::Progress;
use saddleflux::study::request::StartDensity;
use saddleflux::study::{self, Solution, StudyError};
use serde_json::Value;

use crate::gallery::solve;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value}")).iter().map(|value| value.as_f64().unwrap()).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn section(solution: &Solution) -> &Value {
    solution.quantities.get("evolution").unwrap()
}

const WELLS: &str = "landscape = { expression = '(x^2 - 1)^2 + 0.2*x' }
     noise = { kind = 'isotropic', temperature = 0.1 }
     domain = { lower = [-2], upper = [2] }
     grid = { cells = [300] }
     solve = { quantities = ['stationary'] }\n";

/// Populations tend to the occupations, as integrals of e^{−L/D} have them, and the density to the stationary one.
#[test]
fn two_valleys_relax_to_their_occupation() {
    let start = "evolve = { times = [0.0, 0.1, 1e2, 1e12], start = { point = [1.0], width = 0.1 } }";
    let solution = solve(&format!("{WELLS}{start}"));
    let found = section(&solution);
    let weight = |x: f64| (-((x * x - 1.0f64).powi(2) + 0.2 * x) / 0.1).exp();
    let sum = |low: f64, high: f64| -> f64 {
        (0..20_000).map(|k| weight(low + (high - low) * (f64::from(k) + 0.5) / 20_000.0)).sum::<f64>() * (high - low)
    };
    // Of x³ − x + 0.05 = 0 the root between the wells.
    let saddle = 0.050_125_945_659;
    let (left, right) = (sum(-2.0, saddle), sum(saddle, 2.0));
    let valleys = rows(&found["valleys"]);
    assert_eq!(numbers(&found["minima"][0]).len(), 1);
    assert!(found["minima"][0][0].as_f64().unwrap() < -1.0, "deepest first: {}", found["minima"]);
    // The cell that holds the saddle belongs to one of the valleys: rounding beside the smaller one of 1 %.
    assert_relative_eq!(valleys[3][1], right / (left + right), max_relative = 1e-4);
    assert!(valleys[0][1] > 1.0 - 1e-12 && valleys[2][0] > 1e-3 && valleys[2][0] < 0.1, "{valleys:?}");
    for (survival, valleys) in numbers(&found["survival"]).iter().zip(&valleys) {
        assert_relative_eq!(valleys.iter().sum::<f64>(), *survival, max_relative = 1e-12);
    }
    let group = solution.groups.iter().find(|group| group.name == "evolution").unwrap();
    let density = group.values("density").unwrap();
    assert_eq!(group.shape(group.field("density").unwrap()).unwrap(), [4, 300]);
    let (last, h) = (&density[3 * 300..], 4.0 / 300.0);
    for (density, law) in last.iter().zip(solution.fields.values("stationary").unwrap()) {
        assert_relative_eq!(density, law, max_relative = 1e-9);
    }
    for snapshot in density.chunks(300) {
        assert_relative_eq!(snapshot.iter().sum::<f64>() * h, 1.0, max_relative = 1e-12);
    }
    let production = numbers(&found["entropy_production"]);
    assert!(production.windows(2).all(|pair| pair[1] < pair[0]) && production[3] < 1e-12, "{production:?}");
    assert!(found.get("plateau").is_none() && found["method"] == "positive");
    assert!(found["error"].as_f64().unwrap() <= 1e-6 && found["steps"].as_u64().unwrap() > 10);
}

/// Killed at both ends, the plateau is γ, and the flux is parted between the ways.
#[test]
fn a_killed_density_has_its_plateau() {
    let solution = solve(
        "landscape = { expression = 'cos(x) + 0.1*x' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-0.6], upper = [6.9], walls = { x = ['absorbing', 'absorbing'] } }
         valley = { minimum = [3.1], set = 'whole' }
         grid = { cells = [400] }
         evolve = { times = { from = 0.1, to = 1e12, count = 14 }, start = { point = [2.5], width = 0.05 } }",
    );
    let rate = solution.rate.as_ref().unwrap().value.value();
    let found = section(&solution);
    assert_relative_eq!(found["plateau"]["rate"].as_f64().unwrap(), rate, max_relative = 1e-8);
    let reached = found["plateau"]["reached"].as_f64().unwrap();
    assert!((0.1..30.0).contains(&reached), "{reached}");
    assert!(found["plateau"]["reached_precisely"].as_f64().unwrap() > reached);
    let (t, log_survival) = (numbers(&found["t"]), numbers(&found["log_survival"]));
    assert!(t.windows(2).all(|pair| pair[1] > pair[0]) && t[13] == 1e12 && t.len() == 14);
    // e^{−γt} from the plateau on.
    assert_relative_eq!(log_survival[13] - log_survival[10], -rate * (t[13] - t[10]), max_relative = 1e-6);
    // Below 1e-308 survival and flux are 0, with a word about it.
    for (k, [survival, flux]) in
        numbers(&found["survival"]).into_iter().zip(numbers(&found["flux"])).map(|(s, f)| [s, f]).enumerate()
    {
        let is_in_range = log_survival[k] > -708.0;
        assert_eq!(survival > 0.0, is_in_range, "{k}: {survival}");
        assert!(flux > 0.0 || log_survival[k] < -600.0, "{k}: {flux}");
    }
    assert_eq!(found["valleys"].as_array().unwrap().len(), 14);
    let said: Vec<String> = solution.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(said.iter().any(|word| word.contains("below 1e-308")), log_survival[13] < -709.0, "{said:?}");
    let group = solution.groups.iter().find(|group| group.name == "evolution").unwrap();
    let parts = group.values("flux_by_saddle").unwrap();
    let flux = group.values("flux").unwrap();
    assert_relative_eq!(parts[2 * 5] + parts[2 * 5 + 1], flux[5], max_relative = 1e-12);
    let share = solution.flux.as_ref().unwrap().by_saddle[0].1 / rate;
    assert_relative_eq!(parts[2 * 5] / flux[5], share, max_relative = 1e-6);
}

/// In L = ½ω x² the variance obeys v' = −2ωv + 2D(t), exactly, whatever the density; so do pieces of a schedule.
#[test]
fn variances_follow_a_schedule() {
    let parabola = "landscape = { kind = 'quadratic', dimension = 1, hessian = [[2.0]] }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-4], upper = [4] }
         grid = { cells = [600] }
         solve = { quantities = ['stationary'] }
         [evolve]
         times = [0.1, 0.3, 0.5, 1.0]
         start = { point = [0.5], width = 0.3 }
         tolerance = 1e-5\n";
    let schedule =
        "[[evolve.schedule]]\nuntil = 0.2\ntemperature = 0.5\n[[evolve.schedule]]\nuntil = 0.4\ntemperature = 0.1\n";
    let after = |variance: f64, d: f64, t: f64| d / 2.0 + (variance - d / 2.0) * (-4.0 * t).exp();
    let warm = |t: f64| after(0.09, 0.5, t);
    let cold = |t: f64| after(warm(0.2), 0.1, t);
    // From the last piece on the noise is the problem's own.
    let exact = [warm(0.1), cold(0.1), after(cold(0.2), 0.2, 0.1), after(cold(0.2), 0.2, 0.6)];
    let solution = solve(&format!("{parabola}{schedule}"));
    for (found, exact) in rows(&section(&solution)["covariance"]).iter().zip(exact) {
        assert_relative_eq!(found[0], exact, max_relative = 3e-4);
    }
    // A schedule that changes nothing is none.
    let same = "[[evolve.schedule]]\nuntil = 0.2\n[[evolve.schedule]]\nuntil = 0.7\ntemperature = 0.2\n";
    let [plain, pieces] = ["", same].map(|schedule| solve(&format!("{parabola}{schedule}")));
    let densities = |solution: &Solution| solution.groups[0].values("density").unwrap().to_vec();
    let away: f64 = densities(&plain).iter().zip(densities(&pieces)).map(|(a, b)| (a - b).abs()).sum();
    assert!(away * 8.0 / 600.0 < 4.0 * 2e-5, "{away}");
}

/// Iterations are ∫ dt/η, and a learning rate is what a piece says.
#[test]
fn iterations_are_counted_through_learning_rates() {
    let solution = solve(
        "landscape = { kind = 'styblinski-tang-data', dimension = 1 }
         noise = { kind = 'covariance', learning_rate = 0.01, batch_size = 10 }
         domain = { lower = [-4.5], upper = [4.5] }
         grid = { cells = [128] }
         solve = { quantities = ['stationary'] }
         [evolve]
         times = [0.5, 2.0, 3.0]
         tolerance = 1e-3
         start = 'stationary'
         [[evolve.schedule]]
         until = 1.0
         learning_rate = 0.02
         [[evolve.schedule]]
         until = 2.5
         batch_size = 40",
    );
    let iterations = numbers(&section(&solution)["iterations"]);
    for (found, exact) in iterations.iter().zip([25.0, 50.0 + 100.0, 50.0 + 200.0]) {
        assert_relative_eq!(*found, exact, max_relative = 1e-12);
    }
}

/// A density goes on from a file of an earlier run, on the same grid only.
#[test]
fn a_density_is_taken_up_from_a_file() {
    let text = format!("{WELLS}evolve = {{ times = [5.0], start = 'stationary' }}");
    let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
    let problem = config.problem().unwrap();
    let solution = study::run(&problem, &config.request, &Progress::default()).unwrap();
    let setting = Setting::new(&config, &problem, std::time::SystemTime::now(), 1);
    let solved = Solved { setting, solution: &solution };
    let folder = crate::folder::Folder::new("evolve-file");
    let file = folder.path().join("result.h5");
    io::write_result(&file, &config, &io::summary(&solved), &solved.groups()).unwrap();
    let stored = io::read(&file).unwrap();
    assert_eq!(
        stored.groups.iter().find(|group| group.name == "evolution").unwrap().values("survival"),
        Some(&[1.0][..])
    );
    let again = |cells: usize| {
        let text = WELLS.replace("300", &cells.to_string());
        let text = format!("{text}evolve = {{ times = [1e4], start = {{ file = '{}' }} }}", file.display());
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        let mut request = config.request.clone();
        let unread = study::run(&config.problem().unwrap(), &request, &Progress::default());
        assert!(matches!(unread, Err(StudyError::Evolution(_))));
        let values = stored.fields.values("stationary").unwrap().to_vec();
        request.evolve.as_mut().unwrap().start = StartDensity::Given { grid: stored.grid.clone(), values };
        study::run(&config.problem().unwrap(), &request, &Progress::default())
    };
    let stays = again(300).unwrap();
    let law = solution.fields.values("stationary").unwrap();
    for (density, law) in stays.groups[0].values("density").unwrap().iter().zip(law) {
        assert_relative_eq!(density, law, max_relative = 1e-10);
    }
    let Diagnosis { key, exit_status, message } = advice::on_study(&again(200).err().unwrap());
    assert_eq!((key.as_deref(), exit_status), (Some("evolve.start"), 2));
    assert!(message.contains("300"), "{message}");
}

/// A start outside of the set, or a quasi-stationary one where nothing absorbs, is refused by its key.
#[test]
fn starts_that_are_none_are_refused() {
    for (start, word) in [
        ("{ point = [3.0] }", "not in the set"),
        ("{ point = [300.0], width = 0.1 }", "no part"),
        ("'quasi-stationary'", "no quasi-stationary density"),
    ] {
        let text = format!("{WELLS}evolve = {{ times = [1.0], start = {start} }}");
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        let refused = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).err().unwrap();
        let diagnosis = advice::on_study(&refused);
        assert_eq!(diagnosis.key.as_deref(), Some("evolve.start"));
        assert!(diagnosis.message.contains(word), "{}", diagnosis.message);
    }
}

/// The correction of the slowest mode's flux leaves the other motions alone: across a straight valley y is an
/// Ornstein–Uhlenbeck process of its own, whose mean decays as e^{−2t}, and of two wells that leak alike the share of one
/// relaxes at the exchange of the line's double well.
#[test]
fn a_corrected_chain_moves_across_the_valley_as_it_should() {
    let valley = solve(
        "landscape = { expression = '(x^2-1)^2 + y^2' }
        noise = { kind = 'isotropic', temperature = 0.2 }
        domain = { lower = [-1.9, -2.2], upper = [0.2, 2.2], walls = { x = ['reflecting', 'absorbing'] } }
        grid = { cells = [48, 48], scheme = 'flux-corrected' }
        valley = { minimum = [-1, 0], set = 'whole' }
        solve = { quantities = ['rate'], error_estimate = false }
        evolve = { times = [0.05, 0.2, 0.5, 1, 2], start = { point = [-1, 0.5], width = 0.1 } }",
    );
    let (times, means) = (numbers(&section(&valley)["t"]), rows(&section(&valley)["mean"]));
    for (t, mean) in times.iter().zip(means) {
        // The second order of 48 cells: h²/12 of the curvature over the noise, at a rate of 2.
        assert_relative_eq!(mean[1], 0.5 * (-2.0 * t).exp(), max_relative = 0.015 * t + 1e-3);
    }
    let wells = |axes: usize, times: &str| {
        let (loss, lower, upper, cells, start) = match axes {
            1 => ("(x^2-1)^2", "[-1.94]", "[1.94]", "[64]", "[1.0]"),
            _ => ("(x^2-1)^2 + (y^2-1)^2", "[-1.94, -1.94]", "[0.0, 1.94]", "[48, 64]", "[-1.0, 1.0]"),
        };
        let killed = match axes {
            1 => "solve = { quantities = ['stationary'] }",
            _ => {
                "valley = { minimum = [-1, -1], set = 'whole' }
                solve = { quantities = ['rate'], error_estimate = false }"
            }
        };
        let walls = if axes == 1 { "" } else { ", walls = { x = ['reflecting', 'absorbing'] }" };
        let solution = solve(&format!(
            "landscape = {{ expression = '{loss}' }}
            noise = {{ kind = 'isotropic', temperature = 0.2 }}
            domain = {{ lower = {lower}, upper = {upper}{walls} }}
            grid = {{ cells = {cells} }}
            {killed}
            evolve = {{ times = {times}, start = {{ point = {start}, width = 0.1 }} }}"
        ));
        let found = section(&solution);
        let survival = numbers(&found["survival"]);
        let shares = |(row, survival): (&Vec<f64>, &f64)| row.iter().copied().fold(f64::INFINITY, f64::min) / survival;
        rows(&found["valleys"]).iter().zip(&survival).map(shares).collect::<Vec<f64>>()
    };
    let times = "[27, 90, 270]";
    for (plane, line) in wells(2, times).into_iter().zip(wells(1, times)) {
        assert_relative_eq!(plane, line, max_relative = 1e-5);
    }
}
