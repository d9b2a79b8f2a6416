//! Basins of attraction by their outline: laws of the flow, curves known in closed form, and another integrator's
//! numbers.

use std::path::Path;
use std::sync::Arc;

use saddleflux::config::{Config, LandscapeConfig, LandscapeForm};
use saddleflux::generator::assembly::members;
use saddleflux::grid::Grid;
use saddleflux::problem::basin::Basin;
use saddleflux::problem::descent::Descent;
use saddleflux::problem::expression::Expression;
use saddleflux::problem::separatrix::{Tracer, rests};
use saddleflux::problem::{AxisWalls, CriticalPoints, Domain, Dynamics, Region, Space, Wall, critical};
use saddleflux::progress::Progress;
use saddleflux::study;
use saddleflux::tensor::{Point, advance, difference, dot, norm};

fn build(form: LandscapeForm) -> Dynamics {
    LandscapeConfig { form, dimension: 2, sharpness: 1.0 }.dynamics(Path::new(".")).unwrap()
}

fn parsed(text: &str) -> Expression {
    Expression::parse(text, 2).unwrap()
}

fn formula(text: &str) -> Dynamics {
    build(LandscapeForm::Expression(parsed(text)))
}

fn drift(x: &str, y: &str) -> Dynamics {
    build(LandscapeForm::Drift(parsed(x), Some(parsed(y))))
}

/// A flow in a box with its points of rest.
struct Flow {
    dynamics: Dynamics,
    space: Space,
    critical: CriticalPoints,
}

impl Flow {
    fn new(dynamics: Dynamics, space: Space) -> Flow {
        let critical = critical::find(&dynamics, space);
        Flow { dynamics, space, critical }
    }

    fn open(dynamics: Dynamics, lower: Point, upper: Point) -> Flow {
        Flow::new(dynamics, Space::open(2, lower, upper))
    }

    fn minimum(&self, near: Point) -> usize {
        let distance = |k: &usize| norm(difference(self.critical.minima[*k].theta, near));
        (0..self.critical.minima.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
    }

    fn saddles(&self) -> Vec<Point> {
        self.critical.saddles.iter().map(|saddle| saddle.point.theta).collect()
    }

    /// Its box with reflecting walls.
    fn domain(&self) -> Domain {
        Domain {
            dimension: 2,
            lower: self.space.lower,
            upper: self.space.upper,
            walls: [AxisWalls::Walls([Wall::Reflecting; 2]); 2],
            automatic: false,
            killing: None,
            windows: Vec::new(),
        }
    }

    /// The basin of the minimum near a point.
    fn basin(&self, near: Point) -> Basin {
        Basin::outlined(&self.dynamics, &self.critical, self.minimum(near), self.space)
    }

    /// The same by its outline.
    fn outlined(&self, near: Point) -> Basin {
        let basin = self.basin(near);
        assert!(!basin.is_costly(), "no outline");
        basin
    }
}

/// Where a segment leaves a basin.
fn place(basin: &Basin, from: Point, to: Point) -> Point {
    assert!(basin.holds(from) && !basin.holds(to), "{from:?} {to:?}");
    advance(from, basin.exit(from, to).unwrap(), difference(to, from))
}

/// Points spread evenly over a box: the additive recurrence of the golden ratio's two-dimensional relative.
fn spread(lower: Point, upper: Point, count: usize) -> impl Iterator<Item = Point> {
    let (a, b) = (0.754_877_666_246_692_8, 0.569_840_290_998_053_3);
    (1..=count).map(move |k| {
        let [u, v] = [a, b].map(|share: f64| (share * k as f64).fract());
        [lower[0] + u * (upper[0] - lower[0]), lower[1] + v * (upper[1] - lower[1])]
    })
}

/// scipy's DOP853 (rtol 3e-14, atol 1e-14, events) from the saddles, 1e-6 and 3e-7 away from them: the two starts agree
/// to 5e-15.
#[test]
fn separatrices_by_another_integrator() {
    let flow = Flow::open(build(LandscapeForm::MullerBrown), [-1.7, -0.5], [1.3, 2.1]);
    let basin = flow.outlined([-0.56, 1.44]);
    let crossings = [
        (-1.2, -0.1376797819426908),
        (-1.0, 0.292390187454901),
        (-0.6, 0.80894219716418),
        (-0.4, 0.923433597653511),
        (0.0, 1.12427311762848),
    ];
    for (x, y) in crossings {
        let crossed = place(&basin, [x, y + 0.2], [x, y - 0.1]);
        assert!((crossed[1] - y).abs() < 1e-11, "{x}: {} {y}", crossed[1]);
    }
    let flow = Flow::open(build(LandscapeForm::Himmelblau), [-5.0; 2], [5.0; 2]);
    let basin = flow.outlined([3.0, 2.0]);
    let along_y = |x: f64, y: f64| (place(&basin, [x, y + 0.4], [x, y - 0.3])[1] - y).abs();
    assert!(along_y(2.0, -0.130358065861319) < 1e-11);
    assert!(along_y(4.5, 0.200290470518861) < 1e-11);
    let across = place(&basin, [0.4, 3.5], [-0.1, 3.5])[0];
    assert!((across - 0.1528165894564573).abs() < 1e-11, "{across}");
    let basin = flow.outlined([-3.78, -3.28]);
    let along_y = |x: f64, y: f64| (place(&basin, [x, y - 0.4], [x, y + 0.3])[1] - y).abs();
    assert!(along_y(-4.5, 0.057464400547299) < 1e-11);
    assert!(along_y(-1.0, -0.432528682654538) < 1e-11);
    let across = place(&basin, [-0.4, -4.0], [0.4, -4.0])[0];
    assert!((across - 0.069860848964043).abs() < 1e-11, "{across}");
}

/// Gradient lines stay gradient lines under a conformal map: with w = z + z²/10, L = (u² − 1)² + v² is parted by
/// u = x + (x² − y²)/10 = 0. And a drift whose separatrix u = 0, u = x − 0.4 y², is not a gradient's.
#[test]
fn curved_separatrices_in_closed_form() {
    let conformal = formula("((x + 0.1*(x^2 - y^2))^2 - 1)^2 + (y + 0.2*x*y)^2");
    let sheared = drift("(x - 0.4*y^2) - (x - 0.4*y^2)^3 - 0.8*y^2", "-y");
    type Curve = fn(f64) -> f64;
    let curves: [(Dynamics, Curve); 2] =
        [(conformal, |y| 5.0 * ((1.0 + 0.04 * y * y).sqrt() - 1.0)), (sheared, |y| 0.4 * y * y)];
    for (dynamics, curve) in curves {
        let flow = Flow::open(dynamics, [-2.0, -1.5], [2.0, 1.5]);
        let basin = flow.outlined([-1.1, 0.0]);
        for y in [-1.49, -1.0, -0.3, -1e-4, 0.0, 1e-7, 0.02, 0.5, 1.2, 1.5] {
            let x = curve(y);
            let crossed = place(&basin, [x - 0.3, y], [x + 0.2, y]);
            assert!((crossed[0] - x).abs() < 1e-11, "{y}: {} {x}", crossed[0]);
            assert!(basin.holds([x - 1e-11, y]) && !basin.holds([x + 1e-11, y]), "{y}");
        }
    }
}

#[test]
fn the_curves_are_tangent_to_the_flow() {
    for form in [LandscapeForm::MullerBrown, LandscapeForm::ThreeHole, LandscapeForm::Himmelblau] {
        let dynamics = build(form);
        let (lower, upper) = dynamics.loss().unwrap().typical_box();
        let flow = Flow::open(dynamics, lower, upper);
        let minima: Vec<Point> = flow.critical.minima.iter().map(|point| point.theta).collect();
        let rests = rests(&flow.space, &flow.saddles(), &minima);
        let tracer = Tracer { dynamics: &flow.dynamics, space: flow.space, reach: flow.space, rests: &rests };
        for saddle in rests.iter().filter(|rest| rest.is_saddle) {
            for branch in tracer.branches(saddle) {
                // The loss rises from the saddle on, and the pieces join.
                let mut last = (saddle.at, f64::NEG_INFINITY);
                for piece in &branch.pieces[1..branch.pieces.len() - 1] {
                    assert!(last.1 == f64::NEG_INFINITY || norm(difference(last.0, piece.at(0.0))) < 1e-14);
                    let (start, end) = [0.0, 1.0].map(|u| flow.dynamics.loss().unwrap().value(piece.at(u))).into();
                    assert!(start <= end + 1e-12 * end.abs());
                    last = (piece.at(1.0), end);
                    let (along, slope) = (piece.derivative(0.37), flow.dynamics.slope(piece.at(0.37)));
                    let stray = (along[0] * slope[1] - along[1] * slope[0]) / norm(slope);
                    assert!(stray.abs() < 1e-11 * flow.space.diagonal(), "{stray:e} {piece:?}");
                }
            }
        }
    }
}

#[test]
fn membership_is_that_of_the_descent() {
    let mut checked = 0;
    let forms = [
        (LandscapeForm::MullerBrown, 200),
        (LandscapeForm::ThreeHole, 200),
        (LandscapeForm::Himmelblau, 200),
        (LandscapeForm::StyblinskiTang, 200),
        (LandscapeForm::Drift(parsed("x - x^3 - y"), Some(parsed("0.2*x - y"))), 200),
        (LandscapeForm::Drift(parsed("x - x^3 - 0.5*y"), Some(parsed("0.4*x*y - y + 0.1*x"))), 200),
        // Part of each basin, and the other minima out of sight.
        (LandscapeForm::Expression(parsed("(x^2-1)^2 + 0.3*x + y^2 + 0.4*x*y")), 200),
    ];
    for (form, count) in forms {
        let dynamics = build(form.clone());
        let (lower, upper) = dynamics.loss().map_or(([-2.0; 2], [2.0; 2]), |loss| loss.typical_box());
        let flow = Flow::open(dynamics, lower, upper);
        let descent = Descent::new(&flow.dynamics, flow.space, &flow.critical.minima, &flow.saddles());
        for valley in 0..flow.critical.minima.len() {
            let basin = flow.outlined(flow.critical.minima[valley].theta);
            for at in spread(lower, upper, count) {
                assert_eq!(basin.holds(at), descent.limit(at) == Some(valley), "{form:?} {valley} {at:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 3000);
}

/// Every point belongs to one basin, so that the areas add up to the box, and the area of one converges with its raster
/// to that under the curve.
#[test]
fn areas_converge() {
    let flow = Flow::open(formula("((x + 0.1*(x^2 - y^2))^2 - 1)^2 + (y + 0.2*x*y)^2"), [-2.0, -1.5], [2.0, 1.5]);
    let (left, right) = (flow.outlined([-1.1, 0.0]), flow.outlined([0.9, 0.0]));
    let domain = flow.domain();
    let (left, right) = (Region::Basin(Arc::new(left)), Region::Basin(Arc::new(right)));
    // ∫ 2 + 5 (√(1 + y²/25) − 1) dy from −3/2 to 3/2, in closed form.
    let primitive = |y: f64| 0.5 * (y * (1.0 + y * y / 25.0).sqrt() + 5.0 * (y / 5.0f64).asinh());
    let exact = 3.0 * (2.0 - 5.0) + 5.0 * 2.0 * primitive(1.5);
    for n in [50, 100, 200, 400] {
        let grid = Grid::new(2, domain.lower, domain.upper, [n, n], [false; 2]);
        let count = |region: &Region| {
            members(&grid, &domain, region, &Progress::default()).into_iter().filter(|&inside| inside).count()
        };
        assert_eq!(count(&left) + count(&right), n * n);
        let error = (count(&left) as f64 * grid.volume() - exact).abs();
        assert!(error < 0.5 * 3.0 * 4.0 / n as f64, "{n} {error}");
    }
}

/// θ → a R θ + c with R a rotation by 90° changes nothing but the coordinates.
#[test]
fn scaling_translation_and_rotation() {
    let places = |dynamics: Dynamics, map: &dyn Fn(Point) -> Point, scale: f64| -> Vec<f64> {
        let corners = [map([-2.0, -1.5]), map([2.0, 1.5])];
        let [lower, upper] =
            [f64::min, f64::max].map(|pick| [0, 1].map(|axis| pick(corners[0][axis], corners[1][axis])));
        let flow = Flow::open(dynamics, lower, upper);
        let basin = flow.outlined(map([-1.04, 0.21]));
        [-1.2, -0.4, 0.0, 0.7, 1.3]
            .map(|y| {
                let (from, to) = (map([-0.9, y]), map([1.2, y]));
                norm(difference(place(&basin, from, to), from)) / scale
            })
            .to_vec()
    };
    let loss = |x: &str, y: &str| formula(&format!("({x}^2-1)^2 + 0.3*{x} + {y}^2 + 0.4*{x}*{y}"));
    let plain = places(loss("x", "y"), &|at| at, 1.0);
    for scale in [1e-3, 1.0, 1e4] {
        for shift in [0.0, 2.5] {
            let map = move |[x, y]: Point| [scale * (x + shift), scale * (y - 2.0 * shift)];
            let moved = loss(&format!("(x/{scale:e} - {shift})"), &format!("(y/{scale:e} + 2*{shift})"));
            for (new, old) in places(moved, &map, scale).into_iter().zip(&plain) {
                assert!((new - old).abs() < 2e-11, "{scale} {shift}: {new} {old}");
            }
            let turned = move |[x, y]: Point| [scale * (shift - y), scale * x];
            let loss = loss(&format!("(y/{scale:e})"), &format!("({shift} - x/{scale:e})"));
            for (new, old) in places(loss, &turned, scale).into_iter().zip(&plain) {
                assert!((new - old).abs() < 2e-11, "turned {scale} {shift}: {new} {old}");
            }
        }
    }
}

/// Round the y axis: the basin of (−1, π) ends at x = 0 whatever the turn, and the slit y = 0 has the basin on both
/// sides. Round both axes: cos x + cos y is parted by |x ± y| = π, whose corners are all one maximum.
#[test]
fn periodic_axes() {
    let space = Space { periodic: [false, true], ..Space::open(2, [-2.0, 0.0], [2.0, std::f64::consts::TAU]) };
    let flow = Flow::new(formula("(x^2-1)^2 + 0.2*cos(y)"), space);
    let basin = flow.outlined([-1.0, 3.1]);
    for y in [-9.0, -0.01, 0.3, 3.0, 6.27, 6.3, 40.0] {
        assert!(place(&basin, [-0.4, y], [0.3, y])[0].abs() < 1e-12);
    }
    let tau = std::f64::consts::TAU;
    let space = Space { periodic: [true; 2], ..Space::open(2, [0.0; 2], [tau; 2]) };
    let flow = Flow::new(formula("cos(x) + cos(y) + 0.5*cos(2*x)"), space);
    let descent = Descent::new(&flow.dynamics, space, &flow.critical.minima, &flow.saddles());
    assert!(flow.critical.minima.len() > 1);
    for valley in 0..flow.critical.minima.len() {
        let basin = flow.outlined(flow.critical.minima[valley].theta);
        for at in spread([0.0; 2], [tau; 2], 200) {
            assert_eq!(basin.holds(at), descent.limit(at) == Some(valley), "{at:?}");
        }
    }
}

/// The disc inside an unstable cycle has no saddle on its rim: descents tell, from a lattice that is refined at the
/// rim.
#[test]
fn without_a_curve_descents_tell() {
    let dynamics = drift("-x*(1 - x^2 - y^2) - y", "-y*(1 - x^2 - y^2) + x");
    let flow = Flow::open(dynamics, [-1.5; 2], [1.5; 2]);
    let basin = flow.basin([0.0; 2]);
    assert!(basin.is_costly());
    let domain = flow.domain();
    let region = Region::Basin(Arc::new(basin));
    let grid = Grid::new(2, domain.lower, domain.upper, [96, 97], [false; 2]);
    let inside = members(&grid, &domain, &region, &Progress::default());
    for (cell, inside) in inside.into_iter().enumerate() {
        let at = grid.cell_centre(cell);
        assert_eq!(inside, dot(at, at) < 1.0, "{at:?}");
    }
    assert_relative_eq!(region.exit([0.8, 0.0], [1.1, 0.0]), 2.0 / 3.0, max_relative = 1e-9);
    let stopped = Progress::default();
    stopped.interrupt();
    assert!(members(&grid, &domain, &region, &stopped).iter().all(|&inside| !inside));
}

fn rate(text: &str) -> (f64, f64) {
    let config = Config::from_text(Path::new("test.toml"), text, &[]).unwrap();
    let solution = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap();
    let rate = solution.rate.unwrap();
    (rate.value.value(), rate.discretisation_error.unwrap())
}

/// The neighbour's minimum lies beyond the domain. 1/γ = (1/T) ∫_{−1}^0 e^{L/T} ∫_{−2}^x e^{−L/T}, by Gauss–Legendre
/// quadrature of 20 points in 200 and 400 panels: 6.67316232263825e-44.
#[test]
fn a_basin_cut_by_the_domain_is_the_condition() {
    let question = |valley: &str| {
        format!(
            "[landscape]\nexpression = \"(x^2-1)^2 + y^2\"\ndimension = 2\n[noise]\nkind = \"isotropic\"\ntemperature = 0.01\n\
             [domain]\nlower = [-2.0, -2.0]\nupper = [0.5, 2.0]\n[grid]\ncells = [256, 64]\nscheme = \"flux-corrected\"\n\
             [valley]\nminimum = [-1.0, 0.0]\n{valley}\n[solve]\nquantities = [\"rate\"]\n"
        )
    };
    let ((basin, _), (condition, _)) = (rate(&question("")), rate(&question("set = \"x < 0\"")));
    assert_relative_eq!(basin, condition, max_relative = 1e-12);
    assert_relative_eq!(basin, 6.67316232263825e-44, max_relative = 1e-11);
}

/// The closure of theorem 3.2 in the plane asks for the valley wherever it asks for D.
#[test]
fn frozen_noise_knows_its_valley() {
    let text = "[landscape]\nexpression = \"(x^2-1)^2 + y^2\"\ndimension = 2\n[noise]\nkind = \"frozen\"\nlearning_rate = 0.1\n\
                batch_size = 1\ns = 0.5\n[domain]\nlower = [-2.0, -2.0]\nupper = [2.0, 2.0]\n[valley]\nminimum = [-1.0, 0.0]\n";
    let problem = Config::from_text(Path::new("test.toml"), text, &[]).unwrap().problem().unwrap();
    for at in spread([-2.0; 2], [2.0; 2], 500) {
        let [x, y] = at;
        // η/2 times the Hessian at the minimum, diag(8, 2), or its absolute value at the saddle, diag(4, 2).
        let is_inside = x < 0.0 && (x * x - 1.0).powi(2) + y * y < 0.5;
        assert_relative_eq!(problem.noise.tensor(at).xx, if is_inside { 0.4 } else { 0.2 }, max_relative = 1e-12);
    }
}

/// A drift's basin is the same wherever the origin is: as accurate as the coordinates are, and by its outline, without a
/// descent from every cell.
#[test]
fn a_basin_of_a_drift_far_from_the_origin() {
    let found = |offset: f64| {
        let (x, y) = (format!("(x-({offset:?}))"), format!("(y-({:?}))", offset / 25.0));
        let [left, low] = [offset - 1.0, offset / 25.0 + 0.6];
        rate(&format!(
            "[landscape]\ndrift = [\"-(4*{x}*({x}^2-1)+0.2)+1.6*{x}*({y}-0.4*{x}^2)\", \"-2*({y}-0.4*{x}^2)-0.5*{x}\"]\n\
             [noise]\nkind = \"expression\"\nd11 = \"0.15*(1+0.3*sin({x}))\"\nd12 = \"0.03*cos({x}+{y})\"\nd22 = \"0.12*(1+0.2*cos({y}))\"\n\
             [domain]\nlower = [{:?}, {:?}]\nupper = [{:?}, {:?}]\n[grid]\ncells = [40, 36]\n\
             [valley]\nminimum = [{left:?}, {low:?}]\nset = \"basin\"\n[solve]\nquantities = [\"rate\"]\n",
            left - 0.9,
            low - 1.9,
            left + 2.9,
            low + 1.7
        ))
        .0
    };
    let at_origin = found(0.0);
    for offset in [1e3, 16667.0, 1e5] {
        assert_relative_eq!(found(offset), at_origin, max_relative = 1e-8);
    }
}
