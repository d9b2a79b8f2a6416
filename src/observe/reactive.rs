//! The fields of reactive paths over the grid, and of the stationary law behind them.

use crate::generator::assembly::DEAD;
use crate::grid::Grid;
use crate::observe::edge_current::CellCurrent;
use crate::observe::field::STATIONARY;
use crate::observe::group::{Coordinate, Field, FieldGroup, Label};
use crate::observe::over_grid::Kind;
use crate::scaled::Scaled;
use crate::solve::{Discretisation, Reactive, Side};
use crate::tensor::dot;

/// q⁺.
pub const COMMITTOR: Kind = Kind::new("committor", "1", "forward committor q⁺");
/// 1 − q⁺, which keeps its digits where q⁺ is 1 but for rounding.
pub const COMMITTOR_COMPLEMENT: Kind = Kind::new("committor_complement", "1", "1 − q⁺ in relative accuracy");
/// q⁻.
pub const BACKWARD_COMMITTOR: Kind = Kind::new("backward_committor", "1", "backward committor q⁻");
/// ln q⁺, where ordinary numbers do not hold all of q⁺.
pub const LOG_COMMITTOR: Kind = Kind::new("log_committor", "1", "ln q⁺");
/// ln(1 − q⁺), where ordinary numbers do not hold all of it.
pub const LOG_COMMITTOR_COMPLEMENT: Kind = Kind::new("log_committor_complement", "1", "ln(1 − q⁺)");
/// The logarithm of the stationary density, where ordinary numbers do not hold all of it.
pub const LOG_STATIONARY: Kind = Kind::new("log_stationary", "1", "ln of the stationary density");
/// π q⁺ q⁻ per length^d; 0 inside the sets.
pub const REACTIVE_DENSITY: Kind = Kind::density("reactive_density", "stationary density of reactive paths, π q⁺ q⁻");
/// The components of the reactive current along the grid's axes; 0 inside the sets.
pub const REACTIVE_CURRENT: [Kind; 2] = [
    Kind::current("reactive_current_x", ["reactive current", "reactive current along the first grid axis"]),
    Kind::current("reactive_current_y", ["reactive current", "reactive current along the second grid axis"]),
];
/// The components of the stationary current along the grid's axes.
pub const STATIONARY_CURRENT: [Kind; 2] = [
    Kind::current("stationary_current_x", ["stationary current", "stationary current along the first grid axis"]),
    Kind::current("stationary_current_y", ["stationary current", "stationary current along the second grid axis"]),
];

impl Discretisation<'_> {
    /// A state vector as ordinary numbers over all cells of the grid; NaN where there is no state.
    pub(crate) fn field_of(&self, values: &[Scaled]) -> Vec<f64> {
        self.field(&values.iter().map(|value| value.value()).collect::<Vec<f64>>(), f64::NAN)
    }

    /// Its logarithm, where ordinary numbers do not hold all of it.
    fn logarithm_of(&self, values: &[Scaled]) -> Option<Vec<f64>> {
        let needs_one = values.iter().any(|value| value.is_positive() && !value.is_ordinary());
        let logarithms = || values.iter().map(|value| value.ln()).collect::<Vec<f64>>();
        needs_one.then(|| self.field(&logarithms(), f64::NAN))
    }
}

/// The stationary density, with its logarithm where ordinary numbers end.
pub fn law(closed: &Discretisation<'_>, law: &[Scaled]) -> Vec<Field> {
    let (grid, volume) = (&closed.grid, closed.grid.volume());
    let density: Vec<Scaled> = law.iter().map(|&p| p / volume).collect();
    let ordinary: Vec<f64> = law.iter().map(|p| p.value()).collect();
    let logarithm = closed.logarithm_of(&density).map(|values| LOG_STATIONARY.over(grid, values));
    std::iter::once(STATIONARY.over(grid, closed.density(&ordinary))).chain(logarithm).collect()
}

/// The committors, and the reactive current where its size is an ordinary number.
pub fn fields(found: &Reactive<'_>) -> Vec<Field> {
    let (closed, paths, grid) = (&found.closed, &found.paths, &found.closed.grid);
    let backward: Vec<f64> = paths.backward().into_iter().map(|q| q.unwrap_or(f64::NAN)).collect();
    let mut fields = vec![
        COMMITTOR.over(grid, closed.field_of(&paths.forward)),
        COMMITTOR_COMPLEMENT.over(grid, closed.field_of(&paths.complement)),
        BACKWARD_COMMITTOR.over(grid, closed.field(&backward, f64::NAN)),
    ];
    let logarithms = [(LOG_COMMITTOR, &paths.forward), (LOG_COMMITTOR_COMPLEMENT, &paths.complement)];
    fields.extend(logarithms.into_iter().filter_map(|(kind, values)| {
        let values = closed.logarithm_of(values)?;
        // ln 0 inside the other set is no number.
        Some(
            kind.over(grid, values.into_iter().map(|value| if value.is_finite() { value } else { f64::NAN }).collect()),
        )
    }));
    if paths.flux[0].is_ordinary() {
        fields.push(REACTIVE_DENSITY.over(grid, closed.density(&reactive_mass(found))));
        fields.extend(reactive_current(found));
    }
    fields
}

fn reactive_mass(found: &Reactive<'_>) -> Vec<f64> {
    found.paths.reactive_mass().into_iter().map(Scaled::value).collect()
}

/// Bins along q⁺.
const BINS: usize = 100;

/// The distributions of reactive paths along the axes of the grid and along q⁺, as densities whose integral is the
/// fraction of time spent on such paths. `None` if the reactive flux is beyond the range of f64.
pub fn marginals(found: &Reactive<'_>) -> Option<FieldGroup> {
    let (closed, paths) = (&found.closed, &found.paths);
    if !paths.flux[0].is_ordinary() {
        return None;
    }
    let (grid, mass) = (&closed.grid, reactive_mass(found));
    let places = ["x", "y"].into_iter().enumerate().take(grid.dimension);
    let label = |name: &'static str| Label::new(name, "parameter", "cell centre along a grid axis");
    let mut coordinates: Vec<Coordinate> =
        places.map(|(axis, name)| Coordinate::new(label(name), grid.centres(axis))).collect();
    let middles = (0..BINS).map(|bin| (bin as f64 + 0.5) / BINS as f64).collect();
    coordinates.push(Coordinate::new(Label::new("q", "1", "forward committor q⁺, middle of a bin"), middles));
    let mut group = FieldGroup::new("reactive", coordinates);
    let kinds = [
        (Label::new("marginal_x", "1/parameter", "density of reactive paths along the first grid axis"), "x"),
        (Label::new("marginal_y", "1/parameter", "density of reactive paths along the second grid axis"), "y"),
    ];
    for (axis, (label, name)) in kinds.into_iter().enumerate().take(grid.dimension) {
        let mut along = vec![0.0; grid.cells[axis]];
        for (mass, &cell) in mass.iter().zip(&closed.assembly.cells) {
            along[grid.indices(cell as usize)[axis]] += mass / grid.spacing()[axis];
        }
        group.push(Field::new(label, &[name], along));
    }
    let mut along = vec![0.0; BINS];
    for (mass, q) in mass.iter().zip(&paths.forward) {
        along[((q.value() * BINS as f64) as usize).min(BINS - 1)] += mass * BINS as f64;
    }
    group.push(Field::new(Label::new("marginal_q", "1", "density of reactive paths along q⁺"), &["q"], along));
    Some(group)
}

fn reactive_current(found: &Reactive<'_>) -> Vec<Field> {
    let (closed, paths, grid) = (&found.closed, &found.paths, &found.closed.grid);
    let (assembly, side) = (&closed.assembly, &paths.cores.side);
    let between = |state: u32| side[state as usize] == Side::Between;
    let mut current = CellCurrent::new(grid);
    for pair in assembly.pairs.iter().filter(|pair| between(pair.from) && between(pair.to)) {
        let (from, to) = (pair.from as usize, pair.to as usize);
        let there = paths.flow(from, to, pair.forward).value();
        let back = paths.flow(to, from, pair.backward).value();
        current.edge([pair.from, pair.to].map(|state| assembly.cells[state as usize]), pair.offset, there, back);
    }
    let [hx, hy] = grid.spacing();
    for cut in &found.cuts {
        let state = cut.state as usize;
        let flow = match cut.set {
            // Into the cell, against the edge.
            0 => -cut.out_of.times(paths.forward[state]).value(),
            _ => (paths.last_in[0][state] * cut.into).value(),
        };
        let vector = [f64::from(cut.offset[0]) * hx, f64::from(cut.offset[1]) * hy];
        current.way_out(assembly.cells[state], vector, flow);
    }
    let state_of = |cell: usize| assembly.states[cell];
    let mut components = current.components(|cell| state_of(cell) != DEAD && between(state_of(cell)));
    for (cell, &state) in assembly.states.iter().enumerate() {
        if state != DEAD && !between(state) {
            components.iter_mut().for_each(|component| component[cell] = 0.0);
        }
    }
    REACTIVE_CURRENT.iter().zip(components).map(|(kind, component)| kind.over(grid, component)).collect()
}

/// The stationary current, where there is one to be seen; none for a process that is known to be reversible.
pub fn stationary_current(closed: &Discretisation<'_>, law: &[Scaled]) -> Vec<Field> {
    if closed.problem.is_reversible() {
        return Vec::new();
    }
    let components = current_of(closed, law);
    if components.iter().all(|component| component.iter().all(|value| value.is_nan())) {
        return Vec::new();
    }
    STATIONARY_CURRENT.iter().zip(components).map(|(kind, component)| kind.over(&closed.grid, component)).collect()
}

/// The components of the stationary current along the grid's axes.
fn current_of(closed: &Discretisation<'_>, law: &[Scaled]) -> Vec<Vec<f64>> {
    let assembly = &closed.assembly;
    let mut current = CellCurrent::new(&closed.grid);
    for pair in &assembly.pairs {
        let there = (law[pair.from as usize] * pair.forward).value();
        let back = (law[pair.to as usize] * pair.backward).value();
        current.edge([pair.from, pair.to].map(|state| assembly.cells[state as usize]), pair.offset, there, back);
    }
    current.components(|cell| assembly.states[cell] != DEAD)
}

/// The entropy production rate ∫ J·D⁻¹J/p over the cells: 0 with detailed balance, positive without. The sum over edges
/// that converges to it for a tensor that is the same everywhere is infinite for others, whose stencils have edges that
/// are passed one way only.
///
/// Source: Seifert, Rep. Prog. Phys. 75, 126001 (2012), section 2.
pub fn entropy_production(closed: &Discretisation<'_>, law: &[Scaled]) -> f64 {
    let (grid, volume) = (&closed.grid, closed.grid.volume());
    let components = current_of(closed, law);
    let [c, s] = grid.turn;
    let production = |(state, p): (usize, &Scaled)| {
        let cell = closed.assembly.cells[state] as usize;
        let [u, v] = [0, 1].map(|axis: usize| components.get(axis).map_or(0.0, |component| component[cell]));
        // A current that is lost in rounding counts as 0.
        if u.is_nan() || v.is_nan() {
            return 0.0;
        }
        let current = [c * u - s * v, s * u + c * v];
        let tensor = closed.problem.noise.tensor(closed.centre(state));
        dot(current, tensor.solve(current, grid.dimension)) / p.value() * volume * volume
    };
    law.iter().enumerate().filter(|(_, p)| p.value() >= f64::MIN_POSITIVE).map(production).sum()
}

/// Where a function of the cells along a line takes the value ½, linearly between their centres.
pub fn halfway(grid: &Grid, values: &[f64]) -> Vec<f64> {
    let crosses = |cell: usize| {
        let (low, high) = (values[cell] - 0.5, values[cell + 1] - 0.5);
        ((low > 0.0) != (high > 0.0)).then(|| grid.position(cell as f64 + low / (low - high), 0.0)[0])
    };
    (0..values.len().saturating_sub(1)).filter_map(crosses).collect()
}
