//! The paper's ten-dimensional Styblinski–Tang experiment, with its batches.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::elimination::Workspace;
use crate::particles::minibatch::Minibatch;
use crate::particles::preparation::Preparation;
use crate::problem::landscape::SampleLoss;
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::solve::resources::allowed;
use crate::study::{self, iteration};
use crate::verify::evidence::Evidence;
use crate::verify::sample_chain::{SampleChain, normal};
use crate::verify::solved::{posed, rate, solve};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// Ten independent coordinates give the rate in ten dimensions.
pub const PRODUCT: Claim = Claim {
    id: "setting-1-ten-dimensions",
    title: "The paper's ten-dimensional experiment is ten one-dimensional ones",
    statement: "In Setting 1 the coordinates are independent: the rate of “some coordinate out” is the sum of the coordinates' rates for the \
                diffusion, and 1 − Π (1 − γ_c) an iteration for SGD with the batches that it takes.",
    source: "Appendix E, Setting 1; L = Σ L(θ_i) and independent samples",
    conditions: "Styblinski–Tang with Gaussian data, k = 1, escaped once a coordinate exceeds 0.156731. The diffusion in two dimensions with the data's \
                 covariance, η/B from 0.02 to 0.08. SGD in ten dimensions with B = 1 on 50,000 samples at the published η = 0.006, at 0.009 and at 0.012.",
    computation: "γ of the finite-volume chain in two dimensions over twice that in one. For SGD z = (γ of a simulation in ten dimensions − that of ten \
                  chains, each of one sample at a time out of the very samples of its coordinate) over the simulation's standard error; the mean of z² over the \
                  learning rates.",
    tolerance: "1e-6 for the diffusion, which is separable; the 99.9 % quantile of χ² for z².",
    expected: Expected::Holds,
    check: |effort| product(effort, 1.0),
};

/// A batch of one sample escapes like Gaussian noise of the same covariance.
pub const GAUSSIAN: Claim = Claim {
    id: "setting-1-batch-of-one",
    title: "SGD with a batch of one escapes as with Gaussian noise of its covariance",
    statement: "At the batch size of the paper's Figure 19 (a), B = 1, SGD leaves the valley of Setting 1 at the rate of the same iteration with \
                Gaussian noise of the same covariance (or of its diffusion limit).",
    source: "Appendix E, Setting 1, Figures 18 (a) and 19 (a); Eq. 2, which takes the gradient noise to be Gaussian",
    conditions: "B = 1, samples drawn anew at every step, η from 0.003 to 0.012 around the published 0.006 of Figure 18 (a), k = 1, one coordinate from \
                 −2.903534 until it exceeds 0.156731.",
    computation: "γ an iteration of three models: the chain of one sample at a time; the chain with Gaussian steps; η times that of the diffusion. Beside \
                  it how straight −ln γ is over 1/η, and the change of γ when the cells are doubled.",
    tolerance: "20 % between the first two, at every η.",
    expected: Expected::Fails,
    check: |effort| gaussian(effort, 1.0),
};

const EXIT: f64 = 0.156731;

fn configured(dimension: usize, learning_rate: f64, lower: f64) -> String {
    let each = |number: f64| vec![format!("{number:?}"); dimension].join(", ");
    let names = &["x", "y"][..dimension];
    let walls = names.iter().map(|name| format!("{name} = [\"reflecting\", \"absorbing\"]")).collect::<Vec<_>>();
    format!(
        "landscape = {{ kind = \"styblinski-tang-data\", dimension = {dimension} }}
noise = {{ kind = \"covariance\", learning_rate = {learning_rate:?}, batch_size = 1 }}
domain = {{ lower = [{}], upper = [{}], walls = {{ {} }} }}
valley = {{ minimum = [{}], set = \"whole\" }}",
        each(lower),
        each(EXIT),
        walls.join(", "),
        each(-2.35)
    )
}

/// The lower end of the interval; at η = 0.012 the iteration is unstable below −9.
const LOWEST: f64 = -14.0;

/// Decides whether SGD in ten dimensions escapes at `factor` times the rate of ten coordinates; the claim's factor is
/// 1.
///
/// # Errors
/// A point that cannot be solved or simulated.
pub fn product(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("η", "γ an iteration, ten dimensions", [true, true]);
    let columns = ["η", "γ of ten chains", "γ of the simulation", "standard error", "z"];
    let mut evidence = Evidence::new(Verdict::Holds, &columns, figure);
    let overs = effort.points(&[0.02, 0.04, 0.08], 1);
    let learning_rates = effort.points(&[0.012, 0.006, 0.009], 2);
    effort.expects(2 * overs.len() + learning_rates.len());
    require_separability(effort, &mut evidence, overs)?;
    let (mut sum, mut measured, mut chains) = (0.0, Vec::new(), Vec::new());
    for &learning_rate in learning_rates {
        let exits = if effort.is_quick { 300 } else { 2000 };
        evidence.configuration = format!(
            "{}\nparticles = {{ method = \"minibatch\", dimension = 10, count = 2048, exits = {exits}, seed = 1 }}",
            configured(1, learning_rate, LOWEST)
        );
        let (problem, request) = posed(&evidence.configuration)?;
        let settings = request.particles.as_ref().ok_or(ClaimError::Lacks { what: "particles" })?;
        let prepared = Preparation::new(settings, &problem, allowed()).map_err(study::StudyError::from)?;
        let (loss, recipe) = prepared.minibatch.ok_or(ClaimError::Lacks { what: "minibatch" })?;
        let batches = Minibatch::new(&problem, loss, recipe);
        let chains_rate = rate_of_copies(effort, loss, &batches, recipe.copies, learning_rate)? * factor;
        let found = study::simulate::alone(&problem, &request, &effort.progress.part())?.simulation.rate;
        effort.step()?;
        let [value, error] = [found.value, found.standard_error].map(|rate| rate * learning_rate);
        let z = (value - chains_rate) / error;
        evidence.table.push("", vec![learning_rate, chains_rate, value, error, z]);
        evidence.note(format!("η = {learning_rate}: z"), z);
        evidence.note(format!("η = {learning_rate}: iterations until one of ten coordinates is out"), 1.0 / value);
        sum += z * z;
        measured.push([learning_rate, value]);
        chains.push([learning_rate, chains_rate]);
    }
    let count = learning_rates.len() as f64;
    let quantile = ChiSquared::new(count).map_or(f64::NAN, |law| law.inverse_cdf(0.999));
    evidence.require("mean of z²", sum / count, 1.0, quantile / count - 1.0);
    for points in [&mut measured, &mut chains] {
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    }
    evidence.figure.measured("simulation in ten dimensions", measured);
    evidence.figure.predicted("ten chains", chains);
    let summary = match evidence.verdict() {
        Verdict::Holds => {
            "Ten dimensions are one, ten times, for the diffusion and for SGD itself; the samples that were drawn are in the chains."
        }
        _ => "The rate in ten dimensions is another one.",
    };
    Ok(evidence.finding(summary))
}

/// The diffusion in two dimensions escapes at twice the rate of one.
fn require_separability(effort: &Effort, evidence: &mut Evidence, overs: &[f64]) -> Result<(), ClaimError> {
    for over in overs {
        let [one, two] = [1, 2].map(|dimension| {
            let cells = ["320", "320, 320"][dimension - 1];
            let text = format!("{}\ngrid = {{ cells = [{cells}] }}", configured(dimension, *over, -6.0));
            solve(effort, &text, 0.3)
        });
        let ratio = two?.rate.over(one?.rate).value();
        evidence.require(format!("η/B = {over}: the diffusion in two dimensions over one"), ratio, 2.0, 1e-6);
    }
    Ok(())
}

/// The escape rate per iteration of several coordinates, each a chain of one sample per step from the samples that the
/// simulation draws for it.
fn rate_of_copies(
    effort: &Effort,
    loss: &dyn SampleLoss,
    batches: &Minibatch<'_>,
    copies: usize,
    learning_rate: f64,
) -> Result<f64, ClaimError> {
    let gradient = |theta: f64, sample: f64| loss.sample_gradient([theta, 0.0], [sample, 0.0])[0];
    let cells = if effort.is_quick { 400 } else { 1000 };
    let mut stays = 0.0f64;
    for copy in 0..copies {
        effort.look()?;
        let samples: Vec<[f64; 2]> = batches.samples(copy).map(|sample| [sample[0], 0.0]).collect();
        let share = 1.0 / samples.len() as f64;
        let samples: Vec<[f64; 2]> = samples.into_iter().map(|[sample, _]| [sample, share]).collect();
        let chain =
            SampleChain { learning_rate, gradient: &gradient, samples: &samples, ends: [LOWEST, EXIT], start: -2.35 };
        stays += (-escape(&chain, cells, effort)?.value()).ln_1p();
    }
    Ok(-stays.exp_m1())
}

/// Decides whether a batch of one escapes at `factor` times the rate of Gaussian noise; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn gaussian(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let figure = Figure::new("1/η", "−ln γ an iteration", [false, false]);
    let columns =
        ["η", "ln γ, one sample at a time", "ln γ, Gaussian steps", "ln ηγ of the diffusion", "change with the cells"];
    let mut evidence = Evidence::new(Verdict::Holds, &columns, figure);
    evidence.further.push(Figure::new("1/η", "−ln γ minus its line, nats", [false, false]));
    let learning_rates = effort.points(&[0.012, 0.006, 0.003, 0.009, 0.0075, 0.0045, 0.00375], 3);
    effort.expects(2 * learning_rates.len());
    let samples = normal(24_000);
    let mut curves: [Vec<[f64; 2]>; 3] = Default::default();
    for &learning_rate in learning_rates {
        evidence.configuration = format!(
            "{}\ngrid = {{ tolerance = 1e-6 }}\nsolve = {{ quantities = [\"rate\"] }}",
            configured(1, learning_rate, LOWEST)
        );
        let (problem, _) = posed(&evidence.configuration)?;
        let loss =
            problem.dynamics.loss().and_then(|loss| loss.sampled()).ok_or(ClaimError::Lacks { what: "sample" })?;
        let gradient = |theta: f64, sample: f64| loss.sample_gradient([theta, 0.0], [sample, 0.0])[0];
        let chain =
            SampleChain { learning_rate, gradient: &gradient, samples: &samples, ends: [LOWEST, EXIT], start: -2.35 };
        let cells = if effort.is_quick { 800 } else { 1600 };
        let [coarse, fine] = [cells / 2, cells].map(|cells| escape(&chain, cells, effort));
        let (coarse, fine) = (coarse?, fine?);
        let change = fine.over(coarse).value() - 1.0;
        effort.step()?;
        let steps = iteration::escape(&problem, learning_rate, allowed(), &effort.progress.part())?.per_iteration;
        let continuous = rate(effort, &evidence.configuration, 1e-3)?.scaled(learning_rate);
        let logarithms = [fine, steps, continuous].map(|rate| rate.ln());
        evidence.table.push("", vec![learning_rate, logarithms[0], logarithms[1], logarithms[2], change]);
        let ratio = fine.over(steps).value() / factor;
        evidence.require(format!("η = {learning_rate}: one sample at a time over Gaussian steps"), ratio, 1.0, 0.2);
        evidence.rival(format!("η = {learning_rate}: the same on half of the cells, over it"), 1.0 - change, 1.0, 0.1);
        evidence.note(format!("η = {learning_rate}: ln of it over the diffusion's"), logarithms[0] - logarithms[2]);
        for (curve, logarithm) in curves.iter_mut().zip(logarithms) {
            curve.push([1.0 / learning_rate, -logarithm]);
        }
    }
    for (name, mut points) in ["one sample at a time", "Gaussian steps", "the diffusion"].into_iter().zip(curves) {
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        if let Some(line) = evidence.line(Some(0), name, &points) {
            evidence.note(format!("{name}: slope of −ln γ over 1/η"), line.slope);
            evidence.note(format!("{name}: Pearson's r"), line.pearson_r.unwrap_or(f64::NAN));
            evidence.note(format!("{name}: largest distance from that line, nats"), line.farthest());
        }
        evidence.figure.measured(name, points);
    }
    let summary = match evidence.verdict() {
        Verdict::Holds => "One sample at a time is Gaussian noise.",
        _ => {
            "One sample at a time escapes far more often than Gaussian noise of its covariance, by single samples in the tail of the data, and that far \
             more often than the diffusion: three models with three slopes over 1/η."
        }
    };
    Ok(evidence.finding(summary))
}

/// The escape rate of a chain, without progress of its phases.
fn escape(chain: &SampleChain, cells: usize, effort: &Effort) -> Result<Scaled, ClaimError> {
    let progress = effort.progress.part();
    let resources = Resources { memory: allowed(), workspace: &Workspace::default(), progress: &progress };
    Ok(chain.escape(cells, resources)?)
}
