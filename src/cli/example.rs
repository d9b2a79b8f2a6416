//! The examples that are part of the program.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::session::writable;
use super::{Failure, Output, Unset, names};

/// The name and the text of each example; the first line of the text is its question.
const EXAMPLES: [(&str, &str); 21] = [
    ("quickstart", include_str!("../../configs/quickstart.toml")),
    ("banknote", include_str!("../../configs/banknote.toml")),
    ("styblinski-tang", include_str!("../../configs/styblinski-tang.toml")),
    ("hessian", include_str!("../../configs/hessian.toml")),
    ("frozen", include_str!("../../configs/frozen.toml")),
    ("muller-brown", include_str!("../../configs/muller-brown.toml")),
    ("three-hole", include_str!("../../configs/three-hole.toml")),
    ("committor", include_str!("../../configs/committor.toml")),
    ("network", include_str!("../../configs/network.toml")),
    ("spectrum", include_str!("../../configs/spectrum.toml")),
    ("turned", include_str!("../../configs/turned.toml")),
    ("sgd", include_str!("../../configs/sgd.toml")),
    ("evolve", include_str!("../../configs/evolve.toml")),
    ("schedule", include_str!("../../configs/schedule.toml")),
    ("tensor", include_str!("../../configs/tensor.toml")),
    ("disc", include_str!("../../configs/disc.toml")),
    ("sweep", include_str!("../../configs/sweep.toml")),
    ("particles", include_str!("../../configs/particles.toml")),
    ("covariance", include_str!("../../configs/covariance.toml")),
    ("slice", include_str!("../../configs/slice.toml")),
    ("minibatch", include_str!("../../configs/minibatch.toml")),
];

/// The data that examples read: the path in their texts, the name of the file written beside them, and the contents.
const DATA: [(&str, &str, &str); 1] =
    [("configs/data/banknote.csv", "banknote.csv", include_str!("../../configs/data/banknote.csv"))];

/// The example that is written without a name.
const FIRST: &str = "quickstart";

#[derive(Args)]
pub(super) struct InitAsked {
    /// Name of an example [default: quickstart]
    name: Option<String>,
    /// Name the examples and stop
    #[arg(long, conflicts_with = "name")]
    list: bool,
    /// Folder for the files [default: the working folder]
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
    /// Without effect: nothing is drawn
    #[arg(long, hide = true)]
    no_plots: bool,
    #[command(flatten)]
    unset: Unset,
}

/// Writes `NAME.toml` and the data that it reads into a folder; an unknown name is an error with the list of examples.
pub(super) fn init(asked: &InitAsked) -> Result<(), Failure> {
    asked.unset.refuse("init", "edit the file that it writes, or give the change to `run`")?;
    if asked.list {
        asked.output.tell(|| json!(EXAMPLES.map(|(name, _)| name)), list);
        return Ok(());
    }
    let name = asked.name.as_deref().unwrap_or(FIRST);
    let Some((_, text)) = EXAMPLES.iter().find(|(known, _)| *known == name) else {
        let near = names::meant(name, EXAMPLES.iter().map(|(known, text)| (*known, first_line(text))));
        let question = names::question(&near);
        return Err(Failure::new(2, format!("error: there is no example `{name}`{question}\n{}", list())));
    };
    let folder = asked.out.as_deref().unwrap_or(Path::new(""));
    let mut text = text.to_string();
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for (path, beside, data) in DATA {
        if text.contains(path) {
            text = text.replace(path, beside);
            files.push((folder.join(beside), data.to_string()));
        }
    }
    let config = folder.join(format!("{name}.toml"));
    files.push((config.clone(), text));
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        let path = path.display();
        return Err(Failure::new(2, format!("error: {path} is already here: move it away, or work in another folder")));
    }
    if let Some(folder) = &asked.out {
        writable(folder)?;
    }
    for (path, text) in &files {
        std::fs::write(path, text)
            .map_err(|error| Failure::new(2, format!("error: {} cannot be written: {error}", path.display())))?;
    }
    let names: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    let others = if asked.name.is_none() { "; other examples: saddleflux init --list" } else { "" };
    let said =
        || format!("wrote {}; solve it with: saddleflux run {}{others}\n", names.join(" and "), config.display());
    asked.output.tell(|| json!({ "files": names }), said);
    Ok(())
}

/// The question of an example.
fn first_line(example: &str) -> &str {
    example.lines().next().unwrap_or("").trim_start_matches(['#', ' '])
}

fn list() -> String {
    let mut text = String::from("examples (saddleflux init NAME writes NAME.toml here):\n");
    for (name, example) in EXAMPLES {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<17}{}", first_line(example));
    }
    text
}
