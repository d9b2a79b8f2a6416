//! The linearised motion dδ/dt = −Jδ at a critical point, J the Jacobian of the slope: its eigenvalues, the number of
//! its unstable directions, and the eigenvectors of a saddle.

use crate::problem::CriticalPoint;
use crate::problem::scale::Units;
use crate::tensor::{Point, norm};

/// The eigenvalues of the linearised motion at a critical point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Linearisation {
    /// The eigenvalues of the Hessian, ascending.
    Hessian([f64; 2]),
    /// The eigenvalues of the Jacobian ∂b of a drift: real parts, descending, and the imaginary part of the first; if
    /// it is not zero the second is the complex conjugate.
    Jacobian([f64; 2], f64),
    /// None: the point is a cusp, with these one-sided slopes along each axis.
    Cusp([[f64; 2]; 2]),
}

impl CriticalPoint {
    /// The eigenvalues of the Hessian, or of a drift's Jacobian; only the first `dimension` are used.
    pub fn linearisation(&self, dimension: usize) -> Linearisation {
        if let Some(cusp) = self.cusp {
            return Linearisation::Cusp(cusp.slopes);
        }
        let Some([[a, b], [c, d]]) = self.jacobian else {
            return Linearisation::Hessian(self.eigenvalues);
        };
        if dimension == 1 {
            return Linearisation::Jacobian([a, 0.0], 0.0);
        }
        // (λ − mean)² = spread.
        let (mean, half) = (0.5 * (a + d), 0.5 * (a - d));
        let spread = half * half + b * c;
        let root = spread.abs().sqrt();
        match spread < 0.0 {
            true => Linearisation::Jacobian([mean, mean], root),
            false => Linearisation::Jacobian([mean + root, mean - root], 0.0),
        }
    }
}

impl Linearisation {
    /// A phrase for messages, with numbers in the given format: `Hessian eigenvalues 2, 8`, `Jacobian eigenvalues -0.15
    /// ± 0.99i`, `a cusp: no Hessian, slopes -3 to 3`.
    pub fn words(self, dimension: usize, number: impl Fn(f64) -> String) -> String {
        let list =
            |values: [f64; 2]| values[..dimension].iter().map(|value| number(*value)).collect::<Vec<_>>().join(", ");
        match self {
            Linearisation::Hessian(values) => format!("Hessian eigenvalues {}", list(values)),
            Linearisation::Jacobian(values, 0.0) => format!("Jacobian eigenvalues {}", list(values)),
            Linearisation::Jacobian([real, _], imaginary) => {
                format!("Jacobian eigenvalues {} ± {}i", number(real), number(imaginary))
            }
            Linearisation::Cusp(slopes) => {
                let pairs =
                    slopes[..dimension].iter().map(|[low, high]| format!("{} to {}", number(*low), number(*high)));
                format!("a cusp: no Hessian, slopes {}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// The number of unstable directions of dθ/dt = −slope, and the unstable direction if there is one; `None` if an
/// eigenvalue is zero.
pub(super) fn stability(jacobian: [Point; 2], units: Units, dimension: usize) -> Option<(usize, Point)> {
    let [[a, b], [c, d]] = units.jacobian(jacobian);
    // Rounding of a zero determinant is about 1e-16.
    const ZERO: f64 = 1e-14;
    if dimension == 1 {
        return (a != 0.0).then_some((usize::from(a < 0.0), [1.0, 0.0]));
    }
    let (trace, det) = (a + d, a * d - b * c);
    let size = a.abs().max(b.abs()).max(c.abs()).max(d.abs());
    if det.abs() <= ZERO * size * size {
        return None;
    }
    if det < 0.0 {
        // The negative eigenvalue: the smaller root of μ² − trace μ + det.
        let root = (0.25 * trace * trace - det).sqrt();
        let low = if trace > 0.0 { det / (0.5 * trace + root) } else { 0.5 * trace - root };
        // The sign is fixed by x ≥ 0.
        let direction = units.direction(eigenvector([[a, b], [c, d]], low));
        let flip = direction[0] < 0.0 || (direction[0] == 0.0 && direction[1] < 0.0);
        return Some((1, if flip { direction.map(|c| 0.0 - c) } else { direction }));
    }
    Some((if trace > 0.0 { 0 } else { 2 }, [0.0, 0.0]))
}

/// The unit vector of the direction along which dθ/dt = −slope enters a saddle.
pub(super) fn stable_direction([[a, b], [c, d]]: [Point; 2]) -> Point {
    let (trace, det) = (a + d, a * d - b * c);
    // The positive eigenvalue: the larger root of μ² − trace μ + det.
    let root = (0.25 * trace * trace - det).sqrt();
    let high = if trace > 0.0 { 0.5 * trace + root } else { det / (0.5 * trace - root) };
    eigenvector([[a, b], [c, d]], high)
}

/// A unit eigenvector for the eigenvalue μ: perpendicular to the larger row of the matrix minus μI.
fn eigenvector([[a, b], [c, d]]: [Point; 2], eigenvalue: f64) -> Point {
    let rows = [[a - eigenvalue, b], [c, d - eigenvalue]];
    let row = if norm(rows[0]) >= norm(rows[1]) { rows[0] } else { rows[1] };
    let length = norm(row);
    [-row[1] / length, row[0] / length]
}
