"""Notebook 07: questions and predictions on GAE, the ends of episodes and normalising."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

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

LAMBDA = Question(
    id="advantages-lambda",
    prompt=(
        "The critic errs as ours did in section 6. You lower λ from 1 to 0. What happens to GAE?"
    ),
    options=(
        Option(
            "less bias and less variance: a lower λ is better in every way",
            "A low λ leans on the critic, and its errors enter as bias: bias² rose from 0 to 0.06.",
        ),
        Option(
            "less bias, more variance",
            "The other way round. λ = 1 sums real rewards, which is noisy and right on average; "
            "λ = 0 believes the critic after one step.",
        ),
        Option(
            "more bias, less variance",
            "Fewer random rewards enter, so the noise falls; more of the critic's error does, so "
            "the bias grows. (A far worse critic adds noise of its own.)",
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
        "λ = 1, every episode is played to its end, and the critic is badly wrong. What does the "
        "critic do to the policy gradient?"
    ),
    options=(
        Option(
            "It biases it, by as much as the critic is wrong on average",
            "At λ = 1 the critic enters as a baseline alone. The score has mean zero in each "
            "state, so a number that depends on the state alone changes no mean.",
        ),
        Option(
            "Nothing: at λ = 1 the critic's values cancel in every estimate",
            "All but one cancel: the value of the step's own state stays, as a baseline.",
        ),
        Option(
            "It lowers the variance, as every baseline does",
            "A good baseline does. In section 6 a bad critic raised the variance of one gradient "
            "from 0.093 to 1.35.",
        ),
        Option(
            "Its mean stays right, and its variance may be higher",
            "A critic is a baseline there, and a bad baseline costs variance, not bias.",
            correct=True,
        ),
    ),
)

NORMALISING = Question(
    id="advantages-normalising",
    prompt="PPO normalises advantages, but not inside gae. What is an argument for that?",
    options=(
        Option(
            "An advantage must keep its sign, and normalising can change it",
            "It can: beside 2 and 6, the advantage 1 became -0.93. PPO accepts that wherever it "
            "normalises, inside gae or after it.",
        ),
        Option(
            "The critic's targets, V + A, need A in units of reward",
            "With a normalised A the critic would be fitted to a number without meaning. So gae "
            "keeps units of reward, and the policy's loss gets a normalised copy.",
            correct=True,
        ),
        Option(
            "What gae returns already has mean 0 and standard deviation 1",
            "It does not. Its spread has the unit of the reward, and with a critic that errs its "
            "mean is not 0 either.",
        ),
        Option(
            "Normalising there would send a gradient into the critic",
            "Advantages are constants in the loss: no gradient flows through them, normalised or "
            "not.",
        ),
    ),
)

QUESTIONS = (BASELINE, LAMBDA, TIME_LIMIT, NORMALISING)

PREDICT_SIGN = Question(
    id="predict-return-sign",
    prompt=(
        "In the near room, at the first step, going on is right: its true advantage is 0.22. You "
        "see one walk that went on, and compute G - V. How often does it come out negative, as if "
        "going on had been wrong?"
    ),
    options=(
        Option(
            "never: G - V is an unbiased estimate of the advantage",
            "Unbiased means right on average over many walks. It says nothing about one of them.",
        ),
        Option(
            "in about 3 of 100 walks",
            "That would be the case if walks differed little from each other. They pay anything "
            "from nothing to the largest prize.",
        ),
        Option(
            "in about 30 of 100 walks",
            "What a walk is paid depends on all later actions and doors too. Their noise is "
            "five times as large as the advantage.",
            correct=True,
        ),
        Option(
            "in half of them: one walk tells nothing",
            "It tells a little. If it told nothing, a million walks would tell nothing either.",
        ),
    ),
)

PREDICT_PERFECT_CRITIC = Question(
    id="predict-perfect-critic",
    prompt=(
        "Suppose the critic were perfect: it knows V exactly. Which λ then gives the advantages "
        "with the smallest mean squared error?"
    ),
    options=(
        Option(
            "λ = 0: one step, then the critic",
            "A perfect critic adds no bias at any λ. What is left is the noise of the rewards, "
            "and one step has least of it.",
            correct=True,
        ),
        Option(
            "λ = 0.95, which most programs use",
            "That is a compromise for a critic that errs. There is nothing left to compromise on.",
        ),
        Option(
            "λ = 1: real rewards are better than anybody's opinion",
            "They are as right on average as a perfect critic, and far noisier: they carry the "
            "luck of all later steps.",
        ),
        Option(
            "it makes no difference: all are unbiased then",
            "Unbiased they are, all of them. But the squared error is bias² plus variance.",
        ),
    ),
)

PREDICT_CARTPOLE = Question(
    id="predict-lambda-on-cartpole",
    prompt=(
        "With λ = 0.95 all 20 runs end with a mean return of at least 475. How many of the 20 runs "
        "with λ = 0 do, which had the least noise in the corridor?"
    ),
    options=(
        Option(
            "all 20: it is the steadiest estimate",
            "It was in the corridor, with a critic that errs by 1. Here the critic starts out "
            "knowing nothing.",
        ),
        Option(
            "about 15: a little bias costs a few runs",
            "That is more than λ = 0.8 reaches, which is 12.",
        ),
        Option(
            "about 8: less than half",
            "The loss is larger. λ = 0.5, with a little more of the rewards, reaches 2.",
        ),
        Option(
            "at most 2",
            "One. The median run of λ = 0 ends with a return of 113.",
            correct=True,
        ),
    ),
)

PREDICT_CLOCK = Question(
    id="predict-clock-target",
    prompt=(
        "Every step of this world pays 1 and is worth 100. A clock stops each episode after 500 "
        "steps, and a program takes that for the end of the world. What does it tell its critic "
        "about the last step?"
    ),
    options=(
        Option(
            "about 99: one step of 500 is missing",
            "What is missing is not one step but everything that would have followed the last one.",
        ),
        Option(
            "about 80, the average of all steps",
            "That is what a critic without a clock makes of all 500 targets. The target of the "
            "last step alone is much lower.",
        ),
        Option(
            "0, since nothing follows",
            "Nothing follows, says the program; but the step's own reward was paid.",
        ),
        Option(
            "1: its own reward, and then nothing",
            "The future that was cut off would have been worth 99. The same observation is told "
            "anything from 1 to 99, depending on a clock that it does not show.",
            correct=True,
        ),
    ),
)

PREDICT_NEXT_STEP = Question(
    id="predict-step-after-the-end",
    prompt=(
        "One pole of a vector environment has fallen: the step returned terminated = True. You "
        "call step again, with an action for every pole. What happens to the fallen one?"
    ),
    options=(
        Option(
            "an error: it must be reset first",
            "A single environment must be. A vector environment resets its members by itself, "
            "because the others go on.",
        ),
        Option(
            "it was reset before: the action is the first one of the new episode",
            "Then the step that ended the episode would have returned the new episode's "
            "observation. That is another mode, called same step, and not the default.",
        ),
        Option(
            "it is reset now: the action is ignored and the reward is 0",
            "This is the default, called next step. The row looks like all others, and nobody "
            "acted in it.",
            correct=True,
        ),
        Option(
            "it stays as it is until all poles have fallen",
            "That would be the case in a program that plays one batch of episodes. Here every "
            "fallen pole starts anew on its own.",
        ),
    ),
)

PREDICTIONS = (
    PREDICT_SIGN,
    PREDICT_PERFECT_CRITIC,
    PREDICT_CARTPOLE,
    PREDICT_CLOCK,
    PREDICT_NEXT_STEP,
)
