//! Named problems with their exact answers and where those are from. Tests and benches take them from here.

use std::f64::consts::PI;
use std::path::Path;

use saddleflux::config::Config;
use saddleflux::progress::Progress;
use saddleflux::study::{self, Solution};

/// A problem whose escape rate is known from elsewhere.
pub struct Known {
    /// What it is called.
    pub name: &'static str,
    /// Everything but the cells.
    pub toml: String,
    /// Cells of a grid that resolves it, one or two numbers.
    pub cells: &'static [usize],
    /// γ.
    pub rate: f64,
    /// Relative uncertainty of `rate`.
    pub uncertainty: f64,
    /// Where `rate` is from.
    pub source: &'static str,
}

/// Solves a configuration that needs no file.
pub fn solve(toml: &str) -> Solution {
    let config = Config::from_text(Path::new("test.toml"), toml, &[]).unwrap_or_else(|error| panic!("{error}\n{toml}"));
    let problem = config.problem().unwrap_or_else(|error| panic!("{error}\n{toml}"));
    study::run(&problem, &config.request, &Progress::default()).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

impl Known {
    /// Its solution on so many times the cells, divided by `divisor`.
    pub fn solve_on(&self, times: usize, divisor: usize) -> Solution {
        let cells: Vec<usize> = self.cells.iter().map(|cells| cells * times / divisor).collect();
        solve(&format!("{}\ngrid = {{ cells = {cells:?} }}", self.toml))
    }
}

/// T, γ and 1/τ from the minimum of f(x) = ½(x⁴ − 16x² + 5x), killed at its saddle: spectral quadrature to 13 digits (method, section 9).
pub const STYBLINSKI_TANG: [(f64, f64, f64); 6] = [
    (20.0, 0.99251335022766, 0.94695886709942),
    (5.0, 2.7211472061462e-3, 2.7202065313071e-3),
    (2.0, 2.0901853957861e-8, 2.0901853881719e-8),
    (1.0, 5.9759259140248e-17, 5.9759259140247e-17),
    (0.3, 7.776563206716e-57, 7.776563206715e-57),
    (0.1, 8.45116866288e-171, 8.45116866288e-171),
];

/// The configuration behind [`STYBLINSKI_TANG`]. The left wall stands where e^{−φ} is below 1e-30 of its peak.
pub fn styblinski_tang(temperature: f64) -> String {
    let lower = if temperature > 3.0 { -9.0 } else { -5.5 };
    format!(
        "landscape = {{ kind = 'styblinski-tang', dimension = 1 }}
         noise = {{ kind = 'isotropic', temperature = {temperature} }}
         domain = {{ lower = [{lower}], upper = [0.15673125128124467], walls = {{ x = ['reflecting', 'absorbing'] }} }}"
    )
}

/// L = (x² − 1)² + 2(y − 0.4x² + 0.1x)², left for x > 0.8.
pub fn curved_valley(temperature: f64) -> String {
    format!(
        "landscape = {{ expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }}
         noise = {{ kind = 'isotropic', temperature = {temperature} }}
         domain = {{ lower = [-1.9, -0.9], upper = [1.3, 1.9] }}
         valley = {{ minimum = [-1, 0.5], set = 'x < 0.8' }}
         solve = {{ quantities = ['rate'] }}"
    )
}

/// Free diffusion D = 0.7 on [0, 2], with these walls.
pub fn free_interval(walls: &str) -> String {
    format!(
        "landscape = {{ expression = '0*x' }}
         noise = {{ kind = 'isotropic', temperature = 0.7 }}
         domain = {{ lower = [0.0], upper = [2.0], walls = {{ x = [{walls}] }} }}"
    )
}

/// Free diffusion D = 0.3 in the disc of radius 0.9 around (0.03, −0.02), which is not centred on any grid.
pub fn free_disc() -> String {
    "landscape = { expression = '0*x', dimension = 2 }
     noise = { kind = 'isotropic', temperature = 0.3 }
     domain = { lower = [-1.0, -1.0], upper = [1.0, 1.0] }
     valley = { set = '(x - 0.03)^2 + (y + 0.02)^2 < 0.81' }
     solve = { quantities = ['rate'] }"
        .to_string()
}

/// γ of [`free_disc`]: D j₀₁²/r², with j₀₁ the first zero of Bessel's J₀.
pub const FREE_DISC: f64 = 0.3 * 2.404825557695773 * 2.404825557695773 / 0.81;

/// All problems whose rate is known from elsewhere.
pub fn all() -> Vec<Known> {
    let mut found: Vec<Known> = STYBLINSKI_TANG
        .into_iter()
        .map(|(temperature, rate, _)| Known {
            name: "Styblinski–Tang",
            toml: styblinski_tang(temperature),
            cells: &[2000],
            rate,
            // The table is rounded to 12 to 14 digits.
            uncertainty: 3e-13,
            source: "spectral quadrature (method, section 9)",
        })
        .collect();
    let node = (0.3f64 / 1.5).sqrt();
    for (name, order, lower, upper, walls) in [
        ("Ornstein–Uhlenbeck, killed at 0", 1.0, -3.5, 0.0, "'reflecting', 'absorbing'"),
        ("Ornstein–Uhlenbeck, killed at the nodes of H₂", 2.0, -node, node, "'absorbing', 'absorbing'"),
    ] {
        found.push(Known {
            name,
            toml: format!(
                "landscape = {{ kind = 'quadratic', hessian = 1.5 }}
                 noise = {{ kind = 'isotropic', temperature = 0.3 }}
                 domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = [{walls}] }} }}"
            ),
            cells: &[400],
            rate: 1.5 * order,
            uncertainty: 1e-13,
            source: "the spectrum nω of L = ½ωθ², whose eigenfunctions are Hermite's",
        });
    }
    for (name, walls, share) in [
        ("free interval, both ends absorb", "'absorbing', 'absorbing'", 0.25),
        ("free interval, one end absorbs", "'reflecting', 'absorbing'", 0.0625),
    ] {
        found.push(Known {
            name,
            toml: free_interval(walls),
            cells: &[200],
            rate: 0.7 * PI * PI * share,
            uncertainty: 1e-14,
            source: "separation of variables",
        });
    }
    found.push(Known {
        name: "free rectangle",
        toml: "landscape = { expression = '0*x', dimension = 2 }
               noise = { kind = 'isotropic', temperature = 0.7 }
               domain = { lower = [0, 0], upper = [2, 1], walls = { x = 'absorbing', y = ['reflecting', 'absorbing'] } }"
            .to_string(),
        cells: &[64, 32],
        rate: 0.7 * PI * PI * 0.5,
        uncertainty: 1e-14,
        source: "separation of variables",
    });
    found.push(Known {
        name: "free disc",
        toml: free_disc(),
        cells: &[80, 80],
        rate: FREE_DISC,
        uncertainty: 1e-14,
        source: "the first zero of Bessel's J₀",
    });
    found.push(Known {
        name: "oblique Ornstein–Uhlenbeck",
        toml: "landscape = { kind = 'rotated-quadratic', curvatures = [1.0, 2.0], angle = 30 }
               noise = { kind = 'isotropic', temperature = 0.1 }
               domain = { lower = [-2.2, -2.2], upper = [2.2, 2.2] }
               valley = { set = 'x*cos(pi/6) + y*sin(pi/6) <= 0' }
               solve = { quantities = ['rate'] }"
            .to_string(),
        cells: &[120, 120],
        rate: 1.0,
        uncertainty: 1e-13,
        source: "the curvature along the direction that is killed at 0",
    });
    for (temperature, rate) in [(0.1, 3.869638279582e-5), (0.05, 1.8045188243e-9)] {
        found.push(Known {
            name: "curved valley",
            toml: curved_valley(temperature),
            cells: &[128, 128],
            rate,
            uncertainty: 1e-10,
            source: "Rayleigh–Ritz on polynomials in 96-digit arithmetic",
        });
    }
    found
}

/// Every rate of the gallery lies within the error that is stated beside it, on three grids each.
#[test]
fn stated_errors_cover_the_gallery() {
    for known in all() {
        for (times, divisor) in [(1, 2), (3, 4), (1, 1)] {
            let solution = known.solve_on(times, divisor);
            let found = solution.rate.as_ref().unwrap();
            let error = (found.value.value() / known.rate - 1.0).abs();
            let stated = found.discretisation_error.unwrap() + known.uncertainty;
            let Known { name, source, .. } = known;
            assert!(
                error <= stated,
                "{name} on {:?} cells: {error:.2e} away from {source}, stated {stated:.2e}",
                solution.grid.cells
            );
            let [low, high] = found.bracket;
            assert!(low <= 1.0 + 1e-13 && high >= 1.0 - 1e-13, "{name}: bracket {low} to {high}");
        }
    }
}
