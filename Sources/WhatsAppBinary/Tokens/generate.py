#!/usr/bin/env python3
"""Writes Tokens+Tables.swift from the tokens.json beside it. Needed only after tokens.json changed."""

import hashlib
import json
import pathlib

CHECKSUM = "cfe8fcd3ef24f232ec7df9824e1baa277f6a736543efc0e5f48aa46abb0f8cd0"
WIDTH = 118

folder = pathlib.Path(__file__).parent
dictionary = json.loads((folder / "tokens.json").read_text())
single, double = dictionary["single"], dictionary["double"]
everything = single + [token for table in double for token in table]
used = [token for token in everything if token]

assert hashlib.sha256("\n".join(everything).encode()).hexdigest() == CHECKSUM, "the tables are not the known ones"
assert len(single) == 236 and [len(table) for table in double] == [256] * 4 and single[0] == ""
assert len(set(used)) == len(used), "a token stands for two numbers"
assert all(0x20 <= ord(character) < 0x7F and character not in '"\\' for token in used for character in token)


def rows(tokens):
    line = "       "
    for token in tokens:
        item = f' "{token}",'
        if len(line) + len(item) > WIDTH:
            yield line
            line = "       "
        line += item
    yield line


def table(name, comment, tokens):
    return [f"    /// {comment}", f"    static let {name}: [String] = [", *rows(tokens), "    ]"]


lines = [
    "// Made by generate.py from tokens.json; change those.",
    "",
    "// swift-format-ignore-file",
    "",
    "extension Tokens {",
    "    /// The number that a connection header announces.",
    f'    public static let dictionaryVersion: UInt8 = {dictionary["dictVersion"]}',
    "    /// UTF-8 bytes of the longest token.",
    f"    static let maximumLength = {max(map(len, used))}",
    "",
    *table("single", "One byte each; number 0 is not used.", single),
    "",
    *table("double", "Two bytes each: four tables of 256, one after the other.", everything[len(single):]),
    "}",
]
(folder / "Tokens+Tables.swift").write_text("\n".join(lines) + "\n")
