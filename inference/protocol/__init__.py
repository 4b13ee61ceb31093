"""What the API process and the model processes send each other."""
