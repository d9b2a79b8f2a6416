//! `[committor]`: the sets that reactive paths come from and lead to.

use std::sync::Arc;

use crate::config::ConfigError;
use crate::config::read::point;
use crate::config::section::{POSITIVE, Section};
use crate::problem::core_set::CoreSpec;
use crate::problem::expression::Condition;
use crate::study::request::CommittorRequest;

pub(super) fn read(section: &Section, dimension: usize) -> Result<CommittorRequest, ConfigError> {
    let request = CommittorRequest { from: set(section, "from", dimension)?, to: set(section, "to", dimension)? };
    section.finish()?;
    Ok(request)
}

/// A disc around a minimum, or a condition; `None` where the key is left out.
fn set(section: &Section, key: &str, dimension: usize) -> Result<Option<CoreSpec>, ConfigError> {
    let table = section.section(key)?;
    if !table.is_given() {
        return Ok(None);
    }
    let condition = match table.text("set")? {
        Some(text) => Some(table.parsed("set", Condition::parse(&text, dimension))?),
        None => None,
    };
    let minimum = point(&table, "minimum", dimension)?;
    let radius = table.number("radius", POSITIVE)?;
    table.finish()?;
    match (condition, minimum, radius) {
        (Some(condition), None, None) => Ok(Some(CoreSpec::Condition(Arc::new(condition)))),
        (Some(_), ..) => {
            Err(table.conflict("set", "a condition is given beside a disc: keep set, or minimum and radius"))
        }
        (None, Some(minimum), Some(radius)) => Ok(Some(CoreSpec::Disc { minimum, radius })),
        (None, Some(_), None) => Err(table.missing("radius", "a disc around a minimum has a radius")),
        (None, None, _) => Err(table.missing(
            "minimum",
            "a set is a disc, { minimum = […], radius = … }, or a condition, { set = \"x < -1\" }",
        )),
    }
}
