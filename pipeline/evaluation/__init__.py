"""What the figures are: records against exact truth."""
