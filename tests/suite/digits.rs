//! Numbers in messages: significant digits in any unit, one coordinate on a line, and nothing that is no number.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::digits;
use saddleflux::problem::Linearisation;

use crate::folder::Folder;

/// The digits of a number, without sign, point, leading zeros and exponent.
fn digits_of(text: &str) -> String {
    let mantissa = text.split('e').next().unwrap();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').trim_end_matches('0').to_string()
}

proptest! {
    /// Another unit is another exponent. (Powers of two: in powers of ten the numbers themselves round.)
    #[test]
    fn any_unit_has_the_same_digits(value in 1.0f64..10.0, power in -200i32..200) {
        let six = format!("{value:.5e}");
        let scaled: f64 = format!("{}e{power}", six.split('e').next().unwrap()).parse().unwrap();
        for sign in [1.0, -1.0] {
            let text = digits::number(sign * scaled);
            prop_assert_eq!(digits_of(&text), digits_of(&six), "{}", &text);
            prop_assert!(text.len() <= 14, "{}", text);
            prop_assert_eq!(text.parse::<f64>().unwrap(), sign * scaled);
        }
        prop_assert_eq!(digits::exact(scaled).parse::<f64>().unwrap(), scaled);
        prop_assert!(digits::exact(scaled).len() <= 15);
    }
}

#[test]
fn numbers_as_they_are_written() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-18.75, "-18.75"),
        (4.3969e-12, "4.3969e-12"),
        (0.1 + 0.2, "0.3"),
        (999999.9, "1e6"),
        (0.001, "0.001"),
        (123456.0, "123456"),
    ] {
        assert_eq!(digits::number(value), text);
    }
    assert_eq!(digits::point([-1e-7, 3e8], 2), "(-1e-7, 3e8)");
    assert_eq!(digits::point([0.5, 3e8], 1), "0.5");
    assert_eq!(digits::exact(4.3969e-12), "4.3969e-12");
    assert_eq!(digits::exact(0.1), "0.1");
    assert_eq!([0.034, 55.7, 1e9].map(digits::percent), ["3 %", "5570 %", "1.0e11 %"]);
    assert_eq!([digits::cells([128, 1]), digits::cells([64, 48])], ["128", "64 × 48"]);
}

fn text_of(command: &str, configuration: &str) -> String {
    let folder = Folder::new("digits");
    let file = folder.path().join("scaled.toml");
    std::fs::write(&file, configuration).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_saddleflux"));
    program.args([command, "scaled.toml", "--no-plots"]).current_dir(folder.path());
    let output = program.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The line that begins with a word.
fn line(text: &str, word: &str) -> String {
    text.lines()
        .find(|line| line.trim_start().starts_with(word))
        .unwrap_or_else(|| panic!("{word}: {text}"))
        .to_string()
}

/// What is said of a landscape that is stretched by a factor: the same digits with other exponents.
#[test]
fn a_stretched_landscape_has_the_same_digits() {
    let posed = |stretch: &str| {
        format!(
            "landscape = {{ expression = '{stretch}^2*(((x/{stretch})^2 - 1.21)^2 + 0.31*(x/{stretch}))', dimension = 1 }}
             noise = {{ kind = 'expression', d11 = '0.2*{stretch}^2*(1 + 0.1*(x/{stretch})^2)' }}
             domain = {{ lower = [-2.3{exponent}], upper = [0.3{exponent}], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [60] }}",
            exponent = stretch.trim_start_matches('1')
        )
    };
    let numbers = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !(c.is_ascii_digit() || ".-e".contains(c)));
        words.filter(|word| word.parse::<f64>().is_ok()).map(digits_of).collect()
    };
    for command in ["check", "run"] {
        let of = |stretch: &str| text_of(command, &posed(stretch));
        let plain = of("1e0");
        let words = if command == "check" { ["start", "saddle "] } else { ["minimum", "saddle 0"] };
        for stretch in ["1e-9", "1e9"] {
            let scaled = of(stretch);
            assert!(!scaled.contains("NaN") && !scaled.contains("-0.000") && !scaled.contains("0.000000"), "{scaled}");
            for word in words {
                let (one, other) = (line(&plain, word), line(&scaled, word));
                let place = |line: &str| numbers(line.split("  ").find(|part| part.contains('.')).unwrap());
                assert_eq!(place(&one), place(&other), "{one} | {other}");
            }
        }
    }
}

/// A drift has a Jacobian, and no loss that is no number.
#[test]
fn a_drift_is_told_by_its_jacobian() {
    // dx/dt = −0.15 x − y, dy/dt = x − 0.15 y + …: a focus with −0.15 ± i.
    let posed = "landscape = { drift = ['-0.15*x - y', 'x - 0.15*y'] }
                 noise = { kind = 'isotropic', temperature = 0.01 }
                 domain = { lower = [-1, -1], upper = [1, 1], walls = { x = 'absorbing', y = 'absorbing' } }
                 grid = { cells = [24, 24] }";
    for command in ["check", "run"] {
        let text = text_of(command, posed);
        assert!(text.contains("Jacobian eigenvalues -0.15 ± 1i"), "{text}");
        assert!(!text.contains("NaN") && !text.contains("Hessian"), "{text}");
    }
    let config = Config::from_text(Path::new("t.toml"), posed, &[]).unwrap();
    let problem = config.problem().unwrap();
    match problem.minimum().unwrap().linearisation(2) {
        Linearisation::Jacobian(real, imaginary) => {
            assert_relative_eq!(real[0], -0.15, max_relative = 1e-12);
            assert_relative_eq!(imaginary, 1.0, max_relative = 1e-12);
        }
        other => panic!("{other:?}"),
    }
}

/// Messages on a line have one coordinate.
#[test]
fn messages_on_a_line_have_one_coordinate() {
    let posed = |landscape: &str, noise: &str, domain: &str| {
        text_of(
            "run",
            &format!(
                "landscape = {{ {landscape} }}
                 noise = {{ {noise} }}
                 domain = {{ lower = [-2e-7], upper = [1e-7], {domain} walls = {{ x = ['reflecting', 'absorbing'] }} }}
                 grid = {{ cells = [30] }}"
            ),
        )
    };
    let white = "kind = 'isotropic', temperature = 1e-14";
    for text in [
        posed("expression = 'log(x)', dimension = 1", white, ""),
        posed("drift = ['0']", "kind = 'expression', d11 = '-1'", ""),
        posed("drift = ['0']", white, ""),
        posed("drift = ['0']", white, "killing = 'x',"),
    ] {
        assert!(text.contains("e-7") || text.contains("e-8"), "{text}");
        assert!(!text.contains("e-7, 0") && !text.contains("0.000000") && !text.contains("(-2e-7"), "{text}");
    }
}

/// An absorbing wall on a fixed point without noise is no saddle that is crossed.
#[test]
fn a_wall_where_drift_and_noise_vanish_has_no_kramers_rate() {
    let config = Config::from_text(
        Path::new("t.toml"),
        "landscape = { drift = ['2*x*(1 - x)*(0.5 - x)'] }
         noise = { kind = 'expression', d11 = '0.05*x*(1 - x)' }
         domain = { lower = [0], upper = [1], walls = { x = 'absorbing' } }
         grid = { cells = [40] }",
        &[],
    )
    .unwrap();
    let absorption = config.problem().unwrap().valley.absorption.to_string();
    assert!(absorption.contains("drift and noise vanish together") && !absorption.contains("saddle"), "{absorption}");
}

/// A share without a bound is told in words.
#[test]
fn shares_are_told_in_per_cent() {
    assert_eq!(
        [0.031, 2.0, 1e3, f64::INFINITY, f64::NAN].map(digits::percent),
        ["3 %", "200 %", "1.0e5 %", "without a bound", "without a bound"]
    );
}

/// Walls that absorb besides the boundary of a set are named, but for the ends of an automatic domain.
#[test]
fn absorbing_walls_besides_a_set_are_named() {
    let said = |rest: &str| {
        let text = format!(
            "landscape = {{ kind = 'double-well', dimension = 2 }}
             noise = {{ kind = 'isotropic', temperature = 0.25 }}
             valley = {{ minimum = [-1, 0] }}
             {rest}"
        );
        Config::from_text(Path::new("t.toml"), &text, &[]).unwrap().problem().unwrap().valley.absorption.to_string()
    };
    let domain = |walls: &str| format!("domain = {{ lower = [-2.2, -2], upper = [2.2, 2], {walls} }}");
    let absorbing = said(&domain("walls = { y = ['absorbing', 'absorbing'] }"));
    assert!(
        absorbing.contains("basin of attraction") && absorbing.ends_with(", and at absorbing walls"),
        "{absorbing}"
    );
    let window = said(&domain("windows = [{ wall = 'x-lower', where = 'abs(y) < 0.1' }]"));
    assert!(window.ends_with(", and at windows in the walls"), "{window}");
    // That wall lies in another valley.
    let elsewhere = said(&domain("walls = { x = ['reflecting', 'absorbing'] }"));
    for other in [said(""), said(&domain("walls = { y = ['reflecting', 'reflecting'] }")), elsewhere] {
        assert!(!other.contains("walls"), "{other}");
    }
}

/// An end of the domain that is the set's own is no absorbing wall besides it; one that cuts the set is.
#[test]
fn ends_of_an_interval_are_no_walls_besides_it() {
    let said = |valley: &str, domain: &str| {
        let text = format!(
            "landscape = {{ expression = '(x^2 - 1)^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.1 }}
             valley = {{ {valley} }}
             domain = {{ {domain} }}"
        );
        Config::from_text(Path::new("t.toml"), &text, &[]).unwrap().problem().unwrap().valley.absorption.to_string()
    };
    for (valley, domain) in [
        ("minimum = [-1]", "lower = [-2]"),
        ("minimum = [1]", "upper = [2]"),
        ("half_width = 0.5", ""),
        ("minimum = [-1]", "lower = [-2], upper = [2], walls = { x = ['reflecting', 'absorbing'] }"),
    ] {
        let said = said(valley, domain);
        assert!(said.starts_with("killed on leaving the interval") && !said.contains("walls"), "{said}");
    }
    let cut = said("minimum = [-1]", "lower = [-1.5], walls = { x = ['absorbing', 'reflecting'] }");
    assert!(cut.ends_with(", and at absorbing walls"), "{cut}");
    // Nor is the side of a box with a periodic axis beside it.
    let rolled = "landscape = { expression = 'x^2 + cos(y)' }
        noise = { kind = 'isotropic', temperature = 0.1 }
        valley = { minimum = [0, 3.14], set = 'box', box = { lower = [-1, 1], upper = [1, 5] } }
        domain = { lower = [-1, 0], upper = [1, 6.283185307179586], walls = { x = ['absorbing', 'absorbing'], y = 'periodic' } }";
    let rolled = Config::from_text(Path::new("t.toml"), rolled, &[]).unwrap().problem().unwrap().valley.absorption;
    assert_eq!(rolled.walls, None);
}
