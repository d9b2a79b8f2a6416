//! Excursions: paths from leaving the wider set around a core until their return to the core or their death.

use crate::tensor::Point;

/// The first point of an excursion; `None` if the path died in its first step outside.
pub(super) type Beginning = Option<Point>;

/// A point at which the coordinate ξ reached a new maximum on its path.
#[derive(Clone, Copy)]
pub(super) struct Milestone {
    pub reach: f64,
    pub place: Point,
}

/// An excursion.
#[derive(Clone, Default)]
pub(super) struct Excursion {
    pub milestones: Vec<Milestone>,
    pub died: bool,
}

impl Excursion {
    /// An excursion at its beginning.
    pub fn begin(beginning: Beginning) -> Excursion {
        match beginning {
            Some(place) => Excursion { milestones: vec![Milestone { reach: f64::NEG_INFINITY, place }], died: false },
            None => Excursion { milestones: Vec::new(), died: true },
        }
    }

    /// A copy that ends where this excursion first passed the level. An excursion that died before it passed the level
    /// counts as passing it by dying.
    pub fn cut(&self, level: f64) -> Excursion {
        let until = self.milestones.partition_point(|milestone| milestone.reach <= level);
        let kept = (until + 1).min(self.milestones.len());
        Excursion { milestones: self.milestones[..kept].to_vec(), died: until == self.milestones.len() }
    }

    /// The largest ξ; ∞ for an excursion that died.
    pub fn reach(&self) -> f64 {
        if self.died { f64::INFINITY } else { self.milestones.last().map_or(f64::NEG_INFINITY, |last| last.reach) }
    }
}
