"""The command line: one command per verb."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="From an agency's event records to decisions it can answer for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

linking = typer.Typer(
    help="Find which records are one person's, and how sure that is.", no_args_is_help=True
)
app.add_typer(linking, name="link")

growing = typer.Typer(help="Decision trees: take one out of a run.", no_args_is_help=True)
app.add_typer(growing, name="tree")

StudyFile = Annotated[Path, typer.Argument(help="The study file, study.toml.", show_default=False)]
Data = Annotated[
    str | None,
    typer.Option(
        help="Folder of the tables, or postgresql://user@host:port/database?schema=public, "
        "instead of the agency file's."
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        help="postgresql://user@host:port/database, spark://host:port or spark://local, instead of "
        "DuckDB; no output depends on it. COMMONWEAL_ENGINE does the same."
    ),
]
Out = Annotated[Path, typer.Option(help="The run's folder.", show_default=False)]


_STAGES_KEPT = "the stages finished so far are kept, run again to go on"


@contextmanager
def _told(stopped: str = _STAGES_KEPT) -> Iterator[None]:
    """Print what a user can mend and exit with 1; an interrupted command exits with 130."""
    from commonweal.core.errors import CommonwealError

    try:
        yield
    except CommonwealError as error:
        for problem in error.problems:
            typer.echo(f"error: {problem}", err=True)
        count = len(error.problems)
        rows = any(", row " in p.where or ": row " in p.where for p in error.problems)
        told = f"{count} problem{'' if count == 1 else 's'}."
        typer.echo(f"{told} Row 1 is the first after the header." if rows else told, err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo(f"stopped; {stopped}.", err=True)
        raise typer.Exit(130) from None


@app.command()
def check(study: StudyFile, data: Data = None) -> None:
    """Check a study, its agency file and every table, without running anything."""
    with _told():
        from commonweal.study.check import check_tables
        from commonweal.study.load import load

        for line in check_tables(load(study, data)):
            typer.echo(line)


@app.command()
def run(
    study: StudyFile,
    out: Out,
    data: Data = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads; no output depends on it.")] = 2,
    engine: Engine = None,
) -> None:
    """Run a study to its report; only what is not there yet is computed."""
    with _told():
        from commonweal.study.load import load
        from commonweal.study.run import run as run_study

        finished = run_study(load(study, data), out, threads, engine)
        typer.echo(finished.sentence())
        typer.echo(f"{len(finished.made)} stages computed, {len(finished.reused)} reused.")
        if finished.warnings():
            count = finished.warnings()
            said = "1 check warns" if count == 1 else f"{count} checks warn"
            typer.echo(f"{said}: see section 3 of the report.")
        if finished.recommendation:
            typer.echo(f"recommendation: {finished.recommendation}")
        typer.echo(f"what each feature is: {finished.out / 'dictionary.csv'}")
        typer.echo(f"metrics: {finished.out / 'metrics.json'}")
        typer.echo(f"manifest: {finished.out / 'manifest.json'}")
        typer.echo(f"report: {finished.report}")


@app.command()
def report(out: Annotated[Path, typer.Argument(help="Folder of a finished run.")]) -> None:
    """Write the report of a finished run again from its artefacts; nothing is computed."""
    with _told():
        from commonweal.study.run import rebuild

        finished = rebuild(out)
        typer.echo(finished.sentence())
        typer.echo(f"report: {finished.report}")


@app.command()
def show(
    out: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    verify: Annotated[bool, typer.Option("--verify", help="Check every file's hash.")] = False,
    entity: Annotated[
        str | None, typer.Option(help="List what is held about one entity id.")
    ] = None,
) -> None:
    """Show a run's stages, check its files, or list where a person is in it."""
    with _told():
        from commonweal.study import show as shown

        lines = shown.verified(out) if verify else shown.stages(out)
        for line in shown.trace(out, entity) if entity is not None else lines:
            typer.echo(line)


@app.command()
def resolve(
    out: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    to: Annotated[Path, typer.Option(help="CSV file to write, outside the run's folder.")],
) -> None:
    """Write the recommendation with the agency's own ids: help only, and only with the key."""
    with _told():
        from commonweal.study.resolve import resolve as resolved

        typer.echo(f"{resolved(out, to):,} written to {to}; it names people: keep it safe.")


@app.command()
def features(
    out: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    as_of: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Only what was known before is seen.")
    ],
    entities: Annotated[
        Path, typer.Option(help="CSV or Parquet file with a column entity_id: for whom.")
    ],
    to: Annotated[Path, typer.Option(help="Parquet file to write, outside the run's folder.")],
    data: Annotated[
        str | None, typer.Option(help="Folder or database of newer tables than the run's own.")
    ] = None,
    extracted_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day whose records --data does not hold."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads; no output depends on it.")] = 2,
    engine: Engine = None,
) -> None:
    """Build a run's features for some people at any date, by the same code: help only."""
    with _told("nothing was written"):
        from commonweal.study.live import write_live_features
        from commonweal.study.live_file import refused_file

        told = write_live_features(
            out, as_of.date(), entities, to, data=data, threads=threads, engine=engine,
            extracted_on=extracted_on.date() if extracted_on else None,
        )  # fmt: skip
        typer.echo(told.sentence())
        for warning in told.warnings:
            typer.echo(f"warning: {warning}")
        typer.echo(f"features: {to}; it names people: keep it safe.")
        typer.echo(f"refused: {refused_file(to)}")


@linking.command("run")
def link_run(
    study: StudyFile,
    out: Out,
    data: Data = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads; no output depends on it.")] = 2,
) -> None:
    """Assemble and link a study's records; a run into the same folder goes on from here."""
    with _told():
        from commonweal.study.link import link_run as linked
        from commonweal.study.load import load

        found = linked(load(study, data), out, threads)
        typer.echo(found.summary)
        for warning in found.warnings:
            typer.echo(f"warning: {warning}")
        typer.echo(f"crosswalk: {found.crosswalk}")
        typer.echo(f"next: commonweal link verify {out}; commonweal link review {out} --to FOLDER")


@linking.command("verify")
def link_verify(out: Annotated[Path, typer.Argument(help="Folder of a run.")]) -> None:
    """Hold every person's records against every rule, by comparing each with each."""
    with _told():
        from commonweal.study.link import verify_run

        people, broken = verify_run(out)
        for one, records in broken:
            typer.echo(f"{one.rule} is broken by {', '.join(records)}", err=True)
        said = "person breaks" if len(broken) == 1 else "people break"
        typer.echo(f"{people:,} people held against every rule: {len(broken):,} {said} one.")
        if broken:
            raise typer.Exit(1)


@linking.command("review")
def link_review(
    out: Annotated[Path, typer.Argument(help="Folder of a run.")],
    to: Annotated[
        Path | None, typer.Option(help="Folder for the pairs to look at, outside the run's.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="review.csv with its answers, to see what they come to.")
    ] = None,
) -> None:
    """Write pairs near the threshold for clerks to look at, or read their answers back."""
    if (to is None) == (answers is None):
        typer.echo(
            "error: give --to FOLDER to write a review, or --answers FILE to read it.", err=True
        )
        raise typer.Exit(1)
    with _told():
        from commonweal.study.review import read_review, write_review

        if answers is not None:
            typer.echo(read_review(out, answers).sentence())
            typer.echo(
                f"To use them: copy {answers} beside agency.toml (it names people) and write "
                f'answers = "{answers.name}" into [linkage].'
            )
        elif to is not None:
            made = write_review(out, to)
            typer.echo(f"{made.pairs:,} pairs; they name people: keep them safe.")
            typer.echo(f"look at: {made.page}")
            typer.echo(f"answer in: {made.table}")


@linking.command("sensitivity")
def link_sensitivity(
    study: StudyFile,
    out: Out,
    data: Data = None,
    shift: Annotated[
        list[float] | None, typer.Option(help="What to add to the threshold, in log odds.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads; no output depends on it.")] = 2,
) -> None:
    """Run the study with other thresholds, and say what its headline would be."""
    with _told():
        from commonweal.study.link import move_threshold
        from commonweal.study.load import load

        for moved in move_threshold(load(study, data), out, shift or [-2.0, 0.0, 2.0], threads):
            typer.echo(moved.sentence())


@growing.command("export")
def tree_export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    model: Annotated[str, typer.Option(help="The tree's name among the models.")],
    to: Annotated[str, typer.Option(help="sql, python, svg or text.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write, outside the run's folder; else to stdout.")
    ] = None,
) -> None:
    """Write a run's tree as a query, a Python module, a picture or text: help only."""
    with _told("nothing was written"):
        from commonweal.study.tree_export import exported, write_exported

        if out is None:
            typer.echo(exported(run, model, to), nl=False)
        else:
            write_exported(run, model, to, out)
            typer.echo(f"{to}: {out}")


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="New folder for the study.")]) -> None:
    """Write a study and an agency file to fill in."""
    with _told():
        from commonweal.study.init import write_templates

        for path in write_templates(folder):
            typer.echo(f"wrote {path}")
        typer.echo(f"fill them in, then: commonweal check {folder / 'study.toml'}")


@app.command()
def simulate(
    world: Annotated[
        str, typer.Argument(help="violence-prevention, children-services or custody.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the world.", show_default=False)],
    people: Annotated[
        int | None, typer.Option(help="How many people; the paper's number where none is given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    noise: Annotated[str, typer.Option(help="Preset of knobs: none, paper or hard.")] = "paper",
    knobs: Annotated[
        Path | None, typer.Option(help="TOML file of knobs that replace the preset's.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads; no byte depends on it.")] = 2,
) -> None:
    """Simulate an agency: its tables, a study on them, and the truth, apart."""
    with _told("nothing was written"):
        from commonweal.simulate.world import simulate as simulated

        typer.echo(simulated(world, out, people, seed, noise, knobs, threads).sentence())


if __name__ == "__main__":
    sys.exit(app())
