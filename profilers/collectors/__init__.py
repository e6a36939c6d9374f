"""Samplers of host memory, GPU memory and stacks, outside the training processes."""
