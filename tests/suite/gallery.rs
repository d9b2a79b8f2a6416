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

/// T, γ and 1/τ from the minimum of f(x) = ½(x⁴ − 16x² + 5x), killed at its saddle: spectral quadrature to 13 digits
/// (method, section 9).
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

/// L = 1.567(x² − 1)² − 0.1514x + 2y² under noise of the Hessian and a floor, killed at x = 0: D bends where L''
/// changes sign.
pub fn bent_noise() -> String {
    "landscape = { expression = '(x^2-1)^2*1.567 - 0.1514*x + 2*y^2' }
     noise = { kind = 'hessian', learning_rate = 0.1108, batch_size = 1, floor = 0.06648 }
     domain = { lower = [-2, -1], upper = [0, 1], walls = { x = ['reflecting', 'absorbing'] } }
     valley = { set = 'whole' }
     solve = { quantities = ['rate'] }"
        .to_string()
}

/// γ of [`bent_noise`], by the quadrature of its x chain and by an independent solution, and what the two leave open.
pub const BENT_NOISE: (f64, f64) = (0.00281669985, 2e-9);

/// Logistic regression on two features of the banknote data with the data's own noise, out of a box of half width 0.5
/// around the minimum.
pub fn banknote(learning_rate: f64) -> String {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/data/banknote.csv");
    format!(
        "landscape = {{ kind = 'logistic-regression', data = '{data}', features = ['variance', 'entropy'], label = 'class',
             positive = ['1'], standardise = true }}
         noise = {{ kind = 'covariance', learning_rate = {learning_rate}, batch_size = 10 }}
         valley = {{ set = 'box', half_width = 0.5 }}
         solve = {{ quantities = ['rate'] }}"
    )
}

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
    let (rate, uncertainty) = BENT_NOISE;
    found.push(Known {
        name: "noise that bends",
        toml: bent_noise(),
        cells: &[64, 40],
        rate,
        uncertainty,
        source: "the quadrature of its x chain",
    });
    for (learning_rate, rate) in [(0.3, 0.001215346947), (1.0, 0.0369741247)] {
        found.push(Known {
            name: "banknote",
            toml: banknote(learning_rate),
            cells: &[48, 48],
            rate,
            uncertainty: 1e-8,
            source: "an independent solution, extrapolated over grids",
        });
    }
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

/// A curve on which D bends lies elsewhere in its cells on every grid. On none of these is the stated error too small,
/// nor is the rate as far off as the density at the centres of the cells would leave it: by 1e-3 and more on some, of
/// either sign.
#[test]
fn noise_that_bends_is_covered_on_every_grid() {
    let (exact, uncertainty) = BENT_NOISE;
    for nx in (48..=88).step_by(2) {
        let found = solve(&format!("{}\ngrid = {{ cells = [{nx}, 40] }}", bent_noise())).rate.unwrap();
        let (error, stated) = ((found.value.value() / exact - 1.0).abs(), found.discretisation_error.unwrap());
        assert!(error <= stated + uncertainty, "{nx}: {error:.2e}, stated {stated:.2e}");
        assert!(error < 2e-4 && stated < 3e-2, "{nx}: {error:.2e}, stated {stated:.2e}");
    }
}

/// What formulas bend counts like what Hessians do, in the calculus where the density bends: with D small or large at
/// the bend.
#[test]
fn bends_leave_second_order_in_one_dimension() {
    for (d11, interpretation) in [
        ("0.08 + 0.5*abs(x + 0.55)", "ito"),
        ("0.3 - 0.2*abs(x + 0.55)", "ito"),
        ("0.08 + 0.5*abs(x + 0.55)", "stratonovich"),
    ] {
        let toml = format!(
            "landscape = {{ expression = '(x^2-1)^2' }}
             noise = {{ kind = 'expression', d11 = '{d11}', interpretation = '{interpretation}' }}
             domain = {{ lower = [-2], upper = [0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ set = 'whole' }}"
        );
        for n in 60..72 {
            let solution = solve(&format!("{toml}\ngrid = {{ cells = [{n}] }}"));
            let exact = solution.quadrature.unwrap().escape_rate.unwrap();
            let error = (solution.rate.unwrap().value.over(exact).value() - 1.0).abs();
            assert!(error < 2e-5, "{d11}, {interpretation}, {n}: {error:.2e}");
        }
    }
}

/// Grids that show the order of the scheme are extrapolated, although diagonal edges end on the walls of the box.
#[test]
fn rates_out_of_a_box_are_extrapolated() {
    for (learning_rate, exact) in [(0.3, 0.001215346947), (1.0, 0.0369741247)] {
        let found = solve(&format!("{}\ngrid = {{ cells = [96, 96] }}", banknote(learning_rate))).rate.unwrap();
        let away = |value: f64| (value / exact - 1.0).abs();
        let (error, stated) = (away(found.value.value()), found.discretisation_error.unwrap());
        assert!(error < stated && stated < 1.5 * error, "{error:.2e}, stated {stated:.2e}");
        assert!(away(found.extrapolated.unwrap().value()) < 3e-6);
    }
}
