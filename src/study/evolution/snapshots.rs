//! Densities at the output times: those that a file holds already, those since then, and some of all for pictures.

use std::path::PathBuf;

use crate::observe::frames::{MOST_VALUES, frames};
use crate::observe::group::Before;

/// Numbers that wait for a file at most: 64 megabytes.
const MOST_WAITING: usize = 1 << 23;

/// Densities at the output times.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshots {
    /// The output times at which they are taken.
    wanted: Vec<f64>,
    /// Those of them that pictures show.
    of_pictures: Vec<f64>,
    /// When they have been taken so far.
    pub times: Vec<f64>,
    /// The first of them, in a file.
    pub before: Before,
    /// All others, one after the other.
    pub later: Vec<f64>,
    /// Of the first ones those that pictures show.
    shown: Vec<(f64, Vec<f64>)>,
}

impl Snapshots {
    /// None so far of a density on so many cells. Where a file takes them as they come they are taken at all output
    /// times, else at as many as memory is given to.
    pub(super) fn new(times: &[f64], cells: usize, has_file: bool) -> Snapshots {
        let some = |chosen: Vec<usize>| chosen.into_iter().map(|k| times[k]).collect::<Vec<f64>>();
        let of_pictures = some(frames(times.len(), cells));
        let takes_all = has_file || times.len().saturating_mul(cells) <= MOST_VALUES;
        let wanted = if takes_all { times.to_vec() } else { of_pictures.clone() };
        Snapshots { wanted, of_pictures, ..Snapshots::default() }
    }

    /// The times that pictures show.
    pub(super) fn of_pictures(&self) -> &[f64] {
        &self.of_pictures
    }

    /// Whether one is taken at this output time.
    pub(super) fn wants(&self, time: f64) -> bool {
        self.wanted.contains(&time)
    }

    /// Takes one.
    pub(super) fn take(&mut self, time: f64, density: impl IntoIterator<Item = f64>) {
        self.times.push(time);
        self.later.extend(density);
    }

    /// Goes on after those in a file, of which some are known.
    pub(super) fn resume(&mut self, times: Vec<f64>, file: PathBuf, known: Vec<(f64, Vec<f64>)>) {
        self.before = Before { file, places: times.len() };
        self.times = times;
        self.shown = known.into_iter().filter(|(time, _)| self.of_pictures.contains(time)).collect();
    }

    /// Whether too many of them wait for a file.
    pub(super) fn is_heavy(&self) -> bool {
        self.later.len() > MOST_WAITING
    }

    /// All of them are in this file now.
    pub(super) fn are_in(&mut self, file: PathBuf) {
        let shown: Vec<(f64, Vec<f64>)> = self.later_ones().map(|(time, values)| (time, values.to_vec())).collect();
        self.shown.extend(shown);
        self.before = Before { file, places: self.times.len() };
        self.later = Vec::new();
    }

    /// Those that pictures show, where they are no longer all here; times, and densities one after the other.
    pub(super) fn apart(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let before = self.shown.iter().map(|(time, values)| (*time, values.as_slice()));
        let (times, values): (Vec<f64>, Vec<&[f64]>) = before.chain(self.later_ones()).unzip();
        (self.before.places > 0).then(|| (times, values.concat()))
    }

    /// Those that wait for a file and that pictures show.
    fn later_ones(&self) -> impl Iterator<Item = (f64, &[f64])> {
        let times = &self.times[self.before.places..];
        let cells = (self.later.len() / times.len().max(1)).max(1);
        let each = times.iter().copied().zip(self.later.chunks(cells));
        each.filter(|(time, _)| self.of_pictures.contains(time))
    }
}
