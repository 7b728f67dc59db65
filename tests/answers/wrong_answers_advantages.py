"""Wrong answers to the exercises of notebook 07; `wrong_answers.py` says how they are kept.

Each block gives the pinned signature once and then the slips, with short names for the arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}


def add(kept: dict, exercise: str, signature: Callable, slips: dict[str, Callable]) -> None:
    kept.setdefault(exercise, []).extend((why, signature(f)) for why, f in slips.items())


def backwards(increment, carry):
    """Run x_t = increment_t + carry_t x_{t+1} from the end: the right recursion."""
    later, rows = torch.zeros_like(increment[0]), []
    for t in reversed(range(len(increment))):
        later = increment[t] + carry[t] * later
        rows.append(later)
    return torch.stack(rows[::-1])


def forwards(increment, carry):
    earlier, rows = torch.zeros_like(increment[0]), []
    for t in range(len(increment)):
        earlier = increment[t] + carry[t] * earlier
        rows.append(earlier)
    return torch.stack(rows)


def shifted(x):
    """Bring x_{t+1} to row t, with 0 on the last row."""
    return torch.cat([x[1:], torch.zeros_like(x[:1])])


def episode_by_episode(f):
    """Build gae from a function of one episode's TD errors, (T,), and the factor of a later one."""

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        if reward.ndim == 2:
            columns = zip(
                *[x.T for x in (reward, value, next_value, terminated, truncated)], strict=True
            )
            return torch.stack([answer(*column, gamma, gae_lambda) for column in columns], dim=1)
        td = reward + gamma * next_value * ~terminated - value
        ends = (terminated | truncated).nonzero().flatten().tolist()
        bounds = sorted({0, *[end + 1 for end in ends], len(td)})
        parts = [f(td[a:b], gamma * gae_lambda) for a, b in itertools.pairwise(bounds)]
        return torch.cat(parts)

    return answer


def total(r, g):
    return backwards(r, torch.full_like(r, g))


def powers(r, g):
    return g ** torch.arange(len(r), dtype=r.dtype)


add(
    WRONG,
    "gae",
    episode_by_episode,
    {
        "no discount": lambda r, g: total(r, 1.0),
        "gamma 0.99 whatever is asked": lambda r, g: total(r, 0.99),
        "gamma squared": lambda r, g: total(r, g * g),
        "forward loop": lambda r, g: forwards(r, torch.full_like(r, g)),
        "in reverse order": lambda r, g: total(r, g).flip(0),
        "reward to come without its own": lambda r, g: total(r, g) - r,
        "its own reward discounted too": lambda r, g: g * total(r, g),
        "discounted from the start of the episode": lambda r, g: (
            (powers(r, g) * r).flip(0).cumsum(0).flip(0)
        ),
        "rewards seen so far": lambda r, g: (powers(r, g) * r).cumsum(0),
        "the first step's return for all": lambda r, g: (powers(r, g) * r).sum().expand(len(r)),
        "the first step's return only": lambda r, g: (powers(r, g) * r).sum(),
        "two steps only": lambda r, g: r + g * shifted(r),
        "discount on the running total and the reward": lambda r, g: backwards(
            g * r, torch.full_like(r, 1.0)
        ),
        "last reward lost": lambda r, g: total(torch.cat([r[:-1], torch.zeros_like(r[:1])]), g),
        "last reward twice": lambda r, g: total(torch.cat([r[:-1], 2 * r[-1:]]), g),
        "last row missing": lambda r, g: total(r, g)[:-1],
        "one row too many": lambda r, g: torch.cat([total(r, g), torch.zeros_like(r[:1])]),
        "loops over one step too few": lambda r, g: torch.cat(
            [torch.zeros_like(r[:1]), total(r, g)[1:]]
        ),
        "normalised": lambda r, g: total(r, g) - total(r, g).mean(),
        "times 1 - gamma": lambda r, g: (1 - g) * total(r, g),
        "discounts upside down": lambda r, g: backwards(r, torch.full_like(r, 1 / g)),
        "absolute rewards": lambda r, g: total(r.abs(), g),
        "whole numbers": lambda r, g: total(r, g).long(),
        "shape (T, 1)": lambda r, g: total(r, g)[:, None],
        "a list": lambda r, g: total(r, g).tolist(),
    },
)


def by_lambda_returns(f):
    """Build gae from rewards to go, (reward, next_value, terminated, truncated, gamma).

    The lambda-return is R + gamma ((1 - lambda) V' + lambda G'), and the advantage is it minus V.
    """

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        mixed = reward + gamma * (1 - gae_lambda) * next_value * ~terminated
        to_go = f(mixed, next_value, terminated, truncated, gamma * gae_lambda)
        return to_go - (value if to_go.shape == value.shape else 0)

    return answer


def last_row(x):
    """Mark the last row."""
    mark = torch.zeros_like(x, dtype=torch.bool)
    mark[-1] = True
    return mark


def to_go_by(r, g, bootstrap, goes_on):
    return backwards(r + g * bootstrap, g * goes_on.to(r.dtype))


def right_to_go(r, nv, d, c, g):
    stops = d | c | last_row(r)
    return to_go_by(r, g, nv * (stops & ~d), ~stops)


def to_go_one_axis(r, nv, d, c, g):
    out, later = [], float(nv[-1])
    for x, v, done, cut in zip(*[y.tolist()[::-1] for y in (r, nv, d, c)], strict=True):
        later = x + g * (0.0 if done else v if cut else later)
        out.append(later)
    return torch.tensor(out[::-1], dtype=r.dtype)


def to_go_any_environment(r, nv, d, c, g):
    """Let an end in one environment end the episodes of all."""
    if r.ndim == 1:
        return right_to_go(r, nv, d, c, g)
    d, c = (x.any(1, keepdim=True).expand_as(x) for x in (d, c))
    return right_to_go(r, nv, d, c, g)


def to_go_last_axis(r, nv, d, c, g):
    if r.ndim == 1:
        return right_to_go(r, nv, d, c, g)
    return right_to_go(r.T, nv.T, d.T, c.T, g).T


def to_go_transposed(r, nv, d, c, g):
    out = right_to_go(r, nv, d, c, g)
    return out.T if out.ndim == 2 else out


def to_go_in_place(r, nv, d, c, g):
    c[-1] = True
    return right_to_go(r, nv, d, c, g)


def to_go_zeroed_in_place(r, nv, d, c, g):
    nv.detach()[d] = 0
    return right_to_go(r, nv, d, c, g)


add(
    WRONG,
    "gae",
    by_lambda_returns,
    {
        "bootstraps past termination": lambda r, nv, d, c, g: to_go_by(
            r, g, nv * (d | c | last_row(r)), ~(d | c)
        ),
        "no bootstrap where truncated": lambda r, nv, d, c, g: to_go_by(
            r, g, nv * (last_row(r) & ~d & ~c), ~(d | c)
        ),
        "no bootstrap on the last row": lambda r, nv, d, c, g: to_go_by(
            r, g, nv * (c & ~d), ~(d | c)
        ),
        "no bootstrap at all": lambda r, nv, d, c, g: to_go_by(r, g, 0 * nv, ~(d | c)),
        "leaks across termination": lambda r, nv, d, c, g: to_go_by(
            r, g, nv * ((c | last_row(r)) & ~d), ~c
        ),
        "leaks across truncation": lambda r, nv, d, c, g: to_go_by(
            r, g, nv * (last_row(r) & ~d), ~d
        ),
        "bootstraps where truncated and leaks as well": lambda r, nv, d, c, g: to_go_by(
            r, g, nv * ((c | last_row(r)) & ~d), ~d
        ),
        "leaks across everything": lambda r, nv, d, c, g: to_go_by(
            r, g, nv * last_row(r), torch.ones_like(d)
        ),
        "ends are masked a row late": lambda r, nv, d, c, g: right_to_go(
            r, nv, d.roll(1, 0), c.roll(1, 0), g
        ),
        "ends are masked a row early": lambda r, nv, d, c, g: right_to_go(
            r, nv, d.roll(-1, 0), c.roll(-1, 0), g
        ),
        "bootstraps from the next row's value": lambda r, nv, d, c, g: right_to_go(
            r, nv.roll(-1, 0), d, c, g
        ),
        "bootstraps on every row": lambda r, nv, d, c, g: to_go_by(r, g, nv * ~d, ~(d | c)),
        "one step only": lambda r, nv, d, c, g: r + g * nv * ~d,
        "gamma 0.99 whatever is asked": lambda r, nv, d, c, g: right_to_go(r, nv, d, c, 0.99),
        "gamma squared": lambda r, nv, d, c, g: right_to_go(r, nv, d, c, g * g),
        "gamma forgotten in the bootstrap": lambda r, nv, d, c, g: right_to_go(r, nv / g, d, c, g),
        "gamma twice in the bootstrap": lambda r, nv, d, c, g: right_to_go(r, nv * g, d, c, g),
        "gamma forgotten in the sum": lambda r, nv, d, c, g: right_to_go(r, nv * g, d, c, 1.0),
        "forward loop": lambda r, nv, d, c, g: forwards(r + g * nv * ~d, g * ~(d | c)),
        "reward of the last step of an episode lost": lambda r, nv, d, c, g: right_to_go(
            r * ~d, nv, d, c, g
        ),
        "value instead of reward where truncated": lambda r, nv, d, c, g: right_to_go(
            r * ~c, nv / g, d, c, g
        ),
        "its own reward missing": lambda r, nv, d, c, g: right_to_go(r, nv, d, c, g) - r,
        "terminated and truncated swapped": lambda r, nv, d, c, g: right_to_go(r, nv, c & ~d, d, g),
        "truncation taken for termination": lambda r, nv, d, c, g: right_to_go(
            r, nv, d | c, c & d, g
        ),
        "last row taken for termination": lambda r, nv, d, c, g: right_to_go(
            r, nv, d | last_row(r), c & ~last_row(r), g
        ),
        "last row's value on every row of its episode": lambda r, nv, d, c, g: right_to_go(
            r, nv[-1:].expand_as(nv), d, c, g
        ),
        "time along the last axis": to_go_last_axis,
        "works only on one axis": to_go_one_axis,
        "an end anywhere ends all environments": to_go_any_environment,
        "environments added up": lambda r, nv, d, c, g: (
            right_to_go(r, nv, d, c, g).reshape(len(r), -1).sum(1)
        ),
        "transposed": to_go_transposed,
        "flattened": lambda r, nv, d, c, g: right_to_go(r, nv, d, c, g).reshape(1, -1),
        "in reverse order": lambda r, nv, d, c, g: right_to_go(r, nv, d, c, g).flip(0),
        "marks the last row of truncated in place": to_go_in_place,
        "zeroes next_value in place": to_go_zeroed_in_place,
    },
)


def gae(f):
    return lambda reward, value, next_value, terminated, truncated, gamma, gae_lambda: f(
        reward, value, next_value, terminated, truncated, gamma, gae_lambda
    )


def right_gae(r, v, nv, d, c, g, lam):
    return backwards(r + g * nv * ~d - v, g * lam * (~(d | c)).to(r.dtype))


def gae_by(r, g, lam, td, goes_on):
    return backwards(td, g * lam * goes_on.to(r.dtype))


def gae_terminal_lost(r, v, nv, d, c, g, lam):
    """Multiply the whole sum with the mask, so an episode's last step gets no advantage."""
    later, rows = torch.zeros_like(r[0]), []
    for t in reversed(range(len(r))):
        later = (r[t] + g * nv[t] - v[t] + g * lam * later) * ~(d[t] | c[t])
        rows.append(later)
    return torch.stack(rows[::-1])


def gae_from_next_row(r, v, nv, d, c, g, lam):
    """Take value[t + 1] as what follows, which after an end is another episode's."""
    following = torch.cat([v[1:], nv[-1:]])
    return right_gae(r, v, following, d, c, g, lam)


def gae_next_row_no_last(r, v, nv, d, c, g, lam):
    return gae_by(r, g, lam, r + g * shifted(v) * ~d - v, ~(d | c))


def gae_any_environment(r, v, nv, d, c, g, lam):
    if r.ndim == 2:
        d, c = (x.any(1, keepdim=True).expand_as(x) for x in (d, c))
    return right_gae(r, v, nv, d, c, g, lam)


def gae_one_axis(r, v, nv, d, c, g, lam):
    out, later = [], 0.0
    for x, y, z, done, cut in zip(*[a.tolist()[::-1] for a in (r, v, nv, d, c)], strict=True):
        later = x + g * z * (not done) - y + g * lam * later * (not (done or cut))
        out.append(later)
    return torch.tensor(out[::-1], dtype=r.dtype)


def gae_transposed(r, v, nv, d, c, g, lam):
    out = right_gae(r, v, nv, d, c, g, lam)
    return out.T if out.ndim == 2 else out


def gae_in_place(r, v, nv, d, c, g, lam):
    nv.detach()[d] = 0
    return right_gae(r, v, nv, d, c, g, lam)


def gae_reward_in_place(r, v, nv, d, c, g, lam):
    out = right_gae(r, v, nv, d, c, g, lam)
    r.detach().add_(g * nv.detach() * (c & ~d))
    return out


def gae_done_in_place(r, v, nv, d, c, g, lam):
    out = right_gae(r, v, nv, d, c, g, lam)
    d |= c
    return out


def gae_last_step_twice(r, v, nv, d, c, g, lam):
    out = right_gae(r, v, nv, d, c, g, lam)
    return out + last_row(out) * out


def gae_skips_last_row(r, v, nv, d, c, g, lam):
    """Start the loop at T - 2, as one does who reads value[t + 1]."""
    td = (r + g * nv * ~d - v) * ~last_row(r)
    return gae_by(r, g, lam, td, ~(d | c))


add(
    WRONG,
    "gae",
    gae,
    {
        "bootstraps past termination": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv - v, ~(d | c)
        ),
        "stops at truncation without bootstrap": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv * ~(d | c) - v, ~(d | c)
        ),
        "no bootstrap on the last row": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv * ~(d | last_row(r)) - v, ~(d | c)
        ),
        "leaks across episodes": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv * ~d - v, torch.ones_like(d)
        ),
        "leaks across termination": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv * ~d - v, ~c
        ),
        "leaks across truncation": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv * ~d - v, ~d
        ),
        "loses the advantage of an episode's last step": gae_terminal_lost,
        "loses the advantage of the last row": gae_skips_last_row,
        "counts the last row twice": gae_last_step_twice,
        "gamma squared": lambda r, v, nv, d, c, g, lam: backwards(
            r + g * nv * ~d - v, g * g * lam * ~(d | c)
        ),
        "gamma squared everywhere": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv, d, c, g * g, lam
        ),
        "forward loop": lambda r, v, nv, d, c, g, lam: forwards(
            r + g * nv * ~d - v, g * lam * ~(d | c)
        ),
        "value of the next row after an end": gae_from_next_row,
        "value of the next row, nothing after the last": gae_next_row_no_last,
        "next_value a row late": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv.roll(1, 0), d, c, g, lam
        ),
        "ends are masked a row late": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv, d.roll(1, 0), c.roll(1, 0), g, lam
        ),
        "ends of the next row": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv, d.roll(-1, 0), c.roll(-1, 0), g, lam
        ),
        "terminated and truncated swapped": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv, c, d, g, lam
        ),
        "lambda forgotten": lambda r, v, nv, d, c, g, lam: right_gae(r, v, nv, d, c, g, 1.0),
        "lambda 0.95 whatever is asked": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv, d, c, g, 0.95
        ),
        "gamma 0.99 whatever is asked": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv, d, c, 0.99, lam
        ),
        "gamma forgotten in the TD error": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + nv * ~d - v, ~(d | c)
        ),
        "gamma forgotten in the sum": lambda r, v, nv, d, c, g, lam: backwards(
            r + g * nv * ~d - v, lam * ~(d | c)
        ),
        "lambda in the TD error": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * lam * nv * ~d - v, ~(d | c)
        ),
        "gamma and lambda swapped": lambda r, v, nv, d, c, g, lam: right_gae(
            r, v, nv, d, c, lam, g
        ),
        "one minus lambda": lambda r, v, nv, d, c, g, lam: right_gae(r, v, nv, d, c, g, 1 - lam),
        "times one minus lambda": lambda r, v, nv, d, c, g, lam: (
            (1 - lam) * right_gae(r, v, nv, d, c, g, lam)
        ),
        "TD error only": lambda r, v, nv, d, c, g, lam: r + g * nv * ~d - v,
        "TD error with the sign of the value": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv * ~d + v, ~(d | c)
        ),
        "sign": lambda r, v, nv, d, c, g, lam: -right_gae(r, v, nv, d, c, g, lam),
        "value not taken away": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + g * nv * ~d, ~(d | c)
        ),
        "value masked as well": lambda r, v, nv, d, c, g, lam: gae_by(
            r, g, lam, r + (g * nv - v) * ~d, ~(d | c)
        ),
        "the return instead of the advantage": lambda r, v, nv, d, c, g, lam: (
            right_gae(r, v, nv, d, c, g, lam) + v
        ),
        "value and next_value swapped": lambda r, v, nv, d, c, g, lam: right_gae(
            r, nv, v, d, c, g, lam
        ),
        "reward of the final step lost": lambda r, v, nv, d, c, g, lam: right_gae(
            r * ~d, v, nv, d, c, g, lam
        ),
        "right for lambda = 0 only beyond two rows": lambda r, v, nv, d, c, g, lam: (
            (td := r + g * nv * ~d - v) + g * lam * ~(d | c) * shifted(td)
        ),
        "normalised": lambda r, v, nv, d, c, g, lam: (
            ((a := right_gae(r, v, nv, d, c, g, lam)) - a.mean()) / (a.std(correction=0) + 1e-8)
        ),
        "works only on one axis": gae_one_axis,
        "time along the last axis": lambda r, v, nv, d, c, g, lam: (
            right_gae(r.T, v.T, nv.T, d.T, c.T, g, lam).T
            if r.ndim == 2
            else right_gae(r, v, nv, d, c, g, lam)
        ),
        "an end anywhere ends all environments": gae_any_environment,
        "transposed": gae_transposed,
        "environments averaged": lambda r, v, nv, d, c, g, lam: (
            right_gae(r, v, nv, d, c, g, lam).reshape(len(r), -1).mean(1)
        ),
        "in reverse order": lambda r, v, nv, d, c, g, lam: right_gae(r, v, nv, d, c, g, lam).flip(
            0
        ),
        "zeroes next_value in place": gae_in_place,
        "changes the reward in place": gae_reward_in_place,
        "merges truncated into terminated in place": gae_done_in_place,
    },
)


def normalised(f):
    return lambda advantage: f(advantage)


def normalised_in_place(a):
    a = a.detach()
    a -= a.mean()
    a /= a.std(correction=0) + 1e-8
    return a


def normalised_centred_in_place(a):
    with torch.no_grad():
        a.sub_(a.mean())
    return a / (a.std() + 1e-8)


def spread(a):
    return a.std(correction=0) + 1e-8


add(
    WRONG,
    "normalise_advantage",
    normalised,
    {
        "only centred": lambda a: a - a.mean(),
        "only scaled": lambda a: a / spread(a),
        "min-max": lambda a: (a - a.min()) / (a.max() - a.min() + 1e-8),
        "by the largest": lambda a: a / (a.abs().max() + 1e-8),
        "centred, then by the largest": lambda a: (
            (a - a.mean()) / ((a - a.mean()).abs().max() + 1e-8)
        ),
        "by the variance": lambda a: (a - a.mean()) / (a.var(correction=0) + 1e-8),
        "by the root of the std": lambda a: (a - a.mean()) / spread(a).sqrt(),
        "mean inside the quotient only": lambda a: a - a.mean() / spread(a),
        "scaled before it is centred": lambda a: a / spread(a) - a.mean(),
        "centred by the median": lambda a: (a - a.median()) / spread(a),
        "mean absolute deviation": lambda a: (a - a.mean()) / ((a - a.mean()).abs().mean() + 1e-8),
        "by the root mean square": lambda a: (a - a.mean()) / (a.square().mean().sqrt() + 1e-8),
        "by the norm": lambda a: (a - a.mean()) / ((a - a.mean()).norm() + 1e-8),
        "softmax": lambda a: a.softmax(0),
        "sign": lambda a: (a.mean() - a) / spread(a),
        "absolute value": lambda a: (a - a.mean()).abs() / spread(a),
        "epsilon of one": lambda a: (a - a.mean()) / (a.std(correction=0) + 1),
        "epsilon of 0.1": lambda a: (a - a.mean()) / (a.std(correction=0) + 0.1),
        "mean added": lambda a: (a + a.mean()) / spread(a),
        "clipped to +-1": lambda a: ((a - a.mean()) / spread(a)).clamp(-1, 1),
        "mean put back": lambda a: (a - a.mean()) / spread(a) + a.mean(),
        "shape (N, 1)": lambda a: ((a - a.mean()) / spread(a))[:, None],
        "broadcast to (N, N)": lambda a: (a[:, None] - a) / spread(a),
        "the std with N - 2": lambda a: (
            (a - a.mean()) / (spread(a) * (len(a) / max(len(a) - 2, 1)) ** 0.5)
        ),
        "single number": lambda a: ((a - a.mean()) / spread(a)).mean(),
        "a list": lambda a: ((a - a.mean()) / spread(a)).tolist(),
        "unchanged": lambda a: a * 1.0,
        "in place": normalised_in_place,
        "centred in place": normalised_centred_in_place,
    },
)
add(
    FRAGILE,
    "normalise_advantage",
    normalised,
    {
        "no epsilon": lambda a: (a - a.mean()) / a.std(),
        "no epsilon, std with n": lambda a: (a - a.mean()) / a.std(correction=0),
        "no epsilon, by the variance's root": lambda a: (
            (a - a.mean()) * a.var(correction=0).rsqrt()
        ),
        "epsilon beside the quotient": lambda a: (a - a.mean()) / a.std(correction=0) + 1e-8,
        "epsilon subtracted with the mean": lambda a: (a - a.mean() - 1e-8) / a.std(correction=0),
        "epsilon that vanishes": lambda a: (a - a.mean()) / (a.std(correction=0) + 1e-400),
    },
)
