"""What a notebook shows a learner: figures, numbers, tables, and the pole in motion."""
