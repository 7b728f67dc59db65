"""Notebook 10: what a token earns, from the score of its response and the price of divergence."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import (
    DIFFERENCE,
    DIVIDED_LOGS,
    VERY_UNLIKELY,
    through_probabilities,
    unlikely_samples,
)
from ppo_lesson.maths import shaped_reward


def _mask(lengths: list[int], num_columns: int) -> Tensor:
    return torch.arange(num_columns) < torch.tensor(lengths).unsqueeze(1)


def _inputs(lengths: list[int], num_columns: int, beta: float, seed: int) -> dict:
    """Draw responses of the given lengths; log-probabilities of padding are rubbish, and large."""
    mask, noise = _mask(lengths, num_columns), normal(seed, 4, len(lengths), num_columns)
    log_prob, ref_log_prob = (
        torch.where(mask, -0.1 - noise[k].abs(), 300 * noise[k + 2]) for k in (0, 1)
    )
    score = 2 * normal(seed + 100, len(lengths)) + 1
    return {
        "score": score,
        "log_prob": log_prob,
        "ref_log_prob": ref_log_prob,
        "mask": mask,
        "beta": beta,
    }


def _drawn_case(label: str, lengths: list[int], num_columns: int, beta: float, seed: int) -> Case:
    return Case(_inputs(lengths, num_columns, beta, seed), label)


_TWO_TOKENS = {
    "score": floats(2.0),
    "log_prob": floats(-0.5, -1.5).unsqueeze(0),
    "ref_log_prob": floats(-1.0, -1.2).unsqueeze(0),
    "mask": _mask([2], 2),
    "beta": 0.5,
}
_THREE_ROWS = _inputs([2, 4, 1], 5, 0.3, 31)


_UNLIKELY_TOKENS = unlikely_samples(with_advantage=False)
_UNLIKELY = {
    "score": floats(1.5),
    "log_prob": _UNLIKELY_TOKENS["log_prob"].unsqueeze(0),
    "ref_log_prob": _UNLIKELY_TOKENS["old_log_prob"].unsqueeze(0),
    "mask": _mask([3], 3),
    "beta": 0.5,
}


def _last(mask: Tensor) -> Tensor:
    """Mark the last real token of each row, (B, T) of 0 and 1."""
    return torch.nn.functional.one_hot(mask.sum(-1) - 1, mask.shape[1])


def _built(place: Function, price: Function) -> Function:
    """Build a wrong answer: where the score goes, and what a token pays.

    Args:
        place: of (score as (B, 1), mask) -> (B, T).
        price: of (log-ratio with 0 on padding, mask, beta) -> (B, T).
    """

    def answer(
        score: Tensor, log_prob: Tensor, ref_log_prob: Tensor, mask: Tensor, beta: float
    ) -> Tensor:
        log_ratio = (log_prob - ref_log_prob).masked_fill(~mask, 0.0)
        return place(score.unsqueeze(1), mask) - price(log_ratio, mask, beta)

    return answer


def _at_end(score: Tensor, mask: Tensor) -> Tensor:
    return score * _last(mask)


def _in_last_column(score: Tensor, mask: Tensor) -> Tensor:
    return score * (torch.arange(mask.shape[1]) == mask.shape[1] - 1)


def _behind_the_end(score: Tensor, mask: Tensor) -> Tensor:
    """Put the score into the first column of padding, or the last where there is none."""
    after = mask.sum(-1).clamp(max=mask.shape[1] - 1)
    return score * torch.nn.functional.one_hot(after, mask.shape[1])


def _each_token(log_ratio: Tensor, mask: Tensor, beta: float) -> Tensor:
    return beta * log_ratio


def _unmasked(
    score: Tensor, log_prob: Tensor, ref_log_prob: Tensor, mask: Tensor, beta: float
) -> Tensor:
    return score.unsqueeze(1) * _last(mask) - beta * (log_prob - ref_log_prob)


def _overwritten(
    score: Tensor, log_prob: Tensor, ref_log_prob: Tensor, mask: Tensor, beta: float
) -> Tensor:
    price = (beta * (log_prob - ref_log_prob)).masked_fill(~mask, 0.0)
    return torch.where(_last(mask).bool(), score.unsqueeze(1), -price)


def _beta_on_all(
    score: Tensor, log_prob: Tensor, ref_log_prob: Tensor, mask: Tensor, beta: float
) -> Tensor:
    return beta * shaped_reward(score, log_prob, ref_log_prob, mask, 1.0)


def _rows_add_up(answer: Function) -> bool:
    log_ratio = _THREE_ROWS["log_prob"] - _THREE_ROWS["ref_log_prob"]
    paid = _THREE_ROWS["beta"] * (log_ratio * _THREE_ROWS["mask"]).sum(-1)
    return agree(answer(**_THREE_ROWS).sum(-1), _THREE_ROWS["score"] - paid)


def _padding_is_not_read(answer: Function) -> bool:
    mask = _THREE_ROWS["mask"]
    other = {**_THREE_ROWS, "log_prob": _THREE_ROWS["log_prob"].masked_fill(~mask, -7.0)}
    return agree(answer(**_THREE_ROWS), answer(**other))


def _a_better_score_reaches_the_last_token_alone(answer: Function) -> bool:
    better = {**_THREE_ROWS, "score": _THREE_ROWS["score"] + 2}
    more = answer(**better) - answer(**_THREE_ROWS)
    return agree(more, 2.0 * _last(_THREE_ROWS["mask"]))


_BETA_ON_SCORE = (
    "Your beta multiplies the score. It is the price of a nat of divergence and of nothing else."
)
_ON_PADDING = (
    "The score stands on padding in the short rows, behind the last real token. Padding carries "
    "no loss, so nobody would ever learn from it."
)

SHAPED_REWARD = Exercise(
    id="shaped_reward",
    minutes=10,
    prompt=r"""
A reward model scores a response as a whole; PPO wants a reward for every token. Write the reward
of each token: it pays `beta` times its log-ratio, $-\beta\,(\log \pi - \log \pi_\text{ref})$, and
the **last real** token earns the score on top of that.

- `score`: `(B,)`, what the reward model gives each response.
- `log_prob`, `ref_log_prob`: `(B, T)`, of each token under the policy that wrote it and under the
  reference.
- `mask`: `(B, T)`, bool: true on real tokens, false on padding. Each row begins with its real
  tokens, at least one; padding follows. What the log-probabilities hold there means nothing.
- `beta`: the price of one nat, 0 or more.
- Return `(B, T)`: the rewards, **0 on padding**.""".strip(),
    reference=shaped_reward,
    cases=(
        _drawn_case("a response of one token", [1], 1, 2.0, 32),
        Case(_TWO_TOKENS, "a response of two tokens, no padding"),
        _drawn_case("one token, then padding", [1], 3, 0.7, 33),
        _drawn_case("two rows, both are full", [3, 3], 3, 0.4, 34),
        _drawn_case("a short row beside a full one", [2, 3], 3, 1.5, 35),
        _drawn_case("beta is 0", [3, 2], 4, 0.0, 36),
        _drawn_case("every row has padding", [3, 1, 2], 4, 0.2, 37),
        _drawn_case("five rows of different length", [6, 1, 4, 5, 2], 6, 0.5, 39),
        Case(_UNLIKELY, VERY_UNLIKELY, edge=True),
    ),
    hints=(
        "Write one row down: which of its tokens pays, which one earns, which does neither?",
        "Two (B, T) tensors to add. One is minus beta times the log-ratio on real tokens and 0 on "
        "padding. The other is 0 but for one entry per row, the score at the last real token.",
        "The real tokens come first, so the last one stands at mask.sum(-1) - 1. Compare that, as "
        "(B, 1), with torch.arange(T): true in one place per row. torch.where(mask, ..., 0.0) "
        "clears the padding.",
    ),
    mistakes=(
        Mistake(
            "Every token earns the whole score, so a response of four tokens is paid four times. "
            "The score belongs to the last real token alone.",
            _built(lambda score, mask: score * mask, _each_token),
        ),
        Mistake(_ON_PADDING, _built(_in_last_column, _each_token)),
        Mistake(_ON_PADDING, _built(_behind_the_end, _each_token)),
        Mistake(
            "In short rows the score is lost: you put it into the last column, or behind the end, "
            "where the mask removes it. It belongs to the last *real* token of each row.",
            _built(lambda score, mask: _in_last_column(score, mask) * mask, _each_token),
        ),
        Mistake(
            "The first token earns the score. At that time nothing has been said yet; the response "
            "is complete at its last real token.",
            _built(lambda score, mask: score * (torch.arange(mask.shape[1]) == 0), _each_token),
        ),
        Mistake(
            "The sign of the price is turned round, or the log-ratio is upside down: tokens are "
            "paid for leaving the reference.",
            _built(_at_end, lambda log_ratio, mask, beta: -beta * log_ratio),
        ),
        Mistake(
            "The mask is missing: padding pays for log-probabilities that mean nothing. Its reward "
            "is 0.",
            _unmasked,
        ),
        Mistake(
            "The whole response pays at its end. The sum is right, but each token knows what it "
            "costs: charge it there, so that the blame reaches the token that earned it.",
            _built(
                _at_end,
                lambda log_ratio, mask, beta: beta * log_ratio.sum(-1, keepdim=True) * _last(mask),
            ),
        ),
        Mistake(_BETA_ON_SCORE, _beta_on_all),
        Mistake(
            _BETA_ON_SCORE,
            lambda score, log_prob, ref_log_prob, mask, beta: shaped_reward(
                beta * score, log_prob, ref_log_prob, mask, 1.0
            ),
        ),
        Mistake(
            "The last token does not pay: the score has overwritten its price. It earns the score "
            "and pays like the others.",
            _overwritten,
        ),
        Mistake(
            "You charge the absolute log-ratio. A token that has become rarer than under the "
            "reference gets money back; only then is the sum of the row what the response costs.",
            _built(_at_end, lambda log_ratio, mask, beta: beta * log_ratio.abs()),
        ),
        Mistake(
            "You divided the price by the length of the response, so a long one may stray further. "
            "Each token pays beta times its own log-ratio.",
            _built(
                _at_end,
                lambda log_ratio, mask, beta: beta * log_ratio / mask.sum(-1, keepdim=True),
            ),
        ),
        Mistake(
            "Nobody pays: the score is there, the log-ratio is not.",
            _built(_at_end, lambda log_ratio, mask, beta: 0.0),
        ),
        Mistake(
            "Nobody earns: the price is there, the score is not.",
            _built(lambda score, mask: 0.0, _each_token),
        ),
        Mistake(
            "The reference is missing: you charge the log-probability itself, so a token pays even "
            "where the policy is the reference.",
            lambda score, log_prob, ref_log_prob, mask, beta: shaped_reward(
                score, log_prob, torch.zeros_like(log_prob), mask, beta
            ),
        ),
        Mistake(
            DIVIDED_LOGS,
            lambda score, log_prob, ref_log_prob, mask, beta: shaped_reward(
                score, log_prob / ref_log_prob, torch.zeros_like(log_prob), mask, beta
            ),
        ),
        *through_probabilities(shaped_reward, DIFFERENCE, ("log_prob", "ref_log_prob")),
    ),
    properties=(
        Property(
            "The rewards of a row add up to the score minus beta times the log-ratio of the whole "
            "response.",
            _rows_add_up,
        ),
        Property(
            "What the log-probabilities hold on padding has no influence.", _padding_is_not_read
        ),
        Property(
            "A score that is higher by 2 adds 2 to the last real token and nothing to the others.",
            _a_better_score_reaches_the_last_token_alone,
        ),
    ),
)
