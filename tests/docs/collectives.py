"""Collective or independent: docs/collectives.md, made from the docstrings of pipeline/. Fails where a function that is
given a communicator does not say which it is, or where the page is stale; --write writes it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/collectives.md"
HEADER = """# Collective or independent

*Collective*: every rank of the communicator calls it, in the same order, also ranks without rows. Everything that is not listed
needs no other rank. This page is made from the docstrings of `pipeline/` by `tests/docs/collectives.py --write`; a test keeps it so, and
fails where a function that is given a communicator does not say which it is.

| header | function | |
|---|---|---|
"""


def declarations(text):
    """(docstring, declaration, enclosing docstring) of every function in a header."""
    comment, statement, outer, file_comment, seen_code = [], "", [], [], False
    depth_of_class = []
    depth, hidden = 0, None  # hidden: depth of a class body of which the private part is being read
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("///") and not statement:
            comment.append(stripped.removeprefix("///").strip())
            continue
        if stripped.startswith("//") and not seen_code:
            file_comment.append(stripped.removeprefix("//").strip())
            continue
        seen_code = seen_code or bool(stripped)
        code = re.sub(r"//.*", "", stripped).strip()
        if not code or code.startswith("#"):
            if not code and not statement:
                comment = []
            continue
        statement += " " + code
        if re.search(r"[;{}]$|[;{}]\s*$", code) or code.endswith(":"):
            opened = re.match(r"\s*(?:template <.*?> )?(class|struct) (\w+)[^;]*\{$", statement)
            if opened:
                outer.append((opened.group(2), " ".join(comment)))
                depth_of_class.append(depth)
            elif "private:" in statement:
                hidden = depth
            elif "(" in statement and hidden is None and "= delete" not in statement and not statement.strip().startswith(
                    ("friend", "using", "static_assert")):
                yield " ".join(comment), statement.strip(), list(outer), " ".join(file_comment)
            depth += statement.count("{") - statement.count("}")
            hidden = hidden if hidden is not None and depth >= hidden else None
            while depth_of_class and depth <= depth_of_class[-1]:
                outer.pop()
                depth_of_class.pop()
            comment, statement = [], ""


def kind_of(*docs):
    """The nearest docstring that speaks decides."""
    for doc in docs:
        if re.search(r"\bindependent\b", doc, re.I) and not re.search(r"\bcollective", doc, re.I):
            return "independent"
        if re.search(r"\bcollective", doc, re.I):
            return "collective"
    return None


# Plain arithmetic on the communicator's size, or a constructor that only keeps it.
QUIET = {"rows_of_rank", "sample_stride", "DistinctCounts::DistinctCounts"}
rows, silent = [], []
for header in sorted((ROOT / "pipeline").rglob("*.hpp")):
    path = str(header.relative_to(ROOT / "pipeline"))
    for doc, declaration, outer, file_comment in declarations(header.read_text()):
        name = re.search(r"([\w~]+)\s*\(", declaration)
        if not name or name.group(1) in ("if", "for", "while", "switch", "return", "explicit"):
            continue
        name = name.group(1)
        given = re.search(r"\b(Communicator|CommunicatorSession)\s*&", declaration.split("(", 1)[1].split(")", 1)[0])
        kind = kind_of(doc, *[text for _, text in reversed(outer)], file_comment)
        full = "::".join([each for each, _ in outer] + [name])
        if given and kind is None and full not in QUIET:
            silent.append(f"pipeline/{path}: {full} is given a communicator and does not say collective or independent")
        named = any(re.search(rf"\b{name}\b[^.,]* (are|is) collective", text) for _, text in outer)
        if kind == "collective" and (given or named or "ollective" in doc) or given and kind:
            rows.append((path, full, kind))

order = re.search(r"foreach\(folder (.*?)\)", (ROOT / "pipeline/CMakeLists.txt").read_text(), re.S).group(1).split()
rows.sort(key=lambda row: (order.index(row[0].split("/")[0]), row[0]))
text = HEADER + "".join(f"| `{path}` | `{name}` | {kind} |\n" for path, name, kind in dict.fromkeys(rows))
if "--write" in sys.argv:
    PAGE.write_text(text)
elif not PAGE.exists() or PAGE.read_text() != text:
    silent.append("docs/collectives.md is stale: run tests/docs/collectives.py --write")
if silent:
    sys.exit("\n".join(silent))
