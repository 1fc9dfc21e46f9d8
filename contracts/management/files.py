"""Reading the files that a command was given, and saying what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import OutputWrapper

from rulebook import Problem, Terms, parse_terms
from rulebook.files import loads
from rulebook.problems import Language

WRONG, UNREADABLE = 1, 2
"""Exit codes: the document has problems, or there was no document to read."""


def read_text(name: str, errors: OutputWrapper, language: Language) -> str:
    """The file's text; `-` reads from standard input. Exits with 2 when there is none."""
    try:
        return (sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        stop(UNREADABLE, [_unreadable(name, fault)], errors, language)


def _unreadable(name: str, fault: OSError | UnicodeDecodeError) -> Problem:
    if isinstance(fault, UnicodeDecodeError):
        sv, en = f"{name} är inte UTF-8 (byte {fault.start}).", f"{name} is not UTF-8 (byte {fault.start})."
    else:
        sv, en = f"{name} går inte att läsa: {fault.strerror}.", f"{name} cannot be read: {fault.strerror}."
    return Problem("", "unreadable", sv, en)


def read_document(name: str, errors: OutputWrapper, language: Language) -> Any:
    """The JSON document in the file. Exits with 2, naming line and column, when there is none."""
    document, problems = loads(read_text(name, errors, language))
    if problems:
        stop(UNREADABLE, problems, errors, language, name)
    return document


def read_terms(name: str, errors: OutputWrapper, language: Language) -> Terms:
    """The terms in the file. Exits with 1 after showing every problem in them."""
    terms, problems = parse_terms(read_document(name, errors, language))
    if terms is None:
        stop(WRONG, problems, errors, language, name)
    return terms


def stop(code: int, problems: Iterable[Problem], errors: OutputWrapper, language: Language, name: str = "") -> NoReturn:
    """Show the problems, one a line, and leave with the exit code."""
    for problem in problems:
        errors.write(": ".join(part for part in (name, problem.where, problem.message(language)) if part))
    raise SystemExit(code)
