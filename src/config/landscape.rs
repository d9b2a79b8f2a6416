//! `[landscape]`: a loss by name or formula, or a drift.

use std::path::PathBuf;

use crate::config::read::pad;
use crate::config::section::{FINITE, NOT_NEGATIVE, POSITIVE, Section};
use crate::config::{ConfigError, LandscapeForm, slice, table};
use crate::model::DataSource;
use crate::problem::expression::Expression;
use crate::problem::landscape::Regression;
use crate::tensor::Tensor;

type Read<T> = Result<T, ConfigError>;

pub(super) const PLANE_KINDS: [&str; 5] =
    ["rotated-quadratic", "muller-brown", "himmelblau", "three-hole", "rotated-drift"];

/// Reads the loss or the drift.
///
/// # Errors
/// Keys that are missing, wrong, or contradict each other.
pub(super) fn read(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    let ways = ["kind", "expression", "drift"];
    let given: Vec<&str> = ways.into_iter().filter(|key| section.has(key)).collect();
    let form = match given.as_slice() {
        [] => return Err(section.missing_all(&ways, "give exactly one of kind, expression and drift")),
        ["kind"] => {
            let form = named_landscape(section, dimension)?;
            let kind = section.text("kind")?.unwrap_or_default();
            section.finish_among(&format!("kind = \"{kind}\""), &|key| owners(key).join(", "))?;
            form
        }
        ["expression"] => match section.expression("expression", dimension)? {
            Some(expression) => LandscapeForm::Expression(expression),
            None => return Err(section.missing("kind", "give exactly one of kind, expression and drift")),
        },
        ["drift"] => drift(section, dimension)?,
        more => {
            return Err(section
                .conflict(more[1], format!("{} are given together: keep exactly one of them", more.join(" and "))));
        }
    };
    section.finish()?;
    Ok(form)
}

/// The kinds to which a key belongs that not all kinds have; empty for other keys.
fn owners(key: &str) -> Vec<&'static str> {
    match key {
        "barrier" | "tilt" | "curvature" => vec!["double-well"],
        "sharp" | "flat" | "transverse" => vec!["sharp-flat"],
        "hessian" => vec!["quadratic"],
        "curvatures" | "angle" => vec!["rotated-quadratic"],
        "of" | "strength" => vec!["rotated-drift"],
        "data" | "features" | "label" | "positive" | "standardise" | "intercept" | "l2" => {
            vec!["linear-regression", "logistic-regression", "network"]
        }
        "layers" | "activation" | "seed" | "trained" => vec!["network"],
        "file" | "dir_file" | "scale" | "smooth" => vec!["table"],
        _ => Vec::new(),
    }
}

fn drift(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    let texts = section.texts("drift")?.unwrap_or_default();
    let parse = |text: &String| section.parsed("drift", Expression::parse(text, dimension));
    let form = match (dimension, texts.as_slice()) {
        (1, [x]) => LandscapeForm::Drift(parse(x)?, None),
        (2, [x, y]) => LandscapeForm::Drift(parse(x)?, Some(parse(y)?)),
        _ => {
            let reason =
                format!("has {} formulas for {dimension} dimension(s): give one for each component of b", texts.len());
            return Err(section.conflict("drift", reason));
        }
    };
    if section.number("sharpness", POSITIVE)?.is_some_and(|sharpness| sharpness != 1.0) {
        let reason = "a drift has no sharpness: leave the key out, or write the factor into the formulas";
        return Err(section.conflict("sharpness", reason));
    }
    Ok(form)
}

fn named_landscape(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    let names = [
        "styblinski-tang",
        "styblinski-tang-data",
        "double-well",
        "sharp-flat",
        "quadratic",
        "rotated-quadratic",
        "muller-brown",
        "himmelblau",
        "three-hole",
        "logistic-regression",
        "rotated-drift",
        "linear-regression",
        "network",
        "table",
    ];
    let Some(name) = section.choice("kind", &names.map(|name| (name, name)))? else {
        return Err(section.missing("kind", "give exactly one of kind, expression and drift"));
    };
    if PLANE_KINDS.contains(&name) && dimension == 1 {
        return Err(section
            .conflict("kind", format!("\"{name}\" is a landscape in two dimensions: set landscape.dimension = 2")));
    }
    if section.has("slice") && ["network", "linear-regression", "logistic-regression"].contains(&name) {
        return Ok(LandscapeForm::Slice(Box::new(slice::read(section, dimension)?)));
    }
    if name == "network" {
        let reason = "a network has more than two parameters: say along which of them the process moves, as in slice = { directions = \
                      \"hessian\" }; `saddleflux covariance` compares its gradient noise with its Hessian without one";
        return Err(section.missing("slice", reason));
    }
    let number = |key: &str, rule, default: f64| Ok(section.number(key, rule)?.unwrap_or(default));
    Ok(match name {
        "styblinski-tang" => LandscapeForm::StyblinskiTang,
        "styblinski-tang-data" => LandscapeForm::StyblinskiTangData,
        "double-well" => LandscapeForm::DoubleWell {
            barrier: number("barrier", POSITIVE, 1.0)?,
            tilt: number("tilt", FINITE, 0.0)?,
            curvature: number("curvature", POSITIVE, 2.0)?,
        },
        "sharp-flat" => LandscapeForm::SharpFlat {
            sharp: number("sharp", POSITIVE, 8.0)?,
            flat: number("flat", POSITIVE, 2.0)?,
            transverse: number("transverse", POSITIVE, 2.0)?,
        },
        "quadratic" => LandscapeForm::Quadratic { hessian: hessian(section, dimension)? },
        "rotated-quadratic" => {
            let curvatures = section.numbers("curvatures", FINITE)?.unwrap_or_else(|| vec![1.0, 4.0]);
            LandscapeForm::RotatedQuadratic {
                curvatures: pad(section, "curvatures", &curvatures, 2, 0.0)?,
                angle: number("angle", FINITE, 30.0)?,
            }
        }
        "muller-brown" => LandscapeForm::MullerBrown,
        "himmelblau" => LandscapeForm::Himmelblau,
        "three-hole" => LandscapeForm::ThreeHole,
        "rotated-drift" => rotated_drift(section, dimension)?,
        "table" => LandscapeForm::Table(table::read(section, dimension)?),
        "linear-regression" => LandscapeForm::LinearRegression(regression(section, dimension, false)?),
        _ => LandscapeForm::LogisticRegression(regression(section, dimension, true)?),
    })
}

fn rotated_drift(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    if !section.has("of") {
        return Err(section.missing("of", "rotated-drift needs the loss that it turns, such as { expression = \"…\" }"));
    }
    let of = read(&section.section("of")?, dimension)?;
    if matches!(of, LandscapeForm::Drift(..) | LandscapeForm::RotatedDrift { .. }) {
        return Err(section.conflict("of", "must be a loss: a kind that is one, or an expression"));
    }
    if matches!(of, LandscapeForm::Table(_) | LandscapeForm::Slice(_)) {
        return Err(section.conflict(
            "of",
            "tables and slices have lengths of their own, in which no rotation is offered: take another loss",
        ));
    }
    let Some(strength) = section.number("strength", FINITE)? else {
        return Err(section.missing("strength", "rotated-drift needs c in −(I + cJ)∇L"));
    };
    Ok(LandscapeForm::RotatedDrift { of: Box::new(of), strength })
}

fn hessian(section: &Section, dimension: usize) -> Read<Tensor> {
    let Some(rows) = section.rows("hessian", FINITE)? else {
        return Ok(Tensor::isotropic(1.0, dimension));
    };
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    match (dimension, rows.as_slice()) {
        (1, [[xx]]) => Ok(Tensor { xx: *xx, ..Tensor::default() }),
        (2, [[xx, xy], [yx, yy]]) if xy == yx => Ok(Tensor { xx: *xx, xy: *xy, yy: *yy }),
        _ => {
            Err(section
                .conflict("hessian", "must be a symmetric matrix [[a, b], [b, c]], or one number in one dimension"))
        }
    }
}

/// A regression with one or two parameters; `has_signs`: a logistic one, whose positive labels must be named.
fn regression(section: &Section, dimension: usize, has_signs: bool) -> Read<Regression> {
    let needed =
        |key: &str| section.missing(key, "a regression needs data, features and label, a logistic one positive too");
    let features = section.texts("features")?.ok_or_else(|| needed("features"))?;
    let intercept = section.boolean("intercept", false)?;
    if features.len() + usize::from(intercept) != dimension || features.is_empty() {
        return Err(section.conflict(
            "features",
            format!(
                "{} features{} for {dimension} dimension(s): one weight belongs to each, and one or two are possible; more have a slice, as in \
                 slice = {{ directions = \"hessian\" }}",
                features.len(),
                if intercept { " and an intercept" } else { "" },
            ),
        ));
    }
    if features.len() == 2 && features[0] == features[1] {
        let message =
            format!("names the column `{}` twice: with one feature, set landscape.dimension = 1", features[0]);
        return Err(section.conflict("features", message));
    }
    let positive = section.texts("positive")?;
    if has_signs && positive.is_none() {
        return Err(needed("positive"));
    }
    let data = DataSource {
        path: PathBuf::from(section.text("data")?.ok_or_else(|| needed("data"))?),
        features: Some(features),
        label: section.text("label")?.ok_or_else(|| needed("label"))?,
        positive,
        standardise: section.boolean("standardise", true)?,
        drop_missing: drops_missing(section)?,
    };
    Ok(Regression { data, intercept, l2: section.number("l2", NOT_NEGATIVE)?.unwrap_or(0.0) })
}

/// Whether rows with missing values are left out; otherwise they are errors.
pub(super) fn drops_missing(section: &Section) -> Read<bool> {
    Ok(section.choice("missing", &[("drop", true), ("error", false)])?.unwrap_or(false))
}
