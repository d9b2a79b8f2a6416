//! The spectrum of a problem's chain: killed where something absorbs, closed where nothing does.

use serde::Serialize;

use crate::grid::Grid;
use crate::observe::group::{Coordinate, Field, FieldGroup, Label};
use crate::observe::over_grid::{AXES, over_grid};
use crate::observe::quantity::Logged;
use crate::solve::network::valleys::ValleyNetwork;
use crate::solve::{
    Chain, Discretisation, Ground, Mode, Resources, Route, SolveError, closed_law, quasi_stationary, spectrum,
};
use crate::study::StudyError;
use crate::study::extrapolation::Extrapolation;
use crate::study::network::valleys;

/// The modes of one grid.
#[derive(Clone)]
pub struct LevelSpectrum<'a> {
    /// The chain that they belong to.
    pub on: Discretisation<'a>,
    /// The modes, by the real part of their eigenvalues.
    pub modes: Vec<Mode>,
}

impl<'a> LevelSpectrum<'a> {
    /// The modes nearest to zero.
    ///
    /// # Errors
    /// Whatever ends an elimination, and rates below the range of double precision in two dimensions.
    pub fn new(
        on: &Discretisation<'a>,
        count: usize,
        resources: Resources<'_>,
    ) -> Result<LevelSpectrum<'a>, StudyError> {
        if on.assembly.kills() {
            let chain = Chain::killed(on.clone(), resources)?;
            let ground = Ground::killed(&chain, &quasi_stationary(&chain)?);
            // Two factors need not be held at once.
            let on = chain.into_discretisation();
            let modes = spectrum(&on.assembly.generator, ground, None, count, resources)?;
            return Ok(LevelSpectrum { on, modes });
        }
        let found = match valleys(on.problem) {
            Ok(valleys) => match ValleyNetwork::new(on, &valleys, resources) {
                Ok(found) => Some(found),
                Err(SolveError::Interrupted) => return Err(StudyError::Interrupted),
                // Without it the slowest eigenvalues have larger errors, and say so.
                Err(_) => None,
            },
            Err(_) => None,
        };
        let (closed, law) = match &found {
            Some(found) => (found.closed.clone(), found.stationary.clone()),
            None => {
                let closed = on.closed(resources.progress)?;
                let law = closed_law(&closed, resources)?;
                (closed, law)
            }
        };
        let slow = found.as_ref().map(|found| &found.network.refined);
        let modes = spectrum(&closed.assembly.generator, Ground::closed(&law), slow, count, resources)?;
        Ok(LevelSpectrum { on: closed, modes })
    }
}

/// An eigenvalue as a summary says it.
#[derive(Clone, Debug, Serialize)]
pub struct SpectrumLine {
    /// Re λ; absent below 1e-308, where its logarithm stands for it.
    #[serde(flatten)]
    re: Logged,
    /// Im λ.
    im: f64,
    /// |error|/|λ| in all.
    error: f64,
    /// |error|/|λ| against the chain.
    residual_error: f64,
    /// |error|/|λ| by the grid.
    discretisation_error: Option<f64>,
    route: &'static str,
}

/// What a run says of a spectrum.
#[derive(Clone, Debug)]
pub struct SpectrumStudy {
    /// The eigenvalues, by real part.
    pub lines: Vec<SpectrumLine>,
    /// The modes without their vectors.
    pub modes: Vec<Mode>,
    /// |error|/|λ| of each in all.
    pub errors: Vec<f64>,
}

impl SpectrumStudy {
    /// The spectrum of the finest grid, with what the grids say together of |λ|.
    pub fn new(found: &LevelSpectrum<'_>, estimates: &[Option<Extrapolation>]) -> SpectrumStudy {
        // Where grids were compared, one of which they say nothing is not known at all.
        let is_compared = estimates.iter().any(Option::is_some);
        let line = |(mode, estimate): (&Mode, &Option<Extrapolation>)| {
            let unknown = (is_compared && mode.route != Route::Exact).then_some(1.0);
            let by_grid = estimate.map(|found| found.error).or(unknown);
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

/// The group of the eigenvalues and eigenvectors.
pub const SPECTRUM: &str = "spectrum";
/// The names of the real parts of eigenvalues and right eigenvectors in it; imaginary parts have [`IMAGINARY`] behind them.
pub const VALUES_NAME: &str = "values";
/// As [`VALUES_NAME`].
pub const RIGHT_NAME: &str = "right";
/// What is behind the names of imaginary parts.
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
const LEFT: [Label; 2] = [
    Label::new("left", "1/parameter^d", "left eigenvector, a density"),
    Label::new("left_imaginary", "1/parameter^d", "left eigenvector, a density, imaginary part"),
];

/// The group `/spectrum`: values over the mode, eigenvectors over the mode and the cells, imaginary parts where there are any.
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
        group.push(Field::new(LEFT[part].clone(), &names, left));
    }
    group
}
