"""The draws in chunks: which events happen in how many of them, and a stream of random numbers for each chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Final, TypeVar

import numpy as np

from rulebook.facts import EventFact, Facts
from rulebook.simulation.algebra import Array
from rulebook.simulation.assumptions import Assumptions
from rulebook.simulation.distributions import real
from rulebook.simulation.drawn import Drawn
from rulebook.simulation.draws import Drawer
from rulebook.simulation.finishing import rounding_shows
from rulebook.simulation.histories import Histories
from rulebook.simulation.paths import Paths, paths_of
from rulebook.simulation.reading import Payments, read_arrays
from rulebook.terms import Terms

Read = TypeVar("Read")

CHUNK: Final = 1 << 15
ROOM: Final = 1 << 23
"""Numbers in one chunk at most: 64 MiB of them, so that several threads stay far below a gigabyte."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Events that happen together, and the histories as they count when these have happened."""

    events: tuple[EventFact, ...]
    chance: Fraction


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some draws of one scenario with a seed of their own."""

    start: int
    size: int
    scenario: int
    seed: np.random.SeedSequence

    def stream(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(self.seed))


@dataclass(frozen=True, slots=True)
class Work:
    """All that is worked out once: histories judged for each scenario, and the chunks to draw."""

    drawer: Drawer
    histories: Sequence[Histories]
    chunks: Sequence[Chunk]
    size: int
    rounds: bool

    @classmethod
    def of(cls, terms: Terms, assumptions: Assumptions, draws: int, seed: int) -> Work:
        if draws < 1:
            raise ValueError(f"{draws} draws cannot be made; give 1 or more")
        paths, problems = paths_of(assumptions, terms)
        if paths is None:
            raise ValueError(problems[0].en)
        drawer = Drawer(assumptions, terms, paths)
        size = _chunk_size(drawer, paths)
        scenarios = _scenarios(assumptions)
        chunks = _chunks(scenarios, draws, size, seed)
        used = {chunk.scenario for chunk in chunks}
        histories = [
            _histories(terms, paths, scenario if number in used else scenarios[chunks[0].scenario])
            for number, scenario in enumerate(scenarios)
        ]
        return cls(drawer, histories, chunks, size, rounding_shows(terms))

    def claims(self) -> dict[str, Array]:
        """For each person-level metric that somebody may reach, how many units of it each history reaches."""
        place_of = {person.id: place for place, person in enumerate(self.drawer.paths.persons)}
        found: dict[str, Array] = {}
        for claim in self.drawer.paths.claims:
            units = found.setdefault(claim.metric, np.zeros(len(place_of)))
            units[place_of[claim.person]] += real(Fraction(claim.units))
        return found

    def drawn(self, chunk: Chunk) -> Drawn:
        """What happens in the draws of a chunk."""
        return self.drawer.drawn(self.drawer.random(chunk.stream(), chunk.size))

    def paid(self, chunk: Chunk, drawn: Drawn) -> Payments:
        """What is paid in them."""
        return read_arrays(self.histories[chunk.scenario], drawn, rounds=self.rounds)

    def read(self, chunk: Chunk) -> Payments:
        """What is paid in the draws of a chunk."""
        return self.paid(chunk, self.drawn(chunk))


def _histories(terms: Terms, paths: Paths, scenario: Scenario) -> Histories:
    facts = Facts(tuple(paths.persons), tuple(paths.claims), (), scenario.events)
    return Histories(terms, facts, paths.heads)


def _chunk_size(drawer: Drawer, paths: Paths) -> int:
    """Draws that share a stream: 32,768, or fewer where each draw holds many numbers."""
    numbers = len(paths.persons) + drawer.values
    size = CHUNK
    while size > 256 and size * numbers > ROOM:
        size //= 2
    return size


def _scenarios(assumptions: Assumptions) -> list[Scenario]:
    """Every way in which the events may happen, and how likely each is."""
    each: list[list[tuple[tuple[EventFact, ...], Fraction]]] = []
    for event in assumptions.events:
        days = [((EventFact(event.event, day),), event.chance / len(event.on)) for day in event.on]
        each.append([*days, ((), 1 - event.chance)])
    scenarios = []
    for chosen in product(*each):
        chance = Fraction(1)
        for _, part in chosen:
            chance *= part
        if chance:
            scenarios.append(Scenario(tuple(fact for facts, _ in chosen for fact in facts), chance))
    return scenarios


def _chunks(scenarios: Sequence[Scenario], draws: int, size: int, seed: int) -> list[Chunk]:
    """The draws of each scenario – how many is itself drawn – in chunks of one size and a rest."""
    first, then = np.random.SeedSequence(seed).spawn(2)
    chances = np.array([real(scenario.chance) for scenario in scenarios])
    often = np.random.Generator(np.random.PCG64(first)).multinomial(draws, chances / chances.sum()).tolist()
    spans: list[tuple[int, int, int]] = []
    start = 0
    for number, count in enumerate(often):
        for begun in range(0, count, size):
            spans.append((start + begun, min(size, count - begun), number))
        start += count
    seeds = then.spawn(len(spans))
    return [Chunk(begun, length, number, own) for (begun, length, number), own in zip(spans, seeds, strict=True)]


def in_chunks(read: Callable[[Chunk], Read], chunks: Sequence[Chunk], threads: int) -> Iterator[tuple[int, Read]]:
    """What is read of the chunks, in order, with a few chunks at a time in the works."""
    if threads <= 1:
        yield from ((chunk.start, read(chunk)) for chunk in chunks)
        return
    with ThreadPoolExecutor(threads) as pool:
        for begun in range(0, len(chunks), threads):
            some = chunks[begun : begun + threads]
            yield from zip((chunk.start for chunk in some), pool.map(read, some), strict=True)
