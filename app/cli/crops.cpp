// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"

#include "core/analysis/videocrops.h"
#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/outputfile.h"
#include "core/base/text.h"

namespace dscope::cli {

namespace {

int run(const Arguments &arguments, Progress &progress)
{
    if (arguments.words().empty())
        throw UsageError("A video is needed. See: dscope crops --help");
    const std::filesystem::path folder = arguments.required("out");
    checkWritable(folder / "crops.csv");
    VideoCropsOptions options;
    options.detector = arguments.text("detector");
    options.device = arguments.text("device", options.device);
    arguments.take("min-score", options.minScore);
    arguments.take("every", options.everyNth);
    arguments.take("least", options.least);
    arguments.take("most", options.most);
    arguments.take("same", options.same);
    if (arguments.has("same") && !arguments.has("base"))
        throw UsageError("--same joins what --base finds alike; name a base.");
    const ModelStore store = modelStore(arguments);
    if (arguments.has("base"))
        options.base = Network::load(store.find(arguments.text("base"), Role::Base), parseDevice(options.device));
    const VideoCrops made = cutOutOfVideos(arguments.paths(), taskNamed(arguments.text("task", "reid")), options, store, folder, progress);
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    say(std::to_string(made.elements) + " crops of " + std::to_string(made.identities) + " people in " + std::to_string(made.groups) + " tracks");
    if (!made.apart.empty()) {
        const auto at = [&](double share) {
            return printed(" %.3f", made.apart[static_cast<std::size_t>(share * static_cast<double>(made.apart.size() - 1))]);
        };
        say("cosine of two tracks seen at once, which are two people: percentiles 50 90 95 99 100:" + at(0.5) + at(0.9) + at(0.95) + at(0.99) + at(1));
    }
    say("written: " + (folder / "crops.csv").string());
    return Succeeded;
}

} // namespace

Command cropsCommand()
{
    const VideoCropsOptions usual;
    return {
        "crops",
        "VIDEO... --out FOLDER",
        "Cuts people or faces out of videos, a folder for each person, to teach networks with them",
        "They are found and tracked; every track is a person of its own, unless --base says which tracks are alike. Two tracks that are seen in one frame are "
        "never joined; nobody is looked for in another video. Frames are called as MARS has them (0001/0001C1T0001F000012.jpg: person, video, track, frame), "
        "and FOLDER/crops.csv has path, person, "
        "camera (the video), track, frame and the detector's score: both stand where a labelled set can.",
        {{"out", "FOLDER", "where to"},
         choiceOption("task", "TASK", "what is cut out: people as they are, or aligned faces", {"reid", "face"}, "reid"),
         {"detector", "MODEL", "a name or a file; of people a YOLOX or NanoDet ONNX file, or hog (default: the best there is)"},
         numberOption("min-score", "S", "least score of the detector (default: its own)", 0, 1),
         wholeOption("every", "N", "look at every N-th frame", 1, 1'000'000, usual.everyNth),
         wholeOption("least", "N", "leave out shorter tracks", 1, 1'000'000, usual.least),
         wholeOption("most", "N", "crops of a track, spread evenly over it", 1, 1'000'000, usual.most),
         {"base", "MODEL", "join tracks that this network finds alike"},
         numberOption("same", "C", "cosine of two tracks' means from which on they are alike", -0.999, 1, usual.same),
         deviceOption(),
         modelsOption()},
        run};
}

} // namespace dscope::cli
