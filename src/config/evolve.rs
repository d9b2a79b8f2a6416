//! `[evolve]`: the density in time.

use crate::config::pose::noise_model;
use crate::config::read::point;
use crate::config::section::{NOT_NEGATIVE, POSITIVE, Section};
use crate::config::{ConfigError, NoiseConfig, NoiseForm};
use crate::problem::Minibatch;
use crate::problem::noise::NoiseKind;
use crate::solve::evolve::{FINEST_TOLERANCE, LOWEST_FLOOR};
use crate::study::request::{EvolveRequest, NoisePiece, StartDensity, Stepping};

type Read<T> = Result<T, ConfigError>;

/// The largest number of output times; more are taken for a mistake.
const MOST_TIMES: f64 = 10_000.0;

const TOLERANCE: (&str, fn(f64) -> bool) = ("between 1e-11 and 0.1", |x| (FINEST_TOLERANCE..=0.1).contains(&x));
const FLOOR: (&str, fn(f64) -> bool) = ("between 1e-250 and 1", |x| (LOWEST_FLOOR..=1.0).contains(&x));
const FEW: (&str, fn(f64) -> bool) =
    ("a whole number from 2 to 10000", |x| (2.0..=MOST_TIMES).contains(&x) && x.fract() == 0.0);

pub(super) fn read(section: &Section, noise: &NoiseConfig, dimension: usize, from_cells: bool) -> Read<EvolveRequest> {
    let times = times(section)?;
    let start = start(section, dimension)?;
    let tolerance = section.number("tolerance", TOLERANCE)?.unwrap_or(1e-6);
    let floor = section.number("floor", FLOOR)?;
    let steppings = [("auto", Stepping::Auto), ("positive", Stepping::Positive), ("krylov", Stepping::Krylov)];
    let stepping = section.choice("method", &steppings)?.unwrap_or(Stepping::Auto);
    if stepping == Stepping::Krylov && floor.is_some_and(|floor| floor < 1.0) {
        return Err(section.conflict(
            "floor",
            "\"krylov\" is right in L1, and single cells above a floor are not asked of it: leave floor out, or take \"positive\"",
        ));
    }
    let is_animated = section.boolean("animate", false)?;
    let schedule = schedule(section, noise, dimension)?;
    section.finish()?;
    Ok(EvolveRequest {
        times,
        start,
        tolerance,
        floor,
        schedule,
        learning_rate: learning_rate(noise),
        stepping,
        from_cells,
        resumed: None,
        is_animated,
    })
}

/// The output times, from a list or from a range with a spacing.
fn times(section: &Section) -> Read<Vec<f64>> {
    const WHY: &str = "give output times as a list, or as { from = 1e-3, to = 1e6, count = 40, spacing = \"log\" }";
    if section.is_table("times") {
        let range = section.section("times")?;
        let logarithmic = range.choice("spacing", &[("log", true), ("linear", false)])?.unwrap_or(true);
        let from = range.required("from", if logarithmic { POSITIVE } else { NOT_NEGATIVE }, WHY)?;
        let to = range.required("to", POSITIVE, WHY)?;
        let count = range.required("count", FEW, WHY)? as usize;
        if to <= from {
            return Err(range.conflict("to", format!("is {to}, which is not after from = {from}")));
        }
        range.finish()?;
        let part = |k: usize| k as f64 / (count - 1) as f64;
        let at = |k: usize| match (k, logarithmic) {
            (0, _) => from,
            (k, _) if k + 1 == count => to,
            // Interpolated in base-10 logarithms, so that powers of ten are exact.
            (k, true) => 10f64.powf(from.log10() * (1.0 - part(k)) + to.log10() * part(k)),
            (k, false) => from + (to - from) * part(k),
        };
        return Ok((0..count).map(at).collect());
    }
    let times = section.numbers("times", NOT_NEGATIVE)?.unwrap_or_default();
    if times.is_empty() {
        return Err(section.missing("times", WHY));
    }
    if let Some(pair) = times.windows(2).find(|pair| pair[1] <= pair[0]) {
        return Err(section.conflict("times", format!("{} comes after {}: give times in order", pair[1], pair[0])));
    }
    Ok(times)
}

fn start(section: &Section, dimension: usize) -> Read<StartDensity> {
    if !section.has("start") {
        return Ok(StartDensity::Gaussian { point: None, width: 0.0 });
    }
    if !section.is_table("start") {
        return Ok(match section.choice("start", &[("quasi-stationary", true), ("stationary", false)])? {
            Some(false) => StartDensity::Stationary,
            _ => StartDensity::QuasiStationary,
        });
    }
    let table = section.section("start")?;
    let found = match table.text("file")? {
        Some(file) => {
            if let Some(key) = ["point", "width"].into_iter().find(|key| table.has(key)) {
                return Err(table.conflict(key, "a file is given too: keep one of them"));
            }
            let field = table.text("field")?.unwrap_or_else(|| "stationary".into());
            StartDensity::File { file: file.into(), field }
        }
        None => StartDensity::Gaussian {
            point: Some(point(&table, "point", dimension)?.ok_or_else(|| {
                table.missing(
                    "point",
                    "a start is { point = […], width = … } or { file = \"result.h5\", field = \"…\" }",
                )
            })?),
            width: table.number("width", NOT_NEGATIVE)?.unwrap_or(0.0),
        },
    };
    table.finish()?;
    Ok(found)
}

/// The pieces of `[[evolve.schedule]]`; values that a piece leaves out are those of `[noise]`.
fn schedule(section: &Section, noise: &NoiseConfig, dimension: usize) -> Read<Vec<NoisePiece>> {
    let tables = section.tables("schedule")?;
    let (mut pieces, mut last) = (Vec::new(), 0.0);
    for (place, table) in tables.iter().enumerate() {
        let until = table.number("until", POSITIVE)?;
        match until {
            None if place + 1 < tables.len() => {
                return Err(table.missing("until", "only the last piece of a schedule may go on for ever"));
            }
            Some(until) if until <= last => {
                return Err(table.conflict("until", format!("is {until}, which is not after {last}, where it begins")));
            }
            until => last = until.unwrap_or(f64::INFINITY),
        }
        let own = piece(table, noise)?;
        table.finish()?;
        pieces.push(NoisePiece { until, noise: noise_model(&own, dimension), learning_rate: learning_rate(&own) });
    }
    Ok(pieces)
}

/// The noise of one piece.
fn piece(table: &Section, noise: &NoiseConfig) -> Read<NoiseConfig> {
    let mut own = noise.clone();
    let (rate, size) = (table.number("learning_rate", POSITIVE)?, table.number("batch_size", POSITIVE)?);
    let temperature = table.number("temperature", POSITIVE)?;
    let is_not = |key: &str, what: &str| table.conflict(key, format!("this noise has no {what}"));
    match &mut own.form {
        NoiseForm::Model(NoiseKind::Isotropic { temperature: own }) => {
            if rate.or(size).is_some() {
                return Err(is_not(
                    if rate.is_some() { "learning_rate" } else { "batch_size" },
                    "learning rate and no batch size: it has a temperature",
                ));
            }
            *own = temperature.unwrap_or(*own);
        }
        NoiseForm::Model(
            NoiseKind::Hessian(minibatch)
            | NoiseKind::Frozen { minibatch, .. }
            | NoiseKind::LossHessian { minibatch, .. }
            | NoiseKind::Covariance(minibatch),
        ) => {
            if temperature.is_some() {
                return Err(is_not("temperature", "temperature: it has a learning rate and a batch size"));
            }
            let Minibatch { learning_rate, batch_size } = *minibatch;
            *minibatch =
                Minibatch { learning_rate: rate.unwrap_or(learning_rate), batch_size: size.unwrap_or(batch_size) };
        }
        NoiseForm::Model(NoiseKind::Field(_)) | NoiseForm::Expression { .. } => {
            let given = [("learning_rate", rate), ("batch_size", size), ("temperature", temperature)];
            if let Some((key, _)) = given.iter().find(|(_, value)| value.is_some()) {
                return Err(is_not(key, "such number: it is given by formulas"));
            }
        }
    }
    Ok(own)
}

fn learning_rate(noise: &NoiseConfig) -> Option<f64> {
    match &noise.form {
        NoiseForm::Model(
            NoiseKind::Hessian(minibatch)
            | NoiseKind::Frozen { minibatch, .. }
            | NoiseKind::LossHessian { minibatch, .. }
            | NoiseKind::Covariance(minibatch),
        ) => Some(minibatch.learning_rate),
        NoiseForm::Model(NoiseKind::Isotropic { .. } | NoiseKind::Field(_)) | NoiseForm::Expression { .. } => None,
    }
}
