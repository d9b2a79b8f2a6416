//! Reflecting walls that a full tensor meets: what its edges carry along them.

use proptest::prelude::*;
use saddleflux::generator::Assembly;
use saddleflux::generator::assembly::Physics;
use saddleflux::grid::Grid;
use saddleflux::observe::field::STATIONARY;
use saddleflux::problem::landscape::formula::Formula;
use saddleflux::problem::{AxisWalls, DiffusionField, Domain, Dynamics, Interpretation, Region};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::tensor::{Point, Tensor};

use crate::fixture::dynamics;
use crate::gallery::solve;

struct FullNoise(Tensor);

impl DiffusionField for FullNoise {
    fn tensor(&self, _: Point) -> Tensor {
        self.0
    }
}

fn assemble(
    dynamics: &Dynamics,
    tensor: Tensor,
    interpretation: Interpretation,
    walls: [AxisWalls; 2],
    cells: [usize; 2],
) -> Assembly {
    let upper = cells.map(|n| n as f64);
    let domain =
        Domain { dimension: 2, lower: [0.0; 2], upper, walls, automatic: false, killing: None, windows: Vec::new() };
    let periodic = [0, 1].map(|axis| domain.is_periodic(axis));
    let grid = Grid::new(2, domain.lower, upper, cells, periodic);
    let noise = FullNoise(tensor);
    let physics = Physics { dynamics, noise: &noise, interpretation, domain: &domain, live: &Region::Whole };
    Assembly::new(physics, &grid, Weight::InverseAverage, [0.5; 2], &Progress::default()).unwrap()
}

/// The conductance along a strip of unit cells, per column: that of the rows where they settle under a unit slope along
/// it, by relaxation. `axis`: that of the strip.
fn conductance(assembly: &Assembly, cells: [usize; 2], axis: usize, ratio: f64) -> f64 {
    let rows = cells[1 - axis];
    let row = |state: u32| {
        let cell = assembly.cells[state as usize] as usize;
        [cell / cells[1], cell % cells[1]][1 - axis]
    };
    let mut links = vec![Vec::new(); rows];
    let mut edges = Vec::new();
    for pair in &assembly.pairs {
        let slope = f64::from(pair.offset[axis]) - ratio * f64::from(pair.offset[1 - axis]);
        let (from, to, rate) = (row(pair.from), row(pair.to), pair.forward);
        links[from].push((to, slope, rate));
        links[to].push((from, -slope, rate));
        edges.push((from, to, slope, rate));
    }
    let mut heights = vec![0.0; rows];
    for _ in 0..400 {
        for row in 0..rows {
            let total: f64 = links[row].iter().map(|link| link.2).sum();
            let pull: f64 = links[row].iter().map(|&(other, slope, rate)| rate * (heights[other] + slope)).sum();
            heights[row] = pull / total;
        }
    }
    let energy = |&(from, to, slope, rate): &(usize, usize, f64, f64)| {
        let step: f64 = slope + heights[to] - heights[from];
        rate * step * step
    };
    edges.iter().map(energy).sum::<f64>() / cells[axis] as f64
}

/// Per column of a strip with reflecting sides the transport along it is its width times the Schur complement D_tt −
/// D_tn²/D_nn, exactly.
fn carries_the_schur_complement(
    tensor: Tensor,
    interpretation: Interpretation,
    axis: usize,
) -> Result<(), TestCaseError> {
    let still = dynamics(Formula::new("0*x", 2).unwrap());
    let walls = [0, 1].map(|other| if other == axis { AxisWalls::Periodic } else { AxisWalls::REFLECTING });
    let cells = [0, 1].map(|other| if other == axis { 9 } else { 24 });
    let assembly = assemble(&still, tensor, interpretation, walls, cells);
    let (along, across) = if axis == 0 { (tensor.xx, tensor.yy) } else { (tensor.yy, tensor.xx) };
    let found = conductance(&assembly, cells, axis, tensor.xy / across);
    let right = 24.0 * (along - tensor.xy * tensor.xy / across);
    prop_assert!((found / right - 1.0).abs() < 1e-6, "{tensor:?}: {found} instead of {right}");
    Ok(())
}

#[test]
fn nothing_is_lost_along_reflecting_walls() {
    for interpretation in [Interpretation::Ito, Interpretation::Isothermal] {
        for (xy, yy) in
            [(0.5, 1.0), (0.8, 1.0), (0.95, 1.0), (-0.8, 1.0), (1.2, 2.0), (1.6, 3.5), (0.5, 0.35), (2.6, 8.0)]
        {
            for axis in [0, 1] {
                carries_the_schur_complement(Tensor { xx: 1.0, xy, yy }, interpretation, axis).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(40))]

    #[test]
    fn nothing_is_lost_along_walls_by_any_tensor(ratio in 1.0..12.0f64, angle in -1.6..1.6f64, axis in 0usize..2) {
        let tensor = Tensor { xx: 1.0, xy: 0.0, yy: ratio }.turned(angle.cos(), angle.sin());
        carries_the_schur_complement(tensor, Interpretation::Ito, axis)?;
    }

    /// q_ij = e^{−z} q_ji of every pair, those along walls too.
    #[test]
    fn rates_along_walls_keep_detailed_balance(ratio in 1.0..12.0f64, angle in -1.6..1.6f64, slope in -2.0..2.0f64) {
        let tensor = Tensor { xx: 1.0, xy: 0.0, yy: ratio }.turned(angle.cos(), angle.sin());
        let tilted = dynamics(Formula::new(&format!("{slope}*x + 0.3*sin(y)"), 2).unwrap());
        for interpretation in [Interpretation::Ito, Interpretation::Isothermal] {
            let assembly = assemble(&tilted, tensor, interpretation, [AxisWalls::REFLECTING; 2], [12, 11]);
            for pair in &assembly.pairs {
                prop_assert!(pair.forward >= 0.0 && pair.backward >= 0.0);
                let balance = (pair.forward / pair.backward).ln() + f64::from(pair.rise);
                prop_assert!(balance.abs() < 1e-5 * (1.0 + f64::from(pair.rise).abs()), "{balance}");
            }
        }
    }
}

/// Free diffusion fills a closed box evenly, corners too, whatever its constant tensor.
#[test]
fn a_closed_box_is_filled_evenly() {
    for (d12, d22) in [(0.8, 1.0), (-0.5, 1.0), (2.6, 8.0)] {
        let found = solve(&format!(
            "landscape = {{ expression = '0*x*y', dimension = 2 }}
             noise = {{ kind = 'expression', d11 = '1', d12 = '{d12}', d22 = '{d22}' }}
             domain = {{ lower = [-1, -1], upper = [1, 1] }}
             grid = {{ cells = [14, 12] }}
             solve = {{ quantities = ['stationary'] }}"
        ));
        for &density in found.fields.values(STATIONARY.name).unwrap() {
            assert_relative_eq!(density, 0.25, max_relative = 1e-12);
        }
    }
}

/// Beside an absorbing wall what is carried along a reflecting one is cut at the face, as any edge is.
#[test]
fn what_is_carried_along_a_wall_is_cut_by_an_absorbing_one() {
    let still = dynamics(Formula::new("0*x", 2).unwrap());
    let tensor = Tensor { xx: 1.0, xy: -0.8, yy: 1.0 };
    let walls = [AxisWalls::ABSORBING_ABOVE, AxisWalls::REFLECTING];
    let assembly = assemble(&still, tensor, Interpretation::Ito, walls, [8, 8]);
    // In the corner above, (1, −1) is cut and (−1, 1) leaves through the reflecting wall: ½·0.8·(1 − 0.8)², over half a
    // cell.
    let corner = assembly.states[7 * 8 + 7];
    let along: f64 =
        assembly.exits.iter().filter(|exit| exit.state == corner && exit.offset == [1, 0]).map(|exit| exit.rate).sum();
    let own = 2.0 * 0.2;
    assert_relative_eq!(along - own, 2.0 * 0.5 * (0.8 * 0.2 * 0.2 + 0.2 * 0.8 * 0.8), max_relative = 1e-12);
}

#[test]
fn diagonal_tensors_gain_nothing_at_walls() {
    let still = dynamics(Formula::new("x + y", 2).unwrap());
    let tensor = Tensor { xx: 1.0, xy: 0.0, yy: 3.0 };
    let assembly = assemble(&still, tensor, Interpretation::Ito, [AxisWalls::REFLECTING; 2], [6, 5]);
    assert_eq!(assembly.pairs.len(), 5 * 5 + 6 * 4);
}

/// Reflecting walls through the centres of a turned grid's cells, which rounding puts on either side: nothing is lost
/// there, and what kills inside at a constant rate is all that kills.
#[test]
fn reflecting_walls_through_centres_stay_closed() {
    for (half, cells) in [(1.4, 48), (1.4, 64), (2.0, 64)] {
        let solution = solve(&format!(
            "landscape = {{ expression = '((x^2-1)^2 + y^2)/20' }}
             noise = {{ kind = 'expression', d11 = '0.1', d22 = '0.02' }}
             domain = {{ lower = [-{half}, -{half}], upper = [{half}, {half}], killing = '1e-9' }}
             valley = {{ set = 'whole' }}
             grid = {{ cells = [{cells}, {cells}], align = 45.0 }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        ));
        assert_relative_eq!(solution.rate.unwrap().value.value(), 1e-9, max_relative = 1e-6);
    }
}

/// Itô's noise whose slope r = D_tn/D_nn changes towards the walls and along Dn: order 2, against what is known of a
/// process whose x + 0.2 y² is free on a ring, with the eigenvalue π²/2, and of one whose x is a process by itself.
#[test]
fn ito_noise_is_of_second_order_beside_reflecting_walls() {
    let spread = "0.4*(1+0.3*y)";
    let ring = |cells: usize| {
        let solution = solve(&format!(
            "landscape = {{ drift = ['-0.4*{spread}', '0'] }}
             domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ x = 'periodic', y = 'reflecting' }} }}
             grid = {{ cells = [{cells}, {cells}] }}
             solve = {{ quantities = ['spectrum'], eigenvalues = 7, error_estimate = false }}
             [noise]
             kind = 'expression'
             d11 = '0.5 + 0.16*y^2*{spread}*(2*(1-0.5*(1-y^2)) - 1)'
             d12 = '-{spread}*0.4*y*(1-0.5*(1-y^2))'
             d22 = '{spread}'
             interpretation = 'ito'"
        ));
        let right = 0.5 * std::f64::consts::PI.powi(2);
        let modes = solution.spectrum.unwrap().modes;
        let away = modes.iter().map(|mode| (mode.value.re.value() - right).hypot(mode.value.im.value()) / right);
        away.fold(f64::INFINITY, f64::min)
    };
    let alone = |cells: usize| {
        let solution = solve(&format!(
            "landscape = {{ drift = ['-x', '-y'] }}
             noise = {{ kind = 'expression', d11 = '0.6', d12 = '0.3*(1-x^2)*(1-y^2)', d22 = '0.5' }}
             domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ x = ['reflecting', 'absorbing'], y = 'reflecting' }} }}
             valley = {{ set = 'whole', from = [0, 0] }}
             grid = {{ cells = [{cells}, {cells}] }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        ));
        let along = solve(
            "landscape = { expression = 'x^2/2' }
             noise = { kind = 'isotropic', temperature = 0.6 }
             domain = { lower = [-1], upper = [1], walls = { x = ['reflecting', 'absorbing'] } }
             valley = { set = 'whole' }
             grid = { cells = [400] }",
        );
        let right = along.quadrature.unwrap().escape_rate.unwrap().value();
        (solution.rate.unwrap().value.value() / right - 1.0).abs()
    };
    for (name, error) in [("ring", &ring as &dyn Fn(usize) -> f64), ("alone", &alone)] {
        let order = (error(16) / error(64)).log2() / 2.0;
        assert!(order > 1.8, "{name}: order {order:.2}");
    }
}

/// Itô's noise whose edges pass over whole rows at the reflecting wall: order 2 there too. γ by spectral elements, two
/// degrees of which agree to 1e-10.
#[test]
fn edges_over_whole_rows_leave_second_order() {
    let right = 0.16927970914;
    let away = [[48, 36], [96, 71], [192, 142]].map(|[nx, ny]| {
        let solution = solve(&format!(
            "landscape = {{ drift = ['-0.383 - 0.481*sin(x) - 0.091*y', '-1.035*y + 0.466*cos(x)'] }}
             noise = {{ kind = 'expression', d11 = '0.454*(1 + 0.3*sin(x))', d12 = '0.2735*cos(x - 0.822*y)', d22 = '0.454*(1 + 0.2*cos(x)*cos(y))' }}
             domain = {{ lower = [0.0, -1.022], upper = [6.283185307179586, 1.304], walls = {{ x = 'periodic', y = ['absorbing', 'reflecting'] }} }}
             valley = {{ set = 'whole', minimum = [3.0, 0.0] }}
             grid = {{ cells = [{nx}, {ny}] }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        ));
        (solution.rate.unwrap().value.value() / right - 1.0).abs()
    });
    // 1.3e-4, 7.6e-5 and 4.4e-5 without their share of the drift along the wall.
    assert!(away[1] < 0.35 * away[0] && away[2] < 0.35 * away[1] && away[2] < 1e-5, "{away:?}");
}

/// An edge through the corner of an absorbing and a reflecting wall belongs to both, so that the result does not depend
/// on which axis is called x.
#[test]
fn corners_of_two_kinds_of_walls_do_not_know_the_names_of_the_axes() {
    let rate = |entries: [&str; 3], walls: &str, cells: usize, align: &str| {
        let [d11, d12, d22] = entries;
        let solution = solve(&format!(
            "landscape = {{ expression = '0*x*y', dimension = 2 }}
             noise = {{ kind = 'expression', d11 = '{d11}', d12 = '{d12}', d22 = '{d22}' }}
             domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ {walls} }} }}
             grid = {{ cells = [{cells}, {cells}], align = {align} }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        ));
        solution.rate.unwrap().value.value()
    };
    let along_x = |cells, align| rate(["0.6", "0.45", "0.5"], "x = ['reflecting', 'absorbing']", cells, align);
    let along_y = |cells, align| rate(["0.5", "0.45", "0.6"], "y = ['reflecting', 'absorbing']", cells, align);
    let coarse = along_x(32, "'axes'");
    for other in [along_y(32, "'axes'"), along_x(32, "90"), along_x(32, "-90"), along_y(32, "180")] {
        assert_relative_eq!(other, coarse, max_relative = 1e-10);
    }
    // Towards the same limit 15 times nearer than where one axis takes the corner's edges, which are 4e-3 off here.
    assert_relative_eq!(coarse, along_x(192, "'axes'"), max_relative = 6e-4);
}
