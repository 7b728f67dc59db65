"""Networks, rollouts and PPO: the formulas of ``maths`` put together until a policy learns."""
