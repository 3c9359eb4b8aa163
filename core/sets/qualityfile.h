// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace dscope {

/// Text formats of picture qualities (protocols.md, section 9).
enum class QualityFormat {
    Auto,       ///< told by the first line
    Csv,        ///< a header; the picture under path, file, filename, image, picture or name, the score under score, quality or d_score
    Nist,       ///< `id image returnCode quality`
    Ofiq,       ///< `Filename;<measure>;<measure>.scalar;...`, the scalar of UnifiedQualityScore, else of the first measure
    Erc,        ///< `path score`
    FourColumns ///< `image tid mid score`, as public IJB code reads it
};
/// auto, csv, nist, ofiq, erc, insightface
std::string name(QualityFormat format);
/// The inverse of name(). @throws UsageError
QualityFormat qualityFormat(const std::string &name);

/// Scores of pictures from a file.
struct QualityFile {
    std::filesystem::path path;
    QualityFormat format = QualityFormat::Auto;           ///< as found
    std::vector<std::string> pictures;                    ///< as written, `\` as `/`, without a leading `./`
    std::unordered_map<std::size_t, std::string> written; ///< by place, where a name may be escaped as Dscope's own files have it: as it stands there
    std::vector<float> scores;                            ///< NaN where the tool failed
    std::int64_t failures = 0;
};

/// Reads a quality file. A failure is a return code other than 0 (NIST) or a score of -1; in the formats that do not define -1 so (csv, ERC and four
/// columns), only where no other score lies below 0. A picture that is there twice with the same score counts once.
/// @param column csv and OFIQ: the score's column instead of the usual one
/// @throws FileError with the line of what cannot be read: too few words, no number, a picture with two different scores; UsageError where Auto cannot tell
/// Cancelled
QualityFile readQualityFile(const std::filesystem::path &path, Progress &progress, QualityFormat format = QualityFormat::Auto, const std::string &column = {});
/// The same out of bytes in hand. @param path what they are called
QualityFile parseQualityFile(std::string bytes, const std::filesystem::path &path, Progress &progress, QualityFormat format, const std::string &column = {});

/// How pictures found their scores.
struct QualityMatch {
    std::vector<float> scores; ///< [names]; NaN: failed or not in the file
    std::int64_t matched = 0;  ///< names with a score
    std::int64_t failed = 0;   ///< names in the file whose score is a failure
    std::int64_t missing = 0;  ///< names not in the file
    std::string firstMissing;  ///< for the message
    std::int64_t unused = 0;   ///< pictures of the file that no name asked for
};

/// Finds the score of each picture. A name of the file that no picture has is taken as Dscope's own files escape names (`\xEB`, an apostrophe in front), if a
/// picture is called so. Names are compared whole; those not found so by two folders and file (a frame of YTF needs them), then by folder and
/// file, then by file, then by file without its extension, each only where that is unique among the file's pictures and among the names. A name may be
/// there many times (a picture in several templates).
/// @throws Error where not one picture is found; Cancelled
QualityMatch matchQuality(const QualityFile &file, std::span<const std::string> names, Progress &progress);

/// "1,204 of 1,210 pictures have a score; 4 failed, 2 are not in FILE (first: a/b.jpg)."
std::string describe(const QualityMatch &match, const QualityFile &file);

} // namespace dscope
