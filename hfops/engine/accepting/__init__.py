"""The parts of taking drift over. See ``hfops.engine.accept``."""
