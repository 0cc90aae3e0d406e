#!/usr/bin/env python3
"""The users API straight and through balancers, in one run; see --help."""

import argparse
import json
import os
import random
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import bench  # noqa: E402
from contenders import versions  # noqa: E402
from report import machine  # noqa: E402
from setting import CONTENDERS, LOADS, MODES, UsersBench  # noqa: E402
from tables import page  # noqa: E402

SEED = 4


def arguments():
    parser = argparse.ArgumentParser(
        description="Sends the same requests to the users API of test-backend straight and through "
        "this balancer, nginx and HAProxy, and writes users.md and users.json. BENCH_QUICK=1 takes "
        "seconds instead of 22 minutes, and writes into .run/benchmarks instead of "
        "docs/benchmarks. BUILD_DIR (build) is where the programs are built.")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=list(MODES),
                        help=f"of {', '.join(MODES)}; all of them if left out")
    options = parser.parse_args()
    for mode in options.modes:
        if mode not in MODES:
            parser.error(f"no mode {mode}")
    return options


def measure(users, load, turns):
    """{contender: [a turn's figures]}. In each round every contender has a turn, in random order:
    what else the machine does meets them alike."""
    found = {name: [] for name in CONTENDERS}
    for number in range(load.rounds):
        for name in turns.sample(list(CONTENDERS), len(CONTENDERS)):
            found[name].append(users.load(load, name, number))
    return found


def main():
    options = arguments()
    quick = os.environ.get("BENCH_QUICK") == "1"
    os.environ["PATH"] += ":/usr/sbin"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build = os.environ.get("BUILD_DIR", "build")
    turns = random.Random(SEED)
    results = []
    with UsersBench(build, SEED) as users:
        for mode in options.modes:
            users.begin(MODES[mode])
            for load in LOADS:
                if quick:
                    load = load.quick()
                results.append((MODES[mode], load, measure(users, load, turns)))
                print(f"measured {mode}, {load.name}", flush=True)
            users.end_mode()
    markdown, figures = page(results, machine(), versions(build))
    print(markdown)
    out = bench.ROOT / (".run/benchmarks" if quick else "docs/benchmarks")
    out.mkdir(parents=True, exist_ok=True)
    (out / "users.md").write_text(markdown)
    (out / "users.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"wrote {out.relative_to(bench.ROOT)}/users.md and users.json")


if __name__ == "__main__":
    try:
        main()
    except bench.Failure as failure:
        sys.exit(f"bench-users: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
