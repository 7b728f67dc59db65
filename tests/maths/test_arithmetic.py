"""Equal up to rounding is equal, 0 times infinity is 0, and both forbidding is agreeing.

The helpers by themselves, and then every public formula that needs them.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

import ppo_lesson
from ppo_lesson import maths
from ppo_lesson.maths.arithmetic import equal_up_to_rounding, log_ratio, significant, times

INF, NAN = math.inf, math.nan
NORMALISERS = (
    maths.normalise_advantage,
    lambda numbers: maths.group_relative_advantage(numbers.unsqueeze(0))[0],
)
few = settings(max_examples=150, deadline=None)
floats = st.sampled_from([torch.float32, torch.float64])
sizes = st.sampled_from([1, 2, 3, 7, 16, 100, 512, 1024, 5000])
seeds = st.integers(0, 2**32)


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def warned(numbers: Tensor) -> Tensor:
    with pytest.warns(RuntimeWarning, match="value_target is constant"):
        return maths.explained_variance(torch.zeros_like(numbers), numbers)


def test_a_number_keeps_so_many_significant_digits_whatever_its_size():
    assert [significant(x, 2) for x in (-0.012349, 0.996, 522.5)] == [-0.012, 1.0, 520.0]
    assert math.isnan(significant(NAN, 3)) and significant(INF, 3) == INF


@given(st.floats(-1e6, 1e6, allow_nan=False), sizes, floats)
@few
def test_equal_numbers_normalise_to_exactly_zero(value: float, size: int, dtype: torch.dtype):
    numbers = torch.full((size,), value, dtype=dtype)
    for normalise in NORMALISERS:
        assert torch.equal(normalise(numbers), torch.zeros_like(numbers))
    assert warned(numbers).isnan()


@given(st.floats(1e-6, 1e6), st.sampled_from([-1, 1]), sizes, floats, seeds)
@few
def test_numbers_equal_up_to_two_roundings_normalise_to_exactly_zero(
    value: float, sign: int, size: int, dtype: torch.dtype, seed: int
):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randint(-2, 3, (size,), generator=generator) * torch.finfo(dtype).eps
    numbers = sign * torch.full((size,), value, dtype=dtype) * (1 + noise.to(dtype))
    for normalise in NORMALISERS:
        assert torch.equal(normalise(numbers), torch.zeros_like(numbers))
    assert warned(numbers).isnan()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_same_sum_in_another_order_is_equal(dtype: torch.dtype) -> None:
    terms = torch.tensor([0.1, 0.2, 0.3, 0.7, 1.1, 0.4], dtype=dtype)
    sums = torch.stack([sum(terms.roll(k).unbind(), terms.new_zeros(())) for k in range(6)])
    assert len(sums.unique()) > 1
    for normalise in NORMALISERS:
        assert (normalise(sums) == 0).all()


@given(
    st.sampled_from([(0.0, 1e-6), (0.0, 1e-30), (1.0, 1e-3), (1e3, 1.0), (1e-3, 1e-6), (-5, 5e-3)]),
    sizes.filter(lambda size: size > 1),
    floats,
)
@few
def test_numbers_that_differ_are_not_flattened(
    place: tuple[float, float], size: int, dtype: torch.dtype
):
    centre, distance = place
    numbers = torch.full((size,), centre, dtype=dtype)
    numbers[0] += distance
    assert not equal_up_to_rounding(numbers)
    for normalise in NORMALISERS:
        assert normalise(numbers)[0] > 0


@given(sizes.filter(lambda size: size > 1), floats, seeds)
@few
def test_where_numbers_differ_by_more_than_rounding_the_plain_formula_holds_bit_by_bit(
    size: int, dtype: torch.dtype, seed: int
):
    numbers = torch.randn(size, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    plain = (numbers - numbers.mean()) / (numbers.std(correction=0) + 1e-8)
    for normalise in NORMALISERS:
        torch.testing.assert_close(normalise(numbers), plain, rtol=1e-5, atol=1e-6)
    assert torch.equal(maths.normalise_advantage(numbers), plain)


def test_each_group_is_judged_by_itself_and_by_what_was_subtracted() -> None:
    groups = torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    assert equal_up_to_rounding(groups).tolist() == [True, False]
    noise = torch.tensor([1e-7, -1e-7, 0.0])  # of differences of numbers near 3
    assert not equal_up_to_rounding(noise)
    assert equal_up_to_rounding(noise, torch.full((3,), 3.0))


@pytest.mark.parametrize("bad", [INF, -INF, NAN])
def test_what_is_not_finite_is_not_equal(bad: float) -> None:
    for numbers in (row(1.0, bad), row(bad, bad), row(bad, -bad), row(bad)):
        assert not equal_up_to_rounding(numbers)
        assert maths.normalise_advantage(numbers).isnan().any()


def test_equal_advantages_have_a_gradient_of_zero() -> None:
    advantage = torch.full((5,), 0.1, requires_grad=True)
    maths.normalise_advantage(advantage).sum().backward()
    assert advantage.grad is not None
    assert (advantage.grad == 0).all()


@pytest.mark.parametrize("bad", [INF, -INF, NAN])
def test_what_has_the_coefficient_zero_does_not_count(bad: float) -> None:
    term = row(bad, 2.0).requires_grad_()
    for coefficient, wanted in ((0.0, [0.0, 0.0]), (row(0.0, 3.0), [0.0, 6.0])):
        assert times(coefficient, term).tolist() == wanted
    times(row(0.0, 3.0), term).sum().backward()
    assert term.grad is not None
    assert term.grad.tolist() == [0.0, 3.0]
    assert not times(2.0, term)[0].isfinite()


def test_a_coefficient_of_zero_keeps_its_gradient_where_the_term_is_finite() -> None:
    coefficient = row(0.0, 0.0).requires_grad_()
    times(coefficient, row(5.0, INF)).sum().backward()
    assert coefficient.grad is not None
    assert coefficient.grad.tolist() == [5.0, 0.0]


# Every formula with a coefficient, at 0, with something that is not finite beside it: arguments,
# the argument that takes a gradient, and what is left.
ENDS = {"terminated": torch.tensor([False, False]), "truncated": torch.tensor([False, False])}
MINE, OLD = row(-INF, -1.0), row(-1.0, -INF)
BARE: dict[str, tuple[dict[str, Any], str, list[float] | float]] = {
    "discounted_returns": ({"reward": row(1.0, INF), "gamma": 0.0}, "reward", [1.0, INF]),
    "rewards_to_go": (
        {"reward": row(1.0, 2.0), "next_value": row(NAN, INF), **ENDS, "gamma": 0.0},
        "reward",
        [1.0, 2.0],
    ),
    "gae": (
        {
            "reward": row(1.0, 2.0),
            "value": row(0.5, 0.5),
            "next_value": row(INF, NAN),
            **ENDS,
            "gamma": 0.0,
            "gae_lambda": 1.0,
        },
        "value",
        [0.5, 1.5],
    ),
    "gae lambda": (
        {
            "reward": row(1.0, INF),
            "value": row(0.5, 0.5),
            "next_value": row(1.0, 1.0),
            **ENDS,
            "gamma": 1.0,
            "gae_lambda": 0.0,
        },
        "value",
        [1.5, INF],
    ),
    "importance_estimate": (
        {"value": row(-INF, 3.0), "weight": row(0.0, 2.0)},
        "value",
        3.0,
    ),
    "self_normalised_estimate": (
        {"value": row(INF, 3.0), "log_weight": row(-INF, 0.0)},
        "value",
        3.0,
    ),
    "truncated_estimate": (
        {"value": row(INF, 3.0), "log_weight": row(-INF, 0.5), "limit": 1.0},
        "value",
        1.5,
    ),
    "reinforce_loss": (
        {"log_prob": row(-INF, -2.0), "advantage": row(0.0, 1.0)},
        "log_prob",
        1.0,
    ),
    "kl_penalised_loss": (
        {
            "log_prob": row(-INF, -1.0),
            "old_log_prob": row(-1.0, -1.0),
            "advantage": row(0.0, 2.0),
            "beta": 0.0,
        },
        "log_prob",
        -1.0,
    ),
    "regularised_objective": (
        {
            "log_prob": row(-INF, 0.0),
            "ref_log_prob": row(0.0, -INF),
            "reward": row(-INF, 2.0),
            "beta": 0.0,
        },
        "log_prob",
        2.0,
    ),
    "shaped_reward": (
        {
            "score": row(2.0),
            "log_prob": row(-1.0, -1.0).unsqueeze(0),
            "ref_log_prob": row(-INF, NAN).unsqueeze(0),
            "mask": torch.ones(1, 2, dtype=torch.bool),
            "beta": 0.0,
        },
        "",
        [[0.0, 2.0]],
    ),
    "kl_p_q": (
        {"p_logits": row(-INF, 0.0).unsqueeze(0), "q_logits": row(-INF, 0.0).unsqueeze(0)},
        "p_logits",
        [0.0],
    ),
    "entropy": ({"logits": row(-INF, 0.0, 0.0).unsqueeze(0)}, "logits", [math.log(2)]),
}
# Coefficients that are above 0 by their check, and gae_lambda's 1 - lambda is no argument.
NEVER_ZERO = {"implicit_reward", "dpo_loss", "rlhf_optimum", "log_rlhf_optimum", "adaptive_beta"}


def test_every_formula_with_a_coefficient_is_tried_at_zero() -> None:
    coefficients = {"beta", "gamma", "gae_lambda", "weight", "log_weight"}
    with_one = {
        name
        for name in maths.__all__
        if coefficients & inspect.signature(getattr(maths, name)).parameters.keys()
    }
    tried = {name.split()[0] for name in BARE}
    assert with_one - tried - NEVER_ZERO == {"effective_sample_size"}  # nothing is weighed there


@pytest.mark.parametrize("name", BARE)
def test_zero_times_infinity_leaves_the_rest_and_its_gradient(name: str) -> None:
    arguments, moved, wanted = BARE[name]
    if moved:
        arguments = {**arguments, moved: arguments[moved].clone().requires_grad_()}
    found = getattr(maths, name.split()[0])(**arguments)
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=torch.float64))
    if moved:
        (gradient,) = torch.autograd.grad(found[found.isfinite()].sum(), arguments[moved])
        assert gradient.isfinite().all()
        assert name in ("kl_p_q", "entropy") or gradient.any()


BOTH = {"log_prob": row(-INF, -1.0), "old_log_prob": row(-INF, -2.0)}
PAIRS: dict[str, tuple[Callable[..., Tensor], tuple[Any, ...], list[float] | float]] = {
    "log_ratio": (log_ratio, (), [0.0, 1.0]),
    "policy_ratio": (maths.policy_ratio, (), [1.0, math.e]),
    "importance_weights": (maths.importance_weights, (), [1.0, math.e]),
    "kl_estimates": (maths.kl_estimates, (), [-0.5, 0.25, (math.e - 2) / 2]),
    "kl_k1": (maths.kl_k1, (), -0.5),
    "kl_k2": (maths.kl_k2, (), 0.25),
    "kl_k3": (maths.kl_k3, (), (math.e - 2) / 2),
    "implicit_reward": (maths.implicit_reward, (0.5,), [0.0, 0.5]),
    "surrogate_loss": (maths.surrogate_loss, (row(2.0, 1.0),), -(2 + math.e) / 2),
    "clipped_surrogate_loss": (
        maths.clipped_surrogate_loss,
        (row(2.0, 1.0), 0.2),
        -(2 + 1.2) / 2,
    ),
    "kl_penalised_loss": (
        maths.kl_penalised_loss,
        (row(2.0, 1.0), 1.0),
        -(2 + math.e) / 2 + (math.e - 2) / 2,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_both_policies_forbid_tells_them_apart_in_nothing(name: str) -> None:
    function, more, wanted = PAIRS[name]
    log_prob = BOTH["log_prob"].clone().requires_grad_()
    found = function(log_prob, BOTH["old_log_prob"], *more)
    assert found.tolist() == pytest.approx(wanted)
    (gradient,) = torch.autograd.grad(found.sum(), log_prob)
    assert gradient.isfinite().all()
    assert gradient[0] == 0


def test_a_response_that_both_forbid_costs_nothing_in_dpo_and_in_the_reward_of_a_token() -> None:
    forbidden, usual = row(-INF), row(-1.0)
    assert maths.dpo_loss(forbidden, usual, forbidden, usual, 0.5) == pytest.approx(math.log(2))
    both = row(-INF, -1.0).unsqueeze(0)
    mask = torch.ones(1, 2, dtype=torch.bool)
    assert maths.shaped_reward(row(2.0), both, both, mask, 0.5).tolist() == [[0.0, 2.0]]


@pytest.mark.parametrize("score", [INF, -INF, NAN])
def test_a_score_that_is_not_finite_spoils_no_token_but_the_last(score: float) -> None:
    log_prob, mask = torch.zeros(1, 3), torch.ones(1, 3, dtype=torch.bool)
    reward = maths.shaped_reward(torch.tensor([score]), log_prob, log_prob, mask, 0.5)
    assert reward[0, :2].tolist() == [0.0, 0.0]
    assert not reward[0, 2].isfinite()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("distance", [-1000.0, -30.0, 30.0, 1000.0])
def test_a_clamped_ratio_is_finite_in_every_dtype(dtype: torch.dtype, distance: float) -> None:
    log_prob = torch.zeros(2, dtype=dtype, requires_grad=True)
    old = torch.full((2,), -distance, dtype=dtype)
    for function in (maths.policy_ratio, maths.kl_k3):
        found = function(log_prob, old).sum()
        assert found.isfinite()
        (gradient,) = torch.autograd.grad(found, log_prob)
        assert gradient.isfinite().all()


# Written down for learners, so that a check can tell them: not run by the package itself.
SLIPS = ("lessons", "museum")
PROBABILITIES = {"exp", "softmax", "sigmoid", "policy_ratio", "importance_weights", "rlhf_optimum"}


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def logs_of_probabilities(tree: ast.AST) -> list[int]:
    """Find the lines on which the log is taken of what an exp has just made."""
    lines = set()
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.FunctionDef | ast.Module):
            continue
        made = {
            target.id
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign) and called(node.value) in PROBABILITIES
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(scope, ast.FunctionDef)
        }
        for node in ast.walk(scope):
            if called(node) == "log" and isinstance(node, ast.Call):
                inner = node.args[:1] or [getattr(node.func, "value", node)]
                is_name = isinstance(inner[0], ast.Name) and inner[0].id in made
                if is_name or called(inner[0]) in PROBABILITIES:
                    lines.add(node.lineno)
    return sorted(lines)


def test_the_search_for_logs_of_probabilities_finds_them() -> None:
    source = "def f(x):\n ratio = x.exp()\n return ratio.log(), torch.log(x.softmax(0)), x.log()"
    assert logs_of_probabilities(ast.parse(source)) == [3]
    assert logs_of_probabilities(ast.parse("def f(x):\n return x.log() + x.exp()")) == []


def test_no_module_leaves_log_space_to_come_back() -> None:
    found = [
        f"{path.name}:{line}"
        for path in sorted(Path(ppo_lesson.__file__).parent.rglob("*.py"))
        if not any(slip in path.parts for slip in SLIPS)
        for line in logs_of_probabilities(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
