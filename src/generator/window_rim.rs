//! The position of the ends of a window on the cells of a grid.
//!
//! Near the end of a window the density behaves like Re √z. The discrete solution has the same form with a displaced
//! end. On a half-plane, with cell widths h_t along the wall and h_n across it in units of √D, and a face that absorbs
//! with the fraction s of its conductance followed by faces that absorb fully,
//! ```text
//! the end of the grid's solution lies  ¼√(h_t² + h_n²) − ν h_t  before the beginning of that face,   ν(s) = s(1 + β)/(1 + βs)
//! β = a + √(1 + a²) − 1,   a = h_t/h_n
//! ```
//! (The dependence on s is that of a rank-one perturbation at one cell. The two constants were fitted to solutions on
//! 120 × 60 and 200 × 100 cells for a = ¼ … 4 and agree with them within their truncation error, 0.2 %.) To place the
//! end of a window correctly, its ends are moved outwards by this distance, and its last face absorbs with the fraction
//! s that belongs to the covered length ν. For full tensors the Schur complement D_tt − D_tn²/D_nn along the wall is
//! used, for which the constants are nearly right.

use crate::tensor::Tensor;

/// The displacement of the end of a window on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WindowRim {
    /// The distance beyond the end of the window.
    pub(super) beyond: f64,
    beta: f64,
}

impl WindowRim {
    /// The displacement for a tensor on a grid with this cell width, in a wall normal to an axis.
    pub(super) fn new(tensor: Tensor, spacing: [f64; 2], axis: usize) -> WindowRim {
        let [normal, tangent] = if axis == 0 { [tensor.xx, tensor.yy] } else { [tensor.yy, tensor.xx] };
        let along = tangent - tensor.xy * tensor.xy / normal;
        let (across, step) = (spacing[axis] / normal.sqrt(), spacing[1 - axis] / along.sqrt());
        let aspect = step / across;
        let rim =
            WindowRim { beyond: 0.25 * step.hypot(across) * along.sqrt(), beta: aspect + (aspect.hypot(1.0) - 1.0) };
        // Without noise along or across the wall no path leads around the end of the window.
        if rim.beyond.is_finite() && rim.beta.is_finite() { rim } else { WindowRim { beyond: 0.0, beta: 0.0 } }
    }

    /// The fraction of its conductance with which a face absorbs if the fraction ν of its length lies in the window.
    pub(super) fn rate(self, length: f64) -> f64 {
        length / (1.0 + self.beta * (1.0 - length))
    }
}
