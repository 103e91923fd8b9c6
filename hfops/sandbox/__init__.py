"""The embedded Hub: the Hub API on 127.0.0.1, in memory, with the real one's manners."""
