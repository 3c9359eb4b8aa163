#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what docs/reid.md says of D-scores of people, and writes its tables.

    tests/bench/reid.py --shared ../shared --work build/reid --out docs/reid-tables.md

PKU-Reid: 44 people, two cameras, eight directions each. The people are dealt into five folds; DDNet and second look of a fold are taught on the people of
the other four, and score those of their own, so that nobody is scored by what has seen them. Every step is one call of dscope and leaves one file in the
work folder; what is there already is not done again. Only Python's own library is needed.

--seeds 2,3 trains DDNets of further seeds, --crops LIST (of `dscope crops`) one per fold that is taught on people of videos as well, --attention an aggregation
network (NAN) per fold, on the people who teach that fold: each is a part of its own of the tables.
"""
import argparse
import csv
import json
import os
import random
import subprocess
import sys

FOLDS = 5
BASE = "osnet-x0.25-msmt17"
TAUGHT = "all,-mask,-glasses"  # those two are drawn where a face has its eyes
# What the tests are damaged by: low resolution, blur, occlusion, darkness, a bad crop; in the last set by what nobody was taught.
SETS = {
    "five": ("shrink-area,gaussian-blur,pieces,under-exposure,misalignment", None, "low resolution, blur, occlusion, darkness or a bad crop"),
    "untaught": ("shrink-area,gaussian-blur,pieces,under-exposure,misalignment", "resolution,focus,occlusion,exposure,geometry", "the same, by a second look that was taught none of it (DDNet was)"),
}
METHODS = ["average", "norm", "top-1", "ddl", "ddl-no-rescale", "ddl+", "top-1:second", "ddl:second", "ddl-no-rescale:second", "ddl+:second"]


class Study:
    def __init__(self, args):
        self.args = args
        self.environment = dict(os.environ, DSCOPE_MODELS=os.path.join(args.shared, "weights"), GOMP_SPINCOUNT="1000")
        os.makedirs(args.work, exist_ok=True)

    def path(self, name):
        return os.path.join(self.args.work, name)

    def run(self, out, *words):
        """One call of dscope that writes `out`; not made where that is there."""
        if os.path.exists(self.path(out)):
            return
        command = [self.args.dscope, *words]
        print("reid:", " ".join(command), flush=True)
        with open(self.path("log.txt"), "a", encoding="utf-8") as log:
            if subprocess.run(command, env=self.environment, stdout=log, stderr=log, check=False).returncode != 0:
                sys.exit(f"reid: that failed; {self.path('log.txt')} says why.")

    def lists(self):
        root = os.path.join(os.path.abspath(self.args.shared), "data", "reid", "pku")
        people = sorted(name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name)))
        random.Random(19).shuffle(people)
        rows = {}
        for person in people:
            for folder, _, files in sorted(os.walk(os.path.join(root, person))):
                parts = os.path.relpath(folder, root).split(os.sep)
                if len(parts) == 3:
                    rows.setdefault(person, []).extend((os.path.join(folder, name), person, parts[1].lstrip("c"), parts[2].lstrip("t")) for name in sorted(files))
        for fold in range(FOLDS):
            test = people[fold::FOLDS]
            for name, chosen in (("teach", [p for p in people if p not in test]), ("test", test)):
                with open(self.path(f"{name}{fold}.csv"), "w", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file)
                    writer.writerow(["path", "person", "camera", "track"])
                    writer.writerows(row for person in sorted(chosen) for row in rows[person])

    def teach(self, fold, name, without):
        p = self.path
        self.run(f"targets{fold}.safetensors", "label", p(f"teach{fold}.csv"), "--base", BASE, "--out", p(f"targets{fold}.safetensors"), "--copies", "8", "--families", TAUGHT, "--keep-wedges",
                 "--features", p(f"features{fold}.safetensors"))
        left_out = ["--without-damage", without] if without else []
        self.run(f"{name}.second{fold}.safetensors", "train", "second", "--targets", p(f"targets{fold}.safetensors"), "--features", p(f"features{fold}.safetensors"), "--out",
                 p(f"{name}.second{fold}.safetensors"), *left_out)
        self.run(f"ddnet{fold}.safetensors", "train", "ddnet", "--targets", p(f"targets{fold}.safetensors"), "--out", p(f"ddnet{fold}.safetensors"), "--input", self.args.input, "--epochs",
                 str(self.args.epochs), "--batch", "64", "--held-out", "0.1", "--history", p(f"ddnet{fold}.json"))

    def measure(self, name, families):
        p = self.path
        for fold in range(FOLDS):
            self.run(f"{name}{fold}.pool", "compare", p(f"test{fold}.csv"), "--base", BASE, "--ddnet", p(f"ddnet{fold}.safetensors"), "--second", p(f"{name}.second{fold}.safetensors"), "--families",
                     families, "--versions", "10", "--draws", "10", "--laplacian", "--oracle", "--protocol", "cross-camera", "--sizes", "3", "--resamples", "0", "--keep", p(f"{name}{fold}.pool"), "--out", p(f"{name}{fold}.json"))
        words = [p(f"{name}{fold}.pool") for fold in range(FOLDS)]
        methods = [word for method in METHODS + ["quality:laplacian"] for word in ("--method", method)]
        self.run(f"{name}.json", "compare", *words, "--protocol", "cross-camera", "--sizes", "3,5,8", "--draws", "10", "--resamples", "1000", "--oracle", *methods, "--out", p(f"{name}.json"))

    # ---- further teachers

    def scorers(self, fold):
        """Further DDNets of a fold, by name."""
        p = self.path
        common = ["--input", self.args.input, "--epochs", str(self.args.epochs), "--batch", "64", "--held-out", "0.1"]
        made = {}
        for seed in self.args.seeds.split(",") if self.args.seeds else []:
            name = f"seed{seed}.ddnet{fold}.safetensors"
            self.run(name, "train", "ddnet", "--targets", p(f"targets{fold}.safetensors"), "--seed", seed, "--name", f"seed-{seed}", "--out", p(name), *common)
            made[f"seed-{seed}"] = name
        if self.args.crops:
            both = p(f"crops.teach{fold}.csv")
            self.join(p(f"teach{fold}.csv"), both)
            self.run(f"crops.targets{fold}.safetensors", "label", both, "--base", BASE, "--out", p(f"crops.targets{fold}.safetensors"), "--copies", "8", "--families", TAUGHT, "--keep-wedges")
            name = f"crops.ddnet{fold}.safetensors"
            self.run(name, "train", "ddnet", "--targets", p(f"crops.targets{fold}.safetensors"), "--name", "crops", "--out", p(name), *common)
            made["crops"] = name
        return made

    def join(self, teach, out, per_track=20):
        """A fold's teachers, and of every track of the videos some pictures, evenly."""
        folder = os.path.dirname(os.path.abspath(self.args.crops))
        tracks = {}
        with open(self.args.crops, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                tracks.setdefault((row["camera"], row["track"]), []).append([os.path.join(folder, row["path"]), row["person"], row["camera"], row["track"]])
        with open(teach, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        for track in tracks.values():
            count = min(per_track, len(track))
            rows += [track[i * len(track) // count] for i in range(count)]
        with open(out, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    def further(self, families):
        p = self.path
        scorers = []
        for fold in range(FOLDS):
            scorers = self.scorers(fold)
            if not scorers:
                return
            self.run(f"further{fold}.pool", "compare", p(f"test{fold}.csv"), "--base", BASE, "--ddnet", p(f"ddnet{fold}.safetensors"), "--families", families, "--versions", "10", "--draws", "10",
                     "--oracle", "--protocol", "cross-camera", "--sizes", "3", "--resamples", "0", *[word for name, file in scorers.items() for word in ("--scorer", f"{name}={p(file)}")],
                     "--keep", p(f"further{fold}.pool"), "--out", p(f"further{fold}.json"))
        methods = ["average", "ddl", "ddl+"] + [f"{rule}:quality={name}" for name in scorers for rule in ("ddl", "ddl+")]
        self.run("further.json", "compare", *[p(f"further{fold}.pool") for fold in range(FOLDS)], "--protocol", "cross-camera", "--sizes", "3,5,8", "--draws", "10", "--resamples", "1000", "--oracle",
                 *[word for method in methods for word in ("--method", method)], "--out", p("further.json"))

    def attention(self, families):
        """What NAN gains over the average in each fold; the mean over folds."""
        p = self.path
        gains = {}
        for fold in range(FOLDS):
            self.run(f"teach{fold}.pool", "compare", p(f"teach{fold}.csv"), "--base", BASE, "--ddnet", p(f"ddnet{fold}.safetensors"), "--families", TAUGHT, "--versions", "4", "--draws", "1",
                     "--protocol", "cross-camera", "--sizes", "3", "--resamples", "0", "--keep", p(f"teach{fold}.pool"), "--out", p(f"teach{fold}.json"))
            self.run(f"nan{fold}.safetensors", "train", "nan", "--faces", p(f"teach{fold}.pool"), "--base", BASE, "--out", p(f"nan{fold}.safetensors"))
            self.run(f"attention{fold}.json", "compare", p(f"five{fold}.pool"), "--protocol", "cross-camera", "--sizes", "3,5,8", "--draws", "10", "--resamples", "0", "--method", "average",
                     "--method", "nan:" + p(f"nan{fold}.safetensors"), "--out", p(f"attention{fold}.json"))
            with open(p(f"attention{fold}.json"), encoding="utf-8") as file:
                for row in json.load(file)["rows"]:
                    if row["method"] != "average":
                        gains.setdefault(row["part"], []).append(100 * row["map_gain"])
        parts = [f"{size}, {kind}" for kind in ("clean", "degraded") for size in (3, 5, 8)]
        return ["## Attention (NAN), taught on the people of the other four folds", "", "mAP in points over the average, among the people of a fold; mean over the five folds, least and most:", "",
                "| | " + " | ".join(parts) + " |", "|---" * 7 + "|",
                "| attention | " + " | ".join(f"{sum(gains[part]) / FOLDS:+.1f} ({min(gains[part]):+.1f} to {max(gains[part]):+.1f})" for part in parts) + " |", ""]

    def table(self, name, title):
        with open(self.path(f"{name}.json"), encoding="utf-8") as file:
            data = json.load(file)
        parts = [f"{size}, {kind}" for kind in ("clean", "degraded") for size in (3, 5, 8)]
        rows = {(row["method"], row["part"]): row for row in data["rows"]}
        names = {row["method"]: row["title"] for row in data["rows"]}
        out = [f"## Damage: {title}", "", data["protocol"], ""] + [f"- {note}" for note in data["notes"]] + [""]
        for figure, heading in (("map", "mAP in %, and what it gains over the average"), ("cmc_1", "CMC-1 in %, likewise")):
            out += [heading + ":", "", "| | " + " | ".join(parts) + " |", "|---" * (len(parts) + 1) + "|"]
            for method, method_title in names.items():
                cells = []
                for part in parts:
                    row = rows.get((method, part))
                    gain = "" if not row or method == "average" else f" ({100 * row[figure + '_gain']:+.1f}, {100 * row[figure + '_gain_interval'][0]:+.1f} to {100 * row[figure + '_gain_interval'][1]:+.1f})"
                    cells.append(f"{100 * row[figure]:.1f}{gain}" if row else "-")
                out.append(f"| {method_title} | " + " | ".join(cells) + " |")
            out.append("")
        oracle = next((method for method, method_title in names.items() if "true D" in method_title), None)
        closed = []
        for method in names:
            shares = []
            for part in parts[3:]:
                whole = rows[(oracle, part)]["map_gain"] if oracle else 0
                if method not in ("average", oracle) and whole > 0:
                    shares.append(f"{100 * rows[(method, part)]['map_gain'] / whole:.0f}")
            if len(shares) == 3 and method.startswith("ddl"):
                closed.append(f"| {names[method]} | " + " | ".join(shares) + " |")
        out += ["Of the way in mAP from the average to DDL by the true D-scores, which is a reference and no bound, in %:", "", "| | " + " | ".join(parts[3:]) + " |", "|---" * 4 + "|", *closed, ""]
        return out

    def write(self):
        out = ["# D-scores of people on PKU-Reid: the figures", "",
               "Made by `tests/bench/reid.py --shared ../shared --attention` (CPU; DDNets of one seed, unless they are named). What they say stands in [reid.md](reid.md#does-it-work).", ""]
        for name, (_, _, title) in SETS.items():
            if os.path.exists(self.path(f"{name}.json")):
                out += self.table(name, title)
        if os.path.exists(self.path("further.json")):
            out += self.table("further", SETS["five"][2] + "; DDNets of other seeds (seed-N), and taught on people of videos as well (crops)")
        if self.args.attention:
            out += self.attention(SETS["five"][0])
        with open(self.args.out + ".part", "w", encoding="utf-8") as file:
            file.write("\n".join(out))
        os.replace(self.args.out + ".part", self.args.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dscope", default="build/release/bin/dscope")
    parser.add_argument("--shared", default="../shared", help="where data/reid/pku and weights/ lie")
    parser.add_argument("--work", default="build/reid")
    parser.add_argument("--out", default="docs/reid-tables.md")
    parser.add_argument("--input", default="128x64", help="height x width of the DDNets")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", default="", help="of further DDNets, such as 2,3")
    parser.add_argument("--crops", default="", help="a list by dscope crops: people of videos teach as well")
    parser.add_argument("--attention", action="store_true", help="aggregation networks beside")
    study = Study(parser.parse_args())
    study.lists()
    for name, (families, without, _) in SETS.items():
        for fold in range(FOLDS):
            study.teach(fold, name, without)
        study.measure(name, families)
    study.further(SETS["five"][0])
    study.write()
    print("reid: written:", study.args.out)


main()
