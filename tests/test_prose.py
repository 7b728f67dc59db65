"""The prose gate: words are spelt, as in Britain, and nothing reads as if it were translated."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import codespell_lib
import pytest

from ppo_lesson.commands import notebooks
from ppo_lesson.lessons import LESSONS
from tests import prose_texts
from tests.prose_patterns import CONSTRUCTIONS

ROOT = Path(__file__).parents[1]
NAMES = "meger"
CODESPELL = (sys.executable, "-m", "codespell_lib", "--builtin", "clear,rare", "-L", NAMES)
# British spelling -> American; read backwards here.
AMERICAN = Path(codespell_lib.__file__).parent / "data" / "dictionary_en-GB_to_en-US.txt"
# Which are British too, in another sense or besides.
ALSO_BRITISH = re.compile(r"biased|licensed?|licenses|meters?|practice|programs?|stor(y|ies)")


def misspelt(*places: Path) -> list[str]:
    """Run codespell over files and folders; list what it finds, a line each."""
    done = subprocess.run([*CODESPELL, *places], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.splitlines()


def american(text: str) -> list[str]:
    british: dict[str, str] = {}
    for line in AMERICAN.read_text(encoding="utf-8").splitlines():
        ours, _, theirs = line.partition("->")
        british |= dict.fromkeys(re.findall(r"\w+", theirs), ours)
    return [
        f"{word}, for {british[word.lower()]}"
        for word in re.findall(r"[A-Za-z]+", text)
        if word.lower() in british and not ALSO_BRITISH.fullmatch(word.lower())
    ]


def test_every_word_that_users_read_is_spelt(tmp_path: Path):
    for path in notebooks.find([])[0]:
        texts = (f"{place}\n{text}" for place, text in prose_texts.of_notebook(path))
        (tmp_path / f"{path.stem}.md").write_text("\n\n".join(texts), encoding="utf-8")
    # The texts of exercises, hints, slips, questions and verdicts stand in the package's source.
    pages = [ROOT / name for name in prose_texts.PAGES]
    assert misspelt(tmp_path, ROOT / "ppo_lesson", *pages) == []


def test_a_word_that_is_misspelt_is_seen(tmp_path: Path):
    (tmp_path / "lesson.md").write_text("A propability, the behaviour and a normalised wieght.\n")
    words = [line.rpartition(": ")[2] for line in misspelt(tmp_path)]
    assert words == ["propability ==> probability", "wieght ==> weight"]


def test_the_spelling_is_british():
    texts = prose_texts.of_everything()
    assert [(place, word) for place, text in texts for word in american(text)] == []


def test_an_american_spelling_is_seen_but_in_a_title_that_is_cited():
    assert american("The Behavior of a normalized program, in theory and practice.") == [
        "Behavior, for behaviour",
        "normalized, for normalised",
    ]
    cited = "Schulman et al. (2017), *Proximal policy optimization*"
    assert american(prose_texts.prose(cited)) == []


def translated(text: str) -> list[str]:
    """Say what in a text sounds translated, and what to write instead."""
    hits = ((construction, construction.search(text)) for construction in CONSTRUCTIONS.values())
    return [f"{hit!r}: write {construction.mend}" for construction, hit in hits if hit]


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_a_construction_is_found_in_one_sentence_and_not_in_its_mended_form(name: str):
    construction = CONSTRUCTIONS[name]
    assert construction.search(construction.found_in) != ""
    assert construction.search(construction.let_pass) == ""


def test_what_is_found_is_quoted_with_its_mending():
    (said,) = translated(prose_texts.prose("Put it in. It is no\nlaw."))
    assert said == "'is no law': write is not a ..., are not ..."
    assert len(translated("A training is no law, truly.")) == 3
    assert prose_texts.prose("One.\n\nTwo\nwords\n- three\n| four |") == (
        "One.\n\nTwo words\n- three\n| four |"
    )


def test_no_notebook_sounds_translated():
    texts = [
        place_and_text
        for path in notebooks.find([])[0]
        for source in (prose_texts.of_notebook(path), prose_texts.of_lesson(LESSONS[path.stem]))
        for place_and_text in source
    ]
    assert [f"{place}: {what}" for place, text in texts for what in translated(text)] == []


def test_what_is_read_is_prose_and_all_that_a_lesson_says():
    text = "Use `a!`, $b!$ and [c](https://d.org/e!).\n```python\nf!\n```\n<br/>$$g!$$"
    assert "!" not in prose_texts.prose(text) and "[c]" in prose_texts.prose(text)
    lesson = LESSONS["00_start_here"]
    texts = [text for _, text in prose_texts.of_lesson(lesson)]
    exercise, question, own = lesson.exercises[0], lesson.questions[0], lesson.open_questions[0]
    said = (
        *exercise.hints, exercise.mistakes[0].sentence, exercise.properties[0].sentence,
        question.prompt, question.answer.text, question.answer.feedback, own.rubric[0],
    )  # fmt: skip
    assert all(prose_texts.prose(text) in texts for text in said)
