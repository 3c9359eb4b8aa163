// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/othercapitals.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace dscope {

/// Finds the pictures that a list of pairs names by path. Lists name them from the set's root, from the folder of pictures in it (`Ann/Ann_0001.jpg`), or
/// with that folder's own name in front; or by the file's name alone, where the people's folders hold it once. Where no picture is called so, one whose name
/// differs in capitals alone is taken.
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
    /// Why the name asked for last was not found, where more is to be said than that it is not there: the end of a sentence; else empty.
    const std::string &whyNot() const { return m_whyNot; }
    /// What is to be said of how pictures were found, sentences.
    std::vector<std::string> notices() const;
    const std::vector<std::filesystem::path> &folders() const { return m_folders; }

private:
    /// The pictures of the folders in a folder by their files' names.
    struct Inner {
        bool listed = false;
        std::unordered_map<std::string, std::string> places;    ///< the folder that holds it
        std::unordered_map<std::string, std::string> ambiguous; ///< a second one
    };

    std::optional<Place> findIn(std::size_t folder, const std::string &name);
    std::optional<Place> findAlone(std::size_t folder, const std::string &name);
    std::optional<Place> findOtherCapitals(std::size_t folder, const std::string &name);
    std::optional<std::string> withoutOwnName(std::size_t folder, const std::string &name) const;
    const Inner &inner(std::size_t folder);

    std::vector<std::filesystem::path> m_folders;
    std::vector<std::string> m_names; ///< of the folders
    std::size_t m_last = 0;           ///< where the picture before was
    std::size_t m_missed = 0;
    std::vector<Inner> m_inner; ///< of the folders
    std::vector<OtherCapitals> m_capitals;
    std::size_t m_alone = 0; ///< pictures found by the file's name
    std::string m_whyNot;
};

/// Where in a set's root the pictures of LFW and of sets laid out like it may be: the root itself, and the folders that they are published as.
std::vector<std::filesystem::path> pairFolders(const std::filesystem::path &root);

} // namespace dscope
