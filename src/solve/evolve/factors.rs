//! Factors of implicit steps, kept for the steps to come.

use crate::elimination::{Elimination, EliminationError};
use crate::generator::Generator;
use crate::solve::Resources;
use crate::solve::evolve::Effort;

/// Factors of the steps used lately, the last one last.
#[derive(Debug, Default)]
pub(super) struct Factors {
    kept: Vec<(f64, Elimination)>,
}

/// So many factors are kept at most: those of two lengths of macro-steps.
const MOST: usize = 12;

/// The part of the memory that they may take together; the rest is for the next elimination.
const SHARE: f64 = 0.5;

/// Substeps of the same length but for the rounding of times: this part of the macro-step.
const SAME: f64 = 4.0 * f64::EPSILON;

impl Factors {
    /// The factor of an implicit step of length h, one of those that a macro-step is made of.
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
        // It has just been put there.
        Ok(&self.kept[self.kept.len() - 1].1)
    }

    /// The lengths of the steps whose factors are kept, the one used last at the end.
    pub(super) fn lengths(&self) -> impl Iterator<Item = f64> {
        self.kept.iter().map(|(h, _)| *h)
    }

    /// Makes the factors of steps of these lengths again.
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
        while self.kept.len() >= MOST || held(&self.kept) as f64 > SHARE * resources.memory as f64 {
            self.kept.remove(0);
        }
        let step = generator.implicit_step(h);
        loop {
            let memory = resources.memory.saturating_sub(held(&self.kept));
            match Elimination::new(&step, resources.workspace, memory, resources.progress) {
                // What is kept is worth less than going on.
                Err(EliminationError::TooLarge { .. } | EliminationError::Refused { .. }) if !self.kept.is_empty() => {
                    self.kept.clear();
                }
                made => return made,
            }
        }
    }
}
