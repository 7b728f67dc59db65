"""What notebook 11 asks before it shows: a learner commits to an answer first."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

UNSEEN = Question(
    id="predict-dpo-unseen",
    prompt=(
        "A response is in no pair, neither chosen nor rejected. What does DPO's loss ask of its "
        "probability?"
    ),
    options=(
        Option(
            "To stay what it is under the reference.",
            "The reference is subtracted from the responses of pairs only. The loss has no term "
            "for any other response.",
        ),
        Option(
            "To fall to 0, since nobody has chosen it.",
            "A response that was not compared was not rejected. Nothing in the loss pushes it "
            "down.",
        ),
        Option(
            "To become π_ref times e to the power of R / β, as in π*.",
            "That is the optimum of J. The loss knows rewards through choices alone, and about "
            "this response there were none.",
        ),
        Option(
            "Nothing: many values of it give the same loss.",
            "The loss sees differences between compared responses. What all of them lose together "
            "goes elsewhere, unnoticed.",
            correct=True,
        ),
    ),
)

WITHOUT_REFERENCE = Question(
    id="predict-dpo-without-reference",
    prompt=(
        "Somebody leaves the reference out and keeps the sums: "
        "-log sigmoid(β (log π(chosen) - log π(rejected))). Of which reference is this DPO's loss?"
    ),
    options=(
        Option(
            "Of the network that training starts from.",
            "The loss never reads it. A minimum of the loss is one whatever training starts from.",
        ),
        Option(
            "Of one that gives every response the same probability.",
            "Then log π_ref is the same for both responses of a pair, and its difference is 0.",
            correct=True,
        ),
        Option(
            "Of one that draws every token with the same probability.",
            "Under that one a longer response is less likely, so the two log-probabilities cancel "
            "only where both responses have as many tokens.",
        ),
        Option(
            "Of none: no choice of π_ref gives this loss.",
            "Look for a π_ref whose two log-probabilities cancel in every pair.",
        ),
    ),
)

BOTH_FALL = Question(
    id="predict-dpo-both-fall",
    prompt=(
        "DPO trains on 10,000 pairs that the reference wrote, and its loss falls. Averaged over "
        "the pairs, what do the log-probabilities of chosen and rejected responses do?"
    ),
    options=(
        Option(
            "The chosen rise, the rejected fall by about as much.",
            "The two pulls of a pair are equal. But most responses are in many pairs, and all of "
            "them share one set of weights.",
        ),
        Option(
            "Both fall, the rejected further than the chosen.",
            "The loss sees differences alone. What both lose goes elsewhere; here much of it goes "
            "to better responses of other pairs.",
            correct=True,
        ),
        Option(
            "The chosen stay where they are, and the rejected fall.",
            "Nothing holds the chosen where they are: the loss depends on the difference alone.",
        ),
        Option(
            "Both rise, the chosen further, as they are trained on.",
            "Probabilities sum to 1, and nearly all that the reference says is in some pair.",
        ),
    ),
)

FEW_PAIRS = Question(
    id="predict-dpo-few-pairs",
    prompt=(
        "In 80 gradient steps 10,000 pairs with one label each close 0.93 of the gap. Now take 500 "
        "of these pairs, with one label each or with twenty, and 80 gradient steps again. How much "
        "of the gap do they close?"
    ),
    options=(
        Option(
            "About 0.5 with one label, about 0.5 with twenty.",
            "Another label on the same pair says more about how much better one response is.",
        ),
        Option(
            "About 0.85 with one label, about 0.85 with twenty.",
            "With one label each, 80 passes learn the annotator's accidents too.",
        ),
        Option(
            "About 0.5 with one label, about 0.85 with twenty.",
            "At equal labels and steps, 500 pairs come close to 10,000. With one label, 80 passes "
            "fit the noise in it.",
            correct=True,
        ),
        Option(
            "About 0.1 with one label, about 0.5 with twenty.",
            "Responses share words, so 500 pairs say something about many others too.",
        ),
    ),
)

LOW_PRICE = Question(
    id="predict-dpo-low-price",
    prompt=(
        "At the low price of 1/8 PPO follows one of the two reward models. DPO trains on the same "
        "pairs, with as many gradient steps as reward model and PPO together. No policy earns more "
        "than 2.98 at this price. What do they earn in true reward?"
    ),
    options=(
        Option(
            "PPO about 2.9 with either reward model, as both are as accurate; DPO about 2.",
            "Both are as accurate on what the reference says. At a low price the policy leaves it, "
            "and one of the two is wrong there.",
        ),
        Option(
            "PPO about 1 with either, as it follows a proxy; DPO about 2.9.",
            "One of the two proxies holds where the policy goes, so PPO does as well by it as DPO.",
        ),
        Option(
            "PPO about 1 with one and 2.9 with the other; DPO about 2.9.",
            "A reward model's form decides what it says where nothing was compared. One of these "
            "two does well there at this price; so does DPO's policy.",
            correct=True,
        ),
        Option(
            "All of them about 1, since they learned from the same noisy choices.",
            "Ten thousand noisy choices say enough about what the reference writes. What they "
            "differ in is what they make of the rest.",
        ),
    ),
)

PREDICTIONS = (UNSEEN, WITHOUT_REFERENCE, BOTH_FALL, FEW_PAIRS, LOW_PRICE)
