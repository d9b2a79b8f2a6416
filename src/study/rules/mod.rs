//! The rules of extrapolation as a table: the first row whose condition the grids satisfy gives the order that is
//! extrapolated and the error that is claimed.

mod boundary;
mod printed;

pub(super) use boundary::boundary_rule;
pub use boundary::{BOUNDARY_RULES, BoundaryRule, Treatment};
pub use printed::printed;

use crate::study::extrapolation::{LOWEST, Seen, Spacing};

/// The behaviour of a sequence of grids; it names a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The last grids differ by no more than their roundings.
    Agreeing,
    /// Boundaries cut edges, and the scheme is of high order.
    HighOrderCut,
    /// Only two grids were solved.
    TwoGrids,
    /// Three grids show the scheme's order.
    Formal,
    /// A scheme of first order shows a higher one, which has not settled.
    Unsettled,
    /// Three grids converge faster than the scheme's order.
    Faster,
    /// Three grids converge more slowly than the scheme's order.
    Slower,
    /// The coarsest grid of a scheme of high order is not resolved.
    CoarsestUnresolved,
    /// No order is observed.
    NoOrder,
    /// ½, ¾ and 1 of the cells show the order of a scheme of first or second order.
    QuartersFormal,
    /// ½, ¾ and 1 of the cells do not show the order of such a scheme.
    QuartersOther,
    /// ½, ¾ and 1 of the cells show an order between 3.2 and 8.5.
    QuartersSettled,
    /// ½, ¾ and 1 of the cells show an order above 8.5.
    QuartersFaster,
    /// ½, ¾ and 1 of the cells show changes that no power law explains.
    QuartersMixed,
    /// ½, ¾ and 1 of the cells show an order below 3.2.
    QuartersSlower,
    /// Flux crosses a curve on which the noise degenerates and which the grid resolves; decided outside this table by
    /// [`crate::study::crossing`].
    Crossing,
    /// Flux crosses a curve on which the noise degenerates and which the grid does not resolve; decided outside this
    /// table like `Crossing`.
    CrossingUnresolved,
}

impl Situation {
    /// Whether the grids show the scheme's order and it is extrapolated.
    pub(super) fn takes_formal(self) -> bool {
        matches!(self, Situation::Formal | Situation::QuartersFormal)
    }
}

/// The order p that is extrapolated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Nothing is extrapolated.
    None,
    /// The scheme's order.
    Formal,
    /// The observed order.
    Observed,
    /// The observed order, but at most this one.
    ObservedAtMost(f64),
    /// The given order.
    Fixed(f64),
}

/// The relative error that is claimed for the finest grid's value, as a multiple of changes of log γ. All are
/// multiplied by the safety factor 1.25.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// The last change, or the rounding if that is larger.
    Rounding,
    /// The last change, or the change before it reduced by the scheme's order if that is larger: two grids may agree by
    /// chance.
    WholeChange,
    /// The remaining error of the order taken, but at most the scheme's, from the last change.
    FormalAtMost,
    /// The remaining error of one order below the scheme's, but at least 1, from the last change.
    OneBelow,
    /// As `FormalAtMost`, with the scheme's order lowered by twice what the observed order lacks, for schemes of order
    /// 2 or more: the observed order has only reached this value between the last grids, and the remaining error
    /// contains the lower orders before it.
    Approached,
    /// The remaining error of first order, from the larger of the two changes.
    FirstOrder,
    /// The remaining error of the observed order (1 if there is none), but at most this one, from the larger of the two
    /// changes.
    ObservedAtMost(f64),
    /// The larger of two remaining errors: of fourth order from the change between half and all of the cells, of first
    /// order from that between three quarters and all.
    FourthOrFirst,
}

/// The refinement for which a row holds; see [`Spacing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grids {
    /// Each grid is finer than the one before by the same ratio.
    Ratio,
    /// Half, three quarters and all of the cells.
    Quarters,
}

/// A row of the table.
pub struct Rule {
    /// The name of the row.
    pub situation: Situation,
    /// The refinement for which it holds.
    pub grids: Grids,
    /// Its condition in words.
    pub words: &'static str,
    applies: fn(&Seen) -> bool,
    /// The order that is extrapolated.
    pub order: Order,
    /// The error that is claimed.
    pub claim: Claim,
}

/// The ratio of the change before to the last change above which the coarsest grid counts as unresolved.
const UNRESOLVED: f64 = 256.0;

/// The orders observed on ½, ¾ and 1 of the cells that are extrapolated. Lower ones indicate kinks; higher ones
/// convergence faster than any power, for which a power law would extrapolate too far.
const SETTLED: std::ops::RangeInclusive<f64> = 3.2..=8.5;

/// Changes of at most this many roundings count as none.
const ROUNDINGS: f64 = 4.0;

/// The table. Close to the scheme's order that order is extrapolated. Above it, convergence is faster than any power
/// (cold valleys along the axes) and the full power would claim too small an error; below it, the landscape or D has
/// kinks, and the observed order holds.
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
        // Terms of two orders may look like one of a higher order.
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

/// The row that applies.
pub(super) fn rule(seen: &Seen) -> &'static Rule {
    let grids = match seen.spacing {
        Spacing::Ratio(_) => Grids::Ratio,
        Spacing::Quarters => Grids::Quarters,
    };
    // There is such a row: for either kind of grids the condition of the last one is always true.
    let mut rows = RULES.iter().filter(|rule| rule.grids == grids);
    rows.find(|rule| (rule.applies)(seen)).expect("the last row of each kind of grids applies always")
}
