"""Slides of notebooks 00 to 03: the policy gradient, importance sampling, weights that explode."""

from __future__ import annotations

from ppo_lesson.lessons.routes.slide import Slide

START_HERE = (
    Slide("How much practice does PPO need?", ("00/predict-practice",)),
    Slide(
        "PPO learns to balance a pole",
        ("00/live:picture", "00/live:numbers"),
        ask="The curve is flat at first. What has the policy learned by then?",
        wrong="The curve is taken for training data. It is the mean of 20 fresh episodes, played "
        "only to measure.",
        minutes=3,
    ),
    Slide(
        "The same start, before, during and after training",
        ("00/three-moments:picture",),
        ask="What does the second policy do well already, and what not yet?",
        wrong="Somebody asks who told the policy how to balance. Nobody did: each step with the "
        "pole up pays 1, and that is all it is told.",
    ),
    Slide(
        "The same data, one pass in place of four",
        ("00/one-pass:numbers",),
        points=(
            "PPO collects a batch and passes over it **four** times.",
            "After the first step the policy that collected it no longer exists.",
            "With **one** pass over each batch, the same training ends here:",
        ),
        ask="May one use a batch that another policy collected? Why not ten times, then?",
        wrong="Four passes are also four times as many gradient steps. Notebook 08 takes the two "
        "apart.",
    ),
    Slide(
        "Where the road leads",
        points=(
            "Policy gradient → each batch is used once → **importance sampling**",
            "→ the **surrogate** → two dangers: old states (bias), ratio explosion (variance)",
            "→ stay near: price, fence, **clip** → **PPO**",
            "→ preferences as rewards: RLHF → without a reward model: DPO",
        ),
        ask="Which of these words have you met before?",
        wrong="A list of words is forgotten. Come back to this slide at the end of each meeting "
        "and ask where we are.",
    ),
    Slide("What do you know already?", ("00/knows-log-derivative-trick",)),
    Slide("What do you know already?", ("00/knows-advantage",)),
    Slide("Your first exercise", ("00/exercise-expectation",), minutes=5),
)

POLICY_GRADIENT = (
    Slide(
        "A corridor with three prizes",
        ("01/policies:picture", "01/policies:table"),
        ask="Which of the two policies earns more?",
        wrong="The walk lasts three steps at most. Who overlooks that thinks that going on is "
        "always right.",
        minutes=3,
    ),
    Slide("Which way is up?", ("01/predict-middle-room",)),
    Slide(
        "Going on costs, for a coin",
        ("01/nudge:numbers",),
        points=("The gradient judges an action by what **this** policy does afterwards.",),
        ask="For which policy would the sign be the other one?",
        wrong="The far room holds the largest prize, so the minus looks like a mistake. A coin "
        "seldom takes that prize in time.",
        minutes=1,
    ),
    Slide(
        "From a sum over walks to an average over samples",
        ("01/task-score:formula",),
        ask="In which line does the world drop out, and why?",
        wrong="The first line looks like an expectation. It is none: the slopes of the "
        "probabilities add up to zero.",
        minutes=4,
    ),
    Slide(
        "The policy gradient theorem",
        ("01/theorem:formula",),
        points=("Act; then make each action taken likelier, in proportion to the return.",),
        ask="What is the small print? Whose walks are these?",
        wrong="The sum over steps is forgotten, because a common short form leaves it out.",
    ),
    Slide("How many walks?", ("01/predict-tenth-of-the-error",)),
    Slide(
        "The noise falls like one over a root",
        ("01/estimates-table:picture",),
        ask="How many walks until the sign is safe?",
        wrong="Noise and bias are mixed up. This estimate has no bias at all: every column of dots "
        "is centred on the line.",
    ),
    Slide("Ten more for everybody", ("01/predict-ten-more",)),
    Slide(
        "The same mean, less noise",
        ("01/ten-more:table", "01/mean-zero:formula"),
        ask="May the baseline depend on the state? On the action?",
        wrong="A baseline that depends on the action biases the estimate: the score averages to "
        "zero over the actions of a state only.",
        minutes=3,
    ),
    Slide("Exercise: a loss whose gradient is the policy gradient",
          ("01/exercise-reinforce-loss",), minutes=7),
    Slide(
        "A batch is used once and thrown away",
        ("01/loop:picture", "01/meter:numbers"),
        ask="How many samples did the last step use, of all that were generated?",
        wrong="The loop looks wasteful without a reason. The next question is the reason.",
    ),
    Slide(
        "A language model is a policy",
        ("01/language-model:table",),
        points=(
            "State: the prompt and all tokens so far. Action: the next token.",
            "Reward: a mark for the answer, paid with its last token.",
        ),
        ask="What does one sample cost here, and what one gradient?",
        wrong="The answer is taken for the action. Then there would be one term, not one a token.",
    ),
    Slide("One batch, forty steps", ("01/predict-endless-batch",)),
    Slide(
        "The temptation, and the price",
        ("01/reuse:picture",),
        ask="Up to which step would you have been content?",
        wrong="Somebody wants more data. This batch is endless: what is left is bias.",
        minutes=3,
    ),
    Slide("Which update is on-policy?", ("01/pg-on-policy",)),
)  # fmt: skip

IMPORTANCE = (
    Slide(
        "A list of throws from the wrong die",
        ("02/two-dice:table", "02/two-dice:numbers"),
        ask="You want the mean of the fair die, and have throws of the loaded one. Is the list "
        "useless?",
        wrong="Somebody would throw away sixes until the shares are right. That works, and wastes "
        "most of the list; a weight does the same without waste.",
        minutes=3,
    ),
    Slide("How much must a six count?", ("02/predict-weight-of-a-six",)),
    Slide(
        "Weighted, the list answers for the fair die",
        ("02/first-estimate:picture", "02/first-estimate:table"),
        ask="What is the price of the weights? Look at the standard errors.",
        wrong="A weight changes how much a throw counts, not its value. Heights divided by 1.1 are "
        "not weighted heights.",
        minutes=3,
    ),
    Slide(
        "Why it works, in three lines",
        ("02/identity:formula", "02/three-lines:table"),
        ask="Which line may not be written if the proposal never shows an outcome?",
        wrong="The weight is turned upside down. What you want over what you have.",
        minutes=4,
    ),
    Slide("Exercise: a weight for every sample", ("02/exercise-importance-weights",), minutes=6),
    Slide(
        "The same with two policies",
        ("02/policies:formula", "02/two-policies:table"),
        ask="The new policy has never acted. Whose actions are these?",
        wrong="The ratio is read as a quality of the action. It says only how much likelier the "
        "action has become.",
        minutes=3,
    ),
    Slide("What the proposal never shows", ("02/predict-missing-face",)),
    Slide(
        "A hole that no number of the batch shows",
        ("02/holes:table",),
        ask="In the first row, which column could have warned you?",
        wrong="A small standard error is read as a small error. It knows only what was drawn.",
    ),
    Slide("The best die to order", ("02/predict-best-die",)),
    Slide(
        "Choose a proposal yourself",
        ("02/proposal-explorer",),
        ask="Begin on top of the target. Is there a better place? Which is worse, too wide or too "
        "narrow?",
        wrong="Even weights are taken for the aim. The smallest error has uneven ones, because "
        "samples fall where the value is large.",
        minutes=4,
    ),
    Slide(
        "Subtract logarithms, then take exp once",
        ("02/underflow:numbers",),
        points=("A sentence of 1,000 tokens: log-probabilities $-2995$ and $-3000$.",),
        ask="What does a program print that divides the two probabilities?",
        wrong="The first line passes every test on short sentences, and gives nan on long ones.",
    ),
    Slide("Find the flaw", ("02/is-find-the-flaw",)),
)

EXPLODING = (
    Slide(
        "What is a weighted batch worth?",
        ("03/worth:formula2", "03/two-coins:table"),
        ask="Which of the two directions would you rather sample in?",
        wrong="Very small weights are feared as much as large ones. They waste samples; a large "
        "one takes over the batch.",
        minutes=3,
    ),
    Slide("Who warns you?", ("03/predict-who-warns",)),
    Slide(
        "Nobody does",
        ("03/bridge-estimate:table",),
        ask="Which decision does this estimate recommend?",
        wrong="The mean weight of 0.9953 looks like a warning. With 1/1000 of noise it is none.",
    ),
    Slide("A proposal with light tails", ("03/predict-claimed-errors",)),
    Slide(
        "The lowest estimates claim the smallest errors",
        ("03/claimed-errors:picture",),
        ask="What would you see if you had only one of these batches?",
        wrong="Somebody wants larger batches. The variance is infinite: there is no root of N "
        "to hope for.",
    ),
    Slide("Five hundred harmless steps", ("03/predict-harmless-steps",)),
    Slide(
        "A product of harmless ratios",
        ("03/simulate-products:table", "03/product-lines:formula"),
        ask="Each step costs one per cent. What is left of a batch after 500?",
        wrong="One looks at a single ratio, 0.9 to 1.1, and is content. The weight of the "
        "trajectory is their product.",
        minutes=3,
    ),
    Slide("The mean weight", ("03/predict-mean-of-a-batch",)),
    Slide(
        "Weight rain",
        ("03/explorer",),
        ask="Find a horizon at which ten trajectories of a thousand are left.",
        wrong="The sampled ESS is believed. It is an optimist: a large weight that was not drawn "
        "is not counted.",
        minutes=4,
    ),
    Slide(
        "What can be done",
        ("03/remedies-table:table",),
        ask="Which of these changes the answer that you get on average?",
        wrong="Unbiased is taken for good. The plain weights are unbiased and worse than none.",
        minutes=3,
    ),
    Slide("Exercise: how many samples is it worth?",
          ("03/exercise-effective-sample-size",), minutes=8),
    Slide("A mean weight of 1.01", ("03/explode-mean-weight",)),
)  # fmt: skip
