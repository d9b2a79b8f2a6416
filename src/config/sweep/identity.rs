//! The identity of a configuration: a text that is the same for two configurations exactly if their results must be.

use std::path::{Path, PathBuf};

use crate::config::tree::{Kind, Node};

/// Keys and sections that do not influence the result.
const UNSOLVED: [&str; 3] = ["title", "sweep", "converge"];

/// The version of this program with a fingerprint of its sources, by which results of another build are told.
const BUILD: &str =
    concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), ", sources ", env!("SADDLEFLUX_SOURCES"));

/// The text: the build in the first line; then all keys in alphabetical order, with a fingerprint of each file that a
/// value names, relative to the working folder or to `base`, and of the files `besides` that such files name.
pub(super) fn of(tree: &Node, base: &Path, besides: &[PathBuf]) -> String {
    let mut lines = vec![BUILD.to_string()];
    let prints = besides.iter().filter_map(|path| std::fs::read(path).ok()).map(|bytes| fingerprint(&bytes));
    lines.extend(prints.map(|print| format!("a file besides holding {print:016x}")));
    if let Kind::Table(entries) = &tree.kind {
        for entry in entries.iter().filter(|entry| !UNSOLVED.contains(&entry.key.as_str())) {
            leaves(&entry.node, &entry.key, base, &mut lines);
        }
    }
    lines[1..].sort();
    lines.join("\n")
}

/// One line for each value, by its dotted key.
fn leaves(node: &Node, path: &str, base: &Path, lines: &mut Vec<String>) {
    match &node.kind {
        Kind::Table(entries) => {
            // An empty table counts as given.
            lines.extend(entries.is_empty().then(|| format!("{path} = {{}}")));
            for entry in entries {
                leaves(&entry.node, &format!("{path}.{}", entry.key), base, lines);
            }
        }
        Kind::List(nodes) => {
            lines.push(format!("{path} = [{}]", nodes.len()));
            for (place, node) in nodes.iter().enumerate() {
                leaves(node, &format!("{path}[{place}]"), base, lines);
            }
        }
        Kind::Number(value) => lines.push(format!("{path} = {value:?}")),
        Kind::Boolean(value) => lines.push(format!("{path} = {value}")),
        Kind::Time => lines.push(format!("{path} = a time")),
        Kind::Text(text) => {
            let beside = base.join(text);
            let held = [Path::new(text), &beside]
                .into_iter()
                .filter(|path| path.is_file())
                .find_map(|path| std::fs::read(path).ok());
            let print = held.map_or(String::new(), |bytes| format!(" holding {:016x}", fingerprint(&bytes)));
            lines.push(format!("{path} = {text:?}{print}"));
        }
    }
}

/// The 64-bit FNV-1a hash (Fowler, Noll and Vo), which is the same for every build and machine.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
