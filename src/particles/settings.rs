//! How a simulation is made: the method, its sizes, its end.

/// How particles move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Euler and Maruyama's steps, with exits between them.
    EulerMaruyama,
    /// The iteration with Gaussian gradient noise.
    Sgd,
    /// The iteration with minibatches of samples.
    Minibatch,
    /// Adaptive multilevel splitting of Euler–Maruyama paths.
    Splitting,
}

impl Method {
    /// All of them.
    pub const ALL: [Method; 4] = [Method::EulerMaruyama, Method::Sgd, Method::Minibatch, Method::Splitting];

    /// Whether it makes steps of η, not of a chosen length.
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

/// How a simulation is made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How they move.
    pub method: Method,
    /// Particles, or replicas of a splitting; `None`: chosen.
    pub count: Option<usize>,
    /// The step in dynamical time; `None`: chosen from the curvature.
    pub dt: Option<f64>,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Ends after this many exits.
    pub exits: u64,
    /// Ends after this dynamical time, if that is earlier.
    pub time: Option<f64>,
    /// Ends after this many seconds of the clock, if that is earlier, with what has been counted by then.
    pub most_seconds: Option<f64>,
    /// Dynamical time before anything is counted; `None`: chosen from the curvature.
    pub burn_in: Option<f64>,
    /// Whether a second run at half the step removes the step's error.
    pub extrapolate: bool,
    /// Independent repetitions of a splitting.
    pub repetitions: usize,
    /// Dimensions of the minibatch experiment, each a copy of the problem; `None`: the landscape's.
    pub dimension: Option<usize>,
    /// Samples of the minibatch experiment's data.
    pub samples: usize,
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
        }
    }
}
