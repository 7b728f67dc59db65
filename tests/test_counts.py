"""Counts, seeds and sizes, in every public function: integers of all kinds, and nothing else.

One table holds a call of every function that takes one; a look at all signatures holds the table to
be whole.
"""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import ppo_lesson
from ppo_lesson.experiments import alignment, groups, reuse, staleness, token_ratios
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.feedback import Pairs
from ppo_lesson.language.groups import CONSTANT, centred
from ppo_lesson.language.grpo import GroupConfig
from ppo_lesson.language.model import LanguageModel, respond
from ppo_lesson.language.response_ratios import ratios
from ppo_lesson.maths.objectives import surrogate_loss
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.museum import rollouts as room
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.session import RIGHT
from ppo_lesson.worlds import countdown
from ppo_lesson.worlds.careful_cliff import careful_cliff_data
from ppo_lesson.worlds.probes import PROBES
from ppo_lesson.worlds.small_worlds import cliff_mdp
from ppo_lesson.worlds.surrogates import cliff_world

FLOORS = tuple(
    path.parent.name
    for path in sorted(Path(ppo_lesson.__file__).parent.glob("*/__init__.py"))
    if path.parent.name != "lessons"
)
NO_INTEGERS: tuple[Any, ...] = (None, "3", "", 2.0, math.nan, True, False, 1 + 0j, [3], (3,))
NO_INTEGERS += (np.float64(3), np.bool_(True), np.array([3]), torch.tensor(3.0))
NO_INTEGERS += (torch.tensor(True), torch.tensor([3]), 10**30, -(10**30))
WHOLE = (np.uint8, np.int64, np.int32, torch.tensor)

# Records of what was found, and checks themselves, take what they are given.
RECORDS = {
    "Animation",
    "Budget",
    "Curve",
    "Distance",
    "Explosion",
    "Heading",
    "ReadingTime",
    "Recording",
    "Iteration",
    "IterationMetrics",
    "Job",
    "Outcome",
    "Task",
    "Probe",  # a row of a table of ours
}
INSIDE = {"Block", "Dashboard"}  # made by functions of ours that check
NOT_CHECKED = {
    # modules: their builders take what explorers write down
    "ppo_lesson.explorers.layout",
    "ppo_lesson.explorers.vega",
    "ppo_lesson.maths.shapes",
}


class Call(NamedTuple):
    """A valid call, and what becomes of each whole number in it."""

    arguments: Callable[[], dict[str, Any]]
    smallest: dict[str, int]  # name -> the smallest that is accepted


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def axes() -> Any:
    return Figure().subplots()


def logits() -> torch.Tensor:
    return torch.zeros(3, 2, dtype=torch.float64)


def pairs() -> Pairs:
    token = torch.zeros(2, 4, dtype=torch.long)
    return Pairs(torch.tensor([0, 1]), token, token)


def some_env() -> Any:
    from ppo_lesson.training.experience import make_env

    return make_env("CartPole-v1", 2)


def some_policy() -> Any:
    from ppo_lesson.training.networks import ActorCritic

    return ActorCritic(4, 2, (4,), generator())


def some_batch() -> Any:
    return None  # the count is checked before it is looked at


def table() -> dict[str, Any]:
    return {"logits": countdown.reference()}


KINDS = torch.full((2, 3), 1 / 6, dtype=torch.float64)
MEANS: dict[str, Any] = {"advantage": centred, "aggregation": CONSTANT}
TABLE = {"logits": torch.zeros(2, 4), "temperature": 1.0}
SMALL = PPOConfig(total_steps=64, num_envs=2, num_steps=8, minibatch_size=8)
CALLS: dict[str, Call] = {
    "commands.sweep.trained": Call(
        lambda: {"seed": 3, "total_steps": 64, "num_envs": 2, "num_steps": 8}, {"seed": 0}
    ),
    "commands.grade.Options": Call(lambda: {"jobs": 2}, {"jobs": 1}),
    "maths.batches.minibatches": Call(
        lambda: {"num_samples": 3, "size": 3, "generator": generator()},
        {"num_samples": 1, "size": 1},
    ),
    "maths.policies.behaviour_logits": Call(lambda: {**TABLE, "top_k": 3}, {"top_k": 1}),
    "maths.policies.behaviour_log_prob": Call(
        lambda: {**TABLE, "token": torch.tensor([0, 1]), "top_k": 3}, {"top_k": 1}
    ),
    "maths.policies.token_log_probs": Call(
        lambda: {
            "logits": torch.zeros(5, 4),
            "tokens": torch.zeros(5, dtype=torch.long),
            "prompt_length": 3,
        },
        {"prompt_length": 1},
    ),
    "worlds.mdp.TabularMDP": Call(
        lambda: {
            "initial": torch.ones(1),
            "transition": torch.ones(1, 1, 1),
            "reward": torch.ones(1, 1),
            "horizon": 3,
        },
        {"horizon": 1},
    ),
    "worlds.drift.DriftingPolicy": Call(lambda: {"drift": 0.1, "horizon": 3}, {"horizon": 1}),
    "worlds.careful_cliff.ascend": Call(
        lambda: {
            "data": careful_cliff_data(torch.zeros(2)),
            "num_steps": 3,
            "theta": torch.zeros(2),
        },
        {"num_steps": 0},
    ),
    "worlds.probes.make": Call(
        lambda: {"probe": PROBES["ConstantProbe"], "num_envs": 3}, {"num_envs": 1}
    ),
    "worlds.reuse.ascend": Call(
        lambda: {
            "mdp": cliff_mdp(),
            "logits": logits(),
            "step_size": 0.1,
            "num_gradient_steps": 3,
            "reuse": True,
        },
        {"num_gradient_steps": 0},
    ),
    "worlds.small_worlds.corridor_mdp": Call(lambda: {"horizon": 3}, {"horizon": 1}),
    "worlds.small_worlds.random_mdp": Call(
        lambda: {"num_states": 3, "num_actions": 3, "horizon": 3, "generator": generator()},
        {"num_states": 1, "num_actions": 1, "horizon": 1},
    ),
    "worlds.surrogates.sampled_surrogates": Call(
        lambda: {
            "mdp": cliff_mdp(),
            "old_logits": logits(),
            "num_surrogates": 3,
            "num_episodes": 3,
            "generator": generator(),
        },
        {"num_surrogates": 1, "num_episodes": 1},
    ),
    "worlds.enumeration.sample_trajectories": Call(
        lambda: {
            "mdp": cliff_mdp(),
            "logits": logits(),
            "num_trajectories": 3,
            "generator": generator(),
        },
        {"num_trajectories": 1},
    ),
    "experiments.ablations.rerun": Call(lambda: {"ablation_id": "default", "seed": 3}, {"seed": 0}),
    "experiments.lambdas.rerun": Call(lambda: {"gae_lambda": 0.9, "seed": 3}, {"seed": 0}),
    "experiments.alignment.pose": Call(
        lambda: {"seed": 3, "num_pairs": 3}, {"seed": 0, "num_pairs": 1}
    ),
    "experiments.alignment.run": Call(lambda: {"seed": 3}, {"seed": 0}),
    **{
        f"experiments.alignment.{name}": Call(
            lambda: {"problem": PROBLEM, "beta": 0.5, "seed": 3}, {"seed": 0}
        )
        for name in ("by_ppo", "by_grpo", "by_dpo")
    },
    "experiments.alignment.without_price": Call(
        lambda: {"problem": PROBLEM, "judge": Unjudging(), "seed": 3}, {"seed": 0}
    ),
    "language.dpo.align_directly": Call(
        lambda: {
            "reference": LanguageModel(0),
            "pairs": pairs(),
            "beta": 0.5,
            "seed": 3,
            "num_epochs": 3,
        },
        {"seed": 0, "num_epochs": 1},
    ),
    "experiments.arms.Arm": Call(
        lambda: {"num_epochs": 3, "minibatch_size": 3}, {"num_epochs": 1, "minibatch_size": 1}
    ),
    "experiments.rivals.fit_steps": Call(
        lambda: {"num_samples": 3, "num_epochs": 3}, {"num_samples": 1, "num_epochs": 1}
    ),
    "experiments.rivals.budget_of_dpo": Call(
        lambda: {"num_pairs": 3, "num_epochs": 3}, {"num_pairs": 1, "num_epochs": 1}
    ),
    "experiments.rivals.budget_of_rlhf": Call(
        lambda: {"num_pairs": 3, "num_epochs": 3, "config": RLHFConfig()},
        {"num_pairs": 1, "num_epochs": 1},
    ),
    "figures.reward_heads.plot_two_rewards": Call(
        lambda: {
            "ax": axes(),
            "runs": [[{"proxy": 1.0, "true": 1.0}] * 2],
            "iterations_between": 3,
        },
        {"iterations_between": 1},
    ),
    "experiments.running.run": Call(
        lambda: {"config": SMALL, "seed": 3, "iterations_between": 3, "num_episodes": 3},
        {"seed": 0, "iterations_between": 1, "num_episodes": 1},
    ),
    "experiments.running.policy_after": Call(
        lambda: {"num_iterations": 1, "seed": 3}, {"num_iterations": 1, "seed": 0}
    ),
    "experiments.running.collect": Call(
        lambda: {"policy": some_policy(), "seed": 3, "stream": 2, "num_envs": 3, "num_passed": 1},
        {"seed": 0, "stream": 0, "num_envs": 1, "num_passed": 0},
    ),
    **{
        f"experiments.job_sizes.{name}": Call(lambda: {"seed": 3}, {"seed": 0})
        for name in ("trained", "aligned", "aligned_directly")
    },
    "experiments.reuse.Arm": Call(
        lambda: {"num_gradient_steps": 4, "reused": True, "clipped": True},
        {"num_gradient_steps": 1},
    ),
    "experiments.reuse.rerun": Call(
        lambda: {"arm": reuse.ARMS[0], "step_size": 0.02, "seed": 3}, {"seed": 0}
    ),
    "experiments.reuse.find": Call(lambda: {"num_gradient_steps": 4}, {"num_gradient_steps": 1}),
    "experiments.reuse.best_step_size": Call(
        lambda: {"arm": reuse.ARMS[0], "budget": 3_000}, {"budget": 3_000}
    ),
    "experiments.reuse.returns": Call(
        lambda: {"arm": reuse.ARMS[0], "budget": 3_000}, {"budget": 3_000}
    ),
    "experiments.reuse.gain": Call(
        lambda: {"one": reuse.ARMS[0], "other": reuse.ARMS[1], "budget": 3_000}, {"budget": 3_000}
    ),
    "experiments.reuse.curve": Call(lambda: {"budget": 3_000}, {"budget": 3_000}),
    "experiments.reuse.table": Call(lambda: {"budget": 3_000}, {"budget": 3_000}),
    "experiments.staleness.Arm": Call(lambda: {"lag": 4, "num_envs": 8}, {"lag": 0, "num_envs": 1}),
    "experiments.staleness.run": Call(
        lambda: {"arm": staleness.FRESH, "step_size": 0.02, "seed": 3}, {"seed": 0}
    ),
    "experiments.staleness.returns": Call(lambda: {"arm": staleness.FRESH, "late": 8}, {"late": 0}),
    "experiments.staleness.gain": Call(
        lambda: {"one": staleness.FRESH, "other": staleness.FRESH, "late": 8}, {"late": 0}
    ),
    "training.plans.plan_sweep": Call(
        lambda: {"num_jobs": 3, "num_workers": 3, "job_seconds": 1.0, "driver_seconds": 0.1},
        {"num_jobs": 1, "num_workers": 1},
    ),
    "training.staleness.rollouts_behind": Call(lambda: {"lag": 3}, {"lag": 0}),
    "worlds.staleness.stale_update": Call(
        lambda: {
            "mdp": cliff_mdp(),
            "logits": logits(),
            "behaviour": logits() + torch.eye(3, 2, dtype=torch.float64),
            "loss": lambda new, old, mu, advantage: surrogate_loss(new, mu, advantage),
            "num_steps": 3,
        },
        {"num_steps": 1},
    ),
    "experiments.pairs.Arm": Call(
        lambda: {"num_pairs": 3, "num_labels": 3, "num_epochs": 3},
        {"num_pairs": 1, "num_labels": 1, "num_epochs": 1},
    ),
    "experiments.groups.sampled": Call(lambda: {"arm": groups.PLAIN, "seed": 3}, {"seed": 0}),
    "experiments.groups.wrong_lengths": Call(
        lambda: {
            "reward": groups.RIGHT,
            "aggregation": "constant",
            "success": 0.5,
            "num_prompts": 3,
        },
        {"num_prompts": 1},
    ),
    "language.groups.expected_gradient": Call(
        lambda: {**table(), "right": countdown.right(), "group_size": 3, **MEANS},
        {"group_size": 2},
    ),
    "language.groups.group_coefficient": Call(
        lambda: {"kind_prob": KINDS, "group_size": 3, **MEANS}, {"group_size": 2}
    ),
    "language.groups.others": Call(
        lambda: {"kind_prob": KINDS, "num_others": 3}, {"num_others": 0}
    ),
    "language.groups.prompt_weight": Call(
        lambda: {"success": 0.5, "group_size": 3, "advantage": centred}, {"group_size": 2}
    ),
    "language.groups.silent_share": Call(
        lambda: {"success": 0.5, "group_size": 3}, {"group_size": 1}
    ),
    "language.grpo.draw": Call(
        lambda: {"prob": torch.ones(1, 4), "count": 3, "generator": generator()}, {"count": 1}
    ),
    "language.grpo.train_groups": Call(
        lambda: {
            "reference": countdown.reference(),
            "reward": countdown.right(),
            "config": GroupConfig(num_iterations=1),
            "seed": 3,
        },
        {"seed": 0},
    ),
    "language.response_ratios.by_length": Call(
        lambda: (
            {"found": ratios(countdown.reference(), countdown.reference()), "size": 3}
            | {"width": 0.2}
        ),
        {"size": 1},
    ),
    "language.feedback.collect_pairs": Call(
        lambda: {"model": LanguageModel(0), "num_pairs": 3, "generator": generator()},
        {"num_pairs": 1},
    ),
    "language.feedback.draw_prompts": Call(
        lambda: {"count": 3, "generator": generator()}, {"count": 1}
    ),
    "language.feedback.fit": Call(
        lambda: {
            "model": (model := torch.nn.Linear(1, 1)),
            "loss": lambda index: model.weight.sum() + model.bias.sum(),
            "num_samples": 3,
            "num_epochs": 3,
            "generator": generator(),
        },
        {"num_samples": 1, "num_epochs": 1},
    ),
    "language.feedback.fit_reward_model": Call(
        lambda: {"pairs": pairs(), "seed": 3, "num_epochs": 3}, {"seed": 0, "num_epochs": 1}
    ),
    "language.feedback.pretrain": Call(
        lambda: {"seed": 3, "num_sentences": 3, "num_epochs": 3},
        {"seed": 0, "num_sentences": 1, "num_epochs": 1},
    ),
    "language.model.LanguageModel": Call(lambda: {"seed": 3}, {"seed": 0}),
    "language.model.RewardModel": Call(lambda: {"seed": 3}, {"seed": 0}),
    "language.model.respond": Call(
        lambda: {
            "model": LanguageModel(0),
            "prompt": torch.tensor([0]),
            "generator": generator(),
            "top_k": 3,
        },
        {"top_k": 1},
    ),
    "language.model.every_log_prob": Call(
        lambda: {"model": LanguageModel(0), "every": few_sentences(), "top_k": 3}, {"top_k": 1}
    ),
    "training.networks.ActorCritic": Call(
        lambda: {
            "obs_size": 3,
            "num_actions": 3,
            "hidden_sizes": (3,),
            "generator": generator(),
        },
        {"obs_size": 1, "num_actions": 1},
    ),
    "training.experience.action_generator": Call(lambda: {"seed": 3}, {"seed": 0}),
    "training.ppo.learning_rate_at": Call(lambda: {"steps": 3, "config": SMALL}, {"steps": 0}),
    "training.session.train": Call(lambda: {"config": SMALL, "seed": 3}, {"seed": 0}),
    "training.session.train_with": Call(
        lambda: {"parts": RIGHT, "config": SMALL, "seed": 3}, {"seed": 0}
    ),
    "language.rlhf.align": Call(
        lambda: {
            "reference": LanguageModel(0),
            "score": lambda prompt, token: torch.zeros(len(prompt)),
            "config": RLHFConfig(num_iterations=1, num_responses=4, num_epochs=1),
            "seed": 3,
        },
        {"seed": 0},
    ),
    "training.experience.rollouts": Call(
        lambda: {"env": some_env(), "policy": some_policy(), "num_steps": 3, "seed": 3},
        {"num_steps": 1, "seed": 0},
    ),
    "training.experience.evaluate": Call(
        lambda: {"policy": some_policy(), "num_episodes": 3, "seed": 3},
        {"num_episodes": 1, "seed": 0},
    ),
    "training.experience.make_env": Call(
        lambda: {"env_id": "CartPole-v1", "num_envs": 3}, {"num_envs": 1}
    ),
    "experiments.token_ratios.start": Call(
        lambda: {"problem": PROBLEM, "num_iterations": 3}, {"num_iterations": 1}
    ),
    "experiments.token_ratios.follow": Call(
        lambda: {
            "model": LanguageModel(0),
            "batch": some_batch(),
            "clip_epsilon": 0.2,
            "num_gradient_steps": 3,
        },
        {"num_gradient_steps": 0},
    ),
    "experiments.temperatures.first_ratios": Call(
        lambda: {"model": LanguageModel(0), "draw": respond, "seed": 3}, {"seed": 0}
    ),
    "experiments.temperatures.run": Call(
        lambda: {"problem": PROBLEM, "way": "softmax", "temperature": 1.0, "seed": 3}, {"seed": 0}
    ),
    "language.promises.every_token_log_prob": Call(
        lambda: {"model": LanguageModel(0), "prompt": 1, "every": few_sentences()}, {"prompt": 0}
    ),
    "notebook.live.climb": Call(
        lambda: {"optimum": (1.0, 1.0), "num_iterations": 3}, {"num_iterations": 1}
    ),
    "notebook.animation.record_pole": Call(
        lambda: {"policy": some_policy(), "seed": 3, "max_steps": 3, "every": 3},
        {"seed": 0, "max_steps": 1, "every": 1},
    ),
    "notebook.board.dashboard": Call(
        lambda: {"config": SMALL, "seed": 3, "iterations_between": 3, "num_episodes": 3},
        {"seed": 0, "iterations_between": 1, "num_episodes": 1},
    ),
    "museum.detectors.play": Call(lambda: {"num_steps": 3}, {"num_steps": 1}),
    "maths.arithmetic.significant": Call(lambda: {"number": 0.1236, "digits": 3}, {"digits": 1}),
    "figures.advantages.mixing_weights": Call(
        lambda: {"gae_lambda": 0.5, "num_steps": 3}, {"num_steps": 1}
    ),
    "figures.advantages.plot_mixing_weights": Call(
        lambda: {"ax": axes(), "gae_lambdas": (0.5,), "num_steps": 3}, {"num_steps": 1}
    ),
    "figures.advantages.plot_td_weights": Call(
        lambda: {"ax": axes(), "gae_lambdas": (0.5,), "gamma": 1.0, "num_steps": 3},
        {"num_steps": 2},
    ),
    "figures.away_from_theta_old.plot_worth": Call(
        lambda: {
            "ax": axes(),
            "world": cliff_world(),
            "theta": torch.linspace(0, 1, 2, dtype=torch.float64),
            "old_theta": torch.zeros((), dtype=torch.float64),
            "num_episodes": 3,
        },
        {"num_episodes": 1},
    ),
    "figures.language_models.plot_climb": Call(
        lambda: {
            "ax": axes(),
            "score": [1.0],
            "kl": [0.1],
            "optimum": (1.0, 1.0),
            "num_iterations": 3,
        },
        {"num_iterations": 1},
    ),
    "figures.language_models.plot_token_rows": Call(
        lambda: {"ax": axes(), "words": ["a", "b", "c", "d"], "prompt_length": 3},
        {"prompt_length": 1},
    ),
    "notebook.film.Film": Call(
        lambda: {"config": SMALL, "seed": 3, "moment": 3}, {"seed": 0, "moment": 1}
    ),
    "notebook.live.progress_bar": Call(lambda: {"total": 3, "description": "runs"}, {"total": 1}),
    "training.seeds.train_seeds": Call(
        lambda: {"config": SMALL, "seeds": [3], "num_evaluations": 3, "num_episodes": 3},
        {"num_evaluations": 1, "num_episodes": 1},
    ),
    "museum.record.rerun": Call(lambda: {"name": "healthy", "seed": 3}, {"seed": 0}),
    "museum.interventions.rerun": Call(lambda: {"arm_id": "scaled", "seed": 3}, {"seed": 0}),
    "museum.interventions.right_multiple": Call(
        lambda: {"num_samples": 7, "minibatch_size": 3}, {"num_samples": 2, "minibatch_size": 1}
    ),
    "museum.ladder.climb": Call(lambda: {"probe_name": "ConstantProbe", "seed": 3}, {"seed": 0}),
    "notebook.page.number_text": Call(lambda: {"value": 1.5, "digits": 3}, {"digits": 1}),
    "notebook.page.setup": Call(lambda: {"seed": 3}, {"seed": 0}),
    "notebook.page.show": Call(lambda: {"label": "x", "value": 1.5, "digits": 3}, {"digits": 1}),
    "notebook.page.show_table": Call(
        lambda: {"columns": ["x"], "rows": [[1.5]], "digits": 3}, {"digits": 1}
    ),
    "training.statistics.bootstrap_interval": Call(
        lambda: {"scores": torch.arange(3.0), "seed": 3}, {"seed": 0}
    ),
    "training.statistics.mean_interval": Call(
        lambda: {"scores": torch.arange(3.0), "seed": 3}, {"seed": 0}
    ),
}
# Minutes of training, or a picture in the notebook: what comes after the check is not tried here.
LONG = {
    "commands.sweep.trained",
    "experiments.ablations.rerun",
    "experiments.alignment",
    "experiments.groups.sampled",
    "experiments.job_sizes",
    "experiments.lambdas.rerun",
    "language.feedback.pretrain",
    "experiments.reuse.rerun",
    "experiments.temperatures.run",
    "experiments.staleness.run",
    "experiments.token_ratios",
    "notebook.animation",
    "notebook.board",
    "notebook.film",
    "notebook.live.climb",
    "notebook.live.progress_bar",
    "museum.interventions.rerun",
    "museum.ladder.climb",
    "museum.record.rerun",
    "notebook.page.setup",
}


class Unjudging:
    """In the place of a judge, that no run gets to."""

    ref_log_prob = torch.zeros(1, 1)

    def measure(self, log_prob: torch.Tensor) -> Any:
        from ppo_lesson.language.judge import Worth

        return Worth(*[0.0] * 7)


def few_sentences() -> Any:
    from ppo_lesson.worlds.grammar import Sentences, sentences

    every = sentences()
    return Sentences(every.token[:3], every.mask[:3])


PROBLEM = alignment.Problem(LanguageModel(0), pairs(), lambda prompt, token: torch.zeros(1))  # type: ignore[arg-type]


def find(name: str) -> Callable[..., Any]:
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(f"ppo_lesson.{module}"), function)


def whole_numbers() -> Iterator[tuple[str, str]]:
    """Go through all public functions and classes: where a whole number is asked for."""
    for floor in FLOORS:
        package = importlib.import_module(f"ppo_lesson.{floor}")
        for found in pkgutil.walk_packages(package.__path__, f"ppo_lesson.{floor}."):
            module = importlib.import_module(found.name)
            for name, thing in vars(module).items():
                ours = getattr(thing, "__module__", "") == module.__name__
                if name.startswith("_") or not ours or name in RECORDS | INSIDE:
                    continue
                is_class = inspect.isclass(thing) and not issubclass(thing, BaseException)
                if found.name in NOT_CHECKED or not (inspect.isfunction(thing) or is_class):
                    continue
                for parameter in inspect.signature(thing).parameters.values():
                    asked = re.fullmatch(r"(int( \| None)?)|seed", str(parameter.annotation))
                    if asked or parameter.name == "seed":
                        yield (
                            f"{module.__name__.removeprefix('ppo_lesson.')}.{name}",
                            parameter.name,
                        )


SETTINGS = {
    "training.config.PPOConfig",
    "language.config.RLHFConfig",
    "language.grpo.GroupConfig",
}  # see test_config
CASES = [(name, number) for name, call in CALLS.items() for number in call.smallest]


def test_the_table_holds_every_function_that_takes_a_whole_number() -> None:
    found = {entry for entry in whole_numbers() if entry[0] not in SETTINGS}
    wrong = [f"museum.rollouts.{fault.wrong.__name__}" for fault in room.FAULTS]
    passed_on = {(name, number) for name in wrong for number in ("num_steps", "seed")}
    passed_on.add(("training.ppo.iterations", "seed"))  # to `rollouts`, as those above
    assert found - passed_on == set(CASES)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_what_is_no_whole_number_or_too_small_is_refused_by_name(name: str, number: str) -> None:
    call = CALLS[name]
    for bad in (*NO_INTEGERS, call.smallest[number] - 1):
        with pytest.raises(ValueError, match=f"^{number}: expected .*got"):
            find(name)(**{**call.arguments(), number: bad})


@pytest.mark.parametrize(
    ("name", "number"), [case for case in CASES if not any(long in case[0] for long in LONG)]
)
def test_integers_of_numpy_and_torch_are_as_good_as_pythons(name: str, number: str) -> None:
    arguments = CALLS[name].arguments()
    wanted = text_of(find(name)(**arguments))
    for kind in WHOLE[arguments[number] > 255 :]:  # np.uint8 is the first
        arguments = CALLS[name].arguments()
        found = text_of(find(name)(**{**arguments, number: kind(arguments[number])}))
        assert found == wanted, kind


def text_of(found: Any) -> str:
    """Write down what can be compared: numbers, not addresses in memory."""
    if isinstance(found, torch.nn.Module):
        found = list(found.state_dict().values())
    if is_dataclass(found) and hasattr(found, "policy"):
        found = text_of(found.policy)
    return re.sub(r"0x[0-9a-f]+|seconds=[\d.e-]+", "", repr(found))


def test_seeds_of_train_seeds_are_seeds() -> None:
    from ppo_lesson.training.seeds import train_seeds

    for bad in (None, -1, 2.0, True, "3"):
        with pytest.raises(ValueError, match=r"^seed: expected"):
            train_seeds(SMALL, [0, bad])
    one = {"num_evaluations": 1, "num_episodes": 1}
    runs = train_seeds(SMALL, np.arange(2), **one)
    assert torch.equal(runs.returns, train_seeds(SMALL, [0, 1], **one).returns)


def test_the_check_returns_pythons_int() -> None:
    for whole in (3, *(kind(3) for kind in WHOLE)):
        assert type(check_count("size", whole)) is int
        assert type(check_seed(whole)) is int
    assert check_seed(2**63 - 1) == 2**63 - 1
    for bad, words in ((4, "3 or less, got 4"), (0, "1 or more, got 0"), ("3", "a whole .*'3'")):
        with pytest.raises(ValueError, match=f"^size: expected {words}"):
            check_count("size", bad, high=3)


def test_the_modules_of_the_table_are_those_that_were_meant() -> None:
    assert {token_ratios.start} <= {find(name) for name in CALLS}


def test_samples_of_a_distribution_are_counted_too() -> None:
    from ppo_lesson.worlds.toys import Gaussian, fair_die

    for distribution in (fair_die(), Gaussian(0.0, 1.0)):
        for bad in (*NO_INTEGERS, 0):
            with pytest.raises(ValueError, match=r"^num_samples: expected .*got"):
                distribution.sample(bad, generator())
        assert len(distribution.sample(np.int64(3), generator())) == 3
    for bad in (math.nan, math.inf, "0", None):
        with pytest.raises(ValueError, match=r"^mean: expected a number in"):
            Gaussian(bad, 1.0)
