#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""words.py ROOT: no word of private_words.txt is in the prose of README.md, CHANGELOG.md, CONTRIBUTING.md,
SECURITY.md and docs/, nor anywhere in the folders of clean_folders.txt. In prose, `code` and fenced blocks do not
count: they quote the program."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs"]


def entries(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def files(root, name):
    path = os.path.join(root, name)
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(folder, file) for folder, _, names in os.walk(path) for file in sorted(names)]


def text_of(path):
    """The lines of a text file, and of a page only its prose."""
    with open(path, "rb") as file:
        content = file.read()
    if b"\0" in content:
        return []
    lines, fenced = content.decode("utf-8").split("\n"), False
    if not path.endswith(".md"):
        return lines
    for index, line in enumerate(lines):
        begins = line.startswith("```")
        fenced ^= begins
        lines[index] = "" if fenced or begins or line.startswith("    ") else re.sub(r"`[^`]*`", "``", line)
    return lines


def plain(line):
    """Identifiers as words: in_step, InStep and in-step are "in step"."""
    return re.sub(r"[_-]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", line)).lower()


def main(root):
    words = [[part.strip() for part in entry.split("=")] for entry in entries("private_words.txt")]
    patterns = [(re.compile(r"\b" + re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") + r"\b"), word, instead)
                for word, instead in words]
    lists = {os.path.join(HERE, name) for name in ("private_words.txt", "clean_folders.txt", "words.py")}
    faults = looked_at = 0
    for path in sorted({path for name in PAGES + entries("clean_folders.txt") for path in files(root, name)}):
        if os.path.abspath(path) in lists:
            continue
        lines = [plain(line) for line in text_of(path)]
        looked_at += len(lines)
        text = "\n".join(lines)
        for pattern, word, instead in patterns:
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                print(f"{os.path.relpath(path, root)}:{line}: not \"{word}\" but: {instead}")
                faults += 1
    print(f"{looked_at} lines, {faults} private words")
    return 1 if faults or not looked_at else 0


sys.exit(main(sys.argv[1]))
