"""Slides of notebooks 10 to 12: PPO for language models, DPO, GRPO and after."""

from __future__ import annotations

from ppo_lesson.lessons.routes.slide import Slide

LANGUAGE = (
    Slide(
        "A language on one list",
        ("10/language-list:table",),
        points=("12 words, at most four tokens: every expectation is an exact sum.",),
        ask="What would you need in order to know the best policy of a large model?",
        wrong="A toy is dismissed. It is the only place where score and truth can be compared.",
        minutes=3,
    ),
    Slide(
        "Token ratios: what the clip sees",
        ("10/token-ratios",),
        ask="Count the steps up. Which tokens does the clip silence, and where does the product "
        "go?",
        wrong="The clip is thought to hold the sentence. It clips tokens, so a sentence can go far "
        "in small steps.",
        minutes=4,
    ),
    Slide(
        "A reward from choices",
        ("10/choices-head:formula", "10/pairs:table"),
        ask="How often does the annotator choose the better one, one point apart?",
        wrong="The reward is thought to have a level. Choices leave it open.",
        minutes=3,
    ),
    Slide("Exercise: the loss of a reward model",
          ("10/exercise-bradley-terry-loss",), minutes=6),
    Slide(
        "Two reward models, equally accurate",
        ("10/heads:table",),
        ask="Nobody can foresee more than 79 of 100. May we trust both scores, then?",
        wrong="Accuracy on pairs is taken for accuracy everywhere. No pair says sings four times.",
    ),
    Slide(
        "The best policy, at a price",
        ("10/task-rlhf-optimum:formula",),
        ask="Which term keeps the policy where the score was fitted?",
        wrong="The price is taken for a repair of the score. It only keeps the policy near.",
        minutes=4,
    ),
    Slide(
        "What the optimum prefers",
        ("10/figure-optimum:picture",),
        ask="Which responses does the reference like and the optimum not?",
        wrong="The optimum is expected to say one thing. A price keeps it varied.",
    ),
    Slide("The divergence turned round", ("10/predict-lm-direction",)),
    Slide("Three policies", ("10/predict-lm-three-policies",)),
    Slide(
        "PPO, the same",
        ("10/train:picture", "10/train:numbers"),
        ask="What is new in the code? Nothing in the loss and in GAE.",
        wrong="Old policy and reference are mixed up. The old one is new in each iteration.",
        minutes=4,
    ),
    Slide("Sixteen epochs, no clip", ("10/predict-lm-arms",)),
    Slide("Without a price", ("10/predict-lm-without-price",)),
    Slide(
        "Over-optimisation",
        ("10/over-optimisation:picture",),
        ask="At which iteration would you have stopped, if you saw only the score?",
        wrong="The better reward model is thought to be safe. Both foresee choices equally well.",
        minutes=3,
    ),
    Slide("The temperature", ("10/predict-lm-temperature",)),
    Slide("The ratio in RLHF", ("10/lm-price-and-ratio",)),
)  # fmt: skip

DPO = (
    Slide(
        "Which policy is best, at a price?",
        ("11/optimum-head:formula", "11/limits:table"),
        ask="What happens to a response that the reference never gives?",
        wrong="A low price is thought to open everything. No support, no learning.",
        minutes=4,
    ),
    Slide(
        "A policy reveals the reward it is best for",
        ("11/reward-head:formula", "11/implied:table"),
        ask="What do the five numbers of the last column have in common?",
        wrong="The implicit reward is taken for the reward. It lacks one constant per prompt.",
        minutes=3,
    ),
    Slide(
        "In a difference the normaliser cancels",
        ("11/task-dpo-loss:formula",),
        ask="Why must both responses answer the same prompt?",
        wrong="Log-probabilities are averaged over tokens. The derivation has sums.",
        minutes=3,
    ),
    Slide("Exercise: the loss of DPO", ("11/exercise-dpo-loss",), minutes=10),
    Slide("A response in no pair", ("11/predict-dpo-unseen",)),
    Slide(
        "Four policies with the same loss",
        ("11/unseen:table",),
        ask="Which column tells them apart, and can DPO see it?",
        wrong="A minimum is taken for the minimum. The loss leaves the rest open.",
    ),
    Slide("Without the reference", ("11/predict-dpo-without-reference",)),
    Slide(
        "What DPO costs beside PPO",
        ("11/budget:table",),
        ask="Which column would decide for a large model?",
        wrong="Labels are forgotten: both need the same 10,000.",
    ),
    Slide("Chosen and rejected", ("11/predict-dpo-both-fall",)),
    Slide(
        "Both fall",
        ("11/fall:picture",),
        ask="Where does the probability go?",
        wrong="A falling chosen response is taken for a bug. The winner of two mediocre ones is "
        "mediocre.",
    ),
    Slide(
        "What the network believes about responses in no pair",
        ("11/support:picture",),
        ask="Where on this picture would you trust the implicit reward?",
        wrong="A high correlation is quoted without saying where it was measured.",
    ),
    Slide("Five hundred pairs", ("11/predict-dpo-few-pairs",)),
)

GRPO = (
    Slide(
        "A language in which length matters",
        ("12/world:table",),
        ask="Which target is hard, and how many groups of eight will see a right answer?",
        wrong="The program that checks is taken for a reward model. It cannot be fooled.",
        minutes=3,
    ),
    Slide("Exercise: the group in the critic's place",
          ("12/exercise-group-relative-advantage",), minutes=8),
    Slide("A hard prompt", ("12/predict-hard-prompt",)),
    Slide(
        "What the division climbs",
        ("12/division:picture",),
        ask="Which prompts gain, and which lose?",
        wrong="The division is taken for harmless scaling. It changes what is climbed.",
    ),
    Slide(
        "Groups that teach nothing",
        ("12/silent-groups:table",),
        ask="Eight responses, all right: what is the gradient?",
        wrong="Silent groups are not counted, and yet they are paid for.",
    ),
    Slide(
        "What is one more token worth?",
        ("12/aggregation:table",),
        ask="Which aggregation pushes a long wrong answer down the least?",
        wrong="Padding enters a mean. Only real tokens count.",
    ),
    Slide(
        "Length bias",
        ("12/explore-length-bias",),
        ask="Make the wrong answer long. What happens to the push on each of its tokens?",
        wrong="One looks at the token and forgets the response, or the other way round.",
        minutes=4,
    ),
    Slide("Three aggregations", ("12/predict-wrong-lengths",)),
    Slide(
        "A ratio per token or per response?",
        ("12/sequence-ratio:table",),
        ask="Which of the three is a true weight?",
        wrong="A width of 0.2 is kept for another ratio. A clip's width belongs to its ratio.",
        minutes=3,
    ),
    Slide("KL in the loss", ("12/predict-k3-in-the-loss",)),
    Slide("Right or wrong, and beta = 0", ("12/predict-right-answers",)),
    Slide(
        "What is left of the answers",
        ("12/clip-higher:picture",),
        ask="What would keep them?",
        wrong="The narrowing is blamed on sampling or the clip. Exact gradient steps narrow too.",
    ),
    Slide("The first ratio", ("12/predict-first-ratio",)),
    Slide(
        "The sampler is not the trainer",
        ("12/first-minibatch:table",),
        ask="Which log-probabilities do you keep?",
        wrong="The trainer scores its own samples, and the test is blind.",
        minutes=3,
    ),
)  # fmt: skip
