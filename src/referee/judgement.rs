//! The comparison of rates with the reference collection.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::collection::{Collection, Reference};
use super::table::Claim;

/// A claimed rate and its comparison with the reference.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The problem of the collection.
    pub reference: &'a Reference,
    /// The claimed rate.
    pub claim: Claim,
    /// value/rate − 1, with the middle of the interval as the rate.
    pub relative_error: f64,
    /// −log₁₀ |relative error|, from 0 to the number of known digits.
    pub digits: f64,
    /// Whether value·(1 ± claimed error) meets the interval of the collection; `None` if no error is claimed.
    pub is_covered: Option<bool>,
}

/// The results of one tool.
#[derive(Clone, Debug, Serialize)]
pub struct Tool {
    /// Its name.
    pub tool: String,
    /// The number of rates.
    pub rates: usize,
    /// The number of rates with less than one correct digit.
    pub without_a_digit: usize,
    /// The smallest number of correct digits.
    pub fewest_digits: f64,
    /// The median number of correct digits.
    pub median_digits: f64,
    /// The number of claimed errors.
    pub claims: usize,
    /// The number of claimed errors that cover.
    pub covered: usize,
}

/// All claims of a table in its order, and the tools in the order of their appearance.
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    /// The claims.
    pub judged: Vec<Judged<'a>>,
    /// The tools.
    pub tools: Vec<Tool>,
}

impl<'a> Judged<'a> {
    fn new(claim: Claim, reference: &'a Reference) -> Judged<'a> {
        let relative_error = match reference.rate {
            Some([low, high]) => claim.value.value() / (low + 0.5 * (high - low)) - 1.0,
            None => claim.value.ln().map_or(-1.0, |ln| (ln - middle(reference.log_rate)).exp_m1()),
        };
        let digits = (-relative_error.abs().log10()).max(0.0).min(reference.ordinary_digits());
        let is_covered = claim.error.map(|error| covers(&claim, error, reference));
        Judged { reference, claim, relative_error, digits, is_covered }
    }
}

fn middle([low, high]: [f64; 2]) -> f64 {
    low + 0.5 * (high - low)
}

/// Whether the claimed interval value·(1 ± error) meets that of the collection.
fn covers(claim: &Claim, error: f64, reference: &Reference) -> bool {
    match reference.rate {
        Some([low, high]) => {
            let value = claim.value.value();
            let [one, other] = [value * (1.0 - error), value * (1.0 + error)];
            one.min(other) <= high && one.max(other) >= low
        }
        None => claim.value.ln().is_some_and(|ln| {
            let [low, high] = reference.log_rate;
            (error >= 1.0 || ln + (-error).ln_1p() <= high) && ln + error.ln_1p() >= low
        }),
    }
}

impl<'a> Judgement<'a> {
    /// Compares claims with the problems of a collection.
    pub fn new(claims: Vec<Claim>, collection: &'a Collection) -> Judgement<'a> {
        let judged: Vec<Judged<'a>> = claims
            .into_iter()
            .map(|claim| {
                let reference = &collection.problems[claim.place];
                Judged::new(claim, reference)
            })
            .collect();
        let mut names: Vec<&str> = Vec::new();
        for one in &judged {
            if !names.contains(&one.claim.tool.as_str()) {
                names.push(&one.claim.tool);
            }
        }
        let tools = names.iter().map(|name| Tool::new(name, &judged)).collect();
        Judgement { judged, tools }
    }

    /// The contents of `referee.json`.
    pub fn json(&self, file: &Path) -> Value {
        let row = |one: &Judged<'_>| {
            let mut row = json!({
                "problem": one.reference.problem,
                "tool": one.claim.tool,
                "value": one.claim.value.value(),
                "relative_error": one.relative_error,
                "digits": one.digits,
                "known_digits": one.reference.ordinary_digits(),
                "barrier": one.reference.barrier,
                "log_rate": one.reference.log_rate,
                "certified": one.reference.certified,
            });
            let mut add = |key: &str, value: Value| row.as_object_mut().map(|row| row.insert(key.into(), value));
            one.reference.rate.map(|rate| add("rate", json!(rate)));
            one.claim.error.map(|error| add("error", json!(error)));
            one.is_covered.map(|is_covered| add("covered", json!(is_covered)));
            row
        };
        let judged: Vec<Value> = self.judged.iter().map(row).collect();
        json!({ "file": file.display().to_string(), "judged": judged, "tools": self.tools })
    }
}

impl Tool {
    fn new(name: &str, judged: &[Judged<'_>]) -> Tool {
        let own: Vec<&Judged<'_>> = judged.iter().filter(|one| one.claim.tool == name).collect();
        let mut digits: Vec<f64> = own.iter().map(|one| one.digits).collect();
        digits.sort_by(f64::total_cmp);
        let middle = digits.len() / 2;
        let median = match digits.len() % 2 {
            1 => digits[middle],
            _ => 0.5 * (digits[middle - 1] + digits[middle]),
        };
        Tool {
            tool: name.into(),
            rates: own.len(),
            without_a_digit: digits.iter().filter(|digits| **digits < 1.0).count(),
            fewest_digits: digits[0],
            median_digits: median,
            claims: own.iter().filter(|one| one.is_covered.is_some()).count(),
            covered: own.iter().filter(|one| one.is_covered == Some(true)).count(),
        }
    }
}
