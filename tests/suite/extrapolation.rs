//! Richardson extrapolation of rates.

use approx::assert_relative_eq;
use saddleflux::scaled::Scaled;
use saddleflux::scheme::Weight;
use saddleflux::study::boundary::BoundaryError;
use saddleflux::study::extrapolation::{beside, extrapolate, extrapolate_quarters};
use saddleflux::study::request::Scheme;

fn scaled(values: &[f64]) -> Vec<Scaled> {
    values.iter().map(|&value| Scaled::new(value)).collect()
}

fn powers(order: f64, constant: f64) -> Vec<Scaled> {
    scaled(&[4.0f64, 2.0, 1.0].map(|h| 3e-100 * (constant * h.powf(order)).exp()))
}

#[test]
fn a_pure_power_is_extrapolated_away() {
    for order in [1.0, 2.0] {
        let found = extrapolate(&powers(order, 1e-3), 2.0, 1e-15, order, false).unwrap();
        assert_relative_eq!(found.value.value(), 3e-100, max_relative = 1e-12);
        assert_relative_eq!(found.order.unwrap(), order, max_relative = 1e-9);
        assert!((1e-3..2e-3).contains(&found.error), "{found:?}");
    }
    assert_eq!((Scheme::plain(Weight::Upwind).formal_order(), Scheme::plain(Weight::Sqra).formal_order()), (1.0, 2.0));
}

#[test]
fn an_extrapolated_rate_is_positive_however_coarse_the_grids() {
    let found = extrapolate(&scaled(&[30.0, 9.0, 1.0]), 2.0, 1e-15, 1.0, false).unwrap();
    assert!(found.value.is_positive() && found.error > 1.0, "{found:?}");
    // No order to be seen: the value stays, the whole change is the error.
    let found = extrapolate(&scaled(&[1.0, 1.1, 1.0]), 2.0, 1e-15, 2.0, false).unwrap();
    assert_eq!((found.value.value(), found.order), (1.0, None));
    assert!(found.error > 0.09);
    assert_eq!(extrapolate(&scaled(&[1.0]), 2.0, 1e-15, 2.0, false), None);
}

#[test]
fn three_grids_show_the_order_that_is_extrapolated() {
    let on = |series: &dyn Fn(f64) -> f64| [2.0, 4.0 / 3.0, 1.0].map(|h: f64| Scaled::new(3e-100 * series(h).exp()));
    for power in [4.0, 6.0, 8.0] {
        let found = extrapolate_quarters(on(&|h| 1e-6 * h.powf(power)), 1e-15, false);
        assert_relative_eq!(found.value.value(), 3e-100, max_relative = 1e-12);
        // Not below what it is; beyond sixth order above it, for two lower orders may look like one.
        let most = if power > 6.0 { 6e-6 } else { 1.5e-6 };
        assert!((1e-6..most).contains(&found.error), "{found:?}");
        assert_relative_eq!(found.order.unwrap(), power, max_relative = 1e-4);
    }
    // A part of second order: its error is not below what it is, nor extrapolated.
    let found = extrapolate_quarters(on(&|h| 1e-6 * h * h), 1e-15, false);
    assert!(found.error >= 1e-6 && (found.value.value() / 3e-100 - 1.0 - 1e-6).abs() < 1e-12, "{found:?}");
    // Faster than any power of the scheme, and terms of both signs: nothing is taken away, and the error is not below what it is.
    for values in [on(&|h| 1e-6 * h.powi(16)), on(&|h| 1e-6 * (h.powi(8) - 2.0 * h.powi(6)))] {
        let found = extrapolate_quarters(values, 1e-15, false);
        assert!(found.value == values[2] && found.error >= 1e-6, "{found:?}");
    }
    // Two lower orders that look like one of nine.
    let found = extrapolate_quarters(on(&|h| 1e-6 * (0.535 * h.powi(6) - h.powi(4))), 1e-15, false);
    assert!(found.order.unwrap() > 9.0 && found.error > 0.465e-6, "{found:?}");
    let found = extrapolate_quarters(on(&|_| 0.0), 1e-15, false);
    assert_eq!((found.value.value(), found.error), (3e-100, 1e-15));
    // Where boundaries are cut, a second and a fourth order that cancel look like a higher one.
    let lucky = on(&|h| 1e-6 * (h.powi(4) - 1.1 * h * h));
    let found = extrapolate_quarters(lucky, 1e-15, true);
    assert!(found.order.unwrap() > 4.5 && found.value == lucky[2] && found.error > 1e-7, "{found:?}");
    assert!(extrapolate_quarters(lucky, 1e-15, false).value != lucky[2]);
    // Changes that grow are no better than those that fall slowly.
    let growing = extrapolate_quarters(on(&|h| -1e-6 / h), 1e-15, false);
    assert!(growing.order.unwrap() <= 0.5 && growing.error > 1e-6, "{growing:?}");
    // First order is not taken for second.
    assert!(extrapolate_quarters(on(&|h| 1e-6 * h), 1e-15, true).error > 1e-6);
}

#[test]
fn high_order_on_cut_grids_is_taken_for_first() {
    // By the method's proof: nothing of a scheme of sixth order is certain where walls are followed cell by cell.
    let values = [4.0, 2.0, 1.0].map(|h: f64| Scaled::new((1e-6 * h.powi(6)).exp()));
    let found = extrapolate(&values, 2.0, 1e-15, Scheme::FLUX_CORRECTED.formal_order(), true).unwrap();
    assert!(found.value == values[2] && found.error > 63e-6, "{found:?}");
    let smooth = extrapolate(&values, 2.0, 1e-15, Scheme::FLUX_CORRECTED.formal_order(), false).unwrap();
    assert_relative_eq!(smooth.value.value(), 1.0, max_relative = 1e-11);
    // Two grids do not show a high order.
    let two = extrapolate(&values[1..], 2.0, 1e-15, Scheme::FLUX_CORRECTED.formal_order(), false).unwrap();
    assert!(two.value == values[2] && two.error > 60e-6, "{two:?}");
    // Another error of low order is added; extrapolation would not show it.
    let with = |walls: f64, cut: Option<f64>| {
        let formal = Scheme::FLUX_CORRECTED.formal_order();
        beside(BoundaryError { walls, cut }, values[2], formal, |cut| extrapolate(&values, 2.0, 1e-15, formal, cut))
    };
    let walled = with(1e-6, None).unwrap();
    assert!(walled.value == values[2] && walled.error > smooth.error + 0.99e-6, "{walled:?}");
    assert_eq!(with(0.0, None), Some(smooth));
    // Where next to nothing comes from the boundary that cuts edges, grids show their order; where it may, or is not known, they do not.
    let faint = with(0.0, Some(1e-9)).unwrap();
    assert!(faint.value == smooth.value && faint.error > smooth.error + 0.99e-9, "{faint:?}");
    for share in [0.04, f64::INFINITY, f64::NAN] {
        assert_eq!(with(0.0, Some(share)), Some(found));
    }
    // Grids may agree by chance on less than what the boundary leaves.
    assert_eq!(with(0.0, Some(0.5)).map(|found| found.error), Some(0.025));
    let chance = |cut| {
        let values = [1.0 + 1e-6, 1.0 + 2e-6, 1.0].map(Scaled::new);
        let boundary = BoundaryError { walls: 0.0, cut };
        beside(boundary, values[2], 2.0, |cut| extrapolate(&values, 2.0, 1e-15, 2.0, cut)).unwrap().error
    };
    assert!(chance(None) < 1e-5 && chance(Some(1e-3)) == 1e-3);
    // Nothing is extrapolated from grids that are far apart.
    let far = [1.0, 2.0, 6.0].map(Scaled::new);
    let found = beside(BoundaryError::default(), far[2], 2.0, |cut| extrapolate(&far, 2.0, 1e-15, 2.0, cut)).unwrap();
    assert!(found.error > 0.5 && found.value == far[2], "{found:?}");
}
