#include "core/base/error.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"
#include "core/datasets/benchmark.h"
#include "core/datasets/ijbfiles.h"
#include "core/datasets/lines.h"
#include "core/evaluation/paperfigures.h"

#include <algorithm>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// The file that was asked for, or the first of these that is there. @throws FileError naming all of them
fs::path fileOf(const fs::path &asked, const std::vector<fs::path> &places, const std::string &what)
{
    std::error_code problem;
    if (!asked.empty()) {
        if (!fs::is_regular_file(asked, problem))
            throw FileError(asked, what + " is not there.");
        return asked;
    }
    std::string searched;
    for (const fs::path &place : places) {
        if (fs::is_regular_file(place, problem))
            return place;
        searched += (searched.empty() ? "" : ", ") + place.string();
    }
    throw FileError(places.front(), what + " is not there (nor at: " + searched + "); say where with --pairs.");
}

/// Where the people's folders are: the root, or one of the folders it is published as.
fs::path facesOf(const fs::path &root, const std::string &someone)
{
    std::error_code problem;
    for (const char *inner : {"", "lfw", "lfw_112", "lfw-deepfunneled", "lfw_funneled", "lfw_mtcnnpy_160", "images"})
        if (fs::is_directory(root / inner / someone, problem))
            return root / inner;
    throw FileError(root, "holds no folder " + someone + " (of the first pair), nor do lfw/, lfw_112/, lfw-deepfunneled/, lfw_funneled/ or images/ in it.");
}

} // namespace

Benchmark readLfw(const fs::path &root, const BenchmarkOptions &options, Task &task)
{
    Benchmark benchmark;
    benchmark.name = lfwName;
    benchmark.synthetic = isSynthetic(root);
    benchmark.tenFold = true;
    benchmark.fars = {1e-3, 1e-2, 1e-1};
    const fs::path list = fileOf(options.pairs, {root / "pairs.txt", root.parent_path() / "pairs.txt", root / ".." / "pairs.txt"}, "LFW's list of pairs");
    BenchmarkBuilder builder(benchmark);
    std::unordered_map<std::uint32_t, std::uint32_t> templates; // of a picture
    BenchmarkSplit split;
    fs::path faces;
    std::string extension = ".jpg";
    LineReader reader(list);
    std::int64_t folds = 0;
    std::int64_t each = 0;
    const auto templateOf = [&](const ImageItem &item, const std::string &person) {
        const std::uint32_t picture = builder.picture(item.file.string(), item);
        const auto [entry, fresh] = templates.try_emplace(picture, 0U);
        if (fresh) {
            entry->second = builder.addTemplate(static_cast<std::int64_t>(picture), builder.subject(person));
            builder.addFace(picture);
        }
        return entry->second;
    };
    const auto listed = [&](std::string_view word) {
        std::string name(word);
        std::replace(name.begin(), name.end(), '\\', '/');
        if (!isSafeName(name))
            throw FileError(list, reader.line(), "'" + name.substr(0, 80) + "' names something outside of the set.");
        faces = options.pictures.empty() ? root : options.pictures;
        ImageItem item;
        item.file = existingPicture(faces / name);
        return templateOf(item, {}); // who is on it is not said
    };
    const auto faceOf = [&](std::string_view name, std::string_view number) {
        const auto value = wordAsInteger(number);
        if (!isSafeName(name) || name.find('/') != std::string_view::npos)
            throw FileError(list, reader.line(), "'" + std::string(name.substr(0, 80)) + "' is no person's name.");
        if (!value || *value < 1 || *value > 9999)
            throw FileError(list, reader.line(), "'" + std::string(number.substr(0, 20)) + "' is no picture number.");
        const std::string person(name);
        const std::string digits = printed("_%04d", static_cast<int>(*value));
        if (faces.empty()) {
            faces = options.pictures.empty() ? facesOf(root, person) : options.pictures;
            std::error_code problem;
            for (const char *other : {".png", ".jpeg"})
                if (!fs::exists(faces / person / (person + digits + extension), problem) && fs::exists(faces / person / (person + digits + other), problem))
                    extension = other;
        }
        ImageItem item;
        item.file = existingPicture(faces / person / (person + digits + extension));
        return templateOf(item, person);
    };
    while (const auto line = reader.next()) {
        task.throwIfCancelled();
        if (reader.tooLong())
            throw FileError(list, reader.line(), "is longer than 65536 bytes.");
        std::string_view rest = *line;
        std::vector<std::string_view> words;
        for (std::string_view word = nextWord(rest); !word.empty() && words.size() < 5; word = nextWord(rest))
            words.push_back(word);
        if (words.empty())
            continue;
        if (split.pairs.a.empty() && words.size() <= 2) { // "10 300", or "500" of the development sets
            const auto first = wordAsInteger(words.front());
            const auto second = words.size() == 2 ? wordAsInteger(words.back()) : first;
            if (!first || !second || folds != 0)
                throw FileError(list, reader.line(), "is neither a pair nor a count of pairs.");
            folds = words.size() == 2 ? *first : 1;
            each = *second;
            continue;
        }
        if (words.size() != 3 && words.size() != 4)
            throw FileError(list, reader.line(),
                            "has " + std::to_string(words.size()) + " words; 3 (a genuine pair: name i j) or 4 (an impostor pair: name i name j) are needed.");
        if (words.size() == 3 && !wordAsInteger(words[1]) && looksLikePicture(fs::path(words[0])) && looksLikePicture(fs::path(words[1]))) {
            const auto label = wordAsInteger(words[2]); // "path path 1", as the lists of other sets of pairs are
            if (!label || (*label != 0 && *label != 1))
                throw FileError(list, reader.line(), "does not end in 0 or 1.");
            split.pairs.a.push_back(listed(words[0]));
            split.pairs.b.push_back(listed(words[1]));
            split.pairs.genuine.push_back(*label == 1 ? 1 : 0);
            continue;
        }
        const bool genuine = words.size() == 3;
        const std::uint32_t a = faceOf(words[0], words[1]);
        const std::uint32_t b = genuine ? faceOf(words[0], words[2]) : faceOf(words[2], words[3]);
        split.pairs.a.push_back(a);
        split.pairs.b.push_back(b);
        split.pairs.genuine.push_back(genuine ? 1 : 0);
    }
    if (split.pairs.a.empty())
        throw FileError(list, "names no pair.");
    constexpr std::int64_t absurd = std::int64_t{1} << 30;
    if (folds != 0 && (folds < 1 || each < 1 || folds > absurd || each > absurd || folds * each * 2 != split.pairs.size()))
        benchmark.warnings.push_back(list.string() + ": announces " + std::to_string(folds) + " folds of " + std::to_string(each) + " and "
                                     + std::to_string(each) + " pairs, but has " + std::to_string(split.pairs.size()) + " pairs.");
    benchmark.pictureFolder = faces;
    benchmark.pictureOrder = "that in which " + list.string() + " first names them";
    benchmark.splits.push_back(std::move(split));
    return benchmark;
}

} // namespace dscope
