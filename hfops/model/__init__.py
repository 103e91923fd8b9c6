"""The nouns: plain frozen data. No I/O; imports nothing else of hfops."""
