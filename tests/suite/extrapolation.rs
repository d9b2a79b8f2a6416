//! Richardson extrapolation of rates.

use saddleflux::scaled::Scaled;
use saddleflux::scheme::Weight;
use saddleflux::study::boundary::BoundaryError;
use saddleflux::study::extrapolation::{Extrapolation, Series, Spacing};
use saddleflux::study::request::Scheme;
use saddleflux::study::rules::{BOUNDARY_RULES, RULES, Situation, printed};

fn scaled(values: &[f64]) -> Vec<Scaled> {
    values.iter().map(|&value| Scaled::new(value)).collect()
}

fn extrapolate(values: &[Scaled], ratio: f64, rounding: f64, formal: f64, is_cut: bool) -> Option<Extrapolation> {
    Series { values, spacing: Spacing::Ratio(ratio), rounding, formal, claimed: f64::INFINITY }.extrapolated(is_cut)
}

fn extrapolate_quarters(values: [Scaled; 3], rounding: f64, is_cut: bool) -> Extrapolation {
    Series { values: &values, spacing: Spacing::Quarters, rounding, formal: 6.0, claimed: f64::INFINITY }
        .extrapolated(is_cut)
        .unwrap()
}

/// Halved grids beside a boundary.
fn estimate(values: &[Scaled], formal: f64, boundary: BoundaryError) -> Option<Extrapolation> {
    Series { values, spacing: Spacing::Ratio(2.0), rounding: 1e-15, formal, claimed: f64::INFINITY }.estimate(boundary)
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
    // Faster than any power of the scheme, and terms of both signs: nothing is taken away, and the error is not below
    // what it is.
    for values in [on(&|h| 1e-6 * h.powi(16)), on(&|h| 1e-6 * (h.powi(8) - 2.0 * h.powi(6)))] {
        let found = extrapolate_quarters(values, 1e-15, false);
        assert!(found.value == values[2] && found.error >= 1e-6, "{found:?}");
    }
    // Two lower orders that look like one of nine.
    let found = extrapolate_quarters(on(&|h| 1e-6 * (0.535 * h.powi(6) - h.powi(4))), 1e-15, false);
    assert!(found.order.unwrap() > 9.0 && found.error > 0.465e-6, "{found:?}");
    let found = extrapolate_quarters(on(&|_| 0.0), 1e-15, false);
    assert_eq!((found.value.value(), found.error), (3e-100, 1.25 * 1e-15));
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
        estimate(&values, formal, BoundaryError { walls, cut })
    };
    let walled = with(1e-6, None).unwrap();
    assert!(walled.value == values[2] && walled.error > smooth.error + 0.99e-6, "{walled:?}");
    assert_eq!(with(0.0, None), Some(smooth));
    // Where next to nothing comes from the boundary that cuts edges, grids show their order; where it may, or is not
    // known, they do not.
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
        estimate(&values, 2.0, boundary).unwrap().error
    };
    assert!(chance(None) < 1e-5 && chance(Some(1e-3)) == 1.25e-3);
    // Nothing is extrapolated from grids that are far apart.
    let far = [1.0, 2.0, 6.0].map(Scaled::new);
    let found = estimate(&far, 2.0, BoundaryError::default()).unwrap();
    assert!(found.error > 0.5 && found.value == far[2], "{found:?}");
}

/// Values whose logarithms are these above a small number.
fn logs(values: &[f64]) -> Vec<Scaled> {
    values.iter().map(|log| Scaled::new(3e-100 * log.exp())).collect()
}

/// For each row of the table a series that is in its situation, and none that an earlier row is for: the order that is
/// taken away and the error by hand, from changes of the logarithm.
#[test]
fn every_row_of_the_table_decides_its_situation() {
    let by = |size: f64| (1.25 * size).exp_m1();
    let left = |p: f64, change: f64| (change / (2f64.powf(p) - 1.0)).abs();
    let part = |p: f64, from_half: f64, from_most: f64| {
        (from_half / (2f64.powf(p) - 1.0)).abs().max((from_most / ((4.0 / 3.0f64).powf(p) - 1.0)).abs())
    };
    let halves = Spacing::Ratio(2.0);
    let (c, d) = (1e-3, 1e-4);
    let quarters = |p: f64| [2.0, 4.0 / 3.0, 1.0].map(|h: f64| c * h.powf(p)).to_vec();
    let changes = |p: f64| (c * (1.0 - 2f64.powf(p)), c * (1.0 - (4.0 / 3.0f64).powf(p)));
    // Situation, grids, logarithms, formal order, cut; what is added to the last logarithm, the error.
    type Row = (Situation, Spacing, Vec<f64>, f64, bool, f64, f64);
    let rows: Vec<Row> = vec![
        (Situation::Agreeing, halves, vec![0.1, 0.0, 0.0], 2.0, false, 0.0, 1.25e-15),
        (Situation::HighOrderCut, halves, vec![0.0, c, c + d], 6.0, true, 0.0, by(0.5 * c)),
        (Situation::TwoGrids, halves, vec![0.0, c], 2.0, false, 0.0, by(c)),
        (
            Situation::Formal,
            halves,
            vec![0.0, 3.8 * d, 4.8 * d],
            2.0,
            false,
            d / 3.0,
            by(left(2.0 * 3.8f64.log2() - 2.0, d)),
        ),
        (Situation::Unsettled, halves, vec![0.0, 4.0 * d, 5.0 * d], 1.0, false, d, by(d)),
        (Situation::Faster, halves, vec![0.0, 16.0 * d, 17.0 * d], 2.0, false, d / 15.0, by(d)),
        (Situation::Slower, halves, vec![0.0, 2.0 * d, 3.0 * d], 2.0, false, d, by(d)),
        (Situation::CoarsestUnresolved, halves, vec![0.0, 0.3, 0.3 - d], 6.0, false, -d / 15.0, by(left(4.0, d))),
        (Situation::NoOrder, halves, vec![0.0, c, c - d], 2.0, false, 0.0, by(c / 4.0)),
        (Situation::Agreeing, Spacing::Quarters, vec![0.0; 3], 6.0, false, 0.0, 1.25e-15),
        (Situation::QuartersFormal, Spacing::Quarters, quarters(2.0), 2.0, false, -c, {
            let (half, most) = changes(2.0);
            by(part(2.0, half, most))
        }),
        (Situation::QuartersOther, Spacing::Quarters, vec![d, -d, 0.0], 2.0, false, 0.0, {
            by(d / ((4.0 / 3.0f64) - 1.0))
        }),
        (Situation::HighOrderCut, Spacing::Quarters, quarters(6.0), 6.0, true, 0.0, {
            let (half, most) = changes(6.0);
            by(part(1.0, half, most))
        }),
        (Situation::QuartersSettled, Spacing::Quarters, quarters(8.0), 6.0, false, -c, {
            let (half, most) = changes(8.0);
            by(part(6.0, half, most))
        }),
        (Situation::QuartersFaster, Spacing::Quarters, quarters(12.0), 6.0, false, 0.0, {
            let (half, most) = changes(12.0);
            by(part(4.0, half, most))
        }),
        (Situation::QuartersMixed, Spacing::Quarters, vec![c, -d, 0.0], 6.0, false, 0.0, {
            by((c / 15.0).max(d / (4.0 / 3.0f64 - 1.0)))
        }),
        (Situation::QuartersSlower, Spacing::Quarters, quarters(3.0), 6.0, false, 0.0, {
            let (half, most) = changes(3.0);
            by(part(2.0, half, most))
        }),
    ];
    assert_eq!(rows.len(), RULES.len());
    for ((situation, spacing, values, formal, is_cut, added, error), rule) in rows.into_iter().zip(&RULES) {
        let values = logs(&values);
        let finest = *values.last().unwrap();
        let found = Series { values: &values, spacing, rounding: 1e-15, formal, claimed: f64::INFINITY }
            .extrapolated(is_cut)
            .unwrap();
        assert_eq!((rule.situation, found.situation), (situation, situation), "{found:?}");
        assert_relative_eq!(found.value.over(finest).value().ln(), added, epsilon = 1e-12, max_relative = 1e-6);
        assert_relative_eq!(found.error, error, epsilon = 1e-12, max_relative = 1e-6);
    }
}

/// Rates of four problems on coarse grids beside what certificates enclose them by; the last grids are nearer to one
/// another than to the truth.
#[test]
fn stated_errors_cover_rates_that_are_known() {
    let halves = |values: [f64; 3]| extrapolate(&scaled(&values), 2.0, 1e-15, 2.0, false).unwrap().error;
    let quarters = |values: [f64; 3]| extrapolate_quarters(values.map(Scaled::new), 1e-15, false).error;
    // A full tensor that varies, on 8², 16² and 32² cells: 1.88 is seen and the order still grows.
    let rates = [9.002013137048171e-8, 9.808005807726158e-8, 1.0039818980193855e-7];
    assert!(halves(rates) > 1.0156284428489e-7 / rates[2] - 1.0);
    // Noise of the loss: an order of 11.
    let rates = [2.1490516185193595e-6, 1.6907441248637825e-6, 1.6905116085294387e-6];
    assert!(halves(rates) > 1.690861950e-6 / rates[2] - 1.0);
    // A cold oblique saddle on 16², 24² and 32² cells, by the corrected scheme.
    let rates = [5.698417016963781e-44, 6.281083105414642e-44, 6.298541731694058e-44];
    assert!(quarters(rates) > 1.0 - 6.2601910e-44 / rates[2]);
    // Himmelblau's function on 64², 96² and 128².
    let rates = [1.5192118909752314e-11, 1.519202982786672e-11, 1.5192034157949436e-11];
    assert!(quarters(rates) > 1.51920484728e-11 / rates[2] - 1.0);
}

/// The same for what boundaries leave. The grids show an error of order 8; cuts make it one of first order.
#[test]
fn every_row_of_the_second_table_decides_its_situation() {
    let values = logs(&[1e-3, 1e-3 / 256.0, 1e-3 / 65536.0]);
    let shown = |formal, is_cut| extrapolate(&values, 2.0, 1e-15, formal, is_cut).unwrap().error;
    let rows = [
        (6.0, BoundaryError { walls: 1e-7, cut: Some(1e-6) }, shown(6.0, false) + 1e-7 + 1e-6),
        (2.0, BoundaryError { walls: 1e-7, cut: Some(1e-3) }, 1.25e-3),
        (6.0, BoundaryError { walls: 1e-2, cut: None }, shown(6.0, true)),
        (2.0, BoundaryError { walls: 1e-7, cut: None }, shown(2.0, false) + 1e-7),
    ];
    assert_eq!(rows.len(), BOUNDARY_RULES.len());
    for (row, (formal, boundary, error)) in rows.into_iter().enumerate() {
        let found = estimate(&values, formal, boundary).unwrap();
        assert_relative_eq!(found.error, error, max_relative = 1e-12);
        assert!(found.error != shown(formal, boundary.cut.is_some()) || row == 2, "{row}");
    }
}

#[test]
fn the_tables_in_the_documentation_are_those_that_decide() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/accuracy.md")).unwrap();
    assert!(text.contains(&printed()), "docs/accuracy.md should hold\n{}", printed());
}
