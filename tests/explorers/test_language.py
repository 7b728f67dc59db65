"""Token ratios: sums of stored log-probabilities, and the clip as maths counts it."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from ppo_lesson.experiments import token_ratios as recorded
from ppo_lesson.explorers.language import (
    CAT,
    EPSILON,
    HEIGHT,
    HIGHEST,
    LOWEST,
    NUM_TOKENS,
    SIDES,
    STEP,
    token_ratios,
    token_ratios_table,
)
from ppo_lesson.maths import active_clip_fraction

TABLE = token_ratios_table()
TRACKS = {(track.clip_epsilon, track.response): track for track in recorded.read()}
EXPLORER = token_ratios()


def every_response():
    for row, side in itertools.product(TABLE, SIDES):
        yield row, side, TRACKS[row["clip_epsilon"], row[f"{side}_text"]]


def test_the_table_holds_each_of_the_four_responses_once_per_epsilon():
    shown = [(row["clip_epsilon"], row[f"{side}_text"]) for row in TABLE for side in SIDES]
    assert sorted(shown) == sorted(TRACKS)
    for row, _, track in every_response():
        assert track.prompt == CAT.options[row["cat"]]
        assert len(track.words) == NUM_TOKENS


def test_before_the_first_step_every_ratio_is_exactly_one_and_nothing_is_silenced():
    for row, side, _ in every_response():
        assert row[f"{side}_ratio"][0] == [1] * NUM_TOKENS
        assert row[f"{side}_product"][0] == [1] * (NUM_TOKENS + 1)
        assert row[f"{side}_total"][0] == "1.00" and row[f"{side}_silent"][0] == "no token"
        assert 0 not in row[f"{side}_push"][0]


def test_a_ratio_is_the_exponential_of_the_change_and_the_last_product_that_of_their_sum():
    for row, side, track in every_response():
        for step in map(int, STEP.positions):
            change = [new - old for new, old in
                      zip(track.log_prob[step], track.log_prob[0], strict=True)]  # fmt: skip
            # Three significant digits are stored, of the last product two decimals.
            exact = [math.exp(part) for part in change]
            assert row[f"{side}_ratio"][step] == pytest.approx(exact, rel=0.0051)
            so_far = [math.exp(sum(change[:count])) for count in range(NUM_TOKENS + 1)]
            assert row[f"{side}_product"][step] == pytest.approx(so_far, rel=0.0051)
            assert float(row[f"{side}_total"][step]) == pytest.approx(so_far[-1], abs=0.0051)


def test_the_clip_silences_the_share_that_maths_counts_and_the_rest_is_pushed_towards_its_a():
    for row, side, track in every_response():
        advantage = torch.tensor(track.advantage, dtype=torch.float64)
        log_prob = torch.tensor(track.log_prob, dtype=torch.float64)
        for ratio, push in zip((log_prob - log_prob[0]).exp(), row[f"{side}_push"], strict=True):
            for t, way in enumerate(push):
                silent = active_clip_fraction(
                    ratio[t : t + 1], advantage[t : t + 1], row["clip_epsilon"]
                )
                assert float(silent) == (way == 0)
                assert way in (0, math.copysign(1, track.advantage[t]))


def test_the_words_name_the_silenced_tokens():
    for row, side, track in every_response():
        for push, words in zip(row[f"{side}_push"], row[f"{side}_silent"], strict=True):
            silent = [f'"{word}"' for word, way in zip(track.words, push, strict=True) if way == 0]
            assert words == (", ".join(silent) or "no token")


def test_after_one_step_a_whole_sentence_is_inside_and_its_product_is_not():
    at = EXPLORER.at(step=1, clip_epsilon=0.2, cat=False)
    assert at["bad_text"] == "the wild sea sings"
    assert all(0.8 < ratio < 1.2 for ratio in at["bad_ratio"])
    assert float(at["bad_total"]) < 0.8 and at["bad_silent"] == "no token"


def test_a_silenced_token_still_moves():
    moved = [
        abs(after - before)
        for row, side, _ in every_response()
        for step in range(recorded.NUM_GRADIENT_STEPS)
        for way, before, after in zip(
            *(row[f"{side}_{name}"][k] for name, k in
              (("push", step), ("ratio", step), ("ratio", step + 1))), strict=True)
        if way == 0
    ]  # fmt: skip
    assert len(moved) > 100 and sorted(moved)[len(moved) // 2] > 0.01


def test_a_token_outside_on_the_other_side_of_its_a_keeps_its_gradient():
    at = EXPLORER.at(step=4, clip_epsilon=0.2, cat=False)
    assert at["good_advantage"][0] == "-0.11" and at["good_ratio"][0] > 1.2
    assert at["good_push"][0] == -1


# Of the axis: where the numbers of the ratios begin, 46 pixels below its upper end.
TALLEST = HIGHEST * (LOWEST / HIGHEST) ** (46 / HEIGHT)


def test_every_bar_ends_on_the_axis_and_no_product_above_it():
    for row, side, _ in every_response():
        assert all(LOWEST < r < TALLEST for ratio in row[f"{side}_ratio"] for r in ratio)
        assert all(p < TALLEST for product in row[f"{side}_product"] for p in product)


def test_the_band_is_the_clips_interval():
    for row in TABLE:
        assert (row["low"] + row["high"]) / 2 == pytest.approx(1)
        assert (row["high"] - row["low"]) / 2 == pytest.approx(row["clip_epsilon"])
    assert [row["clip_epsilon"] for row in TABLE[::2]] == list(EPSILON.positions)


def test_the_text_tells_of_the_start():
    assert '"calm sea sings." is 1.00 times as likely as at first' in repr(EXPLORER)
    assert "on the left no token; on the right no token" in repr(EXPLORER)
