//! Warnings about a problem for the reader of its results.

use crate::digits::point;
use crate::model::slice::SliceFacts;
use crate::problem::ends::VanishingNoise;
use crate::problem::fault::MeantMinimum;
use crate::problem::landscape::Precision;
use crate::tensor::Point;

/// A fact about a problem that is not an error and does not show in its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProblemWarning {
    /// The landscape has no minimum in the domain.
    NoMinimum,
    /// The descent from a named point leads to another minimum than the nearest one.
    NotTheNearest {
        /// The point.
        near: Point,
        /// The minimum that is used.
        found: Point,
        /// The nearest one.
        nearest: Point,
        /// The role of the minimum in the problem.
        meant: MeantMinimum,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A named point is far from its minimum and outside of the domain that was chosen.
    NamedFar {
        /// The point.
        near: Point,
        /// The minimum that is used.
        found: Point,
        /// The role of the minimum in the problem.
        meant: MeantMinimum,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The start point of passage times is a substitute for a minimum.
    StartPointIsGuess {
        /// The point.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// An absorbing wall is out of reach, since the boundary of the start set kills before it.
    WallOutOfReach {
        /// 0 for x, 1 for y.
        axis: usize,
        /// 0 for the lower wall, 1 for the upper one.
        end: usize,
    },
    /// Two features of data are nearly multiples of each other; an intercept is a feature too.
    NearlyOne {
        /// The sine of the angle between them.
        sine: f64,
    },
    /// A feature of data is nearly constant, and there is no intercept.
    NearlyConstant {
        /// 0 for the first.
        feature: usize,
        /// Its standard deviation over the size of its mean.
        spread: f64,
    },
    /// The loss is a slice of a model with more parameters.
    Slice(SliceFacts),
    /// The values of the loss are known with little precision.
    Precision(Precision),
    /// An absorbing wall that the process never reaches.
    NeverReached(VanishingNoise),
}

impl std::fmt::Display for ProblemWarning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProblemWarning::NoMinimum => formatter.write_str("no minimum with positive curvature lies in the domain"),
            ProblemWarning::NotTheNearest { near, found, nearest, meant, dimension } => {
                let [near, found, nearest] = [near, found, nearest].map(|theta| point(*theta, *dimension));
                write!(
                    formatter,
                    "{meant} is the one at {found}, to which the way down from {near} leads; the minimum at {nearest} is nearer to that point"
                )
            }
            ProblemWarning::NamedFar { near, found, meant, dimension } => {
                let [near, found] = [near, found].map(|theta| point(*theta, *dimension));
                write!(formatter, "{meant} is the one at {found}, far from {near}, from where the way down leads to it")
            }
            ProblemWarning::WallOutOfReach { axis, end } => write!(
                formatter,
                "the absorbing {} wall across {} is not reached: leaving the start set kills before it",
                ["lower", "upper"][*end],
                ["x", "y"][*axis]
            ),
            ProblemWarning::Slice(SliceFacts { parameters, dimension, gradient_norm, is_converged, .. }) => {
                write!(
                    formatter,
                    "this is a {} through {parameters} parameters: the {} directions across it are frozen, with their drift, their noise and \
                     their ways out, and none of that is in the stated errors; |∇L| at its middle is {gradient_norm:.1e}{}",
                    ["line", "plane"][dimension - 1],
                    parameters - dimension,
                    if *is_converged == Some(false) { ", above what training aimed at" } else { "" },
                )
            }
            ProblemWarning::Precision(Precision::Single) => formatter.write_str(
                "the losses of this table are numbers of single precision: second differences, and noise made from the Hessian, may be \
                 those of rounding. Smooth them",
            ),
            ProblemWarning::Precision(Precision::Smoothed { noise, left }) => write!(
                formatter,
                "the losses of this table were smoothed: noise of {noise:.1e} of their range was found, and {left:.1e} of it is left; what \
                 that may change is in the stated errors as far as half of the values, smoothed alone, show it"
            ),
            ProblemWarning::NearlyOne { sine } => write!(
                formatter,
                "the two features (an intercept is one) are multiples of each other but for {sine:.1e} of their lengths, or one is nearly \
                 constant: a curvature of the loss rests on the last digits of the data. Standardise them, leave one out, or add l2"
            ),
            ProblemWarning::NearlyConstant { feature, spread } => write!(
                formatter,
                "the {} feature varies by {spread:.1e} of its mean and is nearly constant: its weight acts as an intercept. Standardise \
                 it, leave it out, or take an intercept in its place",
                ["first", "second"][*feature],
            ),
            ProblemWarning::NeverReached(end) => {
                write!(formatter, "{end}: the process never arrives there, and the absorbing wall is none")
            }
            ProblemWarning::StartPointIsGuess { at, dimension } => write!(
                formatter,
                "there is no minimum to start from: passage times start at {}, as near to the middle as the set goes",
                point(*at, *dimension)
            ),
        }
    }
}
