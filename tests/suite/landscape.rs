//! Every landscape: derivatives against differences, and what its definition says.

use std::path::Path;

use proptest::prelude::*;
use saddleflux::config::{LandscapeConfig, LandscapeForm};
use saddleflux::model::{Activation, DataSource, Model, Network, Output, Task};
use saddleflux::problem::Dynamics;
use saddleflux::problem::expression::Expression;
use saddleflux::problem::landscape::Regression;
use saddleflux::tensor::Tensor;

fn build(form: LandscapeForm, dimension: usize, sharpness: f64) -> Dynamics {
    LandscapeConfig { form, dimension, sharpness }.dynamics(Path::new(".")).unwrap()
}

fn kinds() -> Vec<(LandscapeForm, Vec<usize>)> {
    vec![
        (LandscapeForm::StyblinskiTang, vec![1, 2]),
        (LandscapeForm::StyblinskiTangData, vec![1, 2]),
        (LandscapeForm::DoubleWell { barrier: 1.3, tilt: 0.2, curvature: 3.0 }, vec![1, 2]),
        (LandscapeForm::SharpFlat { sharp: 9.0, flat: 2.0, transverse: 1.5 }, vec![1, 2]),
        (LandscapeForm::Quadratic { hessian: Tensor { xx: 2.0, xy: 0.5, yy: 1.0 } }, vec![2]),
        (LandscapeForm::RotatedQuadratic { curvatures: [1.0, 4.0], angle: 30.0 }, vec![2]),
        (LandscapeForm::MullerBrown, vec![2]),
        (LandscapeForm::Himmelblau, vec![2]),
        (LandscapeForm::ThreeHole, vec![2]),
        (LandscapeForm::Expression(Expression::parse("exp(-x^2)*cos(2*x) + x^4/7", 1).unwrap()), vec![1]),
        (LandscapeForm::Expression(Expression::parse("exp(-x^2 + y)*cos(2*x) + x^4*y^2/7", 2).unwrap()), vec![2]),
        (banknote(), vec![2]),
        (LandscapeForm::LogisticRegression(regression(&["skewness"], true, 0.2)), vec![2]),
        (LandscapeForm::LinearRegression(regression(&["curtosis"], true, 0.2)), vec![2]),
        (LandscapeForm::LinearRegression(regression(&["curtosis", "entropy"], false, 0.0)), vec![2]),
        (LandscapeForm::LinearRegression(regression(&["curtosis"], false, 0.0)), vec![1]),
    ]
}

fn banknote() -> LandscapeForm {
    LandscapeForm::LogisticRegression(regression(&["variance", "skewness"], false, 0.0))
}

fn regression(features: &[&str], intercept: bool, l2: f64) -> Regression {
    let data = DataSource {
        path: "configs/data/banknote.csv".into(),
        features: Some(features.iter().map(ToString::to_string).collect()),
        label: "class".into(),
        positive: Some(vec!["1".into()]),
        standardise: true,
        drop_missing: false,
    };
    Regression { data, intercept, l2 }
}

/// The models of any number of parameters know the same losses by other code.
#[test]
fn regressions_are_models_in_one_or_two_parameters() {
    for (features, intercept, l2) in
        [(&["variance", "skewness"][..], false, 0.0), (&["variance"], true, 0.3), (&["entropy"], false, 0.1)]
    {
        let posed = regression(features, intercept, l2);
        for (form, task, output) in [
            (LandscapeForm::LogisticRegression(posed.clone()), Task::Sign, Output::Logistic),
            (LandscapeForm::LinearRegression(posed.clone()), Task::Value, Output::SquaredError),
        ] {
            let dimension = features.len() + usize::from(intercept);
            let model = Model {
                network: Network::new(&[features.len(), 1], intercept, Activation::Tanh, output),
                samples: posed.data.read(Path::new("."), task).unwrap(),
                l2,
            };
            let dynamics = build(form, dimension, 1.0);
            let loss = dynamics.loss().unwrap();
            for theta in [[0.0, 0.0], [1.3, -0.7], [-4.0, 2.5], [0.06, -0.3]] {
                let theta = if dimension == 1 { [theta[0], 0.0] } else { theta };
                let (value, gradient) = model.loss_and_gradient(&theta[..dimension]);
                let (hessian, covariance) =
                    (model.hessian(&theta[..dimension]), model.covariance(&theta[..dimension]).matrix);
                assert_relative_eq!(loss.value(theta), value, max_relative = 1e-13);
                let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-13 * (1.0 + b.abs()), "{a} {b}");
                gradient.iter().zip(loss.gradient(theta)).for_each(|(a, b)| close(b, *a));
                for (tensor, matrix) in
                    [(loss.hessian(theta), hessian), (loss.gradient_covariance(theta).unwrap(), covariance)]
                {
                    close(tensor.xx, matrix[0]);
                    if dimension == 2 {
                        close(tensor.xy, matrix[1]);
                        close(tensor.yy, matrix[3]);
                    }
                }
                let both = loss.gradient_and_covariance(theta).unwrap();
                close(both.0[0], gradient[0]);
                close(both.1.xx, loss.gradient_covariance(theta).unwrap().xx);
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(30))]

    #[test]
    fn gradients_and_hessians_are_those_of_the_value(x in -1.4..1.4f64, y in -1.4..1.4f64, sharpness in 0.3..2.5f64) {
        for (form, dimensions) in kinds() {
            for dimension in dimensions {
                let dynamics = build(form.clone(), dimension, sharpness);
                let loss = dynamics.loss().unwrap();
                let theta = if dimension == 1 { [x, 0.0] } else { [x, y] };
                let (gradient, hessian) = (loss.gradient(theta), loss.hessian(theta));
                let h = 1e-4;
                let scale = 1.0 + loss.value(theta).abs() + hessian.xx.abs() + hessian.yy.abs() + hessian.xy.abs();
                // Fourth-order differences: what is left is the rounding of L over h, and h⁴ times a fifth derivative.
                let central = |f: &dyn Fn(f64) -> f64| (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h);
                let close = |a: f64, b: f64| (a - b).abs() < 3e-7 * scale;
                let along = |axis: usize, t: f64| {
                    let mut moved = theta;
                    moved[axis] += t;
                    moved
                };
                for (axis, slope) in gradient.into_iter().enumerate().take(dimension) {
                    prop_assert!(close(central(&|t| loss.value(along(axis, t))), slope), "{form:?} {axis}");
                }
                prop_assert!(close(central(&|t| loss.gradient(along(0, t))[0]), hessian.xx), "{form:?} xx");
                if dimension == 2 {
                    prop_assert!(close(central(&|t| loss.gradient(along(0, t))[1]), hessian.xy), "{form:?} xy");
                    prop_assert!(close(central(&|t| loss.gradient(along(1, t))[1]), hessian.yy), "{form:?} yy");
                } else {
                    prop_assert_eq!((gradient[1], hessian.xy, hessian.yy), (0.0, 0.0, 0.0));
                }
            }
        }
    }
}

#[test]
fn sharp_flat_has_the_curvatures_it_was_given() {
    let dynamics = build(LandscapeForm::SharpFlat { sharp: 40.0, flat: 0.5, transverse: 3.0 }, 2, 1.0);
    let loss = dynamics.loss().unwrap();
    for (x, curvature) in [(-1.0, 40.0), (1.0, 0.5)] {
        assert_relative_eq!(loss.hessian([x, 0.0]).xx, curvature, max_relative = 1e-13);
        assert_eq!(loss.value([x, 0.0]), 0.0);
        assert_eq!(loss.gradient([x, 0.0]), [0.0, 0.0]);
    }
}

#[test]
fn rotated_quadratic_has_its_first_eigenvector_at_the_angle() {
    let dynamics = build(LandscapeForm::RotatedQuadratic { curvatures: [1.0, 4.0], angle: 30.0 }, 2, 1.0);
    let (sin, cos) = 30f64.to_radians().sin_cos();
    let image = dynamics.loss().unwrap().gradient([cos, sin]);
    assert_relative_eq!(image[0], cos, epsilon = 1e-15);
    assert_relative_eq!(image[1], sin, epsilon = 1e-15);
}

/// E f(θ − s) and Var f'(θ − s) over s ~ N(0, 1) by the trapezoidal rule, which is exact to rounding for such
/// integrands.
#[test]
fn styblinski_tang_data_is_the_population_loss() {
    let dynamics = build(LandscapeForm::StyblinskiTangData, 1, 1.0);
    let loss = dynamics.loss().unwrap();
    for theta in [-3.0, -0.7, 0.0, 1.9] {
        let step = 0.05;
        let (mut mean, mut slope, mut square) = (0.0, 0.0, 0.0);
        for k in -300..=300 {
            let s = f64::from(k) * step;
            let weight = step * (-0.5 * s * s).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let t: f64 = theta - s;
            let f = 0.5 * (t.powi(4) - 16.0 * t * t + 5.0 * t);
            let df = 0.5 * (4.0 * t.powi(3) - 32.0 * t + 5.0);
            mean += weight * f;
            slope += weight * df;
            square += weight * df * df;
        }
        assert_relative_eq!(loss.value([theta, 0.0]), mean, max_relative = 1e-12, epsilon = 1e-11);
        assert_relative_eq!(loss.gradient([theta, 0.0])[0], slope, max_relative = 1e-12, epsilon = 1e-11);
        let variance = loss.gradient_covariance([theta, 0.0]).unwrap().xx;
        assert_relative_eq!(variance, square - slope * slope, max_relative = 1e-11);
    }
}

/// L, ∇L, H and C over the banknote data against plain sums written here.
#[test]
fn logistic_regression_against_independent_sums() {
    let text = std::fs::read_to_string("configs/data/banknote.csv").unwrap();
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect();
    let count = rows.len() as f64;
    assert_eq!(rows.len(), 1372);
    let standard = |column: usize| {
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / count;
        let deviation = (rows.iter().map(|row| (row[column] - mean).powi(2)).sum::<f64>() / count).sqrt();
        move |row: &Vec<f64>| (row[column] - mean) / deviation
    };
    let (first, second) = (standard(0), standard(1));
    let dynamics = build(banknote(), 2, 1.0);
    let loss = dynamics.loss().unwrap();
    for theta in [[-3.13, -1.64], [0.0, 0.0], [2.0, -5.0], [-9.0, 4.0]] {
        let (mut value, mut g, mut h, mut c) = (0.0, [0.0; 2], [0.0; 3], [0.0; 3]);
        for row in &rows {
            let sign = if row[4] == 1.0 { 1.0 } else { -1.0 };
            let x = [first(row), second(row)];
            let margin = sign * (theta[0] * x[0] + theta[1] * x[1]);
            value += if margin > 0.0 { (-margin).exp().ln_1p() } else { margin.exp().ln_1p() - margin };
            let p = 1.0 / (1.0 + margin.exp());
            let slope = [-p * sign * x[0], -p * sign * x[1]];
            for k in 0..2 {
                g[k] += slope[k] / count;
            }
            for (k, (a, b)) in [(0, 0), (0, 1), (1, 1)].into_iter().enumerate() {
                h[k] += p * (1.0 - p) * x[a] * x[b] / count;
                c[k] += slope[a] * slope[b] / count;
            }
        }
        for (k, (a, b)) in [(0, 0), (0, 1), (1, 1)].into_iter().enumerate() {
            c[k] -= g[a] * g[b];
        }
        assert_relative_eq!(loss.value(theta), value / count, max_relative = 1e-13);
        let (hessian, covariance) = (loss.hessian(theta), loss.gradient_covariance(theta).unwrap());
        for (found, expected) in loss.gradient(theta).into_iter().zip(g) {
            assert_relative_eq!(found, expected, max_relative = 1e-11, epsilon = 1e-14);
        }
        for (found, expected) in [hessian.xx, hessian.xy, hessian.yy].into_iter().zip(h) {
            assert_relative_eq!(found, expected, max_relative = 1e-12);
        }
        for (found, expected) in [covariance.xx, covariance.xy, covariance.yy].into_iter().zip(c) {
            assert_relative_eq!(found, expected, max_relative = 1e-11, epsilon = 1e-15);
        }
    }
}

#[test]
fn bad_data_names_file_line_and_column() {
    let folder = crate::folder::Folder::new("data");
    let read = |text: &str, features: &[&str]| {
        let path = folder.path().join("data.csv");
        std::fs::write(&path, text).unwrap();
        let form = LandscapeForm::LogisticRegression(Regression {
            intercept: false,
            l2: 0.0,
            data: DataSource {
                path,
                features: Some(features.iter().map(ToString::to_string).collect()),
                label: "class".into(),
                positive: Some(vec!["1".into()]),
                standardise: true,
                drop_missing: false,
            },
        });
        let config = LandscapeConfig { form, dimension: features.len(), sharpness: 1.0 };
        config.dynamics(Path::new(".")).err().unwrap().to_string()
    };
    for (text, words) in [
        ("a,b,class\n1,2,1\n1,x,0\n", "line 3, column `b`: `x`"),
        ("alpha,b,class\n1,2,1\n", "no column `a`, which a feature asks for; nearest is `b`"),
        ("a,b,class\n", "no rows"),
        ("a,b,class\n1,2,1\n1,3,0\n", "column `a` has the same value"),
        ("a,b,class\n1,2,1\n2,3,1\n", "all rows are of one class"),
        ("a,b,class\n1,2\n", "line 2"),
    ] {
        let message = read(text, &["a", "b"]);
        assert!(message.contains(words) && message.contains("data.csv"), "{message}");
    }
}
