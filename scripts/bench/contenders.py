"""What is measured: this balancer and its rivals, each one process on one core."""

import re
import subprocess
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Contender:
    name: str
    command: str  # stays in the foreground; @CONF@ is its configuration, filled in
    conf: str  # the configuration's name in this directory
    fill: dict = field(default_factory=dict)  # further @NAME@s of the configuration
    load: tuple = ()  # arguments that the load generator takes for this one
    warm_up: int = 0  # requests before the first round; 0 = a tenth of a round's


SPLIT = ("redirect_split: {enabled: true, origin_hosts: ['*.origin-cluster'], "
         "default: [{host: 'http://localhost:3200', percent: 0.3}]}")


def balancer(name, frontend, keys="", **more):
    return Contender(name, "@BUILD@/cmd/balancer/balancer --config-path @CONF@", "balancer.conf",
                     {"FRONTEND": frontend, "MORE": keys}, **more)


def nginx(name, conf="nginx.conf", more=""):
    return Contender(name, "nginx -p @DIR@ -c @CONF@", conf, {"MORE": more})


def balancer_with_clients(name, frontend, clients):
    """For the shape of many clients: each is known before the first round."""
    return balancer(name, frontend, load=("--keys", clients), warm_up=clients)


CONTENDERS = {c.name: c for c in [
    balancer("native", "native"),
    balancer("evhttp", "evhttp"),
    balancer_with_clients("native-10", "native", 10),
    balancer_with_clients("native-1000000", "native", 1000000),
    balancer_with_clients("evhttp-10", "evhttp", 10),
    balancer_with_clients("evhttp-1000000", "evhttp", 1000000),
    balancer("native-split", "native", SPLIT),
    balancer("evhttp-split", "evhttp", SPLIT),
    nginx("nginx"),
    nginx("nginx-lean", "nginx-lean.conf"),
    nginx("nginx-unbuffered", more="proxy_buffering off; proxy_request_buffering off;"),
    nginx("nginx-redirect", "nginx-redirect.conf"),
    Contender("haproxy", "haproxy -db -f @CONF@", "haproxy.conf"),
]}


def versions(build):
    """{program: version}"""
    def ask(*command):
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        return re.search(r"\d+\.[\w.+-]+", answer.stdout + answer.stderr)[0]
    return {"balancer": ask(f"{build}/cmd/balancer/balancer", "--version"),
            "nginx": ask("nginx", "-v"), "HAProxy": ask("haproxy", "-v")}
