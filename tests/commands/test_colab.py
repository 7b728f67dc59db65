from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import colab, notebook_form, notebooks

ADA = "https://github.com/ada/ppo_lesson"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies") / "new"
    colab.write(folder, ADA)
    return folder


def test_each_notebook_has_a_copy_that_is_a_notebook_and_the_originals_stay(folder: Path) -> None:
    sources, _ = notebooks.find([])
    assert {path.name for path in folder.iterdir()} == {path.name for path in sources}
    for source in sources:
        copied = notebooks.read(folder / source.name)
        nbformat.validate(copied)
        assert [cell.id for cell in copied.cells] == [
            "elsewhere", "install", *[cell.id for cell in notebooks.read(source).cells]
        ]  # fmt: skip


def test_the_badges_open_the_copy_itself(folder: Path) -> None:
    text = notebooks.read(folder / "02_importance_sampling.ipynb").cells[0].source
    file = "github.com/ada/ppo_lesson/blob/colab/02_importance_sampling.ipynb"
    assert f"](https://colab.research.google.com/{file.replace('.com', '', 1)})" in text
    assert f"](https://kaggle.com/kernels/welcome?src=https://{file})" in text
    assert "ada/ppo_lesson/blob/main/notebooks/02_importance_sampling.ipynb" in text


def test_the_first_code_cell_installs_the_package_from_its_repository(folder: Path) -> None:
    first = next(
        cell
        for cell in notebooks.read(folder / "00_start_here.ipynb").cells
        if cell.cell_type == "code"
    )
    assert first.source == f'%pip install --quiet "ppo-lesson @ git+{ADA}"'


def test_a_link_to_another_notebook_leads_to_its_copy(folder: Path) -> None:
    links = 0
    for path in folder.iterdir():
        for cell in notebooks.read(path).cells:
            assert "](0" not in cell.source and "](1" not in cell.source
            links += cell.source.count("](https://colab.research.google.com/github/ada/")
    assert links > 30


def test_what_is_folded_is_folded_as_colab_does_it_and_the_rest_is_as_it_was(folder: Path) -> None:
    source, _ = notebooks.find(["08"])
    before = notebooks.read(source[0]).cells
    after = notebooks.read(folder / source[0].name).cells[2:]
    folded = 0
    for old, new in zip(before, after, strict=True):
        is_folded = notebook_form.FOLDED in old.metadata.get("tags", [])
        assert new.metadata.get("cellView") == ("form" if is_folded else None)
        if old.cell_type == "code":
            assert new.source == (colab.FOLD if is_folded else "") + old.source
            assert new.outputs == old.outputs
        folded += is_folded
    assert folded > 5


def test_a_copy_that_is_there_keeps_its_answers(folder: Path) -> None:
    path = folder / "07_advantages.ipynb"
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="it is there already, and may hold answers"):
        colab.write(folder, "ada/another")
    assert path.read_bytes() == before
    assert b"ada/another" not in (folder / "00_start_here.ipynb").read_bytes()


@pytest.mark.parametrize(
    "address", ["ada/x", "https://github.com/ada/x", "https://github.com/ada/x.git", "ada/x/"]
)
def test_an_address_may_be_written_in_several_ways(address: str) -> None:
    match = colab.ADDRESS.fullmatch(address)
    assert match and match["name"] == "ada/x"


@pytest.mark.parametrize("bad", ["", "ada", "https://example.org/a/b", "a/b/c", 'a/b" && x'])
def test_what_is_no_address_is_refused_before_anything_is_written(bad: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^repository: expected https"):
        colab.write(tmp_path / "new", bad)
    assert not (tmp_path / "new").exists()


def test_the_command_writes_the_copies_and_asks_for_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path / "new")
    for arguments in ([place], ["--repository", ADA], [place, "b", "--repository", ADA]):
        assert door.main(["notebooks", "colab", *arguments]) == 2
        assert capsys.readouterr().err.startswith("error: colab: expected one folder, and")
    assert not (tmp_path / "new").exists()
    assert door.main(["notebooks", "colab", place, "--repository", ADA]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(list((tmp_path / "new").iterdir()))
