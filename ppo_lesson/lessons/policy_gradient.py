"""Notebook 01: the gradient of a log-probability and the REINFORCE loss."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.lessons.log_space import (
    LARGE_LOGITS,
    SMALL,
    VERY_UNLIKELY,
    spelt_log_probs,
    unlikely_samples,
)
from ppo_lesson.lessons.policy_gradient_predictions import PREDICTIONS
from ppo_lesson.lessons.policy_gradient_questions import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.policy_gradient_tokens import TOKEN_LOG_PROBS
from ppo_lesson.maths import reinforce_loss, score
from ppo_lesson.teaching.exercise import Case, Exercise, Function, Lesson, Mistake, Property

# --- score ---


def _one_hot(logits: Tensor, action: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(action, len(logits)).to(logits.dtype)


def _own_entry_only(logits: Tensor, action: Tensor) -> Tensor:
    return _one_hot(logits, action) * (1 - torch.softmax(logits, dim=0))


def _of_the_probability(logits: Tensor, action: Tensor) -> Tensor:
    return torch.softmax(logits, dim=0)[action] * score(logits, action)


def _differentiated(log_prob: Function) -> Function:
    """Build an answer by autograd from a function of logits (N, K) and actions (N,)."""

    def answer(logits: Tensor, action: Tensor) -> Tensor:
        leaf = logits.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(log_prob(leaf.unsqueeze(0), action.reshape(1)), leaf)
        return gradient

    return answer


def _of_all_log_probs(logits: Tensor, action: Tensor) -> Tensor:
    return 1 - len(logits) * torch.softmax(logits, dim=0)


def _scores(answer: Function, logits: Tensor) -> Tensor:
    return torch.stack([answer(logits=logits, action=a) for a in torch.arange(len(logits))])


def _scores_cancel(answer: Function) -> bool:
    logits = normal(10, 4)
    mean = torch.softmax(logits, dim=0) @ _scores(answer, logits)
    return bool((mean.abs() < 1e-6).all())


def _only_the_action_taken_gains(answer: Function) -> bool:
    scores = _scores(answer, normal(11, 3))
    return torch.equal(scores > 0, torch.eye(3, dtype=torch.bool))


SCORE = Exercise(
    id="score",
    prompt="""\
A policy turns `logits`, one number per action, into probabilities by softmax. Write the gradient of
the log-probability of **one** action with respect to the logits: in which direction must each logit
move so that this action becomes likelier?

- `logits`: `(K,)`, `action`: `()`, an integer index from 0 to K - 1.
- Return `(K,)`: entry k is the derivative of log softmax(logits)[action] with respect to logits[k].

A formula or autograd, as you like.""",
    reference=score,
    cases=(
        Case({"logits": floats(0.4, -1.1), "action": torch.tensor(1)}, "two actions"),
        Case({"logits": floats(-0.3, 0.9), "action": torch.tensor(0)}, "two actions, the first"),
        Case({"logits": floats(1.2, -0.5, 0.3), "action": torch.tensor(0)}, "three actions"),
        Case(
            {"logits": floats(-2.5, 3.0, 0.1), "action": torch.tensor(0)},
            "an action that is hardly ever taken",
        ),
        Case({"logits": normal(1, 5), "action": torch.tensor(4)}, "the last of five actions"),
        Case({"logits": 2 * normal(2, 12), "action": torch.tensor(7)}, "twelve actions"),
        Case(
            {"logits": floats(-800.0, 0.0, 0.7), "action": torch.tensor(0)},
            VERY_UNLIKELY,
            edge=True,
        ),
        Case({"logits": floats(800.5, 799.0), "action": torch.tensor(0)}, LARGE_LOGITS, edge=True),
    ),
    hints=(
        "The log of a softmax is a difference: the action's own logit, minus the log of a sum of "
        "exponentials. Differentiate the two parts one after the other.",
        "The first part has derivative 1 at the action taken and 0 elsewhere. The derivative of "
        "the log of the sum with respect to logit k is a quantity you know by name.",
        "It is the probability of action k. So take a vector that is 1 at the action and 0 "
        "elsewhere, and subtract the vector of all probabilities.",
    ),
    mistakes=(
        Mistake(
            "Your sign is turned round: this direction makes the action less likely. The score "
            "points uphill on log pi; the minus belongs to a loss.",
            lambda logits, action: -score(logits, action),
        ),
        Mistake(
            "The action taken does not show in your answer: you differentiated the log of the "
            "sum, but the action's own logit has a derivative too (1 at the action, 0 elsewhere).",
            lambda logits, action: -torch.softmax(logits, dim=0),
        ),
        Mistake(
            "Your softmax runs over the wrong axis: each action stands alone on it and gets "
            "probability one. The probabilities of all K actions together must sum to one.",
            lambda logits, action: _one_hot(logits, action) - 1,
        ),
        Mistake(
            "That is the gradient of the probability, not of its logarithm: the two differ by a "
            "factor, the probability of the action itself.",
            _of_the_probability,
        ),
        Mistake(
            "You subtract the logits themselves. What one logit does to the log of the sum is "
            "measured by a probability, so a softmax is missing.",
            lambda logits, action: _one_hot(logits, action) - logits,
        ),
        Mistake(
            "Only the entry of the action taken is there. The other logits sit in the softmax's "
            "denominator: raising them makes the action less likely.",
            _own_entry_only,
        ),
        Mistake(
            "You differentiated the log-probabilities of all actions added up. Pick the action "
            "that was taken before you differentiate.",
            _of_all_log_probs,
        ),
        *spelt_log_probs(_differentiated),
    ),
    properties=(
        Property(
            "Averaged over the actions, each weighted with its probability, the score is zero.",
            _scores_cancel,
        ),
        Property(
            "With three actions, the entry of the action taken is positive and both others are "
            "negative: its logit helps it, the others' logits harm it.",
            _only_the_action_taken_gains,
        ),
        Property(
            "Adding the same number to all logits changes no probability, and so no score.",
            lambda answer: torch.allclose(
                answer(logits=normal(12, 3), action=torch.tensor(2)),
                answer(logits=normal(12, 3) + 3, action=torch.tensor(2)),
            ),
        ),
    ),
)


# --- reinforce_loss ---


def _twice_the_batch(answer: Function) -> bool:
    log_prob, advantage = -normal(20, 5).abs(), normal(21, 5)
    once = answer(log_prob=log_prob, advantage=advantage)
    twice = answer(log_prob=log_prob.repeat(2), advantage=advantage.repeat(2))
    return torch.allclose(once, twice)


def _twice_the_advantage(answer: Function) -> bool:
    log_prob, advantage = -normal(22, 5).abs(), normal(23, 5)
    once = answer(log_prob=log_prob, advantage=advantage)
    return torch.allclose(2 * once, answer(log_prob=log_prob, advantage=2 * advantage))


def _zero_advantage_is_silent(answer: Function) -> bool:
    advantage = floats(1.5, 0.0)
    one = answer(log_prob=floats(-0.7, -0.2), advantage=advantage)
    return torch.allclose(one, answer(log_prob=floats(-0.7, -3.0), advantage=advantage))


NO_GRADIENT = (
    "The value is right, but no gradient reaches log_prob: something cut it out of the graph, and "
    "nothing can be learnt from this loss."
)

_UNLIKELY = {name: unlikely_samples()[name] for name in ("log_prob", "advantage")}
_THERE_AND_BACK = (
    "Right on ordinary numbers, but you go from log-probabilities to probabilities and back. That "
    "of a very unlikely action rounds to 0, and its logarithm is minus infinity, or that of the "
    "small number you add. Use log_prob as it comes."
)

REINFORCE_LOSS = Exercise(
    id="reinforce_loss",
    prompt="""\
Write the loss whose gradient is **minus** the sampled policy gradient, so that an optimiser which
minimises it makes good actions likelier.

- `log_prob`: `(N,)`, log pi(a|s) of each action under the policy that took it, with its gradient.
- `advantage`: `(N,)`, how much better each action was than the average one. It is a constant: no
  gradient may flow into it, even if the tensor that comes in requires one.
- Return `()`: minus the **mean** over the N samples.""",
    reference=reinforce_loss,
    cases=(
        Case({"log_prob": floats(-0.7), "advantage": floats(1.5)}, "one sample, A > 0"),
        Case({"log_prob": floats(-1.3), "advantage": floats(-0.6)}, "one sample, A < 0"),
        Case(
            {"log_prob": floats(-0.4, -2.1), "advantage": floats(0.9, -1.7)},
            "two samples, one with A > 0, one with A < 0",
        ),
        Case(
            {"log_prob": floats(-0.2, -1.6, -0.9), "advantage": floats(2.2, 0.3, -0.8)},
            "three samples of both signs",
        ),
        Case({"log_prob": -normal(3, 8).abs(), "advantage": normal(4, 8)}, "eight samples"),
        Case({"log_prob": -normal(5, 30).abs(), "advantage": 3 * normal(6, 30)}, "30 samples"),
        Case(_UNLIKELY, VERY_UNLIKELY, edge=True),
    ),
    hints=(
        "Gradient ascent on the objective is gradient descent on its negative. Which quantity has "
        "the gradient 'score times advantage'?",
        "Minus the average, over the samples, of log-probability times advantage. The advantage "
        "weighs a sample; it is a number and not a function of the parameters.",
        "Cut the advantage out of the graph (a tensor method does that), multiply entry by entry, "
        "take the mean, change the sign.",
    ),
    mistakes=(
        Mistake(
            "The value is right, but a gradient flows into the advantage. It is a number that "
            "weighs the sample: cut it out of the graph, or a critic is trained by this loss too.",
            lambda log_prob, advantage: -(log_prob * advantage).mean(),
        ),
        Mistake(
            "The minus is missing: an optimiser minimises, so your loss makes good actions rarer "
            "and bad ones likelier.",
            lambda log_prob, advantage: (log_prob * advantage).mean(),
        ),
        Mistake(
            "You added the samples up. With the mean, the step does not grow with the batch.",
            lambda log_prob, advantage: -(log_prob * advantage).sum(),
        ),
        Mistake(
            "You weigh the probability, not its logarithm. The samples come from the policy "
            "itself, and then only the gradient of the log averages to the policy gradient.",
            lambda log_prob, advantage: -(log_prob.exp() * advantage).mean(),
        ),
        Mistake(NO_GRADIENT, lambda log_prob, advantage: -(log_prob.detach() * advantage).mean()),
        Mistake(
            NO_GRADIENT, lambda log_prob, advantage: reinforce_loss(log_prob, advantage).detach()
        ),
        Mistake(
            "The advantage plays no part in your loss: every action taken becomes likelier, "
            "whether it was good or bad.",
            lambda log_prob, advantage: -log_prob.mean(),
        ),
        Mistake(
            "Every log-probability meets every advantage: the product of two means is the mean "
            "over all pairs. Multiply sample by sample first, then average.",
            lambda log_prob, advantage: -log_prob.mean() * advantage.mean(),
        ),
        Mistake(
            _THERE_AND_BACK,
            lambda log_prob, advantage: reinforce_loss(log_prob.exp().log(), advantage),
        ),
        Mistake(
            _THERE_AND_BACK,
            lambda log_prob, advantage: reinforce_loss((log_prob.exp() + SMALL).log(), advantage),
        ),
    ),
    wrt=("log_prob",),
    constants=("advantage",),
    properties=(
        Property("The same batch twice over has the same loss: it is a mean.", _twice_the_batch),
        Property("Twice the advantages make twice the loss.", _twice_the_advantage),
        Property(
            "A sample with advantage zero has no influence, whatever its log-probability.",
            _zero_advantage_is_silent,
        ),
    ),
)


LESSON = Lesson(
    notebook="01_policy_gradient",
    exercises=(SCORE, REINFORCE_LOSS, TOKEN_LOG_PROBS),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
