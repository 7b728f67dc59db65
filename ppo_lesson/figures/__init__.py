"""Figures: `plot_x(ax, data)` draws with the tested functions; one module per notebook."""
