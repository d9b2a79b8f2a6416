//! Files that appear whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
#[cfg(feature = "cli")]
use std::time::Duration;

use serde_json::Value;

use super::IoError;

/// The temporary files and folders, and the number of files completed.
pub(super) struct Register {
    pub(super) partial: Vec<PathBuf>,
    pub(super) finished: usize,
}

static REGISTER: Mutex<Register> = Mutex::new(Register { partial: Vec::new(), finished: 0 });

pub(super) fn register() -> MutexGuard<'static, Register> {
    REGISTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file, removed on drop unless it was renamed.
struct Partial(PathBuf);

impl Partial {
    /// Creates the file, and its folder if that does not exist. Blocks once the program is ending.
    fn create(target: &Path) -> Result<Partial, IoError> {
        let (path, mut register) = (temporary(target), register());
        if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|source| IoError::Folder { path: folder.to_path_buf(), source })?;
        }
        register.partial.push(path.clone());
        let partial = Partial(path);
        let created = fs::File::create(&partial.0);
        // The register is released before `partial` may be dropped, which locks it too.
        drop(register);
        created.map_err(|source| IoError::Write { path: target.to_path_buf(), source })?;
        Ok(partial)
    }

    fn rename(self, path: &Path) -> std::io::Result<()> {
        let mut register = register();
        let renamed = fs::rename(&self.0, path);
        // What is temporary itself is no file of the user's.
        let is_final = !register.is_staged(path) && !register.partial.iter().any(|partial| partial == path);
        register.finished += usize::from(renamed.is_ok() && is_final);
        drop(register);
        renamed
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let mut register = register();
        // After a rename there is nothing to remove; after another failure a second error could not be handled.
        let _ = fs::remove_file(&self.0);
        if let Some(place) = register.partial.iter().position(|path| *path == self.0) {
            register.partial.swap_remove(place);
        }
    }
}

/// The number of attempts to remove a temporary file or folder, 1 ms apart.
#[cfg(feature = "cli")]
const TRIES: usize = 50;

/// The temporary files of a program that is ending. While this exists no file is created or takes its final name.
#[cfg(feature = "cli")]
pub(crate) struct Unfinished {
    register: MutexGuard<'static, Register>,
    /// The number of files that took their final names before.
    pub finished: usize,
}

#[cfg(feature = "cli")]
impl Unfinished {
    /// Waits for a file that is taking its final name.
    pub(crate) fn stop() -> Unfinished {
        let register = register();
        Unfinished { finished: register.finished, register }
    }

    /// Does what [`Unfinished::stop`] does, without waiting; `None` while a file is being created or renamed.
    pub(crate) fn try_stop() -> Option<Unfinished> {
        let register = REGISTER.try_lock().ok()?;
        Some(Unfinished { finished: register.finished, register })
    }

    /// Removes the temporary files.
    pub(crate) fn remove(&self) {
        for path in &self.register.partial {
            for _ in 0..TRIES {
                // A failure could not be handled; a thread that draws a picture may create its file again.
                let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
                if !path.exists() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// Writes a file whole or not at all: `write` fills a temporary file in the same folder, which is then renamed to
/// `path`.
///
/// The folder is created if necessary. The temporary file exists and is empty when `write` is called; it has the
/// extension of `path`. On failure it is removed, and an existing file at `path` is unchanged.
///
/// # Errors
/// The errors of `write`; [`IoError::Folder`] and [`IoError::Write`] if the folder or the file cannot be written.
pub fn replace<E: From<IoError>>(path: &Path, write: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E> {
    let failed = |source| IoError::Write { path: path.to_path_buf(), source };
    let partial = Partial::create(path)?;
    write(&partial.0)?;
    let written = fs::OpenOptions::new().write(true).open(&partial.0).map_err(failed)?;
    written.sync_all().map_err(failed)?;
    partial.rename(path).map_err(failed)?;
    Ok(())
}

/// Writes a text file, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<(), IoError> {
    replace(path, |partial| {
        fs::write(partial, text).map_err(|source| IoError::Write { path: path.to_path_buf(), source })
    })
}

/// Writes a summary as indented JSON, whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub fn write_summary(path: &Path, summary: &Value) -> Result<(), IoError> {
    write_text(path, &format!("{summary:#}\n"))
}

/// The temporary name: `.result.HOST-1234.partial.h5` for `result.h5` in process 1234.
fn temporary(path: &Path) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.map_or(String::new(), |p| p.to_string_lossy().into_owned());
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    path.with_file_name(format!(".{stem}.{}.partial.{extension}", owner()))
}

/// An identifier of this process among those of all machines that may share a folder.
pub(super) fn owner() -> String {
    format!("{}-{}", machine(), std::process::id())
}

fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if name.is_empty() { "here".into() } else { name }
}

/// The state, `partial` or `ready`, in the name of a file or folder left by a process of this machine that no longer
/// runs; `None` for any other name.
pub(super) fn left_behind(name: &str) -> Option<&'static str> {
    let mut parts = name.strip_prefix('.')?.rsplit('.').peekable();
    // The extension of a file; folders have none.
    let last = parts.next()?;
    let state = ["partial", "ready"].into_iter().find(|state| *state == last);
    let state = state.or_else(|| parts.next_if_eq(&"partial").map(|_| "partial"))?;
    let process: u32 = parts.next()?.strip_prefix(machine().as_str())?.strip_prefix('-')?.parse().ok()?;
    let knows_processes = Path::new("/proc/self").exists();
    let is_dead = !Path::new("/proc").join(process.to_string()).exists();
    (knows_processes && is_dead).then_some(state)
}
