"""Makes configs/reference/rates.json and docs/reference.md: every problem of configs/reference by two routes or more.

    pip install mpmath gmpy2 numpy scipy sympy
    python scripts/reference target/release/saddleflux [NAME…]

Routes are kept in output/reference/ and found again while the configuration is the same; remove that folder to begin anew. A problem whose
routes do not agree within what they claim ends the script, and nothing is written.
"""

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path

from mpmath import mp, mpf

import barrier
import exact
import line
import page
import plane
import posed

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "configs/reference"
KEPT = ROOT / "output/reference"
# Cells of a second grid, where the program's own grid is all that there is beside a certificate.
REFINED = [512, 512]
# Barriers up to which collocation in double precision has digits.
HIGHEST = 24
# The uncertainty of closed forms.
EXACT = mpf(10) ** -20
# Digits that are written at most.
MOST_DIGITS = 18
# Of the programs that solved; solutions are kept.
COMMITS = set()


def main():
    """Routes of all problems, and what is written of them."""
    program, *names = sys.argv[1:] or [sys.exit(__doc__)]
    paths = sorted(FOLDER.glob("*.toml"))
    rows, faults = [], []
    for path in paths:
        if not names or path.stem in names:
            try:
                rows.append(row(posed.read(path), program))
            except Disagreement as fault:
                faults.append(str(fault))
    if faults:
        sys.exit("\n".join(faults))
    if names:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    rows.sort(key=lambda row: (row["dimension"], row["barrier"], row["problem"]))
    document = {
        "about": "Escape rates of the problems in configs/reference, per unit of time, made by scripts/reference. `rate`: between these two "
        "the rate lies; `log_rate`: natural logarithms of the two; `digits`: -log10 of half the relative width; `certified`: by the "
        "program's own certificate, or by two routes that share nothing but the problem. `barrier`: in units of the noise.",
        "problems": rows,
    }
    (FOLDER / "rates.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    (ROOT / "docs/reference.md").write_text(page.text(rows, ", ".join(sorted(COMMITS))))


def row(problem, program):
    """What the collection says of a problem."""
    routes, height = own_routes(problem)
    found = solved(problem, program, [])
    certificate = found.get("certificate")
    refined = not routes
    if certificate:
        low, high = (mpf(1) * mp.exp(mpf(log)) if "rate" not in certificate else mpf(certificate["rate"][k])
                     for k, log in enumerate(certificate["log_rate"]))
        routes.insert(0, ("certificate", (low + high) / 2, (high - low) / (high + low)))
        if refined:
            routes.append(grid(solved(problem, program, ["--set", f"grid.cells={REFINED}", "--set", 'solve.quantities=["rate"]']), REFINED))
    elif len(routes) < 2:
        routes.append(grid(found, problem.toml["grid"]["cells"]))
    agree(problem.name, routes)
    name, value, uncertainty = known(routes)
    low, high = value * (1 - uncertainty), value * (1 + uncertainty)
    question = problem.path.read_text().splitlines()[0].removeprefix("# ")
    is_ordinary = float(low) > 1e-300
    return {
        "problem": problem.name,
        "title": problem.toml["title"],
        "question": question,
        "dimension": problem.dimension,
        "barrier": float(mp.nstr(height, 4)),
        **({"rate": [outwards(low, 0), outwards(high, 1)]} if is_ordinary else {}),
        "log_rate": [float(mp.log(low)), float(mp.log(high))],
        "value": mp.nstr(value, min(MOST_DIGITS, int(-mp.log10(uncertainty)) + 2), strip_zeros=False),
        "digits": round(float(-mp.log10(max(uncertainty, mpf(10) ** -MOST_DIGITS))), 1),
        "certified": "certificate" if certificate else "two routes",
        "best": name,
        "routes": [
            {"route": route, "value": mp.nstr(v, min(MOST_DIGITS, int(-mp.log10(u)) + 4)), "uncertainty": float(mp.nstr(u, 4))}
            for route, v, u in routes
        ],
    }


def outwards(end, side):
    """The next double below (0) or above (1) an end, unless it is one."""
    near = float(end)
    is_inside = near > end if side == 0 else near < end
    return math.nextafter(near, -math.inf if side == 0 else math.inf) if is_inside else near


def known(routes):
    """The route that the row goes by: exact digits, else the certificate, else the better of two and no closer than they are to each other."""
    exact = [route for route in routes if "digits" in route[0] or route[2] <= EXACT]
    certified = [route for route in routes if route[0] == "certificate"]
    if exact or certified:
        return (exact or certified)[0]
    name, value, uncertainty = min(routes, key=lambda route: route[2])
    return name, value, max([uncertainty, *(abs(v / value - 1) for _, v, _ in routes)])


def own_routes(problem):
    """Routes that know nothing of the program, and the barrier."""
    key = hashlib.sha256(problem.path.read_bytes() + sources()).hexdigest()[:16]
    kept = KEPT / "routes" / f"{problem.name}-{key}.json"
    if not kept.exists():
        print(f"{problem.name}: routes", file=sys.stderr, flush=True)
        found = []
        if problem.dimension == 1:
            value, uncertainty, height = line.solve(problem)
            found.append(("Green's operator in 40 digits", value, uncertainty))
        else:
            height = mpf(barrier.plane(problem))
            candidates = (exact.closed(problem), exact.radial(problem), exact.axes(problem))
            found += [candidate for candidate in candidates if candidate]
            if not found and problem.toml["valley"]["set"] == "whole" and height < HIGHEST:
                value, uncertainty = plane.solve(problem)
                found.append(("collocation at Chebyshev's points", mpf(value), mpf(uncertainty)))
        kept.parent.mkdir(parents=True, exist_ok=True)
        text = [[name, mp.nstr(v, 30), mp.nstr(u, 5)] for name, v, u in found]
        kept.write_text(json.dumps({"routes": text, "barrier": mp.nstr(height, 8)}))
    stored = json.loads(kept.read_text())
    return [(name, mpf(v), mpf(u)) for name, v, u in stored["routes"]], mpf(stored["barrier"])


def sources():
    """The text of the routes."""
    return b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in ("posed", "line", "plane", "exact", "barrier"))


def solved(problem, program, options):
    """The program's summary."""
    key = hashlib.sha256(problem.path.read_bytes() + repr(options).encode()).hexdigest()[:16]
    kept = KEPT / "solved" / f"{problem.name}-{key}"
    if not (kept / "summary.json").exists():
        print(f"{problem.name}: {' '.join(options) or 'as posed'}", file=sys.stderr, flush=True)
        command = [program, "run", str(problem.path), "--quiet", "--no-plots", "--out", str(kept), *options]
        subprocess.run(command, check=True)
        (kept / "result.h5").unlink()
    summary = json.loads((kept / "summary.json").read_text())
    COMMITS.add(summary.get("provenance", {}).get("commit", "an unknown commit")[:7])
    return summary


def grid(summary, cells):
    """The program's extrapolated rate, or the plain one, with the stated error."""
    found = summary["rate"]["quasi_stationary"]
    value = found.get("extrapolated", found.get("value"))
    return f"finite volumes, {cells[0]} × {cells[1]} cells", mpf(value), mpf(found["discretisation_error"])


class Disagreement(Exception):
    """Two routes that are further apart than they claim, or one that stands alone."""


def agree(name, routes):
    """Refuses two routes that are further apart than they claim."""
    if len(routes) < 2:
        raise Disagreement(f"{name}: one route alone: {routes}")
    for k, (one, v, u) in enumerate(routes):
        for other, w, t in routes[k + 1 :]:
            apart = abs(v / w - 1)
            if apart > u + t:
                raise Disagreement(f"{name}: {one} and {other} are {mp.nstr(apart, 3)} apart and claim {mp.nstr(u, 2)} and {mp.nstr(t, 2)}")


if __name__ == "__main__":
    main()
