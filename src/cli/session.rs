//! One flow for every command that computes: read the configuration, compute under watch, write, draw, say.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use super::{Asked, Failure, Output, diagnostic, watch};
use crate::config::{Config, advice};
use crate::io::{self, IoError};
use crate::memory;
use crate::observe::group::FieldGroup;
use crate::plot::PlotError;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::study::StudyError;

/// A command at work on a configuration.
pub(super) struct Session<'a> {
    asked: &'a Asked,
    /// The configuration.
    pub config: Config,
    /// When it began.
    pub started: SystemTime,
}

impl<'a> Session<'a> {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A configuration that is wrong.
    pub fn begin(asked: &'a Asked) -> Result<Session<'a>, Failure> {
        let started = SystemTime::now();
        let is_result = asked.config.extension().is_some_and(|extension| extension == "h5");
        let config = if is_result {
            // What solved it solves it again.
            let (text, origin) =
                io::configuration(&asked.config).map_err(|error| Failure::new(2, format!("error: {error}")))?;
            Config::from_text(&origin, &text, &asked.overrides)
        } else {
            Config::from_path(&asked.config, &asked.overrides)
        };
        let config = config.map_err(|error| Failure::new(2, diagnostic::config_error(&error)))?;
        Ok(Session { asked, config, started })
    }

    /// Runs `work` on the problem that is posed, on the threads that were asked for, watched by a progress bar and stopped by a signal; returns
    /// what it found and the number of threads.
    ///
    /// # Errors
    /// A problem that is wrong, what ends `work`, and threads that cannot be had.
    pub fn compute<T: Send>(
        &self,
        work: impl FnOnce(Problem, &Progress) -> Result<T, StudyError> + Send,
    ) -> Result<(T, usize), Failure> {
        let (found, threads) = watched(self.asked.output, |progress| {
            progress.begin("reading the landscape", 0);
            work(self.config.problem_under(progress)?, progress)
        })?;
        Ok((found.map_err(|error| self.failure(&error))?, threads))
    }

    /// What a study that ended without a result says.
    pub fn failure(&self, error: &StudyError) -> Failure {
        let diagnosis = advice::on_study(error);
        let message = match error {
            StudyError::Interrupted => "interrupted: nothing was written, an earlier result is as it was".to_string(),
            _ => diagnostic::diagnosis(&self.config.source, &diagnosis),
        };
        Failure::new(diagnosis.exit_status, message)
    }

    /// The output folder, made and found to be writable before anything long begins.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        folder(self.asked)
    }

    /// Whether pictures are drawn.
    pub fn draws(&self) -> bool {
        !self.asked.no_plots
    }

    /// Writes summary and result, then what `draw` adds in the folder that it is given; all of them take their places together. Says
    /// `report` of all files, or the summary.
    ///
    /// # Errors
    /// A file or a picture that cannot be written.
    pub fn deliver(
        &self,
        folder: &Path,
        summary: &Value,
        groups: &[Cow<'_, FieldGroup>],
        draw: impl FnOnce(&Path) -> Result<Vec<PathBuf>, Failure>,
        report: impl FnOnce(&[PathBuf], bool) -> String,
    ) -> Result<(), Failure> {
        let delivery = io::Delivery::begin(folder)?;
        let staged = delivery.staged();
        let mut files = vec![staged.join("summary.json"), staged.join("result.h5")];
        let write = || io::write_result(&files[1], &self.config, summary, groups);
        let (written, drawn) = beside(&write, || draw(staged));
        written?;
        io::write_summary(&files[0], summary)?;
        files.extend(self.weights(staged)?);
        files.extend(drawn?);
        let files = delivery.finish(&files)?;
        self.tell(|| summary.clone(), || report(&files, diagnostic::stdout_has_colour()));
        Ok(())
    }

    /// Writes the weights in the middle of a slice, where the landscape is one; returns the file.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn weights(&self, folder: &Path) -> Result<Option<PathBuf>, Failure> {
        // It has been computed: an error has ended the command before.
        let Some(Ok(slice)) = self.config.slice() else { return Ok(None) };
        let file = folder.join("weights.safetensors");
        io::write_weights(&file, &slice.network, &slice.theta)?;
        Ok(Some(file))
    }

    /// Says what a program or a person reads, or nothing.
    pub fn tell(&self, program: impl FnOnce() -> Value, person: impl FnOnce() -> String) {
        self.asked.output.tell(program, person);
    }
}

/// Does one thing in a thread of its own while the other is done here; one after the other where the system refuses the thread.
fn beside<A: Send, B>(one: &(impl Fn() -> A + Sync), other: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| match std::thread::Builder::new().spawn_scoped(scope, one) {
        Ok(thread) => {
            let found = other();
            (thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), found)
        }
        Err(_) => (one(), other()),
    })
}

/// Runs `work` on the threads that were asked for, watched by a progress bar and stopped by a signal; returns what it found and the
/// number of threads.
///
/// # Errors
/// Threads that cannot be had.
pub(super) fn watched<T: Send>(
    output: Output,
    work: impl FnOnce(&Progress) -> T + Send,
) -> Result<(T, usize), Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(output.threads.unwrap_or(0)).build();
    let pool = pool.map_err(|error| {
        let (bound, status) = (memory::free().bound, if output.threads.is_some() { 2 } else { 3 });
        Failure::new(status, format!("error: --threads: {error}: take fewer, or raise what bounds the memory, {bound}"))
    })?;
    let progress = Arc::new(Progress::default());
    let watch = watch::Watch::start(&progress, output.quiet || output.json);
    let found = pool.install(|| work(&progress));
    drop(watch);
    Ok((found, pool.current_num_threads()))
}

/// The output folder, made and found to be writable before anything long begins.
///
/// # Errors
/// A folder that cannot be made or written.
pub(super) fn folder(asked: &Asked) -> Result<PathBuf, Failure> {
    let folder = folder_name(asked);
    writable(&folder)?;
    Ok(folder)
}

/// Makes a folder, unless it is there, and finds out whether it can be written.
///
/// # Errors
/// A folder that cannot be made or written.
pub(super) fn writable(folder: &Path) -> Result<(), Failure> {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    io::sweep_up(folder);
    io::sweep_up(&folder.join("points"));
    let attempt = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&probe, b""));
    let _ = std::fs::remove_file(&probe);
    attempt.map_err(|error| {
        let folder = folder.display();
        Failure::new(
            2,
            format!("error: the output folder {folder} cannot be written ({error}): choose another with --out"),
        )
    })
}

/// The name of the output folder, which need not be there.
pub(super) fn folder_name(asked: &Asked) -> PathBuf {
    let name = asked.config.file_stem().map_or("result".into(), |name| name.to_string_lossy().into_owned());
    asked.out.clone().unwrap_or_else(|| Path::new("output").join(name))
}

impl From<IoError> for Failure {
    fn from(error: IoError) -> Failure {
        Failure::new(3, format!("error: {error}"))
    }
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Failure {
        Failure::new(3, format!("error: {error}"))
    }
}
