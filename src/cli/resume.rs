//! `run --resume`: continues the evolution of a density from where an earlier run was stopped or killed.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::session::{Session, of_sweep};
use super::{Asked, Failure, diagnostic};
use crate::config::advice;
use crate::io::{self, OwnFile};
use crate::problem::Problem;
use crate::study::evolution::{Halt, is_interrupted};
use crate::study::{Request, Solution, StudyError};

#[derive(Args)]
pub(super) struct RunAsked {
    #[command(flatten)]
    pub asked: Asked,
    /// Go on with a density in time that was interrupted, from the result in the output folder; without one begin
    #[arg(long)]
    pub resume: bool,
}

/// The work that an earlier run has left.
#[derive(PartialEq, Eq)]
pub(super) enum Left {
    /// No work: the result is complete, and has been reported.
    Nothing,
    /// The rest of the evolution, with which the request now continues.
    Something,
}

/// Sets the request to resume from the result in a folder, if there is one.
///
/// # Errors
/// A request without an evolution, and a result that cannot be read or belongs to another configuration.
pub(super) fn from(
    session: &Session<'_>,
    (folder, own): (&Path, &OwnFile),
    request: &mut Request,
) -> Result<Left, Failure> {
    let wrong = |message: String| Failure::new(2, format!("error: {message}"));
    let Some(evolve) = &mut request.evolve else {
        return Err(wrong("--resume goes on with a density in time, and this configuration has no [evolve]".into()));
    };
    let file = file(folder);
    if !file.exists() {
        return Ok(Left::Something);
    }
    let adopted = own.adopt(&file);
    let stored = io::read(&file).map_err(|error| wrong(error.to_string()))?;
    if stored.configuration != session.config.source.effective {
        return Err(wrong(format!(
            "{} is the result of another configuration: leave --resume out to begin again, or choose another --out",
            file.display()
        )));
    }
    if is_interrupted(&stored.groups) == Some(false) {
        session.tell(|| stored.summary.clone(), || format!("{} is whole: nothing is left to do\n", file.display()));
        return Ok(Left::Nothing);
    }
    let held = if adopted.is_ok() { own.path() } else { &file };
    let halt = Halt::from_groups(&stored.groups, held).map_err(|fault| {
        let diagnosis = advice::on_study(&StudyError::Evolution(fault));
        Failure::new(diagnosis.exit_status, diagnostic::diagnosis(&session.config.source, &diagnosis))
    })?;
    evolve.resumed = halt.map(Arc::new);
    Ok(Left::Something)
}

/// Writes the partial result during the computation, and returns the file that holds it for the next one.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn keep(
    session: &Session<'_>,
    (folder, own): (&Path, &OwnFile),
    problem: &Problem,
    solution: &Solution,
) -> Result<PathBuf, String> {
    let setting = io::Setting::new(&session.config, problem, session.started, rayon::current_num_threads());
    let solved = io::Solved { setting, solution };
    let summary = session.noted(io::summary(&solved));
    let groups: Vec<_> = solved.groups().into_iter().chain(of_sweep(folder).map(Cow::Owned)).collect();
    let written = io::write_result(own.path(), &session.config, &summary, &groups);
    let published = written.and_then(|()| own.publish(&file(folder)));
    published.map(|()| own.path().to_path_buf()).map_err(|error| error.to_string())
}

fn file(folder: &Path) -> PathBuf {
    folder.join("result.h5")
}
