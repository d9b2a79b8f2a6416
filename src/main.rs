//! The command-line program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(saddleflux::cli::main())
}
