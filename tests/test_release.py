"""What a release, a citation and other people's machines are told is what the repository says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import ppo_lesson
from ppo_lesson.__main__ import COMMANDS
from tests.test_setup import README, ROOT, SETTINGS, command

NAMES = {each.name for commands in COMMANDS.values() for each in commands}
NAMES |= {"site"}  # the website's command stands on a branch of its own


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# ---- The version and who made it -----------------------------------------------------------------


def citation(key: str) -> str:
    (found,) = re.findall(rf"^{key}: (.+)$", text("CITATION.cff"), re.MULTILINE)
    return found.strip('"')


def test_the_version_stands_in_one_place_and_the_others_agree() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", ppo_lesson.__version__)
    assert SETTINGS["tool"]["setuptools"]["dynamic"]["version"] == {
        "attr": "ppo_lesson.__version__"
    }
    newest = re.search(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)", text("CHANGELOG.md"), re.MULTILINE)
    assert newest
    assert newest[1] == citation("version") == ppo_lesson.__version__
    assert newest[2] == citation("date-released")


def test_the_citation_has_what_its_format_asks_for() -> None:
    assert citation("cff-version") == "1.2.0" and citation("message") and citation("title")
    assert re.search(r"^authors:\n  - name: \S", text("CITATION.cff"), re.MULTILINE)
    assert citation("license") == SETTINGS["project"]["license"]


def test_every_file_and_command_that_the_changelog_names_exists() -> None:
    named = re.findall(r"`([^`]+)`", text("CHANGELOG.md"))
    assert {name for name in named if "/" in name} == {"ppo_lesson/__init__.py"}
    assert all((ROOT / name).exists() for name in named if "/" in name)
    called = {name.removeprefix("ppo-lesson ") for name in named if "/" not in name}
    assert called - {"ppo-lesson", "python -m ppo_lesson"} <= NAMES


# ---- The workflow that releases ------------------------------------------------------------------

RELEASE = text(".github/workflows/release.yml")


def test_a_release_is_built_at_a_tag_and_calls_commands_that_exist() -> None:
    assert '    tags: ["v*"]\n' in RELEASE and "- run: pipx run build\n" in RELEASE
    called = set(re.findall(r"venv/bin/ppo-lesson (\S+)", RELEASE))
    assert {"open", "check", "site"} <= called <= NAMES


def test_nothing_is_uploaded_but_where_the_owner_has_set_it_up() -> None:
    build, publish = RELEASE.split("\n  publish:")
    assert "publish@" not in build and "id-token" not in build
    wanted = "vars.PPO_LESSON_PUBLISH == 'true' && startsWith(github.ref, 'refs/tags/')"
    assert f"\n    if: {wanted}\n" in publish and "\n    needs: build\n" in publish
    assert "password:" not in RELEASE and "secrets" not in RELEASE


needs_bash = pytest.mark.skipif(sys.platform == "win32", reason="bash and sed are Linux's here")


@needs_bash
def test_a_tag_that_is_not_the_version_stops_the_release() -> None:
    (line,) = re.findall(r'^        run: (test "\$GITHUB_REF_NAME".*)$', RELEASE, re.MULTILINE)
    for tag, code in ((f"v{ppo_lesson.__version__}", 0), ("v0.0.1", 1), ("", 1)):
        environment = {**os.environ, "GITHUB_REF_NAME": tag}
        assert subprocess.run(["bash", "-c", line], cwd=ROOT, env=environment).returncode == code


# ---- Other people's machines ---------------------------------------------------------------------


def readme_pip_arguments() -> list[str]:
    found = re.search(r"/pip install ([^&]+) &&", command("lessons, linux and macos"))
    assert found
    return shlex.split(found[1])


def pythons_of_ci() -> set[str]:
    return set(re.findall(r'"(3\.\d+)"', text(".github/workflows/ci.yml")))


def test_conda_installs_what_readme_installs_for_a_python_that_is_tested() -> None:
    environment = text("environment.yml")
    lines = re.findall(r"^      - (.+)$", environment, re.MULTILINE)
    assert shlex.split(" ".join(lines)) == readme_pip_arguments()
    (python,) = re.findall(r"^  - python=(.+)$", environment, re.MULTILINE)
    assert python in pythons_of_ci()


def test_a_dev_container_and_binder_install_with_our_script_for_a_python_that_is_tested() -> None:
    container = json.loads(text(".devcontainer/devcontainer.json"))
    assert container["image"].rpartition(":")[2] in pythons_of_ci()
    assert container["postCreateCommand"].endswith(" bash .ci/install")
    assert text(".binder/runtime.txt").strip().removeprefix("python-") in pythons_of_ci()
    assert text(".binder/postBuild").splitlines()[-1] == "exec bash .ci/install"
    assert {path.name for path in (ROOT / ".binder").iterdir()} == {"runtime.txt", "postBuild"}
    opened = container["customizations"]["codespaces"]["openFiles"]
    assert all((ROOT / name).is_file() for name in opened) and opened


def install(root: Path, readme: str) -> subprocess.CompletedProcess[str]:
    """Run our .ci/install in a repository with this README, and a `python` that writes calls."""
    for name in (".ci", "bin"):
        (root / name).mkdir()
    (root / ".ci" / "install").write_text(text(".ci/install"), encoding="utf-8")
    (root / "README.md").write_text(readme, encoding="utf-8")
    (root / "bin" / "python").write_text('#!/bin/sh\nprintf "[%s]" "$@" >> calls; echo >> calls\n')
    (root / "bin" / "python").chmod(0o755)
    environment = {**os.environ, "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    run = ["bash", root / ".ci" / "install"]
    return subprocess.run(run, env=environment, capture_output=True, text=True)


@needs_bash
@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        (None, None),
        (
            'a && b/uv pip install --torch-backend cpu -c r.txt -e ".[lab]" && c',
            "[--torch-backend][cpu][-c][r.txt][-e][.[lab]]",
        ),
        ("uv pip install -e . --torch-backend cpu", "[-e][.][--torch-backend][cpu]"),
    ],
    ids=["README", "with an extra", "another order"],
)
def test_the_script_installs_what_readme_says_for_uv(
    line: str | None, arguments: str | None, tmp_path: Path
) -> None:
    done = install(tmp_path, README if line is None else f"```sh\n{line}\n```\n")
    assert done.returncode == 0, done.stderr
    first, second = (tmp_path / "calls").read_text().splitlines()
    assert first == "[-m][pip][install][uv]"
    assert second.startswith("[-m][uv][pip][install]")
    assert second.endswith(f"[--python][{tmp_path / 'bin' / 'python'}]")
    assert (arguments or "[--torch-backend][cpu]") in second


@needs_bash
def test_the_script_stops_where_readme_says_nothing_for_uv(tmp_path: Path) -> None:
    done = install(tmp_path, "uv pip install -e .\n")
    assert done.returncode != 0 and not (tmp_path / "calls").exists()
    assert "README.md has no command" in done.stderr
