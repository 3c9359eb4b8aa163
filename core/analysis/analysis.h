// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/json.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/media/clipplaces.h"
#include "core/nets/network.h"
#include "core/scores/secondlook.h"
#include "core/tasks/elementoptions.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// One scored element of a group (a face, a person crop, a clip).
struct Element {
    std::filesystem::path file; ///< the picture, or the video it is a frame of
    std::int64_t frame = -1;    ///< video only
    double timeS = -1;          ///< video only: seconds from the first frame
    double toS = -1;            ///< clips only: where it ends
    float motion = -1;          ///< clips only: motionEnergy()
    std::int64_t media = -1;    ///< IJB media id
    std::optional<Box> box;     ///< in the whole picture; nothing for crops taken as they are
    std::optional<Landmarks> landmarks;
    float detectorScore = -1;                                   ///< -1: no detector was asked
    float dScore = 0;                                           ///< predicted by DDNet, in (0, 1) (Eq. 5)
    float second = std::numeric_limits<float>::quiet_NaN();     ///< D-score of the base's second look; NaN where the base was not run or has none
    std::shared_ptr<const std::vector<std::uint8_t>> thumbnail; ///< as it is shown, as JPEG
};

/// A group: what is recognised as one (a person in a video, a template, a folder).
struct Group {
    std::string id;
    std::string label; ///< empty when unknown
    std::vector<Element> elements;
    std::vector<float> embeddings; ///< row-major [elements, dim], of a classification class scores after softmax; empty when the base was not run
};

/// A stretch of a video that shows an action, as a list that lies beside the video says.
struct ShownAction {
    std::string label;
    double fromS = 0; ///< from the first frame
    double toS = 0;

    bool operator==(const ShownAction &) const = default;
};

/// A file or folder the user opened.
struct Source {
    std::filesystem::path path;
    std::string kind; ///< "video", "folder of frames" (of a video), "folder", "csv", "ijb", ...
    double fps = 0;
    double durationS = 0;
    std::int64_t frames = 0; ///< video: decoded; sets: pictures listed
    std::vector<Group> groups;
    std::vector<ShownAction> actions; ///< of a video whose elements are clips, by their beginnings; empty where nobody says
    std::vector<std::string> warnings;
    bool fromCache = false;

    /// Its elements have places in time.
    bool isVideo() const { return kind == "video" || kind == "folder of frames"; }
};

/// A model as used, for reports and exports.
struct UsedModel {
    std::string name;
    std::string architecture;
    std::string hash; ///< SHA-256 of the weights file
    Cost cost;        ///< one picture
    std::int64_t parameters = 0;
    std::string rule;        ///< ModelSpec::rule of a DDNet; empty: "ddl"
    double msPerPicture = 0; ///< measured in this run (median of the batches), 0 if it was not run. On the CPU: one thread's processor time
};

/// A second look as used, for reports and exports.
struct UsedSecondLook {
    std::filesystem::path file;
    std::string hash; ///< SHA-256 of the file
    SecondLookOrigin origin;
    Cost cost; ///< of a face, beside the base's

    bool there() const { return !origin.base.empty(); }
};

struct AnalysisOptions {
    std::string task;     ///< what the elements are, see taskNamed(); empty: that of the base or the DDNet named, else what the source looks like
    std::string ddnet;    ///< name or file; empty: the best for the base
    std::string base;     ///< name or file; empty: the best there is
    std::string second;   ///< file of the base's second look; empty: the one that lies beside the base, if there is one; "auto": it has to be there; "none"
    std::string detector; ///< name or file; empty: RetinaFace, else the ONNX detector
    std::string device = "auto";
    bool aligned = false;  ///< pictures are aligned faces already: no detector
    bool runBase = true;   ///< embeddings of all faces, for the trade-off; off for scores alone
    bool allFaces = false; ///< pictures: every face found instead of the largest
    int everyNth = 1;      ///< video: look at every n-th frame
    int batch = 32;
    bool useCache = true;
    DetectorOptions detectorOptions;
    TrackerOptions tracker;
    bool flip = false; ///< embeddings are f + f of the mirrored face, as public IJB code has it; class scores the mean of both
    ClipChoice clips;  ///< how videos are divided, of a task whose elements are clips
};

/// Everything known about what the user opened.
struct Analysis {
    std::vector<Source> sources;
    UsedModel ddnet;
    UsedModel base;
    UsedModel detector;
    UsedSecondLook second;
    std::string device;
    std::int64_t dim = 0;             ///< length of an embedding
    std::vector<std::string> classes; ///< of a classification, by the place of their score; empty where the base does not name them
    double mu = 0;                    ///< of the DDNet's targets: raw D = mu + sigma * logit(D-score)
    double sigma = 1;
    AnalysisOptions options;

    std::size_t elementCount() const;
};

/// The sources of both, where the same models gave them; figures that `later` measured stand above those of `earlier`. Nothing if a model
/// differs (its weights file was changed in between): their scores could not be compared.
std::optional<Analysis> joined(Analysis earlier, Analysis later);

/// Raw D-score behind a normalised one: the inverse of Eq. 4.
double rawDScore(double dScore, double mu, double sigma);

/// Told as work goes on, from the working thread, what is known so far: the complete sources and, last, the one in work. A group of a video
/// that still grows may yet change its name or be joined to another. At most five times a second, and never with more than a tenth of the
/// time.
using AnalysisListener = std::function<void(Analysis soFar)>;

/// Opens sources, detects, aligns, tracks, scores and embeds. Decoding, detection and scoring overlap. Results are cached under the
/// content, the models' hashes, the preprocessing and the decoder. A source that fails becomes a warning of an otherwise empty
/// Source; only when all fail is it an Error. A folder of videos stands for its videos, a source each. @throws Cancelled, Error
Analysis analyse(const std::vector<std::filesystem::path> &paths, const AnalysisOptions &options, const ModelStore &store, Progress &progress,
                 const AnalysisListener &listener = {});

} // namespace dscope
