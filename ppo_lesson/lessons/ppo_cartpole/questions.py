"""Notebook 08: a quiz, and an open question on what PPO's parts are for."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

OLD_LOG_PROB = Question(
    id="ppo-old-log-prob",
    prompt="A rollout is used for four epochs. When is old_log_prob computed?",
    options=(
        Option(
            "At the start of each epoch, so that it is up to date.",
            "Then the ratio would be 1 again at the start of each epoch. But the samples are still "
            "those of the policy that collected them.",
        ),
        Option(
            "Once, before the first epoch.",
            "It belongs to the policy that acted. It is stored in the rollout, without a gradient.",
            correct=True,
        ),
        Option(
            "Before each gradient step, from the network of that moment.",
            "Then every ratio would be 1 at every step, and the clip would never act.",
        ),
        Option(
            "Once, when the last epoch is over.",
            "The ratio needs it from the first epoch on, and by then the policy has moved.",
        ),
    ),
)

FAILING_PROBE = Question(
    id="ppo-failing-probe",
    prompt=(
        "Your program learns the value 1 of ConstantProbe. In ObsProbe, whose values are -1 and 1, "
        "it learns 0 for both observations. Where do you look first?"
    ),
    options=(
        Option(
            "At the clip: it holds the critic back from both values.",
            "A critic that is held back would have missed the 1 of ConstantProbe as well.",
        ),
        Option(
            "At gae: the future is not discounted correctly.",
            "An episode of ObsProbe is one step long. There is nothing to discount yet.",
        ),
        Option(
            "At the policy's loss: the action does not fit the observation.",
            "Both actions pay alike in ObsProbe, so its values do not depend on the policy.",
        ),
        Option(
            "At how observations reach the critic: 0 is the mean of both values.",
            "A critic that cannot tell the observations apart learns their mean. ConstantProbe "
            "cannot show that.",
            correct=True,
        ),
    ),
)

EXPLAINED_VARIANCE = Question(
    id="ppo-explained-variance",
    prompt="The dashboard shows an explained variance of 0.95. What do you know about the critic?",
    options=(
        Option(
            "Its values are right to within about 5 %.",
            "A constant offset would not show, and the targets may be wrong too: they contain the "
            "critic's own values.",
        ),
        Option(
            "It follows its targets, up to a constant.",
            "Whether the targets are right is another matter: each is V + A, and A is made with V.",
            correct=True,
        ),
        Option(
            "It explains 95 % of the return, so the policy is nearly as good as it can be.",
            "It says nothing about the policy: a critic can predict a poor one's returns well.",
        ),
        Option(
            "It overfits, since no critic can predict 95 % of what happens by chance.",
            "How much can be predicted depends on the world and on the policy. One number does "
            "not show overfitting.",
        ),
    ),
)

FAIR_REUSE = Question(
    id="ppo-fair-reuse",
    prompt=(
        "Each rollout is one minibatch. Thirty epochs return more than one epoch, from the same "
        "environment steps. A colleague concludes that using samples again is what pays. What is "
        "the strongest objection?"
    ),
    options=(
        Option(
            "None: both runs saw the same number of environment steps.",
            "They did, but that is not all that counts: one of them took 30 times as many gradient "
            "steps.",
        ),
        Option(
            "A return is too noisy to compare two settings with each other.",
            "With enough seeds and an interval it can be compared. The noise is not the problem "
            "here.",
        ),
        Option(
            "One of them also took 30 times as many gradient steps.",
            "Two things differ. One epoch of small minibatches takes as many steps and uses each "
            "sample once.",
            correct=True,
        ),
        Option(
            "After the first epoch the samples are off-policy, so its return means nothing.",
            "The samples are, and the ratio accounts for it. The return is measured in fresh "
            "episodes all the same.",
        ),
    ),
)

QUESTIONS = (OLD_LOG_PROB, FAILING_PROBE, EXPLAINED_VARIANCE, FAIR_REUSE)

PARTS_OF_PPO = OpenQuestion(
    id="parts-of-ppo",
    source="synthesis 1, part by part",
    prompt=(
        "What is PPO's principle? Name its parts, and say of each what would go wrong without it."
    ),
    model_answer=(
        "PPO improves a policy by gradient steps and takes several of them on each rollout, "
        "because collecting is what costs. After the first step the policy is no longer the one "
        "that collected. The ratio corrects the weight of each action, so that the surrogate "
        "E_old[r A] has the policy gradient at θ_old. Without it later steps would count each "
        "sample as often as the old policy drew it.\n\n"
        "The surrogate can be trusted near θ_old only: the states are still those of the old "
        "policy, and the variance of the ratios grows. The clip ends the reward for moving a "
        "ratio beyond 1 ± ε, and the minimum keeps the objective from looking better than it is. "
        "This does not bound the ratio; it switches samples off. Without it, thirty epochs "
        "returned 183 less in section 9, each arm at its best step size.\n\n"
        "The advantage, by GAE, says how much better an action was than usual; without a baseline "
        "its estimate is noisier. It needs a critic, trained beside the policy, and ends of "
        "episodes that are told apart: terminated, truncated, cut. Epochs and minibatches turn one "
        "rollout into several gradient steps. Then it is thrown away: PPO collects on-policy."
    ),
    rubric=(
        "Several steps on each rollout are the aim, and the ratio corrects for the policy that "
        "collected it.",
        "Clip and minimum keep an update near by ending a reward, not by bounding the ratio.",
        "Advantage, critic and the ends of episodes are named, with what each is for.",
    ),
)

OPEN_QUESTIONS = (PARTS_OF_PPO,)
