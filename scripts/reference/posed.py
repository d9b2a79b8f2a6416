"""A problem of the collection as formulas, read from its configuration without the program."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import sympy

X, Y = sympy.symbols("x y", real=True)

# The formulas behind `landscape.kind`, as docs/configuration.md has them.
KINDS = {
    "styblinski-tang": ("(x**4 - 16*x**2 + 5*x)/2", "(y**4 - 16*y**2 + 5*y)/2"),
    "double-well": ("(x**2 - 1)**2", "y**2"),
    "sharp-flat": ("sqrt(16)/8*(x**2 - 1)**2*exp(log(Rational(1,4))/2*tanh(x)/tanh(1))", "y**2"),
    "himmelblau": ("(x**2 + y - 11)**2 + (x + y**2 - 7)**2",),
    "three-hole": (
        "3*exp(-x**2 - (y - Rational(1,3))**2) - 3*exp(-x**2 - (y - Rational(5,3))**2)"
        " - 5*exp(-(x - 1)**2 - y**2) - 5*exp(-(x + 1)**2 - y**2) + x**4/5 + (y - Rational(1,3))**4/5",
    ),
    "muller-brown": (
        "-200*exp(-(x - 1)**2 - 10*y**2) - 100*exp(-x**2 - 10*(y - Rational(1,2))**2)"
        " - 170*exp(-Rational(13,2)*(x + Rational(1,2))**2 + 11*(x + Rational(1,2))*(y - Rational(3,2))"
        " - Rational(13,2)*(y - Rational(3,2))**2)"
        " + 15*exp(Rational(7,10)*(x + 1)**2 + Rational(6,10)*(x + 1)*(y - 1) + Rational(7,10)*(y - 1)**2)",
    ),
}


def formula(text):
    """A formula of a configuration; decimals become the fractions that they are."""
    names = {"x": X, "y": Y, "abs": sympy.Abs, "step": lambda s: sympy.Heaviside(s, sympy.Rational(1, 2)), "e": sympy.E}
    return sympy.sympify(str(text).replace("^", "**"), locals=names, rational=True)


def exact(number):
    """A number of a configuration as the double that the program reads."""
    return sympy.Rational(float(number))


@dataclass
class Posed:
    """Formulas, walls and noise of a problem."""

    name: str
    path: Path
    toml: dict
    dimension: int
    loss: object  # None for a drift
    slope: list  # −b
    tensor: list  # D11, D12, D22
    interpretation: str
    lower: list
    upper: list
    walls: list  # per axis "periodic" or a pair of "reflecting", "absorbing"

    @property
    def constant_noise(self):
        """d where D = d·I, else None."""
        d11, d12, d22 = self.tensor
        return d11 if not d11.free_symbols and d12 == 0 and (self.dimension == 1 or d11 == d22) else None


def read(path):
    """The problem of a configuration."""
    toml = tomllib.loads(Path(path).read_text())
    lower, upper = toml["domain"]["lower"], toml["domain"]["upper"]
    dimension = len(lower)
    variables = [X, Y][:dimension]
    loss, slope = _dynamics(toml["landscape"], variables)
    tensor = _tensor(toml["noise"], loss, variables)
    walls = toml["domain"].get("walls", {})
    reflecting = ["reflecting", "reflecting"]
    sides = [walls.get(axis, reflecting) for axis in "xy"[:dimension]]
    return Posed(
        Path(path).stem, Path(path), toml, dimension, loss, slope, tensor, toml["noise"].get("interpretation", "ito"), lower, upper, sides
    )


def _dynamics(landscape, variables):
    if "drift" in landscape:
        return None, [-formula(text) for text in landscape["drift"]]
    if landscape.get("kind") == "rotated-drift":
        loss = formula(landscape["of"]["expression"])
        c = exact(landscape["strength"])
        gradient = [sympy.diff(loss, v) for v in variables]
        return None, [gradient[0] + c * gradient[1], gradient[1] - c * gradient[0]]
    if landscape.get("kind") == "rotated-quadratic":
        return None, [sympy.nan, sympy.nan]
    if "expression" in landscape:
        loss = formula(landscape["expression"])
    else:
        parts = KINDS[landscape["kind"]]
        loss = sum(formula(part) for part in (parts if len(parts) == 1 else parts[: len(variables)]))
    return loss, [sympy.diff(loss, v) for v in variables]


def _tensor(noise, loss, variables):
    zero = sympy.Integer(0)
    if noise["kind"] == "isotropic":
        t = exact(noise["temperature"])
        return [t, zero, t]
    if noise["kind"] == "expression":
        return [formula(noise[key]) if key in noise else zero for key in ("d11", "d12", "d22")]
    if noise["kind"] == "hessian":  # of losses whose Hessian is diagonal
        factor = exact(noise["learning_rate"]) / (2 * exact(noise["batch_size"]))
        bends = [factor * sympy.Abs(sympy.diff(loss, v, 2)) + exact(noise.get("floor", 0)) for v in variables]
        return [bends[0], zero, bends[-1]]
    raise ValueError(f"no formula for noise {noise['kind']}")
