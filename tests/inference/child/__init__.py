"""Tests of the code of model processes, in this process if possible."""
