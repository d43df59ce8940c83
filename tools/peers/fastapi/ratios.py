"""Ours beside FastAPI's, of each lane and figure; of several runs the middle of their medians."""

import json
import statistics
import sys

medians: dict[tuple[str, str, str], list[float]] = {}
for line in open(sys.argv[1]):
    figure = json.loads(line)
    medians.setdefault((figure["lane"], figure["name"], figure["peer"]), []).append(figure["median"])
for lane, name in dict.fromkeys((lane, name) for lane, name, _ in medians):
    sides = [statistics.median(medians.get((lane, name, peer), [float("nan")])) for peer in ("ours", "fastapi")]
    print(f"{lane} {name}: ours {sides[0]:,.2f}, FastAPI {sides[1]:,.2f}, ratio {sides[0] / sides[1]:.2f}")
