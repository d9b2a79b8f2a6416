//! The tree is the mathematics: a module uses only modules above it.

use std::path::{Path, PathBuf};

/// The order of the layers; a module may use itself and what stands before it.
const LAYERS: [&str; 20] = [
    "scaled",
    "exponential",
    "tensor",
    "progress",
    "problem",
    "formula",
    "particles",
    "grid",
    "scheme",
    "generator",
    "elimination",
    "solve",
    "sgd",
    "observe",
    "study",
    "config",
    "io",
    "plot",
    "report",
    "cli",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn modules_use_only_modules_above_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let mut faults = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        let Some(own) = rank(&module) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if rank(&used).is_none_or(|other| other > own) && !used.is_empty() {
                    faults.push(format!("{}: {}", inside.display(), line.trim()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The sections of a configuration that have keys.
const SECTIONS: [&str; 9] = ["landscape", "noise", "domain", "grid", "valley", "solve", "particles", "sgd", "converge"];

/// Modules below `config` that still name keys in their messages. Each is to be cleaned by giving its errors types, and
/// their keys to the table in `config/diagnosis.rs`; then its name leaves this list, which nothing may join.
const STILL_NAME_KEYS: [&str; 2] = ["particles", "study"];

/// The texts in quotes of a source, comments left out. Escapes stay as they are written.
fn quoted(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in source.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")) {
        found.push(line);
    }
    let source = found.concat();
    let mut texts = Vec::new();
    let mut inside: Option<String> = None;
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match (&mut inside, letter) {
            (Some(text), '\\') => text.extend(['\\'].into_iter().chain(letters.next())),
            (Some(_), '"') => texts.extend(inside.take()),
            (Some(text), letter) => text.push(letter),
            // A character, such as '"', is no text; a lifetime has no closing quote.
            (None, '\'') => {
                let literal = letters.next();
                if literal == Some('\\') {
                    letters.next();
                }
                letters.next_if_eq(&'\'');
            }
            (None, '"') => inside = Some(String::new()),
            (None, _) => {}
        }
    }
    texts
}

/// The first configuration key in a text: a section's name, a full stop and a word, as in `valley.minimum`.
fn key_in(text: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    SECTIONS.iter().find_map(|section| {
        text.match_indices(&format!("{section}.")).find_map(|(at, dotted)| {
            let begins = !text[..at].ends_with(|c: char| is_word(c) || c == '.');
            let word: String = text[at + dotted.len()..].chars().take_while(|&c| is_word(c)).collect();
            (begins && !word.is_empty()).then(|| format!("{dotted}{word}"))
        })
    })
}

#[test]
fn no_key_of_a_configuration_is_quoted_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let config = LAYERS.iter().position(|layer| *layer == "config").unwrap();
    let mut faults = Vec::new();
    let mut named = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if LAYERS[..config].contains(&module.as_str()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let keys: Vec<String> = quoted(&text).iter().filter_map(|text| key_in(text)).collect();
            if STILL_NAME_KEYS.contains(&module.as_str()) {
                named.extend(keys.first().map(|_| module));
            } else {
                faults.extend(keys.iter().map(|key| format!("{}: {key}", inside.display())));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for module in STILL_NAME_KEYS {
        assert!(named.iter().any(|name| name == module), "{module} names no key any more: take it from the list");
    }
}

#[test]
fn keys_are_found_in_quotes_and_nowhere_else() {
    let source = "// \"grid.cells\"\nlet a = '\"'; f(\"give \\\"noise.floor\\\" > 0\", grid.cells, \"a grid. Then\");\nfn g<'a>() {}";
    let texts = quoted(source);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_eq!(key_in(&texts[0]).as_deref(), Some("noise.floor"));
    assert_eq!(key_in(&texts[1]), None);
    assert_eq!(key_in("the subgrid.cells"), None);
}

/// The checks are independent only as long as they share nothing with what they check.
#[test]
fn formulas_and_particles_know_no_grid() {
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    assert!(rank("formula") < rank("grid") && rank("particles") < rank("grid"));
}
