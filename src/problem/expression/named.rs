//! Formulas over numbers that have names, such as `-log(rate)/noise.batch_size`: the same words and precedence as in
//! space.

use crate::problem::expression::ExpressionError;
use crate::problem::expression::graph::{Graph, Node};
use crate::problem::expression::parse::{Parser, Variables};
use crate::problem::expression::program::Program;

/// A formula over named numbers. A number may be known by its logarithm alone, as rates below 1e-308 are: `log(rate)`
/// takes that.
#[derive(Clone, Debug)]
pub struct NamedFormula {
    text: String,
    names: Vec<String>,
    value: Program<1>,
    /// Places of the names that it uses.
    uses: Vec<usize>,
    /// The name that it is, where it is nothing else.
    alone: Option<usize>,
}

/// What is known of a named number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Known {
    /// The number.
    pub value: Option<f64>,
    /// Its natural logarithm, where it is known better than from the number.
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
    /// A text that is no formula, with the byte offset of the fault.
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

    /// Whether a name occurs in it.
    pub fn uses(&self, name: &str) -> bool {
        self.uses.iter().any(|&place| self.names[place] == name)
    }

    /// Its value; NaN where a number that it needs is not known.
    pub fn value(&self, known: impl Fn(&str) -> Known) -> f64 {
        self.value.run_on(&self.variables(known))[0]
    }

    /// The logarithm of its value, from the logarithm of the number where it is nothing but a name.
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
