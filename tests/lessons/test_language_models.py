"""Right answers of notebook 10 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch.distributions import Categorical

from ppo_lesson.lessons.language_models import LESSON

EXERCISES = {exercise.id: exercise for exercise in LESSON.exercises}


# behaviour_log_prob


def drawn_by_distribution(logits, token, temperature, top_k):
    largest, where = torch.topk(logits / temperature, top_k, dim=-1)
    kept = torch.full_like(logits, -math.inf).scatter(-1, where, largest)
    return Categorical(logits=kept).log_prob(token)


def drawn_by_sorting(logits, token, temperature, top_k):
    smallest = logits.sort(dim=-1, descending=True).values[:, top_k - 1 : top_k]
    scaled = torch.where(logits >= smallest, logits / temperature, -1e9)
    return F.log_softmax(scaled, dim=-1)[torch.arange(len(token)), token]


def drawn_by_renormalising(logits, token, temperature, top_k):
    prob = torch.softmax(logits / temperature, dim=-1)
    kept = torch.topk(prob, top_k).values.sum(-1)
    return torch.log(prob.gather(1, token[:, None])[:, 0] / kept)


def drawn_by_loop(logits, token, temperature, top_k):
    found = []
    for row, chosen in zip(logits, token, strict=True):
        stays = sorted(range(len(row)), key=lambda k: row[k].item())[-top_k:]
        found.append(row[chosen] / temperature - torch.logsumexp(row[stays] / temperature, 0))
    return torch.stack(found)


def drawn_by_cross_entropy(logits, token, temperature, top_k):
    kth = torch.kthvalue(logits, logits.shape[1] - top_k + 1, keepdim=True).values
    kept = (logits / temperature).masked_fill(logits < kth, float("-inf"))
    return -F.cross_entropy(kept, token, reduction="none")


def drawn_with(temperature_of=lambda t: t, top_k_of=lambda k, v: k):
    """The right formula with another temperature or another number of words."""

    def answer(logits, token, temperature, top_k):
        top_k = top_k_of(top_k, logits.shape[1])
        return drawn_by_cross_entropy(logits, token, temperature_of(temperature), top_k)

    return answer


def drawn_and_cut_afterwards(logits, token, temperature, top_k):
    log_prob = F.log_softmax(logits / temperature, dim=-1)
    smallest = log_prob.topk(top_k).values[:, -1:]
    return log_prob.masked_fill(log_prob < smallest, -math.inf).gather(1, token[:, None])[:, 0]


def drawn_with_products(logits, token, temperature, top_k):
    smallest = logits.topk(top_k).values[:, -1:]
    return Categorical(logits=logits * (logits >= smallest) / temperature).log_prob(token)


def drawn_by_log_of_softmax(logits, token, temperature, top_k):
    smallest = logits.topk(top_k).values[:, -1:]
    kept = (logits / temperature).masked_fill(logits < smallest, -math.inf)
    return torch.log(kept.softmax(-1))[torch.arange(len(token)), token]


# bradley_terry_loss


def choice_by_softplus(chosen_reward, rejected_reward):
    return F.softplus(rejected_reward - chosen_reward).mean()


def choice_by_entropy(chosen_reward, rejected_reward):
    difference = chosen_reward - rejected_reward
    return F.binary_cross_entropy_with_logits(difference, torch.ones_like(difference))


def choice_by_softmax(chosen_reward, rejected_reward):
    both = torch.stack([chosen_reward, rejected_reward], dim=-1)
    return -both.log_softmax(-1)[:, 0].mean()


def choice_by_loop(chosen_reward, rejected_reward):
    total = 0.0
    for good, bad in zip(chosen_reward, rejected_reward, strict=True):
        total = total - good + torch.logaddexp(good, bad)
    return total / chosen_reward.shape[0]


def choice_by_probability(chosen_reward, rejected_reward):
    return -torch.log(torch.sigmoid(chosen_reward - rejected_reward)).mean()


def choice_by_exponentials(chosen_reward, rejected_reward):
    good, bad = chosen_reward.exp(), rejected_reward.exp()
    return -torch.mean(torch.log(good / (good + bad)))


def choice_with_small_number(chosen_reward, rejected_reward):
    return -torch.log(torch.sigmoid(chosen_reward - rejected_reward) + 1e-8).mean()


# shaped_reward


def shaped_by_index(score, log_prob, ref_log_prob, mask, beta):
    reward = -beta * (log_prob - ref_log_prob) * mask
    reward[torch.arange(len(score)), mask.sum(-1) - 1] += score
    return reward


def shaped_by_loop(score, log_prob, ref_log_prob, mask, beta):
    reward = torch.zeros_like(log_prob)
    rows, columns = reward.shape
    for b in range(rows):
        for t in range(columns):
            if mask[b, t]:
                reward[b, t] = beta * (ref_log_prob[b, t] - log_prob[b, t])
                if t + 1 == columns or not mask[b, t + 1]:
                    reward[b, t] += score[b]
    return reward


def shaped_by_neighbour(score, log_prob, ref_log_prob, mask, beta):
    is_last = mask & ~F.pad(mask[:, 1:], (0, 1))
    price = beta * (log_prob - ref_log_prob)
    return torch.where(is_last, score[:, None] - price, -price).masked_fill(~mask, 0)


def shaped_by_scatter(score, log_prob, ref_log_prob, mask, beta):
    reward = torch.zeros_like(log_prob)
    reward[mask] = -beta * (log_prob[mask] - ref_log_prob[mask])
    return reward.scatter_add(1, mask.long().sum(1, keepdim=True) - 1, score[:, None])


def shaped_with_score_at(place):
    """The right price, and the score where `place` of (row, column, length) says."""

    def answer(score, log_prob, ref_log_prob, mask, beta):
        reward = -beta * (log_prob - ref_log_prob) * mask
        for b, length in enumerate(mask.sum(-1).tolist()):
            for t in range(mask.shape[1]):
                if place(t, length, mask.shape[1]):
                    reward[b, t] += score[b]
        return reward

    return answer


def shaped_with_price(price):
    def answer(score, log_prob, ref_log_prob, mask, beta):
        log_ratio = (log_prob - ref_log_prob) * mask
        return shaped_by_index(
            score, torch.zeros_like(log_prob), price(log_ratio, mask), mask, beta
        )

    return answer


def shaped_without_mask(score, log_prob, ref_log_prob, mask, beta):
    reward = beta * (ref_log_prob - log_prob)
    reward[torch.arange(len(score)), mask.sum(-1) - 1] += score
    return reward


def shaped_overwritten(score, log_prob, ref_log_prob, mask, beta):
    reward = -beta * (log_prob - ref_log_prob) * mask
    reward[torch.arange(len(score)), mask.sum(-1) - 1] = score
    return reward


def shaped_by_column_and_mask(score, log_prob, ref_log_prob, mask, beta):
    reward = -beta * (log_prob - ref_log_prob)
    reward[:, -1] += score
    return reward * mask


def shaped_and_scaled(score, log_prob, ref_log_prob, mask, beta):
    return beta * shaped_by_index(score, log_prob, ref_log_prob, mask, 1.0)


# rlhf_optimum


def optimum_by_softmax(ref_prob, reward, beta):
    return F.softmax(torch.log(ref_prob) + reward / beta, dim=0)


def optimum_by_largest(ref_prob, reward, beta):
    weight = ref_prob * torch.exp((reward - reward.max()) / beta)
    return weight / weight.sum()


def optimum_by_log_sum(ref_prob, reward, beta):
    log_weight = ref_prob.log() + reward / beta
    return torch.exp(log_weight - torch.logsumexp(log_weight, 0))


def optimum_by_distribution(ref_prob, reward, beta):
    return Categorical(logits=ref_prob.log() + reward / beta).probs


def optimum_plain(ref_prob, reward, beta):
    weight = ref_prob * (reward / beta).exp()
    return weight / torch.sum(weight)


def optimum_of(log_weight):
    return lambda ref_prob, reward, beta: F.softmax(log_weight(ref_prob, reward, beta), dim=0)


def optimum_clamped(ref_prob, reward, beta):
    return optimum_plain(ref_prob, torch.clamp(reward, -20 * beta, 20 * beta), beta)


# token_log_probs


def tokens_by_loop(logits, tokens, prompt_length):
    log_probs = []
    for position in range(prompt_length, len(tokens)):
        row = logits[position - 1]
        log_probs.append(row[tokens[position]] - torch.logsumexp(row, dim=0))
    return torch.stack(log_probs)


def tokens_by_categorical(logits, tokens, prompt_length):
    rows = slice(prompt_length - 1, len(tokens) - 1)
    return Categorical(logits=logits[rows]).log_prob(tokens[prompt_length:])


def tokens_by_cross_entropy(logits, tokens, prompt_length):
    rows, labels = logits[prompt_length - 1 : -1], tokens[prompt_length:]
    return -F.cross_entropy(rows, labels, reduction="none")


def tokens_by_index(logits, tokens, prompt_length):
    log_prob = logits - logits.logsumexp(dim=-1, keepdim=True)
    position = torch.arange(prompt_length, len(tokens))
    return log_prob[position - 1, tokens[position]]


def tokens_leak(logits, tokens, prompt_length):
    return Categorical(logits=logits[prompt_length:]).log_prob(tokens[prompt_length:])


def tokens_all(logits, tokens, prompt_length):
    return -F.cross_entropy(logits[:-1], tokens[1:], reduction="none")


def tokens_raw(logits, tokens, prompt_length):
    position = torch.arange(prompt_length, len(tokens))
    return logits[position - 1, tokens[position]]


def tokens_wrong_axis(logits, tokens, prompt_length):
    log_prob = logits - logits.logsumexp(dim=0, keepdim=True)
    position = torch.arange(prompt_length, len(tokens))
    return log_prob[position - 1, tokens[position]]


def tokens_loss(logits, tokens, prompt_length):
    rows, labels = logits[prompt_length - 1 : -1], tokens[prompt_length:]
    return F.nll_loss(rows.log_softmax(-1), labels, reduction="none")


def tokens_probability(logits, tokens, prompt_length):
    probability = torch.softmax(logits, dim=-1)
    position = torch.arange(prompt_length, len(tokens))
    return probability[position - 1, tokens[position]]


def tokens_one_short(logits, tokens, prompt_length):
    log_prob = torch.log_softmax(logits[:-1], dim=-1)
    return log_prob[torch.arange(len(tokens) - 1), tokens[1:]][prompt_length:]


def tokens_detached(logits, tokens, prompt_length):
    return tokens_by_index(logits.detach(), tokens, prompt_length)


def tokens_row_after(logits, tokens, prompt_length):
    log_prob = torch.log_softmax(logits, dim=-1)
    return log_prob[1:].gather(1, tokens[:-1, None])[prompt_length - 1 :, 0]


RIGHT: dict[str, list[Callable]] = {
    "token_log_probs": [
        tokens_by_loop,
        tokens_by_categorical,
        tokens_by_cross_entropy,
        tokens_by_index,
    ],
    "behaviour_log_prob": [
        drawn_by_distribution,
        drawn_by_sorting,
        drawn_by_loop,
        drawn_by_cross_entropy,
    ],
    "bradley_terry_loss": [
        choice_by_softplus,
        choice_by_entropy,
        choice_by_softmax,
        choice_by_loop,
    ],
    "shaped_reward": [shaped_by_index, shaped_by_loop, shaped_by_neighbour, shaped_by_scatter],
    "rlhf_optimum": [
        optimum_by_softmax,
        optimum_by_largest,
        optimum_by_log_sum,
        optimum_by_distribution,
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "token_log_probs": [
        (tokens_leak, "Label leak"),
        (tokens_all, "The prompt is in your answer"),
        (tokens_raw, "raw logits"),
        (tokens_wrong_axis, "along the positions"),
        (tokens_loss, "never positive"),
        (tokens_probability, "These are probabilities"),
        (tokens_one_short, "first token of the response is lost"),
        (tokens_detached, "no gradient with respect to logits"),
        (tokens_row_after, "last row of logits has no influence"),
    ],
    "behaviour_log_prob": [
        (drawn_with(lambda t: 1.0, lambda k, v: v), "plain softmax"),
        (drawn_with(top_k_of=lambda k, v: v), "words that could not be drawn"),
        (drawn_and_cut_afterwards, "cut after the softmax"),
        (drawn_with(lambda t: 1 / t), "multiplied by the temperature"),
        (drawn_with(lambda t: 1.0), "temperature is left out"),
        (drawn_by_log_of_softmax, "gradient is NaN"),
        (drawn_with_products, "forbidden logits to 0"),
        (
            lambda logits, token, temperature, top_k: (
                drawn_by_loop(logits, token, 1.0, top_k) / temperature
            ),
            "divided the log-probability",
        ),
        (
            lambda logits, token, temperature, top_k: drawn_by_loop(
                logits, token, temperature, top_k
            ).exp(),
            "logarithms are asked for",
        ),
        (
            lambda logits, token, temperature, top_k: (
                -drawn_by_distribution(logits, token, temperature, top_k)
            ),
            "never positive",
        ),
        (
            lambda logits, token, temperature, top_k: drawn_by_distribution(
                logits.detach(), token, temperature, top_k
            ),
            "no gradient comes back",
        ),
    ],
    "bradley_terry_loss": [
        (
            lambda chosen_reward, rejected_reward: F.softplus(
                rejected_reward - chosen_reward
            ).sum(),
            "took the sum",
        ),
        (
            lambda chosen_reward, rejected_reward: F.logsigmoid(
                chosen_reward - rejected_reward
            ).mean(),
            "log-likelihood",
        ),
        (
            lambda chosen_reward, rejected_reward: F.softplus(
                chosen_reward - rejected_reward
            ).mean(),
            "pair is swapped",
        ),
        (
            lambda chosen_reward, rejected_reward: (
                -torch.sigmoid(chosen_reward - rejected_reward).mean()
            ),
            "logarithm is missing",
        ),
        (
            lambda chosen_reward, rejected_reward: torch.sigmoid(
                rejected_reward - chosen_reward
            ).mean(),
            "logarithm is missing",
        ),
        (
            lambda chosen_reward, rejected_reward: F.margin_ranking_loss(
                chosen_reward, rejected_reward, torch.ones_like(chosen_reward), margin=1.0
            ),
            "margin loss",
        ),
        (
            lambda chosen_reward, rejected_reward: choice_by_softplus(
                chosen_reward, rejected_reward.detach()
            ),
            "no gradient reaches the rejected",
        ),
    ],
    "shaped_reward": [
        (shaped_with_score_at(lambda t, length, size: t < length), "Every token earns"),
        (shaped_with_score_at(lambda t, length, size: t == size - 1), "stands on padding"),
        (shaped_with_score_at(lambda t, length, size: t == min(length, size - 1)), "on padding"),
        (shaped_by_column_and_mask, "the score is lost"),
        (shaped_with_score_at(lambda t, length, size: t == 0), "first token earns"),
        (shaped_with_score_at(lambda t, length, size: False), "the score is not"),
        (shaped_with_price(lambda log_ratio, mask: log_ratio), "paid for leaving"),
        (shaped_with_price(lambda log_ratio, mask: 0 * log_ratio), "Nobody pays"),
        (shaped_with_price(lambda log_ratio, mask: -log_ratio.abs()), "absolute log-ratio"),
        (
            shaped_with_price(lambda log_ratio, mask: -log_ratio / mask.sum(-1, keepdim=True)),
            "length of the response",
        ),
        (shaped_without_mask, "mask is missing"),
        (shaped_overwritten, "overwritten its price"),
        (shaped_and_scaled, "beta multiplies the score"),
    ],
    "rlhf_optimum": [
        (optimum_of(lambda ref_prob, reward, beta: reward / beta), "reference is missing"),
        (optimum_of(lambda ref_prob, reward, beta: ref_prob.log() + beta * reward), "it divides"),
        (optimum_of(lambda ref_prob, reward, beta: ref_prob.log() + reward), "Beta is left out"),
        (optimum_of(lambda ref_prob, reward, beta: ref_prob + reward / beta), "logarithm is mis"),
        (
            optimum_of(lambda ref_prob, reward, beta: 2 * ref_prob.log() + reward / beta),
            "counts twice",
        ),
        (
            lambda ref_prob, reward, beta: ref_prob * (reward / beta).exp(),
            "do not sum to one",
        ),
        (
            lambda ref_prob, reward, beta: optimum_plain(
                ref_prob, (reward - reward.mean()) / (reward.std() + 1e-8), beta
            ),
            "normalised the rewards",
        ),
        (
            lambda ref_prob, reward, beta: optimum_by_log_sum(ref_prob, -reward, beta),
            "rewarded least",
        ),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "behaviour_log_prob": [(drawn_by_renormalising, "probability that has rounded to 0")],
    "bradley_terry_loss": [
        (choice_by_probability, "underflows"),
        (choice_by_exponentials, "infinity over infinity"),
        (choice_with_small_number, "only the small number is left"),
    ],
    "rlhf_optimum": [
        (optimum_plain, "exponential overflows"),
        (optimum_clamped, "clamped the exponent"),
    ],
}


def case_inputs(name: str) -> list[dict]:
    return [dict(case.inputs) for case in EXERCISES[name].cases]


def test_every_token_of_a_case_can_be_drawn():
    for inputs in case_inputs("behaviour_log_prob"):
        assert torch.isfinite(EXERCISES["behaviour_log_prob"].reference(**inputs)).all()
        smallest = inputs["logits"].sort(-1).values.diff(dim=-1).min()
        assert smallest > 1e-3, "two logits tie"


def test_padding_holds_numbers_that_would_show():
    for inputs in case_inputs("shaped_reward"):
        padding = inputs["log_prob"][~inputs["mask"]]
        assert torch.all((padding - inputs["ref_log_prob"][~inputs["mask"]]).abs() > 1)
        assert torch.equal(inputs["mask"], inputs["mask"].cummin(-1).values)


def test_the_scores_of_a_case_are_neither_small_nor_alike():
    """Else a score on the wrong row, or none at all, would pass."""
    for inputs in case_inputs("shaped_reward"):
        scores = inputs["score"]
        assert scores.abs().min() > 1e-2
        assert len(scores.unique()) == len(scores)
