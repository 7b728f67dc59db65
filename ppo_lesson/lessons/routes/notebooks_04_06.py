"""Slides of notebooks 04 to 06: the surrogate, how it fails, and how to stay near."""

from __future__ import annotations

from ppo_lesson.lessons.routes.slide import Slide

SURROGATE = (
    Slide(
        "The road from J to the surrogate",
        points=(
            "$J(\\theta)$ = a mean over **old** walks, with all their ratios",
            "= the same with the ratios up to each step",
            "= $J(\\theta_{old})$ + state ratio times action ratio times advantage",
            "≈ $J(\\theta_{old})$ + action ratio times advantage: the **surrogate**",
        ),
        ask="Which of these signs is not an equals sign, and what was dropped there?",
        wrong="The surrogate is taken for an estimate of J. One factor is missing, and no amount "
        "of data brings it back.",
        minutes=3,
    ),
    Slide(
        "Weights for whole walks",
        ("04/trajectory-ratio:formula2", "04/ratio-product:table"),
        ask="Why do we not need to know the probabilities of the doors?",
        wrong="The last row looks as if it dropped something. A later action cannot change an "
        "earlier reward, so nothing is lost.",
        minutes=4,
    ),
    Slide("Exercise: the ratio, from what a program stores",
          ("04/exercise-policy-ratio",), minutes=5),
    Slide(
        "An exact formula for the gain, on old data",
        ("04/old-walks:formula3",),
        points=("Performance difference identity (Kakade and Langford, 2002).",),
        ask="Which of the three factors can a program not know?",
        wrong="The state ratio is overlooked because it looks like a constant. It depends on the "
        "new policy.",
        minutes=3,
    ),
    Slide(
        "Cross out one factor",
        ("04/drop:formula", "04/gap:table"),
        ask="What did we gain, and what did we pay?",
        wrong="Bias is expected to be too much promised. Here the surrogate promises too little.",
        minutes=3,
    ),
    Slide("Old advantages, or old states?", ("04/predict-refreshed-advantages",)),
    Slide(
        "The new policy is elsewhere",
        ("04/occupancy-figure:picture",),
        ask="Where does the surrogate count too little, and where too much?",
        wrong="New advantages look like the cure. No policy gains over itself: the sum is 0.",
    ),
    Slide("Go only a tenth of the way", ("04/predict-error-order",)),
    Slide(
        "The error is of second order",
        ("04/second-order:table",),
        ask="What does the last column tell you about the slope of the error at the start?",
        wrong="Small is read as none. The error is a hundredth, not zero.",
    ),
    Slide(
        "Equal gradients: the proof",
        ("04/line-s1:formula",),
        ask="Which line needs theta to be theta_old?",
        wrong="The ratio is set to 1 before it is differentiated. A constant has no slope.",
        minutes=5,
    ),
    Slide(
        "The proof, in numbers",
        ("04/line-s4:table",),
        ask="Which lines agree at both points, and which only at theta_old?",
        wrong="A formula is believed or doubted as a whole. The table tells line by line.",
    ),
    Slide(
        "They touch at one point",
        ("04/tangent-numbers:picture", "04/tangent-numbers:numbers"),
        ask="How far would you follow the dashed line?",
        wrong="Equal slopes are taken for a licence to go on. They hold at one point.",
        minutes=3,
    ),
    Slide("What the value of the loss says", ("04/predict-surrogate-value",)),
    Slide("Exercise: the surrogate as a loss", ("04/exercise-surrogate-loss",), minutes=6),
    Slide("Which detach is one too many?", ("04/predict-detach-slips",)),
    Slide(
        "Right value, no gradient",
        ("04/detach-table:table",),
        ask="Which number of your dashboard would have told you?",
        wrong="The loss is watched to see whether training works. Here it looks perfect.",
    ),
)  # fmt: skip

AWAY = (
    Slide("Forty small steps, an endless batch", ("05/predict-many-steps",)),
    Slide(
        "The surrogate's own gradient leads over the cliff",
        ("05/climb:table",),
        ask="At which row would you have stopped, if you saw only the promise?",
        wrong="Noise, step size or a bug is suspected. There is no noise, the steps are small, and "
        "the slope at the start is right.",
        minutes=3,
    ),
    Slide(
        "Are large ratios to blame?",
        ("05/promise-figure:picture",),
        ask="The ratios grow in both worlds. What is different on the left?",
        wrong="Large ratios are blamed. In the bandit they are as large, and the promise is kept: "
        "what is out of date are the states.",
        minutes=3,
    ),
    Slide("Twenty-five times the data", ("05/predict-more-data",)),
    Slide(
        "More data removes the variance and leaves the bias",
        ("05/cloud-figure:picture",),
        ask="Which distance is the bias, and which the variance?",
        wrong="The ESS below is taken for a measure of both. It falls in the bandit too, where "
        "there is no bias.",
        minutes=3,
    ),
    Slide(
        "The cliff, live",
        ("05/explore-cliff",),
        ask="How far do you trust the promise? Move theta first, then theta_old to the edge.",
        wrong="The band is read as the truth. It holds nine in ten sampled promises; the truth may "
        "lie far below.",
        minutes=4,
    ),
    Slide(
        "How hard can one sample pull?",
        ("05/hump:picture",),
        ask="Where on its curve does a sample pull hardest?",
        wrong="A ratio of 50 is taken for fifty times the pull. Near its ceiling a sample hardly "
        "moves the policy.",
    ),
    Slide("Exercise: how few samples rule", ("05/exercise-gradient-share",), minutes=8),
    Slide("Random advantages", ("05/predict-noise",)),
    Slide(
        "Overfitting one batch",
        ("05/noise-figure:picture",),
        ask="Noise knows nothing of the pole. How can the batch promise a gain?",
        wrong="Every collapse is called a cliff. With noise there is none: the policy has learned "
        "the batch by heart.",
        minutes=3,
    ),
    Slide("Now the advantages are real", ("05/predict-fresh",)),
    Slide(
        "A fresh batch confirms the promise, and the pole falls",
        ("05/ended-figure:picture",),
        ask="What could the fresh batch not see, although it is eight times as large?",
        wrong="A fresh batch is taken for a proof. It comes from the same old policy, and shares "
        "its states.",
        minutes=3,
    ),
)

PROXIMAL = (
    Slide(
        "PPO's answer: take away the reward for going far",
        ("06/climb-answer:formula",),
        points=("A sample earns nothing more once its ratio has left $1 \\pm \\epsilon$.",),
        ask="Why a minimum of two, and not only the clipped one?",
        wrong="The clip is taken for a wall. It takes away a reward.",
        minutes=3,
    ),
    Slide("Six cases", ("06/predict-silent-cases",)),
    Slide(
        "Two cases are silent; the way back is open",
        ("06/six-cases:table",),
        ask="Read each row aloud: is it pulled, pushed or left alone?",
        wrong="All ratios outside are taken for silent. On the wrong side the full gradient "
        "remains.",
        minutes=3,
    ),
    Slide(
        "The clip in one picture",
        ("06/clip-figure:picture",),
        ask="Which half is flat for a bad action?",
        wrong="The right panel is read like the left one. For A < 0 the left part is flat.",
    ),
    Slide(
        "Clip lab",
        ("06/clip-lab",),
        ask="Visit all six cases. When does the arrow vanish?",
        wrong="Epsilon is expected to stop the sample. Make it small: the arrow goes sooner, and "
        "the ratio stays where you put it.",
        minutes=4,
    ),
    Slide("Exercise: the loss that PPO is known for",
          ("06/exercise-clipped-surrogate-loss",), minutes=10),
    Slide("Where does a ratio come to rest?", ("06/predict-ratio-at-rest",)),
    Slide(
        "Far outside: other samples carry it",
        ("06/ratio-at-rest:table",),
        ask="What does the last column show, and why is it there?",
        wrong="Momentum or step size is blamed. Neither is in this run; the control takes the pull "
        "of one other sample away.",
        minutes=3,
    ),
    Slide("Past the edge with Adam", ("06/predict-past-the-edge",)),
    Slide(
        "Three ways past the edge",
        ("06/three-causes:picture",),
        ask="Which of them is in your own training code?",
        wrong="A zero gradient is taken for no movement. Adam goes on along its average.",
    ),
    Slide("Which estimate of KL is the noisiest?", ("06/predict-noisiest-kl",)),
    Slide(
        "k1, k2, k3, near and far",
        ("06/kl-table:table",),
        ask="Which one would you log during training, and why?",
        wrong="k3 is preferred everywhere because it is never negative. Far away it is the "
        "noisiest.",
    ),
    Slide("A price on distance", ("06/predict-price",)),
    Slide(
        "Price, fence and clip at the same distance",
        ("06/same-distance:table", ),
        ask="What counts more here: how you stop, or that you stop?",
        wrong="The three are compared at different distances. Look at the column KL first.",
        minutes=3,
    ),
    Slide(
        "On-policy or off-policy?",
        ("06/off-policy:table",),
        ask="Which column stays small, and which does not?",
        wrong="PPO is filed under off-policy because it reuses samples. It has no buffer of "
        "policies long gone.",
    ),
    Slide("A ratio of 1.5", ("06/proximal-ratio-outside",)),
)  # fmt: skip
