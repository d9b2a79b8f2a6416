//! Eigenvalues followed from grid to grid.

use crate::solve::network::pencil::Eigenvalue;

/// The argument of an eigenvalue in the complex plane, in radians; 0 for 0.
pub(super) fn argument(value: Eigenvalue) -> f64 {
    let size = value.modulus();
    if size.is_positive() { value.im.over(size).value().atan2(value.re.over(size).value()) } else { 0.0 }
}

/// The largest |λ − λ′|/|λ′| with which an eigenvalue λ of a coarser grid is identified with λ′.
const FARTHEST: f64 = 1.0;

/// The values of each eigenvalue of the finest grid on the successive grids on which it was found, coarsest first. Real
/// eigenvalues are identified by their number. The order of complex ones may differ from grid to grid: each is
/// identified with the nearest one of the coarser grid that has not been used.
pub(super) fn followed(grids: &[&[Eigenvalue]]) -> Vec<Vec<Eigenvalue>> {
    let Some((finest, coarser)) = grids.split_last() else { return Vec::new() };
    let mut found: Vec<Vec<Eigenvalue>> = finest.iter().map(|&value| vec![value]).collect();
    let are_real = grids.iter().all(|grid| grid.iter().all(|value| !value.im.modulus().is_positive()));
    for (passed, grid) in coarser.iter().rev().enumerate() {
        let mut left: Vec<Option<Eigenvalue>> = grid.iter().copied().map(Some).collect();
        for (mode, values) in found.iter_mut().enumerate().filter(|(_, values)| values.len() == passed + 1) {
            let away = |place: usize| left[place].map_or(f64::INFINITY, |value| value.away_from(values[passed]));
            let place = match are_real {
                true => (mode < left.len()).then_some(mode),
                false => (0..left.len())
                    .min_by(|&a, &b| away(a).total_cmp(&away(b)))
                    .filter(|&place| away(place) <= FARTHEST),
            };
            values.extend(place.and_then(|place| left[place].take()));
        }
    }
    found.iter_mut().for_each(|values| values.reverse());
    found
}
