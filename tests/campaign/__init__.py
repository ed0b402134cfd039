"""The fault campaign: real processes, faults on purpose, and a checker that knows nothing of the product."""
