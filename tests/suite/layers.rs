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

/// The top modules that a source text names, comments apart.
fn dependencies(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let name =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for path in code.split("crate::").skip(1) {
        let Some(list) = path.strip_prefix('{') else {
            found.push(name(path));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, c) in list.char_indices() {
            if depth == 0 && begins && !c.is_whitespace() {
                found.push(name(&list[at..]));
                begins = false;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                _ => {}
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// Every source file with its top module and the top modules that it names.
fn files() -> Vec<(String, String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let file = |path: &PathBuf| {
        let inside = path.strip_prefix(&root).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        (inside.display().to_string(), module, dependencies(&std::fs::read_to_string(path).unwrap()))
    };
    paths.iter().map(file).collect()
}

#[test]
fn dependencies_are_found_in_every_form() {
    let text = "// use crate::plot;\nuse crate::{grid::Grid, problem::{Problem, landscape}};\npub(crate) fn f(x: &crate::io::Stored) {}";
    assert_eq!(dependencies(text), ["grid", "problem", "io"]);
}

#[test]
fn modules_use_only_modules_above_them() {
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let mut faults = Vec::new();
    for (path, module, used) in files() {
        let Some(own) = rank(&module) else { continue };
        let below = used.iter().filter(|used| rank(used).is_none_or(|other| other > own));
        faults.extend(below.map(|used| format!("{path} uses {used}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// All that the independent checks may use: a problem, numbers and points. They are checks only as long as they share no grid, no
/// generator, no elimination and no solver's result with what they check.
const INDEPENDENT: [(&str, &[&str]); 2] = [
    ("formula", &["formula", "problem", "scaled", "tensor"]),
    ("particles", &["particles", "problem", "progress", "tensor"]),
];

#[test]
fn formulas_and_particles_use_the_problem_alone() {
    let files = files();
    for (check, allowed) in INDEPENDENT {
        let own: Vec<_> = files.iter().filter(|(_, module, _)| module == check).collect();
        let strangers: Vec<String> = own
            .iter()
            .flat_map(|(path, _, used)| used.iter().map(move |used| (path, used)))
            .filter(|(_, used)| !allowed.contains(&used.as_str()))
            .map(|(path, used)| format!("{path} uses {used}"))
            .collect();
        assert!(strangers.is_empty(), "{}", strangers.join("\n"));
        assert!(
            own.iter().any(|(_, _, used)| used.iter().any(|used| used == "problem")),
            "no file of {check} was read"
        );
    }
    // What the problem uses, its independent checks use too.
    let problem = files.iter().filter(|(_, module, _)| module == "problem");
    for (path, _, used) in problem {
        let grid =
            used.iter().find(|used| ["grid", "scheme", "generator", "elimination", "solve"].contains(&used.as_str()));
        assert_eq!(grid, None, "{path}");
    }
}
