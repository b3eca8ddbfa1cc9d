from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from commonweal.cohorts.spec import FilterSpec, Rule
from commonweal.core.dates import Period
from commonweal.core.errors import DataError, StudyError
from commonweal.features.spec import AgeSpec, CountsSpec, NetworkSpec
from commonweal.models.spec import BoostedSpec, LogisticSpec, blocks_seen
from commonweal.records.spec import Condition
from commonweal.study.check import check_tables
from commonweal.study.load import load
from commonweal.study.spec import Study
from study.mutations import SETTINGS, Change
from study.small import AGENCY, STUDY, write_study

Edit = tuple[str, str]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the small study with some text replaced; no tables."""

    def written(*edits: Edit, agency: tuple[Edit, ...] = ()) -> Path:
        for name, text, changes in (("study.toml", STUDY, edits), ("agency.toml", AGENCY, agency)):
            for old, new in changes:
                assert old in text, old
                text = text.replace(old, new, 1)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / "study.toml"

    return written


def refused(path: Path) -> dict[str, str]:
    """Place -> what is said of it."""
    with pytest.raises(StudyError) as caught:
        load(path)
    problems = caught.value.problems
    return {p.where: f"{p.what} -> {p.mend}" for p in problems}


def test_a_good_study_is_read(write: Write) -> None:
    study = load(write())
    assert isinstance(study, Study)
    assert study.path.name == "study.toml"
    assert study.data == study.path.parent / "data"
    assert study.agency_path == study.path.parent / "agency.toml"
    assert not study.simulated
    spec = study.spec
    assert spec.cohort.include == (Rule(event="contact"),)
    assert spec.cohort.within == Period(36, "months")
    counts = spec.features["contacts"]
    assert isinstance(counts, CountsSpec)
    assert [str(w) for w in counts.windows] == ["180 days", "1 year", "2 years"]
    assert isinstance(spec.features["network"], NetworkSpec)
    assert spec.models["boosted"] == BoostedSpec(kind="boosted", learning_rate=0.05, max_trees=50)
    assert spec.models["logistic"] == LogisticSpec(kind="logistic", penalties=(1.0, 10.0))
    assert spec.recommendation is not None
    assert set(study.agency.sources) == {"contact", "visit", "harm", "registration"}
    assert load(study.path, data="/elsewhere").data == Path("/elsewhere")


def test_a_whole_number_will_do_for_a_number(write: Write) -> None:
    spec = load(write(("learning_rate = 0.05", "learning_rate = 1"))).spec
    assert spec.models["boosted"] == BoostedSpec(kind="boosted", learning_rate=1.0, max_trees=50)


def test_a_byte_order_mark_is_no_mistake(write: Write) -> None:
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path).spec.study.name == "small"


def test_every_mistake_is_told_at_once_and_by_path(write: Write) -> None:
    path = write(
        ('title = "Who will need help"\n', "title = 3\ncolour = true\n"),
        ('kind = "help"\n', ""),
        ("on = 2020-02-01", 'on = "soon"'),
        ('every = "1 year"', 'every = "1 yaer"'),
        ("at_least = 1", 'at_least = "one"'),
        ('by = ["charge"]', 'by = ["charge", 3]'),
        ("learning_rate = 0.05", "learning_rate = nan\nlaves = 3"),
        ("k = 10", "k = 0"),
        ('headline = "boosted"', 'headline = "bosted"'),
        agency=(("extracted_on = 2020-01-01", "extracted_on = 2020"), ("beat = {}", "beat = 1")),
    )
    told = refused(path)
    assert set(told) == {
        "study.toml: study.title", "study.toml: study.colour", "study.toml: action.kind",
        "study.toml: review.on", "study.toml: cohort.as_of.every",
        "study.toml: cohort.include[1].at_least", "study.toml: features.contacts.by[2]",
        "study.toml: models.boosted.learning_rate", "study.toml: models.boosted.laves",
        "study.toml: capacity.k", "agency.toml: extracted_on",
        "agency.toml: sources.contact.columns.beat",
    }  # fmt: skip
    assert told["study.toml: action.kind"] == "is missing -> add it"
    assert told["study.toml: models.boosted.laves"].endswith("did you mean leaves?")
    assert told["study.toml: study.title"] == "should be text (found 3) -> write it in quotes"


def test_a_mistake_in_one_block_is_told_once(write: Write) -> None:
    """Not once for every kind of block it might have been."""
    told = refused(write(('windows = ["180', 'wimdows = ["180')))
    assert told == {
        "study.toml: features.contacts.wimdows": "is not a known setting -> did you mean windows?",
        "study.toml: features.contacts.windows": "is missing -> add it",
    }


def test_a_missing_section_is_named_with_what_it_needs(write: Write) -> None:
    start, end = STUDY.index("[review]"), STUDY.index("[cohort]")
    told = refused(write((STUDY[start:end], "")))
    assert told == {"study.toml: review": "is missing -> add [review] (with by, on, statement)"}


CHANGES = [
    pytest.param(change, id=f"{name}-{number}")
    for name, changes in SETTINGS.items()
    for number, change in enumerate(changes)
    if change[2] != "k = 5000"  # only the tables can tell
]


@pytest.mark.parametrize("change", CHANGES)
def test_harmful_settings_are_refused_by_path(write: Write, change: Change) -> None:
    file, old, new, place = change
    path = write((old, new)) if file == "study.toml" else write(agency=((old, new),))
    told = refused(path)
    assert f"{file}: {place}" in told
    assert all(re.match(r"(study|agency)\.toml: \S", where) for where in told)


FILTER = """\
[filter.{source}]
leave_out = [{{ {condition} }}]

[models.boosted]"""
LINKS = ('edges = ["contact", "contact-harm"]', 'built_from = "2 years"')
PLACE = ('kind = "centrality"', *LINKS, 'measures = ["degree", "degree_by_edge", "neighbours"]')
NEAR = ('kind = "network_recency"', *LINKS, "count = { harm = [] }", "hops = 2")
HOME = (
    'kind = "household"', 'event = "contact"', 'column = "beat"', "count = { harm = [] }",
    'windows = ["1 year"]',
)  # fmt: skip
AGE = """\
[features.age]
kind = "age"
event = ["contact"]
{columns}

[models.boosted]"""


def test_a_filter_is_read(write: Write) -> None:
    text = FILTER.format(source="contact", condition='column = "level", equals = "low"')
    (read,) = load(write(("[models.boosted]", text))).spec.filter.values()
    assert read == FilterSpec(leave_out=(Condition(column="level", equals="low"),), cohort=False)


def test_a_filter_rests_on_no_protected_attribute(write: Write) -> None:
    """By the column of the attribute or by its own name, whatever table it stands in."""
    for source, column in (("visit", "race"), ("contact", "age"), ("registration", "birth_year")):
        text = FILTER.format(source=source, condition=f'column = "{column}", present = true')
        told = refused(write(("[models.boosted]", text)))
        assert list(told) == [f"study.toml: filter.{source}.leave_out"]
        assert f"rests on the protected attribute '{column}'" in "".join(told.values())


def test_an_agency_that_cannot_be_read_is_no_mistake_of_a_filter(write: Write) -> None:
    text = FILTER.format(source="contact", condition='column = "level", equals = "low"')
    path = write(("[models.boosted]", text))
    (path.parent / "agency.toml").write_text("x = ", encoding="utf-8")
    assert set(refused(path)) == {"agency.toml"}


def test_age_needs_the_review_where_it_is_protected(write: Write) -> None:
    """Whatever column it is told by: what is protected is the age."""
    text = AGE.format(columns='age = "years"')
    renamed = ("age = { type", "years = { type")
    told = refused(write(("[models.boosted]", text), agency=(renamed,)))
    assert list(told) == ["study.toml: features.age"]
    assert "uses the protected attribute 'age'" in told["study.toml: features.age"]
    allowed = ("statement =", 'allows_features = ["age"]\nstatement =')
    spec = load(write(("[models.boosted]", text), allowed, agency=(renamed,))).spec
    assert spec.features["age"] == AgeSpec(kind="age", event=("contact",), age="years")
    race_only = ("statement =", 'allows_features = ["race"]\nstatement =')
    assert list(refused(write(("[models.boosted]", text), race_only, agency=(renamed,)))) == [
        "study.toml: features.age"
    ]
    bands = (", age_bands = [0, 25, 50] }", " }")
    other = ('age = { event = "registration", column = "birth_year"',
             'born = { event = "registration", column = "birth_year"')  # fmt: skip
    load(write(("[models.boosted]", text), bands, other, agency=(renamed,)))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ('age = "score"', "contact.score is declared as number, not as integer"),
        ('age = "beat"', "contact.beat is declared as text, not as integer"),
        ('birth_date = "beat"', "contact.beat is declared as text, not as date"),
        ('birth_date = "age"', "contact.age is declared as integer, not as date"),
        ('birth_date = "born"', "there is no column 'born'"),
        ("", "looks at no column"),
    ],
)
def test_age_is_told_by_a_date_or_a_whole_number(write: Write, columns: str, said: str) -> None:
    allowed = ("statement =", 'allows_features = ["age"]\nstatement =')
    text = AGE.format(columns=columns)
    told = refused(write(("[models.boosted]", text), allowed))
    assert list(told) == ["study.toml: features.age"]
    assert said in told["study.toml: features.age"]


def test_a_name_nearly_right_is_offered_in_every_new_block(write: Write) -> None:
    blocks = {
        "gaps": ('kind = "gaps"\nevent = "contact"\ngroups = ["sevre"]', "severe"),
        "gang": ('kind = "affiliation"\nevent = "contact"\ncolumn = "baet"', "beat"),
        "home": (
            'kind = "household"\nevent = "contact"\ncolumn = "beat"\n'
            'count = { hram = [] }\nwindows = ["1 year"]',
            "harm",
        ),
        "near": (
            'kind = "network_recency"\nedges = ["contact"]\nbuilt_from = "1 year"\n'
            'count = { contact = ["hihg"] }',
            "high",
        ),
        "place": ('kind = "centrality"\nedges = ["contcat"]\nbuilt_from = "1 year"', "contact"),
    }
    for name, (text, near) in blocks.items():
        more = ("[models.boosted]", f"[features.{name}]\n{text}\n\n[models.boosted]")
        (said,) = refused(write(more)).values()
        assert said.endswith(f"did you mean {near}?"), said


def test_an_agency_that_is_no_toml_does_not_hide_the_study(write: Write) -> None:
    path = write(("k = 10", "k = 0"))
    (path.parent / "agency.toml").write_text("x = ", encoding="utf-8")
    told = refused(path)
    assert set(told) == {"agency.toml", "study.toml: capacity.k"}
    assert "is not TOML" in told["agency.toml"]


def test_the_agency_is_found_though_its_section_is_wrong(write: Write) -> None:
    path = write(("seed = 7", 'seed = "7"'), ('agency = "agency.toml"', 'agency = "other.toml"'))
    (path.parent / "agency.toml").rename(path.parent / "other.toml")
    assert set(refused(path)) == {"study.toml: study.seed"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x = ", "is not TOML: Invalid value (at"),
        (b"a = 1\na = 2\n", "is not TOML: Cannot overwrite a value (at line 2"),
        (b"a = 1\nb = 'caf\xe9'\n", "line 2: is not UTF-8 text"),
        (b"a = " + b"[" * 5000, "is not TOML"),
        (b"a = " + b"9" * 5000, "is not TOML"),
        (b"\0", "is not TOML"),
    ],
    ids=["value", "twice", "latin-1", "deep", "long", "nul"],
)
def test_a_file_that_is_no_toml(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "study.toml").write_bytes(data)
    with pytest.raises(StudyError) as caught:
        load(tmp_path / "study.toml")
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_study_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no such file"):
        load(tmp_path / "study.toml")
    with pytest.raises(StudyError, match="is a folder"):
        load(tmp_path)


RACE = ('columns = ["site"]', 'columns = ["site", "race"]')
BY_GROUP = ('groups = ["urgent"]', 'groups = ["race_a"]')
ALLOWED = ("on = 2020-02-01", 'on = 2020-02-01\nallows_features = ["race"]')


@pytest.mark.parametrize(
    ("edits", "agency", "place"),
    [
        ((RACE,), (), "features.sites"),
        ((BY_GROUP,), (), "features.visits"),
        ((('by = ["charge"]', 'by = ["charge", "beat"]'),
          ('race = { event = "registration", column = "race" }',
           'beat = { event = "registration", column = "race" }')), (), "features.contacts"),
        ((('columns = ["site"]', 'columns = ["Race"]'),), (("race = {}", "Race = {}"),
          ('race_a = { column = "race"', 'race_a = { column = "Race"')), "features.sites"),
    ],
    ids=["another table's column", "by a group", "by its name", "in capitals"],
)  # fmt: skip
def test_a_protected_attribute_is_kept_out_of_features(
    write: Write, edits: tuple[Edit, ...], agency: tuple[Edit, ...], place: str
) -> None:
    told = refused(write(*edits, agency=agency))
    assert list(told) == [f"study.toml: {place}"]
    assert "uses the protected attribute" in told[f"study.toml: {place}"]


@pytest.mark.parametrize("edit", [RACE, BY_GROUP])
def test_only_the_review_can_allow_it_and_only_by_name(write: Write, edit: Edit) -> None:
    assert load(write(edit, ALLOWED)).spec.review.allows_features == ("race",)
    other = (ALLOWED[0], ALLOWED[1].replace("race", "age"))
    assert any(
        "uses the protected attribute" in what for what in refused(write(edit, other)).values()
    )


def test_an_action_that_burdens_has_no_recommendation(write: Write) -> None:
    burden = ('kind = "help"', 'kind = "burden"')
    assert set(refused(write(burden))) == {"study.toml: recommendation"}
    without = ('[recommendation]\nmodel = "boosted"\n', "")
    study = load(write(burden, without))
    assert study.spec.action.kind == "burden"
    assert study.spec.recommendation is None


def test_the_embargo_names_what_is_missing(write: Write) -> None:
    told = refused(write(("first = 2014-01-01", "first = 2017-01-01")))
    assert "no as-of date is left for train" in told["study.toml: cohort.as_of"]
    assert "add earlier dates" in told["study.toml: cohort.as_of"]
    assert load(write(("first = 2014-01-01", "first = 2016-01-01"))).spec.cohort.test == 1


def test_windows_of_the_same_length_in_other_words_are_one(write: Write) -> None:
    edit = ('["180 days", "1 year", "2 years"]', '["12 months", "1 year"]')
    assert set(refused(write(edit, ("contact.all.count.1y", "visit.all.days_since_last")))) == {
        "study.toml: features.contacts.windows"
    }


@pytest.mark.parametrize(
    "feature",
    ["contact.high.count.180d", "contact.charge=THEFT.count.2y", "contact.all.count.ever",
     "visit.urgent.days_since_last", "visit.site.distinct", "visit.site.latest=clinic",
     "network1.contact.high.people.2y", "network1.harm.all.incidents.1y"],
)  # fmt: skip
def test_a_baseline_may_rank_by_any_feature(write: Write, feature: str) -> None:
    load(write(("contact.all.count.1y", feature)))


@pytest.mark.parametrize(
    ("feature", "lines"),
    [
        ("contact.high.gap.mean", ('kind = "gaps"', 'event = "contact"', 'groups = ["high"]')),
        ("contact.beat.distinct", ('kind = "affiliation"', 'event = "contact"', 'column = "beat"')),
        ("household.people", HOME),
        ("household.harm.all.incidents.1y", HOME),
        ("network.degree", PLACE),
        ("network.degree.contact-harm", PLACE),
        ("network1.max_degree", PLACE),
        ("network2.harm.all.days_since_last", NEAR),
    ],
)
def test_a_baseline_may_rank_by_a_feature_of_every_kind_of_block(
    write: Write, feature: str, lines: tuple[str, ...]
) -> None:
    more = "\n".join(("[features.more]", *lines, "", "[models.boosted]"))
    rank = ("contact.all.count.1y", feature)
    load(write(("[models.boosted]", more), rank))
    assert list(refused(write(rank))) == ["study.toml: models.past.feature"]


@pytest.mark.parametrize(
    "feature",
    ["contact.high.count.4y", "contact.low.count.1y", "contact.level=high.count.1y", "degrees",
     "visit.site.mode=clinic", "network1.harm.high.people.1y", "contact.charge=THEFT.count.9y"],
)  # fmt: skip
def test_but_by_nothing_else(write: Write, feature: str) -> None:
    told = refused(write(("contact.all.count.1y", feature)))
    assert set(told) == {"study.toml: models.past.feature"}


EVERY = '["contacts", "visits", "sites", "network"]'


@pytest.mark.parametrize(
    ("model", "setting", "where", "what"),
    [
        ("logistic", 'blocks = ["sites"]\nwithout = ["visits"]', "without", "beside blocks"),
        ("logistic", 'blocks = ["site"]', "blocks", "did you mean sites?"),
        ("logistic", 'without = ["site"]', "without", "did you mean sites?"),
        ("logistic", 'blocks = ["sites", "sites"]', "blocks", "more than once"),
        (
            "logistic",
            'without = ["contacts", "visits", "sites", "network"]',
            "without",
            "leaves no",
        ),
        ("past", 'blocks = ["sites"]', "feature", "let it see contacts"),
        ("past", 'without = ["contacts"]', "feature", "let it see contacts"),
        ("past", 'without = ["contact"]', "without", "did you mean contacts?"),
    ],
)
def test_a_model_sees_blocks_that_are_there(
    write: Write, model: str, setting: str, where: str, what: str
) -> None:
    told = refused(write((f"[models.{model}]\n", f"[models.{model}]\n{setting}\n")))
    assert set(told) == {f"study.toml: models.{model}.{where}"}
    assert what in told[f"study.toml: models.{model}.{where}"]


def test_a_model_may_see_some_blocks(write: Write) -> None:
    some = ("[models.past]\n", '[models.past]\nblocks = ["contacts", "visits"]\n')
    most = ("[models.logistic]\n", '[models.logistic]\nwithout = ["network"]\n')
    models = load(write(some, most)).spec.models
    blocks = ("contacts", "visits", "sites", "network")
    assert blocks_seen(models["past"], blocks) == blocks[:2]
    assert blocks_seen(models["logistic"], blocks) == blocks[:3]
    assert blocks_seen(models["boosted"], blocks) == blocks


def test_more_places_than_people_is_told_once_the_tables_are_read(tmp_path: Path) -> None:
    path = write_study(tmp_path / "s")
    assert check_tables(load(path))[-1] == "The study can run."
    text = path.read_text(encoding="utf-8").replace("k = 10", "k = 61")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        DataError, match=r"study.toml: capacity.k: is 61, but the records are about"
    ):
        check_tables(load(path))


def test_mistakes_of_several_tables_are_told_together(tmp_path: Path) -> None:
    path = write_study(tmp_path / "s")
    (path.parent / "data" / "people.csv").write_text("x\n", encoding="utf-8")
    (path.parent / "data" / "visits.parquet").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        check_tables(load(path))
    files = {p.where.split(":")[0] for p in caught.value.problems}
    assert files == {"people.csv", "visits.parquet"}
