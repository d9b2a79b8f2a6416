//! The terminal report of C compared with H.

use std::path::PathBuf;

use super::number::brief;
use super::page::{Page, Screen};
use crate::study::covariance::CovarianceStudy;

/// The report with this title and description of the model; `screen`: what the terminal shows.
pub fn covariance(title: &str, model: &str, study: &CovarianceStudy, files: &[PathBuf], screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.heading(title);
    page.line("model", &format!("{model} · {} parameters", study.theta.len()));
    let dropped = match study.dropped {
        0 => String::new(),
        count => format!(" · {count} rows without a value left out"),
    };
    page.line("samples", &format!("{}{dropped}", study.samples));
    page.line("loss", &format!("{} · |∇L| = {}", brief(study.loss), brief(study.gradient_norm)));
    if let Some(training) = &study.training {
        let [gradient, newton] = training.steps;
        page.line(
            "training",
            &format!("{gradient} steps of L-BFGS, {newton} of Newton's method, to |∇L| ≤ {}", brief(training.aim)),
        );
    }
    if let (Some(first), Some(last)) = (study.eigenvalues.first(), study.eigenvalues.last()) {
        let [negative, zero] = study.negative_and_zero();
        let zero = if zero > 0 { format!(", {zero} zero to rounding") } else { String::new() };
        page.line(
            "Hessian",
            &format!("eigenvalues {} to {}, {negative} of them negative{zero}", brief(*first), brief(*last)),
        );
    }
    page.blank();
    page.row(&["B", "basis", "slope", "Pearson r", "elements"]);
    for found in &study.comparisons {
        let number = |value: Option<f64>| value.map_or("none".to_string(), |value| format!("{value:.4}"));
        let (slope, r) = (number(found.slope), number(found.pearson_r));
        page.row(&[&found.batch_size.to_string(), found.basis, &slope, &r, &found.elements.to_string()]);
    }
    page.blank();
    page.row(&["B", "Var|ξ|²/Gauss", "median |ξ|", "Gauss", "KS distance"]);
    for found in &study.noise {
        let own = [found.variance_ratio, found.quantiles[1], found.gaussian_quantiles[1], found.kolmogorov_smirnov];
        let [ratio, median, gaussian, distance] = own.map(brief);
        page.row(&[&found.batch_size.to_string(), &ratio, &median, &gaussian, &distance]);
    }
    page.blank();
    if study.training.as_ref().is_some_and(|training| !training.is_converged()) {
        page.warning(&format!(
            "training ended at |∇L| = {}, above its aim: this point is near no minimum to that accuracy (a penalty l2 > 0 gives the \
             loss one that is reached)",
            brief(study.gradient_norm),
        ));
    }
    super::written(&mut page, files);
    page.text()
}
