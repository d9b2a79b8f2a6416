//! stub
#![allow(missing_docs)]
use crate::problem::{CriticalPoint, Dynamics};
use crate::tensor::Point;
pub struct Descent;
impl Descent {
    pub fn new(_: &Dynamics, _: &[CriticalPoint], _: &[Point], _: Point, _: Point) -> Descent {
        todo!()
    }
    pub fn limit(&self, _: Point) -> Option<usize> {
        todo!()
    }
}
