// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

namespace dscope {

/// Where what is written under a path ends up, once all links are followed.
struct OutputTarget {
    enum class Kind {
        New,    ///< nothing is there yet (also behind a link that leads nowhere)
        File,   ///< a regular file, which is replaced whole
        Stream, ///< a pipe or a device, which is written into
    };
    Kind kind = Kind::New;
    std::filesystem::path path; ///< after all links
    int descriptor = -1;        ///< of this process, where the path names one, such as /dev/stdout
};
/// @throws FileError for a folder, a socket, a disk, or links in a circle
OutputTarget outputTarget(const std::filesystem::path &path);

/// For what is written piece by piece, or read again before it is whole: the path after all links. @throws FileError also for a pipe or a device.
std::filesystem::path fileTarget(const std::filesystem::path &path);

/// Says before the work what would stop the writing after it: a file or folder that may not be written, a parent that is no folder. Folders that are
/// missing are no fault, they will be made. @throws FileError
void checkWritable(const std::filesystem::path &path);

/// Refuses a path for writing that is one of the files that are read: the same file under whatever name, by device and number. @throws FileError
void refuseInput(const std::filesystem::path &out, const std::vector<std::filesystem::path> &inputs);
/// Refuses to put something else in place of a picture or a video, which its first bytes tell. @throws FileError
void refusePicture(const std::filesystem::path &out);

/// Removes the half-written files of writeAtomically. May be called from a signal handler, by a program that ends at once.
void removeHalfWritten() noexcept;

} // namespace dscope
