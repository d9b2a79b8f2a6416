//! Files that appear whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::IoError;

/// Files that are being written, and how many have been.
struct Register {
    partial: Vec<PathBuf>,
    finished: usize,
}

static REGISTER: Mutex<Register> = Mutex::new(Register { partial: Vec::new(), finished: 0 });

fn register() -> MutexGuard<'static, Register> {
    REGISTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file, removed unless it has been renamed.
struct Partial(PathBuf);

impl Partial {
    fn create(path: PathBuf) -> std::io::Result<Partial> {
        let mut register = register();
        register.partial.push(path.clone());
        let partial = Partial(path);
        let created = fs::File::create(&partial.0);
        // Before `partial` is dropped, which takes the register too.
        drop(register);
        created.map(|_| partial)
    }

    fn rename(self, path: &Path) -> std::io::Result<()> {
        let mut register = register();
        let renamed = fs::rename(&self.0, path);
        register.finished += usize::from(renamed.is_ok());
        drop(register);
        renamed
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let mut register = register();
        // After a successful rename there is nothing to remove; after a failure nobody could act on a second one.
        let _ = fs::remove_file(&self.0);
        if let Some(place) = register.partial.iter().position(|path| *path == self.0) {
            register.partial.swap_remove(place);
        }
    }
}

/// The files of a program that ends now: while this lives no file is begun or takes its final name.
#[cfg(feature = "cli")]
pub(crate) struct Unfinished {
    register: MutexGuard<'static, Register>,
    /// Files that took their final names before.
    pub finished: usize,
}

#[cfg(feature = "cli")]
impl Unfinished {
    /// Waits for a file that is taking its name.
    pub(crate) fn stop() -> Unfinished {
        let register = register();
        Unfinished { finished: register.finished, register }
    }

    /// As [`Unfinished::stop`], where nobody may wait; `None` while a file is begun or takes its name.
    pub(crate) fn try_stop() -> Option<Unfinished> {
        let register = REGISTER.try_lock().ok()?;
        Some(Unfinished { finished: register.finished, register })
    }

    /// Removes the temporary files.
    pub(crate) fn remove(&self) {
        for path in &self.register.partial {
            // Nobody could act on a failure.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes a file whole or not at all: `write` fills a temporary file beside `path`, which then takes its name.
///
/// The folder is made when it is missing. The temporary file exists, empty, when `write` is called; it has the same
/// extension as `path`. On failure it is removed, and a file already at `path` stays as it was.
///
/// # Errors
/// What `write` returns; [`IoError::Folder`] and [`IoError::Write`] where the folder or the file cannot be written.
pub fn replace<E: From<IoError>>(path: &Path, write: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E> {
    let failed = |source| IoError::Write { path: path.to_path_buf(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|source| IoError::Folder { path: folder.to_path_buf(), source })?;
    }
    let partial = Partial::create(temporary(path)).map_err(failed)?;
    write(&partial.0)?;
    let written = fs::OpenOptions::new().write(true).open(&partial.0).map_err(failed)?;
    written.sync_all().map_err(failed)?;
    partial.rename(path).map_err(failed)?;
    Ok(())
}

/// `.result.1234.partial.h5` for `result.h5` in process 1234.
fn temporary(path: &Path) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.map_or(String::new(), |p| p.to_string_lossy().into_owned());
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    path.with_file_name(format!(".{stem}.{}.partial.{extension}", std::process::id()))
}
