"""PPO on sentences: its gradient is that of the exact objective, and padding is no experience."""

from __future__ import annotations

import copy
import math
import signal
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language import rlhf
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.model import LanguageModel, Responses, every_log_prob, respond
from ppo_lesson.language.rlhf import align, make_batch, rewards, token_loss
from ppo_lesson.worlds import grammar

EVERY, REWARD, BETA = grammar.sentences(), grammar.true_reward(), 0.5
DOG = 1
PROMPT, TOKEN, MASK = torch.full((len(EVERY),), DOG), EVERY.token, EVERY.mask


def flat_gradient(value: Tensor, model: LanguageModel) -> Tensor:
    parameters = [*model.actor.parameters(), *model.actor_head.parameters()]
    return torch.cat([x.flatten() for x in torch.autograd.grad(value, parameters)])


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel(seed=1).double()


@pytest.fixture(scope="module")
def ref_log_prob() -> Tensor:
    """Of every token of every response to one prompt under the reference, (S, T)."""
    with torch.no_grad():
        return LanguageModel(seed=2).double().log_prob(PROMPT, TOKEN)


@pytest.fixture(scope="module")
def exact_gradient(model, ref_log_prob) -> Tensor:
    """By autograd through the sum over all responses: no policy gradient in it."""
    log_prob = every_log_prob(model, EVERY)[DOG]
    ref = (ref_log_prob * MASK).sum(-1)
    objective = maths.regularised_objective(log_prob, ref, REWARD[DOG], BETA)
    return flat_gradient(objective, model)


def token_returns(reward: Tensor, to_go: bool) -> Tensor:
    """Sum a response's rewards: from each token on, or all of them for each token."""
    if to_go:
        return reward.flip(-1).cumsum(-1).flip(-1)
    return reward.sum(-1, keepdim=True).expand_as(reward)


def test_the_learning_rate_falls_along_a_line(monkeypatch):
    rates = []
    monkeypatch.setattr(
        rlhf,
        "take_step",
        lambda model, optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]),
    )
    config = RLHFConfig(num_iterations=4, num_responses=8, minibatch_size=8, num_epochs=1)
    align(LanguageModel(seed=0), lambda prompt, token: torch.zeros(len(prompt)), config, seed=0)
    assert rates == [config.learning_rate * share for share in (1, 0.75, 0.5, 0.25)]


@pytest.mark.parametrize("to_go", [False, True], ids=["whole return", "rewards to go"])
def test_the_clipped_loss_on_tokens_has_the_gradient_of_the_exact_objective(
    model, ref_log_prob, exact_gradient, to_go
):
    """The sum over all responses, of probability times the loss that solved CartPole: 1e-9."""
    log_prob = model.log_prob(PROMPT, TOKEN)
    old = log_prob.detach()
    reward = maths.shaped_reward(REWARD[DOG], old, ref_log_prob, MASK, BETA)
    probability = (old * MASK).sum(-1).exp()
    # The loss is a mean over tokens; times their number it is the sum that the theorem asks for.
    advantage = probability.unsqueeze(-1) * token_returns(reward, to_go) * MASK.sum()
    loss = maths.clipped_surrogate_loss(log_prob[MASK], old[MASK], advantage[MASK], 0.2)
    difference = -flat_gradient(loss, model) - exact_gradient
    assert difference.abs().max() < 1e-9
    assert exact_gradient.abs().max() > 1e-2


def test_the_sampled_gradient_approaches_the_exact_one(model, ref_log_prob, exact_gradient):
    """N responses; in a fixed direction, the error lies within four exact standard errors."""
    generator = torch.Generator().manual_seed(0)
    direction = torch.randn(len(exact_gradient), generator=generator, dtype=torch.float64)
    direction /= direction.norm()
    sideways = directional_derivative(model, direction)  # of each response's log-probability
    with torch.no_grad():
        old = model.log_prob(PROMPT, TOKEN)
    returns = maths.shaped_reward(REWARD[DOG], old, ref_log_prob, MASK, BETA).sum(-1)
    probability = (old * MASK).sum(-1).exp()
    mean = probability @ (sideways * returns)
    torch.testing.assert_close(mean, exact_gradient @ direction, rtol=1e-5, atol=1e-8)
    deviation = (probability @ (sideways * returns).square() - mean.square()).sqrt()
    for count in (1_000, 16_000):
        index = torch.multinomial(probability, count, True, generator=generator)
        log_prob = model.log_prob(PROMPT[index], TOKEN[index])
        advantage = returns[index].unsqueeze(-1).expand_as(log_prob)
        mask = MASK[index]
        loss = maths.clipped_surrogate_loss(
            log_prob[mask], log_prob.detach()[mask], advantage[mask], 0.2
        )
        sampled = -flat_gradient(loss, model) * mask.sum() / count
        assert (sampled @ direction - mean).abs() < 4 * deviation / count**0.5


def directional_derivative(model: LanguageModel, direction: Tensor, step: float = 1e-5) -> Tensor:
    found = []
    for sign in (step, -step):
        moved, start = copy.deepcopy(model), 0
        with torch.no_grad():
            for x in [*moved.actor.parameters(), *moved.actor_head.parameters()]:
                x += sign * direction[start : start + x.numel()].view_as(x)
                start += x.numel()
            found.append(every_log_prob(moved, EVERY)[DOG])
    return (found[0] - found[1]) / (2 * step)


@pytest.fixture
def said(model) -> Responses:
    prompt = torch.arange(3).repeat(16)
    said = respond(copy.deepcopy(model).float(), prompt, torch.Generator().manual_seed(4))
    assert 0 < (~said.mask).sum() < said.mask.numel()
    return said


def with_garbage(said: Responses) -> Responses:
    """Fill the padding with what nobody said."""
    return replace(
        said,
        token=torch.where(said.mask, said.token, 7),
        log_prob=said.log_prob.masked_fill(~said.mask, 3.0),
    )


@pytest.mark.parametrize("group_size", [0, 4])
def test_padding_is_no_experience(said, group_size):
    model, config = LanguageModel(3), RLHFConfig(group_size=group_size, num_responses=48)
    reward = torch.randn(said.mask.shape, generator=torch.Generator().manual_seed(5)) * said.mask
    index, found = torch.arange(48), []
    for responses in (said, with_garbage(said)):
        batch = make_batch(model, responses, reward, config)
        loss = token_loss(model, batch, index, config)
        loss.backward()
        found.append((loss.item(), flat_grad(model), batch.advantage[said.mask]))
        model.zero_grad()
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(torch.as_tensor(first), torch.as_tensor(second))


def flat_grad(model: LanguageModel) -> Tensor:
    return torch.cat([x.grad.flatten() for x in model.parameters() if x.grad is not None])


def test_advantages_are_those_of_each_response_alone_then_normalised_over_real_tokens(said):
    model = LanguageModel(3)
    reward = torch.randn(said.mask.shape, generator=torch.Generator().manual_seed(5)) * said.mask
    config = RLHFConfig(gae_lambda=0.7)
    batch = make_batch(model, said, reward, config)
    with torch.no_grad():
        value = model.value(said.prompt, said.token)
    alone = []
    for row, paid, values in zip(said.mask, reward, value, strict=True):
        ends, v = torch.zeros(int(row.sum()), dtype=torch.bool), values[row]
        ends[-1] = True
        next_value = torch.cat([v[1:], torch.zeros(1)])
        advantage = maths.gae(paid[row], v, next_value, ends, torch.zeros_like(ends), 1.0, 0.7)
        alone.append(advantage)
    together = torch.cat(alone)
    torch.testing.assert_close(batch.advantage[said.mask], maths.normalise_advantage(together))
    torch.testing.assert_close(batch.value_target[said.mask], together + value[said.mask])
    assert (batch.advantage[~said.mask] == 0).all()


def test_in_groups_every_token_has_the_advantage_of_its_response(said):
    reward = torch.randn(said.mask.shape, generator=torch.Generator().manual_seed(5)) * said.mask
    config = RLHFConfig(group_size=8, num_responses=48)
    advantage = make_batch(LanguageModel(3), said, reward, config).advantage
    expected = maths.group_relative_advantage(reward.sum(-1).view(6, 8)).flatten()
    torch.testing.assert_close(advantage, expected.unsqueeze(-1).expand_as(advantage))


def score_of_length(prompt: Tensor, token: Tensor) -> Tensor:
    return grammar.real_tokens(token).sum(-1).float()


SHORT = RLHFConfig(num_iterations=2, num_responses=64, minibatch_size=32, num_epochs=2)


@pytest.mark.parametrize("group_size", [0, 8])
def test_alignment_repeats_itself_leaves_the_reference_and_counts_its_iterations(group_size):
    reference, config = LanguageModel(0), replace(SHORT, group_size=group_size)
    before, heard = copy.deepcopy(reference.state_dict()), []
    first, second = (
        align(reference, score_of_length, config, seed=3, watch=lambda x: heard.append(x.stopped))
        for _ in range(2)
    )
    assert first.history == second.history and len(first.history) == 2
    assert heard == ["", "", "all iterations done"] * 2
    assert all(reference.state_dict()[name].equal(x) for name, x in before.items())
    moved = first.policy.state_dict()
    assert not moved["actor_head.weight"].equal(before["actor_head.weight"])
    assert moved["critic_head.weight"].equal(before["critic_head.weight"]) is bool(group_size)


def test_another_loss_of_the_policy_takes_the_clipped_ones_place():
    """Nothing is learned from a loss of 0, though the critic still is fitted."""
    asked = []

    def nothing(log_prob: Tensor, old: Tensor, advantage: Tensor, epsilon: float) -> Tensor:
        assert log_prob.requires_grad and not old.requires_grad and epsilon == SHORT.clip_epsilon
        asked.append(log_prob.shape == old.shape == advantage.shape)
        return 0 * log_prob.sum()

    reference = LanguageModel(0)
    found = align(reference, score_of_length, SHORT, seed=3, policy_loss=nothing).policy
    assert asked == [True] * 8  # two iterations, two epochs, two minibatches
    assert found.actor_head.weight.equal(reference.actor_head.weight)
    assert not found.critic_head.weight.equal(reference.critic_head.weight)


def test_the_first_iteration_is_drawn_from_the_reference():
    history = align(LanguageModel(0), score_of_length, SHORT, seed=3).history
    assert history[0].kl == pytest.approx(0, abs=1e-5)
    assert history[1].kl > 1e-3


def test_the_largest_ratio_and_what_the_clip_silences_are_those_after_the_last_epoch():
    """Against the policy that it leaves behind, on a rollout that is drawn once more."""
    config, drawn = replace(SHORT, num_iterations=1), []

    def keep(model: LanguageModel, prompt: Tensor, generator: torch.Generator) -> Responses:
        drawn.append(respond(model, prompt, generator))
        return drawn[-1]

    found = align(LanguageModel(0), score_of_length, config, seed=3, draw=keep)
    (said,), (record,) = drawn, found.history
    with torch.no_grad():
        ratio = (found.policy.log_prob(said.prompt, said.token) - said.log_prob)[said.mask].exp()
    *_, reward = rewards(LanguageModel(0), score_of_length, said, config.beta)
    up = make_batch(LanguageModel(0), said, reward, config).advantage[said.mask] > 0
    silent = torch.where(up, ratio > 1.2, ratio < 0.8).float().mean().item()
    assert record.largest_ratio == pytest.approx(ratio.max().item(), rel=1e-5)
    assert record.active_clip_fraction == pytest.approx(silent, abs=1e-6)
    assert 0 < record.active_clip_fraction < ((ratio - 1).abs() > 0.2).float().mean().item()


def test_each_iteration_asks_the_reference_once(monkeypatch: pytest.MonkeyPatch):
    reference, asked = LanguageModel(0), []
    log_prob = reference.log_prob
    monkeypatch.setattr(LanguageModel, "copy", lambda self: LanguageModel(0))  # it stays unwatched

    def watched(prompt: Tensor, token: Tensor) -> Tensor:
        asked.append(len(prompt))
        return log_prob(prompt, token)

    monkeypatch.setattr(reference, "log_prob", watched)
    history = align(reference, score_of_length, SHORT, seed=3).history
    assert asked == [SHORT.num_responses] * len(history) == [64, 64]


def test_longer_responses_come_of_a_score_that_is_their_length():
    config = RLHFConfig(num_iterations=10, num_responses=256, minibatch_size=256, beta=0.0)
    history = align(LanguageModel(0), score_of_length, config, seed=0).history
    assert history[-1].score > history[0].score + 0.2


def test_a_scorer_of_drawn_responses_can_be_replaced():
    def without_scores(model: LanguageModel, prompt: Tensor, generator: torch.Generator):
        said = respond(model, prompt, generator)
        return replace(said, log_prob=torch.zeros_like(said.log_prob))

    wrong = align(LanguageModel(0), score_of_length, SHORT, seed=3, draw=without_scores)
    assert wrong.history[0].kl > 1  # log 1 is what it says it was


def weights(model: LanguageModel) -> Tensor:
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()


@pytest.mark.parametrize("sharpness", [1.0, 20.0])
@pytest.mark.parametrize("score", [0.0, 0.1, 1000.1])
def test_groups_whose_scores_are_equal_move_no_weight(score: float, sharpness: float):
    reference = LanguageModel(0)
    with torch.no_grad():
        reference.actor_head.weight.mul_(sharpness)
    config = RLHFConfig(
        num_iterations=3, num_responses=64, minibatch_size=32, num_epochs=2, group_size=4
    )
    found = align(reference, lambda p, t: torch.full((len(p),), score), config, seed=0)
    assert torch.equal(weights(found.policy), weights(reference))
    assert found.stopped == "all iterations done"


def test_groups_that_differ_are_compared_beside_groups_that_do_not():
    def half(prompt: Tensor, token: Tensor) -> Tensor:
        return torch.arange(len(prompt)).lt(4).float() * torch.arange(len(prompt)) * 1e-3

    reference = LanguageModel(0)
    said = respond(reference, torch.zeros(8, dtype=torch.long), torch.Generator().manual_seed(0))
    *_, reward = rewards(reference, half, said, BETA)
    config = RLHFConfig(num_responses=8, group_size=4, beta=BETA)
    advantage = make_batch(reference, said, reward, config).advantage[:, 0]
    assert advantage[:4].abs().min() > 0.1
    assert (advantage[4:] == 0).all()


class Spoils:
    """A score of one that is not finite, from the k-th iteration on."""

    def __init__(self, number: float, start: int) -> None:
        self.number, self.start, self.calls = number, start, 0

    def __call__(self, prompt: Tensor, token: Tensor) -> Tensor:
        score = score_of_length(prompt, token)
        self.calls += 1
        if self.calls >= self.start:
            score[3] = self.number
        return score


@pytest.mark.parametrize("group_size", [0, 8])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_ends_it_with_the_last_good_weights(number, group_size):
    config = replace(SHORT, num_iterations=3, group_size=group_size)
    kept: list[Tensor] = []
    with pytest.warns(RuntimeWarning, match="training stopped: score is not finite") as caught:
        found = align(
            LanguageModel(0),
            Spoils(number, 3),
            config,
            seed=3,
            watch=lambda result: kept.append(weights(result.policy)),
        )
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert found.stopped == "score is not finite in iteration 3"
    assert (len(found.history), len(kept)) == (2, 3)  # the end is told too
    assert torch.equal(weights(found.policy), kept[-1])


def test_a_gradient_that_is_not_finite_ends_it_too(monkeypatch: pytest.MonkeyPatch):
    def nan_loss(*arguments: object) -> Tensor:
        return token_loss(*arguments) * math.nan  # type: ignore[arg-type]

    monkeypatch.setattr(rlhf, "token_loss", nan_loss)
    with pytest.warns(RuntimeWarning, match="the gradient's norm is nan in iteration 1"):
        found = align(LanguageModel(0), score_of_length, SHORT, seed=3)
    assert torch.equal(weights(found.policy), weights(LanguageModel(0)))
    assert found.history == []


def test_a_reference_that_is_not_finite_is_named():
    spoilt = LanguageModel(0)
    with torch.no_grad():
        spoilt.actor_head.bias[0] = math.nan
    with pytest.warns(RuntimeWarning, match="the policy's logits are not finite in iteration 1"):
        align(spoilt, score_of_length, SHORT, seed=3)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda p, t: torch.zeros(len(p), 1), r"^score: expected shape \(B,\)"),
        (lambda p, t: torch.zeros(3), r"^score: expected shape \(B,\)"),
        (lambda p, t: torch.zeros(len(p), dtype=torch.long), "^score: expected floating point"),
        (lambda p, t: [0.0] * len(p), "^score: expected a tensor, got list"),
    ],
)
def test_a_score_of_another_shape_is_named(score, message):
    with pytest.raises((ValueError, TypeError), match=message):
        align(LanguageModel(0), score, SHORT, seed=3)


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_what_the_reference_forbids_costs_nothing_without_a_price(beta: float):
    reference = LanguageModel(0)
    said = respond(reference, torch.zeros(8, dtype=torch.long), torch.Generator().manual_seed(0))

    class Forbids:
        def log_prob(self, prompt: Tensor, token: Tensor) -> Tensor:
            return torch.full(token.shape, -math.inf)

    if beta:
        with pytest.raises(FloatingPointError, match=r"^ref_log_prob is not finite$"):
            rewards(Forbids(), score_of_length, said, beta)  # type: ignore[arg-type]
    else:
        scores, _, reward = rewards(Forbids(), score_of_length, said, beta)  # type: ignore[arg-type]
        assert torch.equal(reward.sum(-1), scores)


class Watcher:
    """Is told of every iteration and of the end, and does something at the second iteration."""

    def __init__(self, act):
        self.act, self.iterations, self.told = act, 0, []

    def __call__(self, result):
        if result.stopped:
            return self.told.append(result.stopped)
        self.iterations += 1
        return self.act() if self.iterations == 2 else None


THREE = RLHFConfig(num_iterations=3, num_responses=8, minibatch_size=8, num_epochs=1)


def its_length(prompt, token):
    return (token != 0).sum(-1).float()


@pytest.mark.parametrize(
    ("act", "reason", "iterations"),
    [
        (lambda: None, "all iterations done", 3),
        (lambda: signal.raise_signal(signal.SIGINT), "interrupted", 2),
        (lambda: True, "watch returned True", 2),
        (lambda: "stopped by you", "stopped by you", 2),
    ],
    ids=["done", "Ctrl-C", "True", "words"],
)
def test_a_watcher_is_told_once_why_the_alignment_ended(act, reason, iterations):
    watcher = Watcher(act)
    result = align(LanguageModel(seed=0), its_length, THREE, seed=0, watch=watcher)
    assert (result.stopped, watcher.told) == (reason, [reason])
    assert len(result.history) == watcher.iterations == iterations


def test_a_watcher_is_told_of_an_error_in_the_score():
    def breaks(prompt, token):
        raise RuntimeError("no score")

    watcher = Watcher(lambda: None)
    with pytest.raises(RuntimeError, match="no score"):
        align(LanguageModel(seed=0), breaks, THREE, seed=0, watch=watcher)
    assert watcher.told == ["stopped by RuntimeError"]


def test_a_score_that_works_in_place_does_not_change_what_was_said(model) -> None:
    def in_place(prompt: Tensor, token: Tensor) -> Tensor:
        prompt.zero_()
        token.zero_()
        return torch.ones(len(prompt))

    said = respond(model, torch.tensor([DOG, DOG]), torch.Generator().manual_seed(0))
    before = said.prompt.clone(), said.token.clone()
    rewards(model, in_place, said, BETA)
    assert torch.equal(said.prompt, before[0]) and torch.equal(said.token, before[1])


@pytest.mark.parametrize(
    ("policy_loss", "message"),
    [
        (lambda *given: None, r"^policy_loss: expected a tensor, got NoneType$"),
        (lambda *given: 1.0, r"^policy_loss: expected a tensor, got float$"),
        (lambda log_prob, *given: -log_prob, r"^policy_loss: expected shape \(\), got"),
        (lambda log_prob, *given: log_prob.detach().sum(), r"^policy_loss: expected a loss with a"),
    ],
)
def test_a_loss_that_cannot_be_minimised_is_named(policy_loss, message: str):
    config = RLHFConfig(num_iterations=1, num_responses=8, minibatch_size=8)
    with pytest.raises((ValueError, TypeError), match=message):
        align(
            LanguageModel(0),
            lambda prompt, token: token.double().mean(-1),
            config,
            seed=0,
            policy_loss=policy_loss,
        )
