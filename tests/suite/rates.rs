//! Rates against exact answers and independent quadrature: what the program is for.

use approx::assert_relative_eq;
use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::formula::Condition;
use saddleflux::generator::Pair;
use saddleflux::observe::field::QUASI_STATIONARY;
use saddleflux::progress::Progress;
use saddleflux::solve::Resources;
use saddleflux::study::request::Scheme;
use saddleflux::study::{self, Solution, Warning, level, memory};

fn solve(text: &str) -> Solution {
    let config = Config::from_text(std::path::Path::new("test.toml"), text, &[]).unwrap();
    match study::run(&config.problem().unwrap(), &config.request, &Progress::default()) {
        Ok(solution) => solution,
        Err(error) => panic!("{error}\n{text}"),
    }
}

fn rate(solution: &Solution) -> f64 {
    solution.rate.as_ref().unwrap().value.value()
}

fn extrapolated(solution: &Solution) -> f64 {
    solution.rate.as_ref().unwrap().extrapolated.unwrap().value()
}

/// Method, section 9: T, γ, 1/τ from a, by spectral quadrature to 13 digits.
const STYBLINSKI_TANG: [(f64, f64, f64); 6] = [
    (20.0, 0.99251335022766, 0.94695886709942),
    (5.0, 2.7211472061462e-3, 2.7202065313071e-3),
    (2.0, 2.0901853957861e-8, 2.0901853881719e-8),
    (1.0, 5.9759259140248e-17, 5.9759259140247e-17),
    (0.3, 7.776563206716e-57, 7.776563206715e-57),
    (0.1, 8.45116866288e-171, 8.45116866288e-171),
];

fn styblinski_tang(temperature: f64, cells: usize) -> Solution {
    // The left wall stands where e^{−φ} is below 1e-30 of its peak.
    let lower = if temperature > 3.0 { -9.0 } else { -5.5 };
    solve(&format!(
        "landscape = {{ kind = 'styblinski-tang', dimension = 1 }}
         noise = {{ kind = 'isotropic', temperature = {temperature} }}
         domain = {{ lower = [{lower}], upper = [0.15673125128124467], walls = {{ x = ['reflecting', 'absorbing'] }} }}
         grid = {{ cells = [{cells}] }}"
    ))
}

#[test]
fn analytical_styblinski_tang_table() {
    for (temperature, expected, expected_passage) in STYBLINSKI_TANG {
        let solution = styblinski_tang(temperature, 2000);
        let found = solution.rate.as_ref().unwrap();
        let passage = solution.passage.as_ref().unwrap();
        // The table itself is rounded to 12–14 digits.
        let printed = 3e-13;
        let error = (found.value.value() / expected - 1.0).abs();
        assert!(error <= found.discretisation_error.unwrap() + printed, "T = {temperature}: {error:e} {found:?}");
        let passage_error = (passage.rate.value() / expected_passage - 1.0).abs();
        assert!(
            passage_error <= passage.discretisation_error.unwrap() + printed,
            "T = {temperature}: {passage_error:e}"
        );
        if temperature <= 2.0 {
            assert!(error < 1e-11 && passage_error < 1e-11, "T = {temperature}: {error:e} {passage_error:e}");
        } else {
            assert_relative_eq!(found.extrapolated.unwrap().value(), expected, max_relative = 1e-8);
            assert_relative_eq!(passage.extrapolated.unwrap().value(), expected_passage, max_relative = 1e-8);
        }
        let width = found.bracket[1] - found.bracket[0];
        assert!(width <= 1e-12 && found.flux_identity < 1e-12, "{found:?}");
    }
}

#[test]
fn analytical_cold_styblinski_tang_on_few_cells() {
    for (temperature, expected, _) in STYBLINSKI_TANG.into_iter().filter(|row| row.0 <= 1.0) {
        // At T = 0.1 the density is 0.05 wide, 128 cells of 0.044: the sums need a few cells more.
        let cells = if temperature < 0.2 { 192 } else { 128 };
        let error = (rate(&styblinski_tang(temperature, cells)) / expected - 1.0).abs();
        assert!(error < 1e-12, "T = {temperature}: {error:e}");
    }
}

/// A barrier ten times as sharp as the wells that it parts, 1.2 cells wide: 1/τ by 30-digit arithmetic (mpmath 1.3, Gauss–Legendre panels of
/// 96 nodes).
#[test]
fn analytical_sharp_barrier() {
    for noise in ["kind = 'isotropic', temperature = 0.05", "kind = 'expression', d11 = '0.05 + 0*x'"] {
        for (cells, tolerance) in [(128, 1e-10), (256, 3e-13)] {
            let solution = solve(&format!(
                "landscape = {{ expression = 'exp(-50*x^2) + 0.125*(x^2 - 1)^2' }}
                 noise = {{ {noise} }}
                 domain = {{ lower = [-3.0], upper = [1.0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
                 grid = {{ cells = [{cells}] }}
                 valley = {{ set = 'x < 1', minimum = [-1.0] }}"
            ));
            let rate = solution.passage.as_ref().unwrap().rate.value();
            assert_relative_eq!(rate, 2.480702366033462e-10, max_relative = tolerance);
        }
    }
}

/// A separable problem in two dimensions has the rate of its x chain, on the same cells, to rounding.
#[test]
fn analytical_separable_double_well() {
    let text = |dimension: usize, temperature: f64, cells: &str| {
        let y = |value: f64| if dimension == 2 { format!(", {value:?}") } else { String::new() };
        format!(
            "landscape = {{ kind = 'double-well', dimension = {dimension} }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-2.0{}], upper = [0.0{}], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = {cells} }}
             solve = {{ quantities = ['rate'], error_estimate = false }}",
            y(-2.0),
            y(2.0)
        )
    };
    for (nx, ny, temperature) in
        [(64, 128, 0.05), (64, 128, 0.02), (128, 256, 0.01), (128, 256, 0.004), (256, 512, 0.004), (512, 1024, 0.01)]
    {
        let line = rate(&solve(&text(1, temperature, &format!("[{nx}]"))));
        let plane = rate(&solve(&text(2, temperature, &format!("[{nx}, {ny}]"))));
        assert_relative_eq!(plane, line, max_relative = 1e-13);
    }
}

/// Itô, Stratonovich and isothermal with D(θ) varying by a factor of 3, against the quadrature, killed at one end and at both.
#[test]
fn three_interpretations_against_the_quadrature() {
    for interpretation in ["ito", "stratonovich", "isothermal"] {
        for walls in ["'reflecting', 'absorbing'", "'absorbing', 'absorbing'"] {
            let solution = solve(&format!(
                "landscape = {{ kind = 'double-well', dimension = 1 }}
                 noise = {{ kind = 'expression', d11 = '0.1*(1 + 0.5*sin(3*x))', interpretation = '{interpretation}' }}
                 domain = {{ lower = [-1.9], upper = [0.7], walls = {{ x = [{walls}] }} }}
                 grid = {{ cells = [800] }}"
            ));
            let check = solution.quadrature.unwrap();
            let found = solution.rate.as_ref().unwrap();
            assert_relative_eq!(check.escape_ratio.unwrap(), 1.0, epsilon = 2e-9);
            assert_relative_eq!(check.ratio.unwrap(), 1.0, epsilon = 2e-9);
            let error = (found.value.over(check.escape_rate.unwrap()).value() - 1.0).abs();
            assert!(error <= found.discretisation_error.unwrap(), "{interpretation} {walls}: {error:e} {found:?}");
        }
    }
}

/// L = ½ωθ², D = d: killed at the nodes of the n-th Hermite function the slowest rate is nω.
#[test]
fn analytical_ornstein_uhlenbeck_rates() {
    let node = (0.3f64 / 1.5).sqrt();
    for (order, lower, upper, walls) in
        [(1.0, -3.5, 0.0, "'reflecting', 'absorbing'"), (2.0, -node, node, "'absorbing', 'absorbing'")]
    {
        let solution = solve(&format!(
            "landscape = {{ kind = 'quadratic', hessian = 1.5 }}
             noise = {{ kind = 'isotropic', temperature = 0.3 }}
             domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = [{walls}] }} }}
             grid = {{ cells = [400] }}"
        ));
        assert_relative_eq!(extrapolated(&solution), order * 1.5, max_relative = 1e-8);
    }
}

/// The same rate in the plane along an oblique direction: H of eigenvalue ω along it, killed on the oblique line through 0.
#[test]
fn analytical_rotated_ornstein_uhlenbeck() {
    let solution = solve(
        "landscape = { kind = 'rotated-quadratic', curvatures = [1.0, 2.0], angle = 30 }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-2.2, -2.2], upper = [2.2, 2.2] }
         grid = { cells = [120, 120] }
         valley = { set = 'x*cos(pi/6) + y*sin(pi/6) <= 0' }
         solve = { quantities = ['rate'] }",
    );
    assert_relative_eq!(extrapolated(&solution), 1.0, max_relative = 1e-3);
}

#[test]
fn analytical_free_diffusion() {
    let pi = std::f64::consts::PI;
    let interval = |walls: &str| {
        solve(&format!(
            "landscape = {{ expression = '0*x' }}
             noise = {{ kind = 'isotropic', temperature = 0.7 }}
             domain = {{ lower = [0.0], upper = [2.0], walls = {{ x = [{walls}] }} }}
             grid = {{ cells = [200] }}"
        ))
    };
    let both = interval("'absorbing', 'absorbing'");
    assert_relative_eq!(extrapolated(&both), 0.7 * pi * pi / 4.0, max_relative = 1e-8);
    assert_relative_eq!(
        extrapolated(&interval("'reflecting', 'absorbing'")),
        0.7 * pi * pi / 16.0,
        max_relative = 1e-8
    );
    let rectangle = solve(
        "landscape = { expression = '0*x', dimension = 2 }
         noise = { kind = 'isotropic', temperature = 0.7 }
         domain = { lower = [0, 0], upper = [2, 1], walls = { x = 'absorbing', y = ['reflecting', 'absorbing'] } }
         grid = { cells = [64, 32] }",
    );
    assert_relative_eq!(extrapolated(&rectangle), 0.7 * pi * pi * (0.25 + 0.25), max_relative = 1e-6);
}

/// L = (x² − 1)² + 2(y − 0.4x² + 0.1x)², left for x > 0.8: γ by Rayleigh–Ritz on polynomials in 96-digit arithmetic.
#[test]
fn a_cold_curved_valley_to_nine_digits() {
    let solve = |temperature: f64, align: &str| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.9, -0.9], upper = [1.3, 1.9] }}
             valley = {{ minimum = [-1, 0.5], set = 'x < 0.8' }}
             grid = {{ cells = [128, 128], scheme = 'flux-corrected', align = {align} }}
             solve = {{ quantities = ['rate'] }}"
        ))
    };
    for (temperature, expected) in [(0.1, 3.869638279582e-5), (0.05, 1.8045188243e-9)] {
        let axes = solve(temperature, "'axes'");
        assert_relative_eq!(rate(&axes), expected, max_relative = 1e-10);
        assert_relative_eq!(extrapolated(&axes), expected, max_relative = 1e-10);
        assert_relative_eq!(rate(&solve(temperature, "'saddle'")), expected, max_relative = 2e-9);
        let oblique = solve(temperature, "45");
        assert_relative_eq!(rate(&oblique), expected, max_relative = 1e-8);
        assert!(oblique.rate.unwrap().discretisation_error.unwrap() > 3e-9);
    }
}

/// Steep up to the wall, J is lost in rounding one or two cells below the edges that make the rate: it must not reach them.
#[test]
fn rounding_in_the_well_does_not_reach_the_corrected_exit() {
    for (temperature, cells) in [(0.04, 32), (0.04, 64), (0.01, 32), (0.01, 64), (0.01, 192), (0.02, 96)] {
        for (sign, lower, upper, walls) in
            [('+', -1.2, 2.0, "['reflecting', 'absorbing']"), ('-', -2.0, 1.2, "['absorbing', 'reflecting']")]
        {
            let solution = solve(&format!(
                "landscape = {{ expression = 'x^2/2 {sign} x^3/6', dimension = 1 }}
                 noise = {{ kind = 'isotropic', temperature = {temperature} }}
                 domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = {walls} }} }}
                 grid = {{ cells = [{cells}], scheme = 'flux-corrected' }}
                 solve = {{ error_estimate = false }}"
            ));
            let expected = solution.quadrature.as_ref().unwrap().escape_rate.unwrap();
            let error = solution.rate.unwrap().value.over(expected).value() - 1.0;
            assert!(error.abs() < 1e-6, "{sign}x³, T = {temperature}, {cells} cells: {error:e}");
        }
    }
}

/// The same valley at T = 0.2 between walls that probability leans on: they leave a part of second order, which on few grids hides
/// behind the sixth. γ by Rayleigh–Ritz as above, with natural boundary conditions.
#[test]
fn what_reflecting_walls_leave_is_in_the_stated_error() {
    for cells in [32, 64, 96, 128] {
        let solution = solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.2 }}
             domain = {{ lower = [-1.9, -0.9], upper = [1.3, 1.5] }}
             valley = {{ minimum = [-1, 0.5], set = 'x < 0.8' }}
             grid = {{ cells = [{cells}, {cells}], scheme = 'flux-corrected' }}
             solve = {{ quantities = ['rate'] }}"
        ));
        let stated = solution.rate.as_ref().unwrap().discretisation_error.unwrap();
        let error = (rate(&solution) / 5.39698284991e-3 - 1.0).abs();
        assert!(error < stated && error > 5e-8, "{cells} cells: {error:e}, stated {stated:e}");
        // Nothing is gained by taking away what looks like a high order.
        assert_eq!(extrapolated(&solution), rate(&solution), "{cells} cells");
    }
}

/// Two ways out, both below the range of numbers: what is killed at one end crosses the well to the other as a rate of 1e-860.
#[test]
fn two_exits_below_the_range_of_numbers() {
    for (lower, temperature) in [(-1.0, 0.001), (-1.0001, 0.001), (-0.99, 0.001), (-1.0, 0.0013), (-1.0, 1e-4)] {
        let solution = solve(&format!(
            "landscape = {{ expression = 'x^2', dimension = 1 }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [{lower}], upper = [1], walls = {{ x = 'absorbing' }} }}
             grid = {{ cells = [1000] }}"
        ));
        let check = solution.quadrature.as_ref().unwrap();
        let error = check.escape_ratio.unwrap() - 1.0;
        assert!(error.abs() < 1e-12, "{lower}, T = {temperature}: {error:e}");
        assert!((check.ratio.unwrap() - 1.0).abs() < 1e-12);
    }
    // What the boundary leaves of it cannot be told, and is not made up.
    let corrected = solve(
        "landscape = { expression = '(x^2-1)^2', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.001 }
         domain = { lower = [-2], upper = [0.01], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [1024], scheme = 'flux-corrected' }",
    );
    let error = corrected.quadrature.unwrap().escape_ratio.unwrap() - 1.0;
    let stated = corrected.rate.unwrap().discretisation_error.unwrap();
    assert!(error.abs() < stated && stated < 1e-6, "{error:e}, stated {stated:e}");
}

/// Warm, an automatic domain is far wider than the box that critical points are looked for in; the basin goes on to its walls.
#[test]
fn basins_fill_wide_domains() {
    for (temperature, most) in [(5.0, 1e-5), (20.0, 1e-5), (100.0, 2e-5)] {
        let on = |dimension: usize, cells: &str| {
            solve(&format!(
                "landscape = {{ kind = 'double-well', dimension = {dimension} }}
                 noise = {{ kind = 'isotropic', temperature = {temperature} }}
                 valley = {{ absorb = 'boundary' }}
                 grid = {{ cells = {cells} }}
                 solve = {{ quantities = ['rate'] }}"
            ))
        };
        // Separable: γ is that of x alone.
        let expected = on(1, "[400]").quadrature.unwrap().escape_rate.unwrap();
        let error = extrapolated(&on(2, "[200, 40]")) / expected.value() - 1.0;
        assert!(error.abs() < most, "T = {temperature}: {error:e}");
    }
}

/// A loss that rises by 1e43: its edges are far from resolved, and nothing of it overflows. Where probability is, the wall may as well
/// stand at −2.5.
#[test]
fn walls_of_any_height_are_walls() {
    let on = |lower: f64, noise: &str| {
        solve(&format!(
            "landscape = {{ expression = 'exp(x^2)', dimension = 1 }}
             noise = {{ {noise} }}
             domain = {{ lower = [{lower}], upper = [1], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [1100] }}
             solve = {{ quantities = ['rate'] }}"
        ))
    };
    let white = "kind = 'isotropic', temperature = 1";
    let expected = on(-2.5, white).quadrature.unwrap().escape_rate.unwrap().value();
    for noise in [white, "kind = 'expression', d11 = '1 + 1e-12*x'"] {
        let error = extrapolated(&on(-10.0, noise)) / expected - 1.0;
        assert!(error.abs() < 1e-6, "{noise}: {error:e}");
    }
}

/// The boundary of a set with a hole is two circles and nothing between them, and all of the flux passes them.
#[test]
fn the_boundary_around_a_hole_is_a_piece_of_its_own() {
    let solution = solve(
        "landscape = { expression = '2*(sqrt(x^2+y^2+1e-8) - 1.2)^2 + 0.1*x' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-2.5, -2.5], upper = [2.5, 2.5] }
         valley = { minimum = [-1.2, 0], set = 'x^2+y^2 < 4 and not ((x+0.3)^2 + (y-0.1)^2 < 0.25)' }
         grid = { cells = [100, 100] }
         solve = { quantities = ['rate'], error_estimate = false }",
    );
    let flux = solution.flux.unwrap();
    let radius = |k: usize| flux.position[k][0].hypot(flux.position[k][1]);
    let off_hole = |k: usize| (flux.position[k][0] + 0.3).hypot(flux.position[k][1] - 0.1);
    let strays =
        (0..flux.position.len()).filter(|&k| (radius(k) - 2.0).abs() > 0.02 && (off_hole(k) - 0.5).abs() > 0.02);
    assert_eq!(strays.count(), 0);
    let circles = 2.0 * std::f64::consts::PI * 2.5;
    assert!((flux.arc.last().unwrap() / circles - 1.0).abs() < 0.02, "{:?} of {circles}", flux.arc.last());
}

/// Of a set in two parts only the one with the minimum counts.
#[test]
fn parts_that_are_not_connected_with_the_minimum_are_left_out() {
    let solution = solve(
        "landscape = { expression = '(x^2-1)^2 + y^2' }
         noise = { kind = 'isotropic', temperature = 0.3 }
         domain = { lower = [-2, -2], upper = [2, 2] }
         valley = { minimum = [-1, 0], set = 'x < 0 or x > 1' }
         grid = { cells = [40, 40] }
         solve = { quantities = ['rate'], error_estimate = false }",
    );
    assert_eq!(solution.unknowns, 20 * 40);
}

/// So cold that no edge is where the density is nor near the saddle: nothing is resolved, which is to be said.
#[test]
fn a_grid_that_resolves_nothing_is_warned_of() {
    let solution = solve(
        "landscape = { expression = '(x^2-1)^2', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.001 }
         domain = { lower = [-2.0], upper = [0.0], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [15] }
         solve = { error_estimate = false }",
    );
    assert!(solution.peclet.max > 100.0 && solution.peclet.relevant == solution.peclet.max);
    assert!(
        solution.warnings.iter().any(|warning| matches!(warning, Warning::Peclet { .. })),
        "{:?}",
        solution.warnings
    );
}

/// Memory is refused by what it will take: with the correction, pairs twice and the moments of each.
#[test]
fn the_correction_counts_in_the_memory() {
    let text = "landscape = { expression = '(x^2-1)^2 + y^2' }
                noise = { kind = 'isotropic', temperature = 0.1 }
                domain = { lower = [-2, -2], upper = [0, 2], walls = { x = ['reflecting', 'absorbing'] } }
                grid = { cells = [100, 100] }";
    let config = Config::from_text(std::path::Path::new("test.toml"), text, &[]).unwrap();
    let problem = config.problem().unwrap();
    let bytes = |scheme| memory::estimate([1000, 1000], &problem, scheme) / 1e6;
    let added = bytes(Scheme::FLUX_CORRECTED) - bytes(Scheme::INVERSE_AVERAGE);
    let held = 2 * (size_of::<Pair>() + size_of::<[f64; 4]>());
    assert!((held as f64..1.5 * held as f64).contains(&added), "{added} bytes a cell for {held}");
}

/// What is left of second order is known in size. Of the dissipation: γ of this valley, which narrows towards the saddle while
/// probability leans on the walls across, by Rayleigh–Ritz with natural boundary conditions.
#[test]
fn what_reflecting_walls_leave_is_known_in_size() {
    let text = "landscape = { expression = '(x^2-1)^2 + (0.5 + 4*x^2)*y^2' }
                noise = { kind = 'isotropic', temperature = 0.2 }
                domain = { lower = [-1.9, -1.5], upper = [0, 0.7], walls = { x = ['reflecting', 'absorbing'] } }
                grid = { cells = [96, 96], scheme = 'flux-corrected' }";
    let config = Config::from_text(std::path::Path::new("test.toml"), text, &[]).unwrap();
    let problem = config.problem().unwrap();
    let resources = Resources { memory: 1 << 30, workspace: &Workspace::default(), progress: &Progress::default() };
    let level = level::solve(&config.request, &problem, [96, 96], resources).unwrap();
    let walls = level.found.boundary.walls;
    let error = level.found.quasi_stationary.unwrap().rate.value() / 2.43540354e-2 - 1.0;
    // What the walls leave has either sign, and sizes are added.
    assert!((1.0..1.5).contains(&(walls / error.abs())), "{error:e}, {walls:e}");
}

/// Probability leans on walls oblique to the grid, and the flux leaves through one: what they leave differs from grid to grid by chance,
/// and is in the stated error. The walls across do not matter to γ, which is that of the x chain.
#[test]
fn what_oblique_walls_leave_is_in_the_stated_error() {
    let line = solve(
        "landscape = { expression = '(x^2-1)^2' }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-1.5], upper = [0.4], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [3000] }",
    );
    let expected = line.quadrature.unwrap().escape_rate.unwrap().value();
    for (scheme, angle) in ["flux-corrected", "inverse-average"].into_iter().flat_map(|s| [5, 30, 45].map(|a| (s, a))) {
        for cells in [48, 64, 96, 128] {
            let solution = solve(&format!(
                "landscape = {{ expression = '(x^2-1)^2 + y^2' }}
                 noise = {{ kind = 'isotropic', temperature = 0.2 }}
                 domain = {{ lower = [-1.5, -0.5], upper = [0.4, 0.7], walls = {{ x = ['reflecting', 'absorbing'] }} }}
                 grid = {{ cells = [{cells}, {cells}], scheme = '{scheme}', align = {angle} }}"
            ));
            let error = rate(&solution) / expected - 1.0;
            let stated = solution.rate.unwrap().discretisation_error.unwrap();
            assert!(error.abs() < stated, "{scheme}, {angle}°, {cells} cells: {error:e}, stated {stated:e}");
        }
    }
}

/// Beside a saddle on an oblique reflecting wall the flux runs along the wall: grids at two angles differ by no more than they state.
#[test]
fn flux_along_an_oblique_wall_is_in_the_stated_error() {
    let solve = |cells: usize, align: u32| {
        let solution = solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 3*(y - 0.5*(1-x^2))^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.05 }}
             domain = {{ lower = [-1.6, -1.2], upper = [0.8, 0.52] }}
             valley = {{ set = 'x < 0.6', minimum = [-1.0, 0.0] }}
             grid = {{ cells = [{cells}, {cells}], scheme = 'flux-corrected', align = {align} }}"
        ));
        (rate(&solution), solution.rate.unwrap().discretisation_error.unwrap())
    };
    let (straight, stated) = solve(160, 0);
    for (cells, align) in [(64, 20), (96, 30), (128, 20)] {
        let (turned, turned_stated) = solve(cells, align);
        let error = (straight / turned - 1.0).abs();
        assert!(error < stated + turned_stated, "{cells} cells, {align}°: {error:e}, stated {turned_stated:e}");
    }
}

/// A square on the tip of a grid turned by 45°: its walls cut edges in their middles, or go through the centres of cells. γ is twice that
/// of the interval.
#[test]
fn analytical_square_on_its_tip() {
    let line = solve(
        "landscape = { expression = 'x^2/2', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-1.0], upper = [1.0], walls = { x = 'absorbing' } }
         grid = { cells = [100] }",
    );
    let expected = 2.0 * line.quadrature.unwrap().escape_rate.unwrap().value();
    for scheme in ["flux-corrected", "inverse-average"] {
        for cells in [40, 41, 49, 57, 64, 65] {
            let solution = solve(&format!(
                "landscape = {{ expression = '(x^2+y^2)/2' }}
                 noise = {{ kind = 'isotropic', temperature = 0.2 }}
                 domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ x = 'absorbing', y = 'absorbing' }} }}
                 grid = {{ cells = [{cells}, {cells}], scheme = '{scheme}', align = 45 }}"
            ));
            let error = (rate(&solution) / expected - 1.0).abs();
            let stated = solution.rate.unwrap().discretisation_error.unwrap();
            let most = if scheme == "flux-corrected" { 4e-5 } else { 4e-3 };
            assert!(error < stated && error < most, "{scheme}, {cells} cells: {error:e}, stated {stated:e}");
        }
    }
}

/// Turned by a right angle a grid has the same cells, and says the same of its error.
#[test]
fn right_angles_are_no_angles() {
    let solve = |align: f64| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*y^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.2 }}
             domain = {{ lower = [-1.6, -0.5], upper = [0, 0.6], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [48, 48], scheme = 'flux-corrected', align = {align} }}"
        ))
    };
    let straight = solve(0.0);
    let stated = |solution: &Solution| solution.rate.as_ref().unwrap().discretisation_error.unwrap();
    for angle in [90.0, 180.0, -90.0] {
        let turned = solve(angle);
        assert_relative_eq!(rate(&turned), rate(&straight), max_relative = 1e-12);
        assert_relative_eq!(stated(&turned), stated(&straight), max_relative = 1e-3);
    }
}

/// A kink between two centres: grids agree on a wrong number, and the quadrature tells.
#[test]
fn what_the_quadrature_shows_is_in_the_stated_error() {
    let solution = solve(
        "landscape = { expression = 'abs(abs(x)-1) + 0.1*x', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.05 }
         domain = { lower = [-4.0], upper = [0.3], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [64] }",
    );
    let quadrature = solution.quadrature.unwrap().escape_rate.unwrap().value();
    let found = solution.rate.unwrap();
    let away = |value: f64| (value / quadrature - 1.0).abs();
    assert!(away(found.value.value()) > 0.03 && found.discretisation_error.unwrap() >= away(found.value.value()));
    assert!(away(found.extrapolated.unwrap().value()) <= away(found.value.value()) * (1.0 + 1e-12));
}

/// Two wells that exchange e^{-50} and less while they lose e^{-24} and less: the rate of the set is that of the slower well, wherever
/// the iteration begins, and what the other holds follows.
#[test]
fn the_slower_of_two_wells_makes_the_rate() {
    let solve = |dimension: usize, temperature: f64, tilt: f64, [lower, upper]: [f64; 2], [left, right]: [&str; 2]| {
        let (across, sides, cells) = match dimension {
            1 => ("", ["", ""], format!("{}", (300.0 * (upper - lower)) as usize)),
            _ => (" + 4*y^2", [", -0.8", ", 0.8"], format!("{}, 40", (60.0 * (upper - lower)) as usize)),
        };
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + {tilt}*x{across}' }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [{lower}{}], upper = [{upper}{}], walls = {{ x = ['{left}', '{right}'] }} }}
             grid = {{ cells = [{cells}] }}",
            sides[0], sides[1]
        ))
    };
    let both = ["absorbing"; 2];
    for (dimension, temperature, tilt) in [(1, 0.02, 0.01), (1, 0.02, 1e-4), (1, 0.002, 0.01), (2, 0.02, 0.01)] {
        let whole = solve(dimension, temperature, tilt, [-1.3, 1.3], both);
        let right = solve(dimension, temperature, tilt, [0.0, 1.3], ["reflecting", "absorbing"]);
        assert_relative_eq!(rate(&whole), rate(&right), max_relative = 1e-12);
        let evidence = whole.rate.unwrap();
        assert!(evidence.bracket[1] - evidence.bracket[0] < 1e-11, "{:?}", evidence.bracket);
        assert!(evidence.iterations <= 20);
        assert!(
            whole.warnings.iter().any(|warning| matches!(warning, Warning::OtherWell { .. })),
            "{:?}",
            whole.warnings
        );
        let left = solve(dimension, temperature, tilt, [-1.3, 0.0], ["absorbing", "reflecting"]);
        assert_relative_eq!(
            whole.passage.unwrap().rate.value(),
            left.passage.unwrap().rate.value(),
            max_relative = 1e-12
        );
    }
    // Alike, they share.
    let alike = solve(1, 0.02, 0.0, [-1.3, 1.3], both).rate.unwrap();
    assert!(alike.bracket[1] - alike.bracket[0] < 1e-11 && alike.iterations <= 20, "{alike:?}");
}

/// A well behind 700 units of noise holds less than any number at first, and is not forgotten: 1D quadrature, and the same across a
/// direction that separates.
#[test]
fn a_slower_well_out_of_sight_makes_the_rate() {
    let text = |across: &str, sides: [&str; 2], cells: &str| {
        format!(
            "landscape = {{ expression = '700*(x^2-1)^2{across}', dimension = {} }}
             noise = {{ kind = 'isotropic', temperature = 1 }}
             domain = {{ lower = [-1.0573{}], upper = [1.0633{}], walls = {{ x = 'absorbing' }} }}
             valley = {{ minimum = [-1{}], set = 'x < 5' }}
             grid = {{ cells = [{cells}] }}",
            sides.iter().map(|side| usize::from(!side.is_empty())).sum::<usize>().max(1),
            sides[0],
            sides[1],
            if sides[0].is_empty() { "" } else { ", 0" }
        )
    };
    let line = solve(&text("", ["", ""], "800"));
    assert_relative_eq!(line.quadrature.unwrap().escape_ratio.unwrap(), 1.0, max_relative = 1e-5);
    let plane = solve(&text(" + 20*y^2", [", -0.8", ", 0.8"], "800, 24"));
    let slower = line.quadrature.unwrap().escape_rate.unwrap().value();
    assert_relative_eq!(rate(&plane), slower, max_relative = 1e-4);
    assert!(rate(&plane) < 0.5 * plane.passage.as_ref().unwrap().rate.value());
}

/// Where a periodic axis begins is nobody's business: lines that close correct their flux across the seam too.
#[test]
fn the_flux_correction_does_not_see_the_seam() {
    let solve = |lower: f64| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 0.3*(1 + 0.5*x)*cos(pi*(y - 0.3*x))' }}
             noise = {{ kind = 'isotropic', temperature = 0.1 }}
             domain = {{ lower = [-1.9, {lower}], upper = [0.5, {}], walls = {{ x = ['reflecting', 'absorbing'], y = 'periodic' }} }}
             grid = {{ cells = [64, 32], scheme = 'flux-corrected' }}
             solve = {{ quantities = ['rate'], error_estimate = false }}",
            lower + 2.0
        ))
    };
    let (here, there) = (solve(-1.0), solve(-0.5));
    assert_relative_eq!(rate(&here), rate(&there), max_relative = 1e-12);
}

/// Curved absorbing boundaries keep order 2: a disc that is not centred on the grid, and one turned against it.
#[test]
fn analytical_disc_at_second_order() {
    let exact = 0.3 * 2.404825557695773f64.powi(2) / 0.81;
    let errors: Vec<f64> = [40, 80, 160]
        .into_iter()
        .map(|cells| {
            let solution = solve(&format!(
                "landscape = {{ expression = '0*x', dimension = 2 }}
                 noise = {{ kind = 'isotropic', temperature = 0.3 }}
                 domain = {{ lower = [-1.0, -1.0], upper = [1.0, 1.0] }}
                 grid = {{ cells = [{cells}, {cells}] }}
                 valley = {{ set = '(x - 0.03)^2 + (y + 0.02)^2 < 0.81' }}
                 solve = {{ quantities = ['rate'], error_estimate = false }}"
            ));
            (rate(&solution) / exact - 1.0).abs()
        })
        .collect();
    let order = (errors[0] / errors[2]).log2() / 2.0;
    assert!(order > 1.7 && errors[2] < 2e-4, "order {order}, errors {errors:?}");
}

/// Smooth full tensors converge with order 2 in both interpretations, [H]₊ plus a floor with more than 1.2.
#[test]
fn observed_order_of_full_tensors() {
    let run = |noise: &str, cells: usize| {
        rate(&solve(&format!(
            "landscape = {{ expression = '(x^2 - 1)^2 + (1 + 0.5*x)*y^2' }}
             noise = {{ {noise} }}
             domain = {{ lower = [-1.9, -1.6], upper = [0.0, 1.6], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [{}, {cells}] }}
             solve = {{ quantities = ['rate'], error_estimate = false }}",
            cells * 6 / 10
        )))
    };
    let smooth =
        "kind = 'expression', d11 = '0.2*(1 + 0.4*sin(x))', d12 = '0.06*cos(x + y)', d22 = '0.2*(1 + 0.3*cos(y))'";
    let hessian = "kind = 'hessian', learning_rate = 0.1, batch_size = 1, floor = 0.05";
    for (noise, lowest) in [
        (smooth.to_string(), 1.85),
        (format!("{smooth}, interpretation = 'isothermal'"), 1.85),
        (hessian.to_string(), 1.2),
    ] {
        let rates: Vec<f64> = [40, 80, 160].into_iter().map(|cells| run(&noise, cells)).collect();
        let order = ((rates[1] - rates[0]) / (rates[2] - rates[1])).log2();
        assert!(order > lowest, "{noise}: order {order}, rates {rates:?}");
    }
}

/// Theorem 3.2 under its own closure, as the noise vanishes: the isothermal rate tends to the theorem's, the Itô rate to
/// H_ae/|H_be| = 2 times it. The correction is of order η/B.
#[test]
fn frozen_closure_of_theorem_3_2() {
    for s in [0.5, 0.25] {
        let ratios = |interpretation: &str| -> Vec<f64> {
            [0.01, 0.005]
                .into_iter()
                .map(|learning_rate| {
                    let solution = solve(&format!(
                        "landscape = {{ expression = 'x^4/4 - x^2/2' }}
                         noise = {{ kind = 'frozen', learning_rate = {learning_rate}, batch_size = 1, s = {s}, interpretation = '{interpretation}' }}
                         domain = {{ lower = [-1.6], upper = [1.0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
                         grid = {{ cells = [1200] }}
                         valley = {{ minimum = [-1.0], set = 'x < 1' }}"
                    ));
                    solution.formulas.theorem_3_2.as_ref().unwrap().isothermal.ratio
                })
                .collect()
        };
        let towards_zero = |ratios: &[f64]| 2.0 * ratios[1] - ratios[0];
        let isothermal = ratios("isothermal");
        assert_relative_eq!(towards_zero(&isothermal), 1.0, epsilon = 1e-3);
        assert!((isothermal[1] - 1.0).abs() < 0.01);
        assert_relative_eq!(towards_zero(&ratios("ito")), 2.0, epsilon = 3e-3);
    }
}

/// Turning the grid along the eigenvectors at the saddle gives the same rate, and far more of it per cell in a cold valley.
#[test]
fn turned_grids_agree() {
    let run = |align: &str, cells: usize| {
        rate(&solve(&format!(
            "landscape = {{ expression = '((0.8*x+0.6*y)^2 - 1)^2 + (0.8*y - 0.6*x)^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.05 }}
             grid = {{ cells = [{cells}, {cells}], align = {align} }}
             valley = {{ minimum = [-0.8, -0.6], set = '0.8*x + 0.6*y < 0' }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        )))
    };
    // By symmetry the x chain of the unturned double well.
    let line = solve(
        "landscape = { kind = 'double-well', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.05 }
         domain = { lower = [-2.2], upper = [0.0], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [400] }",
    );
    let exact = line.quadrature.unwrap().escape_rate.unwrap().value();
    let along_axes = (run("'axes'", 128) / exact - 1.0).abs();
    let turned = (run("'saddle'", 128) / exact - 1.0).abs();
    assert!(along_axes < 0.05 && turned < 1e-3 && turned < 0.1 * along_axes, "{along_axes:e} {turned:e}");
}

/// The same bits for one thread and for two.
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let text = "landscape = { kind = 'three-hole' }
         noise = { kind = 'isotropic', temperature = 0.25 }
         grid = { cells = [120, 110] }
         valley = { minimum = [-1.05, -0.04], set = 'basin' }";
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let solution = solve(text);
            let density = solution.fields.values(QUASI_STATIONARY.name).unwrap();
            (rate(&solution).to_bits(), density.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
        })
    };
    assert_eq!(on(1), on(2));
}

/// Which saddles a set is left over decides what the formulas say.
#[test]
fn kramers_counts_the_saddles_that_lead_out() {
    let ratio = |text: &str| solve(text).formulas.kramers.map(|kramers| kramers.ratio);
    let noise = "noise = { kind = 'isotropic', temperature = 0.05 }\n";
    // Round a periodic axis: the pass on the seam leads out, the one along the valley does not.
    let round = "landscape = { expression = '(x^2-1)^2 + 0.2*cos(y)' }
         domain = { lower = [-2, 0], upper = [0, 6.283185307179586], walls = { x = ['reflecting', 'absorbing'], y = 'periodic' } }
         grid = { cells = [64, 64] }\n";
    let found = ratio(&format!("{noise}{round}")).unwrap();
    assert!((0.96..1.0).contains(&found), "{found}");
    // Both wells live: the saddle between them is no exit.
    let both = "landscape = { kind = 'double-well', dimension = 1 }
         domain = { lower = [-2], upper = [1.7], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [400] }\n";
    assert_eq!(ratio(&format!("{noise}{both}")), None);
    // A target in the other well of two: it is.
    let target = "landscape = { kind = 'double-well', dimension = 1 }
         valley = { minimum = [-1], absorb = 'target', target = { minimum = [1], radius = 0.2 } }
         grid = { cells = [400] }\n";
    let found = ratio(&format!("{noise}{target}")).unwrap();
    assert!((0.97..1.0).contains(&found), "{found}");
}

/// A periodic seam within the start set's complement absorbs like any other edge of the set.
#[test]
fn a_set_that_ends_at_the_seam_of_a_circle() {
    // Free diffusion on the arc 1 < x < 2π of the circle: γ = d (π/(2π − 1))².
    let tau = std::f64::consts::TAU;
    let found = solve(
        "landscape = { expression = '0*x' }
         noise = { kind = 'isotropic', temperature = 0.7 }
         domain = { lower = [0], upper = [6.283185307179586], walls = { x = 'periodic' } }
         valley = { set = 'x > 1' }
         grid = { cells = [1000] }",
    );
    let exact = 0.7 * (std::f64::consts::PI / (tau - 1.0)).powi(2);
    assert_relative_eq!(rate(&found), exact, max_relative = 1e-4);
}

#[test]
fn a_target_that_leaves_slower_wells_alive_is_warned_of() {
    let found = solve(
        "landscape = { kind = 'himmelblau' }
         noise = { kind = 'isotropic', temperature = 5 }
         valley = { minimum = [3, 2], absorb = 'target', target = { minimum = [-2.8, 3.1], radius = 0.5 } }
         grid = { cells = [64, 64] }
         solve = { error_estimate = false }",
    );
    assert!(
        found.warnings.iter().any(|warning| matches!(warning, Warning::ElsewhereThanStart { .. })),
        "{:?}",
        found.warnings
    );
    // From the minimum itself the formula's order of magnitude is right: two wells share what it thinks is in one.
    let kramers = found.formulas.kramers.unwrap();
    assert!((0.3..1.0).contains(&kramers.ratio), "{kramers:?}");
    assert!(kramers.formula.conditions.contains(&Condition::SingleWell { others: 2 }));
}

/// Below 1e-308 rates come as logarithms in one dimension: against the quadrature, which shares no solve with the grid.
#[test]
fn rates_beyond_double_precision() {
    for temperature in [2e-3, 1e-3, 3e-4] {
        let found = solve(&format!(
            "landscape = {{ kind = 'double-well', dimension = 1 }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.6], upper = [0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [4000] }}"
        ));
        let (rate, check) = (found.rate.unwrap(), found.quadrature.unwrap());
        assert_eq!(rate.value.is_ordinary(), temperature == 2e-3);
        // Kramers with the factor 2 at the saddle is right to its own order, T.
        let kramers = (2.0 * 32f64.sqrt() / std::f64::consts::TAU).ln() - 1.0 / temperature;
        assert!((rate.value.ln() - kramers).abs() < temperature, "{temperature}");
        assert_relative_eq!(check.escape_ratio.unwrap(), 1.0, epsilon = 1e-11);
        assert_relative_eq!(check.ratio.unwrap(), 1.0, epsilon = 1e-11);
        assert!((found.formulas.kramers.unwrap().ratio - 1.0).abs() < temperature);
    }
}
