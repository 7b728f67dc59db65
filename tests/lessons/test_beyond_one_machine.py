"""Right answers of notebook 13 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ppo_lesson.lessons.beyond_one_machine import LESSON, names
from ppo_lesson.lessons.beyond_one_machine.way import REQUIRED, SHORT_CUTS, objection_to_way
from ppo_lesson.maths import clipped_surrogate_loss, truncated_weight
from ppo_lesson.training import IterationMetrics, PPOConfig

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "13_beyond_one_machine.ipynb"


# all_reduce_mean


def mean_by_selection(gradient, count):
    has = count > 0
    return (count[has].unsqueeze(1) * gradient[has]).sum(0) / count.sum()


def mean_by_loop(gradient, count):
    total = torch.zeros_like(gradient[0])
    for row, n in zip(gradient, count.tolist(), strict=True):
        if n:
            total = total + n * row
    return total / int(count.sum())


def mean_by_where(gradient, count):
    weight = count.to(gradient.dtype) / count.sum()
    return torch.where(count[:, None] > 0, weight[:, None] * gradient, 0.0).sum(0)


def mean_by_product(gradient, count):
    has = count.nonzero().squeeze(1)
    return count[has].to(gradient.dtype) @ gradient[has] / count.sum()


# decoupled_clipped_loss


def loss_by_parts(log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap):
    weight = truncated_weight(old_log_prob, behaviour_log_prob, cap)
    return clipped_surrogate_loss(log_prob, old_log_prob, weight * advantage, clip_epsilon)


def loss_written_out(log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap):
    ratio = (log_prob - old_log_prob).exp()
    weight = (old_log_prob - behaviour_log_prob).exp().clamp(max=cap)
    first, second = ratio * advantage, ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon) * advantage
    return -(weight * torch.minimum(first, second)).mean()


def loss_as_libraries_write_it(
    log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap
):
    ratio = torch.exp(log_prob - old_log_prob.detach())
    first = -advantage * ratio
    second = -advantage * torch.clamp(ratio, 1.0 - clip_epsilon, 1.0 + clip_epsilon)
    weight = torch.exp(old_log_prob - behaviour_log_prob).clamp(max=cap).detach()
    return (torch.max(first, second) * weight).mean()


def loss_with(weight: Callable, centre: str = "old") -> Callable:
    def answer(log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap):
        below = old_log_prob if centre == "old" else behaviour_log_prob
        ratio = (log_prob - below).exp()
        pair = ratio * advantage, ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon) * advantage
        factor = weight(log_prob.detach(), old_log_prob, behaviour_log_prob, cap)
        return -(factor * torch.minimum(*pair)).mean()

    return answer


def loss_by_probabilities(log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap):
    weight = (old_log_prob.exp() / behaviour_log_prob.exp()).clamp(max=cap)
    return clipped_surrogate_loss(log_prob, old_log_prob, weight * advantage, clip_epsilon)


# way_to_ppo

PAIRS = [*REQUIRED, ("advantage", "surrogate")]
TEXT = """
policy gradient -> on-policy waste -> importance sampling -> surrogate
surrogate -> old states -> proximal
Surrogate --> Ratio explosion --> Proximal
proximal → PPO
advantage -> PPO
"""


def without(*arrows):
    return lambda: [arrow for arrow in PAIRS if arrow not in arrows]


RIGHT: dict[str, list[Callable]] = {
    "all_reduce_mean": [mean_by_selection, mean_by_loop, mean_by_where, mean_by_product],
    "decoupled_clipped_loss": [loss_by_parts, loss_written_out, loss_as_libraries_write_it],
    "way_to_ppo": [
        lambda: PAIRS,
        lambda: TEXT,
        lambda: TEXT.replace("->", "=>"),
        lambda: [list(pair) for pair in reversed(PAIRS)],
        lambda: [*PAIRS, ("policy gradient", "advantage"), ("surrogate", "PPO")],
        lambda: [(a.upper(), b.replace("-", " ")) for a, b in PAIRS],
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "all_reduce_mean": [
        (lambda gradient, count: gradient.mean(0), "All workers have the same weight"),
        (lambda gradient, count: gradient.sum(0), "You added the rows up"),
        (lambda gradient, count: (count[:, None] * gradient).sum(0), "did not divide"),
        (
            lambda gradient, count: (count[:, None] * gradient).sum(0) / len(count),
            "divided by the number of workers",
        ),
        (lambda gradient, count: gradient.sum(0) / count.sum(), "as if each row were a sum"),
        (
            lambda gradient, count: (
                (gradient / count[:, None]).sum(0) / (1 / count[:, None].double()).sum()
            ),
            "upside down",
        ),
    ],
    "decoupled_clipped_loss": [
        (loss_with(lambda new, old, mu, cap: 1.0, "mu"), "centred on the actor"),
        (loss_with(lambda new, old, mu, cap: 1.0), "The weight is missing"),
        (
            loss_with(lambda new, old, mu, cap: (old - mu).exp().clamp(max=cap), "mu"),
            "counted twice",
        ),
        (
            loss_with(lambda new, old, mu, cap: (new - mu).exp().clamp(max=cap)),
            "The weight is current over behaviour",
        ),
        (
            loss_with(lambda new, old, mu, cap: (mu - old).exp().clamp(max=cap)),
            "Your weight is upside down",
        ),
        (loss_with(lambda new, old, mu, cap: (old - mu).exp()), "No weight is cut off"),
        (
            loss_with(lambda new, old, mu, cap: (w := (old - mu).exp()) * (w <= cap)),
            "which is masking",
        ),
        (lambda **inputs: -loss_by_parts(**inputs), "The sign is"),
    ],
    "way_to_ppo": [
        (without(("surrogate", "old states")), "which one is a bias"),
        (without(("advantage", "surrogate")), "No arrow leads from the advantage"),
        (
            lambda: [*without(("advantage", "surrogate"))(), ("advantage", "proximal")],
            "No arrow leads from the advantage to what uses it",
        ),
        (lambda: [*PAIRS, ("policy gradient", "PPO")], "skips on-policy waste"),
        (lambda: [*PAIRS, ("proximal", "surrogate")], "What is the reason"),
        (lambda: [(b, a) for a, b in PAIRS], "points backwards"),
        (lambda: [*PAIRS, ("critic", "PPO")], "There is no box 'critic'"),
        (lambda: "policy gradient, PPO", "Return a list of pairs"),
        (lambda: [], "Return a list of pairs"),
        (lambda: [("policy gradient",)], "Return a list of pairs"),
        (lambda: [1, 2], "Return a list of pairs"),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "all_reduce_mean": [
        (
            lambda gradient, count: (count[:, None] * gradient).sum(0) / count.sum(),
            "0 times NaN is NaN",
        ),
        (
            lambda gradient, count: (count[:, None] * gradient.nan_to_num()).sum(0) / count.sum(),
            "hides the fault",
        ),
    ],
    "decoupled_clipped_loss": [(loss_by_probabilities, "go through probabilities")],
}


def test_every_arrow_that_is_left_out_is_asked_for_and_every_short_cut_is_named() -> None:
    for arrow, question in REQUIRED.items():
        assert question in objection_to_way({}, without(arrow)())
    for (start, end), between in SHORT_CUTS.items():
        said = objection_to_way({}, [*PAIRS, (start, end)])
        assert start in said and end in said and between in said


def test_the_exercises_take_the_time_that_the_notebook_has() -> None:
    assert sum(exercise.minutes for exercise in LESSON.exercises) == 20


def test_the_notebook_shows_the_names_in_two_tables_that_hold_every_library() -> None:
    import json

    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    for libraries in (names.FOR_WORLDS, names.FOR_LANGUAGE_MODELS):
        assert any(names.table(libraries) in "".join(cell["source"]) for cell in cells)
    assert {*names.FOR_WORLDS, *names.FOR_LANGUAGE_MODELS} == set(names.FILES)


@pytest.mark.parametrize("ours", names.SETTINGS)
def test_our_settings_are_there_under_their_names(ours: str) -> None:
    assert hasattr(PPOConfig(), ours)
    assert set(names.SETTINGS[ours]) == set(names.FILES)


def test_our_metrics_are_there_under_their_names() -> None:
    assert set(names.METRICS) <= set(IterationMetrics.__dataclass_fields__)


def test_stable_baselines3_has_the_names_and_defaults_that_the_table_says() -> None:
    """The one library of the table that is installed with the tests."""
    import inspect

    from stable_baselines3 import PPO

    given = inspect.signature(PPO.__init__).parameters
    for theirs in (row["SB3 2.9"] for row in names.SETTINGS.values()):
        assert str(given[theirs.name].default) == theirs.default


def test_the_nine_questions_of_the_exam_come_in_their_order() -> None:
    sources = [question.source.partition(",")[0] for question in LESSON.open_questions]
    wanted = [f"concept {n}" for n in (1, 2, 3, 4)] + [f"maths {n}" for n in (1, 2, 3)]
    assert sources == [*wanted, "synthesis 1", "synthesis 2"]
    assert {len(question.rubric) for question in LESSON.open_questions} == {3}
