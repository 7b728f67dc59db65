"""Let Stable-Baselines3 make the update of `experiments.one_update`, and store what it did.

`python tests/benchmarks/one_update.py` needs the extra that the tests need.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from unittest import mock

import torch

try:
    import stable_baselines3
    from stable_baselines3 import PPO
    from stable_baselines3.common.buffers import RolloutBuffer
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.logger import Logger
except ModuleNotFoundError as error:
    sys.exit(f"{error}: Stable-Baselines3 comes with the tests, `pip install -e .[test]`.")

from ppo_lesson import maths
from ppo_lesson.experiments import one_update
from ppo_lesson.training.config import PPOConfig


class Dealt(RolloutBuffer):
    """Their buffer, dealt by our generator: their order is drawn from numpy's global state."""

    def get(self, batch_size: int | None = None) -> Iterator:
        """Give the minibatches of one epoch."""
        for index in maths.minibatches(
            self.buffer_size, batch_size or self.buffer_size, self.dealer
        ):
            yield self._get_samples(index.numpy())


def model_for(start: one_update.Start, config: PPOConfig) -> PPO:
    """Make their PPO with our settings, weights and batch."""
    model = PPO(
        "MlpPolicy",
        make_vec_env(config.env_id, n_envs=1),
        n_steps=len(start.batch.action),
        batch_size=config.minibatch_size,
        n_epochs=config.num_epochs,
        learning_rate=config.learning_rate,
        clip_range=config.clip_epsilon,
        normalize_advantage=False,  # the batch's are normalised
        vf_coef=config.value_coefficient / 2,  # their loss is the mean squared error, not half
        ent_coef=config.entropy_coefficient,
        max_grad_norm=config.max_gradient_norm,
        rollout_buffer_class=Dealt,
        policy_kwargs={"net_arch": list(config.hidden_sizes)},
        device="cpu",
    )
    with torch.no_grad():
        for theirs, ours in zip(parameters(model), start.policy.parameters(), strict=True):
            theirs.copy_(ours)
    fill(model.rollout_buffer, start)
    model.set_logger(Logger(None, []))
    return model


def fill(buffer: RolloutBuffer, start: one_update.Start) -> None:
    """Put the batch into their buffer, one row per sample."""
    batch = start.batch
    buffer.observations = batch.obs.numpy()
    buffer.actions = batch.action.numpy()[:, None]
    buffer.values = batch.old_value.numpy()
    buffer.log_probs = batch.old_log_prob.numpy()
    buffer.advantages = batch.advantage.numpy()
    buffer.returns = batch.value_target.numpy()
    buffer.dealer, buffer.full, buffer.generator_ready = one_update.generator(), True, True


def parameters(model: PPO) -> list[torch.nn.Parameter]:
    """Return their parameters in our order: the actor's layers, then the critic's."""
    theirs = model.policy
    parts = (
        theirs.mlp_extractor.policy_net,
        theirs.action_net,
        theirs.mlp_extractor.value_net,
        theirs.value_net,
    )
    return [parameter for part in parts for parameter in part.parameters()]


def theirs() -> one_update.Update:
    """Let them update."""
    start = one_update.start()
    norms: list[float] = []
    clip = torch.nn.utils.clip_grad_norm_

    def listen(*arguments: object) -> torch.Tensor:
        norm = clip(*arguments)  # type: ignore[arg-type]
        norms.append(norm.item())
        return norm

    with (
        mock.patch.object(torch.nn.utils, "clip_grad_norm_", listen),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="You have specified a mini-batch size")
        step = model_for(start, one_update.ONE_STEP)
        step.train()
        update = model_for(start, one_update.WHOLE_UPDATE)
        update.train()
    logged = step.logger.name_to_value
    return one_update.Update(
        policy_loss=float(logged["train/policy_gradient_loss"]),
        value_loss=float(logged["train/value_loss"]) / 2,
        entropy=-float(logged["train/entropy_loss"]),
        loss=float(logged["train/loss"]),
        gradient_norm=norms[0],
        after_one_step=one_update.flat(parameters(step)),
        after_update=one_update.flat(parameters(update)),
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    one_update.write(theirs(), stable_baselines3.__version__)
    print(one_update.STORED)
