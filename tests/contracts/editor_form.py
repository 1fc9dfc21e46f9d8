"""Somebody who fills in the editor's forms: what to press so that a value of a document comes where it belongs.

The same steps in a browser with the keyboard (tests/journeys) and, here, in a browser without any script.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from html.parser import HTMLParser
from typing import Any

from django.test import Client


class Writer(ABC):
    """Writes values of a document into a form, adding and switching what it takes."""

    @abstractmethod
    def value(self, name: str) -> str | None:
        """What stands in the input of that name; None if there is none."""

    @abstractmethod
    def is_there(self, beginning: str) -> bool:
        """Is there an input whose name begins so?"""

    @abstractmethod
    def has_button(self, do: str) -> bool:
        """Is there a button for the act?"""

    @abstractmethod
    def act(self, do: str) -> None:
        """Press the button, and wait for the form that comes back."""

    @abstractmethod
    def choose_kind(self, name: str, kind: str) -> None:
        """Choose the kind, and wait for its fields."""

    @abstractmethod
    def put(self, name: str, value: Any) -> None:
        """Write in an input, choose in a list, or tick a box."""

    def write(self, name: str, value: Any) -> None:
        """Write a value where the form has it."""
        if self.has_button(f"add:{name}") and self.value(f"{name}.n") is None:
            self.act(f"add:{name}")
        if isinstance(value, (dict, list)) and self.value(f"{name}.as") == "plain":
            self.act(f"other:{name}")
        if self.value(f"{name}.n") is not None:
            self._rows(name, value)
        elif isinstance(value, dict):
            self.write_object(name, value)
        else:
            self.put(name, value)

    def write_object(self, name: str, value: dict[str, Any]) -> None:
        if self.value(f"{name}.was") is not None:
            self.choose_kind(name, value["kind"])
            value = {key: item for key, item in value.items() if key != "kind"}
        for key, item in value.items():
            self.write(f"{name}.{key}", item)

    def _rows(self, name: str, value: Any) -> None:
        by_key = isinstance(value, dict) and self.value(f"{name}.0.key") is not None
        rows = list(value.items()) if by_key else value if isinstance(value, list) else [value]
        for index, row in enumerate(rows):
            if not self.is_there(f"{name}.{index}"):
                self.act(f"add:{name}")
            if by_key:
                self.write(f"{name}.{index}.key", row[0])
                self.write(f"{name}.{index}.value", row[1])
            else:
                self.write(f"{name}.{index}", row)


class Page(HTMLParser):
    """The inputs of the editor's form on a page, with what they would send, and what its buttons do."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self.buttons: list[str] = []
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "button" and name == "do":
            self.buttons.append(value)
        elif tag == "select":
            self._select = name
            self.choices[name] = []
            self.sent.setdefault(name, "")
        elif tag == "option" and self._select:
            self.choices[self._select].append(value)
            if "selected" in given:
                self.sent[self._select] = value
        elif tag == "input" and given.get("type") == "checkbox":
            self.boxes[name] = value
            if "checked" in given:
                self.sent[name] = value
        elif tag == "input" and name:
            self.sent[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


class PlainBrowser(Writer):
    """A browser without script, on one page of the editor."""

    def __init__(self, client: Client, path: str) -> None:
        self.client, self.path = client, path
        self.response: Any = client.get(path)
        assert self.response.status_code == 200, path
        self.page = Page(self.response.content.decode())

    def value(self, name: str) -> str | None:
        return self.page.sent.get(name)

    def is_there(self, beginning: str) -> bool:
        names = [*self.page.sent, *self.page.boxes]
        return any(name == beginning or name.startswith(f"{beginning}.") for name in names)

    def has_button(self, do: str) -> bool:
        return do in self.page.buttons

    def act(self, do: str) -> None:
        assert self.has_button(do), f"{do} is not among {self.page.buttons}"
        self._post(do)
        assert self.response.status_code == 200

    def choose_kind(self, name: str, kind: str) -> None:
        self.put(f"{name}.kind", kind)
        self.act("look")

    def put(self, name: str, value: Any) -> None:
        if isinstance(value, bool):
            assert name in self.page.boxes or name in self.page.choices, name
            text = "yes" if value else "no"
        else:
            text = str(value)
            assert name in self.page.sent, f"{name} is not among {list(self.page.sent)}"
        assert name not in self.page.choices or text in self.page.choices[name], f"{text} cannot be chosen in {name}"
        self.page.sent[name] = text

    def save(self) -> Any:
        """Save, and answer what came back."""
        self._post("save")
        return self.response

    def _post(self, do: str) -> None:
        self.response = self.client.post(self.path, self.page.sent | {"do": do})
        if self.response.status_code in {200, 409, 422}:
            self.page = Page(self.response.content.decode())
