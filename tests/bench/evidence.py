#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what docs/evidence.md says, and writes that page.

    tests/bench/evidence.py --shared ../shared --work build/evidence --out docs/evidence.md

Nothing is chosen here, and nothing is taught on a person on whom figures are measured. Every step is one call of dscope and leaves one file in
the work folder; what is there already is not done again, so that a stopped run goes on. Only Python's own library is needed.
"""
import argparse
import csv
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys

GROUPS = ["resolution", "focus", "motion", "compression", "noise", "exposure", "colour", "tones", "shadow", "occlusion", "geometry", "video", "sharpening"]
BASES = {  # name in the manifest: (short name, whether damage is left out group by group, whether DDNets of other seeds are trained, whether a face detector scores the pictures)
    "mobilefacenet-casia": ("CASIA MobileFaceNet", True, True, True),
    "dlib-resnet": ("dlib ResNet", False, False, False),
    "compact": ("compact", True, False, False),
    "mobilefacenet-ms1m": ("MS1M MobileFaceNet", False, False, False),
    "faceplugin-fr": ("faceplugin", False, False, False),
}
SEEDS = [2, 3, 4, 5]  # beside the DDNet that ships, of seed 1
METHODS = ["average", "norm", "top-1", "ddl", "ddl-no-rescale", "ddl+", "ddl:second", "ddl-no-rescale:second", "ddl+:second"]
TITLES = {
    "average": "average", "norm": "feature norm", "detector": "detector score", "quality:laplacian": "Laplacian", "top-1": "top-1 by DDNet", "ddl": "DDL", "ddl-no-rescale": "DDL without re-scale", "ddl+": "ddl+",
    "ddl:second": "DDL by the second look", "ddl-no-rescale:second": "without re-scale, second look", "ddl+:second": "ddl+ by the second look", "nan": "NAN", "true": "DDL by the true D-scores",
}
BUDGETS = "5,10,25,50,100"
# DDNets are trained, so groups are left out several at a time, kin together: each knows less than one that lacks a single group.
LEFT_OUT = {"a": ["resolution", "compression", "video"], "b": ["focus", "motion", "sharpening"], "c": ["exposure", "colour", "tones", "shadow"], "d": ["noise", "occlusion", "geometry"]}


class Evidence:
    def __init__(self, args):
        self.args = args
        self.known_rules = {}
        self.known_models = None
        self.environment = dict(os.environ, DSCOPE_MODELS=os.path.join(args.shared, "weights"), GOMP_SPINCOUNT="1000")

    def path(self, name):
        return os.path.join(self.args.work, name)

    def run(self, out, *words):
        """One call of dscope that writes `out`; not made where that is there."""
        if os.path.exists(self.path(out)):
            return
        command = [self.args.dscope, *words]
        print("evidence:", " ".join(command), flush=True)
        with open(self.path("log.txt"), "a", encoding="utf-8") as log:
            if subprocess.run(command, env=self.environment, stdout=log, stderr=log, check=False).returncode != 0:
                sys.exit(f"evidence: that failed; {self.path('log.txt')} says why.")

    # ---- people

    def lists(self):
        """Who teaches, and on whom figures are measured: lists of pictures, with whole paths."""
        if os.path.exists(self.path("natural.csv")):
            return
        data = os.path.join(os.path.abspath(self.args.shared), "data")

        def rows(name):
            with open(os.path.join(data, name), newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))

        part = {row["identity"]: row["part"] for row in rows("lfw_split.csv")}
        lfw = [(f"{data}/lfw_112/{row['identity']}/{row['file']}.jpg", row["identity"]) for row in rows("lfw_112.csv")]
        web = [(f"{data}/faces/train/{row['file']}", row["person"]) for row in rows("faces/train.csv") if row["doubt"] == "0"]
        natural = [(f"{data}/faces/natural/{row['file']}", row["person"]) for row in rows("faces/natural.csv")]
        # Half of the people of the web teach, half are there for `dscope tune-rule`; so are 40 of LFW's training people with six pictures or more.
        draw = random.Random(18)
        people = sorted({person for _, person in web})
        draw.shuffle(people)
        teaching = set(people[:48])
        counts = {}
        for _, person in lfw:
            counts[person] = counts.get(person, 0) + 1
        several = sorted(person for person, count in counts.items() if part[person] == "train" and count >= 6)
        draw.shuffle(several)
        tuning = set(several[:40])
        chosen = {}
        for file, person in web:
            if person not in teaching:
                chosen.setdefault(person, []).append(file)
        some = []
        for person, files in sorted(chosen.items()):
            random.Random(person).shuffle(files)
            some += [(file, person) for file in files[:20]]
        lfw, web, natural = (sorted(rows, key=lambda row: row[1]) for rows in (lfw, web, natural))
        self.write("teach.csv", [one for one in lfw if part[one[1]] == "train" and one[1] not in tuning] + [one for one in web if one[1] in teaching])
        self.write("tune.csv", [one for one in lfw if one[1] in tuning] + some)
        self.write("test.csv", [one for one in lfw if part[one[1]] == "test"])
        self.write("natural.csv", natural)

    def write(self, name, rows):
        with open(self.path(name) + ".part", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "person"])
            writer.writerows(rows)
        os.replace(self.path(name) + ".part", self.path(name))

    # ---- one base

    def teach(self, base, leave_out):
        self.run(f"{base}.targets.safetensors", "label", self.path("teach.csv"), "--base", base, "--families", "all", "--copies", "13" if leave_out else "4", "--degraded-share", "0.8",
                 "--out", self.path(f"{base}.targets.safetensors"), "--features", self.path(f"{base}.features.safetensors"))
        taught = ["train", "second", "--targets", self.path(f"{base}.targets.safetensors"), "--features", self.path(f"{base}.features.safetensors"), "--out"]
        for group in GROUPS if leave_out else []:
            name = f"{base}.without-{group}.safetensors"
            self.run(name, *taught, self.path(name), "--without-damage", group)
        for letter, groups in LEFT_OUT.items() if leave_out and not self.args.no_training else []:
            name = f"{base}.ddnet-without-{letter}.safetensors"
            self.run(name, "train", "ddnet", "--targets", self.path(f"{base}.targets.safetensors"), "--without-damage", ",".join(groups), "--epochs", "1", "--precision", "bf16",
                     "--name", f"without-{letter}", "--out", self.path(name))

    def models(self):
        if self.known_models is None:
            self.known_models = json.loads(subprocess.run([self.args.dscope, "models", "--json"], env=self.environment, capture_output=True, text=True, check=True).stdout)["models"]
        return self.known_models

    def ddnet(self, base):
        """Words that name the DDNet: none where one ships, else one that is trained here."""
        if any(model.get("role") == "ddnet" and model.get("target", {}).get("base") == base for model in self.models()):
            return []
        name = f"{base}.ddnet.safetensors"
        self.run(name, "train", "ddnet", "--targets", self.path(f"{base}.targets.safetensors"), "--epochs", "3", "--precision", "bf16", "--name", f"ddnet-{base}", "--out", self.path(name))
        return ["--ddnet", self.path(name)]

    def pool(self, name, base, faces, *how):
        self.run(f"{base}.{name}.pool", "compare", self.path(faces), "--base", base, *self.ddnet(base), "--method", "average", "--sizes", "5", "--draws", "1", "--resamples", "0", "--oracle", "--laplacian",
                 "--keep", self.path(f"{base}.{name}.pool"), "--out", self.path(f"{base}.{name}.first.csv"), *how)

    def rules(self, base, second):
        """What is used where nobody chooses: the rules of the second look and of the DDNet, where they have some."""
        if second in self.known_rules:
            return self.known_rules[second]
        ddnets = [model for model in self.models() if model.get("role") == "ddnet" and model.get("target", {}).get("base") == base]
        found = [model["rule"] for model in ddnets[:1] if model.get("rule")]
        about = json.loads(subprocess.run([self.args.dscope, "info", second, "--json"], env=self.environment, capture_output=True, text=True, check=True).stdout)
        self.known_rules[second] = found + ([about["rule"]] if about.get("rule") else [])
        return self.known_rules[second]

    def second(self, base, group=""):
        """The second look that figures are of: of a group that is left out the one that was not shown it, else the one that ships, else one made here."""
        if group:
            return self.path(f"{base}.without-{group}.safetensors")
        shipped = self.args.second or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models", f"{base}.second.safetensors")
        return shipped if os.path.exists(shipped) else self.path(f"{base}.second.safetensors")

    def named(self, name, base, kind):
        """A file of figures, by what they are of: another second look, or another rule, has other figures."""
        second = self.second(base, name if name in GROUPS else "")
        try:
            with open(second, "rb") as file:
                looked = file.read()
        except FileNotFoundError:
            return f"{base}.{name}.none.{kind}.json"
        return f"{base}.{name}.{hashlib.sha256(looked + ' '.join(self.rules(base, second)).encode()).hexdigest()[:8]}.{kind}.json"

    def compared(self, name, base, second, clean, sizes="3,5,10", more=()):
        """All methods on a pool."""
        out = self.named(name, base, "methods")
        words = [self.path(f"{base}.{name}.pool"), "--second", second, "--oracle", "--sizes", sizes, "--draws", "10", "--fars", "0.001", "--seed", str(self.args.seed)]
        methods = [word for method in [*METHODS, "quality:laplacian", *self.rules(base, second), *more] for word in ("--method", method)]
        self.run(out, "compare", *words, *methods, *(["--clean-only"] if clean else []), "--out", self.path(out))

    def rivals(self, name, base, clean, sizes, detect, how):
        """NAN, taught on features of the same people with damage of all families; and the detector's score."""
        nan = f"{base}.nan.safetensors"
        if not os.path.exists(self.path(nan)):
            self.pool("teach", base, "teach.csv", "--families", "all", "--versions", "4", "--at-least", "3")
            self.run(nan, "train", "nan", "--faces", self.path(f"{base}.teach.pool"), "--base", base, "--out", self.path(nan))
        pool = name
        if detect:
            pool = name + ".detect"
            self.pool(pool, base, "natural.csv" if name == "natural" else "test.csv", *how, "--detect")
        out = f"{base}.{name}.rivals.json"
        self.run(out, "compare", self.path(f"{base}.{pool}.pool"), "--sizes", sizes, "--draws", "10", "--fars", "0.001", "--seed", str(self.args.seed), "--method", "average",
                 "--method", "nan:" + self.path(nan), *(["--method", "detector"] if detect else []), *(["--clean-only"] if clean else []), "--out", self.path(out))

    def budgets(self, name, base, second, clean, chooser=""):
        out = self.named(name, base, "budgets" + ("." + chooser if chooser else ""))
        pool = f"{base}.{name}.seeds.pool" if chooser.startswith("seed-") else f"{base}.{name}.pool"
        self.run(out, "compare", self.path(pool), "--second", second, "--sizes", "5", "--draws", "10", "--fars", "0.001", "--budgets", BUDGETS,
                 *(["--clean-only"] if clean else []), *(["--choose-by", chooser] if chooser else []), "--seed", str(self.args.seed), "--out", self.path(out))

    def seeds(self, base):
        """DDNets of other seeds, taught the same: how much figures vary with what is drawn in training."""
        names = []
        for seed in SEEDS:
            name = f"{base}.ddnet-seed-{seed}.safetensors"
            if self.args.no_training and not os.path.exists(self.path(name)):
                continue
            self.run(name, "train", "ddnet", "--targets", self.path(f"{base}.targets.safetensors"), "--epochs", "2", "--precision", "bf16", "--seed", str(seed), "--name", f"seed-{seed}",
                     "--out", self.path(name))
            names.append(f"seed-{seed}={self.path(name)}")
        for name, faces, how in (("taught", "test.csv", ["--versions", "10"]), ("all", "test.csv", ["--families", "all", "--versions", "10"]), ("natural", "natural.csv", ["--clean-only"])):
            if names:
                self.pool(name + ".seeds", base, faces, *how, *[word for one in names for word in ("--scorer", one)])
            for one in names:
                self.budgets(name, base, self.second(base), name == "natural", one.split("=")[0])

    def tracks(self, base):
        """Real video: thirds of tracks, in clips of five signers, in copies of them at half the size and a low bit rate, and in a street scene."""
        video = os.path.join(os.path.abspath(self.args.shared), "video")
        if not os.path.isdir(os.path.join(video, "asl")):
            return
        clips = sorted(name for name in os.listdir(os.path.join(video, "asl")) if name.endswith(".mkv"))
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "signers.csv"), newline="", encoding="utf-8") as file:
            signers = list(csv.DictReader(file))
        small = self.path("small")
        os.makedirs(small, exist_ok=True)
        for name in clips if shutil.which("ffmpeg") else []:
            copy = os.path.join(small, name)
            if not os.path.exists(copy):
                subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", os.path.join(video, "asl", name), "-vf", "scale=iw/2:-2", "-c:v", "libx264", "-crf", "32", copy + ".part.mkv"], check=True)
                os.replace(copy + ".part.mkv", copy)
        for name, folder in (("signers", os.path.join(video, "asl")), ("small", small)):
            if not clips or not all(os.path.exists(os.path.join(folder, clip)) for clip in clips):
                continue
            with open(self.path(name + ".csv"), "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["video", "person"])
                writer.writerows([os.path.join(folder, row["video"]), row["person"]] for row in signers)
            self.video(name, base, [os.path.join(folder, clip) for clip in clips], "--people", self.path(name + ".csv"))
        self.video("street", base, [os.path.join(video, "facenet_pytorch_video.mp4")])

    def video(self, name, base, videos, *how):
        out = self.named("tracks-" + name, base, "budgets")
        second = self.second(base)
        self.run(out, "evaluate-tracks", *videos, *how, "--base", base, *self.ddnet(base), *(["--second", second] if os.path.exists(second) else []), "--budgets", "10,25,50,100", "--fars", "0.01",
                 "--seed", str(self.args.seed), "--out", self.path(out))

    def measure(self, base, leave_out, with_seeds, detect):
        self.teach(base, leave_out)
        shipped = self.second(base)
        if not os.path.exists(shipped):  # a base that comes without one
            self.run(os.path.basename(shipped), "train", "second", "--targets", self.path(f"{base}.targets.safetensors"), "--features", self.path(f"{base}.features.safetensors"),
                     "--out", shipped)
        made = {"taught": ["--versions", "10"], "all": ["--families", "all", "--versions", "10"], "natural": ["--clean-only"]}
        for name, how in made.items():
            self.pool(name, base, "natural.csv" if name == "natural" else "test.csv", *how)
        for name in made:
            self.compared(name, base, shipped, name == "natural", "2,3,5" if name == "natural" else "3,5,10")
            self.budgets(name, base, shipped, name == "natural")
        for group in GROUPS if leave_out else []:
            ddnet = self.path(f"{base}.ddnet-without-{next(letter for letter, groups in LEFT_OUT.items() if group in groups)}.safetensors")
            untaught = os.path.exists(ddnet)
            self.pool(group, base, "test.csv", "--families", group, "--versions", "3", *(["--scorer", "untaught=" + ddnet] if untaught else []))
            self.compared(group, base, self.path(f"{base}.without-{group}.safetensors"), False, "5", ["ddl:quality=untaught,t=0.15"] if untaught else [])
            self.budgets(group, base, self.path(f"{base}.without-{group}.safetensors"), False, "untaught" if untaught else "")
        self.tracks(base)
        for name, how in made.items():
            self.rivals(name, base, name == "natural", "2,3,5" if name == "natural" else "3,5,10", detect, how)
        if with_seeds:
            self.seeds(base)

    # ---- the page

    def rows(self, name, base, kind="methods"):
        name = self.named(name, base, kind)
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def rivals_of(self, name, base):
        try:
            with open(self.path(f"{base}.{name}.rivals.json"), encoding="utf-8") as file:
                return json.load(file)["rows"]
        except FileNotFoundError:
            return []

    @staticmethod
    def method(row):
        if row["method"].startswith("nan:"):
            return "nan"
        return "true" if "oracle" in row["title"] else row["method"]

    @staticmethod
    def cell(row, gain=False):
        if row is None:
            return "-"
        if gain and row["method"] == "average" and "oracle" not in row["title"]:
            gain = False
        value, interval = (row["gain"], row.get("gain_interval")) if gain else (row["tar"], row.get("interval"))
        text = f"{100 * value:+.1f}" if gain else f"{100 * value:.1f}"
        if interval:
            text += f" ({100 * interval[0]:+.1f} to {100 * interval[1]:+.1f})" if gain else f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
        return text + ("\\*" if row["impostors_accepted"] < 10 else "")

    def page(self):
        out = ["# Evidence", "",
               "What D-scores do for recognition, on people and pictures that nothing here was taught on. Made by one command, which anybody can run again:", "",
               "    tests/bench/evidence.py --shared ../shared --work build/evidence --out docs/evidence.md", "",
               "TAR in % at FAR 1e-3 (strict rule); beside the average's TAR the others' **differences to it in points, paired**. Disjoint templates of each person, at most four, all compared with all by the cosine of "
               "raw-feature aggregates; 65 % of the pictures of damaged templates are damaged, anew in each of 10 draws (where groups of families are left out: by one of three versions, by lot); 95 % intervals by 200 bootstrap resamples over people; seed "
               f"{self.args.seed}; CPU. Test people: LFW's 155 with six pictures or more (2,509 pictures); natural pictures: 34 people of the web (3,740 pictures, undamaged). Taught: LFW's training people but 40, "
               "and 48 people of the web, 11,702 pictures; 88 further training people are for choosing rules. DDNets are of one seed; what others give stands at the end of a base where they were trained. \\* means that the FAR rests on fewer than ten accepted impostors: its interval says little.", ""]
        if drawn := self.figure("mobilefacenet-casia", "CASIA MobileFaceNet"):
            out += [f"![TAR of four ways to weigh, and at shares of the base's cost]({drawn})", ""]
        for base, (title, leave_out, *_) in BASES.items():
            if base not in self.args.base:
                continue
            out += self.base_part(base, title, leave_out)
        text = "\n".join(out).rstrip() + "\n"
        with open(self.args.out + ".part", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.args.out + ".part", self.args.out)
        print("evidence: written:", self.args.out)

    # ---- the figure

    def untaught(self, base, kind, select):
        """Mean TAR over the groups of families that were left out; None where not all are there."""
        values = []
        for group in GROUPS:
            data = self.rows(group, base, kind)
            found = [row["tar"] for row in data["rows"] if row["part"] == "5, degraded" and select(row)] if data else []
            if not found:
                return None
            values.append(found[0])
        return sum(values) / len(values)

    def figure(self, base, title):
        """Left: TAR of four ways on four kinds of pictures. Right: at shares of the base's cost, on damage that nobody taught."""
        shown = [("average", "average", "#9aa0a6"), ("ddl", "DDL, DDNet's D-scores", "#4c8bf5"), ("ddl+:second", "ddl+ by the second look", "#1a8f5a"), ("true", "DDL by the true D-scores", "#c9a227")]
        sets = []
        for name, part, heading in (("taught", "5, degraded", "five old kinds"), ("all", "5, degraded", "all 40 families"), ("natural", "3, clean", "natural, 3 pictures")):
            data = self.rows(name, base)
            if not data:
                return None
            by = {self.method(row): row["tar"] for row in data["rows"] if row["part"] == part}
            sets.append((heading, [by[method] for method, _, _ in shown]))
        untaught = [self.untaught(base, "methods", lambda row, method=method: self.method(row) == method) for method, _, _ in shown]
        if None not in untaught:
            sets.insert(2, ("groups left out", untaught))
        budgets = [float(word) / 100 for word in BUDGETS.split(",")]
        lines = []
        kind = "budgets.untaught" if self.rows(GROUPS[0], base, "budgets.untaught") else "budgets"
        for wanted, label, colour in (("random", "random pictures, mean", "#9aa0a6"), ("average", "DDNet's choice, mean", "#7b61c9"), ("DDL+ by the second look", "ddl+ by the second look", "#4c8bf5"),
                                      ("DDL+ by the second look, until enough", "the same, until enough", "#1a8f5a")):
            points = [self.untaught(base, kind, lambda row, budget=budget, wanted=wanted: abs(row["budget"] - budget) < 1e-9 and row["title"] == wanted) for budget in budgets]
            if None not in points:
                lines.append((label, colour, points))
        out = ['<svg xmlns="http://www.w3.org/2000/svg" width="1040" height="400" viewBox="0 0 1040 400" font-family="sans-serif" font-size="12">', '<rect width="1040" height="400" fill="#ffffff"/>',
               f'<text x="50" y="22" font-size="14" font-weight="bold">TAR in % at FAR 1e-3, {title}, people whom nothing was taught on, 5 pictures per template</text>']

        def axis(left, width):
            for percent in range(0, 101, 20):
                y = 330 - 2.7 * percent
                out.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}" stroke="#e3e5e8"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{percent}</text>')

        axis(50, 450)
        step = 450 / len(sets)
        for i, (heading, values) in enumerate(sets):
            for k, value in enumerate(values):
                height = 270 * value
                x = 50 + i * step + 8 + k * (step - 16) / 4
                out.append(f'<rect x="{x:.1f}" y="{330 - height:.1f}" width="{(step - 16) / 4 - 2:.1f}" height="{height:.1f}" fill="{shown[k][2]}"/>'
                           f'<text x="{x + (step - 16) / 8 - 1:.1f}" y="{326 - height:.1f}" text-anchor="middle" font-size="9" fill="#333">{100 * value:.0f}</text>')
            out.append(f'<text x="{50 + (i + .5) * step:.1f}" y="347" text-anchor="middle">{heading}</text>')
        for k, (_, label, colour) in enumerate(shown):
            x, y = 50 + 225 * (k % 2), 368 + 18 * (k // 2)
            out.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/><text x="{x + 15}" y="{y}">{label}</text>')
        if lines:
            axis(570, 440)
            places = [570 + 30 + k * (380 / (len(budgets) - 1)) for k in range(len(budgets))]
            for k, budget in enumerate(budgets):
                out.append(f'<text x="{places[k]:.1f}" y="347" text-anchor="middle">{100 * budget:g} %</text>')
            out.append('<text x="570" y="45" fill="#555">at so much of the base\'s cost, on damage that nobody taught</text>')
            for k, (label, colour, points) in enumerate(lines):
                path = " L".join(f"{places[i]:.1f} {330 - 270 * value:.1f}" for i, value in enumerate(points))
                out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
                out += [f'<circle cx="{places[i]:.1f}" cy="{330 - 270 * value:.1f}" r="3.5" fill="{colour}"/>' for i, value in enumerate(points)]
                x, y = 570 + 175 * (k % 2), 368 + 18 * (k // 2)
                out.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/><text x="{x + 15}" y="{y}">{label}</text>')
        out.append("</svg>")
        file = os.path.splitext(self.args.out)[0] + ".svg"
        with open(file + ".part", "w", encoding="utf-8") as opened:
            opened.write("\n".join(out) + "\n")
        os.replace(file + ".part", file)
        return os.path.basename(file)

    def base_part(self, base, title, leave_out):
        sets = {name: self.rows(name, base) for name in ("taught", "all", "natural")}
        out = [f"## {title}", ""]
        if self.second(base).startswith(self.args.work):
            out += ["No second look ships for this base: rows with one are of one that was made here of the same pictures, by `dscope train second`.", ""]
        if os.path.exists(self.path(f"{base}.ddnet.safetensors")):
            out += ["Nor does a DDNet: this one was trained here on the same pictures, four copies of each, three epochs.", ""]
        columns = []  # heading, rows by method
        for name, part, heading in (("taught", "3, clean", "3, clean"), ("taught", "5, clean", "5, clean"), ("taught", "3, degraded", "3, five old kinds"),
                                    ("taught", "5, degraded", "5, five old kinds"), ("taught", "10, degraded", "10, five old kinds"), ("all", "3, degraded", "3, all 40 families"),
                                    ("all", "5, degraded", "5, all 40 families"), ("all", "10, degraded", "10, all 40 families"), ("natural", "2, clean", "2, natural"),
                                    ("natural", "3, clean", "3, natural"), ("natural", "5, clean", "5, natural")):
            if sets[name]:
                rivals = self.rivals_of(name, base)
                columns.append((heading, {self.method(row): row for row in rivals + sets[name]["rows"] if row["part"] == part}))
        order = list(TITLES)
        rules = {}  # what is used by default
        for _, rows in columns:
            for method in rows:
                if method not in TITLES and method.startswith("ddl") and "quality" not in method:
                    rules[method] = ("**the second look's rule**, " if ":second" in method else "**DDNet's rule**, ") + f"`{method}`"
        order[-1:-1] = list(rules)
        out += ["| weights | " + " | ".join(heading for heading, _ in columns) + " |", "|---" * (len(columns) + 1) + "|"]
        for method in order:
            if any(method in rows for _, rows in columns):
                out.append(f"| {rules.get(method) or TITLES[method]} | " + " | ".join(self.cell(rows.get(method), gain=True) for _, rows in columns) + " |")
        out.append("")
        notes = [(name, note) for name in ("taught", "all", "natural") if sets[name] for note in sets[name]["notes"] if note.startswith("Spearman")]
        for name, note in notes:
            out.append(f"- {dict(taught='Five old kinds', all='All 40 families', natural='Natural pictures')[name]}: {note}")
        out += [""] if notes else []
        if leave_out:
            out += self.left_out(base)
        out += self.budget_part(base)
        return out

    def left_out(self, base):
        lines = []
        sums = {}
        shown = ["average", "untaught", "ddl", "ddl+", "ddl:second", "ddl-no-rescale:second", "ddl+:second", "true"]
        for group in GROUPS:
            data = self.rows(group, base)
            if not data:
                continue
            rows = {self.method(row): row for row in data["rows"] if row["part"] == "5, degraded"}
            rows["untaught"] = next((row for method, row in rows.items() if method.startswith("ddl:quality=untaught")), None)
            for method in shown:
                if rows.get(method):
                    sums.setdefault(method, []).append(rows[method]["tar"])
            lines.append(f"| {group} | " + " | ".join(self.cell(rows.get(method)) for method in shown) + " |")
        if not lines:
            return []
        head = ["**Damage that nobody taught**: the second look was fitted without that group of families, and then measured on it; so was a DDNet, which lacks two or three further groups that are its kin "
                "(5 pictures, TAR in %). The DDNet of the other columns is the one that ships, which knows these kinds; in two stages it only drops pictures below t = .15.", "",
                "| group left out | " + " | ".join("DDL, DDNet untaught" if method == "untaught" else TITLES[method] for method in shown) + " |", "|---" * (len(shown) + 1) + "|"]
        lines.append("| **mean** | " + " | ".join(f"{100 * sum(sums[method]) / len(sums[method]):.1f}" if method in sums else "-" for method in shown) + " |")
        lines.append("| lowest | " + " | ".join(f"{100 * min(sums[method]):.1f}" if method in sums else "-" for method in shown) + " |")
        return head + lines + [""]

    def budget_part(self, base):
        out = []
        for name, heading in (("taught", "five old kinds"), ("all", "all 40 families"), ("natural", "natural pictures")):
            data = self.rows(name, base, "budgets")
            if not data:
                continue
            part = "5, clean" if name == "natural" else "5, degraded"
            rows = [row for row in data["rows"] if row["part"] == part]
            budgets = sorted({row["budget"] for row in rows})
            titles = list(dict.fromkeys(row["title"] for row in rows))
            out += [f"**Accuracy at shares of the base's cost**, {heading}, 5 pictures per template (TAR in %; one picture a template is always looked at):", "",
                    "| | " + " | ".join(f"{100 * budget:g} %" for budget in budgets) + " |", "|---" * (len(budgets) + 1) + "|"]
            for title in titles:
                found = {row["budget"]: row for row in rows if row["title"] == title}
                out.append(f"| {title} | " + " | ".join(self.cell(found.get(budget)) for budget in budgets) + " |")
            out.append("")
        groups = [self.rows(group, base, "budgets.untaught") or self.rows(group, base, "budgets") for group in GROUPS]
        untaught = all(self.rows(group, base, "budgets.untaught") for group in GROUPS)
        groups = [data for data in groups if data]
        if groups:
            means = {}
            for data in groups:
                for row in data["rows"]:
                    if row["part"] == "5, degraded":
                        means.setdefault(row["title"], {}).setdefault(row["budget"], []).append(row["tar"])
            budgets = sorted(next(iter(means.values())))
            who = "neither the DDNet that chooses nor the second look was shown the group" if untaught else "the second look never shown the group"
            out += [f"The same, mean over the {len(groups)} groups of families; {who}:", "",
                    "| | " + " | ".join(f"{100 * budget:g} %" for budget in budgets) + " |", "|---" * (len(budgets) + 1) + "|"]
            for title, by in means.items():
                out.append(f"| {title} | " + " | ".join(f"{100 * sum(by[budget]) / len(by[budget]):.1f}" for budget in budgets) + " |")
            out.append("")
        return out + self.seed_part(base) + self.track_part(base)

    def track_part(self, base):
        out = []
        for name, heading in (("signers", "twenty clips of five signers"), ("small", "the same at half the size and a low bit rate (x264, crf 32)"), ("street", "a street scene")):
            data = self.rows("tracks-" + name, base, "budgets")
            if not data:
                continue
            rows = data["rows"]
            budgets = sorted({row["budget"] for row in rows})
            first = rows[0]
            out += [f"**Real video**, {heading}: {data['set']}; {first['genuine']:.0f} genuine and {first['impostor']:.0f} impostor pairs, TAR in % at FAR 1e-2, at shares of the base's cost:", "",
                    "| | " + " | ".join(f"{100 * budget:g} %" for budget in budgets) + " |", "|---" * (len(budgets) + 1) + "|"]
            for title in dict.fromkeys(row["title"] for row in rows):
                found = {row["budget"]: row for row in rows if row["title"] == title}
                out.append(f"| {title} | " + " | ".join(self.cell(found.get(budget)) for budget in budgets) + " |")
            out.append("")
        if out:
            out = ["Tracks of real video (`dscope evaluate-tracks`): the first and the last third of a track, and tracks of the same person, are genuine pairs; people who are seen in one frame, and different people, are impostors.", ""] + out
        return out

    def seed_part(self, base):
        """How much the DDNet's seed matters: the worst, the mean and the best of all."""
        out = []
        for name, heading in (("taught", "five old kinds"), ("all", "all 40 families"), ("natural", "natural pictures")):
            several = [self.rows(name, base, "budgets")] + [self.rows(name, base, f"budgets.seed-{seed}") for seed in SEEDS]
            several = [data for data in several if data]
            if len(several) < 2:
                continue
            part = "5, clean" if name == "natural" else "5, degraded"
            tars = {}
            for data in several:
                for row in data["rows"]:
                    if row["part"] == part and row["title"] not in ("random", "average"):
                        tars.setdefault(row["title"], {}).setdefault(row["budget"], []).append(100 * row["tar"])
            budgets = sorted(next(iter(tars.values())))
            out += [f"**DDNets of {len(several)} seeds**, {heading}, 5 pictures per template, at shares of the base's cost (TAR in %: mean, and the worst to the best seed):", "",
                    "| | " + " | ".join(f"{100 * budget:g} %" for budget in budgets) + " |", "|---" * (len(budgets) + 1) + "|"]
            for title, by in tars.items():
                out.append(f"| {title} | " + " | ".join(f"{sum(by[budget]) / len(by[budget]):.1f} ({min(by[budget]):.1f} to {max(by[budget]):.1f})" for budget in budgets) + " |")
            out.append("")
        return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dscope", default="build/release/bin/dscope", help="the program")
    parser.add_argument("--shared", default="../shared", help="the folder with weights/ and data/ (docs/evidence.md says what is in it)")
    parser.add_argument("--work", default="build/evidence", help="where every step leaves its file")
    parser.add_argument("--out", default="docs/evidence.md", help="the page")
    parser.add_argument("--base", action="append", choices=list(BASES), help="measure this one only; may be repeated")
    parser.add_argument("--second", help="a second look in place of the shipped one (with one --base)")
    parser.add_argument("--seed", type=int, default=1, help="of the draws")
    parser.add_argument("--no-training", action="store_true", help="no DDNets that lack groups of families (16 minutes on two cores), and none of other seeds (10 minutes each), but those that are there")
    parser.add_argument("--page-only", action="store_true", help="write the page of what is there")
    args = parser.parse_args()
    args.base = args.base or list(BASES)
    os.makedirs(args.work, exist_ok=True)
    evidence = Evidence(args)
    if not args.page_only:
        evidence.lists()
        for base in args.base:
            evidence.measure(base, *BASES[base][1:])
    evidence.page()


if __name__ == "__main__":
    main()
