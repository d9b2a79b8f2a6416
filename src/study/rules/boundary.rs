//! How what boundaries leave that grids may not show comes to what they show, as a table.

use crate::study::boundary::BoundaryError;

/// How what a boundary leaves comes to what the grids show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Treatment {
    /// What walls leave is added to what the grids show.
    ByGrids,
    /// The same, but no less than this share of what cuts leave.
    AtLeast(f64),
    /// The smaller of what the grids show as if nothing were cut, with what the boundary leaves added, and of what they
    /// show with cuts, but no less than this share of what cuts leave.
    AddedOrAtLeast(f64),
    /// The smaller of what the grids show with what walls leave added, and of what they show as if edges were cut.
    AddedOrCut,
}

/// A row of the second table.
pub struct BoundaryRule {
    /// Its situation in words.
    pub words: &'static str,
    applies: fn(BoundaryError, f64) -> bool,
    /// What is done.
    pub treatment: Treatment,
}

/// Whether it is known what cuts leave: infinite where it is not, and no number where the chain has none.
fn is_known(boundary: BoundaryError) -> bool {
    boundary.cut.is_some_and(f64::is_finite)
}

/// The second table, read like the first. What walls on faces leave falls evenly, so that grids that hardly differ have
/// none of it.
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

/// The row of the second table that decides; `formal`: the order of the scheme.
pub(in crate::study) fn boundary_rule(boundary: BoundaryError, formal: f64) -> &'static BoundaryRule {
    let mut rows = BOUNDARY_RULES.iter();
    rows.find(|rule| (rule.applies)(boundary, formal)).expect("the last row applies always")
}
