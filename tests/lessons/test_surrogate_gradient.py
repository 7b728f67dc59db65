"""Right answers of notebook 04 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch

from ppo_lesson.lessons.surrogate_gradient import LESSON

EXERCISES = {exercise.id: exercise for exercise in LESSON.exercises}


# policy_ratio


def ratio_of_float32(log_prob, old_log_prob):
    return torch.exp(log_prob.float() - old_log_prob.float().detach())


def ratio_by_loop(log_prob, old_log_prob):
    old = old_log_prob.tolist()
    return torch.stack([(x - y).exp() for x, y in zip(log_prob, old, strict=True)])


def ratio_by_power_of_e(log_prob, old_log_prob):
    with torch.no_grad():
        past = old_log_prob.clone()
    return math.e ** (log_prob - past)


def ratio_upside_down(log_prob, old_log_prob):
    return old_log_prob.detach().exp() / log_prob.exp()


def ratio_of_logs(log_prob, old_log_prob):
    return torch.div(log_prob, old_log_prob.detach())


def ratio_with_live_past(log_prob, old_log_prob):
    return log_prob.exp() / old_log_prob.exp()


def ratio_without_graph(log_prob, old_log_prob):
    with torch.no_grad():
        return (log_prob - old_log_prob).exp()


def ratio_in_logs(log_prob, old_log_prob):
    return -(old_log_prob.detach() - log_prob)


def ratio_by_difference(log_prob, old_log_prob):
    return torch.exp(log_prob) - torch.exp(old_log_prob.detach())


def ratio_sums_to_one(log_prob, old_log_prob):
    ratio = (log_prob - old_log_prob.detach()).exp()
    return ratio / ratio.sum()


# surrogate_loss


def surrogate_by_dot(log_prob, old_log_prob, advantage):
    ratio = (log_prob - old_log_prob.detach()).exp()
    return -(ratio @ advantage.detach()) / len(ratio)


def surrogate_by_loop(log_prob, old_log_prob, advantage):
    total = torch.zeros((), dtype=log_prob.dtype)
    for i in range(len(log_prob)):
        total = total - torch.exp(log_prob[i] - old_log_prob[i]) * advantage[i].item()
    return total / len(log_prob)


def surrogate_with_inner_minus(log_prob, old_log_prob, advantage):
    cost = -1 * advantage.clone().detach()
    return torch.mean(cost * (log_prob - old_log_prob).exp())


def surrogate_as_objective(log_prob, old_log_prob, advantage):
    return surrogate_by_dot(log_prob, old_log_prob, -advantage)


def surrogate_without_ratio_graph(log_prob, old_log_prob, advantage):
    with torch.no_grad():
        ratio = torch.exp(log_prob - old_log_prob)
    return (-ratio * advantage).mean()


def surrogate_without_graph(log_prob, old_log_prob, advantage):
    return surrogate_by_dot(log_prob.detach(), old_log_prob, advantage)


def surrogate_of_logs(log_prob, old_log_prob, advantage):
    return torch.mean(advantage.detach() * (old_log_prob - log_prob))


def surrogate_teaches_critic(log_prob, old_log_prob, advantage):
    return torch.mean(-advantage * log_prob.exp() / old_log_prob.exp())


def surrogate_summed(log_prob, old_log_prob, advantage):
    return -((log_prob - old_log_prob).exp() @ advantage.detach())


def surrogate_clipped(log_prob, old_log_prob, advantage):
    ratio = torch.exp(log_prob - old_log_prob)
    kept = torch.clip(ratio, 1 - 0.2, 1 + 0.2)
    return -torch.minimum(ratio * advantage.detach(), kept * advantage.detach()).mean()


def surrogate_of_centred_advantages(log_prob, old_log_prob, advantage):
    constant = (advantage - advantage.mean()).detach()
    return -(torch.exp(log_prob - old_log_prob) * constant).mean()


def surrogate_of_reinforce(log_prob, old_log_prob, advantage):
    return -(log_prob @ advantage.detach()) / log_prob.numel()


# finite_difference_gradient


def differences_on_a_copy(function, theta, step):
    gradient = torch.zeros_like(theta)
    for index in itertools.product(*(range(n) for n in theta.shape)):
        up, down = theta.clone(), theta.clone()
        up[index] += step
        down[index] -= step
        gradient[index] = (function(up) - function(down)) / (2 * step)
    return gradient


def differences_with_saved_entry(function, theta, step):
    flat, slopes = theta.view(-1), []
    for k in range(len(flat)):
        saved = flat[k].item()
        flat[k] = saved + step
        above = function(theta)
        flat[k] = saved - step
        below = function(theta)
        flat[k] = saved
        slopes.append((above - below) / step / 2)
    return torch.stack(slopes).view(theta.shape)


def differences_added_and_taken_off(function, theta, step):
    flat, out = theta.reshape(-1), []
    for k in range(theta.numel()):
        flat[k] += step
        above = float(function(theta))
        flat[k] -= 2 * step
        below = float(function(theta))
        flat[k] += step
        out.append(0.5 * (above - below) / step)
    return torch.tensor(out, dtype=theta.dtype).reshape(theta.shape)


def differences_as_mean_of_one_sided(function, theta, step):
    here, rows = function(theta), []
    for unit in torch.eye(theta.numel(), dtype=theta.dtype):
        shift = step * unit.view(theta.shape)
        forward = (function(theta + shift) - here) / step
        backward = (here - function(theta - shift)) / step
        rows.append((forward + backward) / 2)
    return torch.stack(rows).view_as(theta)


def differences_one_sided(function, theta, step):
    gradient = torch.zeros_like(theta)
    for index in itertools.product(*(range(n) for n in theta.shape)):
        up = theta.clone()
        up[index] += step
        gradient[index] = (function(up) - function(theta)) / step
    return gradient


def differences_backward(function, theta, step):
    return -differences_one_sided(lambda x: function(2 * theta - x), theta, step)


def differences_without_two(function, theta, step):
    return 2 * differences_on_a_copy(function, theta, step)


def differences_that_wander(function, theta, step):
    gradient = torch.zeros_like(theta)
    for index in itertools.product(*(range(n) for n in theta.shape)):
        theta[index] += step
        above = function(theta)
        theta[index] -= step + step
        gradient[index] = (above - function(theta)) / (2 * step)
    return gradient


def differences_without_brackets(function, theta, step):
    gradient = torch.zeros_like(theta)
    for index in itertools.product(*(range(n) for n in theta.shape)):
        up, down = theta.clone(), theta.clone()
        up[index] += step
        down[index] -= step
        gradient[index] = (function(up) - function(down)) / 2 * step
    return gradient


def differences_of_one_tensor(function, theta, step):
    gradient = torch.zeros_like(theta)
    for index in itertools.product(*(range(n) for n in theta.shape)):
        up = down = theta.clone()
        up[index] += step
        down[index] -= step
        gradient[index] = (function(up) - function(down)) / (2 * step)
    return gradient


def differences_in_a_row(function, theta, step):
    return differences_on_a_copy(function, theta, step).flatten()


def differences_by_autograd(function, theta, step):
    with torch.enable_grad():
        point = theta.detach().clone().requires_grad_(True)
        function(point).backward()
    return point.grad


RIGHT: dict[str, list[Callable]] = {
    "policy_ratio": [ratio_of_float32, ratio_by_loop, ratio_by_power_of_e],
    "surrogate_loss": [surrogate_by_dot, surrogate_by_loop, surrogate_with_inner_minus],
    "finite_difference_gradient": [
        differences_on_a_copy,
        differences_with_saved_entry,
        differences_as_mean_of_one_sided,
    ],
    "proof_order": [lambda: "CEGBFDA", lambda: "cgebfda", lambda: "E, C, G, B, F, D, A"],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "policy_ratio": [
        (ratio_upside_down, "upside down"),
        (ratio_of_logs, "divided one logarithm by the other"),
        (ratio_with_live_past, "flows into old_log_prob"),
        (ratio_without_graph, "no gradient comes back to log_prob"),
        (ratio_in_logs, "returned the log-ratio"),
        (ratio_by_difference, "subtracted the probabilities"),
        (ratio_sums_to_one, "sum to one"),
    ],
    "surrogate_loss": [
        (surrogate_as_objective, "Put a minus in front"),
        (surrogate_without_ratio_graph, "the ratio is cut out of the graph"),
        (surrogate_without_graph, "both the ratio and the advantage are detached"),
        (surrogate_of_logs, "weighted with the log-ratio"),
        (surrogate_teaches_critic, "flows into the advantage"),
        (surrogate_summed, "took the sum"),
        (surrogate_of_reinforce, "REINFORCE"),
        (surrogate_clipped, "has no clip"),
        (surrogate_of_centred_advantages, "took the mean off the advantages"),
    ],
    "finite_difference_gradient": [
        (differences_one_sided, "one step forward only"),
        (differences_backward, "one step backward only"),
        (differences_without_two, "twice too large"),
        (differences_that_wander, "changed theta in place"),
        (differences_added_and_taken_off, "changes theta in place"),  # by rounding
        (differences_without_brackets, "without brackets"),
        (differences_of_one_tensor, "are the same tensor"),
        (differences_in_a_row, "lie in a row"),
        (differences_by_autograd, "exact derivative"),
    ],
    "proof_order": [
        (lambda: "CGFEBDA", "evaluate at θ_old before you differentiate"),
        (lambda: "EFCGBDA", "before you have the gradient of the ratio"),
        (lambda: "ECGFBDA", "before there is a line to set it in"),
        (lambda: "ADFBGCE", "You name the result before you reach it"),
        (lambda: "CGEBDFA", "drop the ratio before you have made it 1"),
        (lambda: "CGBEFDA", "gradient of the ratio under the expectation too early"),
        (lambda: "GECBFDA", "before you have written the trick down"),
        (lambda: "ECGBFD", "exactly once"),
        (lambda: list("ECGBFDA"), "one string"),
    ],
}


def test_of_all_orders_of_the_proof_three_are_right():
    objection = EXERCISES["proof_order"].objection
    orders = ["".join(order) for order in itertools.permutations("ABCDEFG")]
    assert [order for order in orders if objection({}, order) == ""] == [
        "CEGBFDA",
        "CGEBFDA",
        "ECGBFDA",
    ]
