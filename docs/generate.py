"""Write what follows from the code: the tree in ARCHITECTURE.md and docs/study-file.md."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, get_type_hints

from commonweal.cohorts import spec as cohorts
from commonweal.core import dates
from commonweal.decisions import spec as decisions
from commonweal.evaluation import matters
from commonweal.evaluation import spec as evaluation
from commonweal.features import spec as features
from commonweal.linkage import spec as linkage
from commonweal.models import missing_spec, tuning_spec
from commonweal.models import spec as models
from commonweal.oversight import spec as oversight
from commonweal.records import derived_spec, episode_spec, repeat_spec
from commonweal.records import spec as records
from commonweal.study import agency, variant_spec

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- tree -->", "<!-- /tree -->"


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0]


def layers() -> list[str]:
    """Return the layers of the import contract, lowest first: the data's way through."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return list(reversed(contract["layers"]))


def tree() -> str:
    """Return the tree as a fenced block."""
    package = ROOT / "src" / "commonweal"
    lines = ["```", "src/commonweal/"]
    for layer in layers():
        folder, module = package / layer, package / f"{layer}.py"
        if module.exists():
            lines.append(f"  {layer + '.py':24} {first_line(module)}")
            continue
        lines.append(f"  {layer + '/':24} {first_line(folder / '__init__.py')}")
        for path in sorted(folder.rglob("*.py")):
            if path.name != "__init__.py":
                name = path.relative_to(folder).as_posix()
                lines.append(f"    {name:22} {first_line(path)}")
    return "\n".join([*lines, "```"])


def written(text: str) -> str:
    """Return ARCHITECTURE.md with the tree as it is now."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{tree()}\n{END}{after}"


SECTIONS: dict[str, list[tuple[str, Any]]] = {
    "agency.toml": [
        ("(top)", agency.Agency),
        ("[sources.NAME]", records.Source),
        ("[sources.NAME.columns] NAME = {...}", records.Column),
        ("[sources.NAME.groups] NAME = {...}, and every `where`", records.Condition),
        ("join = {...}", records.Join),
        ("[sources.NAME.checks]", records.Checks),
        ("[linkage]", linkage.LinkageSpec),
        ("[linkage.fields] NAME = {...}", linkage.Field),
        ("trusted_id = {...}", linkage.TrustedId),
        ("[episodes.NAME]", episode_spec.EpisodeSpec),
        ("[episodes.NAME.columns] NAME = {...}", episode_spec.Resolution),
        ("[repeats]", repeat_spec.RepeatSpec),
        ("[derived.NAME]", derived_spec.DerivedSpec),
        ("impute = {...}", derived_spec.ImputeSpec),
    ],
    "study.toml": [
        ("[study]", oversight.About),
        ("[action]", oversight.Action),
        ("[review]", oversight.Review),
        ("[protected] NAME = {...}", oversight.Protected),
        ("[cohort]", cohorts.CohortSpec),
        ("as_of = {...}", dates.Grid),
        ("include = [{...}], exclude = [{...}]", cohorts.Rule),
        ("[outcome], and [outcomes.NAME]", cohorts.OutcomeSpec),
        ('[features.NAME] kind = "counts"', features.CountsSpec),
        ('[features.NAME] kind = "recency"', features.RecencySpec),
        ('[features.NAME] kind = "attributes"', features.AttributesSpec),
        ('[features.NAME] kind = "gaps"', features.GapsSpec),
        ('[features.NAME] kind = "affiliation"', features.AffiliationSpec),
        ('[features.NAME] kind = "age"', features.AgeSpec),
        ('[features.NAME] kind = "network"', features.NetworkSpec),
        ('[features.NAME] kind = "network_recency"', features.NetworkRecencySpec),
        ('[features.NAME] kind = "centrality"', features.CentralitySpec),
        ('[features.NAME] kind = "household"', features.HouseholdSpec),
        ("[filter.SOURCE]", cohorts.FilterSpec),
        ('[models.NAME] kind = "boosted"', models.BoostedSpec),
        ('[models.NAME] kind = "forest"', models.ForestSpec),
        ('[models.NAME] kind = "logistic"', models.LogisticSpec),
        ('[models.NAME] kind = "ols"', models.OlsSpec),
        ('[models.NAME] kind = "tree"', models.TreeSpec),
        ('[models.NAME] kind = "scorecard"', models.ScorecardSpec),
        ('[models.NAME] kind = "count_rank"', models.CountRankSpec),
        ('[models.NAME] kind = "base_rate"', models.BaseRateSpec),
        ("[models.NAME.tuning]", tuning_spec.TuningSpec),
        ("[models.NAME.tuning.space] SETTING = {...}", tuning_spec.Range),
        ("permutation = {...}", tuning_spec.PermutationSpec),
        ("missing = {...}", missing_spec.MissingSpec),
        ("[capacity]", decisions.Capacity),
        ("[evaluation]", evaluation.EvaluationSpec),
        ("[costs]", evaluation.CostsSpec),
        ("per_event = {...}, effect = {...}", evaluation.Assumed),
        ("[units]", evaluation.UnitsSpec),
        ("[stability]", evaluation.StabilitySpec),
        ("[recommendation]", decisions.RecommendationSpec),
        ("[feature_sets.NAME]", variant_spec.FeatureSetSpec),
        ("[variants.NAME]", variant_spec.VariantSpec),
        ("[selection]", matters.SelectionSpec),
        ("[proxies]", matters.ProxiesSpec),
        ("[learning_curve]", matters.LearningCurveSpec),
        ("[interpretability]", matters.InterpretabilitySpec),
    ],
}


def described(kind: Any) -> dict[str, str]:
    """Return setting -> its meaning, from the Parameters section of a dataclass."""
    text = inspect.getdoc(kind) or ""
    _, _, body = text.partition("Parameters\n----------\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in body.split("\n"):
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.split(",")]
        else:
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return found


def setting_type(hint: Any) -> str:
    """Return a type in words a study file's author knows."""
    text = str(hint) if not isinstance(hint, type) or "[" in str(hint) else hint.__name__
    text = re.sub(r"commonweal\.[\w.]+\.|typing\.|datetime\.|collections\.abc\.", "", text)
    choices = re.findall(r"Literal\[([^\]]+)\]", text)
    if choices:
        return " or ".join(f"`{c.strip()}`" for part in choices for c in part.split(","))
    words = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false",
             "Period": "length of time", "date": "date", "Grid": "table", "TuningSpec": "table",
             "PermutationSpec": "table", "MissingSpec": "table"}  # fmt: skip
    for optional in (" | None", "None | "):
        text = text.replace(optional, "")
    if text.startswith("tuple[tuple[str"):
        return "list of lists of text"
    if text == "tuple[float, float, float]":
        return "list of three numbers"
    many = re.match(r"tuple\[([\w.]+), \.\.\.\]", text)
    if many:
        return f"list of {words.get(many[1], many[1])}"
    if text.startswith("Mapping"):
        return "table"
    if "tuple[" in text:
        one, _, listed = text.partition(" | ")
        return f"{words.get(one, one)} or {setting_type(listed)}"
    return " or ".join(words.get(part.strip(), part.strip()) for part in text.split("|"))


def section(title: str, kind: Any) -> list[str]:
    """Return one section of the reference."""
    first = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
    lines = [f"### `{title}`" if "`" not in title else f"### {title}", "", first, ""]
    if not dataclasses.fields(kind):
        return lines
    meanings, hints = described(kind), get_type_hints(kind)
    lines += ["| setting | value | default | meaning |", "|---|---|---|---|"]
    for field in dataclasses.fields(kind):
        default = "required"
        if field.default is not dataclasses.MISSING:
            default = "" if field.default in (None, ()) else f"`{default_text(field.default)}`"
        elif field.default_factory is not dataclasses.MISSING:
            default = ""
        value = setting_type(hints[field.name]).replace("|", "\\|")
        meaning = meanings.get(field.name, "").replace("|", "\\|").replace("``", "`")
        lines.append(f"| `{field.name}` | {value} | {default} | {meaning} |")
    return [*lines, ""]


def default_text(value: object) -> str:
    """Return a default as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(default_text(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def reference() -> str:
    """Return docs/study-file.md."""
    lines = [
        "# Study files",
        "",
        "Generated from the settings' own docstrings by `make tree`. A length of time is written",
        'like `"90 days"`, `"18 months"` or `"5 years"`, a date like `2013-01-01`. Unknown',
        "settings are mistakes, and all mistakes are reported at once.",
        "",
    ]
    for file, sections in SECTIONS.items():
        lines += [f"## {file}", ""]
        for title, kind in sections:
            lines += section(title, kind)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    page = ROOT / "ARCHITECTURE.md"
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "study-file.md").write_text(reference(), encoding="utf-8")
    sys.stdout.write("wrote ARCHITECTURE.md and docs/study-file.md\n")
