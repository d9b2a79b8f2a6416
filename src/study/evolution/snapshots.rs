//! The densities at the output times: those already in a file, those in memory, and the selection for pictures.

use std::path::PathBuf;

use crate::observe::frames::{MOST_VALUES, frames};
use crate::observe::group::Before;

/// The most numbers that wait in memory to be written: 64 MB.
pub const MOST_WAITING: usize = 1 << 23;

/// The densities at the output times.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshots {
    /// The output times at which the density is kept.
    wanted: Vec<f64>,
    /// The output times whose densities pictures show.
    of_pictures: Vec<f64>,
    /// The times of the densities kept so far.
    pub times: Vec<f64>,
    /// The densities that are in a file, the first ones.
    pub before: Before,
    /// The densities in memory, one after the other.
    pub later: Vec<f64>,
    /// Copies of the densities in the file that pictures show.
    shown: Vec<(f64, Vec<f64>)>,
}

impl Snapshots {
    /// No densities so far, each over `cells` cells. With a file they are kept at all output times, otherwise at as
    /// many as memory allows.
    pub(super) fn new(times: &[f64], cells: usize, has_file: bool) -> Snapshots {
        let some = |chosen: Vec<usize>| chosen.into_iter().map(|k| times[k]).collect::<Vec<f64>>();
        let of_pictures = some(frames(times.len(), cells));
        let takes_all = has_file || times.len().saturating_mul(cells) <= MOST_VALUES;
        let wanted = if takes_all { times.to_vec() } else { of_pictures.clone() };
        Snapshots { wanted, of_pictures, ..Snapshots::default() }
    }

    /// The output times whose densities pictures show.
    pub(super) fn of_pictures(&self) -> &[f64] {
        &self.of_pictures
    }

    /// Whether the density at this output time is kept.
    pub(super) fn wants(&self, time: f64) -> bool {
        self.wanted.contains(&time)
    }

    /// Keeps a density.
    pub(super) fn take(&mut self, time: f64, density: impl IntoIterator<Item = f64>) {
        self.times.push(time);
        self.later.extend(density);
    }

    /// Continues after the densities in a file, some of which have been read.
    pub(super) fn resume(&mut self, times: Vec<f64>, file: PathBuf, known: Vec<(f64, Vec<f64>)>) {
        self.before = Before { file, places: times.len() };
        self.times = times;
        self.shown = known.into_iter().filter(|(time, _)| self.of_pictures.contains(time)).collect();
    }

    /// Whether so many densities wait in memory that they should be written.
    pub(super) fn is_heavy(&self) -> bool {
        self.later.len() > MOST_WAITING
    }

    /// Marks all densities as written to this file, and frees their memory.
    pub(super) fn written_to(&mut self, file: PathBuf) {
        let shown: Vec<(f64, Vec<f64>)> =
            self.shown_in_memory().map(|(time, values)| (time, values.to_vec())).collect();
        self.shown.extend(shown);
        self.before = Before { file, places: self.times.len() };
        self.later = Vec::new();
    }

    /// The densities that pictures show, as times and concatenated values; `None` unless some are in a file.
    pub(super) fn for_pictures(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let before = self.shown.iter().map(|(time, values)| (*time, values.as_slice()));
        let (times, values): (Vec<f64>, Vec<&[f64]>) = before.chain(self.shown_in_memory()).unzip();
        (self.before.places > 0).then(|| (times, values.concat()))
    }

    /// The densities in memory that pictures show.
    fn shown_in_memory(&self) -> impl Iterator<Item = (f64, &[f64])> {
        let times = &self.times[self.before.places..];
        let cells = (self.later.len() / times.len().max(1)).max(1);
        let each = times.iter().copied().zip(self.later.chunks(cells));
        each.filter(|(time, _)| self.of_pictures.contains(time))
    }
}
