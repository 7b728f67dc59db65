"""Notebook 01: the gradient of a log-probability."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.lessons.log_space import LARGE_LOGITS, VERY_UNLIKELY, spelt_log_probs
from ppo_lesson.maths import score


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
    minutes=6,
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
            "Your sign is turned round: your direction makes the action less likely. The score "
            "points uphill on log pi; the minus belongs to a loss.",
            lambda logits, action: -score(logits, action),
        ),
        Mistake(
            "The action taken does not appear in your answer: you differentiated the log of the "
            "sum, but the action's own logit has a derivative too (1 at the action, 0 elsewhere).",
            lambda logits, action: -torch.softmax(logits, dim=0),
        ),
        Mistake(
            "Your softmax runs over the wrong axis: each action is alone on it and gets "
            "probability one. The probabilities of all K actions together must sum to one.",
            lambda logits, action: _one_hot(logits, action) - 1,
        ),
        Mistake(
            "That is the gradient of the probability, not of its logarithm: the two differ by a "
            "factor, the probability of the action itself.",
            _of_the_probability,
        ),
        Mistake(
            "You subtract the logits themselves. The derivative of the log of the sum with respect "
            "to a logit is a probability, so a softmax is missing.",
            lambda logits, action: _one_hot(logits, action) - logits,
        ),
        Mistake(
            "Only the entry of the action taken is there. The other logits sit in the softmax's "
            "denominator: raising them makes the action less likely.",
            _own_entry_only,
        ),
        Mistake(
            "You subtract the probability of the action taken from every entry. Entry k takes the "
            "probability of action k: the sum of exponentials contains each logit.",
            lambda logits, action: _one_hot(logits, action) - torch.softmax(logits, dim=0)[action],
        ),
        Mistake(
            "The other entries have the wrong sign: raising another logit makes this action less "
            "likely.",
            lambda logits, action: score(logits, action).abs(),
        ),
        Mistake(
            "You subtract from 1 in every entry. Only the action taken has the 1; the other "
            "entries start at 0.",
            lambda logits, action: 1 - torch.softmax(logits, dim=0),
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
