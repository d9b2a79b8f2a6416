//! The terminal report of a simulation.

use std::path::PathBuf;

use super::number::{brief, rounded};
use super::page::{Page, Screen};
use super::{comparisons, heading, place, written};
use crate::config::advice;
use crate::io::Simulated;
use crate::particles::Method;
use crate::study::Simulation;

/// The report of a simulation without the solver; `screen`: what the terminal shows.
pub fn simulated(simulated: &Simulated, files: &[PathBuf], screen: Screen) -> String {
    let Simulated { setting, simulation, formulas } = simulated;
    let mut page = Page::new(screen);
    heading(&mut page, setting);
    place(&mut page, setting, &setting.listed_saddles(None), None);
    particles(&mut page, simulation);
    comparisons(&mut page, formulas, "particles");
    for warning in &simulation.warnings {
        page.warning(&advice::on_particle_warning(warning));
    }
    written(&mut page, files);
    page.text()
}

/// The results of a simulation.
pub(super) fn particles(page: &mut Page, found: &Simulation) {
    let rate = &found.rate;
    let error = rate.standard_error / rate.value;
    let value = page.bold(&rounded(rate.value, Some(0.05 * error)));
    let [low, high] = rate.ci95.map(|end| rounded(end, Some(0.05 * error)));
    let z = rate.against.as_ref().map_or(String::new(), |other| {
        format!("  z = {:+.2} against {}, of which it is {}", other.z, other.source, brief(rate.value / other.value))
    });
    if rate.value > 0.0 {
        page.line("particles γ", &format!("{value} ± {:.1} %  95 % in [{low}, {high}]{z}", 100.0 * error));
    } else {
        page.line("particles γ", &format!("no exit was seen: below {high} (97.5 %)"));
    }
    if let Some(iteration) = rate.per_iteration.as_ref().filter(|iteration| iteration.value > 0.0) {
        let [low, high] = iteration.ci95.map(|end| rounded(end, Some(0.05 * error)));
        let value = rounded(iteration.value, Some(0.05 * error));
        page.line("", &format!("{value} per iteration  95 % in [{low}, {high}]"));
    }
    method(page, found);
    if let Some(paper) = rate.paper.as_ref().filter(|paper| paper.value > 0.0) {
        let [low, high] = paper.ci95.map(|end| rounded(end, Some(0.05 * error)));
        let value = rounded(paper.value, Some(0.05 * error));
        page.line("  the paper's (84)", &format!("{value}  95 % in [{low}, {high}]"));
    }
    checks(page, found);
    if found.interrupted {
        page.warning("interrupted: this is what had been sampled");
    }
    let speed = brief(found.steps_per_second);
    page.line("  time", &format!("{:.2} s, {speed} particle steps per second", found.seconds));
}

/// The method, the number of exits or repetitions, the step and the seed.
fn method(page: &mut Page, found: &Simulation) {
    let rate = &found.rate;
    // With few exits the rate is that of the shorter step.
    let is_extrapolated = match (&found.splitting, &rate.fine) {
        (Some(split), _) => !split.coarse.is_empty(),
        (None, fine) => rate.coarse.is_some() && fine.is_some_and(|fine| fine.value != rate.value),
    };
    let step = match (found.method, is_extrapolated) {
        (Method::Sgd | Method::Minibatch, _) => format!("η = {}", brief(found.dt)),
        (_, true) => format!("steps {} and {}, extrapolated to 0", brief(0.5 * found.dt), brief(found.dt)),
        (_, false) => format!("steps {}", brief(found.step())),
    };
    let what = match (&found.splitting, &rate.fine) {
        (Some(split), _) => format!(
            "{} repetitions of {} excursions, {} per unit of time, of which {} end in death",
            split.fine.len(),
            found.count,
            brief(split.frequency),
            brief(split.probability)
        ),
        (None, Some(fine)) => format!("{} exits of {} particles", fine.exits, found.count),
        (None, None) => format!("{} particles", found.count),
    };
    page.line(&format!("  {}", found.method.name()), &format!("{what}, {step}, seed {}", found.seed));
}

/// The test for exponential lifetimes, and the relaxation between wells.
fn checks(page: &mut Page, found: &Simulation) {
    if let Some(test) = &found.constancy {
        let verdict = if test.p_value >= 1e-3 { "✓ exponential lives" } else { "✗ lives are not exponential" };
        page.line(
            "",
            &format!(
                "{verdict}: χ² = {:.1} with {} degrees of freedom, p = {}",
                test.chi_squared,
                test.degrees,
                brief(test.p_value)
            ),
        );
    }
    if let Some(settling) = &found.settling {
        let doubled = match settling.doublings {
            0 => String::new(),
            1 => "doubled once, ".into(),
            times => format!("doubled {times} times, "),
        };
        let memory = settling.memory.map_or("not known".into(), |memory| format!("{memory:.2}"));
        let text = format!("{}: {doubled}memory of the {} wells {memory}", brief(found.burn_in), settling.wells);
        page.line("  burn-in", &text);
    }
}
