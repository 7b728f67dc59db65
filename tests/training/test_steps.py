"""One step: what torch does by hand, and what is refused before anything moves."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.dpo import align_directly
from ppo_lesson.language.feedback import Pairs, collect_pairs, fit_reward_model, pretrain
from ppo_lesson.language.judge import Judge
from ppo_lesson.language.model import LanguageModel, RewardModel, respond
from ppo_lesson.language.rlhf import align
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.experience import evaluate, rollouts
from ppo_lesson.training.session import train
from ppo_lesson.training.steps import check_finite, gradient_step


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
    with pytest.raises(ValueError, match=r"^loss: expected a loss with a gradient, got a constant"):
        gradient_step(optimizer, a_loss(model).detach(), 1.0)


def test_what_is_not_finite_is_named() -> None:
    check_finite(score=torch.zeros(3), reward=torch.ones(2, 2))
    for number in (math.nan, math.inf, -math.inf):
        with pytest.raises(FloatingPointError, match=r"^reward is not finite$"):
            check_finite(score=torch.zeros(3), reward=torch.tensor([1.0, number]))


SMALL = PPOConfig(total_steps=64, num_envs=2, num_steps=8, minibatch_size=8)


@pytest.mark.parametrize(
    "start",
    [
        lambda model, pairs: train(SMALL, seed=0),
        lambda model, pairs: rollouts(None, None, 3, 0),  # type: ignore[arg-type]
        lambda model, pairs: evaluate(None, 3, 0),  # type: ignore[arg-type]
        lambda model, pairs: pretrain(0, 10, 1),
        lambda model, pairs: collect_pairs(model, 10, torch.Generator().manual_seed(0)),
        lambda model, pairs: fit_reward_model(pairs, 0, 1),
        lambda model, pairs: align_directly(model, pairs, 0.5, seed=0),
        lambda model, pairs: align(model, RewardModel(0), RLHFConfig(num_iterations=1), seed=0),
        lambda model, pairs: respond(model, pairs.prompt, torch.Generator()),
        lambda model, pairs: Judge(model, RewardModel(0), 0.5),
    ],
)
def test_another_default_device_is_named(start: Callable[..., object]) -> None:
    token = torch.zeros(2, 4, dtype=torch.long)
    model, pairs = LanguageModel(0), Pairs(torch.tensor([0, 1]), token, token)
    torch.set_default_device("meta")
    try:
        with pytest.raises(ValueError, match=r"^torch.set_default_device: expected 'cpu'.*'meta'"):
            start(model, pairs)
    finally:
        torch.set_default_device(None)
