"""The samples as Markdown."""

import datetime
import platform
import re
import textwrap
from pathlib import Path
from statistics import median, quantiles

from bench import BACKEND_CORE, CONTENDER_CORE, CORES, LOAD_CORE
from measures import MEASURES

SETTING = """
Every contender is one process on core {contender}; the load generator is on core {load}, the
backend on core {backend}. These two are small programs of this benchmark, because common ones cost
more than what is measured, and would bound it. The backend answers with 108 bytes. Where a command
below does not say it, there are 64 kept-alive connections, each of which sends its next request
when it has the answer. The balancer (`native` and `evhttp`, its front ends) has one worker, one
backend and the embedded store. `nginx` and `haproxy` do the same work: kept-alive upstream, a rate
limit by client address, X-Forwarded-For, -Proto and -Host, X-Request-ID both ways. `nginx-lean`
leaves the last three out. Nobody reaches a limit, and nobody writes an access log. The
configurations and all else stand in `scripts/bench`."""

READING = """
In a round the contenders take turns in random order. Figures are medians of the rounds, good only
beside each other: what else the machine does meets all of them alike. In brackets stands the ratio
of the first contender's figure to that one's, the median of the rounds' ratios; in the verdicts
also their middle half. The split of the time on the CPU is the kernel's sampling by clock ticks,
over all rounds together, and coarse. Where a contender used less than 0.9 of its core, requests a
second were bounded by something else: other work of the machine, or, with two cores, by the load
generator and the backend, whose core has the same four system calls to make for a request."""

COUNTED = """
Instructions and cycles are counted by the processor (`perf stat`), so the targets are judged as
they are stated: user mode and kernel together."""

EMULATED = """
The processor's counters cannot be read on this machine (`perf stat` says so). So instructions, in
user mode and kernel together, are counted where each of them can be: on an emulated processor
(QEMU, `-icount`), under Debian's kernel {kernel}, contenders, load generator and backend taking
turns on it, all files in memory. That is nearly exact, and nothing that this machine does besides
can touch it. Those in user mode alone are counted by valgrind's callgrind, on this machine. Cycles
cannot be counted so: targets for them are judged by time on the CPU."""

NOT_COUNTED = """
The processor's counters cannot be read on this machine (`perf stat` says so), and it is none that
the emulator is for: targets for instructions are not judged, those for cycles by time on the CPU."""


def ratios(samples, shape, measure, rival):
    """Round by round, the first contender's figure to the rival's."""
    ours = samples.of(shape, measure, shape.contenders[0])
    theirs = samples.of(shape, measure, rival)
    return [a / b for a, b in zip(ours, theirs) if b]


def table(samples, shape):
    unit, units = ("MiB", "MiB") if shape.mib else ("request", "requests")
    lines = ["| | " + " | ".join(shape.contenders) + " |",
             "|---|" + "---:|" * len(shape.contenders)]
    for name in shape.show:
        measure = MEASURES[name]
        row = "| " + measure.label.format(unit=unit, units=units) + " |"
        for contender in shape.contenders:
            values = samples.of(shape, name, contender)
            row += " " + (measure.form.format(median(values) * measure.scale) if values else "-")
            found = ratios(samples, shape, name, contender)
            if found and contender != shape.contenders[0]:
                row += f" ({median(found):.2f})"
            row += " |"
        if samples.of(shape, name, shape.contenders[0]):
            lines.append(row)
    return "\n".join(lines)


def spread(values):
    """The median, with the middle half in brackets."""
    text = f"{median(values):.2f}"
    if len(values) > 3:
        low, _, high = quantiles(values, n=4)
        text += f" ({low:.2f} to {high:.2f})"
    return text


def verdict(samples, shape, target):
    """A line that says whether the target is met: Open where this machine cannot tell."""
    rival = target.rival
    bound = f"at most {target.at_most:.2f}" if target.at_most else f"at least {target.at_least:.2f}"
    bound += f" of {rival}'s {MEASURES[target.measure].short}"
    measure = target.measure
    if not samples.of(shape, measure, rival):
        measure = MEASURES[measure].stand_in
    if not measure:
        return f"- **Open**: {bound}: not measured"
    found = ratios(samples, shape, measure, rival)
    met = target.met_by(round(median(found), 2))
    word = "Pass" if met else "Fail"
    figures = spread(found)
    if measure != target.measure:
        figures += f" in {MEASURES[measure].short}"
    if measure == "throughput" and not comparable(samples, shape, rival, met):
        word = "Open"
        figures += " while a core was not full; by time on the CPU it would be "
        figures += f"{1 / median(ratios(samples, shape, 'cpu', rival)):.2f}"
    return f"- **{word}**: {bound}: {figures}"


def comparable(samples, shape, rival, met):
    """Whether the ratio of throughputs says something: a contender whose core was not full could do
    more, which does no harm only to a target that is met by the first of them all the same."""
    def full(contender):
        return median(samples.of(shape, "busy", contender)) >= 0.9
    return full(rival) and (full(shape.contenders[0]) or met)


def section(samples, shape):
    command = " ".join(["load", "--requests", str(shape.requests), *map(str, shape.load)])
    text = (f"## {shape.title}\n\n{paragraph(shape.about)}\n`{command}`, {shape.rounds} rounds.\n\n"
            f"{table(samples, shape)}\n")
    verdicts = [verdict(samples, shape, target) for target in shape.targets
                if target.rival in shape.contenders[1:]]
    if verdicts:
        text += f"\nTargets for `{shape.contenders[0]}`:\n\n" + "\n".join(verdicts) + "\n"
    return text


def paragraph(text):
    return textwrap.fill(" ".join(text.split()), 98, break_long_words=False, break_on_hyphens=False)


def machine():
    model = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    name = model[1] if model else platform.machine()
    return f"{name}, {CORES} cores, Linux {platform.release()}"


def caveat(counters, emulator):
    """How instructions are counted on this machine."""
    if counters:
        return paragraph(COUNTED)
    return paragraph(EMULATED.format(kernel=emulator.kernel) if emulator else NOT_COUNTED)


def page(sections, caveat, versions):
    programs = ", ".join(f"{name} {version}" for name, version in versions.items())
    setting = SETTING.format(contender=CONTENDER_CORE, load=LOAD_CORE, backend=BACKEND_CORE)
    return f"""# Benchmarks

Written by `scripts/bench/run.py --write`; `make bench` measures the same and only prints.

- date: {datetime.date.today()}
- machine: {machine()}
- versions: {programs}

{paragraph(setting)}

{paragraph(READING)}

{caveat}

""" + "\n".join(sections)
