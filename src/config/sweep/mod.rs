//! `[sweep]`: keys that take several values each, and laws to be fitted to the results.
//!
//! A point of a sweep is the configuration without this section, with the swept keys set as by `--set`. It is checked
//! like any configuration, with the same messages.

mod axis;
mod identity;

pub use axis::{Axis, AxisValue};
pub use identity::fingerprint;

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::section::Section;
use crate::config::tree::{self, Kind, Node};
use crate::config::{Config, ConfigError, Fault, Source};
use crate::problem::expression::NamedFormula;
use crate::study::fit::Model;

type Read<T> = Result<T, ConfigError>;

/// The results that formulas of a fit may use, besides keys of the configuration.
pub const RESULTS: [&str; 15] = [
    "rate",
    "discretisation_error",
    "extrapolated",
    "time",
    "time_discretisation_error",
    "flux_over_population",
    "quadrature",
    "particles",
    "particles_standard_error",
    "barrier",
    "kramers",
    "kramers_ratio",
    "theorem_3_2",
    "theorem_3_2_ratio",
    "peclet",
];

/// The largest number of points.
const MOST_POINTS: usize = 1_000_000;

/// A law to be fitted.
#[derive(Clone, Debug)]
pub struct FitRequest {
    /// The formula of the abscissa.
    pub x: NamedFormula,
    /// The formula of the ordinate.
    pub y: NamedFormula,
    /// The form of the law.
    pub model: Model,
}

/// A sweep with the configuration around it.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The title, free text.
    pub title: String,
    /// The file with its text.
    pub source: Source,
    /// The swept keys, in the order of the file.
    pub axes: Vec<Axis>,
    /// Whether the axes are zipped; otherwise their product is swept.
    pub zip: bool,
    /// The laws to be fitted.
    pub fits: Vec<FitRequest>,
    /// The configuration without `[sweep]`.
    base: Node,
    /// The numbers of `base` by key.
    numbers: BTreeMap<String, f64>,
}

impl Sweep {
    /// Reads a file; `overrides` are `section.key=value` each.
    ///
    /// # Errors
    /// An error of the sweep, with its place; an error of the configuration if no point is free of it and it is not in
    /// a swept value.
    pub fn from_path(path: &Path, overrides: &[String]) -> Read<Sweep> {
        let text = crate::config::read::file(path)?;
        Sweep::from_text(path, &text, overrides)
    }

    /// Reads a text; `path` is its name in messages.
    ///
    /// # Errors
    /// As [`Sweep::from_path`].
    pub fn from_text(path: &Path, text: &str, overrides: &[String]) -> Read<Sweep> {
        let mut source = Source { path: path.to_path_buf(), text: text.to_string(), ..Source::default() };
        let tree = tree::parse(&mut source, overrides)?;
        let root = Section::root(&source, &tree);
        let section = root.section("sweep")?;
        if !section.is_given() {
            return Err(root.missing(
                "sweep",
                "there is nothing to sweep: [sweep] with parameters = { \"noise.batch_size\" = [8, 16, 32] }, say",
            ));
        }
        let title = root.text("title")?.unwrap_or_default();
        let Asked { axes, zip, fits } = read(&section, &source, &tree)?;
        let base = without_sweep(&tree);
        let mut numbers = BTreeMap::new();
        note_numbers(&base, "", &mut numbers);
        let mut sweep = Sweep { title, source, axes, zip, fits, base, numbers };
        sweep.round_whole_numbers()?;
        sweep.has_a_configuration()?;
        Ok(sweep)
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        let lengths = self.axes.iter().map(|axis| axis.values.len());
        if self.zip { lengths.max().unwrap_or(0) } else { lengths.product() }
    }

    /// Whether there are no points; never true of a sweep that was read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The indices of a point on the axes; the last axis runs fastest.
    pub fn places(&self, point: usize) -> Vec<usize> {
        if self.zip {
            return vec![point; self.axes.len()];
        }
        let mut left = point;
        let places = self.axes.iter().rev().map(|axis| {
            let place = left % axis.values.len();
            left /= axis.values.len();
            place
        });
        let places: Vec<usize> = places.collect();
        places.into_iter().rev().collect()
    }

    /// The values of a point, axis by axis.
    pub fn values(&self, point: usize) -> impl Iterator<Item = (&Axis, &AxisValue)> {
        self.axes.iter().zip(self.places(point)).map(|(axis, place)| (axis, &axis.values[place]))
    }

    /// A description of a point, such as `noise.batch_size = 8, noise.learning_rate = 0.1`.
    pub fn describe(&self, point: usize) -> String {
        let words: Vec<String> =
            self.values(point).map(|(axis, value)| format!("{} = {}", axis.key, value.text)).collect();
        words.join(", ")
    }

    /// The numerical value of a key at a point; `None` if it is not given or no number.
    pub fn number(&self, point: usize, key: &str) -> Option<f64> {
        match self.axes.iter().position(|axis| axis.key == key) {
            Some(axis) => self.axes[axis].values[self.places(point)[axis]].json.as_f64(),
            None => self.numbers.get(key).copied(),
        }
    }

    /// The configuration of a point.
    ///
    /// # Errors
    /// Values that give no valid configuration.
    pub fn config(&self, point: usize) -> Read<Config> {
        let (source, tree) = self.grafted(self.values(point))?;
        Config::from_tree(source, &tree)
    }

    /// The identity of a point: all that its result depends on, that is, in the first line the build of this program,
    /// then its configuration without title and `[converge]` and the files that are read for it. Comments, the order of
    /// keys and the notation of numbers do not count.
    ///
    /// # Errors
    /// Values that cannot be set.
    pub fn identity(&self, point: usize) -> Read<String> {
        let (source, tree) = self.grafted(self.values(point))?;
        let base = source.path.parent().unwrap_or(Path::new(".")).to_path_buf();
        let kind = Section::root(&source, &tree).section("landscape").and_then(|landscape| landscape.text("kind"));
        let besides = match kind {
            // A point that is no configuration reads nothing.
            Ok(Some(kind)) if kind == "table" => {
                Config::from_tree(source, &tree).map_or_else(|_| Vec::new(), |config| config.files_besides())
            }
            _ => Vec::new(),
        };
        Ok(identity::of(&tree, &base, &besides))
    }

    fn grafted<'a>(&self, values: impl Iterator<Item = (&'a Axis, &'a AxisValue)>) -> Read<(Source, Node)> {
        let (mut source, mut tree) = (self.source.clone(), self.base.clone());
        let changes: Vec<String> = values.map(|(axis, value)| format!("{}={}", axis.key, value.text)).collect();
        for change in &changes {
            tree::graft(&mut source, &mut tree, change)?;
        }
        source.effective = tree::effective(&source.effective, &changes).unwrap_or(source.effective);
        Ok((source, tree))
    }

    /// Rounds the numbers of ranges whose key takes integers.
    fn round_whole_numbers(&mut self) -> Read<()> {
        for axis in 0..self.axes.len() {
            let fractional = |value: &AxisValue| value.json.as_f64().is_some_and(|number| number.fract() != 0.0);
            let Some(place) = self.axes[axis].values.iter().position(fractional).filter(|_| self.axes[axis].is_range)
            else {
                continue;
            };
            let values = self.axes.iter().enumerate().map(|(other, own)| {
                let place = if other == axis { place } else { 0 };
                (own, &own.values[place])
            });
            let (source, tree) = self.grafted(values)?;
            let wants_whole = |error: &ConfigError| {
                error.key == self.axes[axis].key
                    && matches!(error.fault.as_ref(), Fault::Range { rule, .. } if rule.starts_with("a whole number"))
            };
            if Config::from_tree(source, &tree).is_err_and(|error| wants_whole(&error)) {
                self.axes[axis].round();
                self.axes[axis].refuse_repetition(&self.source)?;
            }
        }
        Ok(())
    }

    /// Refuses a sweep of which no point is a valid configuration, unless swept values are at fault: then only those
    /// points fail.
    fn has_a_configuration(&self) -> Read<()> {
        let mut first = None;
        for point in 0..self.len() {
            let Err(error) = self.config(point) else { return Ok(()) };
            let axis = self.axes.iter().find(|axis| axis.is_at(&error.key));
            let is_unknown = matches!(error.fault.as_ref(), Fault::UnknownKey { .. });
            if axis.is_some() && !is_unknown {
                return Ok(());
            }
            first.get_or_insert_with(|| match axis {
                Some(axis) => ConfigError {
                    source_text: Box::new(self.source.clone()),
                    key: axis.key.clone(),
                    span: Some(axis.key_span.clone()),
                    ..error
                },
                None => error,
            });
        }
        first.map_or(Ok(()), Err)
    }
}

/// The contents of the section.
pub(super) struct Asked {
    axes: Vec<Axis>,
    zip: bool,
    fits: Vec<FitRequest>,
}

/// Reads the section; `tree`: the whole file.
pub(super) fn read(section: &Section, source: &Source, tree: &Node) -> Read<Asked> {
    let axes = axis::read(section, source)?;
    let zip = section.boolean("zip", false)?;
    let lengths: Vec<usize> = axes.iter().map(|axis| axis.values.len()).collect();
    if zip && lengths.iter().any(|length| *length != lengths[0]) {
        let words: Vec<String> = axes.iter().map(|axis| format!("{} has {}", axis.key, axis.values.len())).collect();
        return Err(section.conflict(
            "zip",
            format!("lists that are walked together need the same number of values: {}", words.join(", ")),
        ));
    }
    let points = if zip { Some(lengths[0]) } else { lengths.iter().try_fold(1usize, |all, &n| all.checked_mul(n)) };
    if points.is_none_or(|points| points > MOST_POINTS) {
        let words: Vec<String> = lengths.iter().map(usize::to_string).collect();
        let reason = format!("a sweep may have at most {MOST_POINTS} points, and this is {}", words.join(" × "));
        return Err(section.conflict("parameters", reason));
    }
    // Zipped axes may repeat values, those of a product may not.
    if !zip {
        axes.iter().try_for_each(|axis| axis.refuse_repetition(source))?;
    }
    let mut numbers = BTreeMap::new();
    note_numbers(&without_sweep(tree), "", &mut numbers);
    let results = RESULTS.map(String::from);
    let mut names: Vec<String> = axes.iter().map(|axis| axis.key.clone()).collect();
    names.extend(results.into_iter().chain(numbers.into_keys().filter(|key| !is_axis(&axes, key))));
    let mut fits = Vec::new();
    for fit in section.tables("fits")? {
        let formula = |key: &str| -> Read<NamedFormula> {
            let Some(text) = fit.text(key)? else {
                return Err(fit.missing(key, "a fit needs x, y and model = \"linear\", \"power\" or \"exponential\""));
            };
            fit.parsed(key, NamedFormula::parse(&text, &names))
        };
        let (x, y) = (formula("x")?, formula("y")?);
        let model = fit.choice("model", &Model::ALL.map(|model| (model.name(), model)))?.unwrap_or(Model::Linear);
        fit.finish()?;
        fits.push(FitRequest { x, y, model });
    }
    section.finish()?;
    Ok(Asked { axes, zip, fits })
}

fn is_axis(axes: &[Axis], key: &str) -> bool {
    axes.iter().any(|axis| axis.key == key)
}

fn without_sweep(tree: &Node) -> Node {
    let mut base = tree.clone();
    if let Kind::Table(entries) = &mut base.kind {
        entries.retain(|entry| entry.key != "sweep");
    }
    base
}

/// Collects every number of a table by its dotted key.
fn note_numbers(node: &Node, path: &str, numbers: &mut BTreeMap<String, f64>) {
    match &node.kind {
        Kind::Table(entries) => {
            for entry in entries {
                let name = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                note_numbers(&entry.node, &name, numbers);
            }
        }
        Kind::Number(value) => drop(numbers.insert(path.to_string(), *value)),
        _ => {}
    }
}
