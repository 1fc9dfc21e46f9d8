"""Kolada, the database of Swedish municipalities' key figures: our own small client of its API, version 3.

It asks gently (about five requests a second, and waits when it is told to), follows pages on the configured host only,
and keeps what is missing missing: null is never zero. The figures are Kolada's, under CC BY 4.0: whoever shows them
names the source.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache as kept
from itertools import product
from typing import Any, Final

import httpx
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

IDS_IN_A_SEGMENT: Final = 25
PER_PAGE: Final = 5000
MOST_PAGES: Final = 40
SECONDS_BETWEEN: Final = 0.2
TRIES: Final = 4
LONGEST_WAIT: Final = 10.0  # seconds that a page may be kept waiting by one 429
REMEMBERED: Final = 600  # seconds: a preview and what is saved of it are the same answer
RECORDED_HEADER: Final = "X-Kolada-Recorded"  # our stub says so of itself: its figures are invented
TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)

KEY_FIGURE_ID: Final = re.compile(r"[A-Za-z]\d{5}")
MUNICIPALITY_ID: Final = re.compile(r"\d{4}")
GROUP_ID: Final = re.compile(r"[A-Za-z]\d{1,9}")
SIMILAR: Final = "Liknande kommuner"


class KoladaProblem(Exception):
    """Why there is no answer and what to do, in the reader's language."""


class NotInKolada(KoladaProblem):
    """Kolada answers, but has nothing by that id."""


@dataclass(frozen=True)
class KeyFigure:
    """A key figure with its definition, as Kolada gives it."""

    id: str
    title: str
    description: str
    operating_area: str
    of: str  # K municipalities, L regions, A both
    is_divided_by_gender: bool
    published_on: date | None
    published_period: str


@dataclass(frozen=True)
class Municipality:
    """A municipality (K) or a region (L)."""

    id: str
    title: str
    kind: str


@dataclass(frozen=True)
class Group:
    """A comparison group and who belonged to it in the year of its name. The municipality itself is no member."""

    id: str
    title: str
    members: tuple[Municipality, ...]


@dataclass(frozen=True)
class Value:
    """One value. None is missing, and `status` then says why, if Kolada does."""

    municipality: str
    year: int
    gender: str  # T all, K women, M men
    value: Decimal | None
    status: str


class Kolada:
    """One address of the API. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        remember: bool = True,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = httpx.URL(base_url.rstrip("/") + "/")
        self.is_recorded = False
        self._remember = remember
        self._sleep = sleep
        self._now = now
        self._turn = threading.Lock()
        self._free_at = 0.0
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers={"Accept": "application/json"})

    # --- What can be asked -----------------------------------------------------------------------------------------

    def search_key_figures(self, text: str) -> list[KeyFigure]:
        """Those whose title holds every word, or the one with this id. Kolada itself searches for one text."""
        words = text.split()
        if not words:
            return []
        if KEY_FIGURE_ID.fullmatch(text.strip()):
            with suppress(NotInKolada):
                return [self.key_figure(text.strip().upper())]
            return []
        rows = self._rows("kpi", {"title": max(words, key=len)})
        found = [_key_figure(row) for row in rows]
        return sorted(
            (each for each in found if all(word.casefold() in each.title.casefold() for word in words)),
            key=lambda each: (each.title.casefold(), each.id),
        )

    def key_figure(self, key: str) -> KeyFigure:
        """The key figure by its id."""
        rows = self._rows(f"kpi/{key}") if KEY_FIGURE_ID.fullmatch(key) else []
        if not rows:
            raise NotInKolada(_("Kolada has no key figure %(id)s. Search for it by a word of its title.") % {"id": key})
        return _key_figure(rows[0])

    def municipalities(self) -> list[Municipality]:
        """All municipalities and regions."""
        return [_municipality(row) for row in self._rows("municipality")]

    def municipality(self, key: str) -> Municipality:
        """The municipality or region by its id."""
        for each in self.municipalities():
            if each.id == key:
                return each
        raise NotInKolada(_("Kolada has no municipality %(id)s. Choose one from the list.") % {"id": key})

    def comparison_groups(self, municipality: Municipality) -> list[Group]:
        """The groups «Liknande kommuner …, <municipality>, <year>»: who resembles it, by subject."""
        own = re.compile(rf"{SIMILAR}\b.*, {re.escape(municipality.title)}, \d{{4}}")
        rows = self._rows("municipality_groups", {"title": municipality.title})
        return sorted(
            (self._group(row) for row in rows if own.fullmatch(_text(row, "title"))), key=lambda group: group.title
        )

    def group(self, key: str) -> Group:
        """The comparison group by its id."""
        rows = self._rows(f"municipality_groups/{key}") if GROUP_ID.fullmatch(key) else []
        if not rows:
            raise NotInKolada(_("Kolada has no comparison group %(id)s. Choose one from the list.") % {"id": key})
        return self._group(rows[0])

    def values(self, key_figure: str, municipalities: Sequence[str], years: Sequence[int]) -> list[Value]:
        """The values there are, by municipality, year and gender. What Kolada does not mention is not in the list."""
        found: dict[tuple[str, int, str], Value] = {}
        for some, these in product(_segments(municipalities), _segments([str(year) for year in years])):
            for row in self._rows(f"data/kpi/{key_figure}/municipality/{','.join(some)}/year/{','.join(these)}"):
                for value in _values(row):
                    found[value.municipality, value.year, value.gender] = value
        return [found[place] for place in sorted(found)]

    # --- How it is asked -------------------------------------------------------------------------------------------

    def _group(self, row: Mapping[str, Any]) -> Group:
        """Members come as ids or with their names; names that are left out are looked up."""
        members = [each if isinstance(each, Mapping) else {"member_id": each} for each in row.get("members") or []]
        ids = [_text(each, "member_id", "id") for each in members]
        names = {key: _text(each, "member_title", "title") for key, each in zip(ids, members, strict=True)}
        if not all(names.values()):
            names = {each.id: each.title for each in self.municipalities()}
        found = tuple(Municipality(key, names.get(key, key), "K") for key in ids)
        return Group(_text(row, "id"), _text(row, "title"), found)

    def _rows(self, path: str, params: Mapping[str, str] | None = None) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        for answer in self._pages(path, params or {}):
            values = answer.get("values")
            if not isinstance(values, list) or not all(isinstance(row, Mapping) for row in values):
                raise _unreadable()
            rows.extend(values)
        return rows

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        address = self.base.join(path).copy_merge_params({**params, "per_page": str(PER_PAGE)})
        seen: set[str] = set()
        while True:
            seen.add(str(address))
            answer = self._answer(address)
            yield answer
            following = answer.get("next_url")
            if not following:
                return
            address = self._on_our_host(str(following))
            if str(address) in seen or len(seen) == MOST_PAGES:
                raise _unreadable()

    def _on_our_host(self, following: str) -> httpx.URL:
        """The next page, at the configured address: an answer never sends us anywhere else."""
        try:
            there = self.base.join(following)
        except httpx.InvalidURL:
            raise _unreadable() from None
        if (there.host, there.port) not in {(self.base.host, self.base.port), (self.base.host, None)}:
            raise KoladaProblem(
                _("Kolada's answer goes on at another address, %(host)s: not followed. Tell your administrator.")
                % {"host": there.host}
            )
        return self.base.copy_with(raw_path=there.raw_path)

    def _answer(self, address: httpx.URL) -> Mapping[str, Any]:
        key = "kolada:" + hashlib.sha256(str(address).encode()).hexdigest()
        known = _remembered(key) if self._remember else None
        if known is None:
            response = self._ask(address)
            known = (response.text, RECORDED_HEADER in response.headers)
            read = _read(known[0])
            if self._remember:
                with suppress(RedisError):
                    cache.set(key, known, REMEMBERED)
        else:
            read = _read(known[0])
        self.is_recorded = known[1]
        return read

    def _ask(self, address: httpx.URL) -> httpx.Response:
        wait = 0.0
        for _attempt in range(TRIES):
            self._take_turn(wait)
            try:
                response = self._http.get(address)
            except httpx.HTTPError:
                raise KoladaProblem(
                    _("Kolada does not answer at the moment. Try again in a while, or write the figure by hand.")
                ) from None
            if response.status_code == httpx.codes.OK:
                return response
            if response.status_code == httpx.codes.NOT_FOUND:
                raise NotInKolada(_("Kolada has nothing at that address. Search again."))
            if response.status_code not in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
                raise KoladaProblem(
                    _("Kolada answers with an error (%(status)s). Try again in a while, or write the figure by hand.")
                    % {"status": response.status_code}
                )
            wait = _retry_after(response)
            if wait > LONGEST_WAIT:
                break
        raise KoladaProblem(
            _("Kolada is busy and asks us to wait %(seconds)s seconds. Try again then.")
            % {"seconds": max(1, round(wait))}
        )

    def _take_turn(self, wait: float) -> None:
        """Wait as told, and keep the pace whoever else asks through this client."""
        with self._turn:
            start = max(self._now() + wait, self._free_at)
            self._free_at = start + SECONDS_BETWEEN
        delay = start - self._now()
        if delay > 0:
            self._sleep(delay)


@kept
def _client(base_url: str) -> Kolada:
    return Kolada(base_url)


def kolada() -> Kolada:
    """The client of the address in the settings."""
    return _client(settings.KOLADA_URL)


# --- Reading -------------------------------------------------------------------------------------------------------


def _remembered(key: str) -> tuple[str, bool] | None:
    """Without the cache we only ask more often."""
    with suppress(RedisError):
        found: tuple[str, bool] | None = cache.get(key)
        return found
    return None


def _unreadable() -> KoladaProblem:
    return KoladaProblem(_("Kolada's answer cannot be read. Try again in a while, or write the figure by hand."))


def _read(text: str) -> Mapping[str, Any]:
    """The answer, with decimals exactly as Kolada writes them."""
    try:
        answer = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(answer, Mapping):
        raise _unreadable()
    return answer


def _refuse(name: str) -> None:
    raise ValueError(name)


def _retry_after(response: httpx.Response) -> float:
    """Seconds, written as a number or as the time of day; one second when it does not say."""
    text = response.headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return 1.0


def _text(row: Mapping[str, Any], *names: str) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")


def _key_figure(row: Mapping[str, Any]) -> KeyFigure:
    published = None
    with suppress(ValueError):
        published = date.fromisoformat(_text(row, "publication_date")[:10])
    return KeyFigure(
        id=_text(row, "id"),
        title=_text(row, "title"),
        description=_text(row, "description"),
        operating_area=_text(row, "operating_area"),
        of=_text(row, "municipality_type") or "A",
        is_divided_by_gender=bool(row.get("is_divided_by_gender")),
        published_on=published,
        published_period=_text(row, "publ_period"),
    )


def _municipality(row: Mapping[str, Any]) -> Municipality:
    return Municipality(_text(row, "id"), _text(row, "title"), _text(row, "type", "region_type"))


def _values(row: Mapping[str, Any]) -> Iterator[Value]:
    for each in row.get("values") or []:
        if not isinstance(each, Mapping) or each.get("isdeleted"):
            continue
        number = each.get("value")
        is_number = isinstance(number, Decimal | int) and not isinstance(number, bool)
        try:
            year = int(row.get("period") or 0)
        except ValueError:
            raise _unreadable() from None
        yield Value(
            municipality=_text(row, "municipality"),
            year=year,
            gender=_text(each, "gender") or "T",
            value=Decimal(number) if is_number else None,  # type: ignore[arg-type]
            status=_text(each, "status"),
        )


def _segments(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return [items[i : i + IDS_IN_A_SEGMENT] for i in range(0, len(items), IDS_IN_A_SEGMENT)]
