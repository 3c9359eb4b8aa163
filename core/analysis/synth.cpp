#include "core/analysis/synth.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/datasets/benchmark.h"
#include "core/training/augment.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <ostream>
#include <set>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// What random numbers are drawn for: streams of one seed that never meet.
enum class Stream : std::uint64_t { Sizes = 1, Media, Person, Common, MediaVector, Face, Pairs, Picture, Quality };

Random randomFor(std::uint64_t seed, Stream what, std::int64_t number)
{
    return Random(seed, (static_cast<std::uint64_t>(what) << 40) + static_cast<std::uint64_t>(number));
}

constexpr double s_badMedia = 0.35;
constexpr std::int64_t s_lowDimension = 64;

struct MadeFace {
    std::int64_t person = 0;
    std::int64_t tid = 0;
    std::int64_t media = 0;
    double quality = 0;
};

/// The faces of templates in order, and the template each begins at.
struct MadeSet {
    std::vector<MadeFace> faces;
    std::vector<std::int64_t> begin{0};
    std::vector<std::int64_t> person; ///< of a template
    std::int64_t media = 0;
};

double qualityOf(std::uint64_t seed, bool bad, std::int64_t face)
{
    Random random = randomFor(seed, Stream::Quality, face);
    return bad ? -0.8 + 0.9 * random.normal() : 1.5 + 0.6 * random.normal();
}

float dScoreOf(std::uint64_t seed, double quality, std::int64_t face)
{
    Random random = randomFor(seed, Stream::Face, face);
    return static_cast<float>(1 / (1 + std::exp(0.6 - (quality + 0.7 * random.normal()) / 1.2)));
}

/// Template sizes that are skewed as those of real sets and sum to `faces`.
std::vector<std::int64_t> sizesOf(std::int64_t templates, std::int64_t faces, std::uint64_t seed)
{
    Random random = randomFor(seed, Stream::Sizes, 0);
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(templates));
    constexpr double most = 400;
    for (std::int64_t &size : sizes)
        size = static_cast<std::int64_t>(std::clamp(std::round(std::exp(2.2 + 1.2 * random.normal())), 1.0, most));
    std::int64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    while (sum != faces) {
        std::int64_t &size = sizes[random.below(sizes.size())];
        if (sum < faces)
            ++size, ++sum;
        else if (size > 1)
            --size, --sum;
    }
    return sizes;
}

void addTemplate(MadeSet &set, std::int64_t person, std::int64_t size, std::uint64_t seed)
{
    const auto tid = static_cast<std::int64_t>(set.person.size()) + 1;
    set.person.push_back(person);
    for (std::int64_t left = size; left > 0;) {
        // Half of the media are stills, the others runs of a video.
        Random random = randomFor(seed, Stream::Media, set.media);
        const std::int64_t run = std::min<std::int64_t>(left, random.chance(0.5) ? 1 : 2 + static_cast<std::int64_t>(random.below(20)));
        const bool bad = random.chance(s_badMedia);
        for (std::int64_t i = 0; i < run; ++i)
            set.faces.push_back({person, tid, set.media, qualityOf(seed, bad, static_cast<std::int64_t>(set.faces.size()))});
        ++set.media;
        left -= run;
    }
    set.begin.push_back(static_cast<std::int64_t>(set.faces.size()));
}

/// Galleries first (a template a person), then the probes, dealt round so that every person has some.
MadeSet makeIjbc(const SynthCounts &counts, std::uint64_t seed)
{
    const std::vector<std::int64_t> sizes = sizesOf(counts.templates(), counts.faces, seed);
    MadeSet set;
    for (std::int64_t t = 0; t < counts.templates(); ++t)
        addTemplate(set, t < counts.people ? t : (t - counts.people) % counts.people, sizes[static_cast<std::size_t>(t)], seed);
    return set;
}

/// One of `low` coordinates, scaled to unit length or by 1 / sqrt(low).
std::vector<float> lowVector(Random random, std::int64_t low, bool unit)
{
    std::vector<float> vector(static_cast<std::size_t>(low));
    double squares = 0;
    for (float &value : vector) {
        value = static_cast<float>(random.normal());
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    const double scale = 1 / std::sqrt(unit ? squares : static_cast<double>(low));
    for (float &value : vector)
        value = static_cast<float>(value * scale);
    return vector;
}

void makeFeature(const MadeFace &face, std::int64_t number, const std::vector<float> &common, std::int64_t dim, std::uint64_t seed, std::span<float> out)
{
    const std::int64_t low = std::min(s_lowDimension, dim);
    const std::vector<float> person = lowVector(randomFor(seed, Stream::Person, face.person), low, true);
    const std::vector<float> media = lowVector(randomFor(seed, Stream::MediaVector, face.media), low, false);
    Random random(seed ^ 0x5EED5EEDULL, static_cast<std::uint64_t>(number));
    const double own = 1.1 / std::sqrt(static_cast<double>(dim));
    const double strength = std::log1p(std::exp(face.quality));
    const double drift = 0.5 * std::log1p(std::exp(-face.quality));
    for (std::size_t k = 0; k < out.size(); ++k) {
        double value = own * random.normal();
        if (k < person.size())
            value += strength * person[k] + drift * common[k] + 0.8 * media[k];
        out[k] = static_cast<float>(12 * value);
    }
}

void writeEmbeddings(const fs::path &file, const MadeSet &set, std::int64_t dim, std::uint64_t seed, Task &task)
{
    task.stage("Drawing " + std::to_string(set.faces.size()) + " embeddings");
    const std::vector<float> common = lowVector(randomFor(seed, Stream::Common, 0), std::min(s_lowDimension, dim), true);
    const auto n = static_cast<std::int64_t>(set.faces.size());
    constexpr std::int64_t block = 8192;
    writeAtomically(file, [&](std::ostream &out) {
        out << npyHeader({n, dim});
        std::vector<float> rows;
        for (std::int64_t begin = 0; begin < n; begin += block) {
            task.checkpoint(begin, n);
            const std::int64_t count = std::min(block, n - begin);
            rows.resize(static_cast<std::size_t>(count * dim));
            Task inner; // the outer one is reported to between blocks
            parallelFor(count, 128, inner, [&](std::int64_t from, std::int64_t to) {
                for (std::int64_t i = from; i < to; ++i)
                    makeFeature(set.faces[static_cast<std::size_t>(begin + i)], begin + i, common, dim, seed,
                                std::span<float>(rows).subspan(static_cast<std::size_t>(i * dim), static_cast<std::size_t>(dim)));
            });
            out.write(reinterpret_cast<const char *>(rows.data()), static_cast<std::streamsize>(rows.size() * sizeof(float)));
        }
    });
}

std::string imageName(std::int64_t face)
{
    return std::to_string(face + 1) + ".jpg";
}

/// Lines of a list, each made when its turn comes.
void writeLines(const fs::path &file, std::int64_t count, Task &task, const std::function<void(std::int64_t i, std::string &text)> &line,
                const std::string &head = {})
{
    writeAtomically(file, [&](std::ostream &out) {
        out << head;
        std::string text;
        for (std::int64_t i = 0; i < count; ++i) {
            if (i % 65536 == 0) {
                task.throwIfCancelled();
                out << text;
                text.clear();
            }
            line(i, text);
        }
        out << text;
    });
}

/// The probe's impostor galleries: `count` different ones, walking round with a step that shares no factor with their number.
void writePairs(const fs::path &file, const SynthCounts &counts, const MadeSet &set, std::uint64_t seed, Task &task)
{
    task.stage("Writing " + std::to_string(counts.genuine + counts.impostor) + " pairs");
    std::int64_t left = counts.impostor;
    writeLines(file, counts.probes, task, [&](std::int64_t probe, std::string &text) {
        const std::int64_t t = counts.people + probe;
        const std::int64_t person = set.person[static_cast<std::size_t>(t)];
        if (probe < counts.genuine)
            text += std::to_string(person + 1) + ' ' + std::to_string(t + 1) + " 1\n";
        const std::int64_t share = left / (counts.probes - probe);
        Random random = randomFor(seed, Stream::Pairs, probe);
        std::int64_t step = 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(counts.people)));
        while (std::gcd(step, counts.people) != 1)
            ++step;
        std::int64_t at = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(counts.people)));
        for (std::int64_t done = 0; done < share; at = (at + step) % counts.people) {
            if (at == person)
                continue;
            text += std::to_string(at + 1) + ' ' + std::to_string(t + 1) + " 0\n";
            ++done;
        }
        left -= share;
        task.checkpoint(probe, counts.probes);
    });
}

void writeMark(const fs::path &root, const std::string &what, const SynthOptions &options)
{
    writeAtomically(root / syntheticMark,
                    "This set was made by `dscope synth`, not collected: " + what + "\nseed " + std::to_string(options.seed) + ", scale "
                        + csvNumber(options.scale) + (options.pictures.empty() ? std::string() : ", faces of " + options.pictures.string())
                        + "\nIts figures cannot be compared with published ones. docs/synthetic.md states how it was made.\n");
}

/// Real faces of people with enough of them, most first.
class Faces {
public:
    Faces(const SynthOptions &options, std::int64_t people, std::size_t each, Task &task) : m_list(readFaceList(options.pictures, options.people, task))
    {
        std::vector<std::vector<std::size_t>> own(m_list.people.size());
        for (std::size_t i = 0; i < m_list.size(); ++i)
            own[static_cast<std::size_t>(m_list.labels[i])].push_back(i);
        for (std::size_t p = 0; p < own.size(); ++p)
            if (own[p].size() >= each) {
                m_own.push_back(std::move(own[p]));
                m_names.push_back(m_list.people[p]);
            }
        if (static_cast<std::int64_t>(m_own.size()) < people)
            throw Error(options.pictures.string() + " has " + std::to_string(m_own.size()) + " people with " + std::to_string(each)
                        + " faces or more; at this scale " + std::to_string(people) + " are needed. Choose a smaller --scale.");
        m_reader = std::make_unique<FaceReader>(m_list, task);
    }
    const std::string &name(std::int64_t person) const { return m_names[static_cast<std::size_t>(person)]; }

    /// The faces of a person are dealt to `parts`, so that two of its templates have no picture in common; number `face` of part `part`, degraded when bad.
    std::vector<std::uint8_t> face(std::int64_t person, std::int64_t part, std::int64_t parts, std::int64_t face, bool bad, std::uint64_t seed,
                                   std::int64_t number) const
    {
        const std::vector<std::size_t> &own = m_own[static_cast<std::size_t>(person)];
        std::vector<std::size_t> mine;
        for (std::size_t i = 0; i < own.size(); ++i)
            if (static_cast<std::int64_t>(i) % parts == part % parts)
                mine.push_back(own[i]);
        const std::vector<std::size_t> &from = mine.empty() ? own : mine;
        Picture picture = m_reader->read(from[static_cast<std::size_t>(face) % from.size()]);
        Random random = randomFor(seed, Stream::Picture, number);
        picture = bad ? randomlyDegraded(picture, random) : relit(picture, random);
        return encodeJpeg(picture, 95);
    }

private:
    FaceList m_list;
    std::vector<std::vector<std::size_t>> m_own;
    std::vector<std::string> m_names;
    std::unique_ptr<FaceReader> m_reader;
};

void writePicture(const fs::path &file, const std::vector<std::uint8_t> &bytes)
{
    writeAtomically(file, {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
}

void writeIjbc(const fs::path &root, const SynthOptions &options, Task &task)
{
    const SynthCounts counts = syntheticIjbcCounts(options.scale);
    std::unique_ptr<Faces> real;
    if (!options.pictures.empty())
        real = std::make_unique<Faces>(options, counts.people, 2, task);
    writeMark(root,
              "IJB-C's layout, " + std::to_string(counts.faces) + " faces in " + std::to_string(counts.templates()) + " templates of "
                  + std::to_string(counts.people) + " people, " + std::to_string(counts.genuine) + " genuine and " + std::to_string(counts.impostor)
                  + " impostor pairs.",
              options);
    const MadeSet set = makeIjbc(counts, options.seed);
    const auto n = static_cast<std::int64_t>(set.faces.size());
    const fs::path meta = root / "meta";
    task.stage("Writing the lists");
    const auto faceAt = [&](std::int64_t i) -> const MadeFace & { return set.faces[static_cast<std::size_t>(i)]; };
    writeLines(meta / "ijbc_face_tid_mid.txt", n, task, [&](std::int64_t i, std::string &text) {
        text += imageName(i) + ' ' + std::to_string(faceAt(i).tid) + ' ' + std::to_string(faceAt(i).media) + '\n';
    });
    writeLines(meta / "ijbc_name_5pts_score.txt", n, task, [&](std::int64_t i, std::string &text) {
        Random random = randomFor(options.seed ^ 0xDE7EC7ULL, Stream::Face, i);
        char score[32];
        std::snprintf(score, sizeof score, "%.4f", 0.5 + 0.5 / (1 + std::exp(-1.5 - faceAt(i).quality - random.normal())));
        text += imageName(i) + " 38.2946 51.6963 73.5318 51.5014 56.0252 71.7366 41.5493 92.3655 70.7299 92.2041 " + score + '\n';
    });
    const auto searchList = [&](const std::string &name, std::int64_t first, std::int64_t last) {
        writeLines(
            meta / name, last - first, task,
            [&](std::int64_t k, std::string &text) {
                const auto t = static_cast<std::size_t>(first + k);
                for (auto i = set.begin[t]; i < set.begin[t + 1]; ++i)
                    text += std::to_string(t + 1) + ',' + std::to_string(set.person[t] + 1) + ',' + imageName(i) + '\n';
            },
            "TEMPLATE_ID,SUBJECT_ID,FILENAME\n");
    };
    searchList("ijbc_1N_gallery_G1.csv", 0, counts.first);
    searchList("ijbc_1N_gallery_G2.csv", counts.first, counts.people);
    searchList("ijbc_1N_probe_mixed.csv", counts.people, counts.templates());
    writePairs(meta / "ijbc_template_pair_label.txt", counts, set, options.seed, task);
    if (!real) {
        writeLines(root / "d_scores.txt", n, task, [&](std::int64_t i, std::string &text) {
            text += imageName(i) + ' ' + std::to_string(faceAt(i).tid) + ' ' + std::to_string(faceAt(i).media) + ' '
                + csvNumber(dScoreOf(options.seed, faceAt(i).quality, i)) + '\n';
        });
        writeEmbeddings(root / "embeddings.npy", set, options.dim, options.seed, task);
        return;
    }
    task.stage("Writing " + std::to_string(n) + " pictures");
    parallelFor(n, 8, task, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
            const MadeFace &face = faceAt(i);
            const std::int64_t part = face.tid <= counts.people ? 0 : 1; // gallery and probes share no picture
            writePicture(root / "loose_crop" / imageName(i), real->face(face.person, part, 2, i, face.quality < 0.35, options.seed, i));
        }
    });
}

/// Clips of people: `clips` a person, of 6 to 24 frames in runs of good and bad ones.
void writeClips(const fs::path &root, const Faces &faces, std::int64_t people, std::int64_t clips, std::uint64_t seed, Task &task,
                const std::function<fs::path(std::int64_t person, std::int64_t clip)> &folder)
{
    MadeSet set;
    for (std::int64_t p = 0; p < people; ++p)
        for (std::int64_t c = 0; c < clips; ++c) {
            Random random = randomFor(seed, Stream::Sizes, p * clips + c);
            addTemplate(set, p, 6 + static_cast<std::int64_t>(random.below(19)), seed);
        }
    task.stage("Writing " + std::to_string(set.faces.size()) + " frames");
    parallelFor(static_cast<std::int64_t>(set.person.size()), 1, task, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t t = from; t < to; ++t)
            for (auto i = set.begin[static_cast<std::size_t>(t)]; i < set.begin[static_cast<std::size_t>(t) + 1]; ++i) {
                const MadeFace &face = set.faces[static_cast<std::size_t>(i)];
                const std::int64_t frame = i - set.begin[static_cast<std::size_t>(t)];
                writePicture(root / folder(face.person, t % clips) / (std::to_string(t % clips) + "." + std::to_string(frame + 1) + ".jpg"),
                             faces.face(face.person, t % clips, clips, frame, face.quality < 0.35, seed, i));
            }
    });
}

void needPictures(const std::string &word, const SynthOptions &options)
{
    if (options.pictures.empty())
        throw UsageError("A made " + word
                         + " consists of pictures: give --pictures FOLDER with 112 x 112 faces by person. Embeddings alone are made for ijbc.");
}

std::int64_t scaled(std::int64_t count, double scale, std::int64_t least)
{
    return std::max(least, static_cast<std::int64_t>(std::llround(static_cast<double>(count) * scale)));
}

void writeYtf(const fs::path &root, const SynthOptions &options, Task &task)
{
    needPictures("ytf", options);
    constexpr std::int64_t clips = 3; // 3,426 videos at scale 1
    const std::int64_t people = scaled(1142, options.scale, 10);
    const std::int64_t half = std::min(scaled(250, options.scale, 1), clips * people / 10); // of a split: genuine pairs, and as many impostor ones
    const Faces faces(options, people, 2 * clips, task);
    writeMark(root,
              "YouTube Faces' layout, " + std::to_string(people * clips) + " videos of " + std::to_string(people) + " people, " + std::to_string(half * 20)
                  + " pairs.",
              options);
    std::set<std::pair<std::int64_t, std::int64_t>> drawn; // no pair of videos twice
    writeLines(root / "splits.txt", 10 * 2 * half, task, [&](std::int64_t i, std::string &text) {
        const std::int64_t split = i / (2 * half);
        const std::int64_t inSplit = i % (2 * half);
        std::int64_t a = 0;
        std::int64_t b = 0;
        if (inSplit < half) {
            // First the videos 0 and 1 of everybody, then 0 and 2, then 1 and 2.
            const std::int64_t genuine = split * half + inSplit;
            const std::int64_t which = genuine / people;
            a = genuine % people * clips + (which == 2 ? 1 : 0);
            b = genuine % people * clips + (which == 0 ? 1 : 2);
        } else {
            Random random = randomFor(options.seed, Stream::Pairs, i);
            do {
                a = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(people * clips)));
                b = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(people * clips)));
            } while (a / clips == b / clips || !drawn.emplace(std::min(a, b), std::max(a, b)).second);
        }
        text += std::to_string(split + 1) + ", " + std::to_string(inSplit + 1) + ", " + faces.name(a / clips) + '/' + std::to_string(a % clips) + ", "
            + faces.name(b / clips) + '/' + std::to_string(b % clips) + ", " + (inSplit < half ? "1" : "0") + '\n';
    });
    writeClips(root / "aligned_images_DB", faces, people, clips, options.seed, task,
               [&](std::int64_t person, std::int64_t clip) { return fs::path(faces.name(person)) / std::to_string(clip); });
}

void writeIqiyi(const fs::path &root, const SynthOptions &options, Task &task)
{
    needPictures("iqiyi", options);
    constexpr std::int64_t clips = 4;
    const std::int64_t people = scaled(10034, options.scale, 10);
    const Faces faces(options, people, 2 * clips, task);
    writeMark(root, "iQIYI-VID-FACE's layout, " + std::to_string(people * clips) + " clips of " + std::to_string(people) + " people.", options);
    const auto clipName = [&](std::int64_t person, std::int64_t clip) {
        char name[32];
        std::snprintf(name, sizeof name, "clip_%06lld", static_cast<long long>(person * clips + clip));
        return std::string(name);
    };
    writeLines(root / "filelist.txt", people * clips, task, [&](std::int64_t i, std::string &text) { text += clipName(i / clips, i % clips) + '\n'; });
    writeLines(
        root / "identities.csv", people * clips, task,
        [&](std::int64_t i, std::string &text) { text += clipName(i / clips, i % clips) + ',' + csvText(faces.name(i / clips)) + '\n'; }, "clip,identity\n");
    writeClips(root, faces, people, clips, options.seed, task, [&](std::int64_t person, std::int64_t clip) { return fs::path(clipName(person, clip)); });
}

} // namespace

SynthCounts syntheticIjbcCounts(double scale)
{
    if (!(scale > 0 && scale <= 1))
        throw UsageError("A scale lies above 0 and is at most 1.");
    SynthCounts counts;
    counts.people = scaled(3531, scale, 10);
    counts.first = std::clamp<std::int64_t>(scaled(1772, scale, 5), 1, counts.people - 1);
    counts.probes = scaled(19593, scale, 2 * counts.people);
    counts.faces = scaled(469375, scale, counts.templates());
    counts.genuine = std::min(counts.probes, scaled(19557, scale, counts.people));
    counts.impostor = std::min(counts.probes * (counts.people - 1), scaled(15638932, scale, counts.people));
    return counts;
}

void writeSyntheticSet(const std::string &word, const fs::path &root, const SynthOptions &options, Task &task)
{
    if (!(options.scale > 0 && options.scale <= 1))
        throw UsageError("--scale lies above 0 and is at most 1.");
    if (options.dim < 2 || options.dim > 4096)
        throw UsageError("--dim lies between 2 and 4096.");
    std::error_code problem;
    if (fs::exists(root, problem) && !isSynthetic(root) && !fs::is_empty(root, problem))
        throw FileError(root, "is not empty and holds no set of this kind; choose another folder.");
    if (word == "ijbc")
        writeIjbc(root, options, task);
    else if (word == "ytf")
        writeYtf(root, options, task);
    else if (word == "iqiyi")
        writeIqiyi(root, options, task);
    else
        throw UsageError("'" + word + "' cannot be made; there are ijbc, ytf and iqiyi.");
}

} // namespace dscope
