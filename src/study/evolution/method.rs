//! By which means a density is followed, and why.

use crate::solve::evolve::Accuracy;
use crate::solve::{Discretisation, QuasiStationary};
use crate::study::evolution::{FLOORS, floor};
use crate::study::request::{EvolveRequest, Stepping};

/// A method with the accuracy that it is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Method {
    pub is_krylov: bool,
    pub accuracy: Accuracy,
    /// Why, where nobody has said which.
    pub because: Option<&'static str>,
}

impl Method {
    /// Its name in configurations and results.
    pub(super) fn name(self) -> &'static str {
        if self.is_krylov { "krylov" } else { "positive" }
    }

    /// The one that was asked for, or the one that is faster where nothing that was asked for needs more than L1.
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
        // The density at the exit, beside the whole.
        match known.map(|known| floor(on, Some(known))) {
            None => positive(Some("the escape rate, which says how cold it is, is not known")),
            Some(least) if least < FLOORS[1] => positive(Some("it is cold: fluxes are right in their digits")),
            Some(_) => krylov(Some("it is warm, and few solves serve all times")),
        }
    }
}
