"""The words of the course: what each means, and where it is introduced."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word with its meaning.

    Args:
        name: as a heading.
        meaning: one or two sentences; TeX stands between dollars.
        notebook: number of the one that introduces it.
        section: its number there; "" in the opening, the start of the title for a *Further*.
        spelling: as that section writes it, where that is not the name in any case.
    """

    name: str
    meaning: str
    notebook: str
    section: str = ""
    spelling: str = ""


GLOSSARY = (
    Term("advantage", "How much better an action is than the average of what the policy does in "
         "that state: $A = Q - V$.", "01", "5"),
    Term("baseline", "A number that is fixed before an action is drawn and taken off its return: "
         "less noise, no bias.", "01", "5"),
    Term("batch", "The samples that one estimate, or one iteration of a training, is made of.",
         "01", "6"),
    Term("behaviour policy", "The policy that in fact drew the samples, where that is not the old "
         "policy: with a temperature, say.", "10", "9"),
    Term("bias", "The part of an error that more samples do not remove.", "01", "8"),
    Term("Bradley-Terry model", "A model of choices between two: the first is preferred with the "
         "probability $\\sigma(R_1 - R_2)$.", "10", "3", "Bradley and Terry"),
    Term("CISPO", "A loss that clips the ratio as a constant weight, so that no token loses its "
         "gradient.", "12", "4"),
    Term("clip", "PPO's limit on what one sample can earn: beyond $1 \\pm \\epsilon$ a larger "
         "ratio brings no further gain.", "06", ""),
    Term("clip fraction", "Share of a batch whose ratio lies outside the interval, or, stricter, "
         "share that the clip has silenced.", "06", "6"),
    Term("critic", "A network that estimates the value of a state.", "07", ""),
    Term("DAPO", "GRPO with a wider clip above than below, a mean over all tokens, and new draws "
         "for groups without a difference.", "12", "8"),
    Term("discount", "Factor $\\gamma$ by which a reward counts less for each step that it is "
         "away.", "04", ""),
    Term("DPO", "Direct preference optimisation: the policy is fitted to pairs of responses, "
         "without a reward model and without rollouts.", "11", ""),
    Term("drift", "Standard deviation of a step's log-ratio: how far the policies have moved "
         "apart.", "03", "4"),
    Term("dual clip", "A second limit, for negative advantages: beyond some ratio the sample is "
         "silent there too.", "06", "3"),
    Term("effective sample size", "Number of samples of the target that would give the same "
         "variance as a weighted batch.", "03", "1"),
    Term("entropy", "How undecided a policy is, in nats: 0 if it is certain.", "08", "3"),
    Term("epoch", "One pass over the samples of a rollout, shuffled and cut into minibatches.",
         "08", "5"),
    Term("explained variance", "Share of the targets' variance that the critic accounts for, up to "
         "a constant.", "08", "7"),
    Term("explorer", "A picture with sliders, which shows what was computed for each position.",
         "00", "3"),
    Term("Fisher matrix", "Curvature of the KL divergence where two policies are equal.",
         "06", "Further: the natural step"),
    Term("generalised advantage estimation", "GAE: a weighted mean of all advantages from one "
         "reward to the last, mixed by $\\lambda$.", "07", "5"),
    Term("group", "Several responses to the same prompt.", "12", "2"),
    Term("GRPO", "PPO without a critic: the mean reward of a group of responses to one prompt is "
         "the baseline.", "12", "2"),
    Term("GSPO", "A loss with one ratio for a whole response, the geometric mean of its tokens' "
         "ratios.", "12", "4"),
    Term("implicit reward", "The reward that a policy would be the best policy for, up to a "
         "constant for each prompt.", "11", "2"),
    Term("importance weight", "How much likelier a sample is under the target than under the "
         "proposal that drew it: $w = p/q$.", "02", ""),
    Term("IPO", "DPO's loss with a square: it stops pulling once the margin is large enough.",
         "11", "Further: does a margin ever stop growing?"),
    Term("KL divergence", "Mean of $\\log(p/q)$ under $p$: how far $q$ is from $p$, in nats. It "
         "has a direction.", "06", "7"),
    Term("KTO", "A loss for single responses marked as good or bad, in place of pairs.",
         "11", "Further: does a margin ever stop growing?"),
    Term("logit", "Number before a softmax, which turns logits into probabilities.", "01", "1"),
    Term("margin", "Difference of the implicit rewards of the chosen and the rejected response.",
         "11", ""),
    Term("minibatch", "Part of a rollout: one gradient step is taken on each.", "08", "5"),
    Term("nat", "Unit of entropy and divergence, with the natural logarithm.", "06", ""),
    Term("natural gradient", "Steepest direction where distance is measured by KL divergence and "
         "not by parameters.", "06", "Further: the natural step"),
    Term("normalising advantages", "Their mean is subtracted, and they are divided by their "
         "standard deviation, before the policy's loss.", "07", "10", "normalises"),
    Term("objective", "What the policy earns on average; it is maximised. A loss is minimised.",
         "01", "2"),
    Term("occupancy", "Probability of being in a state at a step; it depends on the policy.",
         "04", "3", "occupancies"),
    Term("on-policy", "Right only for data of the current policy.", "01", "8"),
    Term("over-optimisation", "What happens when a proxy is climbed too far: its score rises and "
         "the true reward falls. Also reward hacking.", "10", "8"),
    Term("per-decision importance sampling", "Each reward is weighted by the ratios up to its own "
         "step alone.", "03", "Further: a weight for every reward", "per-decision"),
    Term("policy", "A distribution over actions in each state.", "01", "1"),
    Term("policy gradient theorem", "The gradient of the objective is the mean of score times "
         "return, or score times advantage.", "01", "3"),
    Term("probe", "A world so small that the right value and action are known: it tests one "
         "ability of a program.", "08", "4"),
    Term("prompt", "The text that a language model is asked to go on from.", "10", "1"),
    Term("proposal", "The distribution that produced the samples.", "02", ""),
    Term("proxy", "A score that stands for what is wanted, and is right only where it was "
         "fitted.", "10", "3"),
    Term("ratio", "The importance weight between two policies: probability of the action now, "
         "over that when it was taken.", "02", ""),
    Term("reference", "The frozen model before training, from which divergence is counted.",
         "10", "1"),
    Term("REINFORCE++", "No critic and no group: advantages are centred and scaled by the whole "
         "batch.", "12", "2"),
    Term("return", "Sum of the rewards of an episode, discounted where the world says so.",
         "00", "1"),
    Term("reward model", "A network that is fitted to people's choices and gives a response a "
         "score.", "10", "3"),
    Term("rewards to go", "The rewards from a step on; those before it are not the action's "
         "doing.", "01", "5"),
    Term("RLOO", "No critic: the baseline of a response is the mean reward of the others in its "
         "group.", "12", "2"),
    Term("rollout", "What a policy did, saw and was paid: rows of one collection, used for one "
         "iteration.", "07", ""),
    Term("score", "Gradient of the log-probability of an action. (A response's score, in notebook "
         "10, is its reward.)", "01", "3"),
    Term("self-normalised estimate", "A weighted mean, divided by the sum of the weights.",
         "02", "9"),
    Term("SimPO", "DPO's loss with means over tokens, without a reference, with an extra margin.",
         "11", "5"),
    Term("surrogate", "What is climbed in place of the objective: old data, with the ratio of each "
         "action.", "04", "4"),
    Term("target", "The distribution that is asked about. (A critic's target is what it is fitted "
         "to: notebook 07, section 10.)", "02", ""),
    Term("TD error", "Temporal difference: what you are paid and what lies ahead, less what you "
         "expected.", "07", "3"),
    Term("temperature", "Number that logits are divided by before a token is drawn.", "10", "9"),
    Term("terminated", "The world ended: the future is worth 0.", "07", "7"),
    Term("total variation", "Half the sum of absolute differences of two distributions.",
         "05", "Further: how far is safe? A bound"),
    Term("trajectory", "States and actions from the start to the end; a walk.", "01"),
    Term("truncated", "Somebody stopped the clock: the future is not 0, but was not seen. (A "
         "truncated weight is cut at a cap: notebook 03.)", "07", "7"),
    Term("trust region", "A limit on how far one update may go, stated as a divergence.",
         "06", "9"),
    Term("unbiased", "Right on average, over all the samples that might have been drawn.",
         "02", "2"),
    Term("value", "What a policy earns on average from a state on.", "01", "5"),
    Term("vector environment", "Many copies of a world that run side by side.", "07", "9"),
)  # fmt: skip
"""In order of the alphabet."""
