# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes small networks, a picture of noise for each and what ONNX Runtime makes of it, for tst_runtime.cpp.

    runtime.py made FOLDER            one network for each operator or way of it
    runtime.py files FOLDER FILE...   networks that are there, with the inputs that they take (free sides: 320)

For each network FOLDER gets NAME.json (the file, shape and type of the input, how many outputs), NAME.in and NAME.0, NAME.1, ... (raw values, outputs
in float32).
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

out = sys.argv[2]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(1)
options = ort.SessionOptions()
options.log_severity_level = 3


def keep(name, path, x):
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    values = session.run(None, {session.get_inputs()[0].name: x})
    x.tofile(f"{out}/{name}.in")
    for i, y in enumerate(values):
        np.asarray(y, np.float32).tofile(f"{out}/{name}.{i}")
    with open(f"{out}/{name}.json", "w") as f:
        json.dump({"file": path, "shape": list(x.shape), "type": str(x.dtype), "outputs": len(values)}, f)


def net(name, nodes, shape, inits={}, opset=17, domains=[]):
    graph = h.make_graph(
        nodes,
        "g",
        [h.make_tensor_value_info("x", T.FLOAT, shape)],
        [h.make_tensor_value_info("y", T.FLOAT, None)],
        [nh.from_array(np.asarray(v), k) for k, v in inits.items()],
    )
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)] + [h.make_opsetid(d, 1) for d in domains], ir_version=10)
    path = f"{out}/{name}.onnx"
    onnx.save(model, path)
    try:
        keep(name, path, rng.normal(size=shape).astype(np.float32))
    except Exception as error:  # an older ONNX Runtime
        print(f"{name}: ONNX Runtime cannot run it: {str(error)[:120]}")
        os.remove(path)


if sys.argv[1] == "files":
    for path in sys.argv[3:]:
        given = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]).get_inputs()[0]
        shape = [1 if i == 0 else d if isinstance(d, int) and d > 0 else 3 if i == 1 else 320 for i, d in enumerate(given.shape)]
        if given.shape[-1] == 3:
            shape = [1 if i == 0 else d if isinstance(d, int) and d > 0 else 112 for i, d in enumerate(given.shape)]
        x = rng.integers(0, 256, shape).astype(np.uint8) if "uint8" in given.type else rng.normal(size=shape).astype(np.float32)
        keep(os.path.splitext(os.path.basename(path))[0], path, x)
    sys.exit(0)

N = h.make_node
f = lambda *s: rng.normal(size=s).astype(np.float32)
i = lambda *v: np.array(v, np.int64)
for mode in ("nearest", "linear", "cubic"):
    for ct in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
        for sz in ((1, 2, 5, 7), (1, 2, 13, 9)):
            net(
                f"resize-{mode}-{ct}-{sz[2]}",
                [N("Resize", ["x", "", "", "s"], ["y"], mode=mode, coordinate_transformation_mode=ct)],
                [1, 2, 8, 10],
                {"s": i(*sz)},
            )
            if ct != "asymmetric" and mode != "nearest":
                net(
                    f"resize-aa-{mode}-{ct}-{sz[2]}",
                    [N("Resize", ["x", "", "", "s"], ["y"], mode=mode, coordinate_transformation_mode=ct, antialias=1)],
                    [1, 2, 8, 10],
                    {"s": i(*sz)},
                    opset=18,
                )
net("resize-cubic-ex", [N("Resize", ["x", "", "", "s"], ["y"], mode="cubic", exclude_outside=1)], [1, 2, 8, 10], {"s": i(1, 2, 13, 9)})
net("resize-scales", [N("Resize", ["x", "", "sc"], ["y"], mode="linear")], [1, 2, 8, 10], {"sc": np.array([1, 1, 0.7, 1.3], np.float32)})
net(
    "resize-notlarger",
    [N("Resize", ["x", "", "", "s"], ["y"], mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_larger")],
    [1, 2, 8, 10],
    {"s": i(7, 7)},
    opset=18,
)
net(
    "resize-notsmaller",
    [N("Resize", ["x", "", "", "s"], ["y"], mode="linear", axes=[2, 3], keep_aspect_ratio_policy="not_smaller")],
    [1, 2, 8, 10],
    {"s": i(7, 7)},
    opset=18,
)
net(
    "resize-crop",
    [N("Resize", ["x", "r", "", "s"], ["y"], mode="linear", coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=3.0)],
    [1, 2, 8, 10],
    {"s": i(1, 2, 5, 5), "r": np.array([0, 0, 0.2, -0.1, 1, 1, 0.8, 1.2], np.float32)},
)
net(
    "resize-sym",
    [N("Resize", ["x", "", "sc"], ["y"], mode="linear", coordinate_transformation_mode="half_pixel_symmetric")],
    [1, 2, 8, 10],
    {"sc": np.array([1, 1, 0.7, 0.55], np.float32)},
    opset=19,
)
for mode in ("constant", "edge", "reflect", "wrap"):
    net(f"pad-{mode}", [N("Pad", ["x", "p"], ["y"], mode=mode)], [1, 3, 5, 6], {"p": i(0, 1, 2, 3, 0, 1, 1, 2)}, opset=19)
net("gemm", [N("Gemm", ["x", "w", "b"], ["y"], alpha=0.5, beta=2.0, transA=1, transB=1)], [4, 3], {"w": f(5, 4), "b": f(5)})
net("gemm-notrans", [N("Gemm", ["x", "w"], ["y"])], [3, 4], {"w": f(4, 5)})
for op, ks in (
    ("ReduceSum", 1),
    ("ReduceMean", 1),
    ("ReduceMax", 1),
    ("ReduceMin", 0),
    ("ReduceProd", 0),
    ("ReduceL1", 1),
    ("ReduceL2", 0),
    ("ReduceLogSumExp", 1),
    ("ReduceSumSquare", 1),
):
    net("r-" + op, [N(op, ["x", "a"], ["y"], keepdims=ks)], [2, 3, 4, 5], {"a": i(1, -1)}, opset=18)
net("r-noop", [N("ReduceSum", ["x"], ["y"], noop_with_empty_axes=1)], [2, 3], {}, opset=18)
net("r-all", [N("ReduceSum", ["x"], ["y"])], [2, 3], {}, opset=18)
for (
    op
) in "Abs Acos Asin Atan Ceil Cos Cosh Elu Erf Exp Floor HardSigmoid HardSwish LeakyRelu Mish Neg Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Tan Tanh Celu ThresholdedRelu Gelu LogSoftmax Softmax Reciprocal".split():
    nodes = [N(op, ["x"], ["y"])]
    if op in ("Acos", "Asin"):
        nodes = [N("Tanh", ["x"], ["t"]), N(op, ["t"], ["y"])]
    net("u-" + op, nodes, [2, 3, 4], {}, opset=20)
net("ln", [N("LayerNormalization", ["x", "s", "b"], ["y"], axis=-2)], [2, 3, 4], {"s": f(3, 4), "b": f(3, 4)})
net("ln1", [N("LayerNormalization", ["x", "s", "b"], ["y"])], [2, 3, 4], {"s": f(4), "b": f(4)})
net("in", [N("InstanceNormalization", ["x", "s", "b"], ["y"])], [2, 3, 4, 4], {"s": f(3), "b": f(3)})
net("gn18", [N("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=2)], [2, 4, 3, 3], {"s": f(2), "b": f(2)}, opset=18)
net("gn21", [N("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=2)], [2, 4, 3, 3], {"s": f(4), "b": f(4)}, opset=21)
net("rms", [N("RMSNormalization", ["x", "s"], ["y"])], [2, 3, 4], {"s": f(4)}, opset=23)
net("lrn", [N("LRN", ["x"], ["y"], size=3, alpha=0.1, beta=0.7, bias=1.5)], [1, 7, 3, 3])
net("mvn", [N("MeanVarianceNormalization", ["x"], ["y"])], [2, 3, 4, 4], {}, opset=13)
net("attn4", [N("Attention", ["x", "k", "v"], ["y"])], [2, 4, 5, 8], {"k": f(2, 4, 6, 8), "v": f(2, 4, 6, 8)}, opset=23)
net(
    "attn3",
    [N("Attention", ["x", "k", "v"], ["y"], q_num_heads=4, kv_num_heads=2, is_causal=1)],
    [2, 5, 32],
    {"k": f(2, 5, 16), "v": f(2, 5, 16)},
    opset=23,
)
net(
    "attnmask",
    [N("Attention", ["x", "k", "v", "m"], ["y"], softcap=2.0, scale=0.3)],
    [2, 4, 5, 8],
    {"k": f(2, 4, 6, 8), "v": f(2, 4, 6, 8), "m": f(5, 6)},
    opset=23,
)
for k, eq, sh, w in (
    ("a", "bhid,bhjd->bhij", [2, 3, 4, 5], f(2, 3, 6, 5)),
    ("b", "...ij,jk->...ik", [2, 3, 4], f(4, 5)),
    ("c", "bij,jk", [2, 3, 4], f(4, 5)),
    ("d", "bchw->bhwc", [2, 3, 4, 5], None),
    ("e", "bii->b", [2, 3, 3], None),
):
    net("einsum-" + k, [N("Einsum", ["x"] + (["w"] if w is not None else []), ["y"], equation=eq)], sh, {"w": w} if w is not None else {}, opset=12)
net("mod", [N("Mod", ["x", "m"], ["y"], fmod=1)], [2, 3], {"m": np.array([0.7], np.float32)}, opset=13)
net("where", [N("Greater", ["x", "z"], ["c"]), N("Where", ["c", "x", "z"], ["y"])], [2, 3, 4], {"z": np.zeros((3, 1), np.float32)})
net("tril", [N("Trilu", ["x", "k"], ["y"], upper=0)], [2, 4, 4], {"k": np.array(1, np.int64)})
net("gnd", [N("GatherND", ["x", "i"], ["y"])], [3, 4, 5], {"i": np.array([[[0, 1], [2, -1]]], np.int64)})
net("gel", [N("GatherElements", ["x", "i"], ["y"], axis=1)], [2, 3], {"i": np.array([[0, -1], [2, 1]], np.int64)})
net("snd", [N("ScatterND", ["x", "i", "u"], ["y"], reduction="add")], [4, 5], {"i": np.array([[1], [1]], np.int64), "u": f(2, 5)}, opset=18)
net("sel", [N("ScatterElements", ["x", "i", "u"], ["y"], axis=1)], [2, 3], {"i": np.array([[0], [-1]], np.int64), "u": f(2, 1)}, opset=18)
net("topk", [N("TopK", ["x", "k"], ["y", "j"], axis=1, largest=0)], [2, 6], {"k": i(3)})
net("cumsum", [N("CumSum", ["x", "a"], ["y"], exclusive=1, reverse=1)], [2, 6], {"a": np.array(1, np.int64)})
net("split18", [N("Split", ["x"], ["a", "b", "y"], axis=1, num_outputs=3)], [2, 8], {}, opset=18)
net("d2s", [N("DepthToSpace", ["x"], ["y"], blocksize=2, mode="CRD")], [1, 8, 2, 3])
net("d2sd", [N("DepthToSpace", ["x"], ["y"], blocksize=2)], [1, 8, 2, 3])
net("s2d", [N("SpaceToDepth", ["x"], ["y"], blocksize=2)], [1, 2, 4, 6])
net("argmax", [N("ArgMax", ["x"], ["j"], axis=1, select_last_index=1), N("Cast", ["j"], ["y"], to=1)], [2, 6])
net("prelu-c", [N("PRelu", ["x", "s"], ["y"])], [2, 3, 4, 4], {"s": f(3, 1, 1)})
net("prelu-w", [N("PRelu", ["x", "s"], ["y"])], [2, 3, 4, 3], {"s": f(3)})
net("prelu-1", [N("PRelu", ["x", "s"], ["y"])], [2, 3, 4, 3], {"s": f(1)})
net("maxpool-ceil", [N("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1])], [1, 2, 8, 9])
net(
    "avgpool-ceil",
    [N("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1], count_include_pad=1)],
    [1, 2, 8, 9],
    {},
    opset=19,
)
net(
    "avgpool-ceil0", [N("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 1, 1, 1])], [1, 2, 8, 9], {}, opset=19
)
net("softmax12", [N("Softmax", ["x"], ["y"], axis=1)], [2, 3, 4], {}, opset=12)
net("reshape0", [N("Reshape", ["x", "s"], ["y"])], [2, 3, 4], {"s": i(0, -1)})
net("shape", [N("Shape", ["x"], ["s"], start=1), N("Cast", ["s"], ["y"], to=1)], [2, 3, 4])
net(
    "range",
    [N("Range", ["a", "b", "c"], ["r"]), N("Add", ["x", "r"], ["y"])],
    [2, 5],
    {"a": np.array(1, np.float32), "b": np.array(3.4, np.float32), "c": np.array(0.5, np.float32)},
)
net("tile", [N("Tile", ["x", "n"], ["y"])], [2, 3], {"n": i(2, 3)})
net("expand", [N("Expand", ["x", "n"], ["y"])], [3, 1], {"n": i(2, 1, 4)})
net(
    "onehot",
    [N("ArgMax", ["x"], ["j"], axis=1, keepdims=0), N("OneHot", ["j", "d", "v"], ["y"], axis=1)],
    [2, 6],
    {"d": i(6), "v": np.array([0, 1], np.float32)},
)
net("convt", [N("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])], [1, 2, 4, 4], {"w": f(2, 3, 3, 3)})
u8 = lambda *s: rng.integers(0, 255, s).astype(np.uint8)
s8 = lambda *s: rng.integers(-127, 127, s).astype(np.int8)
F = lambda v: np.array(v, np.float32)
net(
    "qdq",
    [N("QuantizeLinear", ["x", "s", "z"], ["q"]), N("DequantizeLinear", ["q", "s", "z"], ["y"])],
    [2, 3, 4],
    {"s": F(0.02), "z": np.array(128, np.uint8)},
    opset=13,
)
net(
    "qdq16",
    [N("QuantizeLinear", ["x", "s", "z"], ["q"]), N("DequantizeLinear", ["q", "s", "z"], ["y"])],
    [2, 3, 4],
    {"s": F(0.001), "z": np.array(30000, np.uint16)},
    opset=21,
)
net(
    "qdq-axis",
    [N("QuantizeLinear", ["x", "s", "z"], ["q"], axis=1), N("DequantizeLinear", ["q", "s", "z"], ["y"], axis=1)],
    [2, 3, 4],
    {"s": F([0.02, 0.03, 0.04]), "z": np.array([1, -2, 3], np.int8)},
    opset=13,
)
net(
    "qlc",
    [
        N("QuantizeLinear", ["x", "s", "z"], ["q"]),
        N("QLinearConv", ["q", "s", "z", "w", "ws", "wz", "ys", "yz", "b"], ["c"], pads=[1, 1, 1, 1]),
        N("DequantizeLinear", ["c", "ys", "yz"], ["y"]),
    ],
    [1, 3, 6, 6],
    {
        "s": F(0.02),
        "z": np.array(120, np.uint8),
        "w": s8(4, 3, 3, 3),
        "ws": F([0.01, 0.02, 0.01, 0.03]),
        "wz": np.zeros(4, np.int8),
        "ys": F(0.1),
        "yz": np.array(100, np.uint8),
        "b": rng.integers(-500, 500, 4).astype(np.int32),
    },
    opset=13,
)
net(
    "qlm",
    [
        N("QuantizeLinear", ["x", "s", "z"], ["q"]),
        N("QLinearMatMul", ["q", "s", "z", "w", "ws", "wz", "ys", "yz"], ["c"]),
        N("DequantizeLinear", ["c", "ys", "yz"], ["y"]),
    ],
    [3, 6],
    {
        "s": F(0.02),
        "z": np.array(120, np.uint8),
        "w": s8(6, 4),
        "ws": F(0.01),
        "wz": np.array(0, np.int8),
        "ys": F(0.1),
        "yz": np.array(100, np.uint8),
    },
    opset=13,
)
net(
    "dyn",
    [
        N("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        N("MatMulInteger", ["q", "w", "z"], ["i"]),
        N("Cast", ["i"], ["f"], to=1),
        N("Mul", ["f", "s"], ["y"]),
    ],
    [3, 300],
    {"w": s8(300, 4)},
    opset=13,
)
net(
    "dynconv",
    [
        N("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        N("ConvInteger", ["q", "w", "z"], ["i"], pads=[1, 1, 1, 1]),
        N("Cast", ["i"], ["f"], to=1),
        N("Mul", ["f", "s"], ["y"]),
    ],
    [1, 40, 5, 5],
    {"w": u8(4, 40, 3, 3)},
    opset=13,
)
net(
    "ms-add",
    [
        N("QuantizeLinear", ["x", "s", "z"], ["q"]),
        N("QLinearAdd", ["q", "s", "z", "w", "s", "z", "ys", "yz"], ["c"], domain="com.microsoft"),
        N("DequantizeLinear", ["c", "ys", "yz"], ["y"]),
    ],
    [3, 6],
    {"s": F(0.02), "z": np.array(120, np.uint8), "w": u8(3, 6), "ys": F(0.05), "yz": np.array(100, np.uint8)},
    opset=13,
    domains=["com.microsoft"],
)
net(
    "ms-gap",
    [
        N("QuantizeLinear", ["x", "s", "z"], ["q"]),
        N("QLinearGlobalAveragePool", ["q", "s", "z", "ys", "yz"], ["c"], domain="com.microsoft", channels_last=0),
        N("DequantizeLinear", ["c", "ys", "yz"], ["y"]),
    ],
    [1, 3, 6, 6],
    {"s": F(0.02), "z": np.array(120, np.uint8), "ys": F(0.01), "yz": np.array(100, np.uint8)},
    opset=13,
    domains=["com.microsoft"],
)
net("ms-gelu", [N("Gelu", ["x"], ["y"], domain="com.microsoft")], [3, 6], {}, opset=13, domains=["com.microsoft"])
c = h.make_node(
    "If",
    ["b"],
    ["y"],
    then_branch=h.make_graph([N("Relu", ["x"], ["t"])], "t", [], [h.make_tensor_value_info("t", T.FLOAT, None)]),
    else_branch=h.make_graph([N("Neg", ["x"], ["e"])], "e", [], [h.make_tensor_value_info("e", T.FLOAT, None)]),
)
net(
    "if",
    [N("Shape", ["x"], ["s"]), N("Size", ["s"], ["n"]), N("Equal", ["two", "n2"], ["b"]), c],
    [2, 3],
    {"two": np.array(2, np.int64), "n2": np.array(2, np.int64)},
)

# A small vision transformer as PyTorch writes one: the batch read off the input's shape, a class token expanded to it, queries, keys and values in one
# product, taken apart by Gather, and windows shifted as Swin's are.
d, heads, tokens = 16, 4, 17
w = {
    "patch": f(d, 3, 4, 4), "patch_b": f(d), "cls": f(1, 1, d), "pos": f(1, tokens, d), "qkv": f(d, 3 * d) * np.float32(0.2), "qkv_b": f(3 * d),
    "proj": f(d, d), "proj_b": f(d), "up": f(d, 4 * d) * np.float32(0.2), "up_b": f(4 * d), "down": f(4 * d, d) * np.float32(0.2), "g1": f(d), "b1": f(d),
    "zero": i(0), "one": i(1), "minus": i(-1), "d": i(d), "n3": i(0, 0, 3, heads, d // heads), "flat": i(0, 0, d), "half": F(0.5), "unit": F(1), "root2": F(2**0.5),
    "scale": F((d // heads) ** -0.5), "q": np.array(0, np.int64), "k": np.array(1, np.int64), "v": np.array(2, np.int64), "shape3": i(0, d, -1),
    "s1": i(1), "smax": i(2**62), "ax1": i(1), "first": np.array(0, np.int64),
}  # fmt: skip
net(
    "transformer",
    [
        N("Conv", ["x", "patch", "patch_b"], ["c"], strides=[4, 4]),
        N("Reshape", ["c", "shape3"], ["c3"]),
        N("Transpose", ["c3"], ["t"], perm=[0, 2, 1]),
        N("Shape", ["x"], ["sx"]),
        N("Slice", ["sx", "zero", "one", "zero"], ["batch"]),
        N("Concat", ["batch", "minus", "minus"], ["wide0"], axis=0),
        N("ConstantOfShape", ["three"], ["ones"], value=nh.from_array(i(1))),
        N("Equal", ["wide0", "minus"], ["free"]),
        N("Where", ["free", "ones", "wide0"], ["wide"]),
        N("Expand", ["cls", "wide"], ["tokens1"]),
        N("Concat", ["tokens1", "t"], ["t1"], axis=1),
        N("Add", ["t1", "pos"], ["t2"]),
        N("LayerNormalization", ["t2", "g1", "b1"], ["ln"], epsilon=1e-6),
        N("MatMul", ["ln", "qkv"], ["m0"]),
        N("Add", ["m0", "qkv_b"], ["m1"]),
        N("Reshape", ["m1", "n3"], ["m2"]),
        N("Transpose", ["m2"], ["m3"], perm=[2, 0, 3, 1, 4]),
        N("Gather", ["m3", "q"], ["Q"]),
        N("Gather", ["m3", "k"], ["K"]),
        N("Gather", ["m3", "v"], ["V"]),
        N("Transpose", ["K"], ["KT"], perm=[0, 1, 3, 2]),
        N("MatMul", ["Q", "KT"], ["a0"]),
        N("Mul", ["a0", "scale"], ["a1"]),
        N("Softmax", ["a1"], ["a2"], axis=-1),
        N("MatMul", ["a2", "V"], ["a3"]),
        N("Transpose", ["a3"], ["a4"], perm=[0, 2, 1, 3]),
        N("Reshape", ["a4", "flat"], ["a5"]),
        N("MatMul", ["a5", "proj"], ["a6"]),
        N("Add", ["a6", "proj_b"], ["a7"]),
        N("Add", ["t2", "a7"], ["r1"]),
        N("MatMul", ["r1", "up"], ["u0"]),
        N("Add", ["u0", "up_b"], ["u1"]),
        N("Div", ["u1", "root2"], ["e0"]),
        N("Erf", ["e0"], ["e1"]),
        N("Add", ["e1", "unit"], ["e2"]),
        N("Mul", ["u1", "e2"], ["e3"]),
        N("Mul", ["e3", "half"], ["e4"]),
        N("MatMul", ["e4", "down"], ["d0"]),
        N("Add", ["r1", "d0"], ["r2"]),
        N("Slice", ["r2", "s1", "smax", "ax1"], ["late"]),
        N("Slice", ["r2", "zero", "s1", "ax1"], ["early"]),
        N("Concat", ["late", "early"], ["rolled"], axis=1),
        N("Gather", ["rolled", "first"], ["y"], axis=1),
    ],
    [3, 3, 16, 16],
    {**w, "three": i(3)},
)
