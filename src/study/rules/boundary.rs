//! The rules that combine the errors from boundaries with those from the sequence of grids, as a table.

use crate::study::boundary::BoundaryError;

/// The combination of the error from boundaries with that from the grids.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Treatment {
    /// The error from walls is added to that from the grids.
    ByGrids,
    /// The error of `ByGrids`, but at least this multiple of the error from cut edges.
    AtLeast(f64),
    /// The smaller of two errors: from the grids as if no edge were cut, with the errors of walls and cut edges added;
    /// and as in `AtLeast`.
    AddedOrAtLeast(f64),
    /// The smaller of two errors: from the grids with that of walls added; from the grids as if edges were cut, with
    /// nothing added.
    AddedOrCut,
}

/// A row of the table for boundaries.
pub struct BoundaryRule {
    /// Its condition in words.
    pub words: &'static str,
    applies: fn(BoundaryError, f64) -> bool,
    /// The treatment.
    pub treatment: Treatment,
}

/// Whether edges are cut and the error that this causes is known, that is, finite.
fn is_known(boundary: BoundaryError) -> bool {
    boundary.cut.is_some_and(f64::is_finite)
}

/// The table for boundaries; the first row that applies decides. Errors from walls on faces fall evenly with the cell
/// width, so that grids that hardly differ have none.
pub static BOUNDARY_RULES: [BoundaryRule; 4] = [
    BoundaryRule {
        words: "boundaries cut edges and leave a known share, a scheme of order above 2",
        applies: |boundary, formal| is_known(boundary) && formal > 2.0,
        treatment: Treatment::AddedOrAtLeast(0.05),
    },
    BoundaryRule {
        words: "boundaries cut edges and leave a known share, a scheme of order 1 or 2",
        applies: |boundary, _| is_known(boundary),
        treatment: Treatment::AtLeast(1.25),
    },
    BoundaryRule {
        words: "nothing is cut, probability leans on walls, a scheme of order above 2",
        applies: |boundary, formal| boundary.cut.is_none() && boundary.walls > 0.0 && formal > 2.0,
        treatment: Treatment::AddedOrCut,
    },
    BoundaryRule { words: "anything else", applies: |_, _| true, treatment: Treatment::ByGrids },
];

/// The row of the table for boundaries that applies; `formal`: the order of the scheme.
pub(in crate::study) fn boundary_rule(boundary: BoundaryError, formal: f64) -> &'static BoundaryRule {
    // There is such a row: the condition of the last one is always true.
    let mut rows = BOUNDARY_RULES.iter();
    rows.find(|rule| (rule.applies)(boundary, formal)).expect("the last row applies always")
}
