#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""links.py ROOT: every link between README.md, CONTRIBUTING.md, SECURITY.md and the pages in docs/ leads to a
file, and to a heading of it. Every page in docs/ is linked from README.md. Every `path` of the repository that a page
names is there."""
import glob
import os
import re
import sys

LINK = re.compile(r'\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"')


PATH = re.compile(r"`((?:cmake|docker|docs|proto|service|tests|tools|zeek)/[\w./*-]*)`")


def prose(text):
    """The lines outside of fenced blocks."""
    lines, fenced = [], False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            lines.append(line)
    return lines


def anchors(text):
    """The names that GitHub gives to the headings."""
    found = set()
    for line in prose(text):
        if line.startswith("#"):
            title = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip()).lower()
            found.add(re.sub(r"[^\w\- ]", "", title).replace(" ", "-"))
    return found


def main(root):
    pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
    for folder, _, names in os.walk(os.path.join(root, "docs")):
        pages += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(".md")]
    texts = {page: open(os.path.join(root, page), encoding="utf-8").read() for page in pages}
    faults, linked = [], set()
    for page, text in texts.items():
        for match in LINK.finditer("\n".join(prose(text))):
            target = match.group(1) or match.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if page == "README.md":
                linked.add(file)
            if not os.path.exists(os.path.join(root, file)):
                faults.append(f"{page}: no file {target}")
            elif anchor and file.endswith(".md"):
                with open(os.path.join(root, file), encoding="utf-8") as stream:
                    if anchor not in anchors(stream.read()):
                        faults.append(f"{page}: no heading {target}")
        for path in PATH.findall("\n".join(prose(text))):
            if not glob.glob(os.path.join(root, path)):
                faults.append(f"{page}: no file {path}")
    faults += [f"README.md does not link {page}" for page in pages[3:] if page not in linked]
    print("\n".join(faults) or f"{len(pages)} pages")
    return 1 if faults else 0


sys.exit(main(sys.argv[1]))
