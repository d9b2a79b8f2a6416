//! A grid as the exact coordinates and attributes of a group of fields, from which it can be restored.

use crate::grid::Grid;
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, GroupError, Label};
use crate::tensor::Point;

/// The group of the fields over the grid.
pub const FIELDS: &str = "fields";
/// The names of the coordinates along the axes of a grid.
pub const AXES: [&str; 2] = ["x", "y"];

const CENTRES: [Label; 2] = [
    Label::new(AXES[0], "parameter", "cell centre along the first grid axis"),
    Label::new(AXES[1], "parameter", "cell centre along the second grid axis"),
];

/// The labels of positions θ on a turned grid, whose coordinates are not those of θ.
pub const POSITION: [Label; 2] = [
    Label::new("position_x", "parameter", "first parameter"),
    Label::new("position_y", "parameter", "second parameter"),
];

/// The label of a field over a grid in one and in two dimensions, where a density is per length or per area.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The name in the file.
    pub name: &'static str,
    /// The units.
    pub units: [&'static str; 2],
    /// The name on an axis.
    pub long_name: [&'static str; 2],
}

impl Kind {
    /// A kind with the same units in any dimension.
    pub const fn new(name: &'static str, units: &'static str, long_name: &'static str) -> Kind {
        Kind { name, units: [units; 2], long_name: [long_name; 2] }
    }

    /// A density per length or area.
    pub const fn density(name: &'static str, long_name: &'static str) -> Kind {
        Kind { name, units: ["1/parameter", "1/parameter^2"], long_name: [long_name; 2] }
    }

    /// A component of a current J of probability.
    pub const fn current(name: &'static str, long_name: [&'static str; 2]) -> Kind {
        Kind { name, units: ["1/dynamical time", "1/(dynamical time parameter)"], long_name }
    }

    /// The label in this dimension.
    pub const fn label(&self, dimension: usize) -> Label {
        Label::new(self.name, self.units[dimension - 1], self.long_name[dimension - 1])
    }

    /// A field of this kind over all cells of a grid, `index = ix · cells[1] + iy`.
    pub fn over(&self, grid: &Grid, values: Vec<f64>) -> Field {
        Field::new(self.label(grid.dimension), &AXES[..grid.dimension], values)
    }
}

/// The group of a grid's fields, with the position of each cell if the grid is turned, and no other field yet.
pub fn over_grid(grid: &Grid) -> FieldGroup {
    let dimension = grid.dimension;
    let is_turned = grid.turn[1] != 0.0;
    let angle = Data::Numbers(vec![grid.turn[1].atan2(grid.turn[0]).to_degrees()]);
    let pivot = Data::Numbers(grid.pivot[..dimension].to_vec());
    let centres = CENTRES.into_iter().enumerate().take(dimension).map(|(axis, label)| {
        let mut coordinate = Coordinate::new(label, grid.centres(axis));
        if is_turned {
            coordinate.attributes = vec![("angle_degrees".into(), angle.clone()), ("pivot".into(), pivot.clone())];
        }
        coordinate
    });
    let mut group = FieldGroup::new(FIELDS, centres.collect());
    group.describe("lower", Data::Numbers(grid.lower[..dimension].to_vec()));
    group.describe("upper", Data::Numbers(grid.upper[..dimension].to_vec()));
    group.describe("cosine_sine", Data::Numbers(grid.turn.to_vec()));
    group.describe("angle_degrees", angle);
    group.describe("pivot", pivot);
    let periodic = grid.periodic[..dimension].iter().map(|periodic| i32::from(*periodic));
    group.describe("periodic", Data::Integers(periodic.collect()));
    if is_turned {
        for (axis, label) in POSITION.into_iter().enumerate() {
            let places = (0..grid.len()).map(|index| grid.cell_centre(index)[axis]).collect();
            group.push(Field::new(label, &AXES[..dimension], places));
        }
    }
    group
}

/// The grid of a group.
///
/// # Errors
/// [`GroupError`] with what the group lacks.
pub fn grid_of(group: &FieldGroup) -> Result<Grid, GroupError> {
    let (lower, upper) = (group.numbers("lower")?, group.numbers("upper")?);
    let (turn, pivot) = (group.numbers("cosine_sine")?, group.numbers("pivot")?);
    let no_grid = || GroupError::NoGrid { group: group.name.clone() };
    let periodic = group.attributes.iter().find_map(|(name, data)| match data {
        Data::Integers(flags) if name == "periodic" => Some(flags.iter().map(|flag| *flag != 0).collect::<Vec<bool>>()),
        _ => None,
    });
    let periodic = periodic.ok_or_else(no_grid)?;
    let dimension = lower.len();
    let is_alike = upper.len() == dimension && pivot.len() == dimension && periodic.len() == dimension;
    if !(1..=2).contains(&dimension) || !is_alike || turn.len() != 2 {
        return Err(no_grid());
    }
    let pad = |values: &[f64]| -> Point { [values[0], values.get(1).copied().unwrap_or(0.0)] };
    let mut cells = [1, 1];
    for (axis, name) in AXES.into_iter().enumerate().take(dimension) {
        cells[axis] = group.needed(name)?.len();
    }
    let periodic = [periodic[0], periodic.get(1).copied().unwrap_or(false)];
    let mut grid = Grid::new(dimension, pad(lower), pad(upper), cells, periodic);
    grid.turn = pad(turn);
    grid.pivot = pad(pivot);
    if grid.is_empty() { Err(no_grid()) } else { Ok(grid) }
}
