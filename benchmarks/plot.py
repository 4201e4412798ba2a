"""Small SVG plots, without a library: bars, and lines on logarithmic axes."""

from __future__ import annotations

import math
from html import escape

COLORS = [
    "#0b6e4f",
    "#c1440e",
    "#3a5a9b",
    "#8a6d00",
    "#7b2d8b",
    "#555555",
    "#008a9a",
    "#b0206a",
    "#4d7c0f",
    "#a05a2c",
    "#222222",
]
STYLE = "<style>text{font:12px sans-serif;fill:#333}.t{font-weight:bold}</style>"


def bars(title: str, values: dict[str, float]) -> str:
    """Horizontal bars, one a value; ours are green."""
    top = max(values.values(), default=1)
    height = 40 + 24 * len(values)
    out = [_open(640, height), f'<text class="t" x="10" y="20">{escape(title)}</text>']
    for row, (name, value) in enumerate(values.items()):
        y = 36 + 24 * row
        width = max(1, 320 * value / top)
        color = COLORS[0] if name.startswith("cwsauth") else "#999999"
        out.append(f'<text x="230" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
        out.append(f'<rect x="240" y="{y}" width="{width:.0f}" height="17" fill="{color}"/>')
        out.append(f'<text x="{246 + width:.0f}" y="{y + 13}">{value:.1f}</text>')
    return "\n".join([*out, "</svg>", ""])


def lines(title: str, series: dict[str, dict[str, float]]) -> str:
    """One line a series, over labels that are numbers; both axes are logarithmic."""
    points = {name: [(float(x), y) for x, y in values.items() if y > 0] for name, values in series.items() if values}
    every = [point for row in points.values() for point in row]
    if not every:
        return "\n".join([_open(10, 10), "</svg>", ""])
    left, right = (math.log10(edge(x for x, _ in every)) for edge in (min, max))
    low = math.floor(math.log10(min(y for _, y in every)))
    high = math.ceil(math.log10(max(y for _, y in every)))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - left) / ((right - left) or 1)
        return 60 + 400 * across, 340 - 300 * (math.log10(y) - low) / ((high - low) or 1)

    out = [_open(720, 380), f'<text class="t" x="10" y="20">{escape(title)}</text>']
    for power in range(low, high + 1):
        _, y = at(10**left, 10.0**power)
        out.append(f'<line x1="60" x2="460" y1="{y:.0f}" y2="{y:.0f}" stroke="#dddddd"/>')
        out.append(f'<text x="54" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g}</text>')
    for x in sorted({x for x, _ in every}):
        across, _ = at(x, 10.0**low)
        out.append(f'<text x="{across:.0f}" y="360" text-anchor="middle">{x:g}</text>')
    for number, (name, row) in enumerate(points.items()):
        color = COLORS[number % len(COLORS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in row))
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        out += [f'<circle cx="{at(*point)[0]:.1f}" cy="{at(*point)[1]:.1f}" r="3" fill="{color}"/>' for point in row]
        out.append(f'<rect x="476" y="{40 + 22 * number}" width="12" height="12" fill="{color}"/>')
        out.append(f'<text x="494" y="{51 + 22 * number}">{escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])


def _open(width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'{STYLE}<rect width="100%" height="100%" fill="white"/>'
    )
