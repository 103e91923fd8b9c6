"""hfops: a declarative reconciler for the Hugging Face Hub."""

__version__ = "0.1.0"
