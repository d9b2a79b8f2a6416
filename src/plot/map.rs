//! Maps: a field over the plane of θ with colours, a colour bar, level lines and marks.

use plotters::coord::cartesian::Cartesian2d;
use plotters::element::BitMapElement;
use plotters::prelude::*;

use super::axis::{Axis, extent};
use super::backend::Backend;
use super::canvas::{Area, FINE, Fault, HEAD, picture, text};
use super::chart::Ticked;
use super::colour::{BOUNDARY, DEGENERATE, INK, viridis};
use super::data::FigureData;
use super::sheet::Sheet;
use super::{PlotError, contour, flux, legend};
use crate::tensor::{Point, norm};

/// The length of the longer side of the panel, in dots.
const PANEL: f64 = 1800.0;
const LEFT: u32 = 232;
const BELOW: u32 = 240;
/// The width of the colour bar with its numbers and its name, in dots.
const BAR: u32 = 380;

/// The contents of a map.
pub(super) struct Map<'a> {
    pub title: [&'a str; 2],
    /// The field over the cells.
    pub field: &'a [f64],
    /// The scale, whose range the colours cover.
    pub scale: Axis,
    /// The levels of thin lines.
    pub levels: Vec<f64>,
    /// The levels of thick lines.
    pub strong_levels: Vec<f64>,
    /// The lines and marks drawn over the field.
    pub overlay: Overlay,
}

/// Lines and marks over a field; empty by default.
#[derive(Clone, Default)]
pub(super) struct Overlay {
    /// The outlines of sets.
    pub outlines: Vec<[Point; 2]>,
    /// The surface q⁺ = ½.
    pub half: Vec<[Point; 2]>,
    /// The curve on which an eigenvalue of the Hessian, and with it of the noise, changes sign.
    pub degenerate: Vec<[Point; 2]>,
    /// The streamlines of a current, and for each the index of the point with an arrow.
    pub streams: Vec<(Vec<Point>, usize)>,
    /// The name of the streamlines in the legend.
    pub streams_are: &'static str,
    /// Labels and their places.
    pub words: Vec<(Point, &'static str)>,
}

/// Draws a map with the critical points and the boundary of the start set.
pub(super) fn draw(data: &FigureData, map: &Map, sheet: &Sheet) -> Result<(), PlotError> {
    let axes = axes(data);
    let [width, height] = panel(&axes, PANEL);
    // A narrow panel must leave space for the title.
    let across = (LEFT + width + BAR).max(1720);
    let left = (across - (LEFT + width + BAR)) / 2;
    let [x, y] = &axes;
    let mut entries = legend::of_marks(data, |mark| x.holds(mark.theta[0]) && y.holds(mark.theta[1]), WHITE);
    entries.extend(legend::of_lines(data, &map.overlay));
    // From the left of the panel to the margin of the picture.
    let row = across - left - LEFT - 48;
    // There is space for one row below the names of the axes.
    let further = legend::height(&entries, row).saturating_sub(legend::ROW);
    let dots = (across, HEAD + height + BELOW + further);
    picture(sheet, (dots.0 / FINE, dots.1 / FINE), map.title, |area| {
        let panel = area.margin(0, further, 0, 0);
        let (plane, rest) = panel.split_horizontally(left + LEFT + width);
        let plane = plane.margin(0, 0, left, 0);
        draw_plane(&plane, data, map, &axes, [width, height])?;
        draw_bar(&rest.split_horizontally(BAR).0, map, height)?;
        legend::draw(area, &entries, (left + LEFT, height + 156), row)
    })
}

/// Draws a map with its colour bar; its longer side has `longest` dots.
pub(super) fn draw_on(area: &Area, data: &FigureData, map: &Map, longest: f64) -> Result<(), Fault> {
    let axes = axes(data);
    let [width, height] = panel(&axes, longest);
    let (plane, rest) = area.split_horizontally(LEFT + width);
    let plane = plane.margin(0, (plane.dim_in_pixel().1).saturating_sub(height + BELOW), 0, 0);
    draw_plane(&plane, data, map, &axes, [width, height])?;
    let bar = rest.split_horizontally(BAR).0;
    draw_bar(&bar.margin(0, (bar.dim_in_pixel().1).saturating_sub(height + BELOW), 0, 0), map, height)
}

/// The axes θ₁ and θ₂ over the bounding box of the grid, which may be turned.
fn axes(data: &FigureData) -> [Axis; 2] {
    let (lower, upper) = (data.grid.lower, data.grid.upper);
    let corners = [lower, [lower[0], upper[1]], [upper[0], lower[1]], upper].map(|u| data.grid.to_theta(u));
    ["θ₁", "θ₂"].map(|name| {
        let axis = usize::from(name == "θ₂");
        let range = extent(corners.map(|corner| corner[axis])).unwrap_or(0.0..1.0);
        Axis::position(name, range)
    })
}

/// The size in dots of a map whose longer side has `longest` dots.
pub(super) fn size(data: &FigureData, longest: f64) -> [u32; 2] {
    panel(&axes(data), longest)
}

/// The size of the panel: to scale, unless its sides differ by more than a factor 4.
fn panel(axes: &[Axis; 2], longest: f64) -> [u32; 2] {
    let [width, height] = [0, 1].map(|axis: usize| axes[axis].range.end - axes[axis].range.start);
    let aspect = height / width;
    if !(0.25..=4.0).contains(&aspect) {
        return [longest as u32, (0.7 * longest) as u32];
    }
    let scale = longest / width.max(height);
    [(scale * width) as u32, (scale * height) as u32]
}

/// The plane of θ in a picture.
type Plane<'a, 'b> = ChartContext<'a, Backend<'b>, Cartesian2d<Ticked, Ticked>>;

fn draw_plane(area: &Area, data: &FigureData, map: &Map, axes: &[Axis; 2], panel: [u32; 2]) -> Result<(), Fault> {
    let [x, y] = axes;
    let mut builder = ChartBuilder::on(area);
    builder.x_label_area_size(BELOW).y_label_area_size(LEFT);
    let mut context = builder.build_cartesian_2d(Ticked(x.clone()), Ticked(y.clone()))?;
    let corner = (x.range.start, y.range.end);
    let image = BitMapElement::with_owned_buffer(corner, (panel[0], panel[1]), pixels(data, map, axes, panel));
    context.draw_series(image)?;
    draw_lines(&mut context, data, map)?;
    draw_streams(&mut context, &map.overlay.streams, axes, panel)?;
    draw_marks(&mut context, data, &map.overlay, axes)?;
    context
        .configure_mesh()
        .disable_mesh()
        .axis_style(INK.stroke_width(2))
        .set_all_tick_mark_size(10)
        .x_labels((panel[0] / 180).max(4) as usize)
        .y_labels((panel[1] / 140).max(3) as usize)
        .x_label_formatter(&|at| x.tick(*at))
        .y_label_formatter(&|at| y.tick(*at))
        .label_style(text(22))
        .draw()?;
    let middle = (LEFT + panel[0] / 2) as i32;
    area.draw(&Text::new(x.label(), (middle - 24, panel[1] as i32 + 76), text(24)))?;
    let upright = text(24).transform(FontTransform::Rotate270);
    area.draw(&Text::new(y.label(), (44, panel[1] as i32 / 2 + 24), upright))
}

/// Level lines, the degenerate curve, outlines of sets, and the surface q⁺ = ½.
fn draw_lines(context: &mut Plane, data: &FigureData, map: &Map) -> Result<(), Fault> {
    let mut stroke = |segments: Vec<[Point; 2]>, style: ShapeStyle| -> Result<(), Fault> {
        let path = |line: Vec<Point>| {
            PathElement::new(line.into_iter().map(|at| (at[0], at[1])).collect::<Vec<(f64, f64)>>(), style)
        };
        context.draw_series(contour::joined(&segments).into_iter().map(path))?;
        Ok(())
    };
    for level in &map.levels {
        stroke(contour::lines(data.grid, map.field, *level), WHITE.stroke_width(1))?;
    }
    for level in &map.strong_levels {
        stroke(contour::lines(data.grid, map.field, *level), WHITE.stroke_width(4))?;
    }
    let Overlay { outlines, half, degenerate, .. } = &map.overlay;
    for (colour, width) in [(INK, 10), (DEGENERATE, 6)] {
        stroke(degenerate.clone(), colour.stroke_width(width))?;
    }
    for (colour, width) in [(WHITE, 9), (INK, 5)] {
        stroke(outlines.clone(), colour.stroke_width(width))?;
    }
    for (colour, width) in [(INK, 14), (WHITE, 8)] {
        stroke(half.clone(), colour.stroke_width(width))?;
    }
    Ok(())
}

/// Streamlines with an arrow each.
fn draw_streams(
    context: &mut Plane,
    streams: &[(Vec<Point>, usize)],
    [x, y]: &[Axis; 2],
    panel: [u32; 2],
) -> Result<(), Fault> {
    for (colour, width) in [(WHITE, 7), (INK, 3)] {
        for (line, crossing) in streams {
            let points: Vec<(f64, f64)> = line.iter().map(|point| (point[0], point[1])).collect();
            context.draw_series([PathElement::new(points, colour.stroke_width(width))])?;
            let sizes = [x, y].map(|axis| axis.range.end - axis.range.start);
            let head = arrow_head(line, *crossing, sizes, panel, if colour == WHITE { 22.0 } else { 16.0 });
            context.draw_series(head.map(|head| Polygon::new(head.to_vec(), colour.filled())))?;
        }
    }
    Ok(())
}

/// The absorbing boundary, the critical points, and labels.
fn draw_marks(context: &mut Plane, data: &FigureData, overlay: &Overlay, [x, y]: &[Axis; 2]) -> Result<(), Fault> {
    for line in data.flux.iter().flat_map(|flux| flux::pieces(flux)) {
        let points: Vec<(f64, f64)> = line.iter().map(|point| (point[0], point[1])).collect();
        context.draw_series([PathElement::new(points, BOUNDARY.stroke_width(6))])?;
    }
    let is_seen = |theta: Point| x.holds(theta[0]) && y.holds(theta[1]);
    for minimum in data.minima.iter().filter(|mark| is_seen(mark.theta)) {
        let at = (minimum.theta[0], minimum.theta[1]);
        let start = data.minimum.is_some_and(|start| start.theta == minimum.theta);
        context.draw_series(
            [(17, INK), (13, if start { BOUNDARY } else { WHITE })]
                .map(|(radius, colour)| Circle::new(at, radius, colour.filled())),
        )?;
    }
    for (index, saddle) in data.saddles.iter().enumerate().filter(|(_, mark)| is_seen(mark.theta)) {
        let at = (saddle.theta[0], saddle.theta[1]);
        let colour = if data.bounds_valley(index) { BOUNDARY } else { INK };
        context.draw_series(
            [(WHITE, 16), (colour, 9)].map(|(colour, width)| Cross::new(at, 18, colour.stroke_width(width))),
        )?;
    }
    for (at, word) in &overlay.words {
        let boxed = EmptyElement::at((at[0], at[1]))
            + Rectangle::new([(28, -92), (78, -38)], WHITE.filled())
            + Text::new(*word, (37, -84), text(24));
        context.draw_series([boxed])?;
    }
    Ok(())
}

/// A triangle at a point of a line in the direction of the line; `None` if it has none. Lengths are in dots of the
/// panel.
fn arrow_head(line: &[Point], at: usize, sizes: [f64; 2], panel: [u32; 2], length: f64) -> Option<[(f64, f64); 3]> {
    let dots = [0, 1].map(|axis: usize| f64::from(panel[axis]) / sizes[axis]);
    let (before, after) = (line.get(at.checked_sub(1)?)?, line.get(at + 1)?);
    let ahead = [0, 1].map(|axis: usize| (after[axis] - before[axis]) * dots[axis]);
    let size = norm(ahead);
    let [u, v] = ahead.map(|c| length * c / size);
    let place = |a: f64, b: f64| {
        let [x, y] = [a * u - b * v, a * v + b * u];
        (line[at][0] + x / dots[0], line[at][1] + y / dots[1])
    };
    (size > 0.0).then(|| [place(1.0, 0.0), place(-0.7, 0.8), place(-0.7, -0.8)])
}

/// The RGB bytes of the panel, row by row from the top; every dot has the colour of its cell.
fn pixels(data: &FigureData, map: &Map, axes: &[Axis; 2], panel: [u32; 2]) -> Vec<u8> {
    let at = |axis: usize, fraction: f64| {
        axes[axis].range.start + fraction * (axes[axis].range.end - axes[axis].range.start)
    };
    let range = &map.scale.range;
    // Grey where the field has no value.
    let colour = |value: &f64| {
        let place = map.scale.place(*value);
        let place = if place == f64::NEG_INFINITY { f64::NAN } else { place };
        let RGBColor(red, green, blue) = viridis((place - range.start) / (range.end - range.start));
        [red, green, blue]
    };
    let colours: Vec<[u8; 3]> = map.field.iter().map(colour).collect();
    let xs: Vec<f64> = (0..panel[0]).map(|column| at(0, (f64::from(column) + 0.5) / f64::from(panel[0]))).collect();
    let ys = (0..panel[1]).map(|row| at(1, 1.0 - (f64::from(row) + 0.5) / f64::from(panel[1])));
    let grid = data.grid;
    // White outside the grid.
    let of = |cell: Option<usize>| cell.map_or([255; 3], |cell| colours[cell]);
    let mut bytes = Vec::with_capacity(3 * (panel[0] * panel[1]) as usize);
    if grid.turn[1] == 0.0 {
        let columns: Vec<Option<usize>> = xs.iter().map(|x| grid.place(0, *x)).collect();
        for row in ys.map(|y| grid.place(1, y)) {
            let cell = |column: &Option<usize>| Some((*column)? * grid.cells[1] + row?);
            bytes.extend(columns.iter().flat_map(|column| of(cell(column))));
        }
    } else {
        for y in ys {
            bytes.extend(xs.iter().flat_map(|x| of(grid.cell_at([*x, y]))));
        }
    }
    bytes
}

fn draw_bar(area: &Area, map: &Map, height: u32) -> Result<(), Fault> {
    let (scale, width) = (&map.scale, 64);
    let (left, range) = (60, &scale.range);
    let strip = area.margin(0, BELOW, left, BAR - left - width - 180);
    let mut builder = ChartBuilder::on(&strip);
    builder.right_y_label_area_size(180);
    let mut context = builder.build_cartesian_2d(0.0..1.0, Ticked(scale.clone()))?;
    let shade = |row: u32| viridis(1.0 - (f64::from(row) + 0.5) / f64::from(height));
    let row = |row: u32| std::iter::repeat_n(shade(row), width as usize).flat_map(|c| [c.0, c.1, c.2]);
    let gradient = (0..height).flat_map(row).collect();
    context.draw_series(BitMapElement::with_owned_buffer((0.0, range.end), (width, height), gradient))?;
    context
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .axis_style(INK.stroke_width(2))
        .set_tick_mark_size(LabelAreaPosition::Right, 20)
        .y_labels(10)
        .y_label_formatter(&|at| scale.tick(*at))
        .label_style(text(22))
        .draw()?;
    let upright = text(24).transform(FontTransform::Rotate90);
    let name = scale.label();
    let length = area.estimate_text_size(&name, &text(24))?.0 as i32;
    area.draw(&Text::new(name, ((left + width) as i32 + 192, (height as i32 - length) / 2), upright))
}
