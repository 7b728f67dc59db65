"""What notebook 04 asks: the ratio, the surrogate, its gradient by differences, and the proof."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import (
    agree,
    drawn_samples,
    far_samples,
    floats,
    samples,
)
from ppo_lesson.lessons.log_space import (
    DIFFERENCE_THEN_EXP,
    DIVIDED_LOGS,
    divided_logs,
    through_probabilities,
    unlikely_case,
)
from ppo_lesson.maths import policy_ratio, surrogate_loss


def _equal_policies_give_one(answer: Function) -> bool:
    log_prob = floats(-0.2, -1.7, -3.1)
    ratio = answer(log_prob=log_prob, old_log_prob=log_prob.clone())
    return agree(ratio, torch.ones_like(log_prob))


def _swapped_policies_give_the_inverse(answer: Function) -> bool:
    one, other = floats(-0.2, -1.7, -3.1), floats(-0.9, -1.1, -2.0)
    there = answer(log_prob=one, old_log_prob=other)
    back = answer(log_prob=other, old_log_prob=one)
    return agree(there * back, torch.ones_like(one))


def _likelier_actions_have_larger_ratios(answer: Function) -> bool:
    log_prob, old_log_prob = floats(-0.2, -1.7, -3.1), floats(-0.9, -1.1, -2.0)
    raised = answer(log_prob=log_prob + 0.1, old_log_prob=old_log_prob)
    return bool((raised > answer(log_prob=log_prob, old_log_prob=old_log_prob)).all())


POLICY_RATIO = Exercise(
    id="policy_ratio",
    minutes=4,
    prompt=(
        r"Write the policy ratio $r = \pi_\theta(a \mid s) \,/\, \pi_{old}(a \mid s)$ of each "
        "sample: how many times as likely the action is now as when it was taken.\n\n"
        "`log_prob` and `old_log_prob`, of shape (N,), hold *log*-probabilities of the actions "
        "taken, under the current policy and under the one that acted. Return a tensor of shape "
        "(N,). The gradient flows through `log_prob`; `old_log_prob` is a constant, which no "
        "gradient may reach."
    ),
    reference=policy_ratio,
    solution="return torch.exp(log_prob - old_log_prob.detach())",
    cases=(
        Case(samples([1.7]), "one sample, its action is likelier than before"),
        Case(samples([0.6]), "one sample, its action is less likely than before"),
        Case(samples([0.5, 1.0, 2.2]), "an action less likely, one as before, one likelier"),
        Case(far_samples(with_advantage=False), "ratios far from one"),
        Case(drawn_samples(8, 41, with_advantage=False), "8 samples"),
        Case(drawn_samples(30, 42, with_advantage=False), "30 samples"),
        unlikely_case(with_advantage=False),
    ),
    hints=(
        "You want a quotient of two probabilities and are given their logarithms. What is the "
        "logarithm of a quotient?",
        "log r is a difference, current minus old. One function leads from log r to r. And one of "
        "the two log-probabilities is a constant.",
        "Cut the old log-probability out of the graph with .detach(), subtract it from the current "
        "one, and pass the difference to torch.exp.",
    ),
    mistakes=(
        Mistake(
            "Your ratio is upside down, old over current. It has to grow when the current policy "
            "makes the action likelier.",
            lambda log_prob, old_log_prob: torch.exp(old_log_prob.detach() - log_prob),
        ),
        Mistake(DIVIDED_LOGS, lambda log_prob, old_log_prob: log_prob / old_log_prob.detach()),
        Mistake(
            DIVIDED_LOGS, lambda log_prob, old_log_prob: (log_prob / old_log_prob.detach()).exp()
        ),
        Mistake(
            "The value is right, but a gradient flows into old_log_prob as well. The old policy is "
            "a constant: detach it. If both are computed at the same θ, the two gradients cancel "
            "and nothing is learned.",
            lambda log_prob, old_log_prob: torch.exp(log_prob - old_log_prob),
        ),
        Mistake(
            "The value is right, but no gradient comes back to log_prob: the whole ratio is cut "
            "out of the graph. Detach the old log-probability only.",
            lambda log_prob, old_log_prob: torch.exp(log_prob - old_log_prob).detach(),
        ),
        Mistake(
            "You detached the wrong one: the gradient reaches the old policy and not the current "
            "one.",
            lambda log_prob, old_log_prob: torch.exp(log_prob.detach() - old_log_prob),
        ),
        Mistake(
            "You returned the log-ratio. It is 0 where the policies agree; the ratio is 1 there. "
            "The exponential is missing.",
            lambda log_prob, old_log_prob: log_prob - old_log_prob.detach(),
        ),
        Mistake(
            "You subtracted the probabilities. An importance weight is a quotient: it says how "
            "many times as likely the action is, not by how much.",
            lambda log_prob, old_log_prob: log_prob.exp() - old_log_prob.detach().exp(),
        ),
        Mistake(
            "You scaled the ratios so that they sum to one. Each ratio belongs to its own sample "
            "and is not compared with the others.",
            lambda log_prob, old_log_prob: torch.softmax(log_prob - old_log_prob.detach(), 0),
        ),
        *through_probabilities(policy_ratio, DIFFERENCE_THEN_EXP),
    ),
    wrt=("log_prob",),
    constants=("old_log_prob",),
    properties=(
        Property(
            "Where both policies give an action the same probability, its ratio is 1.",
            _equal_policies_give_one,
        ),
        Property(
            "If the two policies are swapped, every ratio turns into its inverse.",
            _swapped_policies_give_the_inverse,
        ),
        Property(
            "The likelier the current policy makes an action, the larger its ratio.",
            _likelier_actions_have_larger_ratios,
        ),
    ),
)


def _ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    return torch.exp(log_prob - old_log_prob)


def _clipped_loss(log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor) -> Tensor:
    ratio, constant = _ratio(log_prob, old_log_prob), advantage.detach()
    return -torch.min(ratio * constant, ratio.clamp(0.8, 1.2) * constant).mean()


def _flipped_advantages_flip_the_loss(answer: Function) -> bool:
    batch = drawn_samples(5, 51)
    flipped = {**batch, "advantage": -batch["advantage"]}
    return agree(answer(**flipped), -answer(**batch))


def _equal_policies_leave_the_mean_advantage(answer: Function) -> bool:
    log_prob, advantage = floats(-0.4, -2.0, -1.1), floats(3.0, -1.0, 2.5)
    loss = answer(log_prob=log_prob, old_log_prob=log_prob.clone(), advantage=advantage)
    return agree(loss, -advantage.mean())


def _likelier_good_actions_lower_the_loss(answer: Function) -> bool:
    batch = samples([1.2, 0.7, 1.0], [1.0, 2.0, 0.5])
    raised = {**batch, "log_prob": batch["log_prob"] + 0.1}
    return bool(answer(**raised) < answer(**batch))


SURROGATE_LOSS = Exercise(
    id="surrogate_loss",
    minutes=5,
    prompt=(
        r"Write the loss whose minimum is the maximum of the surrogate: minus the *mean* of $r A$, "
        r"with the policy ratio $r = \pi_\theta(a \mid s) \,/\, \pi_{old}(a \mid s)$."
        "\n\n"
        "`log_prob`, `old_log_prob` and `advantage` have the shape (N,). Return a tensor of "
        "shape (). The gradient flows through `log_prob` only. `advantage` is a constant that may "
        "arrive with a graph, which no gradient may reach; `old_log_prob` comes without one."
    ),
    reference=surrogate_loss,
    cases=(
        Case(samples([1.5], [2.0]), "one sample, A > 0"),
        Case(samples([0.7], [-3.0]), "one sample, A < 0"),
        Case(samples([1.8, 0.5], [1.0, -2.0]), "two samples, A of both signs"),
        Case(far_samples(), "ratios far from one"),
        Case(drawn_samples(7, 43), "7 samples"),
        Case(drawn_samples(32, 44), "32 samples"),
        unlikely_case(),
    ),
    hints=(
        "A loss is minimised, the surrogate is maximised. And ask of every tensor: is this what I "
        "am changing, or a constant?",
        "Three steps: the ratio of each sample from the two log-probabilities, its product with "
        "the advantage, minus the mean of the products.",
        "You have written the ratio already. Multiply it by advantage.detach(), call .mean(), "
        "and put the minus in front.",
    ),
    mistakes=(
        Mistake(
            "The sign is the surrogate's, not the loss's: an optimiser that minimises this makes "
            "good actions rarer. Put a minus in front.",
            lambda log_prob, old_log_prob, advantage: (
                _ratio(log_prob, old_log_prob) * advantage.detach()
            ).mean(),
        ),
        Mistake(
            "The value is right, but the ratio is cut out of the graph, so no gradient comes back "
            "to log_prob: this policy would never learn. The ratio must keep its gradient; the "
            "advantage is the constant.",
            lambda log_prob, old_log_prob, advantage: (
                -(_ratio(log_prob, old_log_prob).detach() * advantage).mean()
            ),
        ),
        Mistake(
            "The value is right, but both the ratio and the advantage are detached, and nothing "
            "is left to differentiate. The advantage is a constant; the ratio must keep its "
            "gradient.",
            lambda log_prob, old_log_prob, advantage: (
                -(_ratio(log_prob, old_log_prob) * advantage).mean().detach()
            ),
        ),
        Mistake(
            "You weighted with the log-ratio. At θ_old it has the same gradient as the ratio; "
            "away from there it counts each sample as often as the old policy drew it.",
            lambda log_prob, old_log_prob, advantage: (
                -((log_prob - old_log_prob) * advantage.detach()).mean()
            ),
        ),
        Mistake(
            "The value is right, but a gradient flows into the advantage. The loss would then also "
            "train whatever computed the advantage, to make it larger: detach it.",
            lambda log_prob, old_log_prob, advantage: (
                -(_ratio(log_prob, old_log_prob) * advantage).mean()
            ),
        ),
        Mistake(
            "You took the sum. With the mean the gradient does not grow with the number of "
            "samples.",
            lambda log_prob, old_log_prob, advantage: (
                -(_ratio(log_prob, old_log_prob) * advantage.detach()).sum()
            ),
        ),
        Mistake(
            "Your ratio is upside down, old over current: the samples came from the old policy, so "
            "its probability is the denominator.",
            lambda log_prob, old_log_prob, advantage: (
                -(_ratio(old_log_prob, log_prob) * advantage.detach()).mean()
            ),
        ),
        Mistake(
            "This is the REINFORCE loss: old_log_prob is missing, so the samples are treated as if "
            "the current policy had drawn them.",
            lambda log_prob, old_log_prob, advantage: -(log_prob * advantage.detach()).mean(),
        ),
        Mistake(
            "You multiplied the mean ratio by the mean advantage. Each sample's advantage "
            "belongs to its own ratio: multiply first, average afterwards.",
            lambda log_prob, old_log_prob, advantage: (
                -_ratio(log_prob, old_log_prob).mean() * advantage.detach().mean()
            ),
        ),
        Mistake(
            "You clip the ratio. That is PPO's loss, which notebook 06 builds from this one; the "
            "surrogate has no clip.",
            _clipped_loss,
        ),
        Mistake(
            "You took the mean off the advantages. That is the caller's decision: the loss takes "
            "them as they are.",
            lambda log_prob, old_log_prob, advantage: surrogate_loss(
                log_prob, old_log_prob, advantage - advantage.mean()
            ),
        ),
        *divided_logs(surrogate_loss),
        *through_probabilities(surrogate_loss, DIFFERENCE_THEN_EXP),
    ),
    wrt=("log_prob",),
    constants=("advantage",),
    properties=(
        Property(
            "Where the policies are equal, every ratio is 1 and the loss is minus the mean "
            "advantage.",
            _equal_policies_leave_the_mean_advantage,
        ),
        Property(
            "If every advantage changes its sign, so does the loss.",
            _flipped_advantages_flip_the_loss,
        ),
        Property(
            "Where all advantages are positive, making the actions likelier lowers the loss.",
            _likelier_good_actions_lower_the_loss,
        ),
    ),
)
