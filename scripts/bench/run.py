#!/usr/bin/env python3
"""What this balancer costs beside its rivals, measured in one run; see --help."""

import argparse
import os
import platform
import random
import signal
import sys
from dataclasses import replace
from statistics import median

import measures
import report
from bench import ROOT, Bench, Failure
from contenders import CONTENDERS, versions
from emulator import Emulator
from shapes import SHAPES


def arguments():
    parser = argparse.ArgumentParser(
        description="Measures this balancer beside nginx and HAProxy. BENCH_QUICK=1 takes fewer "
        "and shorter rounds; BUILD_DIR (build) is where the balancer is built.",
        epilog="To see what a change costs: --only few --contenders native,nginx")

    def names(text):
        return tuple(text.split(","))
    parser.add_argument("--only", type=names, metavar="SHAPE,...",
                        help=f"of {', '.join(s.name for s in SHAPES)}")
    parser.add_argument("--contenders", type=names, metavar="NAME,...",
                        help=f"instead of each shape's own; of {', '.join(CONTENDERS)}. The first "
                        "is compared to the others")
    parser.add_argument("--write", action="store_true", help="put it all into docs/benchmarks.md")
    options = parser.parse_args()
    for name in options.only or ():
        if name not in [s.name for s in SHAPES]:
            parser.error(f"no shape {name}")
    for name in options.contenders or ():
        if name not in CONTENDERS:
            parser.error(f"no contender {name}")
    if options.write and (options.only or options.contenders):
        parser.error("--write is for all of it")
    return options


def chosen(options):
    shapes = [s for s in SHAPES if not options.only or s.name in options.only]
    if os.environ.get("BENCH_QUICK") == "1":
        shapes = [s.quick() for s in shapes]
    if options.contenders:
        shapes = [replace(s, contenders=options.contenders) for s in shapes]
    return shapes


def at_half(bench, shape, of):
    """The shape with its rate fixed; a round lasts a second."""
    if of.name not in shape.contenders:
        bench.start(of)
    rate = round(median(bench.load(shape, of, shape.requests)["rate"] for _ in range(3)) / 2)
    return replace(shape, load=(*shape.load, "--rate", rate), requests=rate)


def measure(bench, counters, emulator, shape, samples):
    """The shape as it was measured."""
    contenders = [CONTENDERS[name] for name in shape.contenders]
    before = {}
    for contender in contenders:
        bench.start(contender)
        bench.load(shape, contender, contender.warm_up or max(1, shape.requests // 10))
    if shape.half_of:
        shape = at_half(bench, shape, CONTENDERS[shape.half_of])
    for contender in contenders:
        before[contender.name] = measures.ticks_of(bench.pid(contender))
    # Every round takes each contender once, shuffled: what else the machine does meets them alike,
    # so that the ratio within a round stays when the figures themselves jump.
    for _ in range(shape.rounds):
        for contender in random.sample(contenders, len(contenders)):
            measures.measure_round(bench, shape, contender, counters, samples)
    # The kernel samples the split at its ticks: only all rounds together have enough of them.
    ns_per_unit = 1e9 / os.sysconf("SC_CLK_TCK") / (shape.rounds * shape.requests * shape.units)
    for contender in contenders:
        after = measures.ticks_of(bench.pid(contender))
        for name, a, b in zip(("cpu_user", "cpu_kernel"), before[contender.name], after):
            samples.add(shape, name, contender.name, (b - a) * ns_per_unit)
    if shape.exact:
        for contender in contenders:
            measures.measure_system_calls(bench, shape, contender, samples)
    bench.end_contenders()
    if shape.exact and not counters:
        for contender in contenders:
            measures.measure_user_instructions(bench, shape, contender, samples)
    if shape.emulated and emulator:
        for name, count in emulator.count(shape, contenders).items():
            samples.add(shape, "instructions", name, count)
    return shape


def main():
    options = arguments()
    os.environ["PATH"] += ":/usr/sbin"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    samples = measures.Samples()
    build = os.environ.get("BUILD_DIR", "build")
    sections = []
    with Bench(build) as bench:
        bench.prepare()
        counters = measures.perf_counts(bench)
        emulator = Emulator(bench) if not counters and platform.machine() == "x86_64" else None
        caveat = report.caveat(counters, emulator)
        print(report.machine(), caveat, sep="\n\n", end="\n\n", flush=True)
        for shape in chosen(options):
            shape = measure(bench, counters, emulator, shape, samples)
            sections.append(report.section(samples, shape))
            print(sections[-1], flush=True)
    if options.write:
        page = report.page(sections, caveat, versions(build))
        (ROOT / "docs/benchmarks.md").write_text(page)
        print("wrote docs/benchmarks.md")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
