//! Dividing surfaces by their arcs: shares and widths by quadrature, one flux across every surface, Rule 1, the line
//! q⁺ = ½ beside the separatrix.

use saddleflux::config::Config;
use saddleflux::observe::dividing::{DISTANCE, HALF, SurfaceFlux};
use saddleflux::observe::over_grid::POSITION;
use saddleflux::progress::Progress;
use saddleflux::study::{self, Solution};

use crate::reactive::integral;

fn solved(text: &str) -> Solution {
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap()
}

fn surfaces(solution: &Solution) -> &[SurfaceFlux] {
    &solution.committor.as_ref().unwrap().surfaces
}

/// U' = 8(y + 1)(y − 0.4)(y − 1).
fn across(y: f64) -> f64 {
    8.0 * (y.powi(4) / 4.0 - 0.4 * y.powi(3) / 3.0 - y * y / 2.0 + 0.4 * y)
}

/// L = (x² − 1)² + U(y): the flux at (x, y) is proportional to e^{−U/T} on every line of the same x, and parts at the
/// maximum of U, which is not halfway between the two saddles.
#[test]
fn arcs_between_parallel_passes_by_quadrature() {
    const T: f64 = 0.07;
    let solution = solved(
        "landscape = { expression = '(x^2-1)^2 + 8*(y^4/4 - 0.4*y^3/3 - y^2/2 + 0.4*y)' }
        noise = { kind = 'isotropic', temperature = 0.07 }
        domain = { lower = [-1.8, -2.0], upper = [1.8, 2.0] }
        grid = { cells = [90, 240] }
        solve = { quantities = ['committor'], error_estimate = false }
        committor = { from = { set = 'x < -0.9' }, to = { set = 'x > 0.9' }, surfaces = ['x < 0.07', 'x + 0.05*y < 0.03'] }",
    );
    let phi = |y: f64| across(y) / T;
    let mass = |range: [f64; 2]| integral(range, -1.0, &phi, &|_| 1.0);
    let (left, right) = ([-2.0, 0.4], [0.4, 2.0]);
    let total = mass([-2.0, 2.0]);
    let flux = solution.committor.as_ref().unwrap().numbers().flux.value();
    assert_eq!(surfaces(&solution).len(), 3, "the basin of one valley does not part sets of two");
    for (number, surface) in surfaces(&solution).iter().enumerate() {
        assert_relative_eq!(surface.flux, flux, epsilon = 0.0, max_relative = 1e-10);
        assert_eq!(surface.arcs.len(), 2, "{}", surface.surface);
        // Each arc with the saddle of its side, the lower one first; 1e-18 of the flux takes the other.
        for (arc, (range, middle)) in surface.arcs.iter().zip([(left, -1.0), (right, 1.0)]) {
            assert_eq!(arc.saddles.len(), 1);
            let (share, tolerance) = (mass(range).over(total).value(), if number < 2 { 1e-3 } else { 1e-2 });
            assert_relative_eq!(arc.share, share, epsilon = 0.0, max_relative = tolerance);
            let moment = |power: i32| integral(range, -1.0, &phi, &|y| (y - middle).powi(power));
            // The first moment has either sign.
            let mean = |power: i32| moment(power).over(mass(range)).value();
            let width = (mean(2) - mean(1) * mean(1)).sqrt();
            assert_relative_eq!(arc.width.unwrap(), width, epsilon = 0.0, max_relative = 5e-3);
        }
        // √(T/U'') at y = −1 and 1.
        for (arc, curvature) in surface.arcs.iter().zip([22.4f64, 9.6]) {
            assert_relative_eq!(arc.gaussian_width.unwrap(), (T / curvature).sqrt(), max_relative = 1e-9);
        }
    }
}

/// On L = 3(x² + y² − 1)² + y² + y/20 two passes lead from (−1, 0) to (1, 0), around a maximum: the rates over them
/// are each Kramers' of its own saddle, and add to the sum that the formula takes.
#[test]
fn rule_1_saddle_by_saddle() {
    let text = |quantity: &str| {
        format!(
            "landscape = {{ expression = '3*(x^2+y^2-1)^2 + y^2 + 0.05*y' }}
            noise = {{ kind = 'isotropic', temperature = 0.04 }}
            domain = {{ lower = [-1.7, -1.7], upper = [1.7, 1.7] }}
            grid = {{ cells = [128, 128] }}
            solve = {{ quantities = ['{quantity}'], error_estimate = false }}
            valley = {{ minimum = [-1, 0] }}"
        )
    };
    // Along x = 0: U(y) = 3(y² − 1)² + y² + y/20, and across it H_xx = 12(y² − 1).
    let slope = |y: f64| 12.0 * y * (y * y - 1.0) + 2.0 * y + 0.05;
    let saddle = |mut y: f64| {
        for _ in 0..50 {
            y -= slope(y) / (36.0 * y * y - 10.0);
        }
        y
    };
    let loss = |x: f64, y: f64| 3.0 * (x * x + y * y - 1.0).powi(2) + y * y + 0.05 * y;
    // The minimum by Newton's method in both: x ≠ 0 gives x² + y² = 1, and then 2y + 1/20 = 0.
    let (y, x) = (-0.025, -(1.0f64 - 0.025 * 0.025).sqrt());
    let at_minimum = 24.0 * x * x * (24.0 * y * y + 2.0) - (24.0 * x * y).powi(2);
    let kramers = |y_s: f64| {
        let (falling, rising) = (12.0 * (1.0 - y_s * y_s), 36.0 * y_s * y_s - 10.0);
        let barrier = loss(0.0, y_s) - loss(x, y);
        falling / (2.0 * std::f64::consts::PI) * (at_minimum / (falling * rising)).sqrt() * (-barrier / 0.04).exp()
    };
    let expected = [saddle(-0.9), saddle(0.9)].map(kramers);
    let reactive = solved(&text("committor"));
    let rate = reactive.committor.as_ref().unwrap().numbers().rate.value();
    for surface in surfaces(&reactive) {
        assert_eq!(surface.arcs.len(), 2, "{}", surface.surface);
        // By finite volumes of another kind on 300² cells, in SciPy: the rate 1.27925e-10, and what crosses x = 0 below
        // the maximum.
        assert_relative_eq!(rate, 1.27925e-10, epsilon = 0.0, max_relative = 2e-3);
        for (arc, share) in surface.arcs.iter().zip([0.904_241, 0.095_759]) {
            assert_relative_eq!(arc.share, share, epsilon = 0.0, max_relative = 5e-3);
        }
        for (arc, expected) in surface.arcs.iter().zip(expected) {
            assert_relative_eq!(arc.kramers.unwrap(), expected, epsilon = 0.0, max_relative = 1e-9);
            assert_relative_eq!(arc.ratio.unwrap(), arc.share * rate / expected, epsilon = 0.0, max_relative = 1e-9);
            assert!((arc.ratio.unwrap() - 1.0).abs() < 0.05, "{}: {arc:?}", surface.surface);
        }
    }
    let killed = solved(&text("rate"));
    let flux = killed.flux.as_ref().unwrap();
    assert_relative_eq!(flux.by_saddle.iter().map(|share| share.1).sum::<f64>(), flux.total, max_relative = 1e-12);
    assert_eq!(flux.arcs.len(), 2);
    for (arc, expected) in flux.arcs.iter().zip(expected) {
        assert_relative_eq!(arc.kramers.unwrap(), 2.0 * expected, epsilon = 0.0, max_relative = 1e-9);
        assert!((arc.ratio.unwrap() - 1.0).abs() < 0.08, "{arc:?}");
    }
}

/// In L = (x² − 1)² + x/5 + 2y² the committor depends on x alone: the line q⁺ = ½ stands where half of ∫ e^{L/T} is
/// behind it, so far from the separatrix, the root of L'.
#[test]
fn the_line_of_one_half_and_its_distance_from_the_separatrix() {
    let solution = solved(
        "landscape = { expression = '(x^2-1)^2 + 0.2*x + 2*y^2' }
        noise = { kind = 'isotropic', temperature = 0.15 }
        domain = { lower = [-2.0, -1.5], upper = [2.0, 1.5] }
        grid = { cells = [256, 96] }
        solve = { quantities = ['committor'], error_estimate = false }
        committor = { from = { set = 'x < -0.9' }, to = { set = 'x > 0.4' } }",
    );
    let phi = |x: f64| ((x * x - 1.0).powi(2) + 0.2 * x) / 0.15;
    let part = |x: f64| integral([-0.9, x], 1.0, &phi, &|_| 1.0).value();
    let (whole, [mut low, mut high]) = (part(0.4), [-0.9, 0.4]);
    let mut separatrix = 0.05;
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if part(middle) < 0.5 * whole {
            low = middle
        } else {
            high = middle
        }
        separatrix -=
            (4.0 * separatrix * (separatrix * separatrix - 1.0) + 0.2) / (12.0 * separatrix * separatrix - 4.0);
    }
    let group = solution.groups.iter().find(|group| group.name == HALF).unwrap();
    let (positions, distances) = (group.values(&POSITION[0].name).unwrap(), group.values(&DISTANCE.name).unwrap());
    assert!(positions.len() > 40);
    for (position, distance) in positions.iter().zip(distances) {
        assert!((position - low).abs() < 1e-4, "{position} {low}");
        assert!((distance - (low - separatrix)).abs() < 1e-4 && *distance < 0.0, "{distance} {}", low - separatrix);
    }
    let [half, basin] = surfaces(&solution) else { panic!("{:?}", surfaces(&solution)) };
    assert!((half.distance.unwrap() - (low - separatrix)).abs() < 1e-4);
    assert_relative_eq!(half.flux, basin.flux, epsilon = 0.0, max_relative = 1e-10);
    assert_eq!((half.arcs.len(), basin.arcs.len()), (1, 1));
    // The y chain is stationary: a Gaussian of the assumed width itself.
    assert_relative_eq!(basin.arcs[0].width.unwrap(), basin.arcs[0].gaussian_width.unwrap(), max_relative = 1e-6);
}

#[test]
fn a_surface_that_does_not_part_the_sets_is_refused() {
    let text = "landscape = { expression = '(x^2-1)^2 + 2*y^2' }
        noise = { kind = 'isotropic', temperature = 0.15 }
        grid = { cells = [40, 40] }
        solve = { quantities = ['committor'], error_estimate = false }
        committor = { from = { set = 'x < -0.9' }, to = { set = 'x > 0.9' }, surfaces = ['x > 0'] }";
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    let error = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap_err();
    let told = saddleflux::config::advice::on_study(&error);
    assert_eq!((told.key.as_deref(), told.exit_status), (Some("committor.surfaces"), 2));
    assert!(told.message.contains("x > 0"), "{}", told.message);
}

/// A wall at x = 0 in L = (x² − 1)² + U(y) is crossed in proportion to e^{−U/T}.
#[test]
fn flux_along_a_wall_is_the_gaussian_where_it_is_one() {
    let solution = solved(
        "landscape = { expression = '(x^2-1)^2 + 3*y^2' }
        noise = { kind = 'isotropic', temperature = 0.05 }
        domain = { lower = [-2.0, -1.5], upper = [0.0, 1.5], walls = { x = ['reflecting', 'absorbing'] } }
        grid = { cells = [64, 120], scheme = 'inverse-average' }
        solve = { quantities = ['rate'], error_estimate = false }
        valley = { minimum = [-1, 0], set = 'whole' }",
    );
    let flux = solution.flux.unwrap();
    let arc = &flux.arcs[0];
    assert_eq!((flux.arcs.len(), arc.saddles.len()), (1, 1));
    assert_relative_eq!(arc.width.unwrap(), (0.05f64 / 6.0).sqrt(), max_relative = 1e-9);
    let largest = flux.gaussian.iter().copied().fold(0.0, f64::max);
    // Bins two cells wide with quadratic weights broaden the peak: σ² grows by (2h)²/4.
    for (density, gaussian) in flux.density.iter().zip(&flux.gaussian) {
        assert!((density - gaussian).abs() < 0.05 * largest, "{density:e} {gaussian:e}");
    }
}
