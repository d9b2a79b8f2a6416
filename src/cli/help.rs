//! `saddleflux completions` and `saddleflux man`: shell completions and manual pages.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Failure, say};

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell) {
    let mut command = Cli::command();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "saddleflux", &mut text);
    say(&String::from_utf8_lossy(&text));
}

/// Prints the manual page of the program, or writes it and one for every command into a folder.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn man(folder: Option<&Path>) -> Result<(), Failure> {
    let Some(folder) = folder else {
        let mut text = Vec::new();
        let page = clap_mangen::Man::new(Cli::command());
        page.render(&mut text).map_err(|error| Failure::new(3, format!("error: {error}")))?;
        say(&String::from_utf8_lossy(&text));
        return Ok(());
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| {
        Failure::new(2, format!("error: {}: cannot be written ({error}): choose another folder", folder.display()))
    })?;
    say(&format!("wrote the pages of saddleflux and of its commands into {}\n", folder.display()));
    Ok(())
}
