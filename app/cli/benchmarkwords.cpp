// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/benchmarkwords.h"

#include "core/datasets/benchmark.h"
#include "core/tasks/benchmarks.h"

#include <algorithm>
#include <map>

namespace dscope::cli {

namespace {

/// Benchmarks of faces that have an option; those with a query against a gallery have it where `retrieval` says so, those of videos where `classification`
/// does.
struct Owners {
    std::vector<std::string> faces;
    bool retrieval = false;
    bool classification = false;
};

/// An option that is not here is every benchmark's.
const std::map<std::string, Owners> &owners()
{
    static const std::vector<std::string> all{"lfw", "ytf", "iqiyi", "ijba", "ijbb", "ijbc", "templates"};
    static const std::map<std::string, Owners> known{{"pairs", {{"lfw", "ytf", "iqiyi", "ijbb", "ijbc"}}},
                                                     {"identities", {{"iqiyi"}}},
                                                     {"pictures", {{"lfw", "ytf", "iqiyi", "ijba", "ijbb", "ijbc"}, true}},
                                                     {"every", {{"ytf", "iqiyi", "templates"}, true}},
                                                     {"impostor-pairs", {{"iqiyi", "templates"}}},
                                                     {"media-first", {{"ijba", "ijbb", "ijbc", "templates"}}},
                                                     {"protocol", {{}, true}},
                                                     {"distance", {{}, true}},
                                                     // Of pairs and of faces that have to be found; those looked for in a gallery are crops.
                                                     {"far", {all}},
                                                     {"template-quality", {all}},
                                                     {"no-discard", {all}},
                                                     {"detector", {all}},
                                                     {"detector-score", {all}},
                                                     {"max-side", {all}},
                                                     {"aligned", {all}},
                                                     {"not-aligned", {all}},
                                                     // Of pictures, not of clips.
                                                     {"quality", {all, true}},
                                                     {"scorer", {all, true}},
                                                     {"second", {all, true}},
                                                     {"d-scores", {all, true}},
                                                     {"list-pictures", {all, true}},
                                                     {"normalise-first", {all, true}},
                                                     // Of videos that are divided into clips.
                                                     {"list", {{}, false, true}},
                                                     {"subset", {{}, false, true}},
                                                     {"clips", {{}, false, true}},
                                                     {"clip-step", {{}, false, true}},
                                                     {"clip-stride", {{}, false, true}},
                                                     {"crops", {{}, false, true}},
                                                     {"rate", {{}, false, true}}};
    return known;
}

} // namespace

std::string benchmarkSummary(const std::string &word)
{
    static const std::map<std::string, std::string> titles{{"lfw", "Labelled Faces in the Wild: pairs of pictures"},
                                                           {"ytf", "YouTube Faces: pairs of videos"},
                                                           {"iqiyi", "iQIYI-VID-FACE: pairs of clips"},
                                                           {"ijba", "IJB-A: templates, verification and search"},
                                                           {"ijbb", "IJB-B: templates, verification and search"},
                                                           {"ijbc", "IJB-C: templates, verification and search"},
                                                           {"templates", "templates of your own: folders person/template/picture, or a csv"},
                                                           {"mars", "MARS: tracklets of people, looked for in a gallery"},
                                                           {"tracklets", "tracklets of people in other layouts, looked for in a gallery"},
                                                           {"activitynet", "ActivityNet: untrimmed videos of actions"},
                                                           {"kinetics", "Kinetics: trimmed videos of actions"},
                                                           {"classes", "videos of actions of your own: a folder per class, or a csv with path and label"}};
    const auto found = titles.find(word);
    return found != titles.end() ? found->second : "a benchmark of " + std::string(taskOfBenchmark(word).name);
}

std::vector<Option> optionsOfBenchmark(const std::string &word, const std::vector<Option> &options)
{
    const Protocol protocol = taskOfBenchmark(word).protocol;
    const auto has = [&](const Owners &some) {
        switch (protocol) {
        case Protocol::Retrieval: return some.retrieval;
        case Protocol::Classification: return some.classification;
        case Protocol::Verification: break;
        }
        return std::find(some.faces.begin(), some.faces.end(), word) != some.faces.end();
    };
    std::vector<Option> own;
    std::copy_if(options.begin(), options.end(), std::back_inserter(own), [&](const Option &option) {
        const auto found = owners().find(option.name);
        return found == owners().end() || has(found->second);
    });
    return own;
}

std::vector<Command> benchmarkCommands(const std::string &usage, const std::vector<Option> &options,
                                       const std::function<int(const Arguments &, Progress &)> &run)
{
    std::vector<Command> words;
    for (const std::string &word : benchmarkWords())
        words.push_back({word, usage, benchmarkSummary(word), "", optionsOfBenchmark(word, options), run, true});
    return words;
}

std::string benchmarkList()
{
    std::string all;
    for (const std::string &word : benchmarkWords())
        all += (all.empty() ? "" : ", ") + word;
    return all;
}

} // namespace dscope::cli
