"""Write the tree of modules into ARCHITECTURE.md, from the first line of each docstring."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- tree -->", "<!-- /tree -->"


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0]


def layers() -> list[str]:
    """Return the layers of the import contract, lowest first: the data's way through."""
    import tomllib

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


if __name__ == "__main__":
    page = ROOT / "ARCHITECTURE.md"
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"wrote {page.name}\n")
