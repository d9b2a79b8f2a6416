//! Colours: viridis for fields, and a few that stand out from it.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};

/// Where a field has no value or the start set ends.
pub(super) const ABSENT: RGBColor = RGBColor(236, 236, 236);
/// Text and frames.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// The grid of a chart.
pub(super) const FAINT: RGBColor = RGBColor(225, 225, 225);
/// The first curve.
pub(super) const FIRST: RGBColor = RGBColor(33, 96, 160);
/// Another curve.
pub(super) const SECOND: RGBColor = RGBColor(200, 110, 20);
/// Curves of which there are several, told apart by people who see fewer colours too (the first seven
/// but grey: Okabe and Ito 2008).
pub(super) const SERIES: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 86, 86),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 60, 20),
    RGBColor(90, 70, 170),
    RGBColor(150, 170, 30),
];
/// The curve on which the noise degenerates.
pub(super) const DEGENERATE: RGBColor = RGBColor(240, 170, 60);
/// What a curve is compared with.
pub(super) const GUIDE: RGBColor = RGBColor(140, 140, 140);
/// The boundary of the start set and its saddles.
pub(super) const BOUNDARY: RGBColor = RGBColor(230, 60, 50);

/// Viridis at a fraction of its length; [`ABSENT`] for NaN.
pub(super) fn viridis(fraction: f64) -> RGBColor {
    if fraction.is_nan() {
        return ABSENT;
    }
    ViridisRGB.get_color(fraction.clamp(0.0, 1.0))
}
