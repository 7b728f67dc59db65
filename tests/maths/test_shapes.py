"""The checks themselves, and that every formula of the package makes them.

The second half goes through all public formulas with one table of valid arguments: what holds of
all (names in errors, NaN in means NaN out, inputs left alone, float32 in and out) is tested here.
"""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.shapes import (
    check_between,
    check_bools,
    check_floats,
    check_indices,
    check_integers,
    check_positive,
    time_shape,
)

NAN, INF = math.nan, math.inf


def test_a_letter_stands_for_one_size_in_all_tensors_of_a_call() -> None:
    sizes = check_floats("T N", reward=torch.zeros(5, 2), value=torch.zeros(5, 2))
    assert sizes == {"T": 5, "N": 2}
    check_bools("T N", sizes, terminated=torch.zeros(5, 2, dtype=torch.bool))
    assert check_integers("", action=torch.tensor(3)) == {}
    with pytest.raises(ValueError, match=r"truncated: expected shape \(T,\) = \(5,\), got \(4,\)"):
        check_bools("T", sizes, truncated=torch.zeros(4, dtype=torch.bool))


@pytest.mark.parametrize(
    ("shape", "sizes", "tensor", "message"),
    [
        ("N", {}, torch.zeros(3, 1), "x: expected shape (N,), got (3, 1)"),
        ("N", {"N": 3}, torch.zeros(3, 1), "x: expected shape (N,) = (3,), got (3, 1)"),
        ("N K", {"N": 3}, torch.zeros(2, 4), "x: expected shape (N, K) = (3, K), got (2, 4)"),
        ("", {}, torch.zeros(1), "x: expected shape (), got (1,)"),
        ("N", {}, torch.zeros(0), "x: expected at least one entry, got an empty (0,) tensor"),
        (
            "N",
            {},
            torch.zeros(3, dtype=torch.long),
            "x: expected floating point numbers, got torch",
        ),
        (
            "N",
            {},
            torch.zeros(3, dtype=torch.cfloat),
            "x: expected floating point numbers, got torch",
        ),
    ],
)
def test_the_message_names_the_argument_what_was_expected_and_what_came(
    shape: str, sizes: dict[str, int], tensor: Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        check_floats(shape, sizes, x=tensor)


@pytest.mark.parametrize("dtype", [torch.bool, torch.float32, torch.complex64])
def test_only_integers_are_integers(dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match=r"^action: expected integers, got torch"):
        check_integers("N", action=torch.zeros(2, dtype=dtype))


def test_numbers_and_indices_are_checked_against_their_interval() -> None:
    check_between(0, 1, gamma=0.0, gae_lambda=torch.tensor(1.0))
    check_indices(3, action=torch.tensor([0, 2]))
    for bad in (-0.1, 1.1, NAN):
        message = re.escape(f"gamma: expected a number in [0, 1], got {bad!r}")
        with pytest.raises(ValueError, match=message):
            check_between(0, 1, gamma=bad)
    for no_number in (True, torch.tensor(True), torch.tensor([0.5]), "0.5"):
        with pytest.raises(ValueError, match=r"^gamma: expected a number in \[0, 1\], got "):
            check_between(0, 1, gamma=no_number)
    with pytest.raises(ValueError, match=re.escape("x: expected a number in (0, 1), got 1")):
        check_between(0, 1, open_low=True, open_high=True, x=1)
    for bad in (0.0, -1.0, INF, NAN):
        with pytest.raises(ValueError, match=f"^step: expected .*, got {bad!r}"):
            check_positive(step=bad)
    for bad in ([-1, 0], [0, 3]):
        with pytest.raises(
            ValueError, match=f"^action: expected indices from 0 to 2, got {bad[0]} to"
        ):
            check_indices(3, action=torch.tensor(bad))


def test_time_comes_first_and_environments_are_optional() -> None:
    assert time_shape(torch.zeros(4)) == "T"
    assert time_shape(torch.zeros(4, 2)) == "T N"


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


A, B, C = row(-0.3, -1.2, -0.7, -2.0), row(-0.9, -0.4, -1.1, -0.6), row(1.0, -2.0, 0.5, 3.0)
RATIO = (A - B).exp()
TABLE = torch.stack([A, B, C])  # (3, 4)
NO, YES_AT_2 = torch.tensor([False] * 4), torch.tensor([False, False, True, False])
POLICY = {"log_prob": A, "old_log_prob": B}
FULL = torch.ones(3, 4, dtype=torch.bool)
ENDS = {"terminated": NO, "truncated": YES_AT_2, "gamma": 0.9}
# Every formula with arguments that it accepts. Row -2 of each tensor matters to the result.
FORMULAS: dict[str, dict[str, Any]] = {
    "action_log_prob": {"logits": TABLE, "action": torch.tensor([0, 3, 1])},
    "active_clip_fraction": {"ratio": RATIO, "advantage": C, "clip_epsilon": 0.2},
    "all_reduce_mean": {"gradient": TABLE, "count": torch.tensor([3, 1, 2])},
    "backward_sum": {"increment": A, "carry": B},
    "clip_fraction": {"ratio": RATIO, "clip_epsilon": 0.2},
    "clipped_surrogate_loss": {**POLICY, "advantage": C, "clip_epsilon": 0.2},
    "clipped_value_loss": {"value": A, "value_target": B, "old_value": C, "clip_epsilon": 0.2},
    "behaviour_log_prob": {
        "logits": TABLE,
        "token": torch.tensor([0, 3, 1]),
        "temperature": 0.5,
        "top_k": 4,
    },
    "behaviour_logits": {"logits": TABLE, "temperature": 0.5, "top_k": 4},
    "bradley_terry_loss": {"chosen_reward": A, "rejected_reward": C},
    "cosine": {"gradient": A, "other": C},
    "decoupled_clipped_loss": {
        **POLICY,
        "behaviour_log_prob": A - 0.3,
        "advantage": C,
        "clip_epsilon": 0.2,
        "cap": 2.0,
    },
    "discounted_returns": {"reward": C, "gamma": 0.9},
    "dpo_loss": {
        "chosen_log_prob": A,
        "rejected_log_prob": B,
        "ref_chosen_log_prob": B - 1,
        "ref_rejected_log_prob": A - 1,
        "beta": 0.5,
    },
    "effective_sample_size": {"log_weight": A},
    "entropy": {"logits": TABLE},
    "explained_variance": {"value": A, "value_target": C},
    "fixed_length_loss": {"token_loss": TABLE, "mask": FULL, "length": 5},
    "gae": {"reward": C, "value": A, "next_value": B, **ENDS, "gae_lambda": 0.8},
    "gradient_share": {"ratio": RATIO, "prob": RATIO / 9, "advantage": C, "top": 0.5},
    "group_relative_advantage": {"reward": TABLE},
    "implicit_reward": {"log_prob": A, "ref_log_prob": B, "beta": 0.5},
    "importance_estimate": {"value": C, "weight": RATIO},
    "importance_weights": {"log_target": A, "log_proposal": B},
    "kl_estimates": POLICY,
    "kl_k1": POLICY,
    "kl_k2": POLICY,
    "kl_k3": POLICY,
    "kl_p_q": {"p_logits": TABLE, "q_logits": TABLE.flip(0)},
    "kl_penalised_loss": {**POLICY, "advantage": C, "beta": 0.5},
    "normalise_advantage": {"advantage": C},
    "per_decision_log_weight": {"log_ratio": A},
    "policy_ratio": POLICY,
    "reinforce_loss": {"log_prob": A, "advantage": C},
    "response_mean_loss": {"token_loss": TABLE, "mask": FULL},
    "rewards_to_go": {"reward": C, "next_value": B, **ENDS},
    "regularised_objective": {"log_prob": A, "ref_log_prob": B, "reward": C, "beta": 0.5},
    "rlhf_optimum": {"ref_prob": torch.softmax(A, 0), "reward": C, "beta": 0.5},
    "score": {"logits": A, "action": torch.tensor(2)},
    "log_rlhf_optimum": {"ref_log_prob": A, "reward": C, "beta": 0.5},
    "self_normalised_estimate": {"value": C, "log_weight": A},
    "sequence_ratio": {"log_prob": TABLE, "old_log_prob": TABLE.flip(0), "mask": FULL},
    "shaped_reward": {
        "score": row(1.0, 2.0, 3.0),
        "log_prob": TABLE,
        "ref_log_prob": TABLE.flip(0),
        "mask": FULL,
        "beta": 0.5,
    },
    "surrogate_loss": {**POLICY, "advantage": C},
    "token_log_probs": {
        "logits": TABLE,
        "tokens": torch.tensor([1, 0, 3]),
        "prompt_length": 1,
    },
    "token_mean_loss": {"token_loss": TABLE, "mask": FULL},
    "truncated_estimate": {"value": C, "log_weight": A, "limit": 0.4},
    "truncated_weight": {"log_prob": A, "behaviour_log_prob": B, "cap": 1.2},
    "unsupported": {"target": A.exp(), "proposal": B.exp(), "value": C},
    "value_loss": {"value": A, "value_target": C},
}
# Tested in their own modules: they take a function, a graph, plain numbers, or a generator.
OTHERS = {"adaptive_beta", "finite_difference_gradient", "flat_gradient", "minibatches"}
BAD_NUMBERS = {
    "gamma": (-0.01, 1.01, NAN),
    "gae_lambda": (-0.01, 1.01, NAN),
    "clip_epsilon": (0.0, -0.2, INF, NAN),
    "beta": (-1.0, INF, NAN),
    "top": (-0.1, 1.1, NAN),
    "prompt_length": (0, 3),
    "temperature": (0.0, -1.0, INF, NAN),
    "top_k": (0, 5),
    "cap": (0.0, -1.0, INF, NAN),
    "length": (0.0, -1.0, INF, NAN),
}
every_formula = pytest.mark.parametrize("name", FORMULAS)


def call(name: str, **changes: Any) -> Tensor:
    return getattr(maths, name)(**{**FORMULAS[name], **changes})


def tensors(name: str) -> dict[str, Tensor]:
    return {key: value for key, value in FORMULAS[name].items() if isinstance(value, Tensor)}


def other_kind(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.dtype == torch.long else tensor.long()


def test_the_table_holds_every_public_formula() -> None:
    assert FORMULAS.keys() | OTHERS == set(maths.__all__)
    assert not FORMULAS.keys() & OTHERS


@every_formula
def test_a_tensor_of_wrong_shape_or_kind_raises_and_is_named(name: str) -> None:
    given = tensors(name)
    first = next(iter(given))
    for argument, tensor in given.items():
        # The first argument fixes the sizes: a column of time steps is seen in the second argument.
        blamed = "|".join(given) if argument == first else argument
        for bad in (tensor.unsqueeze(-1), tensor.reshape(-1)[:0], other_kind(tensor)):
            with pytest.raises(ValueError, match=rf"^({blamed}): expected .*, got "):
                call(name, **{argument: bad})
        with pytest.raises(TypeError, match=f"^{argument}: expected a tensor, got list"):
            call(name, **{argument: [0.5, 0.5]})


@every_formula
def test_samples_of_different_number_raise(name: str) -> None:
    given = tensors(name)
    for argument, tensor in given.items():
        if tensor.ndim and len(given) > 1 and name != "score":
            with pytest.raises(ValueError, match=r"expected shape .*, got "):
                call(name, **{argument: torch.cat([tensor, tensor])})


@every_formula
def test_a_number_out_of_range_raises_and_is_named(name: str) -> None:
    for argument in FORMULAS[name].keys() & BAD_NUMBERS.keys():
        for bad in BAD_NUMBERS[argument]:
            message = rf"^{argument}: expected .*, got {bad!r}$"
            with pytest.raises(ValueError, match=message):
                call(name, **{argument: bad})


@pytest.mark.parametrize(
    "name", sorted(FORMULAS.keys() - {"unsupported"})
)  # that one answers yes or no
def test_nan_in_gives_nan_out(name: str) -> None:
    assert not call(name).isnan().any()
    for argument, tensor in tensors(name).items():
        if tensor.is_floating_point():
            spoilt = tensor.clone()
            spoilt[-2] = NAN
            assert call(name, **{argument: spoilt}).isnan().any(), argument


@every_formula
def test_a_formula_leaves_its_arguments_alone(name: str) -> None:
    before = {key: tensor.clone() for key, tensor in tensors(name).items()}
    call(name)
    for key, tensor in tensors(name).items():
        assert torch.equal(before[key], tensor), key


@every_formula
def test_float32_stays_float32_and_says_the_same(name: str) -> None:
    floats = {key: t.float() for key, t in tensors(name).items() if t.is_floating_point()}
    result = call(name, **floats)
    assert result.dtype == (torch.bool if name == "unsupported" else torch.float32)
    # A handful of operations on numbers of size 1: 1e-5 is a hundred roundings of float32.
    torch.testing.assert_close(result.double(), call(name).double(), rtol=1e-5, atol=1e-5)
