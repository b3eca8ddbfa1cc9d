"""What an agency declares about its tables, once: the contents of ``agency.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from commonweal.linkage.spec import LinkageSpec
from commonweal.records.derived_spec import DerivedSpec
from commonweal.records.episode_spec import EpisodeSpec, with_episodes
from commonweal.records.repeat_spec import RepeatSpec
from commonweal.records.spec import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """An agency's tables.

    Parameters
    ----------
    name
        Name of the agency, for the report.
    data
        Folder of the tables, relative to the agency file; or
        ``postgresql://user@host:port/database?schema=public``, without a password.
    extracted_on
        The day the tables were drawn: everything known before it is in them, and no outcome
        window that ends after it is taken as observed.
    simulated
        The seal ``commonweal simulate`` leaves beside the tables it makes. Only tables that
        match it count as simulated and may show small cells.
    sources
        Event sources by name.
    linkage
        How records without an entity of their own are linked.
    repeats
        Which orders may be repeated for one person, and how that is seen.
    derived
        Sources of events whose day no record holds, by name.
    episodes
        Sets of windows by name, each made of a source's overlapping records. A study uses one
        like a source.
    """

    name: str
    data: str
    extracted_on: date
    sources: Mapping[str, Source]
    simulated: str | None = None
    linkage: LinkageSpec | None = None
    repeats: RepeatSpec | None = None
    derived: Mapping[str, DerivedSpec] = field(default_factory=dict)
    episodes: Mapping[str, EpisodeSpec] = field(default_factory=dict)

    def linked(self) -> tuple[str, ...]:
        """Return the sources that are linked, in order of name."""
        if self.linkage is None:
            return ()
        columns = {c for name, field in self.linkage.fields.items() for c in (name, *field.also)}
        having = [n for n, s in sorted(self.sources.items()) if columns & set(s.columns)]
        return tuple(sorted(self.linkage.sources)) or tuple(having)

    @property
    def events(self) -> Mapping[str, Source]:
        """Everything a study may name as an event: the sources and the windows made of them."""
        return with_episodes(self.sources, self.episodes)
