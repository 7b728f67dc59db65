from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from ppo_lesson.training.networks import ActorCritic


def make_policy(
    obs_size: int = 3,
    num_actions: int = 4,
    hidden_sizes: tuple[int, ...] = (8, 5),
    seed: int = 0,
) -> ActorCritic:
    generator = torch.Generator().manual_seed(seed)
    return ActorCritic(obs_size, num_actions, hidden_sizes, generator)


def undecided_policy() -> ActorCritic:
    """Return a policy whose logits differ by about one, where a new one is near uniform."""
    policy = make_policy()
    with torch.no_grad():
        policy.actor[-1].weight.mul_(100)
        policy.actor[-1].bias.copy_(torch.tensor([0.5, -0.5, 0.0, 1.0]))
    return policy


def linear_layers(network: nn.Module) -> list[nn.Linear]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]


class NoNoise:
    """Stands for a random generator: without noise the sampler returns the likeliest action."""

    def gumbel(self, size: tuple[int, ...]) -> np.ndarray:
        return np.zeros(size)


@pytest.mark.parametrize("hidden_sizes", [(8, 5), (2, 7), (16,), ()])
@pytest.mark.parametrize(("network", "output_gain"), [("actor", 0.01), ("critic", 1.0)])
def test_weights_are_orthogonal_with_their_gain_and_biases_are_zero(
    network: str, output_gain: float, hidden_sizes: tuple[int, ...]
) -> None:
    layers = linear_layers(getattr(make_policy(hidden_sizes=hidden_sizes), network))
    assert len(layers) == len(hidden_sizes) + 1
    for number, layer in enumerate(layers):
        weight = layer.weight.detach().double()
        gain = output_gain if number == len(hidden_sizes) else math.sqrt(2)
        rows, columns = weight.shape
        gram = weight @ weight.T if rows <= columns else weight.T @ weight
        expected = gain**2 * torch.eye(min(rows, columns), dtype=torch.float64)
        # float32 carries seven digits.
        torch.testing.assert_close(gram, expected, rtol=0, atol=2e-6 * gain**2)
        assert not layer.bias.any()


def test_a_new_policy_is_near_uniform_whatever_it_sees() -> None:
    obs = torch.randn(100, 3)
    prob = torch.softmax(make_policy().logits(obs), dim=-1)
    torch.testing.assert_close(prob, torch.full_like(prob, 0.25), rtol=0, atol=0.01)


def test_the_layers_are_affine_maps_with_tanh_between_and_none_after() -> None:
    policy, obs = undecided_policy(), torch.randn(5, 3)
    for network, output in ((policy.actor, policy.logits(obs)), (policy.critic, policy.value(obs))):
        *hidden, last = linear_layers(network)
        x = obs
        for layer in hidden:
            x = torch.tanh(x @ layer.weight.T + layer.bias)
        expected = x @ last.weight.T + last.bias
        torch.testing.assert_close(output, expected.reshape(output.shape))


def test_logits_and_value_keep_the_leading_shape() -> None:
    policy = make_policy()
    for leading in ((), (6,), (2, 6)):
        obs = torch.zeros(*leading, 3)
        assert policy.logits(obs).shape == (*leading, 4)
        assert policy.value(obs).shape == leading


def test_actor_and_critic_share_nothing() -> None:
    policy = make_policy()
    policy.value(torch.randn(5, 3)).sum().backward()
    assert all(parameter.grad is None for parameter in policy.actor.parameters())
    assert all(parameter.grad is not None for parameter in policy.critic.parameters())


def test_the_generator_alone_decides_the_weights() -> None:
    state = torch.get_rng_state()
    flat = [
        nn.utils.parameters_to_vector(make_policy(seed=seed).parameters()) for seed in (1, 1, 2)
    ]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(flat[0], flat[1])
    assert not torch.equal(flat[0], flat[2])


def test_everything_is_float32_and_the_same_under_a_default_of_float64() -> None:
    expected = make_policy().state_dict()
    torch.set_default_dtype(torch.float64)  # the fixture of all tests sets it back
    policy = make_policy()
    for name, parameter in policy.state_dict().items():
        assert parameter.dtype == torch.float32
        assert torch.equal(parameter, expected[name])
    assert policy.value(torch.zeros(2, 3, dtype=torch.float32)).dtype == torch.float32


def test_sampled_actions_have_the_frequencies_of_the_softmax() -> None:
    policy, num_samples = undecided_policy(), 40_000
    sample = policy.sampler(np.random.default_rng(0))
    for obs in (np.float32([0.3, -1.0, 2.0]), np.float32([-2.0, 0.5, 0.0])):
        action = sample(np.tile(obs, (num_samples, 1)))
        assert action.shape == (num_samples,)
        prob = torch.softmax(policy.logits(torch.from_numpy(obs)), dim=-1).detach().double().numpy()
        frequency = np.bincount(action, minlength=4) / num_samples
        # Each frequency has standard error sqrt(p (1 - p) / N); five of them, fixed seed.
        assert (np.abs(frequency - prob) < 5 * np.sqrt(prob * (1 - prob) / num_samples)).all()
        assert prob.max() - prob.min() > 0.1  # a uniform sampler would be seen


def test_rows_are_sampled_independently() -> None:
    policy = make_policy(num_actions=2)
    action = policy.sampler(np.random.default_rng(0))(np.zeros((20_000, 3), np.float32))
    agree = (action[0::2] == action[1::2]).mean()
    # Two fair coins agree half of the time; standard error 0.5 / sqrt(10,000); five of them.
    assert abs(agree - 0.5) < 5 * 0.5 / 100


def test_the_sampler_follows_the_optimisers_steps() -> None:
    policy, obs = make_policy(), torch.randn(200, 3)
    sample = policy.sampler(NoNoise())  # type: ignore[arg-type]
    before = sample(obs.numpy())
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.5, fused=True)
    for _ in range(3):
        optimizer.zero_grad()
        policy.logits(obs)[:, 2].mean().neg().backward()
        optimizer.step()
        likeliest = policy.logits(obs).argmax(-1).numpy()
        np.testing.assert_array_equal(sample(obs.numpy()), likeliest)
    assert (likeliest != before).any()
    policy.load_state_dict(make_policy().state_dict())
    np.testing.assert_array_equal(sample(obs.numpy()), before)


def test_the_same_generator_gives_the_same_actions() -> None:
    policy, obs = make_policy(), np.zeros((50, 3), np.float32)
    first, same, other = (policy.sampler(np.random.default_rng(s))(obs) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
