//! Suggestions for mistyped names.

/// The largest number of suggestions.
const MOST: usize = 5;
/// The Jaro–Winkler similarity below which a name is not suggested.
const ALIKE: f64 = 0.8;

/// The known names that a mistyped one may mean, the likeliest first: names that contain its letters; then names whose
/// explanation contains them, or that it abbreviates; otherwise names with a similar spelling. Every known name comes
/// with its explanation.
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
    // If some names contain the letters, names with only a similar spelling are not suggested.
    let certain = found.iter().filter(|(_, likeness)| *likeness >= 1.0).count();
    found.truncate(if certain > 0 { certain.min(MOST) } else { MOST });
    found.into_iter().map(|(name, _)| name).collect()
}

/// The question whether one of these names was meant; empty without names.
pub(super) fn question(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("; did you mean `{one}`?"),
        [most @ .., last] => format!("; did you mean `{}` or `{last}`?", most.join("`, `")),
    }
}

/// Whether `word` abbreviates `name`: it begins with the same letter and its letters occur in the name in this order,
/// as `thm` in `theorem`.
fn shortens(word: &str, name: &str) -> bool {
    const FEWEST: usize = 3;
    let mut rest = name.chars();
    word.chars().count() >= FEWEST
        && word.chars().next() == name.chars().next()
        && word.chars().all(|letter| rest.any(|other| other == letter))
}

/// The letters and digits of a text in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
