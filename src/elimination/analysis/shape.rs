//! The shape of a front in either form: how its rows are laid out, what its factor takes, what its elimination costs.

/// The numbers in the widest vector; the rows of a symmetric front are padded to whole ones.
pub(crate) const VECTOR: usize = 8;

/// The form in which fronts are eliminated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// Pivot columns and pivot rows, see `dense::general`.
    General,
    /// The lower half of the scaled front of a reversible chain, see `dense::symmetric`.
    Symmetric,
}

/// The shape of a front: p pivots and u further states, its update set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) p: usize,
    pub(crate) u: usize,
}

impl Shape {
    /// The order of the front, p + u.
    pub(crate) fn order(self) -> usize {
        self.p + self.u
    }

    /// The row in symmetric form where the further states begin.
    pub(crate) fn below(self) -> usize {
        self.p.next_multiple_of(VECTOR)
    }

    /// The number of rows of the contribution block in symmetric form.
    pub(crate) fn rows_below(self) -> usize {
        (self.u + 1).next_multiple_of(VECTOR)
    }

    /// The number of rows of the factor in symmetric form.
    pub(crate) fn rows(self) -> usize {
        self.below() + self.rows_below()
    }

    /// The row in symmetric form of a state of the front.
    pub(crate) fn row(self, state: usize) -> usize {
        if state < self.p { state } else { state - self.p + self.below() }
    }

    /// The number of numbers in a front's factor.
    pub(crate) fn factor_length(self, form: Form) -> usize {
        let Shape { p, u } = self;
        match form {
            // Pivot columns (p+u)×p, then pivot rows p×(u+1), the last column being κ.
            Form::General => p * (p + u + u + 1),
            // Pivot columns; the upper half is not used.
            Form::Symmetric => p * self.rows(),
        }
    }

    /// The floating-point operations that the elimination of a front takes: Σ over the pivots, with m states left after
    /// each, of m sums, m+1 divisions, 2m(m+1) for the update; in symmetric form 2m for the sum, m+2 divisions and
    /// roots, m(m+3) for the update.
    pub(crate) fn flops(self, form: Form) -> u64 {
        // Σ 1, Σ m and Σ m² below an order.
        let sums = |n: usize| {
            let n = n as u64;
            [n, n * n.saturating_sub(1) / 2, n * n.saturating_sub(1) * (2 * n).saturating_sub(1) / 6]
        };
        let (all, left) = (sums(self.order()), sums(self.u));
        let [ones, linear, squares] = [0, 1, 2].map(|power| all[power] - left[power]);
        match form {
            Form::General => ones + 4 * linear + 2 * squares,
            Form::Symmetric => 2 * ones + 6 * linear + squares,
        }
    }
}
