//! The command-line program.

use std::process::ExitCode;

use saddleflux::cli::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    ExitCode::from(saddleflux::cli::main())
}
