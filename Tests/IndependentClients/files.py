"""Small files of three kinds that are what they say they are, no two alike."""

import os
import struct


def jpeg():
    """A grey picture of 8 by 8 pixels, with random bytes in comments."""
    def segment(marker, content):
        return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content

    one_code = bytes([1] + [0] * 15 + [0])
    comments = b"".join(segment(0xFE, os.urandom(10_000)) for _ in range(5))
    return b"".join([
        b"\xff\xd8", segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), comments,
        segment(0xDB, b"\0" + b"\x01" * 64), segment(0xC0, b"\x08\0\x08\0\x08\x01\x01\x11\0"),
        segment(0xC4, b"\0" + one_code), segment(0xC4, b"\x10" + one_code),
        segment(0xDA, b"\x01\x01\0\0\x3f\0"), b"\x3f\xff\xd9",
    ])


def pdf():
    """A page without anything on it."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"]
    text, places = b"%PDF-1.4\n%" + os.urandom(50_000).hex().encode() + b"\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(text))
        text += b"%d 0 obj%send%s\n" % (number, content, b"obj")
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (text + b"xref\n0 4\n0000000000 65535 f \n" + table
            + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(text))


def ogg():
    """A second of Opus."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 6) + b"spoold" + struct.pack("<I", 0)
    packets = [b"\x08" + os.urandom(120) for _ in range(50)]
    return _page(2, 0, 0, [head]) + _page(0, 0, 1, [tags]) + _page(4, 48_000, 2, packets)


def _page(flags, position, number, packets):
    lacing = b"".join(bytes([len(packet)]) for packet in packets)
    header = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, position, 7, number, 0, len(packets)) + lacing
    page = header + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(data):
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if value & 0x80000000 else value << 1
    return value
