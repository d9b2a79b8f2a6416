//! Straight lines through measured laws: a linear law, a power law or an exponential one, with the uncertainty of its
//! slope.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// What is fitted to points (x, y), both of them as the line sees them.
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
    /// All of them.
    pub const ALL: [Model; 3] = [Model::Linear, Model::Power, Model::Exponential];

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Model::Linear => "linear",
            Model::Power => "power",
            Model::Exponential => "exponential",
        }
    }

    /// Whether the line sees the logarithm of x, and that of y.
    pub fn takes_logarithms(self) -> [bool; 2] {
        match self {
            Model::Linear => [false, false],
            Model::Power => [true, true],
            Model::Exponential => [false, true],
        }
    }
}

/// The line of least squares through points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Its slope.
    pub slope: f64,
    /// Its value at 0.
    pub intercept: f64,
    /// Pearson's correlation of the points; absent where they all have the same y.
    pub pearson_r: Option<f64>,
    /// 95 % interval of the slope by Student's t, as if what is left over were independent normal errors; absent for
    /// two points.
    pub ci95: Option<[f64; 2]>,
    /// The largest distance of a point from the line, over the range of y.
    pub largest_residual: Option<f64>,
    /// The number of points.
    pub points: usize,
    /// y minus the line, point by point.
    pub residuals: Vec<f64>,
}

/// Points through which no line can be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoLine {
    /// Fewer than two.
    #[error("a line needs two points, and there are {points}")]
    TooFew {
        /// How many there are.
        points: usize,
    },
    /// All at one x.
    #[error("all points have x = {x}: there is no slope")]
    OneAbscissa {
        /// Where they are.
        x: f64,
    },
    /// A point that is no pair of finite numbers.
    #[error("point {place} (from 0) has x = {x} and y = {y}, which no line goes through")]
    NotFinite {
        /// Which of the points.
        place: usize,
        /// Its x.
        x: f64,
        /// Its y.
        y: f64,
    },
}

impl Line {
    /// The largest distance of a point from the line, in units of y.
    pub fn farthest(&self) -> f64 {
        self.residuals.iter().fold(0.0, |most, residual| most.max(residual.abs()))
    }

    /// The line through these points.
    ///
    /// # Errors
    /// Points that have none.
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
