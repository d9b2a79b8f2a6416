//! Losses and drifts given by formulas.

use crate::problem::breaks::Breaks;
use crate::problem::dynamics::DriftField;
use crate::problem::error::ProblemError;
use crate::problem::expression::Expression;
use crate::problem::landscape::Landscape;
use crate::tensor::{LANES, Point, Points, Tensor};

/// A loss given by a formula in x and y.
pub struct Formula {
    expression: Expression,
    dimension: usize,
}

impl Formula {
    /// Parses `landscape.expression`.
    pub fn new(text: &str, dimension: usize) -> Result<Formula, ProblemError> {
        Ok(Formula { expression: Expression::parse(text, "landscape.expression", dimension)?, dimension })
    }
}

impl Landscape for Formula {
    fn dimension(&self) -> usize {
        self.dimension
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
        // Nothing is known of a formula: a few units either way hold what people write.
        ([-5.0; 2], [5.0; 2])
    }
}

/// A drift given by one formula for each component.
pub struct FormulaDrift {
    components: Vec<Expression>,
}

impl FormulaDrift {
    /// Parses `landscape.drift`.
    pub fn new(texts: &[String], dimension: usize) -> Result<FormulaDrift, ProblemError> {
        let components = texts.iter().map(|text| Expression::parse(text, "landscape.drift", dimension));
        Ok(FormulaDrift { components: components.collect::<Result<_, _>>()? })
    }
}

impl DriftField for FormulaDrift {
    fn dimension(&self) -> usize {
        self.components.len()
    }
    fn drift(&self, theta: Point) -> Point {
        let mut drift = [0.0; 2];
        for (value, component) in drift.iter_mut().zip(&self.components) {
            *value = component.value(theta);
        }
        drift
    }
    fn drifts(&self, at: &Points, drifts: &mut Points) {
        drifts.y = [0.0; LANES];
        for (values, component) in [&mut drifts.x, &mut drifts.y].into_iter().zip(&self.components) {
            component.values(at, values);
        }
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.components.iter().fold(Breaks::default(), |breaks, component| breaks.with(component.breaks(from, to)))
    }
    fn may_break(&self) -> bool {
        self.components.iter().any(Expression::may_break)
    }
    fn jacobian(&self, theta: Point) -> [Point; 2] {
        let mut rows = [[0.0; 2]; 2];
        for (row, component) in rows.iter_mut().zip(&self.components) {
            *row = component.gradient(theta);
        }
        rows
    }
}
