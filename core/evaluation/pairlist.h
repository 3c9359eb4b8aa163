#pragma once

#include "core/base/task.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A pair of pictures as a list names it.
struct ListedPair {
    std::string a; ///< relative to the set, with slashes: "Ann/Ann_0001.jpg" where the list names a person and a number, else as it stands there
    std::string b;
    std::string personA; ///< where the list names people
    std::string personB;
    bool genuine = false;
    std::int64_t line = 0;
};

/// What is in a list of pairs beside the pairs.
struct PairListSummary {
    std::int64_t genuine = 0;
    std::int64_t impostor = 0;
    bool oneKind() const { return genuine == 0 || impostor == 0; }
};

/// Reads pairs of pictures in any of the forms in which they are handed around, a pair a line:
/// - LFW's pairs.txt: `name i j` (genuine) or `name i name j` (impostor), after a line "10 300" (folds, pairs of each kind in a fold) or "500";
/// - the same as csv, with the header `name,imagenum1,imagenum2,` or `name,imagenum1,name,imagenum2`, empty cells behind genuine pairs, a pair's number
///   before them or not;
/// - `path path 1` or `0`, separated by blanks, tabs, commas or semicolons, with or without a header.
/// @param warnings is told of a first line that announces another number of pairs
/// @throws FileError naming the line, also where there is no pair at all; Cancelled
PairListSummary readPairList(const std::filesystem::path &list, std::vector<std::string> &warnings, Task &task, const std::function<void(const ListedPair &)> &use);
/// The same of text in hand; `name` names it in errors.
PairListSummary parsePairList(std::string_view text, const std::filesystem::path &name, std::vector<std::string> &warnings, Task &task,
                              const std::function<void(const ListedPair &)> &use);

/// The list of impostor pairs that lies beside one of genuine pairs (mismatchpairsDevTest.csv beside matchpairsDevTest.csv), or the other way round; empty
/// if there is none.
std::filesystem::path otherKindOf(const std::filesystem::path &list);

} // namespace dscope
