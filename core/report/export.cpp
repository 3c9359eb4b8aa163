// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/export.h"

#include "core/aggregation/aggregate.h"
#include "core/aggregation/twostage.h"
#include "core/base/csv.h"
#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/base/text.h"
#include "core/base/words.h"
#include "core/image/reader.h"
#include "core/media/video.h"
#include "core/nets/costjson.h"
#include "core/tasks/task.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <numeric>
#include <set>
#include <span>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr Words<ScoreFormat, 5> s_scoreFormats{"no format of scores",
                                               {{ScoreFormat::Csv, "csv"},
                                                {ScoreFormat::JsonText, "json"},
                                                {ScoreFormat::Ofiq, "ofiq"},
                                                {ScoreFormat::Nist, "nist"},
                                                {ScoreFormat::InsightFace, "insightface"}}};

// The double that prints in the float's own few digits (0.3, not 0.30000001192092896) and narrows back to the same float.
Json shortNumber(float value)
{
    if (!std::isfinite(value))
        return nullptr;
    return parseNumber(csvNumber(value)).value_or(static_cast<double>(value));
}

Json modelJson(const UsedModel &model)
{
    if (model.name.empty())
        return nullptr;
    Json json{{"name", model.name}, {"architecture", model.architecture}, {"sha256", model.hash}};
    if (model.parameters > 0) {
        json["parameters"] = model.parameters;
        json["mac"] = costJson(model.cost.mac);
        json["flop"] = costJson(model.cost.flop);
    }
    if (model.msPerPicture > 0)
        json["ms_per_picture"] = std::round(model.msPerPicture * 1000) / 1000;
    return json;
}

bool isVideo(const Element &element)
{
    return element.frame >= 0;
}

bool isClip(const Element &element)
{
    return element.toS >= 0;
}

/// A class as people call it, else by its number.
std::string className(const Analysis &analysis, std::size_t label)
{
    return label < analysis.classes.size() ? analysis.classes[label] : std::to_string(label);
}

/// Of a classification the five classes of the largest fused scores; else null.
Json predictionJson(const Analysis &analysis, const Group &group, const Keep &keep)
{
    if (!isClassification(analysis) || group.embeddings.empty())
        return nullptr;
    const std::vector<double> scores = fusedScores(group, analysis.dim, keep);
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t most = std::min<std::size_t>(5, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                      [&](std::size_t a, std::size_t b) { return scores[a] > scores[b] || (scores[a] == scores[b] && a < b); });
    Json json = Json::array();
    for (std::size_t i = 0; i < most; ++i)
        json.push_back({{"class", utf8Name(className(analysis, order[i]))}, {"score", shortNumber(static_cast<float>(scores[order[i]]))}});
    return json;
}

Json elementJson(const Element &element, bool kept)
{
    Json json;
    if (isVideo(element)) {
        json["frame"] = element.frame;
        json["time_s"] = std::round(element.timeS * 1e6) / 1e6;
        if (isClip(element)) {
            json["end_s"] = std::round(element.toS * 1e6) / 1e6;
            json["motion"] = shortNumber(element.motion);
        }
    } else {
        json["file"] = utf8Name(element.file.string());
    }
    if (element.media >= 0)
        json["media"] = element.media;
    json["box"] = nullptr;
    if (element.box)
        json["box"] = {shortNumber(element.box->x), shortNumber(element.box->y), shortNumber(element.box->w), shortNumber(element.box->h)};
    json["landmarks"] = nullptr;
    if (element.landmarks) {
        json["landmarks"] = Json::array();
        for (const Point &point : *element.landmarks)
            json["landmarks"].push_back({shortNumber(point.x), shortNumber(point.y)});
    }
    json["detector_score"] = element.detectorScore >= 0 ? shortNumber(element.detectorScore) : Json(nullptr);
    json["d_score"] = shortNumber(element.dScore);
    json["kept"] = kept;
    return json;
}

std::string csvFloat(float value)
{
    return csvNumber(value);
}

std::string scoresCsv(const Analysis &analysis, const Keep &keep)
{
    const bool second = analysis.second.there();
    const bool clips = isClassification(analysis);
    std::string text = "source,group,label,file,frame,time_s,media,box_x,box_y,box_w,box_h,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,"
                       "left_mouth_x,left_mouth_y,right_mouth_x,right_mouth_y,detector_score,d_score,kept";
    text += std::string(second ? ",d_second" : "") + (clips ? ",end_s,motion\r\n" : "\r\n");
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups) {
            const KeptFaces faces = keptFaces(group, keep);
            for (std::size_t i = 0; i < group.elements.size(); ++i) {
                const Element &element = group.elements[i];
                text += csvText(utf8Name(source.path.string())) + ',' + csvText(utf8Name(group.id)) + ',' + csvText(utf8Name(group.label)) + ','
                    + csvText(utf8Name(element.file.string())) + ',';
                text += isVideo(element) ? std::to_string(element.frame) + ',' + csvNumber(std::round(element.timeS * 1e6) / 1e6) : ",";
                text += ',' + (element.media >= 0 ? std::to_string(element.media) : std::string()) + ',';
                if (element.box)
                    text += csvFloat(element.box->x) + ',' + csvFloat(element.box->y) + ',' + csvFloat(element.box->w) + ',' + csvFloat(element.box->h);
                else
                    text += ",,,";
                for (std::size_t point = 0; point < 5; ++point)
                    text +=
                        element.landmarks ? ',' + csvFloat((*element.landmarks)[point].x) + ',' + csvFloat((*element.landmarks)[point].y) : std::string(",,");
                text += ',' + (element.detectorScore >= 0 ? csvFloat(element.detectorScore) : std::string());
                text += ',' + csvFloat(element.dScore) + (faces.kept[i] ? ",1" : ",0");
                if (second)
                    text += ',' + (std::isfinite(element.second) ? csvFloat(element.second) : std::string());
                if (clips)
                    text += ',' + csvNumber(std::round(element.toS * 1e6) / 1e6) + ',' + csvFloat(element.motion);
                text += "\r\n";
            }
        }
    return text;
}

/// A name for one face in lists that know only pictures: a frame of a video is `file#frame`.
std::string pictureName(const Element &element)
{
    return isVideo(element) ? element.file.string() + '#' + std::to_string(element.frame) : element.file.string();
}

std::string spacedName(const std::string &name)
{
    if (name.empty() || std::any_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' '; }))
        throw Error("'" + name + "' has white space in its name, which this space-separated form cannot hold. Use csv or json.");
    return name;
}

std::string ofiqText(const Analysis &analysis)
{
    std::string text = "Filename;DScore;DScore.scalar;assessment_time_in_ms;\n";
    const double ms = analysis.ddnet.msPerPicture > 0 ? analysis.ddnet.msPerPicture : -1;
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups)
            for (const Element &element : group.elements)
                text += csvText(pictureName(element)) + ';' + csvNumber(element.dScore) + ';'
                    + std::to_string(std::lround(100.0 * static_cast<double>(element.dScore))) + ';' + csvNumber(ms) + ";\n";
    return text;
}

std::string nistText(const Analysis &analysis)
{
    std::string text;
    std::int64_t id = 0;
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups)
            for (const Element &element : group.elements)
                text += std::to_string(id++) + ' ' + spacedName(pictureName(element)) + " 0 " + csvNumber(element.dScore) + '\n';
    return text;
}

std::string insightFaceText(const Analysis &analysis)
{
    std::string text;
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups)
            for (const Element &element : group.elements) {
                // IJB lists name a picture by its file alone.
                const std::string name = source.kind == "ijb" ? element.file.filename().string() : pictureName(element);
                text += spacedName(name) + ' ' + spacedName(group.id) + ' ' + std::to_string(element.media) + ' ' + csvNumber(element.dScore) + '\n';
            }
    return text;
}

std::string idColumns(const GroupFeatures &features, std::size_t row)
{
    return std::to_string(row) + ',' + csvText(features.source[row]) + ',' + csvText(features.id[row]) + ',' + csvText(features.label[row]) + ','
        + std::to_string(features.faces[row]) + ',' + std::to_string(features.kept[row]) + ',' + (features.fallback[row] ? '1' : '0');
}

const char *const s_idHeader = "row,source,group,label,faces,kept,fallback";

} // namespace

bool isClassification(const Analysis &analysis)
{
    return taskNamed(analysis.options.task).protocol == Protocol::Classification;
}

std::vector<double> fusedScores(const Group &group, std::int64_t dim, const Keep &keep)
{
    std::vector<float> scores;
    for (const Element &element : group.elements)
        scores.push_back(element.dScore);
    AggregateOptions how;
    how.keep = keep;
    return aggregate(group.embeddings, dim, scores, how).feature;
}

KeptFaces keptFaces(const Group &group, const Keep &keep)
{
    KeptFaces result;
    result.kept.assign(group.elements.size(), false);
    if (group.elements.empty())
        return result;
    std::vector<float> scores;
    scores.reserve(group.elements.size());
    for (const Element &element : group.elements)
        scores.push_back(element.dScore);
    const std::vector<std::int64_t> kept = chosenElements(scores, keep, result.fallback);
    for (const std::int64_t i : kept)
        result.kept[static_cast<std::size_t>(i)] = true;
    result.count = static_cast<std::int64_t>(kept.size());
    return result;
}

ScoreFormat scoreFormat(const std::string &name)
{
    return s_scoreFormats.fromWord(name);
}

Json scoresJson(const Analysis &analysis, const Keep &keep)
{
    const UsedSecondLook &second = analysis.second;
    Json json{{"schema", "dscope.scores/1"}, {"threshold", nullptr}, {"device", analysis.device}};
    if (const Task &task = taskNamed(analysis.options.task); &task != &tasks().front()) // those of faces are as they always were
        json["task"] = task.name;
    if (keep.mode == Keep::Mode::TopK)
        json["top_k"] = keep.k;
    else if (keep.mode == Keep::Mode::Enough)
        json["enough"] = keep.enough;
    else
        json["threshold"] = keep.threshold;
    json["models"] = {{"ddnet", modelJson(analysis.ddnet)}, {"base", modelJson(analysis.base)}, {"detector", modelJson(analysis.detector)}};
    if (!analysis.ddnet.name.empty()) {
        json["models"]["ddnet"]["mu"] = analysis.mu;
        json["models"]["ddnet"]["sigma"] = analysis.sigma;
    }
    if (second.there())
        json["models"]["second"] = {{"sha256", second.hash},
                                    {"base", second.origin.base},
                                    {"base_sha256", second.origin.baseHash},
                                    {"ridge", second.origin.ridge},
                                    {"target", secondTargetWords.wordOf(second.origin.target)},
                                    {"pictures", second.origin.pictures},
                                    {"mac", costJson(second.cost.mac)},
                                    {"flop", costJson(second.cost.flop)}};
    json["sources"] = Json::array();
    for (const Source &source : analysis.sources) {
        Json entry{{"path", utf8Name(source.path.string())}, {"kind", source.kind}, {"groups", Json::array()}};
        for (const Group &group : source.groups) {
            const KeptFaces faces = keptFaces(group, keep);
            Json one{{"id", utf8Name(group.id)}};
            if (!group.label.empty())
                one["label"] = utf8Name(group.label);
            if (faces.fallback)
                one["fallback"] = true;
            if (Json prediction = predictionJson(analysis, group, keep); !prediction.is_null())
                one["prediction"] = std::move(prediction);
            one["elements"] = Json::array();
            for (std::size_t i = 0; i < group.elements.size(); ++i) {
                one["elements"].push_back(elementJson(group.elements[i], faces.kept[i]));
                if (second.there())
                    one["elements"].back()["d_second"] = shortNumber(group.elements[i].second); // null of NaN
            }
            entry["groups"].push_back(std::move(one));
        }
        entry["warnings"] = source.warnings;
        json["sources"].push_back(std::move(entry));
    }
    return json;
}

void writeScores(const fs::path &path, ScoreFormat format, const Analysis &analysis, const Keep &keep)
{
    switch (format) {
    case ScoreFormat::Csv: return writeText(path, scoresCsv(analysis, keep));
    case ScoreFormat::JsonText: return writeText(path, jsonText(scoresJson(analysis, keep)));
    case ScoreFormat::Ofiq: return writeText(path, ofiqText(analysis));
    case ScoreFormat::Nist: return writeText(path, nistText(analysis));
    case ScoreFormat::InsightFace: return writeText(path, insightFaceText(analysis));
    }
}

GroupFeatures groupFeatures(const Analysis &analysis, const AggregateOptions &options, const SecondStage &second)
{
    if (second.weighs && !analysis.second.there())
        throw Error("There is no second look at these elements to weigh by.");
    GroupFeatures result;
    result.dim = analysis.dim;
    if (analysis.dim <= 0)
        throw Error("There are no embeddings to aggregate: the base network was not run.");
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups) {
            if (group.elements.empty())
                continue;
            std::vector<float> scores;
            std::vector<float> looks;
            std::vector<std::int64_t> media;
            for (const Element &element : group.elements) {
                scores.push_back(element.dScore);
                looks.push_back(element.second);
                media.push_back(element.media);
            }
            const Aggregate one = !second.weighs && !(second.averageOfChosen && options.method == Aggregator::Average)
                ? aggregate(group.embeddings, analysis.dim, scores, options, media)
                : aggregateTwoStage(group.embeddings, analysis.dim, scores, looks, options, second.threshold, media);
            for (const double value : one.feature)
                result.values.push_back(static_cast<float>(value));
            result.source.push_back(source.path.string());
            result.id.push_back(group.id);
            result.label.push_back(group.label);
            result.faces.push_back(static_cast<std::int64_t>(group.elements.size()));
            result.kept.push_back(static_cast<std::int64_t>(one.kept.size()));
            result.fallback.push_back(one.fallback);
        }
    return result;
}

void writeFeatures(const fs::path &path, const Analysis &analysis, const AggregateOptions &options, const SecondStage &second)
{
    const bool npy = path.extension() == ".npy";
    if (!npy && path.extension() != ".csv" && path != "-")
        throw UsageError("'" + path.string() + "' should end in .npy or .csv.");
    const GroupFeatures features = groupFeatures(analysis, options, second);
    const auto dim = static_cast<std::size_t>(features.dim);
    if (npy) {
        writeNpy(path, {static_cast<std::int64_t>(features.id.size()), features.dim}, features.values);
        std::string ids = std::string(s_idHeader) + "\r\n";
        for (std::size_t row = 0; row < features.id.size(); ++row)
            ids += idColumns(features, row) + "\r\n";
        fs::path beside = path;
        writeText(beside.replace_extension(".ids.csv"), ids);
        return;
    }
    const bool classes = isClassification(analysis);
    std::string text = s_idHeader;
    if (classes)
        text += ",predicted";
    for (std::size_t d = 0; d < dim; ++d)
        text += ',' + (classes ? csvText(utf8Name(className(analysis, d))) : "f" + std::to_string(d));
    text += "\r\n";
    for (std::size_t row = 0; row < features.id.size(); ++row) {
        text += idColumns(features, row);
        const auto values = std::span<const float>(features.values).subspan(row * dim, dim);
        if (classes)
            text += ',' + csvText(utf8Name(className(analysis, static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin()))));
        for (std::size_t d = 0; d < dim; ++d)
            text += ',' + csvFloat(features.values[row * dim + d]);
        text += "\r\n";
    }
    writeText(path, text);
}

std::int64_t writeBest(const fs::path &folder, const Analysis &analysis, std::int64_t k, Progress &progress)
{
    std::int64_t written = 0;
    std::int64_t total = 0;
    std::int64_t done = 0;
    for (const Source &source : analysis.sources)
        for (const Group &group : source.groups)
            total += std::min<std::int64_t>(std::max<std::int64_t>(k, 0), static_cast<std::int64_t>(group.elements.size()));
    std::set<fs::path> taken;
    const auto ownFolder = [&taken](const fs::path &parent, const std::string &name) {
        fs::path chosen = parent / safeName(name);
        for (int i = 2; !taken.insert(chosen).second; ++i)
            chosen = parent / (safeName(name) + '-' + std::to_string(i));
        return chosen;
    };
    for (const Source &source : analysis.sources) {
        const fs::path sourceFolder = ownFolder(folder, source.path.stem().empty() ? "source" : source.path.stem().string());
        std::unique_ptr<VideoReader> video;
        for (const Group &group : source.groups) {
            const fs::path groupFolder = ownFolder(sourceFolder, group.id);
            std::vector<std::size_t> order(group.elements.size());
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::stable_sort(order.begin(), order.end(),
                             [&](std::size_t left, std::size_t right) { return group.elements[left].dScore > group.elements[right].dScore; });
            for (std::size_t rank = 0; rank < order.size() && static_cast<std::int64_t>(rank) < k; ++rank) {
                progress.checkpoint(done++, total);
                const Element &element = group.elements[order[rank]];
                char score[16];
                const auto end = std::to_chars(score, score + sizeof score, static_cast<double>(element.dScore), std::chars_format::fixed, 4);
                std::string name = std::to_string(rank + 1);
                name = std::string(name.size() < 3 ? 3 - name.size() : 0, '0') + name + '_' + std::string(score, end.ptr);
                if (element.thumbnail) {
                    writeAtomically(groupFolder / (name + "_face.jpg"), {reinterpret_cast<const char *>(element.thumbnail->data()), element.thumbnail->size()});
                    ++written;
                }
                try {
                    if (isVideo(element)) {
                        if (!video)
                            video = std::make_unique<VideoReader>(source.path);
                        const std::optional<VideoFrame> frame = video->frameAt(element.frame);
                        if (!frame)
                            throw FileError(source.path, "frame " + std::to_string(element.frame) + " cannot be read any more.");
                        writePicture(groupFolder / (name + ".jpg"), frame->picture, 95);
                    } else {
                        const std::vector<std::uint8_t> bytes = readBytes(element.file, std::uint64_t{1} << 30);
                        writeAtomically(groupFolder / (name + element.file.extension().string()), {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
                    }
                    ++written;
                } catch (const FileError &error) {
                    // A folder that cannot be written would fail for every picture; one that cannot be read is only missing.
                    if (std::string(error.what()).rfind(shownName(groupFolder.native()), 0) == 0)
                        throw;
                    progress.notice(error.what());
                }
            }
        }
    }
    progress.checkpoint(total, total);
    return written;
}

std::string safeName(const std::string &name)
{
    std::string safe;
    for (const char c : name.substr(0, 100))
        safe += static_cast<unsigned char>(c) < ' ' || c == '/' || c == '\\' || c == ':' || c == '\x7f' ? '_' : c;
    // A UTF-8 character must not be cut in two.
    while (name.size() > 100 && !safe.empty() && (static_cast<unsigned char>(safe.back()) & 0x80) != 0)
        safe.pop_back();
    if (safe.empty() || safe.front() == '.')
        safe.insert(safe.begin(), '_');
    return safe;
}

void writeText(const fs::path &path, const std::string &text)
{
    if (path != "-") {
        writeAtomically(path, text);
        return;
    }
    std::cout.write(text.data(), static_cast<std::streamsize>(text.size()));
    std::cout.flush();
    if (!std::cout)
        throw Error("Standard output could not be written.");
}

} // namespace dscope
