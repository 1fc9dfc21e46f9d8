"""How fast the rulebook is, as ratios inside one run: `make bench`, and docs/benchmarks.md for the figures."""
