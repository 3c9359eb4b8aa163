#include "core/training/facelist.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <map>

namespace dscope {

namespace fs = std::filesystem;

FaceList readFaceList(const fs::path &root, const SplitFilter &split)
{
    if (!fs::is_directory(root))
        throw FileError(root, "is no folder; a folder with one folder of aligned faces a person is needed.");
    std::map<std::string, bool> wanted;
    if (!split.csv.empty()) {
        const CsvTable table = readCsv(split.csv);
        const std::size_t identity = table.requireColumn({"identity", "person", "name"});
        const std::size_t part = table.requireColumn({"part", "split"});
        for (const CsvTable::Row &row : table.rows)
            wanted[row.cells[identity]] = split.parts.empty() || std::find(split.parts.begin(), split.parts.end(), row.cells[part]) != split.parts.end();
    }
    std::map<std::string, std::vector<std::string>> found;
    for (const fs::directory_entry &person : fs::directory_iterator(root)) {
        const std::string name = person.path().filename().string();
        if (!person.is_directory())
            continue;
        if (!split.csv.empty()) {
            const auto entry = wanted.find(name);
            if (entry == wanted.end() || !entry->second)
                continue;
        }
        for (const fs::directory_entry &file : fs::directory_iterator(person.path())) {
            std::string extension = file.path().extension().string();
            std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            if (extension == ".jpg" || extension == ".jpeg")
                found[name].push_back(name + "/" + file.path().filename().string());
        }
    }
    FaceList list;
    list.root = root;
    for (auto &[name, files] : found) {
        std::sort(files.begin(), files.end());
        for (std::string &file : files) {
            list.files.push_back(std::move(file));
            list.labels.push_back(static_cast<std::int32_t>(list.people.size()));
        }
        list.people.push_back(name);
    }
    if (list.files.empty())
        throw FileError(root, split.csv.empty() ? "holds no folders with JPEG faces." : "holds no faces of the people chosen in " + split.csv.string() + ".");
    return list;
}

std::vector<Picture> readFaces(FaceList &list, Task &task)
{
    task.stage("Reading faces");
    std::vector<Picture> pictures(list.size());
    std::vector<std::string> problems(list.size());
    parallelFor(static_cast<std::int64_t>(list.size()), 64, task, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const auto at = static_cast<std::size_t>(i);
            try {
                pictures[at] = readJpeg(list.root / list.files[at]);
                if (pictures[at].width != 112 || pictures[at].height != 112)
                    throw FileError(list.root / list.files[at],
                                    "is " + std::to_string(pictures[at].width) + " x " + std::to_string(pictures[at].height)
                                        + " pixels; aligned faces of 112 x 112 are needed.");
            } catch (const Error &error) {
                problems[at] = error.what();
                pictures[at] = Picture();
            }
        }
    });
    std::size_t bad = 0;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!problems[i].empty()) {
            if (++bad <= 10)
                task.notice(problems[i]);
            continue;
        }
        if (kept != i) {
            pictures[kept] = std::move(pictures[i]);
            list.files[kept] = std::move(list.files[i]);
            list.labels[kept] = list.labels[i];
        }
        ++kept;
    }
    if (bad > 10)
        task.notice("... and " + std::to_string(bad - 10) + " more files that cannot be used.");
    pictures.resize(kept);
    list.files.resize(kept);
    list.labels.resize(kept);
    if (kept == 0)
        throw FileError(list.root, "none of its pictures can be used.");
    return pictures;
}

} // namespace dscope
