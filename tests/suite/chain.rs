//! Chains by hand: what a user of the library meets, without a request.

use std::sync::Arc;

use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::grid::{Align, Grid, GridError};
use saddleflux::observe::field;
use saddleflux::problem::{Problem, Region};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::{
    Chain, Discretisation, Resources, SolveError, committor, mean_first_passage, occupation, quasi_stationary,
    stationary,
};
use saddleflux::study;

fn config(text: &str) -> Config {
    Config::from_text("test.toml".as_ref(), text, &[]).unwrap()
}

fn problem(text: &str) -> Problem {
    config(text).problem().unwrap()
}

fn grid(problem: &Problem, cells: [usize; 2]) -> Grid {
    Grid::over(problem, cells, Align::Axes).unwrap()
}

const WELL: &str = "landscape = { kind = 'double-well', dimension = 2 }
    noise = { kind = 'isotropic', temperature = 0.2 }
    domain = { lower = [-2, -1.5], upper = [0, 1.5], walls = { x = ['reflecting', 'absorbing'] } }
    grid = { cells = [24, 20], scheme = 'inverse-average' }
    solve = { quantities = ['rate', 'passage-time', 'stationary'] }\n";

#[test]
fn a_chain_by_hand_is_the_chain_of_a_run() {
    let config = config(WELL);
    let problem = config.problem().unwrap();
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let chain = Chain::on(&problem, grid(&problem, [24, 20]), Weight::InverseAverage, resources).unwrap();
    let found = quasi_stationary(&chain).unwrap();
    let run = study::run(&problem, &config.request, &progress).unwrap();
    assert_eq!(run.rate.unwrap().value, found.rate);
    assert_eq!(
        run.fields.values(field::QUASI_STATIONARY.name).unwrap(),
        chain.discretisation.density(&found.probability)
    );
    let times = mean_first_passage(&chain).unwrap();
    assert_eq!(
        run.fields.values(field::MEAN_FIRST_PASSAGE.name).unwrap(),
        chain.discretisation.field(times.ordinary().unwrap(), 0.0)
    );
    let closed = Chain::closed(&chain.discretisation, resources).unwrap();
    assert_eq!(
        run.fields.values(field::STATIONARY.name).unwrap(),
        closed.discretisation.density(&stationary(&closed).unwrap())
    );
}

/// The time spent anywhere is the time until the end, from every start.
#[test]
fn occupation_times_sum_to_passage_times() {
    let problem = problem(WELL);
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let chain = Chain::on(&problem, grid(&problem, [24, 20]), Weight::Sqra, resources).unwrap();
    let times = mean_first_passage(&chain).unwrap();
    for theta in [[-1.0, 0.0], [-0.1, 1.2], [-1.9, -1.4]] {
        let origin = chain.discretisation.state_at(theta);
        let mut source = vec![0.0; chain.states];
        source[origin] = 1.0;
        let spent: f64 = occupation(&chain, &source).unwrap().iter().sum();
        assert_relative_eq!(spent, times.from_state(origin).value(), max_relative = 1e-12);
    }
}

/// Killed at one end or at the other: probabilities that sum to 1.
#[test]
fn committors_of_all_ends_sum_to_one() {
    let problem = problem(
        "landscape = { kind = 'double-well', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-1.5], upper = [1.2], walls = { x = ['absorbing', 'absorbing'] } }",
    );
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let on = Discretisation::on(&problem, grid(&problem, [200, 1]), Weight::InverseAverage, &progress).unwrap();
    let killing = on.assembly.generator.killing.clone();
    let chain = Chain::killed(on, Resources::available(&workspace, &progress)).unwrap();
    let at = |side: f64| -> Vec<f64> {
        let is_there = |state: usize| chain.discretisation.centre(state)[0] * side > 0.0;
        let killing: Vec<f64> =
            killing.iter().enumerate().map(|(state, &rate)| if is_there(state) { rate } else { 0.0 }).collect();
        committor(&chain, &killing)
    };
    let (left, right) = (at(-1.0), at(1.0));
    assert!(left.windows(2).all(|pair| pair[0] > pair[1]));
    for (left, right) in left.iter().zip(&right) {
        assert!((0.0..=1.0).contains(left));
        assert_relative_eq!(left + right, 1.0, max_relative = 1e-12);
    }
}

/// A closed chain has the Gibbs law, whatever kills the chain that it came from; its edges are shared where each cell
/// is a state.
#[test]
fn a_closed_chain_forgets_what_absorbed() {
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    for (set, is_shared) in [("", true), ("valley = { minimum = [-1, 0], set = 'x < -0.2' }", false)] {
        let problem = problem(&format!("{WELL}{set}"));
        let chain = Chain::on(&problem, grid(&problem, [24, 20]), Weight::InverseAverage, resources).unwrap();
        let closed = Chain::closed(&chain.discretisation, resources).unwrap();
        let (open, on) = (&chain.discretisation, &closed.discretisation);
        assert_eq!(Arc::ptr_eq(&open.assembly, &on.assembly), is_shared);
        assert_eq!(on.states(), on.grid.len());
        assert!(on.members(&Region::Whole).iter().all(|&is_inside| is_inside));
        let loss = problem.dynamics.loss().unwrap();
        let law = stationary(&closed).unwrap();
        let first = law[0].ln() + loss.value(on.centre(0)) / 0.2;
        for (state, probability) in law.iter().enumerate() {
            assert_relative_eq!(probability.ln() + loss.value(on.centre(state)) / 0.2, first, max_relative = 1e-11);
        }
    }
}

#[test]
fn chains_that_cannot_be_made_say_where_and_why() {
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    // Nothing leads out of the well of a loss that rises by 800 temperatures within a cell.
    let steep = problem(
        "landscape = { expression = '1000*(x^2 + y^2)' }
         noise = { kind = 'isotropic', temperature = 0.01 }
         domain = { lower = [-1, -1], upper = [1, 1], walls = { x = ['absorbing', 'absorbing'], y = ['reflecting', 'reflecting'] } }
         grid = { cells = [20, 20] }",
    );
    match Chain::on(&steep, grid(&steep, [20, 20]), Weight::Sqra, resources).err() {
        Some(SolveError::Unreachable { at, dimension: 2 }) => assert!(steep.domain.contains(at), "{at:?}"),
        Some(SolveError::RateOverflow { at, dimension: 2 }) => assert!(steep.domain.contains(at), "{at:?}"),
        other => panic!("{other:?}"),
    }
    let well = problem(WELL);
    let little = Resources { memory: 1000, workspace: &workspace, progress: &progress };
    let refused = Chain::on(&well, grid(&well, [64, 64]), Weight::InverseAverage, little).err().unwrap();
    match refused {
        SolveError::TooLarge { cells: [64, 64], needed, allowed: 1000 } => assert!(needed > 1000),
        other => panic!("{other:?}"),
    }
    let on = Discretisation::on(&well, grid(&well, [24, 20]), Weight::InverseAverage, &progress).unwrap();
    let closed = Chain::killed(on.closed(&progress).unwrap(), resources);
    assert!(matches!(closed.err(), Some(SolveError::NothingAbsorbs)));
    let turned = problem("landscape = { expression = 'cos(x) + y^2' }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [0, -1], upper = [6.283185307179586, 1], walls = { x = 'periodic', y = ['absorbing', 'reflecting'] } }
         valley = { minimum = [3.14, 0] }");
    assert_eq!(Grid::over(&turned, [8, 8], Align::Angle(10.0)).err(), Some(GridError::PeriodicAxis));
    progress.interrupt();
    let interrupted = Discretisation::on(&well, grid(&well, [24, 20]), Weight::InverseAverage, &progress);
    assert!(matches!(interrupted.err(), Some(SolveError::Interrupted)));
}
