"""GRPO and what came after: what each variant changes, who selects it how, which cell shows it.

Options and defaults were read in the files that are linked, at these versions: TRL v1.9.0, verl
v0.9.0, OpenRLHF v0.11.0. A test fails where the notebook lacks a cell that a row names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NOTEBOOK = "12_grpo_and_after"
FILES = {
    "TRL": "https://github.com/huggingface/trl/blob/v1.9.0/",
    "verl": "https://github.com/verl-project/verl/blob/v0.9.0/",
    "OpenRLHF": "https://github.com/OpenRLHF/OpenRLHF/blob/v0.11.0/",
}
"""Library -> where its files stand, at the version that was read."""

ASPECTS = ("advantage", "ratio", "clip", "aggregation", "KL", "sampling")
"""What a variant can change; in this order in the table."""


@dataclass(frozen=True)
class Option:
    """How a library selects a variant.

    Args:
        library: a key of FILES.
        setting: what to write.
        file: where it is defined, from the root of the repository, with its line.
    """

    library: str
    setting: str
    file: str

    def __post_init__(self) -> None:
        """Check that the library is one whose version is known.

        Raises:
            ValueError: it is not; the message names it.
        """
        if self.library not in FILES:
            raise ValueError(f"library: expected one of {', '.join(FILES)}, got {self.library!r}")

    @property
    def link(self) -> str:
        """Write the address of the file."""
        return FILES[self.library] + self.file


@dataclass(frozen=True)
class Variant:
    """One variant: what it changes compared with PPO for a language model.

    Args:
        name: as its authors call it.
        authors: first author and year.
        arxiv: number of the paper.
        changes: aspect -> what it does there; an aspect of PPO's own is left out.
        options: how libraries select it.
        cells: ids of the cells of notebook 12 that show its changes.

    Raises:
        ValueError: an aspect is none of ASPECTS; the message names it.
    """

    name: str
    authors: str
    arxiv: str
    changes: Mapping[str, str]
    options: tuple[Option, ...]
    cells: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that every change is of a known aspect."""
        for aspect in self.changes:
            if aspect not in ASPECTS:
                raise ValueError(f"changes: expected one of {', '.join(ASPECTS)}, got {aspect!r}")

    @property
    def paper(self) -> str:
        """Write who, when, and a link to the paper."""
        return f"{self.authors}, [arXiv:{self.arxiv}](https://arxiv.org/abs/{self.arxiv})"


GRPO = Variant(
    "GRPO",
    "Shao et al. (2024)",
    "2402.03300",
    {
        "advantage": "reward minus the group's mean, divided by the group's standard deviation",
        "aggregation": "mean of each response, then of the responses",
        "KL": "k3 in the loss",
    },
    (
        Option("TRL", '`loss_type="grpo"`, `beta > 0`', "trl/trainer/grpo_config.py#L791"),
        Option(
            "verl",
            "`adv_estimator=grpo`, `loss_agg_mode=seq-mean-token-mean`, `use_kl_loss=True`",
            "verl/trainer/config/actor/actor.yaml#L86",
        ),
        Option(
            "OpenRLHF",
            "`--algo.advantage.estimator group_norm`, `--algo.kl.use_loss`, "
            "`--algo.kl.estimator k3`; the loss is a token mean",
            "openrlhf/cli/train_ppo_ray.py#L478",
        ),
    ),
    ("group-advantage", "division", "aggregation", "kl-gradients"),
)
DR_GRPO = Variant(
    "Dr. GRPO",
    "Liu et al. (2025)",
    "2503.20783",
    {
        "advantage": "reward minus the group's mean, not divided",
        "aggregation": "sum over tokens, divided by a constant",
        "KL": "none",
    },
    (
        Option(
            "TRL",
            '`loss_type="dr_grpo"`, `scale_rewards="none"`',
            "trl/trainer/grpo_config.py#L779",
        ),
        Option(
            "verl",
            "`loss_agg_mode=seq-mean-token-sum-norm`, `norm_adv_by_std_in_grpo=False`",
            "docs/algo/grpo.md#L53",
        ),
        Option(
            "OpenRLHF",
            "`--algo.advantage.estimator dr_grpo` (the advantage only)",
            "openrlhf/trainer/ppo_utils/experience_maker.py#L267",
        ),
    ),
    ("division", "aggregation"),
)
DAPO = Variant(
    "DAPO",
    "Yu et al. (2025)",
    "2503.14476",
    {
        "clip": "0.2 below and 0.28 above",
        "aggregation": "mean over all tokens",
        "KL": "none",
        "sampling": "draws again for groups whose rewards are all equal",
    },
    (
        Option(
            "TRL",
            '`loss_type="dapo"` (the default), `epsilon_high=0.28`; does not draw again',
            "trl/trainer/grpo_config.py#L695",
        ),
        Option(
            "verl",
            "`clip_ratio_high=0.28`, `loss_agg_mode=token-mean` (the default), "
            "`filter_groups.enable=True`",
            "verl/trainer/config/ppo_trainer.yaml#L80",
        ),
        Option(
            "OpenRLHF",
            "`--actor.eps_clip_low_high 0.2 0.28`, `--algo.dynamic_filtering_enable`",
            "openrlhf/cli/train_ppo_ray.py#L562",
        ),
    ),
    ("clip-higher", "aggregation", "silent-groups"),
)
GSPO = Variant(
    "GSPO",
    "Zheng et al. (2025)",
    "2507.18071",
    {
        "ratio": "one for each response, the geometric mean of its tokens' ratios",
        "clip": "0.0003 below and 0.0004 above",
    },
    (
        Option(
            "TRL",
            '`importance_sampling_level="sequence"`, `loss_type="grpo"`',
            "trl/trainer/grpo_config.py#L750",
        ),
        Option("verl", "`policy_loss.loss_mode=gspo`", "verl/trainer/ppo/core_algos.py#L1545"),
        Option("OpenRLHF", "`--actor.policy_loss_type gspo`", "openrlhf/cli/train_ppo_ray.py#L420"),
    ),
    ("sequence-ratio",),
)
CISPO = Variant(
    "CISPO",
    "MiniMax (2025)",
    "2506.13585",
    {
        "clip": "cuts the ratio and holds it constant; log π carries the gradient of every token",
        "aggregation": "mean over all tokens",
    },
    (
        Option("TRL", '`loss_type="cispo"`', "trl/trainer/grpo_trainer.py#L3080"),
        Option("verl", "`policy_loss.loss_mode=cispo`", "verl/trainer/ppo/core_algos.py#L2046"),
    ),
    ("detached-weight",),
)
RLOO = Variant(
    "RLOO",
    "Ahmadian et al. (2024)",
    "2402.14740",
    {
        "advantage": "reward minus the mean of the other responses",
        "ratio": "none; the whole response is one action",
        "KL": "k1 in the reward",
    },
    (
        Option(
            "TRL", "`RLOOTrainer` (with a ratio and a clip)", "trl/trainer/rloo_trainer.py#L1550"
        ),
        Option("verl", "`adv_estimator=rloo`", "verl/trainer/ppo/core_algos.py#L587"),
        Option(
            "OpenRLHF",
            "`--algo.advantage.estimator rloo`",
            "openrlhf/trainer/ppo_utils/experience_maker.py#L264",
        ),
    ),
    ("leave-one-out",),
)
REINFORCE_PP = Variant(
    "REINFORCE++",
    "Hu et al. (2025)",
    "2501.03262",
    {
        "advantage": "return, centred and divided by the standard deviation of the whole batch",
        "KL": "k1 in the reward",
        "sampling": "one response to a prompt is enough",
    },
    (
        Option(
            "TRL",
            "`RLOOConfig(normalize_advantages=True)` comes near",
            "docs/source/paper_index.md#L1368",
        ),
        Option(
            "verl", "`adv_estimator=reinforce_plus_plus`", "verl/trainer/ppo/core_algos.py#L693"
        ),
        Option(
            "OpenRLHF",
            "`--algo.advantage.estimator reinforce`",
            "openrlhf/trainer/ppo_utils/experience_maker.py#L315",
        ),
    ),
    ("whitened-batch",),
)

VARIANTS = (GRPO, DR_GRPO, DAPO, GSPO, CISPO, RLOO, REINFORCE_PP)
"""In the order of the table."""

PLACES = {
    "group-advantage": "section 2",
    "leave-one-out": "section 2",
    "division": "section 2",
    "silent-groups": "section 2",
    "whitened-batch": "section 2",
    "aggregation": "section 3",
    "sequence-ratio": "section 4",
    "detached-weight": "section 4",
    "kl-gradients": "section 5",
    "clip-higher": "section 6",
}
"""Cell of notebook 12 -> where the reader finds it."""


def table(places: Mapping[str, str] | None = None) -> str:
    """Write the table in Markdown: a row per variant.

    Args:
        places: cell id -> what the reader finds there, such as "section 3"; ids if None.
    """
    lines = ["| variant | what it changes | how to select it | shown in |", "|---|---|---|---|"]
    for variant in VARIANTS:
        changes = "; ".join(
            f"**{aspect}**: {variant.changes[aspect]}"
            for aspect in ASPECTS
            if aspect in variant.changes
        )
        options = "<br>".join(
            f"[{option.library}]({option.link}): {option.setting}" for option in variant.options
        )
        shown = dict.fromkeys((places or {}).get(cell, cell) for cell in variant.cells)
        name = f"**{variant.name}**, {variant.paper}"
        lines.append(f"| {name} | {changes} | {options} | {', '.join(shown)} |")
    return "\n".join(lines)
