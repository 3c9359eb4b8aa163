// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/aggregation/aggregate.h"
#include "core/analysis/analysis.h"
#include "core/base/json.h"
#include "core/base/progress.h"
#include "core/threshold/keep.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace dscope {

/// Which faces of a group are kept: D > t strictly, in double (Eq. 7). When none does the first of the largest D stays, as in every
/// aggregation, and `fallback` is set. Or the best K.
struct KeptFaces {
    std::vector<bool> kept; ///< one a face
    std::int64_t count = 0;
    bool fallback = false;
};
KeptFaces keptFaces(const Group &group, const Keep &keep);

/// Whether groups are recognised by their fused class scores.
bool isClassification(const Analysis &analysis);
/// The class scores of a group after Eq. 8 to 11 over what is kept. @param dim classes @return [dim]
std::vector<double> fusedScores(const Group &group, std::int64_t dim, const Keep &keep);

/// The forms in which scores leave the program (protocols.md, section 9).
enum class ScoreFormat {
    Csv,        ///< RFC 4180, one face a row
    JsonText,   ///< schema "dscope.scores/1"
    Ofiq,       ///< `Filename;DScore;DScore.scalar;assessment_time_in_ms;` where the scalar is 0 to 100
    Nist,       ///< `id image returnCode quality`
    InsightFace ///< `image tid mid score`: stands in for the detector score of an IJB list
};
/// csv, json, ofiq, nist, insightface. @throws UsageError that lists the names
ScoreFormat scoreFormat(const std::string &name);

/// The JSON of `dscope score`, schema "dscope.scores/1":
/// `{"schema", "threshold" (null when "top_k" is there: the best K of each group are kept; or "enough": the best until their D-scores sum to that), "device",
/// "models": {"ddnet", "base", "detector"}, "sources":
/// [{"path", "kind", "groups": [{"id", "label", "fallback", "elements": [{"file" (pictures) or "frame" and "time_s" (videos), "media" (IJB), "box": [x, y, w,
/// h], "landmarks":
/// [[x, y], ...], "detector_score", "d_score", "kept"}]}], "warnings": [...]}]}`. What is unknown (the box of a crop taken as it is) is
/// null; a model that was not run is null. With a second look models have "second" and elements "d_second", null where the base was not run.
Json scoresJson(const Analysis &analysis, const Keep &keep);

/// Writes the scores; `path` "-" is standard output. Numbers have `.` as the decimal point whatever the locale; text cells that a
/// spreadsheet would run are guarded. The csv has a last column d_second with a second look, empty where the base was not run; the forms of other tools have
/// one score, D.
/// @throws FileError, Error (a file name with white space in one of the space-separated forms)
void writeScores(const std::filesystem::path &path, ScoreFormat format, const Analysis &analysis, const Keep &keep);

/// The groups' representations, [groups, dim], in the analysis's order. @throws Error when the base was not run, or a second stage has no second look
struct GroupFeatures {
    std::vector<float> values;
    std::int64_t dim = 0;
    std::vector<std::string> source;
    std::vector<std::string> id;
    std::vector<std::string> label;
    std::vector<std::int64_t> faces;
    std::vector<std::int64_t> kept; ///< faces that took part
    std::vector<bool> fallback;
};
/// How the second look takes part: D chooses, its scores (Element::second) weigh (aggregateTwoStage()).
struct SecondStage {
    bool weighs = false; ///< otherwise there is no second stage
    double threshold = -std::numeric_limits<double>::infinity();
    bool averageOfChosen = false; ///< Aggregator::Average is the mean of the faces that D chooses, as in a Keep, not of all
};
GroupFeatures groupFeatures(const Analysis &analysis, const AggregateOptions &options, const SecondStage &second = {});

/// Writes them as .npy (float32 [groups, dim], with `<name>.ids.csv` beside it, one row a group: row, source, group, label, faces, kept,
/// fallback) or as .csv (the same columns, then f0, f1, ...); "-" writes the csv to standard output.
/// @throws UsageError for another extension, FileError, Error
void writeFeatures(const std::filesystem::path &path, const Analysis &analysis, const AggregateOptions &options, const SecondStage &second = {});

/// Writes the `k` best faces of each group into `folder/<source>/<group>/`: `<rank>_<score>.<ext>` is the picture itself, copied as it is
/// (of a video the whole frame as JPEG, quality 95), and `<rank>_<score>_face.jpg` its aligned face. Pictures that are gone by now are a
/// notice. @return the number of files written. @throws FileError, Cancelled
std::int64_t writeBest(const std::filesystem::path &folder, const Analysis &analysis, std::int64_t k, Progress &progress);

/// A name made safe for one path component: no separators or control characters, not hidden, at most 100 bytes.
std::string safeName(const std::string &name);
/// Writes text to a file (atomically) or, for "-", to standard output. @throws FileError, Error when standard output does not take it
void writeText(const std::filesystem::path &path, const std::string &text);

} // namespace dscope
