#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures whether choosing clips by D-scores works, with the program alone, and writes the tables of docs/action-tables.md.

    tests/bench/action.py --shared ../shared --work build/action --out docs/action-tables.md [--only synthetic,telling,pace,fight]

- synthetic: `dscope synth action`; a small 3D base on its telling segments, DDNet-3D of three seeds on the base's targets; choosing K clips by D, by chance,
  evenly, by motion energy, and all of them. Goal: DDL at K = 9 a point or more above all clips, and three or more above even ones.
- telling: `dscope synth telling` out of the fights in surveillance videos, one clip among 9 to 59 others; the same, and how often a clip that is kept lies in
  the segment.
- pace: `dscope synth pace` out of the same clips, the sign clips and the pedestrians; a small 3D base against the same network on single frames, which cannot
  tell "as it is", "reversed" and "shuffled" apart.
- fight: the 80 clips as two classes, five folds by source; a logistic curve of motion energy reaches 69.4 % so.

Every step is one call of dscope and leaves one file in the work folder; what is there already is not done again. --scale and --epochs make it quick and
worse. Only Python's own library is needed.
"""
import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys

KS = [3, 5, 9]
FOLDS = 5
CLIP = (8, 4)  # frames, and from one to the next: 1.07 s. Sixteen in a row show half a second, in which too little moves to learn anything from so few videos
PACE_CLIP = (8, 2)  # of videos of 24 frames
ADAM = ["--optimiser", "adamw", "--weight-decay", "0.05"]
ROUNDS = {"synthetic": 2}
EPOCHS = {"synthetic": 8, "telling": 12, "pace": 30, "fight": 15}
PARTS = list(EPOCHS)


def methods(ks):
    """What is compared: the method's word, and its name in the tables."""
    all_of_them = [("average", "all clips")]
    for k in ks:
        all_of_them += [(f"ddl:best={k}", f"DDL, K = {k}"), (f"top-k:{k}", f"best {k} by D, equal weights"), (f"random-k:{k},seeds=10", f"{k} at random"),
                        (f"uniform-k:{k}", f"{k} evenly"), (f"top-k:{k},quality=motion", f"best {k} by motion energy")]
    return all_of_them


class Study:
    def __init__(self, args):
        self.args = args
        self.environment = dict(os.environ, GOMP_SPINCOUNT="1000")
        os.makedirs(args.work, exist_ok=True)

    def path(self, *names):
        return os.path.join(self.args.work, *names)

    def data(self, *names):
        return os.path.join(os.path.abspath(self.args.shared), *names)

    def run(self, out, *words):
        """One call of dscope that writes `out`; not made where that is there. What a call that was stopped left beside it is taken up by the next."""
        if os.path.exists(self.path(out)):
            return
        command = [self.args.dscope, *words]
        print("action:", " ".join(command), flush=True)
        with open(self.path("log.txt"), "a", encoding="utf-8") as log:
            log.write("$ " + " ".join(command) + "\n")
            log.flush()
            if subprocess.run(command, env=self.environment, stdout=log, stderr=log, check=False).returncode != 0:
                sys.exit(f"action: that failed; {self.path('log.txt')} says why.")

    # ---- steps

    def make(self, name, *words):
        self.run(os.path.join(name, "activity_net.v1-2.json"), "synth", words[0], self.path(name), "--seed", "1", *words[1:])

    def device(self):
        return ["--device", self.args.device]

    def base(self, part, name, videos, frames, stride, *words):
        """A network taught on the training videos; of the synthetic ones in two rounds, the second from the weights of the first."""
        made = None
        for turn in range(1, ROUNDS.get(part, 1) + 1):
            out = f"{name}.base{turn}.safetensors"
            again = ["--from", made, "--learning-rate", "0.0015", "--warmup", "0.1"] if made else ["--learning-rate", "0.002"]
            self.run(out, "train", "action", "--videos", videos, "--architecture", self.args.base, "--size", self.args.size, "--frames", str(frames), "--clip-stride", str(stride), *ADAM, *again,
                     "--epochs", str(self.args.epochs or EPOCHS[part]), "--seed", str(turn), "--memory", self.args.memory, "--name", name, "--out", self.path(out), "--resume",
                     "--history", self.path(f"{name}.base{turn}.json"), *self.device(), *words)
            made = self.path(out)
        return made

    def ddnets(self, name, videos, base, *words):
        """Of each seed, one."""
        targets = f"{name}.targets.safetensors"
        self.run(targets, "label", videos, "--base", base, "--out", self.path(targets), *self.device(), *words)
        made = []
        for seed in self.seeds():
            out = f"{name}.ddnet{seed}.safetensors"
            self.run(out, "train", "ddnet", "--targets", self.path(targets), "--architecture", self.args.ddnet, "--input", self.args.ddnet_input, *ADAM, "--learning-rate", "0.002",
                     "--warmup", "0.1", "--batch", "32", "--epochs", str(self.args.ddnet_epochs), "--seed", seed, "--memory", self.args.memory, "--name",
                     f"{name}-{seed}", "--out", self.path(out), "--resume", "--history", self.path(f"{name}.ddnet{seed}.json"), *self.device())
            made.append(self.path(out))
        return made

    def seeds(self):
        return self.args.seeds.split(",")

    def evaluate(self, name, layout, videos, base, ddnet, compared, *words):
        """By method, what dscope says of it."""
        out = f"{name}.json"
        given = [word for method, _ in compared for word in ("--method", method)]
        self.run(out, "evaluate", layout, videos, "--base", base, *(["--ddnet", ddnet] if ddnet else []), *given, "--out", self.path(out), *self.device(), *words)
        with open(self.path(out), encoding="utf-8") as file:
            data = json.load(file)
        runs = data.get("runs", [data])
        if len(runs) != len(compared):
            sys.exit(f"action: {self.path(out)} has {len(runs)} runs, not {len(compared)}; remove it.")
        return {method: run["classification"] for (method, _), run in zip(compared, runs)}

    # ---- tables

    def gains(self, compared, per_seed, goal):
        """Top-1 of every method, mean and deviation over the seeds of DDNet; with what it has over all clips and over even ones."""
        def mean(method):
            return 100 * statistics.mean(one[method]["top1"] for one in per_seed)

        out = ["| | top-1, % | deviation over seeds | over all clips | over as many evenly | class mean, % |", "|---|---:|---:|---:|---:|---:|"]
        for method, title in compared:
            values = [100 * one[method]["top1"] for one in per_seed]
            k = next((word for word in KS if f"={word}" in method or f":{word}" in method), None)
            even = f"{mean(method) - mean(f'uniform-k:{k}'):+.1f}" if k and f"uniform-k:{k}" in per_seed[0] else ""
            deviation = f"{statistics.stdev(values):.1f}" if len(values) > 1 and len(set(values)) > 1 else ""
            class_mean = 100 * statistics.mean(one[method]["class_mean"] for one in per_seed)
            out.append(f"| {title} | {mean(method):.1f} | {deviation} | {mean(method) - mean('average'):+.1f} | {even} | {class_mean:.1f} |")
        if goal:
            over = mean("ddl:best=9") - mean("average")
            even = mean("ddl:best=9") - mean("uniform-k:9")
            out += ["", f"Goal: DDL at K = 9 at least 1 point above all clips ({over:+.1f}: {'met' if over >= 1 else 'not met'}) and 3 above even ones "
                        f"({even:+.1f}: {'met' if even >= 3 else 'not met'})."]
        return out + [""]

    def clips_in_segments(self, name, root, base, ddnet):
        """The share of the K best clips by D of which at least half lies in a segment, and the share of all clips for which that is so."""
        with open(os.path.join(root, "activity_net.v1-2.json"), encoding="utf-8") as file:
            database = {key: value for key, value in json.load(file)["database"].items() if value["subset"] == "validation"}
        files = [os.path.join(root, "videos", f"v_{key}.mp4") for key in sorted(database)]
        self.run(f"{name}.scores.json", "score", *files, "--task", "action", "--base", base, "--ddnet", ddnet, "--clips", "60", "--out", self.path(f"{name}.scores.json"), *self.device())
        with open(self.path(f"{name}.scores.json"), encoding="utf-8") as file:
            sources = json.load(file)["sources"]
        hits = {k: [] for k in [1, 3, 9]}
        length = CLIP[0] * CLIP[1] / 30
        every = []
        for source in sources:
            segments = [annotation["segment"] for annotation in database[os.path.basename(source["path"])[2:-4]]["annotations"]]
            clips = [element for group in source["groups"] for element in group["elements"]]

            def inside(clip):
                begin = clip["time_s"]
                return any(2 * (min(end, begin + length) - max(start, begin)) >= length for start, end in segments)

            every.append(sum(map(inside, clips)) / len(clips))
            best = sorted(clips, key=lambda clip: -clip["d_score"])
            for k, shares in hits.items():
                shares.append(sum(map(inside, best[:k])) / min(k, len(best)))
        return {k: 100 * statistics.mean(shares) for k, shares in hits.items()}, 100 * statistics.mean(every)

    # ---- the four parts

    def chosen_clips(self, part, name, title, root, ks, goal):
        """A base and three DDNets on a set's training videos; its validation videos by all methods."""
        training = ["--subset", "training", "--clip-step"]
        base = self.base(part, name, root, *CLIP, *training, "8")
        # All clips of a video get a D-score, so that DDNet sees what tells nothing as well; those that overlap would only take time.
        nets = self.ddnets(name, root, base, *training, "32", "--outside", "--memory", self.args.memory)
        compared = methods(ks)
        per_seed = [self.evaluate(f"{name}.eval{seed}", "activitynet", root, base, net, compared, "--subset", "validation") for seed, net in zip(self.seeds(), nets)]
        out = [f"## {title}", "", f"{per_seed[0]['average']['groups']} videos of {per_seed[0]['average']['classes']} classes; base {self.args.base}, DDNet {self.args.ddnet}, "
               f"{self.args.size}, {len(nets)} seeds of DDNet; 60 clips of each video, evenly, of {CLIP[0]} frames, every {CLIP[1]}th at 30 per second.", ""] + self.gains(compared, per_seed, goal)
        found = [self.clips_in_segments(f"{name}.{seed}", root, base, net) for seed, net in zip(self.seeds(), nets)]
        shares = ", ".join(f"{statistics.mean(hits[k] for hits, _ in found):.1f} % of the best {k}" for k in found[0][0])
        return out + [f"Clips in a segment: {shares} by D; {found[0][1]:.1f} % of all.", ""]

    def synthetic(self):
        self.make("actions", "action", "--scale", str(self.args.scale))
        return self.chosen_clips("synthetic", "actions", "Synthetic actions", self.path("actions"), KS, True)

    def telling(self):
        self.make("fights", "telling", "--from", self.data("data", "action", "fight"), "--background", "noFight", "--scale", str(self.args.telling_scale))
        return self.chosen_clips("telling", "fights", "A telling segment: one clip of surveillance video among 9 to 59 others", self.path("fights"), [3, 9], False)

    def pace(self):
        froms = [self.data("data", "action", "fight"), self.data("video", "asl"), self.data("video", "one-by-one-person-detection.mp4")]
        self.make("paces", "pace", *[word for one in froms for word in ("--from", one)])
        out = ["## Pace and direction", "", "Five classes, chance is 20 %; all are encoded frame by frame. A network on single frames can tell nothing but what `twice as fast` and `frozen` leave.", "",
               "| | top-1, % | per class |", "|---|---:|---|"]
        for name, title, clip in (("paces", f"clips of {PACE_CLIP[0]} frames", PACE_CLIP), ("paces2d", "single frames", (1, 1))):
            base = self.base("pace", name, self.path("paces"), *clip, "--subset", "training", "--clip-step", "2")
            figures = self.evaluate(f"{name}.eval", "activitynet", self.path("paces"), base, None, [("average", "")], "--subset", "validation", "--clip-step", "2")["average"]
            per_class = ", ".join("-" if share is None else f"{100 * share:.0f}" for share in figures["per_class"])
            out.append(f"| {title} | {100 * figures['top1']:.1f} | {per_class} |")
        return out + [""]

    def fight_lists(self):
        """Five folds by source, a csv with a column for the split."""
        root = self.data("data", "action", "fight")
        with open(os.path.join(root, "sources.csv"), newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        sources = sorted({row["source"] for row in rows})
        random.Random(20).shuffle(sources)
        sizes = [0] * FOLDS
        fold_of = {}
        for source in sorted(sources, key=lambda one: -sum(row["source"] == one for row in rows)):
            fold_of[source] = sizes.index(min(sizes))
            sizes[fold_of[source]] += sum(row["source"] == source for row in rows)
        for fold in range(FOLDS):
            with open(self.path(f"fight{fold}.csv"), "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["path", "label", "split"])
                for row in rows:
                    writer.writerow([os.path.join(root, row["class"], row["clip"] + ".mp4"), row["class"], "validation" if fold_of[row["source"]] == fold else "training"])

    def fight(self):
        self.fight_lists()
        right = []
        seen = 0
        for fold in range(FOLDS):
            videos = self.path(f"fight{fold}.csv")
            base = self.base("fight", f"fight{fold}", videos, *CLIP, "--subset", "training", "--clip-step", "4")
            figures = self.evaluate(f"fight{fold}.eval", "classes", videos, base, None, [("average", "")], "--subset", "validation", "--clip-step", "4")["average"]
            right.append(figures["top1"] * figures["groups"])
            seen += figures["groups"]
        return ["## 80 clips as two classes, tested on unseen sources", "", f"{100 * sum(right) / seen:.1f} % of {seen} clips over {FOLDS} folds by source (right per fold: "
                + ", ".join(f"{count:.0f}" for count in right) + "); a logistic curve of motion energy reaches 69.4 %.", ""]

    def write(self):
        out = ["# Clips chosen by D-scores: the figures", "", "Made by `tests/bench/action.py`.", ""]
        for part in self.args.only.split(","):
            out += getattr(self, part)()
        with open(self.args.out + ".part", "w", encoding="utf-8") as file:
            file.write("\n".join(out))
        os.replace(self.args.out + ".part", self.args.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", default="../shared", help="the folder of reference data")
    parser.add_argument("--work", default="build/action", help="where everything is kept between calls")
    parser.add_argument("--out", default="docs/action-tables.md")
    parser.add_argument("--dscope", default="build/release/bin/dscope")
    parser.add_argument("--base", default="resnet3d18-eighth", help="architecture")
    parser.add_argument("--ddnet", default="ddnet-3d", help="architecture")
    parser.add_argument("--size", default="64x64", help="of the base's input")
    parser.add_argument("--ddnet-input", default="32x32")
    parser.add_argument("--epochs", type=int, help="of the bases (default: " + ", ".join(f"{part} {epochs}" for part, epochs in EPOCHS.items()) + ")")
    parser.add_argument("--ddnet-epochs", type=int, default=5)
    parser.add_argument("--memory", default="9000", help="MB of decoded frames that training keeps")
    parser.add_argument("--seeds", default="1,2,3", help="of DDNet")
    parser.add_argument("--scale", type=float, default=4, help="of the synthetic actions")
    parser.add_argument("--telling-scale", type=float, default=1, help="of the videos with a telling segment")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, of " + ", ".join(PARTS))
    args = parser.parse_args()
    unknown = [part for part in args.only.split(",") if part not in PARTS]
    if unknown:
        parser.error(f"there is no part '{unknown[0]}'; there are {', '.join(PARTS)}")
    Study(args).write()


if __name__ == "__main__":
    main()
