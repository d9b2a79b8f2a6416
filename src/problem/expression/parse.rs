//! Precedence climbing (Pratt 1973) from text to graph.
//!
//! ```text
//! or < and < not < comparisons < + − < * / < unary − < ^ (right-associative; its right side may have a sign)
//! ```

use crate::problem::expression::Tree;
use crate::problem::expression::error::{ExpressionError, ExpressionFault};
use crate::problem::expression::graph::{Function, Graph, Id, Node, Pairing};
use crate::problem::expression::program::Program;
use crate::problem::expression::token::{Token, tokens};

/// A recursive-descent parser over the tokens of a text.
pub(super) struct Parser<'a> {
    text: &'a str,
    variables: Variables<'a>,
    tokens: Vec<(usize, Token<'a>)>,
    next: usize,
    depth: usize,
}

/// The names that may occur besides functions and constants.
#[derive(Clone, Copy)]
pub(super) enum Variables<'a> {
    /// x, and y in two dimensions.
    Point(usize),
    /// n listed names: variables 0 to n − 1 are their numbers, and n to 2n − 1 their logarithms, which may be known
    /// where the number is not.
    Listed(&'a [String]),
}

/// The depth limit of nesting, which protects the stack.
const DEEPEST: usize = 200;
/// The length limit of a text, in bytes, for which derivatives are built without noticeable delay.
const LONGEST: usize = 10_000;

const FUNCTIONS: [(&str, Function); 21] = [
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("tan", Function::Tan),
    ("asin", Function::Asin),
    ("acos", Function::Acos),
    ("atan", Function::Atan),
    ("sinh", Function::Sinh),
    ("cosh", Function::Cosh),
    ("tanh", Function::Tanh),
    ("exp", Function::Exp),
    ("log", Function::Log),
    ("ln", Function::Log),
    ("log2", Function::Log2),
    ("log10", Function::Log10),
    ("erf", Function::Erf),
    ("erfc", Function::Erfc),
    ("sqrt", Function::Sqrt),
    ("abs", Function::Abs),
    ("sign", Function::Sign),
    ("step", Function::Step),
    ("heaviside", Function::Step),
];
const PAIRINGS: [(&str, Pairing); 4] =
    [("atan2", Pairing::Atan2), ("min", Pairing::Min), ("max", Pairing::Max), ("pow", Pairing::Pow)];
const CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];
const COMPARISONS: [&str; 4] = ["<", "<=", ">", ">="];

type Parsed<T> = Result<T, ExpressionError>;

impl<'a> Parser<'a> {
    /// Splits the text into tokens.
    pub(super) fn new(text: &'a str, variables: Variables<'a>) -> Parsed<Parser<'a>> {
        let mut parser = Parser { text, variables, tokens: Vec::new(), next: 0, depth: 0 };
        if text.len() > LONGEST {
            return Err(parser.error(LONGEST, format!("a formula may have at most {LONGEST} characters")));
        }
        let names = match variables {
            Variables::Point(_) => &[],
            Variables::Listed(names) => names,
        };
        parser.tokens = tokens(text, names).map_err(|(at, message)| parser.error(at, message))?;
        Ok(parser)
    }

    fn error(&self, offset: usize, fault: impl Into<ExpressionFault>) -> ExpressionError {
        ExpressionError { text: self.text.into(), offset, fault: fault.into() }
    }

    fn peek(&self) -> Token<'a> {
        self.tokens[self.next].1
    }

    fn offset(&self) -> usize {
        self.tokens[self.next].0
    }

    fn advance(&mut self) -> Token<'a> {
        let token = self.peek();
        // The last token is the end and stays.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn accept(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == token;
        if found {
            self.advance();
        }
        found
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(self.offset(), format!("nested more than {DEEPEST} deep")));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Parses the whole text as a formula.
    pub(super) fn formula(mut self, graph: &mut Graph) -> Parsed<Id> {
        let root = self.sum(graph)?;
        match self.peek() {
            Token::End => Ok(root),
            Token::Symbol(symbol) if COMPARISONS.contains(&symbol) => {
                Err(self.error(self.offset(), ExpressionFault::Comparison))
            }
            _ => Err(self.unexpected("an operator or the end of the formula")),
        }
    }

    /// Parses the whole text as a condition.
    pub(super) fn condition(mut self) -> Parsed<Tree> {
        let tree = self.alternatives()?;
        match self.peek() {
            Token::End => Ok(tree),
            _ => Err(self.unexpected("`and`, `or` or the end of the condition")),
        }
    }

    fn unexpected(&self, wanted: &str) -> ExpressionError {
        let (offset, token) = self.tokens[self.next];
        let message = match token {
            Token::End => format!("the text ends where {wanted} is expected"),
            Token::Number(_) | Token::Name(_) | Token::Symbol("(")
                if self.next > 0 && !matches!(self.tokens[self.next - 1].1, Token::Symbol(s) if s != ")") =>
            {
                format!("{wanted} is expected here; a product is written with *, as in 2*x")
            }
            _ => format!("{wanted} is expected here"),
        };
        self.error(offset, message)
    }

    fn alternatives(&mut self) -> Parsed<Tree> {
        let mut left = self.conjunction()?;
        while self.accept(Token::Name("or")) {
            left = Tree::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed<Tree> {
        let mut left = self.negation()?;
        while self.accept(Token::Name("and")) {
            left = Tree::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed<Tree> {
        if self.accept(Token::Name("not")) {
            return self.deeper(|parser| Ok(Tree::Not(Box::new(parser.negation()?))));
        }
        // A parenthesis opens a condition or a formula: try a condition first, and go back if that fails.
        if self.peek() == Token::Symbol("(") {
            let here = self.next;
            self.advance();
            let inner = self.deeper(Self::alternatives);
            if let Ok(tree) = inner
                && self.accept(Token::Symbol(")"))
                && matches!(self.peek(), Token::End | Token::Symbol(")") | Token::Name("and" | "or"))
            {
                return Ok(tree);
            }
            if self.depth > DEEPEST {
                return Err(self.error(self.offset(), format!("nested more than {DEEPEST} deep")));
            }
            self.next = here;
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed<Tree> {
        let mut graph = Graph::default();
        let mut left = self.sum(&mut graph)?;
        let mut whole: Option<Tree> = None;
        while let Token::Symbol(symbol) = self.peek()
            && COMPARISONS.contains(&symbol)
        {
            self.advance();
            let right = self.sum(&mut graph)?;
            let margin = match symbol {
                "<" | "<=" => graph.pair(Pairing::Sub, right, left),
                _ => graph.pair(Pairing::Sub, left, right),
            };
            let part = Tree::Positive { margin: Program::new(&graph, [margin]), or_zero: symbol.ends_with('=') };
            whole = Some(match whole {
                Some(before) => Tree::And(Box::new(before), Box::new(part)),
                None => part,
            });
            left = right;
        }
        whole.ok_or_else(|| self.unexpected("a comparison (<, <=, >, >=)"))
    }

    fn sum(&mut self, graph: &mut Graph) -> Parsed<Id> {
        let mut left = self.product(graph)?;
        loop {
            let pairing = match self.peek() {
                Token::Symbol("+") => Pairing::Add,
                Token::Symbol("-") => Pairing::Sub,
                _ => return Ok(left),
            };
            self.advance();
            let right = self.product(graph)?;
            left = graph.pair(pairing, left, right);
        }
    }

    fn product(&mut self, graph: &mut Graph) -> Parsed<Id> {
        let mut left = self.signed(graph)?;
        loop {
            let pairing = match self.peek() {
                Token::Symbol("*") => Pairing::Mul,
                Token::Symbol("/") => Pairing::Div,
                _ => return Ok(left),
            };
            self.advance();
            let right = self.signed(graph)?;
            left = graph.pair(pairing, left, right);
        }
    }

    fn signed(&mut self, graph: &mut Graph) -> Parsed<Id> {
        match self.peek() {
            Token::Symbol("-") => {
                self.advance();
                let inner = self.deeper(|parser| parser.signed(graph))?;
                Ok(graph.negative(inner))
            }
            Token::Symbol("+") => {
                self.advance();
                self.deeper(|parser| parser.signed(graph))
            }
            _ => self.power(graph),
        }
    }

    fn power(&mut self, graph: &mut Graph) -> Parsed<Id> {
        let base = self.atom(graph)?;
        if !self.accept(Token::Symbol("^")) {
            return Ok(base);
        }
        let exponent = self.deeper(|parser| parser.signed(graph))?;
        Ok(graph.pair(Pairing::Pow, base, exponent))
    }

    fn atom(&mut self, graph: &mut Graph) -> Parsed<Id> {
        match self.peek() {
            Token::Number(value) => {
                self.advance();
                Ok(graph.constant(value))
            }
            Token::Symbol("(") => {
                self.advance();
                let inner = self.deeper(|parser| parser.sum(graph))?;
                self.close()?;
                Ok(inner)
            }
            Token::Name(name) => {
                let offset = self.offset();
                self.advance();
                self.named(name, offset, graph)
            }
            _ => Err(self.unexpected("a number, a variable, a function or (")),
        }
    }

    fn close(&mut self) -> Parsed<()> {
        if self.accept(Token::Symbol(")")) { Ok(()) } else { Err(self.unexpected("a closing )")) }
    }

    fn named(&mut self, name: &str, offset: usize, graph: &mut Graph) -> Parsed<Id> {
        match self.variables {
            Variables::Point(_) if name == "x" => return Ok(graph.variable(0)),
            Variables::Point(1) if name == "y" => return Err(self.error(offset, ExpressionFault::SecondVariable)),
            Variables::Point(_) if name == "y" => return Ok(graph.variable(1)),
            Variables::Point(_) => {}
            Variables::Listed(names) => {
                if let Some(place) = names.iter().position(|listed| listed == name) {
                    return Ok(graph.variable(place));
                }
            }
        }
        if let Some((_, value)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
            return Ok(graph.constant(*value));
        }
        let function = FUNCTIONS.iter().find(|(function, _)| *function == name);
        let pairing = PAIRINGS.iter().find(|(pairing, _)| *pairing == name);
        if function.is_none() && pairing.is_none() {
            return Err(self.error(offset, unknown(name, self.variables)));
        }
        if !self.accept(Token::Symbol("(")) {
            return Err(self.error(offset, format!("{name} is a function: write {name}(…)")));
        }
        let first = self.deeper(|parser| parser.sum(graph))?;
        if let Some((_, function)) = function {
            self.close()?;
            return Ok(match self.known_logarithm(*function, first, graph) {
                Some(logarithm) => logarithm,
                None => graph.call(*function, first),
            });
        }
        if !self.accept(Token::Symbol(",")) {
            return Err(self.unexpected("a comma and a second argument"));
        }
        let second = self.deeper(|parser| parser.sum(graph))?;
        self.close()?;
        let pairing = pairing.map_or(Pairing::Pow, |(_, pairing)| *pairing);
        Ok(graph.pair(pairing, first, second))
    }

    /// The variable of the logarithm of a listed name, for `log(name)`.
    fn known_logarithm(&self, function: Function, of: Id, graph: &mut Graph) -> Option<Id> {
        let Variables::Listed(names) = self.variables else { return None };
        let Node::Variable(place) = graph.nodes()[of] else { return None };
        let base = match function {
            Function::Log => 1.0,
            Function::Log2 => std::f64::consts::LN_2,
            Function::Log10 => std::f64::consts::LN_10,
            _ => return None,
        };
        let logarithm = (place < names.len()).then(|| graph.variable(names.len() + place))?;
        let base = graph.constant(base);
        Some(graph.pair(Pairing::Div, logarithm, base))
    }
}

fn unknown(name: &str, variables: Variables<'_>) -> ExpressionFault {
    let own = match variables {
        Variables::Point(_) => vec!["x".to_string(), "y".to_string()],
        Variables::Listed(names) => names.to_vec(),
    };
    let words = FUNCTIONS.iter().map(|known| known.0).chain(PAIRINGS.iter().map(|known| known.0));
    let words = words.chain(CONSTANTS.iter().map(|known| known.0)).map(String::from);
    let known: Vec<String> = match variables {
        Variables::Point(_) => words.chain(own).collect(),
        // The listed names are more likely to be meant and come first.
        Variables::Listed(_) => own.into_iter().chain(words).collect(),
    };
    let nearest = known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, name)).cloned();
    // A single letter is close to every other one.
    let tolerated = 2.min(name.chars().count() - 1);
    let nearest = nearest.filter(|nearest| strsim::damerau_levenshtein(nearest, name) <= tolerated);
    ExpressionFault::Unknown { name: name.into(), nearest, known }
}
