//! The terminal report of a run: the problem, the escape rate with its errors, comparisons, and the files.
//!
//! ```text
//!   escape rate γ      6.85219e-5  ± 1.2e-6 relative · bracket 3e-13 wide, 4 iterations
//! ```
//! A rate is shown with the digits that its discretisation error leaves correct, and one more.

mod convergence;
mod covariance;
mod evolution;
mod exits;
pub mod html;
mod network;
mod number;
mod page;
mod particles;
mod reactive;
mod referee;
mod spectrum;
mod sweep;
mod verify;

pub use convergence::convergence;
pub use covariance::covariance;
pub use page::Screen;
pub use particles::simulated;
pub use referee::referee;
pub use sweep::sweep;
pub use verify::{board, claims, verdict, verify};

use std::path::PathBuf;

use crate::config::advice;
use crate::formula::Formulas;
use crate::io::{self, Setting, Solved};
use crate::observe::arc::Arc;
use crate::observe::quantity::Quantities;
use crate::scaled::Scaled;
use crate::study::comparison::Comparison;
use crate::study::extrapolation::TOO_COARSE;
use crate::study::solution::{CovarianceCheck, PassageTime, RateEstimate};
use number::{brief, bytes, percent, rounded};
use page::Page;

/// The length of a full bar in characters.
const BAR: usize = 24;
/// The largest number of warnings, saddles or files; the summary has all of them.
const MOST: usize = 5;

/// The report of a run; `screen`: what the terminal shows.
pub fn terminal(solved: &Solved, files: &[PathBuf], screen: Screen) -> String {
    let mut page = found(solved, screen);
    let warnings = warnings(solved);
    warnings.iter().take(MOST).for_each(|warning| page.warning(warning));
    omitted(&mut page, "warnings", warnings.len());
    written(&mut page, files);
    page.text()
}

/// The results, without warnings.
fn found(solved: &Solved, screen: Screen) -> Page {
    let mut page = Page::new(screen);
    heading(&mut page, &solved.setting);
    place(&mut page, &solved.setting, &solved.listed_saddles(), solved.solution.covariance.as_ref());
    rates(&mut page, solved);
    certificate(&mut page, solved);
    sensitivities(&mut page, solved);
    comparisons(&mut page, &solved.solution.formulas, "solver");
    flux(&mut page, solved);
    exits::exits(&mut page, solved);
    stationary(&mut page, &solved.solution.quantities);
    reactive::reactive(&mut page, solved);
    network::network(&mut page, solved);
    spectrum::spectrum(&mut page, solved);
    iteration(&mut page, solved);
    evolution::evolution(&mut page, &solved.solution.quantities);
    if let Some(found) = &solved.solution.particles {
        particles::particles(&mut page, found);
    }
    effort(&mut page, solved);
    page
}

/// The warnings of the solution and of its particles as text.
fn warnings(solved: &Solved) -> Vec<String> {
    let solution = solved.solution;
    let of_particles = solution.particles.iter().flat_map(|found| &found.warnings).map(advice::on_particle_warning);
    solution.warnings.iter().map(advice::on_warning).chain(of_particles).collect()
}

fn heading(page: &mut Page, setting: &Setting) {
    match setting.config.title.as_str() {
        "" => page.heading(&setting.config.source.path.display().to_string()),
        title => page.heading(title),
    }
}

/// The problem: landscape and noise, the start minimum, its saddles, and what absorbs.
fn place(page: &mut Page, setting: &Setting, saddles: &[usize], covariance: Option<&CovarianceCheck>) {
    let (landscape, noise) = (io::landscape(setting.config), io::noise(setting.config));
    page.line("problem", &format!("{landscape} · {noise}"));
    let dimension = setting.dimension;
    if let Some(minimum) = setting.minimum {
        let loss = if minimum.loss.is_finite() { format!("  L = {}", brief(minimum.loss)) } else { String::new() };
        let place = number::point(minimum.theta, dimension);
        let linear = minimum.linearisation(dimension).words(dimension, brief);
        page.line("minimum", &format!("{place}{loss}  {linear}"));
    }
    if let Some(check) = covariance {
        let ratios: Vec<String> = check.ratios[..dimension].iter().map(|ratio| format!("{ratio:.4}")).collect();
        let text = format!(
            "C/H along H's eigenvectors {}, alignment {:.5} (the paper: C ≈ H)",
            ratios.join(", "),
            check.alignment
        );
        page.line("gradient noise", &text);
    }
    for (position, index) in saddles.iter().enumerate().take(MOST) {
        let saddle = &setting.critical.saddles[*index];
        let barrier = setting.barrier(*index).map_or(String::new(), |b| format!("  barrier {}", brief(b)));
        let place = number::point(saddle.point.theta, dimension);
        page.line(&format!("saddle {position}"), &format!("{place}{barrier}"));
    }
    omitted(page, "saddles", saddles.len());
    page.line("absorption", &setting.absorption.to_string());
}

/// The discretisation error below which grids differ by rounding only.
const ROUNDING: f64 = 1e-12;

fn rates(page: &mut Page, solved: &Solved) {
    let solution = solved.solution;
    if let Some(rate) = &solution.rate {
        let value = rounded(rate.value, rate.discretisation_error);
        let value = page.bold(&value);
        page.line("escape rate γ", &format!("{value}  {}", evidence(rate)));
        if rate.extrapolated == Some(rate.value)
            && let Some(error) = rate.discretisation_error
        {
            let why = match error {
                error if error < ROUNDING => "the grids agree to their roundings",
                error if error > TOO_COARSE => "the grids are too coarse",
                _ => "the grids do not show an error of one order alone",
            };
            page.line("  extrapolated", &format!("no: {why}"));
        } else if let Some(extrapolated) = rate.extrapolated {
            // Extrapolation gains about two digits, of which one is claimed.
            let error = rate.discretisation_error.map(|error| 0.1 * error);
            let order = rate.observed_order.map_or(String::new(), |order| format!("  observed order {order:.2}"));
            page.line("  extrapolated", &format!("{}{order}", rounded(extrapolated, error)));
        }
        if let Some(learning_rate) = solved.setting.learning_rate() {
            let per_iteration = rate.value.scaled(learning_rate);
            let [rate, count] = [per_iteration, per_iteration.inverse()].map(|x| rounded(x, rate.discretisation_error));
            page.line("  per iteration", &format!("ηγ = {rate} · {count} iterations to escape, 1/(ηγ)"));
        }
    }
    if let Some(passage) = &solution.passage {
        page.line("passage time τ", &passage_time(passage, solved.setting.dimension));
        if let Some(extrapolated) = passage.extrapolated.filter(|rate| *rate != passage.rate) {
            let error = passage.discretisation_error.map(|error| 0.1 * error);
            let (time, rate) = (rounded(extrapolated.inverse(), error), rounded(extrapolated, error));
            page.line("  extrapolated", &format!("{time}; 1/τ = {rate}"));
        }
    }
    if let Some(value) = solution.flux_over_population {
        let error = solution.flux_over_population_error;
        page.line("flux / population", &format!("{}  {}", rounded(value, error), stated(error)));
    }
    if let Some(check) = &solution.quadrature {
        let differs = |ratio: Option<f64>, is_extrapolated: bool| {
            let grid = if is_extrapolated { "extrapolated" } else { "grid" };
            ratio.map_or(String::new(), |ratio| format!(" ({grid} {:+.1e})", ratio - 1.0))
        };
        let of_rate = solution.rate.as_ref().is_some_and(|rate| rate.extrapolated.is_some());
        let rate = check.escape_rate.map_or(String::new(), |rate| {
            format!("γ = {}{}  ", rounded(rate, Some(1e-10)), differs(check.escape_ratio, of_rate))
        });
        let of_time = solution.passage.as_ref().is_some_and(|passage| passage.extrapolated.is_some());
        let stated = stated(Some(check.relative_error));
        let text = format!("{rate}τ = {}{}  {stated}", rounded(check.time, Some(1e-10)), differs(check.ratio, of_time));
        page.line("quadrature", &text);
    }
}

/// The sensitivities ∂ ln γ/∂ ln p.
fn sensitivities(page: &mut Page, solved: &Solved) {
    let Some(serde_json::Value::Object(found)) = solved.solution.quantities.get("sensitivity") else { return };
    for (key, value) in found {
        let value = value.as_f64().map_or("–".into(), |value| rounded(value.abs(), Some(1e-6)));
        let sign = if found[key].as_f64().is_some_and(|value| value < 0.0) { "−" } else { "" };
        page.line("∂ ln γ/∂ ln p", &format!("{sign}{value}  p = {key}"));
    }
}

/// The interval around the rate of the continuous problem, with two digits more than the ends have in common.
fn certificate(page: &mut Page, solved: &Solved) {
    let Some(found) = &solved.solution.certificate else {
        return;
    };
    let width = found.relative_width();
    let ends = |[low, high]: [Scaled; 2]| {
        let digits = Some(0.01 * (high.over(low).value() - 1.0));
        format!("[{}, {}]", rounded(low, digits), rounded(high, digits))
    };
    let rate = page.bold(&ends(found.rate));
    page.line("certificate γ ∈", &format!("{rate}  {width:.1e} wide relative, {}", found.status.name()));
    let text = format!("{} from the Gibbs density · λ₂ ≥ {}", ends(found.exit_time), brief(found.second_rate.value()));
    page.line("  exit time ∈", &text);
}

/// The formulas, each with the ratio of the computed rate to it; `what`: the source of that rate.
fn comparisons(page: &mut Page, formulas: &Formulas<Comparison>, what: &str) {
    if let Some(kramers) = &formulas.kramers {
        comparison(page, "Kramers", kramers, what, "");
    }
    if let Some(effective) = &formulas.effective_potential {
        comparison(page, "Kramers, ∫L'/D", effective, what, "");
    }
    if let Some(theorem) = &formulas.theorem_3_2 {
        let effective = theorem.s_effective.map_or(String::new(), |s| format!(", effective {}", brief(s)));
        comparison(page, "Theorem 3.2", &theorem.isothermal, what, &format!("s = {}{effective}", brief(theorem.s)));
        let ito = format!(
            "{}  {what}/formula = {}",
            rounded(theorem.ito.formula.value, Some(1e-4)),
            brief(theorem.ito.ratio)
        );
        page.line("  Itô prefactor", &ito);
    }
    for reason in formulas.omitted.iter().take(2) {
        page.line("  left out", &reason.to_string());
    }
}

/// The range of this ratio that higher-order corrections can explain.
const FAR: std::ops::RangeInclusive<f64> = 0.1..=10.0;

fn comparison(page: &mut Page, name: &str, compared: &Comparison, what: &str, more: &str) {
    let Comparison { formula, ratio } = compared;
    let failing = formula.conditions.iter().filter(|condition| !condition.holds());
    let failing: Vec<String> = failing.map(ToString::to_string).collect();
    // Particles none of which died give no rate.
    let is_known = ratio.is_finite() && *ratio > 0.0;
    let shown = if is_known { format!("  {what}/formula = {}", brief(*ratio)) } else { String::new() };
    let verdict = if failing.is_empty() && is_known && !FAR.contains(ratio) {
        let why = match what {
            "solver" => ": the flux leaves elsewhere (flux.png), or the grid resolves too little",
            _ => "",
        };
        format!("  ✗ far off, though its own conditions hold{why}")
    } else if failing.is_empty() {
        "  ✓ its conditions hold".to_string()
    } else {
        format!("  ✗ not met here: {}", failing.join("; "))
    };
    let more = if more.is_empty() { String::new() } else { format!("  {more}") };
    page.line(name, &format!("{}{shown}{more}{verdict}", rounded(formula.value, Some(1e-4))));
}

fn iteration(page: &mut Page, solved: &Solved) {
    let Some(study) = &solved.solution.iteration else {
        return;
    };
    for found in &study.rates {
        let error = found.error.map_or(String::new(), |error| format!("  against the diffusion {:+.2e}", error));
        let stiffness = found.stiffness.map_or(String::new(), |stiffness| format!("  ηH = {}", brief(stiffness)));
        let rate = rounded(found.per_iteration, Some(1e-9));
        page.line(
            &format!("SGD, η = {}", brief(found.learning_rate)),
            &format!("{rate} per iteration{error}{stiffness}"),
        );
    }
    match study.order {
        Some(order) => page.line("", &format!("the diffusion limit's error is of order {order:.2} in η")),
        None if study.rates.len() < 3 => {}
        None => page.line("", "the smallest learning rates do not show an error of one order in η"),
    }
}

fn flux(page: &mut Page, solved: &Solved) {
    let Some(flux) = &solved.solution.flux else {
        return;
    };
    let listed = solved.listed_saddles();
    for (saddle, value) in flux.by_saddle.iter().take(MOST) {
        let share = value / flux.total;
        let position = listed.iter().position(|index| index == saddle).unwrap_or(*saddle);
        let full = if share.is_finite() { (share.clamp(0.0, 1.0) * BAR as f64).round() as usize } else { 0 };
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(BAR - full));
        page.line(
            &format!("flux by saddle {position}"),
            &format!("{bar} {}  {}{}", percent(share), rounded(*value, Some(1e-4)), own_formula(flux.arc_of(*saddle))),
        );
    }
    omitted(page, "saddles with flux", flux.by_saddle.len());
    if let Some(curve) = &solved.solution.degenerate_curve {
        page.line(
            "through det H = 0",
            &format!(
                "net {}; it circulates, densest at {}, where the openness is {}; {} on average",
                rounded(curve.flux, Some(1e-4)),
                number::point(curve.densest, 2),
                brief(curve.openness),
                brief(curve.mean_openness)
            ),
        );
    }
    if let Some(inside) = flux.inside {
        page.line(
            "flux by killing",
            &format!("{} of γ inside the domain  {}", percent(inside / flux.total), rounded(inside, Some(1e-4))),
        );
    }
}

/// For one of several saddles the ratio of the flux over it to its own Kramers rate (Rule 1); otherwise empty.
fn own_formula(arc: Option<&Arc>) -> String {
    let ratio = arc.filter(|arc| arc.share < 0.9999).and_then(|arc| arc.ratio);
    ratio.map_or(String::new(), |ratio| format!("  {} of its own Kramers rate", brief(ratio)))
}

/// The mean velocity of the stationary process around periodic axes.
fn stationary(page: &mut Page, quantities: &Quantities) {
    let windings = quantities.get("stationary").and_then(|found| found["windings"].as_array());
    for winding in windings.into_iter().flatten() {
        let number = |key: &str| winding[key].as_f64().map_or("–".to_string(), brief);
        let axis = if winding["axis"] == 0 { "x" } else { "y" };
        page.line(
            "mean velocity",
            &format!("{} along {axis} · {} times around", number("mean_velocity"), number("rate")),
        );
    }
}

fn effort(page: &mut Page, solved: &Solved) {
    let (solution, dimension) = (solved.solution, solved.setting.dimension);
    let cells: Vec<String> = solution.grid.cells[..dimension].iter().map(usize::to_string).collect();
    let text = format!(
        "{} cells, {} unknowns, {} · Péclet ≤ {} where it matters ({} anywhere)",
        cells.join(" × "),
        solution.unknowns,
        solution.choice.scheme.name(),
        brief(solution.peclet.relevant),
        brief(solution.peclet.max)
    );
    page.line("grid", &text);
    if solution.choice.was_made() {
        page.line("  scheme", &format!("chosen: {}", solution.choice.reason));
    }
    let phases = solution.timing.iter().filter(|(phase, _)| phase != "total");
    let sum: f64 = phases.clone().map(|(_, seconds)| seconds).sum();
    let total = solution.timing.iter().find(|(phase, _)| phase == "total").map_or(sum, |(_, seconds)| *seconds);
    let mut longest: Vec<&(String, f64)> = phases.collect();
    longest.sort_by(|a, b| b.1.total_cmp(&a.1));
    let longest: Vec<String> =
        longest.iter().take(3).map(|(phase, seconds)| format!("{phase} {seconds:.2} s")).collect();
    let factor = bytes(solution.factor_bytes);
    page.line("time", &format!("{total:.2} s ({}) · factors {factor}", longest.join(", ")));
}

fn written(page: &mut Page, files: &[PathBuf]) {
    let Some(folder) = files.first().and_then(|file| file.parent()) else {
        return;
    };
    let together = files.iter().all(|file| file.parent() == Some(folder));
    let shown = |file: &PathBuf| match file.file_name() {
        Some(name) if together => name.to_string_lossy().into_owned(),
        _ => file.display().to_string(),
    };
    let names: Vec<String> = files.iter().map(shown).collect();
    let place =
        if together && !folder.as_os_str().is_empty() { format!("{}/  ", folder.display()) } else { String::new() };
    page.line("written", &format!("{place}{}", names.join("  ")));
}

fn omitted(page: &mut Page, what: &str, count: usize) {
    if count > MOST {
        page.line("", &format!("… and {} more {what} in the summary", count - MOST));
    }
}

fn stated(error: Option<f64>) -> String {
    match error {
        Some(error) => format!("± {error:.1e} relative"),
        None => "no error estimate".to_string(),
    }
}

fn evidence(rate: &RateEstimate) -> String {
    let error = stated(rate.discretisation_error);
    let width = rate.bracket[1] - rate.bracket[0];
    format!("{error} · bracket {width:.0e} wide, {} iterations", rate.iterations)
}

fn passage_time(passage: &PassageTime, dimension: usize) -> String {
    let error = passage.discretisation_error;
    let (time, rate) = (rounded(passage.time, error), rounded(passage.rate, error));
    format!("{time}  {} · from {}; 1/τ = {rate}", stated(error), number::point(passage.from, dimension))
}
