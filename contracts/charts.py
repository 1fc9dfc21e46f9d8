"""Charts as SVG: drawn by addresses of their own, never inside a page, which holds the same numbers in a table.

Every function takes finished numbers and words and gives bytes. The picture follows the reader's light or dark scheme,
says what it shows in `<title>` and `<desc>`, and uses the system's fonts. Colour is never alone: numbers carry signs,
and every bar and line is named.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal
from xml.sax.saxutils import escape

import vl_convert
from babel.numbers import format_decimal

Language = Literal["sv", "en"]
Amount = Fraction | Decimal | float | int
Width = Literal["wide", "narrow"]

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', 'DejaVu Sans', sans-serif"
WIDTHS: Final[dict[Width, int]] = {"wide": 700, "narrow": 350}
WRAP: Final[dict[Width, int]] = {"wide": 30, "narrow": 16}
ROW: Final = 17
"""How tall a line of the names is."""
MOST_LINES: Final = 3

# Each colour in the light scheme, and what it becomes in the dark one.
INK, LINE, GAIN, COST, WHOLE = "#17272f", "#cfd8dc", "#00749a", "#b04a1f", "#56666f"
SERIES: Final = ("#00749b", "#b04b1f", "#5b4a9c", "#2e7d32", "#8a6d00", "#a0306f", "#56676f", "#00695c")
DARK: Final = {
    INK: "#e8edf0",
    LINE: "#35505c",
    GAIN: "#5fb7d6",
    COST: "#f0946b",
    WHOLE: "#a9b8c0",
    **dict(
        zip(
            SERIES,
            ("#5fb7d7", "#f0946c", "#b3a4ec", "#86c98a", "#dcbd55", "#ea92c3", "#a9b8c1", "#6fc9ba"),
            strict=True,
        )
    ),
}
DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3], [10, 4], [6, 2, 1, 2])


# --- Numbers -------------------------------------------------------------------------------------------------------


class Scale:
    """Amounts in kronor, thousands or millions, whichever reads best beside the largest of them."""

    def __init__(self, amounts: Sequence[Amount], language: Language, currency: str = "SEK") -> None:
        largest = max((abs(float(amount)) for amount in amounts), default=0.0)
        self.language = language
        step = 0 if largest < 20_000 else 1 if largest < 2_000_000 else 2
        self.divisor = (1, 1_000, 1_000_000)[step]
        kronor = "kronor" if currency == "SEK" else currency
        self.unit = {
            "sv": (kronor, f"tusen {kronor}", f"miljoner {kronor}"),
            "en": (currency, f"{currency} thousand", f"{currency} million"),
        }[language][step]
        self.pattern = ("#,##0", "#,##0", "#,##0.0")[step]

    def of(self, amount: Amount) -> float:
        """The amount in the scale's unit."""
        return float(amount) / self.divisor

    def text(self, amount: Amount, *, signed: bool = False) -> str:
        """The amount in the scale's unit as people write it."""
        number = number_text(self.of(amount), self.language, self.pattern)
        return f"+{number}" if signed and not number.startswith("−") and self.of(amount) > 0 else number


def number_text(number: float, language: Language, pattern: str = "#,##0.##") -> str:
    """`-1234.5` → `−1 234,5` in Swedish, `−1,234.5` in English. A rounded nothing has no sign."""
    text = format_decimal(number, format=pattern, locale="sv_SE" if language == "sv" else "en_GB")
    text = text.replace("-", "−", 1)
    return text if any(digit in text for digit in "123456789") else text.removeprefix("−")


def _locale(language: Language) -> dict[str, Any]:
    """What the axes write: the format of d3."""
    if language == "sv":
        return {
            "decimal": ",",
            "thousands": "\u00a0",
            "grouping": [3],
            "currency": ["", "\u00a0kr"],
            "minus": "−",
            "percent": "\u00a0%",
        }
    return {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["SEK\u00a0", ""], "minus": "−"}


# --- The four charts -----------------------------------------------------------------------------------------------


def waterfall(
    rows: Sequence[tuple[str, Amount]],
    language: Language,
    *,
    title: str,
    description: str,
    total: str = "",
    currency: str = "SEK",
    width: Width = "wide",
) -> bytes:
    """Each row adds to the one above it, or takes from it; the last bar is the sum of them all."""
    alt = _altair()
    scale = Scale([*_running(rows), *(amount for _label, amount in rows)], language, currency)
    bars: list[dict[str, Any]] = []
    before = Fraction(0)
    for label, amount in rows:
        after = before + Fraction(amount)
        text = scale.text(amount, signed=True)
        bars.append(
            _bar(label, scale.of(before), scale.of(after), width, text=text, colour=GAIN if amount >= 0 else COST)
        )
        before = after
    named, text = total or {"sv": "Netto", "en": "Net"}[language], scale.text(before, signed=True)
    bars.append(_bar(named, 0.0, scale.of(before), width, text=text, colour=WHOLE))
    base = alt.Chart(alt.Data(values=bars)).encode(y=_rows(alt, bars))
    drawn = base.mark_bar(height={"band": 0.62}).encode(
        x=alt.X("from:Q", axis=_across(alt, scale), scale=_room(alt, bars, width)),
        x2="to:Q",
        color=alt.Color("colour:N", scale=None),
    )
    words = base.mark_text(align="left", dx=5, fontSize=13, color=INK).encode(x="right:Q", text="text:N")
    chart = alt.layer(drawn, words, _upright(alt, 0.0), *_names(alt, bars))
    return _draw(chart, language, title, description, width, bars=bars)


def cumulative(
    series: Mapping[str, Sequence[Amount]],
    years: Sequence[str],
    language: Language,
    *,
    title: str,
    description: str,
    currency: str = "SEK",
    width: Width = "wide",
) -> bytes:
    """What each has gained in all by the end of each year: one line each. `series` holds yearly amounts, not sums."""
    alt = _altair()
    sums = {name: _running([("", amount) for amount in amounts]) for name, amounts in series.items()}
    scale = Scale([amount for running in sums.values() for amount in running], language, currency)
    points = [
        {"name": name, "year": year, "place": place, "amount": scale.of(amount), "text": scale.text(amount)}
        for name, running in sums.items()
        for place, (year, amount) in enumerate(zip(years, running, strict=True))
    ]
    names = list(sums)
    colours = [SERIES[place % len(SERIES)] for place in range(len(names))]
    dashes = [list(DASHES[place % len(DASHES)]) for place in range(len(names))]
    legend = alt.Legend(
        orient="bottom", title=None, columns=2 if width == "wide" else 1, symbolSize=300, labelLimit=320
    )
    axis = alt.Axis(title=scale.unit, format=",~f", tickCount=5)

    def coloured(legend: Any) -> Any:
        return alt.Color("name:N", sort=names, scale=alt.Scale(domain=names, range=colours), legend=legend)

    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("year:N", sort=list(years), axis=alt.Axis(title=None, labelAngle=0), scale=alt.Scale(padding=0.3)),
        y=alt.Y("amount:Q", axis=axis),
        color=coloured(legend),
    )
    lines = base.mark_line(strokeWidth=2.5).encode(
        strokeDash=alt.StrokeDash("name:N", sort=names, scale=alt.Scale(domain=names, range=dashes), legend=legend)
    )
    ends = _apart([point for point in points if point["place"] == len(years) - 1], points)
    words = (
        alt.Chart(alt.Data(values=ends))
        .mark_text(align="left", dx=8, fontSize=13)
        .encode(
            x=alt.X("year:N", sort=list(years)),
            y="beside:Q",
            text="text:N",
            color=coloured(None),
        )
    )
    zero = alt.Chart(alt.Data(values=[{}])).mark_rule(color=INK, strokeWidth=1).encode(y=alt.datum(0))
    chart = alt.layer(zero, lines, base.mark_point(filled=True, size=45).encode(color=coloured(None)), words)
    return _draw(chart, language, title, description, width, height=300)


def histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    language: Language,
    *,
    title: str,
    description: str,
    marks: Sequence[tuple[str, Amount]] = (),
    currency: str = "SEK",
    width: Width = "wide",
) -> bytes:
    """How large a share of the draws fall between each two edges; `marks` are named amounts, drawn as lines."""
    alt = _altair()
    scale = Scale([*edges, *(amount for _label, amount in marks)], language, currency)
    draws = max(sum(counts), 1)
    bars = [
        {"from": scale.of(low), "to": scale.of(high), "share": count / draws}
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
    share = {"sv": "andel av dragningarna", "en": "share of the draws"}[language]
    drawn = (
        alt.Chart(alt.Data(values=bars))
        .mark_rect(color=GAIN)
        .encode(
            x=alt.X("from:Q", axis=_across(alt, scale, grid=False), scale=alt.Scale(zero=False, nice=False)),
            x2="to:Q",
            y=alt.Y("share:Q", axis=alt.Axis(title=share, format=".0%", tickCount=4)),
            y2=alt.datum(0),
        )
    )
    layers = [drawn]
    if marks:
        most = max((bar["share"] for bar in bars), default=1.0) or 1.0
        lines = [
            {
                "at": scale.of(amount),
                "text": f"{label} {scale.text(amount)}",
                "top": most * (1.32 - 0.1 * (place % 3)),
            }
            for place, (label, amount) in enumerate(marks)
        ]
        named = alt.Chart(alt.Data(values=lines))
        layers.append(
            named.mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.5).encode(x="at:Q", y="top:Q", y2=alt.datum(0))
        )
        layers.append(
            named.mark_text(align="left", dx=4, fontSize=12, color=INK).encode(x="at:Q", y="top:Q", text="text:N")
        )
    return _draw(alt.layer(*layers), language, title, description, width, height=260)


def tornado(
    rows: Sequence[tuple[str, Amount, Amount]],
    base: Amount,
    language: Language,
    *,
    title: str,
    description: str,
    currency: str = "SEK",
    width: Width = "wide",
) -> bytes:
    """What the answer becomes at the low and the high end of each assumption, the widest first, around `base`."""
    alt = _altair()
    scale = Scale([base, *(end for _label, low, high in rows for end in (low, high))], language, currency)
    named = {"sv": ("lågt värde", "högt värde"), "en": ("low value", "high value")}[language]
    bars, ends = [], []
    for label, low, high in rows:
        for end, name in ((low, named[0]), (high, named[1])):
            bars.append(_bar(label, scale.of(base), scale.of(end), width, side=name))
            side = "right" if (end > base or (end == base and end >= max(low, high))) else "left"
            ends.append({**_bar(label, 0.0, 0.0, width), "at": scale.of(end), "text": scale.text(end), "side": side})
    colours = alt.Scale(domain=list(named), range=[COST, GAIN])
    drawn = (
        alt.Chart(alt.Data(values=bars))
        .mark_bar(height={"band": 0.6})
        .encode(
            y=_rows(alt, bars),
            x=alt.X("from:Q", axis=_across(alt, scale), scale=_room(alt, bars, width, both=True)),
            x2="to:Q",
            color=alt.Color(
                "side:N",
                scale=colours,
                sort=list(named),
                legend=_legend(alt, columns=2 if width == "wide" else 1, symbol="square"),
            ),
        )
    )
    texts = [
        alt.Chart(alt.Data(values=[end for end in ends if end["side"] == side]))
        .mark_text(align=align, dx=dx, fontSize=13, color=INK)
        .encode(y=_rows(alt, bars), x="at:Q", text="text:N")
        for side, align, dx in (("left", "right", -5), ("right", "left", 5))
    ]
    chart = alt.layer(drawn, *texts, _upright(alt, scale.of(base)), *_names(alt, bars))
    return _draw(chart, language, title, description, width, bars=bars)


# --- What they share -----------------------------------------------------------------------------------------------


def _altair() -> Any:
    """A second to import, and only whoever draws needs it."""
    import altair  # noqa: PLC0415

    return altair


def _running(rows: Sequence[tuple[str, Amount]]) -> list[Fraction]:
    sums, whole = [], Fraction(0)
    for _label, amount in rows:
        whole += Fraction(amount)
        sums.append(whole)
    return sums


def _bar(label: str, start: float, end: float, width: Width, **more: Any) -> dict[str, Any]:
    """A bar from one number to another, with its name on as many lines as it needs; the words stand right of it."""
    left, right = sorted((start, end))
    lines = textwrap.wrap(label, WRAP[width], break_on_hyphens=False)[:MOST_LINES] or [label]
    return {"label": "\n".join(lines), "lines": len(lines), "from": left, "to": right, "right": max(right, 0.0), **more}


def _rows(alt: Any, bars: Sequence[Mapping[str, Any]]) -> Any:
    """One row for each name, in the order they were given. The names themselves are drawn by `_names`."""
    order = list(dict.fromkeys(bar["label"] for bar in bars))
    return alt.Y("label:N", sort=order, axis=alt.Axis(title=None, labels=False, ticks=False, domain=False, grid=False))


def _names(alt: Any, bars: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The names left of their rows, centred whether they have one line or more."""
    named = {bar["label"]: {"label": bar["label"], "lines": bar["lines"]} for bar in bars}
    return [
        alt.Chart(alt.Data(values=rows))
        .mark_text(
            align="right", baseline="middle", lineBreak="\n", lineHeight=ROW, fontSize=13, color=INK,
            dy=-(lines - 1) * ROW / 2,
        )
        .encode(y=_rows(alt, bars), x=alt.value(-8), text="label:N")
        for lines in range(1, MOST_LINES + 1)
        if (rows := [row for row in named.values() if row["lines"] == lines])
    ]  # fmt: skip


def _across(alt: Any, scale: Scale, *, grid: bool = True) -> Any:
    return alt.Axis(title=scale.unit, format=",~f", tickCount=5, grid=grid, labelOverlap=True)


def _legend(alt: Any, *, columns: int, symbol: str = "stroke") -> Any:
    return alt.Legend(
        orient="bottom",
        title=None,
        columns=columns,
        symbolType=symbol,
        symbolStrokeWidth=3,
        symbolOpacity=1,
        labelLimit=320,
    )


def _apart(ends: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The last points with a place for their words, `beside`, where no two words cover each other."""
    amounts = [point["amount"] for point in points]
    gap = (max(amounts, default=0.0) - min(amounts, default=0.0)) * 0.07
    placed: list[dict[str, Any]] = []
    for end in sorted(ends, key=lambda end: float(end["amount"])):
        least = placed[-1]["beside"] + gap if placed else end["amount"]
        placed.append({**end, "beside": max(end["amount"], least)})
    return placed


def _room(alt: Any, bars: Sequence[Mapping[str, Any]], width: Width, *, both: bool = False) -> Any:
    """The breadth of the axis: from the least to the greatest, zero included, with room for the words at the ends."""
    least = min((bar["from"] for bar in bars), default=0.0)
    most = max((bar["to"] for bar in bars), default=1.0)
    if not both:
        least, most = min(least, 0.0), max(most, 0.0)
    room = ((most - least) or 1.0) * (0.16 if width == "wide" else 0.34)
    return alt.Scale(domain=[least - (room if both else 0), most + room], nice=False, zero=False)


def _upright(alt: Any, at: float) -> Any:
    return alt.Chart(alt.Data(values=[{}])).mark_rule(color=INK, strokeWidth=1).encode(x=alt.datum(at))


def _draw(
    chart: Any,
    language: Language,
    title: str,
    description: str,
    width: Width,
    *,
    bars: Sequence[Mapping[str, Any]] = (),
    height: int = 0,
) -> bytes:
    """The chart as SVG that can be read in light and dark and by those who hear it. `bars` say how tall the rows
    must be for their names."""
    names = {bar["label"]: bar["lines"] for bar in bars}
    longest = max((len(line) for name in names for line in name.split("\n")), default=0)
    row = max(44, ROW * max(names.values(), default=1) + 14)
    sized = chart.properties(
        width=WIDTHS[width],
        height=height or row * max(len(names), 1) + 70,
        autosize={"type": "fit", "contains": "padding"},
        padding={"left": 8 + longest, "right": 8, "top": 4, "bottom": 4},
    ).configure(
        font=FONT,
        view={"stroke": None},
        axis={
            "labelColor": INK,
            "titleColor": INK,
            "labelFontSize": 13,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "gridColor": LINE,
            "domainColor": LINE,
            "tickColor": LINE,
        },
        legend={"labelColor": INK, "labelFontSize": 13},
    )
    spec = sized.to_dict() | {"background": "transparent"}
    svg = vl_convert.vegalite_to_svg(spec, format_locale=_locale(language), allowed_base_urls=[])
    return _readable(svg, language, title, description).encode()


def _readable(svg: str, language: Language, title: str, description: str) -> str:
    rules = "".join(
        f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}' for light, dark in DARK.items()
    )
    head = (
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>"
    )
    opening, closing, rest = svg.partition(">")
    return f'{opening} role="img" lang="{language}"{closing}{head}{rest}'
