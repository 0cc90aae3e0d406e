#!/usr/bin/env python3
"""Sends requests for a video through the balancer and prints where they were redirected to:
{'main': 700, 'cdn': 300} 30.000000 %

test-split.py [--requests N] [--percent P] [--frontend native|evhttp]. Starts a balancer of its own
on a free port, with one worker, and ends with 1 where a share is not what it should be."""

import argparse
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BALANCER = ROOT / os.environ.get("BUILD_DIR", "build") / "cmd/balancer/balancer"
VIDEO = "http://s1.origin-cluster/video/1488/xcg2djHckad.m3u8"
CDN = "http://localhost:3200"
CONFIG = """
server: {{host: 127.0.0.1, port: {port}, workers: 1, frontend: {frontend}}}
admin: {{port: 0}}
embedded_db: {{path: {dir}/balancer.db}}
log: {{level: error}}
backend_list: [{{backend_url: "http://127.0.0.1:9"}}]  # redirects need none
rate_limit: {{enabled: false}}
redirect_split:
  enabled: true
  origin_hosts: ["*.origin-cluster"]
  default: [{{host: "{cdn}", percent: {percent}}}]
"""


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def connect(port, process):
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.connect()
            return connection
        except OSError:
            time.sleep(0.05)
    sys.exit("test-split: the balancer did not start")


def count(connection, requests):
    """{place: redirects}"""
    counts = {"main": 0, "cdn": 0}
    places = {VIDEO: "main", CDN + "/s1/video/1488/xcg2djHckad.m3u8": "cdn"}
    for _ in range(requests):
        connection.request("GET", "/?video=" + VIDEO)
        response = connection.getresponse()
        response.read()
        location = response.getheader("Location")
        if response.status != 301 or location not in places:
            sys.exit(f"test-split: answered with {response.status} {location}")
        counts[places[location]] += 1
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--percent", type=float, default=0.3, help="of 1")
    parser.add_argument("--frontend", choices=["native", "evhttp"], default="native")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="test-split-") as folder:
        port = free_port()
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG.format(port=port, dir=folder, cdn=CDN, percent=options.percent,
                                        frontend=options.frontend))
        process = subprocess.Popen([BALANCER, "--config-path", config])
        try:
            counts = count(connect(port, process), options.requests)
        finally:
            process.terminate()
            process.wait()
    print(counts, f"{100 * counts['cdn'] / options.requests:.6f} %")
    if abs(counts["cdn"] - options.requests * options.percent) >= 1:
        sys.exit("test-split: that is not the share asked for")


if __name__ == "__main__":
    main()
