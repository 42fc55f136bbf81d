"""A model that judges captions by a rubric and in pairs, and the test of how far it can be trusted."""
