//! Losses, drifts and noises that are functions of Python.

use saddleflux::problem::dynamics::DriftField;
use saddleflux::problem::{DiffusionField, Landscape};
use saddleflux::tensor::{LANES, Point, Points, Tensor};

use super::call::Caller;
use super::chebyshev::Polynomial;
use super::rectangle::Rectangle;
use super::sampled::{Looked, Sampled};

use super::witness::Witnesses;

/// Which polynomials are the entries of a vector or a tensor.
#[derive(Clone, Copy, Debug)]
struct Entries {
    first: usize,
    dimension: usize,
}

impl Entries {
    fn of_vector(self, of: &Sampled, theta: Point) -> Point {
        let second = if self.dimension == 2 { of.value(self.first + 1, theta) } else { 0.0 };
        [of.value(self.first, theta), second]
    }

    fn of_tensor(self, of: &Sampled, theta: Point) -> Tensor {
        let entry = |k: usize| if self.dimension == 2 { of.value(self.first + k, theta) } else { 0.0 };
        Tensor { xx: of.value(self.first, theta), xy: entry(1), yy: entry(2) }
    }
}

/// Entries of a symmetric tensor.
pub(super) fn entries(dimension: usize) -> usize {
    if dimension == 1 { 1 } else { 3 }
}

/// What a loss knows besides its value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Knows {
    pub(super) gradient: bool,
    pub(super) hessian: bool,
    pub(super) covariance: bool,
}

impl Knows {
    /// Which of the components are the first ones of gradient, Hessian and covariance.
    fn first(self, dimension: usize) -> [Option<usize>; 3] {
        let mut count = 1;
        let parts =
            [(self.gradient, dimension), (self.hessian, entries(dimension)), (self.covariance, entries(dimension))];
        parts.map(|(is_given, entries)| {
            let first = count;
            count += if is_given { entries } else { 0 };
            is_given.then_some(first)
        })
    }

    /// How many components there are.
    pub(super) fn components(self, dimension: usize) -> usize {
        let of = |is_given: bool, entries: usize| if is_given { entries } else { 0 };
        let tensors = of(self.hessian, entries(dimension)) + of(self.covariance, entries(dimension));
        1 + of(self.gradient, dimension) + tensors
    }
}

/// L(θ), its derivatives given or by those of its polynomials.
pub(crate) struct LossFunction {
    sampled: Sampled,
    dimension: usize,
    gradient: Entries,
    hessian: Entries,
    covariance: Option<Entries>,
    knows_its_box: bool,
}

impl LossFunction {
    pub(super) fn new(
        caller: Caller,
        knows: Knows,
        home: Rectangle,
        knows_its_box: bool,
        seen: Witnesses,
    ) -> LossFunction {
        let dimension = caller.dimension;
        let [gradient, hessian, covariance] = knows.first(dimension);
        let components = caller.components;
        let derive = move |known: &[Polynomial], slopes: Point| {
            let mut more = Vec::new();
            let own: Vec<Polynomial> = match gradient {
                Some(first) => known[first..first + dimension].to_vec(),
                None => (0..dimension).map(|axis| known[0].derivative(axis, slopes[axis])).collect(),
            };
            if gradient.is_none() {
                more.extend(own.iter().cloned());
            }
            if hessian.is_none() {
                more.push(own[0].derivative(0, slopes[0]));
                if dimension == 2 {
                    more.push(own[0].derivative(1, slopes[1]));
                    more.push(own[1].derivative(1, slopes[1]));
                }
            }
            more
        };
        let behind = components + if gradient.is_none() { dimension } else { 0 };
        let at = |first: usize| Entries { first, dimension };
        LossFunction {
            sampled: Sampled::new(caller, Box::new(derive), home, seen),
            dimension,
            gradient: at(gradient.unwrap_or(components)),
            hessian: at(hessian.unwrap_or(behind)),
            covariance: covariance.map(at),
            knows_its_box,
        }
    }

    /// What the polynomials leave of L where it is somewhere below a level.
    pub(super) fn error(&self, level: f64) -> f64 {
        self.sampled.error(0, level)
    }

    /// Compares it with the function at further points.
    pub(super) fn compare(&self, points: &[Point], level: f64) -> Looked {
        self.sampled.compare(points, level)
    }
}

impl Landscape for LossFunction {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, theta: Point) -> f64 {
        self.sampled.value(0, theta)
    }
    fn gradient(&self, theta: Point) -> Point {
        self.gradient.of_vector(&self.sampled, theta)
    }
    fn hessian(&self, theta: Point) -> Tensor {
        self.hessian.of_tensor(&self.sampled, theta)
    }
    fn values(&self, at: &Points, values: &mut [f64; LANES]) {
        self.sampled.block(at, &[0], &mut [values]);
    }
    fn gradients(&self, at: &Points, gradients: &mut Points) {
        vectors(&self.sampled, self.gradient, at, gradients);
    }
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        Some(self.covariance?.of_tensor(&self.sampled, theta))
    }
    fn typical_box(&self) -> (Point, Point) {
        self.sampled.corners()
    }
    fn knows_its_box(&self) -> bool {
        self.knows_its_box
    }
}

/// A vector at every point of a block, which may be the block that is written.
fn vectors(of: &Sampled, entries: Entries, at: &Points, into: &mut Points) {
    let mut found = Points::all([0.0; 2]);
    let Points { x, y } = &mut found;
    match entries.dimension {
        1 => of.block(at, &[entries.first], &mut [x]),
        _ => of.block(at, &[entries.first, entries.first + 1], &mut [x, y]),
    }
    *into = found;
}

/// b(θ), its Jacobian by its polynomials.
pub(crate) struct DriftFunction {
    sampled: Sampled,
    dimension: usize,
}

impl DriftFunction {
    pub(super) fn new(caller: Caller, home: Rectangle, seen: Witnesses) -> DriftFunction {
        let dimension = caller.dimension;
        // Rows of ∂bᵢ/∂θⱼ behind the components.
        let derive = move |known: &[Polynomial], slopes: Point| {
            let pairs = (0..dimension).flat_map(|row| (0..dimension).map(move |axis| (row, axis)));
            pairs.map(|(row, axis)| known[row].derivative(axis, slopes[axis])).collect()
        };
        DriftFunction { sampled: Sampled::new(caller, Box::new(derive), home, seen), dimension }
    }

    /// What the polynomials leave of b.
    pub(super) fn error(&self) -> f64 {
        (0..self.dimension).map(|axis| self.sampled.error(axis, f64::INFINITY)).fold(0.0, f64::max)
    }

    /// Compares it with the function at further points.
    pub(super) fn compare(&self, points: &[Point]) -> Looked {
        self.sampled.compare(points, f64::INFINITY)
    }
}

impl DriftField for DriftFunction {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn drift(&self, theta: Point) -> Point {
        Entries { first: 0, dimension: self.dimension }.of_vector(&self.sampled, theta)
    }
    fn drifts(&self, at: &Points, drifts: &mut Points) {
        vectors(&self.sampled, Entries { first: 0, dimension: self.dimension }, at, drifts);
    }
    fn jacobian(&self, theta: Point) -> [Point; 2] {
        let row = |row: usize| {
            Entries { first: self.dimension * (1 + row), dimension: self.dimension }.of_vector(&self.sampled, theta)
        };
        [row(0), if self.dimension == 2 { row(1) } else { [0.0; 2] }]
    }
}

/// D(θ): a scalar times the identity, or a tensor.
pub(crate) struct NoiseFunction {
    sampled: Sampled,
    dimension: usize,
    is_scalar: bool,
}

impl NoiseFunction {
    pub(super) fn new(caller: Caller, is_scalar: bool, home: Rectangle, seen: Witnesses) -> NoiseFunction {
        let dimension = caller.dimension;
        let sampled = Sampled::new(caller, Box::new(|_: &[Polynomial], _: Point| Vec::new()), home, seen);
        NoiseFunction { sampled, dimension, is_scalar }
    }

    /// What the polynomials leave of D's entries.
    pub(super) fn error(&self) -> f64 {
        let components = if self.is_scalar { 1 } else { entries(self.dimension) };
        (0..components).map(|entry| self.sampled.error(entry, f64::INFINITY)).fold(0.0, f64::max)
    }

    /// Compares it with the function at further points.
    pub(super) fn compare(&self, points: &[Point]) -> Looked {
        self.sampled.compare(points, f64::INFINITY)
    }
}

impl DiffusionField for NoiseFunction {
    fn tensor(&self, theta: Point) -> Tensor {
        match self.is_scalar {
            true => Tensor::isotropic(self.sampled.value(0, theta), self.dimension),
            false => Entries { first: 0, dimension: self.dimension }.of_tensor(&self.sampled, theta),
        }
    }
    fn tensors(&self, at: &Points, [xx, xy, yy]: &mut [[f64; LANES]; 3]) {
        (*xy, *yy) = ([0.0; LANES], [0.0; LANES]);
        match (self.is_scalar, self.dimension) {
            (true, 1) | (false, 1) => self.sampled.block(at, &[0], &mut [xx]),
            (true, _) => {
                self.sampled.block(at, &[0], &mut [&mut *xx]);
                *yy = *xx;
            }
            (false, _) => self.sampled.block(at, &[0, 1, 2], &mut [xx, xy, yy]),
        }
    }
    fn is_scalar(&self) -> bool {
        self.is_scalar || self.dimension == 1
    }
}
