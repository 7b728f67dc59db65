"""Sentences: a small transformer, its feedback, PPO, GRPO, DPO, and a judge that enumerates."""

from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.dpo import align_directly
from ppo_lesson.language.feedback import Pairs, collect_pairs, fit_reward_model, pretrain
from ppo_lesson.language.judge import Judge
from ppo_lesson.language.model import (
    LanguageModel,
    Responses,
    RewardModel,
    every_log_prob,
    every_score,
    respond,
)
from ppo_lesson.language.promises import every_token_log_prob, promises
from ppo_lesson.language.rlhf import (
    SentenceBatch,
    align,
    group_advantage,
    make_batch,
    rewards,
    token_loss,
)

__all__ = [
    "Judge",
    "LanguageModel",
    "Pairs",
    "RLHFConfig",
    "Responses",
    "RewardModel",
    "SentenceBatch",
    "align",
    "align_directly",
    "collect_pairs",
    "every_log_prob",
    "every_score",
    "every_token_log_prob",
    "fit_reward_model",
    "group_advantage",
    "make_batch",
    "pretrain",
    "promises",
    "respond",
    "rewards",
    "token_loss",
]
