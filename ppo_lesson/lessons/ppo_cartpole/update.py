"""Notebook 08: one update of PPO, in place; parameters are compared after it, one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake
from ppo_lesson.exercises.outcome import same_value
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import critic_loss, plain_surrogate_loss, ppo_update

STEP_SIZE = 0.3  # of plain gradient descent, which hides no wrong length as Adam does
TOLERANCE = 1e-5  # a gradient that is shortened by hand differs by a millionth

Loss = Callable[..., Tensor]


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


def play_update(
    function: Function,
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
    policy = ActorCritic(3, 3, (4,), torch.Generator().manual_seed(num_samples)).double()
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
    return play_update(ppo_update, **dict(inputs))


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
            "The optimizer that was handed in took no step, so that nothing was learned. It should "
            "step once for each minibatch: zero_grad, backward, shorten, step."
        )
    if steps != wanted_steps:
        return (
            f"Your optimizer took {_steps(steps)}. This batch is dealt into "
            f"{-(-inputs['num_samples'] // inputs['minibatch_size'])} minibatches in each of "
            f"{inputs['num_epochs']} epochs, and there is one step for each: {wanted_steps}."
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
            "The generator was used otherwise than by one call of maths.minibatches in each epoch, "
            "so that your minibatches hold other samples than ours."
        )
    return _compared(off)


def _compared(off: Mapping[str, float]) -> str:
    """Say which parameters are not those of a right update, and by how much at most."""
    if not off:
        return ""
    worst = max(off, key=lambda name: off[name])
    networks = {name.partition(".")[0] for name in off}
    where = {
        ("actor",): "The critic is right and the actor is not: look at the policy's loss and at "
        "the entropy.",
        ("critic",): "The actor is right and the critic is not: look at its loss and at the "
        "weight of that.",
    }.get(tuple(networks), "Actor and critic are both off.")
    return (
        f"You took the right number of steps, but they led elsewhere. {where} After your update "
        f"the parameter {worst} differs from that of a right one by {significant(off[worst], 2):g}."
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


# Each slip is a right update, written with parts, and one of them wrong.


def _select(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    return batch.select(index)


def _loss(
    policy: ActorCritic,
    part: Batch,
    config: PPOConfig,
    policy_loss: Loss,
    *,
    signs: tuple[int, int, int] = (1, 1, -1),
    half: bool = True,
) -> Tensor:
    logits = policy.logits(part.obs)
    log_prob = maths.action_log_prob(logits, part.action)
    terms = (
        policy_loss(log_prob, part.old_log_prob, part.advantage, config.clip_epsilon),
        config.value_coefficient * critic_loss(policy, part, config) * (1 if half else 2),
        config.entropy_coefficient * maths.entropy(logits).mean(),
    )
    return torch.stack([sign * term for sign, term in zip(signs, terms, strict=True)]).sum()


def _shorten(policy: ActorCritic, config: PPOConfig) -> None:
    torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm)


def _update(
    deal: Callable[[int, int, torch.Generator], list[Tensor]] = maths.minibatches,
    select: Callable[[ActorCritic, Batch, Tensor], Batch] = _select,
    loss: Callable[..., Tensor] = _loss,
    shorten: Callable[[ActorCritic, PPOConfig], None] = _shorten,
    epochs: Callable[[int], int] = lambda num_epochs: num_epochs,
    deal_once: bool = False,
    forget: str = "step",
    step: str = "minibatch",
) -> Function:
    """Build an update with some of its parts replaced."""

    def answer(
        policy: ActorCritic,
        optimizer: torch.optim.Optimizer,
        batch: Batch,
        config: PPOConfig,
        generator: torch.Generator,
        policy_loss: Loss,
    ) -> None:
        dealt: list[Tensor] = []
        for _ in range(epochs(config.num_epochs)):
            if not (dealt and deal_once):
                dealt = deal(len(batch.action), config.minibatch_size, generator)
            if forget == "epoch":
                optimizer.zero_grad()
            for index in dealt:
                if forget == "step":
                    optimizer.zero_grad()
                loss(policy, select(policy, batch, index), config, policy_loss).backward()
                if step == "minibatch":
                    shorten(policy, config)
                    optimizer.step()
            if step == "epoch":
                shorten(policy, config)
                optimizer.step()

    return answer


def _whole_batch(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    return batch


def _recomputed_log_prob(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    part = batch.select(index)
    log_prob = maths.action_log_prob(policy.logits(part.obs), part.action)
    return part._replace(old_log_prob=log_prob.detach())


def _recomputed_advantage(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    part = batch.select(index)
    return part._replace(advantage=part.value_target - policy.value(part.obs).detach())


def _normalised_again(correction: int) -> Callable[[ActorCritic, Batch, Tensor], Batch]:
    def select(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
        part = batch.select(index)
        spread = part.advantage.std(correction=correction if len(index) > 1 else 0)
        return part._replace(advantage=(part.advantage - part.advantage.mean()) / (spread + 1e-8))

    return select


def _signs(policy: int, critic: int, entropy: int) -> Loss:
    def loss(*arguments: Any) -> Tensor:
        return _loss(*arguments, signs=(policy, critic, entropy))

    return loss


def _squared_error(*arguments: Any) -> Tensor:
    return _loss(*arguments, half=False)


def _always_clipped(policy: ActorCritic, part: Batch, config: PPOConfig, given: Loss) -> Tensor:
    return _loss(policy, part, config, maths.clipped_surrogate_loss)


def _usual_epsilon(policy: ActorCritic, part: Batch, config: PPOConfig, given: Loss) -> Tensor:
    return _loss(policy, part, replace(config, clip_epsilon=PPOConfig.clip_epsilon), given)


def _with_replacement(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.randint(num_samples, (num_samples,), generator=generator).split(size))


def _draws_for_each(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    sizes = map(len, torch.arange(num_samples).split(size))
    return [torch.randint(num_samples, (count,), generator=generator) for count in sizes]


def _in_order(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.arange(num_samples).split(size))


def _global_shuffle(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.randperm(num_samples).split(size))


def _whole_ones(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    dealt = maths.minibatches(num_samples, size, generator)
    return [index for index in dealt if len(index) == size]


def _leave_long(policy: ActorCritic, config: PPOConfig) -> None:
    pass


def _shorten_apart(policy: ActorCritic, config: PPOConfig) -> None:
    for network in (policy.actor, policy.critic):
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.max_gradient_norm)


def _one(num_epochs: int) -> int:
    return 1


WITHOUT_REPLACEMENT = (
    "You drew the minibatches with replacement: in one epoch some samples come twice and others "
    "not at all. Shuffle once an epoch and deal all of them, as maths.minibatches does."
)
NORMALISED = (
    "You normalised the advantages again in each minibatch. The batch's are used as they are: "
    "whether they are normalised was decided when it was made, over all samples together."
)

PPO_UPDATE = Exercise(
    id="ppo_update",
    minutes=12,
    prompt=(
        "Write one update of PPO. It passes over the batch `config.num_epochs` times. In each "
        "pass, deal all samples anew by one call of "
        "`maths.minibatches(num_samples, size, generator)`, the package's version of yours. For "
        "each minibatch take **one** gradient step on $L = L_\\pi + c_V L_V - c_H H$: forget the "
        "old gradient, differentiate, shorten the gradient of all parameters together to "
        "`config.max_gradient_norm`, step.\n\n"
        "`batch` has the columns `obs`, `action`, `old_log_prob`, `advantage` and `value_target`; "
        "use them as they are. `batch.select(index)` is a minibatch. `policy.logits(obs)` and "
        "`policy.value(obs)` are the two networks. "
        "`policy_loss(log_prob, old_log_prob, advantage, config.clip_epsilon)` is $L_\\pi$. "
        "`config` also holds `minibatch_size`, `value_coefficient` ($c_V$) and "
        "`entropy_coefficient` ($c_H$).\n\n"
        "You may use `maths.action_log_prob(logits, action)`, `maths.value_loss`, `maths.entropy` "
        "and `torch.nn.utils.clip_grad_norm_`. The policy learns in place; return nothing. "
        "All randomness comes from `generator`."
    ),
    reference=ppo_update,
    play=play_update,
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
        "Inside both loops: part = batch.select(index); logits = policy.logits(part.obs); the loss "
        "as the formula has it, with maths.entropy(logits).mean(); then optimizer.zero_grad(), "
        "loss.backward(), torch.nn.utils.clip_grad_norm_(policy.parameters(), ...) and "
        "optimizer.step().",
    ),
    mistakes=(
        Mistake(
            "You made one pass over the batch. PPO makes config.num_epochs of them, each with a "
            "fresh shuffle: the outer loop is missing.",
            _update(epochs=_one),
        ),
        Mistake(
            "You computed the old log-probabilities anew, with the policy of the moment, so that "
            "every ratio is 1 and the clip never acts. They are those of the policy that acted: "
            "take the batch's old_log_prob.",
            _update(select=_recomputed_log_prob),
        ),
        *(
            Mistake(
                "Gradients of earlier steps are still in yours: backward() adds to what is there. "
                "Call optimizer.zero_grad() for every minibatch, before backward().",
                _update(forget=forget),
            )
            for forget in ("never", "epoch")
        ),
        Mistake(
            "You computed the advantages anew from the critic of the moment. They say how good the "
            "actions were for the policy that acted: use the batch's in all epochs.",
            _update(select=_recomputed_advantage),
        ),
        *(
            Mistake(NORMALISED, _update(select=_normalised_again(correction)))
            for correction in (0, 1)
        ),
        Mistake(WITHOUT_REPLACEMENT, _update(_with_replacement)),
        Mistake(WITHOUT_REPLACEMENT, _update(_draws_for_each)),
        Mistake(
            "You shuffled once and dealt the same minibatches in every epoch. Call "
            "maths.minibatches inside the loop over epochs, so that other samples meet each time.",
            _update(deal_once=True),
        ),
        Mistake(
            "You dealt the samples in the order in which they stand. Neighbours in time are alike: "
            "shuffle them in each epoch, as maths.minibatches does.",
            _update(_in_order),
        ),
        Mistake(
            "You ignored the generator and drew from torch's global random state. Hand it to "
            "maths.minibatches.",
            _update(_global_shuffle),
        ),
        Mistake(
            "You left out the last, shorter minibatch. Its samples belong to the epoch as well: "
            "take a step with them, too.",
            _update(_whole_ones),
        ),
        Mistake(
            "You took the loss of the whole batch at every step. Each step is for one minibatch: "
            "batch.select(index).",
            _update(select=_whole_batch),
        ),
        Mistake(
            "You added up the gradients of an epoch and stepped once. Each minibatch has a step of "
            "its own: zero_grad and step belong into the inner loop.",
            _update(forget="epoch", step="epoch"),
        ),
        Mistake(
            "The policy's loss has the wrong sign. It is a loss already, minus the surrogate: add "
            "it as it comes.",
            _update(loss=_signs(-1, 1, -1)),
        ),
        Mistake(
            "The critic's term has the wrong sign: its error would grow. It is added.",
            _update(loss=_signs(1, -1, -1)),
        ),
        Mistake(
            "The entropy's term has the wrong sign. It is a bonus, and the loss is minimised: "
            "subtract it.",
            _update(loss=_signs(1, 1, 1)),
        ),
        Mistake(
            "The critic's loss is missing: it would never learn. Add "
            "config.value_coefficient times maths.value_loss.",
            _update(loss=_signs(1, 0, -1)),
        ),
        Mistake(
            "The entropy bonus is missing. Subtract config.entropy_coefficient times the mean "
            "entropy.",
            _update(loss=_signs(1, 1, 0)),
        ),
        Mistake(
            "The critic's loss counts twice. It is half the mean squared error, as "
            "maths.value_loss has it.",
            _update(loss=_squared_error),
        ),
        Mistake(
            "The gradient was not shortened. Call "
            "torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm) "
            "after backward() and before step().",
            _update(shorten=_leave_long),
        ),
        Mistake(
            "You shortened the gradients of actor and critic apart. All parameters have one norm "
            "together: hand policy.parameters() to a single clip_grad_norm_.",
            _update(shorten=_shorten_apart),
        ),
        Mistake(
            "You did not use the `policy_loss` that was handed in, but always the clipped one. "
            "Call policy_loss: so another loss can be tried, your own too.",
            _update(loss=_always_clipped),
        ),
        Mistake(
            "You clip at 0.2, whatever the settings say. Hand config.clip_epsilon on.",
            _update(loss=_usual_epsilon),
        ),
    ),
    objection=objection_to_update,
    tolerance=TOLERANCE,
)
