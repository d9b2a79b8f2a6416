//! `[committor]`: the sets between which reactive paths run.

use std::sync::Arc;

use crate::config::ConfigError;
use crate::config::read::point;
use crate::config::section::{POSITIVE, Section};
use crate::problem::core_set::CoreSpec;
use crate::problem::expression::Condition;
use crate::study::request::CommittorRequest;

pub(super) fn read(section: &Section, dimension: usize) -> Result<CommittorRequest, ConfigError> {
    let named = |key: &str| {
        let table = section.section(key)?;
        if table.is_given() { set(&table, dimension).map(Some) } else { Ok(None) }
    };
    let (mut from, mut to) = (named("from")?, named("to")?);
    let sets = section.tables("sets")?.iter().map(|table| set(table, dimension)).collect::<Result<Vec<_>, _>>()?;
    if section.has("sets") && sets.len() < 2 {
        return Err(section.conflict("sets", "which set is hit first is a question about two sets or more"));
    }
    if from.is_none() && to.is_none() {
        (from, to) = (sets.first().cloned(), sets.get(1).cloned());
    }
    let mut surfaces = Vec::new();
    for text in section.texts("surfaces")?.unwrap_or_default() {
        let condition = section.parsed("surfaces", Condition::parse(&text, dimension))?;
        surfaces.push((text, Arc::new(condition)));
    }
    if !surfaces.is_empty() && dimension == 1 {
        return Err(section.conflict("surfaces", "in one dimension a surface is a point, across which the whole flux F flows (committor.flux): leave surfaces out"));
    }
    section.finish()?;
    Ok(CommittorRequest { from, to, sets, surfaces })
}

/// A core set: a disc around a minimum, or a condition.
fn set(table: &Section, dimension: usize) -> Result<CoreSpec, ConfigError> {
    let condition = match table.text("set")? {
        Some(text) => Some(table.parsed("set", Condition::parse(&text, dimension))?),
        None => None,
    };
    let minimum = point(table, "minimum", dimension)?;
    let radius = table.number("radius", POSITIVE)?;
    table.finish()?;
    match (condition, minimum, radius) {
        (Some(condition), None, None) => Ok(CoreSpec::Condition(Arc::new(condition))),
        (Some(_), ..) => {
            Err(table.conflict("set", "a condition is given beside a disc: keep set, or minimum and radius"))
        }
        (None, Some(minimum), Some(radius)) => Ok(CoreSpec::Disc { minimum, radius }),
        (None, Some(_), None) => Err(table.missing("radius", "a disc around a minimum has a radius")),
        (None, None, _) => Err(table.missing(
            "minimum",
            "a set is a disc, { minimum = […], radius = … }, or a condition, { set = \"x < -1\" }",
        )),
    }
}
