//! The covariance C of SGD's gradient noise compared with the Hessian H.

use std::path::PathBuf;

use crate::model::training::{Effort as Training, eigenpairs, initial, minimise};
use crate::model::{Activation, DataSource, Model, Network, Output, Targets, Task};
use crate::study::covariance::{Comparison, CovarianceStudy, Weights, covariance};
use crate::verify::evidence::Evidence;
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// C = H for a regression at its minimum.
pub const REGRESSION: Claim = Claim {
    id: "gradient-noise-regression",
    title: "Gradient noise is the Hessian: logistic regression at its minimum",
    statement: "At a minimum the covariance of minibatch gradients is C/B with C = H.",
    source: "Eqs. 5–7 and Fig. 2; the equality of Fisher's information and the Hessian where the model is true",
    conditions: "Logistic regression of the banknote data (1372 samples, four features and an intercept, standardised), at the minimum θ*; beside \
                 it at tθ*, t from 0 to 4.",
    computation: "The slope of C_ii over H_ii through the origin, in H's eigenbasis, over 1e-4 ≤ H_ii ≤ 1/2, the elements that the paper shows; B divides both \
                  sides, so that slope and r are the same for every B. Decided at t = 1.",
    tolerance: "Three standard deviations of the slope: what 1372 labels drawn with the model's own probabilities would scatter by, of which the mean is \
                exactly 1.",
    expected: Expected::Holds,
    check: |effort| regression(effort, 1.0),
};

/// C = H for a network at a minimum.
pub const NETWORK: Claim = Claim {
    id: "gradient-noise-network",
    title: "Gradient noise is the Hessian: a network trained to a minimum",
    statement: "At a minimum the covariance of minibatch gradients is C/B with C = H.",
    source: "Eqs. 5–7 and Fig. 2 (networks of width 10)",
    conditions: "A network of two hidden layers of width 10 (tanh, 182 parameters) on the banknote data, trained from a seed to |∇L| below 1e-10 \
                 under a penalty λ/2 |θ|², λ = 1e-3.",
    computation: "The slope of C_ii over H_ii through the origin, in H's eigenbasis, over 1e-4 ≤ H_ii ≤ 1/2.",
    tolerance: "10 %. Parallel is not equal: Pearson's r does not see the slope.",
    expected: Expected::Fails,
    check: |effort| network(effort, 1.0),
};

const BANKNOTE: &str = include_str!("../../configs/data/banknote.csv");

fn banknote(task: Task, output: Output, hidden: &[usize], l2: f64) -> Result<Model, ClaimError> {
    let source = DataSource {
        path: PathBuf::from("banknote.csv"),
        features: None,
        label: "class".into(),
        positive: (task == Task::Sign).then(|| vec!["1".into()]),
        standardise: true,
        drop_missing: false,
    };
    let samples = source.parse(BANKNOTE, task)?;
    let outputs = match &samples.targets {
        Targets::Classes(_, names) => names.len(),
        Targets::Values(_) => 1,
    };
    let widths = [&[samples.features.len()], hidden, &[outputs]].concat();
    Ok(Model { network: Network::new(&widths, true, Activation::Tanh, output), samples, l2 })
}

/// The slope of C over H and Pearson's r, in the eigenbasis of the Hessian, for batch size 1.
fn eigen(study: &CovarianceStudy) -> Result<[f64; 2], ClaimError> {
    let of = |one: &&Comparison| one.basis == "eigen" && one.batch_size == 1;
    let found = study.comparisons.iter().find(of).and_then(|one| one.slope.zip(one.pearson_r));
    let (slope, r) = found.ok_or(ClaimError::Lacks { what: "element of H in the window that the paper shows" })?;
    Ok([slope, r])
}

/// Decides whether C = H at `stretch` times the minimum; the claim's stretch is 1.
///
/// # Errors
/// No minimum, or an interruption.
pub fn regression(effort: &Effort, stretch: f64) -> Result<Finding, ClaimError> {
    let model = banknote(Task::Sign, Output::Logistic, &[], 0.0)?;
    let minimum = minimise(&model, vec![0.0; model.parameters()], Training::REGRESSION, &effort.progress.part())?;
    if !minimum.is_converged() {
        return Err(ClaimError::Lacks { what: "minimum" });
    }
    let figure = Figure::new("H_ii", "C_ii, at θ*", [true, true]);
    let mut evidence =
        Evidence::new(Verdict::Holds, &["t", "slope", "Pearson r", "standard deviation of the slope"], figure);
    let at = |t: f64| -> Result<(CovarianceStudy, [f64; 2], f64), ClaimError> {
        let theta: Vec<f64> = minimum.theta.iter().map(|entry| t * entry).collect();
        let scatter = scatter(&model, &theta)?;
        let study = covariance(&model, Weights::Given(theta), &effort.progress.part())?;
        effort.step()?;
        let found = eigen(&study)?;
        Ok((study, found, scatter))
    };
    effort.expects(7 + 1);
    for t in [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0] {
        // Far beyond the minimum no element of H lies in the window.
        match at(t) {
            Ok((_, [slope, r], scatter)) => evidence.table.push("", vec![t, slope, r, scatter]),
            Err(ClaimError::Lacks { .. }) => evidence.table.push("", vec![t, f64::NAN, f64::NAN, f64::NAN]),
            Err(error) => return Err(error),
        }
    }
    let (study, [slope, r], scatter) = at(stretch)?;
    evidence.require("slope of C over H", slope, 1.0, 3.0 * scatter);
    evidence.note("Pearson's r", r);
    evidence.note("standard deviation of the slope, of labels that the model draws", scatter);
    evidence.note("standard deviations from 1", (slope - 1.0) / scatter);
    let line = study.eigen.iter().map(|[h, _]| [*h, *h]).collect();
    evidence.figure.measured("measured", study.eigen);
    evidence.figure.predicted("C = H", line);
    let summary = match evidence.verdict() {
        Verdict::Holds => "C is H within what so many labels can say; away from the minimum it is not.",
        _ => "C is not H.",
    };
    Ok(evidence.finding(summary))
}

/// The standard deviation of the slope if every label y_n is drawn with the model's own probability p_n.
///
/// The slope is Σ_n w_n (p_n − y_n)² with w_n = Σ_i λ_i (v_i·x_n)² / (N Σ_i λ_i²) and the mean 1; the variance of (p −
/// y)² is p (1 − p)(1 − 2p)².
fn scatter(model: &Model, theta: &[f64]) -> Result<f64, ClaimError> {
    let (hessian, p) = (model.hessian(theta), model.parameters());
    let (values, vectors) = eigenpairs(&hessian, p).ok_or(ClaimError::Lacks { what: "eigenvalue of H" })?;
    let shown: Vec<usize> = (0..p).filter(|&i| (1e-4..=0.5).contains(&values[i])).collect();
    let squares: f64 = shown.iter().map(|&i| values[i] * values[i]).sum();
    let (mut variance, count) = (0.0, model.samples.len());
    for n in 0..count {
        let x = [model.samples.input(n), &[1.0]].concat();
        let dot = |vector: &[f64]| vector.iter().zip(&x).map(|(v, x)| v * x).sum::<f64>();
        let along = shown.iter().map(|&i| values[i] * dot(&vectors[i * p..(i + 1) * p]).powi(2));
        let weight = along.sum::<f64>() / (squares * count as f64);
        let probability = 1.0 / (1.0 + (-dot(theta)).exp());
        variance += weight.powi(2) * probability * (1.0 - probability) * (1.0 - 2.0 * probability).powi(2);
    }
    Ok(variance.sqrt())
}

/// Decides whether C is `factor` times H at a minimum of the network; the claim's factor is 1.
///
/// # Errors
/// No minimum, or an interruption.
pub fn network(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    effort.expects(1);
    let model = banknote(Task::Class, Output::CrossEntropy, &[10, 10], 1e-3)?;
    let minimum = minimise(&model, initial(&model, 0), Training::NETWORK, &effort.progress.part())?;
    if !minimum.is_converged() {
        return Err(ClaimError::Lacks { what: "minimum" });
    }
    let study = covariance(&model, Weights::Given(minimum.theta), &effort.progress.part())?;
    effort.step()?;
    let [slope, r] = eigen(&study)?;
    let figure = Figure::new("H_ii", "C_ii", [true, true]);
    let mut evidence = Evidence::new(Verdict::Holds, &["H_ii", "C_ii"], figure);
    for [h, c] in &study.eigen {
        evidence.table.push("", vec![*h, *c]);
    }
    evidence.require("slope of C over H", slope, factor, 0.1);
    evidence.note("Pearson's r", r);
    evidence.note("loss", study.loss);
    let line = study.eigen.iter().map(|[h, _]| [*h, *h]).collect();
    evidence.figure.measured("measured", study.eigen);
    evidence.figure.predicted("C = H", line);
    let summary = match evidence.verdict() {
        Verdict::Fails => {
            "C is parallel to H, and far from equal: where the network fits a label, the gradient's square falls with the square of the misfit, \
             the Hessian with the misfit."
        }
        _ => "C is H.",
    };
    Ok(evidence.finding(summary))
}
