//! Charts: curves over a common axis.

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::series::DashedLineSeries;

use super::axis::Axis;
use super::canvas::{Area, Fault, text};
use super::colour::{FAINT, INK};

/// A line through points in plotted coordinates, interrupted where a point is not finite.
pub(super) struct Curve {
    pub points: Vec<(f64, f64)>,
    pub colour: RGBColor,
    /// The name in the legend, which is drawn if there are several curves and all have names.
    pub name: String,
    /// Whether the line is dashed, so that a curve beneath it is seen.
    pub is_dashed: bool,
}

/// A dashed vertical line with a label above the frame.
pub(super) struct Line {
    pub at: f64,
    pub word: String,
    pub colour: RGBColor,
}

/// A mark at a point.
pub(super) struct Spot {
    pub at: (f64, f64),
    pub colour: RGBColor,
    /// Whether it is a cross; otherwise a dot.
    pub cross: bool,
}

/// The contents of a chart.
pub(super) struct Chart<'a> {
    pub x: &'a Axis,
    pub y: &'a Axis,
    pub curves: Vec<Curve>,
    pub lines: Vec<Line>,
    pub spots: Vec<Spot>,
    /// Whether to leave space for the legend of another chart above or below.
    pub leaves_room_beside: bool,
}

/// The width of the legend, in dots.
const LEGEND: u32 = 600;

/// The margin above a frame with words, in dots.
const WORDS: u32 = 60;

/// The dashes of a dashed curve and the gaps between them, in dots.
const DASH: u32 = 24;
const GAP: u32 = 14;

/// The largest number of ticks on an axis.
const MOST_TICKS: usize = 9;

/// An axis with the ticks of [`Axis::ticks`].
pub(super) struct Ticked(pub Axis);

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (low, high): (i32, i32)) -> i32 {
        RangedCoordf64::from(self.0.range.clone()).map(value, (low, high))
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.0.ticks(hint.max_num_points().clamp(2, MOST_TICKS))
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.0.range.clone()
    }
}

/// Draws a chart with its axes.
pub(super) fn draw(area: &Area, chart: Chart) -> Result<(), Fault> {
    let (x, y) = (chart.x, chart.y);
    let several = chart.curves.len() > 1 && chart.curves.iter().all(|curve| !curve.name.is_empty());
    let beside = if several || chart.leaves_room_beside { LEGEND } else { 0 };
    let mut builder = ChartBuilder::on(area);
    let has_words = chart.lines.iter().any(|line| !line.word.is_empty());
    builder
        .margin(16)
        .margin_top(if has_words { WORDS } else { 16 })
        .margin_left(36)
        .margin_right(80 + beside)
        .x_label_area_size(140)
        .y_label_area_size(260);
    let mut context = builder.build_cartesian_2d(Ticked(x.clone()), Ticked(y.clone()))?;
    context
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT.stroke_width(2))
        .axis_style(INK.stroke_width(2))
        .set_all_tick_mark_size(10)
        .x_labels(10)
        .y_labels(10)
        .x_label_formatter(&|at| x.tick(*at))
        .y_label_formatter(&|at| y.tick(*at))
        .label_style(text(22))
        .axis_desc_style(text(24))
        .x_desc(x.label())
        .y_desc(y.label())
        .draw()?;
    for (place, curve) in (0..).zip(chart.curves) {
        let style = curve.colour.stroke_width(5);
        let pieces = curve.points.split(|(x, y)| !x.is_finite() || !y.is_finite());
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            let points = piece.iter().copied();
            if curve.is_dashed {
                context.draw_series(DashedLineSeries::new(points, DASH, GAP, style))?;
            } else {
                context.draw_series(LineSeries::new(points, style))?;
            }
        }
        if several {
            let (left, middle) = ((area.dim_in_pixel().0 - beside) as i32 - 40, 60 + 56 * place);
            let ends = if curve.is_dashed { vec![0, 24, 36, 60] } else { vec![0, 60] };
            for dash in ends.chunks(2) {
                area.draw(&PathElement::new(vec![(left + dash[0], middle), (left + dash[1], middle)], style))?;
            }
            area.draw(&Text::new(curve.name, (left + 80, middle - 15), text(20)))?;
        }
    }
    for line in chart.lines {
        let ends = [(line.at, y.range.start), (line.at, y.range.end)];
        context.draw_series(DashedLineSeries::new(ends, 16, 12, line.colour.stroke_width(3)))?;
        // Above the frame no curve crosses the label; it is centred on the line, or left of one close to the right end.
        let late = line.at > x.range.start + 0.8 * (x.range.end - x.range.start);
        let length = area.estimate_text_size(&line.word, &text(20))?.0 as i32;
        let left = if late { -length } else { -length / 2 };
        let word = EmptyElement::at((line.at, y.range.end)) + Text::new(line.word, (left, -48), text(20));
        context.draw_series([word])?;
    }
    let is_seen = |spot: &Spot| x.holds(spot.at.0) && y.holds(spot.at.1);
    let (dots, crosses): (Vec<Spot>, Vec<Spot>) = chart.spots.into_iter().filter(is_seen).partition(|spot| !spot.cross);
    context.draw_series(dots.iter().map(|spot| Circle::new(spot.at, 16, spot.colour.filled())))?;
    context.draw_series(crosses.iter().map(|spot| Cross::new(spot.at, 18, spot.colour.stroke_width(8))))?;
    Ok(())
}
