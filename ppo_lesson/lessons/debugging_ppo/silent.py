"""Notebook 09, the museum's last room: faults after which the return ends at the top.

Each question tells what a test finds; of the four, the dashboard shows one.
"""

from __future__ import annotations

from ppo_lesson.lessons.debugging_ppo.museum import which

SILENT = (
    which(
        "K",
        {
            "lost-last-step": "That is about advantages. The rewards of the samples would be "
            "right, and the return far from the top.",
            "reset-rows": "The environment ignores the action in such a row and pays nothing. One "
            "row of twenty at first, one of 500 later: too few to see in a curve.",
            "normalised-targets": "That is about the critic's targets, and its value loss is plain "
            "to see. The rewards of the samples would be right.",
            "truncation-as-termination": "The last step of a truncated episode pays 1 like every "
            "other.",
        },
        "A test collects a rollout of CartPole, where every step pays 1, and finds samples with a "
        "reward of 0.",
    ),
    which(
        "L",
        {
            "lost-last-step": "Then the advantage would be 0, and the return would not end at the "
            "top.",
            "swapped-sign": "The sum is 1 + 9 - 3 = 7; with the wrong sign it would be -7.",
            "reset-observation": "The test gives V(s') itself, so that no observation can be the "
            "wrong one.",
            "truncation-as-termination": "-2 is 1 - 3: the 9 that was to come is missing.",
        },
        "A test gives one step with R = 1, V = 3, V(s') = 10, gamma = 0.9, after which the clock "
        "was stopped, and gets the advantage -2.",
    ),
    which(
        "M",
        {
            "normalised-over-resets": "The mean that was taken off was that of other rows, too. "
            "The more rows are padding, the larger the error: with sentences most of a batch can "
            "be.",
            "normalised-targets": "The advantages of the batch would be normalised all the same; "
            "the value targets would be wrong.",
            "swapped-sign": "The mean of normalised advantages is 0 with either sign.",
            "all-with-all": "That is in the loss, after the batch is made.",
        },
        "A test makes a batch, and finds that the mean of its normalised advantages is -0.03 and "
        "not 0.",
    ),
    which(
        "N",
        {
            "shifted-observation": "Then all rows would be shifted together, and the return would "
            "end at 11.",
            "truncation-as-termination": "That ignores the value of what followed. Here it is "
            "another observation's.",
            "reset-observation": "The environment had already been reset when the value was asked "
            "for. Wherever the next episode's start is worth more or less than the state at which "
            "the clock stopped, the target is wrong.",
            "reset-rows": "It adds rows that are not steps, and leaves the values of the others "
            "right.",
        },
        "A test compares the value of what followed each step with the value of the next row's "
        "observation. They differ where an episode ends.",
    ),
)
