"""Harmful mutations of the study file and the agency file."""

from __future__ import annotations

from pathlib import Path

from study.harm import CATALOGUE, Mutation, Rng, Told, kind, pick

# kind -> (file, what stands there, what is put there, the place that must be named)
Change = tuple[str, str, str, str]
S, A = "study.toml", "agency.toml"
C, V = "sources.contact", "sources.visit"
NEXT = "[models.boosted]"


def _more(name: str, *lines: str, place: str = "") -> Change:
    """Put a section more into the study; the place is the section, or a setting of it."""
    text = "\n".join([f"[{name}]", *lines])
    return S, NEXT, f"{text}\n\n{NEXT}", f"{name}.{place}" if place else name


def _leave_out(source: str, condition: str, place: str) -> Change:
    return _more(f"filter.{source}", f"leave_out = [{{ {condition} }}]", place=place)


SETTINGS: dict[str, list[Change]] = {
    "unknown_key": [
        (S, "k = 10", "k = 10\nseats = 3", "capacity.seats"),
        (S, "[capacity]", "[colour]\nx = 1\n\n[capacity]", "colour"),
        (A, "beat = {}", 'beat = { unit = "m" }', f"{C}.columns.beat.unit"),
        (A, 'role = "caller"', 'rolle = "caller"', f"{C}.rolle"),
    ],
    "misspelt_key": [
        (S, "validation = 1", "valdation = 1", "cohort.valdation"),
        (S, "windows = [\"180", "window = [\"180", "features.contacts.window"),
        (S, "learning_rate", "learnig_rate", "models.boosted.learnig_rate"),
        (S, "[outcome]", "[outcom]", "outcom"),
        (A, "extracted_on", "extractedon", "extracted_on"),
        (A, "at_least = 50", "atleast = 50", f"{C}.groups.severe.atleast"),
    ],
    "key_missing": [
        (S, 'kind = "help"\n', "", "action.kind"),
        (S, 'by = "The board."\n', "", "review.by"),
        (S, 'headline = "boosted"\n', "", "evaluation.headline"),
        (S, 'kind = "recency"\n', "", "features.visits.kind"),
        (A, 'entity = "person_id"\nrecord = ["visit_id"]', 'record = ["visit_id"]',
         f"{V}.entity"),
        (A, 'name = "A small county"\n', "", "name"),
    ],
    "number_in_quotes": [
        (S, "k = 10", 'k = "10"', "capacity.k"),
        (S, "draws = 100", 'draws = "100"', "evaluation.draws"),
        (S, "at_least = 1", 'at_least = "1"', "cohort.include[1].at_least"),
        (S, "learning_rate = 0.05", 'learning_rate = "0.05"', "models.boosted.learning_rate"),
        (A, "max = 100", 'max = "100"', f"{C}.columns.score.max"),
    ],
    "another_type": [
        (S, "k = 10", "k = 10.0", "capacity.k"),
        (S, "k = 10", "k = true", "capacity.k"),
        (S, "k = 10", "k = [10]", "capacity.k"),
        (S, 'recipients = ["the intake team"]', 'recipients = "all"', "action.recipients"),
        (S, 'by = "The board."', "by = 3", "review.by"),
        (S, "[features.sites]", "[features]\nextra = 3\n\n[features.sites]", "features.extra"),
        (A, "resolved = {", "remark = 3\nresolved = {", f"{C}.columns.remark"),
        (A, 'record = ["contact_id"]', 'record = "contact_id"',
         f"{C}.record"),
    ],
    "date_not_a_date": [
        (S, "on = 2020-02-01", 'on = "2020-02-01"', "review.on"),
        (S, "on = 2020-02-01", "on = 2020-02-01T10:00:00", "review.on"),
        (S, "first = 2014-01-01", 'first = "0"', "cohort.as_of.first"),
        (S, "first = 2014-01-01", "first = 2014", "cohort.as_of.first"),
        (S, "last = 2018-01-01", "last = 10:00:00", "cohort.as_of.last"),
        (A, "extracted_on = 2020-01-01", 'extracted_on = "1577836800"', "extracted_on"),
        (A, "extracted_on = 2020-01-01", "extracted_on = 2020-01-01T00:00:00Z", "extracted_on"),
    ],
    "number_not_finite_in_settings": [
        (S, "learning_rate = 0.05", "learning_rate = nan", "models.boosted.learning_rate"),
        (S, "penalties = [1.0, 10.0]", "penalties = [1.0, inf]", "models.logistic.penalties[2]"),
        (A, "min = 0, max = 100", "min = nan, max = 100", f"{C}.columns.score.min"),
        (A, "at_least = 50", "at_least = -inf", f"{C}.groups.severe.at_least"),
    ],
    "period_that_is_none": [
        (S, 'within = "1 year"', f'within = "{text}"', "outcome.within")
        for text in ("-1 year", "18 moths", "0 days", "1.5 years", "one year", "99999 years", "")
    ],
    "number_out_of_bounds": [
        (S, "k = 10", "k = 0", "capacity.k"),
        (S, "k = 10", "k = -5", "capacity.k"),
        (S, "k = 10", "k = 99999999999999999999", "capacity.k"),
        (S, "k = 10", "k = 50000000", "capacity.k"),
        (S, "k = 10", "k = 5000", "capacity.k"),
        (S, "draws = 100", "draws = 1", "evaluation.draws"),
        (S, "draws = 100", "draws = 2000000000", "evaluation.draws"),
        (S, "max_trees = 50", "max_trees = 0", "models.boosted.max_trees"),
        (S, "max_trees = 50", "bags = 1000000", "models.boosted.bags"),
        (S, "learning_rate = 0.05", "learning_rate = 0", "models.boosted.learning_rate"),
        (S, "learning_rate = 0.05", "learning_rate = 1.5", "models.boosted.learning_rate"),
        (S, "penalties = [1.0, 10.0]", "penalties = [-1.0]", "models.logistic.penalties"),
        (S, "penalties = [1.0, 10.0]", "penalties = []", "models.logistic.penalties"),
        (S, "at_least = 1", "at_least = 0", "cohort.include[1].at_least"),
        (S, "[5, 10, 20]", "[5, 0]", "evaluation.cutoffs"),
        (S, "age_bands = [0, 25, 50]", "age_bands = [-5, 25]", "protected.age.age_bands"),
    ],
    "no_date_held_out": [
        (S, "validation = 1", "validation = 0", "cohort.validation"),
        (S, "\ntest = 1", "\ntest = -1", "cohort.test"),
    ],
    "grid_that_cannot_be": [
        (S, "first = 2014-01-01", "first = 2019-01-01", "cohort.as_of"),
        (S, "first = 2014-01-01", "first = 0001-01-01", "cohort.as_of.first"),
        (S, "last = 2018-01-01", "last = 9999-12-31", "cohort.as_of.last"),
        (S, "last = 2018-01-01", "last = 2020-06-01", "cohort.as_of.last"),
        (S, 'every = "1 year"', 'every = "1 day"', "cohort.as_of.every"),
    ],
    "embargo_leaves_no_dates": [
        (S, "first = 2014-01-01", "first = 2017-01-01", "cohort.as_of"),
        (S, 'within = "1 year"', 'within = "6 years"', "cohort.as_of"),
        (S, 'within = "1 year"', 'within = "1 year"\nsettled_after = "5 years"', "cohort.as_of"),
        (S, "validation = 1", "validation = 9", "cohort.as_of"),
    ],
    "windows_out_of_order": [
        (S, '"180 days", "1 year", ', '"1 year", "180 days", ', "features.contacts.windows"),
        (S, '"180 days", "1 year", ', '"12 months", "1 year", ', "features.contacts.windows"),
        (S, '["1 year", "2 years"]', "[]", "features.network.windows"),
    ],
    "unknown_name": [
        (S, 'event = "contact"\nwindows', 'event = "contcat"\nwindows', "features.contacts"),
        (S, 'groups = ["urgent"]', 'groups = ["urgnet"]', "features.visits.groups"),
        (S, 'by = ["charge"]', 'by = ["charges"]', "features.contacts"),
        (S, 'columns = ["site"]', 'columns = ["remark"]', "features.sites"),
        (S, 'edges = ["contact", "contact-harm"]', 'edges = ["contact-arm"]', "features.network"),
        (S, 'event = "harm"\nrole', 'event = "harms"\nrole', "outcome.event"),
        (S, 'role = "victim"', 'role = "victm"', "outcome.role"),
        (S, 'headline = "boosted"', 'headline = "bosted"', "evaluation.headline"),
        (S, 'model = "boosted"', 'model = "boost"', "recommendation.model"),
        (S, "contact.all.count.1y", "contact.all.count.3y", "models.past.feature"),
        (S, 'kind = "logistic"', 'kind = "logit"', "models.logistic.kind"),
        (S, "max_trees = 50", 'blocks = ["contact"]', "models.boosted.blocks"),
        (S, "max_trees = 50", 'without = ["networks"]', "models.boosted.without"),
        (S, 'kind = "recency"', 'kind = "latest"', "features.visits.kind"),
        (S, 'agency = "agency.toml"', 'agency = "agency.yaml"', "study.agency"),
        (S, 'column = "race" }', 'column = "rce" }', "protected.race.column"),
        (S, 'column = "fatal", equals', 'column = "lethal", equals', "cohort.exclude[1].where[1]"),
        (A, 'column = "level"', 'column = "levle"', f"{C}.groups.high"),
    ],
    "condition_of_no_or_two_tests": [
        (S, 'column = "fatal", equals = true', 'column = "fatal"', "cohort.exclude[1].where[1]"),
        (S, 'column = "fatal", equals = true', 'column = "fatal", equals = true, present = true',
         "cohort.exclude[1].where[1]"),
        (A, 'equals = "high"', 'equals = "high", any_of = ["low"]', f"{C}.groups.high"),
        (A, 'starts_with = ["THEFT"]', "any_of = []", f"{C}.groups.theft"),
    ],
    "condition_that_cannot_hold": [
        (S, "equals = true", 'equals = "true"', "cohort.exclude[1].where[1]"),
        (S, "equals = true", "equals = 1", "cohort.exclude[1].where[1]"),
        (S, "equals = true", "equals = [true]", "cohort.exclude[1].where[1].equals"),
        (S, "equals = true", "at_least = 1", "cohort.exclude[1].where[1]"),
        (A, 'equals = "high"', 'equals = "higgh"', f"{C}.groups.high.equals"),
        (A, 'equals = "high"', 'equals = ""', f"{C}.groups.high.equals"),
        (A, 'equals = "high"', 'equals = "high "', f"{C}.groups.high.equals"),
        (A, "at_least = 50", "at_least = 50, at_most = 10", f"{C}.groups.severe"),
        (A, "at_least = 50", 'starts_with = ["5"]', f"{C}.groups.severe"),
        (A, "at_least = 50", 'any_of = ["fifty"]', f"{C}.groups.severe.any_of"),
        (A, "at_least = 50", "equals = true", f"{C}.groups.severe"),
        (A, 'role = "caller"',
         'role = "caller"\nwhere = [{ column = "reported_on", equals = "2015-02-30" }]',
         f"{C}.where[1].equals"),
    ],
    "burden_with_recommendation": [(S, 'kind = "help"', 'kind = "burden"', "recommendation")],
    "action_not_said": [
        (S, 'recipients = ["the intake team"]', "recipients = []", "action.recipients"),
        (S, 'not_for = ["charging"]', 'not_for = [" "]', "action.not_for"),
        (S, '["the police"]', '["the police", "The Intake Team"]', "action.recipients"),
        (S, 'offer = "A visit by a counsellor."', 'offer = "  "', "action.offer"),
        (S, 'kind = "help"', 'kind = "helpful"', "action.kind"),
    ],
    "review_not_said": [
        (S, 'by = "The board."', 'by = ""', "review.by"),
        (S, "on = 2020-02-01", "on = 2999-01-01", "review.on"),
        (S, "statement =", 'allows_features = ["rce"]\nstatement =', "review.allows_features"),
    ],
    "protected_feature": [
        (S, 'columns = ["site"]', 'columns = ["site", "race"]', "features.sites"),
        (S, 'groups = ["urgent"]', 'groups = ["race_a"]', "features.visits"),
        (S, 'event = "visit"\ncolumns = ["site"]',
         'event = "registration"\ncolumns = ["birth_year"]',
         "features.sites"),
    ],
    "named_twice": [
        (S, 'by = ["charge"]', 'by = ["charge", "charge"]', "features.contacts.by"),
        (S, "[5, 10, 20]", "[5, 5]", "evaluation.cutoffs"),
        (S, 'edges = ["contact", ', 'edges = ["contact", "contact", ', "features.network.edges"),
        (S, "[features.visits]",
         '[features.again]\nkind = "recency"\nevent = "visit"\n\n[features.visits]',
         "features.visits"),
    ],
    "edge_that_links_nobody": [
        (S, '"contact-harm"]', '"contact-visit"]', "features.network.edges"),
        (S, '"contact-harm"]', '"contact-harm-contact"]', "features.network.edges"),
    ],
    "dates_of_the_agency": [
        (A, "extracted_on = 2020-01-01", "extracted_on = 2999-01-01", "extracted_on"),
        (A, "extracted_on = 2020-01-01", "extracted_on = 0202-01-01", "extracted_on"),
        (A, "covers_from = 2012-01-01", "covers_from = 2021-01-01", f"{C}.covers_from"),
        (A, "beat = {}", "beat = { covers_from = 2020-01-01 }",
         f"{C}.columns.beat.covers_from"),
    ],
    "columns_of_the_agency": [
        (A, "min = 0, max = 100", "min = 100, max = 0", f"{C}.columns.score"),
        (A, 'site = { required = true }', 'site = { min = 3 }', f"{V}.columns.site"),
        (A, "race = {}\n", 'race = { type = "txt" }\n', f"{V}.columns.race.type"),
        (A, "race = {}\n", "race = {}\nrole = {}\n", f"{V}.columns.role"),
        (A, "race = {}\n", "race = {}\nRace = {}\n", f"{V}.columns.Race"),
        (A, "race = {}\n", "race = {}\nreported__on = {}\n", f"{V}.columns.reported__on"),
        (A, 'decided_on = "disposed_on"', 'decided_on = "disposition"',
         f"{C}.columns.disposition"),
        (A, "disposition = {", "disposed_on = {}\ndisposition = {", f"{C}.columns.disposed_on"),
        (A, "minutes = {", 'visit_id = { type = "integer" }\nminutes = {', f"{V}.columns.visit_id"),
        (A, 'urgent = { type = "boolean" }', 'urgent = { type = "boolean", allowed = ["yes"] }',
         f"{V}.columns.urgent.allowed"),
    ],
    "names_of_the_agency": [
        (A, "[sources.visit.groups]",
         '[sources.visit.groups]\nall = { column = "site", present = true }',
         f"{V}.groups.all"),
        (A, "[sources.harm.columns]",
         '[sources.harm.checks]\ntype = "ignore"\n\n[sources.harm.columns]',
         "sources.harm.checks.type"),
        (A, 'occurred_on = "harmed_on"', 'occurred_on = "person_id"', "sources.harm"),
    ],
    "filter_that_cannot_be": [
        _leave_out("contcat", 'column = "level", equals = "high"', ""),
        _more("filter.contact", "leave_out = []", place="leave_out"),
        _more("filter.contact", "cohort = true", place="leave_out"),
        _more("filter.contact", 'leave_out = [{ column = "level", equals = "high" }]',
              'cohort = "yes"', place="cohort"),
        _more("filter.contact", 'leave_out = [{ column = "level", equals = "high" }]',
              "cohorts = true", place="cohorts"),
        _leave_out("contact", 'column = "levle", equals = "high"', "leave_out[1]"),
        _leave_out("contact", 'column = "level", equals = "higgh"', "leave_out[1].equals"),
        _leave_out("contact", 'column = "level"', "leave_out[1]"),
        _leave_out("contact", 'column = "charge", at_least = 3', "leave_out[1]"),
        _leave_out("visit", 'column = "race", equals = "A"', "leave_out"),
        _leave_out("registration", 'column = "birth_year", at_most = 1980', "leave_out"),
    ],
    "gaps_of_nothing": [
        _more("features.gaps", 'kind = "gaps"', 'event = "contcat"'),
        _more("features.gaps", 'kind = "gaps"', 'event = "contact"', 'groups = ["hgih"]',
              place="groups"),
        _more("features.gaps", 'kind = "gaps"', 'event = "contact"', 'groups = ["high", "high"]',
              place="groups"),
        _more("features.gaps", 'kind = "gaps"', 'event = "contact"', "total = false"),
        _more("features.gaps", 'kind = "gaps"', 'event = "contact"', "summaries = []",
              place="summaries"),
        _more("features.gaps", 'kind = "gaps"', 'event = "contact"', 'summaries = ["median"]',
              place="summaries[1]"),
        _more("features.gaps", 'kind = "gaps"', 'event = "visit"', 'groups = ["race_a"]'),
    ],
    "age_of_nobody": [
        _more("features.age", 'kind = "age"', 'event = ["contcat"]', 'age = "age"'),
        _more("features.age", 'kind = "age"', "event = []", 'age = "age"', place="event"),
        _more("features.age", 'kind = "age"', 'event = ["contact", "contact"]', 'age = "age"',
              place="event"),
        _more("features.age", 'kind = "age"', 'event = ["contact"]'),
        _more("features.age", 'kind = "age"', 'event = ["contact"]', 'age = "aeg"'),
        _more("features.age", 'kind = "age"', 'event = ["contact"]', 'age = "age"'),
    ],
    "affiliation_with_nothing": [
        _more("features.gang", 'kind = "affiliation"', 'event = "contcat"', 'column = "beat"'),
        _more("features.gang", 'kind = "affiliation"', 'event = "contact"', 'column = "baet"'),
        _more("features.gang", 'kind = "affiliation"', 'event = "contact"', place="column"),
        _more("features.gang", 'kind = "affiliation"', 'event = "contact"', 'column = "beat"',
              "top = 0", place="top"),
        _more("features.gang", 'kind = "affiliation"', 'event = "contact"', 'column = "beat"',
              "summaries = []", place="summaries"),
        _more("features.gang", 'kind = "affiliation"', 'event = "visit"', 'column = "race"'),
    ],
    "household_of_nobody": [
        _more("features.home", 'kind = "household"', 'event = "contcat"', 'column = "beat"',
              "count = { harm = [] }", 'windows = ["1 year"]'),
        _more("features.home", 'kind = "household"', 'event = "contact"', 'column = "baet"',
              "count = { harm = [] }", 'windows = ["1 year"]'),
        _more("features.home", 'kind = "household"', 'event = "contact"', 'column = "beat"',
              "count = { hram = [] }", 'windows = ["1 year"]'),
        _more("features.home", 'kind = "household"', 'event = "contact"', 'column = "beat"',
              'count = { contact = ["hgih"] }', 'windows = ["1 year"]', place="groups"),
        _more("features.home", 'kind = "household"', 'event = "contact"', 'column = "beat"',
              "count = {}", 'windows = ["1 year"]'),
        _more("features.home", 'kind = "household"', 'event = "contact"', 'column = "beat"',
              "count = { harm = [] }", "windows = []", place="windows"),
        _more("features.home", 'kind = "household"', 'event = "contact"', 'column = "beat"',
              "count = { harm = [] }", 'windows = ["1 year"]', "units = []", place="units"),
        _more("features.home", 'kind = "household"', 'event = "visit"', 'column = "race"',
              "count = { harm = [] }", 'windows = ["1 year"]'),
    ],
    "neighbours_of_nobody": [
        _more("features.near", 'kind = "network_recency"', 'edges = ["contcat"]',
              'built_from = "2 years"', "count = { harm = [] }"),
        _more("features.near", 'kind = "network_recency"', "edges = []",
              'built_from = "2 years"', "count = { harm = [] }", place="edges"),
        _more("features.near", 'kind = "network_recency"', 'edges = ["visit"]',
              'built_from = "2 years"', "count = { harm = [] }", place="edges"),
        _more("features.near", 'kind = "network_recency"', 'edges = ["contact"]',
              'built_from = "2 years"', "count = { hram = [] }"),
        _more("features.near", 'kind = "network_recency"', 'edges = ["contact"]',
              'built_from = "2 years"', 'count = { contact = ["hgih"] }', place="groups"),
        _more("features.near", 'kind = "network_recency"', 'edges = ["contact"]',
              'built_from = "2 years"', "count = { harm = [] }", "total = false"),
        _more("features.near", 'kind = "network_recency"', 'edges = ["contact"]',
              'built_from = "2 years"', "count = { harm = [] }", "hops = 3", place="hops"),
        _more("features.near", 'kind = "network_recency"', 'edges = ["contact"]',
              'built_from = "2 years"', "count = { harm = [] }", "largest_incident = 1",
              place="largest_incident"),
        _more("features.near", 'kind = "network_recency"', 'edges = ["contact"]',
              'built_from = "2 yaers"', "count = { harm = [] }", place="built_from"),
    ],
    "place_in_no_network": [
        _more("features.place", 'kind = "centrality"', 'edges = ["contcat"]',
              'built_from = "2 years"'),
        _more("features.place", 'kind = "centrality"', "edges = []", 'built_from = "2 years"',
              place="edges"),
        _more("features.place", 'kind = "centrality"', 'edges = ["contact-visit"]',
              'built_from = "2 years"', place="edges"),
        _more("features.place", 'kind = "centrality"', 'edges = ["contact"]',
              'built_from = "2 years"', "measures = []", place="measures"),
        _more("features.place", 'kind = "centrality"', 'edges = ["contact"]',
              'built_from = "2 years"', 'measures = ["closeness"]', place="measures[1]"),
        _more("features.place", 'kind = "centrality"', 'edges = ["contact"]',
              'built_from = "2 years"', "largest_incident = -5", place="largest_incident"),
        _more("features.place", 'kind = "centrality"', 'edges = ["contact"]', place="built_from"),
    ],
}  # fmt: skip


def _settings_kind(changes: list[Change]) -> Mutation:
    def mutate(folder: Path, rng: Rng) -> Told:
        file, old, new, place = pick(rng, changes)
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} does not stand in {file}"
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return Told(file, place)

    return mutate


CATALOGUE |= {name: _settings_kind(changes) for name, changes in SETTINGS.items()}


@kind
def toml_broken(folder: Path, rng: Rng) -> Told:
    file = pick(rng, (S, A))
    path = folder / file
    text = path.read_text(encoding="utf-8")
    broken = pick(
        rng, ("x = ", "[[[", 'name = "open', "= 3", "a = 2020-02-30", "a = [" * 5_000,
              f"a = {'9' * 5_000}", "a = 1\na = 2", "\x00"),
    )  # fmt: skip
    path.write_text(f"{broken}\n{text}", encoding="utf-8")
    return Told(file)


@kind
def toml_of_another_encoding(folder: Path, rng: Rng) -> Told:
    file = pick(rng, (S, A))
    path = folder / file
    codec = pick(rng, ("utf-16", "latin-1"))
    text = path.read_text(encoding="utf-8").replace("small", "små")
    path.write_bytes(text.encode(codec))
    return Told(file)


@kind
def toml_missing(folder: Path, rng: Rng) -> Told:
    file = pick(rng, (S, A))
    (folder / file).unlink()
    if rng.integers(2):
        (folder / file).mkdir()
    return Told(file)


@kind
def section_missing(folder: Path, rng: Rng) -> Told:
    """A study without an action, a review, ... has no default to fall back on."""
    path = folder / S
    text = path.read_text(encoding="utf-8")
    name = pick(rng, ("action", "review", "cohort", "outcome", "capacity", "evaluation"))
    start = text.index(f"[{name}]")
    path.write_text(text[:start] + text[text.index("\n[", start) + 1 :], encoding="utf-8")
    return Told(S, name)
