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


def test_what_cannot_be_drawn_from_is_refused():
    prob, generator = response_log_prob(countdown.reference()).exp(), torch.Generator()
    for wrong in (-prob, prob * float("nan"), 0 * prob):
        with pytest.raises(ValueError, match=r"^prob: expected probabilities"):
            draw(wrong, 2, generator)
    with pytest.raises(ValueError, match=r"^prob: expected shape"):
        draw(prob[0], 2, generator)


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (countdown.right()[:2], r"^reward: expected shape \(P, S\) = \(4, 55987\), got \(2, 55987"),
        (countdown.right()[0], r"^reward: expected shape"),
        (countdown.right() * float("nan"), r"^reward: expected finite numbers, got NaN"),
        (countdown.right().long(), r"^reward: expected floating"),
    ],
)
def test_a_reward_that_cannot_be_learned_from_is_refused(reward, message: str):
    with pytest.raises(ValueError, match=message):
        train_groups(countdown.reference(), reward, GroupConfig(num_iterations=1), seed=0)


def test_advantages_of_other_responses_are_not_taken():
    logits, said = countdown.reference(), torch.zeros(4, 2, dtype=torch.long)
    given = token_log_prob(logits, said), torch.ones(4, 2, dtype=torch.float64), GroupConfig()
    old, advantage, config = given
    with pytest.raises(ValueError, match=r"^advantage: expected shape \(P, B\) = \(4, 2\)"):
        group_loss(logits, said, old, advantage.T, config)
    with pytest.raises(ValueError, match=r"^old_log_prob: expected shape"):
        group_loss(logits, said, old[:, :1], advantage, config)
    with pytest.raises(ValueError, match=r"^said: expected indices"):
        group_loss(logits, said - 1, old, advantage, config)
    with pytest.raises(ValueError, match=r"^said: expected shape"):
        row_entropy(logits, said[:2])


def test_training_needs_no_recording_from_outside():
    config = GroupConfig(num_iterations=1, num_groups=1, num_epochs=1)
    given = countdown.reference(), countdown.right(), config
    with torch.no_grad():
        silent = train_groups(*given, seed=0)
    assert torch.equal(silent, train_groups(*given, seed=0))
