"""What notebook 05 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

MANY_STEPS = Question(
    id="predict-many-steps",
    prompt=(
        "The batch is infinitely large, so L_IS is exact, and you climb it in forty small gradient "
        "steps from θ_old. At the first step its slope is that of J. What does the true return J "
        "do?"
    ),
    options=(
        Option(
            "It rises as long as L_IS rises: the slopes are equal.",
            "They are equal at θ_old. After the first step you stand elsewhere, and nothing ties "
            "the two slopes together there.",
        ),
        Option(
            "It rises, then stays where it is best.",
            "That takes somebody who sees J. The climber sees L_IS, which still points uphill.",
        ),
        Option(
            "It falls from the first step on.",
            "The first steps do go up: near θ_old the error is of second order.",
        ),
        Option(
            "It rises at first, then falls below its start.",
            "The climb goes on where L_IS promises most, and that is not where J is best. No noise "
            "had a part in it.",
            correct=True,
        ),
    ),
)

MORE_DATA = Question(
    id="predict-more-data",
    prompt=(
        "At θ = 4 two hundred batches of 100 old episodes give two hundred sampled promises. Now "
        "each batch has 2,500 episodes. What happens to the spread of the promises, and to the "
        "distance between their mean and the truth?"
    ),
    options=(
        Option(
            "The spread is a fifth; the distance stays.",
            "The spread falls with the square root of N. The mean of the promises was right about "
            "L_IS from the start, and L_IS is not the truth.",
            correct=True,
        ),
        Option(
            "Both are a fifth of what they were.",
            "That would be so if the samples were noisy answers to the right question. They answer "
            "what happens at the places where the old policy goes.",
        ),
        Option(
            "The spread stays, since the ratios do; the distance is a fifth.",
            "Single ratios stay as large as they are, but a mean over more of them is steadier.",
        ),
        Option(
            "The spread is 1/25; the distance stays.",
            "The variance is 1/25. The spread is its square root.",
        ),
    ),
)

SAFE_STEP = Question(
    id="predict-safe-step",
    prompt=(
        "From θ_old = 0 the truth has its top at 1.75. You take the θ at which the promise, minus "
        "everything that the bound allows it to be wrong by, is largest. Where is it?"
    ),
    options=(
        Option(
            "Near 1.75: the bound finds the top.",
            "The bound knows neither J nor the state in which things go wrong. It fears the worst "
            "in every state.",
        ),
        Option(
            "At 0: with a bound that large nothing can be gained.",
            "L_IS grows with the step, the bound with its square. A small enough step always gains "
            "something, as long as the slope is not zero.",
        ),
        Option(
            "Near 0.1: safe, and far too timid.",
            "The worst case forbids most of what would have been fine.",
            correct=True,
        ),
        Option(
            "Near 3.75, where the promise is largest.",
            "There the promise is off by more than a whole unit, and the bound knows that it may "
            "be.",
        ),
    ),
)

BATCH_PROMISE = Question(
    id="predict-batch-promise",
    prompt=(
        "A policy that balanced for 500 steps is trained for twenty epochs on one batch, without a "
        "clip. In some runs the pole now falls after ten steps. What does the batch itself, the "
        "mean of r A over its samples, say about these policies? It said 0 at the start."
    ),
    options=(
        Option(
            "Far below zero: the fall shows in the ratios.",
            "The ratios tell how the actions have changed. The batch holds no state with a falling "
            "pole in which these actions could be judged.",
        ),
        Option(
            "About zero or above: it promises a gain.",
            "In the old states the new actions look as good as the old ones or better. That they "
            "lead to other states, the batch cannot know.",
            correct=True,
        ),
        Option(
            "NaN, as the ratios have overflowed.",
            "No ratio can exceed one over the probability that its action had, and here all of "
            "them stay below 300.",
        ),
        Option(
            "Exactly zero: its mean is zero for every policy.",
            "The mean of r is 1 for every policy. The mean of r A is what the training maximises.",
        ),
    ),
)

PREDICTIONS = (MANY_STEPS, MORE_DATA, SAFE_STEP, BATCH_PROMISE)
