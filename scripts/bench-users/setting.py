"""What is measured: the database, the backend and the contenders, on their cores."""

import getpass
import json
import random
import urllib.request
from array import array
from dataclasses import dataclass, replace
from pathlib import Path

from bench import CORES, ROOT, Bench, answers, free_port

HERE = Path(__file__).parent
ROWS = 10000
PAGE = 50
PAGES_PERCENT = 20
TARGETS = 20000
DIRECT = "direct"


@dataclass(frozen=True)
class Mode:
    name: str
    title: str
    db_pool: int
    workers: int  # of a contender
    contender_cores: str  # as taskset takes them
    other_cores: str  # of the database, the backend and the load


@dataclass(frozen=True)
class Load:
    name: str
    clients: int
    rounds: int
    seconds: float  # of a contender's turn in a round
    warm_up: float = 0.5  # before each turn, not counted

    @property
    def title(self):
        return f"{self.clients} clients, {self.rounds * self.seconds:g} s"

    def quick(self):
        return replace(self, rounds=2, seconds=0.5, warm_up=0.2)


ALL_CORES = f"0-{CORES - 1}"
MODES = {mode.name: mode for mode in [
    Mode("single", "A contender has one worker on a core of its own, the rest is on the others",
         30, 1, "0", f"1-{CORES - 1}"),
    Mode("multi", "A contender has a worker for each core, and all share all cores",
         40, CORES, ALL_CORES, ALL_CORES),
]}
LOADS = [Load("light", 10, 6, 5), Load("heavy", 100, 24, 5)]

# {name: command}; @CONF@ is NAME.conf of this directory, filled in.
CONTENDERS = {
    DIRECT: None,
    "balancer": "@BUILD@/cmd/balancer/balancer --config-path @CONF@",
    "nginx": "nginx -p @DIR@ -c @CONF@",
    "haproxy": "haproxy -db -f @CONF@",
}


class UsersBench(Bench):
    """Owns a directory, a PostgreSQL in it, and every process of a mode."""

    def __init__(self, build, seed):
        super().__init__(build)
        self._seed = seed
        self._postgres = self.dir / "postgres"
        self._targets = self.dir / "targets.txt"

    def __enter__(self):
        self.run(["g++", "-std=c++20", "-O2", "-o", self.dir / "load", HERE / "load.cpp"])
        self.run([ROOT / "scripts/build.sh", self.build, "balancer", "test-backend"])
        return self

    def __exit__(self, *error):
        self.run([ROOT / "scripts/postgres.sh", "remove", self._postgres])
        super().__exit__(*error)

    def begin(self, mode):
        """Starts the database, the backend and the contenders anew."""
        others = ["taskset", "-c", mode.other_cores]
        port = self.run([*others, ROOT / "scripts/postgres.sh", "start", self._postgres]).strip()
        dsn = f"host=127.0.0.1 port={port} user=admin dbname=clients_db"
        program = f"{self.build}/test-backend/test-backend"
        self.run([program, "make-users", "--users-db", dsn, "--rows", ROWS])
        backend = self._ports[DIRECT] = free_port()
        self._spawn(DIRECT, [*others, program, "--host-port", f"127.0.0.1:{backend}",
                             "--users-db", dsn, "--db-pool", mode.db_pool])
        self._write_targets(f"http://127.0.0.1:{backend}/users")
        for name, command in CONTENDERS.items():
            if command:
                self._start(name, command, mode)
        self._load_command = [*others, self.dir / "load"]

    def end_mode(self):
        self.end_contenders()
        self.run([ROOT / "scripts/postgres.sh", "stop", self._postgres])

    def load(self, load, name, number):
        """A turn. Turn `number` begins at the same target for every contender."""
        out = self.dir / "latencies"
        words = self.run([*self._load_command, self._ports[name], self._targets,
                          number * TARGETS // load.rounds, load.clients, load.warm_up,
                          load.seconds, out]).split()
        latencies = array("f")
        latencies.frombytes(out.read_bytes())
        return Turn(latencies, failed=int(words[3]), seconds=float(words[5]))

    def _start(self, name, command, mode):
        port = self._ports[name] = free_port()
        fill = {"DIR": self.dir, "PORT": port, "BUILD": self.build, "USER": getpass.getuser(),
                "BACKEND": self._ports[DIRECT], "WORKERS": mode.workers,
                "CONF": self.dir / f"{name}.conf"}

        def filled(text):
            for key, value in fill.items():
                text = text.replace(f"@{key}@", str(value))
            return text
        fill["CONF"].write_text(filled((HERE / f"{name}.conf").read_text()))
        self._spawn(name, ["taskset", "-c", mode.contender_cores, *filled(command).split()])

    def _spawn(self, name, command):
        log = self.dir / f"{name}.log"
        process = self._contenders[name] = self.spawn(command, log)
        self.wait_for(lambda: answers(self._ports[name]), process, log)

    def _write_targets(self, users):
        """The mix: the same for every contender, and in every run."""
        ids = []
        while len(ids) < ROWS:
            with urllib.request.urlopen(f"{users}?limit=200&offset={len(ids)}", timeout=10) as page:
                ids += [user["id"] for user in json.load(page)["items"]]
        mix = random.Random(self._seed)

        def target():
            if mix.randrange(100) < PAGES_PERCENT:
                return f"/users?limit={PAGE}&offset={mix.randrange(ROWS // PAGE) * PAGE}"
            return f"/users/{mix.choice(ids)}"
        self._targets.write_text("".join(f"{target()}\n" for _ in range(TARGETS)))


@dataclass(frozen=True)
class Turn:
    latencies: array  # microseconds, of what was answered with 200
    failed: int
    seconds: float
