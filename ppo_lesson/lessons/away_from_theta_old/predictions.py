"""What notebook 05 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

MANY_STEPS = Question(
    id="predict-many-steps",
    prompt=(
        "The batch is infinitely large, so L_IS is exact. You climb it in forty small gradient "
        "steps from θ_old, where its slope is that of J. What does the true return J do?"
    ),
    options=(
        Option(
            "It rises as long as L_IS rises, because their slopes are equal.",
            "They are equal at θ_old. After the first step you stand elsewhere, and nothing ties "
            "the two slopes together there.",
        ),
        Option(
            "It rises to its maximum, and the climb comes to rest there.",
            "That would need the slope of J. The climb follows L_IS, which still points uphill.",
        ),
        Option(
            "It falls from the first step on.",
            "The first steps do go up: near θ_old the error is of second order.",
        ),
        Option(
            "It rises at first, then falls below its start.",
            "The climb goes on to where L_IS promises most, and that is not where J is best. There "
            "is no noise here.",
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
            "another: what happens in the states where the old policy goes.",
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

NOISE = Question(
    id="predict-noise",
    prompt=(
        "A policy that balances the pole for 500 steps collects one batch. Every advantage is "
        "replaced by a random number that knows nothing of state or action. Copies of the policy "
        "train on that batch for twenty epochs, without a clip. What happens?"
    ),
    options=(
        Option(
            "The mean of r A stays near 0, since there is nothing to learn.",
            "There is nothing to learn about CartPole, but there are about a thousand numbers to "
            "fit.",
        ),
        Option(
            "The mean of r A rises; the pole stands, as random pushes cancel.",
            "Over many batches they would. One batch has only so many samples, and each epoch "
            "pushes the same way again.",
        ),
        Option(
            "The mean of r A rises, and the pole falls in most runs.",
            "The network fits the noise of this batch and promises a gain that is not there.",
            correct=True,
        ),
        Option(
            "The mean of r A sinks below 0, and the pole falls in most runs.",
            "Training climbs the mean of r A, whatever A is.",
        ),
    ),
)

FRESH = Question(
    id="predict-fresh",
    prompt=(
        "Now the batch comes from a policy that is still learning. Its episodes end, and the "
        "advantages are its own. After twenty epochs the batch promises a gain. What does a fresh "
        "batch of the same old policy, eight times as large, promise for the trained policies?"
    ),
    options=(
        Option(
            "About 0, as it would with noise.",
            "These advantages have something in common with those of the fresh batch: how well an "
            "action does in states like these.",
        ),
        Option(
            "About as much, and the poles stand longer in all runs.",
            "The first half is right. The fresh batch comes from the old policy too, so it knows "
            "no more about the states where the trained policy goes.",
        ),
        Option(
            "A loss, in the runs where the pole falls sooner.",
            "After twenty epochs the fresh batch promises none of the ten runs a loss. What goes "
            "wrong is not seen in the old samples.",
        ),
        Option(
            "About as much, though many poles fall sooner.",
            "Eight times as much old data confirms the promise, so most of it was not fitted "
            "noise. It is the promise itself that fails.",
            correct=True,
        ),
    ),
)

SAFE_STEP = Question(
    id="predict-safe-step",
    prompt=(
        "From θ_old = 0 the truth has its maximum at 1.75. You take the θ at which the promise, "
        "minus everything that the bound allows it to be wrong by, is largest. Where is it?"
    ),
    options=(
        Option(
            "Near 1.75.",
            "The bound knows neither J nor the state in which things go wrong. It allows for the "
            "worst in every state.",
        ),
        Option(
            "At 0 exactly.",
            "L_IS grows with the step, the bound with its square. A small enough step always gains "
            "something, as long as the slope is not zero.",
        ),
        Option(
            "Near 0.1.",
            "The worst case forbids most of what would have been fine.",
            correct=True,
        ),
        Option(
            "Near 0.9.",
            "There the bound is already larger than all that is promised.",
        ),
    ),
)

PREDICTIONS = (MANY_STEPS, MORE_DATA, NOISE, FRESH, SAFE_STEP)
