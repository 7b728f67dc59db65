"""From importance sampling to PPO, in code a learner can read.

The package is a house of floors. A module imports from the floors below its own, and never upwards:

    maths        pure functions of tensors: the formulas of the lessons
    worlds       problems whose answers are known exactly
    training     networks, rollouts, and PPO, which calls the formulas of ``maths``
    language     the same on sentences: PPO, GRPO, DPO, and a judge that enumerates
    experiments  recorded experiments, each beside its record
    figures      every figure, a module per notebook
    museum       faults of PPO, each one part of ``train`` replaced
    notebook     what stands on a page: numbers, tables, the dashboard
    exercises    how answers are checked; questions, predictions, progress
    explorers    pictures with sliders
    lessons      the exercises and questions themselves, a folder per notebook
    commands     one door for authors and teachers: ``python -m ppo_lesson``

``import ppo_lesson`` alone loads none of them, and so no torch.
"""

__version__ = "1.0.0"
