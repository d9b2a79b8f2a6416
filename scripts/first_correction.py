#!/usr/bin/env python3
"""The first correction to the capacity of a saddle in two dimensions, from the committor's equation (SymPy).

    python scripts/first_correction.py

L = -m s²/2 + l t²/2 + C + Q with cubic and quartic terms; with u = θ/√d, e = √d, h the committor of the saddle:

    Δh - ∇V·∇h = 0,   V = -m s²/2 + l t²/2 + e C + e² Q,   h = h0 + e h1 + e² h2,   h0' = √(m/2π) exp(-m s²/2)

Each h_k is exp(-m s²/2) times a polynomial, found by comparing coefficients. The capacity is the flux of h through the ridge s = 0,
∫ e^(-V) ∂h/∂s dt, divided by that of h0. src/formula/correction.rs has the same number from Dirichlet's principle.
"""
import sympy as sp

s, t = sp.symbols("s t", real=True)
m, l = sp.symbols("m l", positive=True)
a, b, c, d = sp.symbols("a b c d")
p, q, r, u, v = sp.symbols("p q r u v")
cubic = a * s**3 / 6 + b * s**2 * t / 2 + c * s * t**2 / 2 + d * t**3 / 6
quartic = p * s**4 / 24 + q * s**3 * t / 6 + r * s**2 * t**2 / 4 + u * s * t**3 / 6 + v * t**4 / 24


def applied(g):
    """exp(m s²/2) (Δ + m s ∂s - l t ∂t) (exp(-m s²/2) g)."""
    return sp.diff(g, s, 2) - m * s * sp.diff(g, s) - m * g + sp.diff(g, t, 2) - l * t * sp.diff(g, t)


def gradient(g):
    """∇(exp(-m s²/2) g), without the exponential."""
    return sp.diff(g, s) - m * s * g, sp.diff(g, t)


def solved(right, degree):
    """The polynomial g with applied(g) = right."""
    names = {(i, j): sp.Symbol(f"k{i}_{j}") for i in range(degree + 1) for j in range(degree + 1 - i)}
    g = sum(name * s**i * t**j for (i, j), name in names.items())
    equations = sp.Poly(sp.expand(applied(g) - right), s, t).coeffs()
    return sp.expand(g.subs(sp.solve(equations, list(names.values()), dict=True)[0]))


def dot(one, other):
    return sp.expand(one[0] * other[0] + one[1] * other[1])


of_cubic, of_quartic = [(sp.diff(f, s), sp.diff(f, t)) for f in (cubic, quartic)]
zeroth = (sp.Integer(1), sp.Integer(0))  # ∇h0, without √(m/2π) exp(-m s²/2)
g1 = solved(dot(of_cubic, zeroth), 2)
first = gradient(g1)
g2 = solved(dot(of_cubic, first) + dot(of_quartic, zeroth), 5)
second = gradient(g2)


def mean(f):
    """Over t with variance 1/l."""
    moments = lambda k: 0 if k % 2 else sp.factorial2(k - 1) / l ** (k // 2) if k else 1
    return sum(k * moments(power) for (power,), k in sp.Poly(sp.expand(f), t).terms())


ridge = {s: 0}
flux = second[0] - cubic * first[0] + cubic**2 / 2 - quartic
capacity = sp.factor(mean(sp.expand(flux).subs(ridge)))

x, w = 1 / m, 1 / l
mass = (
    sp.Rational(1, 2) * (sp.Rational(5, 12) * (a**2 * x**3 + d**2 * w**3) + sp.Rational(3, 4) * x * w * (b**2 * x + c**2 * w)
                         + x * w * (a * c * x + b * d * w) / 2)
    - (p * x**2 + 2 * r * x * w + v * w**2) / 8
)
adapted = a**2 * x**3 / 6 + b**2 * (x * w) ** 2 / (x + 2 * w) + c**2 * x * w**3 / (w + 2 * x) / 2 + (a * x + c * w) ** 2 * x / 4
difference = sp.simplify(capacity - (mass - adapted))
print("capacity, per d:", capacity)
print("minus that of src/formula/correction.rs:", difference)
assert difference == 0
