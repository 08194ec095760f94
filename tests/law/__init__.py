"""The law alone: cases that lawyers write, properties, and the checks of facts and parameters."""
