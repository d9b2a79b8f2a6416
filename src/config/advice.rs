//! Diagnoses of the errors and warnings of studies: the configuration key behind each, and the remedy.
//!
//! The errors below `config` carry facts and numbers only; here they are turned into keys of the user's file.

use std::borrow::Cow;
use std::path::Path;

use crate::config::diagnosis::{Diagnosis, INTERRUPTED, UNSOLVABLE, WRONG};
pub use crate::config::fault_particles::on_particle_warning;
use crate::config::fault_particles::particle_fault;
use crate::digits;
use crate::elimination::EliminationError;
use crate::formula::quadrature::QuadratureError;
use crate::generator::AssemblyError;
use crate::grid::GridError;
use crate::memory::{self, Bound};
use crate::model::training::TrainingError;
use crate::sgd::SgdError;
use crate::solve::{EvolveError, SolveError};
use crate::study::StudyError;
use crate::study::certificate::CertificateError;
use crate::study::covariance::CovarianceError;
use crate::study::evolution::EvolutionFault;
use crate::study::iteration::IterationError;
use crate::study::network::NoNetwork;

pub use crate::config::warned::{on_source, on_warning};

fn wrong(key: &'static str, message: impl Into<String>) -> Diagnosis {
    Diagnosis { key: Some(Cow::Borrowed(key)), message: message.into(), exit_status: WRONG }
}

fn unsolvable(message: String) -> Diagnosis {
    Diagnosis { key: None, message, exit_status: UNSOLVABLE }
}

fn interrupted(error: &dyn std::fmt::Display) -> Diagnosis {
    Diagnosis { key: None, message: error.to_string(), exit_status: INTERRUPTED }
}

/// The bound that limits the memory of this process.
fn bound() -> Bound {
    memory::free().bound
}

/// The diagnosis of a study that ended without a result.
pub fn on_study(error: &StudyError) -> Diagnosis {
    match error {
        StudyError::Problem(problem) => Diagnosis::of_problem(problem),
        StudyError::NoCores(error) => wrong(
            "committor",
            format!(
                "{error}. Give the sets, as in from = {{ minimum = […], radius = … }} and to = {{ set = \"x > 1\" }}, or widen \
                 domain.lower and domain.upper"
            ),
        ),
        StudyError::NotBetween(error) => wrong(
            "committor.surfaces",
            format!("{error}. Turn the condition round, move the surface, or draw the sets smaller"),
        ),
        StudyError::WholeRing { .. } => wrong(
            "valley.set",
            format!(
                "{error}: draw domain.lower and domain.upper from saddle to saddle, one period apart, with absorbing walls in place of \"periodic\"; or \
                 kill in a target (valley.target)"
            ),
        ),
        StudyError::Certificate(error) => on_certificate(error),
        StudyError::NoNetwork(error @ NoNetwork::Absorbing) => wrong(
            "domain.walls",
            format!(
                "{error}: let every wall reflect and leave out what kills (domain.killing, domain.windows, a box in valley), or leave \"network\" out of solve.quantities"
            ),
        ),
        StudyError::NoNetwork(error) => wrong(
            "solve.quantities",
            format!(
                "{error}: widen domain.lower and domain.upper so that they hold the valleys that are meant, or leave \"network\" out"
            ),
        ),
        StudyError::Grid(error) => on_grid(*error),
        StudyError::Solve(error) => on_solve(error),
        StudyError::Iteration(error) => on_iteration(error),
        StudyError::TooLarge { largest: [nx, ny], dimension, .. } => {
            let largest = if *dimension == 1 { format!("[{nx}]") } else { format!("[{nx}, {ny}]") };
            unsolvable(format!("grid.cells: {error} within {}: take at most cells = {largest}", bound()))
        }
        StudyError::NoGrid { cells } => unsolvable(format!(
            "no grid up to {} cells could be solved within grid.max_unknowns and the memory: give grid.cells, or raise \
             grid.max_unknowns",
            digits::cells(*cells)
        )),
        StudyError::TooCoarse { .. } => {
            unsolvable(format!("{error}. Take more cells (grid.cells), or draw domain.lower and domain.upper closer"))
        }
        StudyError::Particles(error) => match particle_fault(error) {
            Some((key, message)) if error.is_of_memory() => {
                Diagnosis { exit_status: UNSOLVABLE, ..wrong(key, format!("{message}, within {}", bound())) }
            }
            Some((key, message)) if error.is_of_time() => Diagnosis { exit_status: UNSOLVABLE, ..wrong(key, message) },
            Some((key, message)) => wrong(key, message),
            None => unsolvable(error.to_string()),
        },
        StudyError::Evolution(error) => on_evolution(error),
        StudyError::Unresolved(warning) => unsolvable(on_warning(warning)),
        StudyError::Interrupted => interrupted(error),
    }
}

fn on_evolution(error: &EvolutionFault) -> Diagnosis {
    match error {
        EvolutionFault::NotFollowed(EvolveError::Interrupted) => interrupted(error),
        EvolutionFault::NotFollowed(EvolveError::Elimination(fault)) => unsolvable(match is_of_memory(fault) {
            true => fewer_cells(error),
            false => format!("evolve: {error}: raise the noise (noise.temperature), or take fewer cells"),
        }),
        EvolutionFault::NotFollowed(_) => {
            unsolvable(format!("evolve: {error}: raise evolve.tolerance, or end evolve.times earlier"))
        }
        EvolutionFault::Outside { .. } => wrong("evolve.start", format!("{error}: give a point inside")),
        EvolutionFault::Nothing => {
            wrong("evolve.start", format!("{error}: give a point inside, or a width that reaches it"))
        }
        EvolutionFault::NothingAbsorbs => {
            wrong("evolve.start", format!("{error}: take \"stationary\", a point, or let something absorb"))
        }
        EvolutionFault::NotRead { .. } | EvolutionFault::NoDensity { .. } => wrong("evolve.start", error.to_string()),
        EvolutionFault::Unwritable { .. } => {
            unsolvable(format!("{error}: free the place, choose another --out, or take fewer evolve.times"))
        }
        EvolutionFault::NotKept | EvolutionFault::OtherHalt => Diagnosis {
            key: None,
            message: format!("{error}: leave --resume out to begin again, or choose another --out"),
            exit_status: 2,
        },
        EvolutionFault::OtherGrid { cells } => {
            let cells = digits::cells(*cells).replace(" × ", ", ");
            wrong(
                "evolve.start",
                format!("{error}: give the same domain, grid.cells = [{cells}] and grid.align as that file"),
            )
        }
        EvolutionFault::PieceKillsNothing { .. } => unsolvable(format!(
            "evolve.schedule: {error}: raise its noise, or leave \"survival\" out of solve.quantities"
        )),
        EvolutionFault::OtherStates { .. } => {
            unsolvable(format!("evolve.schedule: {error}: take valley.set = \"whole\""))
        }
    }
}

/// The diagnosis of a model whose covariance and Hessian could not be computed.
pub fn on_covariance(error: &CovarianceError) -> Diagnosis {
    let (key, remedy) = match error {
        CovarianceError::Training(TrainingError::Interrupted) => return interrupted(error),
        CovarianceError::Training(TrainingError::Separated) => {
            ("landscape.l2", ": a penalty l2 > 0 gives the loss a minimum")
        }
        CovarianceError::Training(TrainingError::NotFinite { .. } | TrainingError::Eigenvalues { .. }) => {
            ("landscape", ": standardise = true brings the features to one scale; check the weights")
        }
        CovarianceError::NotReached { .. } => {
            ("landscape", ": standardise = true, or a penalty l2 > 0, makes the Hessian better conditioned")
        }
        CovarianceError::TooLarge { .. } => {
            let message = format!("{error}. What bounds them is {}", bound());
            return Diagnosis { exit_status: UNSOLVABLE, ..wrong("landscape", message) };
        }
    };
    Diagnosis { exit_status: UNSOLVABLE, ..wrong(key, format!("{error}{remedy}")) }
}

/// The diagnosis of a file of weights that does not fit the model.
pub fn on_weights(path: &Path, reason: &str) -> Diagnosis {
    wrong("landscape.weights", format!("{}: {reason}", path.display()))
}

fn on_grid(error: GridError) -> Diagnosis {
    match error {
        GridError::PeriodicAxis => wrong("grid.align", format!("{error}: use align = \"axes\"")),
        GridError::Windows => wrong("grid.align", format!("{error}: use align = \"axes\"")),
        GridError::NoSaddle => wrong(
            "grid.align",
            "\"saddle\" needs a saddle of the start valley, and none was found: use \"axes\" or an angle in degrees",
        ),
    }
}

fn on_certificate(error: &CertificateError) -> Diagnosis {
    const WITHOUT: &str = "leave \"certificate\" out of solve.quantities";
    match error {
        CertificateError::NothingAbsorbs => wrong("domain.walls", format!("{error}: give an absorbing wall")),
        CertificateError::NotARectangle => wrong(
            "valley.set",
            format!(
                "{error}: draw domain.lower and domain.upper to the set and let its walls absorb, take set = \"box\", or {WITHOUT}"
            ),
        ),
        CertificateError::FallsOutwards { .. } => wrong(
            "domain",
            format!(
                "{error}: draw domain.lower and domain.upper so that it rises there, let that wall absorb, or {WITHOUT}"
            ),
        ),
        CertificateError::NoGap { .. } => {
            unsolvable(format!("{error}. Draw the domain around one valley, or {WITHOUT}"))
        }
        CertificateError::NotConnected | CertificateError::NoTrial | CertificateError::Crossed { .. } => {
            unsolvable(format!("{error}. To go without, {WITHOUT}"))
        }
        CertificateError::KilledElsewhere => {
            wrong("solve.quantities", format!("{error}: {WITHOUT}, or domain.killing and domain.windows"))
        }
        CertificateError::Periodic => {
            wrong("solve.quantities", format!("{error}: give domain.walls instead, or {WITHOUT}"))
        }
        CertificateError::Circulates { .. } => wrong(
            "solve.quantities",
            format!(
                "{error}. A loss under noise.kind = \"isotropic\" is in detailed balance, and so is the drift -D∇L/T with \
                 noise.interpretation = \"isothermal\"; for other processes {WITHOUT}"
            ),
        ),
        CertificateError::Jumps | CertificateError::Metric => wrong("solve.quantities", format!("{error}: {WITHOUT}")),
        CertificateError::Disagrees { .. } => unsolvable(format!("{error}. Take more grid.cells, or {WITHOUT}")),
        CertificateError::Continuous { .. } => wrong(
            "domain",
            format!("{error}: draw domain.lower and domain.upper so that the domain ends before this point"),
        ),
        CertificateError::Quadrature(QuadratureError::NoGap { .. }) => {
            unsolvable(format!("{error}. Draw the set around one valley (valley.set = \"basin\"), or {WITHOUT}"))
        }
        CertificateError::Quadrature(_) => unsolvable(format!("{error}. To go without, {WITHOUT}")),
    }
}

/// Whether an elimination failed for lack of memory.
fn is_of_memory(error: &EliminationError) -> bool {
    matches!(error, EliminationError::TooLarge { .. } | EliminationError::Refused { .. })
}

fn fewer_cells(error: &dyn std::fmt::Display) -> String {
    format!("{error}, within {}: take fewer cells (grid.cells)", bound())
}

fn on_solve(error: &SolveError) -> Diagnosis {
    match error {
        SolveError::Assembly(error) => on_assembly(error),
        SolveError::NothingAbsorbs => wrong(
            "valley",
            format!(
                "{error}. Give an absorbing wall (domain.walls), a killing rate (domain.killing) that is positive somewhere, a start set that the domain does not fill, or a target inside the \
                 domain"
            ),
        ),
        SolveError::NeverReached { .. } => Diagnosis {
            exit_status: UNSOLVABLE,
            ..wrong(
                "domain",
                format!(
                    "{error}. Remedies: noise.floor > 0 (white noise mixed in), or domain.lower, domain.upper or valley.set such that \
                     what absorbs lies before the noise vanishes"
                ),
            )
        },
        SolveError::NotReversible => wrong(
            "grid.scheme",
            "\"flux-corrected\" needs a reversible process: a loss and noise.kind = \"isotropic\"; take the default, \
             \"inverse-average\"",
        ),
        SolveError::SingularFlux => {
            wrong("grid.scheme", format!("{error}: take the default, \"inverse-average\", with domain.windows"))
        }
        SolveError::Unreachable { .. } => unsolvable(format!(
            "{error}. Raise the noise (noise.temperature, noise.learning_rate, noise.floor), take more cells (smaller steps up the \
             slope), or draw domain.lower and domain.upper closer"
        )),
        SolveError::RateOverflow { .. } => unsolvable(format!(
            "{error}: take more cells, another grid.scheme, or draw domain.lower and domain.upper closer"
        )),
        SolveError::TooCold { .. } => unsolvable(format!(
            "{error}. Raise the noise (noise.temperature), or solve along the valley in one dimension"
        )),
        SolveError::TooLarge { cells, needed, allowed } => {
            let most = cells[0].max(cells[1]) as f64 * (*allowed as f64 / *needed as f64).sqrt() * 0.95;
            unsolvable(format!("{error} within {}: take {} cells per axis or fewer of them", bound(), most as u64))
        }
        SolveError::Refused { .. } => unsolvable(format!("{error}, bounded by {}: take fewer cells", bound())),
        SolveError::Elimination(fault) if is_of_memory(fault) => unsolvable(fewer_cells(error)),
        SolveError::Elimination(_) | SolveError::Overflow => unsolvable(format!(
            "{error}. Raise the noise, or compare a warmer problem and extrapolate in the barrier over the noise"
        )),
        SolveError::CommittorUnderflow { .. } | SolveError::FluxUnderflow => unsolvable(format!(
            "{error}. Raise the noise (noise.temperature), solve along the valley in one dimension, or take sets that reach further up \
             their valleys (committor.from, committor.to)"
        )),
        SolveError::SetEmpty { set, .. } => wrong(
            if *set == 0 { "committor.from" } else { "committor.to" },
            format!("{error}: take more cells (grid.cells) or a larger set, and look whether it lies in the domain"),
        ),
        SolveError::OneOfSetsEmpty { .. } => wrong(
            "committor.sets",
            format!("{error}: take more cells (grid.cells) or a larger set, and look whether it lies in the domain"),
        ),
        SolveError::CoreEmpty { .. } | SolveError::CoresTouch { .. } => wrong(
            "grid.cells",
            format!("{error}: take more cells, or end the domain (domain.lower, domain.upper) before this valley"),
        ),
        SolveError::ValleyUnderflow { .. } | SolveError::RateUnderflow { .. } => unsolvable(format!(
            "{error}. Raise the noise (noise.temperature), end the domain (domain.lower, domain.upper) before the valley, or solve along a \
             line in one dimension"
        )),
        SolveError::SetsOverlap { .. } => wrong(
            "committor.to",
            format!("{error}: paths lead from one set to another that it does not meet; draw them smaller"),
        ),
        SolveError::SetsTouch { .. } => {
            wrong("committor.to", format!("{error}: draw them smaller, or take more cells (grid.cells)"))
        }
        SolveError::Interrupted => interrupted(error),
    }
}

fn on_assembly(error: &AssemblyError) -> Diagnosis {
    let told = |exit_status: u8, message: String| Diagnosis { key: None, message, exit_status };
    match error {
        AssemblyError::NotFinite { .. } => {
            told(WRONG, format!("{error}: change the formula, the domain, or add noise.floor"))
        }
        AssemblyError::NotPositive { .. } => told(WRONG, error.to_string()),
        AssemblyError::Killing { .. } => wrong("domain.killing", format!("{error}: change the formula, or the domain")),
        AssemblyError::NotScalar { at } => told(
            WRONG,
            format!(
                "noise.interpretation = \"stratonovich\" is defined here for scalar noise only, and the tensor at θ = {} \
                 is not a multiple of the identity: use \"ito\" or \"isothermal\"",
                digits::point(*at, 2)
            ),
        ),
        AssemblyError::TooAnisotropic { .. } => {
            told(UNSOLVABLE, format!("{error}: add noise.floor, or turn the grid with grid.align"))
        }
        AssemblyError::NotMonotone { at, dimension, rise } => told(
            UNSOLVABLE,
            format!(
                "grid.scheme = \"central\" is not monotone at the cell at θ = {}: its Péclet number {:.2} is not below 2. \
                 Take about {:.0} times as many cells per axis, or the default scheme, which has no such limit",
                digits::point(*at, *dimension),
                rise.abs(),
                (rise.abs() / 2.0).ceil() + 1.0
            ),
        ),
        AssemblyError::Empty { cells } => told(
            UNSOLVABLE,
            format!(
                "the start set holds no cell centre on a grid of {} cells: raise grid.cells, or draw domain.lower and domain.upper closer",
                digits::cells(*cells)
            ),
        ),
        AssemblyError::Interrupted => interrupted(error),
    }
}

fn on_iteration(error: &IterationError) -> Diagnosis {
    match error {
        IterationError::NotOnAnInterval => wrong("sgd", format!("{error}: leave [sgd] out")),
        IterationError::KillingInside => wrong("sgd", format!("{error}: leave [sgd] or domain.killing out")),
        IterationError::NotIto => {
            wrong("noise.interpretation", format!("{error}: set interpretation = \"ito\", or leave [sgd] out"))
        }
        IterationError::NoLearningRate => wrong(
            "sgd.learning_rates",
            format!("{error}: give those that the iteration is to be solved for, such as [0.1, 0.05]"),
        ),
        IterationError::Failed { learning_rate, error: SgdError::Solve(SolveError::Elimination(fault)) }
            if is_of_memory(fault) =>
        {
            unsolvable(format!(
                "sgd.learning_rates = {learning_rate}: {fault}, within {}: leave it out, or take a larger one",
                bound()
            ))
        }
        IterationError::Failed { learning_rate, error } => {
            unsolvable(format!("sgd.learning_rates = {learning_rate}: {error}"))
        }
    }
}
