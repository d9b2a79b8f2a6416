//! The shape of a front in either form: the layout of its rows, the size of its factor and the cost of its elimination.

/// The length of the widest SIMD vector, in numbers; the rows of a symmetric front are padded to a multiple of it.
pub(crate) const VECTOR: usize = 8;

/// The form in which fronts are eliminated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// Pivot columns and pivot rows, see `dense::general`.
    General,
    /// The lower half of the scaled front of a reversible chain, see `dense::symmetric`.
    Symmetric,
}

/// The shape of a front: p pivots and an update set of u states.
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

    /// The row of the first state of the update set, in the symmetric form.
    pub(crate) fn update_row(self) -> usize {
        self.p.next_multiple_of(VECTOR)
    }

    /// The number of rows of the contribution block in symmetric form.
    pub(crate) fn contribution_rows(self) -> usize {
        (self.u + 1).next_multiple_of(VECTOR)
    }

    /// The number of rows of the factor in symmetric form.
    pub(crate) fn rows(self) -> usize {
        self.update_row() + self.contribution_rows()
    }

    /// The row of a state of the front, in the symmetric form.
    pub(crate) fn row(self, state: usize) -> usize {
        if state < self.p { state } else { state - self.p + self.update_row() }
    }

    /// The size of a front's factor, in numbers.
    pub(crate) fn factor_length(self, form: Form) -> usize {
        let Shape { p, u } = self;
        match form {
            // Pivot columns (p+u)×p, then pivot rows p×(u+1), the last column being κ.
            Form::General => p * (p + u + u + 1),
            // Pivot columns; the upper half is not used.
            Form::Symmetric => p * self.rows(),
        }
    }

    /// The floating-point operations of the elimination of a front. General form: for each pivot with m later states m
    /// additions, m+1 divisions and 2m(m+1) operations of the update. Symmetric form: 2m for the pivot, m+2 divisions
    /// and square roots, m(m+3) for the update.
    pub(crate) fn flops(self, form: Form) -> u64 {
        // Σ 1, Σ m and Σ m² over m < n.
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
