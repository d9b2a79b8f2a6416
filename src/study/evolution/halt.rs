//! A density on its way in the result file, so that it can go on later: the group `/resume`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::generator::Generator;
use crate::observe::group::{Coordinate, Data, FieldGroup, Label};
use crate::solve::Discretisation;
use crate::solve::evolve::Checkpoint;
use crate::study::evolution::EvolutionFault;
use crate::study::evolution::record::{GROUP, SNAPSHOT, SNAPSHOT_TIME, TIME};
use crate::study::evolution::series::{Beside, Series};
use crate::study::request::EvolveRequest;

/// The group of what is kept to go on.
pub const RESUME: &str = "resume";
/// Its only dataset.
const STATE: &str = "state";
/// What a group of fields says when it is not whole.
pub(super) const INTERRUPTED: &str = "interrupted";

/// A density as far as it came, with what was written down of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Halt {
    /// The program that wrote it.
    version: String,
    /// The chain that it moves on, as [`chain`] tells it from others.
    pub(super) chain: u64,
    /// The piece of the schedule.
    pub(super) piece: usize,
    /// The density.
    pub(super) density: Checkpoint,
    /// What was written down at every output time.
    pub(super) series: Series,
    pub(super) beside: Beside,
    /// The file with the densities until then.
    #[serde(skip)]
    pub(super) file: PathBuf,
    /// Their times.
    #[serde(skip)]
    pub(super) times: Vec<f64>,
    /// Those that have been read.
    #[serde(skip)]
    pub(super) snapshots: Vec<(f64, Vec<f64>)>,
}

impl Halt {
    pub(super) fn new(chain: u64, piece: usize, density: Checkpoint, series: Series, beside: Beside) -> Halt {
        let version = env!("CARGO_PKG_VERSION").to_string();
        Halt {
            version,
            chain,
            piece,
            density,
            series,
            beside,
            file: PathBuf::new(),
            times: Vec::new(),
            snapshots: Vec::new(),
        }
    }

    /// Its group in the result file; the snapshots lie beside it with the density.
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

    /// What the groups of this result file keep; `None` where they keep nothing.
    ///
    /// # Errors
    /// [`EvolutionFault::NotKept`] for what another version has written, or for damage.
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
    // A long series is read in part, over times of its own.
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

/// Whether the density in a result file was interrupted on its way; `None` where there is none.
pub fn is_interrupted(groups: &[FieldGroup]) -> Option<bool> {
    let group = groups.iter().find(|group| group.name == GROUP)?;
    Some(group.attributes.iter().any(|(name, _)| name == INTERRUPTED))
}

impl Halt {
    /// Whether what is asked for on a chain begins as this does.
    pub(super) fn begins(&self, asked: &EvolveRequest, on: &Discretisation<'_>) -> bool {
        let times = &self.series.t;
        self.chain == chain(&on.assembly.generator)
            && self.density.states() == on.states()
            && self.piece <= asked.schedule.len()
            && asked.times.starts_with(times)
            && self.snapshots.iter().all(|(_, values)| values.len() == on.grid.len())
    }
}

/// A number that tells a chain from others: that of all its rates, bit for bit (Fowler, Noll & Vo, by words).
pub(super) fn chain(generator: &Generator) -> u64 {
    let rates = generator.rates.data().iter().chain(&generator.killing).map(|rate| rate.to_bits());
    let places = generator.rates.indices().iter().map(|place| u64::from(*place));
    rates.chain(places).fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3))
}
