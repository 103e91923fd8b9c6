"""``python -m hfops``."""

from hfops.cli.main import main

if __name__ == "__main__":
    main()
