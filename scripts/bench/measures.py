"""What is measured of a contender, and by what."""

import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bench import Failure


@dataclass(frozen=True)
class Measure:
    label: str  # {unit} is a request or a MiB, {units} are several
    form: str
    scale: float = 1
    short: str = ""  # in a verdict
    stand_in: str = ""  # for where the processor's counters cannot be read


MEASURES = {
    "instructions": Measure("instructions a {unit}", "{:.0f}", short="instructions"),
    "instructions_user": Measure("... in user mode", "{:.0f}"),
    "instructions_kernel": Measure("... in the kernel", "{:.0f}"),
    "cycles": Measure("cycles a {unit}", "{:.0f}", short="cycles", stand_in="cpu"),
    "callgrind": Measure("user instructions a {unit} (callgrind)", "{:.0f}"),
    "cpu": Measure("microseconds on the CPU a {unit}", "{:.2f}", 1e-3, "time on the CPU"),
    "cpu_user": Measure("... in user mode", "{:.2f}", 1e-3),
    "cpu_kernel": Measure("... in the kernel", "{:.2f}", 1e-3),
    "system_calls": Measure("system calls a {unit}", "{:.2f}"),
    "throughput": Measure("{units} a second", "{:.0f}", short="throughput"),
    "busy": Measure("share of its core that it used", "{:.2f}"),
    "p50": Measure("median latency, microseconds", "{:.0f}"),
    "p99": Measure("99th percentile, microseconds", "{:.0f}", short="p99"),
}

EVENTS = "instructions:u,instructions:k,cycles"


class Samples:
    """Figures by shape, measure and contender, a round each."""

    def __init__(self):
        self._of = defaultdict(list)

    def add(self, shape, measure, contender, value):
        self._of[shape.name, measure, contender].append(value)

    def of(self, shape, measure, contender):
        return self._of[shape.name, measure, contender]


def perf_counts(bench):
    """Whether the processor's counters can be read on this machine."""
    out = bench.dir / "perf.txt"
    done = subprocess.run(["perf", "stat", "-x,", "-o", out, "-e", EVENTS, "true"],
                          capture_output=True)
    return done.returncode == 0 and "<not" not in out.read_text()


def cpu_of(pid):
    """Nanoseconds on the CPU, all threads."""
    return sum(int(task.joinpath("schedstat").read_text().split()[0])
               for task in Path(f"/proc/{pid}/task").iterdir())


def ticks_of(pid):
    """Clock ticks in user mode and in the kernel, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]), int(fields[12])


def measure_round(bench, shape, contender, counters, samples):
    """One run of the load: throughput, latency, time on the CPU; with `counters`, perf's."""
    pid = bench.pid(contender)
    out = bench.dir / "perf.txt"
    perf = ["perf", "stat", "-x,", "-o", out, "-e", EVENTS, "-p", pid, "--"]
    before = cpu_of(pid)
    answer = bench.load(shape, contender, shape.requests, perf if counters else [])
    units = shape.requests * shape.units

    def add(measure, value):
        samples.add(shape, measure, contender.name, value)
    cpu = cpu_of(pid) - before
    add("cpu", cpu / units)
    add("busy", cpu / 1e9 * answer["rate"] / shape.requests)
    add("throughput", answer["rate"] * shape.units)
    add("p50", answer["p50"])
    add("p99", answer["p99"])
    if counters:
        counts = {event: float(n) / units for n, event in
                  re.findall(r"^([\d.]+),[^,]*,([^,]+)", out.read_text(), re.MULTILINE)}
        if len(counts) != 3:
            raise Failure(f"perf stat: {out.read_text()}")
        user, kernel = counts["instructions:u"], counts["instructions:k"]
        add("instructions_user", user)
        add("instructions_kernel", kernel)
        add("instructions", user + kernel)
        add("cycles", counts["cycles"])


def measure_system_calls(bench, shape, contender, samples):
    """The difference of a longer and a shorter run, so that start, connects and end fall out."""
    out, log = bench.dir / "strace.txt", bench.dir / "strace.log"
    calls = []
    for requests in exact_runs(shape):
        strace = bench.spawn(["strace", "-f", "-c", "-U", "calls,name", "-o", out,
                              "-p", bench.pid(contender)], log)
        try:
            bench.wait_for(lambda: "attached" in log.read_text(), strace, log)
        except Failure as failure:
            print(f"no system calls counted: {failure}", file=sys.stderr)
            return
        bench.load(shape, contender, requests)
        bench.end(strace)
        calls.append(int(re.search(r"^\s*(\d+)\s+total", out.read_text(), re.MULTILINE)[1]))
    samples.add(shape, "system_calls", contender.name, (calls[1] - calls[0]) / shape.exact)


def measure_user_instructions(bench, shape, contender, samples):
    """The same by callgrind, which is blind to the kernel."""
    out = bench.dir / "callgrind"
    process = bench.start(contender, ["valgrind", "--tool=callgrind",
                                      f"--callgrind-out-file={out}"])

    def callgrind(command):
        bench.run(["vgdb", f"--pid={process.pid}", command])
    callgrind("zero")
    collected = []
    for number, requests in enumerate(exact_runs(shape), 1):
        bench.load(shape, contender, requests)
        callgrind("dump")  # and begins at zero again
        dump = Path(f"{out}.{number}").read_text()
        collected.append(int(re.search(r"^totals: (\d+)", dump, re.MULTILINE)[1]))
    bench.end(process)
    samples.add(shape, "callgrind", contender.name, (collected[1] - collected[0]) / shape.exact)


def exact_runs(shape):
    return shape.exact // 4, shape.exact // 4 + shape.exact
