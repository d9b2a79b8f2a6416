//! The factors of implicit steps, kept for later steps.

use crate::elimination::{Elimination, EliminationError};
use crate::generator::Generator;
use crate::solve::Resources;
use crate::solve::evolve::Effort;

/// The most recently used factors, the last one last.
#[derive(Debug, Default)]
pub(super) struct Factors {
    kept: Vec<(f64, Elimination)>,
}

/// The largest number of factors that are kept: those of two lengths of macro-steps.
pub const MOST_FACTORS: usize = 12;

/// The share of the memory that they may take together; the rest is for the next elimination.
pub const SHARE_OF_FACTORS: f64 = 0.5;

/// The relative tolerance, as a fraction of the macro-step, within which two substeps have the same length.
const SAME: f64 = 4.0 * f64::EPSILON;

impl Factors {
    /// The factor of an implicit step of length h, a substep of the given macro-step.
    pub(super) fn get(
        &mut self,
        generator: &Generator,
        h: f64,
        macro_step: f64,
        resources: Resources<'_>,
        effort: &mut Effort,
    ) -> Result<&Elimination, EliminationError> {
        let known = self.kept.iter().position(|(kept, _)| (kept - h).abs() <= SAME * macro_step.min(h));
        let entry = match known {
            Some(place) => self.kept.remove(place),
            None => {
                effort.factorisations += 1;
                (h, self.made(generator, h, resources)?)
            }
        };
        self.kept.push(entry);
        // The factor was just pushed.
        Ok(&self.kept[self.kept.len() - 1].1)
    }

    /// The lengths of the steps whose factors are kept, the last used at the end.
    pub(super) fn lengths(&self) -> impl Iterator<Item = f64> {
        self.kept.iter().map(|(h, _)| *h)
    }

    /// Computes the factors of steps of these lengths again.
    pub(super) fn restore(
        &mut self,
        lengths: &[f64],
        generator: &Generator,
        resources: Resources<'_>,
    ) -> Result<(), EliminationError> {
        for &h in lengths {
            let factor = self.made(generator, h, resources)?;
            self.kept.push((h, factor));
        }
        Ok(())
    }

    fn made(
        &mut self,
        generator: &Generator,
        h: f64,
        resources: Resources<'_>,
    ) -> Result<Elimination, EliminationError> {
        let held = |kept: &[(f64, Elimination)]| kept.iter().map(|(_, factor)| factor.factor_bytes()).sum::<u64>();
        while self.kept.len() >= MOST_FACTORS || held(&self.kept) as f64 > SHARE_OF_FACTORS * resources.memory as f64 {
            self.kept.remove(0);
        }
        let step = generator.implicit_step(h);
        loop {
            let memory = resources.memory.saturating_sub(held(&self.kept));
            match Elimination::new(&step, resources.workspace, memory, resources.progress) {
                // Drop the kept factors and try again.
                Err(EliminationError::TooLarge { .. } | EliminationError::Refused { .. }) if !self.kept.is_empty() => {
                    self.kept.clear();
                }
                made => return made,
            }
        }
    }
}
