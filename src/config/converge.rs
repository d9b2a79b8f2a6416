//! `[converge]`: the convergence study of `saddleflux converge`.

use crate::config::ConfigError;
use crate::config::section::{CELLS, FINITE, POSITIVE, Section};
use crate::study::request::{ConvergeRequest, Scheme};

/// The fewest grids of a convergence study.
const FEWEST: usize = 2;

pub(super) fn read(
    section: &Section,
    dimension: usize,
    given: Option<[usize; 2]>,
) -> Result<ConvergeRequest, ConfigError> {
    let mut cells = Vec::new();
    for row in section.rows("cells", CELLS)?.unwrap_or_default().iter().flat_map(|row| each_grid(row, dimension)) {
        let across = row.1.or_else(|| {
            // In the proportion of grid.cells, if that is given.
            let [x, y] = given.filter(|_| dimension == 2)?;
            Some(((row.0 as f64 * y as f64 / x as f64).round() as usize).max(3))
        });
        cells.push((row.0, across));
    }
    if cells.len() == 1 {
        return Err(section.conflict("cells", format!("a refinement study needs at least {FEWEST} grids")));
    }
    if cells.windows(2).any(|pair| pair[1].0 <= pair[0].0) {
        return Err(section.conflict("cells", "grids are given coarsest first, each finer than the one before"));
    }
    let schemes = match section.texts("schemes")? {
        None => Scheme::ALL.to_vec(),
        Some(names) => names
            .iter()
            .map(|name| section.chosen("schemes", name, &Scheme::ALL.map(|scheme| (scheme.name(), scheme))))
            .collect::<Result<_, _>>()?,
    };
    let angles = section.numbers("angles", FINITE)?.unwrap_or_default();
    if dimension == 1 && !angles.is_empty() {
        return Err(section.conflict("angles", "a grid in one dimension cannot be turned: leave this key out"));
    }
    let config = ConvergeRequest {
        cells,
        schemes,
        is_chosen: section.has("schemes"),
        angles,
        rate: section.number("rate", POSITIVE)?,
        passage_time: section.number("passage_time", POSITIVE)?,
    };
    section.finish()?;
    Ok(config)
}

/// The grids of a row of `cells`. In two dimensions a row of two numbers, as in `[[64, 128], [128, 256]]`, is one grid;
/// otherwise every number is the first axis of a grid.
fn each_grid(row: &[f64], dimension: usize) -> Vec<(usize, Option<usize>)> {
    match *row {
        [x, y] if dimension == 2 => vec![(x as usize, Some(y as usize))],
        _ => row.iter().map(|&x| (x as usize, None)).collect(),
    }
}
