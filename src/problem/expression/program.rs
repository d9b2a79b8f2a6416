//! Straight-line programs: a list of operations, each with its own result slot.

use std::ops::Index;

use crate::problem::expression::graph::{Function, Graph, Id, Node, Pairing};
use crate::tensor::{LANES, Point, Points, widest};

#[derive(Clone, Copy, Debug)]
enum Operation {
    Constant(f64),
    Variable(usize),
    Negative(usize),
    Square(usize),
    Power(usize, i32),
    Call(Function, usize),
    Add(usize, usize),
    Sub(usize, usize),
    Mul(usize, usize),
    Pair(Pairing, usize, usize),
}

/// A program with N results.
#[derive(Clone, Debug)]
pub(crate) struct Program<const N: usize> {
    operations: Vec<Operation>,
    results: [usize; N],
}

/// The number of slots on the stack for short and for longer programs; still longer ones allocate.
const SHORT: usize = 24;
const LONG: usize = 192;

impl<const N: usize> Program<N> {
    /// The operations that the results depend on, in the graph's order.
    pub(super) fn new(graph: &Graph, results: [Id; N]) -> Program<N> {
        let nodes = graph.nodes();
        let mut needed = vec![false; nodes.len()];
        for id in results {
            needed[id] = true;
        }
        for id in (0..nodes.len()).rev() {
            if needed[id] {
                match nodes[id] {
                    Node::Constant(_) | Node::Variable(_) => {}
                    Node::Negative(a) | Node::Power(a, _) | Node::Call(_, a) => needed[a] = true,
                    Node::Pair(_, a, b) => (needed[a], needed[b]) = (true, true),
                }
            }
        }
        let mut place = vec![0; nodes.len()];
        let mut operations = Vec::new();
        for (id, node) in nodes.iter().enumerate().filter(|&(id, _)| needed[id]) {
            place[id] = operations.len();
            operations.push(match *node {
                Node::Constant(bits) => Operation::Constant(f64::from_bits(bits)),
                Node::Variable(axis) => Operation::Variable(axis),
                Node::Negative(a) => Operation::Negative(place[a]),
                Node::Power(a, 2) => Operation::Square(place[a]),
                Node::Power(a, n) => Operation::Power(place[a], n),
                Node::Call(function, a) => Operation::Call(function, place[a]),
                Node::Pair(Pairing::Add, a, b) => Operation::Add(place[a], place[b]),
                Node::Pair(Pairing::Sub, a, b) => Operation::Sub(place[a], place[b]),
                Node::Pair(Pairing::Mul, a, b) => Operation::Mul(place[a], place[b]),
                Node::Pair(pairing, a, b) => Operation::Pair(pairing, place[a], place[b]),
            });
        }
        Program { operations, results: results.map(|id| place[id]) }
    }

    /// Whether a coordinate occurs in it.
    pub(super) fn uses(&self, axis: usize) -> bool {
        self.operations.iter().any(|operation| matches!(operation, Operation::Variable(own) if *own == axis))
    }

    /// Whether it is a sum of coordinates and constants, with either sign.
    pub(super) fn is_affine(&self) -> bool {
        let is_sum = |operation: &Operation| {
            use Operation::{Add, Constant, Negative, Sub, Variable};
            matches!(operation, Constant(_) | Variable(_) | Negative(_) | Add(..) | Sub(..))
        };
        self.operations.iter().all(is_sum)
    }

    /// Evaluates the program at a point.
    pub(crate) fn run(&self, theta: Point) -> [f64; N] {
        let length = self.operations.len();
        if length <= SHORT {
            self.run_in(&theta, &mut [0.0; SHORT])
        } else if length <= LONG {
            self.run_in(&theta, &mut [0.0; LONG])
        } else {
            self.run_in(&theta, &mut vec![0.0; length])
        }
    }

    /// Evaluates the program at every point of a block, one operation after the other over all lanes.
    pub(super) fn run_block(&self, at: &Points, results: [&mut [f64; LANES]; N]) {
        let mut places = vec![[0.0; LANES]; self.operations.len()];
        widest(
            #[inline(always)]
            || {
                for (k, operation) in self.operations.iter().enumerate() {
                    let (known, rest) = places.split_at_mut(k);
                    let to = &mut rest[0];
                    match *operation {
                        Operation::Constant(value) => *to = [value; LANES],
                        Operation::Variable(axis) => *to = if axis == 0 { at.x } else { at.y },
                        Operation::Negative(a) => lanes(to, |lane| -known[a][lane]),
                        Operation::Square(a) => lanes(to, |lane| known[a][lane] * known[a][lane]),
                        Operation::Power(a, n) => lanes(to, |lane| known[a][lane].powi(n)),
                        Operation::Call(function, a) => lanes(to, |lane| function.of(known[a][lane])),
                        Operation::Add(a, b) => lanes(to, |lane| known[a][lane] + known[b][lane]),
                        Operation::Sub(a, b) => lanes(to, |lane| known[a][lane] - known[b][lane]),
                        Operation::Mul(a, b) => lanes(to, |lane| known[a][lane] * known[b][lane]),
                        Operation::Pair(Pairing::Div, a, b) => lanes(to, |lane| known[a][lane] / known[b][lane]),
                        Operation::Pair(pairing, a, b) => lanes(to, |lane| pairing.of(known[a][lane], known[b][lane])),
                    }
                }
            },
        );
        for (result, k) in results.into_iter().zip(self.results) {
            *result = places[k];
        }
    }

    /// Evaluates the program with the variables of a named formula.
    pub(super) fn run_on(&self, variables: &[f64]) -> [f64; N] {
        self.run_in(variables, &mut vec![0.0; self.operations.len()])
    }

    #[inline]
    fn run_in<V: Index<usize, Output = f64> + ?Sized>(&self, theta: &V, places: &mut [f64]) -> [f64; N] {
        for (k, operation) in self.operations.iter().enumerate() {
            places[k] = match *operation {
                Operation::Constant(value) => value,
                Operation::Variable(axis) => theta[axis],
                Operation::Negative(a) => -places[a],
                Operation::Square(a) => places[a] * places[a],
                Operation::Power(a, n) => places[a].powi(n),
                Operation::Call(function, a) => function.of(places[a]),
                Operation::Add(a, b) => places[a] + places[b],
                Operation::Sub(a, b) => places[a] - places[b],
                Operation::Mul(a, b) => places[a] * places[b],
                Operation::Pair(pairing, a, b) => pairing.of(places[a], places[b]),
            };
        }
        self.results.map(|k| places[k])
    }
}

#[inline(always)]
fn lanes(to: &mut [f64; LANES], f: impl Fn(usize) -> f64) {
    for (lane, value) in to.iter_mut().enumerate() {
        *value = f(lane);
    }
}
