"""The rules of a stored notebook (DESIGN.md 3). Each is a function that yields what breaks it.

Nothing is run here: nbval and the gate in ``conftest.py`` compare with a fresh run.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from statistics import median

import nbformat
import nbformat.reader
import nbformat.validator
from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form, reading_rules
from ppo_lesson.commands.notebook_cells import (
    WHOLE,
    Fault,
    Faults,
    code_cells,
    code_lines,
    is_folded,
    nodes,
    only_asks,
    outputs,
    parse,
)

MAX_CELL_LINES = 25
MAX_MEDIAN_LINES = 7
MAX_DEFINITION_LINES = 15
MAX_CODE_IN_A_ROW = 2
MAX_FIRST_LINES = 10

# Folders that name a machine or a person, on Linux, macOS and Windows.
MACHINE_PATH = re.compile(r"(?<![\w.])(/(home|root|tmp|var|private|Users)/|[A-Za-z]:\\+Users\\)\S*")
EMBEDDED_PICTURE = re.compile(r"data:image/[\w.+-]+;base64,[A-Za-z0-9+/=]+")
# Comments and tags by which nbval or nbclient look away. No notebook of ours may.
WEAK_COMMENT = re.compile(r"^\s*#+\s*((?:NBVAL_|PYTEST_VALIDATE_)\w+)", re.MULTILINE)
WEAK_TAG = re.compile(r"nbval-.*|pytest-validate-.*|raises-exception|skip-execution")


def faults(path: Path) -> list[Fault]:
    """List every fault of a stored notebook: its form, ``RULES``, then those of what is read."""
    try:
        stored = path.read_text(encoding="utf-8")
        notebook = notebook_form.read(path)
    except (ValueError, AttributeError, TypeError, nbformat.ValidationError) as error:
        return [Fault(WHOLE, f"not a notebook: {error}")]
    version = nbformat.reader.get_version(notebook)
    if version != (4, 5):
        return [Fault(WHOLE, f"format {version[0]}.{version[1]} instead of 4.5")]
    for error in nbformat.validator.iter_validate(notebook):
        return [Fault(WHOLE, f"not a notebook of format 4.5: {error.message[:80]}")]
    rules = (*RULES, *reading_rules.RULES)
    found = [fault for rule in rules for fault in rule(notebook)]
    found += reading_rules.named_places_exist(notebook, path)
    form = list(canonical_form(notebook))
    if not form and stored != notebook_form.text(notebook):
        form = [Fault(WHOLE, "not in canonical form: layout of the file")]
    return form + found


def canonical_form(notebook: NotebookNode) -> Faults:
    """Nothing differs from what ``notebooks run`` writes."""
    wanted = notebook_form.canonical(notebook)
    for cell, other in zip(notebook.cells, wanted.cells, strict=True):
        changed = sorted(key for key in {*cell, *other} if cell.get(key) != other.get(key))
        if changed:
            yield Fault(cell.id, f"not in canonical form: {', '.join(changed)}")
    if notebook.metadata != wanted.metadata:
        yield Fault(WHOLE, "not in canonical form: metadata")


def every_cell_was_run(notebook: NotebookNode) -> Faults:
    """Each code cell has an execution count."""
    for cell in code_cells(notebook):
        if cell.execution_count is None:
            yield Fault(cell.id, "was not run")


def counts_in_order(notebook: NotebookNode) -> Faults:
    """Execution counts are 1..n, as one run from top to bottom leaves them."""
    for expected, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count not in (None, expected):
            yield Fault(cell.id, f"execution count {cell.execution_count} instead of {expected}")


def no_errors(notebook: NotebookNode) -> Faults:
    """No output is an exception."""
    for cell, output in outputs(notebook):
        if output.output_type == "error":
            yield Fault(cell.id, f"error in the output: {output.ename}")


def no_stderr(notebook: NotebookNode) -> Faults:
    """No output is a warning or anything else on stderr."""
    for cell, output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            yield Fault(cell.id, f"stderr in the output: {output.text.strip()[:60]!r}")


def no_widget_state(notebook: NotebookNode) -> Faults:
    """Widgets live in the kernel; GitHub refuses to show a notebook with half of their state."""
    if "widgets" in notebook.metadata:
        yield Fault(WHOLE, "widget state in the metadata")


def full_language_info(notebook: NotebookNode) -> Faults:
    """JupyterLab adds what is missing as soon as a notebook is opened: git would see a change."""
    wanted = notebook_form.METADATA["language_info"]
    missing = wanted.keys() - notebook.metadata.get("language_info", {}).keys()
    if missing:
        yield Fault(WHOLE, f"language_info without {', '.join(sorted(missing))}")


def no_machine_paths(notebook: NotebookNode) -> Faults:
    """No output shows a path that exists on one machine only."""
    for cell, output in outputs(notebook):
        match = MACHINE_PATH.search(_visible_text(output))
        if match:
            yield Fault(cell.id, f"path of a machine in the output: {match[0][:60]!r}")


def short_cells(notebook: NotebookNode) -> Faults:
    """A code cell is one thought; the median is of those that are not folded."""
    for cell in code_cells(notebook):
        length = len(cell.source.splitlines())
        if length > MAX_CELL_LINES:
            yield Fault(cell.id, f"{length} lines of code, more than {MAX_CELL_LINES}")
    shown = [cell for cell in code_cells(notebook) if not is_folded(cell)]
    lengths = [len(cell.source.splitlines()) for cell in shown]
    if lengths and median(lengths) > MAX_MEDIAN_LINES:
        yield Fault(WHOLE, f"median {median(lengths):g} lines a cell, more than {MAX_MEDIAN_LINES}")


def prose_between_code(notebook: NotebookNode) -> Faults:
    """At most two code cells stand in a row; those that ask or are folded do not count."""
    row = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            row = 0
        elif not only_asks(cell) and not is_folded(cell):
            row += 1
        if row == MAX_CODE_IN_A_ROW + 1:
            yield Fault(cell.id, f"more than {MAX_CODE_IN_A_ROW} code cells without prose between")


def short_definitions(notebook: NotebookNode) -> Faults:
    """A longer function or class belongs in the package."""
    for cell, node in nodes(notebook):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_DEFINITION_LINES:
                what = f"{node.name}: {length} lines, more than {MAX_DEFINITION_LINES}"
                yield Fault(cell.id, what)


def plain_python(notebook: NotebookNode) -> Faults:
    """No shell command, no magic (so no pip either), nothing that Python cannot read."""
    for cell in code_cells(notebook):
        magic = re.search(r"^\s*[!%].*", cell.source, re.MULTILINE)
        if magic and parse(cell) is None:
            yield Fault(cell.id, f"shell command or magic: {magic[0].strip()!r}")
        elif parse(cell) is None:
            yield Fault(cell.id, "not plain Python: does not parse")


def no_plt_show(notebook: NotebookNode) -> Faults:
    """The inline backend shows figures by itself."""
    for cell, node in nodes(notebook):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "plt.show":
            yield Fault(cell.id, "plt.show is not needed")


def no_star_imports(notebook: NotebookNode) -> Faults:
    """A reader sees where a name comes from."""
    for cell, node in nodes(notebook):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield Fault(cell.id, f"star import from {node.module}")


def imports_first(notebook: NotebookNode) -> Faults:
    """The first code cell holds imports and ``setup()``, nothing else; no other cell imports."""
    for index, cell in enumerate(code_cells(notebook)):
        tree = parse(cell) or ast.Module([], [])
        if index > 0:
            if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree)):
                yield Fault(cell.id, "import outside the first code cell")
            continue
        others = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
        calls = [node for node in others if ast.unparse(node).startswith("setup(")]
        if len(calls) != 1:
            yield Fault(cell.id, "the first code cell calls setup() once")
        if len(others) > len(calls):
            yield Fault(cell.id, "more than imports and setup() in the first code cell")


def first_cell_folded(notebook: NotebookNode) -> Faults:
    """The first code cell, which a reader need not read, is folded and short."""
    for cell in code_cells(notebook)[:1]:
        if not is_folded(cell):
            yield Fault(cell.id, f"the first code cell is not folded: tag {notebook_form.FOLDED}")
        length = code_lines(cell.source)
        if length > MAX_FIRST_LINES:
            yield Fault(cell.id, f"{length} lines of code, more than {MAX_FIRST_LINES}")


def title_first(notebook: NotebookNode) -> Faults:
    """The notebook opens with its title."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        yield Fault(first.id if first else WHOLE, "no '# title' in the first cell")


def no_empty_cells(notebook: NotebookNode) -> Faults:
    """Each cell says something."""
    for cell in notebook.cells:
        if not cell.source.strip():
            yield Fault(cell.id, "empty cell")


def nothing_looks_away(notebook: NotebookNode) -> Faults:
    """No comment or tag tells nbval or nbclient to skip a cell, an output or an exception."""
    for cell in code_cells(notebook):
        for comment in WEAK_COMMENT.findall(cell.source):
            yield Fault(cell.id, f"comment {comment} weakens the comparison")
        for tag in cell.metadata.get("tags", []):
            if WEAK_TAG.fullmatch(tag):
                yield Fault(cell.id, f"tag {tag} weakens the comparison")


def predictions_are_answered(notebook: NotebookNode) -> Faults:
    """The cell that a locked prediction sends its reader to, the next one, shows something."""
    waiting = None
    for cell in code_cells(notebook):
        if waiting and not only_asks(cell):
            if not cell.outputs:
                yield Fault(cell.id, f"shows nothing, and {waiting} says: run the next cell")
            waiting = None
        if cell.source.startswith("predict("):
            waiting = cell.id


RULES = (
    title_first,
    no_empty_cells,
    every_cell_was_run,
    counts_in_order,
    no_errors,
    no_stderr,
    no_widget_state,
    full_language_info,
    no_machine_paths,
    nothing_looks_away,
    plain_python,
    imports_first,
    first_cell_folded,
    no_star_imports,
    no_plt_show,
    short_cells,
    short_definitions,
    prose_between_code,
    predictions_are_answered,
)


def _visible_text(output: NotebookNode) -> str:
    """Collect what a reader may read in an output: no pixels, whose letters are accidental."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join(output.traceback)
    texts = [data for mime, data in output.data.items() if not mime.startswith("image/")]
    joined = "\n".join(data if isinstance(data, str) else json.dumps(data) for data in texts)
    return EMBEDDED_PICTURE.sub("", joined)
