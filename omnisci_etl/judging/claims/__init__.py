"""Claims: a caption split into statements that can be checked one by one, a verdict on each, and what follows."""
