//! Formulas over named numbers, such as `-log(rate)/noise.batch_size`, with the functions and precedence of formulas in
//! θ.

use crate::problem::expression::ExpressionError;
use crate::problem::expression::graph::{Graph, Node};
use crate::problem::expression::parse::{Parser, Variables};
use crate::problem::expression::program::Program;

/// A formula over named numbers. A number may be given by its logarithm alone, as rates below 1e-308 are; `log(rate)`
/// then uses it.
#[derive(Clone, Debug)]
pub struct NamedFormula {
    text: String,
    names: Vec<String>,
    value: Program<1>,
    /// The indices of the names that it uses.
    uses: Vec<usize>,
    /// The index of the name, if the formula consists of a name only.
    alone: Option<usize>,
}

/// The known value of a named number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Known {
    /// The number; `None` if it is out of range or unknown.
    pub value: Option<f64>,
    /// Its natural logarithm, if it is known more accurately than from the number.
    pub logarithm: Option<f64>,
}

impl Known {
    fn ln(self) -> f64 {
        self.logarithm.or(self.value.map(f64::ln)).unwrap_or(f64::NAN)
    }
}

impl NamedFormula {
    /// Parses a formula in which these names may occur.
    ///
    /// # Errors
    /// [`ExpressionError`] for a text that is not a formula, with the byte offset of the fault.
    pub fn parse(text: &str, names: &[String]) -> Result<NamedFormula, ExpressionError> {
        let mut graph = Graph::default();
        let root = Parser::new(text, Variables::Listed(names))?.formula(&mut graph)?;
        let alone = match graph.nodes()[root] {
            Node::Variable(place) if place < names.len() => Some(place),
            _ => None,
        };
        let used = graph.nodes().iter().filter_map(|node| match node {
            Node::Variable(place) => Some(place % names.len()),
            _ => None,
        });
        let uses = used.collect();
        Ok(NamedFormula { text: text.into(), names: names.to_vec(), value: Program::new(&graph, [root]), uses, alone })
    }

    /// Whether the formula uses a name.
    pub fn uses(&self, name: &str) -> bool {
        self.uses.iter().any(|&place| self.names[place] == name)
    }

    /// The value; NaN if a number that it needs is unknown.
    pub fn value(&self, known: impl Fn(&str) -> Known) -> f64 {
        self.value.run_on(&self.variables(known))[0]
    }

    /// The logarithm of the value; if the formula is a single name, from the logarithm of that number.
    pub fn logarithm(&self, known: impl Fn(&str) -> Known) -> f64 {
        match self.alone {
            Some(place) => known(&self.names[place]).ln(),
            None => self.value(known).ln(),
        }
    }

    fn variables(&self, known: impl Fn(&str) -> Known) -> Vec<f64> {
        let mut variables = vec![f64::NAN; 2 * self.names.len()];
        for &place in &self.uses {
            let known = known(&self.names[place]);
            variables[place] = known.value.unwrap_or(f64::NAN);
            variables[self.names.len() + place] = known.ln();
        }
        variables
    }
}

impl std::fmt::Display for NamedFormula {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}
