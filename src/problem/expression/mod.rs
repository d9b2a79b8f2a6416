//! Formulas from users, with exact first and second derivatives.
//!
//! The precedence is the usual one: `-x^2` is −(x²), `2^3^2` is 2⁹, `1e-3*x` a number times x, `2*-x`, `sin(x)^2`; `**`
//! is `^`. A product must be written: `2*x`, never `2x`. A formula is parsed into a graph without repeated
//! subexpressions, differentiated there symbolically, and compiled to straight-line programs for the value, the
//! gradient and both with the Hessian.

mod error;
mod graph;
mod named;
mod parse;
mod pole;
mod program;
mod switch;
mod token;

pub use error::{ExpressionError, ExpressionFault};
pub use named::{Known, NamedFormula};

use std::sync::Arc;

use crate::problem::breaks::Breaks;
use crate::problem::expression::graph::{Graph, Node};
use crate::problem::expression::parse::{Parser, Variables};
use crate::problem::expression::program::Program;
use crate::tensor::{LANES, Point, Points, Tensor, advance, difference};

/// A formula in x and y.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    dimension: usize,
    value: Program<1>,
    gradient: Program<2>,
    jet: Program<6>,
    /// The functions whose signs tell the smooth pieces of f apart.
    switches: Arc<[Program<1>]>,
    /// The denominators in f that are not constant.
    denominators: Arc<[Program<1>]>,
    may_jump: bool,
    is_zero: bool,
}

/// The value and the derivatives at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet {
    /// f.
    pub value: f64,
    /// ∇f.
    pub gradient: Point,
    /// The second derivatives H.
    pub hessian: Tensor,
}

impl Expression {
    /// Parses a formula of a problem in one or two dimensions.
    ///
    /// # Errors
    /// [`ExpressionError`] for a text that is not a formula, with the byte offset of the fault.
    pub fn parse(text: &str, dimension: usize) -> Result<Expression, ExpressionError> {
        let mut graph = Graph::default();
        let root = Parser::new(text, Variables::Point(dimension))?.formula(&mut graph)?;
        let (switches, may_jump) = (graph.switches(root), graph.may_jump(root));
        let denominators = graph.denominators(root);
        let [fx, fy] = [0, 1].map(|axis| graph.derivative(root, axis));
        let (fxx, fxy, fyy) = (graph.derivative(fx, 0), graph.derivative(fx, 1), graph.derivative(fy, 1));
        Ok(Expression {
            text: text.to_string(),
            dimension,
            value: Program::new(&graph, [root]),
            gradient: Program::new(&graph, [fx, fy]),
            jet: Program::new(&graph, [root, fx, fy, fxx, fxy, fyy]),
            switches: switches.into_iter().map(|switch| Program::new(&graph, [switch])).collect(),
            denominators: denominators.into_iter().map(|under| Program::new(&graph, [under])).collect(),
            may_jump,
            is_zero: matches!(graph.nodes()[root], Node::Constant(bits) if f64::from_bits(bits) == 0.0),
        })
    }

    /// The number of variables, 1 or 2.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// f(θ).
    pub fn value(&self, theta: Point) -> f64 {
        self.value.run(theta)[0]
    }

    /// ∇f(θ).
    pub fn gradient(&self, theta: Point) -> Point {
        self.gradient.run(theta)
    }

    /// Whether f is the constant 0.
    pub fn is_zero(&self) -> bool {
        self.is_zero
    }

    /// The fractions of a segment at which f or a derivative of f may jump: where the argument of a `step`, `sign`,
    /// `abs`, `min`, `max` or `atan2` changes sign.
    pub fn breaks(&self, from: Point, to: Point) -> Breaks {
        let mut breaks = Breaks::default();
        let step = difference(to, from);
        // Inner functions first: between their breaks the outer ones are smooth.
        for switch in self.switches.iter() {
            breaks.add_roots(|s| switch.run(advance(from, s, step))[0]);
        }
        breaks
    }

    /// Whether [`Expression::breaks`] may find any.
    pub fn may_break(&self) -> bool {
        !self.switches.is_empty()
    }

    /// Whether f itself may jump, and not only its derivatives.
    pub fn may_jump(&self) -> bool {
        self.may_jump
    }

    /// f at every point of a block.
    pub fn values(&self, at: &Points, values: &mut [f64; LANES]) {
        self.value.run_block(at, [values]);
    }

    /// ∇f at every point of a block.
    pub fn gradients(&self, at: &Points, gradients: &mut Points) {
        self.gradient.run_block(at, [&mut gradients.x, &mut gradients.y]);
    }

    /// Value, gradient and Hessian together.
    pub fn jet(&self, theta: Point) -> Jet {
        let [value, x, y, xx, xy, yy] = self.jet.run(theta);
        Jet { value, gradient: [x, y], hessian: Tensor { xx, xy, yy } }
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A set of points given by comparisons (`x < 0.1`, `x^2 + y^2 <= 1 and y > 0`, `not (x > 1)`, `0 < x < 1`) or by a
/// function that is positive inside.
#[derive(Clone, Debug)]
pub struct Condition {
    tree: Tree,
}

#[derive(Clone)]
pub(crate) enum Tree {
    /// margin > 0, or ≥ 0.
    Positive {
        margin: Program<1>,
        or_zero: bool,
    },
    /// margin > 0.
    Closure(Arc<dyn Fn(Point) -> f64 + Send + Sync>),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

impl Condition {
    /// Parses a condition on the points of one or two dimensions.
    ///
    /// # Errors
    /// [`ExpressionError`] for a text that is not a condition, with the byte offset of the fault.
    pub fn parse(text: &str, dimension: usize) -> Result<Condition, ExpressionError> {
        Ok(Condition { tree: Parser::new(text, Variables::Point(dimension))?.condition()? })
    }

    /// The set on which a function is positive. If the function is continuous with its zero on the boundary, the
    /// crossing of an edge with the boundary is found to rounding by root finding; a function that jumps there is
    /// bisected.
    pub fn positive(margin: impl Fn(Point) -> f64 + Send + Sync + 'static) -> Condition {
        Condition { tree: Tree::Closure(Arc::new(margin)) }
    }

    /// Whether θ satisfies the condition.
    pub fn holds(&self, theta: Point) -> bool {
        self.tree.holds(theta)
    }

    /// The coordinate whose comparison with a constant it is (`x < 0.1`, `not (y > -1)`), so that it holds on one side of a
    /// point; `None` if it is anything else.
    pub fn threshold(&self) -> Option<usize> {
        let margin = self.tree.one_margin()?;
        match [0, 1].map(|axis| margin.uses(axis)) {
            [true, false] if margin.is_affine() => Some(0),
            [false, true] if margin.is_affine() => Some(1),
            _ => None,
        }
    }

    /// The conditions that all have to hold.
    pub fn parts(&self) -> Vec<Condition> {
        let mut parts = Vec::new();
        self.tree.collect(&mut parts);
        parts
    }

    /// The margin of θ: positive inside, zero on the boundary, in the units of the comparisons.
    pub fn margin(&self, theta: Point) -> f64 {
        self.tree.margin(theta)
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Tree::Positive { or_zero: true, .. } => formatter.write_str("margin >= 0"),
            Tree::Positive { .. } => formatter.write_str("margin > 0"),
            Tree::Closure(_) => formatter.write_str("function > 0"),
            Tree::Not(inner) => write!(formatter, "not ({inner:?})"),
            Tree::And(left, right) => write!(formatter, "({left:?}) and ({right:?})"),
            Tree::Or(left, right) => write!(formatter, "({left:?}) or ({right:?})"),
        }
    }
}

impl Tree {
    /// The margin of a single comparison.
    fn one_margin(&self) -> Option<&Program<1>> {
        match self {
            Tree::Positive { margin, .. } => Some(margin),
            Tree::Not(inner) => inner.one_margin(),
            Tree::Closure(_) | Tree::And(..) | Tree::Or(..) => None,
        }
    }

    fn collect(&self, parts: &mut Vec<Condition>) {
        match self {
            Tree::And(left, right) => [left, right].into_iter().for_each(|part| part.collect(parts)),
            tree => parts.push(Condition { tree: tree.clone() }),
        }
    }

    fn holds(&self, theta: Point) -> bool {
        match self {
            Tree::Positive { margin, or_zero } => {
                let value = margin.run(theta)[0];
                value > 0.0 || (*or_zero && value == 0.0)
            }
            Tree::Closure(margin) => margin(theta) > 0.0,
            Tree::Not(inner) => !inner.holds(theta),
            Tree::And(left, right) => left.holds(theta) && right.holds(theta),
            Tree::Or(left, right) => left.holds(theta) || right.holds(theta),
        }
    }

    fn margin(&self, theta: Point) -> f64 {
        match self {
            Tree::Positive { margin, .. } => margin.run(theta)[0],
            Tree::Closure(margin) => margin(theta),
            Tree::Not(inner) => -inner.margin(theta),
            Tree::And(left, right) => left.margin(theta).min(right.margin(theta)),
            Tree::Or(left, right) => left.margin(theta).max(right.margin(theta)),
        }
    }
}
