"""What models, datasets and Spaces share as repositories."""
