// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sets/pairlist.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/leftout.h"
#include "core/base/lines.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

std::string inQuotes(std::string_view text)
{
    constexpr std::size_t longest = 300;
    return "'" + std::string(text.substr(0, longest)) + (text.size() > longest ? "...'" : "'");
}

/// What stands between the tabs of a line; nothing where that are fewer than three cells.
std::vector<std::string> tabbed(std::string_view line)
{
    std::vector<std::string> cells;
    for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find('\t', at), line.size());
        std::string_view cell = line.substr(at, end - at);
        while (!cell.empty() && cell.front() == ' ')
            cell.remove_prefix(1);
        while (!cell.empty() && cell.back() == ' ')
            cell.remove_suffix(1);
        if (!cell.empty())
            cells.emplace_back(cell);
        at = end + 1;
    }
    return cells.size() < 3 ? std::vector<std::string>() : cells;
}

/// The cells of a line: words, or, in a csv, what stands between its separators. Empty cells at its end and what pandas calls a number that is not there
/// are taken off.
std::vector<std::string> cellsOf(std::string_view line, const fs::path &list, std::int64_t number)
{
    std::vector<std::string> cells;
    if (line.find_first_of(",;|") != std::string_view::npos) {
        const CsvBeginning beginning = csvBeginning(line);
        if (beginning.at >= line.size() && beginning.lines > 0)
            return cells; // "sep=;"
        cells = parseCsv(std::string(line), list, {.separator = csvSeparator(line), .firstLine = number}).header;
        while (!cells.empty() && (cells.back().empty() || lowerCase(cells.back()) == "nan"))
            cells.pop_back();
        if (cells.size() != 1 && cells.size() != 2)
            return cells;
    } else if (line.find('\t') != std::string_view::npos) {
        if (std::vector<std::string> between = tabbed(line); !between.empty())
            return between; // a blank may stand in a name
    }
    std::vector<std::string> words; // a comma may stand in a name
    for (std::string_view word = nextWord(line); !word.empty() && words.size() < 6; word = nextWord(line))
        words.emplace_back(word);
    return words.size() > 2 || cells.empty() ? words : cells;
}

/// Where the columns of a list of pictures with a header are.
struct PairColumns {
    std::size_t a = 0;
    std::size_t b = 0;
    std::size_t label = 0;
    bool asks = false; ///< the label's name is a question, which yes and no answer: "same", "match"
};

bool isLabelName(const std::string &key)
{
    static constexpr std::array names{"label", "labels", "same", "issame", "sameperson", "issameperson", "match", "ismatch", "genuine", "isgenuine", "target"};
    return std::find(names.begin(), names.end(), key) != names.end();
}

/// Names of columns where a pair has numbers or pictures: `name,imagenum1,imagenum2`, `path1,path2,label`.
bool isHeader(const std::vector<std::string> &cells)
{
    static constexpr std::array words{"name", "image", "img", "path", "file", "label", "same", "match", "picture"};
    const auto given = [](const std::string &cell) { return wordAsInteger(cell).has_value() || looksLikePicture(fs::path(cell)); };
    const auto column = [](const std::string &cell) {
        const std::string lower = lowerCase(cell);
        return lower.find('/') == std::string::npos
            && std::any_of(words.begin(), words.end(), [&](const char *word) { return lower.find(word) != std::string::npos; });
    };
    return cells.size() >= 3 && std::none_of(cells.begin(), cells.end(), given) && std::any_of(cells.begin(), cells.end(), column);
}

/// Of a header with two columns of pictures and one label; nothing of LFW's, where numbers stand.
std::optional<PairColumns> columnsOf(const std::vector<std::string> &header)
{
    static constexpr std::array pictures{"path", "img", "image", "file", "picture"};
    std::vector<std::size_t> found;
    std::optional<std::size_t> label;
    PairColumns columns;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const std::string key = columnKey(header[i]);
        if (key.starts_with("imagenum") || key.starts_with("imgnum"))
            return std::nullopt;
        if (isLabelName(key) && !label) {
            label = i;
            columns.asks = !key.starts_with("label") && key != "target";
        } else if (std::any_of(pictures.begin(), pictures.end(), [&](const char *word) { return key.starts_with(word); })) {
            found.push_back(i);
        }
    }
    if (!label || found.size() != 2)
        return std::nullopt;
    columns.a = found[0];
    columns.b = found[1];
    columns.label = *label;
    return columns;
}

/// 1 for a genuine pair, 0 or -1 for an impostor pair, by number or by a word that means nothing else.
std::optional<int> labelOf(const std::string &cell, bool asks)
{
    if (const auto number = wordAsInteger(cell))
        return *number >= -1 && *number <= 1 ? std::optional(static_cast<int>(*number)) : std::nullopt;
    const std::string word = lowerCase(cell);
    for (const char *genuine : {"true", "same", "genuine", "match", "positive"})
        if (word == genuine)
            return 1;
    for (const char *impostor : {"false", "different", "diff", "impostor", "mismatch", "negative"})
        if (word == impostor)
            return 0;
    if (asks && (word == "yes" || word == "no"))
        return word == "yes" ? 1 : 0;
    return std::nullopt;
}

/// A path, where it is not certain that a cell is one: by its ending or its folders.
bool looksLikePath(const std::string &cell)
{
    return looksLikePicture(fs::path(cell)) || cell.find_first_of("/\\") != std::string::npos;
}

class Parser {
public:
    /// @param folder where the list lies, as an absolute path; or empty
    Parser(LineReader &reader, const fs::path &list, const std::vector<fs::path> &roots, fs::path folder = {})
        : m_reader(reader), m_list(list), m_roots(roots), m_folder(std::move(folder))
    {
    }

    PairListSummary parse(std::vector<std::string> &warnings, Progress &progress, const std::function<void(const ListedPair &)> &use)
    {
        bool header = false;
        LeftOut comments;
        while (const auto line = m_reader.next()) {
            progress.throwIfCancelled();
            if (m_reader.tooLong())
                throw error("is longer than 65536 bytes.");
            const bool first = m_summary.genuine + m_summary.impostor == 0;
            if (const std::size_t begin = line->find_first_not_of(" \t"); begin != std::string_view::npos && (*line)[begin] == '#') {
                if (!first)
                    comments.add(std::to_string(m_reader.line()));
                continue;
            }
            const std::vector<std::string> cells = cellsOf(*line, m_list, m_reader.line());
            if (cells.empty())
                continue;
            if (first && !header && isHeader(cells)) {
                header = true;
                m_columns = columnsOf(cells);
                continue;
            }
            if (first && m_folds == 0 && cells.size() <= 2 && !m_columns) { // "10 300", or "500" of the development sets
                announcement(cells);
                continue;
            }
            const ListedPair pair = m_columns ? pairOfColumns(cells) : pairOf(cells);
            ++(pair.genuine ? m_summary.genuine : m_summary.impostor);
            use(pair);
        }
        const std::int64_t found = m_summary.genuine + m_summary.impostor;
        if (found == 0)
            throw FileError(m_list, "names no pair.");
        constexpr std::int64_t absurd = std::int64_t{1} << 30;
        if (m_folds != 0 && (m_folds < 1 || m_each < 1 || m_folds > absurd || m_each > absurd || m_folds * m_each * 2 != found))
            warnings.push_back(m_list.string() + ": announces " + std::to_string(m_folds) + " folds of " + std::to_string(m_each) + " and "
                               + std::to_string(m_each) + " pairs, but has " + std::to_string(found) + " pairs.");
        if (comments.count() > 0)
            warnings.push_back(m_list.string() + ": "
                               + comments.sentence("line among the pairs begins with # and was", "lines among the pairs begin with # and were"));
        return m_summary;
    }

private:
    /// How a list without a header names its pairs; its first pair tells, and among people every line that cannot be anything else.
    enum class Form { Unknown, People, LabelLast, LabelFirst };

    FileError error(const std::string &what) const { return {m_list, m_reader.line(), what}; }

    void announcement(const std::vector<std::string> &cells)
    {
        const auto first = wordAsInteger(cells.front());
        const auto second = cells.size() == 2 ? wordAsInteger(cells.back()) : first;
        if (!first || !second)
            throw error("is neither a pair nor a count of pairs.");
        m_folds = cells.size() == 2 ? *first : 1;
        m_each = *second;
    }

    ListedPair pairOfColumns(const std::vector<std::string> &cells)
    {
        if (cells.size() <= std::max({m_columns->a, m_columns->b, m_columns->label}))
            throw error("has " + std::to_string(cells.size()) + " cells, too few for the header's columns.");
        return pairOfPaths(cells[m_columns->a], cells[m_columns->b], cells[m_columns->label]);
    }

    ListedPair pairOfPaths(const std::string &a, const std::string &b, const std::string &cell)
    {
        const std::optional<int> label = labelOf(cell, m_columns && m_columns->asks);
        if (!label)
            throw error(
                inQuotes(cell)
                + " is no label that is known: 1, True, same, match or genuine say that both pictures show one person; 0, -1, False, different, mismatch "
                  "or impostor that they do not.");
        if (*label < 1 && m_impostorLabel != 1 && m_impostorLabel != *label)
            throw error("has the label " + std::to_string(*label) + ", where lines before have " + std::to_string(m_impostorLabel)
                        + "; what is meant cannot be told.");
        if (*label < 1)
            m_impostorLabel = *label;
        ListedPair pair;
        pair.line = m_reader.line();
        pair.genuine = *label == 1;
        pair.a = pictureOf(a);
        pair.b = pictureOf(b);
        return pair;
    }

    Form formOf(const std::vector<std::string> &cells) const
    {
        if (cells.size() != 3 || wordAsInteger(cells[1]))
            return Form::People;
        const bool front = looksLikePath(cells[0]);
        const bool end = looksLikePath(cells[2]);
        if (!looksLikePath(cells[1]) || front == end)
            return Form::People;
        return front ? Form::LabelLast : Form::LabelFirst;
    }

    ListedPair pairOf(std::vector<std::string> cells)
    {
        // A pair's number before it, as pandas writes it.
        if (cells.size() > 3 && (cells[0].empty() || wordAsInteger(cells[0])) && !wordAsInteger(cells[1]))
            cells.erase(cells.begin());
        if (cells.size() != 3 && cells.size() != 4)
            throw error(
                "has " + std::to_string(cells.size())
                + " words; 3 (a genuine pair: name i j) or 4 (an impostor pair: name i name j) are needed, or two pictures and a 0 or 1 (tabs or commas "
                  "between them where a name holds blanks).");
        if (m_form == Form::Unknown)
            m_form = formOf(cells);
        // Among people's names and numbers a line of two paths is told by itself.
        const Form form = m_form == Form::People ? formOf(cells) : m_form;
        if (form != Form::People) {
            if (cells.size() != 3)
                throw error("has 4 words, where lines before have two pictures and a label.");
            const std::size_t label = form == Form::LabelLast ? 2 : 0;
            return pairOfPaths(cells[label == 0 ? 1 : 0], cells[label == 0 ? 2 : 1], cells[label]);
        }
        ListedPair pair;
        pair.line = m_reader.line();
        pair.genuine = cells.size() == 3;
        pair.personA = cells[0];
        pair.personB = pair.genuine ? cells[0] : cells[2];
        pair.a = pictureOf(cells[0], cells[1]);
        pair.b = pictureOf(pair.personB, pair.genuine ? cells[2] : cells[3]);
        return pair;
    }

    /// A picture's name relative to the set, one for each place: "./a//b.jpg" and "c/../a/b.jpg" are "a/b.jpg".
    std::string pictureOf(const std::string &listed) const
    {
        std::string name = listed;
        std::replace(name.begin(), name.end(), '\\', '/');
        while (name.starts_with("./"))
            name.erase(0, name.find_first_not_of('/', 1));
        const bool plain = isSafeName(name) && name.find("//") == std::string::npos && name.find("/.") == std::string::npos;
        if (plain)
            return name;
        if (!name.empty() && name.find('\0') == std::string::npos) {
            if (!name.starts_with('/'))
                if (const std::string inside = fs::path(name).lexically_normal().string(); isSafeName(inside) && inside != "." && !inside.ends_with('/'))
                    return inside;
            for (const fs::path &root : m_roots)
                for (const fs::path &from : {root, m_folder})
                    if (const std::string inside = (from / name).lexically_normal().lexically_relative(root).string(); isSafeName(inside) && inside != ".")
                        return inside;
        }
        throw error(inQuotes(listed) + " names something outside of the set.");
    }

    std::string pictureOf(const std::string &person, const std::string &number) const
    {
        const auto value = wordAsInteger(number);
        if (!isSafeName(person) || person.find('/') != std::string::npos)
            throw error(inQuotes(person) + " is no person's name.");
        if (!value || *value < 1 || *value > 9999)
            throw error(inQuotes(number) + " is no picture number.");
        return person + '/' + person + printed("_%04d.jpg", static_cast<int>(*value));
    }

    LineReader &m_reader;
    const fs::path &m_list;
    const std::vector<fs::path> &m_roots;
    fs::path m_folder;
    PairListSummary m_summary;
    std::int64_t m_folds = 0;
    std::int64_t m_each = 0;
    Form m_form = Form::Unknown;
    std::optional<PairColumns> m_columns;
    int m_impostorLabel = 1; ///< 1: none seen yet
};

} // namespace

std::vector<fs::path> rootsOfNames(const std::vector<fs::path> &folders)
{
    std::vector<fs::path> roots;
    for (const fs::path &folder : folders) {
        if (folder.empty())
            continue;
        std::error_code problem;
        for (fs::path root : {fs::absolute(folder, problem).lexically_normal(), fs::weakly_canonical(folder, problem)}) {
            if (!root.has_filename())
                root = root.parent_path(); // "folder/"
            if (!root.empty() && std::find(roots.begin(), roots.end(), root) == roots.end())
                roots.push_back(root);
        }
    }
    return roots;
}

PairListSummary readPairList(const fs::path &list, const std::vector<fs::path> &folders, std::vector<std::string> &warnings, Progress &progress,
                             const std::function<void(const ListedPair &)> &use)
{
    LineReader reader(list);
    const std::vector<fs::path> roots = rootsOfNames(folders);
    std::error_code problem;
    return Parser(reader, list, roots, fs::absolute(list, problem).lexically_normal().parent_path()).parse(warnings, progress, use);
}

PairListSummary parsePairList(std::string_view text, const fs::path &name, const std::vector<fs::path> &roots, std::vector<std::string> &warnings,
                              Progress &progress, const std::function<void(const ListedPair &)> &use)
{
    LineReader reader(text, name);
    return Parser(reader, name, roots).parse(warnings, progress, use);
}

fs::path otherKindOf(const fs::path &list)
{
    std::string name = list.filename().string();
    const std::string lower = lowerCase(name);
    if (const std::size_t at = lower.find("mismatch"); at != std::string::npos)
        name.erase(at, 3);
    else if (const std::size_t match = lower.find("match"); match != std::string::npos)
        name.replace(match, 1, name[match] == 'M' ? "Mism" : "mism");
    else
        return {};
    std::error_code problem;
    std::string capital = name;
    if (const std::size_t at = lowerCase(name).find("match"); lower.find("mismatch") != std::string::npos && at != std::string::npos)
        capital[at] = 'M';
    for (const std::string &other : {name, lowerCase(name), capital})
        if (fs::is_regular_file(list.parent_path() / other, problem))
            return list.parent_path() / other;
    return {};
}

} // namespace dscope
