//! The settings of a simulation: the method, its sizes, its end.

/// The method of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Euler–Maruyama steps with killing between two points.
    EulerMaruyama,
    /// The SGD iteration with Gaussian gradient noise.
    Sgd,
    /// The SGD iteration with minibatches of samples.
    Minibatch,
    /// Adaptive multilevel splitting of Euler–Maruyama paths.
    Splitting,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 4] = [Method::EulerMaruyama, Method::Sgd, Method::Minibatch, Method::Splitting];

    /// Whether the step is the learning rate η rather than a time step.
    pub fn is_iteration(self) -> bool {
        matches!(self, Method::Sgd | Method::Minibatch)
    }

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Method::EulerMaruyama => "euler-maruyama",
            Method::Sgd => "sgd",
            Method::Minibatch => "minibatch",
            Method::Splitting => "splitting",
        }
    }
}

/// The space in which minibatches move a model of which the problem is a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// The coordinates of the problem.
    Slice,
    /// All parameters of the model.
    Whole,
}

impl Space {
    /// Both spaces.
    pub const ALL: [Space; 2] = [Space::Slice, Space::Whole];

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Space::Slice => "slice",
            Space::Whole => "whole",
        }
    }
}

/// The settings of a simulation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The method.
    pub method: Method,
    /// The number of particles, or of replicas of a splitting; `None`: chosen.
    pub count: Option<usize>,
    /// The step in dynamical time; `None`: chosen from the curvature.
    pub dt: Option<f64>,
    /// The seed of the random numbers.
    pub seed: u64,
    /// The number of exits at which it ends.
    pub exits: u64,
    /// The dynamical time at which it ends, if that is earlier.
    pub time: Option<f64>,
    /// The seconds of wall-clock time after which it ends, if that is earlier, with the counts so far.
    pub most_seconds: Option<f64>,
    /// The dynamical time before counting begins; `None`: chosen from the curvature.
    pub burn_in: Option<f64>,
    /// Whether a coupled run with another step removes the discretisation error.
    pub extrapolate: bool,
    /// The number of independent repetitions of a splitting.
    pub repetitions: usize,
    /// The dimension of the minibatch experiment, a multiple of the problem's; `None`: the problem's.
    pub dimension: Option<usize>,
    /// The number of samples of the minibatch experiment's data.
    pub samples: usize,
    /// The space in which minibatches move.
    pub space: Space,
    /// The half width of a box in all parameters around the centre of the slice, which ends lives instead of the live
    /// set.
    pub half_width: Option<f64>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            method: Method::EulerMaruyama,
            count: None,
            dt: None,
            seed: 1,
            exits: 10_000,
            time: None,
            most_seconds: None,
            burn_in: None,
            extrapolate: true,
            repetitions: 16,
            dimension: None,
            samples: 50_000,
            space: Space::Slice,
            half_width: None,
        }
    }
}
