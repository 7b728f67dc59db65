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
            "to make up for the prize of 2 that it leaves behind.",
        ),
        Option(
            "It falls: the coin too rarely takes the prize in the far room in time.",
            "What an action is worth depends on what the policy does afterwards.",
            correct=True,
        ),
        Option(
            "It stays: half of the 4 in the far room is 2, as much as the prize at hand.",
            "Half of 4 would be 2, but the door jams one time in five, and after the third step "
            "nothing is paid. So going on is worth less than 2.",
        ),
    ),
)

TENTH_OF_THE_ERROR = Question(
    id="predict-tenth-of-the-error",
    prompt="How many walks make the standard error a tenth of what it is with ten walks?",
    options=(
        Option(
            "32: the error shrinks with the square of the number.",
            "It is the other way round: the error shrinks with the square root of the number, so "
            "the number grows with the square of the precision.",
        ),
        Option(
            "100: ten times the data make a tenth of the error.",
            "The variance of the mean is divided by ten. Its square root, the standard error, is "
            "divided only by 3.2.",
        ),
        Option(
            "1,000: a hundred times the data.",
            "The standard error is the spread of one walk divided by the square root of N.",
            correct=True,
        ),
        Option(
            "No number does it: the walks are random, so the error has a floor.",
            "The walks come from the policy whose gradient is estimated, so the estimate has no "
            "bias. Its error is noise, and the noise has no floor.",
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
            "Every action that is taken gets more weight. But a logit that gains when its action "
            "is taken loses when another one is, and on average the extra weight cancels.",
        ),
        Option(
            "Nothing changes: no walk is better than before, compared with the others.",
            "That is true of the mean. But the score of a single walk is now multiplied by a "
            "number near 11 instead of one near 1.",
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

WHICH_MEAN = Question(
    id="predict-which-mean",
    prompt=(
        "Walks have one to three steps. Programs average score times advantage in different ways. "
        "Which average points exactly along ∇J, if the batch is endless?"
    ),
    options=(
        Option(
            "The mean over the steps of each walk, and then the mean over the walks.",
            "A step of a short walk then counts more than a step of a long one, and that turns "
            "the direction.",
        ),
        Option(
            "The mean over all steps of the batch, whichever walk they are from.",
            "It is the sum over t divided by one number, the mean number of steps in a walk.",
            correct=True,
        ),
        Option(
            "The mean over the walks' first steps: what follows is already in their advantage.",
            "Later rewards are in it, but nothing is learnt about what to do at the later steps.",
        ),
        Option(
            "None of these: the theorem has a sum over t, and a mean is not a sum.",
            "A mean is a sum divided by a number. If that number is the same for all steps, the "
            "direction stays.",
        ),
    ),
)

ENDLESS_BATCH = Question(
    id="predict-endless-batch",
    prompt=(
        "Two runs start from the coin with the same step size. One draws a fresh, endless "
        "batch at each step; the other takes all of its 40 steps on the first endless batch. "
        "There is no sampling noise. How does J compare between the two?"
    ),
    options=(
        Option(
            "The same: with an endless batch nothing is left to chance.",
            "Nothing is left to chance, but chance is not the trouble here: the batch "
            "answers a question about the first policy, however large it is.",
        ),
        Option(
            "Alike for some steps; then the second falls behind.",
            "Near the first policy its gradient is almost right; further away it is not.",
            correct=True,
        ),
        Option(
            "The second is behind from its first step on.",
            "At the first step the batch comes from the very policy that is updated: both take "
            "the same, exact step.",
        ),
        Option(
            "The second is slower, as its gradient is weaker, but both arrive at the same place.",
            "That would be so if the gradient were only too short. It points elsewhere.",
        ),
    ),
)

PREDICTIONS = (MIDDLE_ROOM, TENTH_OF_THE_ERROR, TEN_MORE, WHICH_MEAN, ENDLESS_BATCH)
