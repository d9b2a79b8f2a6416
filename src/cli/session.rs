//! The common steps of every command that computes: read the configuration, compute with progress, write, draw, report.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use super::{Asked, Failure, Output, diagnostic, provenance, watch};
use crate::config::{Config, advice};
use crate::io::{self, IoError};
use crate::memory;
use crate::observe::group::FieldGroup;
use crate::plot::{Look, PlotError};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::report::Screen;
use crate::study::StudyError;
use crate::sweep::SWEEP;

/// A command with its configuration.
pub(super) struct Session<'a> {
    asked: &'a Asked,
    /// The configuration.
    pub config: Config,
    /// The time at which it began.
    pub started: SystemTime,
}

/// The file names of a summary and of a result.
pub(super) type Names = &'static [&'static str; 2];

/// The names of result files, which do not identify the problem.
const RESULTS: [&str; 4] = [OF_RUN[1], "convergence.h5", "simulation.h5", OF_SWEEP];

/// The result file of `sweep` that no other command writes.
pub(super) const OF_SWEEP: &str = "sweep.h5";

/// The file names of `run`.
pub(super) const OF_RUN: Names = &["summary.json", "result.h5"];

impl<'a> Session<'a> {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A configuration that is wrong.
    pub fn begin(asked: &'a Asked) -> Result<Session<'a>, Failure> {
        let started = SystemTime::now();
        let is_result = asked.config.extension().is_some_and(|extension| extension == "h5");
        let config = if is_result {
            // A result file is solved again from the configuration in it.
            let (text, origin) =
                io::configuration(&asked.config).map_err(|error| Failure::new(2, format!("error: {error}")))?;
            Config::from_text(&origin, &text, &asked.overrides)
        } else {
            Config::from_path(&asked.config, &asked.overrides)
        };
        let config = config.map_err(|error| Failure::new(2, diagnostic::config_error(&error)))?;
        Ok(Session { asked, config, started })
    }

    /// Calls `work` with the problem, on the requested threads, with a progress bar and interruptible by signals.
    /// Returns the result and the number of threads.
    ///
    /// # Errors
    /// A problem that is wrong, errors of `work`, and threads that cannot be started.
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

    /// The failure of a study that ended without a result.
    pub fn failure(&self, error: &StudyError) -> Failure {
        let mut diagnosis = advice::on_study(error);
        diagnosis.key = self.config.key_of_not_finite(error).or(diagnosis.key);
        let message = match error {
            StudyError::Interrupted => "interrupted: nothing was written, an earlier result is as it was".to_string(),
            _ => diagnostic::diagnosis(&self.config.source, &diagnosis),
        };
        Failure::new(diagnosis.exit_status, message)
    }

    /// The output folder, created if necessary and checked to be writable.
    ///
    /// # Errors
    /// A folder that cannot be created or written.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        folder(self.asked)
    }

    /// The look of the pictures; `None` if none are drawn.
    pub fn look(&self) -> Option<Look> {
        self.asked.pictures.look()
    }

    /// The summary with its provenance.
    pub fn noted(&self, mut summary: Value) -> Value {
        provenance::note(&mut summary, &self.config.source);
        summary
    }

    /// Writes summary and result under the given names, and the pictures that `draw` writes into the folder that it is
    /// given; all files appear together. Then prints the report or the summary.
    ///
    /// # Errors
    /// A file or a picture that cannot be written.
    pub fn deliver(
        &self,
        (folder, names): (&Path, Names),
        summary: &Value,
        groups: &[Cow<'_, FieldGroup>],
        draw: impl FnOnce(&Path) -> Result<Vec<PathBuf>, Failure>,
        report: impl FnOnce(&[PathBuf], Screen) -> String,
    ) -> Result<(), Failure> {
        let delivery = io::Delivery::begin(folder, names[0])?;
        let staged = delivery.staged();
        let written_as = in_folder(names, folder);
        let beside = of_sweep(folder);
        // Without a thread pool of its own, compression uses one thread.
        let pool = pool(self.asked.output).ok();
        let files_of = || -> Result<Vec<PathBuf>, io::IoError> {
            let mut files = Vec::new();
            for names in &written_as {
                let [summary_file, result_file] = names.map(|name| staged.join(name));
                let shared = beside.iter().filter(|_| *names == OF_RUN).map(Cow::Borrowed);
                let groups: Vec<_> = groups.iter().cloned().chain(shared).collect();
                io::write_result(&result_file, &self.config, summary, &groups)?;
                io::write_summary(&summary_file, summary)?;
                files.extend([summary_file, result_file]);
            }
            Ok(files)
        };
        let write = || pool.as_ref().map_or_else(files_of, |pool| pool.install(files_of));
        let (written, drawn) = side_by_side(&write, || draw(staged));
        let mut files = written?;
        files.extend(self.weights(staged)?);
        files.extend(drawn?);
        let files = delivery.finish(&files)?;
        if self.asked.out.is_none() && !self.asked.overrides.is_empty() {
            let apart = changed(folder, &self.asked.overrides);
            keep_apart(&apart, &files).map_err(|error| {
                Failure::new(
                    2,
                    format!(
                        "error: the files of this run are in {}, but not in {} as well ({error})",
                        folder.display(),
                        apart.display()
                    ),
                )
            })?;
        }
        self.tell(|| summary.clone(), || report(&files, diagnostic::screen()));
        Ok(())
    }

    /// Writes the weights at the centre of a slice into a folder and returns the file; `None` for other landscapes.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn weights(&self, folder: &Path) -> Result<Option<PathBuf>, Failure> {
        // The slice has been computed; an error would have ended the command.
        let Some(Ok(slice)) = self.config.slice() else { return Ok(None) };
        let file = folder.join("weights.safetensors");
        io::write_weights(&file, &slice.model.network, &slice.theta)?;
        Ok(Some(file))
    }

    /// Prints JSON, the report, or nothing, as the options say.
    pub fn tell(&self, program: impl FnOnce() -> Value, person: impl FnOnce() -> String) {
        self.asked.output.tell(program, person);
    }
}

/// Calls `one` in a new thread and `other` in this one; one after the other if the system refuses the thread.
fn side_by_side<A: Send, B>(one: &(impl Fn() -> A + Sync), other: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| match std::thread::Builder::new().spawn_scoped(scope, one) {
        Ok(thread) => {
            let found = other();
            (thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), found)
        }
        Err(_) => (one(), other()),
    })
}

/// Calls `work` on the requested threads, with a progress bar and interruptible by signals. Returns the result and the
/// number of threads.
///
/// # Errors
/// Threads that cannot be started.
pub(super) fn watched<T: Send>(
    output: Output,
    work: impl FnOnce(&Progress) -> T + Send,
) -> Result<(T, usize), Failure> {
    let pool = pool(output).map_err(|error| {
        let (bound, status) = (memory::free().bound, if output.threads.is_some() { 2 } else { 3 });
        Failure::new(status, format!("error: --threads: {error}: take fewer, or raise what bounds the memory, {bound}"))
    })?;
    let progress = Arc::new(Progress::default());
    let watch = watch::Watch::start(&progress, output.quiet || output.json);
    let found = pool.install(|| work(&progress));
    drop(watch);
    Ok((found, pool.current_num_threads()))
}

/// A pool of the requested number of threads.
fn pool(output: Output) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(output.threads.unwrap_or(0)).build()
}

/// The names under which a command writes into a folder: its own, and those of `run` unless `run` or another command
/// has written these, so that no command removes the results of another.
fn in_folder(own: Names, folder: &Path) -> Vec<Names> {
    let [own_summary, of_run] = [own, OF_RUN].map(|names| std::fs::read(folder.join(names[0])).ok());
    let is_own = of_run.is_none() || of_run == own_summary;
    if own != OF_RUN && is_own { vec![own, OF_RUN] } else { vec![own] }
}

/// The group of the sweep in this folder, which `result.h5` holds besides the groups of a run; `None` without one that
/// can be read.
pub(super) fn of_sweep(folder: &Path) -> Option<FieldGroup> {
    let kept = io::read_any(&folder.join(OF_SWEEP)).ok()?;
    kept.groups.into_iter().find(|group| group.name == SWEEP)
}

/// The output folder, created if necessary and checked to be writable.
///
/// # Errors
/// A folder that cannot be created or written.
pub(super) fn folder(asked: &Asked) -> Result<PathBuf, Failure> {
    let folder = folder_name(asked);
    writable(&folder)?;
    Ok(folder)
}

/// Keeps the files of a run in another folder as well, which the next run with other changes does not touch; as hard
/// links if the file system has them.
fn keep_apart(folder: &Path, files: &[PathBuf]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for file in files {
        let Some(name) = file.file_name() else { continue };
        let (kept, fresh) = (folder.join(name), folder.join(format!(".{}.partial", name.to_string_lossy())));
        let _ = std::fs::remove_file(&fresh);
        if std::fs::hard_link(file, &fresh).is_err() {
            std::fs::copy(file, &fresh)?;
        }
        std::fs::rename(fresh, kept)?;
    }
    Ok(())
}

/// The name of a folder with the overrides appended, in characters that every file system allows:
/// `quickstart--noise.temperature=0.1`. If characters are omitted, or the overrides are long, a hash of them is
/// appended.
fn changed(folder: &Path, changes: &[String]) -> PathBuf {
    const LONGEST: usize = 80;
    let whole: String = changes.iter().map(|change| format!("--{change}")).collect();
    let is_taken = |c: &char| c.is_ascii_alphanumeric() || "._=+-".contains(*c);
    let kept: String = whole.chars().filter(is_taken).take(LONGEST).collect();
    let mut name = folder.as_os_str().to_os_string();
    name.push(&kept);
    if kept != whole {
        name.push(format!("-{:08x}", crc32fast::hash(whole.as_bytes())));
    }
    PathBuf::from(name)
}

/// Creates a folder if necessary, completes what dead processes left in it, and checks that it can be written.
///
/// # Errors
/// A folder that cannot be created or written.
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

/// The path of the output folder, named after the configuration or, for a result that is solved again, after its
/// folder; it need not exist.
pub(super) fn folder_name(asked: &Asked) -> PathBuf {
    let own = || asked.config.file_stem().map(|name| name.to_string_lossy().into_owned());
    let of_folder = || {
        let file = std::path::absolute(&asked.config).ok()?;
        Some(file.parent()?.file_name()?.to_string_lossy().into_owned())
    };
    let is_result = asked.config.file_name().is_some_and(|name| RESULTS.iter().any(|result| name == *result));
    let name = if is_result { of_folder().or_else(own) } else { own() };
    asked.out.clone().unwrap_or_else(|| Path::new("output").join(name.unwrap_or_else(|| "result".into())))
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
