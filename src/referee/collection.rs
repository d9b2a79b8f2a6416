//! The problems whose rates are known.

use serde::Deserialize;

/// The collection as it was made.
const TEXT: &str = include_str!("../../configs/reference/rates.json");

/// Problems with rates that are known from two routes or more.
#[derive(Clone, Debug, Deserialize)]
pub struct Collection {
    /// In the order of dimension and barrier.
    pub problems: Vec<Reference>,
}

/// One problem of the collection.
#[derive(Clone, Debug, Deserialize)]
pub struct Reference {
    /// Its name: `configs/reference/NAME.toml` poses it.
    pub problem: String,
    /// Its title.
    pub title: String,
    /// 1 or 2.
    pub dimension: usize,
    /// From the bottom to the lowest pass towards what kills, in units of the noise.
    pub barrier: f64,
    /// Between these the rate lies; `None` beyond the range of ordinary numbers.
    pub rate: Option<[f64; 2]>,
    /// ln of both.
    pub log_rate: [f64; 2],
    /// −log₁₀ of half the relative width that is left open.
    pub digits: f64,
    /// "certificate" or "two routes".
    pub certified: String,
}

/// Digits of ordinary numbers.
const ORDINARY: f64 = 16.0;

impl Reference {
    /// Digits that a comparison of ordinary numbers can find right.
    pub fn ordinary_digits(&self) -> f64 {
        self.digits.min(ORDINARY)
    }
}

impl Collection {
    /// The collection that the program was built with.
    ///
    /// # Errors
    /// A text that is none, which the tests exclude.
    pub fn built_in() -> Result<Collection, serde_json::Error> {
        serde_json::from_str(TEXT)
    }

    /// A problem by its name.
    pub fn find(&self, name: &str) -> Option<&Reference> {
        self.problems.iter().find(|problem| problem.problem == name)
    }

    /// The name that looks most like this one.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let likeness = |known: &str| strsim::jaro_winkler(known, name);
        let names = self.problems.iter().map(|problem| problem.problem.as_str());
        names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
    }
}
