from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical

from ppo_lesson import maths
from ppo_lesson.exercises import yours
from ppo_lesson.lessons import EXERCISES
from ppo_lesson.lessons.ppo_cartpole.minibatches import objection_to_minibatches
from ppo_lesson.lessons.ppo_cartpole.update import objection_to_update
from ppo_lesson.training import PPOConfig, gradient_step, ppo_loss, train

# --- clipped_value_loss ---


def clipped_by_choice(value, value_target, old_value, clip_epsilon):
    low, high = old_value - clip_epsilon, old_value + clip_epsilon
    near = torch.where(value < low, low, torch.where(value > high, high, value))
    one, other = (value - value_target) ** 2, (near - value_target) ** 2
    return torch.where(other > one, other, one).mean() / 2


def clipped_by_loop(value, value_target, old_value, clip_epsilon):
    total = 0
    for v, target, old in zip(value, value_target, old_value, strict=True):
        near = old + torch.clip(v - old, -clip_epsilon, clip_epsilon)
        total = total + max((v - target) ** 2, (near - target) ** 2)
    return 0.5 * total / len(value)


def clipped_by_absolute_error(value, value_target, old_value, clip_epsilon):
    near = value.clamp(min=old_value - clip_epsilon).minimum(old_value + clip_epsilon)
    error = torch.stack([value - value_target, near - value_target]).abs().amax(0)
    return error.pow(2).sum() / (2 * len(value))


def critic_variant(choose="max", wrap=lambda near, old: near, **numbers):
    """Write the loss anew, with one thing or the other wrong."""

    def answer(value, value_target, old_value, clip_epsilon):
        move = (value - old_value).clip(min=-clip_epsilon, max=clip_epsilon)
        errors = [(x - value_target) ** 2 for x in (value, wrap(old_value + move, old_value))]
        pair = torch.stack(errors)
        per_sample = {"max": pair.amax(0), "min": pair.amin(0), "near": pair[1], "plain": pair[0]}
        chosen = per_sample[choose]
        return numbers.get("factor", 0.5) * chosen.sum() / numbers.get("divide", len(value))

    return answer


def clipped_value_around_zero(value, value_target, old_value, clip_epsilon):
    near = torch.clip(value, -clip_epsilon, clip_epsilon)
    return ((near - value_target) ** 2).maximum((value - value_target) ** 2).mean() / 2


def clipped_like_a_ratio(value, value_target, old_value, clip_epsilon):
    near = old_value * torch.clip(value / old_value, 1 - clip_epsilon, 1 + clip_epsilon)
    return ((near - value_target) ** 2).maximum((value - value_target) ** 2).mean() / 2


def clipped_around_target(value, value_target, old_value, clip_epsilon):
    near = value_target + (value - value_target).clip(-clip_epsilon, clip_epsilon)
    return ((near - value_target) ** 2).maximum((value - value_target) ** 2).mean() / 2


def clipped_mean_first(value, value_target, old_value, clip_epsilon):
    near = old_value + (value - old_value).clip(-clip_epsilon, clip_epsilon)
    return max(((near - value_target) ** 2).mean(), ((value - value_target) ** 2).mean()) / 2


# --- entropy ---


def entropy_from_logsumexp(logits):
    """Use H = log sum exp - sum p logits, on shifted logits."""
    shifted = logits - logits.max(-1, keepdim=True).values.detach()
    prob = shifted.softmax(-1)
    return shifted.logsumexp(-1) - (prob * shifted).sum(-1)


def entropy_by_loop(logits):
    rows = []
    for row in logits:
        log_prob = row - torch.logsumexp(row, 0)
        rows.append(-sum(torch.exp(lp) * lp for lp in log_prob))
    return torch.stack(rows)


def entropy_as_cross_entropy(logits):
    return torch.nn.functional.cross_entropy(logits, logits.softmax(-1), reduction="none")


def entropy_over_columns(logits):
    prob = logits.softmax(0)
    return -(prob * prob.log()).sum(1)


# --- minibatches ---


def deal_by_argsort(num_samples, size, generator):
    order = torch.rand(num_samples, generator=generator).argsort()
    return [order[k : k + size] for k in range(0, num_samples, size)]


def deal_lazily(num_samples, size, generator) -> Iterator[Tensor]:
    order = torch.randperm(num_samples, generator=generator)
    while len(order):
        yield order[:size]
        order = order[size:]


def deal_by_fisher_yates(num_samples, size, generator):
    cards = list(range(num_samples))
    for k in range(num_samples - 1, 0, -1):
        j = int(torch.randint(k + 1, (1,), generator=generator))
        cards[k], cards[j] = cards[j], cards[k]
    return tuple(torch.tensor(cards[k : k + size]) for k in range(0, num_samples, size))


def deal_by_multinomial(num_samples, size, generator):
    order = torch.multinomial(torch.ones(num_samples), num_samples, generator=generator)
    return order.split(size)


def deal_all_but_the_rest(num_samples, size, generator):
    order = torch.randperm(num_samples, generator=generator)
    return [order[k * size : (k + 1) * size] for k in range(num_samples // size)]


def deal_draws(num_samples, size, generator):
    count = -(-num_samples // size)
    draws = [torch.randint(num_samples, (size,), generator=generator) for _ in range(count)]
    draws[-1] = draws[-1][: num_samples - size * (count - 1)]
    return draws


def deal_each_from_all(num_samples, size, generator):
    deals = [torch.randperm(num_samples, generator=generator) for _ in range(0, num_samples, size)]
    return [deal[:size] for deal in deals]


def deal_without_the_first(num_samples, size, generator):
    return (1 + torch.randperm(num_samples, generator=generator)).split(size)


def deal_shuffled_chunks(num_samples, size, generator):
    chunks = torch.arange(num_samples).split(size)
    order = torch.randperm(max(1, num_samples // size), generator=generator)
    return [chunks[k] for k in order] + list(chunks[len(order) :])


def deal_numbers(num_samples, size, generator):
    return [batch.tolist() for batch in deal_by_argsort(num_samples, size, generator)]


def deal_with_own_seed(num_samples, size, generator):
    return deal_by_argsort(num_samples, size, torch.Generator().manual_seed(3))


def deal_by_initial_seed(num_samples, size, generator):
    order = np.random.default_rng(generator.initial_seed()).permutation(num_samples)
    return list(torch.from_numpy(order).split(size))


def deal_by_python(num_samples, size, generator):
    cards = list(range(num_samples))
    random.shuffle(cards)
    return torch.tensor(cards).split(size)


# --- ppo_update ---


def update_as_asked(policy, optimizer, batch, config, generator, policy_loss):
    for _ in range(config.num_epochs):
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator):
            part = batch.select(index)
            logits = policy.logits(part.obs)
            log_prob = maths.action_log_prob(logits, part.action)
            loss = policy_loss(log_prob, part.old_log_prob, part.advantage, config.clip_epsilon)
            value = policy.value(part.obs)
            loss = loss + config.value_coefficient * maths.value_loss(value, part.value_target)
            loss = loss - config.entropy_coefficient * maths.entropy(logits).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm)
            optimizer.step()


def update_by_torch_alone(policy, optimizer, batch, config, generator, policy_loss):
    for _ in range(config.num_epochs):
        order = torch.randperm(len(batch.action), generator=generator)
        for k in range(0, len(order), config.minibatch_size):
            obs, action, old, advantage, _, target = (
                x[order[k:][: config.minibatch_size]] for x in batch
            )
            now = Categorical(logits=policy.logits(obs))
            error = torch.nn.functional.mse_loss(policy.value(obs), target)
            terms = [
                policy_loss(now.log_prob(action), old, advantage, config.clip_epsilon),
                config.value_coefficient * error / 2,
                -config.entropy_coefficient * now.entropy().mean(),
            ]
            for p in policy.parameters():
                p.grad = None
            sum(terms).backward()
            torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm)
            optimizer.step()


def update_with_helpers(generator, config, optimizer, policy, policy_loss, batch):
    return [
        gradient_step(
            optimizer,
            ppo_loss(policy, batch.select(index), config, policy_loss),
            config.max_gradient_norm,
        )
        for _ in range(config.num_epochs)
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator)
    ]


def update_variant(lines: str, instead: str):
    """Write `update_as_asked` with some of its text replaced."""
    source = inspect.getsource(update_as_asked)
    assert lines in source
    names = {"maths": maths, "torch": torch}
    exec(source.replace(lines, instead), names)
    return names["update_as_asked"]


RIGHT: dict[str, list[Callable]] = {
    "ppo_update": [update_as_asked, update_by_torch_alone, update_with_helpers],
    "value_loss": [
        lambda value, value_target: torch.nn.functional.mse_loss(value, value_target) / 2,
        lambda value, value_target: (value_target - value).pow(2).sum() / (2 * len(value)),
        lambda value, value_target: (
            ((value - value_target) @ (value - value_target)) / 2 / len(value)
        ),
        lambda value, value_target: (
            value**2 / 2 - value * value_target + value_target**2 / 2
        ).mean(),
    ],
    "clipped_value_loss": [
        clipped_by_choice,
        clipped_by_loop,
        clipped_by_absolute_error,
        critic_variant(),
    ],
    "entropy": [
        lambda logits: Categorical(logits=logits).entropy(),
        entropy_from_logsumexp,
        entropy_by_loop,
        entropy_as_cross_entropy,
        lambda logits: torch.special.entr(logits.softmax(-1)).sum(-1),
    ],
    "minibatches": [deal_by_argsort, deal_lazily, deal_by_fisher_yates, deal_by_multinomial],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "ppo_update": [
        (update_variant(before, after), words)
        for before, after, words in (
            ("range(config.num_epochs)", "range(1)", "one pass over the batch"),
            ("part.old_log_prob", "log_prob.detach()", "the old log-probabilities anew"),
            ("optimizer.zero_grad()", "pass", "still in yours"),
            ("optimizer.step()", "pass", "took no step"),
            ("optimizer.step()", "optimizer.step(), optimizer.step()", "took 2 steps"),
            ("loss.backward()", "loss.backward(), optimizer.zero_grad()", "no parameter moved"),
            ("loss.backward()", "pass", "no parameter moved"),
            ("log_prob, part.old_log_prob", "part.old_log_prob, log_prob", "reaches the actor"),
            ("log_prob, part.old", "log_prob.detach(), part.old", "reaches the actor"),
            ("part = batch.select(index)", "part = batch", "the whole batch at every step"),
            ("loss - config", "loss + config", "The entropy's term has the wrong sign"),
            ("loss + config", "loss - config", "The critic's term has the wrong sign"),
            ("loss = policy_loss", "loss = -policy_loss", "The policy's loss has the wrong sign"),
            ("= policy_loss(", "= maths.clipped_surrogate_loss(", "did not use the `policy_loss`"),
            ("config.clip_epsilon", "0.2", "clip at 0.2"),
            ("policy.parameters()", "policy.actor.parameters()", "led elsewhere"),
            ("config.max_gradient_norm", "1e9", "was not shortened"),
            ("config.value_coefficient", "2 * config.value_coefficient", "counts twice"),
            ("config.entropy_coefficient * ", "", "The critic is right"),
            ("loss.backward()", "(loss / 0).backward()", "NaN or infinity"),
            ("loss.backward()", "loss.detach().backward()", "does not require grad"),
            (
                "part.advantage",
                "(part.value_target - policy.value(part.obs).detach())",
                "the advantages anew",
            ),
            (
                "part = batch.select(index)",
                "batch.advantage.clamp_(-1, 1); part = batch.select(index)",
                "changes the batch in place",
            ),
            (
                "batch.select(index)",
                "batch.select(torch.randperm(len(batch.action), generator=generator)[:len(index)])",
                "one call of maths.minibatches in each epoch",
            ),
        )
    ],
    "value_loss": [
        (torch.nn.functional.mse_loss, "called as value_loss"),
        (lambda value, value_target: ((value_target - value) ** 2).mean(), "half is missing"),
        (lambda value, value_target: ((value - value_target) ** 2).sum() / 2, "took the sum"),
        (
            lambda value, value_target: ((value - value_target) ** 2).sum(),
            "took the sum, and left out",
        ),
        (lambda value, value_target: abs(value - value_target).mean(), "absolute error, and left"),
        (lambda value, value_target: (value.mean() - value_target.mean()) ** 2 / 2, "signs cancel"),
        (lambda value, value_target: -0.5 * ((value - value_target) ** 2).mean(), "sign is wrong"),
        (
            lambda value, value_target: torch.tensor(
                0.5 * ((value - value_target) ** 2).mean().item(), dtype=torch.float64
            ),
            "cut the gradient",
        ),
        (lambda value, value_target: ((value - value_target) ** 2).mean() ** 0.5, "the root"),
        (lambda value, value_target: ((value - value_target) ** 4).mean() / 2, "four times"),
    ],
    "clipped_value_loss": [
        (critic_variant(choose="min"), "took the smaller error"),
        (critic_variant(choose="near"), "clipped prediction alone"),
        (critic_variant(choose="plain"), "loss without a clip"),
        (clipped_around_target, "loss without a clip"),
        (clipped_value_around_zero, "clipped the prediction itself"),
        (clipped_like_a_ratio, "clipped a ratio of values"),
        (critic_variant(wrap=lambda near, old: near - old), "did not add it"),
        (clipped_mean_first, "larger mean"),
        (critic_variant(factor=1.0), "half is missing"),
        (critic_variant(divide=1), "took the sum"),
        (
            lambda value, **others: clipped_by_choice(value=value.clone().detach(), **others),
            "cut the gradient",
        ),
        (critic_variant(factor=2.0), "very wide clip"),
    ],
    "entropy": [
        (lambda logits: -Categorical(logits=logits).entropy(), "minus is missing"),
        (lambda logits: Categorical(logits=logits).entropy().mean(), "averaged over the samples"),
        (entropy_over_columns, "softmax runs over the samples"),
        (
            lambda logits: Categorical(logits=logits).entropy() * 1.4426950408889634,
            "entropy in bits",
        ),
        (lambda logits: -(logits * logits.softmax(-1)).sum(-1), "logits as log-probabilities"),
        (lambda logits: Categorical(logits=logits).entropy() / logits.size(1), "mean over actions"),
        (lambda logits: logits.log_softmax(1).sum(1).neg(), "without their weights"),
        (lambda logits: Categorical(logits=logits.detach()).entropy(), "cut the gradient"),
        (
            lambda logits: 1 - logits.softmax(-1).square().sum(-1) + logits.mean(-1),
            "constant added to all logits",
        ),
    ],
    "minibatches": [
        (deal_all_but_the_rest, "dropped the last, shorter minibatch"),
        (lambda num_samples, size, generator: torch.arange(num_samples).split(size), "shuffling"),
        (
            lambda num_samples, size, generator: torch.arange(num_samples - 1, -1, -1).split(size),
            "dealt in order",
        ),
        (
            lambda num_samples, size, generator: (
                torch.arange(num_samples).roll(int(torch.randint(99, (), generator=generator)))
            ).split(size),
            "dealt in order",
        ),
        (deal_draws, "with replacement"),
        (deal_each_from_all, "more than once"),
        (lambda num_samples, size, generator: torch.randperm(num_samples).split(size), "ignored"),
        (deal_by_python, "random state"),
        (deal_shuffled_chunks, "dealt in order"),
        (deal_without_the_first, "an index outside 0 to"),
        (deal_numbers, "not a tensor"),
        (
            lambda num_samples, size, generator: torch.randperm(
                num_samples, generator=generator
            ).tensor_split(size),
            "One of your minibatches is empty",
        ),
        (
            lambda num_samples, size, generator: [
                batch.double() for batch in deal_by_argsort(num_samples, size, generator)
            ],
            "yours are float64",
        ),
        (lambda num_samples, size, generator: None, "None"),
        (lambda num_samples, size, generator: 3, "not asked for"),
        (deal_with_own_seed, "Two generators in different states"),
        (deal_by_initial_seed, "Dealing twice from one generator"),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "entropy": [
        (
            lambda logits: -(logits.softmax(1) * torch.log(logits.softmax(1))).sum(1),
            "0 times minus infinity",
        ),
    ],
}


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([[0, 1], [2]], ""),
        ([[2, 0], [1]], ""),
        ([[0], [1, 2]], "sizes"),
        ([[0, 1, 2]], "sizes"),
        ([[0, 1], [2], []], "empty"),
        ([[0, 1]], "Only 2 of 3"),
        ([[0, 1], [1]], "more than once"),
        ([[0, 1], [3]], "outside"),
        ([], "Only 0 of 3"),
    ],
)
def test_the_objection_to_minibatches_sees(batches: list[list[int]], words: str) -> None:
    inputs = {"num_samples": 3, "size": 2, "generator": torch.Generator()}
    found = objection_to_minibatches(inputs, [torch.tensor(b, dtype=torch.int64) for b in batches])
    assert words in found
    assert bool(found) == bool(words)


def test_the_asked_update_trains_as_the_packages_does_to_the_last_bit(tmp_path, monkeypatch):
    """`train` takes it, and the loss and the advantages that `yours` hands out, as they are."""
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path))
    functions = {
        name: yours(EXERCISES[exercise], answer)
        for name, exercise, answer in (
            ("update", "ppo_update", update_as_asked),
            ("policy_loss", "clipped_surrogate_loss", maths.clipped_surrogate_loss),
            ("gae", "gae", maths.gae),
        )
    }
    config = PPOConfig(total_steps=3_000, entropy_coefficient=0.01)
    mine, plain = train(config, seed=3, **functions), train(config, seed=3)
    pairs = zip(mine.policy.parameters(), plain.policy.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert torch.equal(mine.curve("approx_kl"), plain.curve("approx_kl"))


@pytest.mark.parametrize("case", EXERCISES["ppo_update"].cases, ids=lambda case: case.label)
def test_an_update_that_is_wrong_on_one_case_only_is_caught(case):
    """No case is there for nothing, and each parameter counts."""
    left = EXERCISES["ppo_update"].call(update_as_asked, case.inputs)
    assert objection_to_update(case.inputs, left) == ""
    for k in range(3, len(left)):
        other = [*left[:k], left[k] + 1e-3, *left[k + 1 :]]
        assert "by 0.001" in objection_to_update(case.inputs, other)
