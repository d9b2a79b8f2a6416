//! Formulas as a graph without repeated subexpressions, and their derivatives.

use std::collections::HashMap;

/// The index of a node; a node uses only nodes with smaller indices.
pub(super) type Id = usize;

/// Functions of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Function {
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Exp,
    Log,
    Log2,
    Log10,
    Erf,
    Erfc,
    Sqrt,
    Abs,
    Sign,
    /// 1 for positive, 0 for negative arguments, ½ at 0.
    Step,
}

/// Functions of two arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pairing {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Atan2,
    Min,
    Max,
}

/// One node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// The bits of a constant.
    Constant(u64),
    /// Variable number 0 is x, 1 is y.
    Variable(usize),
    Negative(Id),
    /// An integer power, by multiplication.
    Power(Id, i32),
    Call(Function, Id),
    Pair(Pairing, Id, Id),
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    known: HashMap<Node, Id>,
    derivatives: HashMap<(Id, usize), Id>,
}

impl Graph {
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn put(&mut self, node: Node) -> Id {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        self.nodes.push(node);
        self.known.insert(node, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    pub(super) fn constant(&mut self, value: f64) -> Id {
        self.put(Node::Constant(value.to_bits()))
    }

    pub(super) fn variable(&mut self, axis: usize) -> Id {
        self.put(Node::Variable(axis))
    }

    fn value_of(&self, id: Id) -> Option<f64> {
        match self.nodes[id] {
            Node::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    pub(super) fn negative(&mut self, a: Id) -> Id {
        match (self.value_of(a), self.nodes[a]) {
            (Some(value), _) => self.constant(-value),
            (_, Node::Negative(inner)) => inner,
            _ => self.put(Node::Negative(a)),
        }
    }

    pub(super) fn power(&mut self, a: Id, n: i32) -> Id {
        match (n, self.value_of(a)) {
            (0, _) => self.constant(1.0),
            (1, _) => a,
            (_, Some(value)) => self.constant(value.powi(n)),
            _ => self.put(Node::Power(a, n)),
        }
    }

    pub(super) fn call(&mut self, function: Function, a: Id) -> Id {
        match self.value_of(a) {
            Some(value) => self.constant(function.of(value)),
            None => self.put(Node::Call(function, a)),
        }
    }

    pub(super) fn pair(&mut self, pairing: Pairing, a: Id, b: Id) -> Id {
        let (left, right) = (self.value_of(a), self.value_of(b));
        if let (Some(left), Some(right)) = (left, right) {
            return self.constant(pairing.of(left, right));
        }
        match (pairing, left, right) {
            (Pairing::Add, Some(0.0), _) | (Pairing::Mul, Some(1.0), _) => b,
            (Pairing::Add | Pairing::Sub, _, Some(0.0)) | (Pairing::Mul | Pairing::Div, _, Some(1.0)) => a,
            (Pairing::Sub, Some(0.0), _) | (Pairing::Mul, Some(-1.0), _) => self.negative(b),
            // 0·f is simplified to 0: where f is not finite, the value itself shows it.
            (Pairing::Mul, Some(0.0), _) | (Pairing::Mul, _, Some(0.0)) | (Pairing::Div, Some(0.0), _) => {
                self.constant(0.0)
            }
            (Pairing::Pow, _, Some(exponent)) if exponent.fract() == 0.0 && exponent.abs() <= 1024.0 => {
                self.power(a, exponent as i32)
            }
            (Pairing::Pow, _, Some(0.5)) => self.call(Function::Sqrt, a),
            (Pairing::Mul | Pairing::Add, _, Some(_)) => self.put(Node::Pair(pairing, b, a)),
            _ => self.put(Node::Pair(pairing, a, b)),
        }
    }

    /// ∂node/∂(x or y), simplified as it is built.
    pub(super) fn derivative(&mut self, id: Id, axis: usize) -> Id {
        if let Some(&known) = self.derivatives.get(&(id, axis)) {
            return known;
        }
        let found = match self.nodes[id] {
            Node::Constant(_) => self.constant(0.0),
            Node::Variable(own) => self.constant(if own == axis { 1.0 } else { 0.0 }),
            Node::Negative(a) => {
                let da = self.derivative(a, axis);
                self.negative(da)
            }
            Node::Power(a, n) => {
                let (da, lower) = (self.derivative(a, axis), self.power(a, n - 1));
                let factor = self.constant(f64::from(n));
                let slope = self.pair(Pairing::Mul, factor, lower);
                self.pair(Pairing::Mul, slope, da)
            }
            Node::Call(function, a) => {
                let da = self.derivative(a, axis);
                let slope = self.slope(function, a, id);
                self.pair(Pairing::Mul, slope, da)
            }
            Node::Pair(pairing, a, b) => self.derivative_of_pair(pairing, [a, b], id, axis),
        };
        self.derivatives.insert((id, axis), found);
        found
    }

    /// f'(a), where `whole` is the node of f(a).
    fn slope(&mut self, function: Function, a: Id, whole: Id) -> Id {
        let (one, two) = (self.constant(1.0), self.constant(2.0));
        let square = self.power(a, 2);
        let rest = self.pair(Pairing::Sub, one, square);
        match function {
            Function::Sin => self.call(Function::Cos, a),
            Function::Cos => {
                let sin = self.call(Function::Sin, a);
                self.negative(sin)
            }
            Function::Tan => {
                let square = self.power(whole, 2);
                self.pair(Pairing::Add, one, square)
            }
            Function::Asin | Function::Acos => {
                let root = self.call(Function::Sqrt, rest);
                let slope = self.pair(Pairing::Div, one, root);
                if function == Function::Asin { slope } else { self.negative(slope) }
            }
            Function::Atan => {
                let sum = self.pair(Pairing::Add, one, square);
                self.pair(Pairing::Div, one, sum)
            }
            Function::Sinh => self.call(Function::Cosh, a),
            Function::Cosh => self.call(Function::Sinh, a),
            Function::Tanh => {
                let square = self.power(whole, 2);
                self.pair(Pairing::Sub, one, square)
            }
            Function::Exp => whole,
            Function::Log => self.pair(Pairing::Div, one, a),
            Function::Log2 | Function::Log10 => {
                let base = self.constant(if function == Function::Log2 { 2.0 } else { 10.0 });
                let scale = self.call(Function::Log, base);
                let scaled = self.pair(Pairing::Mul, scale, a);
                self.pair(Pairing::Div, one, scaled)
            }
            Function::Erf | Function::Erfc => {
                // ±2/√π e^{−a²}.
                let exponent = self.negative(square);
                let bell = self.call(Function::Exp, exponent);
                let sign = if function == Function::Erf { 1.0 } else { -1.0 };
                let scale = self.constant(sign * std::f64::consts::FRAC_2_SQRT_PI);
                self.pair(Pairing::Mul, scale, bell)
            }
            Function::Sqrt => {
                let twice = self.pair(Pairing::Mul, two, whole);
                self.pair(Pairing::Div, one, twice)
            }
            Function::Abs => self.call(Function::Sign, a),
            Function::Sign | Function::Step => self.constant(0.0),
        }
    }

    fn derivative_of_pair(&mut self, pairing: Pairing, [a, b]: [Id; 2], whole: Id, axis: usize) -> Id {
        let (da, db) = (self.derivative(a, axis), self.derivative(b, axis));
        match pairing {
            Pairing::Add | Pairing::Sub => self.pair(pairing, da, db),
            Pairing::Mul => {
                let (left, right) = (self.pair(Pairing::Mul, da, b), self.pair(Pairing::Mul, a, db));
                self.pair(Pairing::Add, left, right)
            }
            Pairing::Div => {
                let (left, right) = (self.pair(Pairing::Div, da, b), self.pair(Pairing::Mul, whole, db));
                let right = self.pair(Pairing::Div, right, b);
                self.pair(Pairing::Sub, left, right)
            }
            Pairing::Pow => {
                // a^b (b' ln a + b a'/a); for constant b only b a^{b−1} a', which also holds at a = 0.
                let one = self.constant(1.0);
                let exponent = self.pair(Pairing::Sub, b, one);
                let lower = self.pair(Pairing::Pow, a, exponent);
                let slope = self.pair(Pairing::Mul, b, lower);
                let from_base = self.pair(Pairing::Mul, slope, da);
                if self.value_of(db) == Some(0.0) {
                    return from_base;
                }
                let log = self.call(Function::Log, a);
                let growth = self.pair(Pairing::Mul, whole, log);
                let from_exponent = self.pair(Pairing::Mul, growth, db);
                self.pair(Pairing::Add, from_base, from_exponent)
            }
            Pairing::Atan2 => {
                // d atan2(a, b) = (b a' − a b')/(a² + b²)
                let (left, right) = (self.pair(Pairing::Mul, b, da), self.pair(Pairing::Mul, a, db));
                let (aa, bb) = (self.power(a, 2), self.power(b, 2));
                let (above, below) = (self.pair(Pairing::Sub, left, right), self.pair(Pairing::Add, aa, bb));
                self.pair(Pairing::Div, above, below)
            }
            Pairing::Min | Pairing::Max => {
                let ahead = self.pair(Pairing::Sub, a, b);
                let a_larger = self.call(Function::Step, ahead);
                let one = self.constant(1.0);
                let b_larger = self.pair(Pairing::Sub, one, a_larger);
                let (for_a, for_b) = if pairing == Pairing::Max { (a_larger, b_larger) } else { (b_larger, a_larger) };
                let (left, right) = (self.pair(Pairing::Mul, for_a, da), self.pair(Pairing::Mul, for_b, db));
                self.pair(Pairing::Add, left, right)
            }
        }
    }
}

impl Function {
    pub(super) fn of(self, a: f64) -> f64 {
        match self {
            Function::Sin => a.sin(),
            Function::Cos => a.cos(),
            Function::Tan => a.tan(),
            Function::Asin => a.asin(),
            Function::Acos => a.acos(),
            Function::Atan => a.atan(),
            Function::Sinh => a.sinh(),
            Function::Cosh => a.cosh(),
            Function::Tanh => a.tanh(),
            Function::Exp => a.exp(),
            Function::Log => a.ln(),
            Function::Log2 => a.log2(),
            Function::Log10 => a.log10(),
            Function::Erf => libm::erf(a),
            Function::Erfc => libm::erfc(a),
            Function::Sqrt => a.sqrt(),
            Function::Abs => a.abs(),
            Function::Sign if a == 0.0 => 0.0,
            Function::Sign => a.signum(),
            Function::Step => 0.5 + 0.5 * Function::Sign.of(a),
        }
    }
}

impl Pairing {
    pub(super) fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Pairing::Add => a + b,
            Pairing::Sub => a - b,
            Pairing::Mul => a * b,
            Pairing::Div => a / b,
            Pairing::Pow => a.powf(b),
            Pairing::Atan2 => a.atan2(b),
            Pairing::Min => a.min(b),
            Pairing::Max => a.max(b),
        }
    }
}
