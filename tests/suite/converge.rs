//! Refinement studies: references, observed orders, and what each scheme is known for.

use saddleflux::config::Config;
use saddleflux::generator::AssemblyError;
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::SolveError;
use saddleflux::study::StudyError;
use saddleflux::study::converge::{Convergence, Sample, Source, Subject, converge};
use saddleflux::study::request::Scheme;

fn study(text: &str) -> Convergence {
    let config = Config::from_text(std::path::Path::new("test.toml"), text, &[]).unwrap();
    converge(config.problem().unwrap(), &config.request, &Progress::default())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn of(study: &Convergence, scheme: Scheme) -> Vec<&Sample> {
    study
        .series
        .iter()
        .filter(|series| series.subject == Subject::Scheme(scheme))
        .flat_map(|series| series.solved())
        .collect()
}

fn error(sample: &Sample) -> f64 {
    sample.rate.and_then(|rate| rate.error).unwrap()
}

fn order(sample: &Sample) -> f64 {
    sample.rate.and_then(|rate| rate.order).unwrap()
}

const WELL: &str = "landscape = { kind = 'double-well', dimension = 2 }
    domain = { lower = [-2, -1.5], upper = [0.8, 1.5], walls = { x = ['reflecting', 'absorbing'] } }\n";

#[test]
fn schemes_differ_where_they_should_on_an_aligned_cold_valley() {
    let found = study(&format!(
        "{WELL} noise = {{ kind = 'isotropic', temperature = 0.02 }}
         converge = {{ cells = [64, 128, 256] }}"
    ));
    assert_eq!(found.reference.source, Source::QuadratureByAxis);
    let last = |scheme| *of(&found, scheme).last().unwrap();
    // Fourteen digits on 128 cells; the linear weights only at second order.
    assert!(error(of(&found, Scheme::INVERSE_AVERAGE)[1]) < 3e-14);
    for scheme in [Scheme::plain(Weight::ScharfetterGummel), Scheme::plain(Weight::Sqra)] {
        assert!((1.8..2.1).contains(&order(last(scheme))), "{scheme:?}: {:?}", last(scheme));
    }
    // Near the saddle and the minimum sqra's error is larger by 3/2: e^{−z/2} against z/(e^z − 1) to fourth order in z.
    let ratio = error(last(Scheme::plain(Weight::Sqra))) / error(last(Scheme::plain(Weight::ScharfetterGummel)));
    assert!((1.3..1.7).contains(&ratio), "{ratio}");
    assert!(error(last(Scheme::plain(Weight::Upwind))) > 1.0);
    let central =
        found.series.iter().find(|series| series.subject == Subject::Scheme(Scheme::plain(Weight::Central))).unwrap();
    let is_steep = |error: &StudyError| matches!(error, StudyError::Solve(SolveError::Assembly(AssemblyError::NotMonotone { rise, .. })) if rise.abs() >= 2.0);
    assert!(central.samples.iter().all(|sample| sample.as_ref().is_err_and(|(_, error)| is_steep(error))));
}

#[test]
fn upwind_is_of_first_order_and_central_of_second() {
    let found = study(
        "landscape = { kind = 'double-well', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.5 }
         domain = { lower = [-2], upper = [0.5], walls = { x = ['reflecting', 'absorbing'] } }
         converge = { cells = [400, 800, 1600], schemes = ['upwind', 'central'] }",
    );
    assert_eq!(found.reference.source, Source::Quadrature);
    for (scheme, expected) in [(Scheme::plain(Weight::Upwind), 1.0), (Scheme::plain(Weight::Central), 2.0)] {
        let samples = of(&found, scheme);
        assert!((order(samples[2]) - expected).abs() < 0.05, "{samples:?}");
    }
}

#[test]
fn flux_correction_is_of_sixth_order_or_more_at_any_angle() {
    let found = study(&format!(
        "{WELL} noise = {{ kind = 'isotropic', temperature = 0.05 }}
         converge = {{ cells = [64, 128, 256], schemes = ['inverse-average', 'flux-corrected'], angles = [5, 30, 45] }}"
    ));
    for series in &found.series {
        let samples: Vec<&Sample> = series.solved().collect();
        match series.subject {
            // At 5 degrees the finest grid is exact to rounding.
            Subject::Scheme(Scheme::FLUX_CORRECTED) => {
                assert!(error(samples[1]) < 6e-10 && error(samples[2]) < 3e-12, "{series:?}");
                assert!(samples[2].rate.unwrap().order.is_none_or(|order| order > 5.8), "{series:?}");
            }
            _ => assert!((1.9..2.1).contains(&order(samples[2])) && error(samples[1]) < 2e-3, "{series:?}"),
        }
    }
}

#[test]
fn references_are_the_users_or_extrapolated_where_nothing_is_exact() {
    let curved = "landscape = { expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-1.9, -0.9], upper = [1.3, 1.9] }
         valley = { minimum = [-1, 0.5], set = 'x < 0.8' }\n";
    let found = study(&format!(
        "{curved} converge = {{ cells = [32, 64, 128], schemes = ['inverse-average', 'flux-corrected'] }}"
    ));
    let reference = found.reference.rate.unwrap();
    let is_extrapolated = matches!(found.reference.source, Source::Extrapolated { .. });
    assert!(is_extrapolated && reference.uncertainty < 1e-7, "{:?}", found.reference);
    let samples = of(&found, Scheme::FLUX_CORRECTED);
    assert!(error(samples[2]) < 1e-8 && error(of(&found, Scheme::INVERSE_AVERAGE)[2]) > 1e-5, "{samples:?}");
    let given = study(&format!("{curved} converge = {{ cells = [16, 32], schemes = ['sqra'], rate = 3.87e-5 }}"));
    assert_eq!((given.reference.rate.unwrap().value.value(), given.reference.passage), (3.87e-5, None));
    assert!(given.series[0].solved().all(|sample| sample.passage.unwrap().error.is_none()));
}

/// The certificate beside the schemes: its width falls with the fourth order (method of the certificate, table), and
/// its best value is nearer than the widths say.
#[test]
fn the_certificate_has_an_order_of_its_own() {
    let found = study(&format!(
        "{WELL} noise = {{ kind = 'isotropic', temperature = 0.1 }}
         solve = {{ quantities = ['rate', 'certificate'] }}
         converge = {{ cells = [16, 32, 64], schemes = ['inverse-average'] }}"
    ));
    let series = found.series.last().unwrap();
    assert_eq!((series.subject, found.series.len()), (Subject::Certificate, 2));
    let samples: Vec<&Sample> = series.solved().collect();
    assert!(samples.len() == 3 && order(samples[2]) > 3.5, "{samples:?}");
    let known = found.reference.rate.unwrap();
    let away = (samples[2].rate.unwrap().value.over(known.value).value() - 1.0).abs();
    assert!(away < error(samples[2]) + known.uncertainty, "{away:e}");
}
