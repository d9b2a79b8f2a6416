//! Reactive paths in the terminal report: rates, surfaces, and several sets.

use crate::io::Solved;
use crate::observe::dividing::SurfaceFlux;
use crate::report::MOST;
use crate::report::number::{self, brief, percent, rounded};
use crate::report::page::Page;
use crate::study::several::SeveralStudy;

/// The rate between the two sets with its flux, the rate back, and the entropy production of the stationary current.
pub(super) fn reactive(page: &mut Page, solved: &Solved) {
    let Some(study) = &solved.solution.committor else {
        return;
    };
    let (found, dimension) = (study.numbers(), solved.setting.dimension);
    let [from, to] = found.ends.map(|end| number::point(end, dimension));
    let value = page.bold(&rounded(found.rate, found.error));
    let error = found.error.map_or("no error estimate".to_string(), |error| format!("± {error:.1e} relative"));
    page.line("rate A → B, k", &format!("{value}  {error} · from around {from} to around {to}"));
    page.line(
        "  flux and way back",
        &format!(
            "F = {}  k(B → A) = {}  a path takes {}",
            rounded(found.flux, found.error),
            rounded(found.rate_back, found.error),
            brief(found.duration.value())
        ),
    );
    if let Some(at) = found.halfway {
        page.line("  q⁺ = ½", &format!("at {}", number::point([at, 0.0], 1)));
    }
    if let Some(production) =
        found.entropy_production.filter(|&production| production > super::ROUNDING && production.is_finite())
    {
        page.line("entropy production", &format!("{} per dynamical time: not reversible", brief(production)));
    }
    let listed = solved.listed_saddles();
    study.surfaces.iter().for_each(|surface| arcs(page, surface, &listed));
    several(page, study.several.as_ref());
}

/// The flux across a surface, by arcs and saddles.
fn arcs(page: &mut Page, surface: &SurfaceFlux, listed: &[usize]) {
    let number = |saddle: &usize| listed.iter().position(|own| own == saddle).unwrap_or(*saddle).to_string();
    let arcs = surface.arcs.iter().filter(|arc| arc.share.abs() > 1e-4).take(MOST).map(|arc| {
        let saddles: Vec<String> = arc.saddles.iter().map(number).collect();
        let over = if saddles.is_empty() { "no saddle".to_string() } else { format!("saddle {}", saddles.join(", ")) };
        let width = arc
            .width
            .zip(arc.gaussian_width)
            .map_or(String::new(), |(width, assumed)| format!(", width {} of the Gaussian's", brief(width / assumed)));
        let own = arc.ratio.map_or(String::new(), |ratio| format!(", {} of its own Kramers rate", brief(ratio)));
        format!("{} over {over}{width}{own}", percent(arc.share))
    });
    let text: Vec<String> = arcs.collect();
    let text = if text.is_empty() { "nothing".to_string() } else { text.join(" · ") };
    page.line("  across", &format!("{}:  {text}", surface.surface));
}

/// The fluxes between several sets.
fn several(page: &mut Page, study: Option<&SeveralStudy>) {
    let Some(study) = study else { return };
    for (from, row) in study.hits.flux.iter().enumerate().take(MOST) {
        let to = (0..row.len()).filter(|&to| row[to].is_positive());
        let fluxes: Vec<String> = to.map(|to| format!("{} to {to}", rounded(row[to], Some(1e-4)))).collect();
        page.line(&format!("  flux from set {from}"), &fluxes.join(", "));
    }
}
