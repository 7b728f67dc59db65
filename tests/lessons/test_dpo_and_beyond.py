"""Right answers of notebook 11 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from ppo_lesson.lessons.dpo_and_beyond import LESSON

EXERCISES = {exercise.id: exercise for exercise in LESSON.exercises}


# implicit_reward


def implied_by_loop(log_prob, ref_log_prob, beta):
    pairs = zip(log_prob, ref_log_prob, strict=True)
    return torch.stack([beta * (now - before.item()) for now, before in pairs])


def implied_by_ratio(log_prob, ref_log_prob, beta):
    return beta * torch.log(torch.exp(log_prob - ref_log_prob))


def implied_term_by_term(log_prob, ref_log_prob, beta):
    return torch.sub(beta * log_prob, ref_log_prob, alpha=beta)


# dpo_loss


def dpo_plain(chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta):
    chosen = chosen_log_prob - ref_chosen_log_prob
    rejected = rejected_log_prob - ref_rejected_log_prob
    return -F.logsigmoid(beta * (chosen - rejected)).mean()


def dpo_by_policy_and_reference(
    chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
):
    policy = chosen_log_prob - rejected_log_prob
    reference = (ref_chosen_log_prob - ref_rejected_log_prob).detach()
    return F.softplus(beta * reference - beta * policy).mean()


def dpo_by_softmax(
    chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
):
    rewards = torch.stack(
        [chosen_log_prob - ref_chosen_log_prob, rejected_log_prob - ref_rejected_log_prob]
    )
    return -torch.log_softmax(beta * rewards, dim=0)[0].mean()


def dpo_by_loop(
    chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
):
    total = torch.zeros((), dtype=chosen_log_prob.dtype)
    for i in range(len(chosen_log_prob)):
        good = chosen_log_prob[i] - ref_chosen_log_prob[i]
        bad = rejected_log_prob[i] - ref_rejected_log_prob[i]
        total = total + F.softplus(-beta * (good - bad))
    return total / len(chosen_log_prob)


def dpo_of(loss):
    """Build an answer from a loss that takes the pinned arguments by position."""

    def answer(
        chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
    ):
        reference = (ref_chosen_log_prob, ref_rejected_log_prob)
        return loss(chosen_log_prob, rejected_log_prob, *reference, beta)

    return answer


def detached(loss):
    return lambda **inputs: loss(**inputs).detach()


RIGHT: dict[str, list[Callable]] = {
    "implicit_reward": [implied_by_loop, implied_by_ratio, implied_term_by_term],
    "dpo_loss": [dpo_plain, dpo_by_policy_and_reference, dpo_by_softmax, dpo_by_loop],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "implicit_reward": [
        (lambda log_prob, ref_log_prob, beta: log_prob * beta, "reference is missing"),
        (
            lambda log_prob, ref_log_prob, beta: implied_by_ratio(ref_log_prob, log_prob, beta),
            "upside down",
        ),
        (
            lambda log_prob, ref_log_prob, beta: (log_prob - ref_log_prob) / beta,
            "divided by beta",
        ),
        (
            lambda log_prob, ref_log_prob, beta: beta * log_prob.exp() / ref_log_prob.exp(),
            "ratio of the probabilities",
        ),
        (lambda log_prob, ref_log_prob, beta: log_prob - ref_log_prob, "Beta is left out"),
        (
            lambda log_prob, ref_log_prob, beta: implied_by_loop(
                log_prob, ref_log_prob, beta
            ).mean(),
            "returned one number",
        ),
        (detached(implied_by_loop), "no gradient comes back"),
    ],
    "dpo_loss": [
        (dpo_of(lambda c, r, rc, rr, b: len(c) * dpo_plain(c, r, rc, rr, b)), "took the sum"),
        (dpo_of(lambda c, r, rc, rr, b: b * dpo_plain(c, r, rc, rr, 1)), "outside of the sigmoid"),
        (dpo_of(lambda c, r, rc, rr, b: dpo_plain(r, c, rr, rc, b)), "pair is swapped"),
        (dpo_of(lambda c, r, rc, rr, b: dpo_plain(c, r, 0, 0, b)), "reference is missing"),
        (dpo_of(lambda c, r, rc, rr, b: dpo_plain(c, r, rr, rc, b)), "references are exchanged"),
        (dpo_of(lambda c, r, rc, rr, b: -dpo_plain(c, r, rc, rr, b)), "log-likelihood"),
        (dpo_of(lambda c, r, rc, rr, b: dpo_plain(c, r, rc, rr, 1)), "Beta is left out"),
        (dpo_of(lambda c, r, rc, rr, b: dpo_plain(c, r, rc, rr, 1 / b)), "divided by beta"),
        (
            dpo_of(lambda c, r, rc, rr, b: -torch.sigmoid(b * (c - rc - r + rr)).mean()),
            "logarithm is missing",
        ),
        (
            dpo_of(lambda c, r, rc, rr, b: dpo_plain(c, r.detach(), rc, rr, b)),
            "no gradient reaches rejected_log_prob",
        ),
        (detached(dpo_plain), "would never learn"),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "implicit_reward": [
        (
            lambda log_prob, ref_log_prob, beta: (
                beta * torch.log(torch.exp(log_prob) / torch.exp(ref_log_prob))
            ),
            "you go through probabilities",
        ),
    ],
    "dpo_loss": [
        (
            dpo_of(lambda c, r, rc, rr, b: -torch.sigmoid(b * (c - rc - r + rr)).log().mean()),
            "underflows",
        ),
        (
            dpo_of(
                lambda c, r, rc, rr, b: (
                    -torch.log(torch.sigmoid(b * (c - rc - r + rr)) + 1e-8).mean()
                )
            ),
            "only the small number is left",
        ),
    ],
}


def test_a_case_has_a_pair_whose_log_probabilities_have_both_fallen():
    def fallen(inputs) -> bool:
        chosen = inputs["chosen_log_prob"] < inputs["ref_chosen_log_prob"]
        rejected = inputs["rejected_log_prob"] < inputs["ref_rejected_log_prob"]
        return bool((chosen & rejected).any())

    assert any(fallen(case.inputs) for case in EXERCISES["dpo_loss"].cases if not case.edge)
