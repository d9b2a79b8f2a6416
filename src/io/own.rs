//! The result file of this process alone, which holds the saved part of a long computation and is appended to. The file
//! under the final name may be replaced, moved or removed by other processes at any time.

use std::fs;
use std::path::{Path, PathBuf};

use super::{IoError, atomic};

/// The path of such a file, which is removed on drop and when the program is ended by a signal.
#[derive(Debug)]
pub struct OwnFile(PathBuf);

impl OwnFile {
    /// The path beside a result, `.kept.HOST-PID.partial.h5`; the file need not exist.
    pub fn beside(result: &Path) -> OwnFile {
        let path = result.with_file_name(format!(".kept.{}.partial.h5", atomic::owner()));
        atomic::register().partial.push(path.clone());
        OwnFile(path)
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes over the contents of a result.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn adopt(&self, result: &Path) -> std::io::Result<()> {
        // A file left by a process with the same number.
        if self.0.exists() {
            fs::remove_file(&self.0)?;
        }
        duplicate(result, &self.0)
    }

    /// Gives the contents the final name too.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn publish(&self, result: &Path) -> Result<(), IoError> {
        let failed = |source| IoError::Write { path: result.to_path_buf(), source };
        atomic::replace(result, |partial| {
            fs::remove_file(partial).and_then(|()| duplicate(&self.0, partial)).map_err(failed)
        })
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        let mut register = atomic::register();
        // It exists only if something was saved; a failure could not be handled.
        let _ = fs::remove_file(&self.0);
        register.partial.retain(|path| *path != self.0);
    }
}

/// Another name for a file, as a hard link if the file system has them, otherwise a copy.
fn duplicate(from: &Path, to: &Path) -> std::io::Result<()> {
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to)?;
    }
    Ok(())
}
