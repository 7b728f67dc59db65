"""Which versions and which Pythons the lessons can be installed with: uv's resolver says it."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
SYSTEMS = (
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)
TESTED = ("--constraints", str(ROOT / "requirements.txt"))


def load_run() -> ModuleType:
    """Load the script beside this file."""
    specification = importlib.util.spec_from_file_location(
        "environments_run", Path(__file__).with_name("run.py")
    )
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


run = load_run()


# ---- The sets of versions -----------------------------------------------------------------------


def test_colabs_versions_lie_in_our_ranges() -> None:
    lines = run.COLAB.read_text(encoding="utf-8").splitlines()
    pins = dict(re.split(r"(?:\[[a-z-]+\])?==", line) for line in lines if line[0] != "#")
    wanted = [Requirement(text) for text in run.asked_for() if ">=" in text]
    there = [each for each in wanted if each.name in pins]
    outside = [each for each in there if not each.specifier.contains(pins[each.name])]
    # JupyterLab's own widgets are not Colab's.
    assert [str(each) for each in outside] == ["ipywidgets>=8.1.0"]
    assert len(there) > 12


def test_a_floor_that_another_package_lifts_is_seen() -> None:
    requirements = ["numpy>=2.0.0", "torch>=2.6,<3", "a_b[c]>=1.0", "a-b>=1.1", "pytest==9.2.0"]
    installed = {"numpy": "2.0.0", "torch": "2.6.0+cpu", "a-b": "1.1", "pytest": "9.2.0"}
    assert run.above_the_oldest(requirements, installed) == []
    assert run.above_the_oldest(requirements, installed | {"torch": "2.8.0+cpu"}) == [
        "torch: the oldest is 2.6, but 2.8.0+cpu is installed"
    ]


def test_what_is_installed_here_is_listed() -> None:
    assert run.installed_in(Path(sys.executable)).keys() >= {"torch", "uv", "jupyter-client"}


def test_every_environment_is_run_each_week() -> None:
    weekly = (ROOT / ".github/workflows/weekly.yml").read_text(encoding="utf-8")
    for name, environment in run.ENVIRONMENTS.items():
        assert re.search(
            rf'- name: {name}\n +python: "{re.escape(environment.python)}"\n', weekly
        ), name
    assert "/python tests/environments/run.py ${{ matrix.environment.name }}\n" in weekly


# ---- What uv would install: asks the registry, and installs nothing ----------------------------


def resolve(*choice: str) -> subprocess.CompletedProcess[str]:
    """Ask uv for versions that fit together and need no compiler."""
    command = [run.find_uv_bin(), "pip", "compile", "--quiet", "--no-header", "--no-annotate",
               "--only-binary", ":all:", str(ROOT / "pyproject.toml"), *choice]  # fmt: skip
    environment = os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0"}  # torch's wheels ask for it
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.mark.exhaustive
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_readmes_commands_find_versions_for_every_python_and_system(
    python: str, system: str
) -> None:
    for extra in ("lab", "test"):
        place = ("--python-version", python, "--python-platform", system)
        found = resolve("--extra", extra, *TESTED, *place)
        assert found.returncode == 0, found.stderr
        assert ("torch==2.13.0" in found.stdout) == (python != "3.15")
        assert "matplotlib==3.11.2\n" in found.stdout


@pytest.mark.exhaustive
def test_where_there_is_no_pytorch_uv_says_so() -> None:
    found = resolve(*TESTED, "--python-version", "3.12", "--python-platform", "x86_64-apple-darwin")
    assert found.returncode != 0 and "torch" in found.stderr


@pytest.mark.exhaustive
def test_in_colab_nothing_that_is_there_is_replaced() -> None:
    python = run.ENVIRONMENTS["colab"].python
    place = ("--python-version", python, "--python-platform", SYSTEMS[0])
    found = resolve("--constraints", str(run.COLAB), *place)
    assert found.returncode == 0, found.stderr
    added = {"vl-convert-python", "pygame-ce", "jedi"}
    assert added <= {line.partition("==")[0] for line in found.stdout.splitlines()}


@pytest.mark.exhaustive
def test_a_wheel_carries_the_tested_versions_and_says_the_ranges(tmp_path: Path) -> None:
    build = [run.find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = archive.read("ppo_lesson/requirements.txt")
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        required = archive.read(metadata).decode()
    assert carried == (ROOT / "requirements.txt").read_bytes()
    assert "Requires-Dist: numpy>=2.0.0\n" in required
