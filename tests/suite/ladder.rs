//! Ladders of grids: which are solved in which order, and what becomes of those that fail.

use saddleflux::config::{Config, advice};
use saddleflux::elimination::Workspace;
use saddleflux::problem::Problem;
use saddleflux::progress::Progress;
use saddleflux::solve::{Resources, SolveError};
use saddleflux::study::ladder::{Climb, Plan};
use saddleflux::study::{self, Request, StudyError, Warning, level};

use crate::gallery;

const LINE: &str = "landscape = { kind = 'double-well', dimension = 1 }
    noise = { kind = 'isotropic', temperature = 0.1 }
    domain = { lower = [-2], upper = [0], walls = { x = ['reflecting', 'absorbing'] } }\n";

fn posed(more: &str) -> (Problem, Request) {
    let config = Config::from_text("test.toml".as_ref(), &format!("{LINE}{more}"), &[]).unwrap();
    (config.problem().unwrap(), config.request)
}

/// Climbs with the grids of these many cells failing; the cells of all grids that were tried come back too.
fn climb<'a>(
    problem: &'a Problem,
    request: &Request,
    failing: &[usize],
    why: fn() -> StudyError,
) -> (Result<Climb<'a>, StudyError>, Vec<usize>) {
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let mut tried = Vec::new();
    let plan = Plan::new(problem, request, resources.memory).unwrap();
    let climb = Climb::new(plan, |cells| {
        tried.push(cells[0]);
        match failing.contains(&cells[0]) {
            true => Err(why()),
            false => level::solve(request, problem, cells, resources),
        }
    });
    (climb, tried)
}

fn overflow() -> StudyError {
    SolveError::Overflow.into()
}

#[test]
fn a_grid_comes_after_those_that_show_its_error() {
    // Scheme and cells, those that fail, the order, and how many have a say.
    type Case = (&'static str, usize, &'static [usize], &'static [usize], usize);
    let cases: [Case; 8] = [
        ("inverse-average", 64, &[], &[16, 32, 64], 3),
        ("inverse-average", 20, &[], &[10, 15, 20], 3),
        ("inverse-average", 22, &[], &[11, 17, 22], 3),
        ("inverse-average", 64, &[16], &[16, 32, 64], 2),
        ("inverse-average", 64, &[32], &[16, 32, 64], 1),
        ("flux-corrected", 64, &[], &[32, 48, 64], 3),
        ("flux-corrected", 64, &[48], &[32, 48, 16, 32, 64], 3),
        ("flux-corrected", 62, &[], &[16, 31, 62], 3),
    ];
    for (scheme, cells, failing, order, say) in cases {
        let (problem, request) = posed(&format!("grid = {{ cells = [{cells}], scheme = '{scheme}' }}"));
        let (found, tried) = climb(&problem, &request, failing, overflow);
        let found = found.unwrap();
        assert_eq!((tried.as_slice(), found.rungs.rates.len()), (order, say), "{scheme} {cells}");
        assert_eq!(found.finest.as_ref().unwrap().discretisation.grid.cells, [cells, 1]);
        assert_eq!(found.rungs.estimate(|rates| rates.quasi_stationary).is_some(), say > 1);
        // None is dropped without a word.
        let told: Vec<usize> = found
            .warnings()
            .filter_map(|warning| match warning {
                Warning::CoarseGridFailed { cells, .. } => Some(cells[0]),
                _ => None,
            })
            .collect();
        assert_eq!(told, failing);
    }
}

#[test]
fn the_finest_grid_may_not_fail_and_nothing_outlives_an_interruption() {
    let (problem, request) = posed("grid = { cells = [64] }");
    let (failed, tried) = climb(&problem, &request, &[64], overflow);
    assert!(matches!(failed.err(), Some(StudyError::Solve(SolveError::Overflow))) && tried.len() == 3);
    let (stopped, tried) = climb(&problem, &request, &[32], || StudyError::Interrupted);
    assert!(matches!(stopped.err(), Some(StudyError::Interrupted)) && tried.len() == 2);
}

#[test]
fn grids_are_doubled_until_the_tolerance_is_met() {
    let (problem, request) = posed("grid = { tolerance = 1e-4 }");
    let (found, tried) = climb(&problem, &request, &[128], overflow);
    let found = found.unwrap();
    assert!(tried.windows(2).all(|pair| pair[1] == 2 * pair[0]) && tried[0] == 128, "{tried:?}");
    assert!(found.rungs.worst_error() <= 1e-4 && found.rungs.rates.len() == tried.len() - 1 && tried.len() > 3);
    // Once a grid was solved, a finer one may not fail; a problem where nothing absorbs has it on every grid.
    let (failed, tried) = climb(&problem, &request, &[256], overflow);
    assert!(failed.is_err() && tried == [128, 256]);
    let (failed, tried) = climb(&problem, &request, &[128], || SolveError::NothingAbsorbs.into());
    assert!(failed.is_err() && tried == [128]);
}

#[test]
fn a_run_tells_of_tolerances_that_were_missed() {
    let (problem, request) = posed("grid = { tolerance = 1e-9, max_unknowns = 300 }");
    let found = study::run(&problem, &request, &Progress::default()).unwrap();
    let told = found.warnings.iter().find_map(|warning| match warning {
        Warning::ToleranceMissed { tolerance, error, .. } => Some((*tolerance, *error)),
        _ => None,
    });
    let (tolerance, error) = told.unwrap();
    assert!(tolerance == 1e-9 && error > 1e-9 && found.rate.unwrap().grids.len() == 2, "{error:e}");
    // One grid has no error estimate, and the warning says so.
    let (_, request) = posed("grid = { tolerance = 1e-9, max_unknowns = 200 }");
    let found = study::run(&problem, &request, &Progress::default()).unwrap();
    let words: Vec<String> = found.warnings.iter().map(advice::on_warning).collect();
    assert!(words.iter().any(|words| words.contains("not known") && words.contains("grid.max_unknowns")), "{words:?}");
    assert!(!words.iter().any(|words| words.contains("inf") || words.contains("coarsened")), "{words:?}");
    assert!(found.rate.unwrap().discretisation_error.is_none());
    let (_, request) = posed("grid = { max_unknowns = 100 }");
    let refused = study::run(&problem, &request, &Progress::default()).err();
    assert!(matches!(refused, Some(StudyError::NoGrid { cells: [128, 1] })), "{refused:?}");
    let words = refused.unwrap().to_string();
    assert!(words.contains("up to 128 cells"), "{words}");
}

/// A set that holds no cell centre of a coarser grid costs the committor its say of that grid, and the rate nothing.
#[test]
fn a_grid_too_coarse_for_a_set_serves_the_rate() {
    let text = |quantities: &str| {
        format!(
            "landscape = {{ kind = 'three-hole' }}
             noise = {{ kind = 'isotropic', temperature = 0.4 }}
             domain = {{ lower = [-2.5, -2], upper = [2.5, 2.5] }}
             valley = {{ minimum = [-1, 0] }}
             grid = {{ cells = [40, 40] }}
             {quantities}"
        )
    };
    let both = "solve = { quantities = ['rate', 'committor'] }
        committor = { from = { minimum = [-1, 0], radius = 0.085 }, to = { minimum = [1, 0], radius = 0.085 } }";
    let (alone, both) = (gallery::solve(&text("solve = { quantities = ['rate'] }")), gallery::solve(&text(both)));
    let failed = |warning: &&Warning| matches!(warning, Warning::CoarseGridFailed { .. });
    assert!(both.warnings.iter().any(|warning| failed(&warning)) && !alone.warnings.iter().any(|w| failed(&w)));
    assert!(!both.warnings.iter().any(|warning| matches!(warning, Warning::NoErrorEstimate)));
    let (alone, both) = (alone.rate.unwrap(), both.rate.unwrap());
    assert_eq!(alone.grids, both.grids);
    let (found, wanted) = (both.discretisation_error.unwrap(), alone.discretisation_error.unwrap());
    assert!((found / wanted - 1.0).abs() < 1e-9 && both.extrapolated.is_some(), "{found:e} {wanted:e}");
}

/// Coarse grids that resolve nothing do not make the last one worthless: γ is right to 1 % here by quadrature, and no
/// refusal.
#[test]
fn grids_that_resolve_nothing_do_not_refuse_the_last() {
    let text = |expression: &str, lower: &str, upper: &str, cells: &str| {
        format!(
            "landscape = {{ expression = '{expression}' }}
             noise = {{ kind = 'isotropic', temperature = 0.01 }}
             domain = {{ lower = {lower}, upper = {upper} }}
             valley = {{ set = 'x < 0', minimum = {} }}
             grid = {{ cells = {cells} }}",
            if lower.contains(',') { "[-1, 0]" } else { "[-1]" }
        )
    };
    let line = gallery::solve(&text("(x^2 - 1)^2", "[-2]", "[0.5]", "[200]"));
    let exact = line.quadrature.unwrap().escape_rate.unwrap();
    let plane = gallery::solve(&text("(x^2 - 1)^2 + y^2", "[-2, -2]", "[0.5, 2]", "[32, 64]"));
    assert!(plane.refuse_unresolved().is_ok(), "{:?}", plane.warnings);
    let rate = plane.rate.unwrap();
    let away = (rate.value.over(exact).value() - 1.0).abs();
    assert!(away < 0.01 && away < rate.discretisation_error.unwrap(), "{away:e}");
}

/// The paper's noise over a floor that a cell does not resolve: where the curve lies in its cell moves γ by 5 %, by the
/// same on three grids here. The rate of the line by quadrature, since y is apart.
#[test]
fn grids_over_a_floor_that_agree_by_chance() {
    let text = |expression: &str, box_of: &str, minimum: &str, cells: &str| {
        format!(
            "landscape = {{ expression = '{expression}' }}
             noise = {{ kind = 'hessian', learning_rate = 0.5133, batch_size = 2, floor = 0.05 }}
             domain = {{ {box_of} }}
             valley = {{ set = 'x < 0.161', minimum = {minimum} }}
             grid = {{ cells = {cells} }}"
        )
    };
    let line = text("(x^2 - 1)^2 - 0.173*x", "lower = [-2.2], upper = [2.2]", "[-1]", "[400]");
    let exact = gallery::solve(&line).quadrature.unwrap().escape_rate.unwrap();
    for cells in ["[57, 57]", "[59, 59]", "[61, 61]"] {
        let box_of = "lower = [-2.2, -2.2], upper = [2.2, 2.2]";
        let rate = gallery::solve(&text("(x^2 - 1)^2 - 0.173*x + y^2", box_of, "[-1, 0]", cells)).rate.unwrap();
        let (away, stated) = ((rate.value.over(exact).value() - 1.0).abs(), rate.discretisation_error.unwrap());
        assert!(away < stated, "{cells}: {away:e} where {stated:e} is stated");
    }
}

/// Layers and bumps thinner than a cell, smooth ones, which no cell may show: on a line the quadrature does.
#[test]
fn layers_thinner_than_a_cell_are_covered() {
    let noise = "kind = 'isotropic', temperature = 0.248";
    let line = |loss: &str, noise: &str, [lower, upper]: [f64; 2]| {
        let solution = gallery::solve(&format!(
            "landscape = {{ expression = '{loss}' }}
             noise = {{ {noise} }}
             domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = 'absorbing' }} }}
             valley = {{ set = 'whole', from = [-0.2] }}
             grid = {{ cells = [400] }}"
        ));
        solution.quadrature.unwrap().escape_rate.unwrap().value()
    };
    let across = line("0.85*x^2", noise, [-0.8, 0.9]);
    let sloped = "kind = 'expression', d11 = '0.248*(1 + 0.4*tanh((x - 0.2)/0.004))'";
    let cases = [
        ("x^2 + 0.565*tanh((x - 0.074)/0.002)", noise, noise.to_string()),
        ("x^2 - 0.4*tanh((x + 0.4)/0.005)", noise, noise.to_string()),
        ("x^2 + 3*exp(-((x - 0.074)/0.01)^2)", noise, noise.to_string()),
        ("x^2 - 2*exp(-((x - 0.3)/0.01)^2)", noise, noise.to_string()),
        ("x^2", sloped, format!("{sloped}, d22 = '0.248'")),
    ];
    for (loss, noise, in_plane) in cases {
        let exact = line(loss, noise, [-0.9, 1.07]) + across;
        for cells in [24, 32, 48] {
            let solution = gallery::solve(&format!(
                "landscape = {{ expression = '{loss} + 0.85*y^2' }}
                 noise = {{ {in_plane} }}
                 valley = {{ set = 'whole', from = [-0.2, 0.1] }}
                 grid = {{ cells = [{cells}, {cells}] }}
                 [domain]
                 lower = [-0.9, -0.8]
                 upper = [1.07, 0.9]
                 walls = {{ x = 'absorbing', y = 'absorbing' }}"
            ));
            let rate = solution.rate.unwrap();
            let (away, stated) = ((rate.value.value() / exact - 1.0).abs(), rate.discretisation_error.unwrap());
            // The deep trench holds more than the wells do that cells show.
            let most = if loss.contains("- 2*exp") { f64::INFINITY } else { 0.1 };
            assert!(away < stated && stated < most, "{loss}, {noise}, {cells}: {away:e} where {stated:e} is stated");
        }
    }
}

/// Nested grids may have a jump at the same place of the same cells, and agree: of the loss, the drift and the noise,
/// beside the sum of the rates along x and y, by quadrature.
#[test]
fn nested_grids_that_see_a_jump_at_one_place() {
    let line = |dynamics: &str, noise: &str, [lower, upper]: [f64; 2]| {
        let solution = gallery::solve(&format!(
            "landscape = {{ {dynamics} }}
             noise = {{ {noise} }}
             domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = ['absorbing', 'absorbing'] }} }}
             valley = {{ set = 'whole', from = [-0.2] }}
             grid = {{ cells = [300] }}"
        ));
        solution.quadrature.unwrap().escape_rate.unwrap().value()
    };
    // The loss or drift and the noise along x, and in the plane.
    let cases = [
        [
            "expression = 'x^2 + 1.13*step(x - 0.074)'",
            "kind = 'isotropic', temperature = 0.248",
            "expression = 'x^2 + 1.13*step(x - 0.074) + 0.85*y^2'",
            "kind = 'isotropic', temperature = 0.248",
        ],
        [
            "drift = ['-2*x - 1.5*step(x - 0.074)']",
            "kind = 'isotropic', temperature = 0.248",
            "drift = ['-2*x - 1.5*step(x - 0.074)', '-1.7*y']",
            "kind = 'isotropic', temperature = 0.248",
        ],
        [
            "expression = 'x^2'",
            "kind = 'expression', d11 = '0.248*(1 - 0.7*step(x - 0.074))'",
            "expression = 'x^2 + 0.85*y^2'",
            "kind = 'expression', d11 = '0.248*(1 - 0.7*step(x - 0.074))', d22 = '0.248'",
        ],
    ];
    let across = line("expression = '0.85*x^2'", "kind = 'isotropic', temperature = 0.248", [-0.8, 0.9]);
    for [dynamics, noise, in_plane, noise_in_plane] in cases {
        let exact = line(dynamics, noise, [-0.9, 1.07]) + across;
        for cells in [32, 64, 80] {
            let solution = gallery::solve(&format!(
                "landscape = {{ {in_plane} }}
                 noise = {{ {noise_in_plane} }}
                 valley = {{ set = 'whole', from = [-0.2, 0.1] }}
                 grid = {{ cells = [{cells}, {cells}] }}
                 [domain]
                 lower = [-0.9, -0.8]
                 upper = [1.07, 0.9]
                 walls = {{ x = ['absorbing', 'absorbing'], y = ['absorbing', 'absorbing'] }}"
            ));
            let rate = solution.rate.unwrap();
            let (away, stated) = ((rate.value.value() / exact - 1.0).abs(), rate.discretisation_error.unwrap());
            assert!(away < stated, "{in_plane}, {cells}: {away:e} where {stated:e} is stated");
        }
    }
}
