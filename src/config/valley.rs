//! `[valley]`: the start set, the start point of passage times, and what absorbs.

use std::sync::Arc;

use crate::config::ConfigError;
use crate::config::read::{pad, point};
use crate::config::section::{POSITIVE, Section};
use crate::problem::expression::Condition;
use crate::problem::{Absorb, StartSet, ValleySpec};

type Read<T> = Result<T, ConfigError>;

/// The start set: a box, the basin, or a condition.
fn read_set(section: &Section, dimension: usize) -> Read<StartSet> {
    let corners = section.section("box")?;
    let half = section.numbers("half_width", POSITIVE)?;
    let boxed = corners.is_given() || half.is_some();
    let named = section.text("set")?;
    let set =
        match named.as_deref() {
            Some("box") | None if boxed => match half {
                Some(half) => {
                    if corners.is_given() {
                        return Err(section
                            .conflict("half_width", "box and half_width both say what the box is: keep one of them"));
                    }
                    let half = if half.len() == 1 { vec![half[0]; dimension] } else { half };
                    StartSet::HalfWidth(pad(section, "half_width", &half, dimension, 0.0)?)
                }
                None => {
                    let corner = |key: &str| {
                        point(&corners, key, dimension)?
                            .ok_or_else(|| corners.missing(key, "a box has a lower and an upper corner"))
                    };
                    let (lower, upper) = (corner("lower")?, corner("upper")?);
                    if (0..dimension).any(|axis| lower[axis] >= upper[axis]) {
                        return Err(corners
                            .conflict("upper", "the box is empty: each entry of lower must be below that of upper"));
                    }
                    StartSet::Box { lower, upper }
                }
            },
            Some("box") => {
                return Err(section
                    .missing("half_width", "set = \"box\" needs half_width, or box = { lower = […], upper = […] }"));
            }
            Some(other) if boxed => {
                let key = if corners.is_given() { "box" } else { "half_width" };
                return Err(
                    section.conflict(key, format!("a box is given, but set = \"{other}\" is none: keep one of them"))
                );
            }
            None | Some("basin") => StartSet::Basin,
            Some("whole") => StartSet::Whole,
            Some(condition) => {
                let condition = section.parsed("set", Condition::parse(condition, dimension))?;
                StartSet::Condition(Arc::new(condition))
            }
        };
    corners.finish()?;
    Ok(set)
}

pub(super) fn read(section: &Section, dimension: usize) -> Read<Option<ValleySpec>> {
    if !section.is_given() {
        return Ok(None);
    }
    if section.entries().is_empty() {
        return Err(section.conflict(
            "set",
            "the section is empty, and its header alone would make the start set the basin of attraction: write set = \"basin\" if that is \
             meant, set = \"whole\" for the whole domain, or leave the header out",
        ));
    }
    let minimum = point(section, "minimum", dimension)?;
    let from = point(section, "from", dimension)?;
    let set = read_set(section, dimension)?;
    let target = section.section("target")?;
    let absorb = section.choice("absorb", &[("boundary", false), ("target", true)])?;
    let absorb = match (absorb, target.is_given()) {
        (Some(false), true) => {
            return Err(section.conflict("target", "a target is given, but absorb = \"boundary\": keep one of them"));
        }
        (Some(true), false) => {
            return Err(section.missing("target", "absorb = \"target\" needs target = { minimum = […], radius = … }"));
        }
        (_, false) => Absorb::Boundary,
        (_, true) => Absorb::Target {
            minimum: point(&target, "minimum", dimension)?
                .ok_or_else(|| target.missing("minimum", "a target is a disc around a minimum"))?,
            radius: target.required("radius", POSITIVE, "a target is a disc with a radius")?,
        },
    };
    target.finish()?;
    section.finish()?;
    Ok(Some(ValleySpec { minimum, from, set, absorb }))
}
