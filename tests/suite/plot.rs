//! The pictures: all are drawn, and from the file alone the same ones again.

use std::fs;
use std::path::Path;

use crate::folder::Folder;
use crate::synthetic::double_well;
use saddleflux::config::Config;
use saddleflux::io::{Setting, Solved, read, summary, write_result};
use saddleflux::observe::field::{LOSS, MEAN_FIRST_PASSAGE, QUASI_STATIONARY, STATIONARY};
use saddleflux::plot::{FigureData, Look, draw, longest_fitting};
use saddleflux::progress::Progress;
use saddleflux::study;

const NAMES: [&str; 5] = ["landscape.png", "quasi-stationary.png", "stationary.png", "flux.png", "passage-time.png"];
const PLANE: [&str; 6] =
    ["landscape.png", "quasi-stationary.png", "stationary.png", "flux.png", "current.png", "passage-time.png"];

#[test]
fn a_result_file_redraws_the_pictures_of_its_run() {
    for (dimension, cells, degrees) in [(1, [200, 1], 0.0), (2, [60, 40], 0.0), (2, [60, 40], 30.0)] {
        let case = double_well(dimension, cells, 0.1, degrees);
        let (first, second) = (Folder::new("plot-run"), Folder::new("plot-file"));
        let found = summary(&case.solved());
        let drawn = draw(&FigureData::solved(&case.solved(), &found), first.path(), &Look::default()).unwrap();
        let names = if dimension == 1 { &NAMES[..] } else { &PLANE[..] };
        assert_eq!(drawn, names.iter().map(|name| first.path().join(name)).collect::<Vec<_>>());
        let file = second.path().join("result.h5");
        case.write(&file).unwrap();
        draw(&FigureData::stored(&read(&file).unwrap()), second.path(), &Look::default()).unwrap();
        for name in names {
            let image = |folder: &Path| fs::read(folder.join(name)).unwrap();
            assert!(image(first.path()).starts_with(b"\x89PNG"));
            assert!(image(first.path()) == image(second.path()), "{name} differs in {dimension}D at {degrees}°");
        }
    }
}

/// A title as long as a book takes a dozen measurements of texts of bounded length, and a picture is drawn under it.
#[test]
fn a_long_title_takes_bounded_work() {
    let title = "ψ".repeat(100_000);
    let (mut asked, mut longest) = (0, 0);
    let mut narrower = |text: &str, most: usize| {
        (asked, longest) = (asked + 1, longest.max(text.chars().count()));
        Ok::<bool, ()>(text.chars().count() <= most)
    };
    for most in [1, 2, 57, 311] {
        let kept = longest_fitting(&title, |text| narrower(text, most)).unwrap();
        assert_eq!(kept, format!("{}…", "ψ".repeat(most - 1)));
    }
    for (text, expected) in [("four", "four"), ("f\u{7}our", "four"), ("fours", "fou…"), ("", "")] {
        assert_eq!(longest_fitting(text, |text| narrower(text, 4)).unwrap(), expected);
    }
    assert!(asked <= 8 * 16 && longest <= 2000, "{asked} measurements, the longest of {longest} characters");
    let mut case = double_well(1, [40, 1], 0.1, 0.0);
    case.config.title = title;
    let folder = Folder::new("plot-title");
    let drawn =
        draw(&FigureData::solved(&case.solved(), &summary(&case.solved())), folder.path(), &Look::default()).unwrap();
    assert!(!drawn.is_empty());
}

/// The committor, the probabilities of hitting several sets, the network and the spectrum of a run are drawn in both
/// dimensions and on a turned grid, and the file alone gives the same pictures.
#[test]
fn a_result_file_redraws_the_committor_and_the_network() {
    let cases = [
        (1, "[-2]", "[2]", "[60]", "'axes'", "abs(x) < 0.3"),
        (2, "[-2, -1]", "[2, 1]", "[40, 30]", "20.0", "x^2 + (y - 0.5)^2 < 0.1"),
    ];
    for (dimension, lower, upper, cells, align, third) in cases {
        let text = format!(
            "landscape = {{ kind = 'double-well', dimension = {dimension} }}
            noise = {{ kind = 'isotropic', temperature = 0.15 }}
            domain = {{ lower = {lower}, upper = {upper} }}
            grid = {{ cells = {cells}, align = {align} }}
            committor = {{ sets = [ {{ set = 'x < -0.8' }}, {{ set = 'x > 0.8' }}, {{ set = '{third}' }} ] }}
            solve = {{ quantities = ['committor', 'network', 'spectrum'], error_estimate = false }}"
        );
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        let problem = config.problem().unwrap();
        let solution = study::run(&problem, &config.request, &Progress::default()).unwrap();
        let setting = Setting::new(&config, &problem, std::time::UNIX_EPOCH, 1);
        let solved = Solved { setting, solution: &solution };
        let (first, second) = (Folder::new("plot-paths-run"), Folder::new("plot-paths-file"));
        let found = summary(&solved);
        let drawn = draw(&FigureData::solved(&solved, &found), first.path(), &Look::default()).unwrap();
        let mut pictures = vec!["committor.png", "hitting.png", "network.png", "spectrum.png", "eigenfunctions.png"];
        pictures.extend((dimension == 2).then_some("isocommittor.png"));
        assert!(pictures.iter().all(|name| drawn.contains(&first.path().join(name))), "{drawn:?}");
        let file = second.path().join("result.h5");
        write_result(&file, &config, &found, &solved.groups()).unwrap();
        draw(&FigureData::stored(&read(&file).unwrap()), second.path(), &Look::default()).unwrap();
        let image = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
        assert!(pictures.iter().all(|name| image(first.path(), name) == image(second.path(), name)));
    }
}

#[test]
fn what_was_not_asked_for_is_not_drawn() {
    let mut case = double_well(2, [20, 20], 0.1, 0.0);
    case.remove(&STATIONARY);
    case.remove(&MEAN_FIRST_PASSAGE);
    case.solution.flux = None;
    let folder = Folder::new("plot-less");
    let found = summary(&case.solved());
    let drawn = draw(&FigureData::solved(&case.solved(), &found), folder.path(), &Look::default()).unwrap();
    assert_eq!(drawn, ["landscape.png", "quasi-stationary.png"].map(|name| folder.path().join(name)));
}

#[test]
fn odd_fields_are_drawn_without_panic() {
    // Constant, all NaN, or all 0: nothing to scale an axis by.
    for value in [0.0, 1.0, f64::NAN, 1e300] {
        for dimension in [1, 2] {
            let mut case = double_well(dimension, [12, 10], 0.1, 0.0);
            for kind in [LOSS, QUASI_STATIONARY, MEAN_FIRST_PASSAGE] {
                case.values(&kind).fill(value);
            }
            case.solution.flux.as_mut().unwrap().density.fill(value);
            let folder = Folder::new("plot-odd");
            let found = summary(&case.solved());
            draw(&FigureData::solved(&case.solved(), &found), folder.path(), &Look::default()).unwrap();
        }
    }
}
