"""An experiment, recorded: what does it cost PPO that its actor is some updates behind?

An arm has a lag and a way to update: the clip around the behaviour policy that has acted; around
the learner's own old policy, without a weight; or around that, with weights between the two. A
control has no lag: fresh rollouts of half as many samples, with as many gradient steps. Each arm is
trained at several step sizes of Adam; the best is chosen by other seeds than those whose returns
are reported.

Training amplifies the last digits in which machines differ, so the result is stored beside this
module; `python -m ppo_lesson experiments staleness` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.config import PPOConfig, settle_counts
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.ppo import ppo_update
from ppo_lesson.training.session import Parts, train_with
from ppo_lesson.training.staleness import (
    CAP,
    decoupled_update,
    rescored_update,
    rollouts_behind,
    score,
)
from ppo_lesson.training.statistics import Interval, mean_interval

STORED = Path(__file__).with_name("staleness.json")
COMMAND = "python -m ppo_lesson experiments staleness"
NUM_SEEDS = 20  # 0 to 19, whose returns are reported
CHOOSING_SEEDS = range(100, 120)  # by which an arm's step size is chosen
LAGS = (0, 2, 4, 8)
STEP_SIZES = (0.0015, 0.005, 0.015, 0.045, 0.135)
NUM_UPDATES = 40
EVALUATED = (24, 28, 32, 36, 40)  # after so many updates
NUM_EPISODES = 20  # of each evaluation
LAST = 3  # evaluations, whose mean is the return of a run

UPDATES: dict[str, Callable[..., Any]] = {
    "behaviour": ppo_update,
    "old, no weight": rescored_update,
    "old, weighted": decoupled_update,
}
"""Where the clip's centre is -> the update."""


@dataclass(frozen=True)
class Arm:
    """One way to learn."""

    lag: int
    centre: str = "behaviour"  # a key of UPDATES
    num_envs: int = 16

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        settle_counts(self, "num_envs")
        object.__setattr__(self, "lag", check_count("lag", self.lag, 0))
        if self.centre not in UPDATES:
            raise ValueError(f"centre: expected one of {list(UPDATES)}, got {self.centre!r}")

    @property
    def id(self) -> str:
        """Name it, as "lag 4, behaviour" or "fresh, 8 environments"."""
        if self.lag:
            return f"lag {self.lag}, {self.centre}"
        return f"fresh, {self.num_envs} environments"

    def config(self, step_size: float) -> PPOConfig:
        """Return the settings to train with: 8 gradient steps on each rollout."""
        return PPOConfig(
            total_steps=10**9,  # the number of updates ends it
            num_envs=self.num_envs,
            num_steps=16,
            minibatch_size=8 * self.num_envs,
            learning_rate=step_size,
            anneal_learning_rate=False,
        )


ARMS = {
    arm.id: arm
    for arm in (
        *(Arm(0, num_envs=n) for n in (16, 8)),
        *(Arm(lag, centre) for lag in LAGS[1:] for centre in UPDATES),
    )
}
FRESH = "fresh, 16 environments"


def run(arm: str, step_size: float, seed: int) -> dict[str, list[float]]:
    """Train once.

    Args:
        arm: a key of ARMS.
        step_size: Adam's.
        seed: of the training; the evaluation's episodes take one of their own from it.

    Returns:
        "return" of fresh episodes, one for each of EVALUATED; before each update "ess", the
        effective sample size of the weights learner / actor as a share of the samples, and "kl",
        the k3 estimate of KL(actor || learner), in nats.
    """
    seed, how = check_seed(seed), ARMS[arm]
    found: dict[str, list[float]] = {"return": [], "ess": [], "kl": []}

    def update(policy, optimizer, batch, *rest):
        log_prob = score(policy, batch)
        ess = maths.effective_sample_size(log_prob - batch.old_log_prob) / len(log_prob)
        found["ess"].append(significant(ess.item(), 4))
        found["kl"].append(significant(maths.kl_k3(log_prob, batch.old_log_prob).item(), 4))
        return UPDATES[how.centre](policy, optimizer, batch, *rest)

    def watch(result: TrainingResult) -> bool:
        if not result.stopped and len(result.history) in EVALUATED:
            played = evaluate(result.policy, NUM_EPISODES, 10_000 + seed)
            found["return"].append(round(played.mean().item(), 1))
        return len(result.history) >= NUM_UPDATES

    parts = Parts(rollouts=rollouts_behind(how.lag), update=update)
    whole(train_with(parts, how.config(step_size), seed=seed, watch=watch))
    return found


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": {name: experiments.settings(arm.config(1.0)) for name, arm in ARMS.items()},
        "lags": list(LAGS),
        "cap": CAP,
        "step_sizes": list(STEP_SIZES),
        "num_seeds": NUM_SEEDS,
        "choosing_seeds": list(CHOOSING_SEEDS),
        "updates": NUM_UPDATES,
        "evaluated": list(EVALUATED),
        "episodes": NUM_EPISODES,
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each arm."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    entries = {}
    for name in ARMS:
        grid = {"arm": [name], "step_size": STEP_SIZES}
        choosing = {
            f"{size:g}": _scores([found["return"] for found in runs])
            for (_, size), runs in do(run, grid, CHOOSING_SEEDS).items()
        }
        best = float(max(choosing, key=lambda size: choosing[size].mean().item()))
        ((_, reported),) = do(run, {"arm": [name], "step_size": [best]}, range(NUM_SEEDS)).items()
        tried = {
            size: [significant(x, 4) for x in found.tolist()] for size, found in choosing.items()
        }
        entries[name] = {"choosing": tried, "step_size": best, **columns(reported)}
    return entries


def columns(runs: list[dict[str, list[float]]]) -> dict[str, list[Any]]:
    """Keep each run's returns; of "ess" and "kl" the mean over the second half of its updates."""
    half = NUM_UPDATES // 2
    kept: dict[str, list[Any]] = {"return": [found["return"] for found in runs]}
    for name in ("ess", "kl"):
        kept[name] = [significant(sum(found[name][half:]) / half, 4) for found in runs]
    return kept


@cache
def _stored(path: Path) -> dict[str, Any]:
    return experiments.read(path)[1]


def measured(arm: str, name: str = "return", path: Path = STORED) -> Tensor:
    """Return what the reported seeds saw at the arm's best step size.

    Args:
        arm: a key of ARMS.
        name: "return", (S, U), or "ess" or "kl", (S,).
        path: of the record.
    """
    rows = _stored(path)[arm][name]
    return experiments.numbers(rows) if name == "return" else experiments.numbers([rows])[0]


def tried(arm: str, path: Path = STORED) -> dict[float, float]:
    """Return the mean return of the seeds that choose, for each step size."""
    rows = _stored(path)[arm]["choosing"]
    return {float(size): fmean(found) for size, found in rows.items()}


def best_step_size(arm: str, path: Path = STORED) -> float:
    """Return the step size with which CHOOSING_SEEDS earn most."""
    return _stored(path)[arm]["step_size"]


def _scores(runs: list[list[float | None]], late: int = 0) -> Tensor:
    """Average the last evaluations of each run, or those of `late` updates before: (S,)."""
    between = EVALUATED[1] - EVALUATED[0]
    if check_count("late", late, 0) not in range(0, EVALUATED[-LAST] - EVALUATED[0] + 1, between):
        raise ValueError(f"late: expected 0, {between} or {2 * between}, got {late}")
    end = len(EVALUATED) - int(late) // between
    return experiments.numbers(runs)[:, end - LAST : end].mean(1)


def returns(arm: str, late: int = 0, path: Path = STORED) -> Tensor:
    """Return what an arm earns at its best step size, of each reported seed: (S,).

    Args:
        arm: a key of ARMS.
        late: so many updates before the end, a multiple of those between two evaluations: what a
            run would have that began so much later.
        path: of the record.
    """
    return _scores(_stored(path)[arm]["return"], late)


def gain(one: str, other: str, late: int = 0, path: Path = STORED) -> Interval:
    """Tell how much more `one` returns than `other`, seed by seed, each at its best step size.

    Args:
        one: a key of ARMS.
        other: a key of ARMS.
        late: `other` is judged as many updates before its end.
        path: of the record.

    Returns:
        The mean of the differences, between the ends of its 95 % bootstrap interval.
    """
    return mean_interval(returns(one, path=path) - returns(other, late, path))


def curve(centre: str, name: str, path: Path = STORED) -> list[Interval]:
    """Return an interval for each of LAGS: of "return", "ess" or "kl", at the best step size.

    Args:
        centre: a key of UPDATES; with a lag of 0 they are all the same.
        name: of the measure.
        path: of the record.
    """
    arms = [Arm(lag, centre).id for lag in LAGS]
    if name == "return":
        return [mean_interval(returns(arm, path=path)) for arm in arms]
    return [mean_interval(measured(arm, name, path)) for arm in arms]


def course(one: str, other: str = "", path: Path = STORED) -> list[Interval]:
    """Return an interval for each of EVALUATED: of what `one` returns then, or how much more.

    Args:
        one: a key of ARMS.
        other: "", or a key of ARMS, whose returns are taken off seed by seed.
        path: of the record.
    """
    found = measured(one, path=path)
    if other:
        found = found - measured(other, path=path)
    return [mean_interval(column) for column in found.T]


COLUMNS = ("updates behind", "clip's centre", "best step size", "ESS/N", "KL", "mean return")
COLUMNS += ("95 % interval",)


def table(path: Path = STORED) -> list[list[Any]]:
    """Return a row for each arm at its best step size, as COLUMNS says; for `show_table`."""
    rows = []
    for name, arm in ARMS.items():
        best = best_step_size(name, path)
        ess, kl = (measured(name, what, path).mean().item() for what in ("ess", "kl"))
        low, middle, high = mean_interval(returns(name, path=path))
        centre = arm.centre if arm.lag else f"{arm.num_envs * 16} samples"
        rows.append([arm.lag, centre, best, ess, kl, round(middle), f"{low:.0f} to {high:.0f}"])
    return rows
