// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/weightfit.h"

#include "core/base/error.h"
#include "core/nets/names.h"
#include "core/nets/resnet.h"
#include "core/nets/wanted.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace dscope {

namespace {

StateDict targetsOf(torch::nn::Module &module)
{
    StateDict targets;
    for (const auto &item : module.named_parameters())
        targets[item.key()] = item.value();
    for (const auto &item : module.named_buffers())
        if (!isCounter(item.key()))
            targets[item.key()] = item.value();
    return targets;
}

/// Without what wrappers put into names, unless two of them were then the same; and a ResNet-50 of numbered children with torchvision's names.
StateDict plainlyNamed(const StateDict &tensors)
{
    StateDict plain;
    std::vector<std::string> names;
    for (const auto &[name, tensor] : tensors)
        names.push_back(plainName(name));
    const std::vector<std::string> numbered = numberedResNets({names.begin(), names.end()});
    auto name = names.begin();
    for (const auto &entry : tensors)
        plain[torchvisionName(*name++, numbered)] = entry.second;
    return plain.size() == tensors.size() ? plain : tensors;
}

/// What may stand before the network's names in the file: what stands before as many as possible of three of them.
std::set<std::string> possiblePrefixes(const StateDict &tensors, const StateDict &targets)
{
    std::vector<std::string> probes{targets.begin()->first, targets.rbegin()->first};
    probes.push_back(std::max_element(targets.begin(), targets.end(), [](const auto &a, const auto &b) { return a.first.size() < b.first.size(); })->first);
    constexpr std::size_t most = 256;
    std::map<std::string, int> counts{{std::string(), 0}};
    for (const auto &entry : tensors)
        for (const std::string &probe : probes)
            if (entry.first == probe || entry.first.ends_with("." + probe))
                ++counts[entry.first.substr(0, entry.first.size() - probe.size())];
    int highest = 0;
    for (const auto &entry : counts)
        highest = std::max(highest, entry.second);
    std::set<std::string> prefixes;
    for (const auto &[prefix, count] : counts)
        if (count == highest && prefixes.size() < most)
            prefixes.insert(prefix);
    return prefixes;
}

std::size_t matching(const StateDict &tensors, const StateDict &targets, const std::string &prefix)
{
    std::size_t count = 0;
    for (const auto &[name, target] : targets) {
        const auto found = tensors.find(prefix + name);
        count += found != tensors.end() && found->second.sizes() == target.sizes() ? 1 : 0;
    }
    return count;
}

std::string firstPart(const std::string &name)
{
    return name.substr(0, name.find('.'));
}

/// Names of sets of weights in quotation marks.
std::vector<std::string> quoted(const std::vector<std::string> &sets)
{
    std::vector<std::string> all;
    for (const std::string &set : sets)
        all.push_back(set.empty() ? "the outermost" : "'" + (set.ends_with('.') ? set.substr(0, set.size() - 1) : set) + "'");
    return all;
}

/// Numbers that are not finite make every embedding of the network so. @throws FileError that names the tensors that hold some
void checkFinite(const StateDict &targets, const std::filesystem::path &path)
{
    std::vector<std::string> broken;
    for (const auto &[name, target] : targets)
        if (target.is_floating_point() && !at::isfinite(target).all().item<bool>())
            broken.push_back(name);
    if (!broken.empty())
        throw FileError(path, "holds weights that are not finite numbers, as a training that has failed leaves them: " + listedNames(broken, 4) + ".");
}

/// What libraries of re-identification call the layers behind the features: a batch-norm, linear layers after one another, the people.
bool isHeadOfReid(const std::string &part)
{
    return part == "bottleneck" || part == "bnneck" || part == "fc" || part == "classifier";
}

/// Whether tensors may be what stands behind an embedding: a matrix with a side of its length, nothing with the four sides of a convolution; or
/// single numbers, such as a margin. Behind the features of re-identification it may be any flat layer of the usual names.
bool isHead(const std::string &part, const std::vector<std::pair<std::string, at::Tensor>> &group, std::int64_t embedding)
{
    const bool flat = std::all_of(group.begin(), group.end(), [](const auto &entry) { return entry.second.dim() <= 2; });
    const bool numbers = std::all_of(group.begin(), group.end(), [](const auto &entry) { return entry.second.numel() <= 1; });
    const bool matrix = std::any_of(group.begin(), group.end(), [embedding](const auto &entry) {
        return entry.second.dim() == 2 && (entry.second.size(0) == embedding || entry.second.size(1) == embedding);
    });
    return numbers || (flat && (matrix || (embedding == ResNet50::featureSize && isHeadOfReid(part))));
}

/// What stands before the network's names: of several sets of weights the one that is asked for.
std::string choose(const Checkpoint &checkpoint, const StateDict &tensors, const StateDict &targets, const std::string &weights,
                   std::vector<std::string> &notes, const std::filesystem::path &path)
{
    std::vector<std::string> wanted = wantedWeights().names();
    wantedWeights().asked();
    if (!weights.empty())
        wanted.push_back(weights);
    const std::set<std::string> prefixes = possiblePrefixes(tensors, targets);
    std::vector<std::string> whole;
    std::string best;
    auto bestPlace = std::tuple(std::size_t{0}, 0, std::int64_t{0});
    for (const std::string &prefix : prefixes) {
        const std::size_t count = matching(tensors, targets, prefix);
        if (count == targets.size())
            whole.push_back(prefix);
        const auto place = std::tuple(count, -rankOfWay(prefix), -static_cast<std::int64_t>(prefix.size()));
        if (prefix == *prefixes.begin() || place > bestPlace) {
            best = prefix;
            bestPlace = place;
        }
    }
    const AskedWay asked = askedAmong(wanted, whole);
    if (!asked.name.empty()) {
        best = *std::find_if(whole.begin(), whole.end(), [&](const std::string &prefix) { return isUnder(prefix, asked.way); });
        wantedWeights().asked(asked.name);
    } else if (!wanted.empty() && !checkpoint.asked && (whole.size() > 1 || checkpoint.sets.size() > 1)) {
        throw FileError(path,
                        "holds no set of weights '" + wanted.front() + "'; it holds " + listedNames(quoted(whole.size() > 1 ? whole : checkpoint.sets)) + ".");
    }
    if (whole.size() > 1) {
        const std::string &other = *std::find_if(whole.begin(), whole.end(), [&](const std::string &prefix) { return prefix != best; });
        notes.push_back("It holds the weights of this network several times, under " + listedNames(quoted(whole), 4) + "; those under " + quoted({best}).front()
                        + " are used."
                        + (asked.name.empty() ? " The weights themselves go before an average or a teacher, a short name before a long one." : "")
                        + howToTake(other));
    }
    return best;
}

} // namespace

WeightFit fitWeights(torch::nn::Module &module, const Checkpoint &checkpoint, std::int64_t embedding, const std::filesystem::path &path,
                     const std::string &weights)
{
    StateDict targets = targetsOf(module);
    const StateDict tensors = plainlyNamed(checkpoint.tensors);
    WeightFit fit;
    fit.notes = checkpoint.notes;
    fit.prefix = choose(checkpoint, tensors, targets, weights, fit.notes, path);

    std::vector<std::string> missing;
    std::vector<std::string> misshapen;
    std::set<std::string> parts;
    for (const auto &[name, target] : targets) {
        parts.insert(firstPart(name));
        const auto found = tensors.find(fit.prefix + name);
        if (found == tensors.end())
            missing.push_back(name);
        else if (found->second.sizes() != target.sizes())
            misshapen.push_back(name + " (is " + shapeText(found->second.sizes()) + ", should be " + shapeText(target.sizes()) + ")");
        else if (found->second.is_complex())
            misshapen.push_back(name + " (holds complex numbers)");
    }
    std::map<std::string, std::vector<std::pair<std::string, at::Tensor>>> groups;
    std::vector<std::string> elsewhere;
    for (const auto &[name, tensor] : tensors) {
        const bool inside = name.starts_with(fit.prefix);
        const std::string own = inside ? name.substr(fit.prefix.size()) : name;
        if (isCounter(own) || (inside && targets.contains(own)))
            continue;
        fit.left[own] = tensor;
        if (inside)
            groups[firstPart(own)].emplace_back(own, tensor);
        else
            elsewhere.push_back(own + " " + shapeText(tensor.sizes()));
    }
    std::vector<std::string> heads;
    std::vector<std::string> unexpected;
    for (const auto &[part, group] : groups) {
        const bool head = !parts.contains(part) && isHead(part, group, embedding);
        for (const auto &[name, tensor] : group)
            (head ? heads : unexpected).push_back(head ? name + " " + shapeText(tensor.sizes()) : name);
    }
    std::string problem;
    if (!missing.empty())
        problem += " Missing: " + listedNames(missing) + ".";
    if (!unexpected.empty())
        problem += " Unexpected: " + listedNames(unexpected) + ".";
    if (!misshapen.empty())
        problem += " Of another shape: " + listedNames(misshapen) + ".";
    if (!problem.empty())
        throw FileError(path, "does not hold the weights of this network." + problem);
    if (!heads.empty())
        fit.notes.push_back("What stands behind the embedding (classes, a quality) is left out: " + listedNames(heads) + ".");
    if (!elsewhere.empty())
        fit.notes.push_back("Tensors of other parts than the network under '" + fit.prefix + "' are left out: " + listedNames(elsewhere) + ".");

    const at::NoGradGuard guard;
    for (auto &[name, target] : targets)
        target.copy_(tensors.at(fit.prefix + name));
    checkFinite(targets, path);
    return fit;
}

WeightFit loadWeights(torch::nn::Module &module, const std::filesystem::path &path, std::int64_t embedding)
{
    return fitWeights(module, readCheckpoint(path), embedding, path);
}

} // namespace dscope
