//! Eigenvalues in the complex plane, and eigenfunctions.

use super::axis::{Axis, decades, extent, short};
use super::canvas::{FINE, HEAD, picture};
use super::chart::{self, Chart, Curve, Spot};
use super::colour::{FIRST, INK, SERIES};
use super::map::{self, Map, Overlay};
use super::sheet::Sheet;
use super::{FigureData, PlotError, scene};
use crate::observe::group::FieldGroup;
use crate::study::spectrum::{IMAGINARY, RIGHT_NAME, VALUES_NAME};

/// The largest number of eigenfunctions shown.
const MOST: usize = 6;
/// The length of the longest side of each map, in dots.
const PANEL: u32 = 640;
/// The horizontal and vertical space around a map for ticks, colour bar and names.
const AROUND: [u32; 2] = [640, 340];

/// The eigenvalues in the complex plane above, and |λ| below; `false` without a spectrum.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some([re, im]) = data.spectrum.and_then(eigenvalues) else { return Ok(false) };
    let sizes: Vec<f64> = re.iter().zip(&im).map(|(re, im)| re.hypot(*im)).collect();
    let (Some(across), Some(exponents)) = (extent(re.iter().copied()), decades(&sizes, 320.0)) else {
        return Ok(false);
    };
    // An eigenvalue near 0 may be tiny; the frame keeps a margin on either side.
    let highest = im.iter().fold(0.0, |most: f64, im| most.max(im.abs())).max(0.05 * across.end.abs());
    let (x, y) = (Axis::linear("Re λ", across, 0.06), Axis::linear("Im λ", -highest..highest, 0.12));
    let number = Axis::position("number of the eigenvalue", 0.5..re.len() as f64 + 0.5);
    let log = Axis::logarithmic("|λ|", exponents.start - 0.3..exponents.end + 0.3);
    let title = ["Eigenvalues nearest to zero", &scene::text_of(data)];
    let axis = |x: &Axis| Curve {
        points: vec![(x.range.start, 0.0), (x.range.end, 0.0)],
        colour: INK,
        name: String::new(),
        is_dashed: false,
    };
    picture(sheet, scene::TALL, title, |area| {
        let (upper, lower) = area.split_vertically(1110);
        let spot =
            |at: (f64, f64), im: f64| Spot { at, colour: if im == 0.0 { FIRST } else { SERIES[1] }, cross: false };
        let plane = re.iter().zip(&im).map(|(re, im)| spot((x.place(*re), y.place(*im)), *im)).collect();
        let (lines, curves) = (Vec::new(), vec![axis(&x)]);
        chart::draw(&upper, Chart { x: &x, y: &y, curves, lines, spots: plane, leaves_room_beside: false })?;
        let positive = (1..).zip(sizes.iter().zip(&im)).filter(|(_, (size, _))| **size > 0.0);
        let spots = positive.map(|(k, (size, im))| spot((f64::from(k), log.place(*size)), *im)).collect();
        let (lines, curves) = (Vec::new(), Vec::new());
        chart::draw(&lower, Chart { x: &number, y: &log, curves, lines, spots, leaves_room_beside: false })
    })?;
    Ok(true)
}

/// The real and imaginary parts.
fn eigenvalues(group: &FieldGroup) -> Option<[Vec<f64>; 2]> {
    let re = group.values(VALUES_NAME)?.to_vec();
    let im = group.values(&format!("{VALUES_NAME}{IMAGINARY}")).map_or(vec![0.0; re.len()], <[f64]>::to_vec);
    Some([re, im])
}

/// The real parts of the right eigenvectors, each divided by its largest absolute value, one for each complex pair;
/// `false` without a spectrum.
pub(super) fn functions(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some((group, [re, im])) = data.spectrum.and_then(|group| Some((group, eigenvalues(group)?))) else {
        return Ok(false);
    };
    let Some(right) = group.values(RIGHT_NAME) else { return Ok(false) };
    let cells = data.grid.len();
    let shown: Vec<usize> = (0..re.len()).filter(|&mode| im[mode] >= 0.0).take(MOST).collect();
    let scaled = |mode: usize| -> Vec<f64> {
        let values = &right[mode * cells..(mode + 1) * cells];
        let largest =
            values.iter().filter(|value| value.is_finite()).fold(0.0, |most: f64, value| most.max(value.abs()));
        values.iter().map(|value| value / largest).collect()
    };
    let functions: Vec<Vec<f64>> = shown.iter().map(|&mode| scaled(mode)).collect();
    let name = |mode: usize| match im[mode] {
        0.0 => format!("{}: λ = {}", mode + 1, short(re[mode])),
        turning => format!("{}: λ = {} ± {}i", mode + 1, short(re[mode]), short(turning)),
    };
    let title = ["Right eigenvectors, over their largest values", &scene::text_of(data)];
    if data.grid.dimension == 1 {
        let (x, y) = (scene::abscissa(data), Axis::linear("right eigenvector", -1.0..1.0, 0.05));
        let curve = |(place, values): (usize, &Vec<f64>)| Curve {
            points: data.grid.centres(0).into_iter().zip(values.iter().copied()).collect(),
            colour: SERIES[place % SERIES.len()],
            name: name(shown[place]),
            is_dashed: false,
        };
        let curves = functions.iter().enumerate().take(SERIES.len()).map(curve).collect();
        picture(sheet, (1400, 800), title, |area| {
            let (lines, spots) = (Vec::new(), Vec::new());
            chart::draw(area, Chart { x: &x, y: &y, curves, lines, spots, leaves_room_beside: false })
        })?;
        return Ok(true);
    }
    let panel = |(place, values): (usize, &'_ Vec<f64>)| Panel {
        name: name(shown[place]),
        field: values.clone(),
        range: -1.0..1.0,
        line: 0.0,
        overlay: Overlay::default(),
    };
    maps(data, &functions.iter().enumerate().map(panel).collect::<Vec<Panel>>(), title, sheet)?;
    Ok(true)
}

/// One of several maps.
pub(super) struct Panel {
    pub name: String,
    pub field: Vec<f64>,
    /// The range of the colours.
    pub range: std::ops::Range<f64>,
    /// The level of a thick line.
    pub line: f64,
    pub overlay: Overlay,
}

/// Draws maps in two columns.
pub(super) fn maps(data: &FigureData, panels: &[Panel], title: [&str; 2], sheet: &Sheet) -> Result<(), PlotError> {
    let [width, height] = map::size(data, f64::from(PANEL));
    let size = [width + AROUND[0], height + AROUND[1]];
    let (columns, rows) = (panels.len().min(2) as u32, panels.len().div_ceil(2) as u32);
    let dots = (columns * size[0], HEAD + rows * size[1]);
    picture(sheet, (dots.0 / FINE, dots.1 / FINE), title, |area| {
        for (place, Panel { name, field, range, line, overlay }) in panels.iter().enumerate() {
            let at = [place as u32 % 2 * size[0], place as u32 / 2 * size[1]];
            let rest = [dots.0 - at[0] - size[0], (dots.1 - HEAD) - at[1] - size[1]];
            let panel = area.margin(at[1], rest[1], at[0], rest[0]);
            let map = Map {
                title: [name, ""],
                field,
                scale: Axis::linear(name, range.clone(), 0.0),
                levels: Vec::new(),
                strong_levels: vec![*line],
                overlay: overlay.clone(),
            };
            map::draw_on(&panel, data, &map, f64::from(PANEL))?;
        }
        Ok(())
    })
}
