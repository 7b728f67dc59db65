"""GRPO on a table: its loss by hand, its first step in expectation, one seed one result."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.language.grpo import GroupConfig, draw, group_loss, row_entropy, train_groups
from ppo_lesson.language.tables import measure, response_log_prob, token_log_prob
from ppo_lesson.worlds import countdown

REFERENCE, RIGHT = countdown.reference(), countdown.right()


def test_the_loss_is_the_token_mean_of_clipped_terms():
    generator = torch.Generator().manual_seed(0)
    said = draw(response_log_prob(REFERENCE).exp(), 6, generator)
    noise = torch.randn(REFERENCE.shape, generator=generator, dtype=torch.float64)
    moved = REFERENCE + 0.3 * noise
    advantage = torch.randn(4, 6, generator=generator, dtype=torch.float64)
    old = token_log_prob(REFERENCE, said)
    config = GroupConfig(clip_high=0.1, entropy_coefficient=0.5)
    found = group_loss(moved, said, old, advantage, config)
    total, count, entropy = 0.0, 0, 0.0
    every, read = countdown.sentences(), countdown.read_before()
    for p in range(4):
        for k in range(6):
            s = int(said[p, k])
            for t in range(int(countdown.length()[s])):
                row = moved[p, read[s, t]]
                log_p = row.log_softmax(-1)[every.token[s, t]]
                r, a = (log_p - old[p, k, t]).exp().item(), advantage[p, k].item()
                total += min(r * a, min(max(r, 0.8), 1.1) * a)
                entropy += maths.entropy(row.unsqueeze(0)).item()
                count += 1
    assert found.item() == pytest.approx(-total / count - 0.5 * entropy / count)
    assert row_entropy(moved, said).item() == pytest.approx(entropy / count)


def test_a_few_iterations_raise_success_and_a_seed_gives_one_result():
    seen = []
    config = GroupConfig(num_iterations=3)
    watch = lambda k, logits: seen.append((k, measure(logits).success.mean().item()))  # noqa: E731
    first = train_groups(REFERENCE, RIGHT, config, seed=1, watch=watch)
    assert [k for k, _ in seen] == [0, 1, 2, 3]
    assert seen[-1][1] > 2 * seen[0][1]
    assert first.equal(train_groups(REFERENCE, RIGHT, config, seed=1))
    assert not first.equal(train_groups(REFERENCE, RIGHT, config, seed=2))
    priced = GroupConfig(num_iterations=3, beta=0.1)
    assert not first.equal(train_groups(REFERENCE, RIGHT, priced, seed=1))


def test_a_reward_that_is_the_same_for_all_moves_nothing():
    config = GroupConfig(num_iterations=2)
    assert train_groups(REFERENCE, torch.ones_like(RIGHT), config, seed=0).equal(REFERENCE)
