//! `saddleflux referee`: rates of other programs for the problems of the reference collection.

use std::path::{Path, PathBuf};

use clap::Args;

use super::pictures::Pictures;
use super::session::writable;
use super::{Failure, Output, Unset, diagnostic};
use crate::referee::{self, Collection, Judgement};
use crate::{io, plot, report};

#[derive(Args)]
pub(super) struct RefereeAsked {
    /// CSV file with the columns problem, value, error (relative; may be empty), tool
    file: PathBuf,
    /// Output folder [default: output/<file name>]
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    unset: Unset,
}

pub(super) fn referee(asked: &RefereeAsked) -> Result<(), Failure> {
    asked
        .unset
        .refuse("referee", "the problems of the collection are as they are; `run` solves them with other values")?;
    let collection =
        Collection::built_in().map_err(|error| Failure::new(3, format!("error: the collection: {error}")))?;
    let claims = referee::read(&asked.file, &collection).map_err(|error| Failure::new(2, format!("error: {error}")))?;
    let found = Judgement::new(claims, &collection);
    let name = asked.file.file_stem().map_or("referee".into(), |name| name.to_string_lossy().into_owned());
    let folder = asked.out.clone().unwrap_or_else(|| Path::new("output").join(name));
    writable(&folder)?;
    let summary = found.json(&asked.file);
    let mut files = vec![folder.join("referee.json")];
    io::write_summary(&files[0], &summary)?;
    if let Some(look) = asked.pictures.look() {
        files.extend(plot::draw_referee(&found, &folder, &look)?);
    }
    asked.output.tell(|| summary, || report::referee(&found, &files, diagnostic::screen()));
    Ok(())
}
