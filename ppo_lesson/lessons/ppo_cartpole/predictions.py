"""What notebook 08 asks before it shows: a learner commits to a number first."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

ENDLESS_FAULT = Question(
    id="predict-endless-fault",
    prompt=(
        "The faulty program is trained on EndlessProbe, where the right value is 5. What value "
        "does it learn?"
    ),
    options=(
        Option(
            "About 5: the rewards it sees are the same.",
            "The rewards are, but the fault leaves out the value of what follows the limit.",
        ),
        Option(
            "About 3.4: what five steps pay, discounted.",
            "Only the first of the five steps has all five ahead of it. The others look the same "
            "to the critic and have less ahead of them.",
        ),
        Option(
            "About 2.4: less than what five steps pay.",
            "One value has to do for five steps that look the same, with five, four, three, two "
            "and one reward ahead of them.",
            correct=True,
        ),
        Option(
            "About 1: it never sees more than one reward.",
            "Inside an episode the reward of the next step still counts. Only what follows the "
            "limit is left out.",
        ),
    ),
)

GRADIENT_STEPS = Question(
    id="predict-gradient-steps",
    prompt=(
        "Training plays 50,000 environment steps with these settings. How many gradient steps does "
        "it take?"
    ),
    options=(
        Option(
            "About 400.",
            "About 50 rollouts of 1,024 rows, 4 epochs, 2 minibatches: 50 times 4 times 2.",
            correct=True,
        ),
        Option(
            "About 4,000.",
            "There are about 50 rollouts, and each is used for 4 epochs of 2 minibatches.",
        ),
        Option(
            "About 50,000: one per environment step.",
            "Each gradient step averages over a minibatch of up to 512 samples.",
        ),
        Option(
            "About 200,000: one for each use of a sample.",
            "Each sample is used 4 times, but together with up to 511 others.",
        ),
    ),
)

SEEDS = Question(
    id="predict-seeds",
    prompt=(
        "Ten runs differ in nothing but their seed. After 10,000 steps, the return of the best is "
        "how many times that of the worst?"
    ),
    options=(
        Option(
            "About 1.1 times: it is the same program.",
            "The program is, but each run meets different poles and draws different actions.",
        ),
        Option(
            "About twice.",
            "In the middle of training some have learned more than others.",
            correct=True,
        ),
        Option(
            "About ten times.",
            "That would be the distance from an untrained policy to a nearly trained one.",
        ),
    ),
)

REUSE = Question(
    id="predict-reuse",
    prompt=(
        "Both arms take 30 gradient steps on each rollout, with the clip. Thirty epochs use each "
        "sample 30 times; one epoch of 30 minibatches uses it once. Which returns more after 6,000 "
        "environment steps?"
    ),
    options=(
        Option(
            "One epoch, by more than 100: later epochs are off-policy.",
            "They are, but the ratio corrects for the actions, and the clip keeps updates small.",
        ),
        Option(
            "Neither, up to 50: both take as many gradient steps.",
            "They do, but each gradient averages 512 samples in the one arm and 17 in the other.",
        ),
        Option(
            "Thirty epochs, by more than 100.",
            "At equal gradient steps the difference is the reuse of the samples.",
            correct=True,
        ),
    ),
)

PREDICTIONS = (ENDLESS_FAULT, GRADIENT_STEPS, SEEDS, REUSE)
