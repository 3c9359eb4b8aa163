// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/picturelist.h"
#include "core/base/progress.h"
#include "core/tasks/task.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

struct ModelSpec;

/// Aligned, labelled faces on disk: what `label` and `train` work on.
struct FaceList {
    std::filesystem::path root;                 ///< the folder that the files are relative to; or a record file or pack
    std::filesystem::path source = {};          ///< what it was read from, for messages; empty: the root
    std::vector<std::string> files;             ///< relative paths; of a record file the keys; of a pack the names that its source had
    std::vector<std::int32_t> labels;           ///< index into `people`
    std::vector<std::string> people;            ///< names, ascending
    ElementShape shape = tasks().front().shape; ///< the size at which its pictures are taken
    bool stretched = false;                     ///< pictures of any size are brought to it; else they must have it

    std::size_t size() const { return files.size(); }
    const std::filesystem::path &named() const { return source.empty() ? root : source; }
    /// Its pictures are taken as this network's task has them: crops of people at the size of its input, aligned faces at their usual size whatever the
    /// network.
    void takeFor(const ModelSpec &network);
};

/// @param what it is that is for aligned faces alone, such as "An ablation" @throws Error where the network is for anything else
void needFaces(const ModelSpec &network, const std::string &what);

/// Which people of a list to take: a csv with the columns identity and part (as lfw_split.csv). And which lines, where the set is a list.
struct SplitFilter {
    std::filesystem::path csv;        ///< empty: everybody
    std::vector<std::string> parts;   ///< e.g. {"train"}; empty: all parts named in the csv
    std::vector<CellRule> where = {}; ///< of a csv: lines for which these hold
};

/// Reads what a training set comes as: a folder with one folder of faces per person (pictures by readPicture()'s rules, whatever they are called); a csv (path
/// or file, and person, identity, label or group; paths relative to the csv, each picture once); a record file (train.rec, see RecordFile), whose people are
/// named by their class numbers; a pack of any of these (X.pack, see PackedSet). People not named in the split are left out. `progress` hears of records that
/// cannot be used and of files that are no pictures or lie where they belong to nobody. @throws FileError when nothing is left, or a set that is no csv has no
/// lines to choose from; Cancelled
FaceList readFaceList(const std::filesystem::path &root, const SplitFilter &split, Progress &progress);
FaceList readFaceList(const std::filesystem::path &root, const SplitFilter &split = {});

/// Reads an aligned face of the usual size. @throws FileError, also for a picture of another size
Picture alignedPicture(const std::filesystem::path &path);

/// Decodes any face of a list, from any thread.
class FaceReader {
public:
    /// @param resize the pictures are aligned faces of any size: square ones are brought to the list's
    /// @throws FileError for a record file or pack that cannot be used, Cancelled
    FaceReader(const FaceList &list, Progress &progress, bool resize = false);
    ~FaceReader();
    FaceReader(const FaceReader &) = delete;
    FaceReader &operator=(const FaceReader &) = delete;
    /// @throws Error when the face cannot be read or has another size
    Picture read(std::size_t i) const;
    /// Whether the face is there, without decoding it. @throws Error when it is not
    void look(std::size_t i) const;
    /// Tells, once each, of the pictures read so far whose data are damaged: the first five of a reader by name, the rest counted by the last call.
    /// From any thread.
    void tellDamage(Progress &progress, bool last = true) const;

private:
    Picture decoded(std::size_t i, std::vector<std::string> &warnings) const;
    struct Damage;
    struct Records;
    struct Packed;
    const FaceList &m_list;
    bool m_resize;
    std::unique_ptr<Records> m_records; ///< of a record file
    std::unique_ptr<Packed> m_packed;   ///< of a pack
    std::unique_ptr<Damage> m_damage;
};

/// Decodes all faces into memory, on all threads. Files that cannot be read are dropped from the list with a notice each (the first five are
/// named). @throws Error if a picture has another size, or nothing can be read
std::vector<Picture> readFaces(FaceList &list, Progress &progress);

} // namespace dscope
