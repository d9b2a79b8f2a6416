//! Notes the commit that the program is built from, where there is one. It runs again only where the sources change, so
//! that a commit alone builds nothing anew.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.lock");
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
