// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/facelist.h"

#include "core/nets/inputside.h"
#include "core/nets/model.h"

#include "core/base/csv.h"
#include "core/base/entries.h"
#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/base/leftout.h"
#include "core/base/parallel.h"
#include "core/base/picturefile.h"
#include "core/base/picturelist.h"
#include "core/base/resample.h"
#include "core/base/setlayout.h"
#include "core/base/text.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t s_named = 5; ///< files told of by name

/// A name that promises another format than JPEG.
bool endsOtherwise(const fs::path &path)
{
    const std::string extension = extensionOf(path);
    return looksLikePicture(path) && extension != ".jpg" && extension != ".jpeg" && extension != ".jpe";
}

/// Decides by name who takes part.
class Wanted {
public:
    explicit Wanted(const SplitFilter &split) : m_all(split.csv.empty())
    {
        if (m_all)
            return;
        const CsvTable table = readCsv(split.csv);
        const auto people = table.column(personColumn());
        const std::size_t identity = people ? *people : table.column(groupColumn()).value_or(s_nowhere);
        if (identity == s_nowhere)
            table.requireColumn(personColumn()); // says what there is
        const std::size_t part = table.requireColumn({"part", "split", "set"});
        for (const CsvTable::Row &row : table.rows)
            if (split.parts.empty() || std::find(split.parts.begin(), split.parts.end(), row.cells[part]) != split.parts.end())
                m_names.emplace(idText(row.cells[identity]));
    }
    bool operator()(const std::string &name) const { return m_all || m_names.contains(std::string(idText(name))); }

private:
    static constexpr std::size_t s_nowhere = static_cast<std::size_t>(-1);
    bool m_all;
    std::set<std::string> m_names;
};

using FilesByPerson = std::map<std::string, std::vector<std::string>>;

/// "person/file" of the pictures in the folders of a folder, and what else lies there.
FilesByPerson filesInFolders(const fs::path &root, const Wanted &wanted, Progress &progress)
{
    FilesByPerson found;
    LeftOut others;
    LeftOut unread;
    LeftOut loose;
    LeftOut deeper;
    const auto hidden = [](const std::string &name) { return !name.empty() && name.front() == '.'; };
    const std::vector<fs::directory_entry> entries = sortedEntries(root);
    std::vector<std::string> folders;
    for (const fs::directory_entry &entry : entries) {
        std::error_code problem;
        if (const std::string name = entry.path().filename().string(); !hidden(name) && entry.is_directory(problem))
            folders.push_back(name);
    }
    if (const std::string wrong = partsNotPeople(folders); !wrong.empty())
        throw FileError(root, wrong);
    for (const fs::directory_entry &person : entries) {
        const std::string name = person.path().filename().string();
        std::error_code problem;
        if (hidden(name))
            continue;
        if (!person.is_directory(problem)) {
            if (looksLikePicture(person.path()))
                loose.add(name);
            continue;
        }
        if (!wanted(name))
            continue;
        for (const fs::directory_entry &file : sortedEntries(person.path())) {
            progress.throwIfCancelled();
            const std::string inner = name + "/" + file.path().filename().string();
            if (hidden(file.path().filename().string()))
                continue;
            if (file.is_directory(problem))
                deeper.add(inner);
            else if (!isPicture(file.path()))
                others.add(inner);
            else if (!readsMoreThanJpeg() && endsOtherwise(file.path()) && pictureFormat(file.path()) != PictureHeader::Format::Jpeg)
                unread.add(inner);
            else
                found[name].push_back(inner);
        }
    }
    const std::string where = root.string() + ": ";
    if (others.count() > 0)
        progress.notice(where + others.sentence("file is no picture and was", "files are no pictures and were"));
    if (unread.count() > 0)
        progress.notice(where
                        + unread.sentence("picture is no JPEG, which is all that this program reads, and was",
                                          "pictures are no JPEGs, which are all that this program reads, and were")
                        + " `dscope` reads them, and `dscope pack` makes a file that both read.");
    if (loose.count() > 0)
        progress.notice(where
                        + loose.sentence("picture lies beside the folders of people, belongs to nobody and was",
                                         "pictures lie beside the folders of people, belong to nobody and were"));
    if (deeper.count() > 0)
        progress.notice(where + deeper.sentence("folder within a person's folder was", "folders within people's folders were"));
    return found;
}

FilesByPerson filesInList(const fs::path &list, const Wanted &wanted, const std::vector<CellRule> &where, Progress &progress)
{
    FilesByPerson found;
    for (const std::string &text :
         readPictureList(list, {.use = ListFor::People, .wanted = [&](const std::string &name) { return wanted(name); }, .where = where}, progress,
                         [&](ListedPicture &&picture) { found[picture.group].push_back(std::move(picture.file)); }))
        progress.notice(text);
    return found;
}

FaceList listOf(const fs::path &root, FilesByPerson found)
{
    FaceList list;
    list.root = root;
    for (auto &[name, files] : found) {
        for (std::string &file : files) {
            list.files.push_back(std::move(file));
            list.labels.push_back(static_cast<std::int32_t>(list.people.size()));
        }
        list.people.push_back(name);
    }
    return list;
}

/// Takes out pictures that a csv lists twice: one that counts twice is its own nearest neighbour. For the same person it stays once; for several people it
/// tells nothing.
void leaveOutRepeated(FaceList &list, const fs::path &csv, Progress &progress)
{
    const RepeatedPictures repeated = repeatedPictures(
        list.size(), list.root, [&](std::size_t i) { return list.files[i]; }, [&](std::size_t i) { return static_cast<std::size_t>(list.labels[i]); },
        [&](std::size_t i) { return std::string_view(list.people[static_cast<std::size_t>(list.labels[i])]); }, progress);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (repeated.out[i] == 0) {
            if (kept != i)
                list.files[kept] = std::move(list.files[i]);
            list.labels[kept++] = list.labels[i];
        }
    list.files.resize(kept);
    list.labels.resize(kept);
    std::vector<std::int32_t> numbers(list.people.size(), -1); // of those who have a picture left
    for (const std::int32_t label : list.labels)
        numbers[static_cast<std::size_t>(label)] = 0;
    std::vector<std::string> people;
    for (std::size_t p = 0; p < numbers.size(); ++p)
        if (numbers[p] == 0) {
            numbers[p] = static_cast<std::int32_t>(people.size());
            people.push_back(std::move(list.people[p]));
        }
    list.people = std::move(people);
    for (std::int32_t &label : list.labels)
        label = numbers[static_cast<std::size_t>(label)];
    for (const std::string &text : repeated.told(csv, "person"))
        progress.notice(text);
}

/// The record file of a folder: train.rec, or the only one. Empty if there is none.
fs::path recordsIn(const fs::path &folder)
{
    std::vector<fs::path> found;
    for (const fs::directory_entry &entry : sortedEntries(folder)) {
        std::error_code problem;
        if (!looksLikeRecords(entry.path()) || !entry.is_regular_file(problem))
            continue;
        if (lowerCase(entry.path().filename().string()) == "train.rec")
            return entry.path();
        found.push_back(entry.path());
    }
    return found.size() == 1 ? found.front() : fs::path();
}

FaceList listOfRecords(const fs::path &rec, const Wanted &wanted, Progress &progress)
{
    const RecordFile file = RecordFile::open(rec, progress);
    for (const std::string &problem : file.problems())
        progress.notice(problem);
    std::map<std::int32_t, std::int32_t> people; // class in the file -> ours
    FaceList list;
    list.root = rec;
    for (const RecordEntry &entry : file.entries())
        people.emplace(entry.label, 0);
    for (auto &[label, number] : people) {
        const std::string name = std::to_string(label);
        number = wanted(name) ? static_cast<std::int32_t>(list.people.size()) : -1;
        if (number >= 0)
            list.people.push_back(name);
    }
    for (const RecordEntry &entry : file.entries()) {
        const std::int32_t number = people.at(entry.label);
        if (number < 0)
            continue;
        list.files.push_back(std::to_string(entry.key));
        list.labels.push_back(number);
    }
    return list;
}

FaceList listOfPack(const fs::path &pack, const Wanted &wanted)
{
    const PackedSet set = PackedSet::open(pack);
    FaceList list;
    list.root = pack;
    std::vector<std::int32_t> numbers;
    for (const std::string &person : set.people()) {
        const bool taken = wanted(person);
        numbers.push_back(taken ? static_cast<std::int32_t>(list.people.size()) : -1);
        if (taken)
            list.people.push_back(person);
    }
    for (std::size_t i = 0; i < set.size(); ++i) {
        const std::int32_t number = numbers[static_cast<std::size_t>(set.labels()[i])];
        if (number < 0)
            continue;
        list.files.emplace_back(set.name(i));
        list.labels.push_back(number);
    }
    return list;
}

} // namespace

namespace {

/// A list of pictures, by its name or its content; a picture that is called .csv is none.
bool isList(const fs::path &path)
{
    const std::string extension = extensionOf(path);
    return !pictureFormat(path) && (extension == ".csv" || extension == ".tsv" || looksLikePictureList(path));
}

} // namespace

FaceList readFaceList(const fs::path &root, const SplitFilter &split, Progress &progress)
{
    const Wanted wanted(split);
    std::error_code problem;
    FaceList list;
    if (!split.where.empty() && (fs::is_directory(root, problem) || (fs::is_regular_file(root, problem) && (looksLikeRecords(root) || looksLikePack(root)))))
        throw FileError(root, "is no csv: it has no column '" + split.where.front().column + "' to choose pictures by.");
    if (fs::is_directory(root, problem)) {
        list = listOf(root, filesInFolders(root, wanted, progress));
        // Public training sets are a folder of train.rec and other things, and the folder is what people give.
        if (const fs::path records = recordsIn(root); !records.empty()) {
            if (list.files.empty()) {
                progress.notice(root.string() + ": the record file " + records.filename().string() + " in it is used.");
                list = listOfRecords(records, wanted, progress);
            } else {
                progress.notice(root.string() + ": the record file " + records.filename().string() + " in it is not used; there are folders of pictures.");
            }
        }
    } else if (fs::is_regular_file(root, problem) && looksLikeRecords(root))
        list = listOfRecords(root, wanted, progress);
    else if (fs::is_regular_file(root, problem) && looksLikePack(root))
        list = listOfPack(root, wanted);
    else if (fs::is_regular_file(root, problem) && isList(root)) {
        list = listOf(root.parent_path().empty() ? fs::path(".") : root.parent_path(), filesInList(root, wanted, split.where, progress));
        leaveOutRepeated(list, root, progress);
    } else {
        checkReadable(root);
        if (isFaceBin(root))
            throw FileError(root, aboutFaceBins);
        if (pictureFormat(root))
            throw FileError(
                root,
                "is a picture; a set of faces is needed here: a folder with one folder of aligned faces per person, a csv, a record file (.rec) or a "
                "pack (.pack).");
        throw FileError(
            root,
            "is neither a folder with one folder of aligned faces per person, nor a list of pictures and people (csv), nor a record file (.rec), nor "
            "a pack (.pack).");
    }
    list.source = root;
    if (list.files.empty())
        throw FileError(root,
                        split.csv.empty() ? (fs::is_directory(root, problem) ? "holds no pictures in folders named for people."
                                                                             : "holds no pictures of people that can be used.")
                                          : "holds no faces of the people chosen in " + split.csv.string() + ".");
    return list;
}

FaceList readFaceList(const fs::path &root, const SplitFilter &split)
{
    Progress quiet;
    return readFaceList(root, split, quiet);
}

struct FaceReader::Records {
    RecordFile file;
    std::unordered_map<std::string, RecordEntry> entries;
};

struct FaceReader::Packed {
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    PackedSet set;
    std::vector<std::size_t> places; ///< in the pack, of every face in the list; empty: the same
};

struct FaceReader::Damage {
    std::mutex mutex;
    std::set<std::size_t> seen;       ///< a picture may be read many times
    std::vector<std::string> waiting; ///< to be named
    std::size_t named = 0;
    std::size_t more = 0; ///< not to be named, and not told of yet
};

namespace {

/// @throws FileError where the size is none that is taken
void fitSize(Picture &picture, const fs::path &path, bool resize, const ElementShape &shape = tasks().front().shape, bool stretched = false)
{
    if (picture.width == shape.width && picture.height == shape.height)
        return;
    if (stretched && !picture.empty()) {
        picture = resampled(picture, shape.width, shape.height);
        return;
    }
    const std::string wanted = std::to_string(shape.width) + " x " + std::to_string(shape.height);
    const std::string size = std::to_string(picture.width) + " x " + std::to_string(picture.height) + " pixels";
    if (!resize)
        throw FileError(path,
                        "is " + size + "; aligned faces of " + wanted
                            + " are needed. Where these are aligned faces of another size, `dscope pack SET --out NEW.pack --resize` makes a set of " + wanted
                            + " of them; where they are not aligned, `dscope score` and `dscope evaluate` find and align them.");
    if (picture.width != picture.height || picture.empty())
        throw FileError(path, "is " + size + ", not square; what part of it is the aligned face cannot be told.");
    picture = resampled(picture, shape.width, shape.height);
}

} // namespace

Picture alignedPicture(const fs::path &path)
{
    Picture picture = readPicture(path);
    fitSize(picture, path, false);
    return picture;
}

void needFaces(const ModelSpec &network, const std::string &what)
{
    if (network.task != tasks().front().name)
        throw Error(what + " is for aligned faces; the network " + network.name + " is for " + std::string(taskNamed(network.task).elements) + ".");
}

void FaceList::takeFor(const ModelSpec &network)
{
    const Task &task = taskNamed(network.task);
    stretched = task.stretched;
    shape = stretched ? elementInput(network) : task.shape;
}

FaceReader::FaceReader(const FaceList &list, Progress &progress, bool resize) : m_list(list), m_resize(resize), m_damage(std::make_unique<Damage>())
{
    if (looksLikePack(list.root)) {
        m_packed = std::make_unique<Packed>(Packed{PackedSet::open(list.root), {}});
        const PackedSet &set = m_packed->set;
        if (set.frames() > 1)
            throw FileError(list.root, "holds clips of " + std::to_string(set.frames()) + " frames; a set of pictures is needed.");
        bool same = list.size() == set.size();
        for (std::size_t i = 0; same && i < list.size(); ++i)
            same = set.name(i) == list.files[i];
        if (same)
            return;
        std::unordered_map<std::string_view, std::size_t> places;
        places.reserve(set.size());
        for (std::size_t i = 0; i < set.size(); ++i)
            places.emplace(set.name(i), i);
        m_packed->places.reserve(list.size());
        for (const std::string &file : list.files) {
            const auto found = places.find(file);
            m_packed->places.push_back(found != places.end() ? found->second : Packed::nowhere);
        }
        return;
    }
    if (!looksLikeRecords(list.root))
        return;
    m_records = std::make_unique<Records>(Records{RecordFile::open(list.root, progress), {}});
    for (const RecordEntry &entry : m_records->file.entries())
        m_records->entries.emplace(std::to_string(entry.key), entry);
}

FaceReader::~FaceReader() = default;

void FaceReader::look(std::size_t i) const
{
    const std::string &name = m_list.files[i];
    if (m_packed) {
        if (!m_packed->places.empty() && m_packed->places[i] == Packed::nowhere)
            throw FileError(m_list.root, "has no picture " + name + ".");
    } else if (m_records) {
        if (!m_records->entries.contains(name))
            throw FileError(m_list.root, "has no record " + name + ".");
    } else {
        std::error_code problem;
        if (!fs::is_regular_file(m_list.root / name, problem))
            throw FileError(m_list.root / name, "is not there.");
    }
}

Picture FaceReader::decoded(std::size_t i, std::vector<std::string> &warnings) const
{
    const std::string &name = m_list.files[i];
    if (m_packed) {
        look(i);
        return m_packed->set.read(m_packed->places.empty() ? i : m_packed->places[i]);
    }
    if (m_records) {
        look(i);
        return m_records->file.read(m_records->entries.at(name), &warnings);
    }
    return readPicture(m_list.root / name, &warnings);
}

Picture FaceReader::read(std::size_t i) const
{
    std::vector<std::string> warnings;
    Picture picture = decoded(i, warnings);
    const fs::path path = m_list.root / m_list.files[i];
    fitSize(picture, path, m_resize, m_list.shape, m_list.stretched);
    if (!warnings.empty()) {
        const std::lock_guard lock(m_damage->mutex);
        if (m_damage->seen.insert(i).second) {
            if (m_damage->named + m_damage->waiting.size() < s_named)
                m_damage->waiting.push_back(path.string() + ": " + warnings.front());
            else
                ++m_damage->more;
        }
    }
    return picture;
}

void FaceReader::tellDamage(Progress &progress, bool last) const
{
    std::vector<std::string> texts;
    {
        const std::lock_guard lock(m_damage->mutex);
        std::sort(m_damage->waiting.begin(), m_damage->waiting.end());
        texts.swap(m_damage->waiting);
        m_damage->named += texts.size();
        if (last && m_damage->more > 0)
            texts.push_back("... and " + std::to_string(std::exchange(m_damage->more, 0)) + " more damaged pictures are used (--strict leaves them out).");
    }
    for (const std::string &text : texts)
        progress.notice(text);
}

std::vector<Picture> readFaces(FaceList &list, Progress &progress)
{
    const FaceReader reader(list, progress);
    progress.stage("Reading the list");
    std::vector<Picture> pictures(list.size());
    std::vector<std::string> problems(list.size());
    parallelFor(static_cast<std::int64_t>(list.size()), 64, progress, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const auto at = static_cast<std::size_t>(i);
            try {
                pictures[at] = reader.read(at);
            } catch (const Error &error) {
                problems[at] = error.what();
                pictures[at] = Picture();
            }
        }
    });
    reader.tellDamage(progress);
    std::size_t bad = 0;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!problems[i].empty()) {
            if (++bad <= s_named)
                progress.notice(problems[i]);
            continue;
        }
        if (kept != i) {
            pictures[kept] = std::move(pictures[i]);
            list.files[kept] = std::move(list.files[i]);
            list.labels[kept] = list.labels[i];
        }
        ++kept;
    }
    if (bad > s_named)
        progress.notice("... and " + std::to_string(bad - s_named) + " more files that cannot be used.");
    pictures.resize(kept);
    list.files.resize(kept);
    list.labels.resize(kept);
    if (kept == 0)
        throw FileError(list.named(), "none of its pictures can be used.");
    return pictures;
}

} // namespace dscope
