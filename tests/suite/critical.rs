//! Minima, saddles, what they connect, and basins.

use std::path::Path;

use saddleflux::config::{LandscapeConfig, LandscapeForm};
use saddleflux::problem::descent::Descent;
use saddleflux::problem::expression::Expression;
use saddleflux::problem::fault::MeantMinimum;
use saddleflux::problem::{CriticalPoints, Dynamics, Space, critical};
use saddleflux::tensor::{Point, norm};

fn build(form: LandscapeForm, dimension: usize, sharpness: f64) -> Dynamics {
    LandscapeConfig { form, dimension, sharpness }.dynamics(Path::new(".")).unwrap()
}

fn formula(text: &str, dimension: usize) -> Expression {
    Expression::parse(text, dimension).unwrap()
}

fn find(dynamics: &Dynamics) -> (CriticalPoints, Point, Point) {
    let loss = dynamics.loss().unwrap();
    let (lower, upper) = loss.typical_box();
    let found = critical::find(dynamics, Space::open(loss.dimension(), lower, upper));
    for point in found.minima.iter().chain(found.saddles.iter().map(|saddle| &saddle.point)) {
        let scale = 1.0 + norm([point.hessian.xx, point.hessian.yy]) * (1.0 + norm(point.theta));
        assert!(norm(loss.gradient(point.theta)) <= 2e-12 * scale, "{point:?}");
    }
    for saddle in &found.saddles {
        for index in saddle.connects.into_iter().flatten() {
            assert!(found.minima[index].loss < saddle.point.loss);
        }
    }
    (found, lower, upper)
}

fn sorted(connects: [Option<usize>; 2]) -> [Option<usize>; 2] {
    let mut connects = connects;
    connects.sort();
    connects
}

#[test]
fn styblinski_tang_on_the_line_and_sharper() {
    for sharpness in [1.0, 2.5] {
        let (found, ..) = find(&build(LandscapeForm::StyblinskiTang, 1, sharpness));
        let root = f64::sqrt(sharpness);
        assert_eq!((found.minima.len(), found.saddles.len()), (2, 1));
        // 2t³ − 16t + 5/2 = 0 by Viète: t_k = 2√(8/3) cos((arccos(−(15/64)√(3/8)) − 2πk)/3).
        let zero = |k: f64| {
            let angle = (-(15.0 / 64.0) * f64::sqrt(3.0 / 8.0)).acos();
            2.0 * f64::sqrt(8.0 / 3.0) * ((angle - 2.0 * std::f64::consts::PI * k) / 3.0).cos()
        };
        assert_relative_eq!(root * found.minima[0].theta[0], zero(2.0), max_relative = 1e-14);
        assert_relative_eq!(root * found.saddles[0].point.theta[0], zero(1.0), max_relative = 1e-13);
        assert_eq!(found.saddles[0].connects, [Some(0), Some(1)]);
    }
    let (found, ..) = find(&build(LandscapeForm::StyblinskiTang, 2, 1.0));
    assert_eq!((found.minima.len(), found.saddles.len()), (4, 4));
}

/// Müller & Brown 1979, as usually tabulated.
#[test]
fn muller_brown() {
    let (found, ..) = find(&build(LandscapeForm::MullerBrown, 2, 1.0));
    let minima =
        [([-0.558224, 1.441726], -146.69952), ([0.623499, 0.028038], -108.16672), ([-0.050011, 0.466694], -80.76782)];
    assert_eq!(found.minima.len(), 3);
    for (point, (theta, loss)) in found.minima.iter().zip(minima) {
        assert_relative_eq!(point.loss, loss, max_relative = 1e-7);
        assert!((point.theta[0] - theta[0]).abs() < 2e-6 && (point.theta[1] - theta[1]).abs() < 2e-6, "{point:?}");
    }
    let saddles =
        [([0.212487, 0.292988], -72.24894, [Some(1), Some(2)]), ([-0.822002, 0.624313], -40.66484, [Some(0), Some(2)])];
    assert_eq!(found.saddles.len(), 2);
    for (saddle, (theta, loss, connects)) in found.saddles.iter().zip(saddles) {
        assert_relative_eq!(saddle.point.loss, loss, max_relative = 1e-6);
        assert!((saddle.point.theta[0] - theta[0]).abs() < 2e-6 && (saddle.point.theta[1] - theta[1]).abs() < 2e-6);
        assert_eq!(sorted(saddle.connects), connects, "{saddle:?}");
    }
}

#[test]
fn himmelblau_and_three_holes() {
    let (found, ..) = find(&build(LandscapeForm::Himmelblau, 2, 1.0));
    assert_eq!((found.minima.len(), found.saddles.len()), (4, 4));
    assert!(found.minima.iter().all(|point| point.loss.abs() < 1e-20));
    assert!(found.minima.iter().any(|point| norm([point.theta[0] - 3.0, point.theta[1] - 2.0]) < 1e-12));
    assert!(found.saddles.iter().all(|saddle| saddle.connects.iter().all(Option::is_some)));
    let (found, ..) = find(&build(LandscapeForm::ThreeHole, 2, 1.0));
    assert_eq!((found.minima.len(), found.saddles.len()), (3, 3));
    // Symmetric under x → −x: the direct saddle lies on the axis and joins the two deep holes.
    let direct = found.saddles.iter().find(|saddle| saddle.point.theta[0].abs() < 1e-9).unwrap();
    assert_eq!(sorted(direct.connects), [Some(0), Some(1)]);
}

#[test]
fn a_saddle_on_the_edge_of_the_box_counts() {
    let dynamics = build(LandscapeForm::DoubleWell { barrier: 1.0, tilt: 0.0, curvature: 2.0 }, 2, 1.0);
    let found = critical::find(&dynamics, Space::open(2, [-2.0, -2.0], [0.0, 2.0]));
    assert_eq!((found.minima.len(), found.saddles.len()), (1, 1));
    assert_eq!(found.saddles[0].connects[0], Some(0));
}

#[test]
fn fixed_points_of_a_drift() {
    let dynamics = build(LandscapeForm::Drift(formula("x - x^3 - y", 2), Some(formula("0.2*x - y", 2))), 2, 1.0);
    let found = critical::find(&dynamics, Space::open(2, [-2.0, -2.0], [2.0, 2.0]));
    let root = 0.8f64.sqrt();
    assert_eq!((found.minima.len(), found.saddles.len()), (2, 1));
    assert_relative_eq!(found.minima[0].theta[0], -root, max_relative = 1e-12);
    assert!(found.minima[0].loss.is_nan());
    assert_eq!(sorted(found.saddles[0].connects), [Some(0), Some(1)]);
}

#[test]
fn polishing_finds_the_minimum_meant() {
    let dynamics = build(LandscapeForm::MullerBrown, 2, 1.0);
    let point = critical::polish(&dynamics, 2, [-0.5, 1.4], MeantMinimum::Start, [1.0; 2]).unwrap();
    assert_relative_eq!(point.loss, -146.69951720995402, max_relative = 1e-12);
    let slope = build(LandscapeForm::Expression(formula("x", 1)), 1, 1.0);
    assert!(critical::polish(&slope, 1, [0.0, 0.0], MeantMinimum::Start, [1.0; 2]).is_err());
}

#[test]
fn basins_switch_where_the_flow_does() {
    let dynamics = build(LandscapeForm::DoubleWell { barrier: 1.0, tilt: 0.0, curvature: 2.0 }, 2, 1.0);
    let (found, lower, upper) = find(&dynamics);
    let saddles: Vec<Point> = found.saddles.iter().map(|saddle| saddle.point.theta).collect();
    let descent = Descent::new(&dynamics, Space::open(2, lower, upper), &found.minima, &saddles);
    let left = found.minima.iter().position(|point| point.theta[0] < 0.0);
    for y in [-1.5, 0.0, 0.3, 1.9] {
        for x in [1e-12, 1e-6, 0.1, 1.7] {
            assert_eq!(descent.limit([-x, y]), left, "{x} {y}");
            assert_ne!(descent.limit([x, y]), left, "{x} {y}");
            assert_eq!(descent.rough_limit([-0.3 - x, y]), left);
        }
    }
}

/// L = (x² − 1)² + 0.2 cos y round the y axis: the seam y = 0 ≡ 2π carries a saddle and a maximum.
#[test]
fn a_periodic_axis_has_no_ends() {
    let dynamics = build(LandscapeForm::Expression(formula("(x^2-1)^2 + 0.2*cos(y)", 2)), 2, 1.0);
    let (lower, upper) = ([-2.0, 0.0], [2.0, std::f64::consts::TAU]);
    let space = Space { periodic: [false, true], ..Space::open(2, lower, upper) };
    let found = critical::find(&dynamics, space);
    assert_eq!((found.minima.len(), found.saddles.len()), (2, 3), "{found:?}");
    let between = found.saddles.iter().find(|saddle| saddle.point.theta[0].abs() < 1e-9).unwrap();
    assert_eq!(sorted(between.connects), [Some(0), Some(1)]);
    // Round the circle, from a well to itself.
    for saddle in found.saddles.iter().filter(|saddle| saddle.point.theta[0].abs() > 0.5) {
        assert!(saddle.connects[0].is_some() && saddle.connects[0] == saddle.connects[1], "{saddle:?}");
    }
    let line = build(LandscapeForm::Drift(formula("-sin(x+1)", 1), None), 1, 1.0);
    let circle = Space { periodic: [true, false], ..Space::open(1, [0.0; 2], [std::f64::consts::TAU, 0.0]) };
    let found = critical::find(&line, circle);
    assert_eq!((found.minima.len(), found.saddles.len()), (1, 1));
    assert_relative_eq!(found.minima[0].theta[0], std::f64::consts::TAU - 1.0, max_relative = 1e-12);
    assert_eq!(found.saddles[0].connects, [Some(0), Some(0)]);
}
