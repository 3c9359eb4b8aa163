// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/othercapitals.h"
#include "core/base/picturefile.h"
#include "core/base/samefile.h"
#include "core/base/setlayout.h"
#include "core/datasets/benchmarklists.h"
#include "core/evaluation/paperfigures.h"
#include "core/sets/pairlist.h"
#include "core/sets/pairpictures.h"

#include <optional>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// The file that was asked for, or the first of these that is there. @throws FileError naming all of them
fs::path fileOf(const fs::path &root, const fs::path &asked, const std::vector<fs::path> &places, const std::string &what)
{
    std::error_code problem;
    if (!asked.empty()) {
        if (!fs::is_regular_file(asked, problem))
            throw FileError(asked, what + " is not there.");
        if (isFaceBin(asked))
            throw FileError(asked, aboutFaceBins);
        return asked;
    }
    if (isFaceBin(root))
        throw FileError(root, aboutFaceBins);
    std::string searched;
    for (const fs::path &place : places) {
        if (fs::is_regular_file(place, problem))
            return place;
        searched += (searched.empty() ? "" : ", ") + place.string();
    }
    for (fs::directory_iterator entry(root, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
        if (isFaceBin(entry->path()))
            throw FileError(entry->path(), aboutFaceBins);
    throw FileError(places.front(), what + " is not there (looked for: " + searched + "); say where with --pairs.");
}

/// Where the people's folders are: the root, or one of the folders it is published as.
fs::path facesOf(const fs::path &root, const std::string &someone)
{
    std::error_code problem;
    for (const fs::path &folder : pairFolders(root))
        if (fs::is_directory(folder / someone, problem))
            return folder;
    throw FileError(root, "holds no folder " + someone + " (of the first pair), nor do lfw/, lfw_112/, lfw-deepfunneled/, lfw_funneled/ or images/ in it.");
}

/// Pictures of listed pairs as they lie on the disk, a template each.
class Pictures {
public:
    Pictures(Benchmark &benchmark, fs::path root, fs::path faces)
        : m_builder(benchmark), m_root(std::move(root)), m_faces(std::move(faces)), m_paths(foldersOf(m_root, m_faces)), m_shared(m_paths.folders().size())
    {
    }

    /// @param person empty where the list does not say who is on it
    /// @param line of the list, `list`, for errors
    std::uint32_t templateOf(std::string name, const std::string &person, const fs::path &list, std::int64_t line)
    {
        ImageItem item;
        if (person.empty()) {
            item.file = byPath(name, list, line);
        } else {
            if (m_faces.empty())
                m_faces = facesOf(m_root, person);
            if (!m_people)
                m_people = PicturePath::folder(m_faces);
            item.file = byPerson(withExtension(std::move(name)), list, line);
        }
        const PicturePath::Folder names = person.empty() ? m_shared[m_lastFolder] : m_people; // the name was put there last
        // One file under two names is one picture; as many templates as pictures.
        const std::uint32_t before = m_count;
        const std::uint32_t picture = m_known.of(item.file, [&] {
            m_builder.addTemplate(static_cast<std::int64_t>(m_count), m_builder.subject(person));
            m_builder.addFace(m_builder.picture(std::move(item)));
            return m_count++;
        });
        if (m_count == before)
            names->takeBackLast();
        return picture;
    }
    /// Where the pictures are; known once the first one is.
    const fs::path &faces() const { return m_faces.empty() ? m_root : m_faces; }
    /// What is to be said of how pictures were found.
    std::vector<std::string> notices() const
    {
        std::vector<std::string> notices = m_paths.notices();
        if (std::string notice = m_capitals.notice(); !notice.empty())
            notices.push_back(std::move(notice));
        return notices;
    }

private:
    static std::vector<fs::path> foldersOf(const fs::path &root, const fs::path &given)
    {
        std::vector<fs::path> folders = pairFolders(root);
        if (!given.empty())
            folders.insert(folders.begin(), given);
        return folders;
    }

    PicturePath byPerson(const std::string &name, const fs::path &list, std::int64_t line)
    {
        std::optional<std::string> found = findListedPicture(m_faces, name);
        if (!found)
            found = m_capitals.find(m_faces, name);
        if (!found && !m_capitals.ambiguous().empty())
            throw FileError(list, line, "names the picture " + name + ", which " + m_capitals.ambiguous());
        return {m_people, found ? std::move(*found) : listedPicture(m_faces, name)};
    }

    PicturePath byPath(const std::string &name, const fs::path &list, std::int64_t line)
    {
        const std::optional<PairPictures::Place> place = m_paths.find(name);
        if (!place && !m_paths.whyNot().empty())
            throw FileError(list, line, "names the picture " + name + ", which " + m_paths.whyNot());
        const std::size_t folder = place ? place->folder : 0;
        if (place && m_faces.empty())
            m_faces = m_paths.folders()[folder];
        m_lastFolder = folder;
        if (!m_shared[folder])
            m_shared[folder] = PicturePath::folder(m_paths.folders()[folder]);
        return {m_shared[folder], place ? place->name : name};
    }

    /// With the ending of the first picture, which most sets have throughout.
    std::string withExtension(std::string name)
    {
        name.resize(name.rfind('.'));
        if (m_extension.empty()) {
            std::error_code problem;
            m_extension = ".jpg";
            for (const char *other : {".png", ".jpeg"})
                if (!fs::exists(m_faces / (name + m_extension), problem) && fs::exists(m_faces / (name + other), problem))
                    m_extension = other;
        }
        return name + m_extension;
    }

    BenchmarkBuilder m_builder;
    fs::path m_root;
    fs::path m_faces;
    PairPictures m_paths;
    std::vector<PicturePath::Folder> m_shared; ///< of the folders of m_paths
    PicturePath::Folder m_people;
    OtherCapitals m_capitals; ///< in m_faces
    FilePlaces m_known;
    std::string m_extension;
    std::size_t m_lastFolder = 0; ///< of m_shared, into which the last path went
    std::uint32_t m_count = 0;    ///< templates, which are pictures
};

/// Pairs of two lists, of which either has one kind: a tenth of each makes a fold.
TemplatePairs dealt(const TemplatePairs &pairs)
{
    std::vector<std::size_t> kinds[2];
    for (std::size_t i = 0; i < pairs.a.size(); ++i)
        kinds[pairs.genuine[i] != 0 ? 0 : 1].push_back(i);
    TemplatePairs folds;
    for (std::size_t fold = 0; fold < 10; ++fold)
        for (const std::vector<std::size_t> &kind : kinds)
            for (std::size_t i = kind.size() * fold / 10; i < kind.size() * (fold + 1) / 10; ++i) {
                folds.a.push_back(pairs.a[kind[i]]);
                folds.b.push_back(pairs.b[kind[i]]);
                folds.genuine.push_back(pairs.genuine[kind[i]]);
            }
    return folds;
}

} // namespace

Benchmark readLfw(const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    std::vector<fs::path> places;
    for (const char *name : {"pairs.txt", "pairs.csv", "matchpairsDevTest.csv"})
        for (const fs::path &folder : {root, root / ".."})
            places.push_back(folder / name);
    const fs::path list = fileOf(root, options.pairs, places, "LFW's list of pairs");
    return parseLfw({ListSource::file(list), [&] { return ListSource::file(otherKindOf(list)); }}, root, options, progress);
}

Benchmark parseLfw(const LfwLists &lists, const fs::path &root, const BenchmarkOptions &options, Progress &progress)
{
    Benchmark benchmark;
    benchmark.name = lfwName;
    benchmark.synthetic = isSynthetic(root);
    benchmark.tenFold = true;
    benchmark.fars = {1e-3, 1e-2, 1e-1};
    Pictures pictures(benchmark, root, options.pictures);
    BenchmarkSplit split;
    const auto read = [&](const ListSource &from) {
        const std::vector<fs::path> folders{root, options.pictures};
        const auto add = [&](const ListedPair &pair) {
            const std::uint32_t a = pictures.templateOf(pair.a, pair.personA, from.name(), pair.line);
            split.pairs.a.push_back(a);
            split.pairs.b.push_back(pictures.templateOf(pair.b, pair.personB, from.name(), pair.line));
            split.pairs.genuine.push_back(pair.genuine ? 1 : 0);
        };
        return from.inHand() ? parsePairList(*from.inHand(), from.name(), rootsOfNames(folders), benchmark.warnings, progress, add)
                             : readPairList(from.name(), folders, benchmark.warnings, progress, add);
    };
    const fs::path &list = lists.pairs.name();
    const bool half = read(lists.pairs).oneKind();
    const ListSource other = half ? lists.otherKind() : ListSource();
    benchmark.pictureOrder = "that in which " + list.string() + " first names them";
    if (other.isThere()) {
        read(other);
        split.pairs = dealt(split.pairs);
        benchmark.warnings.push_back(list.string() + ": has pairs of one kind; those of the other are read from " + other.name().string()
                                     + " beside it. A tenth of either makes a fold.");
        benchmark.pictureOrder = "that in which " + list.string() + ", then " + other.name().string() + " first name them";
    }
    for (const std::string &notice : pictures.notices())
        benchmark.warnings.push_back(list.string() + ": " + notice);
    benchmark.pictureFolder = pictures.faces();
    benchmark.splits.push_back(std::move(split));
    return benchmark;
}

} // namespace dscope
