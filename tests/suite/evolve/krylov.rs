//! Krylov spaces: what is asked for is met, whatever the chain, and what is slow is not forgotten.

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::generator::Generator;
use saddleflux::grid::{Align, Grid};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::evolve::start::gaussian;
use saddleflux::solve::{Accuracy, Discretisation, Evolution, Resources};

use super::chains::{chain, generator};
use super::double_double::exponential;
use super::{accuracy, density, distance, path, with_resources};

fn begin<'a>(
    generator: &'a Generator,
    start: &[f64],
    tolerance: f64,
    resources: Resources<'a>,
    last: f64,
) -> Evolution<'a> {
    Evolution::new(generator, start, Accuracy::in_l1(tolerance), resources).unwrap().in_spaces(last)
}

/// All in one state.
fn released(n: usize, at: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(u8::from(i == at))).collect()
}

/// Whether each state can be reached from each.
fn leads_everywhere(rates: &[Vec<f64>]) -> bool {
    let n = rates.len();
    let mut leads: Vec<Vec<bool>> = rates.iter().map(|row| row.iter().map(|rate| *rate > 0.0).collect()).collect();
    for via in 0..n {
        for from in 0..n {
            for to in 0..n {
                leads[from][to] |= leads[from][via] && leads[via][to];
            }
        }
    }
    leads.iter().flatten().all(|leads| *leads)
}

/// Four times a decade, over the last three of so many.
fn output_times(decades: f64) -> impl Iterator<Item = f64> {
    (-12..=0).map(move |part| 10f64.powf(decades + 0.25 * f64::from(part)))
}

proptest! {
    #![proptest_config(crate::cases(48))]

    /// Random irreversible chains, closed and killed, against the exponential in 32 digits, relative to what is still
    /// there. The stated error meets the tolerance too, but for the rounding of γ over the rest of the way, and where
    /// states that nothing leads back to may keep an error for longer than all else is there.
    #[test]
    fn tolerances_are_met((rates, killing) in chain(), exponent in 3i32..11, decades in -2.0..2.5f64) {
        let tolerance = 10f64.powi(-exponent);
        let generator = generator(&rates, &killing);
        prop_assume!(generator.rates.outer_view(0).is_some_and(|row| row.nnz() > 0));
        with_resources(|resources| {
            let mut evolution = begin(&generator, &released(killing.len(), 0), tolerance, resources, 10f64.powf(decades));
            for t in output_times(decades) {
                evolution.advance(t).unwrap();
                let exact = exponential(&rates, &killing, t)[0].clone();
                let survival: f64 = exact.iter().sum();
                prop_assume!(survival > 1e-200);
                let away = distance(&density(&evolution), &exact) / survival;
                prop_assert!(away < tolerance, "{away:e} at t = {t} with a tolerance of {tolerance:e}");
                let rounding = -1e-12 * survival.ln();
                let is_met = evolution.error() <= tolerance + rounding || !leads_everywhere(&rates);
                prop_assert!(is_met, "{:e} with {tolerance:e}", evolution.error());
                prop_assert!(away <= 2.0 * evolution.error(), "{away:e} where {:e} is stated", evolution.error());
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(crate::cases(48))]

    /// Of long decays at tolerances that only rounding is in the way of nothing but rounding is wrong, the contour's
    /// above all: it is stated, in the density and in the flux.
    #[test]
    fn what_a_contour_rounds_to_is_stated((rates, mut killing) in chain(), exponent in 9i32..11, decades in 0.0..3.0f64) {
        killing.iter_mut().for_each(|rate| *rate += 0.1);
        let tolerance = 10f64.powi(-exponent);
        let generator = generator(&rates, &killing);
        with_resources(|resources| {
            let mut evolution = begin(&generator, &released(killing.len(), 0), tolerance, resources, 10f64.powf(decades));
            for t in output_times(decades) {
                evolution.advance(t).unwrap();
                let exact = exponential(&rates, &killing, t)[0].clone();
                let survival: f64 = exact.iter().sum();
                prop_assume!(survival > 1e-200);
                let away = distance(&density(&evolution), &exact) / survival;
                prop_assert!(away <= 2.0 * evolution.error(), "{away:e} where {:e} is stated, t = {t}", evolution.error());
                let flux = exact.iter().zip(&killing).map(|(p, rate)| p * rate).sum::<f64>() / survival;
                let (away, stated) = ((evolution.hazard() / flux - 1.0).abs(), evolution.error_of(&killing));
                prop_assert!(away <= 2.0 * stated, "a flux {away:e} off where {stated:e} is stated, t = {t}");
            }
            Ok(())
        })?;
    }
}

/// A density that leaves the place where it was released: what its errors there become is followed, and beside the flux
/// of a well that it comes to rest in they are small. Beside steps that are positive, in two dimensions; where so
/// little leaves that nobody can tell, the stated error says so.
#[test]
fn errors_in_a_tail_that_was_left_do_not_stay() {
    for (temperature, is_known) in [(0.2, true), (0.05, true), (0.02, false)] {
        for (at, width) in [([-0.9, 0.5], 0.2), ([-1.0, 0.0], 0.1)] {
            let text = format!(
                "landscape = {{ expression = '(x^2 - 1)^2 + y^2' }}
                noise = {{ kind = 'isotropic', temperature = {temperature} }}
                domain = {{ lower = [-2, -2], upper = [0, 2], walls = {{ x = ['reflecting', 'absorbing'] }} }}"
            );
            let problem = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap().problem().unwrap();
            let grid = Grid::over(&problem, [48, 48], Align::Axes).unwrap();
            let on = Discretisation::on(&problem, grid, Weight::InverseAverage, &Progress::default()).unwrap();
            let generator = &on.assembly.generator;
            let start = gaussian(&on, at, width);
            with_resources(|resources| {
                let accuracy = Accuracy { tolerance: 1e-7, floor: 1e-25 };
                let mut positive = Evolution::new(generator, &start, accuracy, resources).unwrap();
                let mut krylov = begin(generator, &start, 1e-5, resources, 1e4);
                for t in [0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 10.0, 30.0, 300.0, 1e3, 1e4] {
                    positive.advance(t).unwrap();
                    krylov.advance(t).unwrap();
                    let away = (krylov.hazard() / positive.hazard() - 1.0).abs();
                    let stated = krylov.error_of(&generator.killing);
                    assert!(away <= stated + 1e-7, "{away:e} where {stated:e} is stated, T = {temperature}, t = {t}");
                    // Known, as results take a flux to be.
                    assert!(stated < 0.1 || !is_known, "{stated:e} is stated, T = {temperature}, t = {t}");
                }
            });
        }
    }
}

/// n particles that change sides one by one at rates a and b, each of its own: with k on one side at first, binomial
/// laws for both lots, exactly. It is the Ornstein–Uhlenbeck process of a chain.
#[test]
fn particles_that_change_sides() {
    let (n, k, a, b) = (240usize, 60usize, 0.7, 0.3);
    let up = (0..n).map(|i| (i, i + 1, a * (n - i) as f64));
    let down = (1..=n).map(|i| (i, i - 1, b * i as f64));
    let generator = Generator::from_rates(up.chain(down), vec![0.0; n + 1]).unwrap();
    let binomial = |n: usize, p: f64| -> Vec<f64> {
        let mut law = vec![1.0];
        for _ in 0..n {
            let mut next = vec![0.0; law.len() + 1];
            for (i, share) in law.iter().enumerate() {
                next[i] += share * (1.0 - p);
                next[i + 1] += share * p;
            }
            law = next;
        }
        law
    };
    let exact = |t: f64| {
        let (rest, decay) = (a / (a + b), (-(a + b) * t).exp());
        let (stayed, came) = (binomial(k, rest + (1.0 - rest) * decay), binomial(n - k, rest * (1.0 - decay)));
        let mut law = vec![0.0; n + 1];
        for (i, p) in stayed.iter().enumerate() {
            came.iter().enumerate().for_each(|(j, q)| law[i + j] += p * q);
        }
        law
    };
    for tolerance in [1e-4, 1e-7, 1e-10] {
        with_resources(|resources| {
            let mut evolution = begin(&generator, &released(n + 1, k), tolerance, resources, 30.0);
            for t in [0.03, 0.1, 0.3, 1.0, 3.0, 30.0] {
                evolution.advance(t).unwrap();
                let away = distance(evolution.probability(), &exact(t));
                let stated = evolution.error();
                assert!(away <= stated && stated <= tolerance, "{away:e} where {stated:e} is stated, t = {t}");
                assert_relative_eq!(evolution.probability().iter().sum::<f64>(), 1.0, max_relative = 1e-12);
            }
            // What the contour leaves of the mass has been put right.
            assert!(evolution.drift().abs() < 1e-10, "{:e}", evolution.drift());
        });
    }
}

/// Two wells, both killed far from one another, the right one a million times more slowly: 1e-12 of the mass in the
/// tail of the right one is all that is left in the end.
#[test]
fn a_slow_component_of_next_to_no_weight_is_kept() {
    let n = 200;
    let mut killing = vec![0.0; n];
    (killing[50], killing[150]) = (2.0, 1e-6);
    let generator = path(n, [-2.0, 2.0], |x| 45.0 * (x * x - 1.0).powi(2), killing);
    let mut start = vec![0.0; n];
    (start[55], start[170]) = (1.0 - 1e-12, 1e-12);
    with_resources(|resources| {
        let mut positive =
            Evolution::new(&generator, &start, Accuracy { tolerance: 1e-9, floor: 1e-40 }, resources).unwrap();
        let mut krylov = begin(&generator, &start, 1e-6, resources, 1e8);
        for t in [0.1, 10.0, 100.0, 1e3, 1e4, 1e6, 1e8] {
            positive.advance(t).unwrap();
            krylov.advance(t).unwrap();
            let away = distance(positive.probability(), krylov.probability());
            assert!(away < 1e-6, "{away:e} at t = {t}");
            assert!(
                (positive.log_survival() - krylov.log_survival()).abs() < 1e-6 * (1.0 - positive.log_survival()),
                "t = {t}"
            );
        }
        assert!(krylov.log_survival() < -27.0);
    });
}

/// A ring that is driven one way, and a cold closed well over 20 decades: against steps that are positive.
#[test]
fn both_methods_agree() {
    let n = 40;
    let ring = (0..n).flat_map(|i| [(i, (i + 1) % n, 30.0 + i as f64), ((i + 1) % n, i, 2.0)]);
    let driven = Generator::from_rates(ring, vec![0.0; n]).unwrap();
    let cold = path(150, [-2.0, 2.0], |x| 25.0 * ((x * x - 1.0).powi(2) + 0.2 * x), vec![0.0; 150]);
    for (generator, times) in
        [(&driven, vec![1e-3, 0.03, 0.3, 1.0, 3.0, 30.0]), (&cold, vec![1e-4, 0.01, 1.0, 1e6, 1e12, 1e14, 1e16])]
    {
        for tolerance in [1e-4, 1e-8] {
            with_resources(|resources| {
                let start = released(generator.len(), generator.len() / 3);
                let mut positive = Evolution::new(generator, &start, accuracy(1e-9), resources).unwrap();
                let mut krylov = begin(generator, &start, tolerance, resources, *times.last().unwrap());
                for &t in &times {
                    positive.advance(t).unwrap();
                    krylov.advance(t).unwrap();
                    let away = distance(positive.probability(), krylov.probability());
                    let stated = krylov.error();
                    assert!(away < tolerance && stated <= tolerance, "{away:e} where {stated:e} is stated, t = {t}");
                }
            });
        }
    }
}
