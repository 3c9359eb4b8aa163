// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/qualityfile.h"

#include "core/base/csv.h"
#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/grow.h"
#include "core/base/lines.h"
#include "core/base/picturefile.h"
#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace dscope {

namespace {

constexpr Words<QualityFormat, 6> s_qualityFormats{"no format of quality files",
                                                   {{QualityFormat::Auto, "auto"},
                                                    {QualityFormat::Csv, "csv"},
                                                    {QualityFormat::Nist, "nist"},
                                                    {QualityFormat::Ofiq, "ofiq"},
                                                    {QualityFormat::Erc, "erc"},
                                                    {QualityFormat::FourColumns, "insightface"}}};
constexpr std::int64_t s_block = 1 << 14; // lines or names between two checks for cancellation
constexpr float s_none = std::numeric_limits<float>::quiet_NaN();

/// Lines of a text with their numbers, without line ends.
class Lines {
public:
    explicit Lines(std::string_view text) : m_rest(text)
    {
        if (m_rest.starts_with("\xEF\xBB\xBF"))
            m_rest.remove_prefix(3);
    }

    std::optional<std::string_view> next()
    {
        if (m_rest.empty())
            return std::nullopt;
        const std::size_t end = m_rest.find('\n');
        std::string_view line = m_rest.substr(0, end);
        m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end + 1);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        ++m_number;
        return line;
    }
    std::int64_t number() const { return m_number; }
    /// Bytes that are still to come.
    std::size_t left() const { return m_rest.size(); }

private:
    std::string_view m_rest;
    std::int64_t m_number = 0;
};

std::vector<std::string_view> wordsOf(std::string_view line)
{
    std::vector<std::string_view> words;
    constexpr std::string_view blanks = " \t";
    for (std::size_t begin = line.find_first_not_of(blanks); begin != std::string_view::npos;) {
        const std::size_t end = line.find_first_of(blanks, begin);
        words.push_back(line.substr(begin, end == std::string_view::npos ? end : end - begin));
        begin = end == std::string_view::npos ? end : line.find_first_not_of(blanks, end);
    }
    return words;
}

bool isWhole(std::string_view word)
{
    return wordAsInteger(word).has_value();
}

std::string normalised(std::string_view picture)
{
    std::string name(picture);
    std::replace(name.begin(), name.end(), '\\', '/');
    while (name.starts_with("./"))
        name.erase(0, 2);
    return name;
}

/// Collects scores; the same picture twice needs the same score.
class Collector {
public:
    explicit Collector(const std::filesystem::path &path) { m_file.path = path; }

    void add(std::int64_t line, std::string_view picture, std::string_view value, bool failed)
    {
        const std::string name = normalised(picture);
        if (name.empty())
            throw FileError(m_file.path, line, "names no picture.");
        const std::optional<double> number = parseNumber(value);
        constexpr double most = std::numeric_limits<float>::max();
        const float score = number && std::abs(*number) <= most ? static_cast<float>(*number) : s_none;
        if (!std::isfinite(score))
            throw FileError(m_file.path, line, "gives '" + std::string(value.substr(0, 40)) + "' for a score, which is no finite number.");
        const auto [place, fresh] = m_places.emplace(name, m_file.pictures.size());
        const float kept = failed ? s_none : score;
        if (!fresh) {
            const float before = m_file.scores[place->second];
            if (before != kept && !(std::isnan(before) && std::isnan(kept)))
                throw FileError(m_file.path, line, "gives the picture '" + name + "' another score than a line before.");
            return;
        }
        if (picture.find('\\') != std::string_view::npos || picture.starts_with('\''))
            m_file.written.emplace(m_file.pictures.size(), picture);
        m_file.pictures.push_back(name);
        m_file.scores.push_back(kept);
    }

    /// @param always -1 is a failure whatever the other scores are
    QualityFile take(QualityFormat format, bool always, Progress &progress)
    {
        emptyNodes(m_places, progress);
        if (m_file.pictures.empty())
            throw FileError(m_file.path, "has no scores.");
        const bool below = std::any_of(m_file.scores.begin(), m_file.scores.end(), [](float score) { return score < 0 && score != -1; });
        for (float &score : m_file.scores) {
            if (score == -1 && (always || !below))
                score = s_none;
            m_file.failures += std::isnan(score) ? 1 : 0;
        }
        m_file.format = format;
        return std::move(m_file);
    }

private:
    QualityFile m_file;
    std::unordered_map<std::string, std::size_t> m_places;
};

QualityFormat formatOf(std::string_view text, const std::filesystem::path &path)
{
    Lines lines(text);
    while (const std::optional<std::string_view> line = lines.next()) {
        const std::vector<std::string_view> words = wordsOf(*line);
        if (words.empty())
            continue;
        if (line->starts_with("Filename;"))
            return QualityFormat::Ofiq;
        const auto said = csvSeparator(*line);
        if (line->find(',') != std::string_view::npos
            || (line->find(said) != std::string_view::npos && line->find_first_of("0123456789") == std::string_view::npos))
            return QualityFormat::Csv; // a header has no numbers
        if (words.size() == 2)
            return QualityFormat::Erc;
        if (words.size() == 4 && (*line == "id image returnCode quality" || (isWhole(words[0]) && !isWhole(words[1]) && isWhole(words[2]))))
            return QualityFormat::Nist;
        if (words.size() == 4 && !isWhole(words[0]) && isWhole(words[1]) && isWhole(words[2]))
            return QualityFormat::FourColumns;
        break;
    }
    throw UsageError(path.string() + " is no quality file whose format can be told from its first line; say csv, nist, ofiq, erc or insightface.");
}

/// A csv, separated by commas, or by semicolons as OFIQ writes it.
QualityFile readTable(std::string_view text, const std::filesystem::path &path, QualityFormat format, const std::string &column, Progress &progress)
{
    const bool ofiq = format == QualityFormat::Ofiq;
    std::string trimmed;
    if (ofiq) {
        // Each line ends with a separator, the header's and the rows' alike or not.
        Lines lines(text);
        while (const std::optional<std::string_view> line = lines.next()) {
            if (lines.number() % s_block == 0)
                progress.throwIfCancelled();
            std::string_view bare = *line;
            if (bare.ends_with(';'))
                bare.remove_suffix(1);
            trimmed.append(bare).push_back('\n');
        }
        text = trimmed;
    }
    const CsvTable table = parseCsv(std::string(text), path, {.separator = ofiq ? ';' : anySeparator, .progress = &progress});
    const std::size_t picture = table.requireColumn(pictureColumn());
    std::size_t score = 0;
    if (!column.empty()) {
        score = table.requireColumn({column});
    } else if (!ofiq) {
        score = table.requireColumn({"score", "quality", "d_score"});
    } else if (const std::optional<std::size_t> unified = table.column({"UnifiedQualityScore.scalar"})) {
        score = *unified;
    } else {
        const auto first = std::find_if(table.header.begin(), table.header.end(), [](const std::string &name) { return name.ends_with(".scalar"); });
        if (first == table.header.end())
            throw FileError(path, "has no column that ends in .scalar.");
        score = static_cast<std::size_t>(first - table.header.begin());
    }
    Collector collector(path);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        if (i % static_cast<std::size_t>(s_block) == 0)
            progress.throwIfCancelled();
        const CsvTable::Row &row = table.rows[i];
        collector.add(row.line, row.cells[picture], row.cells[score], false);
    }
    return collector.take(format, ofiq, progress);
}

QualityFile readWords(std::string_view text, const std::filesystem::path &path, QualityFormat format, Progress &progress)
{
    Collector collector(path);
    Lines lines(text);
    while (const std::optional<std::string_view> line = lines.next()) {
        if (lines.number() % s_block == 0)
            progress.checkpoint(static_cast<std::int64_t>(text.size() - lines.left()), static_cast<std::int64_t>(text.size()));
        const std::vector<std::string_view> words = wordsOf(*line);
        if (words.empty() || (format == QualityFormat::Nist && lines.number() == 1 && *line == "id image returnCode quality"))
            continue;
        const std::size_t needed = format == QualityFormat::Erc ? 2 : 4;
        if (words.size() < needed)
            throw FileError(path, lines.number(), "has " + std::to_string(words.size()) + " words; " + std::to_string(needed) + " are needed.");
        // A picture's name may hold blanks: it is what the other words leave.
        const std::size_t first = format == QualityFormat::Nist ? 1 : 0;
        const std::size_t behind = format == QualityFormat::Erc ? 1 : format == QualityFormat::Nist ? 2 : 3;
        const std::string_view last = words[words.size() - behind - 1];
        const std::string_view picture(words[first].data(), static_cast<std::size_t>(last.data() + last.size() - words[first].data()));
        bool failed = false;
        if (format == QualityFormat::Nist) {
            const std::string_view code = words[words.size() - 2];
            if (!isWhole(code))
                throw FileError(path, lines.number(), "has '" + std::string(code.substr(0, 40)) + "' where a return code is needed.");
            failed = parseNumber(code) != 0.0;
        }
        collector.add(lines.number(), picture, words.back(), failed);
    }
    return collector.take(format, format == QualityFormat::Nist, progress);
}

/// Whole, two folders and file, folder and file, file, file without extension.
constexpr int s_levels = 5;

std::string keyOf(const std::string &name, int level)
{
    if (level == 0)
        return name;
    std::size_t slash = name.rfind('/');
    if (level < 3) {
        for (int folders = 3 - level; folders > 0; --folders) {
            if (slash == std::string::npos || slash == 0)
                return name;
            slash = name.rfind('/', slash - 1);
        }
        return slash == std::string::npos ? name : name.substr(slash + 1);
    }
    std::string file = slash == std::string::npos ? name : name.substr(slash + 1);
    if (level == 4)
        if (const std::size_t dot = file.rfind('.'); dot != std::string::npos && dot > 0)
            file.resize(dot);
    return file;
}

/// The names of those of a file's pictures that are escaped there, as the pictures are called.
/// @param asked the pictures' names
std::unordered_map<std::size_t, std::string> unescapedNames(const QualityFile &file, const std::vector<std::string> &asked, Progress &progress)
{
    std::unordered_map<std::size_t, std::string> names;
    if (file.written.empty())
        return names;
    // By as much of the name as the pictures have in common with the file; the name as it stands goes first.
    constexpr int byFile = 3;
    for (int level = 0; level <= byFile && names.size() < file.written.size(); ++level) {
        std::unordered_set<std::string> keys;
        std::int64_t done = 0;
        for (const std::string &name : asked) {
            if (done++ % s_block == 0)
                progress.throwIfCancelled();
            keys.insert(keyOf(name, level));
        }
        for (const auto &[place, written] : file.written) {
            if (names.contains(place))
                continue;
            std::vector<std::string> spellings = listedSpellings(written);
            spellings.insert(spellings.begin(), file.pictures[place]);
            for (const std::string &spelling : spellings)
                if (std::string name = normalised(spelling); keys.contains(keyOf(name, level))) {
                    names.emplace(place, std::move(name));
                    break;
                }
        }
    }
    return names;
}

} // namespace

std::string name(QualityFormat format)
{
    return s_qualityFormats.wordOf(format);
}

QualityFormat qualityFormat(const std::string &name)
{
    return s_qualityFormats.fromWord(name);
}

QualityFile readQualityFile(const std::filesystem::path &path, Progress &progress, QualityFormat format, const std::string &column)
{
    progress.stage("Reading " + path.filename().string());
    return parseQualityFile(readText(path), path, progress, format, column);
}

QualityFile parseQualityFile(std::string bytes, const std::filesystem::path &path, Progress &progress, QualityFormat format, const std::string &column)
{
    const std::string text = utf8Text(std::move(bytes));
    if (format == QualityFormat::Auto)
        format = formatOf(text, path);
    if (format == QualityFormat::Csv || format == QualityFormat::Ofiq)
        return readTable(text, path, format, column, progress);
    if (!column.empty())
        throw UsageError(path.string() + " has no columns with names; '" + column + "' cannot be chosen.");
    return readWords(text, path, format, progress);
}

QualityMatch matchQuality(const QualityFile &file, std::span<const std::string> names, Progress &progress)
{
    // Most are found at once; the rest goes through the file again at every level.
    std::int64_t done = 0;
    const auto all = std::ssize(names) + s_levels * (std::ssize(file.pictures) + 2 * std::ssize(names));
    const auto step = [&] {
        if (done++ % s_block == 0)
            progress.checkpoint(std::min(done, all), all);
    };
    constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
    // Every distinct name once, with the place of its picture in the file.
    std::unordered_map<std::string, std::size_t> found;
    std::vector<std::string> open;
    for (const std::string &name : names) {
        step();
        if (found.emplace(normalised(name), nowhere).second)
            open.push_back(normalised(name));
    }
    const std::unordered_map<std::size_t, std::string> unescaped = unescapedNames(file, open, progress);
    const auto pictureAt = [&](std::size_t i) -> const std::string & {
        const auto other = unescaped.find(i);
        return other == unescaped.end() ? file.pictures[i] : other->second;
    };
    std::vector<bool> used(file.pictures.size());
    for (int level = 0; level < s_levels && !open.empty(); ++level) {
        std::unordered_map<std::string, std::size_t> places;
        for (std::size_t i = 0; i < file.pictures.size(); ++i) {
            step();
            const auto [place, fresh] = places.emplace(keyOf(pictureAt(i), level), i);
            if (!fresh)
                place->second = nowhere;
        }
        std::unordered_map<std::string, int> asked;
        for (const auto &[name, place] : found) {
            step();
            ++asked[keyOf(name, level)];
        }
        std::vector<std::string> left;
        for (const std::string &name : open) {
            step();
            const std::string key = keyOf(name, level);
            const auto place = places.find(key);
            if (place == places.end() || place->second == nowhere || asked[key] > 1 || used[place->second]) {
                left.push_back(name);
                continue;
            }
            found[name] = place->second;
            used[place->second] = true;
        }
        emptyItems(open, progress);
        open = std::move(left);
        emptyNodes(places, progress);
        emptyNodes(asked, progress);
    }
    QualityMatch match;
    for (const std::string &name : names) {
        if (match.scores.size() % static_cast<std::size_t>(s_block) == 0)
            progress.throwIfCancelled();
        const std::size_t place = found.at(normalised(name));
        const float score = place == nowhere ? s_none : file.scores[place];
        match.scores.push_back(score);
        if (place == nowhere) {
            if (match.missing++ == 0)
                match.firstMissing = name;
        } else {
            ++(std::isnan(score) ? match.failed : match.matched);
        }
    }
    emptyNodes(found, progress);
    match.unused = std::count(used.begin(), used.end(), false);
    if (match.matched + match.failed == 0 && !names.empty())
        throw FileError(file.path,
                        "has a score of none of the pictures, whose names are like '" + names.front() + "'; its own are like '" + file.pictures.front() + "'.");
    return match;
}

std::string describe(const QualityMatch &match, const QualityFile &file)
{
    std::string text = std::to_string(match.matched) + " of " + std::to_string(match.scores.size()) + " pictures have a score in " + file.path.string() + " ("
        + name(file.format) + ")";
    if (match.failed > 0)
        text += "; " + std::to_string(match.failed) + " failed";
    if (match.missing > 0)
        text += "; " + std::to_string(match.missing) + " are not there (first: " + match.firstMissing + ")";
    if (match.unused > 0)
        text += "; " + std::to_string(match.unused) + " of its pictures are not of this set";
    return text + ".";
}

} // namespace dscope
