"""The works that notebooks and docstrings link to by arXiv number or DOI: who, when, what.

Which work is cited where is not written here: it is read off the links themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LINK = re.compile(r"https://(?:arxiv\.org/abs|doi\.org)/[\w./-]+")
NUMBER = re.compile(r"arXiv:(\d{4}\.\d{5})")  # as docstrings write it


@dataclass(frozen=True)
class Work:
    """A paper.

    Args:
        authors: as "Schulman et al.".
        year: of the version that is cited.
        title: as its authors spelt it.
        address: of arXiv or a DOI, as links write it.
    """

    authors: str
    year: int
    title: str
    address: str


def arxiv(number: str) -> str:
    """Write the address of a paper on arXiv."""
    return f"https://arxiv.org/abs/{number}"


def doi(number: str) -> str:
    """Write the address of a DOI."""
    return f"https://doi.org/{number}"


def cited(text: str) -> set[str]:
    """List the addresses that a text links to, or names as "arXiv:1707.06347"."""
    return {*LINK.findall(text), *(arxiv(number) for number in NUMBER.findall(text))}


WORKS = {
    work.address: work
    for work in (
        Work(
            "Williams",
            1992,
            "Simple statistical gradient-following algorithms for connectionist reinforcement "
            "learning",
            doi("10.1007/BF00992696"),
        ),
        Work(
            "Hesterberg",
            1995,
            "Weighted average importance sampling and defensive mixture distributions",
            doi("10.1080/00401706.1995.10484303"),
        ),
        Work("Ionides", 2008, "Truncated importance sampling", doi("10.1198/106186008X320456")),
        Work("Schulman et al.", 2015, "Trust Region Policy Optimization", arxiv("1502.05477")),
        Work(
            "Schulman et al.",
            2015,
            "High-Dimensional Continuous Control Using Generalized Advantage Estimation",
            arxiv("1506.02438"),
        ),
        Work(
            "Mnih et al.",
            2016,
            "Asynchronous Methods for Deep Reinforcement Learning",
            arxiv("1602.01783"),
        ),
        Work(
            "Schulman et al.", 2017, "Proximal Policy Optimization Algorithms", arxiv("1707.06347")
        ),
        Work(
            "Henderson et al.",
            2017,
            "Deep Reinforcement Learning that Matters",
            arxiv("1709.06560"),
        ),
        Work("Pardo et al.", 2018, "Time Limits in Reinforcement Learning", arxiv("1712.00378")),
        Work(
            "Espeholt et al.",
            2018,
            "IMPALA: Scalable Distributed Deep-RL with Importance Weighted Actor-Learner "
            "Architectures",
            arxiv("1802.01561"),
        ),
        Work("Fan et al.", 2018, "Hierarchical Neural Story Generation", arxiv("1805.04833")),
        Work("Wang et al.", 2019, "Truly Proximal Policy Optimization", arxiv("1903.07940")),
        Work(
            "Ziegler et al.",
            2019,
            "Fine-Tuning Language Models from Human Preferences",
            arxiv("1909.08593"),
        ),
        Work(
            "Liu et al.",
            2020,
            "Understanding the Curse of Horizon in Off-Policy Evaluation via Conditional "
            "Importance Sampling",
            arxiv("1910.06508"),
        ),
        Work(
            "Ye et al.",
            2020,
            "Mastering Complex Control in MOBA Games with Deep Reinforcement Learning",
            arxiv("1912.09729"),
        ),
        Work(
            "Engstrom et al.",
            2020,
            "Implementation Matters in Deep Policy Gradients: A Case Study on PPO and TRPO",
            arxiv("2005.12729"),
        ),
        Work(
            "Andrychowicz et al.",
            2020,
            "What Matters In On-Policy Reinforcement Learning? A Large-Scale Empirical Study",
            arxiv("2006.05990"),
        ),
        Work(
            "Stiennon et al.",
            2020,
            "Learning to summarize from human feedback",
            arxiv("2009.01325"),
        ),
        Work(
            "Agarwal et al.",
            2021,
            "Deep Reinforcement Learning at the Edge of the Statistical Precipice",
            arxiv("2108.13264"),
        ),
        Work(
            "Hilton et al.",
            2022,
            "Batch size-invariance for policy optimization",
            arxiv("2110.00641"),
        ),
        Work(
            "Hausknecht and Wagener",
            2022,
            "Consistent Dropout for Policy Gradient Reinforcement Learning",
            arxiv("2202.11818"),
        ),
        Work(
            "Ouyang et al.",
            2022,
            "Training language models to follow instructions with human feedback",
            arxiv("2203.02155"),
        ),
        Work(
            "Korbak et al.",
            2022,
            "RL with KL penalties is better viewed as Bayesian inference",
            arxiv("2205.11275"),
        ),
        Work(
            "Gao et al.",
            2022,
            "Scaling Laws for Reward Model Overoptimization",
            arxiv("2210.10760"),
        ),
        Work(
            "Rafailov et al.",
            2023,
            "Direct Preference Optimization: Your Language Model is Secretly a Reward Model",
            arxiv("2305.18290"),
        ),
        Work(
            "Azar et al.",
            2023,
            "A General Theoretical Paradigm to Understand Learning from Human Preferences",
            arxiv("2310.12036"),
        ),
        Work(
            "Ethayarajh et al.",
            2024,
            "KTO: Model Alignment as Prospect Theoretic Optimization",
            arxiv("2402.01306"),
        ),
        Work(
            "Shao et al.",
            2024,
            "DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models",
            arxiv("2402.03300"),
        ),
        Work(
            "Ahmadian et al.",
            2024,
            "Back to Basics: Revisiting REINFORCE Style Optimization for Learning from Human "
            "Feedback in LLMs",
            arxiv("2402.14740"),
        ),
        Work(
            "Hu et al.",
            2024,
            "OpenRLHF: An Easy-to-use, Scalable and High-performance RLHF Framework",
            arxiv("2405.11143"),
        ),
        Work(
            "Meng et al.",
            2024,
            "SimPO: Simple Preference Optimization with a Reference-Free Reward",
            arxiv("2405.14734"),
        ),
        Work(
            "Rafailov et al.",
            2024,
            "Scaling Laws for Reward Model Overoptimization in Direct Alignment Algorithms",
            arxiv("2406.02900"),
        ),
        Work(
            "Razin et al.",
            2024,
            "Unintentional Unalignment: Likelihood Displacement in Direct Preference Optimization",
            arxiv("2410.08847"),
        ),
        Work(
            "Hu et al.",
            2025,
            "REINFORCE++: A Simple and Efficient Approach for Aligning Large Language Models",
            arxiv("2501.03262"),
        ),
        Work(
            "Yu et al.",
            2025,
            "DAPO: An Open-Source LLM Reinforcement Learning System at Scale",
            arxiv("2503.14476"),
        ),
        Work(
            "Liu et al.",
            2025,
            "Understanding R1-Zero-Like Training: A Critical Perspective",
            arxiv("2503.20783"),
        ),
        Work(
            "Fu et al.",
            2025,
            "AReaL: A Large-Scale Asynchronous Reinforcement Learning System for Language "
            "Reasoning",
            arxiv("2505.24298"),
        ),
        Work(
            "MiniMax",
            2025,
            "MiniMax-M1: Scaling Test-Time Compute Efficiently with Lightning Attention",
            arxiv("2506.13585"),
        ),
        Work("Zheng et al.", 2025, "Group Sequence Policy Optimization", arxiv("2507.18071")),
    )
}
"""By address, in order of time."""
