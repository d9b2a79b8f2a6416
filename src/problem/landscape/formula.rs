//! Losses and drifts given by formulas.

use crate::problem::breaks::Breaks;
use crate::problem::dynamics::DriftField;
use crate::problem::expression::{Expression, ExpressionError};
use crate::problem::landscape::Landscape;
use crate::tensor::{LANES, Point, Points, Tensor};

/// A loss given by a formula in x and y.
pub struct Formula {
    expression: Expression,
}

impl Formula {
    /// Parses the formula of a loss in one or two dimensions.
    ///
    /// # Errors
    /// [`ExpressionError`] for a text that is not a formula, with the byte offset of the fault.
    pub fn new(text: &str, dimension: usize) -> Result<Formula, ExpressionError> {
        Ok(Formula { expression: Expression::parse(text, dimension)? })
    }
}

impl From<Expression> for Formula {
    fn from(expression: Expression) -> Formula {
        Formula { expression }
    }
}

impl Landscape for Formula {
    fn dimension(&self) -> usize {
        self.expression.dimension()
    }
    fn value(&self, theta: Point) -> f64 {
        self.expression.value(theta)
    }
    fn gradient(&self, theta: Point) -> Point {
        self.expression.gradient(theta)
    }
    fn values(&self, at: &Points, values: &mut [f64; LANES]) {
        self.expression.values(at, values);
    }
    fn gradients(&self, at: &Points, gradients: &mut Points) {
        self.expression.gradients(at, gradients);
    }
    fn hessian(&self, theta: Point) -> Tensor {
        self.expression.jet(theta).hessian
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.expression.breaks(from, to)
    }
    fn may_break(&self) -> bool {
        self.expression.may_break()
    }
    fn typical_box(&self) -> (Point, Point) {
        // The default for a formula: critical points are usually within a few units.
        ([-5.0; 2], [5.0; 2])
    }
    fn knows_its_box(&self) -> bool {
        false
    }
}

/// A drift given by one formula per component.
pub struct FormulaDrift {
    x: Expression,
    /// `None` in one dimension.
    y: Option<Expression>,
}

impl FormulaDrift {
    /// The drift in one dimension with this component.
    pub fn line(x: Expression) -> FormulaDrift {
        FormulaDrift { x, y: None }
    }

    /// The drift in two dimensions with these components.
    pub fn plane(x: Expression, y: Expression) -> FormulaDrift {
        FormulaDrift { x, y: Some(y) }
    }
}

impl DriftField for FormulaDrift {
    fn dimension(&self) -> usize {
        if self.y.is_some() { 2 } else { 1 }
    }
    fn drift(&self, theta: Point) -> Point {
        [self.x.value(theta), self.y.as_ref().map_or(0.0, |y| y.value(theta))]
    }
    fn drifts(&self, at: &Points, drifts: &mut Points) {
        self.x.values(at, &mut drifts.x);
        match &self.y {
            Some(y) => y.values(at, &mut drifts.y),
            None => drifts.y = [0.0; LANES],
        }
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.y.iter().fold(self.x.breaks(from, to), |breaks, component| breaks.with(component.breaks(from, to)))
    }
    fn may_break(&self) -> bool {
        self.x.may_break() || self.y.as_ref().is_some_and(Expression::may_break)
    }
    fn jacobian(&self, theta: Point) -> [Point; 2] {
        [self.x.gradient(theta), self.y.as_ref().map_or([0.0; 2], |y| y.gradient(theta))]
    }
}
