//! Rates far below rounding.

use saddleflux::solve::evolve::plateau::reached;
use saddleflux::solve::{Accuracy, Evolution, Factor, quasi_stationary};

use super::{path, with_resources};

/// Out of a well that is 40 and 75 times the noise deep: from the relaxation on the flux over the mass is the rate that
/// inverse iteration finds, S(1/γ) is 1/e but for what was lost on the way down, and nothing is lost before.
#[test]
fn the_plateau_is_the_rate_of_escape() {
    for (depth, most) in [(40.0, 1e-15), (75.0, 1e-30)] {
        let n = 300;
        let mut killing = vec![0.0; n];
        killing[n - 1] = 2e4;
        let generator = path(n, [-2.2, 0.4], |x| depth * (x * x - 1.0).powi(2), killing);
        with_resources(|resources| {
            let start: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i == 100))).collect();
            let rate = quasi_stationary(&Factor::new(&generator, 140, resources).unwrap()).unwrap().rate.value();
            assert!(rate < most, "{rate:e}");
            let mut evolution =
                Evolution::new(&generator, &start, Accuracy { tolerance: 1e-6, floor: 1e-3 * rate / 2e4 }, resources)
                    .unwrap();
            for t in [1.0, 10.0, 1e3, 1e10] {
                evolution.advance(t).unwrap();
                assert_relative_eq!(evolution.hazard(), rate, max_relative = 1e-6);
                // What was lost until then is γt, right in its digits, and not the rounding of 1.
                if t > 100.0 {
                    assert_relative_eq!(-evolution.log_survival(), rate * t, max_relative = 1e-2);
                }
            }
            for [times, log_survival] in [[1.0, -1.0], [1e3, -1e3]] {
                evolution.advance(times / rate).unwrap();
                assert_relative_eq!(evolution.log_survival(), log_survival, max_relative = 1e-6);
                assert_relative_eq!(evolution.hazard(), rate, max_relative = 1e-10);
            }
            let arrived = reached(evolution.history(), rate, 1e-2).unwrap();
            // The well relaxes at rates of L'' = 8 · depth.
            assert!((0.5..200.0).contains(&(8.0 * depth * arrived)), "{arrived}");
            assert!(evolution.effort().factorisations < 1200, "{:?}", evolution.effort());
        });
    }
}
