//! Least-squares fits of a linear, a power or an exponential law, with a confidence interval of the slope.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The law that is fitted to points (x, y).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// y = intercept + slope · x.
    Linear,
    /// ln y = intercept + slope · ln x: y ∝ x^slope.
    Power,
    /// ln y = intercept + slope · x.
    Exponential,
}

impl Model {
    /// All laws.
    pub const ALL: [Model; 3] = [Model::Linear, Model::Power, Model::Exponential];

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Model::Linear => "linear",
            Model::Power => "power",
            Model::Exponential => "exponential",
        }
    }

    /// Whether the logarithms of x and of y are taken before the fit.
    pub fn takes_logarithms(self) -> [bool; 2] {
        match self {
            Model::Linear => [false, false],
            Model::Power => [true, true],
            Model::Exponential => [false, true],
        }
    }
}

/// The least-squares line y = intercept + slope · x through given points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The slope.
    pub slope: f64,
    /// The value of the line at x = 0.
    pub intercept: f64,
    /// Pearson's correlation coefficient of x and y; `None` if all points have the same y.
    pub pearson_r: Option<f64>,
    /// The 95 % confidence interval of the slope by Student's t, under the assumption of independent normal residuals
    /// of equal variance; `None` for two points.
    pub ci95: Option<[f64; 2]>,
    /// The largest |residual| divided by the range of y; `None` if all points have the same y.
    pub largest_residual: Option<f64>,
    /// The number of points.
    pub points: usize,
    /// The residuals: y minus the value of the line at x, in the order of the points.
    pub residuals: Vec<f64>,
}

/// The reason for which points have no least-squares line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoLine {
    /// There are fewer than two points.
    #[error("a line needs two points, and there are {points}")]
    TooFew {
        /// The number of points.
        points: usize,
    },
    /// All points have the same x.
    #[error("all points have x = {x}: there is no slope")]
    OneAbscissa {
        /// This x.
        x: f64,
    },
    /// A coordinate of a point is infinite or NaN.
    #[error("point {place} (from 0) has x = {x} and y = {y}, which no line goes through")]
    NotFinite {
        /// The index of the point, from 0.
        place: usize,
        /// The x of the point.
        x: f64,
        /// The y of the point.
        y: f64,
    },
}

impl Line {
    /// The largest |residual|, in units of y.
    pub fn farthest(&self) -> f64 {
        self.residuals.iter().fold(0.0, |most, residual| most.max(residual.abs()))
    }

    /// Fits a line to points (x, y) by least squares.
    ///
    /// # Errors
    /// [`NoLine`]: fewer than two points, coordinates that are not finite, or a single x.
    pub fn through(points: &[(f64, f64)]) -> Result<Line, NoLine> {
        let count = points.len();
        if count < 2 {
            return Err(NoLine::TooFew { points: count });
        }
        if let Some(place) = points.iter().position(|(x, y)| !x.is_finite() || !y.is_finite()) {
            let (x, y) = points[place];
            return Err(NoLine::NotFinite { place, x, y });
        }
        let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count as f64;
        let (x_mean, y_mean) = (mean(|point| point.0), mean(|point| point.1));
        let sum = |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|(x, y)| f(x - x_mean, y - y_mean)).sum::<f64>();
        let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
        if points.iter().all(|point| point.0 == points[0].0) {
            return Err(NoLine::OneAbscissa { x: points[0].0 });
        }
        let slope = xy / xx;
        let residuals: Vec<f64> = points.iter().map(|(x, y)| (y - y_mean) - slope * (x - x_mean)).collect();
        let left: f64 = residuals.iter().map(|residual| residual * residual).sum();
        let freedom = count as f64 - 2.0;
        // The distribution exists for every positive number of degrees of freedom.
        let student = (count > 2).then(|| StudentsT::new(0.0, 1.0, freedom).ok()).flatten();
        let ci95 = student.map(|student| {
            let half = student.inverse_cdf(0.975) * (left / freedom / xx).sqrt();
            [slope - half, slope + half]
        });
        let height = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max)
            - points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        let largest = residuals.iter().map(|residual| residual.abs()).fold(0.0, f64::max);
        Ok(Line {
            slope,
            intercept: y_mean - slope * x_mean,
            pearson_r: (yy > 0.0).then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0)),
            ci95,
            largest_residual: (height > 0.0).then(|| largest / height),
            points: count,
            residuals,
        })
    }
}
