"""The quiz of notebook 13: stale actors, and workers that share a batch."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

CLIPPED_AT_ONCE = Question(
    id="machines-clipped-at-once",
    prompt=(
        "An actor is some updates behind. In the first minibatch of an update, before any step, a "
        "third of the samples are clipped. What does that tell you?"
    ),
    options=(
        Option(
            "The step size is too large: this update has moved too far.",
            "This update has not moved yet. The distance is that of the updates before it.",
        ),
        Option(
            "The clip's centre is the actor, not the learner's own old policy.",
            "With the centre at the learner's old policy every ratio is 1 before the first step, "
            "so nothing is clipped.",
            correct=True,
        ),
        Option(
            "A third of the advantages have the wrong sign.",
            "Signs decide which side of the interval is cut. They do not move a ratio away from 1.",
        ),
        Option(
            "The cap of the weights is too low for this actor.",
            "A cap shortens weights. It leaves their samples a gradient.",
        ),
    ),
)

WHAT_IS_LEFT = Question(
    id="machines-what-is-left",
    prompt=(
        "Each sample is weighted by old over behaviour, without a cap, and the batch is endless. "
        "The advantages are exact for the actor. What is still out of date in the gradient?"
    ),
    options=(
        Option(
            "Nothing: the weights make it unbiased.",
            "They do so for the choice of the action in a state. Which states are met, and what "
            "follows the action, is the actor's.",
        ),
        Option(
            "The actions: a weight of one step does not know the others.",
            "In each state the weight puts the actions right. The others decide which states are "
            "met.",
        ),
        Option(
            "The states that are met, and what follows an action.",
            "Both are those of the actor. A critic of the learner can renew part of the second.",
            correct=True,
        ),
        Option(
            "The variance, which weights without a cap have made infinite.",
            "Variance is the noise of a finite batch. With endless data there is none.",
        ),
    ),
)

SMALL_WORKER = Question(
    id="machines-small-worker",
    prompt=(
        "Two workers have 400 and 100 samples. Each differentiates the mean loss of its samples, "
        "and the two gradients are averaged with equal weights. How much does one sample of the "
        "small worker count?"
    ),
    options=(
        Option(
            "As much as one of the large worker: an average is fair.",
            "It is fair to workers, not to samples: 1/2 · 1/100 against 1/2 · 1/400.",
        ),
        Option(
            "A quarter of one of the large worker.",
            "It is the other way round: a mean over fewer samples leaves more for each.",
        ),
        Option(
            "Four times as much as one of the large worker.",
            "1/2 · 1/100 against 1/2 · 1/400. Weighted by counts both are 1/500.",
            correct=True,
        ),
        Option(
            "That depends on the two gradients.",
            "How far the result is off depends on them. The weight of a sample does not.",
        ),
    ),
)

COMMON_SPREAD = Question(
    id="machines-common-spread",
    prompt=(
        "Sixteen workers have equally many samples. Which way to normalise advantages gives the "
        "gradient of one big batch?"
    ),
    options=(
        Option(
            "Each worker by its own mean and standard deviation: the shards are equal.",
            "Equal counts do not make equal means. A worker with good luck would be told that its "
            "average sample is worth nothing.",
        ),
        Option(
            "All by sums that were added up over the workers first.",
            "Sum, sum of squares and count are three numbers a worker; their totals give the "
            "batch's mean and standard deviation.",
            correct=True,
        ),
        Option(
            "Each worker by the mean of the workers' standard deviations, and its own mean.",
            "The means still differ, and the spread between the workers is lost.",
        ),
        Option(
            "None: it cannot be done without moving all the samples to one worker.",
            "Three numbers a worker are enough.",
        ),
    ),
)

QUESTIONS = (CLIPPED_AT_ONCE, WHAT_IS_LEFT, SMALL_WORKER, COMMON_SPREAD)
