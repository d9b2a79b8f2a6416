//! The tokens of a formula or a condition.

/// A token of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    Name(&'a str),
    Symbol(&'a str),
    End,
}

const SYMBOLS: [&str; 13] = ["**", "<=", ">=", "+", "-", "*", "/", "^", "(", ")", ",", "<", ">"];

/// Notations of other languages, and the equivalents here.
const FOREIGN: [(&str, &str); 9] = [
    ("&&", "write `and`"),
    ("&", "write `and`"),
    ("||", "write `or`"),
    ("|", "write `or`, or abs(…) for an absolute value"),
    ("==", "a set needs an inequality: <, <=, > or >="),
    ("!=", "a set needs an inequality: <, <=, > or >="),
    ("=", "a set needs an inequality: <, <=, > or >=; a formula has no equals sign"),
    ("!", "write `not`"),
    ("≤", "write <="),
];

/// All tokens with their byte offsets, [`Token::End`] last; or the offset and the description of a fault. `names` are
/// accepted as single tokens even if they are not words, such as `noise.floor`.
pub(super) fn tokens<'a>(text: &'a str, names: &[String]) -> Result<Vec<(usize, Token<'a>)>, (usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (length, token) = if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest);
            let value = rest[..length].parse().map_err(|_| (at, format!("`{}` is not a number", &rest[..length])))?;
            (length, Token::Number(value))
        } else if first.is_alphabetic() || first == '_' {
            let goes_on = |c: char| c.is_alphanumeric() || c == '_';
            // If names with dots are listed, a mistyped one with its dots is one word too.
            let ends = |(at, c): (usize, char)| {
                let dotted = !names.is_empty() && c == '.' && rest[at + 1..].starts_with(|c: char| c.is_alphabetic());
                !(goes_on(c) || dotted)
            };
            let word = rest.char_indices().find(|&found| ends(found)).map_or(rest.len(), |(at, _)| at);
            let listed =
                names.iter().filter(|name| rest.starts_with(*name) && !rest[name.len()..].starts_with(goes_on));
            let length = listed.map(String::len).max().map_or(word, |length| length.max(word));
            (length, Token::Name(&rest[..length]))
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (symbol.len(), Token::Symbol(if *symbol == "**" { "^" } else { symbol }))
        } else {
            return Err((at, meaningless(first, rest)));
        };
        found.push((at, token));
        at += length;
    }
    found.push((text.len(), Token::End));
    Ok(found)
}

fn meaningless(first: char, rest: &str) -> String {
    match FOREIGN.iter().find(|(foreign, _)| rest.starts_with(foreign)) {
        Some((foreign, meant)) => format!("`{foreign}` has no meaning here: {meant}"),
        None => format!("`{first}` has no meaning here; formulas are made of numbers, x, y, + - * / ^ ( )"),
    }
}

/// The length of a number such as `1`, `1.5`, `.5`, `1e-3`; an exponent needs digits.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(0);
    if text[length..].starts_with('.') {
        length += 1 + digits(length + 1);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length.max(1)
}
