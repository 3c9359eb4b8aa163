// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/names.h"

#include "core/base/text.h"

#include <algorithm>

namespace dscope {

std::string plainName(std::string_view name)
{
    std::string plain(name);
    for (const std::string_view wrapper : {"_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."})
        for (std::size_t at = plain.find(wrapper); at != std::string::npos; at = plain.find(wrapper, at)) {
            if (at > 0 && plain[at - 1] != '.')
                ++at;
            else
                plain.erase(at, wrapper.size());
        }
    return plain;
}

std::vector<std::string_view> prefixesOf(const std::vector<std::string_view> &names)
{
    constexpr int deepest = 8;
    std::vector<std::string_view> prefixes{std::string_view()};
    for (const std::string_view name : names) {
        std::size_t at = name.find('.');
        for (int depth = 0; depth < deepest && at != std::string_view::npos; ++depth, at = name.find('.', at + 1))
            prefixes.push_back(name.substr(0, at + 1));
    }
    std::sort(prefixes.begin(), prefixes.end());
    prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
    return prefixes;
}

int rankOfWay(std::string_view way)
{
    // "encoder_k" and "key": MoCo's average of "encoder_q"; "momentum" alone is SGD's, before an encoder an average.
    constexpr std::string_view averages[] = {"ema", "swa", "average", "averaged", "avg", "shadow", "teacher", "target", "k", "key"};
    constexpr std::string_view optimisers[] = {"optim", "optimizer", "optimiser", "opt",  "momentum", "velocity",
                                               "grad",  "grads",     "gradients", "adam", "sgd",      "exp"};
    const auto isOne = [](const std::string &word, const auto &words) { return std::find(std::begin(words), std::end(words), word) != std::end(words); };
    // Whole words, so that "schema" is no "ema".
    std::string word;
    std::string before;
    int rank = 0;
    int rankBefore = 0; ///< before the last word
    for (const char c : std::string(way) + '.') {
        if (isLetterOrDigit(c) && !isDigit(c)) {
            word += lowerCase({&c, 1});
            continue;
        }
        // "momentum_encoder", "encoder_momentum" and "momentum_model" hold a network, an optimiser's "momentum" none.
        const bool network = word == "encoder" || word == "model" || word == "backbone" || word == "network" || word == "net";
        if (network && before == "momentum")
            rank = std::max(rankBefore, 1);
        else if (word == "momentum" && before == "network")
            rank = std::max(rank, 1);
        else {
            rankBefore = rank;
            rank = std::max(rank, isOne(word, optimisers) ? 2 : isOne(word, averages) ? 1 : 0);
        }
        before = network ? "network" : word;
        word.clear();
    }
    return rank;
}

bool isUnder(std::string_view way, std::string_view name)
{
    while (way.ends_with('.'))
        way.remove_suffix(1);
    return way == name || (way.size() > name.size() && way.starts_with(name) && (way[name.size()] == '.' || way[name.size()] == '['));
}

namespace {

/// The beginning of a way up to the part that has the name as a word in it; empty: there is none.
std::string calledAfter(std::string_view way, std::string_view name)
{
    const auto word = [](char c) { return c != '_' && c != '-'; };
    for (std::size_t begin = 0; begin < way.size();) {
        const std::size_t end = std::min(way.find('.', begin), way.size());
        const std::string_view part = way.substr(begin, end - begin);
        for (std::size_t at = part.find(name); at != std::string_view::npos && !name.empty(); at = part.find(name, at + 1)) {
            const std::size_t behind = at + name.size();
            if ((at == 0 || !word(part[at - 1])) && (behind == part.size() || !word(part[behind])))
                return std::string(way.substr(0, end));
        }
        begin = end + 1;
    }
    return {};
}

} // namespace

AskedWay askedAmong(const std::vector<std::string> &names, const std::vector<std::string> &ways)
{
    for (const std::string &name : names)
        if (std::any_of(ways.begin(), ways.end(), [&](const std::string &way) { return isUnder(way, name); }))
            return {name, name};
    for (const std::string &name : names)
        for (const std::string &way : ways)
            if (std::string called = calledAfter(way, name); !called.empty())
                return {name, std::move(called)};
    return {};
}

std::string listedNames(const std::vector<std::string> &names, std::size_t most)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < most; ++i)
        text += (i > 0 ? ", " : "") + names[i];
    return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

std::string howToTake(std::string_view set)
{
    while (set.ends_with('.'))
        set.remove_suffix(1);
    if (set.empty())
        return {};
    return " To take another: --weights " + std::string(set) + ", or weights_name in the description beside the file.";
}

bool isCounter(std::string_view name)
{
    return name == "num_batches_tracked" || name.ends_with(".num_batches_tracked");
}

std::string shapeText(std::span<const std::int64_t> sizes)
{
    std::string text = "[";
    for (std::size_t i = 0; i < sizes.size(); ++i)
        text += (i > 0 ? ", " : "") + std::to_string(sizes[i]);
    return text + "]";
}

} // namespace dscope
