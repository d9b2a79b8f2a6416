//! The numeric factorisation along the tree of fronts.
//!
//! A front's pivot columns and rows are assembled in their final place in the factor, and its contribution block where
//! the parent reads it, so that nothing is copied. Contribution blocks live on a stack: the blocks of the children are
//! left at one end of their parent's region and the parent's own goes to the other end, alternating from level to
//! level. The many subtrees that are eliminated by one thread each use a few small stacks that stay in its cache; the
//! fronts above them share one stack.
//!
//! Every front is assembled in a fixed order (rates, first child, second child) and eliminated by operations that
//! depend on its shape alone: the factor is the same to the bit for any number of threads.

use crate::elimination::analysis::front::Front;
use crate::elimination::analysis::layout::Layout;
use crate::elimination::analysis::shape::Form;
use crate::elimination::analysis::tree::AssemblyTree;
use crate::elimination::dense::general::{self, Scratch};
use crate::elimination::dense::symmetric;
use crate::elimination::error::EliminationError;
use crate::elimination::pages::{PagePool, Pages};
use crate::generator::Generator;
use crate::progress::Progress;
use rayon::join;
use std::sync::{Arc, Mutex, PoisonError};

/// A generator factored front by front.
#[derive(Debug)]
pub(crate) struct Multifrontal {
    pub(crate) tree: Arc<AssemblyTree>,
    pub(crate) layout: Layout,
    /// The factors of all fronts. In general form: pivot columns with S_k on the diagonal, q_ik below and q_kj / S_k
    /// above, then the pivot rows. In symmetric form: pivot columns with 1/√S_k on the diagonal and C_ik below.
    pub(crate) factor: Pages,
    /// The weights √π by position in the elimination order (symmetric form only), the largest between ½ and 1.
    pub(crate) weights: Vec<f64>,
}

/// One of the two ends of a region of the stack.
#[derive(Clone, Copy)]
enum End {
    Low,
    High,
}

impl End {
    fn other(self) -> End {
        match self {
            End::Low => End::High,
            End::High => End::Low,
        }
    }

    /// Splits `length` numbers off this end of a region; returns them and the remainder.
    fn carve(self, region: &mut [f64], length: usize) -> (&mut [f64], &mut [f64]) {
        match self {
            End::Low => region.split_at_mut(length),
            End::High => {
                let (rest, taken) = region.split_at_mut(region.len() - length);
                (taken, rest)
            }
        }
    }
}

impl Multifrontal {
    /// Eliminates a generator that has the edges of the tree, with fronts in the form of the layout; `weights` are √π
    /// by position in the elimination order, empty in general form.
    ///
    /// # Errors
    /// When the system refuses the memory, a pivot is too small or not finite, or the progress was asked to stop.
    pub(crate) fn eliminate(
        tree: &Arc<AssemblyTree>,
        layout: Layout,
        generator: &Generator,
        weights: Vec<f64>,
        pool: &PagePool,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        let pages = |length: usize| {
            let needed = 8 * length as u64;
            pool.pages(length).map_err(|_| EliminationError::Refused { needed })
        };
        let mut factor = pages(layout.length)?;
        if !tree.fronts.is_empty() {
            let mut stack = pages(tree.shared_stack())?;
            let factorisation = Factorisation {
                tree,
                layout: &layout,
                generator,
                weights: &weights,
                is_zero: factor.is_zero,
                progress,
                scratches: Mutex::new(Vec::new()),
            };
            factorisation.factor_in_parallel(
                tree.fronts.len() - 1,
                factor.numbers_mut(),
                stack.numbers_mut(),
                End::Low,
            )?;
        }
        Ok(Multifrontal { tree: Arc::clone(tree), layout, factor, weights })
    }
}

/// The data that the eliminations of all fronts share.
pub(super) struct Factorisation<'a> {
    pub(super) tree: &'a AssemblyTree,
    layout: &'a Layout,
    pub(super) generator: &'a Generator,
    pub(super) weights: &'a [f64],
    /// Whether the memory of the factor is zero at first.
    is_zero: bool,
    progress: &'a Progress,
    /// The buffers that are free at the moment.
    scratches: Mutex<Vec<Scratch>>,
}

impl Factorisation<'_> {
    /// Runs `work` with free buffers, or with new ones if none are free.
    fn with_scratch<R>(&self, work: impl FnOnce(&mut Scratch) -> R) -> R {
        // Nothing panics while the lock is held.
        let free = || self.scratches.lock().unwrap_or_else(PoisonError::into_inner);
        let found = free().pop();
        let mut scratch = found.unwrap_or_else(|| Scratch::new(self.tree.largest(), self.tree.thread_stack));
        let result = work(&mut scratch);
        free().push(scratch);
        result
    }

    /// Factors a subtree, its halves in parallel where the tree is marked so; `factor` is the subtree's part of the
    /// factor. The contribution block is left at the given end of the stack.
    fn factor_in_parallel(
        &self,
        index: usize,
        factor: &mut [f64],
        stack: &mut [f64],
        end: End,
    ) -> Result<(), EliminationError> {
        let front = &self.tree.fronts[index];
        let (below, own) = factor.split_at_mut(self.layout.length_below(front, index));
        if !front.is_parallel {
            let (contribution, _) = end.carve(stack, front.contribution_length());
            return self.with_scratch(|scratch| {
                let mut stack = std::mem::take(&mut scratch.stack);
                let done = self
                    .factor_children(front, below, &mut stack, End::Low, scratch)
                    .and_then(|(children, _)| self.factor_front(front, own, contribution, &children, scratch));
                // Also after an error: other tasks use this scratch until they notice the error.
                scratch.stack = stack;
                done
            });
        }
        let away = end.other();
        let mut blocks: Vec<(&Front, &[f64])> = Vec::with_capacity(2);
        let length = |child: usize| self.tree.fronts[child].contribution_length();
        let rest = match *front.children() {
            [one, two, ..] => {
                let (first, second) = (&self.tree.fronts[one], &self.tree.fronts[two]);
                let second_start = self.layout.starts[second.first] - self.layout.starts[front.first];
                let (below_first, below_second) = below.split_at_mut(second_start);
                let (region, rest) = away.carve(stack, first.shared_stack());
                let (left, right) = join(
                    || self.factor_in_parallel(one, below_first, region, away),
                    || self.factor_in_parallel(two, below_second, rest, away),
                );
                left.and(right)?;
                blocks.push((&self.tree.fronts[one], away.carve(region, length(one)).0));
                let (block, rest) = away.carve(rest, length(two));
                blocks.push((&self.tree.fronts[two], block));
                rest
            }
            [only] => {
                self.factor_in_parallel(only, below, stack, away)?;
                let (block, rest) = away.carve(stack, length(only));
                blocks.push((&self.tree.fronts[only], block));
                rest
            }
            [] => stack,
        };
        let (contribution, _) = end.carve(rest, front.contribution_length());
        self.with_scratch(|scratch| self.factor_front(front, own, contribution, &blocks, scratch))
    }

    /// Factors a subtree on this thread.
    fn factor_on_this_thread(
        &self,
        index: usize,
        factor: &mut [f64],
        stack: &mut [f64],
        end: End,
        scratch: &mut Scratch,
    ) -> Result<(), EliminationError> {
        let front = &self.tree.fronts[index];
        let (below, own) = factor.split_at_mut(self.layout.length_below(front, index));
        let (children, rest) = self.factor_children(front, below, stack, end.other(), scratch)?;
        let (contribution, _) = end.carve(rest, front.contribution_length());
        self.factor_front(front, own, contribution, &children, scratch)
    }

    /// Factors the children of a front one after the other; returns their contribution blocks and the unused part of
    /// the stack.
    #[allow(clippy::type_complexity)]
    fn factor_children<'s>(
        &self,
        front: &Front,
        below: &mut [f64],
        stack: &'s mut [f64],
        end: End,
        scratch: &mut Scratch,
    ) -> Result<(Vec<(&Front, &'s [f64])>, &'s mut [f64]), EliminationError> {
        let (mut below, mut stack) = (below, stack);
        let mut blocks: Vec<(&Front, &[f64])> = Vec::with_capacity(front.children().len());
        for &child in front.children() {
            let of_child = &self.tree.fronts[child];
            let starts = &self.layout.starts;
            let length = starts[child] - starts[of_child.first] + of_child.shape().factor_length(self.layout.form);
            let (own, later) = below.split_at_mut(length);
            self.factor_on_this_thread(child, own, stack, end, scratch)?;
            let (block, rest) = end.carve(stack, of_child.contribution_length());
            blocks.push((of_child, block));
            (below, stack) = (later, rest);
        }
        Ok((blocks, stack))
    }

    /// Assembles and eliminates one front.
    fn factor_front(
        &self,
        front: &Front,
        factor: &mut [f64],
        contribution: &mut [f64],
        children: &[(&Front, &[f64])],
        scratch: &mut Scratch,
    ) -> Result<(), EliminationError> {
        if self.progress.is_interrupted() {
            return Err(EliminationError::Interrupted);
        }
        if !self.is_zero {
            factor.fill(0.0);
        }
        let fresh = children.is_empty();
        match self.layout.form {
            Form::Symmetric => {
                self.assemble_symmetric(front, factor, contribution, children, &mut scratch.weights);
                let shape = front.shape();
                let Scratch { arch, exits, weights, .. } = scratch;
                symmetric::eliminate(*arch, shape, factor, contribution, fresh, &weights[..shape.rows()], exits)
            }
            Form::General => {
                let (p, u) = (front.pivots, front.updates);
                let contribution = &mut contribution[..u * (u + 1)];
                self.assemble_general(front, factor, contribution, children);
                general::eliminate((p, u), factor, contribution, fresh, scratch)
            }
        }
        .map_err(|fault| fault.at_state(self.pivot_states(front)[fault.position] as usize))?;
        self.progress.advance(front.shape().flops(self.layout.form));
        Ok(())
    }

    /// The states of a front's pivots.
    pub(super) fn pivot_states(&self, front: &Front) -> &[u32] {
        &self.tree.order[front.start..front.start + front.pivots]
    }
}
