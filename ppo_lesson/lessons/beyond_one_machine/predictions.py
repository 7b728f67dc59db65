"""What notebook 13 asks before it shows: a learner commits to a number first."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

SILENT_SHARE = Question(
    id="predict-silent-share",
    prompt=(
        "The actor is four updates behind, and its largest weight is 1.3. The clip (ε = 0.2) is "
        "centred on the actor. Before this update's first step, which share of the data, weighted "
        "by |A|, has no gradient?"
    ),
    options=(
        Option(
            "None: nothing has moved in this update yet.",
            "The learner has moved in the four updates before, and the ratio to the actor counts "
            "all of them.",
        ),
        Option(
            "About 5 %: few weights are beyond 1.2.",
            "More is silent than that: ratios below 0.8 of bad actions count too, and the samples "
            "that the last updates moved most have large advantages.",
        ),
        Option(
            "About 50 %: the samples with large advantages have moved most.",
            "53 %. These are the samples that the updates in between have pushed furthest.",
            correct=True,
        ),
        Option(
            "All: the actor's policy is another one.",
            "A sample whose ratio is inside the interval, or on the wrong side of 1, keeps its "
            "gradient.",
        ),
    ),
)

PER_SHARD = Question(
    id="predict-per-shard",
    prompt=(
        "Eight workers have about 62 samples each, from two environments. Each normalises the "
        "advantages of its own samples, and the gradients are averaged by counts. How far, on "
        "average over five rollouts, is the result from the gradient of one big batch, in lengths "
        "of that gradient?"
    ),
    options=(
        Option(
            "0: gradients are weighted by counts, so the mean of the means is the mean.",
            "The gradients are averaged correctly. But each was made with another mean and another "
            "standard deviation.",
        ),
        Option(
            "About 0.01: 62 samples tell the spread to about a tenth, and it averages out.",
            "It averages out only in part: 0.06 even where the samples are dealt at random, and "
            "more where a worker keeps whole environments.",
        ),
        Option(
            "About 0.1, as much as an actor in the corridor that is one update behind.",
            "0.12 with eight workers and 0.04 with two: the smaller the shard, the further off.",
            correct=True,
        ),
        Option(
            "About 1: normalising by shards turns the gradient round.",
            "Not even with sixteen workers, where it is 0.35.",
        ),
    ),
)

MORE_CORES = Question(
    id="predict-more-cores",
    prompt=(
        "A sweep has 1,000 jobs of 10 seconds. One driver needs 0.05 seconds for each. You go from "
        "100 cores to 1,000. How many times as fast is the sweep?"
    ),
    options=(
        Option(
            "10 times: jobs are independent of each other.",
            "They are, but all of them pass through one driver.",
        ),
        Option(
            "About 6 times: a little is lost on the way.",
            "Most of it is lost. 1,000 jobs keep the driver busy for 50 seconds.",
        ),
        Option(
            "About 1.7 times: the driver is busy for 50 seconds.",
            "From 100 to 60 seconds. With more than 10 / 0.05 = 200 cores the driver is never "
            "idle.",
            correct=True,
        ),
        Option(
            "Not at all: 100 cores already wait for the driver.",
            "100 cores are still fewer than the 200 that the driver can serve.",
        ),
    ),
)

IN_TRAINING = Question(
    id="predict-in-training",
    prompt=(
        "In training, the actor is four updates behind, and every way to update has its own best "
        "step size. Which way around the learner returns at least 50 more than the clip around the "
        "actor, as the mean after 32, 36 and 40 updates?"
    ),
    options=(
        Option(
            "Both: moving the centre is what counts, as in the exact calculation.",
            "After 24 updates both are ahead, by 84 and 79. At the end the means are 70 and 28 "
            "lower.",
        ),
        Option(
            "The weighted one alone: without weights the samples are those of the actor.",
            "It is ahead after 24 updates. At the end its mean is 28 lower, with an interval from "
            "-90 to 38.",
        ),
        Option(
            "Neither: at the end both means are lower.",
            "By 70 without weights (7 to 132) and by 28 with them, where the interval includes 0. "
            "After 24 updates both were ahead.",
            correct=True,
        ),
        Option(
            "The one without weights alone: weights add variance.",
            "It is ahead after 24 updates. At the end its mean is 70 lower, with an interval from "
            "-132 to -7.",
        ),
    ),
)

PREDICTIONS = (SILENT_SHARE, IN_TRAINING, PER_SHARD, MORE_CORES)
