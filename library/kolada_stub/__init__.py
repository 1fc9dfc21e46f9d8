"""A stand-in for Kolada on this machine, for the demo and the tests: the same addresses and shapes, nothing beyond.

Ids, titles, definitions, municipalities and comparison groups are Kolada's own (CC BY 4.0), for a few key figures and
municipalities. Every VALUE is invented, by `invented`, and the header `X-Kolada-Recorded` says so. «(påhittad)» after a
municipality means that it does not exist at all. Knows nothing of Django.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

FOLDER = Path(__file__).parent
RECORDED = ("X-Kolada-Recorded", "invented values")
MOST_IN_A_SEGMENT = 25
MOST_PER_PAGE = 5000
BUSY = "busy"  # ?busy=2 in a request is answered 429 twice, then as usual

Row = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], Row]


@cache
def recorded(name: str) -> tuple[Row, ...]:
    return tuple(json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["values"])


def _by_id(name: str) -> dict[str, Row]:
    return {row["id"]: row for row in recorded(name)}


# --- Invented values -----------------------------------------------------------------------------------------------


def _chance(*words: object) -> Decimal:
    """A number from −1 to 1 that belongs to these words, the same everywhere and always."""
    digest = hashlib.sha256("|".join(map(str, words)).encode()).digest()
    return (Decimal(int.from_bytes(digest[:6], "big")) / 2**47 - 1).quantize(Decimal("0.000001"))


def invented(key_figure: Row, municipality: str, year: int, gender: str) -> Decimal | None:
    """A plausible value around the level of the key figure; None for the few that are missing."""
    shape = key_figure["invented"]
    if abs(_chance("missing", key_figure["id"], municipality, year)) > Decimal("0.97"):
        return None
    level, spread, trend, noise = (Decimal(shape[name]) for name in ("level", "spread", "trend", "noise"))
    place = spread * (_chance(key_figure["id"], municipality) + _chance("b", key_figure["id"], municipality))
    value = level + place + trend * (year - 2020) + noise * _chance(key_figure["id"], municipality, year)
    if gender != "T":
        tilt = noise * (1 + abs(_chance("tilt", key_figure["id"])))
        value += tilt if gender == "K" else -tilt
    if "%" in key_figure["title"] and "avvikelse" not in key_figure["title"]:
        value = min(max(value, Decimal("0.1")), Decimal("99.5"))
    elif "avvikelse" not in key_figure["title"]:
        value = max(value, level / 10)
    return value.quantize(Decimal(1).scaleb(-shape["decimals"]))


# --- Addresses -----------------------------------------------------------------------------------------------------


def _narrowed(name: str, query: Mapping[str, str]) -> list[Row]:
    wanted = query.get("title", "").casefold()
    kind = query.get("region_type") or query.get("type") or ""
    return [
        _shown(name, row)
        for row in recorded(name)
        if wanted in row["title"].casefold() and (not kind or row.get("type") == kind)
    ]


def _shown(name: str, row: Row) -> Row:
    if name == "groups":
        names = _by_id("municipalities")
        members = [{"member_id": key, "member_title": names[key]["title"]} for key in row["members"]]
        return row | {"members": members}
    return {key: value for key, value in row.items() if key != "invented"}


def _chosen(name: str, ids: str) -> list[Row]:
    known = _by_id(name)
    return [_shown(name, known[key]) for key in ids.split(",") if key in known]


def _data(parts: list[str]) -> list[Row]:
    """`data/kpi/…/municipality/…/year/…`, at least two of the three, in any order."""
    said = dict(zip(parts[::2], parts[1::2], strict=True))
    key_figures = said["kpi"].split(",") if "kpi" in said else list(_by_id("key_figures"))
    municipalities = said["municipality"].split(",") if "municipality" in said else list(_by_id("municipalities"))
    years = [int(year) for year in said["year"].split(",")] if "year" in said else list(range(2014, 2027))
    return [
        row
        for key in key_figures
        for municipality in municipalities
        for year in years
        if (row := _data_row(key, municipality, year)) is not None
    ]


def _data_row(key: str, municipality: str, year: int) -> Row | None:
    """Nothing for what does not exist, years without publication, and a region where only municipalities are."""
    key_figure, place = _by_id("key_figures").get(key), _by_id("municipalities").get(municipality)
    if key_figure is None or place is None or key_figure["municipality_type"] not in {"A", place["type"]}:
        return None
    first, last = key_figure["invented"]["years"]
    if not first <= year <= last:
        return None
    genders = ("T", "K", "M") if key_figure["is_divided_by_gender"] else ("T",)
    values = [_value(invented(key_figure, municipality, year, gender), gender) for gender in genders]
    return {"kpi": key, "municipality": municipality, "period": year, "values": values}


def _value(value: Decimal | None, gender: str) -> Row:
    status = "Missing" if value is None else ""
    number = None if value is None else float(value)
    return {"gender": gender, "count": 1, "status": status, "value": number, "isdeleted": False}


LISTS = {"kpi": "key_figures", "municipality": "municipalities", "municipality_groups": "groups"}


class Stub:
    """The application. It remembers how often each busy request has been turned away."""

    def __init__(self) -> None:
        self.turned_away: dict[str, int] = {}

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        query = {name: values[-1] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        here = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
        status, headers, body = self.answer(environ["PATH_INFO"].encode("latin-1").decode(), query, here)
        content = json.dumps(body, ensure_ascii=False).encode()
        start_response(status, [("Content-Type", "application/json"), RECORDED, *headers])
        return [content]

    def answer(self, path: str, query: Mapping[str, str], here: str) -> Answer:
        parts = [part for part in path.removeprefix("/v3").split("/") if part]
        if self._is_busy(path, query):
            return "429 Too Many Requests", [("Retry-After", "1")], {"detail": "Too many requests"}
        if any(len(part.split(",")) > MOST_IN_A_SEGMENT for part in parts):
            return "400 Bad Request", [], {"detail": f"At most {MOST_IN_A_SEGMENT} ids in a segment"}
        rows = self._rows(parts, query)
        if rows is None:
            return "404 Not Found", [], {"detail": "Not Found"}
        return "200 OK", [], _page(rows, query, here)

    def _is_busy(self, path: str, query: Mapping[str, str]) -> bool:
        times = int(query.get(BUSY) or 0)
        before = self.turned_away.get(path, 0)
        self.turned_away[path] = before + 1 if before < times else 0
        return before < times

    def _rows(self, parts: list[str], query: Mapping[str, str]) -> list[Row] | None:
        match parts:
            case [name] if name in LISTS:
                return _narrowed(LISTS[name], query)
            case [name, ids] if name in LISTS:
                return _chosen(LISTS[name], ids)
            case ["data", *rest] if len(rest) in {4, 6} and set(rest[::2]) <= {"kpi", "municipality", "year"}:
                try:
                    return _data(rest)
                except ValueError:
                    return None
        return None


def _page(rows: list[Row], query: Mapping[str, str], here: str) -> Row:
    size = max(1, min(int(query.get("per_page") or MOST_PER_PAGE), MOST_PER_PAGE))
    number = max(1, int(query.get("page") or 1))
    shown = rows[(number - 1) * size : number * size]
    following = None
    if number * size < len(rows):
        following = f"{here}?{urlencode({**query, 'page': number + 1, 'per_page': size})}"
    return {"values": shown, "count": len(shown), "next_url": following, "previous_url": None}


# --- Serving -------------------------------------------------------------------------------------------------------


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def server(port: int) -> WSGIServer:
    """A server on this machine alone, listening; 0 takes a free port. `serve_forever()` runs it."""
    return make_server("127.0.0.1", port, Stub(), server_class=_Server, handler_class=_Quiet)
