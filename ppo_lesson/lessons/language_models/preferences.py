"""Notebook 10: the loss of a reward model, from choices between two."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import SMALL_AGAINST_LOG_ZERO
from ppo_lesson.maths import bradley_terry_loss


def _case(label: str, chosen: list[float], rejected: list[float], *, edge: bool = False) -> Case:
    inputs = {"chosen_reward": floats(*chosen), "rejected_reward": floats(*rejected)}
    return Case(inputs, label, edge)


def _drawn_case(num_pairs: int, seed: int) -> Case:
    both = normal(seed, 2, num_pairs)
    return Case({"chosen_reward": both[0] + 0.5, "rejected_reward": both[1]}, f"{num_pairs} pairs")


def _with_probability(loss: Function) -> Function:
    """Build an answer from what it does with the probabilities of the choices."""

    def answer(chosen_reward: Tensor, rejected_reward: Tensor) -> Tensor:
        return loss(torch.sigmoid(chosen_reward - rejected_reward))

    return answer


def _log_one_plus_exp(chosen_reward: Tensor, rejected_reward: Tensor) -> Tensor:
    return torch.log(1 + torch.exp(rejected_reward - chosen_reward)).mean()


def _competing_exponentials(chosen_reward: Tensor, rejected_reward: Tensor) -> Tensor:
    chosen, rejected = chosen_reward.exp(), rejected_reward.exp()
    return -torch.log(chosen / (chosen + rejected)).mean()


def _quotient(chosen_reward: Tensor, rejected_reward: Tensor) -> Tensor:
    return -torch.log(chosen_reward / (chosen_reward + rejected_reward)).mean()


def _level_does_not_matter(answer: Function) -> bool:
    chosen, rejected = normal(21, 6), normal(22, 6)
    low = answer(chosen_reward=chosen, rejected_reward=rejected)
    return agree(low, answer(chosen_reward=chosen + 7, rejected_reward=rejected + 7))


def _undecided_is_log_two(answer: Function) -> bool:
    reward = floats(0.4, -1.3, 2.0)
    loss = answer(chosen_reward=reward, rejected_reward=reward.clone())
    return abs(float(loss) - math.log(2)) < 1e-5


def _twice_the_pairs_change_nothing(answer: Function) -> bool:
    chosen, rejected = normal(23, 4), normal(24, 4)
    once = answer(chosen_reward=chosen, rejected_reward=rejected)
    return agree(once, answer(chosen_reward=chosen.repeat(2), rejected_reward=rejected.repeat(2)))


_BREAKS = (
    "Right on ordinary numbers, but where the rewards are far apart the probability underflows to "
    "0 or the exponential overflows, and the loss is infinite. Use torch's log of the sigmoid in "
    "one step (logsigmoid, softplus): it stays finite."
)
_SMALL_NUMBER = (
    "Nearly right on ordinary numbers, but where the probability rounds to 0 only the small number "
    "is left that you add, or clamp to, and every sure and wrong answer costs the same. Use "
    "torch's log of the sigmoid in one step (logsigmoid, softplus)."
)
_NO_LOG = (
    "The logarithm is missing. The loss is the mean of minus the *log* of the probability: with it "
    "a sure and wrong answer costs much, and still has a slope."
)

BRADLEY_TERRY_LOSS = Exercise(
    id="bradley_terry_loss",
    minutes=4,
    prompt=(
        "Bradley and Terry's model of a choice between two: the annotator prefers the response "
        r"with the reward $R_c$ to the one with $R_r$ with the probability $\sigma(R_c - R_r)$, "
        r"$\sigma$ the sigmoid. Write the loss of a reward model: the *mean* over the pairs of "
        "minus the logarithm of the probability of what was chosen.\n\n"
        "`chosen_reward` and `rejected_reward` have the shape (N,). Return a tensor of shape (), "
        "in nats. The gradient flows through both. It must stay finite where the rewards are "
        "several hundred apart."
    ),
    reference=bradley_terry_loss,
    cases=(
        _case("one pair, the chosen reward is higher", [1.5], [0.2]),
        _case("one pair, the chosen reward is lower", [-0.7], [1.1]),
        _case("two pairs, one of each kind", [0.9, -1.0], [-0.4, 0.5]),
        _case("the rewards are large and close", [40.0, 51.0, -30.0], [39.0, 52.5, -31.5]),
        _drawn_case(7, 25),
        _drawn_case(40, 26),
        _case(
            "the chosen reward is lower by several hundred", [-400.0, 1.0], [500.0, 0.0], edge=True
        ),
        _case("both rewards are near 800", [800.5, 799.0], [799.8, 800.2], edge=True),
    ),
    hints=(
        "For one pair: what is the probability that the annotator chose as they did? The loss is "
        "small where that probability is high.",
        "Difference of the rewards, chosen minus rejected; log of its sigmoid; the mean over the "
        "pairs; a minus.",
        "torch.nn.functional has the log of the sigmoid in one function, logsigmoid. Give it the "
        "difference, not two numbers; then average and negate.",
    ),
    mistakes=(
        Mistake(_BREAKS, _with_probability(lambda prob: -prob.log().mean())),
        Mistake(_BREAKS, _log_one_plus_exp),
        *(Mistake(_SMALL_NUMBER, _with_probability(loss)) for loss in SMALL_AGAINST_LOG_ZERO),
        Mistake(
            "Right on ordinary numbers, but you take exp of the rewards as they come: e^800 is "
            "infinite, and infinity over infinity is NaN. Only the difference of the rewards "
            "counts: logsigmoid of it stays finite.",
            _competing_exponentials,
        ),
        Mistake(
            "The sign is that of a log-likelihood, which is to be made large. A loss is to be made "
            "small: put a minus in front.",
            lambda chosen_reward, rejected_reward: (
                -bradley_terry_loss(chosen_reward, rejected_reward)
            ),
        ),
        Mistake(
            "The pair is swapped: your loss is small where the *rejected* response has the higher "
            "reward.",
            lambda chosen_reward, rejected_reward: bradley_terry_loss(
                rejected_reward, chosen_reward
            ),
        ),
        Mistake(
            "You took the sum. With the mean the size of a step does not depend on the number of "
            "pairs.",
            lambda chosen_reward, rejected_reward: (
                len(chosen_reward) * bradley_terry_loss(chosen_reward, rejected_reward)
            ),
        ),
        Mistake(_NO_LOG, _with_probability(lambda prob: -prob.mean())),
        Mistake(_NO_LOG, _with_probability(lambda prob: (1 - prob).mean())),
        Mistake(
            "You averaged the probabilities and took the logarithm afterwards. Each choice has its "
            "own log-probability: logarithm first, then the mean.",
            _with_probability(lambda prob: -prob.mean().log()),
        ),
        Mistake(
            "You averaged the differences before the sigmoid. Each pair has its own probability: "
            "the mean comes last.",
            lambda chosen_reward, rejected_reward: (
                -logsigmoid((chosen_reward - rejected_reward).mean())
            ),
        ),
        Mistake(
            "You divided one reward by the sum of both. Rewards may be negative; it is their "
            "exponentials that compete, and that is the sigmoid of the difference.",
            _quotient,
        ),
        Mistake(
            "This is a margin loss: it stops learning from a pair as soon as the difference is 1. "
            "Minus the log of the sigmoid never quite stops.",
            lambda chosen_reward, rejected_reward: torch.relu(
                1 - chosen_reward + rejected_reward
            ).mean(),
        ),
        Mistake(
            "This is the mean difference of the rewards, without a sigmoid: it can fall for ever, "
            "by making rewards large.",
            lambda chosen_reward, rejected_reward: (rejected_reward - chosen_reward).mean(),
        ),
        Mistake(
            "The value is right, but no gradient reaches the rejected rewards. The pair pulls both "
            "ways: chosen up, rejected down.",
            lambda chosen_reward, rejected_reward: bradley_terry_loss(
                chosen_reward, rejected_reward.detach()
            ),
        ),
        Mistake(
            "The value is right, but no gradient comes back to the rewards: the reward model would "
            "never learn.",
            lambda chosen_reward, rejected_reward: bradley_terry_loss(
                chosen_reward, rejected_reward
            ).detach(),
        ),
    ),
    wrt=("chosen_reward", "rejected_reward"),
    properties=(
        Property(
            "A constant added to all rewards changes nothing: a choice tells differences only.",
            _level_does_not_matter,
        ),
        Property(
            "Where both rewards of every pair are equal, the loss is log 2: a coin decides.",
            _undecided_is_log_two,
        ),
        Property(
            "The same pairs twice over give the same loss.",
            _twice_the_pairs_change_nothing,
        ),
    ),
)
