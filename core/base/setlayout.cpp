// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/setlayout.h"

#include "core/base/inputfile.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dscope {

namespace {

template<std::size_t n>
bool among(const std::array<const char *, n> &words, const std::string &name)
{
    return std::find(words.begin(), words.end(), lowerCase(name)) != words.end();
}

constexpr std::array s_market{"bounding_box_train", "bounding_box_test", "query", "gt_bbox", "gt_query"};
constexpr std::array s_mars{"bbox_train", "bbox_test", "info"};
constexpr std::array s_parts{"train", "test", "val", "valid", "validation", "dev", "gallery", "query", "probe", "training", "testing"};

} // namespace

std::string partsNotPeople(const std::vector<std::string> &folders)
{
    if (folders.empty())
        return {};
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(folders.size(), 5); ++i)
        names += (names.empty() ? "" : ", ") + shownName(folders[i]);
    const auto all = [&](const auto &words) {
        return std::all_of(folders.begin(), folders.end(), [&](const std::string &name) { return among(words, name); });
    };
    const auto has = [&](const char *word) {
        return std::any_of(folders.begin(), folders.end(), [&](const std::string &name) { return lowerCase(name) == word; });
    };
    if (all(s_market) && (has("bounding_box_train") || has("bounding_box_test")))
        return "is laid out as Market-1501: who is on a picture stands in its name (0002_c1s1_000451_03.jpg is person 0002), not in a folder. Give a csv with "
               "the "
               "columns path and person, or move the pictures into a folder a person.";
    if (all(s_mars) && (has("bbox_train") || has("bbox_test")))
        return "is laid out as MARS: its people are the folders in bbox_train and bbox_test. Give one of those.";
    if (all(s_parts))
        return "holds the parts of a set (" + names + "), not people. Give one of them.";
    return {};
}

bool isFaceBin(const std::filesystem::path &file)
{
    if (extensionOf(file) != ".bin")
        return false;
    // A pickle of protocol 2 to 5 that begins with a tuple's or list's contents.
    const std::vector<std::uint8_t> first = firstBytes(file, 2);
    return first.size() == 2 && first[0] == 0x80 && first[1] >= 2 && first[1] <= 5;
}

const char *const aboutFaceBins =
    "is a .bin of insightface, pictures and labels in one Python pickle, which is not read. docs/formats.md has the ten lines of Python that "
    "make a folder of pictures and a list of pairs of it, for `dscope evaluate lfw` and `dscope evaluate-pairs`.";

} // namespace dscope
