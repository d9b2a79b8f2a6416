//! The command-line program.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: saddleflux::allocator::HugePages = saddleflux::allocator::HugePages;

fn main() -> ExitCode {
    ExitCode::from(saddleflux::cli::main())
}
