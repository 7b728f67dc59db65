"""The decision tree: every exhibit and every healthy run reaches its own leaf, and it is drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from ppo_lesson.experiments.running import Curves
from ppo_lesson.museum import record as museum, tree
from ppo_lesson.museum.record import FAULTS, HEALTHY

ROOT = Path(__file__).parents[2]
ALL = (HEALTHY, *FAULTS)
STORED, FRESH = museum.read(), museum.read(fresh=True)


def run_of(curves: Curves, seed: int) -> dict[str, torch.Tensor]:
    return {name: runs[seed] for name, runs in curves.items()}


def leaves(curves: Curves) -> list[str]:
    seeds = range(len(curves["return"]))
    return [tree.read_dashboard(run_of(curves, seed)).id for seed in seeds]


@pytest.mark.parametrize("name", ALL)
def test_every_run_of_the_pictures_reaches_the_leaf_that_holds_it(name: str) -> None:
    assert leaves(STORED[name]) == [tree.leaf_of(name).id] * museum.NUM_SEEDS


def test_of_runs_that_nobody_had_seen_nine_in_ten_reach_their_leaf() -> None:
    hits = [leaf == tree.leaf_of(name).id for name in ALL for leaf in leaves(FRESH[name])]
    assert len(hits) == 75 and sum(hits) >= 68


def test_of_the_fresh_healthy_runs_one_is_called_faulty() -> None:
    assert leaves(FRESH[HEALTHY]).count("healthy") == 4  # the notebook says so


def test_every_exhibit_has_one_leaf_and_every_leaf_but_the_last_has_an_exhibit() -> None:
    held = [name for leaf in tree.LEAVES.values() for name in leaf.holds]
    assert sorted(held) == sorted(ALL)
    assert [leaf.id for leaf in tree.LEAVES.values() if not leaf.holds] == ["probes"]
    with pytest.raises(ValueError, match=r"fault_id: expected healthy or one of .*, got 'bug'"):
        tree.leaf_of("bug")


def test_every_arrow_leads_somewhere_and_every_place_is_reached() -> None:
    arrows = [branch.to for question in tree.QUESTIONS.values() for branch in question.branches]
    places = {*tree.QUESTIONS, *tree.LEAVES}
    assert {*arrows, next(iter(tree.QUESTIONS))} == places
    for question in tree.QUESTIONS.values():
        bounds = [branch.below for branch in question.branches]
        assert bounds == sorted(bounds) and bounds[-1] == tree.ANY


def test_the_return_is_asked_first_and_every_number_of_the_pictures_is_asked_for() -> None:
    asked, _ = tree.walk(run_of(STORED["temperature"], 0))
    assert asked[0].question.startswith("return")
    texts = " ".join(question.text for question in tree.QUESTIONS.values())
    for word in ("first ratio", "KL", "entropy", "value loss", "explained var", "gradient norm"):
        assert word in texts


@pytest.mark.parametrize(
    ("changes", "leaf"),
    [
        ({}, "healthy"),
        ({"first_ratio": 1.2}, "two-policies"),
        ({"approx_kl": -0.001}, "estimate"),
        ({"value_loss": 0.3}, "time-limit"),
        ({"return": 100.0}, "last-steps"),
        ({"return": 100.0, "value_loss": 0.1}, "probes"),
        ({"return": 100.0, "value_loss": 0.1, "first_ratio": 1.2}, "two-policies"),
        ({"return": 100.0, "value_loss": 0.1, "entropy": 0.0001}, "collapsed"),
        ({"return": 100.0, "value_loss": 0.1, "gradient_norm": 50.0}, "runaway"),
        ({"return": 100.0, "value_loss": 0.1, "explained_variance": 0.99}, "wrong-row"),
        ({"return": 100.0, "value_loss": 0.5}, "targets"),
        ({"return": 100.0, "value_loss": 0.1, "approx_kl": 0.001}, "no-push"),
        ({"return": 100.0, "value_loss": 0.1, "approx_kl": 0.3}, "no-brake"),
        ({"return": 100.0, "value_loss": 0.1, "approx_kl": -0.3}, "estimate"),
    ],
)
def test_each_number_leads_to_its_leaf(changes: dict[str, float], leaf: str) -> None:
    usual = {"return": 500.0, "first_ratio": 1.0, "approx_kl": 0.01, "entropy": 0.3}
    usual |= {"value_loss": 0.001, "explained_variance": 0.8, "gradient_norm": 0.3}
    run = {name: [number] * 8 for name, number in (usual | changes).items()}
    assert tree.read_dashboard(run).id == leaf


def test_an_entropy_that_rises_again_asks_who_acted() -> None:
    for returned in (100.0, 500.0):
        run = {name: rows[0].clone() for name, rows in STORED[HEALTHY].items()}
        run["return"][:] = returned
        run["value_loss"][:] = 0.04
        run["entropy"][-1] += 0.2
        assert tree.read_dashboard(run).id == "who-acted"


def test_a_metric_that_is_missing_or_was_never_measured_is_named() -> None:
    run = {name: rows[0] for name, rows in STORED[HEALTHY].items()}
    with pytest.raises(ValueError, match="metrics: largest first ratio cannot be read"):
        tree.read_dashboard({name: row for name, row in run.items() if name != "first_ratio"})
    with pytest.raises(ValueError, match="metrics: KL, median was not measured"):
        tree.read_dashboard({**run, "approx_kl": run["approx_kl"] * float("nan")})
    with pytest.raises(ValueError, match="metrics: largest first ratio was not measured"):
        tree.read_dashboard({**run, "first_ratio": run["first_ratio"] * float("nan")})
    with pytest.raises(ValueError, match="metrics: return at the end"):
        tree.read_dashboard({**run, "return": []})


def test_the_notebook_draws_the_tree_that_is_walked() -> None:
    path = ROOT / "notebooks" / "09_debugging_ppo.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    drawn = [
        "".join(cell["source"]).partition("```mermaid\n")[2].partition("\n```")[0]
        for cell in cells
        if cell["cell_type"] == "markdown" and "```mermaid" in "".join(cell["source"])
    ]
    assert drawn == [tree.mermaid()]
