//! The slowest eigenvalues of a chain with their left and right eigenvectors: of the killed chain if something absorbs,
//! otherwise of the closed chain.

use serde::Serialize;

use crate::grid::Grid;
use crate::observe::group::{Coordinate, Field, FieldGroup, Label};
use crate::observe::over_grid::{AXES, over_grid};
use crate::observe::quantity::Logged;
use crate::problem::core_set::{CoreSet, MinimumCore};
use crate::scaled::Scaled;
use crate::solve::network::killed::slowest;
use crate::solve::network::pencil::Eigenvalue;
use crate::solve::network::refinement::Refined;
use crate::solve::network::valleys::ValleyNetwork;
use crate::solve::{
    Chain, Discretisation, Ground, Mode, QuasiStationary, Resources, Route, SolveError, quasi_stationary, spectrum,
};
use crate::study::StudyError;
use crate::study::extrapolation::Extrapolation;
use crate::study::level::Closed;
use crate::study::network::valleys;
use crate::tensor::Point;

/// The share of the distance between the two slowest eigenvalues that a correction of the first may be.
const APART: f64 = 0.1;

/// The slowest modes of the chain on one grid.
#[derive(Clone)]
pub struct LevelSpectrum<'a> {
    /// The discretisation on that grid.
    pub on: Discretisation<'a>,
    /// The modes, ordered by the real part of their eigenvalues.
    pub modes: Vec<Mode>,
}

impl<'a> LevelSpectrum<'a> {
    /// Computes the `count` slowest modes of a killed chain, of which `ground` is the first.
    ///
    /// # Errors
    /// The errors of [`spectrum()`].
    pub fn killed(
        on: &Discretisation<'a>,
        ground: Ground,
        count: usize,
        resources: Resources<'_>,
    ) -> Result<LevelSpectrum<'a>, StudyError> {
        // Without the slow modes of the wells the slow eigenvalues have larger stated errors.
        let slow = slow_wells(on, &ground, resources);
        let modes = spectrum(&on.assembly.generator, ground, slow.as_ref(), count, resources)?;
        Ok(LevelSpectrum { on: on.clone(), modes })
    }

    /// Replaces the slowest eigenvalue by the more accurate one of the corrected chain, if the correction is small against
    /// the distance to the next one. The vectors remain those of this chain, dual to the others.
    pub fn set_slowest(&mut self, value: Eigenvalue) {
        let [first, rest @ ..] = &mut self.modes[..] else { return };
        let correction = value.re.plus(-first.value.re).modulus();
        let is_apart = |next: &Mode| next.value.re.plus(-first.value.re).scaled(APART).is_greater(correction);
        if rest.first().is_none_or(is_apart) {
            first.value = value;
        }
    }

    /// Computes the `count` slowest modes of a closed chain. The modes of its network of valleys, computed here unless
    /// `known` is given, serve to separate slow eigenvalues.
    ///
    /// # Errors
    /// The errors of [`spectrum()`], among them rates below the range of double precision in two dimensions;
    /// [`StudyError::Interrupted`].
    pub fn closed(
        closed: &Closed<'a>,
        known: Option<&ValleyNetwork<'a>>,
        count: usize,
        resources: Resources<'_>,
    ) -> Result<LevelSpectrum<'a>, StudyError> {
        let Closed { on, law } = closed;
        let found = match (known, valleys(on.problem)) {
            (None, Ok(valleys)) => match ValleyNetwork::within(on.clone(), law.clone(), &valleys, resources) {
                Ok(found) => Some(found),
                Err(SolveError::Interrupted) => return Err(StudyError::Interrupted),
                // Without the network the slowest eigenvalues have larger stated errors.
                Err(_) => None,
            },
            _ => None,
        };
        let slow = known.or(found.as_ref()).map(|found| &found.network.refined);
        let modes = spectrum(&on.assembly.generator, Ground::closed(law), slow, count, resources)?;
        Ok(LevelSpectrum { on: on.clone(), modes })
    }
}

/// The slowest modes of a killed chain, one for each well in its live set; `None` if the live set has a single well,
/// the cores of its wells do not fit the grid, or their elimination fails. The weights in each core are relative to the
/// largest in that core.
fn slow_wells(on: &Discretisation<'_>, ground: &Ground, resources: Resources<'_>) -> Option<Refined> {
    let problem = on.problem;
    let lives = |core: &MinimumCore| problem.valley.live.holds(problem.critical.minima[core.minimum].theta);
    let cores: Vec<MinimumCore> = CoreSet::around_all_minima(problem).into_iter().filter(lives).collect();
    let count = cores.len();
    if count < 2 {
        return None;
    }
    let place = |at: Point| cores.iter().position(|core| core.core.holds(at)).map(|core| core as u32);
    let owner: Vec<Option<u32>> = (0..on.states()).map(|state| place(on.centre(state))).collect();
    // On a very coarse grid a core contains no cell centre, or no state lies between the cores.
    if (0..count).any(|core| !owner.contains(&Some(core as u32))) || owner.iter().all(Option::is_some) {
        return None;
    }
    let mut heaviest = vec![0.0f64; count];
    for (core, &weight) in owner.iter().zip(&ground.left) {
        core.iter().for_each(|&core| heaviest[core as usize] = heaviest[core as usize].max(weight));
    }
    let weight = |(core, &weight): (&Option<u32>, &f64)| match core.map(|core| heaviest[core as usize]) {
        Some(most) if most > f64::MIN_POSITIVE => Scaled::new((weight / most).max(f64::EPSILON)),
        _ => Scaled::ONE,
    };
    let measure: Vec<Scaled> = owner.iter().zip(&ground.left).map(weight).collect();
    slowest(&on.assembly.generator, &measure, owner, count, resources).ok()
}

/// The slowest mode of a killed chain, from its quasi-stationary distribution if that is `known`.
///
/// # Errors
/// The errors of [`quasi_stationary()`].
pub fn ground(chain: &Chain<'_>, known: Option<&QuasiStationary>) -> Result<Ground, SolveError> {
    Ok(match known {
        Some(found) => Ground::killed(chain, found),
        None => Ground::killed(chain, &quasi_stationary(chain)?),
    })
}

/// An eigenvalue in the form of the summary.
#[derive(Clone, Debug, Serialize)]
pub struct SpectrumLine {
    /// Re λ, in 1/time; below the range of f64 its logarithm.
    #[serde(flatten)]
    re: Logged,
    /// Im λ, in 1/time.
    im: f64,
    /// The bound or estimate of |error|/|λ|: the sum of the next two.
    error: f64,
    /// The bound on |error|/|λ| as an eigenvalue of the chain on this grid.
    residual_error: f64,
    /// The estimated |error|/|λ| from the discretisation; `None` if no grids were compared.
    discretisation_error: Option<f64>,
    route: &'static str,
}

/// The numbers of a spectrum.
#[derive(Clone, Debug)]
pub struct SpectrumStudy {
    /// The eigenvalues with their errors, ordered by real part.
    pub lines: Vec<SpectrumLine>,
    /// The modes with empty vectors, in the same order.
    pub modes: Vec<Mode>,
    /// The `error` of each line.
    pub errors: Vec<f64>,
}

impl SpectrumStudy {
    /// Collects the modes of the finest grid and the extrapolations of |λ|.
    pub fn new(found: &LevelSpectrum<'_>, estimates: &[Option<Extrapolation>]) -> SpectrumStudy {
        // If grids were compared, an eigenvalue without an estimate counts as unknown.
        let is_compared = estimates.iter().any(Option::is_some);
        let line = |(mode, estimate): (&Mode, &Option<Extrapolation>)| {
            let unknown = (is_compared && mode.route != Route::Exact).then_some(1.0);
            // An infinite error counts as an unknown eigenvalue too.
            let bounded = |found: Extrapolation| if found.error.is_finite() { found.error } else { 1.0 };
            let by_grid = estimate.map(bounded).or(unknown);
            SpectrumLine {
                re: Logged::new("re", mode.value.re),
                im: mode.value.im.value(),
                error: mode.value.error + by_grid.unwrap_or(0.0),
                residual_error: mode.value.error,
                discretisation_error: by_grid,
                route: mode.route.name(),
            }
        };
        let padded: Vec<Option<Extrapolation>> =
            (0..found.modes.len()).map(|k| estimates.get(k).copied().flatten()).collect();
        let lines: Vec<SpectrumLine> = found.modes.iter().zip(&padded).map(line).collect();
        let bare = |mode: &Mode| Mode { right: Default::default(), left: Default::default(), ..mode.clone() };
        SpectrumStudy {
            errors: lines.iter().map(|line| line.error).collect(),
            lines,
            modes: found.modes.iter().map(bare).collect(),
        }
    }
}

/// The name of the group of eigenvalues and eigenvectors.
pub const SPECTRUM: &str = "spectrum";
/// The name of the real parts of the eigenvalues in [`SPECTRUM`]; that of the imaginary parts ends in [`IMAGINARY`].
pub const VALUES_NAME: &str = "values";
/// The name of the real parts of the right eigenvectors in [`SPECTRUM`]; that of the imaginary parts ends in
/// [`IMAGINARY`].
pub const RIGHT_NAME: &str = "right";
/// The suffix of the names of imaginary parts.
pub const IMAGINARY: &str = "_imaginary";

const MODE: Label = Label::new("mode", "1", "number of the eigenvalue by real part");
const VALUES: [Label; 2] = [
    Label::new("values", "1/dynamical time", "real part of λ"),
    Label::new("values_imaginary", "1/dynamical time", "imaginary part of λ"),
];
const RIGHT: [Label; 2] = [
    Label::new("right", "1", "right eigenvector"),
    Label::new("right_imaginary", "1", "right eigenvector, imaginary part"),
];
/// The labels of left eigenvectors, with the units in one dimension.
const LEFT: [Label; 2] = [
    Label::new("left", "1/parameter", "left eigenvector, a density"),
    Label::new("left_imaginary", "1/parameter", "left eigenvector, a density, imaginary part"),
];

/// The group `/spectrum`: eigenvalues over the number of the mode, eigenvectors over the number of the mode and the
/// cells. Imaginary parts are left out if all eigenvalues are real.
pub fn group(found: &LevelSpectrum<'_>) -> FieldGroup {
    let (grid, modes): (&Grid, _) = (&found.on.grid, &found.modes);
    let numbers = Coordinate::new(MODE, (1..=modes.len()).map(|k| k as f64).collect());
    let mut coordinates = vec![numbers];
    coordinates.extend(over_grid(grid).coordinates);
    let mut group = FieldGroup::new(SPECTRUM, coordinates);
    let names: Vec<&'static str> = std::iter::once("mode").chain(AXES.into_iter().take(grid.dimension)).collect();
    let is_complex = modes.iter().any(|mode| mode.value.im.value() != 0.0);
    for part in 0..if is_complex { 2 } else { 1 } {
        let value = |mode: &Mode| if part == 0 { mode.value.re.value() } else { mode.value.im.value() };
        group.push(Field::new(VALUES[part].clone(), &["mode"], modes.iter().map(value).collect()));
        let right = modes.iter().flat_map(|mode| found.on.field(&mode.right[part], f64::NAN)).collect();
        group.push(Field::new(RIGHT[part].clone(), &names, right));
        let left = modes.iter().flat_map(|mode| found.on.density(&mode.left[part])).collect();
        let units = if grid.dimension == 1 { LEFT[part].units.clone() } else { "1/parameter^2".into() };
        group.push(Field::new(Label { units, ..LEFT[part].clone() }, &names, left));
    }
    group
}
