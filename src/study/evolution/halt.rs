//! The state of an interrupted evolution in the result file, group `/resume`, from which it can be resumed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::generator::Generator;
use crate::observe::group::{Coordinate, Data, FieldGroup, Label};
use crate::solve::Discretisation;
use crate::solve::evolve::Checkpoint;
use crate::study::evolution::EvolutionFault;
use crate::study::evolution::record::{GROUP, SNAPSHOT, SNAPSHOT_TIME, TIME};
use crate::study::evolution::series::{Series, Unreported};
use crate::study::request::EvolveRequest;

/// The name of the group.
pub const RESUME: &str = "resume";
/// The name of its only dataset.
const STATE: &str = "state";
/// The attribute of a group of fields that is incomplete.
pub(super) const INTERRUPTED: &str = "interrupted";

/// An interrupted evolution and its results so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Halt {
    /// The version of the program that wrote it.
    version: String,
    /// The fingerprint of the chain, see [`chain`].
    pub(super) chain: u64,
    /// The index of the piece of the schedule.
    pub(super) piece: usize,
    /// The checkpoint of the density.
    pub(super) density: Checkpoint,
    /// The results at the output times so far.
    pub(super) series: Series,
    pub(super) unreported: Unreported,
    /// The file that holds the densities so far.
    #[serde(skip)]
    pub(super) file: PathBuf,
    /// The times of these densities.
    #[serde(skip)]
    pub(super) times: Vec<f64>,
    /// The densities that have been read, with their times.
    #[serde(skip)]
    pub(super) snapshots: Vec<(f64, Vec<f64>)>,
}

impl Halt {
    pub(super) fn new(chain: u64, piece: usize, density: Checkpoint, series: Series, unreported: Unreported) -> Halt {
        let version = env!("CARGO_PKG_VERSION").to_string();
        Halt {
            version,
            chain,
            piece,
            density,
            series,
            unreported,
            file: PathBuf::new(),
            times: Vec::new(),
            snapshots: Vec::new(),
        }
    }

    /// The group for the result file, or `None` if it cannot be encoded. The densities are not part of it; they are in
    /// the group of fields over time.
    pub(super) fn group(&self) -> Option<FieldGroup> {
        let bytes = postcard::to_allocvec(self).ok()?;
        let mut words = vec![bytes.len() as u64];
        words.extend(bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        }));
        let label = Label::new(STATE, "1", "what an interrupted run goes on from, of this program alone");
        let state = Coordinate { label, values: Data::Counts(words), attributes: Vec::new() };
        Some(FieldGroup::new(RESUME, vec![state]))
    }

    /// The interrupted evolution in the groups of a result file; `None` if they hold none.
    ///
    /// # Errors
    /// [`EvolutionFault::NotKept`] if it is damaged or was written by another version.
    pub fn from_groups(groups: &[FieldGroup], file: &Path) -> Result<Option<Halt>, EvolutionFault> {
        let find = |name: &str| groups.iter().find(|group| group.name == name);
        let (Some(kept), Some(density)) = (find(RESUME), find(GROUP)) else { return Ok(None) };
        let halt = read(kept, density).ok_or(EvolutionFault::NotKept)?;
        Ok(Some(Halt { file: file.to_path_buf(), ..halt }))
    }
}

fn read(kept: &FieldGroup, density: &FieldGroup) -> Option<Halt> {
    let Data::Counts(words) = &kept.coordinate(STATE)?.values else { return None };
    let (length, words) = words.split_first()?;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut halt: Halt = postcard::from_bytes(bytes.get(..usize::try_from(*length).ok()?)?).ok()?;
    // Of a long series only some densities are read, over times of their own.
    let read = density.coordinate(SNAPSHOT_TIME).or_else(|| density.coordinate(TIME))?.values.numbers()?;
    let values = density.values(SNAPSHOT)?;
    let cells = values.len() / read.len().max(1);
    if halt.version != env!("CARGO_PKG_VERSION") || cells == 0 || cells * read.len() != values.len() {
        return None;
    }
    halt.times.clone_from(&halt.series.t);
    halt.snapshots = read.iter().copied().zip(values.chunks(cells).map(<[f64]>::to_vec)).collect();
    Some(halt)
}

/// Whether the evolution in the groups of a result file is incomplete; `None` if they hold no evolution.
pub fn is_interrupted(groups: &[FieldGroup]) -> Option<bool> {
    let group = groups.iter().find(|group| group.name == GROUP)?;
    Some(group.attributes.iter().any(|(name, _)| name == INTERRUPTED))
}

impl Halt {
    /// Whether the request and the chain are those of this evolution, so that it can be resumed.
    pub(super) fn begins(&self, asked: &EvolveRequest, on: &Discretisation<'_>) -> bool {
        let times = &self.series.t;
        self.chain == chain(&on.assembly.generator)
            && self.density.states() == on.states()
            && self.piece <= asked.schedule.len()
            && asked.times.starts_with(times)
            && self.snapshots.iter().all(|(_, values)| values.len() == on.grid.len())
    }
}

/// A fingerprint of a chain: the FNV-1a hash of all rates and their positions, by 64-bit words (Fowler, Noll & Vo).
pub(super) fn chain(generator: &Generator) -> u64 {
    let rates = generator.rates.data().iter().chain(&generator.killing).map(|rate| rate.to_bits());
    let places = generator.rates.indices().iter().map(|place| u64::from(*place));
    rates.chain(places).fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3))
}
