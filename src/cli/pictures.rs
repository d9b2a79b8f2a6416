//! The options of every command that draws pictures.

use clap::Args;
use clap::builder::{PossibleValuesParser, RangedU64ValueParser, TypedValueParser};

use super::signals;
use crate::plot::{DESIGN, Format, Look};

/// Whether pictures are drawn, and how.
#[derive(Args, Clone)]
pub(super) struct Pictures {
    /// Draw no pictures
    #[arg(long)]
    no_plots: bool,
    #[command(flatten)]
    drawn: Drawn,
}

/// How pictures are drawn.
#[derive(Args, Clone)]
pub(super) struct Drawn {
    /// Formats of the pictures, with commas between
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',', default_value = "png", value_parser = formats())]
    formats: Vec<Format>,
    /// Pixels to an inch
    #[arg(long, default_value_t = DESIGN, value_parser = RangedU64ValueParser::<u32>::new().range(50..=1200))]
    dpi: u32,
    /// Width of every picture in millimetres [default: 203 for 1200 pixels at 150 dpi]
    #[arg(long, value_name = "MM", value_parser = width)]
    width: Option<f64>,
    /// Leave out the titles, as a paper does
    #[arg(long)]
    no_titles: bool,
}

/// The parser of format names.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::extension))
        .map(|word| Format::ALL.into_iter().find(|format| format.extension() == word).unwrap_or(Format::Png))
}

/// The parser of widths in millimetres.
fn width(word: &str) -> Result<f64, String> {
    let width = word.parse().map_err(|_| "a number of millimetres is wanted".to_string())?;
    if (20.0..=1000.0).contains(&width) { Ok(width) } else { Err("it must be from 20 to 1000 millimetres".to_string()) }
}

impl Pictures {
    /// The look of the pictures; `None` if none are drawn, as after a signal: `plot` draws them later.
    pub fn look(&self) -> Option<Look> {
        let are_drawn = !self.no_plots && signals::status().is_none();
        are_drawn.then(|| self.drawn.look())
    }
}

impl Drawn {
    pub fn look(&self) -> Look {
        let mut formats = self.formats.clone();
        formats.dedup();
        Look { formats, dpi: self.dpi, width: self.width, has_titles: !self.no_titles }
    }
}
