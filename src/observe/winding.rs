//! How a stationary process runs around a periodic axis.
//!
//! As much passes every section across the axis, forward less backward:
//!
//! ```text
//! J = Σ_{edges through the section} (π_i q_ij − π_j q_ji) = mean velocity / period
//! ```
//! J is read where forward and backward are the least alike, which is where the fewest digits are lost: at the top of a
//! barrier, from either side of which the process comes independently.

use serde::Serialize;

use crate::scaled::Scaled;
use crate::solve::Discretisation;

/// What rounding may leave unknown of a winding that is said.
const KNOWN: f64 = 0.1;

/// The running around one periodic axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Winding {
    /// 0 for x, 1 for y.
    pub axis: usize,
    /// J: times around the axis per unit of time, forward less backward.
    pub rate: f64,
    /// The mean velocity along it.
    pub mean_velocity: f64,
    /// What rounding leaves unknown of either, relative to it.
    pub rounding: f64,
}

/// The running around each periodic axis of a closed chain, from its stationary law; slower than rounding, none.
pub fn windings(closed: &Discretisation<'_>, law: &[Scaled]) -> Vec<Winding> {
    let periodic = (0..closed.grid.dimension).filter(|&axis| closed.grid.periodic[axis]);
    let around = periodic.map(|axis| around(closed, law, axis));
    around.filter(|winding| winding.rounding < KNOWN).collect()
}

fn around(closed: &Discretisation<'_>, law: &[Scaled], axis: usize) -> Winding {
    let (grid, assembly) = (&closed.grid, &closed.assembly);
    let sections = grid.cells[axis];
    let mut through = vec![[Scaled::ZERO; 2]; sections];
    for pair in &assembly.pairs {
        let offset = i32::from(pair.offset[axis]);
        let [there, back] =
            [(pair.from, pair.forward), (pair.to, pair.backward)].map(|(state, rate)| law[state as usize] * rate);
        let [forward, backward] = if offset > 0 { [there, back] } else { [back, there] };
        // Section k lies behind column k; a long edge passes several.
        let from = grid.indices(assembly.cells[pair.from as usize] as usize)[axis] as i32;
        let first = if offset > 0 { from } else { from + offset };
        for section in first..first + offset.abs() {
            let sums = &mut through[section.rem_euclid(sections as i32) as usize];
            *sums = [sums[0].plus(forward), sums[1].plus(backward)];
        }
    }
    let best = through.into_iter().max_by(|one, other| uneven(*one).total_cmp(&uneven(*other)));
    let [forward, backward] = best.unwrap_or([Scaled::ZERO; 2]);
    let share = uneven([forward, backward]);
    let is_forward = forward.ln() >= backward.ln();
    let rate = if is_forward { share * forward.value() } else { -share * backward.value() };
    Winding {
        axis,
        rate,
        mean_velocity: rate * (grid.cells[axis] as f64 * grid.spacing()[axis]),
        rounding: f64::EPSILON * sections as f64 / share,
    }
}

/// The difference over the larger of both, without a sign: 1 where all goes one way.
fn uneven([forward, backward]: [Scaled; 2]) -> f64 {
    if forward == Scaled::ZERO && backward == Scaled::ZERO {
        return 0.0;
    }
    1.0 - (-(forward.ln() - backward.ln()).abs()).exp()
}
