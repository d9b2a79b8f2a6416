//! The drawing backend: pixels at any resolution, vectors, or a PDF page, behind one type.
//!
//! Drawing code counts in dots, [`FINE`](super::canvas::FINE) for each pixel of the design. For pixels every length is
//! scaled by one factor; vectors keep the dots, and the whole picture has a size.

use std::io::Error;

use plotters::prelude::*;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

use super::page::{Page, Place};

/// The font of all texts, and for vectors its substitutes on the reader's system, the widest first.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// The height of the bundled font over its em; sizes of text in pixels are such heights.
const HEIGHT: f64 = 1.164;

/// Pixels, vectors or a page.
enum Surface<'a> {
    Pixels(BitMapBackend<'a>),
    Vectors(SVGBackend<'a>),
    Page(&'a mut Page),
}

/// A surface on which drawing code works in dots.
pub(super) struct Backend<'a> {
    surface: Surface<'a>,
    /// The size in dots.
    size: (u32, u32),
    /// The number of surface units per dot.
    scale: f64,
}

impl<'a> Backend<'a> {
    /// Draws into an RGB buffer of `fine` pixels, with `scale` pixels per dot.
    pub fn pixels(bytes: &'a mut [u8], size: (u32, u32), fine: (u32, u32), scale: f64) -> Backend<'a> {
        Backend { surface: Surface::Pixels(BitMapBackend::with_buffer(bytes, fine)), size, scale }
    }

    /// Draws into the text of an SVG file.
    pub fn vectors(text: &'a mut String, size: (u32, u32)) -> Backend<'a> {
        Backend { surface: Surface::Vectors(SVGBackend::with_string(text, size)), size, scale: 1.0 }
    }

    /// Draws on a page of PDF.
    pub fn page(page: &'a mut Page, size: (u32, u32)) -> Backend<'a> {
        Backend { surface: Surface::Page(page), size, scale: 1.0 }
    }

    fn at(&self, (x, y): BackendCoord) -> BackendCoord {
        (self.length(x), self.length(y))
    }

    fn length(&self, dots: i32) -> i32 {
        (f64::from(dots) * self.scale).round() as i32
    }

    fn stroke(&self, style: &impl BackendStyle) -> Stroke {
        let width = (f64::from(style.stroke_width()) * self.scale).round() as u32;
        Stroke { colour: style.color(), width: width.max(1) }
    }
}

/// A line whose width is in surface units.
struct Stroke {
    colour: BackendColor,
    width: u32,
}

impl BackendStyle for Stroke {
    fn color(&self) -> BackendColor {
        self.colour
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}

type Drawn = Result<(), DrawingErrorKind<Error>>;

/// Converts the error of any surface to one type.
fn one_error<E: std::error::Error + Send + Sync + 'static>(drawn: Result<(), DrawingErrorKind<E>>) -> Drawn {
    drawn.map_err(|error| match error {
        DrawingErrorKind::DrawingError(error) => DrawingErrorKind::DrawingError(Error::other(error)),
        DrawingErrorKind::FontError(error) => DrawingErrorKind::FontError(error),
    })
}

impl DrawingBackend for Backend<'_> {
    type ErrorType = Error;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.ensure_prepared()),
            Surface::Page(_) => Ok(()),
            Surface::Vectors(surface) => surface.ensure_prepared(),
        }
    }

    fn present(&mut self) -> Drawn {
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.present()),
            Surface::Page(_) => Ok(()),
            Surface::Vectors(surface) => surface.present(),
        }
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        let to = (point.0 + 1, point.1 + 1);
        self.draw_rect(point, to, &Stroke { colour: color, width: 1 }, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        let (from, to, stroke) = (self.at(from), self.at(to), self.stroke(style));
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.draw_line(from, to, &stroke)),
            Surface::Vectors(surface) => surface.draw_line(from, to, &stroke),
            Surface::Page(page) => {
                page.path([from, to], stroke.colour, Some(stroke.width));
                Ok(())
            }
        }
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let (from, to, stroke) = (self.at(from), self.at(to), self.stroke(style));
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.draw_rect(from, to, &stroke, fill)),
            Surface::Vectors(surface) => surface.draw_rect(from, to, &stroke, fill),
            Surface::Page(page) => {
                let corners = [from, (to.0, from.1), to, (from.0, to.1), from];
                page.path(corners, stroke.colour, (!fill).then_some(stroke.width));
                Ok(())
            }
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let path: Vec<BackendCoord> = path.into_iter().map(|at| self.at(at)).collect();
        let stroke = self.stroke(style);
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.draw_path(path, &stroke)),
            Surface::Vectors(surface) => surface.draw_path(path, &stroke),
            Surface::Page(page) => {
                page.path(path, stroke.colour, Some(stroke.width));
                Ok(())
            }
        }
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let (center, radius, stroke) = (self.at(center), self.length(radius as i32) as u32, self.stroke(style));
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.draw_circle(center, radius, &stroke, fill)),
            Surface::Vectors(surface) => surface.draw_circle(center, radius, &stroke, fill),
            Surface::Page(page) => {
                page.circle(center, radius, stroke.colour, (!fill).then_some(stroke.width));
                Ok(())
            }
        }
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, vert: I, style: &S) -> Drawn {
        let corners: Vec<BackendCoord> = vert.into_iter().map(|at| self.at(at)).collect();
        let stroke = self.stroke(style);
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.fill_polygon(corners, &stroke)),
            Surface::Vectors(surface) => surface.fill_polygon(corners, &stroke),
            Surface::Page(page) => {
                page.path(corners, stroke.colour, None);
                Ok(())
            }
        }
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, pos: BackendCoord) -> Drawn {
        let turn = style.transform();
        let styled = |size: f64| {
            let font = FontDesc::new(FontFamily::Name(FAMILY), size, style.style()).transform(style.transform());
            let BackendColor { alpha, rgb: (red, green, blue) } = style.color();
            font.color(&RGBAColor(red, green, blue, alpha)).pos(style.anchor())
        };
        let at = self.at(pos);
        match &mut self.surface {
            Surface::Pixels(surface) => one_error(surface.draw_text(text, &styled(style.size() * self.scale), at)),
            Surface::Vectors(surface) => {
                // SVG renders text smaller by a factor 1.24/1.164 and lower by these fractions of its size than the
                // pixel backend.
                let lift = match style.anchor().v_pos {
                    VPos::Top => 0.153,
                    VPos::Center => 0.138,
                    VPos::Bottom => 0.071,
                };
                let (x, y) = turn.transform(0, -(lift * style.size()).round() as i32);
                surface.draw_text(text, &styled(style.size() * 1.24 / HEIGHT), (at.0 + x, at.1 + y))
            }
            Surface::Page(page) => {
                // As in the pixel backend: a box of this height, with the base line half a size below its top.
                let (em, size, height) = (style.size() / HEIGHT, style.size(), style.size() / 1.24);
                let left = match style.anchor().h_pos {
                    HPos::Left => 0.0,
                    HPos::Center => -0.5 * page.width(text, em),
                    HPos::Right => -page.width(text, em),
                };
                let base = match style.anchor().v_pos {
                    VPos::Top => 0.5 * size,
                    VPos::Center => 0.5 * (size - height),
                    VPos::Bottom => 0.5 * size - height,
                };
                page.text(text, em, style.color(), Place { start: (left, base), about: at, turn });
                Ok(())
            }
        }
    }

    fn blit_bitmap(&mut self, pos: BackendCoord, size: (u32, u32), src: &[u8]) -> Drawn {
        let at = self.at(pos);
        let [width, height] = [size.0, size.1].map(|dots| self.length(dots as i32) as u32);
        match &mut self.surface {
            Surface::Pixels(surface) if (width, height) == size => one_error(surface.blit_bitmap(at, size, src)),
            Surface::Pixels(surface) => {
                one_error(surface.blit_bitmap(at, (width, height), &resized(src, size, (width, height))))
            }
            Surface::Vectors(surface) => surface.blit_bitmap(at, size, src),
            Surface::Page(page) => {
                page.image(at, size, src);
                Ok(())
            }
        }
    }
}

/// An image resized to the nearest pixel.
fn resized(bytes: &[u8], from: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let place = |at: u32, from: u32, to: u32| (u64::from(at) * u64::from(from) / u64::from(to)) as usize;
    let columns: Vec<usize> = (0..to.0).map(|column| 3 * place(column, from.0, to.0)).collect();
    let rows = (0..to.1).map(|row| 3 * from.0 as usize * place(row, from.1, to.1));
    rows.flat_map(|row| columns.iter().flat_map(move |column| &bytes[row + column..row + column + 3]))
        .copied()
        .collect()
}
