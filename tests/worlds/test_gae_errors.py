"""Bias and variance of GAE's advantages, against sums over all trajectories and against samples."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ppo_lesson.maths import gae
from ppo_lesson.worlds.enumeration import sample_trajectories, trajectories, trajectory_log_prob
from ppo_lesson.worlds.gae_errors import critic_error, gae_errors, sampled_gae_errors
from ppo_lesson.worlds.mdp import advantages, occupancy, state_values
from ppo_lesson.worlds.small_worlds import corridor_mdp, random_mdp

MDP = replace(corridor_mdp(), horizon=4, gamma=0.9)
LOGITS = torch.tensor([[0.0, 1.0]] * 4, dtype=torch.float64)
OUTSIDE = 3  # the state in which nothing is left to do


def errors(size: float, gae_lambda: float) -> tuple[float, float]:
    wrong = critic_error(MDP, LOGITS, size)[None]
    bias, variance = gae_errors(MDP, LOGITS, wrong, [gae_lambda])
    return float(bias), float(variance)


@pytest.mark.parametrize("gae_lambda", [0.0, 0.5, 1.0])
def test_a_perfect_critic_biases_nothing(gae_lambda):
    assert errors(0.0, gae_lambda)[0] == pytest.approx(0, abs=1e-12)


def test_at_lambda_one_no_critic_biases_what_tells_actions_apart():
    assert errors(3.0, 1.0)[0] == pytest.approx(0, abs=1e-12)
    assert errors(3.0, 0.5)[0] > 0.05


def test_the_variance_at_lambda_one_does_not_know_the_critic():
    # The critic enters as a baseline: one number per state, taken off.
    assert errors(3.0, 1.0)[1] == pytest.approx(errors(0.0, 1.0)[1], rel=1e-12)


def test_bias_grows_with_the_square_of_the_error():
    assert errors(2.0, 0.3)[0] == pytest.approx(4 * errors(1.0, 0.3)[0], rel=1e-10)


def test_outside_no_step_counts_and_no_critic_is_asked():
    inside, outside = critic_error(MDP, LOGITS, 1.0), torch.zeros(4, 4, dtype=torch.float64)
    assert not inside[:, OUTSIDE].any() and inside[:, :OUTSIDE].all()
    outside[:, OUTSIDE] = 5.0
    found = gae_errors(MDP, LOGITS, torch.stack([inside, inside + outside]), [0.0, 0.6])
    assert all(torch.equal(part[:, 0], part[:, 1]) for part in found)
    # One step and a perfect critic: only where the door led is noise; means over steps inside.
    walks = trajectories(MDP)
    prob = trajectory_log_prob(MDP, LOGITS, walks.state, walks.action).exp()
    counts = (walks.state != OUTSIDE).double()
    truth = advantages(MDP, LOGITS)[torch.arange(4), walks.state, walks.action]
    value = torch.nn.functional.pad(state_values(MDP, LOGITS), (0, 0, 0, 1))
    following = value[torch.arange(1, 5)[:-1], walks.state[:, 1:]]
    td = walks.reward - value[torch.arange(4), walks.state]
    td[:, :-1] += MDP.gamma * following
    off = prob @ ((td - truth).square() * counts).sum(1) / (prob @ counts.sum(1))
    assert errors(0.0, 0.0)[1] == pytest.approx(float(off))


def test_critics_and_lambdas_are_judged_one_by_one():
    wrong = torch.stack([critic_error(MDP, LOGITS, size) for size in (0.5, 2.0)])
    bias, variance = gae_errors(MDP, LOGITS, wrong, [0.4, 0.9])
    assert bias.shape == variance.shape == (2, 2)
    for i, gae_lambda in enumerate((0.4, 0.9)):
        for k, size in enumerate((0.5, 2.0)):
            alone = errors(size, gae_lambda)
            assert (float(bias[i, k]), float(variance[i, k])) == pytest.approx(alone)


def test_the_walks_are_enumerated_once_however_many_lambdas(monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(
        "ppo_lesson.worlds.gae_errors.trajectories",
        lambda mdp: asked.append(mdp) or trajectories(mdp),
    )
    gae_errors(MDP, LOGITS, critic_error(MDP, LOGITS, 1.0)[None], [0.0, 0.5, 1.0])
    assert asked == [MDP]


def test_one_step_with_a_wrong_critic_is_biased_by_what_follows():
    # lambda 0 at the first step: E[A-hat | a] - its mean over actions, minus A, is gamma times the
    # error of the next state, centred over the actions. By hand, for the first step only.
    mdp = replace(MDP, horizon=2)
    wrong = critic_error(mdp, LOGITS, 1.0)
    policy, start = mdp.policy(LOGITS), 0
    following = mdp.gamma * mdp.transition[start] @ wrong[1]
    centred = following - policy[start] @ following
    steps = float(occupancy(mdp, LOGITS)[:, :OUTSIDE].sum())  # that count; the last has no bias
    expected = float(policy[start] @ centred.square()) / steps
    assert float(gae_errors(mdp, LOGITS, wrong[None], [0.0])[0]) == pytest.approx(expected)


def test_the_mean_squared_error_is_that_of_sampled_advantages():
    mdp = random_mdp(3, 2, 3, torch.Generator().manual_seed(1), gamma=0.9)
    logits = torch.randn(3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    wrong = critic_error(mdp, logits, 1.0)
    found = sample_trajectories(mdp, logits, 200_000, torch.Generator().manual_seed(3))
    step = torch.arange(3).unsqueeze(-1)
    value = (state_values(mdp, logits) + wrong)[step, found.state.T]
    ends = torch.zeros_like(value, dtype=torch.bool)
    ends[-1] = True
    following = torch.cat([value[1:], torch.zeros_like(value[:1])])
    estimate = gae(found.reward.T, value, following, ends, torch.zeros_like(ends), 0.9, 0.6)
    squared = torch.zeros_like(estimate)
    for t in range(3):
        for state in range(3):
            here = found.state[:, t] == state
            centred = estimate[t, here] - estimate[t, here].mean()
            truth = advantages(mdp, logits)[t, state, found.action[here, t]]
            squared[t, here] = (centred - truth).square()
    per_trajectory = squared.mean(0)
    assert torch.allclose(
        sampled_gae_errors(mdp, logits, wrong[None], 0.6, found)[0], per_trajectory, atol=1e-12
    )
    standard_error = float(per_trajectory.std()) / len(per_trajectory) ** 0.5
    bias, variance = gae_errors(mdp, logits, wrong[None], [0.6])
    # Four standard errors: wrong once in 16,000 draws; this one is fixed.
    assert float(bias + variance) == pytest.approx(
        float(per_trajectory.mean()), abs=4 * standard_error
    )


def test_the_error_of_a_critic_has_the_size_that_was_asked_for():
    wrong = critic_error(MDP, LOGITS, 1.5)
    inside = occupancy(MDP, LOGITS)[:, :OUTSIDE]
    mean_square = (inside * wrong[:, :OUTSIDE].square()).sum() / inside.sum()
    assert float(mean_square.sqrt()) == pytest.approx(1.5)
    assert not critic_error(MDP, LOGITS, 0.0).any()


def test_a_wrong_shape_and_a_wrong_lambda_are_named():
    wrong = critic_error(MDP, LOGITS, 1.0)
    with pytest.raises(ValueError, match=r"value_error: expected shape \(C, T, S\)"):
        gae_errors(MDP, LOGITS, wrong, [0.5])
    with pytest.raises(ValueError, match="gae_lambda"):
        gae_errors(MDP, LOGITS, wrong[None], [1.5])
    found = sample_trajectories(MDP, LOGITS, 2, torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match=r"value_error: expected shape \(C, T, S\)"):
        sampled_gae_errors(MDP, LOGITS, wrong, 0.5, found)
