"""Small SVG plots, without a library: bars, and lines on logarithmic axes. They follow the reader's light or dark scheme."""

from __future__ import annotations

import math
from html import escape

# Colours that can be told apart on white and on a dark page alike; ours is the first.
COLORS = [
    "#12a37a",
    "#e0662f",
    "#5b8def",
    "#c9a227",
    "#b667c9",
    "#8a94a6",
    "#22a7b8",
    "#e0559a",
    "#7fae3a",
    "#b07d54",
    "#7d7af0",
    "#d98880",
]
FLOOR = "#8a94a6"
STYLE = """<style>
text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #3b4350 }
.t { font-size: 14px; font-weight: 600; fill: #1c2330 } .s { fill: #6b7585 } .own { font-weight: 600; fill: #0b7a5a }
.page { fill: #ffffff } .grid { stroke: #e6e9ee } .axis { stroke: #aab2bf } .other { fill: #aab4c2 } .ours { fill: #12a37a }
@media (prefers-color-scheme: dark) {
text { fill: #c4ccd8 } .t { fill: #eef2f7 } .s { fill: #8f9aab } .own { fill: #4fd6ae }
.page { fill: #12161c } .grid { stroke: #252c36 } .axis { stroke: #566071 } .other { fill: #58637a } .ours { fill: #1fc296 }
}</style>"""


def ours(name: str) -> bool:
    """Whether a series is this library's."""
    return name.startswith("cwsauth")


def bars(title: str, subtitle: str, values: dict[str, float], marks: dict[str, float] | None = None) -> str:
    """Horizontal bars, one a value, with a tick where `marks` puts a budget; ours are green."""
    top = max([*values.values(), *(marks or {}).values()], default=1) or 1
    height = 62 + 28 * len(values) + 10
    out = _open(760, height, title, subtitle)
    for row, (name, value) in enumerate(values.items()):
        y = 62 + 28 * row
        width = max(2.0, 420 * value / top)
        kind, text = ("ours", "own") if ours(name) else ("other", "")
        out.append(f'<text class="{text}" x="248" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        out.append(f'<rect class="{kind}" x="260" y="{y}" width="{width:.1f}" height="20" rx="3"/>')
        if marks and name in marks:
            at = 260 + 420 * marks[name] / top
            out.append(f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="{y - 3}" y2="{y + 23}" stroke-width="2"/>')
            width = max(width, at - 260)
        out.append(f'<text class="{text}" x="{268 + width:.1f}" y="{y + 14}">{_number(value)}</text>')
    return _close(out)


def lines(title: str, subtitle: str, series: dict[str, dict[str, float]], across: str) -> str:
    """One line a series, its name at its end, over labels that are numbers; both axes are logarithmic."""
    points = {name: sorted((float(x), y) for x, y in row.items() if y > 0) for name, row in series.items()}
    points = {name: row for name, row in points.items() if row}
    every = [point for row in points.values() for point in row] or [(1.0, 1.0)]
    left, right = (math.log10(edge(x for x, _ in every)) for edge in (min, max))
    low = math.floor(math.log10(min(y for _, y in every)) * 2) / 2
    high = math.ceil(math.log10(max(y for _, y in every)) * 2) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        part = (math.log10(x) - left) / ((right - left) or 1)
        return 64 + 440 * part, 400 - 330 * (math.log10(y) - low) / ((high - low) or 1)

    out = _open(760, 446, title, subtitle)
    for power in range(math.ceil(low), math.floor(high) + 1):
        _, y = at(10**left, 10.0**power)
        out.append(f'<line class="grid" x1="64" x2="504" y1="{y:.1f}" y2="{y:.1f}"/>')
        out.append(f'<text class="s" x="56" y="{y + 4:.1f}" text-anchor="end">{_number(10.0**power)}</text>')
    out.append('<line class="axis" x1="64" x2="504" y1="400" y2="400"/>')
    for x in sorted({x for x, _ in every}):
        place, _ = at(x, 10.0**low)
        out.append(f'<text class="s" x="{place:.1f}" y="418" text-anchor="middle">{x:,.0f}</text>')
    out.append(f'<text class="s" x="284" y="437" text-anchor="middle">{escape(across)}</text>')
    ends = _apart({name: at(*row[-1])[1] for name, row in points.items()})
    others = iter(COLORS[1:] * 9)
    dashes = iter(["", "7 4", "2 3"] * 9)
    for name, row in sorted(points.items(), key=lambda pair: not ours(pair[0])):
        own = ours(name)
        floor = "floor" in name
        color = COLORS[0] if own else FLOOR if floor else next(others)
        pattern = next(dashes) if own else "3 4" if floor else ""
        dash = f' stroke-dasharray="{pattern}"' if pattern else ""
        placed = [at(*point) for point in row]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        width = "3" if own else "1.6"
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"{dash}/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{"4" if own else "2.6"}" fill="{color}"/>' for x, y in placed]
        x, y = placed[-1]
        out.append(
            f'<polyline points="{x + 5:.1f},{y:.1f} 518,{ends[name]:.1f}" fill="none" stroke="{color}" opacity="0.45"/>'
        )
        weight = ' style="font-weight:600"' if own else ""
        out.append(f'<text x="522" y="{ends[name] + 4:.1f}"{weight}>{escape(name)}</text>')
    return _close(out)


def _apart(wanted: dict[str, float], gap: float = 17) -> dict[str, float]:
    """Heights for labels near those wanted, no two closer than `gap`, none below the axis."""
    found: dict[str, float] = {}
    last = -math.inf
    for name, y in sorted(wanted.items(), key=lambda pair: pair[1]):
        last = max(y, last + gap, 68)
        found[name] = last
    floor = 402.0
    for name in reversed(found):
        found[name] = floor = min(found[name], floor)
        floor -= gap
    return found


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:g}" if value else "0"


def _open(width: int, height: int, title: str, subtitle: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        STYLE,
        f'<rect class="page" width="{width}" height="{height}" rx="8"/>',
        f'<text class="t" x="20" y="28">{escape(title)}</text>',
        f'<text class="s" x="20" y="47">{escape(subtitle)}</text>',
    ]


def _close(out: list[str]) -> str:
    return "\n".join([*out, "</svg>", ""])
