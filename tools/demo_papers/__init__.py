"""The sample papers of the offline demo: their text (content/), figures (plots_*) and formats (write_*)."""
