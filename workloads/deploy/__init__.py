"""Deployment of a trained model: saving it in every format that its framework offers, and trying each afresh."""
