#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace dscope {

/// The path of one of millions of listed pictures: the folder that they all lie in once, and the rest as text. A std::filesystem::path of each, which keeps
/// its parts beside its text, takes ten times a short name's bytes.
class PicturePath {
public:
    using Folder = std::shared_ptr<const std::string>;
    /// A folder to be shared.
    static Folder folder(const std::filesystem::path &path) { return std::make_shared<const std::string>(path.native()); }

    PicturePath() = default;
    PicturePath(const std::filesystem::path &path) : m_name(path.native()) {} // NOLINT(google-explicit-constructor): it is one
    /// `folder / name`; an absolute name stands for itself.
    PicturePath(Folder folder, std::string name) : m_folder(name.starts_with('/') ? nullptr : std::move(folder)), m_name(std::move(name)) {}

    std::string string() const
    {
        if (!m_folder || m_folder->empty())
            return m_name;
        std::string text;
        text.reserve(m_folder->size() + 1 + m_name.size());
        text = *m_folder;
        if (text.back() != '/')
            text += '/';
        return text += m_name;
    }
    std::filesystem::path path() const { return string(); }
    operator std::filesystem::path() const { return path(); } // NOLINT(google-explicit-constructor): wherever a path is asked for
    std::filesystem::path filename() const { return std::filesystem::path(m_name).filename(); }

    friend bool operator==(const PicturePath &a, const PicturePath &b) { return a.m_folder == b.m_folder ? a.m_name == b.m_name : a.string() == b.string(); }
    friend bool operator==(const PicturePath &a, const std::filesystem::path &b) { return a.string() == b.native(); }

private:
    Folder m_folder;
    std::string m_name;
};

} // namespace dscope
