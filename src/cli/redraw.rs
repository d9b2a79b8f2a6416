//! `saddleflux plot`: the pictures of a result from its file.

use std::path::{Path, PathBuf};

use clap::Args;

use super::pictures::Drawn;
use super::{Failure, Output, Unset};
use crate::io::{self, Kept, Stored};
use crate::observe::over_grid::FIELDS;
use crate::plot::{self, FigureData, PlotError};
use crate::study::particle_fields::PARTICLES;

#[derive(Args)]
pub(super) struct RedrawAsked {
    /// A result.h5, convergence.h5 or simulation.h5
    result: PathBuf,
    /// Folder for the plots [default: the result's]
    #[arg(long)]
    out: Option<PathBuf>,
    /// The density in time as an animated PNG too
    #[arg(long)]
    animate: bool,
    #[command(flatten)]
    drawn: Drawn,
    #[command(flatten)]
    output: Output,
    /// Read the result and draw nothing
    #[arg(long)]
    no_plots: bool,
    #[command(flatten)]
    unset: Unset,
}

/// Draws the pictures that the command which wrote the result drew.
pub(super) fn redraw(asked: &RedrawAsked) -> Result<(), Failure> {
    // The result file is the input here, so that errors of it have exit status 2.
    let failure = |error: String| Failure::new(2, format!("error: {error}"));
    let path = &asked.result;
    asked
        .unset
        .refuse("plot", "what it draws is solved; `saddleflux run FILE.h5 --set …` solves it again with the change")?;
    let folder = asked.out.as_deref().or(path.parent()).unwrap_or(Path::new("."));
    let kept = io::read_any(path).map_err(|error| failure(error.to_string()))?;
    if asked.animate && kept.group(FIELDS).is_none() {
        return Err(nothing_in_time(path));
    }
    let drawn = match kept.group(FIELDS).is_some() {
        _ if asked.no_plots => Vec::new(),
        true => of_run(kept, asked, folder)?,
        false => of_others(&kept, asked, folder)?,
    };
    if drawn.is_empty() && !asked.no_plots {
        return Err(failure(format!("{}: it holds nothing that `plot` draws", path.display())));
    }
    let names: Vec<String> = drawn.iter().map(|path| path.display().to_string()).collect();
    asked
        .output
        .tell(|| serde_json::json!({ "files": names }), || names.iter().map(|name| format!("{name}\n")).collect());
    Ok(())
}

fn of_run(kept: Kept, asked: &RedrawAsked, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let path = &asked.result;
    let stored = Stored::of(kept)
        .map_err(|what| Failure::new(2, format!("error: {}", io::IoError::NotAResult { path: path.clone(), what })))?;
    let (data, look) = (FigureData::stored(&stored), asked.drawn.look());
    let draw = || -> Result<Vec<PathBuf>, PlotError> {
        let mut drawn = plot::draw(&data, folder, &look)?;
        drawn.extend(plot::draw_iteration(&stored.summary, folder, &look)?);
        if let Some(group) = stored.groups.iter().find(|group| group.name == PARTICLES) {
            drawn.extend(plot::draw_particles(&stored.summary, group, (folder, ""), &look)?);
        }
        Ok(drawn)
    };
    let mut drawn = draw().map_err(unwritten)?;
    if asked.animate {
        drawn.push(plot::animate(&data, folder).map_err(unwritten)?.ok_or_else(|| nothing_in_time(path))?);
    }
    Ok(drawn)
}

/// The pictures of `converge` and `simulate`.
fn of_others(kept: &Kept, asked: &RedrawAsked, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let (path, look) = (asked.result.display(), asked.drawn.look());
    let drawn = if let Some(group) = kept.group("convergence") {
        plot::draw_convergence(&kept.title, group, folder, &look)
    } else if let Some(group) = kept.group(PARTICLES) {
        plot::draw_particles(&kept.summary, group, (folder, "simulation-"), &look)
    } else if kept.group("sweep").is_some() {
        let message = format!(
            "error: {path}: the pictures of a sweep are drawn again by the sweep itself: `saddleflux sweep` with the same configuration and folder solves nothing twice"
        );
        return Err(Failure::new(2, message));
    } else {
        let what = io::Damage::NoFields;
        return Err(Failure::new(
            2,
            format!("error: {}", io::IoError::NotAResult { path: asked.result.clone(), what }),
        ));
    };
    drawn.map_err(unwritten)
}

fn unwritten(error: PlotError) -> Failure {
    Failure::new(2, format!("error: {error}"))
}

fn nothing_in_time(path: &Path) -> Failure {
    Failure::new(2, format!("error: {}: no density in time to animate: solve with [evolve]", path.display()))
}
