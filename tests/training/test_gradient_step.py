"""One step: what torch does by hand, and what is refused before anything moves."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from ppo_lesson.training.gradient_step import check_finite, gradient_step


def a_model() -> tuple[nn.Linear, torch.optim.Optimizer]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
    return model, torch.optim.Adam(model.parameters(), 0.1)


def a_loss(model: nn.Module) -> Tensor:
    return model(torch.tensor([1.0, 2.0, 3.0])).square().sum()


def parameters(model: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


@pytest.mark.parametrize("max_norm", [1e-2, 1e9, math.inf])
def test_it_is_the_step_that_torch_takes_bit_by_bit(max_norm: float) -> None:
    (model, optimizer), (other, others_optimizer) = a_model(), a_model()
    for _ in range(3):
        norm = gradient_step(optimizer, a_loss(model), max_norm)
        others_optimizer.zero_grad()
        a_loss(other).backward()
        gradient = torch.cat([x.grad.flatten() for x in other.parameters() if x.grad is not None])
        assert norm == pytest.approx(gradient.norm().item(), rel=1e-6)
        if max_norm < math.inf:
            nn.utils.clip_grad_norm_(other.parameters(), max_norm)
        others_optimizer.step()
        assert torch.equal(parameters(model), parameters(other))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_moves_nothing(number: float) -> None:
    model, optimizer = a_model()
    before = parameters(model)
    for max_norm in (0.5, math.inf):
        with pytest.raises(FloatingPointError, match=r"^the gradient's norm is (nan|inf)$"):
            gradient_step(optimizer, a_loss(model) * number, max_norm)
    assert torch.equal(parameters(model), before)


def test_a_loss_without_a_gradient_is_refused() -> None:
    model, optimizer = a_model()
    with pytest.raises(ValueError, match=r"^loss: expected one with a gradient, got a constant"):
        gradient_step(optimizer, a_loss(model).detach(), 1.0)


def test_what_is_not_finite_is_named() -> None:
    check_finite(score=torch.zeros(3), reward=torch.ones(2, 2))
    for number in (math.nan, math.inf, -math.inf):
        with pytest.raises(FloatingPointError, match=r"^reward is not finite$"):
            check_finite(score=torch.zeros(3), reward=torch.tensor([1.0, number]))
