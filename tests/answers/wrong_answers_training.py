"""Wrong answers to the exercises of notebooks 08 and 09; `wrong_answers.py` says how they are kept.

Each block gives the pinned signature once and then the slips, with short names for the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from ppo_lesson import maths

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}


def add(kept: dict, exercise: str, signature: Callable, slips: dict[str, Callable]) -> None:
    kept.setdefault(exercise, []).extend((why, signature(f)) for why, f in slips.items())


def fit(f):
    """The slip takes a target that is a constant."""
    return lambda value, value_target: f(value, value_target.detach())


def fit_raw(f):
    return lambda value, value_target: f(value, value_target)


def fit_in_place(v, g):
    error = g.detach()
    error -= v.detach()
    return 0.5 * (v * 1.0 - v.detach() - error).square().mean()


add(
    WRONG,
    "value_loss",
    fit,
    {
        "half forgotten": lambda v, g: F.mse_loss(v, g),
        "sum for mean": lambda v, g: 0.5 * F.mse_loss(v, g, reduction="sum"),
        "half and N both forgotten": lambda v, g: (v - g).square().sum(),
        "a quarter": lambda v, g: F.mse_loss(v, g) / 4,
        "absolute error": lambda v, g: F.l1_loss(v, g) / 2,
        "Huber loss": lambda v, g: F.smooth_l1_loss(v, g),
        "Huber loss, halved": lambda v, g: F.huber_loss(v, g) / 2,
        "root": lambda v, g: F.mse_loss(v, g).sqrt() / 2,
        "square of the mean error": lambda v, g: (v - g).mean().square() / 2,
        "variance of the error": lambda v, g: (v - g).var(correction=0) / 2,
        "not squared": lambda v, g: (v - g).mean() / 2,
        "sign": lambda v, g: -0.5 * F.mse_loss(v, g),
        "broadcast to (N, N)": lambda v, g: 0.5 * (v[:, None] - g).square().mean(),
        "detached": lambda v, g: 0.5 * F.mse_loss(v, g).detach(),
        "one number per sample": lambda v, g: 0.5 * (v - g).square(),
        "shape (1,)": lambda v, g: 0.5 * (v - g).square().mean(0, keepdim=True),
        "a Python float": lambda v, g: float(0.5 * (v - g).detach().square().mean()),
        "divides by N - 1": lambda v, g: 0.5 * (v - g).square().sum() / max(len(v) - 1, 0.5),
        "adds the target": lambda v, g: 0.5 * (v + g).square().mean(),
        "difference of the squares": lambda v, g: 0.5 * (v.square() - g.square()).mean(),
        "right where the value is too low only": lambda v, g: 0.5 * F.relu(g - v).square().mean(),
        "relative error": lambda v, g: 0.5 * ((v - g) / (g.abs() + 1e-8)).square().mean(),
        "ignores the target": lambda v, g: 0.5 * v.square().mean(),
        "half inside the square": lambda v, g: ((v - g) / 2).square().mean(),
        "loses the last sample": lambda v, g: 0.5 * (v - g)[:-1].square().sum() / len(v),
        "right value, gradient of the absolute error": lambda v, g: (
            0.5 * F.mse_loss(v, g).detach() + F.l1_loss(v, g) - F.l1_loss(v, g).detach()
        ),
    },
)
add(
    WRONG,
    "value_loss",
    fit_raw,
    {
        "the wrong one detached": lambda v, g: 0.5 * (v.detach() - g).square().mean(),
        "changes the target in place": fit_in_place,
    },
)


def fit_clipped(f):
    """The slip takes the value, a constant target, a constant old value, and epsilon."""
    return lambda value, value_target, old_value, clip_epsilon: f(
        value, value_target.detach(), old_value.detach(), clip_epsilon
    )


def near(v, o, e):
    return o + (v - o).clamp(-e, e)


def larger(v, g, o, e):
    return torch.maximum((v - g) ** 2, (near(v, o, e) - g) ** 2)


def clipped_in_place(v, g, o, e):
    loss = 0.5 * larger(v, g, o, e).mean()
    o.copy_(v.detach())
    return loss


def clipped_target_in_place(v, g, o, e):
    loss = 0.5 * larger(v, g, o, e).mean()
    g.sub_(o)
    return loss


add(
    WRONG,
    "clipped_value_loss",
    fit_clipped,
    {
        "minus the loss": lambda v, g, o, e: -0.5 * larger(v, g, o, e).mean(),
        "clipped to 1 +- epsilon": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, (v.clamp(1 - e, 1 + e) - g) ** 2).mean()
        ),
        "clipped to 1 +- epsilon, alone": lambda v, g, o, e: (
            0.5 * ((v.clamp(1 - e, 1 + e) - g) ** 2).mean()
        ),
        "move clipped to 1 +- epsilon": lambda v, g, o, e: (
            0.5 * torch.max((v - g) ** 2, (o + (v - o).clamp(1 - e, 1 + e) - g) ** 2).mean()
        ),
        "old value times 1 +- epsilon": lambda v, g, o, e: (
            0.5
            * torch.max((v - g) ** 2, (torch.clamp(v, o * (1 - e), o * (1 + e)) - g) ** 2).mean()
        ),
        "old value times a ratio of values": lambda v, g, o, e: (
            0.5 * torch.max((v - g) ** 2, (o * (v / o).clamp(1 - e, 1 + e) - g) ** 2).mean()
        ),
        "half forgotten": lambda v, g, o, e: larger(v, g, o, e).mean(),
        "sum for mean": lambda v, g, o, e: 0.5 * larger(v, g, o, e).sum(),
        "min for max": lambda v, g, o, e: (
            0.5 * torch.minimum((v - g) ** 2, (near(v, o, e) - g) ** 2).mean()
        ),
        "clip without max": lambda v, g, o, e: 0.5 * F.mse_loss(near(v, o, e), g),
        "no clip": lambda v, g, o, e: 0.5 * F.mse_loss(v, g),
        "max of means": lambda v, g, o, e: (
            0.5 * torch.maximum(F.mse_loss(v, g), F.mse_loss(near(v, o, e), g))
        ),
        "sum of both": lambda v, g, o, e: 0.5 * (F.mse_loss(v, g) + F.mse_loss(near(v, o, e), g)),
        "mean of both": lambda v, g, o, e: 0.25 * (F.mse_loss(v, g) + F.mse_loss(near(v, o, e), g)),
        "clipped to 1 +- epsilon times the old": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, (o * (v / o).clamp(1 - e, 1 + e) - g) ** 2).mean()
        ),
        "clipped around the target": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, (near(v, g, e) - o) ** 2).mean()
        ),
        "clipped around zero": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, (v.clamp(-e, e) - g) ** 2).mean()
        ),
        "old value not added back": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, ((v - o).clamp(-e, e) - g) ** 2).mean()
        ),
        "clipped error": lambda v, g, o, e: 0.5 * (v - g).clamp(-e, e).square().mean(),
        "max of the errors before the square": lambda v, g, o, e: (
            0.5 * torch.maximum(v - g, near(v, o, e) - g).square().mean()
        ),
        "only from above": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, (torch.minimum(v, o + e) - g) ** 2).mean()
        ),
        "only from below": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, (torch.maximum(v, o - e) - g) ** 2).mean()
        ),
        "epsilon 0.2 whatever is asked": lambda v, g, o, e: 0.5 * larger(v, g, o, 0.2).mean(),
        "epsilon twice": lambda v, g, o, e: 0.5 * larger(v, g, o, 2 * e).mean(),
        "value and old value swapped": lambda v, g, o, e: 0.5 * larger(o, g, v, e).mean(),
        "target and old value swapped": lambda v, g, o, e: 0.5 * larger(v, o, g, e).mean(),
        "detached": lambda v, g, o, e: 0.5 * larger(v, g, o, e).mean().detach(),
        "clipped branch lets the gradient through": lambda v, g, o, e: (
            0.5
            * torch.maximum((v - g) ** 2, (near(v, o, e).detach() + v - v.detach() - g) ** 2).mean()
        ),
        "absolute error": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g).abs(), (near(v, o, e) - g).abs()).mean()
        ),
        "sign": lambda v, g, o, e: -0.5 * larger(v, g, o, e).mean(),
        "broadcast to (N, N)": lambda v, g, o, e: 0.5 * larger(v[:, None], g, o, e).mean(),
        "broadcast in the clipped branch": lambda v, g, o, e: (
            0.5 * torch.maximum((v - g) ** 2, (near(v, o, e)[:, None] - g) ** 2).mean()
        ),
        "one number per sample": lambda v, g, o, e: 0.5 * larger(v, g, o, e),
        "shape (1,)": lambda v, g, o, e: 0.5 * larger(v, g, o, e).mean(0, keepdim=True),
        "a Python float": lambda v, g, o, e: float(0.5 * larger(v, g, o, e).detach().mean()),
        "overwrites the old value": clipped_in_place,
        "changes the target in place": clipped_target_in_place,
    },
)


def spread(f):
    return lambda logits: f(logits)


def entropy_in_place(z):
    z.detach().sub_(z.detach().logsumexp(1, keepdim=True))
    return right_entropy(z)


def right_entropy(z):
    return -(z.softmax(-1) * z.log_softmax(-1)).sum(-1)


add(
    WRONG,
    "entropy",
    spread,
    {
        "sign": lambda z: -right_entropy(z),
        "in bits": lambda z: right_entropy(z) / math.log(2),
        "share of the largest": lambda z: right_entropy(z) / math.log(z.shape[1]),
        "mean over the actions": lambda z: right_entropy(z) / z.shape[1],
        "mean over the samples": lambda z: right_entropy(z).mean(),
        "sum over the samples": lambda z: right_entropy(z).sum(),
        "softmax over the samples": lambda z: -(z.softmax(0) * z.log_softmax(0)).sum(-1),
        "sum over the wrong axis": lambda z: -(z.softmax(1) * z.log_softmax(1)).sum(0),
        "both axes wrong": lambda z: -(z.softmax(0) * z.log_softmax(0)).sum(0),
        "softmax over everything": lambda z: (
            -((p := z.flatten().softmax(0).view_as(z)) * p.log()).sum(-1)
        ),
        "log of the logits": lambda z: -(z.softmax(-1) * z).sum(-1),
        "logits for probabilities": lambda z: -(z * z.log_softmax(-1)).sum(-1),
        "probability forgotten": lambda z: -z.log_softmax(-1).sum(-1),
        "probability forgotten, mean": lambda z: -z.log_softmax(-1).mean(-1),
        "log forgotten": lambda z: 1 - z.softmax(-1).square().sum(-1),
        "softmax twice": lambda z: right_entropy(z.softmax(-1)),
        "surprise of the likeliest action": lambda z: -z.log_softmax(-1).max(-1).values,
        "exp of it": lambda z: right_entropy(z).exp(),
        "of each action": lambda z: -z.softmax(-1) * z.log_softmax(-1),
        "shape (N, 1)": lambda z: right_entropy(z)[:, None],
        "temperature of two": lambda z: right_entropy(z / 2),
        "sigmoid for softmax": lambda z: -(z.sigmoid() * F.logsigmoid(z)).sum(-1),
        "last action left out": lambda z: -(z.softmax(-1) * z.log_softmax(-1))[:, :-1].sum(-1),
        "right for two actions only": lambda z: (
            -((p := z.softmax(-1)[:, 0]) * p.log() + (1 - p) * (1 - p).log())
        ),
        "of the mean policy": lambda z: right_entropy(
            z.softmax(-1).mean(0, keepdim=True).log()
        ).expand(len(z)),
        "a list": lambda z: right_entropy(z).tolist(),
        "epsilon of 0.01 in the log": lambda z: (
            -(z.softmax(-1) * (z.softmax(-1) + 0.01).log()).sum(-1)
        ),
        "normalises the logits in place": entropy_in_place,
    },
)


def deal(f):
    return lambda num_samples, size, generator: f(num_samples, size, generator)


def shuffled(n, g):
    return torch.randperm(n, generator=g)


def cut(order, size):
    return [order[i : i + size] for i in range(0, len(order), size)]


def deal_overlapping(n, size, g):
    order = shuffled(n, g)
    return [order[i : i + size + 1] for i in range(0, n, size)]


def deal_reseeding(n, size, g):
    g.manual_seed(0)
    return cut(shuffled(n, g), size)


add(
    WRONG,
    "minibatches",
    deal,
    {
        "not shuffled": lambda n, size, g: cut(torch.arange(n), size),
        "only the batches shuffled": lambda n, size, g: [
            cut(torch.arange(n), size)[i] for i in shuffled(-(-n // size), g).tolist()
        ],
        "only shuffled inside the batches": lambda n, size, g: [
            b[shuffled(len(b), g)] for b in cut(torch.arange(n), size)
        ],
        "last one dropped": lambda n, size, g: cut(shuffled(n, g), size)[: n // size],
        "last one filled up with others": lambda n, size, g: cut(
            torch.cat([o := shuffled(n, g), o])[: -(-n // size) * size], size
        ),
        "shorter one first": lambda n, size, g: cut(shuffled(n, g), size)[::-1],
        "drawn with replacement": lambda n, size, g: cut(torch.randint(n, (n,), generator=g), size),
        "each batch drawn anew": lambda n, size, g: [
            shuffled(n, g)[: min(size, n - i)] for i in range(0, n, size)
        ],
        "generator ignored": lambda n, size, g: cut(torch.randperm(n), size),
        "generator reseeded": deal_reseeding,
        "always the same seed": lambda n, size, g: cut(
            shuffled(n, torch.Generator().manual_seed(0)), size
        ),
        "size taken for the number of batches": lambda n, size, g: list(shuffled(n, g).chunk(size)),
        "batches evened out": lambda n, size, g: list(shuffled(n, g).tensor_split(-(-n // size))),
        "counted from 1": lambda n, size, g: cut(shuffled(n, g) + 1, size),
        "index 0 missing": lambda n, size, g: cut(shuffled(n - 1, g) + 1, size),
        "last index missing": lambda n, size, g: cut(shuffled(max(n - 1, 1), g), size),
        "one index in two batches": deal_overlapping,
        "all in one batch": lambda n, size, g: [shuffled(n, g)],
        "first batch only": lambda n, size, g: shuffled(n, g)[:size],
        "batches of one": lambda n, size, g: list(shuffled(n, g).split(1)),
        "one more than asked for": lambda n, size, g: cut(shuffled(n, g), size + 1),
        "an empty one at the end": lambda n, size, g: [*cut(shuffled(n, g), size), shuffled(0, g)],
        "floating point numbers": lambda n, size, g: cut(shuffled(n, g).double(), size),
        "marks instead of indices": lambda n, size, g: [
            torch.zeros(n, dtype=torch.bool).scatter(0, b, True) for b in cut(shuffled(n, g), size)
        ],
        "shape (size, 1)": lambda n, size, g: cut(shuffled(n, g)[:, None], size),
        "one tensor, never cut": lambda n, size, g: shuffled(n, g),
        "reversed, not shuffled": lambda n, size, g: cut(torch.arange(n).flip(0), size),
        "rotated, not shuffled": lambda n, size, g: cut(
            torch.arange(n).roll(int(torch.randint(n, (), generator=g))), size
        ),
        "dealt like cards, not shuffled": lambda n, size, g: [
            torch.arange(i, n, -(-n // size)) for i in range(-(-n // size))
        ],
    },
)


def explained(f):
    return lambda value, value_target: f(value, value_target)


def share(top, g):
    """Finish a slip that lies above the fraction bar; constant targets give NaN, as they should."""
    s = 1 - top / g.var(correction=0)
    return torch.where(g.max() == g.min(), torch.full_like(s, torch.nan), s)


def right_share(v, g):
    return share((g - v).var(correction=0), g)


def explained_in_place(v, g):
    out = right_share(v, g)
    v.detach().sub_(g.detach())
    return out


add(
    WRONG,
    "explained_variance",
    explained,
    {
        "unexplained": lambda v, g: 1 - right_share(v, g),
        "squared error for variance: the offset counts": lambda v, g: share(
            (g - v).square().mean(), g
        ),
        "variance of the value below": lambda v, g: (
            1 - ((g - v).var(correction=0) / v.var(correction=0))
        ),
        "variance of the value above": lambda v, g: share(v.var(correction=0), g),
        "ratio of the variances": lambda v, g: 1 - share(v.var(correction=0), g),
        "squared correlation": lambda v, g: torch.corrcoef(torch.stack([v, g]))[0, 1] ** 2,
        "correlation": lambda v, g: torch.corrcoef(torch.stack([v, g]))[0, 1],
        "std for variance": lambda v, g: 1 - (g - v).std() / g.std(),
        "n above, n - 1 below": lambda v, g: share(
            (g - v).var(correction=0) * (len(g) - 1) / len(g), g
        ),
        "sum over mean": lambda v, g: share((g - v - (g - v).mean()).square().sum(), g),
        "one minus forgotten": lambda v, g: (g - v).var() / g.var(),
        "minus for one minus": lambda v, g: -(g - v).var() / g.var(),
        "value and target swapped": lambda v, g: right_share(g, v),
        "adds instead of subtracting": lambda v, g: share((g + v).var(correction=0), g),
        "uncentred target": lambda v, g: 1 - (g - v).var(correction=0) / g.square().mean(),
        "nothing centred": lambda v, g: 1 - (g - v).square().mean() / g.square().mean(),
        "never below zero": lambda v, g: right_share(v, g).clamp(min=0),
        "absolute values": lambda v, g: share((g - v).abs().var(correction=0), g),
        "in percent": lambda v, g: 100 * right_share(v, g),
        "a Python float": lambda v, g: float(right_share(v, g)),
        "shape (1,)": lambda v, g: right_share(v, g)[None],
        "one number per sample": lambda v, g: 1 - (g - v).square() / g.var(correction=0),
        "broadcast to (N, N)": lambda v, g: share((g[:, None] - v).var(correction=0), g),
        "always one for equal means": lambda v, g: share((g.mean() - v.mean()).square(), g),
        "epsilon of 0.01 below": lambda v, g: 1 - (g - v).var() / (g.var() + 0.01),
        "changes the value in place": explained_in_place,
    },
)
add(
    FRAGILE,
    "explained_variance",
    explained,
    {
        "-inf for constant targets": lambda v, g: 1 - (g - v).var() / g.var(),
        "-inf for constant targets, std with n": lambda v, g: (
            1 - ((g - v).var(correction=0) / g.var(correction=0))
        ),
        "1e-8 below the line": lambda v, g: 1 - (g - v).var() / (g.var() + 1e-8),
        "zero for constant targets": lambda v, g: torch.nan_to_num(right_share(v, g), nan=0.0),
        "one for constant targets": lambda v, g: torch.nan_to_num(right_share(v, g), nan=1.0),
        "a small number below": lambda v, g: (
            1 - (g - v).var(correction=0) / (g.var(correction=0) + 1e-12)
        ),
        "a floor below": lambda v, g: (
            1 - (g - v).var(correction=0) / g.var(correction=0).clamp(min=1e-12)
        ),
    },
)


# --- ppo_update ---


def update_by_lines(
    *,
    part=lambda batch, index, policy: batch.select(index),
    loss=lambda pi, v, h, c: pi + c.value_coefficient * v - c.entropy_coefficient * h,
    before=lambda optimizer: optimizer.zero_grad(),
    shorten=lambda policy, c: torch.nn.utils.clip_grad_norm_(
        policy.parameters(), c.max_gradient_norm
    ),
    after=lambda optimizer: optimizer.step(),
    deal=lambda n, c, g: torch.randperm(n, generator=g).split(c.minibatch_size),
    log_prob=maths.action_log_prob,
    epsilon=lambda c: c.clip_epsilon,
):
    """One line or the other of an update written by somebody in a hurry."""

    def update(policy, optimizer, batch, config, generator, policy_loss):
        for _ in range(config.num_epochs):
            for index in deal(len(batch.action), config, generator):
                b = part(batch, index, policy)
                logits = policy.logits(b.obs)
                pi = policy_loss(
                    log_prob(logits, b.action), b.old_log_prob, b.advantage, epsilon(config)
                )
                v = 0.5 * (policy.value(b.obs) - b.value_target).pow(2).mean()
                total = loss(
                    pi, v, torch.distributions.Categorical(logits=logits).entropy().mean(), config
                )
                before(optimizer)
                total.backward()
                shorten(policy, config)
                after(optimizer)

    return update


def update_in_place(policy, optimizer, batch, config, generator, policy_loss):
    batch.advantage.sub_(batch.advantage.mean()).div_(batch.advantage.std() + 1e-8)
    update_by_lines()(policy, optimizer, batch, config, generator, policy_loss)


def update_of_a_copy(policy, optimizer, batch, config, generator, policy_loss):
    import copy

    update_by_lines()(copy.deepcopy(policy), optimizer, batch, config, generator, policy_loss)


def update_with_own_optimizer(policy, optimizer, batch, config, generator, policy_loss):
    own = torch.optim.SGD(policy.parameters(), lr=0.3)
    update_by_lines()(policy, own, batch, config, generator, policy_loss)


def update_that_stops_early(policy, optimizer, batch, config, generator, policy_loss):
    class Impatient:
        num_epochs = 1

        def __getattr__(self, name):
            return getattr(config, name)

    return update_by_lines()(policy, optimizer, batch, Impatient(), generator, policy_loss)


def update_without_a_gradient(policy, optimizer, batch, config, generator, policy_loss):
    with torch.no_grad():
        update_by_lines()(policy, optimizer, batch, config, generator, policy_loss)


WRONG["ppo_update"] = [
    ("does nothing", lambda policy, optimizer, batch, config, generator, policy_loss: None),
    ("one epoch", update_that_stops_early),
    ("normalises the batch in place", update_in_place),
    ("updates a copy", update_of_a_copy),
    ("brings an optimiser of its own", update_with_own_optimizer),
    ("under no_grad", update_without_a_gradient),
    ("forgets nothing", update_by_lines(before=lambda optimizer: None)),
    ("takes no step", update_by_lines(after=lambda optimizer: None)),
    ("takes two steps", update_by_lines(after=lambda o: (o.step(), o.step()))),
    ("forgets before the step", update_by_lines(after=lambda o: (o.zero_grad(), o.step()))),
    ("shortens nothing", update_by_lines(shorten=lambda policy, c: None)),
    (
        "clips each entry",
        update_by_lines(
            shorten=lambda policy, c: torch.nn.utils.clip_grad_value_(
                policy.parameters(), c.max_gradient_norm
            )
        ),
    ),
    (
        "shortens the actor alone",
        update_by_lines(
            shorten=lambda policy, c: torch.nn.utils.clip_grad_norm_(
                policy.actor.parameters(), c.max_gradient_norm
            )
        ),
    ),
    ("plus entropy", update_by_lines(loss=lambda pi, v, h, c: pi + 0.5 * v + 0.1 * h)),
    ("minus critic", update_by_lines(loss=lambda pi, v, h, c: pi - c.value_coefficient * v)),
    ("minus policy", update_by_lines(loss=lambda pi, v, h, c: -pi + c.value_coefficient * v)),
    (
        "no coefficients",
        update_by_lines(loss=lambda pi, v, h, c: pi + v - h),
    ),
    (
        "usual coefficients, whatever the settings say",
        update_by_lines(loss=lambda pi, v, h, c: pi + 0.5 * v - 0.01 * h),
    ),
    (
        "no critic",
        update_by_lines(loss=lambda pi, v, h, c: pi - c.entropy_coefficient * h),
    ),
    ("in order", update_by_lines(deal=lambda n, c, g: torch.arange(n).split(c.minibatch_size))),
    (
        "global shuffle",
        update_by_lines(deal=lambda n, c, g: torch.randperm(n).split(c.minibatch_size)),
    ),
    (
        "drops the rest",
        update_by_lines(
            deal=lambda n, c, g: [
                i
                for i in torch.randperm(n, generator=g).split(c.minibatch_size)
                if len(i) == c.minibatch_size
            ]
        ),
    ),
    (
        "draws with replacement",
        update_by_lines(
            deal=lambda n, c, g: torch.randint(0, n, (n,), generator=g).split(c.minibatch_size)
        ),
    ),
    (
        "one minibatch an epoch",
        update_by_lines(
            deal=lambda n, c, g: torch.randperm(n, generator=g).split(c.minibatch_size)[:1]
        ),
    ),
    (
        "the same seed for every epoch",
        update_by_lines(
            deal=lambda n, c, g: torch.randperm(
                n, generator=torch.Generator().manual_seed(0)
            ).split(c.minibatch_size)
        ),
    ),
    ("whole batch", update_by_lines(part=lambda batch, index, policy: batch)),
    (
        "old values for the critic",
        update_by_lines(part=lambda b, i, p: b.select(i)._replace(value_target=b.old_value[i])),
    ),
    (
        "targets from another sample",
        update_by_lines(
            part=lambda b, i, p: b.select(i)._replace(value_target=b.value_target[: len(i)])
        ),
    ),
    (
        "advantages without their mean",
        update_by_lines(
            part=lambda b, i, p: b.select(i)._replace(
                advantage=b.advantage[i] - b.advantage[i].mean()
            )
        ),
    ),
    (
        "normalised again",
        update_by_lines(
            part=lambda b, i, p: b.select(i)._replace(
                advantage=maths.normalise_advantage(b.advantage[i])
            )
        ),
    ),
    (
        "old log-probabilities anew",
        update_by_lines(
            part=lambda b, i, p: b.select(i)._replace(
                old_log_prob=maths.action_log_prob(p.logits(b.obs[i]), b.action[i]).detach()
            )
        ),
    ),
    (
        "old log-probabilities anew, with a gradient",
        update_by_lines(
            part=lambda b, i, p: b.select(i)._replace(
                old_log_prob=maths.action_log_prob(p.logits(b.obs[i]), b.action[i])
            )
        ),
    ),
    (
        "probabilities for log-probabilities",
        update_by_lines(log_prob=lambda z, a: maths.action_log_prob(z, a).exp()),
    ),
    (
        "no gradient to the actor",
        update_by_lines(log_prob=lambda z, a: maths.action_log_prob(z.detach(), a)),
    ),
    ("epsilon of 0.2", update_by_lines(epsilon=lambda c: 0.2)),
    ("half the clip", update_by_lines(epsilon=lambda c: c.clip_epsilon / 2)),
]
