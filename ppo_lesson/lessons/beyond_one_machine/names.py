"""Our names beside those of five libraries, with their defaults; each read in the file linked.

Versions that were read: TRL 1.9.0 (1.16.0 has no PPO trainer any more), Stable-Baselines3 2.9.2,
CleanRL at a commit of April 2026, RLlib of Ray 2.60.0, verl 0.9.0. A test compares the table with
notebook 13, and our own names and defaults with the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CLEANRL = "fe8d8a03c41a7ef5b523e2e354bd01c363e786bb"
FILES = {
    "TRL 1.9": "https://github.com/huggingface/trl/blob/v1.9.0/trl/experimental/ppo/",
    "SB3 2.9": "https://github.com/DLR-RM/stable-baselines3/blob/v2.9.2/stable_baselines3/ppo/",
    "CleanRL": f"https://github.com/vwxyzjn/cleanrl/blob/{CLEANRL}/cleanrl/",
    "RLlib 2.60": "https://github.com/ray-project/ray/blob/ray-2.60.0/rllib/algorithms/",
    "verl 0.9": "https://github.com/verl-project/verl/blob/v0.9.0/verl/trainer/",
}
"""Library -> the folder, at the version that was read."""


@dataclass(frozen=True)
class Named:
    """What a library calls one thing.

    Args:
        name: its identifier.
        file: below the library's folder in FILES, with a line; "" where it has no such thing.
        default: as it is written there; "" where it is no setting.
    """

    name: str
    file: str = ""
    default: str = ""

    def cell(self, library: str) -> str:
        """Write it for a table in markdown."""
        if not self.file:
            return self.name
        value = f" {self.default}" if self.default else ""
        return f"[`{self.name}`]({FILES[library]}{self.file}){value}"


NONE = Named("none")


def _row(trl: Named, sb3: Named, cleanrl: Named, rllib: Named, verl: Named) -> dict[str, Named]:
    return dict(zip(FILES, (trl, sb3, cleanrl, rllib, verl), strict=True))


def _trl(name: str, line: int, default: str) -> Named:
    return Named(name, f"ppo_config.py#L{line}", default)


def _sb3(name: str, line: int, default: str) -> Named:
    return Named(name, f"ppo.py#L{line}", default)


def _rllib(name: str, line: int, default: str) -> Named:
    return Named(name, f"ppo/ppo.py#L{line}", default)


def _verl(name: str, file: str, default: str) -> Named:
    return Named(name, f"config/{file}", default)


_cleanrl = _sb3

SETTINGS: dict[str, dict[str, Named]] = {
    "clip_epsilon": _row(
        _trl("cliprange", 253, "0.2"),
        _sb3("clip_range", 90, "0.2"),
        _cleanrl("clip_coef", 59, "0.2"),
        _rllib("clip_param", 140, "0.3"),
        _verl("clip_ratio", "actor/actor.yaml#L36", "0.2"),
    ),
    "num_epochs": _row(
        _trl("num_ppo_epochs", 232, "4"),
        _sb3("n_epochs", 87, "10"),
        _cleanrl("update_epochs", 55, "4"),
        _rllib("num_epochs", 131, "30"),
        _verl("ppo_epochs", "actor/actor.yaml#L119", "1"),
    ),
    "minibatch_size": _row(
        _trl("num_mini_batches", 133, "1, their number"),
        _sb3("batch_size", 86, "64"),
        _cleanrl("num_minibatches", 53, "4, their number"),
        _rllib("minibatch_size", 132, "128"),
        _verl("ppo_mini_batch_size", "actor/actor.yaml#L18", "256"),
    ),
    "gamma": _row(
        _trl("gamma", 265, "1.0"),
        _sb3("gamma", 88, "0.99"),
        _cleanrl("gamma", 49, "0.99"),
        Named("gamma", "algorithm_config.py#L384", "0.99"),
        _verl("gamma", "ppo_trainer.yaml#L68", "1.0"),
    ),
    "gae_lambda": _row(
        _trl("lam", 269, "0.95"),
        _sb3("gae_lambda", 89, "0.95"),
        _cleanrl("gae_lambda", 51, "0.95"),
        _rllib("lambda_", 134, "1.0"),
        _verl("lam", "ppo_trainer.yaml#L71", "1.0"),
    ),
    "value_coefficient": _row(
        _trl("vf_coef", 257, "0.1"),
        _sb3("vf_coef", 94, "0.5"),
        _cleanrl("vf_coef", 65, "0.5"),
        _rllib("vf_loss_coeff", 138, "1.0"),
        Named("none: the critic has an optimiser of its own"),
    ),
    "entropy_coefficient": _row(
        NONE,
        _sb3("ent_coef", 93, "0.0"),
        _cleanrl("ent_coef", 63, "0.01"),
        _rllib("entropy_coeff", 139, "0.0"),
        _verl("entropy_coeff", "actor/actor.yaml#L93", "0"),
    ),
    "clip_value": _row(
        _trl("cliprange_value", 261, "0.2"),
        _sb3("clip_range_vf", 91, "None"),
        _cleanrl("clip_vloss", 61, "True"),
        _rllib("vf_clip_param", 141, "10.0, of the squared error"),
        _verl("cliprange_value", "critic/critic.yaml#L61", "0.5"),
    ),
    "target_kl": _row(
        NONE,
        _sb3("target_kl", 100, "None"),
        _cleanrl("target_kl", 69, "None"),
        _rllib("kl_target", 137, "0.01"),
        NONE,
    ),
}
"""Our setting, a field of PPOConfig -> what each library calls it."""

METRICS: dict[str, dict[str, Named]] = {
    "approx_kl": _row(
        Named("approxkl", "ppo_trainer.py#L857", "(k2)"),
        Named("approx_kl", "ppo.py#L264", "(k3)"),
        Named("approx_kl", "ppo.py#L257", "(k3)"),
        Named("mean_kl_loss", "ppo/torch/ppo_torch_learner.py#L81", "(exact)"),
        Named("ppo_kl", "ppo/core_algos.py#L1258", "(k1)"),
    ),
    "clip_fraction": _row(
        NONE,
        Named("clip_fraction", "ppo.py#L231"),
        Named("clipfrac", "ppo.py#L258"),
        NONE,
        NONE,
    ),
    "active_clip_fraction": _row(
        Named("pg_clipfrac", "ppo_trainer.py#L852"),
        NONE,
        NONE,
        NONE,
        Named("pg_clipfrac", "ppo/core_algos.py#L1271"),
    ),
}
"""Our metric, a field of IterationMetrics -> what each library calls it."""


FOR_WORLDS = ("SB3 2.9", "CleanRL", "RLlib 2.60")
FOR_LANGUAGE_MODELS = ("TRL 1.9", "verl 0.9")


def table(libraries: Sequence[str]) -> str:
    """Write a table of notebook 13: a row for each of our names, a column for each library.

    Args:
        libraries: of FILES.
    """
    lines = [f"| ours | {' | '.join(libraries)} |", "|---|" + "---|" * len(libraries)]
    for ours, theirs in (SETTINGS | METRICS).items():
        cells = [theirs[library].cell(library) for library in libraries]
        lines.append(f"| `{ours}`{_default(ours)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _default(ours: str) -> str:
    from ppo_lesson.training.config import PPOConfig

    return f" {getattr(PPOConfig(), ours)}" if ours in SETTINGS else ""
