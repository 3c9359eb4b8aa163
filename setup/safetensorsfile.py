# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing safetensors files with Python's own library; used by the scripts that unpack networks."""

import json
import os
import struct


def write_safetensors(path, tensors, metadata):
    """Eight-byte tensors first, then by name, so that every tensor is aligned and the file is reproducible."""
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors, key=lambda key: (tensors[key][0] != "I64", key)):
        dtype, shape, data = tensors[name]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    encoded = json.dumps(header, separators=(",", ":")).encode("utf-8")
    encoded += b" " * (-len(encoded) % 8)
    partial = f"{path}.part"
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(encoded)))
        file.write(encoded)
        for chunk in chunks:
            file.write(chunk)
    os.replace(partial, path)
