//! What differs is kept apart: commands in one folder, and the changes of a loop.

use std::fs;

use crate::cli::{command, summary};
use crate::folder::Folder;

const SMALL: &str = "landscape = { kind = 'double-well', dimension = 1 }
noise = { kind = 'isotropic', temperature = 0.2 }
domain = { lower = [-2], upper = [0], walls = { x = ['reflecting', 'absorbing'] } }
grid = { cells = [64] }
converge = { cells = [16, 32, 64] }
particles = { count = 200, exits = 100, seed = 1 }
";

fn small(name: &str) -> Folder {
    let folder = Folder::new(name);
    fs::write(folder.path().join("a.toml"), SMALL).unwrap();
    folder
}

/// Each command leaves the files of the others as they are, in any order, and finds its own under its own names.
#[test]
fn commands_in_one_folder_keep_each_others_files() {
    let commands = ["run", "converge", "simulate"];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let folder = small("folders-commands");
        let there = folder.path().join("there");
        let mut before: Vec<(std::path::PathBuf, Vec<u8>)> = Vec::new();
        for name in order.map(|k| commands[k]) {
            let output = command(&[name, "a.toml", "--quiet", "--out", "there"], folder.path());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            for (path, bytes) in &before {
                // The names of `run` are lent to whoever comes first, until `run` itself comes.
                let is_lent = name == "run" && ["summary.json", "result.h5"].iter().any(|name| path.ends_with(name));
                // The list of all of them.
                let is_lent = is_lent || path.ends_with("files.json");
                assert!(is_lent || fs::read(path).unwrap() == *bytes, "{name} changed {}", path.display());
            }
            let files = fs::read_dir(&there).unwrap().map(|entry| entry.unwrap().path());
            before = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        }
        let key = |file: &str, key: &str| {
            let text = fs::read_to_string(there.join(file)).unwrap();
            serde_json::from_str::<serde_json::Value>(&text).unwrap()[key].clone()
        };
        assert!(key("summary.json", "rate")["quasi_stationary"].is_object());
        assert!(key("convergence.json", "convergence").is_array());
        assert!(key("simulation.json", "rate")["particles"].is_object());
        for name in ["result.h5", "convergence.h5", "simulation.h5", "simulation-lives.png", "lives.png"] {
            assert!(there.join(name).exists(), "{name}");
        }
    }
}

/// The result of a run and the table of a sweep of the same configuration are in one `result.h5`, whoever comes last, and
/// each has its page.
#[test]
fn a_run_and_a_sweep_share_a_folder() {
    let sweep = "[sweep]\nparameters = { 'noise.temperature' = [0.2, 0.3], 'grid.scheme' = ['sqra', 'upwind'] }\n";
    for order in [["run", "sweep", "sweep"], ["sweep", "run", "sweep"], ["sweep", "sweep", "run"]] {
        let folder = small("folders-sweep");
        fs::write(folder.path().join("a.toml"), format!("{SMALL}{sweep}")).unwrap();
        for name in order {
            let output = command(&[name, "a.toml", "--quiet", "--no-plots"], folder.path());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let there = folder.path().join("output/a");
        let read = |name: &str| fs::read_to_string(there.join(name)).unwrap();
        let file = hdf5::File::open(there.join("result.h5")).unwrap();
        assert_eq!(file.dataset("sweep/rate").unwrap().shape(), [2, 2], "{order:?}");
        assert_eq!(file.dataset("fields/loss").unwrap().shape(), [64], "{order:?}");
        let summary: hdf5::types::VarLenUnicode = file.attr("summary").unwrap().read_scalar().unwrap();
        let [held, beside] = [summary.as_str(), &read("summary.json")]
            .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(held, beside);
        assert!(read("report.html").contains("escape rate"), "{order:?}");
        assert!(read("sweep.html").contains("points solved by") && !read("sweep.html").contains("escape rate"));
        let own = hdf5::File::open(there.join("sweep.h5")).unwrap();
        let rates = |file: &hdf5::File| file.dataset("sweep/rate").unwrap().read_raw::<f64>().unwrap();
        assert_eq!(rates(&own), rates(&file));
        let plot = command(&["plot", "output/a/result.h5", "--no-plots"], folder.path());
        assert!(plot.status.success(), "{}", String::from_utf8_lossy(&plot.stderr));
    }
}

/// A loop over `--set` keeps all of its results, and the plain name has the latest.
#[test]
fn loops_over_changes_keep_all_results() {
    let folder = small("folders-changes");
    let solve = |changes: &[&str]| {
        let changes = changes.iter().flat_map(|change| ["--set", change]).collect::<Vec<&str>>();
        let words = [&["run", "a.toml", "--json", "--no-plots"], &changes[..]].concat();
        summary(&command(&words, folder.path()))["rate"]["quasi_stationary"]["value"].as_f64().unwrap()
    };
    let read = |name: &str| {
        let text = fs::read_to_string(folder.path().join("output").join(name).join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
        summary["rate"]["quasi_stationary"]["value"].as_f64().unwrap()
    };
    let rates = [0.15, 0.16].map(|t| solve(&[&format!("noise.temperature={t}")]));
    assert!(rates[0] < rates[1]);
    assert_eq!(["a--noise.temperature=0.15", "a--noise.temperature=0.16"].map(read), rates);
    assert_eq!(read("a"), rates[1]);
    let plain = solve(&[]);
    assert_eq!((read("a"), read("a--noise.temperature=0.16")), (plain, rates[1]));
    // Changes whose letters no file has are told apart all the same.
    solve(&["title='one / two'"]);
    solve(&["title='one * two'"]);
    let names = fs::read_dir(folder.path().join("output")).unwrap().map(|entry| entry.unwrap().file_name());
    let titled = names.filter(|name| name.to_string_lossy().starts_with("a--title=onetwo-")).count();
    assert_eq!((titled, read("a")), (2, plain));
    // The latest, with changes or without.
    let last = solve(&["noise.temperature=0.15"]);
    assert_eq!((read("a"), read("a--noise.temperature=0.15"), last), (rates[0], rates[0], rates[0]));
    // Who names a folder gets it.
    command(
        &["run", "a.toml", "--quiet", "--no-plots", "--out", "mine", "--set", "noise.temperature=0.15"],
        folder.path(),
    );
    assert!(folder.path().join("mine/summary.json").exists());
}
