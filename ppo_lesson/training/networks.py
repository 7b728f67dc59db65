"""The actor-critic: one small network chooses, another one judges."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ppo_lesson.maths.shapes import check_count
from ppo_lesson.training.config import check_sizes
from ppo_lesson.training.steps import check_default_device

Sampler = Callable[[np.ndarray], np.ndarray]
"""Takes observations (N, D), returns one sampled action for each, (N,)."""


class ActorCritic(nn.Module):
    """A policy over K actions and a value function, two separate tanh networks in float32.

    Weights are orthogonal: gain sqrt(2) inside, 0.01 for the policy's output (so that it starts
    near uniform) and 1 for the value; biases are 0 (Engstrom et al., 2020, arXiv:2005.12729).
    """

    def __init__(
        self,
        obs_size: int,
        num_actions: int,
        hidden_sizes: tuple[int, ...],
        generator: torch.Generator,
    ) -> None:
        """Build both networks; `generator` is the only source of randomness."""
        super().__init__()
        check_default_device()
        self.obs_size = obs_size = check_count("obs_size", obs_size)
        self.num_actions = num_actions = check_count("num_actions", num_actions)
        self.world: str | None = None  # the one it is trained in, as `train` calls it
        hidden_sizes = check_sizes(hidden_sizes)
        self.actor = _mlp((obs_size, *hidden_sizes, num_actions), 0.01, generator)
        self.critic = _mlp((obs_size, *hidden_sizes, 1), 1.0, generator)

    def logits(self, obs: Tensor) -> Tensor:
        """Map observations (..., D) to logits (..., K)."""
        return _outputs(self.actor, obs)

    def value(self, obs: Tensor) -> Tensor:
        """Map observations (..., D) to values (...), in units of the scaled reward."""
        return _outputs(self.critic, obs).squeeze(-1)

    def sampler(self, rng: np.random.Generator) -> Sampler:
        """Return a function that samples actions, for stepping through environments.

        It computes `logits` in numpy on views of the weights, ten times faster for a few rows than
        torch with its graph; the views follow the optimiser's in-place updates.
        """
        layers = [
            (layer.weight.detach().numpy().T, layer.bias.detach().numpy())
            for layer in self.actor
            if isinstance(layer, nn.Linear)
        ]

        # An infinite observation is named by `train`, once; numpy would warn at every step.
        @np.errstate(invalid="ignore")
        def sample(obs: np.ndarray) -> np.ndarray:
            *hidden_layers, (weight, bias) = layers
            for hidden_weight, hidden_bias in hidden_layers:
                obs = np.tanh(obs @ hidden_weight + hidden_bias)
            logits = obs @ weight + bias
            # The arg max of logits plus Gumbel noise is a sample of softmax(logits): Gumbel (1954).
            return (logits + rng.gumbel(size=logits.shape)).argmax(-1)

        return sample


def _outputs(network: nn.Sequential, x: Tensor) -> Tensor:
    """Return `network(x)`; not to let torch look for hooks in each layer is 3 % of a training."""
    for layer in network:
        x = layer.forward(x)
    return x


def _mlp(sizes: tuple[int, ...], output_gain: float, generator: torch.Generator) -> nn.Sequential:
    layers: list[nn.Module] = []
    for num_inputs, num_outputs in pairwise(sizes):
        # Made without values: the default ones would draw from torch's global random state.
        layer = nn.Linear(num_inputs, num_outputs, device="meta", dtype=torch.float32)
        layer = layer.to_empty(device="cpu")
        gain = output_gain if len(layers) == 2 * (len(sizes) - 2) else math.sqrt(2)
        nn.init.orthogonal_(layer.weight, gain, generator=generator)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])
