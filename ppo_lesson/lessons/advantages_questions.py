"""Notebook 07: questions on baselines, GAE, the ends of episodes and normalising."""

from __future__ import annotations

from ppo_lesson.teaching.quiz import Option, Question

TIME_LIMIT = Question(
    id="advantages-time-limit",
    prompt=(
        "The pole has stood for 500 steps and the clock stops the episode (truncated). What is the "
        "future worth after the last step?"
    ),
    options=(
        Option(
            "0, because the episode is over",
            "The record is over, the world is not: the pole still stands. With 0 the critic learns "
            "that a standing pole is as bad as a falling one.",
        ),
        Option(
            "V(s') of the observation that followed the last step",
            "The future was there and nobody saw it, so the critic's estimate takes its place.",
            correct=True,
        ),
        Option(
            "V of the first observation of the next episode",
            "The next episode has nothing to do with this one: it starts anew. Many programs use "
            "that value by accident, because it stands in the next row.",
        ),
        Option(
            "the mean return of all episodes so far",
            "A mean over episodes does not know in which state this one stopped. V(s') does.",
        ),
    ),
)

CUT = Question(
    id="advantages-rollout-cut",
    prompt=(
        "A rollout stops after 32 steps, in the middle of an episode. What does GAE do in the last "
        "row?"
    ),
    options=(
        Option(
            "it keeps next_value in the TD error and adds no later advantage",
            "The cut is neither termination nor truncation: the future is worth V(s'), and "
            "the episode goes on in the next rollout.",
            correct=True,
        ),
        Option(
            "it leaves next_value out, as at a termination",
            "The world did not end, only the record did. Without next_value every rollout would "
            "seem to end in a catastrophe.",
        ),
        Option(
            "it drops the row, because its advantage is not known",
            "Its TD error needs no more than its reward and two values, and these are known. "
            "Only the terms after it are missing.",
        ),
        Option(
            "it adds the advantage of the first row, where the rollout begins",
            "The first row is the past. That would be a circle in time.",
        ),
    ),
)

LAMBDA = Question(
    id="advantages-lambda",
    prompt="The critic is far from right. You lower λ from 1 towards 0. What happens to GAE?",
    options=(
        Option(
            "less bias and less variance: a lower λ is better in every way",
            "There is no such gift. A low λ leans on the critic, and its errors enter as bias.",
        ),
        Option(
            "less bias, more variance",
            "The other way round. λ = 1 sums real rewards, which is noisy and right on average; "
            "λ = 0 believes the critic after one step.",
        ),
        Option(
            "more bias, less variance",
            "Fewer random rewards enter, so the noise falls; more of the critic's error does, "
            "so the bias grows.",
            correct=True,
        ),
        Option(
            "nothing: λ changes the weights of rewards, not of the critic",
            "λ mixes n-step estimates, and each of them ends in a value of the critic. A low λ "
            "gives most weight to those that meet the critic early.",
        ),
    ),
)

BASELINE = Question(
    id="advantages-baseline",
    prompt=(
        "You subtract a baseline b(s) from the return in the policy gradient, and b is a bad guess "
        "of V. What does that do?"
    ),
    options=(
        Option(
            "the gradient is biased, by as much as b is wrong",
            "The score has mean zero in each state, so any b(s) drops out of the expectation, "
            "right or wrong. That needs a b that does not depend on the action.",
        ),
        Option(
            "nothing at all: neither its mean nor its variance depends on b",
            "The mean does not; the variance does. To lower it is what a baseline is for, and a "
            "bad one can raise it.",
        ),
        Option(
            "the gradient becomes exact, as b removes the noise",
            "A baseline takes away that part of the noise which the state explains. The rest, "
            "from actions and from the world, stays.",
        ),
        Option(
            "its expectation stays right; its variance may be higher than with a good b",
            "E[∇ log π(a|s) b(s)] = 0 for every b(s). A bad baseline costs variance, not bias.",
            correct=True,
        ),
    ),
)

NORMALISING = Question(
    id="advantages-normalising",
    prompt="PPO normalises advantages. Why does that not stand inside gae?",
    options=(
        Option(
            "because normalised advantages give another direction for every sample",
            "Each sample is scaled alike and moved alike; its own gradient keeps its line. The "
            "question is which numbers belong together, and whether they can still be checked.",
        ),
        Option(
            "because it is a choice of training, over valid steps only; gae has exact answers",
            "What gae returns can be compared with the true advantage. Normalised numbers "
            "depend on which samples stand beside them, and rows that only reset an environment "
            "must be dropped first.",
            correct=True,
        ),
        Option(
            "because gae's results already have mean 0 and standard deviation 1",
            "They do not. With the true values the mean over the policy's actions would be 0; "
            "with a critic it is not, and the spread has the unit of the reward.",
        ),
        Option(
            "because normalising needs the gradient of the critic",
            "Advantages are numbers, no gradient flows through them. Only their mean and their "
            "standard deviation are needed.",
        ),
    ),
)

QUESTIONS = (TIME_LIMIT, CUT, LAMBDA, BASELINE, NORMALISING)
