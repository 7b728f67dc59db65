from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch

from ppo_lesson.exercises.checker import check
from ppo_lesson.lessons.advantages import LESSON

EXERCISES = {exercise.id: exercise for exercise in LESSON.exercises}

# --- gae, by the returns of one episode's TD errors ---


def episode_by_episode(returns):
    """Build gae from a function of one episode's TD errors and of gamma lambda."""

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        if reward.ndim == 2:
            columns = zip(
                *[x.T for x in (reward, value, next_value, terminated, truncated)], strict=True
            )
            return torch.stack([answer(*column, gamma, gae_lambda) for column in columns], dim=1)
        td = reward + gamma * next_value * ~terminated - value
        ends = [*(terminated | truncated).nonzero().flatten().tolist(), len(td) - 1]
        bounds = sorted({0, *[end + 1 for end in ends]})
        parts = [returns(td[a:b], gamma * gae_lambda) for a, b in pairwise(bounds)]
        return torch.cat(parts)

    return answer


def returns_as_double_sum(reward, gamma):
    steps = range(len(reward))
    return torch.stack([sum(gamma ** (k - t) * reward[k] for k in steps if k >= t) for t in steps])


def returns_by_matrix(reward, gamma):
    number = torch.arange(len(reward))
    distance = number[None, :] - number[:, None]
    weight = torch.where(distance >= 0, float(gamma) ** distance.clamp(min=0).double(), 0.0)
    return weight @ reward


def returns_written_in_place(reward, gamma):
    out = reward.clone()
    for t in range(len(reward) - 2, -1, -1):
        out[t] += gamma * out[t + 1]
    return out


def returns_from_numbers(reward, gamma):
    found, total = [], 0.0
    for r in reversed(reward.tolist()):
        total = r + gamma * total
        found.insert(0, total)
    return torch.tensor(found, dtype=torch.float64)


def returns_of_the_past(reward, gamma):
    found = [reward[0]]
    for r in reward[1:]:
        found.append(r + gamma * found[-1])
    return torch.stack(found)


def returns_one_ahead(reward, gamma):
    out = reward.clone()
    out[:-1] += gamma * reward[1:]
    return out


def returns_rescaled(reward, gamma):
    power = gamma ** torch.arange(len(reward), dtype=torch.float64)
    return (reward * power).flip(0).cumsum(0).flip(0) / power


# --- gae, by rewards to go ---


def by_lambda_returns(to_go):
    """Build gae from rewards to go of lambda-returns, R + gamma ((1 - lambda) V' + lambda G')."""

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        mixed = reward + gamma * (1 - gae_lambda) * next_value * ~terminated
        return to_go(mixed, next_value, terminated, truncated, gamma * gae_lambda) - value

    return answer


def to_go_by_choice(reward, next_value, terminated, truncated, gamma):
    future = next_value[-1]
    found = []
    for t in range(len(reward) - 1, -1, -1):
        future = torch.where(truncated[t], next_value[t], future)
        future = torch.where(terminated[t], torch.zeros_like(future), future)
        future = reward[t] + gamma * future
        found.insert(0, future)
    return torch.stack(found)


def to_go_one_by_one(reward, next_value, terminated, truncated, gamma):
    """Write out each environment with plain ifs, on columns."""
    two = [x.reshape(len(reward), -1) for x in (reward, next_value, terminated, truncated)]
    rewards, values, dead, stopped = two
    out = torch.zeros_like(rewards)
    for n in range(rewards.shape[1]):
        for t in reversed(range(len(rewards))):
            if dead[t, n]:
                out[t, n] = rewards[t, n]
            elif stopped[t, n] or t == len(rewards) - 1:
                out[t, n] = rewards[t, n] + gamma * values[t, n]
            else:
                out[t, n] = rewards[t, n] + gamma * out[t + 1, n]
    return out.reshape(reward.shape)


def to_go_by_appending_a_row(reward, next_value, terminated, truncated, gamma):
    padded = torch.cat([reward, next_value[-1:]])
    for t in reversed(range(len(reward))):
        stays = (~terminated[t]).double()
        later = torch.where(truncated[t], next_value[t], padded[t + 1])
        padded[t] = padded[t] + gamma * stays * later
    return padded[:-1]


def to_go_masks(change):
    """Write the recursion with masks, which `change` may alter."""

    def answer(reward, next_value, terminated, truncated, gamma):
        masks = {"dead": terminated, "stopped": truncated, "start": next_value[-1]}
        masks.update(change(next_value, terminated, truncated))
        future, rows = masks["start"], []
        for t in reversed(range(len(reward))):
            future = torch.where(masks["stopped"][t], next_value[t], future)
            future = reward[t] + gamma * future * ~masks["dead"][t]
            rows.append(future)
        return torch.stack(rows[::-1])

    return answer


# --- gae ---


def gae_with_masks(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    alive, same_episode = ~terminated, ~(terminated | truncated)
    later, rows = torch.zeros_like(reward[0]), []
    for t in reversed(range(len(reward))):
        delta = reward[t] + gamma * next_value[t] * alive[t] - value[t]
        later = delta + gamma * gae_lambda * same_episode[t] * later
        rows.insert(0, later)
    return torch.stack(rows)


def gae_as_double_sum(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    delta = reward + gamma * torch.where(terminated, torch.zeros_like(value), next_value) - value
    goes_on = (~terminated & ~truncated).double()
    out = torch.zeros_like(delta)
    for t in range(len(delta)):
        weight = torch.ones_like(delta[0])
        for k in range(t, len(delta)):
            out[t] += weight * delta[k]
            weight = weight * gamma * gae_lambda * goes_on[k]
    return out


def gae_from_lambda_returns(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    """Mix G = R + gamma ((1 - lambda) V' + lambda G'), and take V away at the end."""
    ended = terminated | truncated
    later, rows = next_value[-1], []
    for t in reversed(range(len(reward))):
        ahead = torch.where(ended[t], next_value[t], later)
        mixed = (1 - gae_lambda) * next_value[t] + gae_lambda * ahead
        later = reward[t] + gamma * mixed.masked_fill(terminated[t], 0.0)
        rows.append(later)
    return torch.stack(rows[::-1]) - value


def gae_with_next_rows_inside_episodes(
    reward, value, next_value, terminated, truncated, gamma, gae_lambda
):
    follows = torch.where(terminated | truncated, next_value, value.roll(-1, 0))
    follows[-1] = next_value[-1]
    return gae_with_masks(reward, value, follows, terminated, truncated, gamma, gae_lambda)


def gae_like_a_published_loop(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    """Mask delta and sum with one flag, the loop that stands in many programs."""
    done = (terminated | truncated).double()
    out = torch.zeros_like(reward)
    last = 0
    for t in reversed(range(len(reward))):
        delta = reward[t] + gamma * next_value[t] * (1 - done[t]) - value[t]
        out[t] = last = delta + gamma * gae_lambda * (1 - done[t]) * last
    return out


def gae_that_loses_ends(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    out, last = torch.zeros_like(reward), 0
    for t in reversed(range(len(reward))):
        delta = reward[t] + gamma * next_value[t] - value[t]
        last = (delta + gamma * gae_lambda * last) * ~(terminated[t] | truncated[t])
        out[t] = last
    return out


def gae_variant(dead=True, cut="both", weight=None, column="next", start=0.0, plus=0.0):
    """Write the recursion anew, with one thing or the other wrong."""

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        ends = {"both": terminated + truncated, "dead": terminated, "none": terminated & False}
        follows = next_value.clone()
        if column == "rows":
            follows[:-1] = value[1:]
        if column == "zero":
            follows[-1] = 0
        factor = gamma * gae_lambda if weight is None else weight(gamma, gae_lambda)
        rows, later = {}, torch.full_like(reward[0], start)
        for t in range(len(reward) - 1, -1, -1):
            target = reward[t] + gamma * follows[t] * (~terminated[t] if dead else 1)
            later = target - value[t] + torch.where(ends[cut][t], 0.0, factor * later)
            rows[t] = later
        return torch.stack([rows[t] for t in range(len(reward))]) + plus * value

    return answer


def gae_td(worthless, cut=lambda d, c: d | c, value_of_next=None):
    """Write the TD error and the recursion with masks of one's own."""

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        lost, stops = worthless(terminated, truncated), cut(terminated, truncated)
        weight = gamma if value_of_next is None else value_of_next
        delta = reward + weight * torch.where(lost.bool(), 0.0, next_value) - value
        rows, later = [], torch.zeros_like(reward[0])
        for t in reversed(range(len(reward))):
            later = delta[t] + gamma * gae_lambda * torch.where(stops[t].bool(), 0.0, later)
            rows.append(later)
        return torch.stack(rows[::-1])

    return answer


def last_row(flags):
    return (torch.arange(len(flags)) == len(flags) - 1).view(-1, *[1] * (flags.ndim - 1))


def gae_by_row_number(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    delta = reward + gamma * next_value * ~terminated - value
    out = torch.zeros_like(delta)
    for t in range(len(delta)):
        alive = torch.ones_like(delta[0])
        for k in range(t, len(delta)):
            out[t] += alive * (gamma * gae_lambda) ** k * delta[k]
            alive = alive * ~(terminated[k] | truncated[k])
    return out


def gae_forward(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    goes_on = ~(terminated | truncated)
    delta = reward + gamma * next_value * ~terminated - value
    out, before = torch.zeros_like(delta), 0
    for t in range(len(delta)):
        before = delta[t] + gamma * gae_lambda * goes_on[t] * before
        out[t] = before
    return out


# --- normalise_advantage ---


def normalise_by_hand(advantage):
    n = len(advantage)
    centred = advantage - advantage.sum() / n
    return centred / ((centred @ centred / n) ** 0.5 + 1e-8)


def normalise_by_layer_norm(advantage):
    return torch.nn.functional.layer_norm(advantage, advantage.shape, eps=1e-12)


def normalise_with_a_choice(advantage):
    spread, mean = torch.std_mean(advantage)
    return torch.where(spread > 0, (advantage - mean) / spread, torch.zeros_like(advantage))


RIGHT: dict[str, list[Callable]] = {
    "gae": [
        gae_with_masks,
        gae_as_double_sum,
        gae_from_lambda_returns,
        gae_with_next_rows_inside_episodes,
        gae_variant(),
        episode_by_episode(returns_as_double_sum),
        episode_by_episode(returns_by_matrix),
        episode_by_episode(returns_written_in_place),
        episode_by_episode(returns_from_numbers),
        by_lambda_returns(to_go_by_choice),
        by_lambda_returns(to_go_one_by_one),
        by_lambda_returns(to_go_by_appending_a_row),
        by_lambda_returns(to_go_masks(lambda *_: {})),
    ],
    "normalise_advantage": [
        normalise_by_hand,
        normalise_by_layer_norm,
        normalise_with_a_choice,
        lambda advantage: (advantage - advantage.mean()) / (advantage.std() + 1e-5),
        lambda advantage: (advantage - advantage.mean()) / advantage.std().clamp(min=1e-6),
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "gae": [
        (gae_variant(dead=False), "bootstrapped past termination"),
        (gae_like_a_published_loop, "truncation for termination"),
        (gae_variant(cut="none"), "leak into the one before"),
        (gae_variant(cut="dead"), "stopped the sum at termination alone"),
        (gae_variant(dead=False, cut="none"), "looked at neither flag"),
        (gae_that_loses_ends, "step that ends an episode lost its advantage"),
        (gae_variant(weight=lambda gamma, lam: gamma * gamma * lam), "discounted twice"),
        (gae_variant(weight=lambda gamma, lam: gamma), "Lambda is missing"),
        (gae_variant(weight=lambda gamma, lam: lam), "Gamma is missing"),
        (gae_variant(weight=lambda gamma, lam: 0.0), "returned the TD errors"),
        (gae_forward, "from the first row to the last"),
        (gae_variant(column="rows"), "next row's value instead"),
        (gae_variant(column="zero"), "treated the last row as an end"),
        (gae_variant(plus=1.0), "advantage plus value"),
        (gae_variant(start=1.0), "value is not the right one"),
        (gae_variant(plus=-1.0, cut="none"), "later episode must not change"),
        # What the exercises on returns and rewards to go recognised, by their own spellings.
        (lambda gamma, **others: gae_with_masks(gamma=1.0, **others), "without discounting"),
        (lambda gamma, **others: gae_with_masks(gamma=gamma * gamma, **others), "every step twice"),
        (episode_by_episode(returns_of_the_past), "Rewards of the past must not change"),
        (gae_by_row_number, "by the row's number"),
        (
            lambda reward, gamma, **others: gae_with_masks(
                reward=gamma * reward, gamma=gamma, **others
            ),
            "own reward too",
        ),
        (
            lambda reward, **others: gae_with_masks(reward=torch.zeros_like(reward), **others),
            "left out the step's",
        ),
        (lambda **given: gae_with_masks(**given)[0], "first row alone"),
        (episode_by_episode(returns_one_ahead), "looked one step ahead"),
        (episode_by_episode(returns_rescaled), "returned NaN"),
        (gae_td(lambda d, c: d * 0), "bootstrapped past termination"),
        (gae_td(lambda d, c: d & ~last_row(d)), "In the last row you added next_value"),
        (gae_td(lambda d, c: d & ~c), "Where both flags are true"),
        (gae_td(lambda d, c: d | c, lambda d, c: d), "let the sum run on"),
        (gae_td(lambda d, c: d | c, lambda d, c: d * 0), "at every end and let the sum run"),
        (gae_td(lambda d, c: d, lambda d, c: d), "stopped the sum at termination alone"),
        (gae_td(lambda d, c: d, value_of_next=1.0), "next_value undiscounted"),
        (
            lambda value, **others: gae_with_masks(value=torch.zeros_like(value), **others),
            "did not subtract the value",
        ),
        (by_lambda_returns(to_go_masks(lambda v, *_: {"start": 0 * v[-1]})), "not the right one"),
        (
            by_lambda_returns(to_go_masks(lambda v, dead, stopped: {"dead": dead & ~stopped})),
            "not the right one",
        ),
    ],
    "normalise_advantage": [
        (lambda advantage: advantage - advantage.sum() / len(advantage), "did not scale"),
        (
            lambda advantage: (
                (advantage - advantage.amin()) / (advantage.amax() - advantage.amin())
            ),
            "interval from 0 to 1",
        ),
        (lambda advantage: advantage / (advantage.std() + 1e-8), "did not subtract the mean"),
        (
            lambda advantage: (advantage - advantage.mean()) / (advantage.std() ** 2 + 1e-8),
            "divided by the variance",
        ),
        (lambda advantage: advantage / abs(advantage).max(), "largest absolute value"),
        (
            lambda advantage: advantage - advantage.mean() / (advantage.std() + 1e-8),
            "brackets are missing",
        ),
        (lambda advantage: torch.tanh(advantage), "mean 0 and standard deviation 1"),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "normalise_advantage": [
        (lambda advantage: (advantage - advantage.mean()) / advantage.std(correction=0), "0 / 0"),
    ],
    "gae": [
        (
            lambda reward, **others: gae_with_masks(reward=reward, **others)[:, :],
            "the shape is (T,)",
        ),
    ],
}


def test_the_missing_floor_is_named_with_the_other_standard_deviation_too() -> None:
    verdict = check(
        EXERCISES["normalise_advantage"],
        lambda advantage: (advantage - advantage.mean()) / advantage.std(),
    )
    assert verdict.status != "correct"
    assert "0 / 0" in verdict.message


def test_rollouts_hold_every_kind_of_end_in_every_place() -> None:
    seen = set()
    for case in EXERCISES["gae"].cases:
        dead, stopped = case.inputs["terminated"], case.inputs["truncated"]
        for t in range(len(dead)):
            row = "last" if t == len(dead) - 1 else "inside"
            columns = zip(
                dead[t].reshape(-1).tolist(), stopped[t].reshape(-1).tolist(), strict=True
            )
            seen |= {(row, *flags) for flags in columns}
    both_at_last = ("last", True, True)
    wanted = {(r, a, b) for r in ("inside", "last") for a in (True, False) for b in (True, False)}
    assert seen >= wanted - {both_at_last}


def test_inside_an_episode_next_value_is_the_value_of_the_next_row() -> None:
    for case in EXERCISES["gae"].cases:
        inputs = case.inputs
        inside = ~(inputs["terminated"] | inputs["truncated"])[:-1]
        assert torch.equal(inputs["next_value"][:-1][inside], inputs["value"][1:][inside])
