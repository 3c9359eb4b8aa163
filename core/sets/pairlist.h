// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// A pair of pictures as a list names it.
struct ListedPair {
    std::string a; ///< relative to the set, with slashes and without "..": "Ann/Ann_0001.jpg" where the list names a person and a number
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
/// - `path path label` or `label path path`, separated by blanks, tabs, commas or semicolons; the label is 1 or 0, 1 or -1, True or False, or a word such as
///   same and different; the first pair tells which form a list has;
/// - a csv with a header that has two columns of pictures (path1, path2; image1, ...) and one label.
/// Lines that begin with # are passed over.
/// @param folders where the pictures may be: an absolute path, or one with ".." (from there or from where the list lies), must lead into
/// one of them, and is told relative to that
/// @param warnings is told of a first line that announces another number of pairs, and of comments among the pairs
/// @throws FileError naming the line, also where there is no pair at all; Cancelled
PairListSummary readPairList(const std::filesystem::path &list, const std::vector<std::filesystem::path> &folders, std::vector<std::string> &warnings,
                             Progress &progress, const std::function<void(const ListedPair &)> &use);
/// The same of text in hand; `name` names it in errors. @param roots rootsOfNames() of the folders
PairListSummary parsePairList(std::string_view text, const std::filesystem::path &name, const std::vector<std::filesystem::path> &roots,
                              std::vector<std::string> &warnings, Progress &progress, const std::function<void(const ListedPair &)> &use);
/// Folders as absolute paths without ".", "..", both as they are written and without links.
std::vector<std::filesystem::path> rootsOfNames(const std::vector<std::filesystem::path> &folders);

/// The list of impostor pairs that lies beside one of genuine pairs (mismatchpairsDevTest.csv beside matchpairsDevTest.csv), or the other way round; empty
/// if there is none.
std::filesystem::path otherKindOf(const std::filesystem::path &list);

} // namespace dscope
