"""What a child gives up before it opens a model, so that a hostile one gets nothing."""
