//! Noise given by formulas.

use crate::problem::breaks::Breaks;
use crate::problem::expression::Expression;
use crate::problem::noise::DiffusionField;
use crate::tensor::{LANES, Point, Points, Tensor};

/// A diffusion tensor given by formulas for its entries D₁₁, D₁₂ and D₂₂.
pub struct FormulaNoise {
    d11: Expression,
    /// D₁₂ and D₂₂; `None` in one dimension.
    rest: Option<(Expression, Expression)>,
}

impl FormulaNoise {
    /// The field D₁₁ in one dimension.
    pub fn line(d11: Expression) -> FormulaNoise {
        FormulaNoise { d11, rest: None }
    }

    /// The field with these entries in two dimensions.
    pub fn plane(d11: Expression, d12: Expression, d22: Expression) -> FormulaNoise {
        FormulaNoise { d11, rest: Some((d12, d22)) }
    }

    fn entries(&self) -> impl Iterator<Item = &Expression> {
        std::iter::once(&self.d11).chain(self.rest.iter().flat_map(|(d12, d22)| [d12, d22]))
    }
}

impl DiffusionField for FormulaNoise {
    fn jumps(&self) -> bool {
        self.entries().any(Expression::may_jump)
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.entries().fold(Breaks::default(), |breaks, entry| breaks.with(entry.breaks(from, to)))
    }
    fn tensor(&self, theta: Point) -> Tensor {
        let (xy, yy) = match &self.rest {
            None => (0.0, 0.0),
            Some((d12, d22)) => (d12.value(theta), d22.value(theta)),
        };
        Tensor { xx: self.d11.value(theta), xy, yy }
    }
    fn tensors(&self, at: &Points, tensors: &mut [[f64; LANES]; 3]) {
        let [xx, xy, yy] = tensors;
        self.d11.values(at, xx);
        match &self.rest {
            None => (*xy, *yy) = ([0.0; LANES], [0.0; LANES]),
            Some((d12, d22)) => {
                d12.values(at, xy);
                d22.values(at, yy);
            }
        }
    }
    fn silent_axis(&self) -> Option<usize> {
        let (d12, d22) = self.rest.as_ref()?;
        [&self.d11, d22].iter().position(|along| along.is_zero() && d12.is_zero())
    }
    fn is_scalar(&self) -> bool {
        self.rest.is_none()
    }
}
