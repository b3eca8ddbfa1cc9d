"""The sound parts of a study's two files, and the words in which they are told to disagree."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from commonweal.core.errors import Problem, nearest
from commonweal.records.computed import seen_sources
from commonweal.records.episode_spec import EpisodeSpec, with_episodes
from commonweal.records.spec import Source

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Parts:
    """The sound sections of both files; a section with mistakes of its own is absent.

    Parameters
    ----------
    study_file, agency_file
        Names of the files, for messages.
    study, agency
        Section -> its dataclass or value.
    unread
        Sections of the agency file that are there and could not be read.
    """

    study_file: str
    study: Mapping[str, Any]
    agency_file: str
    agency: Mapping[str, Any]
    unread: frozenset[str] = frozenset()

    @property
    def declared(self) -> Mapping[str, Source]:
        """Sources of the agency, empty where they could not be read."""
        found: Mapping[str, Source] = self.agency.get("sources", {})
        return found

    @property
    def episodes(self) -> Mapping[str, EpisodeSpec]:
        """Sets of windows of the agency, empty where they could not be read."""
        found: Mapping[str, EpisodeSpec] = self.agency.get("episodes", {})
        return found

    @property
    def sources(self) -> Mapping[str, Source]:
        """Everything a study may name as an event: sources and windows."""
        return with_episodes(self.declared, self.episodes)

    def without_sources(self) -> Parts:
        """Return the parts as if the agency's sources could not be read: nothing rests on them."""
        agency = {name: section for name, section in self.agency.items() if name != "sources"}
        return replace(self, agency=agency)

    def seen(self) -> Parts:
        """Return the parts with sources as the study sees them: what is computed is there."""
        if not self.declared:
            return self
        repeats, derived = self.agency.get("repeats"), self.agency.get("derived", {})
        sources = seen_sources(self.declared, repeats, derived)
        return replace(self, agency={**self.agency, "sources": sources})

    def at(self, place: str) -> str:
        """Return a place in the study file."""
        return f"{self.study_file}: {place}"


def known(name: str, names: Iterable[str], where: str, noun: str) -> Iterator[Problem]:
    """Say that there is no such thing, and which one may be meant."""
    names = list(names)
    if name not in names:
        near = nearest(name, names)
        mend = f"did you mean {near}?" if near else f"there are: {', '.join(names) or 'none'}"
        yield Problem(where, f"there is no {noun} {name!r}", mend)


def usable(name: str, where: str) -> Iterator[Problem]:
    """Say that a name would not do in file and column names."""
    if not _NAME.match(name):
        yield Problem(where, "is not a usable name", "use a-z, 0-9 and _, starting with a-z")


def filled(text: str, where: str, mend: str) -> Iterator[Problem]:
    """Say that a text is empty."""
    if not text.strip():
        yield Problem(where, "is empty", mend)


def between(value: float, least: float, most: float, where: str) -> Iterator[Problem]:
    """Say that a number is out of its range, ends included."""
    if not least <= value <= most:
        mend = f"use {least:,} or more" if value < least else f"use at most {most:,}"
        yield Problem(where, f"is {value:,}", mend)


def once(values: Sequence[Hashable], where: str) -> Iterator[Problem]:
    """Say which value of a list stands in it again."""
    for value in dict.fromkeys(v for i, v in enumerate(values) if v in values[:i]):
        yield Problem(where, f"names {value!r} more than once", "name each once")
