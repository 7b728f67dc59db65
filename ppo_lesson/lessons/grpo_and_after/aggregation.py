"""Notebook 12: from the losses of tokens to one number, when responses differ in length."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.grpo_and_after.tables import real_tokens, token_losses
from ppo_lesson.lessons.inputs import agree, floats
from ppo_lesson.maths import response_mean_loss, token_mean_loss


def _row(*losses: float, padding: int = 0) -> dict[str, Tensor]:
    """Make one response, with so many places of padding behind it."""
    table = floats(*losses, *[200.0] * padding).unsqueeze(0)
    return {"token_loss": table, "mask": real_tokens([len(losses)], table.shape[1])}


_LENGTHS = token_losses([2, 4, 1], 5, 21)
_CASES = (
    Case(_row(1.5), "one response of one token"),
    Case(_row(2.0, -0.5), "one response of two tokens, no padding"),
    Case(_row(-3.0, padding=2), "one token, then padding"),
    Case(token_losses([3, 3], 3, 22), "two responses, both fill their row"),
    Case(token_losses([2, 3], 3, 23), "a short response beside one that fills its row"),
    Case(token_losses([3, 1, 2], 4, 24), "every row has padding"),
    Case(token_losses([6, 1, 4, 5, 2], 6, 25), "five responses of different length"),
)


def _slip(sentence: str, combine: Callable[[Tensor, Tensor], Tensor]) -> Mistake:
    """Make a wrong answer of the losses, (B, T) with 0 on padding, and the lengths, (B,)."""
    return Mistake(
        sentence,
        lambda token_loss, mask: combine(torch.where(mask, token_loss, 0.0), mask.sum(-1)),
    )


def _columns(token_loss: Tensor, mask: Tensor) -> Tensor:
    """Average over responses at each place where there is one, then over the places."""
    column = torch.where(mask, token_loss, 0.0).sum(0) / mask.sum(0)
    return column[mask.any(0)].mean()


def _columns_with_empty_ones(token_loss: Tensor, mask: Tensor) -> Tensor:
    return (torch.where(mask, token_loss, 0.0).sum(0) / mask.sum(0)).mean()


def _response_mean_of_padding(token_loss: Tensor, mask: Tensor) -> Tensor:
    return (torch.where(mask, 0.0, token_loss).sum(-1) / (~mask).sum(-1)).mean()


def _response_mean_of_nonzero(token_loss: Tensor, mask: Tensor) -> Tensor:
    real = torch.where(mask, token_loss, 0.0)
    return (real.sum(-1) / (real != 0).sum(-1).clamp(min=1)).mean()


def _token_mean_of_nonzero(token_loss: Tensor, mask: Tensor) -> Tensor:
    real = torch.where(mask, token_loss, 0.0)
    return real.sum() / (real != 0).sum().clamp(min=1)


def _padding_is_not_read(answer: Function) -> bool:
    mask = _LENGTHS["mask"]
    other = {"token_loss": _LENGTHS["token_loss"].masked_fill(~mask, -7.0), "mask": mask}
    return agree(answer(**_LENGTHS), answer(**other))


def _one_more_on_every_token_is_one_more(answer: Function) -> bool:
    more = {**_LENGTHS, "token_loss": _LENGTHS["token_loss"] + 1}
    return agree(answer(**more), answer(**_LENGTHS) + 1)


def _a_response_may_be_said_twice(answer: Function) -> bool:
    """Each token twice: the response is twice as long, its own mean is the same."""
    loss, mask = _LENGTHS["token_loss"], _LENGTHS["mask"]
    doubled = {
        "token_loss": loss.repeat_interleave(2, dim=1),
        "mask": mask.repeat_interleave(2, dim=1),
    }
    stretched = {
        "token_loss": torch.cat([loss, torch.zeros_like(loss)], dim=1),
        "mask": torch.cat([mask, torch.zeros_like(mask)], dim=1),
    }
    first = torch.tensor([[True], [False], [False]])
    mixed = {name: torch.where(first, doubled[name], stretched[name]) for name in doubled}
    return agree(answer(**mixed), answer(**_LENGTHS))


def _a_token_may_move_to_another_response(answer: Function) -> bool:
    """Lengths 2, 4, 1 become 3, 3, 1 and no token's loss changes."""
    loss, mask = _LENGTHS["token_loss"].clone(), _LENGTHS["mask"].clone()
    loss[0, 2], mask[0, 2] = loss[1, 3], True
    mask[1, 3] = False
    return agree(answer(token_loss=loss, mask=mask), answer(**_LENGTHS))


_PADDING = Property("What stands on padding has no influence.", _padding_is_not_read)
_ONE_MORE = Property(
    "If the loss of every token grows by 1, the result grows by 1.",
    _one_more_on_every_token_is_one_more,
)

_NO_MASK = (
    "The mask is missing: padding is averaged as well, and what stands there means nothing. Count "
    "real tokens only."
)
_NO_MASK_ABOVE = (
    "The mask counts the tokens you divide by, but what you add up includes the padding. Clear it "
    "first, as with torch.where(mask, token_loss, 0.0)."
)
_TWICE = (
    "You divide twice: each token by a number of tokens, and their sum by the size of the table, "
    "because .mean() divides as well. Add up instead."
)
_WIDTH = (
    "You divide by the width of the table, so padding counts as tokens whose loss is 0. The loss "
    "would change with the longest response that happens to be in the batch."
)
_LONGEST = (
    "You divide every response by the longest length in the batch. (With a constant in its place "
    "that is Dr. GRPO's loss.)"
)
_SIGN = "The sign is turned round. token_loss is a loss already: average it and change nothing else"
_INVERTED = "The mask is upside down: you average the padding. True marks a real token."
_BY_PLACE = (
    "You average over the responses at each place first, then over the places. The lengths that "
    "matter run along the rows."
)
_ZEROS = (
    "You count the tokens whose loss is not 0. A token of a group that teaches nothing has the "
    "loss 0 and is a token all the same: count with the mask."
)
_NO_DIVISION = "You add up and never divide: a larger batch would take a larger step."

_TABLES = """
- `token_loss`: `(B, T)`, the loss of each token.
- `mask`: `(B, T)`, bool: true on real tokens, false on padding. Each row begins with its real
  tokens, at least one. What `token_loss` holds on padding means nothing.
- Return `()`."""

RESPONSE_MEAN_LOSS = Exercise(
    id="response_mean_loss",
    minutes=3,
    prompt=(
        r"Turn the losses of tokens into one number as GRPO does: the mean over the tokens of each "
        r"response, then the mean over the responses, $\frac{1}{B}\sum_i \frac{1}{|y_i|}"
        r"\sum_t \ell_{it}$, where $|y_i|$ counts the tokens of response $i$." + "\n" + _TABLES
    ),
    reference=response_mean_loss,
    solution="real = torch.where(mask, token_loss, 0.0)\n"
    "    return (real.sum(-1) / mask.sum(-1)).mean()",
    cases=_CASES,
    hints=(
        "Take two responses, one of 1 token and one of 3. Which number does each of them "
        "contribute, and what does the batch do with the two numbers?",
        "Two means, one after the other: along each row, over real tokens only, which gives (B,); "
        "then over the B responses.",
        "Put 0 on padding with torch.where(mask, token_loss, 0.0), add up along the last axis, "
        "divide by mask.sum(-1), and take the mean of what is left.",
    ),
    mistakes=(
        _slip(
            "You pool the tokens of all responses and average once. That is the token mean, the "
            "next exercise, where a long response has more say. Average each response first.",
            lambda real, length: real.sum() / length.sum(),
        ),
        Mistake(_NO_MASK, lambda token_loss, mask: token_loss.mean()),
        Mistake(
            _NO_MASK_ABOVE,
            lambda token_loss, mask: (token_loss.sum(-1) / mask.sum(-1)).mean(),
        ),
        _slip(_WIDTH, lambda real, length: real.mean()),
        _slip(_TWICE, lambda real, length: (real / length.unsqueeze(-1)).mean()),
        _slip(
            "You add up the tokens of a response and do not divide by their number, so a response "
            "counts in proportion to its length.",
            lambda real, length: real.sum(-1).mean(),
        ),
        _slip(_LONGEST, lambda real, length: real.sum(-1).mean() / length.max()),
        _slip(
            "The last step adds up the responses and does not divide by B: a larger batch would "
            "take a larger step.",
            lambda real, length: (real.sum(-1) / length).sum(),
        ),
        _slip(_NO_DIVISION, lambda real, length: real.sum()),
        _slip(
            "You returned one mean per response. The loss is one number: average them.",
            lambda real, length: real.sum(-1) / length,
        ),
        Mistake(_BY_PLACE, _columns),
        Mistake(_BY_PLACE, _columns_with_empty_ones),
        Mistake(_ZEROS, _response_mean_of_nonzero),
        Mistake(_INVERTED, _response_mean_of_padding),
        _slip(_SIGN + ".", lambda real, length: -(real.sum(-1) / length).mean()),
    ),
    wrt=("token_loss",),
    properties=(
        _PADDING,
        _ONE_MORE,
        Property(
            "If one response repeats each of its tokens, the result stays the same.",
            _a_response_may_be_said_twice,
        ),
    ),
)

TOKEN_MEAN_LOSS = Exercise(
    id="token_mean_loss",
    minutes=2,
    prompt=(
        r"Now as DAPO does: one mean over all real tokens of the batch, $\sum_i \sum_t \ell_{it} "
        r"\,/\, \sum_i |y_i|$. Every token counts the same, whichever response it belongs to."
        + "\n\n`token_loss` and `mask`, both `(B, T)`, are as in the exercise before; what "
        "`token_loss` holds on padding means nothing. Return `()`."
    ),
    reference=token_mean_loss,
    solution="return torch.where(mask, token_loss, 0.0).sum() / mask.sum()",
    cases=_CASES,
    hints=(
        "Forget which response a token belongs to: you have one long list of losses.",
        "One sum over the real tokens, one count of them, one division.",
        "mask.sum() counts the real tokens. token_loss[mask] is the list of their losses.",
    ),
    mistakes=(
        _slip(
            "You average within each response first. That is the response mean: a token of a long "
            "response counts less there. Here all tokens are pooled.",
            lambda real, length: (real.sum(-1) / length).mean(),
        ),
        Mistake(_NO_MASK, lambda token_loss, mask: token_loss.mean()),
        Mistake(_NO_MASK_ABOVE, lambda token_loss, mask: token_loss.sum() / mask.sum()),
        _slip(_WIDTH, lambda real, length: real.mean()),
        _slip(_TWICE, lambda real, length: (real / length.sum()).mean()),
        _slip(
            "You divide by the number of responses. Divide by the number of tokens, or a batch of "
            "long responses takes a longer step.",
            lambda real, length: real.sum() / len(length),
        ),
        _slip(
            "You divide by the mean length. The sum runs over the tokens of all responses, so "
            "divide by their number in the whole batch.",
            lambda real, length: real.sum() / length.to(real.dtype).mean(),
        ),
        _slip(_LONGEST, lambda real, length: real.sum(-1).mean() / length.max()),
        _slip(_NO_DIVISION, lambda real, length: real.sum()),
        _slip(
            "You returned one number per response. The loss is one number: add them up.",
            lambda real, length: real.sum(-1) / length.sum(),
        ),
        Mistake(_BY_PLACE, _columns),
        Mistake(_BY_PLACE, _columns_with_empty_ones),
        Mistake(_ZEROS, _token_mean_of_nonzero),
        Mistake(_INVERTED, lambda token_loss, mask: token_loss[~mask].mean()),
        _slip(_SIGN + ".", lambda real, length: -real.sum() / length.sum()),
    ),
    wrt=("token_loss",),
    properties=(
        _PADDING,
        _ONE_MORE,
        Property(
            "If a token moves to another response, the result stays the same.",
            _a_token_may_move_to_another_response,
        ),
    ),
)
