//! Discretisation error and Richardson extrapolation from the same quantity on grids of falling cell width.
//!
//! ```text
//! log γ_h = log γ + C hᵖ + …        log γ ≈ log γ_h + Δ/(rᵖ − 1),  Δ = log(γ_h/γ_rh)        p = log(Δ_r/Δ)/log r
//! ```
//! Which order is taken away and which error is claimed is decided by the table [`crate::study::rules::RULES`]; what
//! boundaries leave that the grids may not show comes on top by [`crate::study::rules::BOUNDARY_RULES`].

use crate::scaled::Scaled;
use crate::study::boundary::BoundaryError;
use crate::study::rules::{self, Claim, Order, Rule, Situation, Treatment};

/// What the grids say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolation {
    /// The value for h → 0.
    pub value: Scaled,
    /// Estimated error of the finest grid's value, relative to it.
    pub error: f64,
    /// Observed order, when three grids show one.
    pub order: Option<f64>,
    /// The row of the table that it was made by.
    pub situation: Situation,
}

impl Extrapolation {
    /// The same where the finest grid's `value` is known to have another error of low order, which the grids may not
    /// show: it is added, and nothing is extrapolated if it would be seen beside what extrapolation leaves.
    fn with(self, other: f64, value: Scaled) -> Extrapolation {
        let value = if other > 0.1 * self.error { value } else { self.value };
        Extrapolation { value, error: self.error + other, ..self }
    }

    /// The same where the error is not believed to be below `least`: nothing is extrapolated then, unless the grids
    /// show the order `formal` that was taken.
    fn at_least(self, least: f64, finest: Scaled, formal: f64) -> Extrapolation {
        let is_seen = self.situation.takes_formal() && self.order.is_some_and(|p| (p - formal).abs() < CONSISTENT);
        match self.error < least {
            true => Extrapolation { value: if is_seen { self.value } else { finest }, error: least, ..self },
            false => self,
        }
    }
}

/// Errors beyond this leave nothing to extrapolate.
pub const TOO_COARSE: f64 = 0.5;

/// Orders that differ by less from the scheme's are that order, whatever boundaries may leave.
const CONSISTENT: f64 = 0.15;

/// Estimates are raised by a quarter: they leave out the next term of the expansion, and roundings are as large as they
/// are expected at times.
const SAFETY: f64 = 1.25;

/// The highest order that is believed: what falls faster does so by chance, or from a grid that resolved nothing.
const HIGHEST: f64 = 8.0;

/// How the grids of a series follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spacing {
    /// Each is finer than the one before by this factor.
    Ratio(f64),
    /// Half, three quarters and all of the cells.
    Quarters,
}

/// Positive values of one quantity on grids that follow each other, coarsest first.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// The values.
    pub values: &'a [Scaled],
    /// How the grids follow each other.
    pub spacing: Spacing,
    /// The relative rounding error to expect of each value.
    pub rounding: f64,
    /// The scheme's [`crate::study::request::Scheme::formal_order`].
    pub formal: f64,
}

/// What the grids of a series show: changes of log γ from grid to grid, and the order in them.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// How the grids follow each other.
    pub spacing: Spacing,
    /// The change from the last grid but one to the finest.
    pub change: f64,
    /// The change before, or that from half of the cells to all of them; `None` with two grids.
    pub before: Option<f64>,
    /// The order that three grids show; `None` where they show none.
    pub order: Option<f64>,
    /// The scheme's order on smooth problems.
    pub formal: f64,
    /// The rounding of each value.
    pub rounding: f64,
    /// Whether boundaries cut edges, or bends of the density cells, at fractions that differ from grid to grid: parts
    /// of lower order may then cancel by chance, and two grids agree by chance.
    pub is_cut: bool,
}

impl Series<'_> {
    /// What the grids say together with what they may not show, `boundary`. `None` with too few grids.
    ///
    /// Where boundaries cut edges, but can leave little, a scheme of high order is taken at the word of its grids too.
    /// Where they may leave more than the grids show, those agree by chance: schemes of second order leave all of it at
    /// times, and of higher order a twentieth.
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

    /// What the grids say by themselves; `None` with too few of them.
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
        // log(to/from), exact for neighbours: rates differ by factors, and an extrapolated rate must stay positive.
        let growth = |from: Scaled, to: Scaled| (to.over(from).value() - 1.0).ln_1p();
        let Series { values, spacing, rounding, formal } = *self;
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
        Some(Seen { spacing, change, before, order, formal, rounding, is_cut })
    }
}

impl Seen {
    /// The factor between the cells of the last two grids.
    fn ratio(&self) -> f64 {
        match self.spacing {
            Spacing::Ratio(ratio) => ratio,
            Spacing::Quarters => 4.0 / 3.0,
        }
    }

    /// What is left on the finest grid of an error of order p, by the last change.
    fn left_by_change(&self, p: f64) -> f64 {
        self.change / (self.ratio().powf(p) - 1.0)
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
            Claim::WholeChange => relative(SAFETY * self.larger_of_both()),
            Claim::FormalAtMost => relative(SAFETY * self.left_at_most(taken.unwrap_or(self.formal))),
            Claim::Approached => {
                let lacking = self.order.filter(|_| self.formal >= 2.0).map_or(0.0, |p| (self.formal - p).max(0.0));
                relative(SAFETY * self.left_at_most(self.formal - 2.0 * lacking))
            }
            Claim::FirstOrder => {
                let ratio = self.ratio();
                let larger = self.change.abs().max(self.before.map_or(0.0, |before| before.abs() / ratio));
                relative(SAFETY * (larger / (ratio - 1.0)))
            }
            Claim::ObservedAtMost(most) => relative(SAFETY * self.left_by_either(self.order.unwrap_or(1.0).min(most))),
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

    /// The last change, or the one before where that is larger once brought to the same grid.
    fn larger_of_both(&self) -> f64 {
        let before = self.before.map_or(0.0, |before| before.abs() / self.ratio().powf(self.formal));
        self.change.abs().max(before)
    }

    /// What is left of an error of order p, but no more than the scheme's, by the last change.
    fn left_at_most(&self, p: f64) -> f64 {
        self.larger_change() / (self.ratio().powf(p.min(self.formal)) - 1.0)
    }

    /// The last change, but where an order is seen no less than what [`HIGHEST`] leaves of the one before; where two
    /// grids may agree by chance, the larger of both.
    fn larger_change(&self) -> f64 {
        if self.is_cut {
            return self.larger_of_both();
        }
        let before = self.before.filter(|_| self.order.is_some());
        let before = before.map_or(0.0, |before| before.abs() / self.ratio().powf(HIGHEST));
        self.change.abs().max(before)
    }

    /// What is left of an error of order p, by the change from half of the cells to all.
    fn left_by_half(&self, p: f64) -> f64 {
        self.before.unwrap_or(self.change) / (2.0f64.powf(p) - 1.0)
    }

    fn left_by_either(&self, p: f64) -> f64 {
        self.left_by_half(p).abs().max(self.left_by_change(p).abs())
    }
}

/// What is less than this converges by chance too slowly, or not at all.
pub(super) const LOWEST: f64 = 0.5;

/// p from the change from half of the cells over that from three quarters of them, (2ᵖ − 1)/((4/3)ᵖ − 1); `None` where
/// they have opposite signs or no power gives it. Changes that hardly fall, or grow, count as [`LOWEST`].
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
