"""Notebook 08: two predictions, a quiz, and an open question on what PPO's parts are for."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

ON_OR_OFF = Question(
    id="ppo-on-or-off-policy",
    prompt="Is PPO an on-policy or an off-policy method?",
    options=(
        Option(
            "off-policy: the ratio lets it learn from a replay buffer of old rollouts",
            "The ratio would allow that in theory; its variance and the old states forbid it. A "
            "rollout is used for a few epochs and then dropped.",
        ),
        Option(
            "on-policy: every gradient step uses samples of the very policy it changes",
            "Only the first one does. After it the policy has moved and the samples have not: "
            "that is why there is a ratio.",
        ),
        Option(
            "it collects on-policy, and takes a few off-policy steps on each rollout",
            "Each rollout comes from the policy of the moment, serves for a few epochs, and "
            "is thrown away.",
            correct=True,
        ),
        Option(
            "neither: with the clip it no longer matters which policy collected the data",
            "It matters all the time: the ratio divides by the probability under the policy that "
            "collected. The clip only ends the pull of samples that have moved enough.",
        ),
    ),
)

CLIP_BOUNDS = Question(
    id="ppo-clip-bounds",
    prompt="With ε = 0.2, after several epochs, where can the ratios of a rollout be?",
    options=(
        Option(
            "between 0.8 and 1.2: the clip keeps them there",
            "The clip acts on the objective and not on the policy. Section 3 shows ratios beyond "
            "both lines.",
        ),
        Option(
            "also outside of 0.8 to 1.2: the clip removes an incentive, it sets no limit",
            "A clipped sample no longer pulls, but other samples share its weights, and "
            "Adam's momentum carries on.",
            correct=True,
        ),
        Option(
            "above 1.2 but not below 0.8, as probabilities cannot fall so fast",
            "Both sides are crossed: actions with a negative advantage are pushed down in the same "
            "way as good ones are pushed up.",
        ),
        Option(
            "at 1, because old and new policy are the same network",
            "They are the same network at different times. The old log-probabilities are numbers, "
            "stored when the action was taken; the new ones move with the weights.",
        ),
    ),
)

MEAN_RATIO = Question(
    id="ppo-mean-ratio",
    prompt=(
        "The mean of the ratios over a large rollout is 1.00 after ten epochs. What does that say "
        "about how far the policy has moved?"
    ),
    options=(
        Option(
            "next to nothing: its expectation is 1 however far the policy has moved",
            "The sum over actions of π_old · π/π_old is 1. Look at the spread, at the KL and "
            "at the clip fraction.",
            correct=True,
        ),
        Option(
            "that the policy is still close to the old one",
            "Half of the ratios at 0.1 and half at 1.9 have the mean 1, too. The expectation is 1 "
            "for every policy that the data can support.",
        ),
        Option(
            "that the clip works, since it pulls ratios back to 1",
            "Nothing pulls ratios to 1: the clip only stops pushing. And the mean would be near 1 "
            "without any clip.",
        ),
        Option(
            "that the advantages were normalised",
            "Advantages do not enter the ratio. What is normalised there is their mean and spread.",
        ),
    ),
)

OLD_LOG_PROB = Question(
    id="ppo-old-log-prob",
    prompt="Four epochs on one rollout: when is old_log_prob computed?",
    options=(
        Option(
            "at the start of each epoch, so that it is up to date",
            "Then the ratio would start at 1 in every epoch, and the clip would measure from a "
            "policy that did not act. The samples are still those of the policy that collected.",
        ),
        Option(
            "before each gradient step, from the network of that moment",
            "Then every ratio would be 1 in every step, the clip would never act, and the update "
            "would be a policy gradient on data of the wrong policy.",
        ),
        Option(
            "once, when the last epoch is over",
            "It is needed from the first epoch on, and it belongs to the policy that acted, not to "
            "the one that has learned.",
        ),
        Option(
            "once, when the action is taken; it stays the same for all epochs",
            "It is a fact of the past, stored in the rollout, and it carries no gradient.",
            correct=True,
        ),
    ),
)

SILENT_SAMPLES = Question(
    id="ppo-silent-samples",
    prompt=(
        "ε = 0.2. A sample has the ratio 1.5 and the advantage -1: a bad action has become "
        "likelier. What does it do in the next gradient step?"
    ),
    options=(
        Option(
            "nothing: its ratio is outside of the interval, so its gradient is 0",
            "That holds where the ratio has moved in the direction that the advantage asks for. "
            "Here it has moved the other way, and the minimum takes the unclipped term.",
        ),
        Option(
            "it pushes the action's probability down, with its full gradient",
            "Min(1.5 · (-1), 1.2 · (-1)) is the unclipped -1.5. Moves to the wrong side can "
            "be undone. That is what the minimum is for.",
            correct=True,
        ),
        Option(
            "it pushes with the gradient of a ratio of 1.2",
            "A clipped ratio is a constant and has no gradient at all. Either a sample pushes in "
            "full or it is silent.",
        ),
        Option(
            "it pushes the probability further up, since the ratio is above 1",
            "The sign of the push comes from the advantage: a negative one makes the action less "
            "likely, wherever its ratio stands.",
        ),
    ),
)

QUESTIONS = (ON_OR_OFF, CLIP_BOUNDS, MEAN_RATIO, OLD_LOG_PROB, SILENT_SAMPLES)

PREDICT_CLIPPED_LOSS = Question(
    id="predict-clipped-loss",
    prompt="Where will the clipped policy loss be, compared with the unclipped one?",
    options=(
        Option(
            "above it, or equal",
            "The minimum can only lower the objective, and the loss is minus the objective.",
            correct=True,
        ),
        Option(
            "below it, or equal",
            "The objective is never higher than the unclipped one. The loss is its negative, and "
            "so it is never lower.",
        ),
        Option(
            "sometimes above, sometimes below: it depends on the signs of the advantages",
            "Per sample the minimum takes the smaller of two terms, whatever the sign of A. So the "
            "order is always the same.",
        ),
    ),
)

PREDICT_NO_DIFFERENCE = Question(
    id="predict-clip-no-difference",
    prompt=(
        "The whole rollout is one minibatch. For how many epochs does the clip make no difference "
        "at all?"
    ),
    options=(
        Option(
            "for all four numbers, while the ratios stay small",
            "With many epochs the ratios do leave the interval. That is the case the clip was made "
            "for.",
        ),
        Option(
            "for none: the clip always changes something",
            "At θ_old every ratio is 1, inside of the interval. If there is only one step, the "
            "clip never sees another ratio.",
        ),
        Option(
            "for 1 epoch",
            "One epoch of one minibatch is one gradient step, taken where every ratio is 1. "
            "There the clipped and the plain surrogate have the same gradient.",
            correct=True,
        ),
        Option(
            "for 1 and for 4 epochs",
            "From the second step on ratios differ from 1, and in four steps some of them pass "
            "the line.",
        ),
    ),
)

PREDICTIONS = (PREDICT_CLIPPED_LOSS, PREDICT_NO_DIFFERENCE)

PARTS_OF_PPO = OpenQuestion(
    id="parts-of-ppo",
    source="synthesis 1, part by part",
    prompt=(
        "What is PPO's principle? Name its parts, and say of each what would go wrong without it."
    ),
    model_answer=(
        "PPO improves a policy by gradient steps and wants to take several of them from each "
        "rollout, because collecting is what costs. After the first step the data is off-policy. "
        "The ratio corrects the weight of each action, so that the surrogate E_old[r A] has the "
        "policy gradient as its gradient at θ_old.\n\n"
        "That holds only near θ_old: the states are still those of the old policy, and the "
        "variance of the ratios grows. So the steps must stay proximal. The clip takes away the "
        "incentive to move a ratio beyond 1 ± ε, and the minimum sees to it that this never makes "
        "the objective look better than it is. It does not bound the ratio; it switches samples "
        "off. Without it, many epochs move the policy by whole nats, and the return collapses.\n\n"
        "The advantage by GAE says how much better an action was than usual; without a baseline "
        "the noise drowns the signal. It needs a critic, which is trained beside the policy, and "
        "endings that are told apart: terminated, truncated, cut. Epochs and minibatches are the "
        "reuse that all of this pays for. Then the rollout is thrown away: PPO collects on-policy."
    ),
    rubric=(
        "Reuse of on-policy data is the aim, and the ratio makes the first steps right.",
        "Clip and minimum keep the update proximal by removing an incentive, not by bounding the "
        "ratio.",
        "Advantage, critic and the ends of episodes are named, with what each is for.",
    ),
)

OPEN_QUESTIONS = (PARTS_OF_PPO,)
