"""The messages between the API process and the model processes."""
