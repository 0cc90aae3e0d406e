#!/usr/bin/env python3
"""Where the time on the CPU of a request goes, in user mode and in the kernel; see --help."""

import argparse
import os
import random
import sys
import time
from collections import Counter
from dataclasses import replace

import measures
from bench import Bench, Failure
from contenders import CONTENDERS
from shapes import SHAPES

# A function of the kernel in a sample's stack, and what its time is counted as; the first counts.
CALLS = {
    "__sys_sendto": "send", "__sys_sendmsg": "send", "do_writev": "send",
    "__sys_recvfrom": "recv", "do_epoll_wait": "epoll_wait", "do_epoll_ctl": "epoll_ctl",
    "__sys_accept4": "accept", "__sys_shutdown": "shutdown, close", "__fput": "shutdown, close",
}
USER, OTHER = "user mode", "other kernel"
ROWS = (USER, *dict.fromkeys(CALLS.values()), OTHER)
# Parts of the above: a send on loopback runs the receiver's side of TCP, and wakes it.
PARTS = {"tcp_v4_rcv": "... the peer's TCP, in our calls", "sock_def_readable": "... waking the peer"}


def record(bench, shape, contender):
    """(nanoseconds on the CPU a request, the stacks of the samples) of one run of the load."""
    pid, data = bench.pid(contender), bench.dir / "perf.data"
    perf = bench.spawn(["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", "4999", "-o", data,
                        "-p", pid], bench.dir / "perf.log")
    time.sleep(0.5)  # perf does not say when it has begun; what it misses is missing for all alike
    before = measures.cpu_of(pid)
    bench.load(shape, contender, shape.requests)
    cpu = (measures.cpu_of(pid) - before) / shape.requests
    bench.end(perf)
    script = bench.run(["perf", "script", "-i", data, "-F", "ip,sym"])
    return cpu, [[line.split() for line in stack.splitlines() if line.strip()]
                 for stack in script.split("\n\n") if stack.strip()]


def count(stacks):
    """{row: share of the samples}"""
    counts = Counter()
    for stack in stacks:
        if not stack[0][0].startswith("ffff"):
            counts[USER] += 1
            continue
        functions = [frame[1] for frame in stack if len(frame) > 1]
        counts[next((CALLS[f] for f in functions if f in CALLS), OTHER)] += 1
        counts.update({PARTS[f] for f in functions if f in PARTS})
    return {row: n / len(stacks) for row, n in counts.items()}


def main():
    parser = argparse.ArgumentParser(
        description="Samples each contender by perf's software clock, which needs root, and prints "
        "microseconds a request. Sampling itself costs some time: compare the columns.")
    parser.add_argument("--shape", choices=[s.name for s in SHAPES], default="few")
    parser.add_argument("--contenders", default="native,nginx,haproxy")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=40000, help="in a round")
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    contenders = [CONTENDERS[name] for name in options.contenders.split(",")]
    shape = next(s for s in SHAPES if s.name == options.shape)
    shape = replace(shape, requests=options.requests)
    cpu, time_in = Counter(), {c.name: Counter() for c in contenders}
    with Bench(os.environ.get("BUILD_DIR", "build")) as bench:
        bench.prepare()
        for contender in contenders:
            bench.start(contender)
            bench.load(shape, contender, shape.requests // 10)
        for _ in range(options.rounds):
            for contender in random.sample(contenders, len(contenders)):
                ns, stacks = record(bench, shape, contender)
                cpu[contender.name] += ns / options.rounds / 1e3
                for row, share in count(stacks).items():
                    time_in[contender.name][row] += share * ns / options.rounds / 1e3
    names = [c.name for c in contenders]
    print("| | " + " | ".join(names) + " |\n|---|" + "---:|" * len(names))
    for row in (*ROWS, *PARTS.values()):
        print(f"| {row} | " + " | ".join(f"{time_in[n][row]:.2f}" for n in names) + " |")
    print("| all | " + " | ".join(f"{cpu[n]:.2f}" for n in names) + " |")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"kernel_time: {failure}")
