//! The tree is the mathematics: a module uses only modules above it.

use std::path::{Path, PathBuf};

/// The order of the layers; a module may use itself and what stands before it.
const LAYERS: [&str; 28] = [
    "memory",
    "scaled",
    "exponential",
    "tensor",
    "digits",
    "input",
    "progress",
    "spline",
    "model",
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
    "verify",
    "referee",
    "io",
    "sweep",
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

/// The sections of a configuration that have keys.
const SECTIONS: [&str; 10] =
    ["landscape", "noise", "domain", "grid", "valley", "solve", "particles", "sgd", "converge", "committor"];

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
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if LAYERS[..config].contains(&module.as_str()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let keys = quoted(&text).into_iter().filter_map(|text| key_in(&text));
            faults.extend(keys.map(|key| format!("{}: {key}", inside.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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

/// All that the independent checks may use: a problem, numbers and points. They are checks only as long as they share
/// no grid, no generator, no elimination and no solver's result with what they check.
const INDEPENDENT: [(&str, &[&str]); 2] = [
    ("formula", &["digits", "formula", "problem", "scaled", "tensor"]),
    ("particles", &["digits", "particles", "problem", "progress", "tensor"]),
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

/// The order within `elimination`: a folder or file uses what stands before it, and itself.
const ELIMINATION: [&str; 8] =
    ["error", "pages", "ordering", "analysis", "workspace", "dense", "sweeps", "tridiagonal"];

/// The module that a source file is, from the crate's root: `src/a/b/mod.rs` and `src/a/b.rs` are both `[a, b]`.
fn module(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.filter(|part| part != "mod" && part != "lib" && part != "main").collect()
}

/// What a module's text names by `crate::` or `super::`, as paths from the crate's root.
fn used_paths(module: &[String], text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (start, _) in line.match_indices("crate::").chain(line.match_indices("super::")) {
            // The second of `super::super::` belongs to the first; `pub(super)` is none of these.
            if line[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let path: String =
                line[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            let mut resolved = module.to_vec();
            for part in path.split("::") {
                match part {
                    "crate" => resolved.clear(),
                    "super" => drop(resolved.pop()),
                    "" => {}
                    name => resolved.push(name.to_string()),
                }
            }
            found.push(resolved);
        }
    }
    found
}

/// The faults of one module of `elimination` against [`ELIMINATION`]. The folder's own `mod.rs` may use everything in
/// it, and nothing in it may use what is defined there.
fn faults_within_elimination(module: &[String], text: &str) -> Vec<String> {
    let rank = |name: &String| ELIMINATION.iter().position(|part| part == name);
    let Some(own) = module.get(1) else { return Vec::new() };
    let Some(own) = rank(own) else { return vec![format!("{} has no place in the order", module.join("::"))] };
    let inside = used_paths(module, text).into_iter().filter(|path| path.first() == module.first());
    let fault = |path: &Vec<String>| path.get(1).and_then(rank).is_none_or(|used| used > own);
    inside.filter(fault).map(|path| format!("{} uses {}", module.join("::"), path.join("::"))).collect()
}

fn elimination_sources() -> Vec<(Vec<String>, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root.join("elimination"), &mut files);
    let read = |file: PathBuf| (module(file.strip_prefix(&root).unwrap()), std::fs::read_to_string(&file).unwrap());
    files.into_iter().map(read).collect()
}

#[test]
fn folders_of_the_elimination_use_only_those_before_them() {
    let found = elimination_sources();
    for part in ELIMINATION {
        assert!(found.iter().any(|(module, _)| module.get(1).is_some_and(|name| name == part)), "{part} is gone");
    }
    let faults: Vec<String> = found.iter().flat_map(|(module, text)| faults_within_elimination(module, text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Within its folders too: files that use nothing that is left are taken away, one after the other, until none is left.
#[test]
fn files_of_the_elimination_use_one_another_in_no_circle() {
    let sources = elimination_sources();
    let modules: Vec<&Vec<String>> = sources.iter().map(|(module, _)| module).collect();
    let uses = |(module, text): &(Vec<String>, String)| -> Vec<usize> {
        let of_path = |path: Vec<String>| {
            let holds = |index: &usize| modules[*index].len() > 1 && path.starts_with(modules[*index]);
            (0..modules.len()).filter(holds).max_by_key(|&index| modules[index].len())
        };
        used_paths(module, text).into_iter().filter_map(of_path).filter(|&used| modules[used] != module).collect()
    };
    let used: Vec<Vec<usize>> = sources.iter().map(uses).collect();
    assert!(used.iter().map(Vec::len).sum::<usize>() > modules.len(), "the files' uses of one another are not found");
    let mut left: Vec<usize> = (0..modules.len()).collect();
    loop {
        let before = left.len();
        left = left.iter().copied().filter(|&file| used[file].iter().any(|other| left.contains(other))).collect();
        if left.len() == before {
            break;
        }
    }
    let circle: Vec<String> = left.iter().map(|&file| modules[file].join("::")).collect();
    assert!(circle.is_empty(), "circles among {}", circle.join(", "));
}

#[test]
fn a_fault_in_the_order_is_found() {
    let module = ["elimination", "ordering", "runs"].map(String::from);
    let is_found = |line: &str| !faults_within_elimination(&module, line).is_empty();
    for allowed in [
        "use super::places::Places;",
        "use super::super::pages::Pages;",
        "use crate::elimination::error::PivotFault;",
        "use crate::generator::Generator;",
        "pub(super) fn count() {}",
        "    // use crate::elimination::dense::general;",
    ] {
        assert!(!is_found(allowed), "{allowed}");
    }
    for fault in [
        "use crate::elimination::dense::general;",
        "use super::super::analysis::tree::AssemblyTree;",
        "use crate::elimination::Symbolic;",
        "use crate::elimination::{error::PivotFault, dense::general};",
        "    let pages = crate::elimination::workspace::Workspace::default();",
    ] {
        assert!(is_found(fault), "{fault}");
    }
}
