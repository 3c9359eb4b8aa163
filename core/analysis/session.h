// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/analysis.h"
#include "core/analysis/secondscores.h"
#include "core/base/hash.h"
#include "core/datasets/imageset.h"
#include "core/tasks/elements.h"
#include "core/tasks/task.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// The networks of one working thread. On the CPU it has all of them: each picture is detected, aligned, scored and embedded by one thread
/// from beginning to end, and the threads never wait for each other as they do inside an operation that is split between them. On a GPU
/// scoring is left to the consumer, which gathers full batches.
struct WorkerNets {
    std::unique_ptr<ElementFinder> finder; ///< null when none is wanted
    std::shared_ptr<Network> ddnet;        ///< null on a GPU
    std::shared_ptr<Network> base;         ///< null on a GPU, or when the base is not to be run
    ElementShapes shapes;                  ///< of the elements that the networks want, wherever they run
    const ElementSource *source = nullptr;
    const Task *task = &tasks().front();
};

/// Milliseconds a picture of every call. On the CPU it is the processor time of the one thread that worked, which other programs on the
/// machine do not lengthen; on a GPU it is time by the clock.
struct Times {
    std::vector<double> detector;
    std::vector<double> ddnet;
    std::vector<double> base;

    void add(const Times &other);
};

/// In place of a DDNet's name, for work that looks at no D-score: every element has the D-score 1.
inline constexpr const char *withoutDdnet = "none";

/// The base of an analysis: the one named, else that of the DDNet named, else the best there is. @throws Error where there is none
ModelSpec chosenBase(const AnalysisOptions &options, const ModelStore &store);

/// What one call of analyse() works with: the models chosen, their hashes, and the networks once something needs them. Opening what
/// the cache holds therefore loads no network at all.
class Session {
public:
    /// @throws Error when no DDNet (unless AnalysisOptions::ddnet is `withoutDdnet`) or, with runBase, no base is there.
    /// @param scorer in place of a DDNet, any network that gives one value a picture; no base is looked for then unless it is to be run
    Session(const AnalysisOptions &options, const ModelStore &store, Progress &progress, const ModelSpec *scorer = nullptr);

    const AnalysisOptions &options() const { return m_options; }
    /// The one named, else that of the base or DDNet named, else faces.
    const Task &task() const { return *m_elements; }
    Progress &progress() const { return m_task; }
    const Device &device() const { return m_device; }
    const ModelSpec &ddnetSpec() const { return m_ddnetSpec; }
    /// The base is chosen, if only for a name, even where it is not run.
    bool knowsBase() const { return m_baseSpec.has_value(); }
    const ModelSpec &baseSpec() const { return *m_baseSpec; } ///< knowsBase()

    /// Null with `withoutDdnet`. @throws FileError, Error
    Network *ddnet();
    /// Null when the base is not to be run.
    Network *base();
    /// Scores the elements of an analysis that the base has embedded by the second look that was asked for; nothing where there is none. Tells once of one that
    /// cannot be used.
    /// @throws Error, FileError where one was asked for by name and cannot be had
    void applySecondLookTo(Analysis &analysis);
    /// What each working thread owns; at most one a piece of work. With a detector that searches as far as this, or without one. @throws Error when a detector
    /// is wanted and there is none, naming the places searched
    std::vector<WorkerNets> makeWorkers(std::int64_t pieces, std::optional<DetectorOptions::Search> detector);

    /// The part of a cache key that the models make: hashes, preprocessing, kind of device; detector and its options if asked.
    std::string modelKey(bool withBase, bool withDetector);

    UsedModel usedDdnet() const;
    UsedModel usedBase() const;
    UsedModel usedDetector() const;
    /// Where the networks run now: not where they were asked to when GPU memory ran out.
    std::string deviceName() const;

    /// "Scoring this file (1 of 3)": the stage of the source in work, for going back to it after a stage of its own.
    void beginSource(std::string stage)
    {
        m_stage = std::move(stage);
        m_task.stage(m_stage);
    }
    const std::string &sourceStage() const { return m_stage; }

    /// Milliseconds a picture, from the medians; what was not measured keeps its figure.
    void setTimes(const Times &times);

private:
    std::string m_stage;
    const ModelSpec &detectorSpec();
    std::shared_ptr<Network> loadOrFallBack(const ModelSpec &spec, Use use);

    AnalysisOptions m_options;
    const ModelStore &m_store;
    Progress &m_task;
    Device m_device;
    const Task *m_elements = nullptr;
    bool m_scores = true; ///< by a DDNet, or a network in its place
    ModelSpec m_ddnetSpec;
    std::optional<ModelSpec> m_baseSpec;
    std::optional<ModelSpec> m_detectorSpec;
    std::string m_ddnetHash;
    std::string m_baseHash;
    std::string m_detectorHash;
    SecondLookChoice m_second;
    std::shared_ptr<Network> m_ddnet;
    std::shared_ptr<Network> m_base;
    double m_ddnetMs = 0;
    double m_baseMs = 0;
    double m_detectorMs = 0;
};

/// An element on its way: all of it but its score, and its pixels.
struct PendingElement {
    Element element;
    CutElement cut;
    bool sure = true;             ///< FoundElement::sure
    std::vector<float> embedding; ///< of a scored element, when the base runs
    bool scored = false;
    std::string warning;   ///< of the first element of a picture: what is wrong with its file
    std::size_t group = 0; ///< of the picture set
};

/// An element cut out where it was found. @throws Error for a place of no use
PendingElement pendingElement(const PixelSource &pixels, const FoundElement &found, const WorkerNets &nets);
/// The elements of a picture, cut out and not yet scored; none where none was found (ElementSource::locate()). @throws FileError for a picture that cannot be
/// read, Error for a place of no use
std::vector<PendingElement> pendingElements(const ImageItem &item, const AnalysisOptions &options, const WorkerNets &nets, Progress &progress, Times &times);

/// Scores and embeds elements on the worker's own networks; does nothing on a GPU. @param flip as in AnalysisOptions
void scoreElements(std::vector<PendingElement> &elements, const WorkerNets &nets, bool flip, Progress &progress, Times &times);

/// Collects elements in the order of arrival, and on a GPU runs the networks on them in batches.
class Scorer {
public:
    explicit Scorer(Session &session) : m_session(session) {}

    void add(PendingElement element);
    /// Scores what waits for a full batch.
    void flush();
    /// Those scored so far, without crops.
    const std::vector<PendingElement> &elements() const { return m_elements; }
    /// Row-major [elements, dim]; empty without a base.
    const std::vector<float> &embeddings() const { return m_embeddings; }
    std::int64_t dim() const { return m_dim; }
    /// How many of the elements were enlarged, in words; nothing for none.
    std::optional<std::string> enlarged() const;
    /// How many pictures were taken as aligned elements at another size than such elements have, in words; nothing for none.
    std::optional<std::string> scaled() const;
    /// The groups of elements that a network gave something else than finite numbers for: they are not among elements().
    const std::vector<std::size_t> &notFinite() const { return m_notFinite; }
    /// The same in words; nothing for none. @throws Error where it is all there was
    std::optional<std::string> leftOut() const;
    /// Of the batches run here (on a GPU).
    const Times &times() const { return m_times; }

private:
    void keep(PendingElement element);

    Session &m_session;
    std::vector<PendingElement> m_waiting;
    std::vector<PendingElement> m_elements;
    std::vector<float> m_embeddings;
    std::int64_t m_dim = 0;
    std::int64_t m_enlarged = 0;
    std::int64_t m_scaled = 0;
    std::vector<std::size_t> m_notFinite;
    Times m_times;
};

/// Hands out what is known so far at most five times a second, and less often when preparing the news takes long: at most a tenth of the
/// time goes into it.
class Publisher {
public:
    /// `tell` may be empty: nobody listens.
    explicit Publisher(std::function<void(Source)> tell) : m_tell(std::move(tell)) {}

    void growing(const std::function<Source()> &make);

private:
    using Clock = std::chrono::steady_clock;
    std::function<void(Source)> m_tell;
    Clock::time_point m_next = Clock::now() + std::chrono::milliseconds(200);
};

/// Asks the detector and times it.
std::vector<FoundElement> findElements(const WorkerNets &nets, const PixelSource &pixels, Progress &progress, Times &times);
/// Processor time of this thread, or time by the clock.
double millisecondsNow(bool ofThisThread);
/// The middle one, 0 for none.
double medianOf(std::vector<double> values);

/// JPEG at quality 92.
std::shared_ptr<const std::vector<std::uint8_t>> thumbnailOf(const Picture &crop);
/// One source each, without the cache. `source` comes with its path; the rest is filled in.
void analyseVideo(Source &source, Session &session, Publisher &publisher);
void analysePictures(Source &source, const ImageSet &set, Session &session, Publisher &publisher);
/// A video, or a folder with the frames of one, by its clips: one group.
void analyseClips(Source &source, Session &session, Publisher &publisher);
/// Whether the task's elements are clips, so that only videos are sources.
bool takesClips(const Session &session);

/// The video's key part: bytes of the file, decoder, everyNth, tracker.
std::string videoKey(const std::filesystem::path &path, const AnalysisOptions &options);
/// The key part of a video whose elements are clips: bytes of the file (of a folder names, sizes and times), decoder, division.
std::string clipKey(const std::filesystem::path &path, const Session &session);
/// The set's key part: groups, labels, landmarks, and of each file path, size, inode and times of change (pictures are not read).
std::string pictureKey(const ImageSet &set, const AnalysisOptions &options);

} // namespace dscope
