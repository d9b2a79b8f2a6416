//! Rates of other programs for the problems of the reference collection: how many digits are correct, and whether the
//! claimed errors cover.
//!
//! The collection is part of the program (`configs/reference/rates.json`, made by `scripts/reference`). Each rate lies
//! in an interval from a certificate or from two independent routes. A value is compared with its middle, a claimed
//! error with the whole interval.

mod collection;
mod error;
mod judgement;
mod table;

pub use collection::{Collection, Reference};
pub use error::{RefereeError, RefereeFault};
pub use judgement::{Judged, Judgement, Tool};
pub use table::{Claim, read};
