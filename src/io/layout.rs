//! The names, units and long names in `result.h5`, kept in one place for its writer and its reader.
//!
//! ```text
//! /                 title, program, version, configuration (text), summary (JSON)
//! /fields           x, y (scales); loss, d11, d12, d22, stationary, …  [x] or [x, y]
//!                   lower, upper, periodic, cosine_sine, pivot, angle_degrees: the grid
//! /flux             arc_length (scale); position_x, position_y, density  [arc_length]
//! /particles        x, y (scales); density, exit_density, exit_count  [x] or [x, y]
//!                   age (scale); deaths, time_at_risk, survival  [age]
//!                   repetition (scale); rate_fine, rate_coarse  [repetition]
//! ```
//! `/spectrum`, `/evolution` and `/sweep` are other groups of the same file.

use crate::study::solution::Fields;

/// Name, units and long name of a dataset.
pub(super) struct Label {
    pub name: &'static str,
    pub units: &'static str,
    pub long_name: &'static str,
}

const fn label(name: &'static str, units: &'static str, long_name: &'static str) -> Label {
    Label { name, units, long_name }
}

pub(super) const X: Label = label("x", "parameter", "cell centre along the first grid axis");
pub(super) const Y: Label = label("y", "parameter", "cell centre along the second grid axis");
pub(super) const POSITION: [Label; 2] =
    [label("position_x", "parameter", "first parameter"), label("position_y", "parameter", "second parameter")];
pub(super) const ARC: Label = label("arc_length", "parameter", "arc length along the dividing surface");
pub(super) const FLUX: [Label; 2] = [
    label("density", "1/dynamical time", "flux through the end"),
    label("density", "1/(dynamical time parameter)", "flux density per length of the dividing surface"),
];
pub(super) const LOSS: Label = label("loss", "loss", "loss L");
pub(super) const DIFFUSION: [Label; 3] = [
    label("d11", "parameter^2/dynamical time", "diffusion tensor, entry 11"),
    label("d12", "parameter^2/dynamical time", "diffusion tensor, entry 12"),
    label("d22", "parameter^2/dynamical time", "diffusion tensor, entry 22"),
];
pub(super) const STATIONARY: [Label; 2] = [
    label("stationary", "1/parameter", "stationary density of the closed domain"),
    label("stationary", "1/parameter^2", "stationary density of the closed domain"),
];
pub(super) const QUASI_STATIONARY: [Label; 2] = [
    label("quasi_stationary", "1/parameter", "quasi-stationary density"),
    label("quasi_stationary", "1/parameter^2", "quasi-stationary density"),
];
pub(super) const CURRENT: [[Label; 2]; 2] = [
    [
        label("current_x", "1/dynamical time", "quasi-stationary current"),
        label("current_y", "1/dynamical time", "quasi-stationary current"),
    ],
    [
        label("current_x", "1/(dynamical time parameter)", "quasi-stationary current along the first grid axis"),
        label("current_y", "1/(dynamical time parameter)", "quasi-stationary current along the second grid axis"),
    ],
];
pub(super) const MEAN_FIRST_PASSAGE: Label = label("mean_first_passage", "dynamical time", "mean first-passage time");

pub(super) const BIN_X: Label = label("x", "parameter", "middle of a bin, first parameter");
pub(super) const BIN_Y: Label = label("y", "parameter", "middle of a bin, second parameter");
pub(super) const POSITIONS: [Label; 2] = [
    label("density", "1/parameter", "where particles are: quasi-stationary density"),
    label("density", "1/parameter^2", "where particles are: quasi-stationary density"),
];
pub(super) const EXITS: [Label; 2] = [
    label("exit_density", "1/parameter", "where particles die: density of the exits"),
    label("exit_density", "1/parameter^2", "where particles die: density of the exits"),
];
pub(super) const EXIT_COUNTS: Label = label("exit_count", "1", "exits in each bin");
pub(super) const AGE: Label = label("age", "dynamical time", "least age of a row of the life table");
pub(super) const DEATHS: Label = label("deaths", "1", "deaths at these ages");
pub(super) const AT_RISK: Label = label("time_at_risk", "dynamical time", "time that particles spent at these ages");
pub(super) const SURVIVAL: Label = label("survival", "1", "share that reaches the row's least age");

pub(super) const REPETITION: Label = label("repetition", "1", "independent repetition of the splitting");
pub(super) const REPETITION_RATES: [Label; 2] = [
    label("rate_fine", "1/dynamical time", "rate of a repetition with the shorter step"),
    label("rate_coarse", "1/dynamical time", "rate of a repetition with the longer step"),
];

/// All fields that there are, with their labels, in the order of the file.
pub(super) fn labelled(fields: &Fields, dimension: usize) -> Vec<(&'static Label, &[f64])> {
    let of = dimension - 1;
    let mut all: Vec<(&'static Label, &[f64])> = Vec::new();
    all.extend(fields.loss.as_deref().map(|field| (&LOSS, field)));
    all.extend(DIFFUSION.iter().zip(fields.diffusion.iter().map(Vec::as_slice)));
    all.extend(fields.stationary.as_deref().map(|field| (&STATIONARY[of], field)));
    all.extend(fields.quasi_stationary.as_deref().map(|field| (&QUASI_STATIONARY[of], field)));
    all.extend(CURRENT[of].iter().zip(fields.current.iter().map(Vec::as_slice)));
    all.extend(fields.mean_first_passage.as_deref().map(|field| (&MEAN_FIRST_PASSAGE, field)));
    all
}
