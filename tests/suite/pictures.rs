//! What stands in the pictures: their formats and sizes, ticks, lines and words, read from those that are vectors.

use std::fs;
use std::path::Path;

use crate::cli::{command, summary};
use crate::folder::Folder;
use crate::synthetic::double_well;
use saddleflux::config::Config;
use saddleflux::observe::field::LOSS;
use saddleflux::plot::{FigureData, Format, Look, draw};
use saddleflux::progress::Progress;
use saddleflux::study;

/// The texts of an SVG, in their order.
fn texts(svg: &str) -> Vec<String> {
    let pieces = svg.split("<text").skip(1).map(|piece| piece.split_once('>').unwrap().1);
    pieces.map(|piece| piece.split("</text>").next().unwrap().trim().to_string()).collect()
}

/// The numbers of an attribute, wherever it stands.
fn attribute<'a>(text: &'a str, name: &str) -> &'a str {
    text.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap()
}

fn vectors() -> Look {
    Look { formats: vec![Format::Svg], ..Look::default() }
}

/// Width and height of a PNG, and its pixels to a metre.
fn png(path: &Path) -> ([u32; 2], u32) {
    let bytes = fs::read(path).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let density = bytes.windows(4).position(|word| word == b"pHYs").unwrap();
    ([number(16), number(20)], number(density + 4))
}

/// A picture in vectors has the texts of the picture and its shape; a plane of colours lies within as pixels, in the
/// words of the standard.
#[test]
fn pictures_are_drawn_as_vectors_and_as_pixels() {
    let mut case = double_well(2, [40, 30], 0.1, 0.0);
    case.config.title = "a < b & \"c\"".into();
    let folder = Folder::new("pictures-formats");
    let found = saddleflux::io::summary(&case.solved());
    let look = Look { formats: vec![Format::Png, Format::Svg], ..Look::default() };
    let drawn = draw(&FigureData::solved(&case.solved(), &found), folder.path(), &look).unwrap();
    let (pixels, vectors): (Vec<_>, Vec<_>) = drawn.iter().partition(|path| path.extension().unwrap() == "png");
    assert_eq!(pixels.len(), vectors.len());
    for (png_path, svg_path) in pixels.into_iter().zip(vectors) {
        assert_eq!(png_path.with_extension("svg"), *svg_path);
        let svg = fs::read_to_string(svg_path).unwrap();
        let ([width, height], per_metre) = png(png_path);
        assert_eq!(per_metre, 5906);
        assert_eq!(attribute(&svg, "viewBox"), format!("0 0 {} {}", 2 * width, 2 * height));
        let inches = |name| attribute(&svg, name).strip_suffix("in").unwrap().parse::<f64>().unwrap();
        assert!((inches("width") - f64::from(width) / 150.0).abs() < 1e-3);
        assert!((inches("height") - f64::from(height) / 150.0).abs() < 1e-3);
        assert!(texts(&svg)[1].ends_with("a &lt; b &amp; &quot;c&quot;"), "{:?}", texts(&svg)[1]);
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }
    let landscape = fs::read_to_string(folder.path().join("landscape.svg")).unwrap();
    assert!(landscape.contains("href=\"data:image/png;base64,iVBORw0KGgo"));
}

/// A page of PDF has the size of the picture in points, its heading, one subset of the font with the letters behind its
/// glyphs, and the same bytes each time; it comes with every command that draws.
#[test]
fn pictures_are_pages_too() {
    let case = double_well(2, [40, 30], 0.1, 0.0);
    let found = saddleflux::io::summary(&case.solved());
    let look = Look { formats: vec![Format::Png, Format::Pdf], width: Some(85.0), ..Look::default() };
    let drawn = |name: &str| {
        let folder = Folder::new(name);
        draw(&FigureData::solved(&case.solved(), &found), folder.path(), &look).unwrap();
        let path = folder.path().join("landscape.pdf");
        let ([width, height], _) = png(&path.with_extension("png"));
        (fs::read(path).unwrap(), f64::from(height) / f64::from(width))
    };
    let (bytes, shape) = drawn("pictures-pages");
    assert!(bytes.starts_with(b"%PDF-1.") && bytes.trim_ascii_end().ends_with(b"%%EOF"));
    let text = String::from_utf8_lossy(&bytes);
    let size = text.split("/MediaBox [").nth(1).unwrap().split(']').next().unwrap();
    let size: Vec<f64> = size.split_whitespace().map(|number| number.parse().unwrap()).collect();
    assert_relative_eq!(size[2], 85.0 / 25.4 * 72.0, max_relative = 1e-4);
    assert_relative_eq!(size[3] / size[2], shape, max_relative = 5e-3);
    assert!(text.contains("/Title (Loss landscape)"), "{}", &text[..400]);
    for part in ["/FontFile2", "/ToUnicode", "DejaVuSans"] {
        assert!(text.contains(part), "{part}");
    }
    assert_eq!(bytes, drawn("pictures-pages-again").0);
}

/// `plot` draws from the file of each command what the command drew, to the bit.
#[test]
fn every_result_is_drawn_again() {
    let folder = Folder::new("pictures-again");
    fs::write(
        folder.path().join("a.toml"),
        "landscape = { kind = 'double-well', dimension = 1 }
        noise = { kind = 'hessian', learning_rate = 0.1, batch_size = 1, floor = 0.05 }
        domain = { lower = [-1.6], upper = [0], walls = { x = ['reflecting', 'absorbing'] } }
        grid = { cells = [64] }
        sgd = { learning_rates = [0.1, 0.05, 0.02] }
        converge = { cells = [16, 32, 64] }
        particles = { count = 200, exits = 100, seed = 1 }",
    )
    .unwrap();
    for (verb, file, own) in [
        ("run", "result.h5", vec!["sgd", "lives", "particles", "flux"]),
        ("converge", "convergence.h5", vec!["work-precision"]),
        ("simulate", "simulation.h5", vec!["simulation-lives", "simulation-particles"]),
    ] {
        let output = command(&[verb, "a.toml", "--quiet", "--out", verb], folder.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let output = command(&["plot", &format!("{verb}/{file}"), "--out", "again"], folder.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for name in own {
            let [drawn, again] =
                [verb, "again"].map(|place| fs::read(folder.path().join(place).join(format!("{name}.png"))).unwrap());
            assert!(drawn == again, "{verb} {name}");
        }
    }
}

/// Resolution and width change what they say, titles leave with the room that they took, and the drawing stays what it
/// is.
#[test]
fn resolution_width_and_titles_are_as_asked() {
    let case = double_well(1, [200, 1], 0.1, 0.0);
    let found = saddleflux::io::summary(&case.solved());
    let shape = |look: Look| {
        let folder = Folder::new("pictures-look");
        draw(&FigureData::solved(&case.solved(), &found), folder.path(), &look).unwrap();
        png(&folder.path().join("landscape.png"))
    };
    let ([plain, tall], density) = shape(Look::default());
    assert!((plain, density) == (1200, 5906) && (800..850).contains(&tall), "{plain} {tall} {density}");
    assert_eq!(shape(Look { dpi: 300, ..Look::default() }), ([2400, 2 * tall], 11811));
    // 100 mm at 300 pixels to an inch.
    let ([width, height], _) = shape(Look { dpi: 300, width: Some(100.0), ..Look::default() });
    assert!(width == 1181 && (f64::from(height) - f64::from(tall) * 1181.0 / 1200.0).abs() < 2.0, "{width} {height}");
    let ([width, height], _) = shape(Look { has_titles: false, ..Look::default() });
    assert!(width == 1200 && (tall - 100..tall).contains(&height), "{width} {height}");
    let folder = Folder::new("pictures-bare");
    let look = Look { has_titles: false, ..vectors() };
    draw(&FigureData::solved(&case.solved(), &found), folder.path(), &look).unwrap();
    let svg = fs::read_to_string(folder.path().join("landscape.svg")).unwrap();
    assert!(!svg.contains("Loss landscape") && texts(&svg).contains(&"absorbing".to_string()));
}

/// A loss that is zero everywhere has a scale of ordinary numbers, and scales within a decade have round ticks.
#[test]
fn ticks_are_round_numbers() {
    let mut case = double_well(2, [30, 30], 0.1, 0.0);
    case.values(&LOSS).fill(0.0);
    // Half a decade of flux, and a density over half a decade.
    for (k, density) in case.solution.flux.as_mut().unwrap().density.iter_mut().enumerate() {
        *density = 0.03 + 0.002 * (k % 20) as f64;
    }
    let folder = Folder::new("pictures-ticks");
    let found = saddleflux::io::summary(&case.solved());
    let drawn = draw(&FigureData::solved(&case.solved(), &found), folder.path(), &vectors()).unwrap();
    let flat = texts(&fs::read_to_string(folder.path().join("landscape.svg")).unwrap());
    // Below the two lines of title.
    assert!(flat[2..].iter().all(|text| !text.contains('⁻')), "{flat:?}");
    assert!(flat.contains(&"0.4".to_string()), "{flat:?}");
    for path in drawn {
        for text in texts(&fs::read_to_string(path).unwrap()) {
            let number = text.replace('−', "-").parse::<f64>();
            let digits =
                text.trim_matches(|c: char| !c.is_ascii_digit()).trim_start_matches(['0', '.']).replace('.', "");
            assert!(number.is_err() || digits.trim_end_matches('0').len() <= 2, "the tick {text}");
        }
    }
}

/// Minima and saddles beyond the axes are not drawn at their edges.
#[test]
fn what_lies_beyond_the_axes_is_not_drawn() {
    for (dimension, cells) in [(1, [200, 1]), (2, [40, 30])] {
        let mut case = double_well(dimension, cells, 0.1, 0.0);
        let circles = |case: &crate::synthetic::Case| {
            let folder = Folder::new("pictures-beyond");
            let found = saddleflux::io::summary(&case.solved());
            draw(&FigureData::solved(&case.solved(), &found), folder.path(), &vectors()).unwrap();
            fs::read_to_string(folder.path().join("landscape.svg")).unwrap().matches("<circle").count()
        };
        let before = circles(&case);
        let mut far = case.critical.minima[0].clone();
        far.theta[0] += 100.0;
        case.critical.minima.push(far);
        assert_eq!(circles(&case), before, "{dimension}D");
    }
}

/// Free diffusion leaves a disc at the same rate everywhere: no cell shows in the flux along its edge, and nothing of
/// the total is lost.
#[test]
fn the_flux_out_of_a_disc_is_even() {
    for (cells, degrees, tolerance) in [(64, 0.0, 0.02), (128, 0.0, 0.006), (128, 17.0, 0.01)] {
        let text = format!(
            "landscape = {{ expression = '0*x + 0*y' }}
            noise = {{ kind = 'isotropic', temperature = 1.0 }}
            domain = {{ lower = [-1.1, -1.1], upper = [1.1, 1.1] }}
            grid = {{ cells = [{cells}, {cells}], align = {degrees:?} }}
            valley = {{ set = 'x^2 + y^2 < 1' }}
            solve = {{ quantities = ['rate'], error_estimate = false }}"
        );
        let config = Config::from_text("disc.toml".as_ref(), &text, &[]).unwrap();
        let problem = config.problem().unwrap();
        let solution = study::run(&problem, &config.request, &Progress::default()).unwrap();
        let flux = solution.flux.unwrap();
        let width = flux.arc[1] - flux.arc[0];
        assert_relative_eq!(flux.density.iter().sum::<f64>() * width, flux.total, max_relative = 1e-12);
        let even = flux.total / std::f64::consts::TAU;
        let worst = flux.density.iter().map(|density| (density / even - 1.0).abs()).fold(0.0, f64::max);
        assert!(worst < tolerance, "{cells} cells at {degrees}°: {worst}");
        // The boundary itself, to the square of a cell.
        let cell = 2.2 / f64::from(cells);
        assert!(flux.position.iter().all(|[x, y]| (x.hypot(*y) - 1.0).abs() < cell * cell));
    }
}

/// `--format`, `--no-titles` and `--no-plots` reach what every command draws, and the page of a run holds each picture
/// once.
#[test]
fn every_command_that_draws_takes_the_look() {
    let folder = Folder::new("pictures-commands");
    fs::write(
        folder.path().join("a.toml"),
        "landscape = { kind = 'double-well', dimension = 1 }
        noise = { kind = 'isotropic', temperature = 0.2 }
        domain = { lower = [-2], upper = [0], walls = { x = ['reflecting', 'absorbing'] } }
        grid = { cells = [64] }
        converge = { cells = [16, 32, 64] }
        particles = { count = 200, exits = 100, seed = 1 }
        sweep = { parameters = { 'noise.temperature' = [0.1, 0.2] } }",
    )
    .unwrap();
    let pictures = |out: &str| -> Vec<String> {
        let names = fs::read_dir(folder.path().join(out)).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name.ends_with(".png") || name.ends_with(".svg"));
        names.sort();
        names
    };
    for (verb, expected) in [
        ("run", "flux"),
        ("converge", "work-precision"),
        ("simulate", "simulation-lives"),
        ("sweep", "rate-noise-temperature"),
    ] {
        let asked = |format: &[&str], out: &str| {
            let words = [&[verb, "a.toml", "--quiet", "--out", out], format].concat();
            let output = command(&words, folder.path());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        let (vectors, both, none) = (format!("{verb}-svg"), format!("{verb}-both"), format!("{verb}-none"));
        asked(&["--format", "svg", "--no-titles"], &vectors);
        asked(&["--format", "png,svg"], &both);
        asked(&["--no-plots"], &none);
        assert!(pictures(&vectors).contains(&format!("{expected}.svg")), "{:?}", pictures(&vectors));
        assert!(pictures(&vectors).iter().all(|name| name.ends_with(".svg")));
        assert_eq!(pictures(&both).len(), 2 * pictures(&vectors).len());
        assert!(pictures(&none).is_empty());
    }
    let page = fs::read_to_string(folder.path().join("run-both/report.html")).unwrap();
    let drawn = pictures("run-both").len() / 2;
    assert_eq!((page.matches("data:image/png").count(), page.matches("data:image/svg").count()), (drawn, 0));
    let page = fs::read_to_string(folder.path().join("run-svg/report.html")).unwrap();
    assert_eq!(page.matches("data:image/svg+xml;base64,").count(), drawn);
    let again = command(&["plot", "run-svg/result.h5", "--out", "again", "--format", "svg"], folder.path());
    assert!(again.status.success() && pictures("again").contains(&"flux.svg".to_string()));
    for wrong in [["--format", "gif"], ["--dpi", "20"], ["--width", "3"], ["--width", "wide"]] {
        let output = command(&[&["run", "a.toml"], &wrong[..]].concat(), folder.path());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    summary(&command(&["run", "a.toml", "--json", "--no-plots"], folder.path()));
}

/// The numbers in the points of the polygons filled with this colour, as pairs.
fn polygons(svg: &str, fill: &str) -> Vec<Vec<[f64; 2]>> {
    let tags = svg.split("<polygon").skip(1).map(|tag| tag.split('>').next().unwrap());
    let filled = tags.filter(|tag| attribute(tag, "fill") == fill);
    let corners = |tag: &str| {
        let pairs = attribute(tag, "points").split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let corner = |pair: &String| {
            let (x, y) = pair.split_once(',').unwrap();
            [x.parse().unwrap(), y.parse().unwrap()]
        };
        pairs.iter().map(corner).collect()
    };
    filled.map(corners).collect()
}

/// What turns about the middle of a disc leaves it evenly: between any two neighbours of the lines of the current is
/// the same angle.
#[test]
fn lines_of_the_current_are_spread_along_the_boundary() {
    let folder = Folder::new("pictures-disc");
    fs::write(
        folder.path().join("disc.toml"),
        "landscape = { expression = '0*x', dimension = 2 }
        noise = { kind = 'isotropic', temperature = 0.1 }
        domain = { lower = [-1.1, -1.1], upper = [1.1, 1.1] }
        valley = { set = 'x^2 + y^2 < 1' }
        grid = { cells = [48, 48] }",
    )
    .unwrap();
    let output = command(&["run", "disc.toml", "--quiet", "--format", "svg", "--out", "disc"], folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let svg = fs::read_to_string(folder.path().join("disc/current.svg")).unwrap();
    let middles: Vec<[f64; 2]> = polygons(&svg, "#222222")
        .iter()
        .map(|corners| [0, 1].map(|axis: usize| corners.iter().map(|at| at[axis]).sum::<f64>() / corners.len() as f64))
        .collect();
    assert_eq!(middles.len(), 24);
    let centre = [0, 1].map(|axis: usize| middles.iter().map(|at| at[axis]).sum::<f64>() / 24.0);
    let mut angles: Vec<f64> = middles.iter().map(|at| (at[1] - centre[1]).atan2(at[0] - centre[0])).collect();
    angles.sort_by(f64::total_cmp);
    angles.push(angles[0] + std::f64::consts::TAU);
    let even = std::f64::consts::TAU / 24.0;
    for pair in angles.windows(2) {
        assert!(((pair[1] - pair[0]) / even - 1.0).abs() < 0.25, "{angles:?}");
    }
}

/// Every mark of a landscape is named below it, and a title that is too long for one line takes two.
#[test]
fn marks_are_named_and_long_titles_are_whole() {
    let folder = Folder::new("pictures-marks");
    let title = "A title that is far too long to stand in one line beside the rate of escape that was found for it";
    fs::write(
        folder.path().join("line.toml"),
        format!(
            "title = '{title}'
            landscape = {{ expression = '(x^2 - 1)^2 + 0.2*x', dimension = 1 }}
            noise = {{ kind = 'isotropic', temperature = 0.1 }}
            domain = {{ lower = [-1.8], upper = [1.7] }}
            valley = {{ minimum = [-1], set = 'x < 0.3' }}
            grid = {{ cells = [64] }}"
        ),
    )
    .unwrap();
    let output = command(&["run", "line.toml", "--quiet", "--format", "svg", "--out", "line"], folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let svg = fs::read_to_string(folder.path().join("line/landscape.svg")).unwrap();
    let texts = texts(&svg);
    for word in ["minimum", "other minimum", "saddle", "absorbing", title] {
        assert!(texts.iter().any(|text| text == word), "{word}: {texts:?}");
    }
}
