"""Notebook 03: how many samples the weights are worth, and what the proposal can never show."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.lessons.log_space import SMALL
from ppo_lesson.maths import effective_sample_size, unsupported

# --- effective_sample_size ---


def _without_care(log_weight: Tensor) -> Tensor:
    weight = log_weight.exp()
    return weight.sum() ** 2 / weight.square().sum()


def _with_a_small_number(log_weight: Tensor) -> Tensor:
    weight = log_weight.exp()
    return weight.sum() ** 2 / (weight.square().sum() + SMALL)


def _over_one_plus_variance(log_weight: Tensor, correction: int) -> Tensor:
    return len(log_weight) / (1 + log_weight.exp().var(correction=correction))


def _with_sample_variance(log_weight: Tensor) -> Tensor:
    weight = log_weight.exp()
    return len(weight) / (1 + weight.var() / weight.mean() ** 2)


_NOT_NORMALISED = (
    "N / (1 + variance) holds for weights whose mean is exactly one. You use them as they come, so "
    "a common factor, which should not matter, changes the count."
)

EFFECTIVE_SAMPLE_SIZE = Exercise(
    id="effective_sample_size",
    minutes=6,
    prompt="""\
Compute the effective sample size: the square of the sum of the weights over the sum of their
squares.

- `log_weight`: `(N,)`, the **logarithm** of each weight.
- Return `()`: a count between 1 and N, not a share of N.

Log weights of several hundred must do no harm.""",
    reference=effective_sample_size,
    cases=(
        Case({"log_weight": floats(0.2, -1.1)}, "two samples"),
        Case({"log_weight": floats(-0.7, 0.9, 0.3)}, "three samples"),
        Case({"log_weight": floats(0.8, 0.8, 0.8, 0.8)}, "four equal weights"),
        Case({"log_weight": floats(-1.5, 4.0, -0.2)}, "one sample that holds nearly all"),
        Case({"log_weight": normal(1, 6) - 3}, "weights all too small by one factor"),
        Case({"log_weight": normal(2, 40)}, "forty samples"),
        Case({"log_weight": floats(800.4, 799.1)}, "log weights are near 800", edge=True),
        Case(
            {"log_weight": floats(-801.0, -799.6, -800.0)}, "log weights are near -800", edge=True
        ),
        Case({"log_weight": floats(0.0, 0.2, 900.3)}, "log weights are 900 apart", edge=True),
    ),
    hints=(
        "Scale the weights as you like: the count does not change. Which scale is harmless, and "
        "what becomes of the numerator if the weights sum to one?",
        "If the weights sum to one, the numerator is 1, and one over a sum of squares remains. "
        "Make such shares from the log weights without overflow, as in notebook 02.",
        "Turn log weights into shares by a softmax, square each, add them up, take the reciprocal.",
    ),
    mistakes=(
        Mistake(
            "You take exp of log weights that are still too large or too small: beyond 709 it is "
            "infinity (its square is, beyond 354), far below zero it is 0, and the quotient is "
            "NaN.",
            _without_care,
        ),
        Mistake(
            "You take exp of log weights that are still too large or too small. Far below zero it "
            "is 0, and the small number in your denominator turns the count into 0; beyond "
            "354 its square is infinite. First subtract the largest log weight, or use softmax.",
            _with_a_small_number,
        ),
        Mistake(
            "That is the share ESS / N. A count is asked for: N equal weights are worth N samples.",
            lambda log_weight: effective_sample_size(log_weight) / len(log_weight),
        ),
        Mistake(_NOT_NORMALISED, lambda log_weight: _over_one_plus_variance(log_weight, 0)),
        Mistake(_NOT_NORMALISED, lambda log_weight: _over_one_plus_variance(log_weight, 1)),
        Mistake(
            "Nearly: this form needs the variance that divides by N. Yours divides by N - 1, "
            "which is torch's default.",
            _with_sample_variance,
        ),
        Mistake(
            "Your quotient is upside down: it is small where the weights are equal, which is where "
            "the batch is worth most.",
            lambda log_weight: 1 / effective_sample_size(log_weight),
        ),
        Mistake(
            "The sum on top is not squared, so a common factor of the weights does not cancel.",
            lambda log_weight: log_weight.exp().sum() / log_weight.exp().square().sum(),
        ),
        Mistake(
            "That is one over the largest share. It looks at one sample only; whether the rest of "
            "the weight lies on two samples or on twenty makes no difference to it.",
            lambda log_weight: 1 / log_weight.softmax(dim=0).max(),
        ),
    ),
    properties=(
        Property(
            "Adding the same number to every log weight changes nothing.",
            lambda answer: torch.allclose(
                answer(log_weight=normal(10, 5)), answer(log_weight=normal(10, 5) + 2)
            ),
        ),
        Property(
            "Repeating every sample doubles the count.",
            lambda answer: torch.allclose(
                2 * answer(log_weight=normal(11, 4)), answer(log_weight=normal(11, 4).repeat(2))
            ),
        ),
        Property(
            "Equal weights are worth as many samples as there are.",
            lambda answer: abs(float(answer(log_weight=floats(0, 0, 0))) - 3) < 1e-6,
        ),
    ),
)


# --- unsupported ---


def _outcomes(label: str, *rows: tuple[float, float, float]) -> Case:
    """Make a case from one row (p, q, f) per outcome."""
    return Case(
        dict(zip(("target", "proposal", "value"), _floats_by_column(rows), strict=True)), label
    )


def _floats_by_column(rows: tuple[tuple[float, float, float], ...]) -> tuple[Tensor, ...]:
    return torch.tensor(rows, dtype=torch.float64).T.contiguous().unbind()


def _is_silent_with_full_support(answer: Function) -> bool:
    target, proposal = floats(0.6, 0.4, 0.0), floats(0.05, 0.15, 0.8)
    return not answer(target=target, proposal=proposal, value=floats(1.0, -2.0, 3.0)).any()


def _ignores_the_sign(answer: Function) -> bool:
    target, proposal = floats(0.5, 0.2, 0.3), floats(0.0, 1.0, 0.0)
    marked = answer(target=target, proposal=proposal, value=floats(2.0, 1.0, -3.0))
    return torch.equal(
        marked, answer(target=target, proposal=proposal, value=floats(-2.0, -1.0, 3.0))
    )


def _ignores_worthless_outcomes(answer: Function) -> bool:
    target, proposal = floats(0.5, 0.2, 0.3), floats(0.0, 1.0, 0.0)
    return not answer(target=target, proposal=proposal, value=floats(0.0, 0.0, 0.0)).any()


UNSUPPORTED = Exercise(
    id="unsupported",
    minutes=4,
    prompt="""\
Mark every outcome that makes importance sampling silently wrong: the proposal never shows it, yet
it contributes to the expectation under the target.

- `target`, `proposal`, `value`: `(K,)`, the probabilities p and q and the value f of each outcome.
- Return `(K,)` of type bool: one mark per outcome.

Values may be negative. An outcome that is shown rarely is still shown.""",
    reference=unsupported,
    cases=(
        _outcomes("the first outcome is missing", (0.3, 0.0, 2.0), (0.7, 1.0, -1.0)),
        _outcomes("the missing outcome has a negative value", (0.6, 1.0, 1.0), (0.4, 0.0, -2.0)),
        _outcomes("the missing outcome has the value zero", (0.2, 0.0, 0.0), (0.8, 1.0, 3.0)),
        _outcomes(
            "the target never shows the missing one either", (0.0, 0.0, 4.0), (1.0, 1.0, 2.0)
        ),
        _outcomes(
            "everything is supported, one outcome rarely",
            (0.9, 0.1, 1.0),
            (0.1, 0.5, -1.0),
            (0.0, 0.4, 2.0),
        ),
        _outcomes(
            "six outcomes, two of them missing",
            (0.1, 0.0, -3.0),
            (0.2, 0.3, 1.0),
            (0.0, 0.2, 5.0),
            (0.3, 0.0, 0.5),
            (0.25, 0.0, 0.0),
            (0.15, 0.5, 2.0),
        ),
        # So rare that an answer marks it which compares with a small number instead of 0.
        _outcomes(
            "everything is supported, one outcome only once in 10^30",
            (0.5, 1e-30, 2.0),
            (0.5, 1.0, -1.0),
        ),
    ),
    hints=(
        "The derivation multiplies by q / q. For which outcomes is that not one, and when does it "
        "matter?",
        "Three conditions hold at once: one about q, one about p, one about f. Two of them say "
        "'is not zero'.",
        "Compare each of the three tensors with zero and join the three masks with `&`, each "
        "comparison in brackets: `&` binds more tightly than `==`.",
    ),
    mistakes=(
        Mistake(
            "You mark outcomes that the proposal shows less often than the target. Weights above "
            "one make up for that; nothing makes up for an outcome that never comes.",
            lambda target, proposal, value: target > proposal,
        ),
        Mistake(
            "You mark outcomes that the proposal shows more often than the target. That wastes "
            "samples and causes no bias; the danger is an outcome that it never shows.",
            lambda target, proposal, value: proposal > target,
        ),
        Mistake(
            "You do not look at the value: an outcome with f = 0 adds nothing to the "
            "expectation, so it is not missed.",
            lambda target, proposal, value: (proposal == 0) & (target != 0),
        ),
        Mistake(
            "You do not look at the target: an outcome that the target never shows adds "
            "nothing to the expectation.",
            lambda target, proposal, value: (proposal == 0) & (value != 0),
        ),
        Mistake(
            "You mark whatever the proposal never shows. It matters only where p f is not zero.",
            lambda target, proposal, value: proposal == 0,
        ),
        Mistake(
            "You miss the outcomes of negative value: they count as much as the positive ones.",
            lambda target, proposal, value: (proposal == 0) & (target * value > 0),
        ),
        Mistake(
            "You treat a very small q as 0. An outcome that comes once in 10^30 is still shown, "
            "and its weight makes up for its rarity.",
            lambda target, proposal, value: unsupported(target, proposal.round(decimals=9), value),
        ),
        Mistake(
            "Your marks are the wrong way round: they say True where all is well.",
            lambda target, proposal, value: ~unsupported(target, proposal, value),
        ),
    ),
    properties=(
        Property(
            "Where the proposal can show every outcome, nothing is marked.",
            _is_silent_with_full_support,
        ),
        Property("Flipping the sign of every value changes no mark.", _ignores_the_sign),
        Property("Where all values are zero, nothing is marked.", _ignores_worthless_outcomes),
    ),
)
