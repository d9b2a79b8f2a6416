"""Makes docs/stated-errors.md: the stated discretisation error of every problem with a certificate, on several grids, against its true error.

    python scripts/stated_errors.py target/release/saddleflux

Solutions are kept in output/stated-errors/ and found again while the configuration is the same; remove that folder to begin anew.
"""

import hashlib
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "configs/reference"
KEPT = ROOT / "output/stated-errors"
# Of the programs that solved; solutions are kept.
COMMITS = set()
GRIDS = {1: [[50], [100], [200], [400]], 2: [[32, 32], [64, 64], [128, 128]]}

HEAD = """# Stated errors against certificates

`discretisation_error` is an estimate from grids; the [reference collection](reference.md) knows the rates. Every problem with a certificate, on
{grids} cells: the true relative error of `value`, and the stated one over it. A stated error covers where that quotient is 1 or more (the
uncertainty of the known rate apart). Made by `python scripts/stated_errors.py PROGRAM`.

{summary}

Each entry: true error, × stated over true; **bold** where it does not cover; — where the program refuses the grid.
"""


def main():
    """All problems with certificates on all grids."""
    program = sys.argv[1]
    rows = [row for row in json.loads((FOLDER / "rates.json").read_text())["problems"] if row["certified"] == "certificate"]
    found = {row["problem"]: [judged(row, program, cells) for cells in GRIDS[row["dimension"]]] for row in rows}
    lines = []
    for dimension, title in ((1, "One dimension"), (2, "Two dimensions")):
        grids = GRIDS[dimension]
        head = " | ".join("×".join(map(str, cells)) for cells in grids)
        lines += [f"\n## {title}\n", f"| problem | {head} |", "|---" * (len(grids) + 1) + "|"]
        for row in rows:
            if row["dimension"] == dimension:
                lines.append(f"| {row['problem']} | " + " | ".join(entry(one) for one in found[row["problem"]]) + " |")
        lines.append(f"<!-- made at {', '.join(sorted(COMMITS))} by `python scripts/stated_errors.py PROGRAM` -->")
    grids = " and ".join(", ".join("×".join(map(str, cells)) for cells in grids) for grids in GRIDS.values())
    text = HEAD.format(grids=grids, summary=summary(rows, found)) + "\n".join(lines) + "\n"
    (ROOT / "docs/stated-errors.md").write_text(text)


def judged(row, program, cells):
    """(true error, stated error, uncertainty of the rate), or None where the program refuses."""
    path = FOLDER / f"{row['problem']}.toml"
    options = ["--set", f"grid.cells={cells}", "--set", 'solve.quantities=["rate"]']
    key = hashlib.sha256(path.read_bytes() + repr(options).encode()).hexdigest()[:16]
    kept = KEPT / f"{row['problem']}-{key}.json"
    if not kept.exists():
        command = [program, "run", str(path), "--json", "--no-plots", "--out", str(KEPT / "last"), *options]
        done = subprocess.run(command, capture_output=True, text=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(done.stdout if done.returncode == 0 else json.dumps({"refused": done.stderr.strip()}))
    solved = json.loads(kept.read_text())
    if "refused" in solved:
        return None
    COMMITS.add(solved.get("provenance", {}).get("commit", "an unknown commit")[:7])
    rate = solved["rate"]["quasi_stationary"]
    low, high = row["log_rate"]
    # Differences of logarithms lose digits at cold rates: ordinary numbers where there are any.
    if "rate" in row:
        known = row["rate"]
        apart = rate["value"] / (known[0] + 0.5 * (known[1] - known[0])) - 1
        width = 0.5 * (known[1] / known[0] - 1)
    else:
        apart = math.expm1(rate["log_value"] - 0.5 * (low + high))
        width = 0.5 * (high - low) + 4e-16 * abs(low)
    return abs(apart), rate["discretisation_error"], width


def covers(one):
    """Whether the stated error is large enough."""
    error, stated, width = one
    return error <= stated + width


def entry(one):
    """A cell of the table."""
    if one is None:
        return "—"
    error, stated, width = one
    if error <= width:
        return f"< {width:.0e}, states {stated:.0e}"
    text = f"{error:.0e} × {stated / error:.2g}"
    return text if covers(one) else f"**{text}**"


def summary(rows, found):
    """How often it covers, and how far it overshoots."""
    lines = []
    for dimension, title in ((1, "one dimension"), (2, "two dimensions")):
        own = [one for row in rows if row["dimension"] == dimension for one in found[row["problem"]] if one]
        right = sum(map(covers, own))
        ratios = [stated / error for error, stated, width in own if error > 10 * width]
        quartiles = statistics.quantiles(ratios, n=10)
        lines.append(
            f"- In {title}: {right} of {len(own)} cover. Stated over true: {quartiles[4]:.2g} in the middle, {quartiles[0]:.2g} and "
            f"{quartiles[8]:.2g} a tenth from either end, {min(ratios):.2g} at the least."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
