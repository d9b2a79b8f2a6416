//! The laws fitted to a sweep, beside those of the theory.

use serde::Serialize;
use serde_json::{Map, Value};

use super::table::Row;
use crate::config::Sweep;
use crate::config::sweep::FitRequest;
use crate::observe::quantity::known;
use crate::problem::expression::Known;
use crate::study::fit::{Line, NoLine};

/// A law fitted to the points that agree in all swept keys that it does not name.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The request.
    pub request: FitRequest,
    /// The keys with several values that neither formula names, and their values here.
    pub at: Map<String, Value>,
    /// The points with x and y, or with their logarithms where the form of the law takes them.
    pub points: Vec<(usize, (f64, f64))>,
    /// The fitted line, or the reason why there is none.
    pub line: Result<Line, NoLine>,
    /// The same line with a formula of the theory in place of the rate.
    pub theory: Vec<Theory>,
}

/// A line from a formula of the theory.
#[derive(Clone, Debug)]
pub struct Theory {
    /// The column of the formula.
    pub name: &'static str,
    /// The fitted line.
    pub line: Line,
    /// x and y of each point, y from the formula.
    pub points: Vec<(f64, f64)>,
}

/// The formulas that replace a rate, and the results that they replace.
const FORMULAS: [&str; 2] = ["kramers", "theorem_3_2"];
const RATES: [&str; 5] = ["rate", "extrapolated", "flux_over_population", "quadrature", "particles"];
const TIMES: [&str; 1] = ["time"];

/// All fits of a sweep.
pub(super) fn of(sweep: &Sweep, rows: &[Row]) -> Vec<Fit> {
    let solved: Vec<usize> = (0..rows.len()).filter(|&point| rows[point].is_solved()).collect();
    let mut fits = Vec::new();
    for request in &sweep.fits {
        let mut groups: Vec<(Map<String, Value>, Vec<usize>)> = Vec::new();
        for &point in &solved {
            let at = at(sweep, request, point);
            match groups.iter_mut().find(|group| group.0 == at) {
                Some(group) => group.1.push(point),
                None => groups.push((at, vec![point])),
            }
        }
        fits.extend(groups.into_iter().map(|(at, points)| fit(sweep, rows, request, at, &points)));
    }
    fits
}

/// The values of the keys that distinguish one curve from another.
fn at(sweep: &Sweep, request: &FitRequest, point: usize) -> Map<String, Value> {
    let tells_apart = |key: &str| !sweep.zip && !request.x.uses(key) && !request.y.uses(key);
    let values = sweep.values(point).filter(|(axis, _)| axis.values.len() > 1 && tells_apart(&axis.key));
    values.map(|(axis, value)| (axis.key.clone(), value.json.clone())).collect()
}

fn fit(sweep: &Sweep, rows: &[Row], request: &FitRequest, at: Map<String, Value>, points: &[usize]) -> Fit {
    let place = |point: usize, formula: Option<&str>| {
        let known = |name: &str| number(sweep, rows, point, name, formula);
        let [log_x, log_y] = request.model.takes_logarithms();
        let x = if log_x { request.x.logarithm(known) } else { request.x.value(known) };
        (x, if log_y { request.y.logarithm(known) } else { request.y.value(known) })
    };
    let points: Vec<(usize, (f64, f64))> = points.iter().map(|&point| (point, place(point, None))).collect();
    let line = Line::through(&points.iter().map(|(_, place)| *place).collect::<Vec<_>>());
    let is_of_a_rate = RATES.iter().chain(&TIMES).any(|name| request.y.uses(name));
    let theory = FORMULAS.iter().filter(|_| is_of_a_rate).filter_map(|&name| {
        let points: Vec<(f64, f64)> = points.iter().map(|&(point, _)| place(point, Some(name))).collect();
        // A formula that does not apply at every point gives no line.
        Some(Theory { name, line: Line::through(&points).ok()?, points })
    });
    Fit { theory: theory.collect(), request: request.clone(), at, points, line }
}

/// The value of a name in a formula at a point. `theory`: the column of a formula that replaces rates and times.
fn number(sweep: &Sweep, rows: &[Row], point: usize, name: &str, theory: Option<&str>) -> Known {
    match theory {
        Some(formula) if RATES.contains(&name) => rows[point].get(formula),
        Some(formula) if TIMES.contains(&name) => {
            let Known { value, logarithm } = rows[point].get(formula);
            Known { value: value.map(f64::recip), logarithm: logarithm.map(|logarithm| -logarithm) }
        }
        _ => match sweep.number(point, name) {
            Some(value) => Known { value: Some(value), logarithm: None },
            None => rows[point].get(name),
        },
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    x: String,
    y: String,
    model: &'static str,
    at: &'a Map<String, Value>,
    #[serde(flatten)]
    line: Option<&'a Line>,
    /// e^intercept; `None` for forms of the law that do not take the logarithm of y.
    prefactor: Option<f64>,
    indices: Vec<usize>,
    theory: Map<String, Value>,
    failure: Option<String>,
}

#[derive(Serialize)]
struct Slope {
    slope: f64,
    intercept: f64,
    pearson_r: Option<f64>,
}

impl Fit {
    /// The fitted line, if there is one.
    pub fn line(&self) -> Option<&Line> {
        self.line.as_ref().ok()
    }

    /// The reason why there is no line; `None` if there is one.
    pub fn failure(&self, sweep: &Sweep) -> Option<String> {
        match self.line.as_ref().err()? {
            NoLine::NotFinite { place, x, y } => Some(format!(
                "at {} x = {x} and y = {y} (in the model's logarithms): a result that a formula names is not known there",
                sweep.describe(self.points[*place].0)
            )),
            error => Some(error.to_string()),
        }
    }

    /// The entry in `sweep.json`.
    pub(super) fn json(&self, sweep: &Sweep) -> Value {
        let line = self.line();
        let [_, log_y] = self.request.model.takes_logarithms();
        let theory = self.theory.iter().map(|Theory { name, line, .. }| {
            let slope = Slope { slope: line.slope, intercept: line.intercept, pearson_r: line.pearson_r };
            // Serialisation cannot fail: the struct has three numbers.
            (name.to_string(), serde_json::to_value(slope).expect("numbers"))
        });
        let entry = Entry {
            x: self.request.x.to_string(),
            y: self.request.y.to_string(),
            model: self.request.model.name(),
            at: &self.at,
            line,
            prefactor: line.filter(|_| log_y).map(|line| line.intercept.exp()),
            indices: self.points.iter().map(|(point, _)| *point).collect(),
            theory: theory.collect(),
            failure: self.failure(sweep),
        };
        // Serialisation cannot fail: all keys are texts, and no field returns an error.
        known(serde_json::to_value(entry).expect("texts and numbers"))
    }
}
