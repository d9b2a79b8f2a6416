//! The files of a run, which appear in the output folder together.
//!
//! They are written into a temporary folder inside the output folder and moved out when all are complete; renaming
//! needs no disk space. `files.json` lists what each command wrote, so that the next run of the same command removes
//! files that it does not replace. Files of other commands, and files that were changed or added since, are kept.
//!
//! ```text
//! output/.saddleflux.HOST-PID.partial/    files as they are written            removed with a run that ends early
//! output/.saddleflux.HOST-PID.ready/      all of them, on their way            moved out by the next command if this one is killed
//! output/summary.json, …, files.json
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::IoError;
use super::atomic::{self, Register};

/// The name of the list of written files.
const MANIFEST: &str = "files.json";

/// The files written into a folder by commands.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Manifest {
    /// The name of the summary of the latest command.
    #[serde(default)]
    summary: String,
    files: BTreeMap<String, Mark>,
}

/// The state of a file when it was written.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Mark {
    /// The name of the summary of the command that wrote it.
    #[serde(default)]
    summary: String,
    bytes: u64,
    /// The time of modification in nanoseconds since 1970.
    modified: u64,
}

impl Mark {
    fn of(path: &Path, summary: &str) -> Option<Mark> {
        let data = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        let modified = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Mark {
            summary: summary.to_string(),
            bytes: data.len(),
            modified: u64::try_from(modified.as_nanos()).ok()?,
        })
    }
}

impl Manifest {
    fn within(folder: &Path) -> Manifest {
        let text = fs::read(folder.join(MANIFEST)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

/// The files of a run before they appear; they are removed when this is dropped before [`Delivery::finish`].
#[derive(Debug)]
pub struct Delivery {
    folder: PathBuf,
    staged: PathBuf,
    summary: String,
}

impl Delivery {
    /// Creates the temporary folder in the output folder `folder`. `summary`: the name of the run's summary, which
    /// identifies its command.
    ///
    /// # Errors
    /// A folder that cannot be created.
    pub fn begin(folder: &Path, summary: &str) -> Result<Delivery, IoError> {
        let staged = folder.join(format!(".saddleflux.{}.partial", atomic::owner()));
        let failed = |source| IoError::Folder { path: staged.clone(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut register = atomic::register();
        // A folder left by a process with the same number.
        if staged.exists() {
            fs::remove_dir_all(&staged).map_err(failed)?;
        }
        fs::create_dir(&staged).map_err(failed)?;
        register.partial.push(staged.clone());
        drop(register);
        Ok(Delivery { folder: folder.to_path_buf(), staged, summary: summary.to_string() })
    }

    /// The folder in which the files are to be written.
    pub fn staged(&self) -> &Path {
        &self.staged
    }

    /// Moves all files to their places, removes those of an earlier run that are not replaced, and returns the new
    /// places of the given files in the same order.
    ///
    /// # Errors
    /// A file that cannot be moved.
    pub fn finish(self, files: &[PathBuf]) -> Result<Vec<PathBuf>, IoError> {
        let failed = |source| IoError::Write { path: self.folder.clone(), source };
        let names = fs::read_dir(&self.staged).map_err(failed)?.flatten();
        let mark = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
            Some((name, Mark::of(&entry.path(), &self.summary)?))
        };
        let own: BTreeMap<String, Mark> = names.filter_map(mark).collect();
        let count = own.len();
        let mut files_left = Manifest::within(&self.folder).files;
        files_left.retain(|_, mark| mark.summary != self.summary);
        files_left.extend(own);
        let manifest = Manifest { summary: self.summary.clone(), files: files_left };
        // Serialisation cannot fail: all keys are texts, all values texts and numbers.
        let text = serde_json::to_string_pretty(&manifest).expect("texts and numbers");
        super::write_text(&self.staged.join(MANIFEST), &(text + "\n"))?;
        let ready = self.staged.with_extension("ready");
        let mut register = atomic::register();
        fs::rename(&self.staged, &ready).map_err(failed)?;
        register.partial.retain(|path| *path != self.staged);
        let moved = move_out(&ready, &self.folder).map_err(failed);
        register.finished += count;
        drop(register);
        moved?;
        let place = |path: &PathBuf| path.file_name().map_or(path.clone(), |name| self.folder.join(name));
        Ok(files.iter().map(place).collect())
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let mut register = atomic::register();
        // The folder does not exist after a successful move; a failure could not be handled.
        let _ = fs::remove_dir_all(&self.staged);
        register.partial.retain(|path| *path != self.staged);
    }
}

/// Moves the complete files to their places, and removes unchanged files of an earlier run.
fn move_out(ready: &Path, folder: &Path) -> std::io::Result<()> {
    let (earlier, own) = (Manifest::within(folder), Manifest::within(ready));
    for name in own.files.keys().filter(|name| is_plain(name)) {
        let file = ready.join(name);
        // A missing file was moved already, by a command that was killed.
        if file.exists() {
            fs::rename(file, folder.join(name))?;
        }
    }
    let is_replaced = |(name, mark): &(&String, &Mark)| {
        is_plain(name) && mark.summary == own.summary && !own.files.contains_key(*name)
    };
    for (name, mark) in earlier.files.iter().filter(is_replaced) {
        let path = folder.join(name);
        // Weights are kept, since training may have taken hours.
        let is_dear = path.extension().is_some_and(|extension| extension == "safetensors");
        if !is_dear && Mark::of(&path, &mark.summary).as_ref() == Some(mark) {
            fs::remove_file(path)?;
        }
    }
    fs::rename(ready.join(MANIFEST), folder.join(MANIFEST))?;
    fs::remove_dir_all(ready)
}

/// The name of the summary of the command that last wrote this file of an output folder; `None` for a file that is not
/// there, or that no command wrote.
pub fn writer(folder: &Path, name: &str) -> Option<String> {
    let mark = Manifest::within(folder).files.remove(name)?;
    folder.join(name).exists().then_some(mark.summary)
}

/// Whether this is a plain file name without folders.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|last| last == name)
}

/// Completes what processes of this machine that no longer run left in an output folder: complete files are moved to
/// their places, incomplete ones removed.
pub fn sweep_up(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(state) = atomic::left_behind(&name) else { continue };
        let path = entry.path();
        // On failure the next command tries again.
        let _ = match (state, path.is_dir()) {
            ("ready", true) => move_out(&path, folder),
            ("partial", true) => fs::remove_dir_all(&path),
            ("partial", false) => fs::remove_file(&path),
            _ => Ok(()),
        };
    }
}

impl Register {
    /// Whether a file lies in a temporary folder, whose files appear together.
    pub(super) fn is_staged(&self, path: &Path) -> bool {
        path.parent().is_some_and(|folder| self.partial.iter().any(|partial| partial == folder))
    }
}
