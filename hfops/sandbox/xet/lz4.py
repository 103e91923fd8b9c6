"""LZ4 frames, read only: as much of the format as clients write."""

from __future__ import annotations

import struct

MAGIC = b"\x04\x22\x4d\x18"
RAW = 0x80000000
"""The bit of a block's size that says that the block is not compressed."""


def unpack(frame: bytes) -> bytes:
    """The content of one frame. ValueError for what is none."""
    if frame[:4] != MAGIC:
        raise ValueError("no LZ4 frame")
    flags = frame[4]
    at = 7 + 8 * bool(flags & 0x08) + 4 * bool(flags & 0x01)
    out = bytearray()
    while size := struct.unpack_from("<I", frame, at)[0]:
        length = size & ~RAW
        block = frame[at + 4 : at + 4 + length]
        if size & RAW:
            out += block
        else:
            _block(block, out)
        at += 4 + length + 4 * bool(flags & 0x10)
    return bytes(out)


def _block(data: bytes, out: bytearray) -> None:
    """Append a compressed block's content; matches may reach back into what is there already."""
    at = 0
    while at < len(data):
        token = data[at]
        literals, at = _length(data, at + 1, token >> 4)
        out += data[at : at + literals]
        at += literals
        if at >= len(data):
            return  # the last sequence has no match
        offset = data[at] | data[at + 1] << 8
        length, at = _length(data, at + 2, token & 15)
        _copy(out, offset, length + 4)


def _length(data: bytes, at: int, nibble: int) -> tuple[int, int]:
    """A length that begins in four bits and goes on while bytes are full; and where it ends."""
    total = nibble
    more = nibble == 15
    while more:
        total += data[at]
        more = data[at] == 255
        at += 1
    return total, at


def _copy(out: bytearray, offset: int, length: int) -> None:
    """Append ``length`` bytes from ``offset`` back; where it reaches into itself, what is there repeats."""
    if not 0 < offset <= len(out):
        raise ValueError("an LZ4 match before the beginning")
    source = bytes(out[len(out) - offset :][:length])
    out += (source * (length // len(source) + 1))[:length]
