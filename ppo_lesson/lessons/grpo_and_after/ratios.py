"""Notebook 12: one ratio for a whole response."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.grpo_and_after.tables import real_tokens, two_policies
from ppo_lesson.lessons.inputs import agree, floats
from ppo_lesson.lessons.log_space import (
    DIFFERENCE_THEN_EXP,
    DIVIDED_LOGS,
    VERY_UNLIKELY,
    through_probabilities,
    unlikely_samples,
)
from ppo_lesson.maths import sequence_ratio

LONG = "a response is long: its probability is near e^-1000, the product of its ratios near e^750"


def _row(new: list[float], old: list[float], padding: int = 0) -> dict[str, Tensor]:
    """Make one response, with so many places of padding behind it."""
    return {
        "log_prob": floats(*new, *[-6.5] * padding).unsqueeze(0),
        "old_log_prob": floats(*old, *[-0.5] * padding).unsqueeze(0),
        "mask": real_tokens([len(new)], len(new) + padding),
    }


_THREE_ROWS = two_policies([2, 4, 1], 5, 31)
_TOKENS = unlikely_samples(with_advantage=False)
_UNLIKELY = {
    "log_prob": torch.stack([_TOKENS["log_prob"], _TOKENS["log_prob"].flip(0)]),
    "old_log_prob": torch.stack([_TOKENS["old_log_prob"], _TOKENS["old_log_prob"].flip(0)]),
    "mask": real_tokens([3, 2], 3),
}
_LONG = _row([-1.0] * 1000, [-1.75] * 1000)
_ONE_FAR_OFF = _row([-0.5, -37.0, -1.0, -0.25, -2.0, -0.5], [-0.75, -1.0, -0.5, -0.5, -1.5, -0.25])


def _of(combine: Callable[[Tensor, Tensor], Tensor]) -> Function:
    """Make an answer of the log-ratios, (B, T) with 0 on padding, and the lengths, (B,)."""

    def answer(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
        log_ratio = torch.where(mask, log_prob - old_log_prob.detach(), 0.0)
        return combine(log_ratio, mask.sum(-1))

    return answer


def _upside_down(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    return _of(lambda log_ratio, length: (-log_ratio.sum(-1) / length).exp())(
        log_prob, old_log_prob, mask
    )


def _mean_of_ratios(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    ratio = (log_prob - old_log_prob.detach()).exp()
    return torch.where(mask, ratio, 0.0).sum(-1) / mask.sum(-1)


def _token_ratios(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, log_prob - old_log_prob.detach(), 0.0).exp()


def _token_ratios_with_zeros(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, (log_prob - old_log_prob.detach()).exp(), 0.0)


def _unmasked(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    return (log_prob - old_log_prob.detach()).mean(-1).exp()


def _unmasked_sum(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    return ((log_prob - old_log_prob.detach()).sum(-1) / mask.sum(-1)).exp()


def _difference(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    new, old = (
        (torch.where(mask, logs, 0.0).sum(-1) / mask.sum(-1)).exp()
        for logs in (log_prob, old_log_prob.detach())
    )
    return new - old


def _old_with_gradient(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    log_ratio = torch.where(mask, log_prob - old_log_prob, 0.0)
    return (log_ratio.sum(-1) / mask.sum(-1)).exp()


def _divided_sums(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    new, old = (torch.where(mask, x, 0.0).sum(-1) for x in (log_prob, old_log_prob.detach()))
    return new / old


def _divided_tokens(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    quotient = log_prob / old_log_prob.detach()
    return torch.where(mask, quotient, 0.0).sum(-1) / mask.sum(-1)


def _clamped_tokens(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    log_ratio = (log_prob - old_log_prob.detach()).clamp(-20, 20)
    return (torch.where(mask, log_ratio, 0.0).sum(-1) / mask.sum(-1)).exp()


def _by_whole_probabilities(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    """Two probabilities of each response, their quotient, its root."""
    new, old = (
        torch.where(mask, logs, 0.0).sum(-1).exp() for logs in (log_prob, old_log_prob.detach())
    )
    return (new / old) ** (1 / mask.sum(-1))


_root_of_product = _of(lambda log_ratio, length: log_ratio.exp().prod(-1) ** (1 / length))
_NO_MASK = (
    "The mask is missing: log-ratios of padding are added, and what stands there means nothing."
)
_WHOLE = (
    "Right on ordinary numbers, but you go through the probability of the whole response. That of "
    "a long one rounds to 0, and 0 / 0 is NaN. Average the log-ratios first, then take exp once."
)
_PRODUCT = (
    "Right on ordinary numbers, but you multiply the ratios first and take the root afterwards. "
    "Over a long response the product overflows, or rounds to 0. Average the log-ratios first, "
    "then take exp once."
)
_TOKENS_OUT = (
    "These are the ratios of the tokens. A response has one ratio: average its log-ratios before "
    "you take exp."
)


def _equal_policies_give_one(answer: Function) -> bool:
    same = {**_THREE_ROWS, "log_prob": _THREE_ROWS["old_log_prob"]}
    return agree(answer(**same), torch.ones(3))


def _padding_is_not_read(answer: Function) -> bool:
    mask = _THREE_ROWS["mask"]
    other = {**_THREE_ROWS, "log_prob": _THREE_ROWS["log_prob"].masked_fill(~mask, -7.0)}
    return agree(answer(**_THREE_ROWS), answer(**other))


def _every_token_as_much_likelier_gives_that_ratio(answer: Function) -> bool:
    moved = {**_THREE_ROWS, "log_prob": _THREE_ROWS["old_log_prob"] + 0.25}
    return agree(answer(**moved), torch.full((3,), math.exp(0.25)))


SEQUENCE_RATIO = Exercise(
    id="sequence_ratio",
    minutes=5,
    prompt=r"""
Write GSPO's ratio of a whole response: the geometric mean of its tokens' ratios,
$s_i = \bigl(\pi_\theta(y_i) / \pi_{old}(y_i)\bigr)^{1/|y_i|}$. In log space it is a mean:
$\log s_i = \frac{1}{|y_i|} \sum_t (\log \pi_\theta - \log \pi_{old})$ over the real tokens.

- `log_prob`, `old_log_prob`: `(B, T)`, of each token under the current policy and under the one
  that wrote it.
- `mask`: `(B, T)`, bool: true on real tokens, false on padding. Each row begins with its real
  tokens, at least one. What the log-probabilities hold on padding means nothing.
- Return `(B,)`. The gradient flows through `log_prob`; `old_log_prob` is a constant.

Responses of a thousand tokens must do no harm.""".strip(),
    reference=sequence_ratio,
    solution="log_ratio = torch.where(mask, log_prob - old_log_prob.detach(), 0.0)\n"
    "    return torch.exp(log_ratio.sum(-1) / mask.sum(-1))",
    cases=(
        Case(_row([-0.5], [-1.1]), "a response of one token, likelier than before"),
        Case(_row([-1.0, -2.0], [-0.4, -2.2]), "two tokens, one likelier and one rarer"),
        Case(_row([-1.2], [-0.7], padding=2), "one token, then padding"),
        Case(_row([-4.6, -0.3], [-0.5, -3.9]), "log-ratios far from 0"),
        Case(two_policies([3, 3], 3, 32), "two responses, both fill their row"),
        Case(two_policies([2, 3], 3, 33), "a short response beside one that fills its row"),
        Case(two_policies([3, 1, 2], 4, 34), "every row has padding"),
        Case(two_policies([6, 1, 4, 5, 2], 6, 35), "five responses of different length"),
        Case(_UNLIKELY, VERY_UNLIKELY, edge=True),
        Case(_LONG, LONG, edge=True),
        Case(_ONE_FAR_OFF, "one token of six is e^-36 times as likely", edge=True),
    ),
    hints=(
        "The probability of a response is the product of its tokens' probabilities. What is the "
        "logarithm of a product, and what does a root do to a logarithm?",
        "Subtract the log-probabilities token by token, average over the real tokens of each row, "
        "take exp of the (B,) that is left.",
        "torch.where(mask, ..., 0.0) clears the padding, .sum(-1) adds up a row, mask.sum(-1) "
        "counts its tokens. Detach old_log_prob.",
    ),
    mistakes=(
        Mistake(
            "You left the root out: that is the product of the tokens' ratios, the weight of the "
            "whole response. It grows or shrinks with the length; divide the sum of the log-ratios "
            "by the number of real tokens.",
            _of(lambda log_ratio, length: log_ratio.sum(-1).exp()),
        ),
        Mistake(
            "You averaged the ratios. Their geometric mean is asked for: average the log-ratios, "
            "then take exp.",
            _mean_of_ratios,
        ),
        Mistake(
            "Your ratio is upside down, old over current. It has to grow when the current policy "
            "makes the response likelier.",
            _upside_down,
        ),
        Mistake(_NO_MASK, _unmasked),
        Mistake(_NO_MASK, _unmasked_sum),
        Mistake(
            "You divide by the width of the table. Padding has no tokens: divide each row by the "
            "number of its real ones.",
            _of(lambda log_ratio, length: log_ratio.mean(-1).exp()),
        ),
        Mistake(
            "You returned the mean log-ratio. It is 0 where the policies agree; the ratio is 1 "
            "there. The exponential is missing.",
            _of(lambda log_ratio, length: log_ratio.sum(-1) / length),
        ),
        Mistake(
            "You took one mean over the whole batch. Each response has a ratio of its own.",
            _of(lambda log_ratio, length: (log_ratio.sum() / length.sum()).exp()),
        ),
        Mistake(
            "You took one mean over the whole batch. Each response has a ratio of its own.",
            _of(
                lambda log_ratio, length: (log_ratio.sum() / length.sum()).exp().expand(len(length))
            ),
        ),
        Mistake(
            "You divided by the root of the length. The mean of the log-ratios divides by the "
            "length itself.",
            _of(lambda log_ratio, length: (log_ratio.sum(-1) / length.sqrt()).exp()),
        ),
        Mistake(_TOKENS_OUT, _token_ratios),
        Mistake(_TOKENS_OUT, _token_ratios_with_zeros),
        Mistake(
            "You subtracted the two probabilities. A ratio is a quotient: it says how many times "
            "as likely the response is, not by how much.",
            _difference,
        ),
        Mistake(
            "The value is right, but a gradient flows into old_log_prob as well. The policy that "
            "wrote the response is a constant: detach it.",
            _old_with_gradient,
        ),
        Mistake(
            "The value is right, but no gradient comes back to log_prob: the whole ratio is cut "
            "out of the graph. Detach the old log-probability only.",
            lambda log_prob, old_log_prob, mask: _old_with_gradient(
                log_prob, old_log_prob, mask
            ).detach(),
        ),
        Mistake(DIVIDED_LOGS, _divided_sums),
        Mistake(DIVIDED_LOGS, _divided_tokens),
        Mistake(
            DIVIDED_LOGS,
            lambda log_prob, old_log_prob, mask: _divided_tokens(
                log_prob, old_log_prob, mask
            ).exp(),
        ),
        Mistake(_WHOLE, _by_whole_probabilities),
        Mistake(_PRODUCT, _root_of_product),
        Mistake(
            "Right on ordinary numbers, but you clamp the log-ratio of each token, and a token far "
            "beyond the limit counts for less than it should. Only exp can overflow: clamp, if at "
            "all, the mean that you give to it.",
            _clamped_tokens,
        ),
        *through_probabilities(sequence_ratio, DIFFERENCE_THEN_EXP),
    ),
    wrt=("log_prob",),
    constants=("old_log_prob",),
    properties=(
        Property("Where the two policies agree, every ratio is 1.", _equal_policies_give_one),
        Property(
            "What the log-probabilities hold on padding has no influence.", _padding_is_not_read
        ),
        Property(
            "If every token is e^0.25 times as likely as before, every response has that ratio.",
            _every_token_as_much_likelier_gives_that_ratio,
        ),
    ),
)
