"""The cases reach every branch: an answer that is wrong in one branch alone is caught.

And it is caught by those cases only: without them the same answer would pass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Exercise
from ppo_lesson.lessons import EXERCISES
from tests.remembered import check

Inputs = Mapping[str, Any]


def _ratio(inputs: Inputs) -> Tensor:
    if "ratio" in inputs:
        return inputs["ratio"].detach()
    return (inputs["log_prob"] - inputs["old_log_prob"]).detach().exp()


def _clip_case(sign: int, place: str) -> Callable[[Inputs], bool]:
    """Some sample has an advantage of this sign and a ratio in this place."""

    def holds(inputs: Inputs) -> bool:
        ratio, epsilon = _ratio(inputs), inputs["clip_epsilon"]
        places = {
            "below": ratio < 1 - epsilon,
            "inside": (ratio - 1).abs() <= epsilon,
            "above": ratio > 1 + epsilon,
        }
        return bool((places[place] & (sign * inputs["advantage"].detach() > 0)).any())

    return holds


SIX_CASES = {
    f"A {'>' if sign > 0 else '<'} 0, ratio {place}": _clip_case(sign, place)
    for sign in (1, -1)
    for place in ("below", "inside", "above")
}


def _ends(inputs: Inputs) -> tuple[Tensor, Tensor]:
    return inputs["terminated"], inputs["truncated"]


ENDS: dict[str, Callable[[Inputs], bool]] = {
    "terminated inside": lambda i: bool((_ends(i)[0] & ~_ends(i)[1])[:-1].any()),
    "terminated on the last row": lambda i: bool((_ends(i)[0] & ~_ends(i)[1])[-1].any()),
    "truncated inside": lambda i: bool((_ends(i)[1] & ~_ends(i)[0])[:-1].any()),
    "truncated on the last row": lambda i: bool((_ends(i)[1] & ~_ends(i)[0])[-1].any()),
    "both at once": lambda i: bool((_ends(i)[0] & _ends(i)[1]).any()),
    "no end at all": lambda i: not (_ends(i)[0] | _ends(i)[1]).any(),
    "cut on the last row": lambda i: not (_ends(i)[0] | _ends(i)[1])[-1].all(),
    "one step": lambda i: len(i["reward"]) == 1,
    "one environment": lambda i: i["reward"].ndim == 2 and i["reward"].shape[1] == 1,
    "several environments": lambda i: i["reward"].ndim == 2 and i["reward"].shape[1] > 1,
    "a record without environments": lambda i: i["reward"].ndim == 1,
}
DIRECTIONS: dict[str, Callable[[Inputs], bool]] = {
    "likelier than before": lambda i: bool((_ratio(i) > 1).any()),
    "less likely than before": lambda i: bool((_ratio(i) < 1).any()),
    "far from before": lambda i: bool((_ratio(i).log().abs() > 1.5).any()),
}
SIGNS: dict[str, Callable[[Inputs], bool]] = {
    "A > 0": lambda i: bool((i["advantage"] > 0).any()),
    "A < 0": lambda i: bool((i["advantage"] < 0).any()),
}


def _margin(inputs: Inputs) -> Tensor:
    """How much more the policy than the reference prefers each chosen response, (N,)."""
    policy = inputs["chosen_log_prob"] - inputs["rejected_log_prob"]
    return policy - inputs["ref_chosen_log_prob"] + inputs["ref_rejected_log_prob"]


def _real_log_ratio(inputs: Inputs) -> Tensor:
    return (inputs["log_prob"] - inputs["old_log_prob"])[inputs["mask"]]


def _weight(inputs: Inputs) -> Tensor:
    return (inputs["log_prob"] - inputs["behaviour_log_prob"]).exp()


TABLES: dict[str, Callable[[Inputs], bool]] = {
    "a full row": lambda i: bool(i["mask"].all(-1).any()),
    "padding": lambda i: bool((~i["mask"]).any()),
    "no row is full": lambda i: not i["mask"].all(-1).any(),
    "a row of one token": lambda i: bool((i["mask"].sum(-1) == 1).any()),
    "rows of different length": lambda i: len(i["mask"].sum(-1).unique()) > 1,
    "one response": lambda i: len(i["mask"]) == 1,
    "a token of loss 0": lambda i: bool((i["token_loss"][i["mask"]] == 0).any()),
}
BRANCHES: dict[str, dict[str, Callable[[Inputs], bool]]] = {
    "clipped_surrogate_loss": SIX_CASES,
    "active_clip_fraction": SIX_CASES,
    "gae": ENDS,
    "surrogate_loss": DIRECTIONS | SIGNS,
    "kl_penalised_loss": DIRECTIONS | SIGNS,
    "policy_ratio": DIRECTIONS,
    "kl_estimates": DIRECTIONS,
    "reinforce_loss": SIGNS,
    "gradient_share": SIGNS,
    "adaptive_beta": {
        "doubled": lambda i: i["kl"] > 1.5 * i["target_kl"],
        "halved": lambda i: i["kl"] < i["target_kl"] / 1.5,
        "kept above the target": lambda i: 1 < i["kl"] / i["target_kl"] <= 1.5,
        "kept below the target": lambda i: 1 / 1.5 <= i["kl"] / i["target_kl"] < 1,
    },
    "clipped_value_loss": {
        "moved too far up": lambda i: bool((i["value"] - i["old_value"] > i["clip_epsilon"]).any()),
        "moved too far down": lambda i: bool(
            (i["old_value"] - i["value"] > i["clip_epsilon"]).any()
        ),
        "moved a little": lambda i: bool(
            ((i["value"] - i["old_value"]).abs() < i["clip_epsilon"]).any()
        ),
    },
    "unsupported": {
        "q = 0 and p f is not": lambda i: bool(
            ((i["proposal"] == 0) & (i["target"] * i["value"] != 0)).any()
        ),
        "q = 0 and p = 0": lambda i: bool(((i["proposal"] == 0) & (i["target"] == 0)).any()),
        "q = 0 and f = 0": lambda i: bool(((i["proposal"] == 0) & (i["value"] == 0)).any()),
    },
    "minibatches": {
        "a shorter last one": lambda i: i["num_samples"] % i["size"] != 0,
        "all of one size": lambda i: i["num_samples"] % i["size"] == 0,
        "fewer than one holds": lambda i: i["num_samples"] < i["size"],
    },
    "token_log_probs": {
        "a prompt of one token": lambda i: i["prompt_length"] == 1,
        "a longer prompt": lambda i: i["prompt_length"] > 1,
        "a response of one token": lambda i: len(i["tokens"]) == i["prompt_length"] + 1,
    },
    "behaviour_log_prob": {
        "words are forbidden": lambda i: i["top_k"] < i["logits"].shape[1],
        "no word is forbidden": lambda i: i["top_k"] == i["logits"].shape[1],
        "one word stays": lambda i: i["top_k"] == 1,
        "warm": lambda i: i["temperature"] > 1,
        "cold": lambda i: i["temperature"] < 1,
        "temperature 1": lambda i: i["temperature"] == 1,
        "one token": lambda i: len(i["token"]) == 1,
    },
    "bradley_terry_loss": {
        "the chosen reward is higher": lambda i: bool(
            (i["chosen_reward"] > i["rejected_reward"]).any()
        ),
        "the chosen reward is lower": lambda i: bool(
            (i["chosen_reward"] < i["rejected_reward"]).any()
        ),
        "negative rewards": lambda i: bool((i["chosen_reward"] < 0).any()),
    },
    "shaped_reward": {
        "a full row": lambda i: bool(i["mask"].all(-1).any()),
        "padding": lambda i: bool((~i["mask"]).any()),
        "a row of one token": lambda i: bool((i["mask"].sum(-1) == 1).any()),
        "rows of different length": lambda i: len(i["mask"].sum(-1).unique()) > 1,
        "no row is full": lambda i: not i["mask"].all(-1).any(),
        "beta is 0": lambda i: i["beta"] == 0,
        "one response": lambda i: len(i["score"]) == 1,
    },
    "rlhf_optimum": {
        "beta below 1": lambda i: i["beta"] < 1,
        "beta above 1": lambda i: i["beta"] > 1,
        "a response without support": lambda i: bool((i["ref_prob"] == 0).any()),
        "a negative reward": lambda i: bool((i["reward"] < 0).any()),
    },
    "implicit_reward": {
        "likelier": lambda i: bool((i["log_prob"] > i["ref_log_prob"]).any()),
        "rarer": lambda i: bool((i["log_prob"] < i["ref_log_prob"]).any()),
        "beta below 1": lambda i: i["beta"] < 1,
        "beta above 1": lambda i: i["beta"] > 1,
    },
    "dpo_loss": {
        "well ordered": lambda i: bool((_margin(i) > 0).any()),
        "ill ordered": lambda i: bool((_margin(i) < 0).any()),
        "beta below 1": lambda i: i["beta"] < 1,
        "beta above 1": lambda i: i["beta"] > 1,
    },
    "response_mean_loss": TABLES,
    "token_mean_loss": TABLES,
    "sequence_ratio": {
        **{name: holds for name, holds in TABLES.items() if name != "a token of loss 0"},
        "likelier than before": lambda i: bool((_real_log_ratio(i) > 0).any()),
        "less likely than before": lambda i: bool((_real_log_ratio(i) < 0).any()),
        "far from before": lambda i: bool((_real_log_ratio(i).abs() > 1.5).any()),
    },
    "truncated_weight": {
        "below the cap": lambda i: bool((_weight(i) < i["cap"]).any()),
        "above the cap": lambda i: bool((_weight(i) > i["cap"]).any()),
        "no weight above the cap": lambda i: not (_weight(i) > i["cap"]).any(),
        "a cap above 1": lambda i: i["cap"] > 1,
        "a cap below 1": lambda i: i["cap"] < 1,
    },
    "group_relative_advantage": {
        "one group": lambda i: len(i["reward"]) == 1,
        "several groups": lambda i: len(i["reward"]) > 1,
        "two responses": lambda i: i["reward"].shape[1] == 2,
        "more responses": lambda i: i["reward"].shape[1] > 2,
        "a group of equal rewards": lambda i: bool(
            (i["reward"] == i["reward"][:, :1]).all(-1).any()
        ),
    },
}


def _spoilt(value: Any) -> Any:
    """Turn a right output into a wrong one of the same kind."""
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, Tensor) and value.dtype == torch.bool:
        return ~value
    return value + 0.25


def _wrong_where(exercise: Exercise, holds: Callable[[Inputs], bool]) -> Callable[..., Any]:
    def answer(**inputs: Any) -> Any:
        value = exercise.reference(**inputs)
        return _spoilt(value) if holds(inputs) else value

    return answer


@pytest.mark.parametrize(
    ("name", "branch"),
    [(name, branch) for name, branches in BRANCHES.items() for branch in branches],
)
def test_an_answer_that_is_wrong_in_one_branch_is_caught_by_the_cases_of_that_branch(name, branch):
    exercise, holds = EXERCISES[name], BRANCHES[name][branch]
    answer = _wrong_where(exercise, holds)
    assert check(exercise, answer).status in ("wrong", "fragile")
    others = tuple(case for case in exercise.cases if not holds(case.inputs))
    if others:
        without = dataclasses.replace(exercise, cases=others, properties=())
        assert check(without, answer).status == "correct"


SIZED = [  # one that is played is looked at beside its lesson
    name
    for name, exercise in EXERCISES.items()
    if exercise.cases[0].inputs and exercise.play is None
]


def _size(inputs: Inputs) -> tuple[object, ...]:
    shapes = tuple(tuple(x.shape) for x in inputs.values() if isinstance(x, Tensor))
    return shapes or tuple(x for x in inputs.values() if isinstance(x, int | float))


@pytest.mark.parametrize("name", SIZED)
def test_an_answer_that_is_right_for_one_size_only_is_caught(name):
    exercise = EXERCISES[name]
    sizes = {_size(case.inputs) for case in exercise.cases if not case.edge}
    assert len(sizes) >= 3
    for size in sizes:
        answer = _wrong_where(exercise, lambda inputs, size=size: _size(inputs) != size)
        assert check(exercise, answer).status == "wrong"
    of_one_size = tuple(case for case in exercise.cases if _size(case.inputs) == size)
    only = dataclasses.replace(exercise, cases=of_one_size, properties=())
    assert check(only, answer).status == "correct"
