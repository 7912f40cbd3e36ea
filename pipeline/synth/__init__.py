"""Generated forms with exact truth: what the models are trained on, what the figures are measured on."""
