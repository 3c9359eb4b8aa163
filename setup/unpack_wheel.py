#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack the members of a wheel that match a pattern.

usage: unpack_wheel.py WHEEL FOLDER PATTERN...

A pattern is a shell pattern against the whole member name; one that begins with ! takes members out again. Fails when
nothing matches, so that a renamed file is noticed here and not at run time.
"""

import fnmatch
import os
import shutil
import sys
import zipfile


def wanted(name, patterns):
    keep = False
    for pattern in patterns:
        if pattern.startswith("!"):
            keep = keep and not fnmatch.fnmatchcase(name, pattern[1:])
        else:
            keep = keep or fnmatch.fnmatchcase(name, pattern)
    return keep


def main(arguments):
    if len(arguments) < 3:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    wheel, folder, patterns = arguments[0], arguments[1], arguments[2:]
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            name = member.filename
            if member.is_dir() or not wanted(name, patterns):
                continue
            if name.startswith("/") or ".." in name.split("/"):
                print(f"unpack_wheel.py: {wheel} holds the unsafe name {name!r}", file=sys.stderr)
                return 1
            target = os.path.join(folder, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
            count += 1
    if count == 0:
        print(f"unpack_wheel.py: nothing in {wheel} matches {' '.join(patterns)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
