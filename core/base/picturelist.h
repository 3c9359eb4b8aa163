// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/csv.h"
#include "core/base/leftout.h"
#include "core/base/picturefinder.h"
#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

/// The layout of a list of pictures, told from its first line:
/// - a csv with a header, whose columns go by the names of columns.h;
/// - a csv of two columns without a header;
/// - `path label` or `label path` a line, as of CASIA-WebFace;
/// - MXNet's .lst: `index label ... path`, or insightface's `1 path label ...`, between tabs.
struct ListForm {
    CsvOptions::Cut cut = CsvOptions::Cut::Separators;
    std::vector<std::string> columns; ///< empty: the first line is a header
    std::string notice;               ///< what is to be said of it
    std::string refused;              ///< why it cannot be read as a list of pictures: the end of a sentence
    bool sure = false;                ///< no other text begins so
};
/// @param text in UTF-8, its beginning is enough @param isFile whether a cell names a file, where its ending does not tell that it is a picture
ListForm listForm(std::string_view text, const std::function<bool(const std::string &)> &isFile);
/// Whether the content of a file, whatever it is called, is a list of pictures.
bool looksLikePictureList(const std::filesystem::path &path);

/// What a list is read for: people, who may be called groups there, or groups, which may be people.
enum class ListFor { People, Groups };

/// A usable line of a list of pictures.
struct ListedPicture {
    std::int64_t line = 0;
    std::string file;   ///< as PictureFinder gives it
    std::string group;  ///< the person, for ListFor::People
    std::string person; ///< may be empty for ListFor::Groups
};

/// What a cell of a line must say for the line to be used.
struct CellRule {
    std::string column; ///< compared by columnKey()
    std::string value;  ///< the whole cell, letter by letter
    bool equal = true;  ///< or anything but that
};
/// "doubt=0", or "source!=web". @throws UsageError
CellRule cellRule(std::string_view text);

struct PictureListOptions {
    ListFor use = ListFor::Groups;
    std::function<bool(const std::string &)> wanted = {}; ///< by group; empty: everybody
    std::function<std::string()> whyNot = {};             ///< what more is to be said of the picture that was not found last
    std::vector<CellRule> where = {};                     ///< all must hold
};

/// Reads the lists of pictures of every command, by one rule: lines with too few or too many cells, without a picture or a person, with a zero byte in a name,
/// and of pictures that are not there are left out, and told of with line and reason (the first five, then a count).
/// @return what is to be told
/// @throws FileError where a column cannot be told, a rule's column is not there, or no line can be used; Cancelled
std::vector<std::string> readPictureList(const std::filesystem::path &list, const PictureListOptions &options, Progress &progress,
                                         const std::function<void(ListedPicture &&)> &use);
/// The same of text in hand. @param find what the disk has of a name
std::vector<std::string> parsePictureList(std::string text, const std::filesystem::path &name, const PictureListOptions &options,
                                          const std::function<std::optional<std::string>(const std::string &)> &find, Progress &progress,
                                          const std::function<void(ListedPicture &&)> &use);

/// Pictures that a list names more than once.
struct RepeatedPictures {
    std::vector<std::uint8_t> out; ///< 1: to be left out
    LeftOut again;                 ///< of the same group: the first stays
    LeftOut unclear;               ///< of several people: none stays

    /// Sentences about them. @param what the groups are: "person"
    std::vector<std::string> told(const std::filesystem::path &list, const std::string &what) const;
};
/// @param file, group, person of the i-th of `count`; an empty person is not known @param folder what files are relative to
RepeatedPictures repeatedPictures(std::size_t count, const std::filesystem::path &folder, const std::function<std::string(std::size_t)> &file,
                                  const std::function<std::size_t(std::size_t)> &group, const std::function<std::string_view(std::size_t)> &person,
                                  Progress &progress);

} // namespace dscope
