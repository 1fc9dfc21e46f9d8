"""An installation is checked before it serves."""

from typing import Any

from config import checks


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_a_short_secret_is_refused_unless_debugging(settings: Any) -> None:
    settings.DEBUG, settings.SECRET_KEY = False, "short"
    assert ids(checks.secret_key(None)) == ["utfall.E001"]
    settings.SECRET_KEY = "x" * 60
    assert checks.secret_key(None) == []
    settings.DEBUG, settings.SECRET_KEY = True, ""
    assert checks.secret_key(None) == []


def test_hosts_must_be_named(settings: Any) -> None:
    settings.DEBUG = False
    for hosts in ([], ["*"]):
        settings.ALLOWED_HOSTS = hosts
        assert ids(checks.hosts(None)) == ["utfall.E002"]


def test_time_is_swedish(settings: Any) -> None:
    assert checks.time_zone(None) == []
    settings.TIME_ZONE = "UTC"
    assert ids(checks.time_zone(None)) == ["utfall.E003"]


def test_a_missing_library_for_documents_is_a_warning_with_the_way_out(monkeypatch: Any) -> None:
    monkeypatch.setattr(checks, "PDF_LIBRARIES", ("no-such-library",))
    [warning] = checks.documents(None)
    assert warning.id == "utfall.W001"
    assert "apt-get install" in str(warning.hint)
