"""What a caption is worth: scorers and the gate."""
