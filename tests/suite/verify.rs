//! Claims are decided by their points, and every verdict can turn.

use saddleflux::Progress;
use saddleflux::verify::limit::Limit;
use saddleflux::verify::theorem_3_1::Setup;
use saddleflux::verify::{Effort, Verdict};

fn quick(progress: &Progress) -> Effort<'_> {
    Effort { is_quick: true, progress }
}

/// The theorem's limit in one dimension, and its verdict with a prefactor or an order that is not the theorem's.
#[test]
fn theorem_3_1_holds_with_its_own_prefactor_and_order_only() {
    let progress = Progress::default();
    let check = |setup: Setup| setup.check(&quick(&progress)).unwrap();
    let found = check(Setup::line());
    assert_eq!(found.verdict, Verdict::HoldsAsymptotically, "{:?}", found.numbers);
    for setup in [
        Setup { prefactor: 2.0, ..Setup::line() },
        Setup { prefactor: 1.01, ..Setup::line() },
        Setup { order: 0.5, ..Setup::line() },
    ] {
        assert_eq!(check(setup).verdict, Verdict::Fails);
    }
}

#[test]
fn theorem_3_1_holds_in_two_dimensions() {
    let progress = Progress::default();
    let one =
        || Setup { cases: &Setup::plane().cases[..1], barriers: &[5.0, 10.0, 20.0, 40.0, 80.0], ..Setup::plane() };
    assert_eq!(one().check(&quick(&progress)).unwrap().verdict, Verdict::HoldsAsymptotically);
    let halved = Setup { prefactor: 0.5, ..one() };
    assert_eq!(halved.check(&quick(&progress)).unwrap().verdict, Verdict::Fails);
}

/// r = 1 + 3ε + ε² has the limit 1, the order 1 and the slope 3; what is 1.3 + ε tends to something else; noise decides nothing.
#[test]
fn limits_are_known_or_not_decided() {
    let points = |ratio: &dyn Fn(f64) -> f64| -> Vec<[f64; 2]> {
        (4..12).map(|k| 0.5f64.powi(k)).map(|e| [e, ratio(e)]).collect()
    };
    let exact = Limit::of(&points(&|e| 1.0 + 3.0 * e + e * e), 1.0);
    assert!((exact.value - 1.0).abs() < 1e-6 && (exact.order - 1.0).abs() < 1e-2 && (exact.slope - 3.0).abs() < 1e-2);
    assert_eq!(exact.verdict(1.0, 1e-4), Verdict::HoldsAsymptotically);
    assert_eq!(Limit::of(&points(&|e| 1.3 + e), 1.0).verdict(1.0, 1e-4), Verdict::Fails);
    let oscillating = Limit::of(&points(&|e| 1.0 + 0.1 * (1.0 / e).log2().powi(2).cos()), 1.0);
    assert_eq!(oscillating.verdict(1.0, 1e-4), Verdict::NotDecided);
    assert_eq!(Limit::of(&[[0.1, 1.0], [0.05, 1.0]], 1.0).verdict(1.0, 1e-4), Verdict::NotDecided);
}
