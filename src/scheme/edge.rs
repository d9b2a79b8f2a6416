//! The integral along one edge, and its two rates.
//!
//! ```text
//! z(s) = ∫₀ˢ (D⁻¹∇L)·e ds'          (exactly (L(s) − L_i)/d for D = d·I)
//! Itô:           q_ij = λ_e(i) W_ij         W_ij = 1/∫₀¹ e^{z(s)} ds
//! Stratonovich:  q_ij = √λ_e(i) / ∫₀¹ e^{z(s)} λ_e(s)^{−1/2} ds
//! isothermal:    q_ij = ∫₀¹ λ_e(s)/c(s) ds / ∫₀¹ e^{z(s)} c(s)^{−1} ds      c = 1/(e·D⁻¹e)
//! ```
//! c is the conduction along e, whose resistances add up along the edge: it vanishes where the noise along e does. λ_e/c
//! is the edge's share in it, which vanishes too where other edges take over, and blocks nothing there.
//! Every integral is taken as e^{z_max} ∫ e^{z(s) − z_max}, so that it cannot overflow. The quadrature is
//! Gauss–Legendre on panels that end where D jumps; z(s) follows by collocation at the same nodes.
//!
//! Source: Markowich & Zlámal 1988 (inverse-average flux); Scharfetter & Gummel 1969.

use crate::grid::Grid;
use crate::problem::Interpretation;
use crate::problem::breaks::{Breaks, rim};
use crate::problem::{DiffusionField, Dynamics};
use crate::scheme::Weight;
use crate::scheme::course::Course;
use crate::scheme::flow::{EdgeError, EdgeFlow, Resistance, flow_of};
use crate::scheme::rule::Rule;
use crate::scheme::selling::Stencil;
use crate::scheme::weight::{self, transverse_factor};
use crate::tensor::{Point, Tensor, advance, difference, dot};

/// The rise above which z is taken as linear along an edge: the panels then miss the layer at the higher end that
/// dominates the integral (0.2 % are missed at this rise, half at four times it).
pub(super) const UNRESOLVED_RISE: f64 = 1024.0;

/// What an edge takes from D at one of its points.
pub(super) struct Conduction {
    /// The factor m of the resistance integrand.
    pub(super) metric: f64,
    /// λ_e e·D⁻¹e for the isothermal current, 0 otherwise.
    share: f64,
    /// Whether the edge or the tensor is oblique to the axes of the grid.
    is_oblique: bool,
}

/// Computes the flows along the edges of one process on one grid.
pub struct EdgeSampler<'a> {
    pub(super) dynamics: &'a Dynamics,
    pub(super) noise: &'a dyn DiffusionField,
    interpretation: Interpretation,
    pub(super) weight: Weight,
    pub(super) dimension: usize,
    turn: [f64; 2],
    spacing: [f64; 2],
    pub(super) five: Rule<5>,
    pub(super) eight: Rule<8>,
}

impl<'a> EdgeSampler<'a> {
    /// The sampler for the edges of `grid`.
    pub fn new(
        dynamics: &'a Dynamics,
        noise: &'a dyn DiffusionField,
        interpretation: Interpretation,
        weight: Weight,
        grid: &Grid,
    ) -> EdgeSampler<'a> {
        // The flux correction starts from a solution with the default weight.
        EdgeSampler {
            dynamics,
            noise,
            interpretation,
            weight,
            dimension: grid.dimension,
            turn: grid.turn,
            spacing: grid.spacing(),
            five: Rule::new(),
            eight: Rule::new(),
        }
    }

    /// Whether the rates are in detailed balance with a stationary distribution: true for a loss with D = d·I, unless
    /// the weight violates W_ij = e^{−z} W_ji.
    pub fn keeps_balance(&self) -> bool {
        self.weight.keeps_balance() && self.noise.temperature().is_some() && self.dynamics.loss().is_some()
    }

    /// D̃ = diag(1/h) Rᵀ D R diag(1/h), the tensor in index coordinates.
    pub fn index_tensor(&self, theta_tensor: Tensor) -> Tensor {
        let [hx, hy] = self.spacing;
        let turned = theta_tensor.turned(self.turn[0], self.turn[1]);
        Tensor { xx: turned.xx / (hx * hx), xy: turned.xy / (hx * hy), yy: turned.yy / (hy * hy) }
    }

    /// The widths of a cell along the grid's axes.
    pub(super) fn cell_widths(&self) -> [Point; 2] {
        let ([hx, hy], [cosine, sine]) = (self.spacing, self.turn);
        [[hx * cosine, hx * sine], [-hy * sine, hy * cosine]]
    }

    /// The factor by which a rate depends on the cell it leaves: λ_e (Itô), √λ_e (Stratonovich) or 1 (isothermal).
    pub fn leave(&self, weight: f64) -> f64 {
        match self.interpretation {
            Interpretation::Ito => weight,
            Interpretation::Stratonovich => weight.sqrt(),
            Interpretation::Isothermal => 1.0,
        }
    }

    /// The factors at both ends of an edge along a wall, whose conductance is known at the two ends only: its own value
    /// at each end (Itô), or their mean.
    pub fn leave_along_wall(&self, ends: [f64; 2]) -> [f64; 2] {
        match self.interpretation {
            Interpretation::Ito => ends,
            // Scalar noise only, for which no edge is replaced by conductance along a wall.
            Interpretation::Stratonovich | Interpretation::Isothermal => [0.5 * (ends[0] + ends[1]); 2],
        }
    }

    /// Whether the rates out of a cell take its own tensor (Itô).
    pub fn leaves_by_own_tensor(&self) -> bool {
        self.interpretation == Interpretation::Ito
    }

    /// The same sampler with weights W_ij that do not include the conductance.
    pub fn of_weights_alone(&self) -> EdgeSampler<'a> {
        EdgeSampler { interpretation: Interpretation::Ito, ..*self }
    }

    /// The interpretation of the noise.
    pub(super) fn interpretation(&self) -> Interpretation {
        self.interpretation
    }

    /// The factor m(s) of the resistance integrand, from λ_e(s).
    pub(super) fn metric(&self, weight: f64) -> f64 {
        match self.interpretation {
            Interpretation::Ito => 1.0,
            Interpretation::Stratonovich => 1.0 / weight.sqrt(),
            Interpretation::Isothermal => 1.0 / weight,
        }
    }

    /// The flow along the segment `from` → `to`, which is an edge of offset `offset` or a piece of one. Both end points
    /// are given rather than a step, so that neighbouring edges meet in the same floating-point numbers and their rises
    /// telescope.
    ///
    /// `ends` are λ_e at i and at j (0 at j if unknown); only weights that do not sample λ_e along the edge use them.
    ///
    /// # Errors
    /// [`EdgeError`]: the weight is not monotone here, or the slope or D is not finite or singular.
    pub fn flow(&self, from: Point, to: Point, offset: [i32; 2], ends: [f64; 2]) -> Result<EdgeFlow, EdgeError> {
        let plain = EdgeSampler { weight: self.weight.plain(), ..*self };
        let flow = match self.noise.temperature() {
            Some(d) => plain.flow_constant(from, to, offset, d, ends),
            None if self.noise.degenerates_along(from, to) => plain.flow_local(from, to, ends),
            None => match self.noise.plain_along(from, to) {
                Some(noise) => EdgeSampler { noise, ..plain }.flow_varying(from, to, offset, ends),
                None => plain.flow_varying(from, to, offset, ends),
            },
        }?;
        Ok(if self.weight == Weight::Transverse { flow.scaled(transverse_factor(flow.rise)) } else { flow })
    }

    fn flow_constant(
        &self,
        from: Point,
        to: Point,
        offset: [i32; 2],
        d: f64,
        ends: [f64; 2],
    ) -> Result<EdgeFlow, EdgeError> {
        let (weight, step) = (ends[0], difference(to, from));
        let Some(loss) = self.dynamics.loss() else {
            return self.flow_varying(from, to, offset, ends);
        };
        let start = loss.value(from);
        let rise = (loss.value(to) - start) / d;
        if !rise.is_finite() {
            return Err(EdgeError::NotFinite { at: from });
        }
        if self.weight != Weight::InverseAverage || rise.abs() > UNRESOLVED_RISE {
            return self.simple(rise, self.metric(weight).recip());
        }
        let mut resistance = Resistance::above(rise);
        let z = |s: f64| (loss.value(advance(from, s, step)) - start) / d;
        let breaks = loss.breaks(from, to);
        if breaks.is_empty() {
            self.nodes(rise, z, |_, w, z| resistance.add(z, w));
        } else {
            self.nodes_of_pieces(&breaks, rim(from, to), z, |_, w, z| resistance.add(z, w));
        }
        if resistance.is_blind() {
            return self.simple(rise, self.metric(weight).recip());
        }
        resistance.sum *= self.metric(weight);
        flow_of(resistance, rise, from)
    }

    /// Visits the nodes in [0, 1], their weights and z, on an edge that is split at `breaks`; `rim` is the distance
    /// from a break at which z is evaluated on either side.
    fn nodes_of_pieces(&self, breaks: &Breaks, rim: f64, z: impl Fn(f64) -> f64, mut visit: impl FnMut(f64, f64, f64)) {
        let mut begin = 0.0;
        for &end in breaks.as_slice().iter().chain(&[1.0]) {
            let width = end - begin;
            // z just inside: at the break itself it belongs to neither side.
            let (base, top) = (z(begin + rim.min(0.5 * width)), z(end - rim.min(0.5 * width)));
            let along = |s: f64| z(begin + width * s) - base;
            self.nodes(top - base, along, |s, w, z| visit(begin + width * s, w * width, base + z));
            begin = end;
        }
    }

    /// Visits the nodes in [0, 1] that an edge needs, with their weights and z.
    fn nodes(&self, rise: f64, z: impl Fn(f64) -> f64, mut visit: impl FnMut(f64, f64, f64)) {
        let five = self.five.nodes.map(&z);
        let course = Course::of(rise, &self.five.nodes, &five);
        if course.is_gentle() || !course.is_finite() {
            for ((s, w), z) in self.five.nodes.into_iter().zip(self.five.weights).zip(five) {
                visit(s, w, z);
            }
            return;
        }
        let (panels, width) = course.panels();
        for panel in 0..panels {
            for (s, w) in self.eight.nodes.into_iter().zip(self.eight.weights) {
                let s = (panel as f64 + s) * width;
                visit(s, w * width, z(s));
            }
        }
    }

    /// The moments ⟨sᵏ⟩, k = 1 … 4, over the segment `from` → `to` with the weight e^{φ}, s from −½ to ½. For a loss
    /// with D = d·I; NaN for any other process.
    pub fn moments(&self, from: Point, to: Point) -> [f64; 4] {
        let (Some(d), Some(loss)) = (self.noise.temperature(), self.dynamics.loss()) else {
            return [f64::NAN; 4];
        };
        let (start, step) = (loss.value(from), difference(to, from));
        let rise = (loss.value(to) - start) / d;
        let at = |s: f64| (loss.value(advance(from, s, step)) - start) / d;
        let (mut top, mut total, mut moments) = (rise.max(0.0), 0.0, [0.0; 4]);
        let add = |s: f64, w: f64, z: f64| {
            if z > top {
                let scale = (top - z).exp();
                (top, total, moments) = (z, total * scale, moments.map(|moment| moment * scale));
            }
            let mut weight = w * (z - top).exp();
            total += weight;
            for moment in &mut moments {
                weight *= s - 0.5;
                *moment += weight;
            }
        };
        let breaks = loss.breaks(from, to);
        if breaks.is_empty() {
            self.nodes(rise, at, add);
        } else {
            self.nodes_of_pieces(&breaks, rim(from, to), at, add);
        }
        // No node lies near the top of an edge that is far from resolved.
        if total > 0.0 { moments.map(|moment| moment / total) } else { [0.0; 4] }
    }

    fn flow_varying(&self, from: Point, to: Point, offset: [i32; 2], ends: [f64; 2]) -> Result<EdgeFlow, EdgeError> {
        let step = difference(to, from);
        let own = self.dynamics.breaks(from, to);
        let jumps = self.jumps(from, to, &own);
        let breaks = self.noise.breaks(from, to).with(own);
        let mut z = 0.0;
        let mut resistance = Resistance::NONE;
        let mut begin = 0.0;
        let add_jumps = |at: f64, z: &mut f64| {
            *z += jumps.iter().filter(|(place, _)| *place == at).map(|(_, jump)| jump).sum::<f64>();
        };
        add_jumps(0.0, &mut z);
        for &end in breaks.as_slice().iter().chain(&[1.0]) {
            self.piece(from, step, offset, [begin, end], &mut z, &mut resistance)?;
            add_jumps(end, &mut z);
            begin = end;
        }
        // The simpler weights use the mean of λ_e at the two ends.
        let conductance = match self.interpretation {
            Interpretation::Ito => 1.0,
            Interpretation::Stratonovich => 0.5 * (ends[0].sqrt() + ends[1].sqrt()),
            Interpretation::Isothermal => 0.5 * (ends[0] + ends[1]),
        };
        if self.weight != Weight::InverseAverage || z.abs() > UNRESOLVED_RISE {
            return self.simple(z, conductance);
        }
        // The end of the edge lies beyond the last node but also bounds the exponents.
        resistance.raise(z);
        if resistance.is_blind() {
            return self.simple(z, conductance);
        }
        let flow = flow_of(resistance, z, from)?;
        Ok(resistance.share.map_or(flow, |share| flow.scaled(share)))
    }

    /// The jumps of z at the breaks of the loss, ΔL/D along the edge, which the slopes on either side do not contain.
    /// An end of the edge may itself lie on a jump, at half of its height.
    pub(super) fn jumps(&self, from: Point, to: Point, breaks: &Breaks) -> Vec<(f64, f64)> {
        let Some(loss) = self.dynamics.loss().filter(|loss| loss.may_break()) else {
            return Vec::new();
        };
        let (step, rim) = (difference(to, from), rim(from, to));
        let length = dot(step, step);
        let at = |s: f64| advance(from, s, step);
        let jump = |place: f64, low: f64, high: f64| {
            let rise = loss.value(at(high)) - loss.value(at(low));
            // D is continuous where the loss jumps: any other problem is refused when it is posed.
            let along = dot(self.noise.tensor(at(place)).solve(step, self.dimension), step) / length;
            (place, if rise == 0.0 { 0.0 } else { rise * along })
        };
        let inside = breaks.as_slice().iter().map(|&s| jump(s, s - rim, s + rim));
        [jump(0.0, 0.0, rim), jump(1.0, 1.0 - rim, 1.0)].into_iter().chain(inside).collect()
    }

    /// Adds the part [begin, end] of an edge, in panels that are short enough for its rise.
    fn piece(
        &self,
        from: Point,
        step: Point,
        offset: [i32; 2],
        [begin, end]: [f64; 2],
        z: &mut f64,
        resistance: &mut Resistance,
    ) -> Result<(), EdgeError> {
        let (before, saved) = (*z, *resistance);
        let at_nodes = self.panel(&self.five, from, step, offset, [begin, end], z, resistance)?;
        let course = Course::of(*z - before, &self.five.nodes, &at_nodes.map(|z| z - before));
        if course.is_gentle() || !course.is_finite() || self.weight != Weight::InverseAverage {
            return Ok(());
        }
        (*z, *resistance) = (before, saved);
        let (panels, share) = course.panels();
        let width = (end - begin) * share;
        for panel in 0..panels {
            let left = begin + panel as f64 * width;
            self.panel(&self.eight, from, step, offset, [left, left + width], z, resistance)?;
        }
        Ok(())
    }

    /// Adds one panel; returns z at its nodes.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn panel<const N: usize>(
        &self,
        rule: &Rule<N>,
        from: Point,
        step: Point,
        offset: [i32; 2],
        [begin, end]: [f64; 2],
        z: &mut f64,
        resistance: &mut Resistance,
    ) -> Result<[f64; N], EdgeError> {
        let width = end - begin;
        let (mut slopes, mut metrics, mut share, mut is_oblique) = ([0.0; N], [1.0; N], 0.0, false);
        for (k, node) in rule.nodes.into_iter().enumerate() {
            let at = advance(from, begin + node * width, step);
            let (slope, tensor) = self.noise.slope_and_tensor(self.dynamics, at);
            slopes[k] = dot(tensor.solve(slope, self.dimension), step);
            if !slopes[k].is_finite() {
                return Err(EdgeError::NotFinite { at });
            }
            let conduction = self.conduction(tensor, offset);
            metrics[k] = conduction.metric;
            is_oblique |= conduction.is_oblique;
            share += width * rule.weights[k] * conduction.share;
        }
        // Pieces before the first oblique one have all of the conduction.
        if is_oblique || resistance.share.is_some() {
            resistance.share = Some(resistance.share.unwrap_or(begin) + share);
        }
        let weighed =
            |weights: &[f64; N]| weights.iter().zip(&slopes).map(|(weight, slope)| weight * slope).sum::<f64>();
        let at_nodes = rule.collocation.map(|weights| *z + width * weighed(&weights));
        for ((at, weight), metric) in at_nodes.into_iter().zip(rule.weights).zip(metrics) {
            resistance.add(at, width * weight * metric);
        }
        *z += width * weighed(&rule.weights);
        Ok(at_nodes)
    }

    /// The conduction of an edge where D is this tensor.
    pub(super) fn conduction(&self, tensor: Tensor, offset: [i32; 2]) -> Conduction {
        if self.interpretation == Interpretation::Ito {
            return Conduction { metric: 1.0, share: 0.0, is_oblique: false };
        }
        let tensor = self.index_tensor(tensor);
        let weight = Stencil::of(tensor, self.dimension).map_or(0.0, |stencil| stencil.weight(offset));
        let is_isothermal = self.interpretation == Interpretation::Isothermal;
        let is_oblique = is_isothermal && (tensor.xy != 0.0 || (offset[0] != 0 && offset[1] != 0));
        let metric = match is_oblique {
            true => {
                let along = offset.map(f64::from);
                dot(tensor.solve(along, self.dimension), along)
            }
            false => self.metric(weight),
        };
        Conduction { metric, share: if is_isothermal && weight > 0.0 { weight * metric } else { 0.0 }, is_oblique }
    }

    fn simple(&self, rise: f64, conductance: f64) -> Result<EdgeFlow, EdgeError> {
        let (forward, backward) = weight::of_rise(self.weight, rise).ok_or(EdgeError::NotMonotone { rise })?;
        Ok(EdgeFlow { rise, forward: conductance * forward, backward: conductance * backward })
    }
}
