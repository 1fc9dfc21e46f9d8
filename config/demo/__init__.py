"""The demo world: one historical contract from published facts, one invented contract in full swing."""
