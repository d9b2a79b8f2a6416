//! What walls leave in a rate, and that stated errors hold it.

use super::*;

/// The same valley at T = 0.2 between walls that probability leans on: they leave a part of second order, which on few
/// grids hides behind the sixth. γ by Rayleigh–Ritz as above, with natural boundary conditions.
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

/// A loss that rises by 1e43: its edges are far from resolved, and nothing of it overflows. Where probability is, the
/// wall may as well stand at −2.5.
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

/// What is left of second order is known in size. Of the dissipation: γ of this valley, which narrows towards the
/// saddle while probability leans on the walls across, by Rayleigh–Ritz with natural boundary conditions.
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

/// Probability leans on walls oblique to the grid, and the flux leaves through one: what they leave differs from grid
/// to grid by chance, and is in the stated error. The walls across do not matter to γ, which is that of the x chain.
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

/// Beside a saddle on an oblique reflecting wall the flux runs along the wall: grids at two angles differ by no more
/// than they state.
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
