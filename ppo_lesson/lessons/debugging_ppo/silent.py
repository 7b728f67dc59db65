"""Notebook 09, the museum's last room: faults that no curve shows, and what does show them."""

from __future__ import annotations

from ppo_lesson.lessons.debugging_ppo.museum import which

SILENT = (
    which(
        "K",
        "The curves end at the top, as the healthy ones do. A test collects a rollout of CartPole, "
        "where every step pays 1, and finds samples with a reward of 0.",
        {
            "lost-last-step": "That is about advantages. The rewards of the samples would be "
            "right, and the curves far from the top.",
            "reset-rows": "The environment ignores the action in such a row and pays nothing. One "
            "row of twenty at first, one of 500 later: too few to see in a curve.",
            "normalised-targets": "That is about the critic's targets, and its curves are plain to "
            "see. The rewards of the samples would be right.",
            "truncation-as-termination": "The last step of a truncated episode pays 1 like every "
            "other.",
        },
    ),
    which(
        "L",
        "The curves end at the top, as the healthy ones do. A test gives one step with R = 1, "
        "V = 3, V(s') = 10, gamma = 0.9, after which the clock was stopped, and gets the "
        "advantage -2.",
        {
            "lost-last-step": "Then the advantage would be 0. And no training would end at the "
            "top.",
            "swapped-sign": "The sum is 1 + 9 - 3 = 7; with the wrong sign it would be -7.",
            "reset-observation": "The test gives V(s') itself, so that no observation can be the "
            "wrong one.",
            "truncation-as-termination": "-2 is 1 - 3: the 9 that was to come is missing. CartPole "
            "forgives it while few episodes reach the limit; a longer training need not.",
        },
    ),
    which(
        "M",
        "The curves end at the top, as the healthy ones do. A test makes a batch, and finds that "
        "the mean of its normalised advantages is -0.03 and not 0.",
        {
            "normalised-over-resets": "The mean that was taken off was that of other rows, too. "
            "The more rows are padding, the larger the error: with sentences most of a batch can "
            "be.",
            "normalised-targets": "The advantages of the batch would be normalised all the same; "
            "the value targets would be wrong.",
            "swapped-sign": "The mean of normalised advantages is 0 with either sign.",
            "all-with-all": "That is in the loss, after the batch is made.",
        },
    ),
    which(
        "N",
        "The curves end at the top, as the healthy ones do. A test compares the value of what "
        "followed each step with the value of the next row's observation. They differ where an "
        "episode ends.",
        {
            "shifted-observation": "Then all rows would be shifted together, and the curves would "
            "end at 11.",
            "truncation-as-termination": "That ignores the value of what followed. Here it is "
            "another observation's.",
            "reset-observation": "The environment had already been reset when the value was asked "
            "for. Where a start is worth less than the truncated end, or more, the critic learns "
            "a wrong future.",
            "reset-rows": "It adds rows that are no steps, and leaves the values of the others "
            "right.",
        },
    ),
)
