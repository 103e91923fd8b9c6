"""How long `--help` takes: hfops against hf, alternating, in one run. Prints medians and their ratio."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time

ROUNDS = 15


def timed(program: str) -> float:
    """Seconds for one `program --help`."""
    start = time.perf_counter()
    subprocess.run([program, "--help"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    """Measure and print."""
    programs = [shutil.which("hfops"), shutil.which("hf")]
    if not all(programs):
        print("needs hfops and hf on the PATH: pip install -e '.[dev]'")
        return 1
    ours, theirs = (p for p in programs if p)
    for program in (ours, theirs):
        timed(program)
    rounds = [(timed(ours), timed(theirs)) for _ in range(ROUNDS)]
    mine, other = (statistics.median(r[i] for r in rounds) for i in (0, 1))
    print(f"hfops --help {mine * 1000:.0f} ms, hf --help {other * 1000:.0f} ms, ratio {mine / other:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
