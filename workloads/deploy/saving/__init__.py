"""How a trained model is saved, one module for each framework: run in the training process."""
