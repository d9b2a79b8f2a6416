//! `[particles]`: the simulation.

use crate::config::ConfigError;
use crate::config::section::{COUNT, NOT_NEGATIVE, POSITIVE, Section};
use crate::particles::{Method, Settings, Space};

const SEED: crate::config::section::Rule =
    ("a whole number from 0 to 2^53", |x| x >= 0.0 && x.fract() == 0.0 && x <= 9_007_199_254_740_992.0);
/// The rule for repetitions: a variance needs two.
const REPETITIONS: crate::config::section::Rule =
    ("a whole number from 2 to 1e6", |x| (2.0..=1e6).contains(&x) && x.fract() == 0.0);
/// The rule for the number of particles: a variance needs two, and their index has 32 bits.
const PARTICLES: crate::config::section::Rule =
    ("a whole number from 2 to 1e9", |x| (2.0..=1e9).contains(&x) && x.fract() == 0.0);

/// Reads the section.
pub(super) fn read(section: &Section) -> Result<Settings, ConfigError> {
    let default = Settings::default();
    let method = section.choice("method", &Method::ALL.map(|method| (method.name(), method)))?;
    let method = method.unwrap_or(default.method);
    let whole = |key: &str, rule| section.number(key, rule).map(|value| value.map(|value| value as u64));
    let config = Settings {
        method,
        count: whole("count", PARTICLES)?.map(|count| count as usize),
        dt: section.number("dt", POSITIVE)?,
        seed: whole("seed", SEED)?.unwrap_or(default.seed),
        exits: whole("exits", COUNT)?.unwrap_or(default.exits),
        time: section.number("time", POSITIVE)?,
        most_seconds: section.number("most_seconds", POSITIVE)?,
        burn_in: section.number("burn_in", NOT_NEGATIVE)?,
        extrapolate: section.boolean("extrapolate", default.extrapolate)?,
        repetitions: whole("repetitions", REPETITIONS)?.map_or(default.repetitions, |repetitions| repetitions as usize),
        dimension: whole("dimension", COUNT)?.map(|dimension| dimension as usize),
        samples: whole("samples", COUNT)?.map_or(default.samples, |samples| samples as usize),
        space: section.choice("space", &Space::ALL.map(|space| (space.name(), space)))?.unwrap_or(default.space),
        half_width: section.number("half_width", POSITIVE)?,
    };
    let only = |key: &str, methods: &[Method]| {
        if section.has(key) && !methods.contains(&method) {
            let names: Vec<String> = methods.iter().map(|method| format!("\"{}\"", method.name())).collect();
            let reason = format!("this key belongs to method = {}: leave it out here", names.join(" or "));
            return Err(section.conflict(key, reason));
        }
        Ok(())
    };
    only("dt", &[Method::EulerMaruyama, Method::Splitting, Method::Sgd])?;
    only("extrapolate", &[Method::EulerMaruyama, Method::Splitting])?;
    only("exits", &[Method::EulerMaruyama, Method::Sgd, Method::Minibatch])?;
    only("time", &[Method::EulerMaruyama, Method::Sgd, Method::Minibatch])?;
    only("repetitions", &[Method::Splitting])?;
    only("dimension", &[Method::Minibatch])?;
    only("samples", &[Method::Minibatch])?;
    only("space", &[Method::Minibatch])?;
    only("half_width", &[Method::Minibatch])?;
    if config.half_width.is_some() && config.space != Space::Whole {
        let reason = "a box in all parameters needs space = \"whole\"; that of the slice is valley.half_width";
        return Err(section.conflict("half_width", reason));
    }
    section.finish()?;
    Ok(config)
}
