"""The turns as Markdown and as JSON."""

import datetime
import math
from statistics import median

from report import paragraph, spread
from setting import CONTENDERS, DIRECT, PAGE, PAGES_PERCENT, ROWS

QUANTILES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1}


def quantiles(latencies):
    """Milliseconds, by nearest rank; None of none."""
    ordered = sorted(latencies)
    if not ordered:
        return dict.fromkeys(QUANTILES)
    return {name: round(ordered[math.ceil(q * len(ordered)) - 1] / 1e3, 3)
            for name, q in QUANTILES.items()}


def summary(turns):
    """The figures of a contender over all its turns."""
    answered = sum(len(turn.latencies) for turn in turns)
    failed = sum(turn.failed for turn in turns)
    merged = [latency for turn in turns for latency in turn.latencies]
    return {"requests": answered + failed, "errors": failed,
            "error_rate": failed / (answered + failed) if answered + failed else None,
            "requests_per_second": round(answered / sum(turn.seconds for turn in turns), 1),
            **quantiles(merged),
            "p99_ms_by_round": [quantiles(turn.latencies)["p99_ms"] for turn in turns]}


def p99_beside(found, name, other):
    """Round by round, how much the one's p99 is above the other's, milliseconds."""
    pairs = zip(found[name]["p99_ms_by_round"], found[other]["p99_ms_by_round"])
    return [a - b for a, b in pairs if a is not None and b is not None]


def shown(value, form):
    return "-" if value is None else format(value, form)


def table(found):
    lines = ["| | p50 ms | p95 ms | p99 ms | max ms | p99 adds, ms | requests/s | errors |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for name, figures in found.items():
        latencies = " | ".join(shown(figures[key], ".2f") for key in QUANTILES)
        adds = "" if name == DIRECT else shown(figures["p99_added_ms"], ".2f")
        lines.append(f"| {name} | {latencies} | {adds} | {figures['requests_per_second']:.0f} "
                     f"| {shown(figures['error_rate'], '.3%')} |")
    return "\n".join(lines)


def verdict(found):
    above = p99_beside(found, "balancer", "nginx")
    errors = found["balancer"]["errors"]
    if not above:
        return "**Fail**: no round was answered."
    word = "Pass" if median(above) < 0 and errors == 0 else "Fail"
    lower = sum(difference < 0 for difference in above)
    return (f"**{word}**: {errors} errors; p99 is above nginx's of the same round by {spread(above)} "
            f"ms, and was below it in {lower} of {len(above)} rounds. The goal is no error, and less "
            "than 0 ms.")


def page(results, machine, versions):
    """(Markdown, JSON) of [(mode, load, {contender: turns})]."""
    sections, figures = [], []
    for mode, load, turns in results:
        found = {name: summary(turns[name]) for name in CONTENDERS}
        for name in CONTENDERS:
            if name != DIRECT:
                added = p99_beside(found, name, DIRECT)
                found[name]["p99_added_ms"] = round(median(added), 3) if added else None
            figures.append({"mode": mode.name, "load": load.name, "contender": name,
                            "clients": load.clients, "rounds": load.rounds,
                            "seconds_a_round": load.seconds, **found[name]})
        about = paragraph(f"{mode.title}. {mode.db_pool} connections to the database. {load.title} "
                          f"each, in {load.rounds} turns.")
        sections.append(f"## {mode.name}, {load.name}\n\n{about}\n\n{table(found)}\n\n"
                        f"{verdict(found)}\n")
    date = str(datetime.date.today())
    programs = ", ".join(f"{name} {version}" for name, version in versions.items())
    head = f"""# The users API, straight and through balancers

Written by `make bench-users`.

- date: {date}
- machine: {machine}
- versions: {programs}

{paragraph(f'''`test-backend` serves {ROWS} users from PostgreSQL on the same machine.
{100 - PAGES_PERCENT} % of the requests are `GET /users/ID`, {PAGES_PERCENT} % a page of {PAGE}; ids
and pages are drawn once and sent in the same order to all. Each client keeps its connection and
sends its next request when it has the answer. The contenders take turns in rounds, in random order;
the quantiles are of all turns together. What is added to p99 is the difference from the direct turn
of the same round, the median of all rounds; in the verdicts stands, in brackets, also the middle
half. The balancer is the native front end; it and its rivals keep their connections to the backend,
limit each client's rate (nobody reaches the limit) and add X-Forwarded-For. The
configurations stand in `scripts/bench-users`.''')}
"""
    return (head + "\n" + "\n".join(sections),
            {"date": date, "machine": machine, "versions": versions, "users": ROWS,
             "pages_percent": PAGES_PERCENT, "page": PAGE, "results": figures})
