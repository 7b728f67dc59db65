"""From importance sampling to PPO, in code a learner can read.

The package is a house of floors. A module imports from the floors below its own, and never upwards:

    maths      pure functions of tensors: the formulas of the lessons
    worlds     problems whose answers are known exactly
    training   networks, rollouts, and PPO, which calls the formulas of ``maths``
    teaching   what a notebook shows and asks: figures, tables, the checker, quizzes, progress
    lessons    the exercises and questions themselves, notebook by notebook
    commands   one door for authors and teachers: ``python -m ppo_lesson``

``import ppo_lesson`` alone loads none of them, and so no torch.
"""

__version__ = "0.1.0"
