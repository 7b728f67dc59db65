"""Slides of notebook 13: stale actors, shared batches, sweeps, and an oral exam on the course."""

from __future__ import annotations

from ppo_lesson.lessons.routes.slide import Slide

MACHINES = (
    Slide(
        "What is out of date in old data?",
        ("13/bias-table:table",),
        ask="Which column can a program reach with the weights of single actions?",
        wrong="Weights are expected to mend all of it. The advantages and the states stay old.",
        minutes=5,
    ),
    Slide("The clip around the actor", ("13/predict-silent-share",), minutes=3),
    Slide(
        "Around which policy should the clip lie?",
        ("13/centres-table:table",),
        ask="Compare the first two rows of each k: one thing is changed. Which?",
        wrong="The weight gets the credit. From k = 4 on most of the gain is the centre's.",
        minutes=4,
    ),
    Slide("Exercise: three policies in one loss",
          ("13/exercise-decoupled-clipped-loss",), minutes=11),
    Slide("In training, four updates behind", ("13/predict-in-training",), minutes=3),
    Slide(
        "What a stale actor costs in training",
        ("13/record-figure:picture",),
        ask="Which panel would you log? And after how many updates would you compare arms?",
        wrong="The exact calculation is taken for a forecast. Its winner leads early, from four "
        "updates behind on, and does not last.",
        minutes=3,
    ),
    Slide("Exercise: many gradients become one",
          ("13/exercise-all-reduce-mean",), minutes=7),
    Slide(
        "Workers weighted alike",
        ("13/unequal:table",),
        ask="Your workers have unequal numbers of tokens. How do you average their gradients?",
        wrong="A mean of means is taken for the mean. It is one only where the counts are equal.",
    ),
    Slide("Each worker normalises alone", ("13/predict-per-shard",), minutes=3),
    Slide(
        "What a worker may not do alone",
        ("13/per-shard-table:table",),
        ask="Which three numbers must each worker send before the loss?",
        wrong="Equal shards are thought to be enough. Their means and spreads still differ.",
    ),
    Slide(
        "One call for many seeds",
        ("13/sweep:code",),
        ask="Which line changes on all cores, and which on a cluster?",
        wrong="Many seeds and one large training run are mixed up. Seeds share no gradient.",
    ),
    Slide("A third is clipped at once", ("13/machines-clipped-at-once",)),
    Slide("What is still out of date?", ("13/machines-what-is-left",)),
)  # fmt: skip

EXAM = (
    Slide("Exercise: draw the way from the policy gradient to PPO",
          ("13/exercise-way-to-ppo",), minutes=10),
    Slide(
        "Oral exam, in pairs",
        ("13/exam-lead:text",),
        ask="Who speaks first? The other holds the key and gives the points; then change.",
        wrong="They read aloud from the screen. Close it; formulas are written on paper.",
    ),
    Slide("On-policy", ("13/exam-on-policy",), minutes=3),
    Slide("Weights", ("13/exam-weights",), minutes=3),
    Slide("Off-policy", ("13/exam-off-policy",), minutes=3),
    Slide("The risk", ("13/exam-risk",), minutes=3),
    Slide("The ratio", ("13/exam-ratio",), minutes=3),
    Slide("The proof", ("13/exam-proof",), minutes=3),
    Slide("A very large ratio", ("13/exam-large-ratio",), minutes=3),
    Slide("PPO's principle", ("13/exam-principle",), minutes=3),
    Slide("The whole way", ("13/exam-progression",), minutes=3),
)  # fmt: skip
