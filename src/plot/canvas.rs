//! Pictures with a title as pixels, vectors or a page: font, file, and text that fits.

use std::fs::File;
use std::io::{BufWriter, Error};
use std::path::Path;
use std::sync::Once;

use ab_glyph::FontRef;
use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use plotters_backend::DrawingErrorKind;

use super::PlotError;
use super::backend::{Backend, FAMILY};
use super::colour::INK;
use super::page::Page;
use super::sheet::{Format, Sheet};
use crate::io;

/// The area of a drawing.
pub(super) type Area<'a> = DrawingArea<Backend<'a>, Shift>;
/// A failed drawing operation.
pub(super) type Fault = DrawingAreaErrorKind<Error>;

/// The bundled font; its licence is in the same folder.
pub(super) static FONT: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");

/// The supersampling factor: pictures are drawn at this multiple of their size and then averaged, because lines have
/// corners on whole pixels. Lengths in drawing code are in these dots; sizes of pictures and of text in final pixels.
pub(super) const FINE: u32 = 2;

/// The height of the titles above the charts, in dots.
pub(super) const HEAD: u32 = 196;

/// What stands between a result and the name of its problem in the second line of a title.
const PARTS: &str = " — ";

/// The margin above the charts without titles, in dots.
const EDGE: u32 = 24;

/// The text style of this height in final pixels.
pub(super) fn text(height: u32) -> TextStyle<'static> {
    (FAMILY, FINE * height).into_font().color(&INK)
}

/// Draws a picture of this size with two lines of title; the file appears whole or not at all.
pub(super) fn picture(
    sheet: &Sheet,
    size: (u32, u32),
    title: [&str; 2],
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<(), PlotError> {
    let heading = title[0];
    let (title, size) = match sheet.look.has_titles {
        true => (Some(title), size),
        false => (None, (size.0, size.1 - (HEAD - EDGE) / FINE)),
    };
    let inches = sheet.look.inches(size.0);
    let failed = |message: String| PlotError::Draw { path: sheet.path.clone(), message };
    io::replace(&sheet.path, |partial| match sheet.format {
        Format::Png => {
            let scale = inches * f64::from(sheet.look.dpi);
            let (bytes, size) = pixels(size, scale, title, content).map_err(|fault| failed(fault.to_string()))?;
            write_png(partial, &bytes, size, sheet.look.dpi).map_err(|error| failed(error.to_string()))
        }
        Format::Svg => {
            let text = vectors(size, inches, title, content).map_err(|fault| failed(fault.to_string()))?;
            std::fs::write(partial, text).map_err(|error| failed(error.to_string()))
        }
        Format::Pdf => {
            let bytes = page(size, inches, title, heading, content).map_err(|fault| failed(fault.to_string()))?;
            std::fs::write(partial, bytes).map_err(|error| failed(error.to_string()))
        }
    })
}

/// Draws a white background, the titles, and the content below them.
fn compose(
    root: Backend,
    title: Option<[&str; 2]>,
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<(), Fault> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // A failure would show as a missing font in the first text, which is reported.
        let _ = register_font(FAMILY, FontStyle::Normal, FONT);
    });
    let root = root.into_drawing_area();
    root.fill(&WHITE)?;
    let top = match title {
        Some(title) => {
            headline(&root, title, root.dim_in_pixel().0)?;
            HEAD
        }
        None => EDGE,
    };
    content(&root.margin(top, 0, 0, 0))?;
    root.present()
}

/// The RGB bytes of a picture of this design size with `scale` pixels per design pixel, and its size in pixels.
pub(super) fn pixels(
    size: (u32, u32),
    scale: f64,
    title: Option<[&str; 2]>,
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<(Vec<u8>, (u32, u32)), Fault> {
    let [width, height] = [size.0, size.1].map(|side| ((f64::from(side) * scale).round() as u32).max(1));
    let fine = (FINE * width, FINE * height);
    let mut bytes = vec![255; 3 * fine.0 as usize * fine.1 as usize];
    compose(Backend::pixels(&mut bytes, (FINE * size.0, FINE * size.1), fine, scale), title, content)?;
    Ok((averaged(&bytes, (width, height)), (width, height)))
}

/// The SVG file of a picture of this design size, with `inches` per design pixel.
fn vectors(
    size: (u32, u32),
    inches: f64,
    title: Option<[&str; 2]>,
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let fine = (FINE * size.0, FINE * size.1);
    let mut text = String::new();
    compose(Backend::vectors(&mut text, fine), title, content)?;
    let [width, height] = [size.0, size.1].map(|side| f64::from(side) * inches);
    let dots = format!("width=\"{}\" height=\"{}\"", fine.0, fine.1);
    let text = text.replacen(&dots, &format!("width=\"{width:.4}in\" height=\"{height:.4}in\""), 1);
    // The SVG writer omits the first word of the media type of its images.
    Ok(text.replace("\"data:png;base64,", "\"data:image/png;base64,"))
}

/// The PDF file of a picture of this design size, with `inches` per design pixel; `heading` is the document title.
fn page(
    size: (u32, u32),
    inches: f64,
    title: Option<[&str; 2]>,
    heading: &str,
    content: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<Vec<u8>, Fault> {
    let failed = |error: &dyn std::fmt::Display| {
        DrawingAreaErrorKind::BackendError(DrawingErrorKind::DrawingError(Error::other(error.to_string())))
    };
    let fine = (FINE * size.0, FINE * size.1);
    let mut page = Page::new(FontRef::try_from_slice(FONT).map_err(|error| failed(&error))?);
    compose(Backend::page(&mut page, fine), title, content)?;
    page.finish(fine, inches / f64::from(FINE), heading).map_err(|error| failed(&error))
}

/// Writes RGB bytes as a PNG with its resolution.
fn write_png(path: &Path, bytes: &[u8], size: (u32, u32), dpi: u32) -> Result<(), png::EncodingError> {
    const INCHES_PER_METRE: f64 = 1.0 / 0.0254;
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), size.0, size.1);
    encoder.set_color(png::ColorType::Rgb);
    let per_metre = (f64::from(dpi) * INCHES_PER_METRE).round() as u32;
    let unit = png::Unit::Meter;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()
}

/// Averages blocks of dots to pixels.
fn averaged(dots: &[u8], size: (u32, u32)) -> Vec<u8> {
    const SIDE: usize = FINE as usize;
    let row = 3 * SIDE * size.0 as usize;
    let mut bytes = Vec::with_capacity(3 * size.0 as usize * size.1 as usize);
    for rows in dots.chunks_exact(SIDE * row) {
        let (upper, lower) = rows.split_at(row);
        for (above, below) in upper.as_chunks::<{ 3 * SIDE }>().0.iter().zip(lower.as_chunks::<{ 3 * SIDE }>().0) {
            for channel in 0..3 {
                let dots = [above[channel], above[channel + 3], below[channel], below[channel + 3]];
                bytes.push((dots.map(u32::from).iter().sum::<u32>() / (FINE * FINE)) as u8);
            }
        }
    }
    bytes
}

// `averaged` is written for blocks of two by two dots.
const _: () = assert!(FINE == 2);

fn headline(root: &Area, title: [&str; 2], width: u32) -> Result<(), Fault> {
    let [first, second] = title;
    let is_long = root.estimate_text_size(second, &text(22))?.0 > width - 96;
    // A result and the name of its problem have a line each if one is too short for both.
    let lines = match second.split_once(PARTS).filter(|_| is_long) {
        Some((result, problem)) => vec![(first, 30, 24), (result, 20, 94), (problem, 20, 142)],
        None => vec![(first, 30, 28), (second, 22, 104)],
    };
    for (line, height, top) in lines {
        let style = text(height);
        let line = fitted(root, line, &style, width - 96)?;
        root.draw(&Text::new(line, (48, top), style))?;
    }
    Ok(())
}

/// The text, truncated with an ellipsis if it is wider than `width` pixels.
fn fitted(root: &Area, line: &str, style: &TextStyle, width: u32) -> Result<String, Fault> {
    longest_fitting(line, |text| Ok(root.estimate_text_size(text, style)?.0 <= width))
}

/// The largest number of characters that could fit any picture.
const MOST_CHARACTERS: usize = 1024;

/// The text without control characters, or its longest prefix with an ellipsis for which `fits` is true. `fits` must be
/// monotone in the length; it is called about a dozen times, on texts of bounded length.
///
/// # Errors
/// The errors of `fits`.
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
