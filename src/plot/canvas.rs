//! A PNG with a title: the font, the file, and text that fits.

use std::path::Path;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::BitMapElement;
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

/// Pictures are drawn this many times finer and then averaged, for lines have corners on whole pixels. All lengths in
/// drawing code are in these finer dots; sizes of pictures and of text are in final pixels.
pub(super) const FINE: u32 = 2;

/// Height of the titles above the charts, in dots.
pub(super) const HEAD: u32 = 196;

/// Text of this height in final pixels.
pub(super) fn text(height: u32) -> TextStyle<'static> {
    (FAMILY, FINE * height).into_font().color(&INK)
}

/// Draws a picture of this size with two lines of title, whole or not at all.
pub(super) fn picture(
    path: &Path,
    size: (u32, u32),
    title: [&str; 2],
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<(), PlotError> {
    io::replace(path, |partial| {
        let drawn = pixels(size, title, content).and_then(|pixels| {
            let root = BitMapBackend::new(partial, size).into_drawing_area();
            if let Some(image) = BitMapElement::with_owned_buffer((0, 0), size, pixels) {
                root.draw(&image)?;
            }
            root.present()
        });
        drawn.map_err(|fault| PlotError::Draw { path: path.to_path_buf(), message: fault.to_string() })
    })
}

/// The RGB bytes of a picture of this size with two lines of title.
pub(super) fn pixels(
    size: (u32, u32),
    title: [&str; 2],
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<Vec<u8>, Fault> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // Failure would show as a missing font in the first text drawn, which is reported.
        let _ = register_font(FAMILY, FontStyle::Normal, FONT);
    });
    Ok(averaged(&dots(size, title, content)?, size))
}

/// The RGB bytes of the picture in dots.
fn dots(
    size: (u32, u32),
    title: [&str; 2],
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<Vec<u8>, Fault> {
    let fine = (FINE * size.0, FINE * size.1);
    let mut bytes = vec![255; 3 * (fine.0 * fine.1) as usize];
    let root = BitMapBackend::with_buffer(&mut bytes, fine).into_drawing_area();
    root.fill(&WHITE)?;
    headline(&root, title, fine.0)?;
    content(&root.margin(HEAD, 0, 0, 0))?;
    root.present()?;
    drop(root);
    Ok(bytes)
}

/// Every pixel is the mean of its dots.
fn averaged(dots: &[u8], size: (u32, u32)) -> Vec<u8> {
    let (width, height, fine) = (size.0 as usize, size.1 as usize, FINE as usize);
    let mut bytes = Vec::with_capacity(3 * width * height);
    for row in 0..height {
        for column in 0..3 * width {
            let (pixel, channel) = (column / 3, column % 3);
            let dot = |i: usize, j: usize| dots[3 * ((fine * row + i) * fine * width + fine * pixel + j) + channel];
            let sum: u32 = (0..fine * fine).map(|k| u32::from(dot(k / fine, k % fine))).sum();
            bytes.push((sum / (FINE * FINE)) as u8);
        }
    }
    bytes
}

fn headline(root: &Area, title: [&str; 2], width: u32) -> Result<(), Fault> {
    for (line, (height, top)) in title.into_iter().zip([(30, 28), (22, 104)]) {
        let style = text(height);
        let line = fitted(root, line, &style, width - 96)?;
        root.draw(&Text::new(line, (48, top), style))?;
    }
    Ok(())
}

/// The text, cut with an ellipsis where it is wider than `width` pixels.
fn fitted(root: &Area, line: &str, style: &TextStyle, width: u32) -> Result<String, Fault> {
    longest_fitting(line, |text| Ok(root.estimate_text_size(text, style)?.0 <= width))
}

/// Whatever a text of so many characters is written in, no picture has room for it.
const MOST_CHARACTERS: usize = 1024;

/// The text without control characters, or its longest beginning that `fits` with an ellipsis; one that fits, fits with fewer characters
/// too. However long the text, `fits` is asked about a dozen times for texts of bounded length.
///
/// # Errors
/// What `fits` returns.
pub fn longest_fitting<E>(line: &str, mut fits: impl FnMut(&str) -> Result<bool, E>) -> Result<String, E> {
    let mut characters = line.chars().filter(|c| !c.is_control());
    let kept: Vec<char> = characters.by_ref().take(MOST_CHARACTERS).collect();
    let whole: String = kept.iter().collect();
    if characters.next().is_none() && fits(&whole)? {
        return Ok(whole);
    }
    let cut = |length: usize| kept[..length].iter().chain(&['…']).collect::<String>();
    let (mut good, mut bad) = (0, kept.len() + 1);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fits(&cut(middle))? { good = middle } else { bad = middle }
    }
    Ok(cut(good))
}
