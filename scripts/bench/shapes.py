"""What is asked of the contenders, and what the first of them must reach in it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Target:
    """A bound for a ratio: the figure of the shape's first contender to that of a rival."""
    measure: str  # of measures.MEASURES
    rival: str
    at_most: float = None
    at_least: float = None

    def met_by(self, ratio):
        return ratio <= self.at_most if self.at_most else ratio >= self.at_least


@dataclass(frozen=True)
class Shape:
    name: str
    title: str
    about: str
    contenders: tuple
    show: tuple  # the table's rows, of measures.MEASURES
    targets: tuple
    load: tuple = ()  # arguments of the load generator
    requests: int = 20000  # a round
    rounds: int = 15
    exact: int = 0  # requests to count exactly, with callgrind and strace, which are slow; 0 = none
    emulated: int = 0  # requests to count in the emulator, which is slower; 0 = none
    mib: int = 0  # of a body, where the cost of a MiB is asked instead of a request's
    half_of: str = None  # the rate is fixed: half of what this contender can do

    @property
    def units(self):
        """What a request counts for."""
        return self.mib or 1

    def quick(self):
        return replace(self, rounds=max(3, self.rounds // 3), requests=max(2, self.requests // 3),
                       exact=self.exact // 4, emulated=self.emulated // 4)


ALL = ("native", "evhttp", "nginx", "nginx-lean", "haproxy")
BODIES = ("native", "evhttp", "nginx", "nginx-unbuffered", "haproxy")
COST = ("instructions", "instructions_user", "instructions_kernel", "cycles", "callgrind", "cpu",
        "cpu_user", "cpu_kernel", "system_calls", "throughput", "busy")


def targets(measure, at_most=None, at_least=None, of=("nginx", "nginx-lean")):
    return tuple(Target(measure, rival, at_most, at_least) for rival in of)


VIDEO = ("--path", "/?video=http://s1.origin-cluster/video/1488/xcg2djHckad.m3u8",
         "--status", 301)
REDIRECTS = ("native-split", "evhttp-split", "nginx-redirect")

THROUGHPUT = (*targets("throughput", at_least=1.3),
              *targets("throughput", at_least=1.6, of=("haproxy",)))

SHAPES = (
    Shape("few", "Few header fields", "A GET that has Host alone, on kept-alive connections.",
          ALL, COST,
          (*targets("instructions", 0.70), *targets("instructions", 0.55, of=("haproxy",)),
           *THROUGHPUT),
          exact=4000, emulated=10000),
    Shape("browser", "A browser's fourteen header fields",
          "The same with the fields that a browser sends.",
          ALL, COST, (*targets("instructions", 0.62), *THROUGHPUT),
          ("--fields", "scripts/bench/browser.txt"), exact=4000, emulated=10000),
    Shape("redirect", "Redirects, few header fields",
          "The redirect split with one CDN host and limits, beside nginx's bare `return 301` of the "
          "parameter, which has no limits, no shares and checks nothing. No backend takes part.",
          REDIRECTS, COST, targets("instructions", 0.75, of=("nginx-redirect",)),
          VIDEO, exact=4000, emulated=10000),
    Shape("redirect-browser", "Redirects, a browser's fourteen header fields",
          "The same with the fields that a browser sends.",
          REDIRECTS, COST, targets("instructions", 0.62, of=("nginx-redirect",)),
          (*VIDEO, "--fields", "scripts/bench/browser.txt"), exact=4000, emulated=10000),
    Shape("close", "A connection for each request",
          "The client connects, asks with Connection: close, and reads to the end.",
          ALL, COST, targets("instructions", 0.8),
          ("--close", 1), requests=4000, exact=2000, emulated=10000),
    Shape("latency", "Latency at half of nginx's rate",
          "Requests at a fixed rate, half of what nginx reached over as many connections just "
          "before, whether or not answers come (an open loop). A latency is counted from the "
          "instant at which the schedule wanted the request sent, so waiting for a free connection "
          "counts.",
          ALL, ("p50", "p99", "cpu", "busy"), targets("p99", 1),
          ("--connections", 256), half_of="nginx"),
    Shape("download", "Downloads of 100 MiB",
          "`nginx` buffers as shipped; `nginx-unbuffered` has proxy_buffering off.",
          BODIES, COST, targets("cycles", 1, of=("nginx", "nginx-unbuffered")),
          ("--path", f"/bytes/{100 << 20}", "--connections", 2), requests=4, rounds=9, mib=100),
    Shape("upload", "Uploads of 100 MiB",
          "`nginx` buffers as shipped, in a file; `nginx-unbuffered` has proxy_request_buffering "
          "off. evhttp, too, takes a body whole before it is forwarded.",
          BODIES, COST, targets("cycles", 1, of=("nginx", "nginx-unbuffered")),
          ("--upload", 100 << 20, "--connections", 2), requests=4, rounds=9, mib=100),
    Shape("clients", "A million known clients",
          "X-API-Key takes 1,000,000 values in one process and ten in another, in a scattered "
          "order; all have been seen once before. A round is long enough for all that is done "
          "later for a request, as its client's counts in storage. Time on the CPU has the cache "
          "misses too.",
          ("native-1000000", "native-10"), COST, targets("instructions", 1.3, of=("native-10",)),
          requests=960000, rounds=5, emulated=960000),
)
