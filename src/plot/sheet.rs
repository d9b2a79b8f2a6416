//! How pictures look: their formats, resolution, size and titles; and the file that one of them goes to.

use std::path::{Path, PathBuf};

use super::PlotError;

/// Pixels of the design to an inch: a picture of 1200 of them is eight inches wide, its smallest text of 10 points.
pub const DESIGN: u32 = 150;

/// The kind of file that a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Lines and text as vectors; fields over a plane stay pixels within.
    Svg,
    /// The same on a page of PDF with the font's letters, which stay text.
    Pdf,
}

impl Format {
    /// All there are.
    pub const ALL: [Format; 3] = [Format::Png, Format::Svg, Format::Pdf];

    /// The end of its file names.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Svg => "svg",
            Format::Pdf => "pdf",
        }
    }
}

/// How all pictures of a command look.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Every picture is written in each of these.
    pub formats: Vec<Format>,
    /// Pixels to an inch.
    pub dpi: u32,
    /// Width of every picture in millimetres; as designed when absent, which is 1/[`DESIGN`] inch a pixel.
    pub width: Option<f64>,
    /// Whether the two lines of title stand above the charts.
    pub has_titles: bool,
}

impl Default for Look {
    /// PNG as designed.
    fn default() -> Look {
        Look { formats: vec![Format::Png], dpi: DESIGN, width: None, has_titles: true }
    }
}

/// One format of a look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen<'a> {
    look: &'a Look,
    format: Format,
}

impl Look {
    /// Draws in every format, and returns what was drawn.
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

    /// Inches to a pixel of the design, in a picture that is designed so many pixels wide.
    pub(super) fn inches(&self, designed: u32) -> f64 {
        const MILLIMETRES: f64 = 25.4;
        self.width.map_or(1.0 / f64::from(DESIGN), |width| width / MILLIMETRES / f64::from(designed))
    }
}

impl<'a> Pen<'a> {
    /// The file of this name, without its extension, in a folder.
    pub fn sheet(&self, folder: &Path, name: &str) -> Sheet<'a> {
        let path = folder.join(format!("{name}.{}", self.format.extension()));
        Sheet { path, look: self.look, format: self.format }
    }
}

/// The file that a picture goes to.
#[derive(Clone, Debug)]
pub(super) struct Sheet<'a> {
    pub path: PathBuf,
    pub look: &'a Look,
    pub format: Format,
}
