"""MD4 (RFC 1320), for NTLM digests of published passwords and nothing else: OpenSSL 3 has it no more."""

import struct

_MASK = 0xFFFFFFFF
_START: tuple[int, ...] = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_ROUNDS = (
    (0, (3, 7, 11, 19), tuple(range(16))),
    (0x5A827999, (3, 5, 9, 13), (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
    (0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def md4(content: bytes) -> bytes:
    """Return the digest, 16 bytes."""
    padding = b"\x80" + bytes((55 - len(content)) % 64)
    padded = content + padding + struct.pack("<Q", 8 * len(content))
    state = _START
    for at in range(0, len(padded), 64):
        mixed = _compress(state, struct.unpack_from("<16I", padded, at))
        state = tuple((old + new) & _MASK for old, new in zip(state, mixed, strict=True))
    return struct.pack("<4I", *state)


def _compress(state: tuple[int, ...], words: tuple[int, ...]) -> tuple[int, ...]:
    a, b, c, d = state
    for number, (constant, shifts, order) in enumerate(_ROUNDS):
        for step, at in enumerate(order):
            mixed = (a + _mix(number, b, c, d) + words[at] + constant) & _MASK
            shift = shifts[step % 4]
            a, b, c, d = d, (mixed << shift | mixed >> (32 - shift)) & _MASK, b, c
    return a, b, c, d


def _mix(number: int, b: int, c: int, d: int) -> int:
    if number == 0:
        return (b & c) | (~b & _MASK & d)
    return (b & c) | (b & d) | (c & d) if number == 1 else b ^ c ^ d
