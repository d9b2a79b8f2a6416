//! The errors of an elimination, and the smallest pivot that is accepted.

/// A pivot below this counts as zero: 2⁻¹⁰²² / 2⁻⁵².
///
/// Products of rates that fall below 2⁻¹⁰²² lose their relative accuracy, each by at most 2⁻¹⁰⁷⁵. In a pivot above this
/// bound those losses are below rounding; a pivot below it may consist of them alone.
pub const SMALLEST_PIVOT: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// Why an elimination failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EliminationError {
    /// The pivot S_k is zero: in double precision the exit cannot be reached from this state.
    #[error("the pivot of state {state} is zero: from there no exit can be reached in double precision")]
    ZeroPivot {
        /// The state, in the generator's numbering.
        state: usize,
    },
    /// The pivot S_k is not a finite number.
    #[error("the pivot of state {state} is not finite")]
    NotFinite {
        /// The state, in the generator's numbering.
        state: usize,
    },
    /// The factor would take more memory than is allowed.
    #[error("the factor would take {needed} bytes of memory, {allowed} are allowed")]
    TooLarge {
        /// Bytes that the elimination would hold at its peak.
        needed: u64,
        /// Bytes that it may hold.
        allowed: u64,
    },
    /// The system refuses the memory for the factor.
    #[error("the system refuses {needed} bytes of memory for the factor")]
    Refused {
        /// Bytes asked for.
        needed: u64,
    },
    /// The symbolic analysis was made for a generator with other edges.
    #[error("the symbolic analysis was made for another pattern of edges: analyse this generator anew")]
    PatternChanged,
    /// The progress was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A pivot that is not finite or too small, at its position in the numbering of the front or path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PivotFault {
    pub(crate) position: usize,
    pub(crate) value: f64,
}

impl PivotFault {
    /// Accepts a pivot, or returns the fault with its position.
    pub(crate) fn check(position: usize, value: f64) -> Result<(), PivotFault> {
        if (SMALLEST_PIVOT..=f64::MAX).contains(&value) { Ok(()) } else { Err(PivotFault { position, value }) }
    }

    /// The error for this fault, at a state of the generator.
    pub(crate) fn at_state(self, state: usize) -> EliminationError {
        if self.value.is_finite() {
            EliminationError::ZeroPivot { state }
        } else {
            EliminationError::NotFinite { state }
        }
    }
}
