"""The processes of a run, each on a core of its own as far as there are cores."""

import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

CORES = os.cpu_count()
CONTENDER_CORE, LOAD_CORE = 0, 1
BACKEND_CORE = 2 if CORES > 2 else LOAD_CORE


class Failure(Exception):
    """Ends the run with a message."""


class Bench:
    """Owns a directory and every process it starts; leaving its `with` ends and removes them."""

    def __init__(self, build):
        if CORES < 2:
            raise Failure("this needs two cores")
        self.build = build  # a directory, as seen from ROOT
        self.dir = Path(tempfile.mkdtemp(prefix="bench-"))
        self._running = []
        self._ports = {}
        self._contenders = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.dir)

    def prepare(self):
        """Builds the programs and starts the backend."""
        for program in ("load", "backend"):
            source = HERE / f"{program}.cpp"
            self.run(["g++", "-std=c++20", "-O2", "-o", self.dir / program, source])
        self.run([ROOT / "scripts/build.sh", self.build, "balancer"])
        port = free_port()
        self._serve("backend", BACKEND_CORE, port, [self.dir / "backend", port])

    def start(self, contender, wrapper=()):
        """Starts it anew and waits until it serves."""
        port = free_port()
        command = self.configure(contender, port, self._ports["backend"])
        process = self._serve(contender.name, CONTENDER_CORE, port, [*wrapper, *command])
        self._contenders[contender.name] = process
        return process

    def configure(self, contender, port, backend):
        """Writes its configuration; the command that runs it."""
        conf = self.conf(contender)
        fill = {"DIR": self.dir, "NAME": contender.name, "PORT": port, "BUILD": self.build,
                "BACKEND": backend, "CONF": conf, **contender.fill}

        def filled(text):
            return re.sub(r"@([A-Z]+)@", lambda found: str(fill[found[1]]), text)
        conf.write_text(filled((HERE / contender.conf).read_text()))
        return filled(contender.command).split()

    def conf(self, contender):
        return self.dir / f"{contender.name}.conf"

    def pid(self, contender):
        return self._contenders[contender.name].pid

    def end_contenders(self):
        for process in list(self._contenders.values()):
            self.end(process)

    def load(self, shape, contender, requests, wrapper=()):
        """Sends exactly so many, each to be answered as the shape says. What load.cpp tells of it:
        {"rate": requests a second, "p50", "p99", "max": microseconds}."""
        command = self.load_command(shape, contender, self._ports[contender.name], requests)
        words = self.run([*wrapper, "taskset", "-c", LOAD_CORE, *command]).split()
        return {name: float(value) for name, value in zip(words[::2], words[1::2])}

    def load_command(self, shape, contender, port, requests):
        return [self.dir / "load", "--port", port, "--requests", requests,
                *shape.load, *contender.load]

    def run(self, command):
        """What it printed, when it has ended well."""
        command = [str(word) for word in command]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _serve(self, name, core, port, command):
        log = self.dir / f"{name}.log"
        process = self.spawn(["taskset", "-c", core, *command], log)
        self._ports[name] = port
        self.wait_for(lambda: answers(port), process, log)
        return process

    def spawn(self, command, log):
        with open(log, "w") as out:
            process = subprocess.Popen([str(word) for word in command], stdout=out,
                                       stderr=subprocess.STDOUT, cwd=ROOT)
        self._running.append(process)
        return process

    def end(self, process):
        process.terminate()
        process.wait()
        self._running.remove(process)
        self._contenders = {name: of for name, of in self._contenders.items() if of is not process}

    def wait_for(self, condition, process, log):
        deadline = time.monotonic() + 20
        while not condition():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"{' '.join(process.args)}: {log.read_text()}")
            time.sleep(0.05)


def free_port():
    """Below the range from which the kernel takes ports by itself."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def answers(port):
    """Whether a GET of / on it is answered, with 200 or a redirect."""
    try:
        with socket.create_connection(("127.0.0.1", port), 3) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 301")
    except OSError:
        return False
