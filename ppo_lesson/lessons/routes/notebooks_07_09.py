"""Slides of notebooks 07 to 09: advantages, PPO on CartPole, and how to debug it."""

from __future__ import annotations

from ppo_lesson.lessons.routes.slide import Slide

ADVANTAGES = (
    Slide(
        "Four ways to judge one action",
        points=(
            "**One step**: its reward, then ask the critic.",
            "**n steps**: n rewards, then ask the critic.",
            "**All the way**: every reward, and ask nobody.",
            "**Their weighted mean**: GAE.",
        ),
        ask="Which of them takes over the critic's errors, and which collects luck?",
        wrong="The return is called the truth, because it asks nobody. It is right on average "
        "only.",
        minutes=3,
    ),
    Slide("One walk, one return", ("07/predict-return-sign",)),
    Slide(
        "Right on average, wrong in 29 of 100",
        ("07/one-walk:picture",),
        ask="Where does the luck in these bars come from?",
        wrong="Unbiased is taken for reliable. The spread is five times the advantage.",
    ),
    Slide(
        "The TD error: one reward, then the critic",
        ("07/outcomes-text:formula", "07/td-error:table"),
        ask="Which column got better, and which worse?",
        wrong="Every error of the critic is called bias. What all actions of a state share is a "
        "baseline and changes no gradient on average.",
        minutes=3,
    ),
    Slide(
        "GAE, from a sum to one line",
        ("07/n-step-answer:formula",),
        ask="What is left of the sum for lambda = 0, and for lambda = 1?",
        wrong="The recursion runs forwards in somebody's code. Each row needs the next one.",
        minutes=4,
    ),
    Slide("A perfect critic", ("07/predict-perfect-critic",)),
    Slide(
        "Lambda dial",
        ("07/lambda-dial",),
        ask="How wrong must the critic be before lambda = 0.3 is best?",
        wrong="Lambda is taken for a second discount. Gamma changes the task, lambda how far you "
        "trust the critic.",
        minutes=4,
    ),
    Slide("Lambda on CartPole", ("07/predict-lambda-on-cartpole",)),
    Slide(
        "What twenty runs say, and what they do not",
        ("07/cartpole:picture",),
        ask="Which values of lambda cannot be told from 0.95?",
        wrong="The highest dot is taken for the best value. The intervals overlap.",
    ),
    Slide(
        "Three ways to stop",
        points=(
            "**Terminated**: the world ended. The future is worth 0.",
            "**Truncated**: somebody stopped the clock. Ask the critic.",
            "**End of the rollout**: the record is full. Ask the critic; no flag is set.",
            "Each stops the sum: the next row belongs to another episode.",
        ),
        ask="A chess game is lost on time, a pole stands after 500 steps. Which is which?",
        wrong="One flag called done stands for all three. The next slide shows what that does.",
        minutes=3,
    ),
    Slide(
        "What five slips make of three rows",
        ("07/wrong-ways:table",),
        ask="Which of these would a training curve show you?",
        wrong="None raises an error. Row 2 turns from a good step into a disaster.",
    ),
    Slide("Exercise: advantages, with every kind of ending", ("07/exercise-gae",), minutes=15),
    Slide("A stopped clock", ("07/predict-clock-target",)),
    Slide("After a fall", ("07/predict-step-after-the-end",)),
    Slide("What is the future worth?", ("07/advantages-time-limit",)),
)

CARTPOLE = (
    Slide(
        "The parts of PPO",
        points=(
            "**Ratio, surrogate, clip**: what an old sample counts, and until when",
            "**Rollout, advantage, critic**: was the action better than usual?",
            "**Epochs and minibatches**: how often a sample is used",
            "Collect, compute advantages, take several epochs of steps, throw away, again.",
        ),
        ask="Which part answers which question?",
        wrong="The parts are learned as a list. Ask for each what would break without it.",
    ),
    Slide(
        "One row in which nobody acted",
        ("08/collect:table",),
        ask="In which row did nobody act, and how do you know?",
        wrong="The row after the fall is trained on. It holds an ignored action and a jump.",
        minutes=3,
    ),
    Slide(
        "The loss has three terms",
        ("08/task-value-loss:formula",),
        ask="Which term is missing in our settings, and what would it do?",
        wrong="Signs. A loss is minimised: the entropy is a bonus, so it is subtracted.",
        minutes=3,
    ),
    Slide("A fault on purpose", ("08/predict-endless-fault",)),
    Slide(
        "Worlds whose answers are known",
        ("08/probes-table:table",),
        ask="Which probe would find a critic that does not see its input?",
        wrong="CartPole is taken for a test. It hides faults until episodes reach the clock.",
    ),
    Slide("How many gradient steps?", ("08/predict-gradient-steps",)),
    Slide(
        "Training, live: run the cell now, and compare with this end",
        ("08/live:picture",),
        ask="The largest ratio is above 1.2. Is that a fault of the clip?",
        wrong="Somebody looks at the loss for progress. Look at the return of fresh episodes.",
        minutes=4,
    ),
    Slide(
        "Before and after",
        ("08/solved:picture", "08/solved:numbers"),
        ask="What did the policy see to get there, and what did it not?",
        wrong="One good episode is taken for a solution. It is the mean of 100 fresh ones.",
    ),
    Slide(
        "The dashboard of a healthy run",
        ("08/dashboard:picture",),
        ask="One panel looks alarming late in the run although all is well. Which?",
        wrong="Explained variance falls at the end. The targets hardly vary any more, so small "
        "errors are a large share.",
        minutes=3,
    ),
    Slide("Nothing but the seed", ("08/predict-seeds",)),
    Slide(
        "Ten seeds",
        ("08/seeds-figure:picture2",),
        ask="Two methods, one seed each: what does the comparison say?",
        wrong="The band is read as the range of runs. It is an interval for the median.",
    ),
    Slide("Epochs or minibatches?", ("08/predict-reuse",)),
    Slide(
        "What reuse is worth, at equal gradient steps",
        ("08/reuse-figure:picture",),
        ask="What does the right panel say about reuse without the clip?",
        wrong="More epochs are compared with fewer steps. Both arms take the same number here.",
        minutes=3,
    ),
)

DEBUGGING = (
    Slide(
        "What healthy looks like",
        ("09/healthy-figure:picture",),
        ask="Which of these curves would you look at first?",
        wrong="Each curve is judged alone. What the others should be depends on the return.",
        minutes=3,
    ),
    Slide("A timid run", ("09/predict-timid",)),
    Slide(
        "No clip, and long steps",
        ("09/kl-figure:picture",),
        ask="How many hundredths of a nat are healthy?",
        wrong="A rule of thumb is taken for a law. It holds for this PPO while it learns.",
    ),
    Slide(
        "What a share forgives",
        ("09/ev-table:table",),
        ask="Which of the two numbers sees an offset?",
        wrong="An explained variance of 1 is taken for true values. It forgives a constant.",
    ),
    Slide("Who starves whom?", ("09/predict-own-limits",)),
    Slide(
        "Take the cause away and see",
        ("09/own-limits:table",),
        ask="What did the experiment show, and what did the story say?",
        wrong="A story that sounds right is believed. The control is one setting away.",
        minutes=3,
    ),
    Slide("Fourteen faults", ("09/predict-shows",)),
    Slide(
        "From numbers to a place",
        ("09/walk:table", "09/walk:numbers"),
        points=("Ask for the return first, then for the first ratio, then for the KL.",),
        ask="Which question of the tree would you ask next?",
        wrong="A leaf is taken for a verdict. It says where to look first.",
        minutes=3,
    ),
    Slide(
        "Exhibit B",
        ("09/museum-b:picture",),
        ask="Say what you see, panel by panel, before you say what it is.",
        wrong="A cause is shouted at once. Walk down the tree together; commit on the next slide.",
    ),
    Slide("Exhibit B: which line?", ("09/museum-b",)),
    Slide(
        "A test in place of a curve",
        points=(
            "Eight faults show in the return; one each in first ratio, KL and value loss.",
            "Three show in **no** curve: only a test finds them.",
            "A test asks the code a question with a known answer, on a few rows.",
            "The probes, in order: the first that fails names the part.",
        ),
        ask="Which question with a known answer could you ask your own code?",
        wrong="Curves are watched longer and longer. A few rows and a known answer take seconds.",
        minutes=3,
    ),
    Slide(
        "Which details matter?",
        ("09/ablations-figure:picture",),
        ask="Twelve comparisons: how many intervals miss 0 by chance?",
        wrong="An interval that holds 0 is read as no effect. It says that none was shown.",
        minutes=3,
    ),
    Slide("What is the cause?", ("09/diagnose-no-gradient",)),
)
