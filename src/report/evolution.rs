//! The density in time in the terminal report.

use serde_json::Value;

use super::number::brief;
use super::page::Page;
use crate::observe::quantity::Quantities;
use crate::study::evolution::GROUP;

/// The state at the last output time, and the time at which the flux reached its plateau.
pub(super) fn evolution(page: &mut Page, quantities: &Quantities) {
    let Some(found) = quantities.get(GROUP) else { return };
    let last = |key: &str| found[key].as_array().and_then(|values| values.last());
    let number = |key: &str| last(key).and_then(Value::as_f64);
    let (Some(time), Some(log_survival)) = (number("t"), number("log_survival")) else { return };
    let survival = match number("survival").filter(|survival| *survival > 0.0) {
        Some(survival) => format!("S = {}", brief(survival)),
        None => format!("ln S = {}", brief(log_survival)),
    };
    let count = |key: &str| found[key].as_u64().unwrap_or(0);
    let error = found["error"].as_f64().unwrap_or(f64::NAN);
    page.line(
        "density in time",
        &format!(
            "to t = {}: {survival} · {}, {} steps, {} eliminations, {} solves, error {error:.1e} in L1",
            brief(time),
            found["method"].as_str().unwrap_or_default(),
            count("steps"),
            count("factorisations"),
            count("solves")
        ),
    );
    let plateau = &found["plateau"];
    if let (Some(rate), Some(reached)) = (plateau["rate"].as_f64(), plateau["reached"].as_f64()) {
        let predicted = plateau["predicted"].as_f64().map(|at| format!(" (by the spectrum {})", brief(at)));
        let words = predicted.unwrap_or_default();
        page.line("  plateau", &format!("j/S = {rate:.6e}, to 1 % from t = {} on{words}", brief(reached)));
    }
    let median = &found["median"];
    if let (Some(time), Some(error)) = (median["time"].as_f64(), median["error"].as_f64()) {
        let at = |share: f64| {
            let all = found["quantiles"].as_array().into_iter().flatten();
            all.filter(|quantile| quantile["share"] == share).find_map(|quantile| quantile["time"].as_f64())
        };
        let around = match (at(0.05), at(0.95)) {
            (Some(early), Some(late)) => format!("; 90 % of them between {} and {}", brief(early), brief(late)),
            _ => String::new(),
        };
        page.line("  escape times", &format!("median {time:.6e}, error {error:.1e}{around}"));
    }
    if let Some(error) = found["from_cells"]["error"].as_f64() {
        let distance = found["from_cells"]["distance"].as_f64();
        let agrees = distance.map(|distance| format!(", Σ p u is S to {distance:.1e}")).unwrap_or_default();
        page.line("  from every cell", &format!("survival to {error:.1e}{agrees}"));
    }
    let populations: Vec<f64> =
        last("valleys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect();
    if populations.len() > 1 {
        let words: Vec<String> = populations.iter().take(4).map(|p| brief(*p)).collect();
        let more = if populations.len() > words.len() { ", …" } else { "" };
        page.line("  valleys", &format!("{}{more}", words.join(", ")));
    }
}
