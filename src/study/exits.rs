//! The exits from the start set: when the process leaves (moments and variance of the first-passage time) and where (the
//! probability of each part of the killing), from every cell.

use serde::Serialize;

use crate::observe::exit_parts::{ExitPart, ExitParts};
use crate::observe::field;
use crate::observe::group::{Field, Label};
use crate::observe::over_grid::AXES;
use crate::observe::quantity::Logged;
use crate::scaled::Scaled;
use crate::solve::{Chain, Discretisation, PassageTimes, SolveError, committor_scaled, moments, variances};
use crate::study::rungs::Rungs;

/// The beginning of the name of a field, before the number of the part: the probability of leaving through that part.
pub const EXIT: &str = "exit_";
/// The field of the standard deviation of the first-passage time.
const DEVIATION: &str = "passage_deviation";
/// The beginning of the name of a field, before the order of the moment.
const MOMENT: &str = "passage_moment_";

/// A number on exits from the start point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitNumber {
    /// E[T^k].
    Moment(usize),
    /// The standard deviation of T.
    Deviation,
    /// The probability of leaving through a part.
    Through(ExitPart),
}

/// The exits on one grid.
pub struct LevelExits {
    /// E[T^k] from every state, k = 1, 2, …
    moments: Vec<Vec<Scaled>>,
    /// The standard deviation of T from every state.
    deviations: Vec<Scaled>,
    /// The probability of leaving through each part, from every state.
    through: Vec<(ExitPart, Vec<Scaled>)>,
    /// The numbers from the start point.
    pub from_start: Vec<(ExitNumber, Scaled)>,
}

impl LevelExits {
    /// Computes the exits of a killed chain whose first-passage times are known.
    ///
    /// # Errors
    /// [`SolveError::Overflow`] for moments beyond the range of double precision in two dimensions.
    pub fn new(chain: &Chain<'_>, times: &PassageTimes, highest: usize) -> Result<LevelExits, SolveError> {
        let on = &chain.discretisation;
        let mut moments = moments(chain, times, highest.max(2))?;
        let variances = variances(chain, &on.assembly.generator, times, &moments[1])?;
        let deviations: Vec<Scaled> = variances.into_iter().map(root).collect();
        moments.truncate(highest);
        let ExitParts { parts, rates } = ExitParts::new(on.problem, &on.grid, &on.assembly);
        let through: Vec<(ExitPart, Vec<Scaled>)> =
            parts.into_iter().zip(rates.iter().map(|rates| committor_scaled(chain, rates))).collect();
        let at_start = |values: &[Scaled]| at_start(on, chain.origin, values);
        let mut from_start: Vec<(ExitNumber, Scaled)> =
            (1..).zip(&moments).map(|(k, values)| (ExitNumber::Moment(k), at_start(values))).collect();
        from_start.push((ExitNumber::Deviation, at_start(&deviations)));
        from_start.extend(through.iter().map(|(part, values)| (ExitNumber::Through(*part), at_start(values))));
        Ok(LevelExits { moments, deviations, through, from_start })
    }

    /// The fields over the grid, without those that leave the range of ordinary numbers; the mean too unless `has_mean`.
    pub fn fields(&self, on: &Discretisation<'_>, has_mean: bool) -> Vec<Field> {
        let over = |name: String, units: &'static str, long_name: String, values: &[Scaled]| {
            let label = Label { name: name.into(), units: units.into(), long_name: long_name.into() };
            Field::new(label, &AXES[..on.grid.dimension], on.field_of(values))
        };
        let is_known = |values: &Vec<Scaled>| values.iter().all(|value| value.value().is_finite());
        let deviation = "standard deviation of the first-passage time".to_string();
        let mut fields = Vec::new();
        if let Some(mean) = self.moments.first().filter(|mean| !has_mean && is_known(mean)) {
            let times: Vec<f64> = mean.iter().map(|time| time.value()).collect();
            fields.push(field::MEAN_FIRST_PASSAGE.over(&on.grid, on.field(&times, 0.0)));
        }
        if is_known(&self.deviations) {
            fields.push(over(DEVIATION.to_string(), "dynamical time", deviation, &self.deviations));
        }
        fields.extend((1..).zip(&self.moments).skip(1).filter(|(_, values)| is_known(values)).map(|(k, values)| {
            let long_name = format!("moment {k} of the first-passage time");
            let label = over(format!("{MOMENT}{k}"), "dynamical time", long_name, values);
            Field { label: Label { units: format!("dynamical time^{k}").into(), ..label.label }, ..label }
        }));
        fields.extend(self.through.iter().enumerate().map(|(number, (part, values))| {
            over(format!("{EXIT}{number}"), "1", format!("probability of leaving through {}", part.words()), values)
        }));
        fields
    }
}

/// √x.
fn root(value: Scaled) -> Scaled {
    let (mantissa, exponent) = value.parts();
    let odd = exponent.rem_euclid(2);
    Scaled::with_exponent((mantissa * f64::from(1 + odd as i32)).sqrt(), (exponent - odd) / 2)
}

/// The value at the start point; that of the nearest state if interpolation gives nothing positive, as next to a part
/// towards which a probability falls by more than a factor within a cell.
fn at_start(on: &Discretisation<'_>, origin: usize, values: &[Scaled]) -> Scaled {
    let unit = values[origin];
    if !unit.is_positive() {
        return unit;
    }
    let over: Vec<f64> = values.iter().map(|value| value.over(unit).value()).collect();
    let found = field::at_point(&on.grid, &on.assembly, &over, on.problem.valley.start_point);
    if found > 0.0 && found.is_finite() { unit.scaled(found) } else { unit }
}

/// The section of the summary.
#[derive(Clone, Debug, Serialize)]
pub struct ExitStudy {
    /// The start point.
    from: Vec<f64>,
    /// E[T^k], k = 1, 2, …
    pub moments: Vec<MomentLine>,
    /// The standard deviation of T.
    pub standard_deviation: Estimate,
    /// The parts of the killing.
    pub parts: Vec<PartLine>,
}

/// A number with its error.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    #[serde(flatten)]
    logged: Logged,
    /// The estimated relative discretisation error; `None` if grids were not compared.
    pub discretisation_error: Option<f64>,
    /// The number.
    #[serde(skip)]
    pub value: Scaled,
}

/// A moment of the first-passage time.
#[derive(Clone, Debug, Serialize)]
pub struct MomentLine {
    order: usize,
    #[serde(flatten)]
    moment: Estimate,
}

impl MomentLine {
    /// The moment.
    pub fn estimate(&self) -> &Estimate {
        &self.moment
    }
}

/// A part of the killing.
#[derive(Clone, Debug, Serialize)]
pub struct PartLine {
    /// The part.
    #[serde(flatten)]
    pub part: ExitPart,
    /// The probability of leaving through it.
    #[serde(flatten)]
    pub probability: Estimate,
    /// The name of its field.
    field: String,
}

impl ExitStudy {
    /// The numbers of the finest grid with their errors.
    pub fn new(on: &Discretisation<'_>, found: &LevelExits, rungs: &Rungs<'_>) -> ExitStudy {
        let estimate = |key: &'static str, number: ExitNumber, value: Scaled| Estimate {
            logged: Logged::new(key, value),
            discretisation_error: rungs.exit_error(number),
            value,
        };
        let problem = on.problem;
        let mut study = ExitStudy {
            from: problem.valley.start_point[..problem.dimension].to_vec(),
            moments: Vec::new(),
            standard_deviation: estimate("value", ExitNumber::Deviation, Scaled::ZERO),
            parts: Vec::new(),
        };
        for &(number, value) in &found.from_start {
            match number {
                ExitNumber::Moment(order) => {
                    study.moments.push(MomentLine { order, moment: estimate("value", number, value) });
                }
                ExitNumber::Deviation => study.standard_deviation = estimate("value", number, value),
                ExitNumber::Through(part) => {
                    let field = format!("{EXIT}{}", study.parts.len());
                    study.parts.push(PartLine { part, probability: estimate("probability", number, value), field });
                }
            }
        }
        study
    }

    /// The start point.
    pub fn from(&self) -> &[f64] {
        &self.from
    }

    /// The mean.
    pub fn mean(&self) -> Option<&Estimate> {
        self.moments.first().map(|line| &line.moment)
    }
}
