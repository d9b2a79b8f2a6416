//! Survival from every state: against exponentials of a chain with the killed as one more state, and against the
//! forward equation.

use proptest::prelude::*;
use saddleflux::solve::evolve::Backward;
use saddleflux::solve::{Accuracy, Evolution, Factor, quasi_stationary};
use serde_json::Value;

use super::chains::{chain, generator};
use super::double_double::exponential;
use super::{path, with_resources};
use crate::gallery::solve;

proptest! {
    #![proptest_config(crate::cases(12))]

    /// What is still there and what has been killed, each relative to itself, from every state of an irreversible
    /// chain.
    #[test]
    fn survival_and_exits_are_right_from_every_state((rates, killing) in chain(), exponent in 3i32..9, decades in -3.0..2.0f64) {
        prop_assume!(killing.iter().any(|rate| *rate > 0.0));
        let n = killing.len();
        let tolerance = 10f64.powi(-exponent);
        let generator = generator(&rates, &killing);
        // The killed are a state that nothing leaves.
        let mut all: Vec<Vec<f64>> =
            rates.iter().zip(&killing).map(|(row, rate)| row.iter().copied().chain([*rate]).collect()).collect();
        all.push(vec![0.0; n + 1]);
        with_resources(|resources| {
            let accuracy = Accuracy { tolerance, floor: 1e-100 };
            let mut backward = Backward::new(&generator, accuracy, resources);
            for part in -6..=0 {
                let t = 10f64.powf(decades + 0.5 * f64::from(part));
                backward.advance(t).unwrap();
                let exact = exponential(&all, &vec![0.0; n + 1], t);
                let seen = backward.from_states();
                let (survival, exits) = (seen.survival(), seen.exits());
                for i in 0..n {
                    let (u, v): (f64, f64) = (exact[i][..n].iter().sum(), exact[i][n]);
                    prop_assume!(u > 1e-200);
                    let [survives, killed] = [(survival[i], u), (exits[i], v)].map(|(a, b)| (a - b).abs() / (b + 1e-100));
                    prop_assert!(survives < tolerance, "u from {i} at t = {t} is {survives:e} away from {u:e}");
                    prop_assert!(killed < tolerance, "1 - u from {i} at t = {t} is {killed:e} away from {v:e}");
                }
                prop_assert!(seen.error() <= tolerance, "{:e}", seen.error());
            }
            Ok(())
        })?;
    }
}

/// Out of a well 40 times the noise deep: Σ p u is the survival of the density p, in the digits of what is lost too,
/// before and on the plateau, and far beyond the range of numbers.
#[test]
fn both_sides_agree_where_next_to_nothing_is_lost() {
    let n = 240;
    let mut killing = vec![0.0; n];
    killing[n - 1] = 2e4;
    let generator = path(n, [-2.2, 0.4], |x| 40.0 * (x * x - 1.0).powi(2), killing);
    with_resources(|resources| {
        let rate = quasi_stationary(&Factor::new(&generator, 110, resources).unwrap()).unwrap().rate.value();
        assert!(rate < 1e-15, "{rate:e}");
        let accuracy = Accuracy { tolerance: 1e-7, floor: 1e-3 * rate / 2e4 };
        let mut start = vec![0.0; n];
        (start[100], start[150], start[n - 3]) = (0.25, 0.75 - 1e-9, 1e-9);
        let mut forward = Evolution::new(&generator, &start, accuracy, resources).unwrap();
        let mut backward = Backward::new(&generator, accuracy, resources);
        for t in [1e-3, 1.0, 1e3, 1e10, 1.0 / rate, 1e4 / rate] {
            forward.advance(t).unwrap();
            backward.advance(t).unwrap();
            let seen = backward.from_states();
            assert_relative_eq!(seen.log_survival(&start), forward.log_survival(), max_relative = 4e-7);
            assert!(seen.exits().iter().all(|v| (0.0..=1.0).contains(v)));
        }
        assert!(forward.log_survival() < -9e3);
    });
}

/// From the middle between two absorbing ends both sides are alike, and nothing is lost from far inside at first.
#[test]
fn fields_of_survival_are_written() {
    let solution = solve(
        "landscape = { expression = '(x^2 - 1)^2' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-2], upper = [2], walls = { x = ['absorbing', 'absorbing'] } }
         valley = { minimum = [-1], set = 'whole' }
         grid = { cells = [200] }
         solve = { quantities = ['survival'] }
         evolve = { times = [1e-4, 1.0, 1e3], start = { point = [-1.0], width = 0.1 } }",
    );
    let group = solution.groups.iter().find(|group| group.name == "evolution").unwrap();
    let (survival, exits) = (group.values("survival_from").unwrap(), group.values("exit_from").unwrap());
    assert_eq!(group.shape(group.field("survival_from").unwrap()).unwrap(), [3, 200]);
    for at in 0..3 {
        let (u, v) = (&survival[200 * at..200 * (at + 1)], &exits[200 * at..200 * (at + 1)]);
        for i in 0..200 {
            assert_relative_eq!(u[i], u[199 - i], max_relative = 1e-5);
            assert_relative_eq!(u[i] + v[i], 1.0, max_relative = 1e-14);
        }
        assert!(u[..100].windows(2).all(|pair| pair[1] >= pair[0]));
    }
    // A hundred jumps in less than a tenth of the time of one, and one jump.
    assert!(exits[100] < 1e-100, "{:e}", exits[100]);
    assert!((1e-3..0.1).contains(&exits[0]), "{:e}", exits[0]);
    let found = &solution.quantities.get("evolution").unwrap()["from_cells"];
    assert!(found["distance"].as_f64().unwrap() < 4e-6, "{found}");
    assert!(found["error"].as_f64().unwrap() <= 1e-6 && found["solves"].as_f64().is_some_and(|solves| solves > 10.0));
    assert!(found.get("survival").is_none() && matches!(found, Value::Object(_)));
}
