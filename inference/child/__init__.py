"""What runs in a model's own process and in the zygote it is forked from, and nowhere else."""
