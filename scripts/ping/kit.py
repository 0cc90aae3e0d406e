#!/usr/bin/env python3
"""Twenty thousand connections to backends that take 200 ms for an answer.

  kit.py run WORKERS    starts backends and balancers in the foreground; Ctrl+C ends them
  kit.py wrk WORKERS    loads them in a closed loop: wrk, 20,000 connections, 30 s
  kit.py open           loads them in an open loop: 20,000 connections that offer 20,000 requests
                        a second in all for 30 s, each connection one a second

`wrk` and `open` load what `run` has started; where it has not, they start their own for as long.
PING_SECONDS and PING_CONNECTIONS change these figures. BUILD_DIR (build) is where the programs are.
A connection costs the balancer two descriptors while it waits for a backend. Where the limit on open
files is too low for that in one process, several share the port (server.share_port), and there are
several backends and load generators. Each generator has a loopback address of its own to connect to:
20,000 connections to one leave so few local ports free, and fewer after an earlier run, that the
kernel takes milliseconds to find one.
"""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
BUILD = Path(os.environ.get("BUILD_DIR", ROOT / "build"))
CONNECTIONS = int(os.environ.get("PING_CONNECTIONS", 20_000))
SECONDS = int(os.environ.get("PING_SECONDS", 30))
PORT, FIRST_BACKEND_PORT = 8180, 8181
SPARE_FILES = 1_000  # for listeners, storage and checks, and since the kernel spreads unevenly

# A connect is given time: when other programs have held the machine, thousands are made at once, and
# a backend's listen queue has room for 4,096.
CONFIG = """\
server: {{host: 0.0.0.0, port: {port}, frontend: native, workers: {workers}, share_port: true}}
admin: {{port: 0}}
embedded_db: {{path: {directory}/limits-{number}.db}}
backend_list: [{backends}]
upstream: {{keepalive: {connections}, timeouts: {{connect: 10s}}}}
default_limits: {{capacity: 1000000000, rate_per_sec: 1000000000}}
"""


def raise_file_limit():
    """Lets this process, and those that it starts, have as many open files as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def parts(needed):
    """How many processes it takes, by the limit on each one's open files, for `needed` in all."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, -(-needed // max(limit - SPARE_FILES, 1)))


class Kit:
    """The processes of a run; leaving its `with` ends them."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="ping-")
        self.balancers, self.backends = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.balancers + self.backends:
            process.terminate()
        for process in self.balancers + self.backends:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.directory.cleanup()

    def spawn(self, command, ready):
        """Starts it and waits until it says so."""
        log = Path(self.directory.name) / f"{len(self.balancers)}-{len(self.backends)}.log"
        with log.open("w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        deadline = time.monotonic() + 20
        while ready not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()  # it is not among ours yet
                sys.exit(f"{command[0]} did not start:\n{log.read_text()}")
            time.sleep(0.05)
        return process

    def start_unless_running(self, workers):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", PORT)) == 0:
                print(f"loading what runs on {PORT}", flush=True)
                return
        self.start(workers)

    def start(self, workers):
        count = parts(CONNECTIONS)
        urls = []
        for port in range(FIRST_BACKEND_PORT, FIRST_BACKEND_PORT + count):
            self.backends.append(self.spawn(
                [BUILD / "test-backend/test-backend", "--host-port", f"127.0.0.1:{port}",
                 "--ping-delay", "200ms"], "listening on"))
            urls.append(f"{{backend_url: http://127.0.0.1:{port}}}")
        processes = parts(2 * CONNECTIONS)
        if 1 < processes < workers:
            processes = workers
        for number in range(processes):
            config = Path(self.directory.name) / f"balancer-{number}.yaml"
            config.write_text(CONFIG.format(
                port=PORT, workers=max(1, workers // processes), number=number,
                directory=self.directory.name, backends=", ".join(urls), connections=CONNECTIONS))
            self.balancers.append(self.spawn(
                [BUILD / "cmd/balancer/balancer", "--config-path", config], "listening on"))
        print(f"{processes} balancer process(es) with {max(1, workers // processes)} worker(s) each "
              f"on {PORT}, {count} backend(s)", flush=True)

    def resident(self):
        """Bytes of memory over the balancers started here, the most that they have had."""
        total = 0
        for process in self.balancers:
            status = Path(f"/proc/{process.pid}/status").read_text()
            total += int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024
        return total


def together(commands):
    """Runs them side by side; what each has printed. Ends the program if one fails."""
    running = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for c in commands]
    printed = [process.communicate()[0] for process in running]
    for process, text in zip(running, printed):
        if process.returncode != 0:
            sys.exit(f"the load generator failed:\n{text}")
    return printed


def run_wrk(workers):
    generators = parts(CONNECTIONS)
    threads = max(1, workers // generators)
    for text in together([["wrk", f"-c{CONNECTIONS // generators}", f"-d{SECONDS}s", f"-t{threads}",
                           "--timeout", "10s", "--latency",
                           f"http://127.0.0.{1 + number}:{PORT}/ping/"]
                          for number in range(generators)]):
        print(text)


def run_open():
    generators = max(2, parts(CONNECTIONS))
    share = CONNECTIONS // generators
    load = BUILD / "ping-load"
    subprocess.run(["g++", "-std=c++20", "-O2", "-o", load, ROOT / "scripts/bench/load.cpp"],
                   check=True)
    results = []
    for text in together([[load, "--host", f"127.0.0.{1 + number}", "--port", str(PORT),
                           "--path", "/ping/", "--connections", str(share), "--rate", str(share),
                           "--requests", str(share * SECONDS)] for number in range(generators)]):
        words = text.split()
        results.append({words[i]: float(words[i + 1]) for i in range(0, len(words), 2)})
    return {"connections": share * generators,
            "requests": share * SECONDS * generators,
            "requests a second": sum(r["rate"] for r in results),
            "mean, ms": sum(r["mean"] for r in results) / len(results) / 1000,
            "p99, ms": max(r["p99"] for r in results) / 1000,
            "longest, ms": max(r["max"] for r in results) / 1000}


def main():
    raise_file_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    match sys.argv[1:]:
        case ["run", workers]:
            with Kit() as kit:
                kit.start(int(workers))
                print(f"GET http://127.0.0.1:{PORT}/ping/ takes 200 ms; Ctrl+C ends it", flush=True)
                signal.signal(signal.SIGINT, lambda *_: sys.exit())
                signal.pause()
        case ["wrk", workers]:
            with Kit() as kit:
                kit.start_unless_running(int(workers))
                run_wrk(int(workers))
                if kit.balancers:
                    print(f"memory of the balancers: {kit.resident() / 1e6:.0f} MB")
        case ["open"]:
            with Kit() as kit:
                kit.start_unless_running(2)
                result = run_open()
                if kit.balancers:
                    result["memory of the balancers, MB"] = kit.resident() / 1e6
            for name, value in result.items():
                print(f"{name}: {value:,.0f}")
            print("failed requests: 0 (the first would have ended the run)")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
