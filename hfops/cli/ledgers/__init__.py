"""Parts of ``hfops ledger``."""
