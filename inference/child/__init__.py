"""The code of the model processes and of the zygote that they are forked from."""
