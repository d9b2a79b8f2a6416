"""Escape rates on a line by inverse iteration on Green's operator, in 40 digits: no grid, and nothing of the program.

u = 𝓖f solves −𝓛u = f by two running integrals. Panels carry Gauss–Legendre nodes, and the answer is given with the change from
panels to their halves.
"""

import functools

import mpmath
import sympy
from mpmath import mp, mpf

from posed import X

mp.dps = 40
NODES = 20
# Rise of the effective potential over a panel.
RISE = mpf(2)


@functools.cache
def rule():
    """Nodes and weights on [0, 1], and the weights of ∫₀^{t_k}."""
    n = NODES
    roots = []
    for k in range(n):
        x = mpmath.cos(mpmath.pi * (k + mpf(3) / 4) / (n + mpf(1) / 2))
        for _ in range(100):
            p0, p1 = mpf(1), x
            for j in range(2, n + 1):
                p0, p1 = p1, ((2 * j - 1) * x * p1 - (j - 1) * p0) / j
            slope = n * (x * p1 - p0) / (x * x - 1)
            step = p1 / slope
            x -= step
            if abs(step) < mpf(10) ** (-mp.dps + 5):
                break
        roots.append((x, 2 / ((1 - x * x) * slope * slope)))
    roots.sort()
    nodes = [(1 + x) / 2 for x, _ in roots]
    weights = [w / 2 for _, w in roots]
    running = []
    for end in nodes:
        row = []
        for own in range(n):
            total = mpf(0)
            for t, w in zip(nodes, weights):
                value = mpf(1)
                for other in range(n):
                    if other != own:
                        value *= (end * t - nodes[other]) / (nodes[own] - nodes[other])
                total += end * w * value
            row.append(total)
        running.append(row)
    return nodes, weights, running


class Line:
    """A process on an interval: L′ over D, and where it reflects or absorbs."""

    def __init__(self, posed):
        lam = lambda e: sympy.lambdify(X, e, "mpmath")
        d = posed.tensor[0]
        self.ends = [mpf(posed.lower[0]), mpf(posed.upper[0])]
        self.absorbs = [w == "absorbing" for w in posed.walls[0]]
        self.diffusion = lam(d)
        self.potential = lam(posed.loss / d) if posed.constant_noise is not None and posed.loss is not None else None
        self.force = None if self.potential else lam(sympy.simplify(posed.slope[0] / d))
        power = {"ito": (0, 1), "isothermal": (1, 0), "stratonovich": (mpf(1) / 2, mpf(1) / 2)}[posed.interpretation]
        self.weights = power
        self.breaks = kinks(posed)

    def panels(self, rise):
        """Edges of panels over which the effective potential rises by no more than `rise`."""
        edges = sorted({self.ends[0], self.ends[1], *[b for b in self.breaks if self.ends[0] < b < self.ends[1]]})
        found = []
        for a, b in zip(edges, edges[1:]):
            pieces = 64
            marks = [a + (b - a) * k / pieces for k in range(pieces + 1)]
            for lo, hi in zip(marks, marks[1:]):
                inner = [lo + (hi - lo) * mpf(s) for s in ("0.01", "0.25", "0.5", "0.75", "0.99")]
                if self.potential:
                    values = [self.potential(s) for s in inner]
                    change = sum(abs(q - p) for p, q in zip(values, values[1:]))
                else:
                    change = max(abs(self.force(s)) for s in inner) * (hi - lo)
                parts = max(1, int(mpmath.ceil(change / rise)))
                found += [(lo + (hi - lo) * k / parts, lo + (hi - lo) * (k + 1) / parts) for k in range(parts)]
        return found

    def rate(self, rise):
        """γ, and the height of the potential over its lowest point on the way to what absorbs."""
        nodes, weights, running = rule()
        panels = self.panels(rise)
        fdot = mp.fdot
        phi_start, up, down = mpf(0), [], []
        heights = []
        for a, b in panels:
            h = b - a
            places = [a + h * t for t in nodes]
            if self.potential:
                phi = [self.potential(s) for s in places]
            else:
                force = [self.force(s) for s in places]
                phi = [phi_start + h * fdot(force, row) for row in running]
                phi_start += h * fdot(force, weights)
            heights.append(phi)
            d = [self.diffusion(s) for s in places]
            m, w = self.weights
            up.append([mpmath.exp(p) / q**m for p, q in zip(phi, d)])
            down.append([mpmath.exp(-p) / q**w for p, q in zip(phi, d)])
        widths = [b - a for a, b in panels]
        u = [[mpf(1)] * NODES for _ in panels]
        rate, last = mpf(0), None
        for _ in range(400):
            v = self.green(u, up, down, widths)
            top = fsum2(widths, weights, down, v, u)
            bottom = fsum2(widths, weights, down, v, v)
            rate = top / bottom
            largest = max(max(row) for row in v)
            u = [[value / largest for value in row] for row in v]
            if last is not None and abs(rate / last - 1) < mpf(10) ** -24:
                break
            last = rate
        return rate, self.barrier(heights)

    def green(self, f, up, down, widths):
        """u = 𝓖f at the nodes."""
        nodes, weights, running = rule()
        fdot = mp.fdot
        # The flux through each node but for a constant, and ∫ up·flux, ∫ up.
        total, flux = mpf(0), []
        for h, row, density in zip(widths, f, down):
            source = [p * q for p, q in zip(row, density)]
            flux.append([total + h * fdot(source, r) for r in running])
            total += h * fdot(source, weights)
        constant = mpf(0)
        if self.absorbs[0] and self.absorbs[1]:
            whole = sum(h * fdot([p * q for p, q in zip(r, s)], weights) for h, r, s in zip(widths, up, flux))
            plain = sum(h * fdot(r, weights) for h, r in zip(widths, up))
            constant = whole / plain
        elif self.absorbs[0]:
            constant = total
        # u' = −up·(flux − constant), from the absorbing end.
        moves = [[r * (s - constant) for r, s in zip(row, fl)] for row, fl in zip(up, flux)]
        result, u = [], mpf(0)
        if self.absorbs[0]:
            for h, move in zip(widths, moves):
                result.append([u - h * fdot(move, r) for r in running])
                u -= h * fdot(move, weights)
            return result
        for h, move in zip(reversed(widths), reversed(moves)):
            whole = h * fdot(move, weights)
            result.append([u + whole - h * fdot(move, r) for r in running])
            u += whole
        return result[::-1]

    def barrier(self, heights):
        """Of the potential: from its bottom to the lowest pass towards what absorbs."""
        flat = [value for row in heights for value in row]
        low = min(range(len(flat)), key=lambda k: flat[k])
        passes = []
        if self.absorbs[0]:
            passes.append(max(flat[: low + 1]))
        if self.absorbs[1]:
            passes.append(max(flat[low:]))
        return min(passes) - flat[low]


def fsum2(widths, weights, density, u, v):
    """∫ p u v."""
    one = (h * mp.fdot(weights, [a * b * c for a, b, c in zip(p, r, s)]) for h, p, r, s in zip(widths, density, u, v))
    return mp.fsum(one)


def kinks(posed):
    """Where an argument of |·| or of a step changes sign."""
    found = []
    for expression in [posed.loss, *posed.slope[:1], posed.tensor[0]]:
        if expression is None:
            continue
        for atom in expression.atoms(sympy.Abs, sympy.Heaviside):
            argument = sympy.lambdify(X, atom.args[0], "mpmath")
            a, b = mpf(posed.lower[0]), mpf(posed.upper[0])
            marks = [a + (b - a) * k / 2000 for k in range(2001)]
            for lo, hi in zip(marks, marks[1:]):
                one, other = argument(lo), argument(hi)
                if one == 0:
                    found.append(lo)
                elif one * other < 0:
                    found.append(mpmath.findroot(argument, (lo, hi), solver="anderson", tol=mpf(10) ** -45))
    return sorted(set(found))


def solve(posed):
    """(γ, relative uncertainty, barrier) from panels and from their halves."""
    line = Line(posed)
    coarse, _ = line.rate(RISE)
    fine, barrier = line.rate(RISE / 2)
    return fine, abs(coarse / fine - 1) + mpf(10) ** -24, barrier
