//! The errors of posing a problem, in terms of the mathematics.
//!
//! Every error has a fact (what is wrong, with its numbers) and a remedy (what to change). A reader of problems, such
//! as the configuration, keeps the fact and states the remedy in its own terms.

use crate::digits::{exact, exact_point as short, precise, precise_point as show};
use crate::model::fault::DataError;
use crate::model::slice::SliceError;
use crate::problem::Side;
use crate::problem::boundary_class::BoundaryClass;
use crate::problem::degeneracy::Degeneracy;
use crate::problem::ends::VanishingNoise;
use crate::problem::fault::{ColdValleyFault, Ingredient, MeantMinimum, NeedsMinimum, WindowFault};
use crate::problem::jumps::{JumpFault, shown};
use crate::tensor::Point;

/// A problem that cannot be posed, or cannot be solved as posed.
#[derive(Clone, Debug, PartialEq)]
pub enum ProblemError {
    /// A data file cannot be read or used.
    Data(DataError),
    /// A slice of a model cannot be formed.
    Slice(SliceError),
    /// An ingredient of the problem is not finite at some point.
    NotFinite {
        /// The ingredient.
        what: Ingredient,
        /// The point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The diffusion tensor has a negative eigenvalue.
    NotPositive {
        /// The point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The negative eigenvalue.
        eigenvalue: f64,
    },
    /// The noise vanishes on the way out and closes it.
    Degenerate(Degeneracy),
    /// No minimum lies in the domain.
    NoMinimum {
        /// The quantity or the setting that needs the minimum.
        needed: NeedsMinimum,
    },
    /// The start set contains no minimum.
    NoMinimumInSet,
    /// There is no minimum near a point that names one.
    NoMinimumNear {
        /// The point.
        near: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The end of the descent, if it is on a flat region: the Hessian has a zero eigenvalue there.
        flat: Option<Point>,
        /// The role of the minimum in the problem.
        meant: MeantMinimum,
    },
    /// The descent from a point that names a minimum ends at a saddle or a maximum.
    NoDescent {
        /// The point.
        near: Point,
        /// The saddle or the maximum.
        end: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The role of the minimum in the problem.
        meant: MeantMinimum,
    },
    /// The descent from a point that names a minimum ends on a kink of the loss, where no minimum could be located.
    AtKink {
        /// The point.
        near: Point,
        /// The end of the descent.
        end: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The role of the minimum in the problem.
        meant: MeantMinimum,
    },
    /// A point that names a minimum lies outside of the given domain.
    NamedOutside {
        /// The point.
        near: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The role of the minimum in the problem.
        meant: MeantMinimum,
    },
    /// The noise is to be frozen at the lowest saddle of a valley that has no saddle.
    NoSaddle,
    /// A valley cannot have cold noise.
    ColdValley {
        /// The point that names it.
        near: Point,
        /// The minimum that it leads to.
        minimum: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The reason.
        fault: ColdValleyFault,
    },
    /// Noise proportional to the loss, with a loss that is negative somewhere.
    NegativeLoss {
        /// The point θ.
        at: Point,
        /// The loss there.
        loss: f64,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The minimum lies outside of the start set.
    MinimumOutsideSet {
        /// The minimum.
        minimum: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The start point of passage times lies outside of the live set or the domain.
    StartOutside {
        /// The point.
        from: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The target holds the minimum at which passage times start.
    TargetHoldsStart {
        /// The minimum.
        start: Point,
        /// The centre of the target.
        centre: Point,
        /// Its radius.
        radius: f64,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The minimum lies outside of the domain.
    MinimumOutsideDomain {
        /// The minimum.
        minimum: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A wall that needs a position is on a side whose position is not given.
    WallWithoutPlace {
        /// 0 for x, 1 for y.
        axis: usize,
        /// Whether the axis is periodic; otherwise the wall is absorbing.
        is_periodic: bool,
    },
    /// The domain is to be chosen, but the landscape does not confine the process.
    NotConfining,
    /// The two ends of a periodic axis do not match.
    SeamMismatch {
        /// 0 for x, 1 for y.
        axis: usize,
        /// The lower end.
        lower: f64,
        /// The upper end.
        upper: f64,
        /// The ingredient that differs.
        what: Ingredient,
    },
    /// The noise model needs a loss, and the drift has none.
    NoiseWithoutLoss,
    /// The noise model needs data, and the loss has none.
    NoiseWithoutData,
    /// A window cannot be opened.
    Window {
        /// Its index in the list, from 0.
        index: usize,
        /// Its wall.
        side: Side,
        /// The reason.
        fault: WindowFault,
    },
    /// A killing rate is negative or not a number.
    Killing {
        /// The point θ.
        at: Point,
        /// The rate.
        rate: f64,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A jump that the scheme cannot handle.
    Jump {
        /// The point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The reason.
        fault: JumpFault,
    },
    /// The domain extends beyond the table from which the loss is interpolated.
    OutsideTable {
        /// 0 for x, 1 for y.
        axis: usize,
        /// The ends of the table along the axis.
        table: [f64; 2],
        /// The ends of the domain along the axis.
        domain: [f64; 2],
    },
    /// Noise of the bare Hessian in coordinates along vectors that are not orthogonal and of equal length.
    BareHessianInSkewCoordinates,
    /// An end at which the process stays, or to which it converges, for ever with a positive probability.
    InfiniteTime(VanishingNoise),
    /// Every way out crosses a point that cannot be crossed.
    Blocked {
        /// The first such point.
        at: f64,
        /// The exponent of the power with which D vanishes there.
        exponent: f64,
        /// Feller's classes of the point, from the side of the start and from beyond it.
        classes: [BoundaryClass; 2],
    },
}

impl ProblemError {
    /// The statement of the error with its numbers.
    pub fn fact(&self) -> String {
        match self {
            ProblemError::Data(error) => error.to_string(),
            ProblemError::Slice(error) => error.to_string(),
            ProblemError::NotFinite { what, at, dimension } => {
                format!("{what} is not finite at θ = {}", short(*at, *dimension))
            }
            ProblemError::NotPositive { at, dimension, eigenvalue } => format!(
                "the diffusion tensor at θ = {} has the negative eigenvalue {eigenvalue:e}; it must be positive semidefinite \
                 everywhere in the domain",
                short(*at, *dimension)
            ),
            ProblemError::Degenerate(degeneracy) => degeneracy.to_string(),
            ProblemError::NoMinimum { needed } => format!("{needed} needs a minimum, and none was found in the domain"),
            ProblemError::NoMinimumInSet => "the start set holds no minimum of the landscape".into(),
            ProblemError::NoMinimumNear { near, dimension, flat: Some(end), .. } => format!(
                "descending from {} ends at {}, where the Hessian has a zero eigenvalue (flat to second order); a minimum must \
                 have positive curvature",
                short(*near, *dimension),
                short(*end, *dimension)
            ),
            ProblemError::NoMinimumNear { near, dimension, flat: None, .. } => format!(
                "no minimum was found by descending from {}: the way down does not end (neither a drift that leads away nor the \
                 loss of data that a line separates has one)",
                short(*near, *dimension)
            ),
            ProblemError::NoDescent { near, end, dimension, .. } => format!(
                "descending from {} ends at {}, which is no minimum: the Hessian has a negative eigenvalue there",
                short(*near, *dimension),
                short(*end, *dimension)
            ),
            ProblemError::AtKink { near, end, dimension, .. } => format!(
                "descending from {} ends at {}, where the slope jumps, and no minimum could be located there",
                short(*near, *dimension),
                short(*end, *dimension)
            ),
            ProblemError::NamedOutside { near, dimension, meant } => {
                format!("{meant} is looked for near {}, which lies outside the domain", short(*near, *dimension))
            }
            ProblemError::NoSaddle => {
                "frozen noise is frozen at the minimum and at the lowest saddle of its valley, and no saddle was found in the domain"
                    .into()
            }
            ProblemError::ColdValley { near, minimum, dimension, fault } => {
                let (near, minimum) = (short(*near, *dimension), show(*minimum, *dimension));
                match fault {
                    ColdValleyFault::NamedBefore { by } => format!(
                        "{near} and {} lead to the same minimum {minimum}: a valley is cold once",
                        short(*by, *dimension)
                    ),
                    ColdValleyFault::Outside => {
                        format!("{near} leads to the minimum {minimum}, which lies outside the domain")
                    }
                    ColdValleyFault::NoSaddle => format!(
                        "{near} leads to the minimum {minimum}, and no saddle of its valley was found in the domain, at which its \
                         noise is to be frozen"
                    ),
                }
            }
            ProblemError::NegativeLoss { at, loss, dimension } => format!(
                "noise proportional to the loss needs L ≥ 0 in the whole domain, and L = {loss:.6e} at θ = {}",
                show(*at, *dimension)
            ),
            ProblemError::MinimumOutsideSet { minimum, dimension } => {
                format!("the minimum {} is not in the start set", show(*minimum, *dimension))
            }
            ProblemError::StartOutside { from, dimension } => {
                format!("the process does not live at {}, where passage times are to start", show(*from, *dimension))
            }
            ProblemError::TargetHoldsStart { start, centre, radius, dimension } => format!(
                "the target, the disc of radius {} around {}, holds the start minimum {}: the process would be in it from the start",
                exact(*radius),
                show(*centre, *dimension),
                show(*start, *dimension)
            ),
            ProblemError::MinimumOutsideDomain { minimum, dimension } => {
                format!("the minimum {} lies outside the domain", show(*minimum, *dimension))
            }
            ProblemError::WallWithoutPlace { axis, is_periodic: true } => {
                format!("the periodic axis {} needs a place", name(*axis))
            }
            ProblemError::WallWithoutPlace { axis, is_periodic: false } => {
                format!("an absorbing wall across {} needs a place", name(*axis))
            }
            ProblemError::NotConfining => "no bounds were given and the landscape does not confine the process (its effective \
                                           potential does not rise on every side)"
                .into(),
            ProblemError::SeamMismatch { axis, lower, upper, what } => {
                let axis = name(*axis);
                format!(
                    "{what} differs between {axis} = {} and {axis} = {}, which a periodic axis joins",
                    exact(*lower),
                    exact(*upper)
                )
            }
            ProblemError::Window { side, fault: WindowFault::NoReflectingWall, .. } => {
                format!("a window lies in the wall {}, which is no reflecting wall of a rectangle", side.name())
            }
            ProblemError::Window { side, fault: WindowFault::Empty, .. } => {
                format!("no point of the wall {} lies in the window", side.name())
            }
            ProblemError::Killing { at, rate, dimension } => {
                format!("the killing rate is {} at θ = {}, and must be finite and ≥ 0", exact(*rate), shown(*at, *dimension))
            }
            ProblemError::Jump { at, dimension, fault } => format!("at θ = {} {fault}", shown(*at, *dimension)),
            ProblemError::OutsideTable { axis, table, domain } => {
                let axis = name(*axis);
                let [[a, b], [c, d]] = [table, domain].map(|ends| ends.map(exact));
                format!("the loss is known for {axis} from {a} to {b}, and the domain goes from {c} to {d}")
            }
            ProblemError::BareHessianInSkewCoordinates => {
                "noise made from the Hessian alone vanishes on curves, and how cells resolve them is known only for coordinates along \
                 orthogonal vectors of one length"
                    .into()
            }
            ProblemError::InfiniteTime(end) if end.class == BoundaryClass::Exit => {
                format!("{end}: the process arrives there and never leaves, and the wall is said to reflect: mean times are infinite")
            }
            ProblemError::InfiniteTime(end) => format!(
                "{end}: the process approaches it for ever with a positive probability, or stays near it for a time with an infinite \
                 mean: mean times are infinite and no rate describes the survivors"
            ),
            ProblemError::Blocked { at, exponent, classes: [near, far] } => format!(
                "the noise vanishes at θ* = {} like |θ − θ*|^{exponent:.2}, and θ* cannot be crossed: seen from the start it is a \
                 boundary of the class \"{}\", from beyond it one of the class \"{}\". No passage time is finite",
                precise(*at),
                near.name(),
                far.name()
            ),
            ProblemError::NoiseWithoutLoss => "this noise is made from a loss, and a drift has none".into(),
            ProblemError::NoiseWithoutData => {
                "noise from the covariance of gradients needs a landscape with data behind it, and this one has none".into()
            }
        }
    }
}

/// The name of an axis.
pub(crate) fn name(axis: usize) -> &'static str {
    ["x", "y"][axis]
}
