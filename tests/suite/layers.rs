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

/// The checks are independent only as long as they share nothing with what they check.
#[test]
fn formulas_and_particles_know_no_grid() {
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    assert!(rank("formula") < rank("grid") && rank("particles") < rank("grid"));
}
