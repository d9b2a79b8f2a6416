//! Points, vectors and symmetric tensors in one or two dimensions.
//!
//! The same code serves both dimensions: all types have two components, and in one dimension the second component of a
//! vector and the `xy`, `yy` entries of a tensor are zero and unused.

/// A point θ, or a vector, in the units of the parameters; the second component is 0 in one dimension.
pub type Point = [f64; 2];

/// The number of points in a block: enough for the widest SIMD vectors, few enough for the fastest cache.
pub const LANES: usize = 64;

/// A block of points or vectors, component by component.
#[derive(Clone, Copy, Debug)]
pub struct Points {
    /// First components.
    pub x: [f64; LANES],
    /// Second components; 0 in one dimension.
    pub y: [f64; LANES],
}

impl Points {
    /// The same point in every lane.
    pub fn all(theta: Point) -> Points {
        Points { x: [theta[0]; LANES], y: [theta[1]; LANES] }
    }

    /// The point in one lane.
    #[inline(always)]
    pub fn get(&self, lane: usize) -> Point {
        [self.x[lane], self.y[lane]]
    }

    /// Sets the point in one lane.
    #[inline(always)]
    pub fn set(&mut self, lane: usize, [x, y]: Point) {
        (self.x[lane], self.y[lane]) = (x, y);
    }

    /// Maps each point by `f`, in the widest SIMD vectors of the processor if `f` has no branches.
    #[inline(always)]
    pub fn map_into(&self, to: &mut Points, f: impl Fn(Point) -> Point) {
        widest(
            #[inline(always)]
            || {
                // A local copy cannot overlap with the input of `f`.
                let mut images = Points::all([0.0; 2]);
                for lane in 0..LANES {
                    images.set(lane, f(self.get(lane)));
                }
                *to = images;
            },
        );
    }

    /// Evaluates `f` at each point, in the same way.
    #[inline(always)]
    pub fn values_into(&self, to: &mut [f64; LANES], f: impl Fn(Point) -> f64) {
        widest(
            #[inline(always)]
            || {
                let mut values = [0.0; LANES];
                for (lane, value) in values.iter_mut().enumerate() {
                    *value = f(self.get(lane));
                }
                *to = values;
            },
        );
    }
}

/// Runs code compiled for the widest SIMD vectors of the processor; only functions that are inlined into it benefit.
#[inline(always)]
pub fn widest<R>(code: impl FnOnce() -> R) -> R {
    struct Code<F>(F);
    impl<R, F: FnOnce() -> R> pulp::WithSimd for Code<F> {
        type Output = R;
        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _: S) -> R {
            (self.0)()
        }
    }
    pulp::Arch::new().dispatch(Code(code))
}

/// Scalar product v·w.
pub fn dot(v: Point, w: Point) -> f64 {
    v[0] * w[0] + v[1] * w[1]
}

/// Euclidean length |v|.
pub fn norm(v: Point) -> f64 {
    v[0].hypot(v[1])
}

/// The point `from + fraction · step`.
pub fn advance(from: Point, fraction: f64, step: Point) -> Point {
    [from[0] + fraction * step[0], from[1] + fraction * step[1]]
}

/// The vector `to − from`.
pub fn difference(to: Point, from: Point) -> Point {
    [to[0] - from[0], to[1] - from[1]]
}

/// A symmetric tensor: a Hessian, a covariance or a diffusion tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tensor {
    /// The xx entry, the only one in one dimension.
    pub xx: f64,
    /// The xy = yx entry.
    pub xy: f64,
    /// The yy entry.
    pub yy: f64,
}

/// Eigenvalues in ascending order with orthonormal eigenvectors; only the first `dimension` of each are used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, ascending.
    pub values: [f64; 2],
    /// Unit eigenvectors, in the order of the values.
    pub vectors: [Point; 2],
}

impl Tensor {
    /// d·I in the given dimension.
    pub fn isotropic(d: f64, dimension: usize) -> Tensor {
        Tensor { xx: d, xy: 0.0, yy: if dimension == 2 { d } else { 0.0 } }
    }

    /// self + other.
    pub fn plus(self, other: Tensor) -> Tensor {
        Tensor { xx: self.xx + other.xx, xy: self.xy + other.xy, yy: self.yy + other.yy }
    }

    /// factor · self.
    pub fn scaled(self, factor: f64) -> Tensor {
        Tensor { xx: factor * self.xx, xy: factor * self.xy, yy: factor * self.yy }
    }

    /// The product T v.
    pub fn apply(self, v: Point) -> Point {
        [self.xx * v[0] + self.xy * v[1], self.xy * v[0] + self.yy * v[1]]
    }

    /// v·T w.
    pub fn form(self, v: Point, w: Point) -> f64 {
        dot(v, self.apply(w))
    }

    /// T⁻¹ v in the given dimension (infinite or NaN entries when T is singular).
    pub fn solve(self, v: Point, dimension: usize) -> Point {
        if dimension == 1 {
            return [v[0] / self.xx, 0.0];
        }
        if self.xy == 0.0 {
            return [v[0] / self.xx, v[1] / self.yy];
        }
        let det = self.determinant(2);
        [(self.yy * v[0] - self.xy * v[1]) / det, (self.xx * v[1] - self.xy * v[0]) / det]
    }

    /// Determinant in the given dimension.
    pub fn determinant(self, dimension: usize) -> f64 {
        if dimension == 1 { self.xx } else { self.xx * self.yy - self.xy * self.xy }
    }

    /// Eigenvalues and eigenvectors in the given dimension (in one dimension the second pair is (0, e_y)).
    pub fn eigen(self, dimension: usize) -> Eigen {
        if dimension == 1 {
            return Eigen { values: [self.xx, 0.0], vectors: [[1.0, 0.0], [0.0, 1.0]] };
        }
        // Jacobi's rotation: t = tan of the angle that makes the tensor diagonal, the smaller root for stability.
        let (t, c) = if self.xy == 0.0 {
            (0.0, 1.0)
        } else {
            let tau = (self.yy - self.xx) / (2.0 * self.xy);
            let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
            (t, 1.0 / t.hypot(1.0))
        };
        let first = (self.xx - t * self.xy, [c, -t * c]);
        let second = (self.yy + t * self.xy, [t * c, c]);
        let (low, high) = if first.0 <= second.0 { (first, second) } else { (second, first) };
        Eigen { values: [low.0, high.0], vectors: [low.1, high.1] }
    }

    /// `[T]₊` = U diag(|t₁|, |t₂|) Uᵀ, the positive semidefinite tensor with the same eigenvectors and absolute
    /// eigenvalues.
    pub fn absolute(self, dimension: usize) -> Tensor {
        if dimension == 1 {
            return Tensor { xx: self.xx.abs(), ..Tensor::default() };
        }
        let Eigen { values, vectors: [u, v] } = self.eigen(2);
        let (a, b) = (values[0].abs(), values[1].abs());
        if self.xy == 0.0 {
            return Tensor { xx: self.xx.abs(), xy: 0.0, yy: self.yy.abs() };
        }
        Tensor {
            xx: a * u[0] * u[0] + b * v[0] * v[0],
            xy: a * u[0] * u[1] + b * v[0] * v[1],
            yy: a * u[1] * u[1] + b * v[1] * v[1],
        }
    }

    /// Whether every entry is finite.
    pub fn is_finite(self) -> bool {
        self.xx.is_finite() && self.xy.is_finite() && self.yy.is_finite()
    }

    /// The tensor in axes that are turned by the angle with this cosine and sine: Rᵀ T R.
    pub fn turned(self, cosine: f64, sine: f64) -> Tensor {
        let is_scalar = self.xy == 0.0 && self.xx == self.yy;
        if sine == 0.0 || is_scalar {
            return self;
        }
        let (e1, e2) = ([cosine, sine], [-sine, cosine]);
        Tensor { xx: self.form(e1, e1), xy: self.form(e1, e2), yy: self.form(e2, e2) }
    }
}
