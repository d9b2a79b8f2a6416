//! What a result says of where it comes from.

use std::fs;

use serde_json::Value;

use crate::cli::command;
use crate::folder::Folder;

const TEXT: &str =
    "landscape = { kind = 'linear-regression', data = 'data.csv', features = ['x'], label = 'y', standardise = false, intercept = true }
noise = { kind = 'isotropic', temperature = 0.1 }
valley = { set = 'box', half_width = 0.3 }
grid = { cells = [12, 12] }";

/// One parameter.
const NO_INTERCEPT: [&str; 6] = ["check", "a.toml", "--set", "landscape.intercept=false", "--set", "grid.cells=[12]"];

fn run(words: &[&str], folder: &Folder) -> Value {
    let output = command(&[words, &["--json", "--no-plots"]].concat(), folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn posed(name: &str, data: &str) -> Folder {
    let folder = Folder::new(name);
    fs::write(folder.path().join("a.toml"), TEXT).unwrap();
    fs::write(folder.path().join("data.csv"), data).unwrap();
    folder
}

/// The command as a shell reads it, and the SHA-256 of the data; the hash of these sixteen bytes is `sha256sum`'s.
#[test]
fn a_result_names_its_command_and_hashes_its_data() {
    let folder = posed("provenance", "x,y\n1,2\n2,3\n3,5\n");
    let summary = run(&["run", "a.toml", "--set", "noise.temperature=0.2", "--out", "an out"], &folder);
    let provenance = &summary["provenance"];
    assert_eq!(
        provenance["command"],
        "saddleflux run a.toml --set noise.temperature=0.2 --out 'an out' --json --no-plots"
    );
    assert_eq!(
        provenance["files"]["data.csv"],
        "sha256:c0f7db757955fb08ca5bfafe8665e863722b3e72248e5865f2e34c9d79b009f8"
    );
    // In a folder of its own the result lies in one that is called after it.
    let again = command(&["run", "an out/result.h5", "--quiet", "--no-plots"], folder.path());
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert!(folder.path().join("output/an out/result.h5").exists());
}

/// A key that is set twice is refused, as in a file.
#[test]
fn a_key_is_set_once() {
    let folder = posed("set-twice", "x,y\n1,2\n2,3\n3,5\n");
    let twice = ["run", "a.toml", "--set", "noise.temperature=0.2", "--set", " noise.temperature = 0.3"];
    let output = command(&twice, folder.path());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("noise.temperature is set twice, to 0.2 and to 0.3"), "{message}");
}

/// Columns that are one, and columns whose squares vanish, are named; columns that are nearly one are warned of.
#[test]
fn columns_that_say_nothing_are_named() {
    for (data, expected) in [
        ("x,y\n2,2\n2,3\n2,5\n", "the columns `x` and `intercept` are multiples of each other"),
        ("x,y\n1e-200,2\n2e-200,3\n3e-200,5\n", "column `x` has values of about 3e-200"),
        ("x,y\n1e200,2\n2e200,3\n3e200,5\n", "column `x` has values of about 3e200"),
    ] {
        let folder = posed("columns", data);
        let output = command(&["run", "a.toml"], folder.path());
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(expected) && message.contains("landscape.features"), "{message}");
    }
    let near = posed("columns-near", "x,y\n2,2\n2.0001,3\n2,5\n");
    let warnings = run(&["check", "a.toml"], &near)["warnings"].to_string();
    assert!(
        warnings.contains("the two features (an intercept is one) are multiples of each other but for 2.4e-5"),
        "{warnings}"
    );
    // The deviation of 2, 2.0001 and 2 over their mean is 1e-4 √2/3/2.
    let alone = run(&NO_INTERCEPT, &near)["warnings"].to_string();
    assert!(alone.contains("the first feature varies by 2.4e-5 of its mean and is nearly constant"), "{alone}");
    let wide = posed("columns-wide", "x,y\n2,2\n2.1,3\n2,5\n");
    let none = run(&NO_INTERCEPT, &wide)["warnings"].to_string();
    assert!(!none.contains("nearly constant"), "{none}");
}

/// Without cells `check` foresees the grid that a run ends on.
#[test]
fn the_grid_that_a_run_chooses_is_foreseen() {
    let folder = Folder::new("foreseen-grid");
    let text = "landscape = { expression = '(x^2 - 1)^2 + 0.2*x + y^2 + 0.3*x*y' }
        noise = { kind = 'isotropic', temperature = 0.3 }
        grid = { scheme = 'inverse-average', tolerance = 1e-4 }
        domain = { lower = [-2, -2], upper = [0.2, 2], walls = { x = ['reflecting', 'absorbing'] } }";
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let foreseen = run(&["check", "a.toml"], &folder);
    let found = run(&["run", "a.toml"], &folder);
    assert_eq!(foreseen["grid"]["is_foreseen"], true);
    assert_eq!(foreseen["grid"]["cells"], found["grid"]["cells"]);
    assert!(foreseen["grid"]["seconds"].as_f64().unwrap() > 0.0);
}
