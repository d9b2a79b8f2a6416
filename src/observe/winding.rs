//! The mean winding rate of a stationary process around a periodic axis.
//!
//! The net flux through every section across the axis is the same:
//!
//! ```text
//! J = Σ_{edges through the section} (π_i q_ij − π_j q_ji) = mean velocity / period
//! ```
//! J is computed from the section at which the forward and the backward flow differ most in ratio, so that the fewest
//! digits cancel. This is usually the top of a barrier, which the process reaches independently from either side.

use serde::Serialize;

use crate::scaled::Scaled;
use crate::solve::Discretisation;

/// The relative rounding error from which on a winding is left out.
const KNOWN: f64 = 0.1;

/// The winding around one periodic axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Winding {
    /// The axis: 0 for x, 1 for y.
    pub axis: usize,
    /// The net winding rate J, in turns per unit of dynamical time; positive in the direction of the axis.
    pub rate: f64,
    /// The mean velocity along the axis, J times the period.
    pub mean_velocity: f64,
    /// An estimate of the relative rounding error of both.
    pub rounding: f64,
}

/// The winding around each periodic axis of a closed chain with the stationary distribution `law`. Windings with a
/// relative rounding error of 0.1 or more are left out.
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
        // Section k is the upper face of column k; a long edge crosses several sections.
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

/// |forward − backward| / max(forward, backward), from 0 to 1; 0 if both are 0.
fn uneven([forward, backward]: [Scaled; 2]) -> f64 {
    if forward == Scaled::ZERO && backward == Scaled::ZERO {
        return 0.0;
    }
    1.0 - (-(forward.ln() - backward.ln()).abs()).exp()
}
