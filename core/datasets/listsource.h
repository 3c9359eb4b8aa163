// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/base/csv.h"
#include "core/base/lines.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace dscope {

/// One of the lists that a benchmark consists of, as its parser gets it: a file, which is read as it lies on the disk, or bytes in hand. One that is not
/// there has a name all the same, for messages.
class ListSource {
public:
    ListSource() = default;
    /// A file, if there is a regular one.
    static ListSource file(std::filesystem::path path)
    {
        std::error_code problem;
        ListSource list;
        list.m_there = std::filesystem::is_regular_file(path, problem);
        list.m_name = std::move(path);
        return list;
    }
    /// Whatever is there by that name: what is no regular file is refused when it is read.
    static ListSource anything(std::filesystem::path path)
    {
        std::error_code problem;
        ListSource list;
        list.m_there = std::filesystem::exists(path, problem);
        list.m_name = std::move(path);
        return list;
    }
    /// Bytes, which must outlive this.
    static ListSource text(std::string_view text, std::filesystem::path name)
    {
        ListSource list;
        list.m_there = true;
        list.m_name = std::move(name);
        list.m_text = text;
        return list;
    }

    bool isThere() const { return m_there; }
    const std::filesystem::path &name() const { return m_name; }
    /// The bytes in hand; nothing of a file.
    std::optional<std::string_view> inHand() const { return m_text; }
    /// @throws FileError if it cannot be opened
    LineReader lines() const { return m_text ? LineReader(*m_text, m_name) : LineReader(m_name); }
    CsvTable table(const CsvOptions &options = {}) const { return m_text ? parseCsv(std::string(*m_text), m_name, options) : readCsv(m_name, options); }

private:
    std::filesystem::path m_name;
    std::optional<std::string_view> m_text;
    bool m_there = false;
};

} // namespace dscope
