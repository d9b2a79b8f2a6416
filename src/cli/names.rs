//! Names that somebody may have meant.

/// At most so many names are suggested.
const MOST: usize = 5;
/// Names whose spelling is less alike than this (Jaro and Winkler's measure) were not meant.
const ALIKE: f64 = 0.8;

/// The names that a mistaken one may have meant, the likeliest first: those in which its letters stand together, those
/// whose words of explanation hold them or that it shortens, else those that are spelled alike. Each name comes with
/// its explanation.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<&'a str> {
    let asked = letters(word);
    let likeness = |(name, words): (&'a str, &str)| {
        let own = letters(name);
        let stands_in = |text: &str| !asked.is_empty() && text.contains(&asked);
        let spelling = strsim::jaro_winkler(&own, &asked);
        (
            name,
            if stands_in(&own) {
                2.0 + spelling
            } else if stands_in(&letters(words)) || shortens(&asked, &own) {
                1.0 + spelling
            } else {
                spelling
            },
        )
    };
    let mut found: Vec<(&str, f64)> =
        known.into_iter().map(likeness).filter(|(_, likeness)| *likeness > ALIKE).collect();
    found.sort_by(|one, other| other.1.total_cmp(&one.1));
    // Where some hold the letters, spelling alone says nothing.
    let certain = found.iter().filter(|(_, likeness)| *likeness >= 1.0).count();
    found.truncate(if certain > 0 { certain.min(MOST) } else { MOST });
    found.into_iter().map(|(name, _)| name).collect()
}

/// A question whether one of these was meant; nothing where there are none.
pub(super) fn question(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("; did you mean `{one}`?"),
        [most @ .., last] => format!("; did you mean `{}` or `{last}`?", most.join("`, `")),
    }
}

/// Whether a name begins with the first letter of a word and has the others after it in their order, as `theorem` has
/// those of `thm`.
fn shortens(word: &str, name: &str) -> bool {
    const FEWEST: usize = 3;
    let mut rest = name.chars();
    word.chars().count() >= FEWEST
        && word.chars().next() == name.chars().next()
        && word.chars().all(|letter| rest.any(|other| other == letter))
}

/// Letters and digits, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
