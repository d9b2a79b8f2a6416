//! `[noise]`: the model of D(θ), its floor and its calculus.

use crate::config::read::{OF_THE_PLANE, pad};
use crate::config::section::{FINITE, INSIDE_UNIT, NOT_NEGATIVE, POSITIVE, Section};
use crate::config::{ConfigError, NoiseConfig, NoiseForm};
use crate::problem::expression::Expression;
use crate::problem::noise::{HessianPlace, NoiseKind};
use crate::problem::{Interpretation, Minibatch};
use crate::tensor::Point;

type Read<T> = Result<T, ConfigError>;

/// The points in the cold valleys; empty without the key.
fn cold_valleys(section: &Section, dimension: usize) -> Read<Vec<Point>> {
    let Some(rows) = section.rows("valleys", FINITE)? else { return Ok(Vec::new()) };
    if rows.is_empty() {
        let reason = "names no valley: give a point in every valley that is cold, as in [[-1.0], [1.0]], or leave the key out for the \
                      start valley alone";
        return Err(section.conflict("valleys", reason));
    }
    rows.iter().map(|row| pad(section, "valleys", row, dimension, 0.0)).collect()
}

/// Reads the noise, and whether it may degenerate.
///
/// # Errors
/// Keys that are missing, wrong, or contradict each other.
pub(super) fn read(section: &Section, dimension: usize) -> Read<(NoiseConfig, bool)> {
    let kinds = ["isotropic", "hessian", "frozen", "covariance", "expression", "loss-hessian"];
    let Some(kind) = section.choice("kind", &kinds.map(|kind| (kind, kind)))? else {
        return Err(section.missing(
            "kind",
            "it says how D(θ) is made; one of isotropic, hessian, frozen, covariance, expression, loss-hessian",
        ));
    };
    let minibatch = || {
        let reason = "noise made by minibatches needs noise.learning_rate and noise.batch_size";
        Ok(Minibatch {
            learning_rate: section.required("learning_rate", POSITIVE, reason)?,
            batch_size: section.required("batch_size", POSITIVE, reason)?,
        })
    };
    let form = match kind {
        "isotropic" => NoiseForm::Model(NoiseKind::Isotropic {
            temperature: section.required("temperature", POSITIVE, "isotropic noise is D = temperature · I")?,
        }),
        "hessian" => NoiseForm::Model(NoiseKind::Hessian(minibatch()?)),
        "frozen" => NoiseForm::Model(NoiseKind::Frozen {
            minibatch: minibatch()?,
            s: section.number("s", INSIDE_UNIT)?.unwrap_or(0.5),
            valleys: cold_valleys(section, dimension)?,
        }),
        "loss-hessian" => {
            let places = [("minimum", HessianPlace::Minimum), ("local", HessianPlace::Local)];
            let hessian = section.choice("hessian", &places)?.unwrap_or(HessianPlace::Minimum);
            NoiseForm::Model(NoiseKind::LossHessian { minibatch: minibatch()?, hessian })
        }
        "covariance" => NoiseForm::Model(NoiseKind::Covariance(minibatch()?)),
        _ => formulas(section, dimension)?,
    };
    let interpretations = [
        ("ito", Interpretation::Ito),
        ("stratonovich", Interpretation::Stratonovich),
        ("isothermal", Interpretation::Isothermal),
    ];
    let config = NoiseConfig {
        form,
        floor: section.number("floor", NOT_NEGATIVE)?.unwrap_or(0.0),
        interpretation: section.choice("interpretation", &interpretations)?.unwrap_or(Interpretation::Ito),
    };
    let allow_degenerate = section.boolean("allow_degenerate", false)?;
    section.finish_among(&format!("kind = \"{kind}\""), &|key| owners(key).join(", "))?;
    Ok((config, allow_degenerate))
}

/// D(θ) by the formulas d11, d12 and d22; in one dimension d11 alone.
fn formulas(section: &Section, dimension: usize) -> Read<NoiseForm> {
    let formula = |key: &str| {
        let reason = "noise.kind = \"expression\" needs d11, and in two dimensions d22 (d12 is 0 when left out)";
        section.expression(key, dimension)?.ok_or_else(|| section.missing(key, reason))
    };
    let zero = |key: &str| section.parsed(key, Expression::parse("0", dimension));
    let d11 = formula("d11")?;
    if dimension == 1
        && let Some(key) = ["d12", "d22"].into_iter().find(|key| section.has(key))
    {
        section.expression(key, 2)?;
        return Err(section.conflict(key, OF_THE_PLANE));
    }
    let (d12, d22) = match dimension {
        1 => (zero("d11")?, zero("d11")?),
        _ => (section.expression("d12", dimension)?.map_or_else(|| zero("d12"), Ok)?, formula("d22")?),
    };
    Ok(NoiseForm::Expression { d11: Box::new(d11), d12: Box::new(d12), d22: Box::new(d22) })
}

/// The kinds of noise to which a key belongs; empty for keys of all kinds.
fn owners(key: &str) -> Vec<&'static str> {
    match key {
        "temperature" => vec!["isotropic"],
        "learning_rate" | "batch_size" => vec!["hessian", "frozen", "covariance", "loss-hessian"],
        "s" | "valleys" => vec!["frozen"],
        "hessian" => vec!["loss-hessian"],
        "d11" | "d12" | "d22" => vec!["expression"],
        _ => Vec::new(),
    }
}
