// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/targetfile.h"

#include "core/base/encoding.h"

#include <limits>
#include <system_error>

namespace dscope::detail {

namespace fs = std::filesystem;

std::vector<std::string> utf8Names(const std::vector<std::string> &names)
{
    std::vector<std::string> result;
    result.reserve(names.size());
    for (const std::string &name : names)
        result.push_back(utf8Name(name));
    return result;
}

void describeRoot(Json &about, const fs::path &root, const fs::path &targets)
{
    std::error_code problem;
    const fs::path whole = fs::absolute(root, problem).lexically_normal();
    const fs::path folder = fs::absolute(targets, problem).lexically_normal().parent_path();
    about["root"] = utf8Name(whole.string());
    about["root_beside"] = utf8Name(whole.lexically_relative(folder).string());
}

fs::path rootIn(const JsonFields &about, const fs::path &targets)
{
    const fs::path root = nameFromUtf8(about.text("root"));
    std::error_code problem;
    if (root.empty() || fs::exists(root, problem))
        return root;
    // Of an older file the first may be relative: from here, else from the targets.
    const fs::path beside = targets.parent_path() / nameFromUtf8(about.text("root_beside", about.text("root")));
    return fs::exists(beside, problem) ? beside.lexically_normal() : root;
}

void describeDScores(Json &about, const DScoreOptions &dscore, const DScores &scores, const ModelSpec &base, const std::string &baseHash)
{
    about["metric"] = metricWords.wordOf(dscore.metric);
    about["epsilon"] = dscore.epsilon;
    about["normalise_features"] = dscore.normaliseFeatures;
    about["leave_out"] = leaveOutWords.wordOf(dscore.leaveOut);
    about["centroids"] = centroidWords.wordOf(dscore.centroids);
    about["at_least_others"] = dscore.atLeastOthers;
    about["target"] = targetWords.wordOf(dscore.target);
    about["base"] = toJson(base);
    about["base_sha256"] = baseHash;
    about["mu"] = scores.mu;
    about["sigma"] = scores.sigma;
    about["floored"] = scores.floored;
    about["single_sample"] = scores.singleSample;
}

void readDScores(const JsonFields &about, const fs::path &path, DScoreOptions &dscore, DScores &scores, ModelSpec &base, std::string &baseHash)
{
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    dscore.metric = about.choice("metric", metricWords, DScoreOptions::Metric::Cosine);
    dscore.epsilon = about.number("epsilon");
    dscore.normaliseFeatures = about.flag("normalise_features");
    const bool leaves = about.flag("leave_one_out", false);
    dscore.leaveOut = about.choice("leave_out", leaveOutWords, leaves ? DScoreOptions::LeaveOut::Sample : DScoreOptions::LeaveOut::None);
    dscore.centroids = about.choice("centroids", centroidWords, DScoreOptions::Centroids::All);
    dscore.target = about.choice("target", targetWords, DScoreOptions::Target::Ratio);
    dscore.atLeastOthers = about.whole("at_least_others", 0, most, 0);
    try {
        base = modelFromJson(about.at("base"));
    } catch (const Error &error) {
        throw FileError(path, std::string("its description is damaged: ") + error.what());
    }
    baseHash = about.text("base_sha256");
    scores.mu = about.number("mu");
    scores.sigma = about.number("sigma");
    scores.floored = about.whole("floored", 0, most);
    scores.singleSample = about.whole("single_sample", 0, most);
    if (!(scores.sigma > 0))
        throw FileError(path, "its description holds values out of range.");
}

StateDict scoreColumns(const DScores &scores)
{
    return {{"raw", columnOf(scores.raw, at::kDouble)},
            {"normalised", columnOf(scores.normalised, at::kDouble)},
            {"own", columnOf(scores.own, at::kDouble)},
            {"hardest", columnOf(scores.hardest, at::kDouble)},
            {"hardest_class", columnOf(scores.hardestClass, at::kInt)},
            {"target", columnOf(scores.target, at::kByte)}};
}

void readScoreColumns(const StateDict &tensors, std::int64_t count, const fs::path &path, DScores &scores)
{
    scores.raw = columnIn<double>(tensors, "raw", at::kDouble, count, path);
    scores.normalised = columnIn<double>(tensors, "normalised", at::kDouble, count, path);
    scores.own = columnIn<double>(tensors, "own", at::kDouble, count, path);
    scores.hardest = columnIn<double>(tensors, "hardest", at::kDouble, count, path);
    scores.hardestClass = columnIn<std::int32_t>(tensors, "hardest_class", at::kInt, count, path);
    scores.target = columnIn<std::uint8_t>(tensors, "target", at::kByte, count, path);
}

} // namespace dscope::detail
