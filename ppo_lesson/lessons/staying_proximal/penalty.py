"""The exercises of notebook 06 that put a price on distance: the penalised loss, adaptive beta."""

from __future__ import annotations

import math

from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import (
    agree,
    drawn_samples,
    far_samples,
    floats,
    samples,
)
from ppo_lesson.lessons.log_space import unlikely_case
from ppo_lesson.lessons.staying_proximal.penalty_logs import LOG_SLIPS
from ppo_lesson.maths import adaptive_beta, kl_k1, kl_k2, kl_k3, kl_penalised_loss, surrogate_loss


def _reversed_k3(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    return kl_k3(2 * old_log_prob - log_prob, old_log_prob)


def _charging(price: Function) -> Function:
    """Build an answer: the surrogate loss plus beta times a price of (log_prob, old_log_prob)."""

    def answer(log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, beta: float) -> Tensor:
        surrogate = surrogate_loss(log_prob, old_log_prob, advantage)
        return surrogate + beta * price(log_prob, old_log_prob)

    return answer


def _never_cheaper_with_a_price(answer: Function) -> bool:
    batch = drawn_samples(6, 71)
    return float(answer(**batch, beta=2.0)) > float(answer(**batch, beta=0.5))


def _free_of_charge_is_the_surrogate(answer: Function) -> bool:
    batch = drawn_samples(6, 71)
    return agree(answer(**batch, beta=0.0), surrogate_loss(**batch))


def _staying_costs_nothing(answer: Function) -> bool:
    log_prob, advantage = floats(-0.4, -2.0, -1.1), floats(3.0, -1.0, 2.5)
    batch = {"log_prob": log_prob, "old_log_prob": log_prob.clone(), "advantage": advantage}
    return agree(answer(**batch, beta=0.1), answer(**batch, beta=5.0))


KL_PENALISED_LOSS = Exercise(
    id="kl_penalised_loss",
    minutes=3,
    prompt=(
        "Write the loss that charges for distance: the surrogate loss, minus the mean of $r A$, "
        r"*plus* `beta` times k3, the mean of $(r - 1) - \log r$."
        "\n\n"
        "`log_prob`, `old_log_prob` and `advantage` have the shape (N,), `beta` is a number, 0 or "
        "more. Return a tensor of shape (). The gradient flows through `log_prob`, in both parts; "
        "the others come without a graph."
    ),
    reference=kl_penalised_loss,
    cases=(
        Case({**samples([1.5], [2.0]), "beta": 0.5}, "one sample, A > 0"),
        Case({**samples([0.6], [-1.0]), "beta": 3.0}, "one sample, A < 0, a high price"),
        Case({**samples([1.8, 0.5], [1.0, 2.0]), "beta": 0.1}, "two samples, a low price"),
        Case({**drawn_samples(8, 67), "beta": 0.0}, "beta is 0"),
        Case({**far_samples(), "beta": 0.7}, "ratios far from one"),
        Case({**drawn_samples(9, 68), "beta": 1.5}, "9 samples"),
        Case({**drawn_samples(40, 69), "beta": 0.2}, "40 samples"),
        unlikely_case(beta=0.6),
    ),
    hints=(
        "A loss is minimised. Should distance make it larger or smaller?",
        "You have written both parts: the surrogate loss and k3. The price belongs to one of them "
        "only.",
        "Compute the ratio once, from exp of the difference. First part: minus the mean of ratio "
        "times advantage. Second part: beta times the mean of ratio - 1 - log-ratio. Add them.",
    ),
    mistakes=(
        Mistake(
            "You wrote the objective, which is maximised: the surrogate minus the price of "
            "distance. A loss is minimised: put a minus in front of the whole.",
            lambda **inputs: -kl_penalised_loss(**inputs),
        ),
        Mistake(
            "You subtract the penalty, so distance is rewarded. In a loss, what you want less of "
            "comes with a plus.",
            lambda log_prob, old_log_prob, advantage, beta: (
                kl_penalised_loss(log_prob, old_log_prob, advantage, 0)
                - beta * kl_k3(log_prob, old_log_prob)
            ),
        ),
        Mistake(
            "The surrogate keeps the objective's sign. Minus the mean of r A, plus the price: that "
            "is a loss.",
            lambda log_prob, old_log_prob, advantage, beta: (
                beta * kl_k3(log_prob, old_log_prob)
                - surrogate_loss(log_prob, old_log_prob, advantage)
            ),
        ),
        Mistake(
            "You used k1 for the divergence. On a batch it can be negative, and then the loss pays "
            "for distance instead of charging for it; k3 is asked for.",
            _charging(kl_k1),
        ),
        Mistake(
            "You used k2 for the divergence, half the squared log-ratio. k3 is asked for: (r - 1) "
            "- log r.",
            _charging(kl_k2),
        ),
        Mistake(
            "The direction of your divergence is reversed: in k3 the ratio is current over old, as "
            "in the surrogate.",
            _charging(_reversed_k3),
        ),
        Mistake(
            "The value is right, but the penalty is detached: the price is shown and never paid. "
            "Its gradient is what holds the policy back.",
            _charging(lambda log_prob, old_log_prob: kl_k3(log_prob, old_log_prob).detach()),
        ),
        Mistake(
            "You multiplied both parts by beta. It is the price of distance only.",
            lambda log_prob, old_log_prob, advantage, beta: (
                beta
                * (
                    surrogate_loss(log_prob, old_log_prob, advantage)
                    + kl_k3(log_prob, old_log_prob)
                )
            ),
        ),
        Mistake(
            "You do not use beta: the price of a nat is always 1.",
            lambda log_prob, old_log_prob, advantage, beta: (
                surrogate_loss(log_prob, old_log_prob, advantage) + kl_k3(log_prob, old_log_prob)
            ),
        ),
        Mistake(
            "The penalty is missing: this is the surrogate loss alone.",
            lambda log_prob, old_log_prob, advantage, beta: surrogate_loss(
                log_prob, old_log_prob, advantage
            ),
        ),
        Mistake(
            "You took sums. Both parts are means over the samples.",
            lambda log_prob, old_log_prob, advantage, beta: (
                len(log_prob) * kl_penalised_loss(log_prob, old_log_prob, advantage, beta)
            ),
        ),
        *LOG_SLIPS,
    ),
    wrt=("log_prob",),
    properties=(
        Property("With beta = 0 the surrogate loss is left.", _free_of_charge_is_the_surrogate),
        Property(
            "Where the policies are equal, distance is 0 and its price does not matter.",
            _staying_costs_nothing,
        ),
        Property(
            "On samples with a distance, a higher price makes the loss larger.",
            _never_cheaper_with_a_price,
        ),
    ),
)


def _beta_case(beta: float, kl: float, target_kl: float, label: str) -> Case:
    return Case({"beta": beta, "kl": kl, "target_kl": target_kl}, label)


def _steps(kl: float, low: float, high: float) -> float:
    """Give the factor of beta for a dead zone from low to high."""
    return 2.0 if kl > high else 0.5 if kl < low else 1.0


def _same_unit_same_answer(answer: Function) -> bool:
    return all(
        math.isclose(
            float(answer(beta=0.7, kl=kl, target_kl=0.02)),
            float(answer(beta=0.7, kl=10 * kl, target_kl=0.2)),
            rel_tol=1e-6,
        )
        for kl in (0.001, 0.012, 0.018, 0.025, 0.035, 0.5)
    )


def _on_target_nothing_changes(answer: Function) -> bool:
    return math.isclose(float(answer(beta=0.7, kl=0.02, target_kl=0.02)), 0.7, rel_tol=1e-6)


def _more_distance_is_never_cheaper(answer: Function) -> bool:
    prices = [
        float(answer(beta=0.7, kl=kl, target_kl=0.02))
        for kl in (0.001, 0.012, 0.018, 0.025, 0.035, 0.5)
    ]
    return prices == sorted(prices) and prices[0] < prices[-1]


ADAPTIVE_BETA = Exercise(
    id="adaptive_beta",
    minutes=4,
    prompt=(
        "Adapt the price of distance after an update: *double* `beta` if the divergence `kl` is "
        "above 1.5 times `target_kl`, *halve* it below `target_kl` / 1.5, and keep it in between "
        "(the rule of the PPO paper)."
        "\n\n"
        "All three are plain numbers; return a number."
    ),
    reference=adaptive_beta,
    cases=(
        _beta_case(0.8, 0.05, 0.01, "kl far above the target"),
        _beta_case(0.8, 0.001, 0.01, "kl far below the target"),
        _beta_case(0.3, 0.012, 0.01, "kl a little above the target"),
        _beta_case(0.3, 0.008, 0.01, "kl a little below the target"),
        _beta_case(2.0, 0.034, 0.02, "kl is 1.7 times the target"),
        _beta_case(2.0, 0.012, 0.02, "kl is 0.6 times the target"),
        _beta_case(5.0, 3.0, 0.5, "large numbers"),
        _beta_case(0.05, -0.002, 0.02, "an estimate below 0"),
        _beta_case(0.05, -0.09, 0.02, "an estimate far below 0"),
    ),
    hints=(
        "If the policy went too far, was distance too cheap or too dear?",
        "Three outcomes, so two comparisons: with 1.5 times the target and with the target divided "
        "by 1.5. Between the two, leave beta alone.",
        "if kl is above 1.5 * target_kl, return twice beta; if it is below target_kl / 1.5, return "
        "half of it; in the end return beta.",
    ),
    mistakes=(
        Mistake(
            "The direction is inverted: you make distance cheaper after a step that went too far. "
            "A large divergence asks for a higher price.",
            lambda beta, kl, target_kl: beta / _steps(kl, target_kl / 1.5, 1.5 * target_kl),
        ),
        Mistake(
            "There is no dead zone: you change beta for every small deviation. Between target / "
            "1.5 and 1.5 x target it stays as it is.",
            lambda beta, kl, target_kl: beta * _steps(kl, target_kl, target_kl),
        ),
        Mistake(
            "The lower limit is wrong: target / 1.5 is two thirds of the target, not half of it.",
            lambda beta, kl, target_kl: beta * _steps(kl, target_kl / 2, 1.5 * target_kl),
        ),
        Mistake(
            "You doubled only above twice the target. The limits are 1.5 times the target and the "
            "target divided by 1.5; 2 is the factor of beta.",
            lambda beta, kl, target_kl: beta * _steps(kl, target_kl / 2, 2 * target_kl),
        ),
        Mistake(
            "You changed beta by the factor 1.5. That is the limit of the divergence; beta itself "
            "is doubled and halved.",
            lambda beta, kl, target_kl: (
                beta
                * {2.0: 1.5, 1.0: 1.0, 0.5: 1 / 1.5}[_steps(kl, target_kl / 1.5, 1.5 * target_kl)]
            ),
        ),
        Mistake(
            "You never lower the price. Where the policy hardly moved, distance was too dear: "
            "halve beta.",
            lambda beta, kl, target_kl: beta * _steps(kl, -math.inf, 1.5 * target_kl),
        ),
        Mistake(
            "You never raise the price. Where the policy went too far, distance was too cheap: "
            "double beta.",
            lambda beta, kl, target_kl: beta * _steps(kl, target_kl / 1.5, math.inf),
        ),
        Mistake(
            "You scaled beta by kl / target. The rule knows three answers only: twice, half, or "
            "the same.",
            lambda beta, kl, target_kl: beta * kl / target_kl,
        ),
        Mistake(
            "You returned the factor. The new price is that factor times beta.",
            lambda beta, kl, target_kl: _steps(kl, target_kl / 1.5, 1.5 * target_kl),
        ),
    ),
    properties=(
        Property(
            "Only the quotient of kl and target counts: ten times both changes nothing.",
            _same_unit_same_answer,
        ),
        Property("Where kl is on target, beta stays as it is.", _on_target_nothing_changes),
        Property(
            "The larger the divergence, the higher the new price; never the other way.",
            _more_distance_is_never_cheaper,
        ),
    ),
)
