"""What ``python -m ppo_lesson`` does for authors and teachers: one module per command."""
