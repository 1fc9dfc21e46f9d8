"""120 invented participants and what became of them: the same ones every time.

Nobody here exists. The pseudonyms are drawn, not derived from anything, and the events follow rough shares chosen to
make an interesting contract, not to claim an effect.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

CONTRACT_STARTS = date(2025, 10, 1)
LAST_EVENT = date(2026, 11, 15)  # the demo's reporting stops here
COHORTS = {  # key: first and last day of enrolment
    "ht25": (date(2025, 8, 18), date(2025, 12, 12)),
    "vt26": (date(2026, 1, 12), date(2026, 5, 29)),
    "ht26": (date(2026, 7, 1), date(2026, 10, 9)),
}
PERSONS_PER_COHORT = 40
_LETTERS = "bcdfghjkmnpqrstvwxz"  # no vowels: no words by accident
_DIGITS = "23456789"


@dataclass(frozen=True)
class Person:
    """An invented participant, by pseudonym."""

    pseudonym: str
    cohort: str
    enrolled_on: date


@dataclass(frozen=True)
class Event:
    """Something that happened to an invented participant."""

    person: Person
    metric: str
    on: date


def _pseudonym(draw: random.Random) -> str:
    return "".join(draw.choice(_LETTERS) + draw.choice(_DIGITS) for _ in range(3))


def persons() -> list[Person]:
    """Three cohorts of forty, in the order they enrolled."""
    draw = random.Random(2026)  # noqa: S311 - a seeded draw, so that every demo is the same
    people: list[Person] = []
    taken: set[str] = set()
    for cohort, (first, last) in COHORTS.items():
        for _ in range(PERSONS_PER_COHORT):
            pseudonym = _pseudonym(draw)
            while pseudonym in taken:
                pseudonym = _pseudonym(draw)
            taken.add(pseudonym)
            people.append(Person(pseudonym, cohort, first + timedelta(days=draw.randrange((last - first).days + 1))))
    return sorted(people, key=lambda person: (person.enrolled_on, person.pseudonym))


def events() -> list[Event]:
    """Everything that happened up to LAST_EVENT, by date."""
    draw = random.Random(1894)  # noqa: S311 - seeded, see above
    happened: list[Event] = []
    for person in persons():
        happened += _course_of(person, draw)
    in_reach = [event for event in happened if CONTRACT_STARTS <= event.on <= LAST_EVENT]
    return sorted(in_reach, key=lambda event: (event.on, event.person.pseudonym, event.metric))


def _course_of(person: Person, draw: random.Random) -> list[Event]:
    def after(day: date, least: int, most: int) -> date:
        return max(day + timedelta(days=draw.randint(least, most)), CONTRACT_STARTS)

    course = []
    if draw.random() < 0.95:
        course.append(Event(person, "plan", after(person.enrolled_on, 14, 40)))
    taken_on: set[date] = set()
    for _ in range(3):
        if draw.random() < 0.40:
            on = after(person.enrolled_on, 80, 320)
            if on not in taken_on:
                taken_on.add(on)
                course.append(Event(person, "course", on))
    if draw.random() < 0.62:
        three = after(person.enrolled_on, 95, 125)
        course.append(Event(person, "att3", three))
        if draw.random() < 0.72:
            six = after(three, 92, 115)
            course.append(Event(person, "att6", six))
            if draw.random() < 0.45:
                course.append(Event(person, "diploma", after(six, 20, 110)))
    return course
