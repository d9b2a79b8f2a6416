//! Which order is extrapolated and which error is claimed, as a table: the first row whose situation is what the grids
//! show decides.

mod boundary;
mod printed;

pub(super) use boundary::boundary_rule;
pub use boundary::{BOUNDARY_RULES, BoundaryRule, Treatment};
pub use printed::printed;

use crate::study::extrapolation::{LOWEST, Seen, Spacing};

/// What grids show; the name of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The last grids differ by their roundings.
    Agreeing,
    /// A scheme of high order beside boundaries that cut edges.
    HighOrderCut,
    /// Two grids alone.
    TwoGrids,
    /// Three grids show the scheme's own order.
    Formal,
    /// A scheme of first order that looks like more.
    Unsettled,
    /// Three grids converge faster than the scheme's order.
    Faster,
    /// Three grids converge slower than the scheme's order.
    Slower,
    /// A coarsest grid that resolved nothing, of a scheme of high order.
    CoarsestUnresolved,
    /// No order to be seen.
    NoOrder,
    /// Quarters show the order of a scheme of first or second order.
    QuartersFormal,
    /// Quarters of such a scheme that do not.
    QuartersOther,
    /// Quarters show an order between 3.2 and 8.5.
    QuartersSettled,
    /// Quarters converge faster than order 8.5.
    QuartersFaster,
    /// Quarters show terms of both signs.
    QuartersMixed,
    /// Quarters converge slower than order 3.2.
    QuartersSlower,
    /// The process crosses a curve on which its noise degenerates, which the grid resolves ([`crate::study::crossing`],
    /// beside the table).
    Crossing,
    /// The same, which the grid does not resolve.
    CrossingUnresolved,
}

impl Situation {
    /// Whether three grids show the scheme's order, and it is taken.
    pub(super) fn takes_formal(self) -> bool {
        matches!(self, Situation::Formal | Situation::QuartersFormal)
    }
}

/// The order p that is taken away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Nothing is taken away.
    None,
    /// The scheme's.
    Formal,
    /// The one that three grids show.
    Observed,
    /// The same, but no more than this.
    ObservedAtMost(f64),
    /// This one.
    Fixed(f64),
}

/// The error that is claimed for the finest grid's value. All are raised by a quarter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// The last change or the rounding, whichever is larger.
    Rounding,
    /// The whole last change, or what the scheme's order leaves of the change before from one grid to the next, if that
    /// is larger: two grids may agree by chance.
    WholeChange,
    /// What an error of the order taken, but no more than the scheme's, leaves by the last change.
    FormalAtMost,
    /// What an error of one order below the scheme's, at least 1, leaves by the last change.
    OneBelow,
    /// What an error of the observed order, but no more than the scheme's, less what it lacks of the scheme's, if that is 2 or more: it has come so near to
    /// it between the last grids, and what comes beyond them has the orders before it in it.
    Approached,
    /// What an error of first order leaves by the larger of the two changes.
    FirstOrder,
    /// What an error of the observed order (1 where there is none), but no more than this, leaves by the larger of the
    /// two changes.
    ObservedAtMost(f64),
    /// What fourth order leaves by the change from half, or first order by that from three quarters, whichever is
    /// larger.
    FourthOrFirst,
}

/// Kinds of [`Spacing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grids {
    /// Each grid is finer than the one before by one ratio.
    Ratio,
    /// Half, three quarters and all of the cells.
    Quarters,
}

/// A row of the table.
pub struct Rule {
    /// Its name.
    pub situation: Situation,
    /// The grids it is for.
    pub grids: Grids,
    /// Its situation in words.
    pub words: &'static str,
    applies: fn(&Seen) -> bool,
    /// The order taken.
    pub order: Order,
    /// The error claimed.
    pub claim: Claim,
}

/// A change this many times the next one was made by a grid that resolves nothing.
const UNRESOLVED: f64 = 256.0;

/// Orders between these are extrapolated of quarters: below, something is not smooth; above, grids converge faster than
/// any power, and a power would take away more than is there.
const SETTLED: std::ops::RangeInclusive<f64> = 3.2..=8.5;

/// Changes of at most so many roundings are none.
const ROUNDINGS: f64 = 4.0;

/// The table. Close to the formal order it holds; above, the grids converge faster than any power (cold aligned
/// valleys), and the full power would claim too much; below, the landscape or its tensor has kinks, and the observed
/// order is the honest one. Quarters belong to schemes of high order.
pub static RULES: [Rule; 17] = [
    Rule {
        situation: Situation::Agreeing,
        grids: Grids::Ratio,
        words: "the last two grids differ by no more than four roundings",
        applies: |seen| seen.change.abs() <= ROUNDINGS * seen.rounding,
        order: Order::None,
        claim: Claim::Rounding,
    },
    Rule {
        situation: Situation::HighOrderCut,
        grids: Grids::Ratio,
        words: "boundaries cut edges, a scheme of order above 2",
        applies: |seen| seen.is_cut && seen.formal > 2.0,
        order: Order::None,
        claim: Claim::FirstOrder,
    },
    Rule {
        situation: Situation::TwoGrids,
        grids: Grids::Ratio,
        words: "two grids, which show no order and may agree by chance",
        applies: |seen| seen.before.is_none(),
        order: Order::None,
        claim: Claim::WholeChange,
    },
    Rule {
        situation: Situation::Formal,
        grids: Grids::Ratio,
        words: "the observed order is the scheme's, from 0.3 below to 0.5 above",
        applies: Seen::shows_formal,
        order: Order::Formal,
        claim: Claim::Approached,
    },
    Rule {
        situation: Situation::Unsettled,
        grids: Grids::Ratio,
        words: "the observed order is above that of a scheme of order 1, which has not settled",
        applies: |seen| seen.order.is_some_and(|p| p > seen.formal && seen.formal < 2.0),
        order: Order::Formal,
        claim: Claim::FormalAtMost,
    },
    Rule {
        situation: Situation::Faster,
        grids: Grids::Ratio,
        words: "the observed order is above the scheme's",
        applies: |seen| seen.order.is_some_and(|p| p > seen.formal),
        order: Order::ObservedAtMost(8.0),
        // Terms of both signs that cancel on the coarser grids look like a high order.
        claim: Claim::OneBelow,
    },
    Rule {
        situation: Situation::Slower,
        grids: Grids::Ratio,
        words: "the observed order is below the scheme's and above 0.5",
        applies: |seen| seen.order.is_some_and(|p| p > LOWEST),
        order: Order::Observed,
        claim: Claim::FormalAtMost,
    },
    Rule {
        situation: Situation::CoarsestUnresolved,
        grids: Grids::Ratio,
        words: "changes of opposite signs, the first 256 times the second, a scheme of order above 2",
        applies: |seen| {
            let is_wild = seen.before.is_some_and(|before| before.abs() > UNRESOLVED * seen.change.abs());
            seen.order.is_none() && seen.formal > 2.0 && is_wild
        },
        order: Order::Fixed(4.0),
        claim: Claim::FormalAtMost,
    },
    Rule {
        situation: Situation::NoOrder,
        grids: Grids::Ratio,
        words: "anything else: no order is to be seen",
        applies: |_| true,
        order: Order::None,
        claim: Claim::WholeChange,
    },
    Rule {
        situation: Situation::Agreeing,
        grids: Grids::Quarters,
        words: "both changes are no more than four roundings",
        applies: |seen| {
            let before = seen.before.unwrap_or(seen.change);
            before.abs().max(seen.change.abs()) <= ROUNDINGS * seen.rounding
        },
        order: Order::None,
        claim: Claim::Rounding,
    },
    Rule {
        situation: Situation::QuartersFormal,
        grids: Grids::Quarters,
        words: "a scheme of order 1 or 2, which is observed, from 0.3 below to 0.5 above",
        applies: |seen| seen.formal <= 2.0 && seen.shows_formal(),
        order: Order::Formal,
        claim: Claim::ObservedAtMost(2.0),
    },
    Rule {
        situation: Situation::QuartersOther,
        grids: Grids::Quarters,
        words: "a scheme of order 1 or 2, which is not observed",
        applies: |seen| seen.formal <= 2.0,
        order: Order::None,
        claim: Claim::ObservedAtMost(2.0),
    },
    Rule {
        situation: Situation::HighOrderCut,
        grids: Grids::Quarters,
        words: "boundaries cut edges",
        applies: |seen| seen.is_cut,
        order: Order::None,
        claim: Claim::ObservedAtMost(1.0),
    },
    Rule {
        situation: Situation::QuartersSettled,
        grids: Grids::Quarters,
        words: "the observed order is between 3.2 and 8.5",
        applies: |seen| seen.order.is_some_and(|p| SETTLED.contains(&p)),
        order: Order::Observed,
        // Terms of two orders may look like a higher one.
        claim: Claim::ObservedAtMost(6.0),
    },
    Rule {
        situation: Situation::QuartersFaster,
        grids: Grids::Quarters,
        words: "the observed order is above 8.5",
        applies: |seen| seen.order.is_some_and(|p| p > *SETTLED.end()),
        order: Order::None,
        claim: Claim::ObservedAtMost(4.0),
    },
    Rule {
        situation: Situation::QuartersMixed,
        grids: Grids::Quarters,
        words: "changes that no power explains (terms of both signs)",
        applies: |seen| seen.order.is_none(),
        order: Order::None,
        claim: Claim::FourthOrFirst,
    },
    Rule {
        situation: Situation::QuartersSlower,
        grids: Grids::Quarters,
        words: "anything else: the observed order is below 3.2",
        applies: |_| true,
        order: Order::None,
        claim: Claim::ObservedAtMost(2.0),
    },
];

/// The row that decides.
pub(super) fn rule(seen: &Seen) -> &'static Rule {
    let grids = match seen.spacing {
        Spacing::Ratio(_) => Grids::Ratio,
        Spacing::Quarters => Grids::Quarters,
    };
    let mut rows = RULES.iter().filter(|rule| rule.grids == grids);
    rows.find(|rule| (rule.applies)(seen)).expect("the last row of each kind of grids applies always")
}
