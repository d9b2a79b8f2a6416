//! The functions in a formula that are smooth only piecewise.

use crate::problem::expression::graph::{Function, Graph, Id, Node, Pairing};

impl Graph {
    /// The nodes whose signs tell the smooth pieces of `root` apart, inner ones first.
    ///
    /// The denominator of a quotient counts if it is inside of a function that stays bounded: atan(1/x) jumps at 0,
    /// while 1/x alone has a pole.
    pub(super) fn switches(&mut self, root: Id) -> Vec<Id> {
        let bounded = |node: Node| match node {
            Node::Call(Function::Atan | Function::Tanh | Function::Erf | Function::Erfc | Function::Exp, a) => {
                [Some(a), None]
            }
            Node::Pair(Pairing::Atan2 | Pairing::Min | Pairing::Max, a, b) => [Some(a), Some(b)],
            _ => [None, None],
        };
        let used = self.used(&[root]);
        let arguments: Vec<Id> =
            (0..=root).filter(|&id| used[id]).flat_map(|id| bounded(self.nodes()[id])).flatten().collect();
        let below = self.used(&arguments);
        let mut switches = Vec::new();
        for id in (0..=root).filter(|&id| used[id]) {
            let switch = match self.nodes()[id] {
                Node::Call(Function::Abs | Function::Sign | Function::Step, a) => Some(a),
                Node::Pair(Pairing::Atan2, a, _) => Some(a),
                Node::Pair(Pairing::Min | Pairing::Max, a, b) => Some(self.pair(Pairing::Sub, a, b)),
                Node::Pair(Pairing::Div, _, b) if below[id] => Some(b),
                Node::Power(a, n) if n < 0 && below[id] => Some(a),
                Node::Call(Function::Tan, a) if below[id] => Some(self.call(Function::Cos, a)),
                _ => None,
            };
            let is_constant = |id: Id| matches!(self.nodes()[id], Node::Constant(_));
            switches.extend(switch.filter(|&switch| !is_constant(switch) && !switches.contains(&switch)));
        }
        switches
    }

    /// Whether the value at `root` may jump, not only its derivatives.
    pub(super) fn may_jump(&self, root: Id) -> bool {
        let used = self.used(&[root]);
        let jumps = |node: Node| match node {
            Node::Call(Function::Sign | Function::Step, _) | Node::Pair(Pairing::Atan2, ..) => true,
            Node::Call(Function::Atan | Function::Tanh | Function::Erf | Function::Erfc | Function::Exp, a) => {
                self.has_pole(a)
            }
            Node::Pair(Pairing::Min | Pairing::Max, a, b) => self.has_pole(a) || self.has_pole(b),
            _ => false,
        };
        (0..=root).any(|id| used[id] && jumps(self.nodes()[id]))
    }

    /// Whether the formula contains a division by something that is not constant.
    fn has_pole(&self, root: Id) -> bool {
        let used = self.used(&[root]);
        let is_constant = |id: Id| matches!(self.nodes()[id], Node::Constant(_));
        let divides = |node: Node| match node {
            Node::Pair(Pairing::Div, _, b) => !is_constant(b),
            Node::Power(_, n) => n < 0,
            Node::Call(function, _) => function == Function::Tan,
            _ => false,
        };
        (0..=root).any(|id| used[id] && divides(self.nodes()[id]))
    }

    /// Marks the nodes that these depend on, including themselves.
    pub(super) fn used(&self, roots: &[Id]) -> Vec<bool> {
        let mut used = vec![false; self.nodes().len()];
        roots.iter().for_each(|&root| used[root] = true);
        for id in (0..used.len()).rev() {
            if used[id] {
                match self.nodes()[id] {
                    Node::Constant(_) | Node::Variable(_) => {}
                    Node::Negative(a) | Node::Power(a, _) | Node::Call(_, a) => used[a] = true,
                    Node::Pair(_, a, b) => (used[a], used[b]) = (true, true),
                }
            }
        }
        used
    }
}
