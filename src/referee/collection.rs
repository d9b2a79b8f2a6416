//! The reference collection: problems whose rates are known.

use serde::Deserialize;

/// The collection as JSON, made by `scripts/reference`.
const TEXT: &str = include_str!("../../configs/reference/rates.json");

/// Problems whose rates are known from a certificate or from two independent routes.
#[derive(Clone, Debug, Deserialize)]
pub struct Collection {
    /// The problems, by dimension and barrier.
    pub problems: Vec<Reference>,
}

/// A problem of the collection.
#[derive(Clone, Debug, Deserialize)]
pub struct Reference {
    /// The name; the problem is posed by `configs/reference/NAME.toml`.
    pub problem: String,
    /// The title.
    pub title: String,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The barrier from the start minimum to the lowest pass towards what absorbs, in units of the noise.
    pub barrier: f64,
    /// An interval that contains the rate, per unit of dynamical time; `None` outside of the range of f64.
    pub rate: Option<[f64; 2]>,
    /// The natural logarithms of its ends.
    pub log_rate: [f64; 2],
    /// The number of known digits, −log₁₀ of half the relative width of the interval.
    pub digits: f64,
    /// The source of the interval, "certificate" or "two routes".
    pub certified: String,
}

/// The decimal digits of f64.
const ORDINARY: f64 = 16.0;

impl Reference {
    /// The number of digits that a comparison in f64 can confirm.
    pub fn ordinary_digits(&self) -> f64 {
        self.digits.min(ORDINARY)
    }
}

impl Collection {
    /// The collection that is part of the program.
    ///
    /// # Errors
    /// A malformed collection, which the tests exclude.
    pub fn built_in() -> Result<Collection, serde_json::Error> {
        serde_json::from_str(TEXT)
    }

    /// The problem with this name.
    pub fn find(&self, name: &str) -> Option<&Reference> {
        self.problems.iter().find(|problem| problem.problem == name)
    }

    /// The name most similar to this one.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let likeness = |known: &str| strsim::jaro_winkler(known, name);
        let names = self.problems.iter().map(|problem| problem.problem.as_str());
        names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
    }
}
