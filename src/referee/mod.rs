//! Somebody's rates for problems of the reference collection, judged: how many digits are right, and whether the
//! claimed errors cover.
//!
//! The collection is part of the program (`configs/reference/rates.json`, made by `scripts/reference`): each rate lies
//! in an interval that a certificate or two independent routes give. A value is compared with the middle of it, a claim
//! with the whole.

mod collection;
mod error;
mod judgement;
mod table;

pub use collection::{Collection, Reference};
pub use error::{RefereeError, RefereeFault};
pub use judgement::{Judged, Judgement, Tool};
pub use table::{Claim, read};
