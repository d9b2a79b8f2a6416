//! Networks of valleys: chains with exact answers, quadratures in one dimension, laws in two.

use proptest::prelude::*;
use saddleflux::config::{Config, advice};
use saddleflux::generator::Generator;
use saddleflux::problem::core_set::CoreSet;
use saddleflux::progress::Progress;
use saddleflux::scaled::{Scaled, Sum};
use saddleflux::solve::network::pencil::{Eigenvalue, eigenvalues};
use saddleflux::solve::{CoreSets, Network, passage_times, stationary_law};
use saddleflux::study::warning::Warning;
use saddleflux::study::{self, Solution, StudyError};

use crate::paths::{cramer, determinant, whole_rates, with_resources};
use crate::reactive::integral;

fn solved(text: &str) -> Result<Solution, StudyError> {
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    let problem = config.problem().unwrap();
    study::run(&problem, &config.request, &Progress::default())
}

/// The network of a closed chain whose cores are these states, one each, with the mean times between them.
fn network(generator: &Generator, cores: &[usize]) -> (Network, Vec<Vec<Scaled>>) {
    with_resources(|resources| {
        let law = stationary_law(generator, cores[0], resources).unwrap();
        let mut owner = vec![None; generator.len()];
        cores.iter().enumerate().for_each(|(own, &state)| owner[state] = Some(own as u32));
        let sets = CoreSets::of_states(generator, &law, owner, cores.len());
        let found = Network::new(generator, &law, &sets, resources).unwrap();
        let times = passage_times(generator, &sets, cores.len(), |a, times| times[cores[a]], resources).unwrap();
        (found, times)
    })
}

fn near(value: Scaled, exact: f64, tolerance: f64) {
    assert_relative_eq!(value.value(), exact, epsilon = 0.0, max_relative = tolerance);
}

/// Small irreversible chains with whole rates: occupations, fluxes, masses and mean times against determinants of
/// integers.
#[test]
fn exact_on_chains_with_whole_rates() {
    let mut chain = whole_rates(11);
    for case in 0..40 {
        let n = 6 + case % 2;
        let q = chain(n);
        let minus_q = |i: usize, j: usize| if i == j { q[i].iter().sum() } else { -q[i][j] };
        let among = |rows: &[usize]| -> Vec<Vec<i128>> {
            rows.iter().map(|&i| rows.iter().map(|&j| minus_q(i, j)).collect()).collect()
        };
        let without = |state: usize| (0..n).filter(|&k| k != state).collect::<Vec<usize>>();
        let weight: Vec<i128> = (0..n).map(|state| determinant(among(&without(state)))).collect();
        let total: i128 = weight.iter().sum();
        let cores = [0, 2, 4];
        let inside: Vec<usize> = (0..n).filter(|i| !cores.contains(i)).collect();
        let a = among(&inside);
        let transposed: Vec<Vec<i128>> = (0..a.len()).map(|j| a.iter().map(|row| row[j]).collect()).collect();
        let det = determinant(a.clone());
        let hits = cores.map(|core| cramer(&a, &inside.iter().map(|&i| q[i][core]).collect::<Vec<i128>>()));
        let last = cores.map(|core| cramer(&transposed, &inside.iter().map(|&i| q[core][i]).collect::<Vec<i128>>()));
        let rates: Vec<(usize, usize, f64)> = (0..n)
            .flat_map(|i| (0..n).map(move |j| (i, j)))
            .filter(|(i, j)| i != j)
            .map(|(i, j)| (i, j, q[i][j] as f64))
            .collect();
        let generator = Generator::from_rates(rates, vec![0.0; n]).unwrap();
        let (found, times) = network(&generator, &cores);
        for x in 0..3 {
            let mass: i128 =
                weight[cores[x]] * det + inside.iter().zip(&hits[x]).map(|(&i, h)| weight[i] * h).sum::<i128>();
            near(found.occupation[x], mass as f64 / total as f64 / det as f64, 1e-13);
            for y in (0..3).filter(|&y| y != x) {
                let by_way: i128 = inside.iter().zip(&hits[y]).map(|(&i, h)| q[cores[x]][i] * h).sum();
                let flux = weight[cores[x]] * (q[cores[x]][cores[y]] * det + by_way);
                near(found.flux[x][y], flux as f64 / total as f64 / det as f64, 1e-13);
                let both: i128 = last[x].iter().zip(&hits[y]).map(|(x, h)| x * h).sum();
                near(
                    found.mass[x][y],
                    (weight[cores[x]] * both) as f64 / total as f64 / det as f64 / det as f64,
                    1e-13,
                );
                let rest = without(cores[y]);
                let time = cramer(&among(&rest), &vec![1; n - 1]);
                let place = rest.iter().position(|&i| i == cores[x]).unwrap();
                near(times[x][y], time[place] as f64 / determinant(among(&rest)) as f64, 1e-13);
            }
            near(times[x][x], 0.0, 1e-13);
        }
    }
}

/// Heights of the states of a chain with three wells, at 1, 5 and 10; the way up by one unit is slower by 2⁻ˢ.
const HEIGHTS: [i32; 12] = [2, 1, 3, 5, 4, 2, 3, 7, 5, 3, 0, 4];

/// The chain on a line of these heights, or on two such lines side by side, the second one higher by 1.
pub fn wells(steepness: i32, lines: usize) -> Generator {
    let n = HEIGHTS.len();
    let height = |state: usize| HEIGHTS[state % n] + (state / n) as i32;
    let along = (0..lines * n).filter(|state| (state + 1) % n != 0).map(|state| (state, state + 1));
    let across = (0..(lines - 1) * n).map(|state| (state, state + n));
    let rate = |from: usize, to: usize| 2f64.powi(-steepness * (height(to) - height(from)).max(0));
    let edges = along.chain(across).flat_map(|(a, b)| [(a, b, rate(a, b)), (b, a, rate(b, a))]);
    Generator::from_rates(edges, vec![0.0; lines * n]).unwrap()
}

/// Eigenvalues that differ by 1e7, 1e27 and 1e90, against those of the whole chain in 400 digits (mpmath's `eigsy` on
/// the symmetrised generator). Two lines side by side with equal weights along both have the same slow ones.
#[test]
fn cold_wells_against_extended_precision() {
    let exact = [
        (8, [1.7694317065873261e-15, 2.974400215569952e-08], 1e-7),
        (30, [3.2626522309606806e-55, 4.0389678328507895e-28], 1e-13),
        (100, [1.204959932551442e-181, 2.4545467326488633e-91], 1e-13),
    ];
    for (steepness, exact, tolerance) in exact {
        for (lines, is_reversible) in [(1, false), (2, false), (2, true)] {
            let mut generator = wells(steepness, lines);
            generator.is_reversible = is_reversible;
            let (found, _) = network(&generator, &[1, 5, 10]);
            let own = found.eigenvalues();
            assert_eq!((own.len(), own[0].re.value()), (3, 0.0));
            let projected = found.projected();
            for k in 0..2 {
                let away = own[k + 1].re.value() / exact[k] - 1.0;
                assert!(away.abs() < tolerance && away.abs() <= own[k + 1].error + 1e-13, "{steepness} {lines} {away}");
                let refined = found.refined.eigenvalues[k + 1].re.value() / exact[k] - 1.0;
                assert!(refined.abs() < 1e-13, "{steepness} {lines} {refined}");
                // From below, and from above.
                assert!(own[k + 1].re.value() <= exact[k] * (1.0 + 1e-13));
                assert!(projected[k + 1].re.value() >= exact[k] * (1.0 - 1e-13));
                assert_eq!(own[k + 1].im.value(), 0.0);
            }
        }
    }
}

/// The eigenvalues of a generator with these rates and probabilities.
pub fn of_rates(probability: &[Scaled], rates: &[Vec<Scaled>]) -> Vec<Eigenvalue> {
    let n = rates.len();
    let flux: Vec<Vec<Scaled>> =
        rates.iter().zip(probability).map(|(row, p)| row.iter().map(|q| q.times(*p)).collect()).collect();
    let mass = |a: usize| (0..n).map(|b| if a == b { probability[a] } else { Scaled::ZERO }).collect();
    eigenvalues(&flux, &(0..n).map(mass).collect::<Vec<Vec<Scaled>>>())
}

/// Rings that turn one way (complex pairs), graphs whose eigenvalues coincide, and both at rates that no ordinary
/// number holds.
#[test]
fn eigenvalues_in_closed_form() {
    for exponent in [0, -2000, 1500] {
        let one = Scaled::with_exponent(1.0, exponent);
        let size = |value: Scaled| value.over(one).value();
        for n in [2, 3, 4, 7] {
            let ring = |a: usize| (0..n).map(|b| if b == (a + 1) % n { one } else { Scaled::ZERO }).collect();
            let found = of_rates(&vec![Scaled::ONE; n], &(0..n).map(ring).collect::<Vec<Vec<Scaled>>>());
            // 1 − e^{2πik/n}.
            let mut exact: Vec<[f64; 2]> = (0..n)
                .map(|k| std::f64::consts::TAU * k as f64 / n as f64)
                .map(|angle| [1.0 - angle.cos(), angle.sin()])
                .collect();
            for own in &found {
                let away = |exact: &[f64; 2]| (size(own.re) - exact[0]).hypot(size(own.im) - exact[1]);
                let nearest = (0..exact.len()).min_by(|&a, &b| away(&exact[a]).total_cmp(&away(&exact[b]))).unwrap();
                assert!(away(&exact.remove(nearest)) < 1e-15, "{n} {own:?}");
            }
            let complete = |a: usize| (0..n).map(|b| if a == b { Scaled::ZERO } else { one }).collect();
            let found = of_rates(&vec![Scaled::ONE; n], &(0..n).map(complete).collect::<Vec<Vec<Scaled>>>());
            assert_eq!(found[0].re.value(), 0.0);
            for own in &found[1..] {
                assert_relative_eq!(size(own.re), n as f64, epsilon = 0.0, max_relative = 1e-15);
                assert!(own.im.value() == 0.0 && own.error < 1e-14);
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(64))]

    /// Three states with rates of any size: λ₂ + λ₃ is the sum of all rates, λ₂ λ₃ that of their spanning forests with
    /// one root.
    #[test]
    fn sum_and_product_of_eigenvalues(logarithms in prop::collection::vec(-600.0..600.0f64, 6)) {
        let q = |k: usize| Scaled::exp(Sum { high: logarithms[k], low: 0.0 }, 1.0);
        let zero = Scaled::ZERO;
        let rates = vec![vec![zero, q(0), q(1)], vec![q(2), zero, q(3)], vec![q(4), q(5), zero]];
        let found = of_rates(&[Scaled::ONE; 3], &rates);
        prop_assert!(found[0].re == zero && found[0].im == zero);
        let sum = (0..6).fold(zero, |sum, k| sum.plus(q(k)));
        prop_assert!((found[1].re.plus(found[2].re).over(sum).value() - 1.0).abs() < 1e-14);
        // Trees directed to each of the states.
        let trees = [(2, 4), (2, 5), (3, 4), (0, 5), (0, 4), (1, 5), (1, 3), (0, 3), (1, 2)];
        let product = trees.iter().fold(zero, |sum, &(a, b)| sum.plus(q(a).times(q(b))));
        let found = found[1].modulus().times(found[2].modulus());
        prop_assert!((found.over(product).value() - 1.0).abs() < 1e-14);
    }

    /// Another order of the cores is another order of the valleys; another unit of time is another size of the rates;
    /// with every state a core nothing is approximated, and what the network of a few is off by is its error.
    #[test]
    fn order_units_and_the_whole_chain(
        rates in prop::collection::vec((0..8usize, 0..8usize, -18.0..3.0f64), 0..20),
        ring in prop::collection::vec(-12.0..0.0f64, 8),
        scale in -40.0..40.0f64,
    ) {
        let ring = ring.iter().enumerate().map(|(i, rate)| (i, (i + 1) % 8, rate.exp()));
        let others = rates.iter().filter(|(i, j, _)| i != j).map(|&(i, j, rate)| (i, j, rate.exp()));
        let generator = Generator::from_rates(ring.chain(others), vec![0.0; 8]).unwrap();
        let (found, times) = network(&generator, &[0, 3, 6]);
        let (turned, of_turned) = network(&generator.scaled(scale.exp()), &[6, 0, 3]);
        let close = |a: Scaled, b: Scaled| (a == Scaled::ZERO && b == Scaled::ZERO) || (a.over(b).value() - 1.0).abs() < 1e-12;
        let pairs = (0..3).flat_map(|a| (0..3).map(move |b| (a, b)));
        for (a, b) in pairs {
            let (c, d) = ((a + 1) % 3, (b + 1) % 3);
            prop_assert!(close(found.flux[a][b] * scale.exp(), turned.flux[c][d]));
            prop_assert!(close(found.mass[a][b], turned.mass[c][d]));
            prop_assert!(close(times[a][b], of_turned[c][d] * scale.exp()));
        }
        for a in 0..3 {
            prop_assert!(close(found.occupation[a], turned.occupation[(a + 1) % 3]));
            // The shares of time of the last and of the next core.
            let column = (0..3).fold(Scaled::ZERO, |sum, row| sum.plus(found.mass[row][a]));
            prop_assert!(close(column, found.occupation[a]));
            let [leaving, arriving] = [0, 1].map(|way: usize| {
                (0..3).fold(Scaled::ZERO, |sum, b| sum.plus(if way == 0 { found.flux[a][b] } else { found.flux[b][a] }))
            });
            prop_assert!(close(leaving, arriving));
        }
        prop_assert!(found.disagreement < 1e-12);
        let total = found.occupation.iter().fold(Scaled::ZERO, |sum, &mass| sum.plus(mass));
        prop_assert!(close(total, Scaled::ONE));
        let (whole, _) = network(&generator, &[0, 1, 2, 3, 4, 5, 6, 7]);
        let (exact, projected) = (whole.eigenvalues(), whole.projected());
        let trace: f64 = generator.rates.data().iter().sum();
        let sum = exact.iter().fold(Scaled::ZERO, |sum, own| sum.plus(own.re));
        prop_assert!((sum.value() / trace - 1.0).abs() < 1e-13);
        prop_assert!(exact.iter().zip(&projected).all(|(one, other)| one.away_from(*other) < 1e-9));
    }

    /// Three wells of three states, cold or warm, reversible or not: the slow eigenvalues from three cores against
    /// those of the whole chain, which are exact but for a last digit. What is stated covers what was left of the
    /// iteration and the rounding of its solves.
    #[test]
    fn refined_eigenvalues_are_as_right_as_they_say(
        inside in prop::collection::vec(0.0..4.0f64, 18),
        between in prop::collection::vec((0..3usize, 0..3usize, 1.0..2.0f64), 6),
        cold in 0.0..30.0f64,
    ) {
        let pairs = || (0..3usize).flat_map(|a| (0..3).map(move |b| (a, b))).filter(|(a, b)| a != b);
        let wells = (0..3).flat_map(|well| pairs().map(move |(a, b)| (3 * well + a, 3 * well + b)));
        let wells = wells.zip(&inside).map(|((from, to), rate)| (from, to, rate.exp()));
        let ways = pairs().zip(&between).map(|((a, b), (i, j, high))| (3 * a + i, 3 * b + j, (-cold * high).exp()));
        let generator = Generator::from_rates(wells.chain(ways), vec![0.0; 9]).unwrap();
        let exact = network(&generator, &[0, 1, 2, 3, 4, 5, 6, 7, 8]).0.eigenvalues();
        let refined = network(&generator, &[0, 3, 6]).0.refined.eigenvalues;
        for (found, exact) in refined.iter().zip(&exact).skip(1) {
            let away = found.away_from(*exact);
            prop_assert!(away <= 2.0 * found.error, "{away:e} where {:e} is stated of {exact:?}", found.error);
        }
    }
}

/// Three wells on a line, the second one deepest, at barriers of 5, 50 and 500 times the noise: occupations, fluxes and
/// mean times by quadrature.
#[test]
fn three_wells_on_a_line_by_quadrature() {
    for (temperature, cells, of_mass) in [(0.12, 800, 1e-6), (0.012, 1600, 1e-10), (0.0012, 4000, 1e-10)] {
        let text = format!(
            "landscape = {{ expression = '4*x^2*(x^2-1)^2 + 0.1*x^2 + 0.03*x' }}
            noise = {{ kind = 'isotropic', temperature = {temperature} }}
            domain = {{ lower = [-1.9], upper = [1.9] }}
            grid = {{ cells = [{cells}] }}
            solve = {{ quantities = ['network'] }}"
        );
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        let problem = config.problem().unwrap();
        let solution = solved(&text).unwrap();
        let found = solution.network.as_ref().unwrap().numbers();
        let cores = CoreSet::around_all_minima(&problem);
        let mut order: Vec<usize> = (0..3).collect();
        order.sort_by(|&a, &b| found.minima[a][0].total_cmp(&found.minima[b][0]));
        let centre = |well: usize| found.minima[order[well]][0];
        let radius = |well: usize| cores[order[well]].radius;
        let phi = |x: f64| (4.0 * x * x * (x * x - 1.0).powi(2) + 0.1 * x * x + 0.03 * x) / temperature;
        let (one, w) = (|_: f64| 1.0, |_: f64| 1.0 / temperature);
        let z = integral([-1.9, 1.9], -1.0, &phi, &w);
        let mut flux = [Scaled::ZERO; 2];
        // On each gap, from its left end to its right one: ∫ e^φ, and the masses that go to the left and to the right
        // first.
        let mut mass = [Scaled::ZERO; 3];
        for gap in 0..2 {
            let (left, right) = (centre(gap) + radius(gap), centre(gap + 1) - radius(gap + 1));
            let resistance = integral([left, right], 1.0, &phi, &one);
            flux[gap] = Scaled::ONE.over(z.times(resistance));
            near(
                found.rates[order[gap]][order[gap + 1]].times(found.occupation[order[gap]]).over(flux[gap]),
                1.0,
                1e-10,
            );
            near(
                found.rates[order[gap + 1]][order[gap]].times(found.occupation[order[gap + 1]]).over(flux[gap]),
                1.0,
                1e-10,
            );
            let to_right = nested([left, right], &phi, &w).over(resistance);
            let all = integral([left, right], -1.0, &phi, &w);
            mass[gap + 1] += to_right.over(z);
            // What does not go to the right: where it is the lesser part, by reflection.
            let mirrored = |x: f64| phi(left + right - x);
            mass[gap] += nested([left, right], &mirrored, &w).over(resistance).over(z);
            let parts = nested([left, right], &mirrored, &w).plus(nested([left, right], &phi, &w));
            near(parts.over(resistance).over(all), 1.0, 1e-10);
        }
        let borders = [
            [-1.9, centre(0) + radius(0)],
            [centre(1) - radius(1), centre(1) + radius(1)],
            [centre(2) - radius(2), 1.9],
        ];
        for well in 0..3 {
            let core = integral(borders[well], -1.0, &phi, &w);
            near(found.occupation[order[well]].over(mass[well].plus(core.over(z))), 1.0, of_mass);
        }
        // Not past the well between.
        assert!(found.rates[order[0]][order[2]] == Scaled::ZERO && found.rates[order[2]][order[0]] == Scaled::ZERO);
        // From the left minimum to the right core past the deepest.
        let time = passage([-1.9, found.minima[order[0]][0], centre(2) - radius(2)], &phi, &w);
        near(found.passage_times[order[0]][order[2]].over(time), 1.0, if temperature > 0.1 { 1e-5 } else { 1e-9 });
        assert!(found.disagreement < 1e-12);
        assert!((1..3).all(|k| found.eigenvalues[k].re.is_positive() && found.error(k) < 0.5));
        if temperature < 0.1 {
            assert!((1..3).all(|k| found.error(k) < 1e-9), "{:?}", [found.error(1), found.error(2)]);
        }
    }
}

/// Nodes and weights of Gauss's rule of three points on [0, 1].
fn gauss() -> [(f64, f64); 3] {
    let aside = 0.5 * 0.6f64.sqrt();
    [(0.5 - aside, 5.0 / 18.0), (0.5, 8.0 / 18.0), (0.5 + aside, 5.0 / 18.0)]
}

fn exp(phi: f64, sign: f64) -> Scaled {
    Scaled::exp(Sum { high: phi, low: 0.0 }, sign)
}

/// ∫ dy inner(y) outer(y) with inner(y) = ∫_a^y e^{±φ} · weight, over [a, b] in panels.
fn double(range: [f64; 2], first: Scaled, inner: &dyn Fn(f64) -> Scaled, outer: &dyn Fn(f64) -> Scaled) -> Scaled {
    const PANELS: usize = 8000;
    let width = (range[1] - range[0]) / PANELS as f64;
    let over = |from: f64, length: f64, f: &dyn Fn(f64) -> Scaled| {
        gauss().iter().fold(Scaled::ZERO, |sum, (node, weight)| sum.plus(f(from + node * length) * (weight * length)))
    };
    let (mut sum, mut before) = (Scaled::ZERO, first);
    for panel in 0..PANELS {
        let from = range[0] + panel as f64 * width;
        for (node, weight) in gauss() {
            let inner = before.plus(over(from, node * width, inner));
            sum += inner.times(outer(from + node * width)) * (weight * width);
        }
        before += over(from, width, inner);
    }
    sum
}

/// ∫ w e^{−φ(x)} ∫_left^x e^φ.
fn nested(range: [f64; 2], phi: &dyn Fn(f64) -> f64, w: &dyn Fn(f64) -> f64) -> Scaled {
    double(range, Scaled::ZERO, &|x| exp(phi(x), 1.0), &|x| exp(phi(x), -1.0) * w(x))
}

/// The mean time from `start` to `end` behind a reflecting wall: ∫ e^{φ(y)} ∫_wall^y w e^{−φ}.
fn passage([wall, start, end]: [f64; 3], phi: &dyn Fn(f64) -> f64, w: &dyn Fn(f64) -> f64) -> Scaled {
    let before = integral([wall, start], -1.0, phi, w);
    double([start, end], before, &|x| exp(phi(x), -1.0) * w(x), &|x| exp(phi(x), 1.0))
}

/// −(I + ½J)∇L for three wells in a row: the density is e^{−L/T} all the same, and nothing but it is reversible.
const TURNING: &str =
    "landscape = { drift = ['-(8*x*(x^2-1)^2 + 16*x^3*(x^2-1)) + y', '-2*y - 0.5*(8*x*(x^2-1)^2 + 16*x^3*(x^2-1))'] }
    noise = { kind = 'isotropic', temperature = 0.12 }
    domain = { lower = [-1.7, -1.5], upper = [1.7, 1.5] }
    grid = { cells = [68, 60] }
    solve = { quantities = ['network', 'stationary'] }\n";

/// A drift in the plane that turns: laws that hold to rounding, and occupations by the known density.
#[test]
fn a_drift_that_turns_in_the_plane() {
    let solution = solved(TURNING).unwrap();
    let found = solution.network.as_ref().unwrap().numbers();
    assert_eq!(found.minima.len(), 3);
    assert!(found.disagreement < 1e-12 && found.open_saddles == 0);
    let total: f64 = found.occupation.iter().map(|mass| mass.value()).sum();
    assert_relative_eq!(total, 1.0, epsilon = 0.0, max_relative = 1e-12);
    // By the symmetry θ → −θ; from left to right.
    near(found.occupation[0].over(found.occupation[2]), 1.0, 1e-9);
    near(found.rates[0][1].over(found.rates[2][1]), 1.0, 1e-9);
    for a in 0..3 {
        let flux = |a: usize, b: usize| found.rates[a][b].times(found.occupation[a]).value();
        let [leaving, arriving] = [0, 1]
            .map(|way| (0..3).filter(|&b| b != a).map(|b| if way == 0 { flux(a, b) } else { flux(b, a) }).sum::<f64>());
        assert_relative_eq!(leaving, arriving, epsilon = 0.0, max_relative = 1e-11);
    }
    // Each well holds what e^{−L/T} has between the maxima of L, but for what crosses: a share of the order of the
    // noise over the barrier.
    let (phi, one) = (|x: f64| 4.0 * x * x * (x * x - 1.0f64).powi(2) / 0.12, |_: f64| 1.0);
    let top = 1.0 / 3f64.sqrt();
    let share = integral([-top, top], -1.0, &phi, &one).over(integral([-1.7, 1.7], -1.0, &phi, &one));
    near(found.occupation[1].over(share), 1.0, 0.01);
    for k in 1..3 {
        let (own, refined) = (found.eigenvalues[k], found.refined[k]);
        assert!(own.re.is_positive() && own.error < 0.05, "{own:?} {refined:?}");
    }
    let named = solution.fields.fields.iter().filter(|field| field.label.name == "stationary").count();
    assert_eq!(named, 1, "the stationary density is written once");
}

/// With two valleys k_12 + k_21 is the one eigenvalue, and the flux is that of reactive paths between the same two
/// sets.
#[test]
fn two_valleys_are_two_sets() {
    let drifts = [
        ("landscape = { kind = 'double-well', dimension = 2, tilt = 0.2 }", 0.01),
        ("landscape = { drift = ['x - x^3 - 5*x*y^2', '-(1 + x^2)*y'] }", 1.0),
    ];
    for (drift, bound) in drifts {
        let text = format!(
            "{drift}
            noise = {{ kind = 'expression', d11 = '0.12', d12 = '0.03', d22 = '0.1' }}
            domain = {{ lower = [-1.8, -1.2], upper = [1.8, 1.2] }}
            grid = {{ cells = [48, 40] }}
            solve = {{ quantities = ['network', 'committor'], error_estimate = false }}"
        );
        let solution = solved(&text).unwrap();
        let found = solution.network.as_ref().unwrap().numbers();
        let paths = solution.committor.as_ref().unwrap().numbers();
        let [k12, k21] = [found.rates[0][1], found.rates[1][0]];
        near(found.eigenvalues[1].re.over(k12.plus(k21)), 1.0, 1e-14);
        near(k12.times(found.occupation[0]).over(paths.flux), 1.0, 1e-12);
        near(k21.times(found.occupation[1]).over(paths.flux), 1.0, 1e-12);
        let (own, refined) = (found.eigenvalues[1], found.refined[1]);
        // The drift's wells are as deep as two and a half times the noise, and no network to speak of: that is what the
        // error says.
        assert!(own.error > 1e-12 && own.error < bound && refined.error < 1e-11, "{own:?} {refined:?}");
        assert!(found.discretisation_error.iter().all(Option::is_none));
    }
}

/// A domain without a network is refused, with the key that says it.
#[test]
fn networks_that_cannot_be() {
    let text = |domain: &str, cells: usize| {
        format!(
            "landscape = {{ kind = 'double-well', dimension = 1 }}
            noise = {{ kind = 'isotropic', temperature = 0.1 }}
            domain = {{ {domain} }}
            grid = {{ cells = [{cells}] }}
            solve = {{ quantities = ['network'], error_estimate = false }}"
        )
    };
    let cases = [
        ("lower = [-2], upper = [2], walls = { x = ['reflecting', 'absorbing'] }", 64, "domain.walls", "absorbs"),
        ("lower = [-2], upper = [0.5]", 64, "solve.quantities", "holds one of a minimum"),
        ("lower = [-2], upper = [2]", 8, "grid.cells", "holds no cell centre"),
    ];
    for (domain, cells, key, word) in cases {
        let found = advice::on_study(&solved(&text(domain, cells)).map(|_| ()).unwrap_err());
        assert_eq!(found.key.as_deref(), Some(key), "{}", found.message);
        assert!(found.message.contains(word), "{}", found.message);
        assert_eq!(found.exit_status, 2);
    }
}

/// Warm valleys on a driven ring, whose modes the iteration for refined eigenvalues hardly tells apart: what it has left
/// is in the stated error. The spectrum is right here by its residuals.
#[test]
fn refined_eigenvalues_of_warm_valleys_know_what_is_left() {
    for temperature in [0.2, 0.3, 0.6] {
        let solution = crate::gallery::solve(&format!(
            "landscape = {{ drift = ['1 + 2*sin(12.566370614359172*x) + 0.5*cos(6.283185307179586*x)'] }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [0], upper = [1], walls = {{ x = 'periodic' }} }}
             grid = {{ cells = [200] }}
             solve = {{ quantities = ['network', 'spectrum'], eigenvalues = 3 }}"
        ));
        let network = solution.quantities.get("network").unwrap();
        let refined = network["refined_eigenvalues"][1].as_f64().unwrap();
        let stated = network["discretisation_error"][1].as_f64().unwrap();
        let spectrum = solution.quantities.get("spectrum").unwrap();
        let modulus = |k: usize| spectrum[k]["re"].as_f64().unwrap().hypot(spectrum[k]["im"].as_f64().unwrap());
        let away = (1..3).map(|k| (refined / modulus(k) - 1.0).abs()).fold(f64::INFINITY, f64::min);
        assert!(away <= stated, "T = {temperature}: {away:e} where {stated:e} is stated");
    }
}

/// Times between valleys count from the minima wherever these lie in their cells, and their errors hold.
#[test]
fn times_between_valleys_count_from_the_minima() {
    let phi = |x: f64| ((x * x - 1.0).powi(2) + 0.1 * x) / 0.3;
    for (cells, most) in [(50, 1e-2), (51, 1e-2), (100, 2e-3), (201, 5e-4), (400, 1e-4)] {
        let text = format!(
            "landscape = {{ expression = '(x^2-1)^2 + 0.1*x' }}
            noise = {{ kind = 'isotropic', temperature = 0.3 }}
            domain = {{ lower = [-2.2], upper = [2.1] }}
            grid = {{ cells = [{cells}] }}
            solve = {{ quantities = ['network'] }}"
        );
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        let cores = CoreSet::around_all_minima(&config.problem().unwrap());
        let solution = solved(&text).unwrap();
        let found = solution.network.as_ref().unwrap().numbers();
        let section = solution.quantities.get("network").unwrap();
        let left = usize::from(found.minima[0][0] > found.minima[1][0]);
        let right = 1 - left;
        let core = found.minima[right][0] - cores[right].radius;
        let exact = passage([-2.2, found.minima[left][0], core], &phi, &|_| 1.0 / 0.3);
        let away = (found.passage_times[left][right].over(exact).value() - 1.0).abs();
        let stated = section["passage_time_error"][left][right].as_f64().unwrap();
        assert!(away <= stated && stated < most, "{cells}: {away:e}, stated {stated:e}");
    }
}

/// A well whose lowest point lies on a reflecting wall is no valley, and the network says so; a minimum on the wall itself
/// is one.
#[test]
fn wells_at_walls_are_told_of() {
    let told = |loss: &str, dimension: usize| {
        let (lower, upper, cells) =
            (["[0]", "[0, 0]"][dimension - 1], ["[3]", "[3, 3]"][dimension - 1], ["[240]", "[36, 36]"][dimension - 1]);
        let solution = solved(&format!(
            "landscape = {{ expression = '{loss}', dimension = {dimension} }}
            noise = {{ kind = 'isotropic', temperature = 0.3 }}
            domain = {{ lower = {lower}, upper = {upper} }}
            grid = {{ cells = {cells} }}
            solve = {{ quantities = ['network'], error_estimate = false }}"
        ));
        let at_wall = |warning: &Warning| match warning {
            Warning::WellAtWall { at, .. } => Some(*at),
            _ => None,
        };
        solution.unwrap().warnings.iter().find_map(at_wall)
    };
    assert_eq!(told("-cos(2*pi*x)", 1), None);
    assert_eq!(told("-cos(2*pi*x) + 0.1*x", 1), Some([0.0, 0.0]));
    assert_eq!(told("-cos(2*pi*x) - 0.1*x", 1), Some([3.0, 0.0]));
    assert_eq!(told("-cos(2*pi*x) - cos(2*pi*y)", 2), None);
    let [x, y] = told("-cos(2*pi*x) - cos(2*pi*(y - 0.5)) + 0.1*x", 2).unwrap();
    assert!(x == 0.0 && ((y - 0.5).fract().abs() < 0.01 || (y - 0.5).fract() > 0.99), "{x} {y}");
}
