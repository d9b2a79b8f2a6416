//! The HTML report of a run: the text of the terminal report, the pictures and the configuration.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::super::page::{Part, Screen};
use super::super::{found, warnings};
use super::page;
use crate::io::{IoError, Solved};

/// The report of a run. The files of the pictures are embedded, each in one format.
///
/// # Errors
/// A picture that cannot be read.
pub fn run(solved: &Solved, pictures: &[PathBuf]) -> Result<String, IoError> {
    let config = solved.setting.config;
    let title = if config.title.is_empty() { config.source.path.display().to_string() } else { config.title.clone() };
    let warnings = warnings(solved);
    let shown = |path: &&PathBuf| {
        let same = || pictures.iter().filter(|other| other.with_extension("") == path.with_extension(""));
        // Browsers show a PDF in a frame with controls, so that PDF is used only without another format.
        same().find(|one| !is_of(one, "pdf")).or(same().next()) == Some(*path)
    };
    let figures = pictures.iter().filter(shown).map(|path| picture(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(page(
        &title,
        &html! {
            h1 { (title) }
            (said(&found(solved, Screen::default()).parts))
            @if !warnings.is_empty() {
                h2 { "Warnings" }
                ul { @for warning in &warnings { li { (warning) } } }
            }
            @if !figures.is_empty() {
                h2 { "Pictures" }
                @for figure in &figures { (figure) }
            }
            h2 { "Configuration" }
            p { "saddleflux " (env!("CARGO_PKG_VERSION")) " solves it again by " code { "saddleflux run result.h5" } ", with the file beside this page." }
            pre { (config.source.effective) }
        },
    ))
}

/// The lines of a report as a list of names and texts; a line without a name continues the one before.
fn said(parts: &[Part]) -> Markup {
    html! {
        dl {
            @for part in parts {
                @if let Part::Line(name, text) = part {
                    @if !name.is_empty() { dt { (name.trim()) } }
                    dd { (flowing(text)) }
                }
            }
        }
    }
}

/// A line of the terminal as flowing text: columns become clauses with dots between, but where a number only follows a
/// word or a colon.
fn flowing(line: &str) -> String {
    let columns = line.split("  ").map(str::trim).filter(|column| !column.is_empty());
    columns.fold(String::new(), |text, column| {
        let follows = text.ends_with(|end: char| end == ':' || end.is_alphabetic());
        let is_number = column.starts_with(|begin: char| begin.is_ascii_digit());
        match text.is_empty() {
            true => column.to_string(),
            false if text.ends_with(':') || (follows && is_number) => format!("{text} {column}"),
            false => format!("{text} · {column}"),
        }
    })
}

fn picture(path: &Path) -> Result<Markup, IoError> {
    let bytes = std::fs::read(path).map_err(|source| IoError::Unreadable { path: path.to_path_buf(), source })?;
    let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().replace('_', " "));
    let kind = if is_of(path, "svg") { "svg+xml" } else { "png" };
    let text = STANDARD.encode(bytes);
    Ok(html! {
        figure {
            @if is_of(path, "pdf") {
                object data={ "data:application/pdf;base64," (text) } type="application/pdf" width="100%" height="800" { (name) }
            } @else {
                img src={ "data:image/" (kind) ";base64," (text) } alt=(name);
            }
            figcaption { (name) }
        }
    })
}

fn is_of(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own == extension)
}
