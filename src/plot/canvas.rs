//! A PNG with a title: the font, the file, and text that fits.

use std::path::Path;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::PlotError;
use super::colour::INK;
use crate::io;

/// What is drawn on.
pub(super) type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
/// Why drawing failed.
pub(super) type Fault = DrawingAreaErrorKind<<BitMapBackend<'static> as DrawingBackend>::ErrorType>;

/// The bundled font; its licence lies beside it.
static FONT: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");
const FAMILY: &str = "sans-serif";

/// Height of the titles above the charts, in pixels.
pub(super) const HEAD: u32 = 84;

/// Text of this height in pixels.
pub(super) fn text(height: u32) -> TextStyle<'static> {
    (FAMILY, height).into_font().color(&INK)
}

/// Draws a picture of this size with two lines of title, whole or not at all.
pub(super) fn picture(
    path: &Path,
    size: (u32, u32),
    title: [&str; 2],
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<(), PlotError> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // Failure would show as a missing font in the first text drawn, which is reported.
        let _ = register_font(FAMILY, FontStyle::Normal, FONT);
    });
    io::replace(path, |partial| {
        let root = BitMapBackend::new(partial, size).into_drawing_area();
        let drawn = root.fill(&WHITE).and_then(|()| {
            headline(&root, title, size.0)?;
            content(&root.margin(HEAD, 0, 0, 0))?;
            root.present()
        });
        drawn.map_err(|fault| PlotError::Draw {
            path: path.to_path_buf(),
            message: fault.to_string(),
        })
    })
}

fn headline(root: &Area, title: [&str; 2], width: u32) -> Result<(), Fault> {
    for (line, (height, top)) in title.into_iter().zip([(30, 14), (22, 52)]) {
        let style = text(height);
        let line = fitted(root, line, &style, width - 40)?;
        root.draw(&Text::new(line, (24, top), style))?;
    }
    Ok(())
}

/// The text, cut with an ellipsis where it is wider than `width` pixels.
fn fitted(root: &Area, line: &str, style: &TextStyle, width: u32) -> Result<String, Fault> {
    let mut kept: Vec<char> = line.chars().filter(|c| !c.is_control()).collect();
    let mut shown: String = kept.iter().collect();
    while root.estimate_text_size(&shown, style)?.0 > width && !kept.is_empty() {
        kept.pop();
        shown = kept.iter().chain(&['…']).collect();
    }
    Ok(shown)
}
