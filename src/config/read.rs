//! Reads a [`Config`] from TOML, section by section; defaults stand where a section is read.

use std::path::Path;
use std::sync::Arc;

use crate::config::order::Faults;
use crate::config::section::{CELLS, COUNT, FEW, FINITE, POSITIVE, Section};
use crate::config::tree::{self, Kind, Node};
use crate::config::{Config, ConfigError, Fault, LandscapeConfig, LandscapeForm, Source};
use crate::config::{committor, converge, evolve, landscape, noise, particles, sweep, valley};
use crate::grid::Align;
use crate::input;
use crate::problem::expression::Condition;
use crate::problem::{Absorb, AxisWalls, DomainSpec, Killing, Posed, Side, StartSet, ValleySpec, Wall, WindowSpec};
use crate::study::Request;
use crate::study::request::{GridRequest, IterationRequest, Quantity, Scheme};
use crate::tensor::Point;

type Read<T> = Result<T, ConfigError>;

impl Config {
    /// Reads a file; `overrides` are `section.key=value` each.
    ///
    /// # Errors
    /// The first error of the configuration, with its place.
    pub fn from_path(path: &Path, overrides: &[String]) -> Read<Config> {
        Config::from_text(path, &file(path)?, overrides)
    }

    /// Reads a text; `path` is its name in messages, and relative data paths start from its folder.
    ///
    /// # Errors
    /// The first error of the configuration, with its place.
    pub fn from_text(path: &Path, text: &str, overrides: &[String]) -> Read<Config> {
        let mut source = Source { path: path.to_path_buf(), text: text.to_string(), ..Source::default() };
        let tree = tree::parse(&mut source, overrides)?;
        Config::from_tree(source, &tree)
    }

    /// Reads a parsed source: every section by itself, then the conditions between them.
    pub(super) fn from_tree(mut source: Source, tree: &Node) -> Read<Config> {
        note_spans(tree, String::new(), &mut source);
        let root = Section::root(&source, tree);
        let title = root.text("title")?.unwrap_or_default();
        let [landscape, noise, domain, grid, valley, solve, converge, sgd] =
            ["landscape", "noise", "domain", "grid", "valley", "solve", "converge", "sgd"]
                .map(|name| root.section(name));
        let (landscape, noise, domain, grid) = (landscape?, noise?, domain?, grid?);
        let (valley, solve, converge, sgd) = (valley?, solve?, converge?, sgd?);
        let [particles, evolve, committor, sweep] =
            ["particles", "evolve", "committor", "sweep"].map(|name| root.section(name));
        let (particles, evolve, committor, sweep) = (particles?, evolve?, committor?, sweep?);
        root.finish()?;
        if sweep.is_given() {
            // A single problem is solved; `[sweep]` is only checked for errors.
            sweep::read(&sweep, &source, tree)?;
        }
        let whole = require_sections(&root, &landscape, &noise);
        let dimension = dimension(&landscape, &domain, &grid, &valley)?;
        let mut faults = Faults::default();
        let whole = faults.note(whole);
        let sharpness = faults.note(landscape.number("sharpness", POSITIVE));
        let form = faults.note(landscape::read(&landscape, dimension));
        let noise = faults.note(noise::read(&noise, dimension));
        let domain = faults.note(read_domain(&domain, dimension));
        let grid = faults.note(read_grid(&grid, dimension));
        let given_valley = faults.note(valley::read(&valley, dimension));
        let solve = faults.note(read_solve(&solve));
        let sgd = faults.note(read_sgd(&sgd));
        let given_cells = grid.as_ref().ok().and_then(|grid| grid.cells);
        let converge = faults.note(converge::read(&converge, dimension, given_cells));
        let particles = faults.note(particles.is_given().then(|| particles::read(&particles)).transpose());
        let asks = |quantity| solve.as_ref().is_ok_and(|solve| solve.quantities.contains(&quantity));
        let given_noise = noise.as_ref().ok().filter(|_| evolve.is_given());
        let in_time =
            given_noise.map(|(noise, _)| evolve::read(&evolve, noise, dimension, asks(Quantity::Survival))).transpose();
        let in_time = faults.note(in_time);
        let sets = faults.note(committor::read(&committor, dimension));
        faults.first()?;
        whole?;
        let (form, sharpness, (noise, allow_degenerate)) = (form?, sharpness?.unwrap_or(1.0), noise?);
        let (domain, valley, SolveSection { quantities, eigenvalues, moments, error_estimate }) =
            (domain?, given_valley?, solve?);
        let mut landscape = LandscapeConfig { form, dimension, sharpness };
        if let LandscapeForm::Slice(slice) = &mut landscape.form {
            slice.settle(&domain, valley.as_ref(), sharpness);
        }
        let request = Request {
            quantities,
            eigenvalues,
            moments,
            error_estimate,
            grid: grid?,
            converge: converge?,
            sgd: sgd?,
            particles: particles?,
            evolve: in_time?,
            committor: sets?,
        };
        let holds_all_minima = request.wants_closed();
        let posed = Posed { domain, holds_all_minima, valley, allow_degenerate };
        go_together(&root, &request, &posed, dimension, committor.is_given())?;
        Ok(Config { title, landscape, noise, posed, request, source: source.clone() })
    }
}

/// Refuses sections that contradict each other.
fn go_together(root: &Section, request: &Request, posed: &Posed, dimension: usize, has_committor: bool) -> Read<()> {
    if request.wants(Quantity::Survival) && request.evolve.is_none() {
        return Err(root.conflict(
            "solve.quantities",
            "\"survival\" is survival from every cell at the times of [evolve]: give evolve.times, a list or { from, to, count }",
        ));
    }
    if has_committor && !request.wants(Quantity::Committor) {
        return Err(root.conflict(
            "committor",
            "the sets are given, and the committor is not asked for: add \"committor\" to solve.quantities, or leave this section out",
        ));
    }
    let leaves =
        |valley: &ValleySpec| !matches!(valley, ValleySpec { set: StartSet::Whole, absorb: Absorb::Boundary, .. });
    let domain = &posed.domain;
    let absorbs = posed.valley.as_ref().is_some_and(leaves)
        || domain.killing.is_some()
        || !domain.windows.is_empty()
        || domain.walls[..dimension]
            .iter()
            .any(|walls| matches!(walls, AxisWalls::Walls(walls) if walls.contains(&Wall::Absorbing)));
    if !absorbs && request.needs_killing() {
        return Err(root.conflict(
            "solve.quantities",
            "a rate, a passage time, exits, survival, a certificate and sensitivities need something that absorbs, and nothing does: give an absorbing wall, as in \
             domain.walls = { x = [\"reflecting\", \"absorbing\"] }, a killing rate (domain.killing), or a start set in [valley]; or ask only for \
             what a closed domain has, solve.quantities = [\"stationary\", \"committor\", \"network\", \"spectrum\"] or some of them",
        ));
    }
    Ok(())
}

/// `[sgd]`; `None` if it is not given.
fn read_sgd(section: &Section) -> Read<Option<IterationRequest>> {
    let learning_rates = section.numbers("learning_rates", POSITIVE)?.unwrap_or_default();
    section.finish()?;
    Ok(section.is_given().then_some(IterationRequest { learning_rates }))
}

/// The text of a file.
pub(super) fn file(path: &Path) -> Read<String> {
    input::text(path).map_err(|fault| ConfigError {
        source_text: Box::new(Source { path: path.to_path_buf(), ..Source::default() }),
        key: "configuration".into(),
        span: None,
        fault: Box::new(Fault::Unreadable { reason: fault.to_string() }),
    })
}

/// Refuses a configuration without a landscape or without noise.
fn require_sections(root: &Section, landscape: &Section, noise: &Section) -> Read<()> {
    if !landscape.is_given() {
        return Err(root.missing(
            "landscape",
            "every problem needs a loss or a drift: [landscape] with kind, expression or drift",
        ));
    }
    if !noise.is_given() {
        return Err(root
            .missing("noise", "every problem needs noise: [noise] with kind = \"isotropic\" and a temperature, say"));
    }
    Ok(())
}

/// Records the byte range of every value.
pub(super) fn note_spans(node: &Node, path: String, source: &mut Source) {
    if let Kind::Table(entries) = &node.kind {
        for entry in entries {
            let name = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
            note_spans(&entry.node, name, source);
        }
    }
    if !path.is_empty() {
        source.spans.insert(path, node.span.clone());
    }
}

/// The dimension: as given, else from the landscape, else from the lengths of lists in other sections, else 1.
fn dimension(landscape: &Section, domain: &Section, grid: &Section, valley: &Section) -> Read<usize> {
    if let Some(given) = landscape.number("dimension", ("1 or 2", |x| x == 1.0 || x == 2.0))? {
        return Ok(given as usize);
    }
    let (landscape, domain, grid, valley) = (landscape.glance(), domain.glance(), grid.glance(), valley.glance());
    let intercept = usize::from(landscape.boolean("intercept", false)?);
    let lengths = [
        landscape.texts("drift")?.map(|list| list.len()),
        landscape.texts("features")?.filter(|_| !landscape.has("slice")).map(|list| list.len() + intercept),
    ];
    if let Some(length) = lengths.into_iter().flatten().next() {
        return Ok(length.clamp(1, 2));
    }
    let kind = landscape.text("kind")?;
    if kind.as_ref().is_some_and(|kind| landscape::PLANE_KINDS.contains(&kind.as_str())) {
        return Ok(2);
    }
    let is_surface = landscape.has("slice") || kind.is_some_and(|kind| kind == "table");
    let mentions_y = |text: String| text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "y");
    if landscape.text("expression")?.is_some_and(mentions_y) {
        return Ok(2);
    }
    let lengths = [
        domain.numbers("lower", FINITE)?,
        domain.numbers("upper", FINITE)?,
        grid.numbers("cells", CELLS)?,
        valley.numbers("minimum", FINITE)?,
    ];
    Ok(lengths.into_iter().flatten().map(|list| list.len()).max().unwrap_or(if is_surface { 2 } else { 1 }).clamp(1, 2))
}

/// The message for a key that exists in two dimensions only.
pub(super) const OF_THE_PLANE: &str = "belongs to two dimensions, and the landscape has one: set landscape.dimension = 2 (a formula without y \
    has one unless that is said), or leave this key out";

/// The point given by a list with one number per dimension; `None` without the key.
pub(super) fn point(section: &Section, key: &str, dimension: usize) -> Read<Option<Point>> {
    let Some(numbers) = section.numbers(key, FINITE)? else {
        return Ok(None);
    };
    pad(section, key, &numbers, dimension, 0.0).map(Some)
}

pub(super) fn pad(section: &Section, key: &str, numbers: &[f64], dimension: usize, filling: f64) -> Read<Point> {
    match *numbers {
        [x] if dimension == 1 => Ok([x, filling]),
        [x, y] if dimension == 2 => Ok([x, y]),
        _ => Err(section.conflict(
            key,
            format!(
                "has {} entr{}, but the landscape has {dimension} dimension{}: give one number for each (landscape.dimension \
                 sets it)",
                numbers.len(),
                if numbers.len() == 1 { "y" } else { "ies" },
                if dimension == 1 { "" } else { "s" }
            ),
        )),
    }
}

fn read_domain(section: &Section, dimension: usize) -> Read<DomainSpec> {
    let (lower, upper) = (point(section, "lower", dimension)?, point(section, "upper", dimension)?);
    if let (Some(lower), Some(upper)) = (lower, upper) {
        for axis in 0..dimension {
            if lower[axis] >= upper[axis] {
                return Err(section.conflict(
                    "upper",
                    format!(
                        "the domain is empty: domain.lower = {} is not below domain.upper = {}",
                        lower[axis], upper[axis]
                    ),
                ));
            }
        }
    }
    let walls = section.section("walls")?;
    let kinds = [("reflecting", Wall::Reflecting), ("absorbing", Wall::Absorbing)];
    let [reflecting, absorbing] = kinds.map(|(name, wall)| (name, AxisWalls::Walls([wall; 2])));
    let of_both = [reflecting, absorbing, ("periodic", AxisWalls::Periodic)];
    let axis = |name: &str| -> Read<AxisWalls> {
        let Some(words) = walls.texts(name)? else {
            return Ok(AxisWalls::Walls([Wall::Reflecting; 2]));
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [both] => walls.chosen(name, both, &of_both),
            ["periodic", _] | [_, "periodic"] => {
                Err(walls.conflict(name, "\"periodic\" joins both ends: give it alone, not in a pair"))
            }
            [low, high] => Ok(AxisWalls::Walls([walls.chosen(name, low, &kinds)?, walls.chosen(name, high, &kinds)?])),
            _ => Err(walls.conflict(name, "give two walls, the lower and the upper, or \"periodic\"")),
        }
    };
    let along_x = axis("x")?;
    if dimension == 1 && walls.has("y") {
        axis("y")?;
        return Err(walls.conflict("y", OF_THE_PLANE));
    }
    let along_y = if dimension == 2 { axis("y")? } else { AxisWalls::Walls([Wall::Reflecting; 2]) };
    walls.finish()?;
    let killing = section.expression("killing", dimension)?.map(|formula| Arc::new(Killing::new(formula)));
    let windows = read_windows(section, dimension)?;
    section.finish()?;
    Ok(DomainSpec { lower, upper, walls: [along_x, along_y], killing, windows })
}

/// The windows of reflecting walls.
fn read_windows(section: &Section, dimension: usize) -> Read<Vec<WindowSpec>> {
    if dimension == 1 && section.has("windows") {
        return Err(section.conflict(
            "windows",
            "a wall of a line is a point and has no windows: let it absorb (domain.walls), or give it a layer of domain.killing",
        ));
    }
    let window = |section: &Section| {
        let names = Side::ALL.map(|side| (side.name(), side));
        let side = section.choice("wall", &names)?;
        let side = side.ok_or_else(|| section.missing("wall", "a window lies in a wall: \"x-upper\", say"))?;
        let place = section.text("where")?;
        let place = place.ok_or_else(|| section.missing("where", "a window is a condition: \"abs(y) < 0.1\", say"))?;
        let condition = Arc::new(section.parsed("where", Condition::parse(&place, dimension))?);
        section.finish()?;
        Ok(WindowSpec { side, condition })
    };
    section.tables("windows")?.iter().map(window).collect()
}

fn read_grid(section: &Section, dimension: usize) -> Read<GridRequest> {
    let cells = match section.numbers("cells", CELLS)? {
        None => None,
        Some(cells) => Some(pad(section, "cells", &cells, dimension, 1.0)?.map(|count| count as usize)),
    };
    let align = if matches!(section.number("align", FINITE), Ok(Some(_))) {
        Align::Angle(section.number("align", FINITE)?.unwrap_or(0.0))
    } else {
        let choices = [("axes", Align::Axes), ("saddle", Align::Saddle)];
        section.choice_or("align", &choices, "an angle in degrees")?.unwrap_or(Align::Axes)
    };
    let config = GridRequest {
        cells,
        tolerance: section.number("tolerance", POSITIVE)?.unwrap_or(1e-6),
        scheme: read_scheme(section)?,
        align,
        max_unknowns: section.number("max_unknowns", COUNT)?.map(|most| most as usize),
    };
    section.finish()?;
    Ok(config)
}

/// The scheme; `None` for `"auto"`.
fn read_scheme(section: &Section) -> Read<Option<Scheme>> {
    let named = Scheme::ALL.map(|scheme| (scheme.name(), Some(scheme)));
    let choices: Vec<(&str, Option<Scheme>)> = [("auto", None)].into_iter().chain(named).collect();
    Ok(section.choice("scheme", &choices)?.flatten())
}

/// The default number of eigenvalues.
const EIGENVALUES: usize = 6;

/// The default of the highest moment of passage times.
const MOMENTS: usize = 2;

/// The section `solve`.
struct SolveSection {
    quantities: Vec<Quantity>,
    eigenvalues: usize,
    moments: usize,
    error_estimate: bool,
}

fn read_solve(section: &Section) -> Read<SolveSection> {
    let known = [
        ("rate", Quantity::Rate),
        ("passage-time", Quantity::PassageTime),
        ("exits", Quantity::Exits),
        ("stationary", Quantity::Stationary),
        ("committor", Quantity::Committor),
        ("network", Quantity::Network),
        ("spectrum", Quantity::Spectrum),
        ("certificate", Quantity::Certificate),
        ("sensitivities", Quantity::Sensitivities),
        ("survival", Quantity::Survival),
    ];
    let quantities = match section.texts("quantities")? {
        None => vec![Quantity::Rate, Quantity::PassageTime],
        Some(words) => {
            words.iter().map(|word| section.chosen("quantities", word, &known)).collect::<Read<Vec<Quantity>>>()?
        }
    };
    if quantities.is_empty() {
        return Err(section.conflict("quantities", "nothing is asked for: name at least one quantity"));
    }
    let eigenvalues = section.number("eigenvalues", COUNT)?.map_or(EIGENVALUES, |count| count as usize);
    let moments = section.number("moments", FEW)?;
    if moments.is_some() && !quantities.contains(&Quantity::Exits) {
        return Err(section.conflict("moments", "moments of passage times belong to \"exits\": add it to quantities"));
    }
    let moments = moments.map_or(MOMENTS, |count| count as usize);
    let error_estimate = section.boolean("error_estimate", true)?;
    section.finish()?;
    Ok(SolveSection { quantities, eigenvalues, moments, error_estimate })
}
