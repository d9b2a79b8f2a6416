//! The ends of windows, on cells.
//!
//! Beside the end of a window the density goes like Re √z, and what a grid makes of that is the same with its end
//! elsewhere. On the half-plane, with spacings h_t along the wall and h_n across it measured in √D, and a face that is
//! open to the part s of its conductance before faces that are all open,
//! ```text
//! the end of the grid's solution lies  ¼√(h_t² + h_n²) − ν h_t  before the beginning of that face,   ν(s) = s(1 + β)/(1 + βs)
//! β = a + √(1 + a²) − 1,   a = h_t/h_n
//! ```
//! (the dependence on s is that of a perturbation at one cell; the two constants were read off solutions on 120 × 60
//! and 200 × 100 cells for a = ¼ … 4, and agree with them to what the size of those leaves, 0.2 %). A window whose ends
//! are put so far further out, and whose last face is open to the part s of what its length asks for, ends where it
//! should. Full tensors are sheared along the wall to their Schur complement there, for which the constants are nearly
//! right.

use crate::tensor::Tensor;

/// How the end of a window is to be put on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WindowRim {
    /// How far beyond the end of the window.
    pub(super) beyond: f64,
    beta: f64,
}

impl WindowRim {
    /// Under a tensor on a grid with this spacing, in a wall across an axis.
    pub(super) fn new(tensor: Tensor, spacing: [f64; 2], axis: usize) -> WindowRim {
        let [normal, tangent] = if axis == 0 { [tensor.xx, tensor.yy] } else { [tensor.yy, tensor.xx] };
        let along = tangent - tensor.xy * tensor.xy / normal;
        let (across, step) = (spacing[axis] / normal.sqrt(), spacing[1 - axis] / along.sqrt());
        let aspect = step / across;
        let rim =
            WindowRim { beyond: 0.25 * step.hypot(across) * along.sqrt(), beta: aspect + (aspect.hypot(1.0) - 1.0) };
        // Without noise along the wall, or across it, nothing reaches around an end.
        if rim.beyond.is_finite() && rim.beta.is_finite() { rim } else { WindowRim { beyond: 0.0, beta: 0.0 } }
    }

    /// The part of its conductance to which a face is open of which a part ν of its length lies in the window.
    pub(super) fn rate(self, length: f64) -> f64 {
        length / (1.0 + self.beta * (1.0 - length))
    }
}
