"""SQL of captioning: planning, claiming, settling."""
