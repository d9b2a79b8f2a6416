//! Sweeps: the laws that they find, what they keep, and how they are shared.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use saddleflux::config::Sweep;
use saddleflux::problem::expression::{Known, NamedFormula};
use saddleflux::study::fit::{Line, NoLine};
use serde_json::Value;

use crate::folder::Folder;

const LINE: &str = "title = 'swept'
landscape = { kind = 'double-well', dimension = 1 }
noise = { kind = 'isotropic', temperature = 0.05 }
valley = { minimum = [-1.0] }
grid = { cells = [200] }
";

/// `[sweep]` after the problem of [`LINE`].
fn line(folder: &Path, sweep: &str) {
    std::fs::write(folder.join("s.toml"), format!("{LINE}[sweep]\n{sweep}\n")).unwrap();
}

fn program(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saddleflux"));
    command.args(arguments).current_dir(folder);
    command
}

fn sweep(arguments: &[&str], folder: &Path) -> Output {
    program(&[&["sweep", "s.toml"], arguments].concat(), folder).output().unwrap()
}

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn solved(arguments: &[&str], folder: &Path) -> Value {
    let output = sweep(&[arguments, &["--json", "--no-plots"]].concat(), folder);
    assert_eq!(output.status.code(), Some(0), "{}", message(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn column(found: &Value, name: &str) -> Vec<f64> {
    found["points"].as_array().unwrap().iter().map(|point| point[name].as_f64().unwrap()).collect()
}

fn missing(folder: &Path) -> Vec<usize> {
    let output = sweep(&["--missing"], folder);
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

/// The stored points: names and what they hold.
fn points(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder.join("output/s/points")).unwrap().map(|entry| entry.unwrap().path());
    let whole = files.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    whole.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// SGLD: γ ∝ k at fixed D, exactly, and −log γ against 1/D has the barrier as its slope, up to corrections of order D.
#[test]
fn laws_of_white_noise() {
    let folder = Folder::new("sweep-laws");
    line(
        folder.path(),
        "parameters = { 'landscape.sharpness' = [1, 2, 4, 8], 'noise.temperature' = { from = 0.01, to = 0.04, count = 4, spacing = 'log' } }
         fits = [{ x = 'landscape.sharpness', y = 'rate', model = 'power' },
                 { x = '1/noise.temperature', y = '-log(rate)', model = 'linear' },
                 { x = '1/noise.temperature', y = 'rate', model = 'exponential' },
                 { x = 'barrier/noise.temperature', y = 'log(time*landscape.sharpness)' }]",
    );
    let found = solved(&[], folder.path());
    let points = found["points"].as_array().unwrap();
    assert_eq!(points.len(), 16);
    let rates = column(&found, "rate");
    for (place, k) in [1.0, 2.0, 4.0, 8.0].into_iter().enumerate() {
        for temperature in 0..4 {
            assert_relative_eq!(rates[4 * place + temperature], k * rates[temperature], max_relative = 1e-12);
        }
    }
    // A fit for each value of the key that its formulas don't name; one over all points where they name both.
    let fits = found["fits"].as_array().unwrap();
    assert_eq!(fits.len(), 4 + 4 + 4 + 1);
    for fit in &fits[..4] {
        assert_eq!((fit["model"].as_str(), fit["x"].as_str()), (Some("power"), Some("landscape.sharpness")));
        assert!(fit["at"]["noise.temperature"].as_f64().is_some());
        assert_relative_eq!(fit["slope"].as_f64().unwrap(), 1.0, epsilon = 1e-12);
        assert_relative_eq!(fit["pearson_r"].as_f64().unwrap(), 1.0, epsilon = 1e-12);
        assert!((fit["ci95"][1].as_f64().unwrap() - 1.0).abs() < 1e-12);
    }
    for fit in &fits[4..8] {
        // Kramers' prefactor does not depend on T: its slope is the barrier. The rate's own is that less about d ln(1 −
        // c T)/d(1/T).
        assert_relative_eq!(fit["theory"]["kramers"]["slope"].as_f64().unwrap(), 1.0, epsilon = 1e-12);
        let slope = fit["slope"].as_f64().unwrap();
        assert!(slope < 1.0 && slope > 1.0 - 0.01 * 0.04, "{slope}");
        let [low, high] = [0, 1].map(|k| fit["ci95"][k].as_f64().unwrap());
        assert!(low < slope && slope < high && fit["residuals"].as_array().unwrap().len() == 4);
    }
    for (linear, exponential) in fits[4..8].iter().zip(&fits[8..12]) {
        let [a, b] = [linear, exponential].map(|fit| fit["slope"].as_f64().unwrap());
        assert_relative_eq!(a, -b, max_relative = 1e-10);
    }
    assert_eq!(fits[12]["points"].as_u64(), Some(16));
    assert_relative_eq!(fits[12]["slope"].as_f64().unwrap(), fits[4]["slope"].as_f64().unwrap(), epsilon = 1e-6);
    let csv = std::fs::read_to_string(folder.path().join("output/s/sweep.csv")).unwrap();
    assert!(csv.starts_with("landscape.sharpness,noise.temperature,rate,discretisation_error,"), "{csv}");
    assert_eq!(csv.lines().count(), 17);
}

#[test]
fn the_file_has_an_axis_for_each_key() {
    let folder = Folder::new("sweep-file");
    line(
        folder.path(),
        "parameters = { 'grid.scheme' = ['sqra', 'upwind'], 'noise.temperature' = [0.1, 0.2, 0.3], 'grid.cells' = [[64]] }
         fits = [{ x = 'noise.temperature', y = 'rate' }]",
    );
    let output = sweep(&["--quiet"], folder.path());
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{}", message(&output));
    let out = folder.path().join("output/s");
    for name in ["report.html", "sweep.json", "sweep.csv", "rate-noise-temperature.png", "fit-1.png"] {
        assert!(out.join(name).exists(), "{name}");
    }
    assert!(!out.join("rate-grid-scheme.png").exists());
    let file = hdf5::File::open(out.join("result.h5")).unwrap();
    let rates = file.dataset("sweep/rate").unwrap();
    assert_eq!(rates.shape(), [2, 3, 1]);
    for (axis, name) in ["grid.scheme", "noise.temperature", "grid.cells"].iter().enumerate() {
        let scale = file.dataset(&format!("sweep/{name}")).unwrap();
        assert!(saddleflux::io::scale::is_attached(&rates, &scale, axis), "{name}");
    }
    let text = |place: &hdf5::Attribute| place.read_scalar::<hdf5::types::VarLenUnicode>().unwrap().to_string();
    let temperature = file.dataset("sweep/noise.temperature").unwrap();
    assert_eq!(text(&temperature.attr("units").unwrap()), "1");
    assert_eq!(text(&temperature.attr("measured_in").unwrap()), "parameter^2/dynamical time");
    let history = text(&file.attr("history").unwrap());
    assert!(history.contains("Z saddleflux sweep"), "{history}");
    let found: Value = serde_json::from_slice(&std::fs::read(out.join("sweep.json")).unwrap()).unwrap();
    assert_eq!(rates.read_raw::<f64>().unwrap(), column(&found, "rate"));
    assert_eq!(found["parameters"]["grid.scheme"], serde_json::json!(["sqra", "upwind"]));
    assert_eq!(found["points"][3]["grid.cells"], serde_json::json!([64]));
}

#[test]
fn a_sweep_goes_on_where_it_was_and_one_value_more_costs_its_own_points() {
    let folder = Folder::new("sweep-resume");
    let parameters = |values: &str| {
        format!("parameters = {{ 'noise.temperature' = [{values}], 'grid.scheme' = ['inverse-average', 'sqra'] }}")
    };
    line(folder.path(), &parameters("0.05, 0.1, 0.2"));
    let first = solved(&["--threads", "1"], folder.path());
    let kept = points(folder.path());
    let json = folder.path().join("output/s/sweep.json");
    let before = std::fs::read(&json).unwrap();
    for name in kept.keys().take(3) {
        std::fs::remove_file(name).unwrap();
    }
    assert_eq!(missing(folder.path()).len(), 3);
    assert_eq!(solved(&["--threads", "2"], folder.path()), first);
    assert_eq!(std::fs::read(&json).unwrap(), before);
    assert_eq!(points(folder.path()), kept);
    // In the middle of the list, and with other words for the same numbers: no point has the index that it had.
    line(folder.path(), &parameters("2e-1, 0.07, 0.10, 5.0e-2"));
    let text = std::fs::read_to_string(folder.path().join("s.toml")).unwrap();
    std::fs::write(folder.path().join("s.toml"), text.replace("cells = [200]", "cells = [ 2_00 ]")).unwrap();
    assert_eq!(missing(folder.path()), [2, 3]);
    let more = solved(&[], folder.path());
    assert_eq!(more["points"][0], first["points"][4]);
    assert_eq!(more["points"][6], first["points"][0]);
    assert_eq!(points(folder.path()).len(), 8);
    // What the result depends on makes another point of it.
    assert_eq!(sweep(&["--missing", "--set", "grid.cells=[201]"], folder.path()).stdout, b"0\n1\n2\n3\n4\n5\n6\n7\n");
    assert_eq!(sweep(&["--missing", "--set", "title=another"], folder.path()).stdout, b"");
}

/// The numbers of another build may differ: its points are solved again, which is said, and nothing is written of them
/// before.
#[test]
fn points_of_another_build_are_solved_again() {
    let folder = Folder::new("sweep-build");
    line(folder.path(), "parameters = { 'noise.temperature' = [0.05, 0.1, 0.2] }");
    let first = solved(&[], folder.path());
    let kept = points(folder.path());
    for (name, bytes) in kept.iter().take(2) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let (before, after) = text.split_once("\"value\": ").unwrap();
        std::fs::write(name, format!("{before}\"value\": 1{after}").replace(", sources ", ", sources x")).unwrap();
    }
    assert_eq!(missing(folder.path()).len(), 2);
    let said = "2 of 3 points were solved by another build of this program";
    let refused = sweep(&["--collect"], folder.path());
    assert_eq!(refused.status.code(), Some(3));
    assert!(message(&refused).contains(said), "{}", message(&refused));
    let output = sweep(&["--json", "--no-plots"], folder.path());
    assert!(output.status.success() && message(&output).contains(said), "{}", message(&output));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), first);
    assert_eq!(points(folder.path()), kept);
    assert_eq!(message(&sweep(&["--json", "--no-plots"], folder.path())), "");
}

/// Many processes at once in one folder, some of them killed at any instant: the same files as of one process alone.
#[test]
#[cfg(unix)]
fn processes_share_a_folder_and_may_be_killed() {
    let folder = Folder::new("sweep-shared");
    line(
        folder.path(),
        "parameters = { 'noise.temperature' = { from = 0.05, to = 0.2, count = 12 }, 'landscape.sharpness' = [1, 2] }
         fits = [{ x = '1/noise.temperature', y = '-log(rate)' }]",
    );
    let cells = "grid.cells=[4000]";
    let alone = Folder::new("sweep-alone");
    std::fs::copy(folder.path().join("s.toml"), alone.path().join("s.toml")).unwrap();
    solved(&["--threads", "1", "--set", cells], alone.path());
    let start = |arguments: &[&str]| -> Child {
        let all = [&["sweep", "s.toml", "--quiet", "--no-plots", "--set", cells], arguments].concat();
        program(&all, folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    // A fixed sequence of instants; which point is hit depends on the machine.
    let mut random = 12345u64;
    let mut next = || {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        random >> 33
    };
    let mut killed = 0;
    for round in 0..8 {
        let point = (next() % 24).to_string();
        let mut children = vec![start(&[]), start(&["--point", &point]), start(&["--threads", "1"])];
        for child in &mut children {
            std::thread::sleep(Duration::from_millis(next() % 25));
            // The last round ends of itself.
            if round < 7 {
                child.kill().unwrap();
                killed += usize::from(!child.wait().unwrap().success());
            } else {
                assert!(child.wait().unwrap().success());
            }
        }
    }
    assert!(killed > 0);
    let read = |folder: &Folder, name: &str| std::fs::read(folder.path().join("output/s").join(name)).unwrap();
    assert_eq!(sweep(&["--missing", "--set", cells], folder.path()).stdout, b"");
    let collected = sweep(&["--collect", "--quiet", "--set", cells], folder.path());
    assert!(collected.status.success(), "{}", message(&collected));
    assert_eq!(read(&folder, "sweep.json"), read(&alone, "sweep.json"));
    assert_eq!(read(&folder, "sweep.csv"), read(&alone, "sweep.csv"));
    let held = |folder: &Folder| points(folder.path()).into_values().collect::<Vec<_>>();
    assert_eq!(held(&folder), held(&alone));
}

#[test]
fn zipped_lists_are_the_diagonal_of_their_product() {
    let folder = Folder::new("sweep-zip");
    let parameters = "parameters = { 'noise.temperature' = [0.1, 0.2, 0.3], 'landscape.sharpness' = [1, 2, 2] }";
    line(folder.path(), &parameters.replace("2, 2", "2, 3"));
    let product = solved(&[], folder.path());
    let before = points(folder.path()).len();
    line(folder.path(), &format!("{}\nzip = true", parameters.replace("2, 2", "2, 3")));
    let zipped = solved(&[], folder.path());
    let diagonal: Vec<&Value> = [0, 4, 8].iter().map(|&point| &product["points"][point]).collect();
    assert_eq!(zipped["points"].as_array().unwrap().iter().collect::<Vec<_>>(), diagonal);
    assert_eq!(points(folder.path()).len(), before);
    let file = hdf5::File::open(folder.path().join("output/s/result.h5")).unwrap();
    assert_eq!(file.dataset("sweep/landscape.sharpness").unwrap().read_raw::<f64>().unwrap(), [1.0, 2.0, 3.0]);
    // Twice the same value is no repetition of a point here, and one in a product.
    line(folder.path(), &format!("{parameters}\nzip = true"));
    assert_eq!(solved(&[], folder.path())["points"].as_array().unwrap().len(), 3);
    line(folder.path(), parameters);
    let refused = sweep(&[], folder.path());
    assert!(refused.status.code() == Some(2) && message(&refused).contains("holds the value 2 twice"));
    line(folder.path(), &format!("{}\nzip = true", parameters.replace("1, 2, 2", "1, 2")));
    let refused = sweep(&[], folder.path());
    assert_eq!(refused.status.code(), Some(2));
    assert!(message(&refused).contains("noise.temperature has 3, landscape.sharpness has 2"), "{}", message(&refused));
}

#[test]
fn points_that_fail_are_listed_and_end_nothing() {
    let folder = Folder::new("sweep-failing");
    // No noise at all is no problem; noise of 1e-9 beside walls this far away underflows, or is told to.
    line(
        folder.path(),
        "parameters = { 'noise.temperature' = [0, 0.1, 0.2, 0.3] }
         fits = [{ x = '1/noise.temperature', y = '-log(rate)' }]",
    );
    let output = sweep(&["--no-plots"], folder.path());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("3 of 4 solved, 1 failed"), "{text}");
    assert!(text.contains("point 0 (noise.temperature = 0) failed with status 2"), "{text}");
    let found = solved(&[], folder.path());
    assert_eq!(found["points"][0]["status"], 2);
    assert!(found["points"][0]["message"].as_str().unwrap().contains("noise.temperature: is 0"));
    assert!(found["points"][0].get("rate").is_none() && found["points"][1]["status"] == 0);
    assert_eq!(found["fits"][0]["indices"], serde_json::json!([1, 2, 3]));
    let one = sweep(&["--point", "0"], folder.path());
    assert!(one.status.code() == Some(2) && message(&one).contains("point 0"), "{}", message(&one));
    // None is solved.
    line(folder.path(), "parameters = { 'noise.temperature' = [0, -1] }");
    let output = sweep(&["--json"], folder.path());
    assert_eq!(output.status.code(), Some(3), "{}", message(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&found["points"][0]["status"], &found["points"][1]["status"]), (&2.into(), &2.into()));
}

#[test]
fn what_no_point_can_mend_is_wrong_from_the_beginning() {
    let folder = Folder::new("sweep-wrong");
    let refuses = |sweep_section: &str, says: &[&str]| {
        line(folder.path(), sweep_section);
        let output = sweep(&[], folder.path());
        let message = message(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(says.iter().all(|says| message.contains(says)), "{message}");
        assert!(!folder.path().join("output").exists());
    };
    let known = "parameters = { 'noise.temperature' = [0.1, 0.2] }";
    refuses(
        "parameters = { 'noise.temprature' = [0.1] }",
        &["s.toml:7:16: noise.temprature: unknown key", "`temperature`"],
    );
    refuses("parameters = { 'nois.temperature' = [0.1] }", &["s.toml:7:16: nois.temperature: unknown key", "`noise`"]);
    refuses("parameters = { 'noise.temperature' = 0.1 }", &["s.toml:7:38", "list of values"]);
    refuses(
        "parameters = { 'noise.temperature' = { from = 0, to = 1, count = 3, spacing = 'log' } }",
        &["positive ends"],
    );
    // At once, whatever the sizes.
    let clock = std::time::Instant::now();
    let range = |count: &str| format!("{{ from = 0.1, to = 1, count = {count} }}");
    refuses(
        &format!("parameters = {{ 'noise.temperature' = {} }}", range("1000000000000")),
        &["is 1000000000000", "a whole number from 1 to 1000000"],
    );
    refuses(
        &format!("parameters = {{ 'noise.temperature' = {0}, 'landscape.sharpness' = {0} }}", range("100000")),
        &["at most 1000000 points, and this is 100000 × 100000"],
    );
    assert!(clock.elapsed() < Duration::from_secs(5));
    refuses("parameters = {}", &["sweep.parameters"]);
    refuses("parameter = {}", &["did you mean `parameters`"]);
    refuses(
        &format!("{known}\nfits = [{{ x = 'noise.temperature', y = 'rte' }}]"),
        &["s.toml:8:41", "did you mean `rate`"],
    );
    refuses(&format!("{known}\nfits = [{{ x = 'noise.temperature' }}]"), &["sweep.fits[0].y"]);
    refuses(
        &format!("{known}\nfits = [{{ x = 'rate', y = 'time', model = 'cubic' }}]"),
        &["linear, power, exponential"],
    );
    // Elsewhere in the file.
    let text = format!("{}[sweep]\n{known}\n", LINE.replace("isotropic", "isotropc"));
    std::fs::write(folder.path().join("s.toml"), text).unwrap();
    let output = sweep(&[], folder.path());
    assert!(
        output.status.code() == Some(2) && message(&output).contains("did you mean `isotropic`"),
        "{}",
        message(&output)
    );
    std::fs::write(folder.path().join("s.toml"), LINE).unwrap();
    let output = sweep(&[], folder.path());
    assert!(output.status.code() == Some(2) && message(&output).contains("nothing to sweep"), "{}", message(&output));
}

#[test]
fn whole_numbers_stay_whole_where_the_key_wants_them() {
    let read = |sweep: &str| {
        Sweep::from_text(Path::new("s.toml"), &format!("{LINE}[sweep]\n{sweep}"), &[])
            .map_err(|error| error.to_string())
    };
    let values = |sweep: &Sweep| sweep.axes[0].values.iter().map(|value| value.text.clone()).collect::<Vec<_>>();
    let cells = read("parameters = { 'grid.cells' = { from = 10, to = 1000, count = 4, spacing = 'log' } }").unwrap();
    assert_eq!(values(&cells), ["10", "46", "215", "1000"]);
    let rates = read("parameters = { noise.temperature = { from = 0.1, to = 0.4, count = 4 } }").unwrap();
    assert_eq!(
        (rates.axes[0].key.as_str(), values(&rates)),
        ("noise.temperature", ["0.1", "0.2", "0.3", "0.4"].map(String::from).to_vec())
    );
    assert_eq!(
        values(
            &read("parameters = { 'landscape.sharpness' = { from = 1, to = 4, count = 3, spacing = 'log' } }").unwrap()
        ),
        ["1", "2", "4"]
    );
    let crowded = read("parameters = { 'grid.cells' = { from = 10, to = 13, count = 9 } }").unwrap_err();
    assert!(crowded.contains("twice"), "{crowded}");
    // The last axis runs fastest, in the order of the file.
    let both = read("parameters = { 'noise.temperature' = [1, 2], 'landscape.sharpness' = [3, 4, 5] }").unwrap();
    assert_eq!((both.len(), both.describe(4)), (6, "noise.temperature = 2, landscape.sharpness = 4".into()));
    assert_eq!((both.number(4, "landscape.sharpness"), both.number(4, "noise.temperature")), (Some(4.0), Some(2.0)));
}

#[test]
fn incomplete_sweeps_have_no_statistics_unless_asked_for() {
    let folder = Folder::new("sweep-partial");
    line(
        folder.path(),
        "parameters = { 'noise.temperature' = [0.1, 0.2, 0.3, 0.4] }
         fits = [{ x = '1/noise.temperature', y = '-log(rate)' }]",
    );
    for point in ["0", "2", "3"] {
        assert!(sweep(&["--point", point], folder.path()).status.success());
    }
    let refused = sweep(&["--collect"], folder.path());
    assert_eq!(refused.status.code(), Some(3));
    assert!(message(&refused).contains("1 of 4 points lack (1)") && message(&refused).contains("--partial"));
    assert!(!folder.path().join("output/s/sweep.json").exists());
    let partial = solved(&["--collect", "--partial"], folder.path());
    assert_eq!((&partial["missing"], &partial["fits"][0]["points"]), (&serde_json::json!([1]), &3.into()));
    assert!(partial["points"][1].get("status").is_none() && partial["points"][2]["status"] == 0);
    assert_eq!(sweep(&["--point", "4"], folder.path()).status.code(), Some(2));
    assert_eq!(sweep(&["--point", "1", "--collect"], folder.path()).status.code(), Some(2));
    // A file that is none.
    let path = points(folder.path()).into_keys().next().unwrap();
    std::fs::write(&path, "{").unwrap();
    let damaged = sweep(&[], folder.path());
    assert!(damaged.status.code() == Some(3) && message(&damaged).contains("delete it"), "{}", message(&damaged));
}

/// The scripts are run as Slurm would: once for each index of the array.
#[test]
#[cfg(unix)]
fn job_arrays_solve_exactly_what_lacks() {
    let folder = Folder::new("sweep-slurm");
    line(folder.path(), "parameters = { 'noise.temperature' = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] }");
    for point in ["2", "5"] {
        assert!(sweep(&["--point", point], folder.path()).status.success());
    }
    let run = |script: &Path| {
        let text = std::fs::read_to_string(script).unwrap();
        let array = text.lines().find_map(|line| line.strip_prefix("#SBATCH --array=")).unwrap();
        for part in array.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            for index in first.parse::<usize>().unwrap()..=last.parse().unwrap() {
                let task =
                    Command::new("sh").arg(script).env("SLURM_ARRAY_TASK_ID", index.to_string()).output().unwrap();
                assert!(task.status.success(), "{}", message(&task));
            }
        }
        array.to_string()
    };
    let output = folder.path().join("output/s");
    assert!(sweep(&["--slurm"], folder.path()).status.success());
    let text = std::fs::read_to_string(output.join("sweep.slurm")).unwrap();
    assert!(text.contains("#SBATCH --array=0-1,3-4,6\n"), "{text}");
    assert!(sweep(&["--slurm", "--array-limit", "4"], folder.path()).status.success());
    assert!(!output.join("sweep.slurm").exists());
    assert_eq!(run(&output.join("sweep-0.slurm")), "0-1,3");
    assert_eq!(missing(folder.path()), [4, 6]);
    assert_eq!(run(&output.join("sweep-1.slurm")), "0,2");
    assert!(missing(folder.path()).is_empty());
    let refused = sweep(&["--slurm"], folder.path());
    assert!(refused.status.code() == Some(2) && message(&refused).contains("cannot be empty"), "{}", message(&refused));
    assert!(!output.join("sweep-0.slurm").exists());
}

#[test]
#[cfg(unix)]
fn an_interrupted_sweep_says_what_it_keeps() {
    let folder = Folder::new("sweep-interrupted");
    line(folder.path(), "parameters = { 'noise.temperature' = { from = 0.05, to = 0.2, count = 3000 } }");
    let arguments = ["sweep", "s.toml", "--no-plots", "--set", "grid.cells=[4000]"];
    let child = program(&arguments, folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", message(&output));
    let kept = points(folder.path()).len();
    assert!(message(&output).contains(&format!("interrupted: {kept} of 3000 points are kept")), "{}", message(&output));
    assert!(kept > 0 && !folder.path().join("output/s/sweep.json").exists());
}

/// Anscombe (1973), first set; slope, intercept, r and interval by `scipy.stats`.
#[test]
fn lines_are_those_of_least_squares() {
    let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
    let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    let points: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
    let line = Line::through(&points).unwrap();
    assert_relative_eq!(line.slope, 0.5000909090909091, max_relative = 1e-13);
    assert_relative_eq!(line.intercept, 3.0000909090909103, max_relative = 1e-13);
    assert_relative_eq!(line.pearson_r.unwrap(), 0.8164205163448399, max_relative = 1e-13);
    let [low, high] = line.ci95.unwrap();
    assert_relative_eq!(low, 0.2333701363851875, max_relative = 1e-8);
    assert_relative_eq!(high, 0.7668116817966308, max_relative = 1e-8);
    assert_relative_eq!(line.residuals.iter().sum::<f64>(), 0.0, epsilon = 1e-13);
    assert!(Line::through(&points[..2]).unwrap().ci95.is_none());
    assert_eq!(Line::through(&points[..1]), Err(NoLine::TooFew { points: 1 }));
    assert_eq!(Line::through(&[(1.0, 0.0), (1.0, 2.0)]), Err(NoLine::OneAbscissa { x: 1.0 }));
    assert!(matches!(Line::through(&[(1.0, 0.0), (f64::NAN, 2.0)]), Err(NoLine::NotFinite { place: 1, .. })));
    assert_eq!(Line::through(&[(1.0, 2.0), (3.0, 2.0)]).unwrap().pearson_r, None);
}

#[test]
fn formulas_name_keys_and_results() {
    let names = ["noise.batch_size", "rate", "rate_2", "time"].map(String::from);
    let formula = |text: &str| NamedFormula::parse(text, &names).unwrap();
    let known = |name: &str| match name {
        "noise.batch_size" => Known { value: Some(8.0), logarithm: None },
        // e^-2000 is no ordinary number.
        "rate" => Known { value: None, logarithm: Some(-2000.0) },
        "rate_2" => Known { value: Some(0.5), logarithm: None },
        _ => Known::default(),
    };
    assert_eq!(formula("2*noise.batch_size - 1").value(known), 15.0);
    assert_eq!(formula("-log(rate)/noise.batch_size^2").value(known), 2000.0 / 64.0);
    assert_relative_eq!(formula("log10(rate)").value(known), -2000.0 / 10f64.ln(), max_relative = 1e-15);
    assert_eq!(formula("log(rate_2)").value(known), 0.5f64.ln());
    assert_eq!((formula("rate").logarithm(known), formula("2*rate_2").logarithm(known)), (-2000.0, 0.0));
    assert!(formula("rate").value(known).is_nan() && formula("time").value(known).is_nan());
    assert!(formula("log(rate)*2").uses("rate") && !formula("log(rate)*2").uses("time"));
    let unknown = NamedFormula::parse("noise.batchsize + x", &names).unwrap_err();
    assert!(unknown.offset == 0 && unknown.fault.to_string().contains("`noise.batch_size`"), "{unknown}");
}
