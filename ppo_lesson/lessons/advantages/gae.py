"""Notebook 07: generalised advantage estimation, with every end; and with it returns."""

from __future__ import annotations

import torch

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Exercise, Function, Property, fresh_inputs
from ppo_lesson.lessons.advantages.ends import END_PROPERTIES
from ppo_lesson.lessons.advantages.gae_slips import MISTAKES
from ppo_lesson.lessons.advantages.rollouts import ROLLOUTS


def _lambda_zero_is_one_step(answer: Function) -> bool:
    case = fresh_inputs(ROLLOUTS["two steps of one episode"].inputs)
    found = answer(**{**case, "gae_lambda": 0.0})
    td_error = case["reward"] + case["gamma"] * case["next_value"] - case["value"]
    return torch.allclose(found, td_error, atol=1e-5)


def _gamma_zero_is_reward_minus_value(answer: Function) -> bool:
    case = fresh_inputs(ROLLOUTS["two steps of one episode"].inputs)
    found = answer(**{**case, "gamma": 0.0})
    return torch.allclose(found, case["reward"] - case["value"], atol=1e-5)


def _past_rewards_do_not_count(answer: Function) -> bool:
    case = fresh_inputs(ROLLOUTS["two steps of one episode"].inputs)
    before = answer(**case)[1]
    past = torch.tensor([[5.0], [0.0]], dtype=case["reward"].dtype)
    return torch.allclose(answer(**{**case, "reward": case["reward"] + past})[1], before, atol=1e-5)


GAE = Exercise(
    id="gae",
    minutes=15,
    prompt=(
        "Turn a rollout of T steps in N environments into advantages:\n\n"
        "$$\\delta_t = R_t + \\gamma V(s_{t+1}) - V(s_t), \\qquad "
        "A_t = \\delta_t + \\gamma \\lambda A_{t+1}$$\n\n"
        "- `value[t]` is $V(s_t)$. `next_value[t]` is the value of the observation that followed "
        "step t, also at an end.\n"
        "- **Terminated**: leave $V(s_{t+1})$ out of $\\delta_t$, and leave $A_{t+1}$ out.\n"
        "- **Truncated**: keep $V(s_{t+1})$, leave $A_{t+1}$ out. If both flags are true, "
        "terminated wins.\n"
        "- **Last row**: there is no $A_{t+1}$. The flags decide about $V(s_{t+1})$, as in every "
        "row.\n\n"
        "All tensors have the shape (T, N), and (T,) should work too. The flags are bool: multiply "
        "by `~terminated` where an `if` would see one environment only. Return the advantages, "
        "(T, N). With all values 0 and $\\lambda = 1$ these are discounted returns."
    ),
    reference=maths.gae,
    cases=tuple(ROLLOUTS.values()),
    hints=(
        "An end does two different things: it may make the future worthless, and it stops the "
        "sum. Which end does which?",
        "Compute all TD errors at once: only termination removes next_value. Then run the "
        "recursion from the last row to the first: any end removes the later advantage.",
        "Start with later = 0. For each row, from the last: later = td_error[t] + gamma * "
        "gae_lambda * later, where the product is 0 if the row ended an episode; store it. The "
        "row's own TD error stays, also at an end.",
    ),
    mistakes=MISTAKES,
    properties=(
        *END_PROPERTIES,
        Property(
            "Where lambda is 0, the advantage is the TD error of the step alone.",
            _lambda_zero_is_one_step,
        ),
        Property(
            "Where gamma is 0, the advantage is the reward minus the value.",
            _gamma_zero_is_reward_minus_value,
        ),
        Property(
            "Rewards of the past must not change the advantages of later steps.",
            _past_rewards_do_not_count,
        ),
    ),
)
