//! From TOML to a [`Config`], section by section. Defaults stand here and nowhere else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::section::{CELLS, COUNT, FINITE, INSIDE_UNIT, NOT_NEGATIVE, POSITIVE, Section};
use crate::config::tree::{self, Kind, Node};
use crate::config::{Config, ConfigError, Fault, LandscapeConfig, LandscapeForm, NoiseConfig, NoiseForm, Source};
use crate::config::{committor, converge, evolve, particles, sweep};
use crate::grid::Align;
use crate::problem::expression::{Condition, Expression};
use crate::problem::noise::{HessianPlace, NoiseKind};
use crate::problem::{Absorb, AxisWalls, DomainSpec, Interpretation, Minibatch, Posed, StartSet, ValleySpec, Wall};
use crate::study::Request;
use crate::study::request::{GridRequest, IterationRequest, Quantity, Scheme};
use crate::tensor::{Point, Tensor};

type Read<T> = Result<T, ConfigError>;

impl Config {
    /// Reads a file; `overrides` are `section.key=value` each.
    ///
    /// # Errors
    /// Anything that is not a configuration, with its place.
    pub fn from_path(path: &Path, overrides: &[String]) -> Read<Config> {
        Config::from_text(path, &file(path)?, overrides)
    }

    /// Reads a text; `path` is its name in messages, and relative data paths start beside it.
    ///
    /// # Errors
    /// Anything that is not a configuration, with its place.
    pub fn from_text(path: &Path, text: &str, overrides: &[String]) -> Read<Config> {
        let mut source = Source { path: path.to_path_buf(), text: text.to_string(), ..Source::default() };
        let tree = tree::parse(&mut source, overrides)?;
        Config::from_tree(source, &tree)
    }

    /// Reads a tree of this source.
    pub(super) fn from_tree(mut source: Source, tree: &Node) -> Read<Config> {
        note_spans(tree, String::new(), &mut source);
        let root = Section::root(&source, tree);
        let title = root.text("title")?.unwrap_or_default();
        let [landscape, noise, domain, grid, valley, solve, converge, sgd] =
            ["landscape", "noise", "domain", "grid", "valley", "solve", "converge", "sgd"]
                .map(|name| root.section(name));
        let (landscape, noise, domain, grid) = (landscape?, noise?, domain?, grid?);
        let (valley, solve, converge, sgd) = (valley?, solve?, converge?, sgd?);
        let [particles, evolve] = ["particles", "evolve"].map(|name| root.section(name));
        let (particles, evolve) = (particles?, evolve?);
        let committor = root.section("committor")?;
        let sweep = root.section("sweep")?;
        root.finish()?;
        if sweep.is_given() {
            // One problem is solved here; the section is read for what may be wrong with it.
            sweep::read(&sweep, &source, tree)?;
        }
        require_sections(&root, &landscape, &noise)?;
        let dimension = dimension(&landscape, &domain, &grid, &valley)?;
        let landscape = LandscapeConfig {
            dimension,
            sharpness: landscape.number("sharpness", POSITIVE)?.unwrap_or(1.0),
            form: landscape_form(&landscape, dimension)?,
        };
        let (noise, allow_degenerate) = read_noise(&noise, dimension)?;
        let domain = read_domain(&domain, dimension)?;
        let grid = read_grid(&grid, dimension)?;
        let valley = read_valley(&valley, dimension)?;
        let (quantities, error_estimate) = read_solve(&solve)?;
        let converge = converge::read(&converge, dimension, grid.cells)?;
        let learning_rates = sgd.numbers("learning_rates", POSITIVE)?.unwrap_or_default();
        sgd.finish()?;
        let sgd = sgd.is_given().then_some(IterationRequest { learning_rates });
        let particles = if particles.is_given() { Some(particles::read(&particles)?) } else { None };
        let evolve = if evolve.is_given() { Some(evolve::read(&evolve, &noise, dimension)?) } else { None };
        if committor.is_given() && !quantities.contains(&Quantity::Committor) {
            return Err(root.conflict(
                "committor",
                "the sets are given, and the committor is not asked for: add \"committor\" to solve.quantities, or leave this section out",
            ));
        }
        let committor = committor::read(&committor, dimension)?;
        let leaves =
            |valley: &ValleySpec| !matches!(valley, ValleySpec { set: StartSet::Whole, absorb: Absorb::Boundary, .. });
        let absorbs = valley.as_ref().is_some_and(leaves)
            || domain.walls[..dimension]
                .iter()
                .any(|walls| matches!(walls, AxisWalls::Walls(walls) if walls.contains(&Wall::Absorbing)));
        let request = Request { quantities, error_estimate, grid, converge, sgd, particles, evolve, committor };
        if !absorbs && request.wants_killing() {
            return Err(root.conflict(
                "solve.quantities",
                "a rate and a passage time need something that absorbs, and nothing does: give an absorbing wall, as in \
                 domain.walls = { x = [\"reflecting\", \"absorbing\"] }, or a start set in [valley]; or ask for \
                 solve.quantities = [\"stationary\"] alone",
            ));
        }
        let posed = Posed { domain, valley, allow_degenerate };
        Ok(Config { title, landscape, noise, posed, request, source: source.clone() })
    }
}

/// The text of a file.
pub(super) fn file(path: &Path) -> Read<String> {
    std::fs::read_to_string(path).map_err(|fault| ConfigError {
        source_text: Box::new(Source { path: path.to_path_buf(), ..Source::default() }),
        key: "configuration".into(),
        span: None,
        fault: Box::new(Fault::Unreadable { reason: fault.to_string() }),
    })
}

/// Refuses a configuration without a landscape, or without noise.
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

/// Enters the place of every value.
fn note_spans(node: &Node, path: String, source: &mut Source) {
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

const PLANE_KINDS: [&str; 4] = ["rotated-quadratic", "muller-brown", "himmelblau", "three-hole"];

/// As given, else from the landscape, else from the length of what is given elsewhere, else 1.
fn dimension(landscape: &Section, domain: &Section, grid: &Section, valley: &Section) -> Read<usize> {
    if let Some(given) = landscape.number("dimension", ("1 or 2", |x| x == 1.0 || x == 2.0))? {
        return Ok(given as usize);
    }
    let (landscape, domain, grid, valley) = (landscape.glance(), domain.glance(), grid.glance(), valley.glance());
    let lengths =
        [landscape.texts("drift")?.map(|list| list.len()), landscape.texts("features")?.map(|list| list.len())];
    if let Some(length) = lengths.into_iter().flatten().next() {
        return Ok(length.clamp(1, 2));
    }
    if landscape.text("kind")?.is_some_and(|kind| PLANE_KINDS.contains(&kind.as_str())) {
        return Ok(2);
    }
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
    Ok(lengths.into_iter().flatten().map(|list| list.len()).max().unwrap_or(1).clamp(1, 2))
}

/// A list with one number per dimension, as a point.
pub(super) fn point(section: &Section, key: &str, dimension: usize) -> Read<Option<Point>> {
    let Some(numbers) = section.numbers(key, FINITE)? else {
        return Ok(None);
    };
    pad(section, key, &numbers, dimension, 0.0).map(Some)
}

fn pad(section: &Section, key: &str, numbers: &[f64], dimension: usize, filling: f64) -> Read<Point> {
    match *numbers {
        [x] if dimension == 1 => Ok([x, filling]),
        [x, y] if dimension == 2 => Ok([x, y]),
        _ => Err(section.conflict(
            key,
            format!(
                "has {} entries, but the landscape has {dimension} dimension{}: give one number for each (landscape.dimension \
                 sets it)",
                numbers.len(),
                if dimension == 1 { "" } else { "s" }
            ),
        )),
    }
}

fn landscape_form(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    let ways = ["kind", "expression", "drift"];
    let given: Vec<&str> = ways.into_iter().filter(|key| section.has(key)).collect();
    let form = match given.as_slice() {
        [] => return Err(section.missing("kind", "give exactly one of kind, expression and drift")),
        ["kind"] => named_landscape(section, dimension)?,
        ["expression"] => match section.expression("expression", dimension)? {
            Some(expression) => LandscapeForm::Expression(expression),
            None => return Err(section.missing("kind", "give exactly one of kind, expression and drift")),
        },
        ["drift"] => drift(section, dimension)?,
        more => {
            return Err(section
                .conflict(more[1], format!("{} are given together: keep exactly one of them", more.join(" and "))));
        }
    };
    section.finish()?;
    Ok(form)
}

fn drift(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    let texts = section.texts("drift")?.unwrap_or_default();
    let parse = |text: &String| section.parsed("drift", Expression::parse(text, dimension));
    let form = match (dimension, texts.as_slice()) {
        (1, [x]) => LandscapeForm::Drift(parse(x)?, None),
        (2, [x, y]) => LandscapeForm::Drift(parse(x)?, Some(parse(y)?)),
        _ => {
            let reason =
                format!("has {} formulas for {dimension} dimension(s): give one for each component of b", texts.len());
            return Err(section.conflict("drift", reason));
        }
    };
    if section.number("sharpness", POSITIVE)?.is_some_and(|sharpness| sharpness != 1.0) {
        let reason = "a drift has no sharpness: leave the key out, or write the factor into the formulas";
        return Err(section.conflict("sharpness", reason));
    }
    Ok(form)
}

fn named_landscape(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    let names = [
        "styblinski-tang",
        "styblinski-tang-data",
        "double-well",
        "sharp-flat",
        "quadratic",
        "rotated-quadratic",
        "muller-brown",
        "himmelblau",
        "three-hole",
        "logistic-regression",
    ];
    let Some(name) = section.choice("kind", &names.map(|name| (name, name)))? else {
        return Err(section.missing("kind", "give exactly one of kind, expression and drift"));
    };
    if PLANE_KINDS.contains(&name) && dimension == 1 {
        return Err(section
            .conflict("kind", format!("\"{name}\" is a landscape in two dimensions: set landscape.dimension = 2")));
    }
    let number = |key: &str, rule, default: f64| Ok(section.number(key, rule)?.unwrap_or(default));
    Ok(match name {
        "styblinski-tang" => LandscapeForm::StyblinskiTang,
        "styblinski-tang-data" => LandscapeForm::StyblinskiTangData,
        "double-well" => LandscapeForm::DoubleWell {
            barrier: number("barrier", POSITIVE, 1.0)?,
            tilt: number("tilt", FINITE, 0.0)?,
            curvature: number("curvature", POSITIVE, 2.0)?,
        },
        "sharp-flat" => LandscapeForm::SharpFlat {
            sharp: number("sharp", POSITIVE, 8.0)?,
            flat: number("flat", POSITIVE, 2.0)?,
            transverse: number("transverse", POSITIVE, 2.0)?,
        },
        "quadratic" => LandscapeForm::Quadratic { hessian: hessian(section, dimension)? },
        "rotated-quadratic" => {
            let curvatures = section.numbers("curvatures", FINITE)?.unwrap_or_else(|| vec![1.0, 4.0]);
            LandscapeForm::RotatedQuadratic {
                curvatures: pad(section, "curvatures", &curvatures, 2, 0.0)?,
                angle: number("angle", FINITE, 30.0)?,
            }
        }
        "muller-brown" => LandscapeForm::MullerBrown,
        "himmelblau" => LandscapeForm::Himmelblau,
        "three-hole" => LandscapeForm::ThreeHole,
        _ => logistic_regression(section, dimension)?,
    })
}

fn hessian(section: &Section, dimension: usize) -> Read<Tensor> {
    let Some(rows) = section.rows("hessian", FINITE)? else {
        return Ok(Tensor::isotropic(1.0, dimension));
    };
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    match (dimension, rows.as_slice()) {
        (1, [[xx]]) => Ok(Tensor { xx: *xx, ..Tensor::default() }),
        (2, [[xx, xy], [yx, yy]]) if xy == yx => Ok(Tensor { xx: *xx, xy: *xy, yy: *yy }),
        _ => {
            Err(section
                .conflict("hessian", "must be a symmetric matrix [[a, b], [b, c]], or one number in one dimension"))
        }
    }
}

fn logistic_regression(section: &Section, dimension: usize) -> Read<LandscapeForm> {
    let needed = |key: &str| section.missing(key, "logistic-regression needs data, features, label and positive");
    let features = section.texts("features")?.ok_or_else(|| needed("features"))?;
    if features.len() != dimension {
        return Err(section.conflict(
            "features",
            format!(
                "{} features for {dimension} dimension(s): one weight belongs to each, and one or two are possible",
                features.len()
            ),
        ));
    }
    if dimension == 2 && features[0] == features[1] {
        let message =
            format!("names the column `{}` twice: with one feature, set landscape.dimension = 1", features[0]);
        return Err(section.conflict("features", message));
    }
    Ok(LandscapeForm::LogisticRegression {
        data: PathBuf::from(section.text("data")?.ok_or_else(|| needed("data"))?),
        features,
        label: section.text("label")?.ok_or_else(|| needed("label"))?,
        positive: section.texts("positive")?.ok_or_else(|| needed("positive"))?,
        standardise: section.boolean("standardise", true)?,
    })
}

/// The points that name cold valleys; none where the key is left out.
fn cold_valleys(section: &Section, dimension: usize) -> Read<Vec<Point>> {
    let Some(rows) = section.rows("valleys", FINITE)? else { return Ok(Vec::new()) };
    if rows.is_empty() {
        let reason = "names no valley: give a point in every valley that is cold, as in [[-1.0], [1.0]], or leave the key out for the \
                      start valley alone";
        return Err(section.conflict("valleys", reason));
    }
    rows.iter().map(|row| pad(section, "valleys", row, dimension, 0.0)).collect()
}

fn read_noise(section: &Section, dimension: usize) -> Read<(NoiseConfig, bool)> {
    let kinds = ["isotropic", "hessian", "frozen", "covariance", "expression", "loss-hessian"];
    let Some(kind) = section.choice("kind", &kinds.map(|kind| (kind, kind)))? else {
        return Err(section.missing(
            "kind",
            "it says how D(θ) is made; one of isotropic, hessian, frozen, covariance, expression, loss-hessian",
        ));
    };
    let minibatch = || {
        let reason = "noise made by minibatches needs noise.learning_rate and noise.batch_size";
        Ok(Minibatch {
            learning_rate: section.required("learning_rate", POSITIVE, reason)?,
            batch_size: section.required("batch_size", POSITIVE, reason)?,
        })
    };
    let form = match kind {
        "isotropic" => NoiseForm::Model(NoiseKind::Isotropic {
            temperature: section.required("temperature", POSITIVE, "isotropic noise is D = temperature · I")?,
        }),
        "hessian" => NoiseForm::Model(NoiseKind::Hessian(minibatch()?)),
        "frozen" => NoiseForm::Model(NoiseKind::Frozen {
            minibatch: minibatch()?,
            s: section.number("s", INSIDE_UNIT)?.unwrap_or(0.5),
            valleys: cold_valleys(section, dimension)?,
        }),
        "loss-hessian" => {
            let places = [("minimum", HessianPlace::Minimum), ("local", HessianPlace::Local)];
            let hessian = section.choice("hessian", &places)?.unwrap_or(HessianPlace::Minimum);
            NoiseForm::Model(NoiseKind::LossHessian { minibatch: minibatch()?, hessian })
        }
        "covariance" => NoiseForm::Model(NoiseKind::Covariance(minibatch()?)),
        _ => {
            let formula = |key: &str| {
                let reason =
                    "noise.kind = \"expression\" needs d11, and in two dimensions d22 (d12 is 0 when left out)";
                section.expression(key, dimension)?.ok_or_else(|| section.missing(key, reason))
            };
            let zero = |key: &str| section.parsed(key, Expression::parse("0", dimension));
            let d11 = formula("d11")?;
            let (d12, d22) = match dimension {
                1 => (zero("d11")?, zero("d11")?),
                _ => (section.expression("d12", dimension)?.map_or_else(|| zero("d12"), Ok)?, formula("d22")?),
            };
            NoiseForm::Expression { d11: Box::new(d11), d12: Box::new(d12), d22: Box::new(d22) }
        }
    };
    let interpretations = [
        ("ito", Interpretation::Ito),
        ("stratonovich", Interpretation::Stratonovich),
        ("isothermal", Interpretation::Isothermal),
    ];
    let config = NoiseConfig {
        form,
        floor: section.number("floor", NOT_NEGATIVE)?.unwrap_or(0.0),
        interpretation: section.choice("interpretation", &interpretations)?.unwrap_or(Interpretation::Ito),
    };
    let allow_degenerate = section.boolean("allow_degenerate", false)?;
    section.finish()?;
    Ok((config, allow_degenerate))
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
    let along_y = if dimension == 2 { axis("y")? } else { AxisWalls::Walls([Wall::Reflecting; 2]) };
    walls.finish()?;
    section.finish()?;
    Ok(DomainSpec { lower, upper, walls: [along_x, along_y] })
}

fn read_grid(section: &Section, dimension: usize) -> Read<GridRequest> {
    let cells = match section.numbers("cells", CELLS)? {
        None => None,
        Some(cells) => Some(pad(section, "cells", &cells, dimension, 1.0)?.map(|count| count as usize)),
    };
    let align = if matches!(section.number("align", FINITE), Ok(Some(_))) {
        Align::Angle(section.number("align", FINITE)?.unwrap_or(0.0))
    } else {
        section.choice("align", &[("axes", Align::Axes), ("saddle", Align::Saddle)])?.unwrap_or(Align::Axes)
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

/// The scheme; `None` where it is left to the program.
fn read_scheme(section: &Section) -> Read<Option<Scheme>> {
    let named = Scheme::ALL.map(|scheme| (scheme.name(), Some(scheme)));
    let choices: Vec<(&str, Option<Scheme>)> = [("auto", None)].into_iter().chain(named).collect();
    Ok(section.choice("scheme", &choices)?.flatten())
}

/// The start set: a box, the basin, or a condition.
fn read_set(section: &Section, dimension: usize) -> Read<StartSet> {
    let corners = section.section("box")?;
    let half = section.numbers("half_width", POSITIVE)?;
    let boxed = corners.is_given() || half.is_some();
    let named = section.text("set")?;
    let set =
        match named.as_deref() {
            Some("box") | None if boxed => match half {
                Some(half) => {
                    if corners.is_given() {
                        return Err(section
                            .conflict("half_width", "box and half_width both say what the box is: keep one of them"));
                    }
                    let half = if half.len() == 1 { vec![half[0]; dimension] } else { half };
                    StartSet::HalfWidth(pad(section, "half_width", &half, dimension, 0.0)?)
                }
                None => {
                    let corner = |key: &str| {
                        point(&corners, key, dimension)?
                            .ok_or_else(|| corners.missing(key, "a box has a lower and an upper corner"))
                    };
                    let (lower, upper) = (corner("lower")?, corner("upper")?);
                    if (0..dimension).any(|axis| lower[axis] >= upper[axis]) {
                        return Err(corners
                            .conflict("upper", "the box is empty: each entry of lower must be below that of upper"));
                    }
                    StartSet::Box { lower, upper }
                }
            },
            Some("box") => {
                return Err(section
                    .missing("half_width", "set = \"box\" needs half_width, or box = { lower = […], upper = […] }"));
            }
            Some(other) if boxed => {
                let key = if corners.is_given() { "box" } else { "half_width" };
                return Err(
                    section.conflict(key, format!("a box is given, but set = \"{other}\" is none: keep one of them"))
                );
            }
            None | Some("basin") => StartSet::Basin,
            Some("whole") => StartSet::Whole,
            Some(condition) => {
                let condition = section.parsed("set", Condition::parse(condition, dimension))?;
                StartSet::Condition(Arc::new(condition))
            }
        };
    corners.finish()?;
    Ok(set)
}

fn read_valley(section: &Section, dimension: usize) -> Read<Option<ValleySpec>> {
    if !section.is_given() {
        return Ok(None);
    }
    let minimum = point(section, "minimum", dimension)?;
    let from = point(section, "from", dimension)?;
    let set = read_set(section, dimension)?;
    let target = section.section("target")?;
    let absorb = section.choice("absorb", &[("boundary", false), ("target", true)])?;
    let absorb = match (absorb, target.is_given()) {
        (Some(false), true) => {
            return Err(section.conflict("target", "a target is given, but absorb = \"boundary\": keep one of them"));
        }
        (Some(true), false) => {
            return Err(section.missing("target", "absorb = \"target\" needs target = { minimum = […], radius = … }"));
        }
        (_, false) => Absorb::Boundary,
        (_, true) => Absorb::Target {
            minimum: point(&target, "minimum", dimension)?
                .ok_or_else(|| target.missing("minimum", "a target is a disc around a minimum"))?,
            radius: target.required("radius", POSITIVE, "a target is a disc with a radius")?,
        },
    };
    target.finish()?;
    section.finish()?;
    Ok(Some(ValleySpec { minimum, from, set, absorb }))
}

fn read_solve(section: &Section) -> Read<(Vec<Quantity>, bool)> {
    let known = [
        ("rate", Some(Quantity::Rate)),
        ("passage-time", Some(Quantity::PassageTime)),
        ("stationary", Some(Quantity::Stationary)),
        ("committor", Some(Quantity::Committor)),
        ("spectrum", None),
    ];
    let quantities = match section.texts("quantities")? {
        None => vec![Quantity::Rate, Quantity::PassageTime],
        Some(words) => {
            let mut quantities = Vec::new();
            for word in &words {
                match section.chosen("quantities", word, &known)? {
                    Some(quantity) => quantities.push(quantity),
                    None => {
                        return Err(section.conflict(
                            "quantities",
                            format!(
                                "\"{word}\" comes with a later version; now there are \"rate\", \"passage-time\", \"stationary\" and \
                                 \"committor\""
                            ),
                        ));
                    }
                }
            }
            if quantities.is_empty() {
                return Err(section.conflict("quantities", "nothing is asked for: name at least one quantity"));
            }
            quantities
        }
    };
    // Part of the contract, for the spectrum to come: checked, and of no effect until then.
    section.number("eigenvalues", COUNT)?;
    let error_estimate = section.boolean("error_estimate", true)?;
    section.finish()?;
    Ok((quantities, error_estimate))
}
