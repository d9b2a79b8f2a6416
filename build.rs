//! Notes the commit that the program is built from, where there is one, and a fingerprint of its sources. It runs again
//! only where the sources change, so that a commit alone builds nothing anew.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the results of the program depend on, besides the compiler.
const SOURCES: [&str; 2] = ["src", "Cargo.lock"];

fn main() {
    SOURCES.iter().for_each(|source| println!("cargo::rerun-if-changed={source}"));
    println!("cargo::rustc-env=SADDLEFLUX_SOURCES={:016x}", fingerprint());
    let git = |words: &[&str]| {
        let output = Command::new("git").args(words).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    // A copy of the sources inside another repository has that one's commits.
    let own = git(&["ls-files", "--error-unmatch", "build.rs"]);
    let Some(commit) = own.and_then(|_| git(&["rev-parse", "--short=12", "HEAD"])) else { return };
    let changed = git(&["status", "--porcelain", "--", "src", "Cargo.toml", "Cargo.lock"]);
    let changed = if changed.is_some_and(|files| !files.is_empty()) { "+changes" } else { "" };
    println!("cargo::rustc-env=SADDLEFLUX_COMMIT={commit}{changed}");
}

/// The 64-bit FNV-1a hash of the names and the contents of all source files, the same wherever they lie.
fn fingerprint() -> u64 {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    SOURCES.iter().for_each(|source| list(&root.join(source), &mut files));
    files.sort();
    let contents = files.iter().flat_map(|file| {
        let name = file.strip_prefix(root).unwrap_or(file).components();
        let name: Vec<u8> = name.flat_map(|part| part.as_os_str().as_encoded_bytes().to_vec()).collect();
        [name, std::fs::read(file).unwrap_or_default()].concat()
    });
    contents.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Collects the files within a path.
fn list(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| list(&entry.path(), files)),
        Err(_) => files.push(path.to_path_buf()),
    }
}
