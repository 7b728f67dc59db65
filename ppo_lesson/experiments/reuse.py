"""An experiment, recorded: does it pay to use a rollout more than once, and does it take the clip?

An arm takes 1, 4, 10 or 30 gradient steps on each rollout. It may *reuse* it, in so many epochs of
the whole rollout, or *deal* it, in one epoch of so many minibatches, so that every sample is used
once. Each arm is trained with and without the clip at five or six step sizes of Adam, the same for
all arms with as many gradient steps, and so many that no arm is best at the edge of its grid. The
best is chosen by other seeds than those whose returns are reported.

It takes minutes, and training amplifies the last digits in which machines differ, so the result is
stored beside this module; `python -m ppo_lesson experiments reuse` makes it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.training.config import PPOConfig, settle_counts
from ppo_lesson.training.ppo import plain_surrogate_loss
from ppo_lesson.training.seeds import train_seeds
from ppo_lesson.training.statistics import Interval, mean_interval

STORED = Path(__file__).with_name("reuse.json")
COMMAND = "python -m ppo_lesson experiments reuse"
NUM_SEEDS = 10  # 0 to 9, whose returns are reported
CHOOSING_SEEDS = range(100, 105)  # by which an arm's step size is chosen
BUDGETS = (3_000, 6_000)  # environment steps after which a run is evaluated
NUM_EPISODES = 20  # of each evaluation
NUM_ENVS, NUM_STEPS = 16, 32
ROLLOUT_SIZE = NUM_ENVS * NUM_STEPS
STEP_SIZES = {
    1: (0.002, 0.006, 0.02, 0.06, 0.2),
    4: (0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
    10: (0.0006, 0.002, 0.006, 0.02, 0.06),
    30: (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03),
}
"""Gradient steps on each rollout -> Adam's step sizes, on both sides of the best of each arm."""
MINIBATCH_SIZES = {4: 128, 10: 52, 30: 17}
"""Gradient steps on each rollout -> samples in a minibatch, where each sample is used once."""


@dataclass(frozen=True)
class Arm:
    """One way to learn from a rollout.

    Raises:
        ValueError: num_gradient_steps is none of STEP_SIZES.
    """

    num_gradient_steps: int  # on each rollout
    reused: bool  # True for epochs of the whole rollout, False for one epoch of minibatches
    clipped: bool

    def __post_init__(self) -> None:
        """Refuse numbers of gradient steps for which no step sizes are known."""
        settle_counts(self, "num_gradient_steps")
        if self.num_gradient_steps not in STEP_SIZES:
            raise ValueError(
                f"num_gradient_steps: expected one of {list(STEP_SIZES)}, "
                f"got {self.num_gradient_steps}"
            )

    @property
    def id(self) -> str:
        """Name it, as "30 reused plain"; one gradient step neither reuses nor deals."""
        how = "once" if self.num_gradient_steps == 1 else "reused" if self.reused else "dealt"
        return f"{self.num_gradient_steps} {how} {'clipped' if self.clipped else 'plain'}"

    @property
    def step_sizes(self) -> tuple[float, ...]:
        """Those that are tried."""
        return STEP_SIZES[self.num_gradient_steps]

    def config(self, step_size: float) -> PPOConfig:
        """Return the settings to train with."""
        steps = self.num_gradient_steps
        return PPOConfig(
            total_steps=BUDGETS[-1],
            num_epochs=steps if self.reused else 1,
            minibatch_size=ROLLOUT_SIZE if self.reused else MINIBATCH_SIZES[steps],
            learning_rate=step_size,
            anneal_learning_rate=False,
            target_kl=None,
            num_envs=NUM_ENVS,
            num_steps=NUM_STEPS,
        )


ARMS = (
    # Where every ratio is 1 the clip does nothing: the first arm is the same with and without it.
    Arm(1, reused=True, clipped=True),
    *(
        Arm(steps, reused=reused, clipped=clipped)
        for steps in (30, 10, 4)
        for reused in (True, False)
        for clipped in (True, False)
    ),
)


def find(num_gradient_steps: int, *, reused: bool = True, clipped: bool = True) -> Arm:
    """Return an arm; with one gradient step on a rollout there is one only.

    Raises:
        ValueError: there is no such arm.
    """
    arm = Arm(num_gradient_steps, reused=reused, clipped=clipped)
    return ARMS[0] if arm.num_gradient_steps == 1 else arm


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": {arm.id: experiments.settings(arm.config(1.0)) for arm in ARMS},
        "step_sizes": {str(steps): list(sizes) for steps, sizes in STEP_SIZES.items()},
        "num_seeds": NUM_SEEDS,
        "choosing_seeds": list(CHOOSING_SEEDS),
        "budgets": list(BUDGETS),
        "episodes": NUM_EPISODES,
    }


def rerun(arm: Arm, step_size: float, seed: int) -> dict[str, Any]:
    """Train an arm, as the stored runs were.

    Returns:
        "return" and "gradient_steps", one for each budget; and "largest_kl" of an iteration, in
        nats.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    runs = train_seeds(
        arm.config(step_size),
        [seed],
        num_evaluations=len(BUDGETS),
        num_episodes=NUM_EPISODES,
        policy_loss=maths.clipped_surrogate_loss if arm.clipped else plain_surrogate_loss,
    )
    (result,) = runs.results
    steps, taken = result.curve("steps"), result.curve("gradient_steps")
    reached = torch.searchsorted(steps, torch.tensor(BUDGETS, dtype=steps.dtype))
    return {
        "return": [round(number, 1) for number in runs.returns[0].tolist()],
        "gradient_steps": taken[reached.clamp(max=len(steps) - 1)].int().tolist(),
        "largest_kl": significant(result.curve("approx_kl").max().item(), 3),
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry per arm and size."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    names = [f"{arm.id} {step_size:g}" for arm in ARMS for step_size in arm.step_sizes]
    found = do(_run, {"name": names}, [*CHOOSING_SEEDS, *range(NUM_SEEDS)])
    num_choosing = len(CHOOSING_SEEDS)
    return {
        name: {
            "choosing": experiments.columns(runs[:num_choosing]),
            "reported": experiments.columns(runs[num_choosing:]),
        }
        for (name,), runs in found.items()
    }


def _run(name: str, seed: int) -> dict[str, Any]:
    arm_id, _, step_size = name.rpartition(" ")
    (arm,) = (arm for arm in ARMS if arm.id == arm_id)
    return rerun(arm, float(step_size), seed)


@cache
def _stored(path: Path) -> dict[str, Any]:
    return experiments.read(path)[1]


def measured(
    arm: Arm, step_size: float, name: str = "return", seeds: str = "reported", path: Path = STORED
) -> Tensor:
    """Return what was measured of an arm at a step size, (S, U), or (S,) of "largest_kl".

    Args:
        arm: which one, a member of ARMS.
        step_size: one of its step sizes.
        name: "return", "gradient_steps" or "largest_kl".
        seeds: "reported" or "choosing".
        path: of the record.
    """
    rows = _stored(path)[f"{arm.id} {step_size:g}"][seeds][name]
    return experiments.numbers([rows])[0] if name == "largest_kl" else experiments.numbers(rows)


def _column(budget: int) -> int:
    """Find the evaluation after so many environment steps.

    Raises:
        ValueError: there is none.
    """
    if check_count("budget", budget) not in BUDGETS:
        raise ValueError(f"budget: expected one of {list(BUDGETS)}, got {budget}")
    return BUDGETS.index(int(budget))


def best_step_size(arm: Arm, budget: int = BUDGETS[-1], path: Path = STORED) -> float:
    """Choose the step size with which an arm returns most after so many environment steps.

    The choice is made by CHOOSING_SEEDS, and so flatters no arm on the seeds that are reported.
    """
    column = _column(budget)

    def mean_return(step_size: float) -> float:
        found = measured(arm, step_size, seeds="choosing", path=path)[:, column]
        return found.nan_to_num(0.0).mean().item()

    return max(arm.step_sizes, key=mean_return)


def returns(arm: Arm, budget: int = BUDGETS[-1], path: Path = STORED) -> Tensor:
    """Return an arm's mean return at its best step size, of each reported seed: (S,)."""
    step_size = best_step_size(arm, budget, path)
    return measured(arm, step_size, path=path)[:, _column(budget)].nan_to_num(0.0)


def gain(one: Arm, other: Arm, budget: int = BUDGETS[-1], path: Path = STORED) -> Interval:
    """Tell how much more `one` returns than `other`, each at its best step size, seed by seed.

    Returns:
        The mean of the differences, between the ends of its 95 % bootstrap interval.
    """
    return mean_interval(returns(one, budget, path) - returns(other, budget, path))


def curve(
    *,
    reused: bool = True,
    clipped: bool = True,
    budget: int = BUDGETS[-1],
    path: Path = STORED,
) -> list[Interval]:
    """Return the mean returns of a way to learn, with intervals; an entry per STEP_SIZES.

    Args:
        reused: epochs of the whole rollout, or one epoch of minibatches.
        clipped: with the clip, or with the plain surrogate.
        budget: environment steps after which the policies are compared.
        path: of the record.
    """
    arms = [find(steps, reused=reused, clipped=clipped) for steps in STEP_SIZES]
    return [mean_interval(returns(arm, budget, path)) for arm in arms]


def _described(arm: Arm) -> str:
    if arm.num_gradient_steps == 1:
        return "once"
    parts = "{} epochs" if arm.reused else "1 epoch of {} minibatches"
    return parts.format(arm.num_gradient_steps)


COLUMNS = ("each rollout", "gradient steps", "uses of a sample", "clip")
COLUMNS += ("best step size", "mean return", "95 % interval")


def table(budget: int = BUDGETS[-1], path: Path = STORED) -> list[list[Any]]:
    """Return a row for each arm at its best step size, as COLUMNS says; for `show_table`."""
    rows = []
    for arm in sorted(ARMS, key=lambda arm: (arm.num_gradient_steps, not arm.reused)):
        steps = arm.num_gradient_steps
        size = best_step_size(arm, budget, path)
        taken = measured(arm, size, "gradient_steps", path=path)[:, _column(budget)]
        interval = mean_interval(returns(arm, budget, path))
        rows.append(
            [
                _described(arm),
                round(taken.mean().item()),
                steps if arm.reused else 1,
                "no matter" if steps == 1 else "yes" if arm.clipped else "no",
                size,
                round(interval.middle),
                f"{interval.low:.0f} to {interval.high:.0f}",
            ]
        )
    return rows
