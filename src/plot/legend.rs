//! The legend of marks and lines below a picture, in rows.

use plotters::prelude::*;

use super::canvas::{Area, Fault, text};
use super::colour::{BOUNDARY, DEGENERATE, INK};
use super::data::{FigureData, Mark};
use super::map::Overlay;

/// The height of a row, in dots.
pub(super) const ROW: u32 = 52;
/// The space from a symbol to its words, from the words to the next symbol, and the usual width of a letter, in dots.
const BEFORE: i32 = 36;
const AFTER: i32 = 74;
const LETTER: i32 = 22;

/// The symbol of an entry.
enum Symbol {
    Dot(RGBColor),
    Cross(RGBColor),
    /// Strokes of these colours and widths upon each other.
    Bar(Vec<(RGBColor, u32)>),
}

/// A symbol with its words.
pub(super) struct Entry {
    word: &'static str,
    symbol: Symbol,
}

impl Entry {
    fn width(&self) -> i32 {
        BEFORE + LETTER * self.word.chars().count() as i32 + AFTER
    }
}

/// The entries of the critical points that are seen; `other` is the colour of minima other than that of the start.
pub(super) fn of_marks(data: &FigureData, is_seen: impl Fn(&Mark) -> bool, other: RGBColor) -> Vec<Entry> {
    let minima = || data.minima.iter().filter(|mark| is_seen(mark));
    let is_start = |mark: &Mark| data.minimum.is_some_and(|start| start.theta == mark.theta);
    let saddles = || data.saddles.iter().enumerate().filter(|(_, mark)| is_seen(mark));
    let entries = [
        ("minimum", Symbol::Dot(BOUNDARY), minima().any(is_start)),
        ("other minimum", Symbol::Dot(other), minima().any(|mark| !is_start(mark))),
        ("saddle", Symbol::Cross(BOUNDARY), saddles().any(|(index, _)| data.bounds_valley(index))),
        ("other saddle", Symbol::Cross(INK), saddles().any(|(index, _)| !data.bounds_valley(index))),
    ];
    entries.into_iter().filter(|(.., is_shown)| *is_shown).map(|(word, symbol, _)| Entry { word, symbol }).collect()
}

/// The entries of the lines over a map.
pub(super) fn of_lines(data: &FigureData, overlay: &Overlay) -> Vec<Entry> {
    let entries = [
        ("q⁺ = ½", vec![(INK, 14), (WHITE, 8)], !overlay.half.is_empty()),
        ("H indefinite beyond", vec![(DEGENERATE, 8)], !overlay.degenerate.is_empty()),
        (overlay.streams_are, vec![(INK, 3)], !overlay.streams.is_empty()),
        ("absorbing boundary", vec![(BOUNDARY, 8)], data.flux.is_some()),
    ];
    let shown = entries.into_iter().filter(|(.., is_shown)| *is_shown);
    shown.map(|(word, strokes, _)| Entry { word, symbol: Symbol::Bar(strokes) }).collect()
}

/// The row of each entry, in rows of this width.
fn rows(entries: &[Entry], width: u32) -> Vec<u32> {
    let (mut row, mut filled) = (0, 0);
    let place = |entry: &Entry| {
        if filled > 0 && filled + entry.width() - AFTER > width as i32 {
            (row, filled) = (row + 1, 0);
        }
        filled += entry.width();
        row
    };
    entries.iter().map(place).collect()
}

/// The number of rows of this width.
pub(super) fn height(entries: &[Entry], width: u32) -> u32 {
    ROW * rows(entries, width).last().map_or(0, |last| last + 1)
}

/// Draws the entries, with the first row at `from`.
pub(super) fn draw(area: &Area, entries: &[Entry], from: (u32, u32), width: u32) -> Result<(), Fault> {
    let (mut x, mut before) = (from.0 as i32, 0);
    for (entry, row) in entries.iter().zip(rows(entries, width)) {
        if row > before {
            (x, before) = (from.0 as i32, row);
        }
        let y = (from.1 + row * ROW) as i32;
        let middle = y + 18;
        match &entry.symbol {
            Symbol::Dot(colour) => {
                for (radius, colour) in [(16, INK), (13, *colour)] {
                    area.draw(&Circle::new((x, middle), radius, colour.filled()))?;
                }
            }
            Symbol::Cross(colour) => area.draw(&Cross::new((x, middle), 16, colour.stroke_width(8)))?,
            Symbol::Bar(strokes) => {
                for (colour, width) in strokes {
                    let ends = vec![(x - 26, middle), (x + 18, middle)];
                    area.draw(&PathElement::new(ends, colour.stroke_width(*width)))?;
                }
            }
        }
        area.draw(&Text::new(entry.word, (x + BEFORE, y), text(20)))?;
        x += BEFORE + area.estimate_text_size(entry.word, &text(20))?.0 as i32 + AFTER;
    }
    Ok(())
}
