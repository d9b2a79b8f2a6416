//! Paths from leaving the wider set around a core until their return to the core, or their death.

use crate::tensor::Point;

/// Where an excursion begins; `None` where its first step outside was its last.
pub(super) type Beginning = Option<Point>;

/// A place on the way out, where ξ was larger than ever before on that path.
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
    /// One that begins.
    pub fn begin(beginning: Beginning) -> Excursion {
        match beginning {
            Some(place) => Excursion { milestones: vec![Milestone { reach: f64::NEG_INFINITY, place }], died: false },
            None => Excursion { milestones: Vec::new(), died: true },
        }
    }

    /// A copy that ends where this one first passed the level; one that died before it passed the level passes it in
    /// dying.
    pub fn cut(&self, level: f64) -> Excursion {
        let until = self.milestones.partition_point(|milestone| milestone.reach <= level);
        let kept = (until + 1).min(self.milestones.len());
        Excursion { milestones: self.milestones[..kept].to_vec(), died: until == self.milestones.len() }
    }

    /// The largest ξ; ∞ for one that died.
    pub fn reach(&self) -> f64 {
        if self.died { f64::INFINITY } else { self.milestones.last().map_or(f64::NEG_INFINITY, |last| last.reach) }
    }
}
