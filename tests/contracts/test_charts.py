"""Charts are SVG that can be read by eye and ear, with the numbers as people write them."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from fractions import Fraction

import pytest

from contracts import charts

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: bytes) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 – our own
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def waterfall(language: charts.Language, **more: charts.Width) -> bytes:
    rows: list[tuple[str, Fraction | int]] = [
        ("Ersättning för utfall", Fraction(-2400000)),
        ("Kommunen & nämnden", 5200000),
        ("Regionen", -300000),
    ]
    return charts.waterfall(rows, language, title="Vem vinner", description="Mindre < större", **more)


def cumulative(language: charts.Language) -> bytes:
    series = {"Kommunen": [-1000000, 500000, 1700000], "Regionen": [0, 100000, 250000]}
    return charts.cumulative(series, ["2027", "2028", "2029"], language, title="År för år", description="Summor")


def histogram(language: charts.Language) -> bytes:
    marks = [("Tak", 30000)]
    return charts.histogram([0, 10000, 20000, 30000], [1, 2, 1], language, title="T", description="D", marks=marks)


def tornado(language: charts.Language) -> bytes:
    rows = [("Andel", 2000000, 4000000), ("Ränta", 3200000, 2900000)]
    return charts.tornado(rows, 3000000, language, title="T", description="D")


@pytest.mark.parametrize("draw", [waterfall, cumulative, histogram, tornado])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_chart_says_what_it_shows(draw: Callable[[charts.Language], bytes], language: charts.Language) -> None:
    root = ET.fromstring(draw(language))  # noqa: S314 – our own
    assert root.tag == f"{SVG}svg"
    assert root.attrib["role"] == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")


def test_a_waterfall_names_every_step_with_its_sign_and_the_sum() -> None:
    found = texts(waterfall("sv"))
    assert {"−2,4", "+5,2", "−0,3", "+2,5", "Netto", "miljoner kronor", "Regionen"} <= set(found)
    assert "Kommunen & nämnden" in found
    assert {"−2.4", "+5.2", "Net", "SEK million"} <= set(texts(waterfall("en")))


def test_the_lines_end_with_what_was_gained_in_all() -> None:
    found = texts(cumulative("sv"))
    assert {"1\u00a0200", "350", "Kommunen", "Regionen", "2027", "tusen kronor"} <= set(found)
    assert "1,200" in texts(cumulative("en"))


def test_a_histogram_shows_shares_and_names_its_marks() -> None:
    found = texts(histogram("sv"))
    assert "Tak 30" in found
    assert "tusen kronor" in found
    assert any(text.endswith("\u00a0%") for text in found)


def test_a_tornado_shows_both_ends_of_every_assumption() -> None:
    found = texts(tornado("sv"))
    assert {"2,0", "4,0", "3,2", "2,9", "lågt värde", "högt värde"} <= set(found)


def test_a_narrow_chart_is_as_broad_as_a_telephone() -> None:
    assert float(ET.fromstring(waterfall("sv", width="narrow")).attrib["width"]) <= 390  # noqa: S314


def test_a_rounded_nothing_has_no_sign() -> None:
    assert charts.number_text(-0.004, "sv") == "0"
    assert charts.number_text(-1234.5, "sv") == "−1\u00a0234,5"
    assert charts.number_text(-1234.5, "en") == "−1,234.5"


def test_nothing_at_all_can_be_drawn() -> None:
    assert texts(charts.waterfall([], "sv", title="T", description="D"))
    assert charts.tornado([], 0, "sv", title="T", description="D")
