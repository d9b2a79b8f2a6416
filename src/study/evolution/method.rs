//! The choice of the time-stepping method, with its reason.

use crate::solve::evolve::Accuracy;
use crate::solve::{Discretisation, QuasiStationary};
use crate::study::evolution::{FLOORS, floor};
use crate::study::request::{EvolveRequest, Stepping};

/// A method and its accuracy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Method {
    pub is_krylov: bool,
    pub accuracy: Accuracy,
    /// The reason for the choice; `None` if the user chose.
    pub because: Option<&'static str>,
}

impl Method {
    /// The name in configurations and results.
    pub(super) fn name(self) -> &'static str {
        if self.is_krylov { "krylov" } else { "positive" }
    }

    /// The requested method; for `Auto` Krylov spaces unless cells far below the peak must be accurate, or steps are
    /// cheap.
    pub(super) fn of(asked: &EvolveRequest, on: &Discretisation<'_>, known: Option<&QuasiStationary>) -> Method {
        let positive = |because| {
            let floor = asked.floor.unwrap_or_else(|| floor(on, known));
            Method { is_krylov: false, accuracy: Accuracy { tolerance: asked.tolerance, floor }, because }
        };
        let krylov = |because| Method { is_krylov: true, accuracy: Accuracy::in_l1(asked.tolerance), because };
        match asked.stepping {
            Stepping::Positive => return positive(None),
            Stepping::Krylov => return krylov(None),
            Stepping::Auto => {}
        }
        if on.grid.dimension == 1 {
            return positive(Some("in one dimension it takes next to no time"));
        }
        if asked.floor.is_some_and(|floor| floor < 1.0) {
            return positive(Some("a floor is given, and entries are right to themselves"));
        }
        if !on.assembly.kills() {
            return krylov(Some("nothing is killed, and few solves serve all times"));
        }
        // The floor shows how cold it is: it is lowered where the exit holds next to nothing of the quasi-stationary
        // density.
        match known.map(|known| floor(on, Some(known))) {
            None => positive(Some("the escape rate, which says how cold it is, is not known")),
            Some(least) if least < FLOORS[1] => positive(Some("it is cold: fluxes are right in their digits")),
            Some(_) => krylov(Some("it is warm, and few solves serve all times")),
        }
    }
}
