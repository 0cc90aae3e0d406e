"""What is asked of the contenders, and what the first of them must reach in it."""

from dataclasses import dataclass, replace

MIB = 1 << 20


@dataclass(frozen=True)
class Target:
    """A bound for a ratio: the figure of the shape's first contender to that of a rival."""
    measure: str  # of measures.MEASURES
    rival: str
    at_most: float = None
    at_least: float = None


@dataclass(frozen=True)
class Shape:
    name: str
    title: str
    contenders: tuple
    show: tuple  # the table's rows, of measures.MEASURES
    targets: tuple
    load: tuple = ()  # arguments of the load generator
    requests: int = 10000  # a round
    rounds: int = 15
    exact: int = 0  # requests to count exactly, which is slow, with callgrind and strace; 0 = do not
    bytes: int = 0  # of a body, where the cost of a byte is asked instead of a request's
    half_of: str = None  # the rate is fixed: half of what this contender can do

    def quick(self):
        return replace(self, rounds=max(3, self.rounds // 3), requests=max(2, self.requests // 3),
                       exact=self.exact // 4)


ALL = ("native", "evhttp", "nginx", "nginx-lean", "haproxy")
COST = ("instructions", "instructions_user", "instructions_kernel", "cycles", "callgrind", "cpu",
        "cpu_user", "cpu_kernel", "system_calls", "throughput")


def cost(bounds):
    return tuple(Target("instructions", rival, at_most=bound) for rival, bound in bounds.items())


THROUGHPUT = (Target("throughput", "nginx", at_least=1.3),
              Target("throughput", "haproxy", at_least=1.6))

SHAPES = (
    Shape("few", "Few header fields", ALL, COST,
          cost({"nginx": 0.70, "nginx-lean": 0.70, "haproxy": 0.55}) + THROUGHPUT, exact=4000),
    Shape("browser", "A browser's fourteen header fields", ALL, COST,
          cost({"nginx": 0.62, "nginx-lean": 0.62}) + THROUGHPUT,
          ("--fields", "scripts/bench/browser.txt"), exact=4000),
)
