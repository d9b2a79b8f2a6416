//! Laws of symmetric tensors.

use proptest::prelude::*;
use saddleflux::tensor::{Tensor, dot};

proptest! {
    #[test]
    fn eigenvectors_diagonalise(xx in -5.0..5.0f64, xy in -5.0..5.0f64, yy in -5.0..5.0f64) {
        let tensor = Tensor { xx, xy, yy };
        let eigen = tensor.eigen(2);
        prop_assert!(eigen.values[0] <= eigen.values[1]);
        for (value, vector) in eigen.values.into_iter().zip(eigen.vectors) {
            let image = tensor.apply(vector);
            prop_assert!((image[0] - value * vector[0]).abs() < 1e-13 && (image[1] - value * vector[1]).abs() < 1e-13);
            prop_assert!((dot(vector, vector) - 1.0).abs() < 1e-14);
        }
        prop_assert!(dot(eigen.vectors[0], eigen.vectors[1]).abs() < 1e-14);
    }

    #[test]
    fn absolute_has_absolute_eigenvalues(xx in -5.0..5.0f64, xy in -5.0..5.0f64, yy in -5.0..5.0f64) {
        let tensor = Tensor { xx, xy, yy };
        let mut expected = tensor.eigen(2).values.map(f64::abs);
        expected.sort_by(f64::total_cmp);
        let found = tensor.absolute(2).eigen(2).values;
        prop_assert!((found[0] - expected[0]).abs() < 1e-13 && (found[1] - expected[1]).abs() < 1e-13);
    }
}

#[test]
fn solve_inverts_apply() {
    let tensor = Tensor { xx: 2.0, xy: 0.5, yy: 1.0 };
    let v = tensor.solve(tensor.apply([0.3, -0.7]), 2);
    assert_relative_eq!(v[0], 0.3, epsilon = 1e-15);
    assert_relative_eq!(v[1], -0.7, epsilon = 1e-15);
}
