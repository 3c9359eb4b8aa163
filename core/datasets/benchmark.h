// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/imageset.h"
#include "core/datasets/labelledvideos.h"
#include "core/datasets/places.h"
#include "core/evaluation/run.h"
#include "core/media/clipplaces.h"
#include "core/sets/featurestore.h"
#include "core/sets/templates.h"
#include "core/training/facelist.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dscope {

/// Who is looked for among whom: tracklets by their place in the benchmark.
struct RetrievalLists {
    std::vector<std::uint32_t> queries;
    std::vector<std::uint32_t> gallery; ///< may name queries too; the protocol says what becomes of them
    bool empty() const { return queries.empty(); }
};

/// What is compared in one go: everything of a benchmark, or one of IJB-A's splits.
struct BenchmarkSplit {
    std::string name;
    TemplatePairs pairs;
    SearchProtocol search;
    RetrievalLists retrieval;
};

/// A benchmark as its meta files describe it; no picture has been looked at. A picture that several templates share is there once.
///
/// N faces in T templates, as in TemplateFeatures. What a file lists and the disk lacks stays listed: extraction says what became of it, and a
/// template all of whose pictures failed (or a template that a pair names and no list knows) has no face and scores lowest.
struct Benchmark {
    std::string name;          ///< as in core/evaluation/paperfigures.h, or "templates"
    std::string task = "face"; ///< what its elements are, see taskNamed()
    bool synthetic = false;    ///< SYNTHETIC.txt lies in its root
    std::vector<ImageItem> pictures;
    std::vector<std::uint32_t> faces;      ///< [N] the picture of each face
    std::vector<std::int32_t> media;       ///< [N], or empty
    std::vector<std::int64_t> begin{0};    ///< [T + 1]
    std::vector<std::int64_t> ids;         ///< [T]
    std::vector<std::int32_t> subjects;    ///< [T]
    std::vector<std::string> subjectNames; ///< by subject
    std::vector<std::int32_t> cameras;     ///< [T], of tracklets; empty where there are none
    std::vector<BenchmarkSplit> splits;
    bool tenFold = false;
    std::vector<RetrievalProtocol> protocols; ///< of a retrieval; none: both of MARS
    std::vector<double> fars;                 ///< the targets that its protocol names
    std::vector<std::string> warnings;        ///< what was malformed or unknown: listed, then counted
    /// Rows of precomputed embeddings are in the order of `pictures` (IJB-B and IJB-C: of the lines of face_tid_mid.txt).
    std::vector<std::int64_t> pictureTemplate; ///< [pictures] the template's own number, for the 4-column score text; empty: not of IJB kind
    std::filesystem::path pictureFolder;       ///< what pictureName() is relative to
    std::string pictureOrder;                  ///< what the order of `pictures` is, in words that follow "in their order, "
    std::vector<std::uint32_t> listPlaces;     ///< [pictures] the place of each in the whole list, where not every frame was taken; else empty
    std::vector<LabelledVideo> videos;         ///< [T], of a classification, whose elements are known when they are opened; else empty
    ClipChoice clips = {};                     ///< how they are divided
    std::int64_t listed = 0;                   ///< with `listPlaces`: how many pictures the whole list has

    std::int64_t templates() const { return static_cast<std::int64_t>(begin.size()) - 1; }
};

/// Puts a Benchmark together: pictures, subjects and templates by name, each once.
class BenchmarkBuilder {
public:
    explicit BenchmarkBuilder(Benchmark &benchmark);
    BenchmarkBuilder(const BenchmarkBuilder &) = delete;
    BenchmarkBuilder &operator=(const BenchmarkBuilder &) = delete;

    /// The place of a picture, added when there is none of its file and box yet.
    std::uint32_t picture(ImageItem item);
    /// The place of a subject; -1 for an empty name.
    std::int32_t subject(std::string_view name);
    /// Begins a template; its faces follow.
    std::uint32_t addTemplate(std::int64_t id, std::int32_t subject);
    void addFace(std::uint32_t picture, std::int64_t media = -1);
    /// Takes the template that was begun last back, with its faces.
    void dropLastTemplate();
    /// Makes room for so many pictures in all.
    void expect(std::size_t pictures);

private:
    Benchmark &m_benchmark;
    PlaceSet m_pictures;
    PlaceSet m_subjects;
};

/// How a benchmark's files are found and read.
struct BenchmarkOptions {
    std::filesystem::path pairs;             ///< LFW: pairs.txt; YTF: splits.txt; iQIYI: `clip clip 1|0`; videos of actions: their list; empty: in the root
    std::filesystem::path identities;        ///< iQIYI: a csv with columns clip and identity
    std::filesystem::path pictures;          ///< where the pictures are, if not in the root
    int everyNth = 1;                        ///< videos: every n-th frame
    std::int64_t impostorPairs = 20'000'000; ///< of pairs made from identities, at most; drawn if there are more
    std::uint64_t seed = 1;
    std::string subset;    ///< videos of actions: "validation", "training", "test"; empty: the benchmark's usual one
    ClipChoice clips = {}; ///< videos of actions: how they are divided; without a count or step as the benchmark's paper does

    bool operator==(const BenchmarkOptions &) const = default;
};

/// LFW: pairs.txt (`10 300`, then `name i j` or `name i name j`) and name/name_0001.jpg, aligned or as published; ten folds.
/// @throws FileError naming file and line
Benchmark readLfw(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);
/// YouTube Faces: splits.txt (`split, pair, name/video, name/video, 1|0`), and aligned_images_DB/name/video/*.jpg, or frame_images_DB/name/video/*.jpg
/// with name.labeled_faces.txt, whose boxes say which face is meant; ten folds. Where the root has a filelist.txt (`name/video/frame.jpg` a line), that
/// says which frames there are and in what order, and no folder is looked through. @throws FileError
Benchmark readYtf(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);
/// iQIYI-VID-FACE: filelist.txt names a clip's folder (or its frames) a line; pairs or identities come from the user. Frames that it names are not looked
/// for on the disk. @throws FileError, UsageError
Benchmark readIqiyi(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);
/// IJB-A: IJB-A_11_sets/splitN/verify_metadata_N.csv and verify_comparisons_N.csv, IJB-A_1N_sets/splitN/search_gallery_N.csv and search_probe_N.csv (or
/// the splits' folders in the root itself); boxes say which face is meant. @throws FileError
Benchmark readIjba(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);
/// IJB-B or IJB-C: meta/<prefix>face_tid_mid.txt, name_5pts_score.txt, template_pair_label.txt, 1N csvs and loose_crop/. A pair that names a template
/// that no picture has makes one without a face. @throws FileError
Benchmark readIjbBenchmark(const std::filesystem::path &root, const std::string &prefix, const BenchmarkOptions &options, Progress &progress);
/// A folder person/template/picture (or a csv of readImageSet() with labels): all pairs of templates. @throws FileError
Benchmark readLabelledTemplates(const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);

/// Leaves every n-th face of each template, the first one included, and the pictures that are still needed; `listPlaces` says where they stood. @throws
/// Cancelled
void takeEveryNth(Benchmark &benchmark, int n, Progress &progress);

/// By a word: lfw, ytf, iqiyi, ijba, ijbb, ijbc, templates. @throws UsageError
Benchmark readBenchmark(const std::string &word, const std::filesystem::path &root, const BenchmarkOptions &options, Progress &progress);
/// Those words.
std::vector<std::string> benchmarkWords();

/// True where SYNTHETIC.txt lies in the folder.
bool isSynthetic(const std::filesystem::path &root);
inline constexpr const char *syntheticMark = "SYNTHETIC.txt";

/// All pairs of templates with a subject; more than `impostorPairs` impostor pairs are drawn from, every genuine one is taken. @throws Error, Cancelled
TemplatePairs pairsOfSubjects(const Benchmark &benchmark, std::int64_t impostorPairs, std::uint64_t seed, Progress &progress);

/// What became of the pictures of a store, for reports: a sentence a kind of failure with its count, and the first few by name.
std::vector<std::string> extractionWarnings(const Benchmark &benchmark, const std::vector<Extracted> &outcomes);

/// Arranges a store's features by template; pictures that failed are left out. Warnings of benchmark and extraction are appended.
/// @throws Error when the store is of other pictures, FileError, Cancelled
TemplateFeatures arrange(const Benchmark &benchmark, const FeatureStore &store, std::vector<std::string> &warnings, Progress &progress);

/// Its elements as a list to label, teach and study with: all that have a subject, by the names of pictureName().
/// @param cameras where not null: the camera of each; empty where the benchmark has none @throws Error where no element has a subject
FaceList elementsOf(const Benchmark &benchmark, std::vector<std::int32_t> *cameras = nullptr);

/// A picture as lists name it: relative to pictureFolder, or its whole path where it does not lie there.
std::string pictureName(const Benchmark &benchmark, std::size_t picture);
/// pictureName() of every picture, a line each: the order in which embeddings are to come; for YTF and iQIYI-VID-FACE a filelist.txt.
/// @throws FileError when a name holds a line break, or the file cannot be written; Cancelled
void writePictureList(const Benchmark &benchmark, const std::filesystem::path &file, Progress &progress);

/// Features that were computed elsewhere.
struct GivenFeatures {
    std::filesystem::path embeddings; ///< empty: none
    std::filesystem::path dScores;
};
/// What a set of `dscope synth` brings along: embeddings.npy and d_scores.txt in its root. Nothing for any other set.
GivenFeatures madeFeatures(const Benchmark &benchmark, const std::filesystem::path &root);

/// Precomputed features: an .npy or safetensors of float32, a row a picture in the order of `pictures` (or of the whole list, where only every n-th frame
/// is taken), and D-scores: for IJB-B and IJB-C in the 4-column
/// text `image tid mid score` (protocols.md, section 9), for the others `picture score` a line with the names of pictureName(), or any other format of
/// readQualityFile(). Without D-scores the detector's scores of the meta files stand in, and where there are none every picture counts as 1; a warning
/// says either.
/// @throws FileError, UsageError, Cancelled
TemplateFeatures arrangeEmbeddings(const Benchmark &benchmark, const std::filesystem::path &embeddings, const std::filesystem::path &dScores,
                                   std::vector<std::string> &warnings, Progress &progress);

} // namespace dscope
