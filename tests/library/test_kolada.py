"""Our client of Kolada: what it asks, how gently, what it never takes for an answer, and the stand-in's shapes."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import respx

from actors.policies import NotAllowed
from library.kolada import (
    IDS_IN_A_SEGMENT,
    LONGEST_WAIT,
    SECONDS_BETWEEN,
    TRIES,
    Kolada,
    KoladaProblem,
    Municipality,
    NotInKolada,
)
from library.models import KoladaSnapshot
from library.snapshots import Wanted, ask, fetch_snapshot
from tests.world import NOW, World, build_world

BASE = "https://kolada.example/v3"


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


@pytest.fixture
def clock_of_kolada() -> Clock:
    return Clock()


@pytest.fixture
def client(clock_of_kolada: Clock) -> Kolada:
    return Kolada(BASE, remember=False, sleep=clock_of_kolada.sleep, now=clock_of_kolada.now)


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


def page(*values: Any, next_url: str | None = None, **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"values": list(values), "count": len(values), "next_url": next_url}, **more)


def value(municipality: str, year: int, *numbers: Any) -> dict[str, Any]:
    each = [{"gender": "T", "count": 1, "status": "" if n is not None else "Missing", "value": n} for n in numbers]
    return {"kpi": "N15428", "municipality": municipality, "period": year, "values": each}


# --- Paging ----------------------------------------------------------------------------------------------------------


def test_it_reads_all_pages(api: respx.MockRouter, client: Kolada) -> None:
    second = page({"id": "0580", "title": "Linköping", "type": "K"})
    route = api.get(url__startswith=BASE).mock(
        side_effect=[
            page({"id": "0581", "title": "Norrköping", "type": "K"}, next_url=f"{BASE}/municipality?page=2"),
            second,
        ]
    )
    assert [each.title for each in client.municipalities()] == ["Norrköping", "Linköping"]
    assert [call.request.url.params.get("page") for call in route.calls] == [None, "2"]
    assert route.calls[0].request.url.params["per_page"] == "5000"


def test_a_page_elsewhere_is_not_followed(api: respx.MockRouter, client: Kolada) -> None:
    api.get(url__startswith=BASE).mock(return_value=page(next_url="https://elsewhere.example/v3/municipality?page=2"))
    elsewhere = api.get(url__startswith="https://elsewhere.example").mock(return_value=page())
    with pytest.raises(KoladaProblem, match=r"elsewhere\.example"):
        client.municipalities()
    assert not elsewhere.called


@pytest.mark.parametrize(
    "following", ["http://kolada.example/v3/municipality?page=2", "/v3/municipality?page=2", "municipality?page=2"]
)
def test_a_page_here_is_asked_for_at_the_configured_address(
    api: respx.MockRouter, client: Kolada, following: str
) -> None:
    """Behind a proxy, addresses often come back with http."""
    route = api.get(url__startswith=BASE).mock(side_effect=[page(next_url=following), page()])
    client.municipalities()
    assert str(route.calls[1].request.url) == f"{BASE}/municipality?page=2"


def test_pages_that_go_in_circles_end(api: respx.MockRouter, client: Kolada) -> None:
    api.get(url__startswith=BASE).mock(return_value=page(next_url=f"{BASE}/municipality?page=2"))
    with pytest.raises(KoladaProblem, match="cannot be read"):
        client.municipalities()


# --- Gently ----------------------------------------------------------------------------------------------------------


def test_it_waits_as_long_as_it_is_told(api: respx.MockRouter, client: Kolada, clock_of_kolada: Clock) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "3"})
    api.get(url__startswith=BASE).mock(side_effect=[busy, busy, page()])
    assert client.municipalities() == []
    assert clock_of_kolada.waits == [3, 3]


def test_it_gives_up_after_some_tries_and_says_for_how_long(api: respx.MockRouter, client: Kolada) -> None:
    route = api.get(url__startswith=BASE).mock(return_value=httpx.Response(429, headers={"Retry-After": "2"}))
    with pytest.raises(KoladaProblem, match="wait 2 seconds"):
        client.municipalities()
    assert route.call_count == TRIES


def test_nobody_waits_for_minutes_in_front_of_a_page(
    api: respx.MockRouter, client: Kolada, clock_of_kolada: Clock
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    for said in ("120", later):
        route = api.get(url__startswith=BASE).mock(return_value=httpx.Response(429, headers={"Retry-After": said}))
        with pytest.raises(KoladaProblem, match=r"wait 1[12]\d seconds"):
            client.municipalities()
        assert route.call_count == 1
        route.reset()
    assert sum(clock_of_kolada.waits) < LONGEST_WAIT


def test_it_asks_at_most_five_times_a_second(api: respx.MockRouter, client: Kolada, clock_of_kolada: Clock) -> None:
    api.get(url__startswith=BASE).mock(return_value=page({"id": "N15428", "title": "x"}))
    for _ in range(6):
        client.key_figure("N15428")
    assert clock_of_kolada.time == pytest.approx(5 * SECONDS_BETWEEN)


def test_at_most_25_ids_in_a_segment(api: respx.MockRouter, client: Kolada) -> None:
    route = api.get(url__startswith=BASE).mock(return_value=page())
    client.values("N15428", [f"{number:04}" for number in range(60)], list(range(1996, 2026)))
    sizes = []
    for call in route.calls:
        parts = call.request.url.path.split("/")
        sizes.append((len(parts[6].split(",")), len(parts[8].split(","))))
    assert all(max(size) <= IDS_IN_A_SEGMENT for size in sizes)
    assert sum(some * these for some, these in sizes) == 60 * 30


# --- What is no answer -----------------------------------------------------------------------------------------------


def test_null_is_missing_and_never_zero(api: respx.MockRouter, client: Kolada) -> None:
    api.get(url__startswith=BASE).mock(return_value=page(value("0581", 2024, None), value("0580", 2024, 0)))
    linkoping, norrkoping = client.values("N15428", ["0580", "0581"], [2024])
    assert (linkoping.value, linkoping.status) == (Decimal(0), "")
    assert (norrkoping.value, norrkoping.status) == (None, "Missing")


def test_decimals_are_exactly_as_written(api: respx.MockRouter, client: Kolada) -> None:
    body = '{"values":[{"kpi":"N15428","municipality":"0581","period":2024,"values":[{"gender":"T","value":83.10}]}]}'
    api.get(url__startswith=BASE).mock(return_value=httpx.Response(200, text=body))
    assert str(client.values("N15428", ["0581"], [2024])[0].value) == "83.10"


def test_what_is_deleted_is_left_out(api: respx.MockRouter, client: Kolada) -> None:
    row = value("0581", 2024, 5)
    row["values"][0]["isdeleted"] = True
    api.get(url__startswith=BASE).mock(return_value=page(row))
    assert client.values("N15428", ["0581"], [2024]) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        '{"values": 5}',
        '{"values": [5]}',
        '{"values": [{"period": "x", "values": [{"value": NaN}]}]}',
    ],
)
def test_what_cannot_be_read_is_a_problem_with_what_to_do(api: respx.MockRouter, client: Kolada, body: str) -> None:
    api.get(url__startswith=BASE).mock(return_value=httpx.Response(200, text=body))
    with pytest.raises(KoladaProblem, match="write the figure by hand"):
        client.values("N15428", ["0581"], [2024])


@pytest.mark.parametrize("status", [301, 400, 403, 500])
def test_an_error_is_a_problem_with_what_to_do(api: respx.MockRouter, client: Kolada, status: int) -> None:
    api.get(url__startswith=BASE).mock(return_value=httpx.Response(status, headers={"Location": "https://x.example/"}))
    with pytest.raises(KoladaProblem, match=str(status)):
        client.municipalities()


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("?")])
def test_no_answer_is_a_problem_with_what_to_do(api: respx.MockRouter, client: Kolada, error: httpx.HTTPError) -> None:
    api.get(url__startswith=BASE).mock(side_effect=error)
    with pytest.raises(KoladaProblem, match="does not answer"):
        client.municipalities()


@pytest.mark.parametrize("key", ["", "../secrets", "N1542", "N15428,N15505", "15428"])
def test_what_is_no_id_is_never_asked_for(api: respx.MockRouter, client: Kolada, key: str) -> None:
    route = api.get(url__startswith=BASE).mock(return_value=page({"id": "x"}))
    with pytest.raises(NotInKolada):
        client.key_figure(key)
    with pytest.raises(NotInKolada):
        client.group(f"{key}/")
    assert not route.called


def test_members_that_come_as_ids_get_their_names(api: respx.MockRouter, client: Kolada) -> None:
    api.get(url__startswith=f"{BASE}/municipality_groups").mock(
        return_value=page({"id": "G1", "title": "Liknande kommuner IFO, Norrköping, 2024", "members": ["0580", "0680"]})
    )
    api.get(url__startswith=f"{BASE}/municipality?").mock(return_value=page({"id": "0580", "title": "Linköping"}))
    assert [member.title for member in client.group("G1").members] == ["Linköping", "0680"]


# --- The stand-in ----------------------------------------------------------------------------------------------------


@pytest.fixture
def stub(kolada: str) -> Kolada:
    return Kolada(kolada, remember=False, sleep=lambda _seconds: None)


def test_search_by_words_and_by_id(stub: Kolada) -> None:
    found = stub.search_key_figures("placerade HVB 1000")
    assert [each.id for each in found] == ["N33818", "N33816"]
    assert "Socialstyrelsen" in found[0].description
    assert [each.id for each in stub.search_key_figures("n15428")] == ["N15428"]
    assert (
        stub.search_key_figures("N99999") == stub.search_key_figures("enhörningar") == stub.search_key_figures("") == []
    )
    assert stub.key_figure("N33816").published_on == date(2026, 9, 23)


def test_comparison_groups_are_those_named_after_the_municipality(stub: Kolada) -> None:
    groups = {group.id: group for group in stub.comparison_groups(stub.municipality("0581"))}
    assert groups["G36604"].title == "Liknande kommuner IFO, Norrköping, 2024"
    assert [m.id for m in groups["G36604"].members] == ["0580", "0680", "1283", "1490", "1880", "1980", "2180"]
    assert len(groups) == 11
    assert stub.comparison_groups(Municipality("1234", "Köping", "K")) == []  # not Norrköping's


def test_values_of_a_group_over_years(stub: Kolada) -> None:
    members = [member.id for member in stub.group("G36604").members]
    values = stub.values("N33816", ["0581", *members], [2022, 2023, 2024])
    assert len(values) == 8 * 3 * 3  # of all, women and men
    assert {value.gender for value in values} == {"T", "K", "M"}
    assert stub.is_recorded
    assert stub.values("N33816", ["0581"], [1999, 2031]) == []
    assert stub.values("N79172", ["0581"], [2024]) == []  # a region's key figure
    assert len(stub.values("N79172", ["0005"], [2024])) == 3


def test_the_invented_values_stay_the_same_and_some_are_missing(stub: Kolada) -> None:
    everybody = [place.id for place in stub.municipalities() if place.kind == "K"]
    first, again = (stub.values("N15428", everybody, [2024]) for _ in range(2))
    assert first == again
    numbers = [value.value for value in first if value.gender == "T" and value.value is not None]
    missing = [value for value in first if value.value is None]
    assert all(50 < number < 100 for number in numbers)
    assert 0 < len(missing) < len(first) / 10
    assert {value.status for value in missing} == {"Missing"}


def test_the_stand_in_answers_as_kolada_does(kolada: str) -> None:
    with httpx.Client(base_url=kolada) as http:
        first = http.get("/municipality", params={"per_page": 100}).json()
        assert len(first["values"]) == first["count"] == 100
        assert "page=2" in first["next_url"]
        busy = [http.get("/kpi/N15428", params={"busy": 2}).status_code for _ in range(3)]
        assert busy == [429, 429, 200]
        assert http.get("/kpi/N15428", params={"busy": 1}).headers["Retry-After"] == "1"
        assert http.get("/kpi/N99999").json()["values"] == []
        assert http.get("/nothing").status_code == 404
        assert http.get("/data/kpi/N15428").status_code == 404  # at least two of three segments
        many = ",".join(["0581"] * 26)
        assert http.get(f"/data/kpi/N15428/municipality/{many}/year/2024").status_code == 400
        row = http.get("/data/kpi/N15428/municipality/0581/year/2024").json()["values"][0]
        assert row.keys() == {"kpi", "municipality", "period", "values"}
        assert row["values"][0].keys() >= {"gender", "count", "status", "value"}


def test_nothing_in_the_stand_in_passes_for_a_real_place() -> None:
    from library.kolada_stub import recorded

    invented = [place for place in recorded("municipalities") if place["id"].startswith("99")]
    assert len(invented) == 2
    assert all("(påhittad)" in place["title"] for place in invented)
    assert len({row["id"] for row in recorded("groups")}) == len(recorded("groups"))
    json.dumps(recorded("key_figures"))


# --- Snapshots -------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> World:
    return build_world()


WANTED = Wanted("N33816", "0581", "G36604", (2022, 2023, 2024))


def test_a_snapshot_holds_definition_membership_and_values(world: World, kolada: str) -> None:
    snapshot = fetch_snapshot(actor=world.actors["anna"], wanted=WANTED, at=NOW, contract_code="UK-2026-01")
    snapshot.refresh_from_db()
    assert (snapshot.kpi, snapshot.municipality_name, snapshot.group) == ("N33816", "Norrköping", "G36604")
    assert "Socialstyrelsen" in snapshot.definition
    assert [member["name"] for member in snapshot.members][:2] == ["Linköping", "Jönköping"]
    assert len(snapshot.values) == 8 * 3 * 3
    assert snapshot.is_recorded
    assert snapshot.base_address == kolada
    assert snapshot.fetched_by == world.users["anna"]
    assert snapshot.organisation == world.organisations["nordviken"]


def test_the_same_answer_on_the_same_day_is_kept_once(world: World, kolada: str) -> None:
    first = fetch_snapshot(actor=world.actors["anna"], wanted=WANTED, at=NOW)
    again = fetch_snapshot(actor=world.actors["anna"], wanted=WANTED, at=NOW + timedelta(minutes=5))
    tomorrow = fetch_snapshot(actor=world.actors["anna"], wanted=WANTED, at=NOW + timedelta(days=1))
    theirs = fetch_snapshot(actor=world.actors["vera"], wanted=WANTED, at=NOW)
    assert first == again
    assert len({first.pk, tomorrow.pk, theirs.pk}) == 3


def test_asking_keeps_nothing_and_a_stranger_may_not(world: World, kolada: str) -> None:
    from actors.policies import Actor

    assert ask(WANTED, NOW).pk is None
    with pytest.raises(NotAllowed):
        fetch_snapshot(actor=Actor(world.users["anna"], None), wanted=WANTED, at=NOW)
    with pytest.raises(KoladaProblem):
        fetch_snapshot(actor=world.actors["anna"], wanted=Wanted("N99999", "0581", "", (2024,)), at=NOW)
    assert KoladaSnapshot.objects.count() == 0


def test_a_preview_and_what_is_saved_of_it_are_asked_for_once(kolada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, asked = Kolada(kolada, sleep=lambda _seconds: None), []
    get = source._http.get

    def count(address: httpx.URL) -> httpx.Response:
        asked.append(address)
        return get(address)

    monkeypatch.setattr(source._http, "get", count)
    for _ in range(3):
        assert source.values("N02797", ["0581"], [2023])
        assert source.is_recorded
    assert len(asked) == 1
