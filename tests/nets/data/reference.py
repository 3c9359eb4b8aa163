#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of core/nets once more, in numpy and double precision, to check the program's against.

Prints networks.json: for each architecture the first numbers that it puts out for two pictures, a digest of its tensors' names and shapes, and
the number of its parameters. Weights and pictures follow from formulas, which tests/nets/tst_reference.cpp has too:

    value[i] = centre + reach * (2 frac(43758.5453 sin(12.9898 i + s)) - 1), where s is the sum over the name's characters of (place + 1) * code
    and frac(v) = v - floor(v); centre and reach: see Weights.__call__
    picture[n, c, y, x] = 0.9 * sin(0.3 * y + 0.2 * x + c + 2 * n), 112 pixels a side, 173 for dlib-resnet

Usage: python3 reference.py > networks.json
"""
import hashlib
import json
import math
import sys

import numpy as np


class Weights:
    """Makes a tensor when it is first asked for, and remembers what was asked for."""

    def __init__(self):
        self.shapes = {}

    def __call__(self, name, *shape):
        self.shapes[name] = shape
        s = sum((place + 1) * ord(letter) for place, letter in enumerate(name))
        i = np.arange(math.prod(shape), dtype=np.float64)
        wave = 43758.5453 * np.sin(12.9898 * i + s)
        wave = (2 * (wave - np.floor(wave)) - 1).reshape(shape)
        if len(shape) > 1:  # convolutions and linear layers: about as much comes out as goes in
            return math.sqrt(6 / math.prod(shape[1:])) * wave
        if name == "features.weight":
            return np.ones(shape)
        if name.endswith("running_var"):
            return 1 + 0.5 * wave
        if name.endswith("running_mean") or name.endswith("bias"):
            return 0.2 * wave
        if name.endswith("prelu.weight"):
            return 0.25 + 0.15 * wave
        return 0.6 + 0.3 * wave  # a batch-norm's

    def digest(self):
        lines = "".join(f"{name} {'x'.join(map(str, shape))}\n" for name, shape in sorted(self.shapes.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def parameters(self):
        return sum(math.prod(shape) for name, shape in self.shapes.items() if "running_" not in name)


def conv(w, name, x, out, kernel, stride):
    weight = w(name + ".weight", out, x.shape[1], kernel, kernel)
    if kernel > 1:
        x = np.pad(x, ((0, 0), (0, 0), (kernel // 2, kernel // 2), (kernel // 2, kernel // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    return np.moveaxis(np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))), 3, 1)


def norm(w, name, x):
    channels = x.shape[1]
    shape = (1, channels) + (1,) * (x.ndim - 2)
    weight, bias, mean, variance = (w(f"{name}.{part}", channels).reshape(shape) for part in ("weight", "bias", "running_mean", "running_var"))
    return (x - mean) / np.sqrt(variance + 1e-5) * weight + bias


def prelu(w, name, x):
    return np.where(x > 0, x, w(name + ".weight", x.shape[1]).reshape(1, -1, 1, 1) * x)


def linear(w, name, x, out):
    return x @ w(name + ".weight", out, x.shape[1]).T + w(name + ".bias", out)


def shortcut(w, name, x, out, stride):
    if stride == 1 and x.shape[1] == out:
        return x
    return norm(w, name + ".downsample.1", conv(w, name + ".downsample.0", x, out, 1, stride))


def iresnet(w, x, blocks, channels=(64, 128, 256, 512), size=512):
    x = prelu(w, "prelu", norm(w, "bn1", conv(w, "conv1", x, channels[0], 3, 1)))
    for stage, (count, out) in enumerate(zip(blocks, channels)):
        for i in range(count):
            name, stride = f"layer{stage + 1}.{i}", 2 if i == 0 else 1
            y = conv(w, name + ".conv1", norm(w, name + ".bn1", x), out, 3, 1)
            y = prelu(w, name + ".prelu", norm(w, name + ".bn2", y))
            y = norm(w, name + ".bn3", conv(w, name + ".conv2", y, out, 3, stride))
            x = y + shortcut(w, name, x, out, stride)
    x = norm(w, "bn2", x)
    return norm(w, "features", linear(w, "fc", x.reshape(len(x), -1), size))


def ddnet(w, x, channels, blocks):
    x = prelu(w, "prelu", norm(w, "bn1", conv(w, "conv1", x, channels[0], 3, 1)))
    for stage, (count, out) in enumerate(zip(blocks, channels)):
        for i in range(count):
            name, stride = f"layer{stage + 1}.{i}", 2 if i == 0 else 1
            y = prelu(w, name + ".prelu", norm(w, name + ".bn1", conv(w, name + ".conv1", x, out, 3, 1)))
            y = norm(w, name + ".bn2", conv(w, name + ".conv2", y, out, 3, stride))
            x = y + shortcut(w, name, x, out, stride)
    return 1 / (1 + np.exp(-linear(w, "fc", x.mean(axis=(2, 3)), 1)))


def pool(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    return windows.max(axis=(4, 5))


def plain(w, name, x, out, kernel, stride=1, pad=True, norm_name=None):
    """Convolution without bias, batch-norm."""
    weight = w(name + ".conv.weight", out, x.shape[1], *kernel)
    if pad:
        x = np.pad(x, ((0, 0), (0, 0)) + tuple((k // 2, k // 2) for k in kernel))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))[:, :, ::stride, ::stride]
    return norm(w, norm_name or name + ".bn", np.moveaxis(np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))), 3, 1))


def relu(x):
    return np.maximum(x, 0)


def chain(w, name, x, steps):
    """Steps of (channels, kernel, stride, padded)."""
    for i, (out, kernel, stride, pad) in enumerate(steps):
        x = relu(plain(w, f"{name}.{i}", x, out, kernel, stride, pad))
    return x


def polynet(w, x, first_stride, face):
    x = chain(w, "stem.conv1", x, [(32, (3, 3), first_stride, False), (32, (3, 3), 1, False), (64, (3, 3), 1, True)])
    x = np.concatenate([pool(x), relu(plain(w, "stem.conv1_branch", x, 96, (3, 3), 2, False))], 1)
    x = np.concatenate([chain(w, "stem.conv2_short", x, [(64, (1, 1), 1, True), (96, (3, 3), 1, False)]),
                        chain(w, "stem.conv2_long", x, [(64, (1, 1), 1, True), (64, (7, 1), 1, True), (64, (1, 7), 1, True), (96, (3, 3), 1, False)])], 1)
    x = np.concatenate([pool(x), relu(plain(w, "stem.conv2_branch", x, 192, (3, 3), 2, False))], 1)
    number = 0

    def scale():
        nonlocal number
        number += 1
        return round(1 - 0.3 * (number - 1) / 39, 6)

    for i in range(10):
        s, total = scale(), x
        for b in range(2):
            name = f"stage_a.{i}.blocks.{b}"
            parts = [chain(w, name + ".path0", x, [(32, (1, 1), 1, True), (48, (3, 3), 1, True), (64, (3, 3), 1, True)]),
                     chain(w, name + ".path1", x, [(32, (1, 1), 1, True), (32, (3, 3), 1, True)]),
                     relu(plain(w, name + ".path2", x, 32, (1, 1)))]
            total = total + s * plain(w, name + ".conv2d", np.concatenate(parts, 1), 384, (1, 1))
        x = relu(total)
    x = np.concatenate([chain(w, "reduction_a.path0", x, [(256, (1, 1), 1, True), (256, (3, 3), 1, True), (384, (3, 3), 2, False)]),
                        relu(plain(w, "reduction_a.path1", x, 384, (3, 3), 2, False)), pool(x)], 1)

    def stage(letter, x, pairs, out, long, side):
        kinds = ["path0_1x1"] + [f"path0_{k[0]}x{k[1]}" for _, k in long[1:]]
        for i in range(2 * pairs):
            s, total, name = scale(), x, f"stage_{letter}.{i}"
            if i % 2 == 0:  # poly-3
                y = x
                for order in range(3):
                    z = y
                    for kind, (channels, kernel) in zip(kinds, long):
                        z = relu(plain(w, f"{name}.{kind}", z, channels, kernel, norm_name=f"{name}.{kind}.bn_blocks.{order}"))
                    p1 = relu(plain(w, name + ".path1", y, side, (1, 1), norm_name=f"{name}.path1.bn_blocks.{order}"))
                    y = plain(w, f"{name}.conv2d_blocks.{order}", np.concatenate([z, p1], 1), out, (1, 1))
                    total = total + s * y
                    y = relu(y)
            else:  # 2-way
                for b in range(2):
                    block = f"{name}.blocks.{b}"
                    parts = [chain(w, block + ".path0", x, [(c, k, 1, True) for c, k in long]), relu(plain(w, block + ".path1", x, side, (1, 1)))]
                    total = total + s * plain(w, block + ".conv2d", np.concatenate(parts, 1), out, (1, 1))
            x = relu(total)
        return x

    x = stage("b", x, 10, 1152, [(128, (1, 1)), (160, (1, 7)), (192, (7, 1))], 192)
    x = np.concatenate([chain(w, "reduction_b.path0", x, [(256, (1, 1), 1, True), (256, (3, 3), 1, True), (256, (3, 3), 2, False)]),
                        chain(w, "reduction_b.path1", x, [(256, (1, 1), 1, True), (256, (3, 3), 2, False)]),
                        chain(w, "reduction_b.path2", x, [(256, (1, 1), 1, True), (384, (3, 3), 2, False)]), pool(x)], 1)
    x = stage("c", x, 5, 2048, [(192, (1, 1)), (224, (1, 3)), (256, (3, 1))], 192)
    if not face:
        return linear(w, "last_linear", x.mean(axis=(2, 3)), 1000)
    x = norm(w, "bn", x)
    return norm(w, "features", linear(w, "fc", x.reshape(len(x), -1), 512))


def dlib_resnet(w, x):
    x = np.pad(x, ((0, 0), (0, 0), (0, 13), (0, 0)), mode="edge")[:, :, 36:186, 11:161]

    def unpadded(name, norm_name, x, out, kernel, stride):
        weight = w(name + ".weight", out, x.shape[1], kernel, kernel)
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
        return norm(w, norm_name, np.moveaxis(np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))), 3, 1))

    def add(one, other):
        shape = np.maximum(one.shape, other.shape)
        return sum(np.pad(y, [(0, most - side) for most, side in zip(shape, y.shape)]) for y in (one, other))

    x = pool(relu(unpadded("conv1", "bn1", x, 32, 7, 2)))
    for stage, (out, count) in enumerate(((32, 3), (64, 4), (128, 3), (256, 3), (256, 1)), 1):
        for i in range(count):
            name = f"layer{stage}.{i}"
            if stage > 1 and i == 0:
                height, width = x.shape[2] // 2, x.shape[3] // 2
                short = x[:, :, : 2 * height, : 2 * width].reshape(*x.shape[:2], height, 2, width, 2).mean(axis=(3, 5))
                y = unpadded(name + ".conv1", name + ".bn1", x, out, 3, 2)
            else:
                short = x
                y = norm(w, name + ".bn1", conv(w, name + ".conv1", x, out, 3, 1))
            x = relu(add(norm(w, name + ".bn2", conv(w, name + ".conv2", relu(y), out, 3, 1)), short))
    return x.mean(axis=(2, 3)) @ w("fc.weight", 128, 256).T


NETWORKS = {
    "dlib-resnet": dlib_resnet,
    "iresnet18cd": lambda w, x: iresnet(w, x, (2, 2, 2, 2), (8, 16, 32, 48), 128),
    "iresnet18": lambda w, x: iresnet(w, x, (2, 2, 2, 2)),
    "iresnet34": lambda w, x: iresnet(w, x, (3, 4, 6, 3)),
    "iresnet50": lambda w, x: iresnet(w, x, (3, 4, 14, 3)),
    "iresnet100": lambda w, x: iresnet(w, x, (3, 13, 30, 3)),
    "polynet": lambda w, x: polynet(w, x, 1, True),
    "ddnet": lambda w, x: ddnet(w, x, (8, 16, 32, 48), (2, 2, 2, 2)),
    "ddnet-resnet34cd": lambda w, x: ddnet(w, x, (8, 16, 32, 48), (3, 4, 6, 3)),
    "ddnet-resnet18": lambda w, x: ddnet(w, x, (64, 128, 256, 512), (2, 2, 2, 2)),
}


def main():
    results = {}
    for name, network in NETWORKS.items():
        w = Weights()
        side = 173 if name == "dlib-resnet" else 112
        n, c, y, x = np.ogrid[0:2, 0:3, 0:side, 0:side]
        output = network(w, 0.9 * np.sin(0.3 * y + 0.2 * x + c + 2.0 * n))
        results[name] = {"output": [[float(f"{v:.9g}") for v in row[:12]] for row in output], "size": output.shape[1],
                         "largest": float(f"{np.abs(output).max():.9g}"), "tensors": len(w.shapes), "names": w.digest(),
                         "parameters": w.parameters()}
        print(name, "done", file=sys.stderr)
    json.dump(results, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
