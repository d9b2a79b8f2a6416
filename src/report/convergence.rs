//! The terminal report of a convergence study.

use std::path::PathBuf;

use super::number::{brief, bytes, rounded};
use super::page::{Page, Screen};
use crate::config::{Config, advice};
use crate::io;
use crate::scaled::Scaled;
use crate::study::converge::{Convergence, Measure, Sample, Series, Subject};

/// The report of a study; `screen`: what the terminal shows.
pub fn convergence(config: &Config, study: &Convergence, files: &[PathBuf], screen: Screen) -> String {
    let mut page = Page::new(screen);
    match config.title.as_str() {
        "" => page.heading(&config.source.path.display().to_string()),
        title => page.heading(title),
    }
    page.line("problem", &format!("{} · {}", io::landscape(config), io::noise(config)));
    page.line("reference", &advice::on_source(&study.reference.source));
    let known = |value: Scaled| rounded(value, Some(1e-15));
    if let Some(rate) = study.reference.rate {
        page.line("  γ", &known(rate.value));
    }
    if let Some(passage) = study.reference.passage {
        page.line("  1/τ", &known(passage.value));
    }
    for series in &study.series {
        table(&mut page, series, study);
    }
    for warning in &study.warnings {
        page.warning(&advice::on_warning(warning));
    }
    super::written(&mut page, files);
    page.text()
}

fn table(page: &mut Page, series: &Series, study: &Convergence) {
    let mut title = series.subject.name().to_string();
    if series.subject == Subject::Certificate {
        title += ", whose error is the relative width of the interval";
    } else if study.problem.dimension == 2 {
        title += &format!(", grid at {:.1}°", series.angle);
    }
    if let Some(exponent) = series.cost_exponent {
        title += &format!(", time ∝ unknowns^{exponent:.2}");
    }
    page.blank();
    page.subheading(&title);
    page.row(&["cells", "Péclet", "error of γ", "order", "error of 1/τ", "order", "time", "factors"]);
    for sample in &series.samples {
        match sample {
            Ok(sample) => page.row(&line(sample, study).each_ref().map(String::as_str)),
            Err((cells, reason)) => {
                page.line(
                    &format!("  {}", cells_of(*cells, study)),
                    &format!("not solved: {}", advice::on_study(reason).text()),
                );
            }
        }
    }
}

fn line(sample: &Sample, study: &Convergence) -> [String; 8] {
    let error = |measure: Option<Measure>| match measure.and_then(|measure| measure.error) {
        Some(error) => format!("{error:.1e}"),
        None => "–".to_string(),
    };
    let order = |measure: Option<Measure>| match measure.and_then(|measure| measure.order) {
        Some(order) => format!("{order:.2}"),
        None => "–".to_string(),
    };
    [
        cells_of(sample.cells, study),
        if sample.peclet.is_nan() { "–".to_string() } else { brief(sample.peclet) },
        error(sample.rate),
        order(sample.rate),
        error(sample.passage),
        order(sample.passage),
        format!("{:.2e} s", sample.seconds),
        if sample.factor_bytes == 0 { "–".to_string() } else { bytes(sample.factor_bytes) },
    ]
}

fn cells_of([x, y]: [usize; 2], study: &Convergence) -> String {
    if study.problem.dimension == 1 { format!("{x}") } else { format!("{x} × {y}") }
}
