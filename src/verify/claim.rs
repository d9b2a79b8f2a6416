//! A claim, what its check found, and whether that is what was expected.

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

/// A statement with a question that has one answer, and the computation that decides it.
pub struct Claim {
    /// The name on the command line.
    pub id: &'static str,
    /// A line that names it to a person.
    pub title: &'static str,
    /// What is claimed.
    pub statement: &'static str,
    /// Where it is claimed: an equation or a figure of Xie, Sato & Sugiyama 2021, or a textbook's law.
    pub source: &'static str,
    /// Under which conditions it is tried.
    pub conditions: &'static str,
    /// How it is decided.
    pub computation: &'static str,
    /// Why the tolerance is what it is.
    pub tolerance: &'static str,
    /// What is expected of it.
    pub expected: Expected,
    /// The computation.
    pub check: fn(&Effort<'_>) -> Result<Finding, ClaimError>,
}

/// What is expected of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It holds, or does in the limit of small noise.
    Holds,
    /// It fails: the computation says so, and so does the theory beside it.
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

/// What a computation says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds at every point to the tolerance.
    Holds,
    /// It holds in the limit of small noise, or small steps.
    HoldsAsymptotically,
    /// It does not, by more than the tolerance and than what the computation leaves open.
    Fails,
    /// The computation decides neither.
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

    /// Whether it is what was expected.
    pub fn is(self, expected: Expected) -> bool {
        match expected {
            Expected::Holds => matches!(self, Verdict::Holds | Verdict::HoldsAsymptotically),
            Expected::Fails => self == Verdict::Fails,
        }
    }

    /// The worst of several: what fails somewhere fails.
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

/// A number that was measured beside the one that was predicted.
#[derive(Clone, Debug)]
pub struct Number {
    /// What it is.
    pub name: String,
    /// What the computation gives.
    pub measured: f64,
    /// What the claim, or the theory beside it, says; `None` where it says nothing.
    pub predicted: Option<f64>,
}

impl Number {
    /// A number beside its prediction.
    pub fn against(name: impl Into<String>, measured: f64, predicted: f64) -> Number {
        Number { name: name.into(), measured, predicted: Some(predicted) }
    }

    /// measured/predicted − 1, or the measured number where 0 is predicted; `None` where nothing is.
    pub fn difference(&self) -> Option<f64> {
        let predicted = self.predicted?;
        Some(if predicted == 0.0 { self.measured } else { self.measured / predicted - 1.0 })
    }

    /// A number that nobody predicted.
    pub fn alone(name: impl Into<String>, measured: f64) -> Number {
        Number { name: name.into(), measured, predicted: None }
    }
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it says of the claim.
    pub verdict: Verdict,
    /// What decides, with its prediction first.
    pub decisive: Number,
    /// How far the decisive number may be from its prediction.
    pub tolerance: f64,
    /// Further numbers.
    pub numbers: Vec<Number>,
    /// The points that were solved.
    pub table: Table,
    /// The points and the prediction, to be drawn.
    pub figure: Figure,
    /// Further charts.
    pub further: Vec<Figure>,
    /// One point's configuration, for `saddleflux run`; empty where no configuration poses it.
    pub configuration: String,
    /// In a sentence, what was found.
    pub summary: String,
}

/// How much work is wanted, and how it goes.
pub struct Effort<'a> {
    /// Whether fewer and cheaper points will do.
    pub is_quick: bool,
    /// The state of the computation.
    pub progress: &'a Progress,
}

impl Effort<'_> {
    /// The full list, or its first points alone.
    pub fn points<'p>(&self, all: &'p [f64], quick: usize) -> &'p [f64] {
        if self.is_quick { &all[..quick.min(all.len())] } else { all }
    }

    /// Says how many points there are to solve.
    pub fn expects(&self, points: usize) {
        self.progress.expect(points as u64);
    }

    /// Counts a point that is solved.
    ///
    /// # Errors
    /// An interruption.
    pub fn step(&self) -> Result<(), ClaimError> {
        self.progress.advance(1);
        self.look()
    }

    /// Looks whether somebody has stopped it.
    ///
    /// # Errors
    /// An interruption.
    pub fn look(&self) -> Result<(), ClaimError> {
        if self.progress.is_interrupted() { Err(ClaimError::Interrupted) } else { Ok(()) }
    }
}

/// Why a claim was not decided.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
    /// A point's configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A point's problem cannot be posed.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// A point cannot be solved.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A point's quadrature failed.
    #[error(transparent)]
    Quadrature(#[from] QuadratureError),
    /// The iteration itself cannot be solved.
    #[error(transparent)]
    Sgd(#[from] SgdError),
    /// A model's data are wrong.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A model cannot be trained.
    #[error(transparent)]
    Training(TrainingError),
    /// A model's covariance and Hessian cannot be compared.
    #[error(transparent)]
    Covariance(CovarianceError),
    /// A point has no number of this kind.
    #[error("a point has no {what}")]
    Lacks {
        /// What it lacks.
        what: &'static str,
    },
    /// A point's rate is less sure than the claim needs.
    #[error("a rate is known to {error:.1e} only, where the claim needs {needed:.0e}")]
    Unsure {
        /// Its relative error.
        error: f64,
        /// What is needed.
        needed: f64,
    },
    /// Two routes to one rate disagree.
    #[error("the grid and the quadrature disagree by {difference:.1e}, where the claim needs {needed:.0e}")]
    Disagree {
        /// Their relative difference.
        difference: f64,
        /// What is needed.
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
