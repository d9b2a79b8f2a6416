"""The table of the collection as a page of the documentation."""

HEAD = """# The reference collection

{count} escape rates against which a solver can be measured: `configs/reference/NAME.toml` poses each, `configs/reference/rates.json` has the
rates, and `saddleflux referee FILE` judges anybody's ([below](#the-referee)). Sorted by the barrier in units of the noise, lines first.

No rate stands on one leg. *certificate*: the program's own interval ([certificate.md](certificate.md)) and at least one route beside it that
agrees within what both claim. *two routes*: no certificate covers the problem, and two routes agree. The routes, named in rates.json with their
values, are

- on lines, inverse iteration on Green's operator in 40 digits (Python, nothing of the program);
- closed forms, and problems in the plane that are lines in other coordinates, in 40 digits;
- collocation at Chebyshev's points, for any tensor and drift, at barriers up to 24;
- the program's finite volumes, extrapolated, with their stated error.

A row goes by the exact digits where there are any, else by the certificate, else by the better of its two routes and no closer than those are to each
other. `python scripts/reference PROGRAM` makes rates.json and this page again, and ends where two routes disagree. "digits" is −log₁₀ of half the
relative width that is left open.

"""

TAIL = """
## The referee

```sh
saddleflux referee FILE.csv            # a table, referee.json and referee.png in output/FILE/
saddleflux referee configs/reference/peers.csv
```

FILE has the columns `problem` (a name of the table), `value` (the rate per unit of time), `error` (the claimed error of the value, relative;
empty where none is claimed) and `tool`. For each row: the digits that are right, −log₁₀ |value/rate − 1| against the middle of the interval and no
more than are known; and whether the claim covers: the interval [value(1 − error), value(1 + error)] meets that of the collection. peers.csv has
the values of public solvers as they come, made by `scripts/peers.py`.
"""


def text(rows, commit):
    """The page, made by the program of this commit."""
    lines = [HEAD.format(count=len(rows))]
    for dimension, title in ((1, "In one dimension"), (2, "In two dimensions")):
        lines.append(f"## {title}\n\n| problem | question | barrier | rate | digits | by |\n|---|---|---|---|---|---|\n")
        for row in rows:
            if row["dimension"] == dimension:
                by = row["certified"] if row["certified"] == "certificate" else "two routes: " + ", ".join(r["route"] for r in row["routes"])
                lines.append(
                    f"| [{row['problem']}](../configs/reference/{row['problem']}.toml) | {row['question']} | {row['barrier']:.3g} "
                    f"| {row['value']} | {row['digits']:.1f} | {by} |\n"
                )
        lines.append(f"<!-- made at {commit} by `python scripts/reference PROGRAM` -->\n\n")
    return "".join(lines).rstrip("\n") + "\n" + TAIL
