"""Ours over theirs, of each lane and figure; of several runs the middle of their medians."""

import json
import statistics
import sys

medians: dict[tuple[str, str, str], list[float]] = {}
for line in open(sys.argv[1]):
    figure = json.loads(line)
    peer = "nats" if figure["peer"] == "hub.nats" else "ours"
    medians.setdefault((figure["lane"], figure["what"], peer), []).append(figure["median"])
for lane, what in dict.fromkeys((lane, what) for lane, what, _ in medians):
    sides = [statistics.median(medians.get((lane, what, peer), [float("nan")])) for peer in ("ours", "nats")]
    print(f"{lane}.{what}: ours {sides[0]:,.1f}, nats-server {sides[1]:,.1f}, ratio {sides[0] / sides[1]:.2f}")
