//! The look of pictures (formats, resolution, size and titles), and the file of a picture.

use std::path::{Path, PathBuf};

use super::PlotError;

/// Design pixels per inch: a picture of 1200 pixels is eight inches wide, with a smallest text of 10 points.
pub const DESIGN: u32 = 150;

/// The file format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Vectors; fields over a plane are embedded pixels.
    Svg,
    /// A page of PDF with vectors as in SVG; texts remain text.
    Pdf,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 3] = [Format::Png, Format::Svg, Format::Pdf];

    /// The extension of file names.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Svg => "svg",
            Format::Pdf => "pdf",
        }
    }
}

/// The look of all pictures of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The formats; every picture is written in each.
    pub formats: Vec<Format>,
    /// The resolution in pixels per inch.
    pub dpi: u32,
    /// The width of every picture in millimetres; `None`: 1/[`DESIGN`] inch per design pixel.
    pub width: Option<f64>,
    /// Whether pictures have two lines of title.
    pub has_titles: bool,
}

impl Default for Look {
    /// PNG in the design size, with titles.
    fn default() -> Look {
        Look { formats: vec![Format::Png], dpi: DESIGN, width: None, has_titles: true }
    }
}

/// A look with one of its formats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen<'a> {
    look: &'a Look,
    format: Format,
}

impl Look {
    /// Calls `draw` for every format, and returns all paths.
    pub(super) fn each(
        &self,
        mut draw: impl FnMut(Pen) -> Result<Vec<PathBuf>, PlotError>,
    ) -> Result<Vec<PathBuf>, PlotError> {
        let mut drawn = Vec::new();
        for &format in &self.formats {
            drawn.extend(draw(Pen { look: self, format })?);
        }
        Ok(drawn)
    }

    /// Inches per design pixel, for a picture of this design width.
    pub(super) fn inches(&self, designed: u32) -> f64 {
        const MILLIMETRES: f64 = 25.4;
        self.width.map_or(1.0 / f64::from(DESIGN), |width| width / MILLIMETRES / f64::from(designed))
    }
}

impl<'a> Pen<'a> {
    /// The file in a folder with this name, without extension.
    pub fn sheet(&self, folder: &Path, name: &str) -> Sheet<'a> {
        let path = folder.join(format!("{name}.{}", self.format.extension()));
        Sheet { path, look: self.look, format: self.format }
    }
}

/// The file of a picture, and its look.
#[derive(Clone, Debug)]
pub(super) struct Sheet<'a> {
    pub path: PathBuf,
    pub look: &'a Look,
    pub format: Format,
}
