//! The program as a person or a script meets it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::folder::Folder;

pub const SMALL: &str = "title = 'small'
landscape = { kind = 'double-well', dimension = 2 }
noise = { kind = 'isotropic', temperature = 0.1 }
domain = { lower = [-2, -2], upper = [0, 2], walls = { x = ['reflecting', 'absorbing'] } }
grid = { cells = [48, 64] }
";

pub fn command(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saddleflux")).args(arguments).current_dir(folder).output().unwrap()
}

fn small(name: &str) -> Folder {
    let folder = Folder::new(name);
    std::fs::write(folder.path().join("small.toml"), SMALL).unwrap();
    folder
}

pub fn summary(output: &Output) -> serde_json::Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn json_is_all_that_is_printed_and_quiet_prints_nothing() {
    let folder = small("json");
    let output = command(&["run", "small.toml", "--json"], folder.path());
    assert!(output.stderr.is_empty());
    let found = summary(&output);
    let written = std::fs::read_to_string(folder.path().join("output/small/summary.json")).unwrap();
    assert_eq!(found, serde_json::from_str::<serde_json::Value>(&written).unwrap());
    let rate = &found["rate"]["quasi_stationary"];
    let [low, high] = [0, 1].map(|k| rate["bracket"][k].as_f64().unwrap());
    let value = rate["value"].as_f64().unwrap();
    assert!(low <= value * (1.0 + 1e-14) && value <= high * (1.0 + 1e-14) && high - low < 1e-11 * value);
    assert!((found["flux"]["total"].as_f64().unwrap() / value - 1.0).abs() < 1e-12);
    let quiet = command(&["run", "small.toml", "--quiet", "--out", "elsewhere"], folder.path());
    assert!(quiet.status.success() && quiet.stdout.is_empty() && quiet.stderr.is_empty());
    for name in ["summary.json", "result.h5", "landscape.png", "quasi-stationary.png", "flux.png"] {
        assert!(folder.path().join("elsewhere").join(name).exists(), "{name}");
    }
}

/// One file holds all of it: every picture of the folder, every warning of the summary, the configuration with what the
/// command line put there; nothing of it is fetched, and nothing runs.
#[test]
fn the_report_of_a_run_is_one_page() {
    let folder = small("page");
    let words = ["run", "small.toml", "--json", "--out", "out", "--set", "title=\"a < b & c\""];
    let found = summary(&command(&words, folder.path()));
    let read = || std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let page = read();
    assert!(page.contains("<h1>a &lt; b &amp; c</h1>") && page.contains("escape rate γ"));
    for warning in found["warnings"].as_array().unwrap() {
        assert!(
            page.contains(&warning.as_str().unwrap().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
        );
    }
    let drawn = std::fs::read_dir(folder.path().join("out")).unwrap();
    let pictures = drawn.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|is| is == "png"));
    let count = pictures.count();
    assert!(count > 1 && page.matches("src=\"data:image/png;base64,").count() == count);
    assert!(page.contains("[noise]") && !page.contains("<script") && !page.contains("http"));
    assert!(command(&[&words[..], &["--no-plots"]].concat(), folder.path()).status.success());
    assert!(!read().contains("<img"));
}

#[test]
fn overrides_count_and_are_recorded() {
    let folder = small("set");
    let run = |change: &str| command(&["run", "small.toml", "--json", "--set", change], folder.path());
    let warm = summary(&run("noise.temperature=0.2"));
    let cold = summary(&run("noise.temperature = 0.1"));
    let rate = |found: &serde_json::Value| found["rate"]["quasi_stationary"]["value"].as_f64().unwrap();
    assert!(rate(&warm) > 10.0 * rate(&cold));
    assert_eq!(summary(&run("grid.scheme=sqra"))["grid"]["scheme"], "sqra");
    let stored = hdf5::File::open(folder.path().join("output/small/result.h5")).unwrap();
    let text: hdf5::types::VarLenUnicode = stored.attr("configuration").unwrap().read_scalar().unwrap();
    assert!(text.contains("scheme = \"sqra\""), "{text}");
    let wrong = run("noise.temprature=0.2");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean `temperature`"));
    assert_eq!(run("nonsense").status.code(), Some(2));
}

#[test]
fn results_are_the_same_for_any_number_of_threads() {
    let folder = small("threads");
    let run = |threads: &str, scheme: &str| {
        let arguments = ["run", "small.toml", "--json", "--threads", threads, "--set", scheme];
        summary(&command(&arguments, folder.path()))
    };
    let strip = |mut found: serde_json::Value| {
        for key in ["timing", "provenance"] {
            found.as_object_mut().unwrap().remove(key);
        }
        found
    };
    for scheme in ["grid.scheme=inverse-average", "grid.scheme=flux-corrected"] {
        assert_eq!(strip(run("1", scheme)), strip(run("2", scheme)));
    }
}

/// The options of every command are understood by those that read no configuration, or refused by their own words.
#[test]
fn common_options_are_known_everywhere() {
    let folder = Folder::new("common");
    std::fs::write(folder.path().join("rates.csv"), "problem,value,error,tool\ndouble-well-0.001,1,1,me\n").unwrap();
    let all = ["--threads", "1", "--json", "--quiet", "--no-plots", "--out", "there"];
    for words in [&["verify", "--list"][..], &["referee", "rates.csv"], &["init"]] {
        let output = command(&[words, &all].concat(), folder.path());
        assert!(output.status.success(), "{words:?} {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
        let refused = command(&[words, &["--set", "noise.temperature=1"]].concat(), folder.path());
        let message = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{words:?}");
        assert!(message.contains("--set noise.temperature=1") && message.contains(words[0]), "{message}");
    }
    std::fs::write(folder.path().join("a.toml"), include_str!("../../configs/quickstart.toml")).unwrap();
    let small = ["--set", "grid.cells=[16,16]", "--quiet", "--no-plots", "--out", "there"];
    assert!(command(&[&["run", "a.toml"][..], &small].concat(), folder.path()).status.success());
    let drawn = command(&[&["plot", "there/result.h5"][..], &all].concat(), folder.path());
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    assert!(!folder.path().join("there/landscape.png").exists());
}

#[test]
fn init_writes_an_example_once() {
    let folder = Folder::new("init");
    let list = command(&["init", "--list"], folder.path());
    assert!(list.status.success() && String::from_utf8_lossy(&list.stdout).contains("quickstart"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(command(&["init"], folder.path()).status.success());
    assert!(folder.path().join("quickstart.toml").exists());
    let apart = command(&["init", "--out", "apart", "--json"], folder.path());
    let said: serde_json::Value = serde_json::from_slice(&apart.stdout).unwrap();
    assert_eq!(said["files"][0], "apart/quickstart.toml");
    assert!(folder.path().join("apart/quickstart.toml").exists());
    assert_eq!(command(&["init", "nothing-like-it"], folder.path()).status.code(), Some(2));
    assert!(command(&["init", "disc"], folder.path()).status.success());
    assert!(folder.path().join("disc.toml").exists());
    assert_eq!(command(&["init", "disc"], folder.path()).status.code(), Some(2));
    // With the data that it reads.
    assert!(command(&["init", "banknote"], folder.path()).status.success());
    let checked = command(&["check", "banknote.toml"], folder.path());
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    for threads in ["0", "100000"] {
        let none = command(&["check", "banknote.toml", "--threads", threads], folder.path());
        assert_eq!(none.status.code(), Some(2));
    }
}

#[test]
fn plots_can_be_drawn_again_from_the_file() {
    let folder = small("plot");
    assert!(command(&["run", "small.toml", "--quiet"], folder.path()).status.success());
    let picture = folder.path().join("output/small/quasi-stationary.png");
    let first = std::fs::read(&picture).unwrap();
    std::fs::remove_file(&picture).unwrap();
    let again = command(&["plot", "output/small/result.h5"], folder.path());
    assert!(again.status.success());
    assert_eq!(first, std::fs::read(&picture).unwrap());
    assert_eq!(command(&["plot", "small.toml"], folder.path()).status.code(), Some(2));
}

#[test]
fn check_explains_without_solving() {
    let folder = small("check");
    let output = command(&["check", "small.toml"], folder.path());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("barrier 1, 10.00 times the noise"), "{text}");
    assert!(!folder.path().join("output").exists());
    let found = summary(&command(&["check", "small.toml", "--json"], folder.path()));
    assert_eq!(found["problem"]["saddles"][0]["barrier"], 1.0);
}

#[test]
fn an_output_folder_that_cannot_be_is_refused_first() {
    let folder = small("unwritable");
    std::fs::write(folder.path().join("taken"), "a file").unwrap();
    let output = command(&["run", "small.toml", "--out", "taken"], folder.path());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("taken") && message.contains("--out"), "{message}");
}

#[test]
fn what_is_no_command_is_refused() {
    let folder = Folder::new("rum");
    assert_eq!(command(&["rum"], folder.path()).status.code(), Some(2));
}

/// An interrupted run leaves an earlier result as it was.
#[test]
#[cfg(unix)]
fn an_interrupted_run_keeps_the_earlier_result() {
    let folder = small("interrupt");
    assert!(command(&["run", "small.toml", "--quiet"], folder.path()).status.success());
    let result = folder.path().join("output/small/result.h5");
    let before = std::fs::read(&result).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_saddleflux"))
        .args(["run", "small.toml", "--set", "grid.cells=[1400, 1400]"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    assert_eq!(before, std::fs::read(&result).unwrap());
}

/// What is in a folder, hidden files too.
#[cfg(unix)]
fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[cfg(unix)]
fn signalled(
    arguments: &[&str],
    signal: &str,
    after: std::time::Duration,
    folder: &Path,
) -> (Output, std::time::Duration) {
    let child = Command::new(env!("CARGO_BIN_EXE_saddleflux"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    let clock = std::time::Instant::now();
    let output = child.wait_with_output().unwrap();
    (output, clock.elapsed())
}

/// A long run ends within a second at the signals of batch systems and of closed terminals, and leaves what was there.
#[test]
#[cfg(unix)]
fn batch_systems_and_closed_terminals_end_a_run() {
    let folder = small("signals");
    assert!(command(&["run", "small.toml", "--quiet"], folder.path()).status.success());
    let out = folder.path().join("output/small");
    let before = (names(&out), std::fs::read(out.join("result.h5")).unwrap());
    let long = ["run", "small.toml", "--set", "grid.cells=[1600, 1600]"];
    // A program that is started to ignore SIGHUP, as by `nohup`, goes on ignoring it: so do these tests' children.
    let is_ignored = std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
        mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_some_and(|mask| mask & 1 == 1)
    });
    for (signal, status) in [("-TERM", 143), ("-HUP", 129)] {
        if signal == "-HUP" && is_ignored {
            continue;
        }
        let (output, took) = signalled(&long, signal, std::time::Duration::from_millis(700), folder.path());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{message}");
        assert!(took.as_secs_f64() < 1.0, "{signal}: {took:?}");
        assert!(message.contains("nothing was written, an earlier result is as it was"), "{message}");
        assert_eq!(before, (names(&out), std::fs::read(out.join("result.h5")).unwrap()));
    }
}

/// Reading a landscape and its data asks nobody whether to go on.
#[test]
#[cfg(unix)]
fn a_signal_is_heard_while_data_are_read() {
    let folder = Folder::new("signals-data");
    let rows: String = (0..1000).map(|k| format!("{},{},{}\n", k % 17, k % 5, k % 2)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a,b,c\n{}", rows.repeat(600))).unwrap();
    let text = "landscape = { kind = 'logistic-regression', data = 'd.csv', label = 'c', positive = ['1'], features = ['a', 'b'] }
noise = { kind = 'covariance', learning_rate = 0.01, batch_size = 32 }
valley = { set = 'box', half_width = 0.05 }
grid = { cells = [64, 64] }
";
    std::fs::write(folder.path().join("d.toml"), text).unwrap();
    let (output, took) = signalled(&["check", "d.toml"], "-TERM", std::time::Duration::from_millis(500), folder.path());
    assert_eq!(output.status.code(), Some(143), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(took.as_secs_f64() < 1.0, "{took:?}");
}

/// At whatever instant of writing and drawing, all files of a run are there or none, no file is half and no temporary
/// file stays.
#[test]
#[cfg(unix)]
fn a_signal_while_files_are_written_leaves_whole_files() {
    let folder = small("signals-files");
    let mut ended = 0;
    for instant in 0..6 {
        let out = folder.path().join(format!("{instant}"));
        let wanted = ["run", "small.toml", "--out", &format!("{instant}"), "--set", "grid.cells=[256, 256]"];
        let child = Command::new(env!("CARGO_BIN_EXE_saddleflux"))
            .args(wanted)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // From the first file on.
        let is_begun = || out.is_dir() && names(&out).iter().any(|name| name.to_string_lossy().contains("saddleflux"));
        let clock = std::time::Instant::now();
        while !is_begun() && clock.elapsed().as_secs() < 60 {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        std::thread::sleep(std::time::Duration::from_millis(40 * instant));
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().is_ok());
        let output = child.wait_with_output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        let status = output.status.code();
        assert!(status == Some(143) || status == Some(0), "{status:?} {message}");
        ended += usize::from(status == Some(143));
        // The files of a run take their places together.
        let count = names(&out).len();
        assert!(count == 0 || (count > 6 && out.join("files.json").exists()), "{:?}", names(&out));
        for name in names(&out) {
            let name = name.to_string_lossy().into_owned();
            assert!(!name.starts_with('.'), "{name} stayed");
            let bytes = std::fs::read(out.join(&name)).unwrap();
            let is_whole = match name.rsplit('.').next() {
                Some("png") => bytes.ends_with(b"IEND\xaeB`\x82"),
                Some("h5") => hdf5::File::open(out.join(&name)).is_ok(),
                Some("html") => bytes.trim_ascii_end().ends_with(b"</html>"),
                _ => serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(),
            };
            assert!(is_whole, "{name} is half");
        }
    }
    assert!(ended > 0);
}

#[test]
fn converge_writes_a_table_a_file_and_a_picture() {
    let folder = small("converge");
    let arguments = ["converge", "small.toml", "--json", "--set", "converge.cells=[16, 32, 48]", "--set"];
    let schemes = "converge.schemes=[\"inverse-average\", \"central\"]";
    let found = summary(&command(&[&arguments[..], &[schemes]].concat(), folder.path()));
    let series = found["convergence"].as_array().unwrap();
    assert_eq!((series.len(), series[0]["scheme"].as_str()), (2, Some("inverse-average")));
    // In the proportion of grid.cells.
    assert_eq!(series[0]["grids"][1]["cells"], serde_json::json!([32, 43]));
    assert!(series[0]["grids"][2]["rate_error"].as_f64().unwrap() < 1e-6);
    assert!(series[1]["grids"][0]["failure"].as_str().unwrap().contains("Péclet"));
    let out = folder.path().join("output/small");
    let csv = std::fs::read_to_string(out.join("convergence.csv")).unwrap();
    assert!(csv.lines().count() == 7 && csv.starts_with("scheme,angle_degrees,cells_x,cells_y,"));
    let file = hdf5::File::open(out.join("result.h5")).unwrap();
    let errors = file.dataset("convergence/rate_error").unwrap();
    assert_eq!(errors.shape(), [2, 1, 3]);
    let scales: Vec<_> = ["scheme", "angle", "cells_x"]
        .iter()
        .enumerate()
        .map(|(axis, name)| {
            let scale = file.dataset(&format!("convergence/{name}")).unwrap();
            saddleflux::io::scale::is_attached(&errors, &scale, axis)
        })
        .collect();
    assert_eq!(scales, [true; 3]);
    assert!(out.join("work-precision.png").exists() && !out.join("angle.png").exists());
    // Where nothing is solved the refusals are written, and the status says so.
    std::fs::remove_file(out.join("convergence.csv")).unwrap();
    let refused = command(&[&arguments[..], &["converge.schemes=[\"central\"]"]].concat(), folder.path());
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no grid could be solved"));
    assert!(out.join("convergence.csv").exists());
}

/// A solution of which no digit is known is written and ends with status 3.
#[test]
fn what_no_grid_resolves_is_no_success() {
    let folder = Folder::new("unresolved");
    let text = "landscape = { kind = 'double-well', dimension = 2 }
noise = { kind = 'isotropic', temperature = 0.0015 }
domain = { lower = [-2.2, -2], upper = [2.2, 2] }
valley = { minimum = [-1, 0] }
grid = { cells = [24, 16], scheme = 'inverse-average' }";
    std::fs::write(folder.path().join("cold.toml"), text).unwrap();
    let output = command(&["run", "cold.toml", "--no-plots", "--quiet"], folder.path());
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("NOT A RESULT"));
    assert!(folder.path().join("output/cold/result.h5").exists());
}

/// What is asked of the closed domain is asked of all valleys, where the file names the start's minimum alone: those of a
/// symmetric double well hold half each, and relax at the sum of both rates.
#[test]
fn a_named_minimum_does_not_shut_the_other_valley_out() {
    let folder = Folder::new("all-valleys");
    let text = "landscape = { kind = 'double-well', dimension = 1 }
noise = { kind = 'isotropic', temperature = 0.15 }
valley = { minimum = [-1] }
grid = { cells = [200] }
solve = { quantities = ['network', 'committor', 'stationary'] }";
    std::fs::write(folder.path().join("both.toml"), text).unwrap();
    let found = summary(&command(&["run", "both.toml", "--json", "--no-plots"], folder.path()));
    let valleys = found["network"]["valleys"].as_array().unwrap();
    assert_eq!(valleys.len(), 2);
    for valley in valleys {
        assert!((valley["occupation"].as_f64().unwrap() - 0.5).abs() < 1e-4, "{valley}");
    }
    let rates = &found["network"]["rates"];
    let sum = rates[0][1].as_f64().unwrap() + rates[1][0].as_f64().unwrap();
    assert!((found["network"]["eigenvalues"][1].as_f64().unwrap() / sum - 1.0).abs() < 1e-12);
}
