"""The drill of the day the keys are broken: a practice nation, its devices, and processes that are killed meanwhile."""
