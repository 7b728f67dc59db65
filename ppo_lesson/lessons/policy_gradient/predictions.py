"""What notebook 01 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

MIDDLE_ROOM = Question(
    id="predict-middle-room",
    prompt=(
        "The coin walks. You make 'go' a little likelier in the middle room and change nothing "
        "else. What happens to J?"
    ),
    options=(
        Option(
            "It rises: the far room holds the largest prize.",
            "The prize is there, but the coin has to take it, and in time. It does so too rarely "
            "to make up for the prize of 2 that was left behind.",
        ),
        Option(
            "It falls: the coin seldom takes the prize in the far room in time.",
            "What an action is worth depends on what the policy does afterwards.",
            correct=True,
        ),
        Option(
            "Nothing: the expectation is over all walks.",
            "It is, but the walks through the middle room have changed their probabilities, and "
            "J is their weighted sum.",
        ),
    ),
)

TEN_MORE = Question(
    id="predict-ten-more",
    prompt=(
        "Everybody gets 10 more for a walk, whatever they do. The gradient is estimated as "
        "before: the score of the walk times its return. What happens to the estimate?"
    ),
    options=(
        Option(
            "The mean grows, the noise stays: all actions look better.",
            "All actions taken are praised more, but likelier ones are praised more often, and "
            "the logits of a state share one sum. On average the extra praise cancels.",
        ),
        Option(
            "Nothing changes: no walk is better than before, compared with the others.",
            "True of the mean. A single walk, however, now shouts: its score is multiplied with a "
            "number near 11 where it was near 1.",
        ),
        Option(
            "The mean stays, the noise grows.",
            "A constant times the score averages to zero, but it does not vanish in one sample.",
            correct=True,
        ),
        Option(
            "Both grow in the same proportion, so a smaller learning rate repairs it.",
            "The mean does not move at all. A smaller learning rate would shrink it together "
            "with the noise.",
        ),
    ),
)

ENDLESS_BATCH = Question(
    id="predict-endless-batch",
    prompt=(
        "Two climbers start from the coin with the same step size. One draws a fresh, endless "
        "batch at each step; the other takes all of its 40 steps on the first endless batch. "
        "There is no sampling noise. How do their J compare?"
    ),
    options=(
        Option(
            "The same: with an endless batch nothing is left to chance.",
            "Nothing is left to chance, that is right. But chance was not the trouble: the batch "
            "answers a question about the first policy, however large it is.",
        ),
        Option(
            "Alike for some steps; then the second falls behind for good.",
            "Near the first policy its advice is almost right, further away it is not.",
            correct=True,
        ),
        Option(
            "The second is behind from its first step on.",
            "At the first step the batch comes from the very policy that is updated: both take "
            "the same, exact step.",
        ),
        Option(
            "The second is slower, but both arrive at the same place.",
            "It would be so if the advice were only too weak. It points elsewhere.",
        ),
    ),
)

PREDICTIONS = (MIDDLE_ROOM, TEN_MORE, ENDLESS_BATCH)
