//! stub
#![allow(missing_docs)]
use crate::problem::ProblemError;
use crate::tensor::Point;
pub struct Expression;
impl Expression {
    pub fn parse(_: &str, _: &str, _: usize) -> Result<Expression, ProblemError> {
        todo!()
    }
    pub fn value(&self, _: Point) -> f64 {
        todo!()
    }
}
pub struct Condition;
impl Condition {
    pub fn parse(_: &str, _: &str, _: usize) -> Result<Condition, ProblemError> {
        todo!()
    }
    pub fn holds(&self, _: Point) -> bool {
        todo!()
    }
    pub fn margin(&self, _: Point) -> f64 {
        todo!()
    }
}
