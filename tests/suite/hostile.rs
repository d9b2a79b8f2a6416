//! Files that have no end or no form: each is refused soon, by a short message that says what is wrong.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::folder::Folder;
use crate::hostility;

/// A table of a model in this file.
fn model(data: &str) -> String {
    format!(
        "landscape = {{ kind = 'logistic-regression', data = '{data}', label = 'c', positive = ['1'], features = ['a', 'b'] }}
noise = {{ kind = 'covariance', learning_rate = 0.01, batch_size = 32 }}
valley = {{ set = 'box', half_width = 0.05 }}
grid = {{ cells = [16, 16] }}
"
    )
}

/// A measured loss in this file.
fn measured(file: &str) -> String {
    format!(
        "landscape = {{ kind = 'table', file = '{file}', scale = 1.0 }}
noise = {{ kind = 'isotropic', temperature = 0.1 }}
grid = {{ cells = [16, 16] }}
valley = {{ set = 'x < 0.5' }}
"
    )
}

/// Bytes of the longest message.
const LONGEST: usize = 6000;

/// The message of a command that ends within 20 seconds with status 2.
fn refused(arguments: &[&str], folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_saddleflux"));
    let ended = hostility::end(program, arguments, folder, Duration::from_secs(20));
    let (status, _, message) = ended.unwrap_or_else(|| panic!("{arguments:?} has not ended"));
    assert_eq!(status, 2, "{arguments:?}: {message}");
    assert!(message.len() < LONGEST, "{arguments:?}: {} bytes: {}", message.len(), &message[..200]);
    message
}

/// A named pipe that nobody writes into, and a device that gives bytes for ever, wherever a file is read.
#[test]
#[cfg(unix)]
fn what_is_no_regular_file_is_refused() {
    let folder = Folder::new("hostile-special");
    let at = |name: &str| folder.path().join(name);
    let endings = ["toml", "csv", "npz", "h5", "safetensors"];
    for ending in endings {
        assert!(Command::new("mkfifo").arg(at(&format!("pipe.{ending}"))).status().unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", at(&format!("zero.{ending}"))).unwrap();
    }
    for name in ["pipe", "zero"] {
        let kind = if name == "pipe" { "a named pipe" } else { "a device" };
        let is_named = |arguments: &[&str]| {
            let message = refused(arguments, folder.path());
            assert!(message.contains(kind) && message.contains(name), "{arguments:?}: {message}");
        };
        is_named(&["run", &format!("{name}.toml")]);
        is_named(&["run", &format!("{name}.h5")]);
        is_named(&["plot", &format!("{name}.h5")]);
        is_named(&["referee", &format!("{name}.csv")]);
        std::fs::write(at("model.toml"), model(&format!("{name}.csv"))).unwrap();
        is_named(&["check", "model.toml"]);
        for ending in ["npz", "csv", "h5"] {
            std::fs::write(at("table.toml"), measured(&format!("{name}.{ending}"))).unwrap();
            is_named(&["check", "table.toml"]);
        }
    }
    // What the shell hands over is read.
    std::fs::write(at("small.toml"), crate::cli::SMALL).unwrap();
    let line = format!("cat small.toml | {} check /dev/stdin --quiet", env!("CARGO_BIN_EXE_saddleflux"));
    assert!(Command::new("sh").args(["-c", &line]).current_dir(folder.path()).status().unwrap().success());
}

#[test]
fn rows_and_fields_without_end_are_refused() {
    let folder = Folder::new("hostile-rows");
    std::fs::write(folder.path().join("model.toml"), model("data.csv")).unwrap();
    let says = |data: String, words: &[&str]| {
        std::fs::write(folder.path().join("data.csv"), data).unwrap();
        let message = refused(&["check", "model.toml"], folder.path());
        assert!(words.iter().all(|word| message.contains(word)), "{words:?}: {message}");
    };
    let rows = "1,2,1\n3,4,0\n".repeat(1_000_000);
    says(format!("a,b,c\n1,2,1\n\"3,4,0\n{rows}"), &["4.2 MB"]);
    says(format!("a,b,c\n1,2,1\n{},4,0\n", "9".repeat(1 << 20)), &["line 3", "column `a`", "1048576 characters"]);
    says(format!("a,{},c\n1,2,1\n", "b".repeat(1 << 20)), &["has no column `b`"]);
    says(format!("a,{}c\n", "b,".repeat(1 << 18)), &["columns `b`"]);
}

#[test]
fn long_lines_of_a_configuration_are_quoted_in_part() {
    let folder = Folder::new("hostile-lines");
    let says = |text: Vec<u8>, words: &[&str]| {
        std::fs::write(folder.path().join("c.toml"), text).unwrap();
        let message = refused(&["check", "c.toml"], folder.path());
        assert!(words.iter().all(|word| message.contains(word)), "{words:?}: {message}");
    };
    let long = "x".repeat(1 << 20);
    says(
        format!("title = 'a'\nlandscape = {{ kind = 'double-well', {long} = 1 }}").into_bytes(),
        &["c.toml", "unknown key"],
    );
    says(format!("landscape = {{ kind = '{long}' }}").into_bytes(), &["none of the choices"]);
    says(format!("noise = [ {} ]", "1, ".repeat(1 << 18)).into_bytes(), &["noise"]);
    says(format!("landscape = {{ expression = 'x + {long}' }}").into_bytes(), &["landscape.expression"]);
    says(b"title = 'a'\nnoise = '\xff'".to_vec(), &["line 2", "0xff", "UTF-8"]);
    says(vec![b'#'; 17 << 20], &["17 MB"]);
    let deep = |open: &str, close: &str| format!("{}x{}", open.repeat(20_000), close.repeat(20_000));
    says(format!("landscape = {{ expression = '{}' }}", deep("(", ")")).into_bytes(), &["landscape"]);
    says(format!("landscape = {{ expression = '{}x' }}", "-".repeat(100_000)).into_bytes(), &["landscape"]);
    says(format!("title = {}", deep("[", "]")).into_bytes(), &["c.toml"]);
}
