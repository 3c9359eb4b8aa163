// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/datasets/picturenames.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace dscope {

/// The path of one of millions of listed pictures: the folder that they all lie in and its text among theirs, 24 bytes beside those of the name. A
/// std::filesystem::path of each, which keeps its parts beside its text, takes ten times a short name's bytes.
class PicturePath {
public:
    using Folder = std::shared_ptr<PictureNames>;
    /// A folder to be shared.
    static Folder folder(const std::filesystem::path &path) { return std::make_shared<PictureNames>(path.native()); }

    PicturePath() = default;
    PicturePath(const std::filesystem::path &path) : m_name(NamePool::alone(path.native())) {} // NOLINT(google-explicit-constructor): it is one
    /// `folder / name`; an absolute name stands for itself. The name is put into the folder's.
    PicturePath(Folder folder, std::string_view name) : m_folder(std::move(folder)), m_name(m_folder ? m_folder->add(name) : NamePool::alone(name)) {}
    /// The same for a name that is in the folder's already.
    PicturePath(Folder folder, PooledName name) : m_folder(std::move(folder)), m_name(name) {}
    PicturePath(const PicturePath &other)
        : m_folder(other.m_folder), m_name(m_folder || other.m_name.at == nullptr ? other.m_name : NamePool::alone(other.name()))
    {
    }
    PicturePath(PicturePath &&other) noexcept : m_folder(std::move(other.m_folder)), m_name(std::exchange(other.m_name, PooledName())) {}
    PicturePath &operator=(PicturePath other) noexcept
    {
        std::swap(m_folder, other.m_folder);
        std::swap(m_name, other.m_name);
        return *this;
    }
    ~PicturePath()
    {
        if (!m_folder)
            NamePool::remove(m_name);
    }

    std::string string() const
    {
        const std::string_view text = name();
        if (!m_folder || m_folder->folder().empty() || text.starts_with('/'))
            return std::string(text);
        const std::string &folder = m_folder->folder();
        std::string all;
        all.reserve(folder.size() + 1 + text.size());
        all = folder;
        if (all.back() != '/')
            all += '/';
        return all += text;
    }
    std::filesystem::path path() const { return string(); }
    operator std::filesystem::path() const { return path(); } // NOLINT(google-explicit-constructor): wherever a path is asked for
    std::filesystem::path filename() const { return std::filesystem::path(name()).filename(); }

    friend bool operator==(const PicturePath &a, const PicturePath &b) { return a.m_folder == b.m_folder ? a.name() == b.name() : a.string() == b.string(); }
    friend bool operator==(const PicturePath &a, const std::filesystem::path &b) { return a.string() == b.native(); }

private:
    std::string_view name() const { return NamePool::text(m_name); }

    Folder m_folder;
    PooledName m_name; ///< of the folder's; where there is none, its own
};

} // namespace dscope
