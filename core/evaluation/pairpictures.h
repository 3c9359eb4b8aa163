#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// Finds the pictures that a list of pairs names by path. Lists name them from the set's root, from the folder of pictures in it (`Ann/Ann_0001.jpg`), or
/// with that folder's own name in front.
class PairPictures {
public:
    /// @param folders the likeliest first
    explicit PairPictures(std::vector<std::filesystem::path> folders);

    struct Place {
        std::size_t folder = 0; ///< in folders()
        std::string name;       ///< relative to it
    };
    /// @param name as readPairList() tells it; nothing where there is no such picture
    std::optional<Place> find(const std::string &name);
    const std::vector<std::filesystem::path> &folders() const { return m_folders; }

private:
    std::vector<std::filesystem::path> m_folders;
    std::vector<std::string> m_names; ///< of the folders
    std::size_t m_last = 0;           ///< where the picture before was
    std::size_t m_missed = 0;
};

/// Where in a set's root the pictures of LFW and of sets laid out like it may be: the root itself, and the folders that they are published as.
std::vector<std::filesystem::path> pairFolders(const std::filesystem::path &root);

} // namespace dscope
