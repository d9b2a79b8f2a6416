//! Claims are decided by their points, and every verdict can turn: each check is run with a formula, an interpretation
//! or an order that is not the claim's.

use saddleflux::Progress;
use saddleflux::verify::headline::{Kept, exponential, square_root};
use saddleflux::verify::limit::Limit;
use saddleflux::verify::{
    ClaimError, Effort, Expected, Finding, Verdict, claims, crossover, effective_s, gradient_noise, hessian_floor,
    irreversible, iteration, kramers_factor, mixed_noise, neighbourhood, panels, paper_noise, particles, proposition_1,
    rival, rule_1, setting_1, sgd_scaling, sgld_scaling, theorem_3_1, theorem_3_2, theorem_3_2_plane, validity,
};

fn quick(progress: &Progress) -> Effort<'_> {
    Effort { is_quick: true, progress }
}

fn verdict(check: impl FnOnce(&Effort) -> Result<Finding, ClaimError>) -> Verdict {
    let progress = Progress::default();
    let found = check(&quick(&progress)).unwrap();
    // What a terminal shows of its progress: as many points as were said to be there.
    let (_, done, total) = progress.state();
    assert!(done == total && total > 0, "{done} of {total} points");
    assert!(found.decisive.measured.is_finite() && !found.table.rows.is_empty() && !found.figure.curves.is_empty());
    found.verdict
}

/// The theorem's limit in one dimension, and its verdict with a prefactor or an order that is not the theorem's.
#[test]
fn theorem_3_1_holds_with_its_own_prefactor_and_order_only() {
    use theorem_3_1::Setup;
    assert_eq!(verdict(|effort| Setup::line().check(effort)), Verdict::HoldsAsymptotically);
    for setup in [
        Setup { prefactor: 2.0, ..Setup::line() },
        Setup { prefactor: 1.01, ..Setup::line() },
        Setup { order: 0.5, ..Setup::line() },
        Setup { correction: 1.03, ..Setup::line() },
    ] {
        assert_eq!(verdict(|effort| setup.check(effort)), Verdict::Fails);
    }
}

#[test]
fn theorem_3_1_holds_in_two_dimensions() {
    use theorem_3_1::Setup;
    let one =
        || Setup { cases: &Setup::plane().cases[..1], barriers: &[5.0, 10.0, 20.0, 40.0, 80.0], ..Setup::plane() };
    assert_eq!(verdict(|effort| one().check(effort)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| Setup { prefactor: 0.5, ..one() }.check(effort)), Verdict::Fails);
    assert_eq!(verdict(|effort| Setup { correction: 1.03, ..one() }.check(effort)), Verdict::Fails);
}

#[test]
fn sgld_scales_with_its_own_powers_only() {
    assert_eq!(verdict(|effort| sgld_scaling::sharpness(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| sgld_scaling::sharpness(effort, 1.001)), Verdict::Fails);
    assert_eq!(verdict(|effort| sgld_scaling::noise(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| sgld_scaling::noise(effort, 1.001)), Verdict::Fails);
}

/// The formula is right for the current that its proof has, off for the paper's own equation, and wrong with another
/// prefactor.
#[test]
fn theorem_3_2_holds_for_the_isothermal_current_only() {
    use theorem_3_2::{Setup, exponent};
    assert_eq!(verdict(|effort| Setup::new("isothermal").check(effort)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| Setup::new("ito").check(effort)), Verdict::Fails);
    assert_eq!(verdict(|effort| Setup { prefactor: 1.02, ..Setup::new("isothermal") }.check(effort)), Verdict::Fails);
    assert_eq!(verdict(|effort| exponent(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| exponent(effort, 1.01)), Verdict::Fails);
}

#[test]
fn sgd_collapses_on_one_line() {
    assert_eq!(verdict(|effort| sgd_scaling::collapse(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| sgd_scaling::collapse(effort, 1.001)), Verdict::Fails);
    assert_eq!(verdict(|effort| sgd_scaling::linear(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| sgd_scaling::linear(effort, 1.01)), Verdict::Fails);
}

/// On a separable landscape the noise without a floor carries nothing across, and the check finds no rate.
#[test]
fn the_hessian_everywhere_lets_out_of_curved_valleys_only() {
    assert_eq!(verdict(|effort| hessian_floor::line(effort, 2.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| hessian_floor::line(effort, 1.9)), Verdict::Fails);
    assert_eq!(
        verdict(|effort| hessian_floor::plane(effort, hessian_floor::CURVED, 0.0)),
        Verdict::HoldsAsymptotically
    );
    assert_eq!(verdict(|effort| hessian_floor::plane(effort, hessian_floor::CURVED, 0.5)), Verdict::Fails);
    assert!(hessian_floor::plane(&quick(&Progress::default()), "(x^2-1)^2 + 2*(y - 0.5)^2", 0.0).is_err());
}

/// Times −0.4 the s of the first valley, which is negative and no smaller than −2.5, lies between 0 and 1.
#[test]
fn the_paper_s_own_noise_has_an_exponent_of_its_own() {
    // A slope made with s = 0.3.
    let slope = 2.0 * 1.5 * (0.3 / 7.0 + 0.7 / 4.0);
    assert_relative_eq!(paper_noise::share(slope, 1.5, 4.0, 7.0), 0.3, max_relative = 1e-12);
    assert_eq!(verdict(|effort| paper_noise::exponent(effort, 1.0)), Verdict::Fails);
    assert_eq!(verdict(|effort| paper_noise::exponent(effort, -0.4)), Verdict::Holds);
}

#[test]
fn kramers_rate_is_doubled_at_the_saddle() {
    assert_eq!(verdict(|effort| kramers_factor::factor(effort, 2.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| kramers_factor::factor(effort, 1.98)), Verdict::Fails);
    assert_eq!(verdict(|effort| kramers_factor::flux(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| kramers_factor::flux(effort, 1.0 + 1e-10)), Verdict::Fails);
    assert_eq!(verdict(|effort| kramers_factor::relaxation(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| kramers_factor::relaxation(effort, 1.01)), Verdict::Fails);
}

/// Paths add; two exits behind one saddle have half of the sum, and the check says so when asked for half.
#[test]
fn parallel_paths_add() {
    assert_eq!(verdict(|effort| rule_1::parallel(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| rule_1::parallel(effort, 1.05)), Verdict::Fails);
    assert_eq!(verdict(|effort| rule_1::shared(effort, 1.0)), Verdict::Fails);
    assert_eq!(verdict(|effort| rule_1::shared(effort, 0.5)), Verdict::Holds);
}

#[test]
fn odds_of_the_flat_valley() {
    assert_eq!(verdict(|effort| exponential(effort, Kept::Sharp)), Verdict::Holds);
    assert_eq!(verdict(|effort| exponential(effort, Kept::Flat)), Verdict::Fails);
    assert_eq!(verdict(|effort| square_root(effort, 0.5)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| square_root(effort, 0.55)), Verdict::Fails);
}

/// Three wells in a row: 1/3 against 1/5, so that the claim holds when 5/3 of it is asked for.
#[test]
fn occupations_follow_from_times_between_two_valleys_only() {
    assert_eq!(verdict(|effort| proposition_1::two(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| proposition_1::two(effort, 1.05)), Verdict::Fails);
    assert_eq!(verdict(|effort| proposition_1::saddle(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| proposition_1::saddle(effort, 1.2)), Verdict::Fails);
    assert_eq!(verdict(|effort| proposition_1::three(effort, 1.0)), Verdict::Fails);
    assert_eq!(verdict(|effort| proposition_1::three(effort, 5.0 / 3.0)), Verdict::HoldsAsymptotically);
}

#[test]
fn other_noises_have_other_exponents() {
    assert_eq!(verdict(|effort| mixed_noise::mixed(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| mixed_noise::mixed(effort, 1.01)), Verdict::Fails);
    assert_eq!(verdict(|effort| rival::power(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| rival::power(effort, 1.01)), Verdict::Fails);
}

#[test]
fn turned_descents_escape_faster() {
    assert_eq!(verdict(|effort| irreversible::turned(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| irreversible::turned(effort, 1.05)), Verdict::Fails);
}

#[test]
fn the_iteration_has_a_limit_of_first_order() {
    assert_eq!(verdict(|effort| iteration::limit(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| iteration::limit(effort, 2.0)), Verdict::Fails);
    assert_eq!(verdict(|effort| iteration::setting(effort, 1.0)), Verdict::Fails);
}

#[test]
fn published_panels_are_lines_over_their_own_axes_only() {
    assert_eq!(verdict(|effort| panels::lines(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| panels::lines(effort, -1.0)), Verdict::Fails);
}

#[test]
fn particles_and_solver_disagree_when_the_rate_is_wrong() {
    assert_eq!(verdict(|effort| particles::z_scores(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| particles::z_scores(effort, 1.5)), Verdict::Fails);
}

/// r = 1 + 3ε + ε² has the limit 1, the order 1 and the slope 3; what is 1.3 + ε tends to something else; noise decides
/// nothing.
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
    // Within the tolerance by chance, and changed by far more than it by the last point.
    let unsettled = Limit::of(&[[0.4, 1.3], [0.2, 1.0], [0.1, 1.0]], 1.0);
    assert!((unsettled.value - 1.0).abs() < 1e-4 && unsettled.change > 0.1);
    assert_eq!(unsettled.verdict(1.0, 1e-3), Verdict::NotDecided);
    assert_eq!(Limit::of(&[[0.1, 1.0], [0.05, 1.0]], 1.0).verdict(1.0, 1e-4), Verdict::NotDecided);
}

/// A failure counts only where what another theory says in its place is met.
#[test]
fn a_failure_that_is_not_understood_decides_nothing() {
    use saddleflux::verify::evidence::Evidence;
    let verdict = |measured: f64| {
        let mut evidence = Evidence::new(Verdict::Holds, &[], saddleflux::verify::Figure::new("x", "y", [false; 2]));
        evidence.require("the claim", measured, 1.0, 0.1);
        evidence.rival("the other theory", measured, 2.0, 0.1);
        evidence.finding("").verdict
    };
    assert_eq!([1.05, 2.05, 3.0].map(verdict), [Verdict::Holds, Verdict::Fails, Verdict::NotDecided]);
}

/// The command writes what the contract names, the page needs nothing but itself, and what is unknown is refused with
/// the nearest name.
#[test]
fn the_command_writes_verdicts_and_a_page() {
    use crate::cli::command;
    let folder = crate::folder::Folder::new("verify");
    let output = command(
        &["verify", "sgld-sharpness", "rule-1-shared-valley", "--quick", "--json", "--out", "found"],
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = std::fs::read_to_string(folder.path().join("found/verify.json")).unwrap();
    assert_eq!(said, serde_json::from_str::<serde_json::Value>(&text).unwrap());
    let found = said["claims"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    for key in
        ["id", "title", "source", "verdict", "expected", "measured", "predicted", "tolerance", "conditions", "command"]
    {
        assert!(found.iter().all(|claim| !claim[key].is_null()), "{key}");
    }
    assert_eq!((found[0]["verdict"].as_str(), found[1]["verdict"].as_str()), (Some("holds"), Some("fails")));
    let page = std::fs::read_to_string(folder.path().join("found/report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("id=\"sgld-sharpness\""));
    assert!(!page.contains("<script") && !page.contains("http:") && !page.contains("https:"));
    let refused = command(&["verify", "theorem-3-2-itoo"], folder.path());
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && message.contains("`theorem-3-2-ito`"), "{message}");
}

/// Names are unique, and every claim says what it needs; what is expected to fail is tried as well.
#[test]
fn every_claim_has_a_name_of_its_own() {
    let mut names: Vec<&str> = claims().iter().map(|claim| claim.id).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), claims().len());
    assert!(claims().iter().any(|claim| claim.expected == Expected::Fails));
}

/// C = H is decided by the slope: at the regression's minimum, not at four times it, where Pearson's r is as good; and
/// by the slope of the network, not by its r.
#[test]
fn gradient_noise_is_the_hessian_where_the_slope_says_so() {
    assert_eq!(verdict(|effort| gradient_noise::regression(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| gradient_noise::regression(effort, 4.0)), Verdict::Fails);
    assert_eq!(verdict(|effort| gradient_noise::network(effort, 1.0)), Verdict::Fails);
    assert_eq!(verdict(|effort| gradient_noise::network(effort, 0.05)), Verdict::Holds);
}

#[test]
fn a_wider_crossing_leaves_the_closure_at_its_own_speed_only() {
    assert_eq!(verdict(|effort| neighbourhood::crossing(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| neighbourhood::crossing(effort, 1.05)), Verdict::Fails);
}

/// A tenth of them would all lie near 0; but then they are not those of ∫ L'/D.
#[test]
fn the_s_of_real_noise_is_no_share() {
    assert_eq!(verdict(|effort| effective_s::between(effort, 1.0)), Verdict::Fails);
    assert_ne!(verdict(|effort| effective_s::between(effort, 0.0)), Verdict::Fails);
}

/// Another coefficient leaves an error of first order.
#[test]
fn kramers_has_its_own_first_correction_only() {
    assert_eq!(verdict(|effort| validity::map(effort, 1.0)), Verdict::HoldsAsymptotically);
    assert_eq!(verdict(|effort| validity::map(effort, 1.1)), Verdict::Fails);
}

/// The separable valley whose noise jumps on a level of the loss has 1/√(1 + ω(1/|H_b| − 1/H_a)) of the theorem's rate.
#[test]
fn theorem_3_2_misses_a_factor_of_the_other_direction() {
    use theorem_3_2_plane::Setup;
    assert_eq!(verdict(|effort| Setup::new().check(effort)), Verdict::Fails);
    let [level, line] = [0, 1].map(|place| &Setup::new().cases[place..=place]);
    assert_relative_eq!(level[0].transverse(), 1.75f64.sqrt().recip(), max_relative = 1e-6);
    assert_relative_eq!(line[0].transverse(), 1.0, max_relative = 1e-12);
    let found = |cases, prefactor| verdict(|effort| Setup { cases, prefactor }.check(effort));
    assert_eq!(found(level, 1.75f64.sqrt().recip()), Verdict::HoldsAsymptotically);
    assert_eq!(found(line, 1.0), Verdict::HoldsAsymptotically);
    assert_eq!(found(line, 0.9), Verdict::Fails);
}

#[test]
fn each_theorem_has_a_region_of_its_own() {
    assert_eq!(verdict(|effort| crossover::map(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| crossover::map(effort, 1.1)), Verdict::Fails);
}

/// Twice the rate of ten chains is not what particles show.
#[test]
fn ten_dimensions_are_ten_coordinates() {
    assert_eq!(verdict(|effort| setting_1::product(effort, 1.0)), Verdict::Holds);
    assert_eq!(verdict(|effort| setting_1::product(effort, 1.5)), Verdict::Fails);
}

/// A batch of one is further from Gaussian noise the smaller η is, so that no factor mends it.
#[test]
fn a_batch_of_one_is_not_gaussian_noise() {
    assert_eq!(verdict(|effort| setting_1::gaussian(effort, 1.0)), Verdict::Fails);
}

/// Samples of a Gaussian gradient make the chain with Gaussian steps: two discretisations of one iteration.
#[test]
fn a_chain_of_samples_is_the_chain_of_their_law() {
    use saddleflux::elimination::Workspace;
    use saddleflux::sgd::Iteration;
    use saddleflux::solve::Resources;
    use saddleflux::verify::sample_chain::{SampleChain, normal};
    let (learning_rate, scale) = (0.1, 2.5);
    let slope = |x: f64| 4.0 * x * (x * x - 1.0);
    let samples = normal(4000);
    let ends = [-2.2, 0.8];
    let chain = SampleChain {
        learning_rate,
        gradient: &|theta, sample| slope(theta) + scale * sample,
        samples: &samples,
        ends,
        start: -1.0,
    };
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = || Resources { memory: 1 << 30, workspace: &workspace, progress: &progress };
    let [coarse, fine] = [200, 400].map(|cells| chain.escape(cells, resources()).unwrap().value());
    let steps = Iteration {
        learning_rate,
        slope: &slope,
        diffusion: &|_| 0.5 * learning_rate * scale * scale,
        ends,
        absorbs: [false, true],
        breaks: &[],
        start: -1.0,
    };
    let exact = steps.escape(1 << 30, &progress).unwrap().per_iteration.value();
    assert_relative_eq!(fine, exact, max_relative = 2e-3);
    assert!((fine - exact).abs() < 0.5 * (coarse - exact).abs());
}

/// Claims side by side are decided as one after the other, and stand in their own order.
#[test]
fn claims_side_by_side_are_those_one_by_one() {
    let chosen: Vec<_> = ["sgld-sharpness", "mori-power-law", "rule-1-shared-valley"]
        .map(|name| saddleflux::verify::claim(name).unwrap())
        .to_vec();
    let found = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let suite = pool.install(|| saddleflux::verify::run(&chosen, true, &Progress::default(), |_| {}));
        let values = suite.outcomes.iter().map(|outcome| {
            let found = outcome.found.as_ref().unwrap();
            (outcome.claim.id, found.table.rows.clone(), found.decisive.measured)
        });
        values.collect::<Vec<_>>()
    };
    let one = found(1);
    assert!(one.len() == 3 && one[1].0 == "mori-power-law");
    assert_eq!(one, found(2));
}

/// A terminal shows what runs with its points, and what waits; what is decided stands above.
#[test]
fn a_terminal_shows_how_each_claim_stands() {
    use saddleflux::progress::Standing;
    let progress = Progress::default();
    progress.list(["done", "running", "waiting"].map(String::from).into_iter());
    progress.enter(0);
    progress.leave(0);
    let own = progress.enter(1);
    own.expect(8);
    own.advance(2);
    let tasks = progress.tasks();
    assert!(tasks[0].1 == Standing::Done && tasks[2].1 == Standing::Waits);
    let text = saddleflux::report::board(&tasks);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("running") && lines[0].contains("████····") && lines[0].contains("2 of 8"), "{text}");
    assert!(lines[1].starts_with("waiting") && lines[1].ends_with("waits"), "{text}");
    own.interrupt();
    assert!(progress.is_interrupted());
}
