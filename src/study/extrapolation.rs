//! Discretisation error and Richardson extrapolation from the same quantity on grids of falling cell width.
//!
//! ```text
//! log γ_h = log γ + C hᵖ + …        log γ ≈ log γ_h + Δ/(rᵖ − 1),  Δ = log(γ_h/γ_rh)        p = log(Δ_r/Δ)/log r
//! ```
//! The table [`crate::study::rules::RULES`] decides which order is extrapolated and which error is claimed;
//! [`crate::study::rules::BOUNDARY_RULES`] adds errors from boundaries that the sequence of grids may not show.

use crate::scaled::Scaled;
use crate::study::boundary::BoundaryError;
use crate::study::rules::{self, Claim, Order, Rule, Situation, Treatment};

/// The extrapolation of one quantity over a sequence of grids.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolation {
    /// The value extrapolated to h → 0.
    pub value: Scaled,
    /// The estimated relative error of the finest grid's value.
    pub error: f64,
    /// The observed order, if three grids show one.
    pub order: Option<f64>,
    /// The row of the table that was applied.
    pub situation: Situation,
}

impl Extrapolation {
    /// The same with an additional low-order error `other` of the finest grid's `value` that the grids may not show: it
    /// is added, and nothing is extrapolated if it would be noticeable beside the remaining error.
    fn with(self, other: f64, value: Scaled) -> Extrapolation {
        let value = if other > 0.1 * self.error { value } else { self.value };
        Extrapolation { value, error: self.error + other, ..self }
    }

    /// The same with an error of at least `least`: nothing is extrapolated then, unless the grids show the order
    /// `formal` that was used.
    fn at_least(self, least: f64, finest: Scaled, formal: f64) -> Extrapolation {
        let is_seen = self.situation.takes_formal() && self.order.is_some_and(|p| (p - formal).abs() < CONSISTENT);
        match self.error < least {
            true => Extrapolation { value: if is_seen { self.value } else { finest }, error: least, ..self },
            false => self,
        }
    }
}

/// The error above which nothing is extrapolated.
pub const TOO_COARSE: f64 = 0.5;

/// The tolerance within which an observed order agrees with the scheme's, whatever the boundaries contribute.
const CONSISTENT: f64 = 0.15;

/// The safety factor of the estimates, which neglect the next term of the expansion and use expected roundings.
const SAFETY: f64 = 1.25;

/// The highest order that is accepted: faster convergence is by chance, or starts from an unresolved grid.
const HIGHEST: f64 = 8.0;

/// The refinement between the grids of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spacing {
    /// Each grid is finer than the one before by this factor.
    Ratio(f64),
    /// Half, three quarters and all of the cells.
    Quarters,
}

impl Spacing {
    /// The ratio of the cell widths of the last two grids.
    pub(super) fn last_ratio(self) -> f64 {
        match self {
            Spacing::Ratio(ratio) => ratio,
            Spacing::Quarters => 4.0 / 3.0,
        }
    }

    /// What an error of second order leaves on the last grid, as shares of the last change and of the one before.
    pub(super) fn rest_of_second_order(self) -> [f64; 2] {
        match self {
            Spacing::Ratio(ratio) => [1.0 / (ratio * ratio - 1.0), 1.0 / (ratio * ratio * (ratio * ratio - 1.0))],
            Spacing::Quarters => [9.0 / 7.0, 9.0 / 20.0],
        }
    }
}

/// Positive values of one quantity on successive grids, coarsest first.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// The values.
    pub values: &'a [Scaled],
    /// The refinement between the grids.
    pub spacing: Spacing,
    /// The expected relative rounding error of each value.
    pub rounding: f64,
    /// The scheme's [`crate::study::request::Scheme::formal_order`].
    pub formal: f64,
    /// The highest order that an error claims to fall with, whatever grids show; infinite if nothing bounds it.
    pub claimed: f64,
}

/// The data of the rules: the changes of log γ from grid to grid, and the observed order.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The refinement between the grids.
    pub spacing: Spacing,
    /// The last change, from the last grid but one to the finest.
    pub change: f64,
    /// The change before it, or that from half of the cells to all of them; `None` with two grids.
    pub before: Option<f64>,
    /// The order observed on three grids; `None` if there is none.
    pub order: Option<f64>,
    /// The scheme's order on smooth problems.
    pub formal: f64,
    /// The highest order that an error claims to fall with.
    pub claimed: f64,
    /// The rounding of each value.
    pub rounding: f64,
    /// Whether boundaries cut edges, or kinks of the density cut cells, at fractions that differ from grid to grid:
    /// low-order errors may then cancel, and two grids agree, by chance.
    pub is_cut: bool,
}

impl Series<'_> {
    /// The extrapolation including the error `boundary` that the grids may not show; `None` with too few grids.
    ///
    /// If boundaries cut edges but their error is small, the grids decide for schemes of high order too. If their error
    /// may exceed what the grids show, the agreement of the grids is by chance: schemes of second order sometimes have
    /// the whole of that error, schemes of higher order a twentieth of it.
    pub fn estimate(&self, boundary: BoundaryError) -> Option<Extrapolation> {
        let BoundaryError { walls, cut } = boundary;
        let &finest = self.values.last()?;
        let rough = self.extrapolated(cut.is_some())?.with(walls, finest);
        let known = cut.filter(|cut| cut.is_finite()).unwrap_or(0.0);
        let found = match rules::boundary_rule(boundary, self.formal).treatment {
            Treatment::ByGrids => rough,
            Treatment::AtLeast(share) => rough.at_least(share * known, finest, self.formal),
            Treatment::AddedOrAtLeast(share) => {
                let smooth = self.extrapolated(false)?.with(walls + known, finest);
                if smooth.error < rough.error { smooth } else { rough.at_least(share * known, finest, self.formal) }
            }
            Treatment::AddedOrCut => {
                let even = self.extrapolated(true)?;
                if even.error < rough.error { even } else { rough }
            }
        };
        let value = if found.error > TOO_COARSE { finest } else { found.value };
        Some(Extrapolation { value, ..found })
    }

    /// The extrapolation from the grids alone; `None` with too few of them.
    pub fn extrapolated(&self, is_cut: bool) -> Option<Extrapolation> {
        let &finest = self.values.last()?;
        let seen = self.seen(is_cut)?;
        let rule = rules::rule(&seen);
        let taken = seen.order_taken(rule);
        let value = taken.map_or(finest, |p| finest.scaled(seen.left_by_change(p).exp()));
        let order = seen.order.filter(|_| rule.claim != Claim::Rounding);
        Some(Extrapolation { value, error: seen.error_claimed(rule, taken), order, situation: rule.situation })
    }

    fn seen(&self, is_cut: bool) -> Option<Seen> {
        // log(to/from), accurate for nearby values: errors of rates are relative, and an extrapolated rate must stay
        // positive.
        let growth = |from: Scaled, to: Scaled| (to.over(from).value() - 1.0).ln_1p();
        let Series { values, spacing, rounding, formal, claimed } = *self;
        let (change, before, order) = match (spacing, values) {
            (Spacing::Quarters, &[half, most, all]) => {
                let (before, change) = (growth(half, all), growth(most, all));
                (change, Some(before), order_of_quarters(before / change))
            }
            (Spacing::Quarters, _) => return None,
            (Spacing::Ratio(ratio), &[.., coarse, fine]) => {
                let change = growth(coarse, fine);
                let before = (values.len() > 2).then(|| growth(values[values.len() - 3], coarse));
                let falls = before.filter(|before| before / change > 0.0);
                (change, before, falls.map(|before| (before / change).ln() / ratio.ln()))
            }
            (Spacing::Ratio(_), _) => return None,
        };
        Some(Seen { spacing, change, before, order, formal, claimed, rounding, is_cut })
    }
}

impl Seen {
    /// The error of order p that remains on the finest grid, from the last change.
    fn left_by_change(&self, p: f64) -> f64 {
        self.change / (self.spacing.last_ratio().powf(p) - 1.0)
    }

    fn order_taken(&self, rule: &Rule) -> Option<f64> {
        match rule.order {
            Order::None => None,
            Order::Formal => Some(self.formal),
            Order::Fixed(p) => Some(p),
            Order::Observed => self.order,
            Order::ObservedAtMost(most) => self.order.map(|p| p.min(most)),
        }
    }

    fn error_claimed(&self, rule: &Rule, taken: Option<f64>) -> f64 {
        let relative = |size: f64| size.exp_m1() + self.rounding;
        match rule.claim {
            Claim::Rounding => SAFETY * self.change.abs().max(self.rounding),
            Claim::WholeChange => {
                let left = self.spacing.last_ratio().powf(self.formal.min(self.claimed)) - 1.0;
                relative(SAFETY * self.larger_of_both() / left.min(1.0))
            }
            Claim::FormalAtMost => relative(SAFETY * self.left_at_most(taken.unwrap_or(self.formal))),
            Claim::OneBelow => relative(SAFETY * self.left_at_most((self.formal - 1.0).max(1.0))),
            Claim::Approached => {
                let lacking = self.order.filter(|_| self.formal >= 2.0).map_or(0.0, |p| (self.formal - p).max(0.0));
                relative(SAFETY * self.left_at_most(self.formal - 2.0 * lacking))
            }
            Claim::FirstOrder => {
                let ratio = self.spacing.last_ratio();
                let larger = self.change.abs().max(self.before.map_or(0.0, |before| before.abs() / ratio));
                relative(SAFETY * (larger / (ratio - 1.0)))
            }
            Claim::ObservedAtMost(most) => {
                relative(SAFETY * self.left_by_either(self.order.unwrap_or(1.0).min(most).min(self.claimed)))
            }
            Claim::FourthOrFirst => {
                let larger = self.left_by_half(4.0).abs().max(self.left_by_change(1.0).abs());
                relative(SAFETY * larger)
            }
        }
    }

    /// Whether the observed order is the scheme's.
    pub(super) fn shows_formal(&self) -> bool {
        self.order.is_some_and(|p| p > self.formal - 0.3 && p < self.formal + 0.5)
    }

    /// The last change, or the one before if that is larger after scaling to the same grid.
    fn larger_of_both(&self) -> f64 {
        let before = self.before.map_or(0.0, |before| before.abs() / self.spacing.last_ratio().powf(self.formal));
        self.change.abs().max(before)
    }

    /// The remaining error of order p, but at most the scheme's, from the last change.
    fn left_at_most(&self, p: f64) -> f64 {
        self.larger_change() / (self.spacing.last_ratio().powf(p.min(self.formal).min(self.claimed)) - 1.0)
    }

    /// The last change; if an order is observed at least the change before reduced by the order [`HIGHEST`], or by two
    /// orders above the scheme's where claims are bounded; if two grids may agree by chance the larger of both.
    fn larger_change(&self) -> f64 {
        if self.is_cut {
            return self.larger_of_both();
        }
        let highest = if self.claimed.is_finite() { self.formal + 2.0 } else { HIGHEST };
        let before = self.before.filter(|_| self.order.is_some());
        let before = before.map_or(0.0, |before| before.abs() / self.spacing.last_ratio().powf(highest));
        self.change.abs().max(before)
    }

    /// The remaining error of order p, from the change between half of the cells and all.
    fn left_by_half(&self, p: f64) -> f64 {
        self.before.unwrap_or(self.change) / (2.0f64.powf(p) - 1.0)
    }

    fn left_by_either(&self, p: f64) -> f64 {
        self.left_by_half(p).abs().max(self.left_by_change(p).abs())
    }
}

/// The order below which a sequence converges by chance, too slowly or not at all.
pub(super) const LOWEST: f64 = 0.5;

/// p from the ratio of the change from half of the cells and the change from three quarters of them, (2ᵖ − 1)/((4/3)ᵖ −
/// 1); `None` if the signs differ or no power gives the ratio. Changes that hardly fall, or grow, count as [`LOWEST`].
fn order_of_quarters(ratio: f64) -> Option<f64> {
    const HIGHEST: f64 = 32.0;
    let ratio_at = |p: f64| (p * std::f64::consts::LN_2).exp_m1() / (p * (4.0f64 / 3.0).ln()).exp_m1();
    let (mut low, mut high) = (LOWEST, HIGHEST);
    if ratio.is_nan() || ratio <= 0.0 || ratio >= ratio_at(high) {
        return None;
    }
    if ratio <= ratio_at(LOWEST) {
        return Some(LOWEST);
    }
    while high - low > 1e-9 {
        let middle = 0.5 * (low + high);
        *(if ratio_at(middle) < ratio { &mut low } else { &mut high }) = middle;
    }
    Some(0.5 * (low + high))
}
