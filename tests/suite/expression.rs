//! Formulas: precedence, derivatives, and messages that point at the fault.

use proptest::prelude::*;
use saddleflux::problem::expression::{Condition, Expression, ExpressionError};

fn at(text: &str, x: f64, y: f64) -> f64 {
    match Expression::parse(text, 2) {
        Ok(expression) => expression.value([x, y]),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn precedence_is_what_people_expect() {
    for (text, expected) in [
        ("-x^2", -9.0),
        ("2^3^2", 512.0),
        ("2^-1", 0.5),
        ("1e-3*x", 0.003),
        ("2*-x", -6.0),
        ("-2^2", -4.0),
        ("2**3", 8.0),
        ("12/2/3", 2.0),
        ("1 - 2 - 3", -4.0),
        ("2 + 3*4", 14.0),
        ("--x", 3.0),
        ("exp(-x^2)", (-9.0f64).exp()),
        ("sin(x)^2", 3f64.sin().powi(2)),
        ("e^1 + pi", std::f64::consts::E + std::f64::consts::PI),
        ("max(x, y) - min(x, y)", 1.0),
        ("abs(-x) + sign(-y) + sqrt(y)", 3.0 - 1.0 + 2f64.sqrt()),
        (".5e1*x", 15.0),
        ("x^0.5", 3f64.sqrt()),
        ("(-x)^3", -27.0),
        ("2^y^0", 2.0),
        ("log10(1000) + log2(8)", 6.0),
        ("erf(0.5) + erfc(0.5)", 1.0),
        ("erf(1)", 0.8427007929497149),
        ("atan2(y, x)", 2f64.atan2(3.0)),
        ("2e", f64::NAN),
    ] {
        if expected.is_nan() {
            assert!(Expression::parse(text, 2).is_err(), "{text}");
        } else {
            assert_relative_eq!(at(text, 3.0, 2.0), expected, max_relative = 1e-15);
        }
    }
}

const FORMULAS: [&str; 17] = [
    "(x^2 - 1)^2 + y^2",
    "x^3*y - 2*x*y^2 + 1/(2 + x^2)",
    "exp(-x^2 - y^2)*sin(3*x)",
    "log(2 + x^2*y^2) + sqrt(3 + x)",
    "tanh(x*y) + atan(y/2) + cosh(x/3)",
    "x^2.5*cos(y) + x^y",
    "(x + 2)^(y + 1)",
    "atan2(y + 3, x + 2)",
    "max(x*2, y) + min(x, -y)*3",
    "abs(x - 5)*y + asin(x/4) - acos(y/5)",
    "tan(x/3) - sinh(y)",
    "-x^-2 + y/(x + y)",
    "1e-3*x^4*y^4",
    "step(x)*x^2 + heaviside(-y)",
    "(x - y)^7",
    "2^x - 3^(x*y)",
    "erf(x - y) - erfc(x*y)*log10(x + y) + log2(y)",
];

proptest! {
    #![proptest_config(crate::cases(60))]

    #[test]
    fn derivatives_are_exact(x in 0.3..2.0f64, y in 0.2..1.9f64) {
        for text in FORMULAS {
            let expression = Expression::parse(text, 2).unwrap();
            let jet = expression.jet([x, y]);
            prop_assert_eq!(jet.value, expression.value([x, y]));
            prop_assert_eq!(jet.gradient, expression.gradient([x, y]));
            let h = 1e-5;
            let slope = |dx: f64, dy: f64| {
                let (up, down) = (expression.value([x + dx, y + dy]), expression.value([x - dx, y - dy]));
                (up - down) / (2.0 * h)
            };
            let kink = text.contains("max") && ((2.0 * x - y).abs() < 1e-3 || (x + y).abs() < 1e-3);
            if !kink {
                let scale = 1e-8 * (1.0 + jet.value.abs() + jet.hessian.xx.abs() + jet.hessian.yy.abs()) * 100.0;
                prop_assert!((slope(h, 0.0) - jet.gradient[0]).abs() < scale, "{text} x {x} {y}");
                prop_assert!((slope(0.0, h) - jet.gradient[1]).abs() < scale, "{text} y {x} {y}");
                let (up, down) = (expression.gradient([x + h, y]), expression.gradient([x - h, y]));
                prop_assert!(((up[0] - down[0]) / (2.0 * h) - jet.hessian.xx).abs() < scale * 10.0, "{text} xx");
                prop_assert!(((up[1] - down[1]) / (2.0 * h) - jet.hessian.xy).abs() < scale * 10.0, "{text} xy");
            }
        }
    }

    #[test]
    fn no_text_panics(text in "[-+*/^()<>=., xyandorntsie0-9é]{0,40}") {
        let _ = Expression::parse(&text, 2).map(|expression| expression.jet([0.3, -0.7]));
        let _ = Condition::parse(&text, 2).map(|condition| condition.margin([0.3, -0.7]));
    }

    #[test]
    fn margins_agree_with_membership(x in -2.0..2.0f64, y in -2.0..2.0f64) {
        for text in ["x < 0.1", "x^2 + y^2 <= 1 and y > 0", "not (x > 1) or y < 0", "0 < x < 1",
            "(x + 1)^2 < 2 and (y > 0 or x > 1)", "((x)) < ((1))", "not x < 0 and not y < 0"] {
            let condition = Condition::parse(text, 2).unwrap();
            let margin = condition.margin([x, y]);
            if margin != 0.0 {
                prop_assert_eq!(condition.holds([x, y]), margin > 0.0, "{}", text);
            }
        }
    }
}

#[test]
fn integer_powers_hold_at_zero_and_below() {
    let cube = Expression::parse("x^3", 1).unwrap().jet([-2.0, 0.0]);
    assert_eq!((cube.value, cube.gradient[0], cube.hessian.xx), (-8.0, 12.0, -12.0));
    let square = Expression::parse("x^2", 1).unwrap().jet([0.0, 0.0]);
    assert_eq!((square.value, square.gradient[0], square.hessian.xx), (0.0, 0.0, 2.0));
}

#[test]
fn errors_point_at_the_fault() {
    for (text, place, words) in [
        ("x^4 - 2x^2", 7, "written with *"),
        ("x + ", 4, "ends where"),
        ("sin(x", 5, "closing )"),
        ("x + foo(x)", 4, "unknown"),
        ("cose(x)", 0, "did you mean `cos`"),
        ("x < 1", 2, "comparisons"),
        ("min(x)", 5, "second argument"),
        ("sin + 1", 0, "is a function"),
        ("x $ y", 2, "no meaning"),
        ("é + x", 0, "unknown"),
        ("", 0, "ends where"),
        ("x + z", 4, "known are"),
        ("log1(x)", 0, "did you mean"),
        ("x || y", 2, "`or`"),
        ("y = x^2", 2, "inequality"),
    ] {
        match Expression::parse(text, 2) {
            Err(ExpressionError { offset, fault, .. }) => {
                assert_eq!(offset, place, "{text}: {fault}");
                assert!(fault.to_string().contains(words), "{text}: {fault}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(Expression::parse("x*y", 1).unwrap_err().to_string().contains("one dimension"));
}

#[test]
fn deep_nesting_is_refused_in_no_time() {
    for piece in ["(", "-", "sin(", "2^", "not ", "not ("] {
        let text = piece.repeat(9_000 / piece.len());
        assert!(Expression::parse(&text, 2).is_err());
        assert!(Condition::parse(&text, 2).is_err());
    }
    // Parentheses around a formula are tried as a condition first: that must not double at each of them.
    let nested = format!("{}x{} < 1", "(".repeat(60), ")".repeat(60));
    assert!(Condition::parse(&nested, 2).unwrap().holds([0.0, 0.0]));
    assert!(Expression::parse(&"x".repeat(200_000), 2).is_err());
}

/// Poles between the points of any lattice are found; what is divided without growing beyond all bounds is none.
#[test]
fn poles_are_found_between_lattice_points() {
    let pole = |text: &str, dimension: usize| {
        Expression::parse(text, dimension).unwrap().pole([-2.0, -2.0], [1.7, if dimension == 1 { -2.0 } else { 2.3 }])
    };
    for (text, at) in [
        ("(x^2-1)^2 + 0.0001/(x + 0.513)", -0.513),
        ("(x^2-1)^2 + 1e-6/(x + 0.513)^2", -0.513),
        ("1/(x + 0.3)^2", -0.3),
        ("x + tan(x)", -std::f64::consts::FRAC_PI_2),
        ("abs(x - 0.1)^(-1)", 0.1),
    ] {
        let found = pole(text, 1).unwrap_or_else(|| panic!("{text}"));
        assert_relative_eq!(found[0], at, epsilon = 1e-7);
    }
    for text in ["(x^2-1)^2 + 1e-4/((x + 0.4321)^2 + (y - 0.3)^2)", "y + 1/(x - 0.3*y)", "x/(y - 0.77)"] {
        assert!(pole(text, 2).is_some(), "{text}");
    }
    for text in ["(x^2 - 1)/(x - 1)", "atan(1/x)", "1/(x^2 + 1e-3)", "1/(x - 1.8)", "x^2/(2 + sin(3*x))", "exp(-1/x^2)"]
    {
        assert_eq!(pole(text, 1), None, "{text}");
    }
    assert_eq!(pole("x*y/(x^2 + y^2 + 0.01)", 2), None);
}

/// A denominator with a narrow bent valley and no zero: the descent into it ends.
#[test]
fn a_narrow_valley_is_no_pole() {
    let text = "x^2 + y^2 + 0.1/(1e-3 + 1e7*(x - 0.37*y)^2 + (x + y - 0.11)^2)";
    let formula = Expression::parse(text, 2).unwrap();
    assert!(formula.pole([-1.0; 2], [1.0; 2]).is_none());
}
