"""Xorbs and shards, read only.

A xorb is a row of chunks, each behind eight bytes: version, packed length (3), scheme, length (3). A shard names files:
in records of 48 bytes a header, then the runs of chunks that make up the content. All numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hfops.sandbox.xet import lz4

PLAIN, LZ4, GROUPED_LZ4 = 0, 1, 2
RECORD = 48
WITH_VERIFICATION, WITH_METADATA = 0x80000000, 0x40000000
END = b"\xff" * 32


@dataclass(frozen=True, slots=True)
class Run:
    """Chunks ``start`` to ``end`` (not included) of a xorb."""

    xorb: str
    start: int
    end: int


def chunks(xorb: bytes) -> list[bytes]:
    """The content of each chunk of a xorb. ValueError for what is none."""
    found, at = [], 0
    while at + 8 <= len(xorb) and xorb[at] == 0:
        packed = int.from_bytes(xorb[at + 1 : at + 4], "little")
        length = int.from_bytes(xorb[at + 5 : at + 8], "little")
        found.append(_chunk(xorb[at + 4], xorb[at + 8 : at + 8 + packed], length))
        at += 8 + packed
    return found


def _chunk(scheme: int, data: bytes, length: int) -> bytes:
    if scheme not in (PLAIN, LZ4, GROUPED_LZ4):
        raise ValueError(f"unknown compression {scheme}")
    content = data if scheme == PLAIN else lz4.unpack(data)
    if scheme == GROUPED_LZ4:
        content = _ungrouped(content)
    if len(content) != length:
        raise ValueError(f"a chunk of {len(content)} bytes, {length} were said")
    return content


def _ungrouped(data: bytes) -> bytes:
    """Bytes that were sorted by their place modulo four, in their order again."""
    out, at = bytearray(len(data)), 0
    for group in range(4):
        size = len(range(group, len(data), 4))
        out[group::4] = data[at : at + size]
        at += size
    return bytes(out)


def files(shard: bytes) -> Iterator[list[Run]]:
    """What each file of a shard is made of."""
    at = RECORD
    while at + RECORD <= len(shard) and shard[at : at + 32] != END:
        flags, count = struct.unpack_from("<II", shard, at + 32)
        at += RECORD
        yield [_run(shard, at + RECORD * n) for n in range(count)]
        at += RECORD * count * (2 if flags & WITH_VERIFICATION else 1)
        at += RECORD if flags & WITH_METADATA else 0


def _run(shard: bytes, at: int) -> Run:
    start, end = struct.unpack_from("<II", shard, at + 40)
    return Run(name(shard[at : at + 32]), start, end)


def name(digest: bytes) -> str:
    """A hash as addresses spell it: four numbers of eight bytes in hex."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", digest))
