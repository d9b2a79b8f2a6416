//! Transport along reflecting walls, in place of the edges of a full tensor that leave through them.
//!
//! At such a wall n·D∇u = 0. The difference of u along a dropped edge e = (e_t, e_n) is therefore e_t − e_n r times its
//! derivative along the wall, r = D_tn/D_nn. Half of the edge's conductance belongs to the cell:
//! ```text
//! c_i = Σ_dropped ½ λ_e (e_t − e_n r)²     between neighbours along the wall, with the ordinary weight W along it
//! ```
//! Then the total along the wall is the Schur complement D_tt − D_tn²/D_nn. Edges that pass over whole rows of cells
//! (|e_n| ≥ 2) let u in the rows next to the wall deviate from the rows behind them; the conductance that is lost by
//! this is added to the first row ([`crate::generator::rows`]).
//!
//! Itô's rates take the tensor of the cell that is left, and then the wall cells lack a drift along the wall: there
//! n·D∇u = 0 ties u's derivative across the wall to the one along it, r changes from place to place, and half a cell
//! lies between the centre and the wall. Expansion of the generator at the wall, in index units with the names of
//! [`crate::generator::rows`], gives
//! ```text
//! β = −½ [∂_t r Σ λ_e e_n² e_t + Σ ∂_n λ_e e_n² (e_t − e_n r)] − Σ_m Θ_m ∂_t A_m + Σ_m m A_m ∂_n Λ_m
//! ```
//! for the drift along the wall that the rates lack; it is −½ (Dn · ∇) r if no edge passes over a row. It enters the
//! pairs along the wall by the exact weight of a constant drift, β/(1 − e^(−β/c)), which is c for β = 0. With
//! isothermal noise the mean of the conductances at both ends contains this drift already.
//!
//! Walls that are oblique to a turned grid are not covered: the grid has no edge along them.

use rayon::prelude::*;

use crate::generator::assembly::{AssemblyError, worse};
use crate::generator::edges::{Context, Stencils};
use crate::generator::rows::Rows;
use crate::generator::{Exit, Pair};
use crate::scheme::{Edge, EdgeFlow, Segment, Stencil};

/// The pairs and exits that replace the edges dropped at reflecting walls.
pub(super) struct AlongWalls {
    pub(super) pairs: Vec<Pair>,
    pub(super) exits: Vec<Exit>,
}

/// The transport of a state along a wall in the direction of one axis of the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Along {
    /// The conductance c.
    conductance: f64,
    /// The drift β.
    drift: f64,
}

impl Along {
    /// Whether conductance and drift are both 0.
    fn is_none(self) -> bool {
        self == Along::default()
    }

    /// Returns the mean of both conductances and of both drifts.
    fn mean(self, other: Along) -> Along {
        let half = |a: f64, b: f64| 0.5 * (a + b);
        Along { conductance: half(self.conductance, other.conductance), drift: half(self.drift, other.drift) }
    }

    /// The factor βl/(1 − e^(−βl/c)) of the rate of a step of length l, which is c for β = 0; `sense` is the sign of
    /// the step along the axis.
    fn leave(self, sense: f64, length: f64) -> f64 {
        let (c, drift) = (self.conductance, sense * self.drift * length);
        match drift {
            0.0 => c,
            _ if c == 0.0 => drift.max(0.0),
            _ => drift / -(-drift / c).exp_m1(),
        }
    }
}

impl Context<'_> {
    /// The tangential pairs and exits of all states, whose cells are given; empty for diagonal tensors.
    pub(super) fn along_walls(&self, cells: &[u32]) -> Result<AlongWalls, AssemblyError> {
        let mut found = AlongWalls { pairs: Vec::new(), exits: Vec::new() };
        if self.grid.dimension == 1 {
            return Ok(found);
        }
        let all = self.states_along(cells);
        let of = |state: usize, axis: usize| {
            let place = all.binary_search_by_key(&state, |entry| entry.0);
            place.map_or(Along::default(), |place| all[place].1[axis])
        };
        let (mut paths, mut leaves, mut cut_segments) = (Vec::new(), Vec::new(), Vec::new());
        for &(state, along) in &all {
            let indices = self.grid.indices(cells[state] as usize);
            let from = self.centre(indices, [0, 0]);
            for (axis, sign) in [(0, 1), (0, -1), (1, 1), (1, -1)] {
                if along[axis].is_none() {
                    continue;
                }
                let mut offset = [0, 0];
                offset[axis] = sign;
                let (unsigned, sense) = (offset.map(i32::abs), f64::from(sign));
                match self.neighbour(indices, offset) {
                    Some(other) if other == state => {}
                    Some(other) => {
                        let there = of(other, axis);
                        // A pair is stored with its first cell; with its second only if the first has no such edge.
                        if sign == 1 || there.is_none() {
                            // Where a wall ends within the pair, each tensor uses the mean of what it has at both
                            // cells, so that the pair is in balance for each tensor.
                            let places = [indices, self.grid.indices(cells[other] as usize)];
                            let ends = [
                                along[axis].mean(self.along(state, places)[axis]),
                                there.mean(self.along(other, [places[1], places[0]])[axis]),
                            ];
                            let (to, [i, j]) = (self.centre(indices, offset), [state, other].map(|state| state as u32));
                            let offset = offset.map(|c| c as i8);
                            found.pairs.push(Pair { from: i, to: j, offset, forward: 0.0, backward: 0.0, rise: 0.0 });
                            leaves.push([ends[0].leave(sense, 1.0), ends[1].leave(-sense, 1.0)]);
                            paths.push(Segment { from, to, offset: unsigned, ends: ends.map(|end| end.conductance) });
                        }
                    }
                    None => {
                        if let Some((fraction, share)) = self.fate(indices, from, self.step(offset), offset).absorbed()
                        {
                            let to = self.point_along(indices, offset, fraction);
                            found.exits.push(Exit { state: state as u32, rate: 0.0, offset, position: to, fraction });
                            let ends = [share * along[axis].leave(sense, fraction); 2];
                            cut_segments.push(Segment { from, to, offset: unsigned, ends });
                        }
                    }
                }
            }
        }
        self.find_rates_along(&mut found, (&paths, &leaves), &cut_segments)?;
        Ok(found)
    }

    /// The states with tangential edges, in order, with their transport along each axis.
    fn states_along(&self, cells: &[u32]) -> Vec<(usize, [Along; 2])> {
        cells
            .par_iter()
            .enumerate()
            .map(|(state, &cell)| (state, self.along(state, [self.grid.indices(cell as usize); 2])))
            .filter(|(_, along)| along.iter().any(|along| !along.is_none()))
            .collect()
    }

    fn find_rates_along(
        &self,
        found: &mut AlongWalls,
        (paths, leaves): (&[Segment], &[[f64; 2]]),
        cut_segments: &[Segment],
    ) -> Result<(), AssemblyError> {
        let weights = self.sampler.of_weights_alone();
        let mut flows: Vec<EdgeFlow> = Vec::new();
        let mut failures = self.failures(paths, weights.flows(paths, &mut flows));
        for ((pair, leave), flow) in found.pairs.iter_mut().zip(leaves).zip(&flows) {
            let [here, there] = self.sampler.leave_along_wall(*leave);
            pair.rise = flow.rise as f32;
            (pair.forward, pair.backward) = (here * flow.forward, there * flow.backward);
        }
        failures.append(&mut self.failures(cut_segments, weights.flows(cut_segments, &mut flows)));
        for ((exit, way), flow) in found.exits.iter_mut().zip(cut_segments).zip(&flows) {
            exit.rate = way.ends[0] * flow.forward / exit.fraction;
        }
        failures.into_iter().reduce(worse).map_or(Ok(()), Err)
    }

    /// The transport along both axes at the walls of the cell with the indices `indices`, by the tensor of the state
    /// `state` in the cell with the indices `own`.
    fn along(&self, state: usize, [own, indices]: [[usize; 2]; 2]) -> [Along; 2] {
        let (mut along, mut shares) = ([0.0; 2], [0.0; 2]);
        let stencil = self.stencils.of(state);
        if self.has_drift_along() {
            for (axis, share) in shares.iter_mut().enumerate() {
                *share = self.reflected(indices, axis);
            }
        }
        let drift = |tangent: usize| match shares[1 - tangent] {
            0.0 => 0.0,
            share => share * self.drift_along(own, tangent),
        };
        self.add_conductances(stencil, indices, &mut along);
        [0, 1].map(|axis| Along { conductance: along[axis], drift: drift(axis) })
    }

    /// Adds the conductances along both axes.
    fn add_conductances(&self, stencil: &Stencil, indices: [usize; 2], along: &mut [f64; 2]) {
        if stencil.edges().iter().all(|edge| edge.offset.contains(&0)) {
            return;
        }
        let from = self.centre(indices, [0, 0]);
        for edge in stencil.edges() {
            for sign in [1, -1] {
                let offset = edge.offset.map(|c| sign * c);
                if self.neighbour(indices, offset).is_some() {
                    continue;
                }
                let fate = self.fate(indices, from, self.step(offset), offset);
                for (normal, share) in fate.reflected().into_iter().flatten() {
                    let tangent = 1 - normal;
                    let slip = slip(stencil, edge, tangent);
                    along[tangent] += share * 0.5 * edge.weight * slip * slip;
                }
            }
        }
        for normal in 0..2 {
            let most = stencil.edges().iter().map(|edge| edge.offset[normal].abs()).max().unwrap_or(0);
            if most < 2 || along[1 - normal] == 0.0 {
                continue;
            }
            let walls = self.reflected(indices, normal);
            if walls > 0.0 {
                along[1 - normal] += walls * Rows::new(stencil, normal).map_or(0.0, |rows| rows.deviation().lost);
            }
        }
    }

    /// The number of walls of a cell normal to an axis that reflect, each counted with the share that reflects.
    fn reflected(&self, indices: [usize; 2], normal: usize) -> f64 {
        let from = self.centre(indices, [0, 0]);
        let reflects = |sign: i32| {
            let mut offset = [0, 0];
            offset[normal] = sign;
            let way = || self.fate(indices, from, self.step(offset), offset).reflected()[0];
            let wall = if self.neighbour(indices, offset).is_none() { way() } else { None };
            wall.map_or(0.0, |(axis, share)| if axis == normal { share } else { 0.0 })
        };
        reflects(1) + reflects(-1)
    }

    /// Whether the rates of cells at walls need a drift along them.
    fn has_drift_along(&self) -> bool {
        self.sampler.leaves_by_own_tensor() && matches!(self.stencils, Stencils::Each(_))
    }

    /// The drift β along an axis at a wall across the other, in index units, by differences over the cell; 0 if a
    /// tensor there has no stencil.
    fn drift_along(&self, [ix, iy]: [usize; 2], tangent: usize) -> f64 {
        let normal = 1 - tangent;
        let at = |along: f64, across: f64| {
            let by = if tangent == 0 { [along, across] } else { [across, along] };
            self.sampler.index_tensor(self.noise.tensor(self.grid.position(ix as f64 + by[0], iy as f64 + by[1])))
        };
        let rows = |along: f64, across: f64| Rows::new(&Stencil::of(at(along, across), 2).ok()?, normal);
        let around = [rows(0.0, 0.0), rows(-0.5, 0.0), rows(0.5, 0.0), rows(0.0, -0.5), rows(0.0, 0.5)];
        let [Some(here), Some(before), Some(after), Some(inside), Some(outside)] = around else { return 0.0 };
        let across = |of: &dyn Fn(&Rows) -> f64| of(&outside) - of(&inside);
        let mut drift = (after.slope - before.slope) * here.tangential(2) + across(&|rows| rows.tangential(2))
            - here.slope * across(&|rows| rows.weighted(3));
        drift *= -0.5;
        if around_passes_rows([&here, &before, &after, &inside, &outside]) {
            let [deviation, earlier, later] = [&here, &before, &after].map(Rows::deviation);
            for rise in 1..=here.highest().max(inside.highest()).max(outside.highest()) {
                drift += rise as f64 * deviation.sum(rise) * across(&|rows| rows.weight(rise))
                    - here.tangent(rise) * (later.sum(rise) - earlier.sum(rise));
            }
        }
        // A drift larger than the conductance of the noise along the wall is no longer a derivative and is limited to
        // it; one far smaller is rounding.
        let tensor = at(0.0, 0.0);
        let [along, towards] = if tangent == 0 { [tensor.xx, tensor.yy] } else { [tensor.yy, tensor.xx] };
        let most = along - tensor.xy * tensor.xy / towards;
        if most > 0.0 && drift.abs() >= 1e-12 * most { drift.clamp(-most, most) } else { 0.0 }
    }
}

/// Whether an edge passes over whole rows.
fn around_passes_rows(rows: [&Rows; 5]) -> bool {
    rows.iter().any(|rows| rows.highest() > 1)
}

/// e_t − e_n D_tn/D_nn: the difference along an edge per unit of the derivative along the wall.
fn slip(stencil: &Stencil, edge: &Edge, tangent: usize) -> f64 {
    let normal = 1 - tangent;
    let sum = |of: &dyn Fn([f64; 2]) -> f64| -> f64 {
        stencil.edges().iter().map(|edge| edge.weight * of(edge.offset.map(f64::from))).sum()
    };
    let normal_normal = sum(&|e| e[normal] * e[normal]);
    let [et, en] = [edge.offset[tangent], edge.offset[normal]].map(f64::from);
    match normal_normal > 0.0 {
        true => et - en * (sum(&|e| e[tangent] * e[normal]) / normal_normal),
        // The edge does not leave through the wall.
        false => 0.0,
    }
}
