"""From the bytes of a model file to a fitted estimator, or to the reason why not."""
