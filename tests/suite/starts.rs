//! Where the process starts and what kills it: the whole domain, a point of one's own, walls that are not reached,
//! domains around basins.

use saddleflux::config::Config;
use saddleflux::problem::{ProblemError, ProblemWarning};
use saddleflux::study::Warning;

use crate::gallery::{free_interval, solve};

/// Free diffusion between absorbing ends: τ(x) = x(ℓ − x)/2D, from any point.
#[test]
fn analytical_passage_times_from_a_point() {
    for x in [0.1, 0.5, 1.3, 1.97] {
        let found = solve(&format!(
            "{}\ngrid = {{ cells = [400] }}\nvalley = {{ set = 'whole', from = [{x}] }}",
            free_interval("'absorbing', 'absorbing'")
        ));
        let passage = found.passage.unwrap();
        assert_eq!(passage.from[0], x);
        // Times of cells, of second order, are joined by straight lines: h²/8D of the curvature 1/D, and as much of the
        // cells.
        let interpolation = (2.0f64 / 400.0).powi(2) / (4.0 * 0.7);
        assert!((passage.time.value() - x * (2.0 - x) / 1.4).abs() < interpolation, "{x}: {}", passage.time.value());
        // The quadrature starts there too.
        assert_relative_eq!(found.quadrature.unwrap().time.value(), x * (2.0 - x) / 1.4, max_relative = 1e-12);
    }
}

/// On what absorbs the process has left already: a start there is refused like one outside.
#[test]
fn starts_on_an_absorbing_wall_are_outside() {
    for (walls, x, is_refused) in [
        ("'absorbing', 'absorbing'", 0.0, true),
        ("'absorbing', 'absorbing'", 2.0, true),
        ("'reflecting', 'absorbing'", 0.0, false),
    ] {
        let text = format!("{}\nvalley = {{ set = 'whole', from = [{x:?}] }}", free_interval(walls));
        let problem = Config::from_text("t.toml".as_ref(), &text, &[]).unwrap().problem();
        assert_eq!(matches!(problem, Err(ProblemError::StartOutside { .. })), is_refused, "{walls} {x}");
    }
}

/// A neuron's reset: a drift from a point other than its fixed point, against the quadrature.
#[test]
fn a_reset_beside_the_fixed_point() {
    let found = solve(
        "landscape = { drift = ['-x + 0.3*x^3'] }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-2.0], upper = [1.2], walls = { x = ['reflecting', 'absorbing'] } }
         valley = { minimum = [0.0], set = 'whole', from = [0.7] }
         grid = { cells = [600] }",
    );
    let check = found.quadrature.unwrap();
    assert_relative_eq!(check.ratio.unwrap(), 1.0, epsilon = 1e-8);
    assert_eq!(found.passage.unwrap().from[0], 0.7);
}

/// The whole domain as a set is the domain without a set.
#[test]
fn the_whole_domain_is_what_no_set_means() {
    let on = |valley: &str| {
        solve(&format!(
            "landscape = {{ kind = 'double-well', dimension = 2 }}
             noise = {{ kind = 'isotropic', temperature = 0.2 }}
             domain = {{ lower = [-2, -2], upper = [0.5, 2], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [40, 40] }}\n{valley}"
        ))
    };
    let (given, none) = (on("valley = { minimum = [-1, 0], set = 'whole' }"), on(""));
    assert_eq!(given.rate.unwrap().value, none.rate.unwrap().value);
    assert!(given.warnings.is_empty(), "{:?}", given.warnings);
    // Naming a minimum alone makes its basin the set, which ends before the wall.
    let basin = on("valley = { minimum = [-1, 0] }");
    let wall = Warning::Problem(ProblemWarning::WallOutOfReach { axis: 0, end: 1 });
    assert!(basin.warnings.iter().any(|warning| warning.to_string() == wall.to_string()), "{:?}", basin.warnings);
    // Where the basin reaches the wall there is nothing to say.
    let reached = solve(
        "landscape = { kind = 'double-well', dimension = 2 }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-2, -2], upper = [-0.2, 2], walls = { x = ['reflecting', 'absorbing'] } }
         valley = { minimum = [-1, 0] }
         grid = { cells = [40, 40] }",
    );
    assert!(reached.warnings.is_empty(), "{:?}", reached.warnings);
}

/// A colder valley behind the boundary of the basin does not widen the domain that is chosen around it.
#[test]
fn domains_are_chosen_around_the_basin_that_kills() {
    let found = |tilt: f64| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 - {tilt}*x + 2*y^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.05 }}
             valley = {{ minimum = [-0.9, 0] }}
             grid = {{ cells = [64, 64] }}
             solve = {{ error_estimate = false }}"
        ))
    };
    for tilt in [0.0, 0.5, 1.0] {
        let grid = found(tilt).grid;
        // The saddle lies between −0.5 and 0; the other well, from 0.5 units of noise to 40 deeper, at 1 and beyond.
        assert!(grid.upper[0] < 0.5, "tilt {tilt}: up to {}", grid.upper[0]);
    }
}

/// A set that ends exactly on a reflecting wall is left there, wherever rounding puts the wall.
#[test]
fn a_set_that_ends_on_a_reflecting_wall_is_left_there() {
    for shift in [1.7, 0.3, 1.1] {
        for cells in [40, 48, 52, 66, 96] {
            let on = |wall: &str, set: String| {
                let solution = solve(&format!(
                    "landscape = {{ expression = '((x-{shift})^2-1)^2 + (y-0.3*(x-{shift}))^2' }}
                     noise = {{ kind = 'isotropic', temperature = 0.2 }}
                     domain = {{ lower = [{}, -2], upper = [{shift}, 2], walls = {{ x = ['reflecting', '{wall}'] }} }}
                     valley = {{ minimum = [{}, -0.3], set = '{set}' }}
                     grid = {{ cells = [{cells}, 20] }}
                     solve = {{ quantities = ['rate'], error_estimate = false }}",
                    shift - 2.0,
                    shift - 1.0
                ));
                solution.rate.unwrap().value.value()
            };
            let (reflecting, absorbing) = (on("reflecting", format!("x < {shift}")), on("absorbing", "whole".into()));
            assert_relative_eq!(reflecting, absorbing, max_relative = 1e-7);
        }
    }
}

/// A floor closes nothing, however low it is.
#[test]
fn low_floors_change_nothing() {
    let on = |floor: f64| {
        let solution = solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*(y-0.5*x^2)^2' }}
             noise = {{ kind = 'hessian', learning_rate = 0.2, batch_size = 1, floor = {floor:?} }}
             valley = {{ minimum = [-1, 0.5], set = 'x < 0' }}
             domain = {{ lower = [-2, -1], upper = [1.5, 2.5] }}
             grid = {{ cells = [48, 48] }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        ));
        solution.rate.unwrap().value.value()
    };
    let none = on(0.0);
    for floor in [1e-14, 1e-12, 1e-9] {
        assert_relative_eq!(on(floor), none, max_relative = 1e-6);
    }
}

/// A drift that turns about its fixed point rises along no straight line: its domain is asked for, with the reason,
/// where it is not given.
#[test]
fn a_drift_that_turns_is_asked_for_its_domain() {
    let text = |domain: &str| {
        format!(
            "landscape = {{ drift = ['y', '-x-y'] }}
             noise = {{ kind = 'isotropic', temperature = 0.3 }}
             valley = {{ minimum = [0, 0], set = 'x^2 + y^2 < 2.25' }}
             {domain}
             grid = {{ cells = [48, 48] }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        )
    };
    let open = Config::from_text(std::path::Path::new("test.toml"), &text(""), &[]).unwrap();
    assert!(matches!(open.problem().map(|_| ()), Err(ProblemError::NotConfining)));
    solve(&text("domain = { lower = [-1.6, -1.6], upper = [1.6, 1.6] }"));
}

/// A set that ends on the centres of a row of cells, which rounding puts in or out: its rate is that of grids with a
/// cell more and a cell less, whose centres lie beside the end.
#[test]
fn a_set_may_end_on_the_centres_of_cells() {
    let rate = |set: &str, dimension: usize, cells: usize, align: &str| {
        let (loss, domain, grid) = match dimension {
            1 => ("(x^2-1)^2 + 0.3*x", "lower = [-2.2], upper = [0.6]", format!("[{cells}]")),
            _ => ("(x^2-1)^2 + 0.3*x + y^2", "lower = [-2.2, -2.1], upper = [0.6, 2.1]", format!("[{cells}, {cells}]")),
        };
        let minimum = if dimension == 1 { "[-1]" } else { "[-1, 0]" };
        let solution = solve(&format!(
            "landscape = {{ expression = '{loss}' }}
             noise = {{ kind = 'isotropic', temperature = 0.2 }}
             domain = {{ {domain} }}
             valley = {{ minimum = {minimum}, {set} }}
             grid = {{ cells = {grid}, scheme = 'inverse-average', align = {align} }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        ));
        solution.rate.unwrap().value.value()
    };
    for (dimension, set, align) in [
        (1, "set = 'x < 0.4'", "'axes'"),
        (1, "set = 'box', box = { lower = [-2.5], upper = [0.4] }", "'axes'"),
        (2, "set = 'x < 0.4'", "'axes'"),
        (2, "set = '0.4 - x > 0'", "'axes'"),
        (2, "set = '10*x < 4'", "'axes'"),
        (2, "set = 'x - 0.4 < 0'", "90.0"),
        (2, "set = 'box', box = { lower = [-2.5, -3], upper = [0.4, 3] }", "'axes'"),
    ] {
        for cells in [63, 105] {
            let [before, at, after] = [cells - 1, cells, cells + 1].map(|cells| rate(set, dimension, cells, align));
            let (low, high) = (before.min(after), before.max(after));
            assert!(at > 0.97 * low && at < 1.03 * high, "{set} on {cells}: {before} {at} {after}");
        }
    }
}
