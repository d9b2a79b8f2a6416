//! The extension module behind the Python package `saddleflux`.
//!
//! It takes a configuration as text and gives back the summary as text and the fields as NumPy arrays that own what was
//! computed. Everything that a user sees (problems, results, files, pictures) is Python, in `source/saddleflux`.
//!
//! The interpreter's lock is released while a problem is solved. The solver has threads of its own for each call, and
//! no thread, no lock and no pool outlives it, so that a process that is forked between two solutions can go on
//! solving.

mod desk;
mod fault;
mod fields;
mod flight;
mod function;
mod session;
mod solve;
mod sweep;
mod table;
mod verify;
mod watch;

use pyo3::prelude::*;

/// The solver.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::flight::{close, settle};
    #[pymodule_export]
    use crate::solve::{simulate, solve};
    #[pymodule_export]
    use crate::sweep::sweep;
    #[pymodule_export]
    use crate::table::{parse_toml, toml_value, write_toml};
    #[pymodule_export]
    use crate::verify::{claims, verify};
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
