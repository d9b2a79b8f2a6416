//! The provenance of a result: the command, the commit from which the program was built, and the files that were read.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::config::{Config, Source};
use crate::input;

/// Adds this provenance to a summary.
pub(super) fn note(summary: &mut Value, source: &Source) {
    summary["provenance"]["command"] = json!(command());
    if let Some(commit) = option_env!("SADDLEFLUX_COMMIT") {
        summary["provenance"]["commit"] = json!(commit);
    }
    let files = files(source);
    if !files.is_empty() {
        summary["provenance"]["files"] = Value::Object(files);
    }
}

/// The command, quoted for a shell.
fn command() -> String {
    let is_plain =
        |word: &String| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./=:,+@%".contains(c));
    let quoted = |word: String| if is_plain(&word) { word } else { format!("'{}'", word.replace('\'', "'\\''")) };
    let words = std::env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once(env!("CARGO_PKG_NAME").to_string()).chain(words).collect::<Vec<_>>().join(" ")
}

/// The SHA-256 of every file that a value of the configuration names, in the working folder or beside the
/// configuration, by that name; and of those that such files name, by their paths.
fn files(source: &Source) -> Map<String, Value> {
    let mut names = Vec::new();
    if let Ok(mut tree) = source.effective.parse::<toml::Table>() {
        tree.remove("title");
        texts(&toml::Value::Table(tree), &mut names);
    }
    let base = source.path.parent().unwrap_or(Path::new("."));
    let place = |name: &str| [Path::new(name).to_path_buf(), base.join(name)].into_iter().find(|path| path.is_file());
    let mut places: Vec<(String, PathBuf)> =
        names.iter().filter_map(|name| Some((name.clone(), place(name)?))).collect();
    // A configuration of weights and data alone names all of its files.
    if let Ok(config) = Config::from_text(&source.path, &source.effective, &[]) {
        for path in config.files_besides() {
            if places.iter().all(|(_, known)| *known != path) {
                places.push((path.display().to_string(), path));
            }
        }
    }
    let hashed = places.into_iter().filter_map(|(name, place)| {
        // The file was read before, within the same limits.
        let hash = Sha256::digest(input::numbers(&place).ok()?);
        let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Some((name, json!(format!("sha256:{digits}"))))
    });
    hashed.collect()
}

/// Collects all texts of a value.
fn texts(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        toml::Value::String(text) => found.push(text.clone()),
        toml::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        toml::Value::Table(entries) => entries.iter().for_each(|(_, value)| texts(value, found)),
        _ => {}
    }
}
