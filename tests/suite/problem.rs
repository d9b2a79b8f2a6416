//! A problem posed by a program, without a file: closures as loss, as noise and as start set; errors, warnings and
//! killing as types.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use saddleflux::config::{Config, Diagnosis};
use saddleflux::problem::absorption::Killer;
use saddleflux::problem::expression::Condition;
use saddleflux::problem::fault::{Ingredient, MeantMinimum, NeedsMinimum};
use saddleflux::problem::landscape::{ClosureLoss, DoubleWell, Formula, Himmelblau, StyblinskiTang};
use saddleflux::problem::noise::{ClosureNoise, Floored, HessianNoise};
use saddleflux::problem::{
    AxisWalls, Cut, DiffusionField, DomainSpec, Dynamics, Interpretation, Landscape, Minibatch, NoiseKind, NoiseModel,
    Posed, Problem, ProblemError, ProblemWarning, Region, StartSet, ValleySpec,
};
use saddleflux::progress::Progress;
use saddleflux::study;
use saddleflux::tensor::{LANES, Points, Tensor};

/// The killed double well with its wall on the saddle.
fn killed_at_the_saddle() -> Posed {
    Posed::whole([-2.0, 0.0], [0.0, 0.0], [AxisWalls::ABSORBING_ABOVE, AxisWalls::REFLECTING])
}

fn posed(loss: impl Landscape + 'static, noise: NoiseModel, posed: &Posed) -> Result<Problem, ProblemError> {
    Problem::new(loss.into(), noise, Interpretation::Ito, posed)
}

fn error(loss: impl Landscape + 'static, noise: NoiseModel, question: &Posed) -> ProblemError {
    match posed(loss, noise, question) {
        Ok(_) => panic!("this problem is wrong, and was posed"),
        Err(error) => error,
    }
}

fn well(dimension: usize) -> DoubleWell {
    DoubleWell { dimension, barrier: 1.0, tilt: 0.0, curvature: 2.0 }
}

fn white() -> NoiseModel {
    NoiseModel::isotropic(0.1)
}

/// The rate on 200 cells.
fn rate(problem: &Problem) -> f64 {
    let text = "landscape = { expression = 'x^2' }
                noise = { kind = 'isotropic', temperature = 1 }
                domain = { walls = { x = 'absorbing' } }
                grid = { cells = [200] }
                solve = { error_estimate = false }";
    let request = Config::from_text(Path::new("test.toml"), text, &[]).unwrap().request;
    study::run(problem, &request, &Progress::default()).unwrap().rate.unwrap().value.value()
}

/// One problem, posed by a file, by a built-in landscape, by closures with derivatives and by a closure alone.
#[test]
fn closures_pose_the_same_problem_as_a_file() {
    let text = "landscape = { expression = '(x^2-1)^2' }
                noise = { kind = 'expression', d11 = '0.1 + 0.02*x' }
                domain = { lower = -2, upper = 0, walls = { x = ['reflecting', 'absorbing'] } }";
    let file = rate(&Config::from_text(Path::new("test.toml"), text, &[]).unwrap().problem().unwrap());
    let value = |[x, _]: [f64; 2]| (x * x - 1.0).powi(2);
    let exact = ClosureLoss::new(1, value).with_derivatives(
        |[x, _]| [4.0 * x * (x * x - 1.0), 0.0],
        |[x, _]| Tensor { xx: 12.0 * x * x - 4.0, ..Tensor::default() },
    );
    let noise = || NoiseModel::field(ClosureNoise::scalar(1, |[x, _]| 0.1 + 0.02 * x));
    let question = killed_at_the_saddle();
    assert_relative_eq!(rate(&posed(well(1), noise(), &question).unwrap()), file, max_relative = 1e-11);
    assert_relative_eq!(rate(&posed(exact, noise(), &question).unwrap()), file, max_relative = 1e-11);
    // Slopes by differences are good to about 1e-12, and are divided by D.
    let by_differences = rate(&posed(ClosureLoss::new(1, value), noise(), &question).unwrap());
    assert_relative_eq!(by_differences, file, max_relative = 1e-9);
}

proptest! {
    #[test]
    fn differences_are_as_good_as_stated(x in -3.0..3.0f64, y in -3.0..3.0f64) {
        let losses: [(ClosureLoss, Box<dyn Landscape>); 4] = [
            (ClosureLoss::new(1, |theta| well(1).value(theta)), Box::new(well(1))),
            (ClosureLoss::new(2, |theta| well(2).value(theta)), Box::new(well(2))),
            (ClosureLoss::new(2, |theta| Himmelblau.value(theta)), Box::new(Himmelblau)),
            (
                ClosureLoss::new(2, |[x, y]| (x - 0.5 * y).sin() + 0.3 * (x + y).cos()),
                Box::new(Formula::new("sin(x - 0.5*y) + 0.3*cos(x + y)", 2).unwrap()),
            ),
        ];
        for (loss, exact) in losses {
            let theta = [x, if loss.dimension() == 2 { y } else { 0.0 }];
            let scale = 1.0 + exact.value(theta).abs();
            let (g, h) = (loss.gradient(theta), loss.hessian(theta));
            let (eg, eh) = (exact.gradient(theta), exact.hessian(theta));
            for axis in 0..2 {
                prop_assert!((g[axis] - eg[axis]).abs() < 1e-11 * scale, "{:?} {:?}", g, eg);
            }
            for (found, expected) in [(h.xx, eh.xx), (h.xy, eh.xy), (h.yy, eh.yy)] {
                prop_assert!((found - expected).abs() < 2e-9 * scale, "{:?} {:?}", h, eh);
            }
        }
    }

    /// A set given by a function is the set given by its formula, and edges leave both at the same place.
    #[test]
    fn a_function_describes_the_same_set_as_its_formula(x in -1.0..1.0f64, y in -1.0..1.0f64, angle in 0.0..6.3f64) {
        let formula = Region::Condition(Arc::new(Condition::parse("x^2 + y^2 < 2.1", 2).unwrap()));
        let function = Region::Condition(Arc::new(Condition::positive(|[x, y]| 2.1 - (x * x + y * y))));
        let far = [x + 4.0 * angle.cos(), y + 4.0 * angle.sin()];
        prop_assert!(formula.holds([x, y]) && function.holds([x, y]) && !formula.holds(far) && !function.holds(far));
        prop_assert!((formula.exit([x, y], far) - function.exit([x, y], far)).abs() < 1e-13);
        // One that jumps at the boundary is found as well.
        let jump = Condition::positive(|[x, y]| if x * x + y * y < 2.1 { 1.0 } else { -1.0 });
        let found = Region::Condition(Arc::new(jump)).exit([x, y], far);
        prop_assert!((formula.exit([x, y], far) - found).abs() < 1e-12);
    }

    #[test]
    fn a_floor_adds_white_noise_and_nothing_else(x in -2.0..2.0f64, y in -2.0..2.0f64, d in 0.01..1.0f64) {
        let inner = || HessianNoise::new(Arc::new(Himmelblau), Minibatch { learning_rate: 0.1, batch_size: 4.0 });
        let floored = Floored::new(Arc::new(inner()), d, 2);
        let theta = [x, y];
        prop_assert_eq!(floored.tensor(theta), inner().tensor(theta).plus(Tensor::isotropic(d, 2)));
        let mut block = [[0.0; LANES]; 3];
        floored.tensors(&Points::all(theta), &mut block);
        let Tensor { xx, xy, yy } = floored.tensor(theta);
        prop_assert_eq!([block[0][7], block[1][7], block[2][7]], [xx, xy, yy]);
    }

    /// The factor falls from before the saddle to beyond it, and the kind follows the factor.
    #[test]
    fn a_cut_further_out_kills_less(near in -1.0..7.0f64, further in 0.01..3.0f64) {
        let (first, second) = (Cut::at(near), Cut::at(near + further));
        prop_assert!(first.factor() >= second.factor() && second.factor() >= 1.0);
        for (cut, distance) in [(first, near), (second, near + further)] {
            match cut {
                Cut::Before(factor) => prop_assert!(factor > 2.0 && distance < 0.0),
                Cut::AtSaddle => prop_assert!(distance.abs() < 1e-4),
                Cut::ShortlyBeyond(factor) => prop_assert!(distance > 0.0 && (1.001..2.0).contains(&factor)),
                Cut::Beyond(factor) => prop_assert!(distance > 3.0 && factor < 1.001),
                Cut::WithoutNoise | Cut::Driven | Cut::Cusp | Cut::Departing { .. } => {
                    prop_assert!(false, "a distance has a width")
                }
            }
        }
    }
}

#[test]
fn how_a_set_is_killed_follows_from_the_question() {
    let absorption = |question: &Posed| posed(well(1), white(), question).unwrap().valley.absorption;
    let at_saddle = absorption(&killed_at_the_saddle());
    assert_eq!((at_saddle.killer, at_saddle.cut), (Killer::Walls, Some(Cut::AtSaddle)));
    let closed = absorption(&Posed::default());
    assert_eq!((closed.killer, closed.cut), (Killer::Nothing, None));
    let left = absorption(&Posed::leaving(StartSet::Basin, [-1.0, 0.0]));
    assert_eq!((left.killer, left.cut), (Killer::Interval, Some(Cut::AtSaddle)));
    let reached = absorption(&Posed::reaching([-1.0, 0.0], [1.0, 0.0], 0.1));
    assert_eq!(reached.killer, Killer::Disc { centre: [1.0, 0.0], radius: 0.1, dimension: 1 });
    assert!(matches!(reached.cut, Some(Cut::Beyond(_))), "{:?}", reached.cut);
    // √(D/|H_be|) = √(0.1/4): a wall half of it beyond the saddle.
    let beyond = Posed::leaving(StartSet::positive(|[x, _]| 0.5 * 0.025f64.sqrt() - x), [-1.0, 0.0]);
    match absorption(&beyond).cut {
        // 1/Φ(½)
        Some(Cut::ShortlyBeyond(factor)) => assert_relative_eq!(factor, 1.0 / 0.6914624612740131, max_relative = 1e-6),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_problem_without_a_minimum_says_so() {
    let flat = Formula::new("0*x", 1).unwrap();
    let walls = [AxisWalls::ABSORBING, AxisWalls::REFLECTING];
    let problem = posed(flat, white(), &Posed::whole([0.0; 2], [1.0, 0.0], walls)).unwrap();
    let expected = [ProblemWarning::NoMinimum, ProblemWarning::StartPointIsGuess { at: [0.5, 0.0], dimension: 1 }];
    assert_eq!(problem.warnings, expected);
    assert!(posed(well(1), white(), &killed_at_the_saddle()).unwrap().warnings.is_empty());
}

/// Each question is wrong in one way: its error, and the key that the command line names for it.
fn wrong_questions() -> Vec<(ProblemError, &'static str)> {
    let minibatch = Minibatch { learning_rate: 0.1, batch_size: 1.0 };
    let covariance = NoiseModel { kind: NoiseKind::Covariance(minibatch), floor: 0.0 };
    let frozen = NoiseModel { kind: NoiseKind::Frozen { minibatch, s: 0.5, valleys: Vec::new() }, floor: 0.0 };
    let hessian = NoiseModel { kind: NoiseKind::Hessian(minibatch), floor: 0.0 };
    let negative = NoiseModel::field(ClosureNoise::scalar(1, |[x, _]| x));
    let set = |text: &str| StartSet::Condition(Arc::new(Condition::parse(text, 1).unwrap()));
    let searched = |set| Posed { valley: Some(ValleySpec { set, ..ValleySpec::default() }), ..Posed::default() };
    let slope = || Formula::new("x", 1).unwrap();
    let nowhere =
        Posed { domain: DomainSpec { walls: [AxisWalls::ABSORBING; 2], ..DomainSpec::default() }, ..Posed::default() };
    let circle = |width: f64| Posed::whole([0.0; 2], [width, 0.0], [AxisWalls::Periodic, AxisWalls::REFLECTING]);
    let wave = || Formula::new("cos(x)", 1).unwrap();
    vec![
        (error(well(1), white(), &searched(set("x > 3"))), "valley.set"),
        (error(slope(), white(), &searched(StartSet::Basin)), "valley.set"),
        (error(slope(), white(), &Posed::leaving(StartSet::Basin, [0.0; 2])), "valley.minimum"),
        (error(well(1), white(), &Posed::reaching([-1.0, 0.0], [f64::NAN, 0.0], 0.1)), "valley.target.minimum"),
        (error(well(1), white(), &Posed::leaving(set("x > 0"), [-1.0, 0.0])), "valley.minimum"),
        (error(well(1), white(), &nowhere), "domain.walls.x"),
        (error(well(1), covariance, &killed_at_the_saddle()), "noise.kind"),
        (error(Formula::new("x^2", 1).unwrap(), frozen, &killed_at_the_saddle()), "noise.kind"),
        (error(well(1), negative, &killed_at_the_saddle()), "noise"),
        (error(well(1), hessian, &killed_at_the_saddle()), "noise"),
        (error(Formula::new("log(x)", 1).unwrap(), white(), &killed_at_the_saddle()), "landscape"),
        (error(wave(), white(), &circle(3.0)), "domain.walls.x"),
        (error(Formula::new("x^2/(1 + x^4)", 1).unwrap(), white(), &Posed::default()), "domain"),
    ]
}

#[test]
fn every_wrong_question_has_an_error_of_its_own() {
    let errors: Vec<ProblemError> = wrong_questions().into_iter().map(|(error, _)| error).collect();
    assert!(
        matches!(
            &errors[..],
            [
                ProblemError::NoMinimumInSet,
                ProblemError::NoMinimum { needed: NeedsMinimum::Basin },
                ProblemError::NoMinimumNear { meant: MeantMinimum::Start, .. },
                ProblemError::NamedOutside { meant: MeantMinimum::Target, .. },
                ProblemError::MinimumOutsideSet { .. },
                ProblemError::WallWithoutPlace { axis: 0, is_periodic: false },
                ProblemError::NoiseWithoutData,
                ProblemError::NoSaddle,
                ProblemError::NotPositive { .. },
                ProblemError::Degenerate(_),
                ProblemError::NotFinite { what: Ingredient::Loss, .. },
                ProblemError::SeamMismatch { axis: 0, what: Ingredient::Gradient, .. },
                ProblemError::NotConfining,
            ]
        ),
        "{errors:#?}"
    );
}

/// A message of the library stands on its own; the configuration's keys come from one table.
#[test]
fn keys_are_named_by_the_configuration_alone() {
    for (error, key) in wrong_questions() {
        let message = error.to_string();
        for section in ["landscape.", "noise.", "domain.", "valley.", "grid."] {
            // A full stop at the end of a sentence is followed by a space.
            let is_key = |(at, _)| message[at + section.len()..].starts_with(|c: char| c.is_ascii_lowercase());
            assert!(!message.match_indices(section).any(is_key), "{message}");
        }
        let diagnosis = Diagnosis::of_problem(&error);
        assert_eq!(diagnosis.key.as_deref(), Some(key), "{message}");
        assert!(diagnosis.message.starts_with(&error.fact()), "{} {}", diagnosis.message, error.fact());
        let status = if matches!(error, ProblemError::Degenerate(_)) { 3 } else { 2 };
        assert_eq!(diagnosis.exit_status, status, "{message}");
    }
}

#[test]
fn noise_of_a_loss_is_refused_for_a_drift() {
    let minibatch = Minibatch { learning_rate: 0.1, batch_size: 1.0 };
    let text = "landscape = { drift = ['x - x^3'] }
                noise = { kind = 'isotropic', temperature = 0.1 }
                domain = { lower = -2, upper = 0, walls = { x = ['reflecting', 'absorbing'] } }";
    let drift = Config::from_text(Path::new("test.toml"), text, &[]).unwrap();
    let dynamics: Dynamics = drift.landscape.dynamics(Path::new(".")).unwrap();
    let noise = NoiseModel { kind: NoiseKind::Hessian(minibatch), floor: 0.1 };
    let refused = Problem::new(dynamics, noise, Interpretation::Ito, &drift.posed).err();
    assert_eq!(refused, Some(ProblemError::NoiseWithoutLoss));
}

/// Built-in landscapes are public, and are those that a file names.
#[test]
fn a_landscape_by_name_is_the_public_one() {
    let text = "landscape = { kind = 'styblinski-tang', dimension = 1 }
                noise = { kind = 'isotropic', temperature = 5 }
                domain = { lower = -5.5, upper = 0.156731, walls = { x = ['reflecting', 'absorbing'] } }";
    let config = Config::from_text(Path::new("test.toml"), text, &[]).unwrap();
    let walls = [AxisWalls::ABSORBING_ABOVE, AxisWalls::REFLECTING];
    let question = Posed::whole([-5.5, 0.0], [0.156731, 0.0], walls);
    let problem = posed(StyblinskiTang { dimension: 1 }, NoiseModel::isotropic(5.0), &question).unwrap();
    assert_eq!(rate(&problem), rate(&config.problem().unwrap()));
}
