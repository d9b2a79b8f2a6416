//! Files that appear whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use super::IoError;

/// Removes the temporary file unless it has been renamed.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // After a successful rename there is nothing to remove; after a failure nobody could act on a second one.
        let _ = fs::remove_file(&self.0);
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
    let partial = Partial(temporary(path));
    fs::File::create(&partial.0).map_err(failed)?;
    write(&partial.0)?;
    let written = fs::OpenOptions::new().write(true).open(&partial.0).map_err(failed)?;
    written.sync_all().map_err(failed)?;
    fs::rename(&partial.0, path).map_err(failed)?;
    Ok(())
}

/// `.result.1234.partial.h5` for `result.h5` in process 1234.
fn temporary(path: &Path) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.map_or(String::new(), |p| p.to_string_lossy().into_owned());
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    path.with_file_name(format!(".{stem}.{}.partial.{extension}", std::process::id()))
}
