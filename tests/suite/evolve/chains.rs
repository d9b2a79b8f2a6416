//! Random small chains, irreversible, closed and killed, against the exponential in 32 digits.

use proptest::prelude::*;
use saddleflux::generator::Generator;
use saddleflux::solve::{Accuracy, Evolution};

use super::double_double::exponential;
use super::{density, distance, with_resources};

pub(super) fn chain() -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<f64>)> {
    let rate = prop_oneof![2 => (-3.0..2.0).prop_map(|e: f64| 10f64.powf(e)), 1 => Just(0.0)];
    (3usize..7, any::<bool>()).prop_flat_map(move |(n, is_killed)| {
        let killing =
            if is_killed { prop::collection::vec(0.0..0.5f64, n).boxed() } else { Just(vec![0.0; n]).boxed() };
        let rates = prop::collection::vec(prop::collection::vec(rate.clone(), n), n);
        (rates, killing).prop_map(|(mut rates, killing)| {
            rates.iter_mut().enumerate().for_each(|(i, row)| row[i] = 0.0);
            (rates, killing)
        })
    })
}

pub(super) fn generator(rates: &[Vec<f64>], killing: &[f64]) -> Generator {
    let entries = rates.iter().enumerate().flat_map(|(i, row)| row.iter().enumerate().map(move |(j, q)| (i, j, *q)));
    Generator::from_rates(entries.filter(|(i, j, _)| i != j), killing.to_vec()).unwrap()
}

/// All in the first state.
fn released(n: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(u8::from(i == 0))).collect()
}

/// The largest |p_i − exact_i|/(exact_i + φ Σ exact).
fn worst(found: &[f64], exact: &[f64], floor: f64) -> f64 {
    let least = floor * exact.iter().sum::<f64>();
    let miss = |(p, exact): (&f64, &f64)| (p - exact).abs() / (exact + least);
    found.iter().zip(exact).map(miss).fold(0.0, f64::max)
}

proptest! {
    #![proptest_config(crate::cases(16))]

    /// On the whole way every entry meets the tolerance, and so does the stated error; nor is the tolerance met a
    /// thousand times over.
    #[test]
    fn tolerances_are_met_and_hardly_more((rates, killing) in chain(), exponent in 3i32..9, decades in -2.0..2.5f64) {
        let tolerance = 10f64.powi(-exponent);
        let generator = generator(&rates, &killing);
        prop_assume!(generator.rates.outer_view(0).is_some_and(|row| row.nnz() > 0));
        with_resources(|resources| {
            let accuracy = Accuracy { tolerance, floor: 1e-100 };
            let mut evolution = Evolution::new(&generator, &released(killing.len()), accuracy, resources).unwrap();
            let (mut farthest, mut most_stated) = (0.0f64, 0.0f64);
            for part in -12..=0 {
                let t = 10f64.powf(decades + 0.25 * f64::from(part));
                evolution.advance(t).unwrap();
                let exact = exponential(&rates, &killing, t)[0].clone();
                let survival: f64 = exact.iter().sum();
                prop_assume!(survival > 1e-200);
                let found = density(&evolution);
                let away = worst(&found, &exact, accuracy.floor);
                prop_assert!(away < tolerance, "{away:e} at t = {t} with a tolerance of {tolerance:e}");
                prop_assert!(distance(&found, &exact) < tolerance * survival);
                let stated = evolution.worst_error();
                prop_assert!(stated <= tolerance, "{stated:e} with a tolerance of {tolerance:e}, t = {t}");
                // Relative to each entry an error never grows, while its estimate, a difference, may pass through zero.
                most_stated = most_stated.max(stated);
                prop_assert!(away < 10.0 * most_stated, "{away:e} at t = {t} where {most_stated:e} is stated");
                let lost = -evolution.log_survival();
                let exactly = -survival.ln();
                prop_assert!((lost - exactly).abs() <= tolerance * exactly + 1e-14, "{lost:e} for {exactly:e}");
                farthest = farthest.max(away);
            }
            // Steps that end at an output time before they need to are better than asked for.
            let is_free = evolution.effort().steps > 100;
            prop_assert!(!is_free || farthest > 1e-3 * tolerance, "{farthest:e} with a tolerance of {tolerance:e}");
            Ok(())
        })?;
    }

    /// Every entry of P(t) to 1e-9 of itself, down to 1e-30 of what is there, where each state can be reached from
    /// each. Nearly all chains have 1e-10; extrapolation multiplies the rounding of pivots 1 + hq, and of some hundred
    /// chains one had 1.4e-10, another 2e-10.
    #[test]
    fn every_entry_is_right((mut rates, killing) in chain(), decades in -3.0..1.5f64) {
        let t = 10f64.powf(decades);
        let n = killing.len();
        (0..n).for_each(|i| rates[i][(i + 1) % n] += 0.1);
        let exact = exponential(&rates, &killing, t)[0].clone();
        prop_assume!(exact.iter().sum::<f64>() > 1e-200);
        let generator = generator(&rates, &killing);
        with_resources(|resources| {
            let accuracy = Accuracy { tolerance: 1e-11, floor: 1e-30 };
            let mut evolution = Evolution::new(&generator, &released(killing.len()), accuracy, resources).unwrap();
            evolution.advance(t).unwrap();
            let found = density(&evolution);
            prop_assert!(worst(&found, &exact, accuracy.floor) <= 1e-9, "{found:?} for {exact:?}");
            Ok(())
        })?;
    }
}
