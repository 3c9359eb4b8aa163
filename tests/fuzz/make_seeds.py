#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seeds of the fuzz targets, tests/fuzz/corpus/<target>/seed-*: small files of every kind that the parsers read.

    python3 tests/fuzz/make_seeds.py tests/fuzz/corpus

Needs Python's own library and ffmpeg with libx264, libvpx, libwebp and libaom. What fuzzers found lies beside the seeds under other names and is left alone.
"""
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

OUT = sys.argv[1]
RS = b"\x1e"


def seed(target, name, content):
    folder = os.path.join(OUT, target)
    os.makedirs(folder, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    with open(os.path.join(folder, "seed-" + name), "wb") as out:
        out.write(content)


# --- texts

seed("json", "values", '{"a": [1, -2.5, 1e300, true, null], "b": {"c": "\\u00e9\\n\\ud83d\\ude00"}, "d": 2}\n')
seed("json", "scores", json.dumps({"schema": "dscope.scores/1", "models": {"ddnet": {"name": "d"}},
     "sources": [{"path": "x", "groups": [{"id": "g", "elements": [{"d_score": 0.5, "kept": True}]}]}]}))
seed("json", "deep", "[" * 40 + "]" * 40)
seed("csv", "plain", 'path,group,label\r\n"a, b.jpg",g,1\n"with ""quotes""",h,\n\n')
seed("csv", "semicolons", "\ufeffpath;label\na.jpg;1,5\nb.jpg;-2e3\n")
seed("picturelist", "csv", "File Name,person_id,note\r\na.jpg,7,\r\nx.jpg,7,gone\r\nb.jpg,8,,\r\n")
seed("picturelist", "headless", "a.jpg,7\nb.jpg,8\n")
seed("picturelist", "words", "# CASIA\n0000045/001.jpg 0\n0000099/001.jpg 1\n")
seed("picturelist", "lst", "0\t3.000000\tp/1.jpg\n1\t4.000000\tq/1.jpg\n")
seed("picturelist", "aligned-lst", "1\tp/1.jpg\t0\n1\tq/1.jpg\t1\n")
seed("picturelist", "sep", "\"sep=;\"\npath;label\na.jpg;A\nb.jpg;B\n")
seed("picturelist", "utf32", "path,label\na.jpg,A\n".encode("utf-32"))
seed("csv", "tabs", "path\tlabel\na.jpg\t0.25\n")
seed("csv", "utf16", "path,label\na.jpg,1\n".encode("utf-16"))
seed("csv", "ijb", 'TEMPLATE_ID,SUBJECT_ID,FILENAME\n1,2,"img/1.jpg"\n2,3,img/2.jpg\n')
seed("encoding", "name", b"a\\x5Cb\xeb")
seed("encoding", "utf16", b"\xff\xfea\0=\xd8")
seed("csv", "ijb-utf16", "TEMPLATE_ID,FILENAME\n1,a\n".encode("utf-16"))
seed("quality", "csv", "path,quality\na/b.jpg,0.5\nc/d/e.png,-1\n")
seed("quality", "nist", "1 a/b.jpg 0 55.2\n2 b.jpg 1 -1\n")
seed("quality", "ofiq", "Filename;UnifiedQualityScore;UnifiedQualityScore.scalar\na/b.jpg;1.5;30\nb.jpg;2;40\n")
seed("quality", "erc", "a/b.jpg 0.5\n./b.jpg 0.25\n")
seed("quality", "fourcolumns", "b.jpg 1 2 0.5\ne.png 3 4 nan\n")
seed("arguments", "usual", RS.join([b"video.mp4", b"--out", b"o.csv", b"--threshold=0.25", b"--every", b"3", b"--json", b"-"]))
seed("arguments", "wrong", RS.join([b"--treshold", b"1", b"--", b"--out", b"--every=1e9", b"--json=1", b"--out=", b"--threshold=nan"]))

# --- benchmarks

seed("lfw", "tenfold", "1\t1\nA\t1\t1\nA\t1\tB\t1\n")
seed("lfw", "development", "\ufeff1\r\nA 1 2\r\nA 1 B 2\r\n")
seed("pairlist", "tenfold", "1\t1\nA\t1\t2\nA\t1\tB\t1\n")
seed("pairlist", "csv", ',name,imagenum1,imagenum2,\n0,A,1,2,nan\n1,"A ""x""",1,B,3.0\n')
seed("pairlist", "paths", "sep=;\npath1;path2;label\nA\\1.jpg;./B/1.jpg;0\n".encode("utf-16"))
seed("labelledvideos", "activitynet", json.dumps({"version": "VERSION 1.2", "database": {
    "a": {"subset": "validation", "annotations": [{"label": "Ski", "segment": [1.5, 9]}, {"label": "Jump", "segment": [4, 4]}]},
    "x": {"subset": "validation", "annotations": [{"label": "Ski", "segment": [0, 1e3]}]}, "b": {"subset": "training", "annotations": []}}}))
seed("labelledvideos", "kinetics", "label,youtube_id,time_start,time_end,split\nski,a,7,17,validate\njump,x,0,10,validate\nski,b,3,3,validate\nski,c,0,1,train\n")
seed("metalines", "templates", "1.jpg 1 1\na\\2.jpg 2.0 2\n../3.jpg 2 3\n")
seed("metalines", "points", "1.jpg 30 50 70 50 50 70 35 90 65 90 0.9\n2.jpg 30 50 70 50 50 70 35 90 65 90 x\n")
seed("metalines", "frames", "A/1/1.jpg\n./A/1/2.jpg\nB\nB/\nC/3.jpg\nD/E/\n")
seed("ytf", "splits", RS.join([b"split, pair, first, second, same\n1, 1, A/1, A/1, 1\n1, 2, A/1, B/2, 0\n", b"A\\1\\1.jpg,0,50,50,20,20,0,0\n", b""]))
seed("ytf", "listed", RS.join([b"1,1,A/1,B/2,0\n", b"", b"A/1/1.jpg\nB/2/1.jpg\nB/2/1.jpg\n"]))
seed("iqiyi", "pairs", RS.join([b"A\nB/1.jpg\nB/2.jpg\n", b"A B 0\nA C 1\n", b"clip,identity\nA,p\nB,q\n"]))
seed("ijba", "sets", RS.join([b"TEMPLATE_ID,SUBJECT_ID,FILE,MEDIA_ID,SIGHTING_ID,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT\n1,1,images/1.jpg,1,1,1,2,3,4\n2,2,images/1.jpg,2,2,1,2,3,4\n",
                              b"1,2\n1,1\n", b"TEMPLATE_ID,SUBJECT_ID,FILE\n3,1,images/1.jpg\n", b"TEMPLATE_ID,SUBJECT_ID,FILE\n4,1,images/1.jpg\n"]))
seed("ijbc", "meta", RS.join([b"1.jpg 1 1\n2.jpg 2 2\n3.jpg 2 3\n", b"1.jpg 30 50 70 50 50 70 35 90 65 90 0.9\n2.jpg 30 50 70 50 50 70 35 90 65 90 0.8\n",
                              b"1 2 0\n1 1 1\n1.0 2.0 1.0\n", b"TEMPLATE_ID,SUBJECT_ID,FILENAME\n1,7,a/1.jpg\n", b"TEMPLATE_ID,SUBJECT_ID,FILENAME\n2,7,b/2.jpg\n"]))
seed("imageset", "csv", "path,group,label\na.jpg,g,p\nb.jpg,h,p\na.jpg,i,q\n")
seed("imageset", "semicolons", "file;group\na.jpg;g\n")
seed("imageset", "plain", "a.jpg 1\nb.jpg 2\n")
seed("tracklets", "csv", "path,person,camera,track\na.jpg,1,1,1\nb.jpg,1.0,2,1\nc/0002C1T0001F001.jpg,-1,1,\n")
seed("tracklets", "short", "file;identity;cam\na.jpg;x;west\nb.jpg;x;east\nnone.jpg;;3\n")
seed("tracklets", "mars-name", "00-1C1T0001F001.jpg")
seed("tracklets", "market-name", "0002_c1s1_000451_03.jpg")
seed("facelist", "csv", RS.join([b"path,person\nA/1.jpg,A\nB/1.jpg,B\n", b"identity,part\nA,train\nB,test\n"]))
seed("facelist", "labels", RS.join([b"file;label\nA/1.jpg;0\nA\\1.jpg;1\n", b""]))


# --- files of tensors

def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def floats(*values):
    return struct.pack("<%df" % len(values), *values)


def zipped(entries):
    out, directory = b"", b""
    for name, content in entries:
        name = name.encode()
        sizes = struct.pack("<IIIH", zlib.crc32(content), len(content), len(content), len(name))
        directory += struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 0, 0, 0, 0) + sizes + struct.pack("<HHHHII", 0, 0, 0, 0, 0, len(out)) + name
        out += struct.pack("<IHHHHH", 0x04034B50, 20, 0, 0, 0, 0) + sizes + struct.pack("<H", 0) + name + content
    return out + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(entries), len(entries), len(directory), len(out), 0)


def text(word):
    word = word.encode()
    return b"X" + struct.pack("<I", len(word)) + word


def storage(kind="FloatStorage", key="0", count=64):
    return b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu") + b"K" + bytes([count]) + b"tQ"


def tensor(shape, strides, kind="FloatStorage"):
    numbers = lambda values: b"(" + b"".join(b"K" + bytes([v]) for v in values) + b"t"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage(kind) + b"K\x00" + numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)RtR"


def state(items):
    return b"}(" + b"".join(text(name) + value for name, value in items) + b"u"


PLAIN = b"\x80\x02" + state([("w", tensor([2, 3], [3, 1])), ("b", tensor([4], [1], "DoubleStorage"))]) + b"."
WRAPPED = b"\x80\x02" + state([("epoch", b"K\x05"), ("lr", b"G?\xb9\x99\x99\x99\x99\x99\x9a"), ("state_dict", state([("module.w", tensor([1], [1]))])),
                              ("names", b"](" + text("a") + b"Ne"), ("t", b"K\x01K\x02\x86")]) + b"."
ORDERED = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(" + text("w") + tensor([2, 2], [2, 1]) + b"u}" + text("_metadata") + b"Nsb."
NUMPY = (b"\x80\x02" + state([("best", b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(" + text("f8") + b"\x89\x88tR(K\x03" + text("<") +
         b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb" + text("\x00" * 8) + b"tR"), ("args", b"cargparse\nNamespace\n)\x81}" + text("lr") + b"K\x01sb"),
        ("w", tensor([1], [1]))]) + b".")
PROTO4 = (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01w\x94\x8c\x0ctorch._utils\x8c\x12_rebuild_tensor_v2\x93(" + storage() +
          b"K\x00K\x02\x85K\x01\x85\x89}tRu.")


def quantised(how):
    return b"ctorch._utils\n_rebuild_qtensor\n(" + storage("QInt8Storage") + b"K\x00(K\x02K\x03t(K\x03K\x01t" + how + b"\x89NtR"


def array(code, order, shape, fortran, data):
    """As Python 3 writes one of numpy's by protocol 2."""
    latin = data.decode("latin1")
    return (b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85c_codecs\nencode\n" + text("b") + text("latin1") + b"\x86RtR(K\x01(" +
            b"".join(b"K" + bytes([side]) for side in shape) + b"tcnumpy\ndtype\n" + text(code) + b"\x89\x88\x87R(K\x03" + text(order) +
            b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb" + (b"\x88" if fortran else b"\x89") + b"c_codecs\nencode\n" + text(latin) + text("latin1") + b"\x86Rtb")


QUANTISED = b"\x80\x02" + state([("w", quantised(b"(ctorch\nper_tensor_affine\nG?\xe0\x00\x00\x00\x00\x00\x00K\x80t")), ("b", tensor([4], [1]))]) + b"."
CHANNELS = b"\x80\x02" + state([("w", quantised(b"(ctorch\nper_channel_affine\n" + tensor([3], [1], "DoubleStorage") + tensor([3], [1], "LongStorage") + b"K\x01t"))]) + b"."
ARRAYS = (b"\x80\x02" + state([("w", array("f4", "<", [2, 1], False, floats(1, -3))), ("f", array("f8", ">", [1, 2], True, struct.pack(">2d", 0.5, 200))),
                               ("n", array("i8", "<", [], False, struct.pack("<q", -1))), ("o", array("U2", "<", [1], False, b"a\0\0\0b\0\0\0"))]) + b".")
FROMBUFFER = (b"\x80\x05}\x94\x8c\x01w\x8c\x13numpy._core.numeric\x8c\x0b_frombuffer\x93(\x96" + struct.pack("<Q", 8) + floats(1, 2) +
              b"\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02f4\x89\x88\x87RK\x02\x85\x8c\x01CtRs.")
for name, pickle in (("plain", PLAIN), ("wrapped", WRAPPED), ("ordered", ORDERED), ("numpy", NUMPY), ("protocol4", PROTO4), ("quantised", QUANTISED),
                     ("channels", CHANNELS), ("arrays", ARRAYS), ("frombuffer", FROMBUFFER)):
    seed("pickle", name, pickle)
    seed("weights", "zip-" + name, zipped([("a/data.pkl", pickle), ("a/data/0", b"\1" * 512), ("a/version", b"3\n")]))
LONG = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
OLD = (b"\x80\x02" + LONG + b"\x80\x02M\xe9\x03." + b"\x80\x02}" + text("little_endian") + b"\x88s." +
       b"\x80\x02" + state([("w", b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\nFloatStorage\n" + text("7") + text("cpu") + b"K\x02NtQK\x00K\x02\x85K\x01\x85tR")]) +
       b"." + b"\x80\x02]" + text("7") + b"a." + struct.pack("<Q", 2) + floats(1, 2))
seed("weights", "old", OLD)
seed("pickle", "old", OLD)
seed("weights", "safetensors", safetensors({"w": ("F32", [2, 2], floats(1, 2, 3, 4)), "h": ("F16", [1], b"\0\x3c")}, {"format": "pt"}))
seed("weights", "torchscript", zipped([("a/code/x.py", b""), ("a/constants.pkl", b"\x80\x02).")]))

MODEL = {"name": "tiny", "role": "base", "architecture": "compact", "file": "tiny.safetensors", "sha256": "",
         "input": {"width": 112, "height": 112, "colour": "rgb", "mean": [127.5, 127.5, 127.5], "scale": [0.0078125, 0.0078125, 0.0078125]},
         "output": 4, "licence": "GPL", "origin": "made"}
DDNET = dict(MODEL, name="d", role="ddnet", architecture="ddnet", output=1, target={"base": "tiny", "mu": 1.5, "sigma": 0.25})
seed("safetensors", "plain", safetensors({"w": ("F32", [2, 2], floats(1, 2, 3, 4)), "n": ("I64", [], struct.pack("<q", 5))}, {"dscope.model": json.dumps(MODEL)}))
seed("safetensors", "nan", safetensors({"q0": ("F32", [2], floats(1, 2)), "W": ("F32", [2, 2], floats(1, 2, 3, 4)), "b": ("F32", [2], floats(0, 0))},
                                       {"format": "dscope.nan/1", "base": "tiny"}))
seed("safetensors", "pool", safetensors({"features": ("F32", [2, 2], floats(1, 0, 0, 1)), "d_scores": ("F32", [2], floats(.5, .25)),
     "labels": ("I32", [2], struct.pack("<2i", 0, 1)), "quality.q": ("F32", [2], floats(1, 2))},
    {"format": "dscope.pool/1", "pool": json.dumps({"name": "n", "versions": 0, "people": ["a", "b"], "files": []})}))
seed("features", "safetensors", safetensors({"features": ("F32", [2, 3], floats(1, 2, 3, 4, 5, 6))}))

TARGETS = {"schema": "dscope.targets/1", "root": "/faces", "files": ["a/1.jpg", "a/2.jpg", "b/1.jpg"], "people": ["a", "b"], "copies": 1, "degraded_share": 0.5,
           "seed": 1, "metric": "cosine", "epsilon": 1e-3, "normalise_features": False, "leave_one_out": False, "base": MODEL, "base_sha256": "0",
           "mu": 1.0, "sigma": 0.5, "floored": 0, "single_sample": 0}
doubles = struct.pack("<3d", 1, .5, .25)
seed("targets", "plain", safetensors({**{n: ("F64", [3], doubles) for n in ("raw", "normalised", "own", "hardest")},
     "hardest_class": ("I32", [3], struct.pack("<3i", 1, 1, 0)), "label": ("I32", [3], struct.pack("<3i", 0, 0, 1)), "target": ("U8", [3], b"\1\1\0"),
     "place": ("I64", [3], struct.pack("<3q", 0, 1, 5))}, {"dscope.targets": json.dumps(TARGETS)}))
CLIPTARGETS = {"schema": "dscope.cliptargets/1", "root": "/videos", "root_beside": "../videos", "layout": "classes", "subset": "", "videos": ["a/1.mp4", "b/2.mp4"],
               "groups": ["0", "1"], "parts_from_s": [0.0, 1.5], "parts_to_s": [-1.0, 4.0], "classes": ["a", "b"],
               "clips": {"frames": 8, "stride": 2, "rate": "30000/1001", "step": 0, "count": 0, "height": 32, "width": 32}, "metric": "cosine", "epsilon": 1e-3,
               "normalise_features": False, "leave_out": "picture", "centroids": "all", "at_least_others": 2, "target": "ratio", "base": MODEL,
               "base_sha256": "0", "mu": 1.0, "sigma": 0.5, "floored": 0, "single_sample": 0}
seed("cliptargets", "plain", safetensors({**{n: ("F64", [3], doubles) for n in ("raw", "normalised", "own", "hardest", "loss", "from_s", "to_s")},
     **{n: ("I32", [3], struct.pack("<3i", 0, 0, 1)) for n in ("video", "label", "hardest_class")}, "target": ("U8", [3], b"\1\1\0"),
     "begin": ("I64", [3], struct.pack("<3q", 0, 16, 0))}, {"dscope.cliptargets": json.dumps(CLIPTARGETS)}))
SECOND = {"schema": "dscope.second/1", "base": "tiny", "base_sha256": "0123", "dim": 2, "ridge": 3000.0, "target": "d", "set": "faces", "targets_sha256": "4567",
          "people": 9, "pictures": 27, "left_out": 1, "folds": 5, "seed": 1, "spearman_in_sample": 0.75, "spearman_held_out": 0.5}
for target, name in (("d", "plain"), ("logit", "logit")):
    seed("second", name, safetensors({"weight": ("F64", [6], struct.pack("<6d", .1, .2, .03, .04, .5, -.02)), "bias": ("F64", [1], struct.pack("<d", .3))},
                                     {"dscope.second": json.dumps(dict(SECOND, target=target))}))
SETTINGS = {"epochs": 1, "steps": 0, "batch": 2, "accumulate": 1, "optimiser": "sgd", "schedule": "cosine", "milestones": [100 / 180, 160 / 180], "decay": 0.1,
            "learning-rate": 0.1, "warmup": 0.02, "momentum": 0.9, "weight-decay": 5e-4, "clip": 0.0, "seed": 1, "precision": "fp32", "patience": 0, "data": ""}
RUN = {"schema": "dscope.checkpoint/2", "settings": SETTINGS, "step": 1, "size": 4, "pieces": 1, "parts": 1, "loss_sum": 0.5, "loss_count": 1, "best_epoch": 0,
       "best_value": 0.0, "reports": [{"epoch": 1, "loss": 0.5, "learning_rate": 0.1, "pictures_per_second": 10.0, "validation": {}, "best": False}]}
seed("loopstate", "plain", safetensors({"state.net.w": ("F32", [1, 3], floats(1, 2, 3)), "momentum.net.w": ("F32", [1, 3], floats(0, 0, 0))},
                                       {"dscope.checkpoint": json.dumps(RUN)}))

# --- arrays, sets, stores


def npy(descr, shape, content, fortran=False, version=1):
    header = "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }" % (descr, fortran, "".join("%d, " % s for s in shape))
    header = header.encode() + b" " * (-(len(header) + (11 if version == 1 else 13)) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + content


for target in ("npy", "features"):
    seed(target, "float32", npy("<f4", [2, 3], floats(1, 2, 3, 4, 5, 6)))
    seed(target, "squeezable", npy("<f4", [2, 1, 2], floats(1, 2, 3, 4)))
    seed(target, "double-fortran", npy("<f8", [2, 2], struct.pack("<4d", 1, 2, 3, 4), True))
    seed(target, "big-endian", npy(">f4", [1, 2], struct.pack(">2f", 1, 2), version=2))
    seed(target, "half", npy("<f2", [2], b"\0\x3c\0\x40"))
    seed(target, "npz", zipped([("arr_0.npy", npy("<f4", [1, 2], floats(1, 2)))]))
seed("npy", "bytes", npy("|u1", [3], b"\1\2\3"))
seed("npy", "scalar", npy("<i8", [], struct.pack("<q", 7)))


def mat_tagged(kind, content, order="<"):
    return struct.pack(order + "II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def mat_array(name, shape, kind, content, flags=6, order="<"):
    return mat_tagged(14, mat_tagged(6, struct.pack(order + "II", flags, 0), order) + mat_tagged(5, struct.pack(order + "%di" % len(shape), *shape), order)
                      + mat_tagged(1, name, order) + mat_tagged(kind, content, order), order)


def mat(*elements, order="<"):
    return b"MATLAB 5.0 MAT-file, seed".ljust(124) + struct.pack(order + "HH", 0x0100, 0x4D49) + b"".join(elements)


def mat_packed(element):
    content = zlib.compress(element)
    return struct.pack("<II", 15, len(content)) + content


seed("mat", "double", mat(mat_array(b"a", [2, 2], 9, struct.pack("<4d", 1, 2, 3, 4))))
seed("mat", "packed", mat(mat_packed(mat_array(b"a", [1, 3], 4, struct.pack("<3H", 1, 2, 3)))))
seed("mat", "big-endian", mat(mat_array(b"a", [1, 2], 5, struct.pack(">2i", 1, -2), flags=12, order=">"), order=">"))
seed("mat", "several", mat(mat_array(b"t", [1, 2], 4, struct.pack("<2H", 65, 66), flags=4), mat_packed(mat_array(b"a", [1, 1], 2, b"\7", flags=9)),
                           mat_array(b"c", [1, 1], 9, struct.pack("<d", 5), flags=0x806)))
# Names and values of up to four bytes stand in their tags.
seed("mat", "small", mat(mat_tagged(14, mat_tagged(6, struct.pack("<II", 9, 0)) + mat_tagged(5, struct.pack("<2i", 1, 2)) + struct.pack("<I", 1 << 16 | 1) + b"a\0\0\0"
                                    + struct.pack("<I", 2 << 16 | 2) + b"\1\2\0\0")))


def record(payload, flag=0, label=1.0, labels=()):
    body = struct.pack("<IfQQ", flag, label, 1, 0) + floats(*labels) + payload
    return struct.pack("<II", 0xCED7230A, len(body)) + body + b"\0" * (-len(body) % 4)


first = record(b"", 2, 0, (3, 4))
picture = record(b"\xff\xd8\xff\xd9")
several = record(b"JPEG", 2, 0, (0, 5))
rec = first + picture + several
seed("records", "pair", b"0\t0\n1\t%d\n2\t%d\n" % (len(first), len(first) + len(picture)) + RS + rec)
seed("recordscan", "plain", rec)
body = struct.pack("<IfQQ", 0, 1.0, 1, 0) + b"abcdefgh"
seed("recordscan", "parts", struct.pack("<II", 0xCED7230A, 1 << 29 | 16) + body[:16] + struct.pack("<II", 0xCED7230A, 3 << 29 | 16) + body[16:])


def pack(people, labels, names, width=2, height=1):
    pixels = [bytes((7 * i + j) % 256 for j in range(3 * width * height)) for i in range(len(labels))]
    at, parts = 4096, []

    def put(content):
        nonlocal at
        parts.append(content)
        begin, at = at, at + len(content)
        return {"offset": begin, "bytes": len(content)}

    pictures = put(b"".join(pixels))
    tables = {}
    ends, total = [], 0
    for name in names:
        total += len(name)
        ends.append(total)
    for key, content in (("label", struct.pack("<%di" % len(labels), *labels)), ("crc32", b"".join(struct.pack("<I", zlib.crc32(p)) for p in pixels)),
                         ("name_end", struct.pack("<%dQ" % len(ends), *ends)), ("name", "".join(names).encode())):
        tables[key] = dict(put(content), sha256=hashlib.sha256(content).hexdigest())
    about = json.dumps({"schema": "dscope.pack/1", "count": len(labels), "width": width, "height": height, "channels": 3, "source": "made", "skipped": 0,
                        "people": people, "pictures": pictures, "tables": tables}).encode()
    return b"".join(parts), at, about


PACK = pack(["a", "b"], [0, 1, 1], ["a/1.jpg", "b/1.jpg", "b/2.jpg"])
# The target makes the head and the digest itself: what is to be varied is behind them.
seed("pack", "plain", PACK[2] + RS + PACK[0])

STORE = {"schema": "dscope.features/1", "benchmark": "lfw", "synthetic": False, "base": "b", "ddnet": "d", "detector": "", "device": "cpu", "flip": False,
         "identity": "0", "dim": 2, "pictures": 2, "base_mac": 1, "base_flop": 2, "ddnet_mac": 1, "ddnet_flop": 2}
seed("featurestore", "plain", json.dumps(STORE).encode() + RS + b"\0\0\0\0" + floats(.5, .25) + floats(.9, .8) + floats(1, 0, 0, 1))

CLIPS = {"schema": "dscope.clips/1", "benchmark": "videos", "synthetic": False, "base": "b", "ddnet": "d", "device": "cpu", "clips": "16 frames", "identity": "0",
         "dim": 2, "classes": ["run", "sit"], "videos": 1, "base_mac": 1, "base_flop": 2, "ddnet_mac": 1, "ddnet_flop": 2}
seed("clipstore", "plain", json.dumps(CLIPS).encode() + RS + b"\0\0\0\0" + struct.pack("<I", 2) + floats(0, .5, .5, 1) + floats(.5, .25) + floats(3, 2)
     + floats(1, 0, .25, .75))


def cached_text(word):
    return struct.pack("<Q", len(word)) + word.encode()


seed("cache", "empty", cached_text("video") + struct.pack("<ddq", 25, 1, 25) + struct.pack("<Q", 0))

# --- descriptions

seed("manifest", "two", json.dumps({"models": [MODEL, DDNET]}))
seed("manifest", "wrong", '{"models":{"list":[{}]}}')
seed("sidecar", "base", json.dumps(MODEL))
seed("sidecar", "ddnet", json.dumps(DDNET))
seed("added", "list", json.dumps({"schema": "dscope.added/1", "models": [{"path": "/x/a.onnx", "trusted": ""}]}))
seed("project", "empty", '{"schema": "dscope.project/1"}')
seed("project", "filled", json.dumps({"schema": "dscope.project/1", "minor": 0, "page": "analyse", "analysis": {"sources": ["a.mp4", "/b", "file:///c%FF"],
     "models": {"base": {"chosen": "", "name": "tiny", "sha256": "0"}, "ddnet": {}, "detector": {}}, "aligned": False, "run_base": True, "all_faces": True,
     "every_nth": 2, "keep": {"mode": "top-k", "threshold": .2, "k": 3}, "price": "iresnet-100"},
     "evaluation": {"form": {"benchmark": "lfw", "root": "lfw", "every_nth": 1, "impostor_pairs": 10, "seed": 1, "flip": True, "methods": ["ddl", "average"],
                             "resamples": 10, "qualities": [{"name": "q", "file": "q.csv"}], "base_mac_millions": 1.5},
                    "live": {"method": "ddl", "threshold": .15, "far": 1e-3, "price": "base"}, "recommendation": "", "runs": []}}))
seed("ablation", "grid", json.dumps({"schema": "dscope.ablation/1", "faces": "f", "split": "s.csv", "train": ["train"], "test": ["test"], "epochs": 2, "batch": 4,
     "learning_rate": .1, "optimiser": "adamw", "precision": "fp32", "device": "cpu", "copies": 2, "draws": 2, "versions": 2, "resamples": 20, "threshold": .15,
     "degraded_share": .5, "sizes": [3], "fars": [.01], "seed": 1, "grid": {"architecture": ["ddnet"], "base": ["compact"], "degraded": [0, .65], "people": [1]},
     "variants": [{"architecture": "ddnet", "base": "compact"}]}))

POINT = {"target": .01, "rule": "strict", "tar": .9, "realised_far": .01, "threshold": .5, "impostors_accepted": 1, "genuine_accepted": 9, "impostors": 100, "genuines": 10}
EER = {"value": .1, "far": .1, "frr": .1, "threshold": .5}
SEARCH = {"tpir": [.5], "rank": [.9], "galleries": [{"mated": 1, "non_mated": 2, "tpir": [{"fpir": .1, "tpir": .5, "threshold": .4, "hits": 1, "non_mated_accepted": 0,
          "realised_fpir": 0}], "rank": [{"k": 1, "hits": 1}]}], "cmc": [.5, 1], "tpir_curve": [.1, "nan"]}
EVALUATION = {"schema": "dscope.evaluation/1", "benchmark": "LFW", "synthetic": True, "protocol": "1:1", "method": "ddl", "base": "b", "ddnet": "d", "device": "cpu", "templates": 2,
              "faces": 3, "not_enrolled": 0, "genuine": 10, "impostor": 100, "threshold": .15, "kept_share": 1, "mac_per_face": 1, "flop_per_face": "nan", "strict": [POINT],
              "insightface": [dict(POINT, rule="insightface")], "intervals": [{"low": .8, "high": .95, "level": .95, "resamples": 10, "undefined": 0}], "subjects": 2, "eer": EER,
              "ten_fold": {"accuracy": [.9, 1], "threshold": [.1, .2], "mean": .95, "deviation": .05}, "search": SEARCH, "fpirs": [.1],
              "discard": [{"e0": .1, "threshold": .5, "pairs": 10, "discard": [0, .5], "fnmr": [.1, 0]}], "discard_quality": "d", "discard_areas": [.1], "discard_limit": .2,
              "recomputed": [{"fmr": .01, "area": .1, "points": [{"discard": 0, "realised": 0, "fnmr": .1, "threshold": .5, "mated": 10, "non_mated": 100}]}],
              "splits": [{"name": "1", "genuine": 1, "impostor": 2, "strict": [POINT], "insightface": [], "eer": EER, "search": SEARCH}], "strict_deviation": [.1],
              "insightface_deviation": [], "roc_far": [0, 1], "roc_tar": [0, 1], "genuine_histogram": [1], "impostor_histogram": [2], "hardest_genuine": [[0, 1, .5]],
              "hardest_impostor": [], "warnings": ["w"], "seconds": "inf"}
RETRIEVAL = [{"protocol": protocol, "distance": distance, "queries": 2, "unmatched": 1, "gallery": 6, "map": .5, "map_interval": {"low": .4, "high": .6, "level": .95, "resamples": 10,
             "undefined": 0}, "ranks": [1, 5], "cmc": [.5, 1], "cmc_intervals": [{"low": 0, "high": 1, "level": .95, "resamples": 10, "undefined": 0}] * 2, "curve": [.5, .75, 1]}
             for protocol, distance in [("official", "squared L2"), ("video-reid", "cosine")]]
seed("evaluations", "retrieval", json.dumps({"schema": "dscope.evaluations/1", "runs": [dict(EVALUATION, benchmark="MARS", strict=[], insightface=[], intervals=[], retrieval=RETRIEVAL)]}))
seed("evaluations", "one", json.dumps({"schema": "dscope.evaluations/1", "runs": [EVALUATION]}))
seed("project", "run", json.dumps({"schema": "dscope.project/1", "evaluation": {"runs": [{"title": "t", "colour": 1, "shown": True, "chosen": False, "method": "ddl", "run": EVALUATION}]}}))


# --- ONNX

def varint(x):
    x &= (1 << 64) - 1
    out = b""
    while x > 127:
        out, x = out + bytes([x & 127 | 128]), x >> 7
    return out + bytes([x])


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    if isinstance(content, str):
        content = content.encode()
    return varint(number << 3 | 2) + varint(len(content)) + content


def value(name, dims, kind=1):
    shape = b"".join(field(1, field(1, d) if isinstance(d, int) else field(2, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def weight(name, dims, values, kind=1):
    raw = struct.pack("<%d%s" % (len(values), {1: "f", 7: "q"}[kind]), *values)
    return b"".join(field(1, d) for d in dims) + field(2, kind) + field(8, name) + field(9, raw)


def attribute(name, value):
    if isinstance(value, int):
        return field(5, field(1, name) + field(3, value) + field(20, 2))
    if isinstance(value, float):
        return field(5, field(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + field(20, 1))
    if isinstance(value, str):
        return field(5, field(1, name) + field(4, value) + field(20, 3))
    return field(5, field(1, name) + b"".join(field(8, v) for v in value) + field(20, 7))


def node(kind, inputs, outputs, **attributes):
    return field(1, b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(3, "n") + field(4, kind) +
                 b"".join(attribute(n, v) for n, v in attributes.items()))


def onnx(nodes, weights=(), inputs=None, outputs=None, opset=11):
    graph = b"".join(nodes) + field(2, "g") + b"".join(field(5, w) for w in weights)
    graph += b"".join(field(11, i) for i in inputs or [value("x", [1, 3, 8, 8])]) + b"".join(field(12, o) for o in outputs or [value("y", ["n", "m"])])
    return field(1, 7) + field(2, "made") + field(7, graph) + field(8, field(1, "") + field(2, opset)) + field(14, field(1, "k") + field(2, "v"))


ramp = lambda n: [((i * 7) % 11 - 5) / 8 for i in range(n)]
GRAPHS = {
    "relu": onnx([node("Relu", ["x"], ["y"])]),
    "conv": onnx([node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]), node("PRelu", ["c", "s"], ["p"]),
                  node("GlobalAveragePool", ["p"], ["a"]), node("Flatten", ["a"], ["f"], axis=1), node("Gemm", ["f", "g"], ["y"], transB=1, alpha=0.5)],
                 [weight("w", [2, 3, 3, 3], ramp(54)), weight("b", [2], ramp(2)), weight("s", [2, 1, 1], ramp(2)), weight("g", [4, 2], ramp(8))]),
    "norm": onnx([node("BatchNormalization", ["x", "s", "s", "s", "v"], ["n"], epsilon=1e-5), node("MaxPool", ["n"], ["y"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)],
                 [weight("s", [3], [1, 2, 3]), weight("v", [3], [1, 1, 1])]),
    "shapes": onnx([node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["b"], axis=0), node("Unsqueeze", ["b"], ["u"], axes=[0]),
                    node("Concat", ["u", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["y"])],
                   [weight("zero", [], [0], 7), weight("rest", [1], [-1], 7)]),
    "resize": onnx([node("Resize", ["x", "roi", "sc"], ["y"], mode="linear", coordinate_transformation_mode="asymmetric")],
                   [weight("roi", [0], []), weight("sc", [4], [1, 1, 2, 2])]),
    "slices": onnx([node("Slice", ["x", "st", "en", "ax"], ["a"]), node("Pad", ["a", "pads"], ["b"], mode="reflect"), node("Transpose", ["b"], ["c"], perm=[0, 2, 3, 1]),
                    node("ReduceMean", ["c"], ["d"], axes=[1, 2], keepdims=0), node("Softmax", ["d"], ["e"], axis=1), node("Clip", ["e"], ["y"])],
                   [weight("st", [1], [1], 7), weight("en", [1], [7], 7), weight("ax", [1], [2], 7), weight("pads", [8], [0, 0, 1, 1, 0, 0, 1, 1], 7)]),
    "vit": onnx([node("Reshape", ["x", "r"], ["t"]), node("LayerNormalization", ["t", "s", "s"], ["l"], axis=-1), node("Transpose", ["l"], ["k"], perm=[0, 2, 1]),
                 node("MatMul", ["l", "k"], ["m"]), node("Softmax", ["m"], ["o"], axis=-1), node("MatMul", ["o", "l"], ["z"]), node("Erf", ["z"], ["e"]), node("Gelu", ["e"], ["y"])],
                [weight("r", [3], [1, 4, 48], 7), weight("s", [48], ramp(48))], opset=20),
    "moves": onnx([node("Tile", ["x", "rep"], ["t"]), node("Expand", ["t", "sh"], ["e"]), node("Split", ["e"], ["a", "b"], axis=2), node("Where", ["c", "a", "b"], ["w"]),
                   node("Einsum", ["w"], ["q"], equation="nchw->nhwc"), node("ConstantOfShape", ["sh"], ["k"]), node("Add", ["q", "one"], ["y"])],
                  [weight("rep", [4], [1, 1, 2, 1], 7), weight("sh", [4], [1, 3, 16, 8], 7), weight("c", [1], [1], 7), weight("one", [1], [1])]),
    "transposed": onnx([node("ConvTranspose", ["x", "w"], ["c"], strides=[2, 2], output_padding=[1, 1]), node("AveragePool", ["c"], ["a"], kernel_shape=[3, 3], auto_pad="SAME_UPPER"),
                        node("LpNormalization", ["a"], ["y"], axis=1, p=2)], [weight("w", [3, 2, 2, 2], ramp(24))]),
    "nhwc": onnx([node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]), node("Sub", ["t", "m"], ["s"]), node("Mul", ["s", "k"], ["y"])],
                 [weight("m", [1, 3, 1, 1], [127.5, 127.5, 127.5]), weight("k", [1], [1 / 128])], [value("x", ["n", "h", "w", 3])]),
}
for name, content in GRAPHS.items():
    seed("onnx", name, content)
    seed("onnxrun", name, content)

# --- pictures and videos


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def exif(order, kind=3, orientation=6):
    e = "<" if order == b"II" else ">"
    stored = struct.pack(e + {1: "B", 6: "b", 3: "H", 8: "h", 4: "I", 9: "i"}[kind], orientation).ljust(4, b"\0")
    return order + struct.pack(e + "HI", 42, 8) + struct.pack(e + "H", 1) + struct.pack(e + "HHI", 0x112, kind, 1) + stored + struct.pack(e + "I", 0)


seed("exif", "little", exif(b"II"))
seed("exif", "big-long", exif(b"MM", 4, 8))
seed("exif", "byte", exif(b"II", 1))
seed("exif", "big-sshort", exif(b"MM", 8, 3))
PNG = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)) + chunk(b"eXIf", exif(b"MM")) +
       chunk(b"IDAT", zlib.compress(b"\0\1\2\3\4\5\6" * 2)) + chunk(b"IEND", b""))
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'


def ffmpeg(arguments, name):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=32x32:rate=10", "-bitexact", "-map_metadata", "-1", *arguments, path], check=True)
        with open(path, "rb") as made:
            return made.read()


one = ["-frames:v", "1"]
JPEG = ffmpeg(one + ["-vf", "scale=16:16", "-q:v", "10"], "a.jpg")
JPEG_EXIF = JPEG[:2] + b"\xff\xe1" + struct.pack(">H", 8 + len(exif(b"II"))) + b"Exif\0\0" + exif(b"II") + JPEG[2:]
SPACE = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_XMP = JPEG[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(SPACE + XMP)) + SPACE + XMP + JPEG[2:]
PICTURES = {"png": PNG, "jpeg": JPEG, "jpeg-exif": JPEG_EXIF, "jpeg-xmp": JPEG_XMP, "webp": ffmpeg(one, "a.webp"), "webp-lossless": ffmpeg(one + ["-lossless", "1"], "a.webp"),
            "bmp": ffmpeg(one + ["-vf", "scale=4:4"], "a.bmp"), "tiff": ffmpeg(one + ["-vf", "scale=4:4"], "a.tiff"), "gif": ffmpeg(one, "a.gif"),
            "avif": ffmpeg(one + ["-c:v", "libaom-av1", "-still-picture", "1", "-crf", "40"], "a.avif"), "pnm": b"P6\n# made\n2 1\n255\nabcdef", "pgm": b"P2\n2 1\n15\n1 2\n", "cut": JPEG[:len(JPEG) // 2]}


def tiff(order, directories):
    """A TIFF of 4 x 3 grey pixels; each directory is (its further entries, which directory is the next page or 0). The value -2 is where the last one lies."""
    e = "<" if order == b"II" else ">"
    pixels = zlib.compress(bytes(range(12)))
    made = order + struct.pack(e + "HI", 42, 8 + len(pixels) + len(pixels) % 2) + pixels.ljust(len(pixels) + len(pixels) % 2, b"\0")
    first = len(made)
    size = lambda entries: 2 + 12 * (8 + len(entries)) + 4
    places = [first + sum(size(d[0]) for d in directories[:i]) for i in range(len(directories) + 1)]
    for entries, following in directories:
        listed = sorted([(256, 4, 4), (257, 4, 3), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 8), (278, 4, 3), (279, 4, len(pixels))] +
                        [(tag, kind, places[-value] if value < 0 else value) for tag, kind, value in entries])
        made += struct.pack(e + "H", len(listed))
        for tag, kind, value in listed:
            made += struct.pack(e + "HHI", tag, kind, 1) + (struct.pack(e + "HH", value, 0) if kind == 3 else struct.pack(e + "I", value))
        made += struct.pack(e + "I", places[following] if following else 0)
    return made


PICTURES.update({"tiff-deflate": tiff(b"II", [([(274, 3, 6)], 0)]), "tiff-child": tiff(b"MM", [([(254, 4, 1), (330, 4, -2)], 0), ([], 0)]),
                 "tiff-pages": tiff(b"II", [([(254, 4, 1)], 1), ([], 0)]), "tiff-raw": tiff(b"II", [([(50706, 4, 1)], 0)]),
                 "pbm": b"P1 3 1 101", "pbm-bytes": b"P4 3 1 \xa0", "ppm-text": b"P3\n1 1 # made\n1023\n1 2 1023", "pgm-deep": b"P5 2 1 1000\n\0\xc8\3\xe8",
                 "bmp-fields": b"BM" + struct.pack("<IHHIIiiHHIIiiIIIII", 70, 0, 0, 66, 40, 1, 1, 1, 16, 3, 0, 0, 0, 0, 0, 0xF00, 0xF0, 0xF) + b"\x63\x0c\0\0",
                 "jp2": b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "tga": bytes([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0, 1, 2, 3]),
                 "cr2": b"II*\0\x10\0\0\0CR\2\0\0\0\0\0\0\0\0\0\0\0"})


def heic(settings):
    """By libheif and x265 (Debian's libheif-examples)."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = os.path.join(folder, "a.png"), os.path.join(folder, "a.heic")
        with open(source, "wb") as out:
            out.write(ffmpeg(one + ["-vf", "scale=72:56"], "a.png"))
        subprocess.run(["heif-enc", "-q", "30", *settings, "-o", made, source], check=True, stdout=subprocess.DEVNULL)
        with open(made, "rb") as read:
            return read.read()


PICTURES["heic"] = heic(["-p", "x265:wpp=0", "-p", "x265:ctu=16"])
PICTURES["heic-digest"] = heic(["-p", "x265:hash=1"])
PICTURES["heic-damaged"] = PICTURES["heic"][:-200] + b"\x55" * 8 + PICTURES["heic"][-192:]
for name, content in PICTURES.items():
    seed("picture", name, content)
    seed("pictureheader", name, content)
for name in ("jpeg", "jpeg-exif", "cut"):
    seed("jpeg", name, PICTURES[name])

few = ["-frames:v", "5"]
h264 = few + ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "3", "-bf", "1", "-x264-params", "info=0"]
VIDEOS = {"mp4": ffmpeg(h264, "a.mp4"), "mkv": ffmpeg(h264, "a.mkv"), "h264": ffmpeg(h264, "a.h264"), "webm": ffmpeg(few + ["-c:v", "libvpx"], "a.webm"),
          "avi": ffmpeg(few + ["-c:v", "mjpeg", "-q:v", "20"], "a.avi"), "pal8": ffmpeg(few + ["-c:v", "rawvideo", "-pix_fmt", "pal8", "-vf", "scale=8:8"], "a.avi"),
          "ts": ffmpeg(h264, "a.ts"), "gif": ffmpeg(few, "a.gif"), "mov": ffmpeg(few + ["-c:v", "mjpeg", "-q:v", "20"], "a.mov"), "mpeg": ffmpeg(few + ["-r", "25"], "a.mpg"),
          "flv": ffmpeg(few, "a.flv"), "one": ffmpeg(["-frames:v", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "info=0"], "a.mp4")}
for name, content in VIDEOS.items():
    seed("video", name, content)
seed("gif", "still", PICTURES["gif"])
seed("gif", "moving", VIDEOS["gif"])
seed("gif", "without-end", PICTURES["gif"][:-3])
seed("gif", "damaged", VIDEOS["gif"][:-300] + b"\xff" * 4 + VIDEOS["gif"][-296:])
seed("nalunits", "h264", b"\0\0" + VIDEOS["h264"][:400])
seed("nalunits", "h264-recovery", b"\0\0" + b"\0\0\1\x06\x06\x01\x84\x80\0\0\1\x41\x9a\x00")
seed("nalunits", "h264-lengths", b"\0\x05" + b"\1\x64\0\x0a\xff" + b"\0\0\0\2\x65\x88\0\0\0\3\x41\x9a\0")
seed("nalunits", "hevc", b"\1\0" + b"\0\0\1\x40\1\x0c\0\0\1\x26\1\xaf\0\0\1\x02\1\xd0")
