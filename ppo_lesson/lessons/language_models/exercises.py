"""What notebook 10 asks: the exact optimum of RLHF; the other exercises stand next door."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import SMALL
from ppo_lesson.maths import rlhf_optimum


def _case(
    label: str, ref_prob: list[float], reward: list[float], beta: float, *, edge: bool = False
) -> Case:
    inputs = {"ref_prob": floats(*ref_prob), "reward": floats(*reward), "beta": beta}
    return Case(inputs, label, edge)


def _drawn_case(num_responses: int, seed: int, beta: float) -> Case:
    ref_prob = normal(seed, num_responses).softmax(0)
    inputs = {"ref_prob": ref_prob, "reward": 2 * normal(seed + 50, num_responses), "beta": beta}
    return Case(inputs, f"{num_responses} responses")


def _scaled(weight: Tensor) -> Tensor:
    return weight / weight.sum()


def _without_care(ref_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    return _scaled(ref_prob * torch.exp(reward / beta))


def _with_a_small_number(ref_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    weight = ref_prob * torch.exp(reward / beta)
    return weight / (weight.sum() + SMALL)


def _clamped(ref_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    return _scaled(ref_prob * torch.exp((reward / beta).clamp(-20, 20)))


def _likeliest_only(ref_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    best = (ref_prob.log() + reward / beta).argmax()
    return torch.nn.functional.one_hot(best, len(reward)).to(reward.dtype)


def _rewards_normalised(correction: int) -> Function:
    def answer(ref_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
        standard = (reward - reward.mean()) / (reward.std(correction=correction) + 1e-8)
        return rlhf_optimum(ref_prob, standard, beta)

    return answer


def _weights_summed_to_one_apart(ref_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    return ref_prob * torch.softmax(reward / beta, dim=0)


_DRAWN = {"ref_prob": normal(61, 5).softmax(0), "reward": normal(62, 5)}


def _sums_to_one(answer: Function) -> bool:
    return abs(float(answer(**_DRAWN, beta=0.8).sum()) - 1) < 1e-5


def _equal_rewards_give_the_reference(answer: Function) -> bool:
    same = {**_DRAWN, "reward": torch.full((5,), 1.7, dtype=torch.float64)}
    return agree(answer(**same, beta=0.5), _DRAWN["ref_prob"])


def _level_does_not_matter(answer: Function) -> bool:
    raised = {**_DRAWN, "reward": _DRAWN["reward"] + 3}
    return agree(answer(**_DRAWN, beta=0.5), answer(**raised, beta=0.5))


_PRODUCT_NOT_NORMALISED = (
    "These do not sum to one. The weights pi_ref exp(R / beta) have to be divided by their own "
    "sum, all of them together."
)

RLHF_OPTIMUM = Exercise(
    id="rlhf_optimum",
    minutes=6,
    prompt=(
        r"RLHF raises the expected reward minus $\beta\,\mathrm{KL}(\pi \,\|\, "
        r"\pi_\text{ref})$. Where all responses can be written down, the best policy can be, too: "
        r"it is proportional to $\pi_\text{ref}(s)\, e^{R(s) / \beta}$. Write its probabilities."
        "\n\n"
        "`ref_prob` and `reward` have the shape (S,): the probability of each response under the "
        "reference, and its reward. `beta` is a number above 0. Return a tensor of shape (S,) that "
        "sums to 1. It must stay finite where reward / beta is in the thousands."
    ),
    reference=rlhf_optimum,
    cases=(
        _case("two responses, beta below 1", [0.7, 0.3], [0.0, 1.2], 0.5),
        _case("two responses, beta above 1", [0.4, 0.6], [2.0, -1.0], 3.0),
        _case("the reference is uniform", [0.25, 0.25, 0.25, 0.25], [1.0, 0.5, -2.0, 1.5], 1.5),
        _case("the reference never gives one of them", [0.5, 0.0, 0.5], [0.3, 2.0, -0.4], 0.6),
        _case("beta is 1", [0.1, 0.2, 0.7], [-0.6, 0.8, 0.1], 1.0),
        _drawn_case(9, 63, 2.0),
        _drawn_case(30, 64, 0.8),
        _case(
            "reward / beta is in the thousands",
            [0.5, 0.3, 0.2],
            [40.0, 40.01, 38.0],
            0.02,
            edge=True,
        ),
        _case(
            "reward / beta is far below zero",
            [0.6, 0.4],
            [-50.0, -50.01],
            0.02,
            edge=True,
        ),
    ),
    hints=(
        "Each response has a weight: how likely the reference finds it, times how much its reward "
        "counts. Then the weights become probabilities.",
        "weight = pi_ref times e to the power of R / beta; probability = weight / sum of weights. "
        "For large numbers, stay in logs: the log of a weight is a sum.",
        "torch.softmax turns log weights into probabilities, whatever their size. The log weight "
        "is the log of ref_prob plus the reward over beta.",
    ),
    mistakes=(
        Mistake(
            "Right on ordinary numbers, but the exponential overflows, or all of them are 0, and "
            "the quotient is NaN. Stay in logs and let softmax normalise.",
            _without_care,
        ),
        Mistake(
            "Nearly right on ordinary numbers, but the exponential overflows to infinity, or all "
            "of them are 0 and the small number you add below makes every probability 0. Stay in "
            "logs and let softmax normalise.",
            _with_a_small_number,
        ),
        Mistake(
            "Right on ordinary numbers, but you clamped the exponent: where it is large, responses "
            "of different rewards look alike. Stay in logs and let softmax normalise.",
            _clamped,
        ),
        Mistake(
            "The reference is missing. Without it the best policy cares for the reward alone, and "
            "nothing holds it to the language.",
            lambda ref_prob, reward, beta: torch.softmax(reward / beta, dim=0),
        ),
        Mistake(
            "You multiplied by beta where it divides. A high price of divergence must make the "
            "reward count less.",
            lambda ref_prob, reward, beta: rlhf_optimum(ref_prob, reward * beta, 1.0),
        ),
        Mistake(
            "Beta is left out: the price of a nat decides how far the policy goes.",
            lambda ref_prob, reward, beta: rlhf_optimum(ref_prob, reward, 1.0),
        ),
        Mistake(
            _PRODUCT_NOT_NORMALISED,
            lambda ref_prob, reward, beta: ref_prob * torch.exp(reward / beta),
        ),
        Mistake(_PRODUCT_NOT_NORMALISED, _weights_summed_to_one_apart),
        *(
            Mistake(
                "You normalised the rewards first. Their scale matters: it is weighed against "
                "beta. (The mean would not matter, the division does.)",
                _rewards_normalised(correction),
            )
            for correction in (0, 1)
        ),
        Mistake(
            "The reference counts twice: it belongs into the weight once, as pi_ref itself.",
            lambda ref_prob, reward, beta: rlhf_optimum(_scaled(ref_prob**2), reward, beta),
        ),
        Mistake(
            "You added the probability of the reference to the exponent. In logs the weight is log "
            "pi_ref plus R / beta: the logarithm is missing.",
            lambda ref_prob, reward, beta: torch.softmax(ref_prob + reward / beta, dim=0),
        ),
        Mistake(
            "The sign is turned round: this policy likes what is rewarded least.",
            lambda ref_prob, reward, beta: rlhf_optimum(ref_prob, -reward, beta),
        ),
        Mistake(
            "You took the one best response. That is the limit for a beta of 0; above it, the "
            "others keep a share.",
            _likeliest_only,
        ),
        Mistake(
            "These are log-probabilities; the probabilities are asked for.",
            lambda ref_prob, reward, beta: rlhf_optimum(ref_prob, reward, beta).log(),
        ),
        Mistake(
            "You weighted by the reward itself, not by its exponential. Rewards may be negative, "
            "probabilities may not.",
            lambda ref_prob, reward, beta: _scaled(ref_prob * reward / beta),
        ),
    ),
    properties=(
        Property("The probabilities sum to one.", _sums_to_one),
        Property(
            "Where all rewards are equal, the reference itself is best.",
            _equal_rewards_give_the_reference,
        ),
        Property("A constant added to all rewards changes nothing.", _level_does_not_matter),
    ),
)
