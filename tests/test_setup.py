"""A fresh machine gets what it needs, from two commands, and the same ones everywhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
SETTINGS = tomllib.loads(PYPROJECT)
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()

PIN = re.compile(r"(?P<name>[a-z0-9-]+)(\[[a-z0-9,-]+\])?==(?P<version>[0-9][0-9.]*)")
RANGE = re.compile(r"(?P<name>[a-z0-9-]+)(\[[a-z0-9,-]+\])?>=[0-9]+(\.[0-9]+){1,2}(,<[0-9]+)?")
OURSELVES = "ppo-lesson["  # an extra that brings another one along


def requirement_lines() -> list[str]:
    return [line for line in REQUIREMENTS if line and not line.startswith("#")]


def pins(lines: Iterable[str]) -> dict[str, str]:
    """Read ``name==version`` from each line; a line without it has no pin and is left out."""
    found = (PIN.match(line) for line in lines)
    return {match["name"]: match["version"] for match in found if match}


def extra(name: str = "test") -> list[str]:
    return SETTINGS["project"]["optional-dependencies"][name]


def ranges() -> list[str]:
    """List what pyproject.toml requires, with whatever extra, in another form than a pin."""
    extras = SETTINGS["project"]["optional-dependencies"]
    asked = [
        *SETTINGS["project"]["dependencies"],
        *(line for each in extras.values() for line in each),
    ]
    return [line for line in asked if not PIN.fullmatch(line) and not line.startswith(OURSELVES)]


def names(lines: Iterable[str]) -> set[str]:
    """Read the names alone."""
    return {canonicalize_name(Requirement(line).name) for line in lines}


# ---- Dependencies -------------------------------------------------------------------------------


@pytest.mark.parametrize("line", requirement_lines())
def test_a_version_of_the_tested_set_is_exact(line: str) -> None:
    assert re.fullmatch(PIN.pattern + r'(; python_version < "3\.15")?(  # \S.*)?', line)


@pytest.mark.parametrize("requirement", ranges())
def test_what_the_lessons_need_has_an_oldest_version_and_says_what_for(requirement: str) -> None:
    assert RANGE.fullmatch(requirement)
    assert re.search(re.escape(f'"{requirement}",') + r" +# \S.*", PYPROJECT)


@pytest.mark.parametrize("requirement", ranges())
def test_the_tested_version_of_a_package_lies_in_its_range(requirement: str) -> None:
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(pins(requirement_lines())[wanted.name])


def test_the_tested_set_holds_nothing_that_nobody_asks_for() -> None:
    with_reason = {line for line in requirement_lines() if "  # " in line}
    assert names(set(requirement_lines()) - with_reason) <= names(ranges())
    assert len(pins(requirement_lines())) == len(requirement_lines())


@pytest.mark.parametrize("name", ["test", "site", "classroom"])
def test_what_only_developers_need_is_pinned_where_it_stands_and_says_what_for(name: str) -> None:
    assert len(pins(extra(name))) > 4
    for requirement in set(extra(name)) - set(ranges()) - {"ppo-lesson[lab]"}:
        assert re.search(re.escape(f'"{requirement}",') + r" +# \S.*", PYPROJECT)
    assert pins(extra(name)).keys().isdisjoint(pins(requirement_lines()))


def test_a_package_of_two_extras_has_one_version() -> None:
    lines = [*extra(), *extra("site"), *extra("classroom")]
    pairs = {pair for line in lines for pair in pins([line]).items()}
    assert len(pairs) == len(dict(pairs))


def test_torch_is_2_13_0() -> None:
    assert pins(requirement_lines())["torch"] == "2.13.0"


def test_the_tool_that_builds_the_package_is_pinned() -> None:
    requires = SETTINGS["build-system"]["requires"]
    assert len(pins(requires)) == len(requires)


def third_party(folder: Path) -> set[str]:
    """Name the distributions, as pip spells them, that the modules beneath a folder import."""
    top_level = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                top_level |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                top_level.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    later = {"annotationlib"}  # in the standard library from Python 3.14 on, and asked for there
    own = {"ppo_lesson", "tests", "__future__"}
    foreign = top_level - sys.stdlib_module_names - later - own
    # A module that no installed package brings goes by its own name, and so is in no list.
    names = {distributions.get(module, [module])[0] for module in foreign}
    return {re.sub("[-_.]+", "-", name).lower() for name in names}


def test_the_package_imports_only_what_it_names_as_a_dependency() -> None:
    named = names(
        [
            *SETTINGS["project"]["dependencies"],
            *extra("cluster"),
            *extra("site"),
            *extra("classroom"),
        ]
    )
    assert third_party(ROOT / "ppo_lesson") - named == set()


def test_only_the_engine_for_a_cluster_imports_what_the_extra_brings() -> None:
    importing = [
        path.name
        for path in (ROOT / "ppo_lesson").rglob("*.py")
        if re.search(r"^\s*(import|from) ray\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert names(extra("cluster")) == {"ray"} and importing == ["engines.py"]


def test_tests_import_only_what_is_named_as_a_dependency() -> None:
    named = names(
        [*SETTINGS["project"]["dependencies"], *extra(), *extra("cluster"), *extra("classroom")]
    )
    assert third_party(ROOT / "tests") - named == set()


def test_an_import_that_nothing_names_is_seen(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("import os\nimport yaml\nfrom unheard.of import thing\n")
    assert third_party(tmp_path) == {"pyyaml", "unheard"}


# ---- The two commands ---------------------------------------------------------------------------


def command(name: str) -> str:
    """Return README's command: the one line of the code block beneath its marker."""
    block = re.search(rf"^<!-- command: {name} -->\n```\w+\n([^\n]+)\n```$", README, re.MULTILINE)
    assert block, f"README has no one-line code block beneath '<!-- command: {name} -->'"
    return block[1]


def test_windows_gets_the_same_commands() -> None:
    for task in ("lessons", "tests"):
        unix = command(f"{task}, linux and macos")
        windows = unix.replace("python3 ", "py ").replace(" && ", "; ")
        assert command(f"{task}, windows") == windows.replace(".venv/bin/", ".venv\\Scripts\\")


def test_the_lessons_open_and_every_test_is_run() -> None:
    assert command("lessons, linux and macos").endswith("jupyter lab notebooks/00_start_here.ipynb")
    assert command("tests, linux and macos").endswith(
        'python -m pytest -m "not exhaustive" --nbval -n auto'
    )


def test_the_exhaustive_tests_are_one_command_and_run_every_week() -> None:
    exhaustive = "python -m pytest -m exhaustive -n auto"
    weekly = (ROOT / ".github/workflows/weekly.yml").read_text(encoding="utf-8")
    assert f"`{exhaustive}`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f".venv/bin/{exhaustive}\n" in weekly and "schedule:" in weekly


def run_ci(root: Path, planted: str) -> subprocess.CompletedProcess[str]:
    """Run our .ci/run in a repository whose README has another test command."""
    (root / ".ci").mkdir()
    (root / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    text = README.replace(command("tests, linux and macos"), planted)
    (root / "README.md").write_text(text, encoding="utf-8")
    return subprocess.run(["bash", root / ".ci" / "run"], capture_output=True, text=True)


needs_bash = pytest.mark.skipif(sys.platform == "win32", reason="Windows has a command of its own")


@needs_bash
def test_ci_runs_readmes_test_command_word_for_word(tmp_path: Path) -> None:
    result = run_ci(tmp_path, 'echo "in $PWD" && echo closing line')
    assert result.returncode == 0
    assert result.stdout.splitlines()[-2:] == [f"in {tmp_path.resolve()}", "closing line"]


@needs_bash
@pytest.mark.parametrize("failing", ["false && echo never", "exit 3", "no-such-program"])
def test_ci_fails_when_the_command_does(failing: str, tmp_path: Path) -> None:
    assert run_ci(tmp_path, failing).returncode != 0


@needs_bash
def test_ci_fails_when_readme_has_no_test_command(tmp_path: Path) -> None:
    result = run_ci(tmp_path, "```\n```sh")
    assert result.returncode != 0
    assert "README.md has no code block" in result.stderr


def test_the_workflow_calls_readmes_command_on_every_system() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "\n        run: bash .ci/run\n" in workflow
    assert f"\n          {command('tests, windows')}\n" in workflow
    assert all(f"{system}-latest" in workflow for system in ("ubuntu", "macos", "windows"))


def test_the_website_is_built_at_every_push_and_published_where_the_owner_says_so() -> None:
    workflow = (ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8")
    assert "\n  push:\n    branches: [main]\n" in workflow
    assert '--torch-backend cpu -c requirements.txt -e ".[site]"\n' in workflow
    assert ".venv/bin/python -m ppo_lesson site site --repository" in workflow
    build, publish = workflow.split("\n  publish:\n")
    assert publish.startswith("    if: vars.PUBLISH_SITE == 'true'\n    needs: build\n")
    assert "write" not in build and "path: site\n" in build  # no right to publish while it builds


def test_the_weekly_workflow_keeps_what_the_browser_saw_also_when_a_test_fails() -> None:
    workflow = (ROOT / ".github" / "workflows" / "weekly.yml").read_text(encoding="utf-8")
    assert "\n      PPO_LESSON_SCREENSHOTS: ${{ github.workspace }}/screenshots\n" in workflow
    steps = workflow.split("\n      - ")
    (upload,) = [step for step in steps if "uses: actions/upload-artifact@" in step]
    assert "\n        if: always()\n" in upload
    assert "\n          path: screenshots\n" in upload


# ---- What stands in the repository --------------------------------------------------------------


def tracked_files() -> list[Path]:
    """List the repository's files, those not yet added too."""
    if not (ROOT / ".git").exists():
        pytest.skip("no clone: git does not know which files are the repository's")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    paths = [ROOT / name.decode() for name in names if name]
    return [path for path in paths if path.is_file()]


# Spelt in pieces, so that this file does not find itself.
HOSTS = ("py" + "pi.org", "python" + "hosted", "registry.npm" + "js", "deb.de" + "bian.org")
# Ada is nobody's account: tests that need a path write hers.
MACHINE_PATH = re.compile(r"(?<![\w./~+-])/(work|root|tmp|opt|home|Users)/(?!ada\b)\w+")


def traces_of_a_machine(text: str) -> list[str]:
    return [host for host in HOSTS if host in text] + [m[0] for m in MACHINE_PATH.finditer(text)]


def test_no_file_names_a_registrys_host_or_a_path_of_somebodys_machine() -> None:
    pictures = {".png", ".gif", ".webp"}
    found = {
        str(path.relative_to(ROOT)): traces
        for path in tracked_files()
        if path.suffix not in pictures
        and (traces := traces_of_a_machine(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "text",
    ["see https://" + HOSTS[0], "open('/" + "home/bob/x')", "cd /" + "root/x", "/" + "Users/bob"],
)
def test_a_trace_of_a_machine_is_seen(text: str) -> None:
    assert traces_of_a_machine(text)


@pytest.mark.parametrize(
    "text", ["notebooks/home/x", "~/" + "work/x", "https://a.io/tmp/x", "/home/ada/x", "/tmp"]
)
def test_an_innocent_path_is_let_through(text: str) -> None:
    assert traces_of_a_machine(text) == []


@pytest.mark.parametrize(("name", "most"), [("README.md", 120), ("CONTRIBUTING.md", 60)])
def test_what_everybody_reads_first_is_short(name: str, most: int) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= most


def test_git_compares_notebooks_with_nbdime() -> None:
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert re.search(r"^\*\.ipynb .*diff=jupyternotebook merge=jupyternotebook$", attributes, re.M)
