"""Notebook 08: one update of PPO, in place; parameters are compared after it, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function
from ppo_lesson.exercises.outcome import same_value
from ppo_lesson.lessons.ppo_cartpole.update_slips import MISTAKES, Loss
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import plain_surrogate_loss, ppo_update

STEP_SIZE = 0.3  # of plain gradient descent, which hides no wrong length as Adam does
TOLERANCE = 1e-5  # a gradient that is shortened by hand differs by a millionth


def _collected(policy: ActorCritic, num_samples: int) -> Batch:
    """Make a batch, of an older policy than the one given; its advantages are not normalised."""
    generator = torch.Generator().manual_seed(num_samples)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    obs = normal(num_samples, policy.obs_size)
    action = torch.randint(policy.num_actions, (num_samples,), generator=generator)
    with torch.no_grad():
        old_log_prob = maths.action_log_prob(policy.logits(obs), action)
        value = policy.value(obs)
    return Batch(
        obs=obs,
        action=action,
        old_log_prob=old_log_prob + 0.1 * normal(num_samples),
        advantage=0.5 + 2 * normal(num_samples),
        old_value=value,
        value_target=value + normal(num_samples),
    )


def _untrained(num_samples: int) -> ActorCritic:
    generator = torch.Generator().manual_seed(num_samples)
    return ActorCritic(3, 3, (4,), generator).double()


def _play_update(
    function: Function,
    *,
    num_samples: int,
    minibatch_size: int,
    num_epochs: int,
    clip_epsilon: float,
    value_coefficient: float,
    entropy_coefficient: float,
    max_gradient_norm: float,
    policy_loss: Loss,
) -> list[Any]:
    """Let a function update a policy.

    Returns:
        How many steps the optimiser took, whether the batch is as it was, a number that the
        generator draws next, and each parameter, as it is then.
    """
    policy = _untrained(num_samples)
    optimizer = torch.optim.SGD(policy.parameters(), STEP_SIZE)
    steps: list[int] = []
    optimizer.register_step_post_hook(lambda *_: steps.append(1))
    batch = _collected(policy, num_samples)
    before = Batch(*(column.clone() for column in batch))
    config = PPOConfig(
        num_epochs=num_epochs,
        minibatch_size=minibatch_size,
        clip_epsilon=clip_epsilon,
        value_coefficient=value_coefficient,
        entropy_coefficient=entropy_coefficient,
        max_gradient_norm=max_gradient_norm,
    )
    generator = torch.Generator().manual_seed(num_samples)
    function(
        policy=policy,
        optimizer=optimizer,
        batch=batch,
        config=config,
        generator=generator,
        policy_loss=policy_loss,
    )
    same = all(torch.equal(one, other) for one, other in zip(batch, before, strict=True))
    drawn = int(torch.randint(1000, (), generator=generator))
    return [len(steps), int(same), drawn, *policy.parameters()]


@cache
def _right(inputs: frozenset[tuple[str, Any]]) -> list[Any]:
    return _play_update(ppo_update, **dict(inputs))


def _names() -> list[str]:
    policy = ActorCritic(1, 2, (1,), torch.Generator())
    return [name for name, _ in policy.named_parameters()]


def objection_to_update(inputs: Mapping[str, Any], left: Any) -> str:
    """Tell how what an update left behind differs from what the package's leaves, "" if nowise."""
    wanted = _right(frozenset(inputs.items()))
    (steps, same, drawn, *came), (wanted_steps, _, wanted_drawn, *right) = left, wanted
    if not same:
        return (
            "Your function changes the batch in place. It is used again in the next epoch, and it "
            "holds facts of the past: work on new tensors."
        )
    if steps == 0:
        return (
            "The optimiser that was handed in took no step, so nothing was learned. It should "
            "step once for each minibatch: zero_grad, backward, shorten, step."
        )
    if steps != wanted_steps:
        return (
            f"Your optimiser took {_steps(steps)}. This batch is dealt into "
            f"{-(-inputs['num_samples'] // inputs['minibatch_size'])} minibatches in each of "
            f"{inputs['num_epochs']} epochs, and there is one step for each: {wanted_steps}."
        )
    start = _untrained(inputs["num_samples"]).parameters()
    if all(torch.equal(one, other) for one, other in zip(came, start, strict=True)):
        return (
            "Your optimiser stepped, but no parameter moved: it met no gradient. The order is "
            "zero_grad, backward, shorten, step."
        )
    if not all(torch.isfinite(parameter).all() for parameter in came):
        return "Your update left NaN or infinity in the parameters. Which step makes it?"
    pairs = zip(_names(), came, right, strict=True)
    off = {
        name: (one - other.detach()).abs().max().item()
        for name, one, other in pairs
        if not same_value(one, other.detach(), TOLERANCE)
    }
    if off and drawn != wanted_drawn:
        return (
            "Your generator was not used by exactly one call of maths.minibatches in each epoch, "
            "so your minibatches hold other samples than ours."
        )
    return _compared(off)


def _compared(off: Mapping[str, float]) -> str:
    """Say which parameters are not those of a right update, and by how much at most."""
    if not off:
        return ""
    worst = max(off, key=lambda name: off[name])
    networks = {name.partition(".")[0] for name in off}
    where = "Actor and critic are both off."
    if networks == {"actor"}:
        where = (
            "The critic is right and the actor is not: look at the policy's loss and at the "
            "entropy."
        )
    if networks == {"critic"}:
        where = "The actor is right and the critic is not: look at its loss and at its weight."
    return (
        f"You took the right number of steps, but they led elsewhere. {where} After your update "
        f"the parameter {worst} is off by {significant(off[worst], 2):g}."
    )


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _case(label: str, policy_loss: Loss = maths.clipped_surrogate_loss, **numbers: float) -> Case:
    inputs = {
        "num_samples": 6,
        "minibatch_size": 2,
        "num_epochs": 1,
        "clip_epsilon": 0.2,
        "value_coefficient": 0.5,
        "entropy_coefficient": 0.1,
        "max_gradient_norm": 0.5,
    }
    return Case({**inputs, **numbers, "policy_loss": policy_loss}, label)


PPO_UPDATE = Exercise(
    id="ppo_update",
    minutes=12,
    prompt=(
        "Write one update of PPO: `config.num_epochs` passes over the batch. In each pass, deal "
        "all samples anew by one call of `maths.minibatches(num_samples, size, generator)`. For "
        "each minibatch take **one** gradient step on $L = L_\\pi + c_V L_V - c_H H$: forget the "
        "old gradient, differentiate, shorten the gradient of all parameters together to at "
        "most `config.max_gradient_norm`, step.\n\n"
        "`batch` has the columns `obs`, `action`, `old_log_prob`, `advantage` and `value_target`; "
        "use them as they are. `batch.select(index)` is a minibatch, `policy.logits(obs)` and "
        "`policy.value(obs)` are the two networks, "
        "`policy_loss(log_prob, old_log_prob, advantage, config.clip_epsilon)` is $L_\\pi$. "
        "`config` also holds `minibatch_size`, `value_coefficient` ($c_V$) and "
        "`entropy_coefficient` ($c_H$).\n\n"
        "You may use `maths.action_log_prob(logits, action)`, `maths.value_loss`, `maths.entropy` "
        "and `torch.nn.utils.clip_grad_norm_`. The policy learns in place; return nothing."
    ),
    reference=ppo_update,
    play=_play_update,
    cases=(
        _case("one step, not shortened", num_samples=3, minibatch_size=3, max_gradient_norm=100.0),
        _case("three epochs of one minibatch", num_samples=5, minibatch_size=8, num_epochs=3),
        _case("two epochs of two minibatches", minibatch_size=3, num_epochs=2),
        _case("the last minibatch is shorter", num_samples=7, minibatch_size=3, num_epochs=2),
        _case(
            "another policy_loss: no clip",
            plain_surrogate_loss,
            num_samples=10,
            minibatch_size=10,
            num_epochs=4,
            entropy_coefficient=0.5,
        ),
        _case(
            "a narrow clip and other weights",
            num_samples=12,
            minibatch_size=6,
            num_epochs=2,
            clip_epsilon=0.05,
            value_coefficient=1.5,
            max_gradient_norm=0.1,
        ),
    ),
    hints=(
        "Two loops, one in the other: epochs, and in each the minibatches of a fresh shuffle. All "
        "the rest happens once for each minibatch.",
        "For a minibatch: logits and values of its observations by the policy of this moment, the "
        "log-probabilities of its actions, three terms added up with their weights and signs. The "
        "old log-probabilities and the advantages are the batch's: they stay what they were.",
        "Inside both loops: `part = batch.select(index)`; `logits = policy.logits(part.obs)`; the "
        "loss as the formula has it, with `maths.entropy(logits).mean()`; then "
        "`optimizer.zero_grad()`, `loss.backward()`, "
        "`torch.nn.utils.clip_grad_norm_(policy.parameters(), ...)` and `optimizer.step()`.",
    ),
    mistakes=MISTAKES,
    objection=objection_to_update,
    solved="On 6 inputs your update takes as many steps as ours and leaves the same parameters.",
    tolerance=TOLERANCE,
)
