"""The report as one page that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from commonweal.reports.content import Content
from commonweal.reports.reading import Reading
from commonweal.reports.sections.registry import SECTIONS


def render(content: Content) -> str:
    """Write the report.

    Everything that comes from the study, the tables or the run is escaped. The page depends on
    nothing but `content`: the same content gives the same text.

    Parameters
    ----------
    content
        What the report may say.

    Returns
    -------
    str
        An HTML document.
    """
    environment = Environment(
        loader=PackageLoader("commonweal", "reports"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    reading = Reading.of(content)
    written = (section(reading) for section in SECTIONS)
    sections = tuple(section for section in written if section.parts)
    template = environment.get_template("report.html.j2")
    return template.render(content=content, reading=reading, sections=sections)
