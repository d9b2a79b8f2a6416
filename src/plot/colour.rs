//! Colours: viridis for fields, and colours that stand out from it.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};

/// Cells without a value, and cells outside the start set.
pub(super) const ABSENT: RGBColor = RGBColor(236, 236, 236);
/// Text and frames.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// The grid lines of a chart.
pub(super) const FAINT: RGBColor = RGBColor(225, 225, 225);
/// The first curve.
pub(super) const FIRST: RGBColor = RGBColor(33, 96, 160);
/// A second curve.
pub(super) const SECOND: RGBColor = RGBColor(200, 110, 20);
/// Several curves. The first seven except the grey one are distinguishable with colour blindness (Okabe and Ito 2008).
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
/// Reference curves.
pub(super) const GUIDE: RGBColor = RGBColor(140, 140, 140);
/// The boundary of the start set and its saddles.
pub(super) const BOUNDARY: RGBColor = RGBColor(230, 60, 50);

/// Viridis at a fraction from 0 to 1; [`ABSENT`] for NaN.
pub(super) fn viridis(fraction: f64) -> RGBColor {
    if fraction.is_nan() {
        return ABSENT;
    }
    ViridisRGB.get_color(fraction.clamp(0.0, 1.0))
}
