"""Every component has an example, a comment that lists its values, and renders."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from config.component_examples import examples

FOLDER = Path(settings.BASE_DIR) / "templates" / "components"
NAMES = sorted(path.stem for path in FOLDER.glob("*.html"))


def test_every_component_has_an_example() -> None:
    assert sorted(examples()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_component_says_what_it_takes(name: str) -> None:
    assert (FOLDER / f"{name}.html").read_text().startswith("{#")


@pytest.mark.parametrize("name", NAMES)
def test_a_component_renders(name: str) -> None:
    request = RequestFactory().get("/")
    for values in examples()[name]:
        body = render_to_string(f"components/{name}.html", values, request=request)
        assert body.strip()
        assert "<script" not in body
        assert "style=" not in body


def test_the_developers_page_is_closed_in_a_real_installation(db: None, settings: object) -> None:
    settings.DEBUG = settings.DEMO = False  # type: ignore[attr-defined]
    assert Client().get(reverse("components")).status_code == 404
    settings.DEMO = True  # type: ignore[attr-defined]
    assert Client().get(reverse("components")).status_code == 200


def test_a_refused_permit_shows_its_reason() -> None:
    refused = examples()["permit_button"][2]
    body = render_to_string("components/permit_button.html", refused)
    assert "disabled" in body
    assert "Den som har beställt får inte granska." in body
