//! Claims, the findings of their checks, and verdicts.

use crate::config::ConfigError;
use crate::formula::quadrature::QuadratureError;
use crate::model::fault::DataError;
use crate::model::training::TrainingError;
use crate::problem::ProblemError;
use crate::progress::Progress;
use crate::sgd::SgdError;
use crate::study::StudyError;
use crate::study::covariance::CovarianceError;
use crate::verify::table::{Figure, Table};

/// A statement of the theory with a question that has one answer, and the computation that decides it.
pub struct Claim {
    /// The name on the command line.
    pub id: &'static str,
    /// The title, one line.
    pub title: &'static str,
    /// The statement.
    pub statement: &'static str,
    /// Its source: an equation or a figure of Xie, Sato & Sugiyama 2021, or a textbook.
    pub source: &'static str,
    /// The conditions under which it is checked.
    pub conditions: &'static str,
    /// The computation that decides it.
    pub computation: &'static str,
    /// The reason for the tolerance.
    pub tolerance: &'static str,
    /// The verdict that is expected.
    pub expected: Expected,
    /// The check.
    pub check: fn(&Effort<'_>) -> Result<Finding, ClaimError>,
}

/// The expected verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The claim holds, possibly only in the limit of small noise.
    Holds,
    /// The claim fails, by the computation and by an analytical argument.
    Fails,
}

impl Expected {
    /// The word in files and on the terminal.
    pub fn name(self) -> &'static str {
        match self {
            Expected::Holds => "holds",
            Expected::Fails => "fails",
        }
    }
}

/// The verdict on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds at every point to the tolerance.
    Holds,
    /// It holds in the limit of small noise or small steps.
    HoldsAsymptotically,
    /// It fails by more than the tolerance and the error of the computation.
    Fails,
    /// The computation does not decide.
    NotDecided,
}

impl Verdict {
    /// The word in files and on the terminal.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::HoldsAsymptotically => "holds-asymptotically",
            Verdict::Fails => "fails",
            Verdict::NotDecided => "not-decided",
        }
    }

    /// Whether it is the expected one.
    pub fn is(self, expected: Expected) -> bool {
        match expected {
            Expected::Holds => matches!(self, Verdict::Holds | Verdict::HoldsAsymptotically),
            Expected::Fails => self == Verdict::Fails,
        }
    }

    /// The worse of two verdicts: `Fails` before `NotDecided` before `HoldsAsymptotically` before `Holds`.
    pub fn and(self, other: Verdict) -> Verdict {
        let rank = |verdict: Verdict| match verdict {
            Verdict::Holds => 0,
            Verdict::HoldsAsymptotically => 1,
            Verdict::NotDecided => 2,
            Verdict::Fails => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// A computed number, with its prediction if there is one.
#[derive(Clone, Debug)]
pub struct Number {
    /// The name.
    pub name: String,
    /// The computed value.
    pub measured: f64,
    /// The value predicted by the claim or by another theory; `None` without a prediction.
    pub predicted: Option<f64>,
}

impl Number {
    /// A number with its prediction.
    pub fn against(name: impl Into<String>, measured: f64, predicted: f64) -> Number {
        Number { name: name.into(), measured, predicted: Some(predicted) }
    }

    /// measured/predicted − 1, or the measured value if 0 is predicted; `None` without a prediction.
    pub fn difference(&self) -> Option<f64> {
        let predicted = self.predicted?;
        Some(if predicted == 0.0 { self.measured } else { self.measured / predicted - 1.0 })
    }

    /// A number without a prediction.
    pub fn alone(name: impl Into<String>, measured: f64) -> Number {
        Number { name: name.into(), measured, predicted: None }
    }
}

/// The result of a check.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// The number farthest from its prediction in units of its tolerance; it decides.
    pub decisive: Number,
    /// The tolerance of the decisive number.
    pub tolerance: f64,
    /// The other numbers.
    pub numbers: Vec<Number>,
    /// The points that were solved.
    pub table: Table,
    /// The chart of points and predictions.
    pub figure: Figure,
    /// Further charts.
    pub further: Vec<Figure>,
    /// The configuration of one point for `saddleflux run`; empty if none poses it.
    pub configuration: String,
    /// The result in one sentence.
    pub summary: String,
}

/// The extent of a check, and its progress.
pub struct Effort<'a> {
    /// Whether fewer and cheaper points suffice.
    pub is_quick: bool,
    /// The progress of the check.
    pub progress: &'a Progress,
}

impl Effort<'_> {
    /// All points, or the first `quick` ones in a quick check.
    pub fn points<'p>(&self, all: &'p [f64], quick: usize) -> &'p [f64] {
        if self.is_quick { &all[..quick.min(all.len())] } else { all }
    }

    /// Announces the number of points to be solved.
    pub fn expects(&self, points: usize) {
        self.progress.expect(points as u64);
    }

    /// Counts a solved point.
    ///
    /// # Errors
    /// [`ClaimError::Interrupted`].
    pub fn step(&self) -> Result<(), ClaimError> {
        self.progress.advance(1);
        self.look()
    }

    /// Checks for an interruption.
    ///
    /// # Errors
    /// [`ClaimError::Interrupted`].
    pub fn look(&self) -> Result<(), ClaimError> {
        if self.progress.is_interrupted() { Err(ClaimError::Interrupted) } else { Ok(()) }
    }
}

/// Why a claim was not decided.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The user interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// The configuration of a point is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The problem of a point cannot be posed.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// A point cannot be solved.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The quadrature of a point failed.
    #[error(transparent)]
    Quadrature(#[from] QuadratureError),
    /// The transition matrix of SGD's iteration cannot be solved.
    #[error(transparent)]
    Sgd(#[from] SgdError),
    /// The data of a model are wrong.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A model cannot be trained.
    #[error(transparent)]
    Training(TrainingError),
    /// The covariance and the Hessian of a model cannot be compared.
    #[error(transparent)]
    Covariance(CovarianceError),
    /// A point lacks a number that the check needs.
    #[error("a point has no {what}")]
    Lacks {
        /// The missing number.
        what: &'static str,
    },
    /// The rate of a point is less accurate than the check needs.
    #[error("a rate is known to {error:.1e} only, where the claim needs {needed:.0e}")]
    Unsure {
        /// Its relative error.
        error: f64,
        /// The relative error that is needed.
        needed: f64,
    },
    /// Grid and quadrature give different rates.
    #[error("the grid and the quadrature disagree by {difference:.1e}, where the claim needs {needed:.0e}")]
    Disagree {
        /// Their relative difference.
        difference: f64,
        /// The relative difference that is allowed.
        needed: f64,
    },
}

impl From<TrainingError> for ClaimError {
    fn from(error: TrainingError) -> ClaimError {
        if matches!(error, TrainingError::Interrupted) { ClaimError::Interrupted } else { ClaimError::Training(error) }
    }
}

impl From<CovarianceError> for ClaimError {
    fn from(error: CovarianceError) -> ClaimError {
        match error {
            CovarianceError::Training(error) => error.into(),
            error => ClaimError::Covariance(error),
        }
    }
}
