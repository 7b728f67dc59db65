"""The gate of conftest.py: plant each fault in a good notebook, run ``pytest --nbval``, see red."""

from __future__ import annotations

import base64
import copy
import importlib.util
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ppo_lesson.commands import notebook_form, notebooks
from tests.small_notebook import KNOWN, opening

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).resolve().parents[1]
specification = importlib.util.spec_from_file_location("gate", ROOT / "conftest.py")
assert specification is not None and specification.loader is not None
gate = importlib.util.module_from_spec(specification)
specification.loader.exec_module(gate)
VEGA_LITE = "application/vnd.vegalite.v5+json"
CELL_SECONDS = 120
FEW_SECONDS = 8  # where a cell sleeps for longer, and every good one ends in a few milliseconds
# Settings of a shell that must neither turn a notebook red nor make it green.
HOSTILE = {
    "LC_ALL": "C",
    "MPLBACKEND": "no-such-window",
    "PYTHONHASHSEED": "1",
    "PYTHONIOENCODING": "ascii",
    "PYTHONSAFEPATH": "1",
    "PYTHONWARNINGS": "error",
}
# The name of a cell, for nbval, is its number among the code cells.
SETUP, TEXT, PICTURE, CHART, WIDGET, RESULT, NUMBER = (f"Cell {number}" for number in range(7))

Plant = Callable[[NotebookNode], None]


def png(width: int, height: int, grey: int) -> str:
    """One grey rectangle, in base64."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes([grey]) * width) * height)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode()


# The package would load torch in every kernel: another function stands for the lessons' setup(),
# and the folder of a learner's progress is looked at without it.
CELLS = {
    "setup": "import os\nimport sys\nfrom base64 import b64decode\nfrom gc import enable as setup\n"
    "from pathlib import Path\nfrom time import sleep\n\n"
    "from IPython.display import HTML, Image, display\n\nsetup()",
    "text": "print('one')\nprint(sys.prefix == os.environ['GATE_PREFIX'])\n"
    "print(os.environ['MPLBACKEND'])\nPath('left_behind.txt').write_text('x')\n"
    "progress = Path(os.environ['PPO_LESSON_DATA'])\nprogress.mkdir(exist_ok=True)\n"
    "print([path.name for path in progress.iterdir()])\n"
    "(progress / 'progress.json').touch()",
    "picture": f"picture = '{png(2, 1, 0)}'\nprint('before')\n"
    "display(Image(data=b64decode(picture)))\n"
    'display(HTML(f\'<img alt="a pole" src="data:image/png;base64,{picture}">\'))',
    "chart": 'table = \'[{"x": 0.5, "words": "one half", "on": true}]\'\n'
    "chart = {'mark': 'point', 'width': 300, 'data': {'values': table}}\n"
    f"display({{'{VEGA_LITE}': chart, 'text/plain': 'a chart'}}, raw=True)",
    "widget": "view = {'model_id': os.urandom(4).hex(), 'version_major': 2, 'version_minor': 0}\n"
    f"question = {{'{notebook_form.WIDGET}': view, 'text/html': '<p>Why?</p>'}}\n"
    "display({**question, 'text/plain': 'Why?'}, raw=True)",
    "result": "2 + 2",
    # As show(..., within=30) prints it; tests/notebook/test_page.py holds the two together.
    "number": "print('mean return: 497.3 (within 30 on any machine)')\nprint('episodes: 100')",
}


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == name)


class Fault(NamedTuple):
    """Where a fault is planted, how, which tests turn red, and what the first of them says.

    Faults of different cells share a notebook: each notebook costs the start of a kernel.
    """

    notebook: str
    plant: Plant
    red: set[str]
    says: str


def change(name: str, edit: Plant) -> Plant:
    return lambda notebook: edit(cell(notebook, name))


def unrun(cell: NotebookNode) -> None:
    cell.execution_count, cell.outputs = None, []


def clear(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []


def replace(source: str, *outputs: NotebookNode) -> Plant:
    def edit(cell: NotebookNode) -> None:
        cell.source, cell.outputs = source, list(outputs)

    return edit


def in_table(old: str, new: str) -> Plant:
    def edit(cell: NotebookNode) -> None:
        data = cell.outputs[0].data[VEGA_LITE]["data"]
        data["values"] = data["values"].replace(old, new)

    return edit


def in_stream(old: str, new: str) -> Plant:
    def edit(cell: NotebookNode) -> None:
        assert old in cell.outputs[0].text
        cell.outputs[0].text = cell.outputs[0].text.replace(old, new)

    return edit


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


ASLEEP = ("six", "seven", "eight")  # in the last, nbval waits for a kernel that is gone
SWALLOW = "try:\n    sleep(30)\nexcept KeyboardInterrupt:\n    print('late')"
FROM_TEXT_ON = {TEXT, PICTURE, CHART, WIDGET, RESULT, NUMBER}
FAULTS = {
    "added text": Fault(
        "one",
        change("setup", lambda cell: cell.outputs.append(stream("more\n"))),
        {SETUP},
        "differ",
    ),
    "removed text": Fault(
        "one", change("text", lambda cell: cell.outputs.clear()), {TEXT}, "differ"
    ),
    "removed picture": Fault(
        "one",
        change("picture", lambda cell: cell.outputs[1].data.pop("image/png")),
        {PICTURE},
        "kinds",
    ),
    "removed chart": Fault(
        "one", change("chart", lambda cell: cell.outputs[0].data.pop(VEGA_LITE)), {CHART}, "kinds"
    ),
    "removed static form of a widget": Fault(
        "one",
        change("widget", lambda cell: cell.outputs[0].data.pop("text/html")),
        {WIDGET},
        "differ",
    ),
    "changed result": Fault(
        "one",
        change("result", lambda cell: cell.outputs[0].data.update({"text/plain": "5"})),
        {RESULT},
        "differ",
    ),
    "cell that was not run": Fault("two", change("setup", unrun), {SETUP, "rules"}, "was not run"),
    "changed text": Fault(
        "two",
        change("text", lambda cell: cell.outputs[0].update(text="two\n")),
        {TEXT},
        "differ",
    ),
    "removed embedded picture": Fault(
        "two",
        change("picture", lambda cell: cell.outputs[2].data.update({"text/html": "<img>"})),
        {PICTURE},
        "differ",
    ),
    "added picture": Fault(
        "two",
        change("chart", lambda cell: cell.outputs[0].data.update({"image/png": png(2, 1, 0)})),
        {CHART},
        "kinds",
    ),
    "skipped cell": Fault(
        "two",
        change("result", lambda cell: cell.update(source="# NBVAL_SKIP\n2 + 2")),
        {RESULT, "rules"},
        "nbval let this cell go",
    ),
    "output with no run": Fault(
        "three",
        change("text", lambda cell: cell.update(execution_count=None)),
        {TEXT, "rules"},
        "Unrun",
    ),
    "changed order": Fault(
        "three",
        change("picture", lambda cell: cell.outputs.insert(2, cell.outputs.pop(0))),
        {PICTURE},
        "kinds",
    ),
    "exception": Fault("three", change("chart", replace("1 / 0")), {CHART}, "exception"),
    "stderr": Fault(
        "three",
        change("widget", replace("print('!', file=sys.stderr)", stream("!\n", "stderr"))),
        {WIDGET, "rules"},
        "stderr",
    ),
    "random id": Fault(
        "four", change("text", lambda cell: cell.update(id="1f0e9d8c")), {"rules"}, "form: id"
    ),
    "changed picture size": Fault(
        "four",
        change("picture", lambda cell: cell.outputs[1].data.update({"image/png": png(2, 3, 0)})),
        {PICTURE},
        "2x1",
    ),
    "changed number of a chart": Fault(
        "four",
        change("chart", in_table("0.5", "0.52")),
        {CHART},
        "chart[0].data.values[0].x differs",
    ),
    "ignored output": Fault(
        "four",
        change("result", lambda cell: cell.update(metadata={"tags": ["nbval-ignore-output"]})),
        {"rules"},
        "weakens",
    ),
    "view of a widget": Fault(
        "four",
        change("widget", lambda cell: cell.outputs[0].data.update({notebook_form.WIDGET: {}})),
        {"rules"},
        "form: outputs",
    ),
    "metadata": Fault(
        "four",
        lambda notebook: notebook.metadata.language_info.update(version="3.11"),
        {"rules"},
        "form: metadata",
    ),
    "number outside its tolerance": Fault(
        "one", change("number", in_stream("497.3", "467.2")), {NUMBER}, "more than its tolerance"
    ),
    "number that is none": Fault(
        "two", change("number", in_stream("497.3", "nan")), {NUMBER}, "differ"
    ),
    "number under another label": Fault(
        "three", change("number", in_stream("mean", "best")), {NUMBER}, "differ"
    ),
    "number with another tolerance": Fault(
        "four", change("number", in_stream("within 30", "within 300")), {NUMBER}, "differ"
    ),
    "number without a tolerance": Fault(
        "nine", change("number", in_stream("100", "101")), {NUMBER}, "differ"
    ),
    "number that lost its tolerance": Fault(
        "ten",
        change("number", in_stream("497.3 (within 30 on any machine)", "497.3")),
        {NUMBER},
        "differ",
    ),
    "removed outputs, all": Fault("five", clear, FROM_TEXT_ON, "differ"),
    "time-out": Fault("six", change("text", replace("sleep(30)")), FROM_TEXT_ON, "Timeout"),
    "swallowed time-out": Fault(
        "seven", change("text", replace(SWALLOW, stream("late\n"))), FROM_TEXT_ON, "swallowed"
    ),
    "dead kernel": Fault("eight", change("text", replace("os._exit(1)")), FROM_TEXT_ON, ""),
}


def other_machine(notebook: NotebookNode) -> None:
    """What may differ: pixels and one more of them, last digits of a chart, tolerant numbers."""
    picture = png(2, 1, 200)
    cell(notebook, "picture").outputs[1].data["image/png"] = png(3, 2, 200)
    html = f'<img alt="a pole" src="data:image/png;base64,{picture}">'
    cell(notebook, "picture").outputs[2].data["text/html"] = html
    in_table("0.5", "0.51")(cell(notebook, "chart"))
    in_stream("497.3", "468")(cell(notebook, "number"))


class Run(NamedTuple):
    """A run of pytest: its output; per notebook what each red test said, and which were green."""

    folder: Path
    output: str
    red: dict[str, dict[str, str]]
    green: dict[str, set[str]]


def run_gate(folder: Path, *options: str, cell_seconds: int = CELL_SECONDS) -> Run:
    report = folder.parent / f"{folder.name}.xml"
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "conftest", str(folder), *options]
    command += ["-c", str(ROOT / "pyproject.toml"), f"--junitxml={report}", "--color=no"]
    command += [f"--nbval-cell-timeout={cell_seconds}", "-p", "no:cacheprovider"]
    environment = {**os.environ, "GATE_PREFIX": sys.prefix, "PYTHONPATH": str(ROOT), **HOSTILE}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    result = Run(folder, done.stdout + done.stderr, {}, {})
    for case in ElementTree.parse(report).iter("testcase"):
        notebook = case.attrib["classname"].split(".")[-2]
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        if bad:
            said = f"{bad[0].tag}: {bad[0].get('message')} {bad[0].text}"
            result.red.setdefault(notebook, {})[case.attrib["name"]] = said
        else:
            result.green.setdefault(notebook, set()).add(case.attrib["name"])
    return result


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """A notebook that ``notebooks run`` wrote."""
    notebook = new_notebook(cells=[new_markdown_cell(opening("A lesson", 2), id="title")])
    for name, source in CELLS.items():
        notebook.cells.append(new_code_cell(source, id=name))
        notebook.cells.append(new_markdown_cell(f"That was {name}.", id=f"that-was-{name}"))
    notebook.cells[-1].source = KNOWN
    cell(notebook, "setup").metadata.tags = [notebook_form.FOLDED]
    path = tmp_path_factory.mktemp("good") / "good.ipynb"
    nbformat.write(notebook, path)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GATE_PREFIX", sys.prefix)
        environment.setenv("MPLBACKEND", "Agg")
        assert notebooks.run([path]) == 0
    return notebook_form.read(path)


@pytest.fixture(scope="module")
def planted(good: NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Two runs of pytest over the notebooks with all faults; those that sleep are in the second.

    In the first are two notebooks without a fault, one of them with another machine's pixels.

    The second waits for the most part, and does so while the first computes.
    """
    folders = [tmp_path_factory.mktemp(name) for name in ("planted", "asleep")]
    faulty = {fault.notebook: copy.deepcopy(good) for fault in FAULTS.values()}
    for fault in FAULTS.values():
        fault.plant(faulty[fault.notebook])
    elsewhere = copy.deepcopy(good)
    other_machine(elsewhere)
    every = {**faulty, "good": good, "elsewhere": elsewhere}
    for name, notebook in every.items():
        path = folders[name in ASLEEP] / f"{name}.ipynb"
        path.write_text(notebook_form.text(notebook), encoding="utf-8")
    with ThreadPoolExecutor() as both:
        first = both.submit(run_gate, folders[0])
        second = both.submit(run_gate, folders[1], cell_seconds=FEW_SECONDS)
    return {name: (second if name in ASLEEP else first).result() for name in every}


@pytest.mark.parametrize("name", ["good", "elsewhere"])
def test_a_good_notebook_passes_also_with_the_pixels_of_another_machine(name, planted):
    assert name not in planted[name].red, planted[name].output
    assert planted[name].green[name] == {SETUP, "rules"} | FROM_TEXT_ON
    # The cell `text` writes a file: into a folder of its own, not beside the notebook.
    assert all(path.suffix == ".ipynb" for path in planted[name].folder.iterdir())
    assert "warning" not in planted[name].output


@pytest.mark.parametrize("name", FAULTS)
def test_the_gate_sees(name, planted):
    fault = FAULTS[name]
    red = planted[fault.notebook].red[fault.notebook]
    assert fault.red <= set(red), red
    assert fault.says in red[min(fault.red)], red
    assert all(said.startswith(("failure", "error")) for said in red.values()), red


@pytest.mark.parametrize("notebook", sorted({fault.notebook for fault in FAULTS.values()}))
def test_the_gate_sees_nothing_where_no_fault_was_planted(notebook, planted):
    faults = [fault for fault in FAULTS.values() if fault.notebook == notebook]
    assert set(planted[notebook].red[notebook]) == set().union(*(fault.red for fault in faults))


CHARTS = {
    "a word": ({"x": "half"}, {"x": "a half"}, "chart.x differs"),
    "a row less": ('[{"x": 1}, {"x": 2}]', '[{"x": 1}]', "chart differs"),
    "another field": ({"x": 1}, {"y": 1}, "chart differs"),
    "true for one": ([1], [True], "chart[0] differs"),
    "nothing for nought": ([0], [None], "chart[0] differs"),
    "two in the last digit": ("[0.25]", "[0.27]", "chart[0] differs"),
    "another power of ten": ([1e-9], [3e-9], "chart[0] differs"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_two_charts_differ_by(name):
    stored, fresh, says = CHARTS[name]
    assert gate.chart_difference(stored, fresh).startswith(says)
    assert gate.chart_difference(stored, stored) == ""


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [("[0.25]", "[0.26]"), ([0.1 + 0.2], [0.3]), ([12345], [12346]), ([1], [1.0])],
)
def test_two_charts_may_differ_by_one_in_the_last_digit(stored, fresh):
    assert gate.chart_difference(stored, fresh) == ""


def test_without_asserts_there_is_no_run_that_proves_nothing(tmp_path):
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", "conftest"]
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=ROOT, env={**os.environ, "PYTHONOPTIMIZE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4 and done.stdout == ""
    assert done.stderr.startswith("ERROR: this Python leaves out assert statements")
    assert done.stderr.strip().count("\n") == 0


def test_browser_tests_are_one_workers_and_every_other_file_is_one_workers():
    def scheduler(dist):
        config = SimpleNamespace(
            option=SimpleNamespace(dist=dist), getvalue=lambda _: ["popen"] * 2
        )
        return gate.pytest_xdist_make_scheduler(config, None)

    files = ("tests/browser/test_lab.py", "tests/browser/test_quiz.py", "notebooks/10_x.ipynb")
    scopes = [scheduler("loadfile")._split_scope(f"{file}::Cell 0") for file in files]
    assert scopes == ["browser", "browser", files[2]]
    assert scheduler("load") is None  # who asks for no notebooks gets xdist's own


@pytest.mark.parametrize(("asked", "workers"), [(None, 5), ("2", 2)])
def test_there_is_a_worker_more_than_cores_unless_a_number_is_asked_for(asked, workers):
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
        if asked:
            environment.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", asked)
        hook = gate.pytest_xdist_auto_num_workers()
        next(hook)
        with pytest.raises(StopIteration) as ended:
            hook.send(int(asked or 4))
    assert ended.value.value == workers
