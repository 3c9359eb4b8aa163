#include "core/evaluation/pairlist.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/base/picturefile.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

/// The cells of a line: words, or, in a csv, what stands between its separators. Empty cells at its end, a pair's number before it and what pandas calls
/// a number that is not there are taken off.
std::vector<std::string> cellsOf(std::string_view line, const fs::path &list, std::int64_t number)
{
    std::vector<std::string> cells;
    if (line.size() == 5 && lowerCase(line.substr(0, 4)) == "sep=")
        return cells;
    if (line.find_first_of(",;") != std::string_view::npos) {
        cells = parseCsv(std::string(line), list, {.separator = csvSeparator(line), .firstLine = number}).header;
        while (!cells.empty() && (cells.back().empty() || lowerCase(cells.back()) == "nan"))
            cells.pop_back();
        if (cells.size() > 3 && (cells[0].empty() || wordAsInteger(cells[0])) && !wordAsInteger(cells[1]))
            cells.erase(cells.begin());
        if (cells.size() != 1 && cells.size() != 2)
            return cells;
    }
    std::vector<std::string> words; // a comma may stand in a name
    for (std::string_view word = nextWord(line); !word.empty() && words.size() < 5; word = nextWord(line))
        words.emplace_back(word);
    return words.size() > 2 || cells.empty() ? words : cells;
}

/// Names of columns where a pair has numbers or pictures: `name,imagenum1,imagenum2`, `path1,path2,label`.
bool isHeader(const std::vector<std::string> &cells)
{
    static constexpr std::array words{"name", "image", "img", "path", "file", "label", "same", "match"};
    const auto given = [](const std::string &cell) { return wordAsInteger(cell).has_value() || looksLikePicture(fs::path(cell)); };
    const auto column = [](const std::string &cell) {
        const std::string lower = lowerCase(cell);
        return std::any_of(words.begin(), words.end(), [&](const char *word) { return lower.find(word) != std::string::npos; });
    };
    return cells.size() >= 3 && std::none_of(cells.begin(), cells.end(), given) && std::any_of(cells.begin(), cells.end(), column);
}

class Parser {
public:
    Parser(LineReader &reader, const fs::path &list) : m_reader(reader), m_list(list) {}

    PairListSummary parse(std::vector<std::string> &warnings, Task &task, const std::function<void(const ListedPair &)> &use)
    {
        bool header = false;
        while (const auto line = m_reader.next()) {
            task.throwIfCancelled();
            if (m_reader.tooLong())
                throw error("is longer than 65536 bytes.");
            const std::vector<std::string> cells = cellsOf(*line, m_list, m_reader.line());
            const bool first = m_summary.genuine + m_summary.impostor == 0;
            if (cells.empty() || (first && !header && (header = isHeader(cells))))
                continue;
            if (first && m_folds == 0 && cells.size() <= 2) { // "10 300", or "500" of the development sets
                announcement(cells);
                continue;
            }
            const ListedPair pair = pairOf(cells);
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
        return m_summary;
    }

private:
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

    ListedPair pairOf(const std::vector<std::string> &cells) const
    {
        if (cells.size() != 3 && cells.size() != 4)
            throw error("has " + std::to_string(cells.size())
                        + " words; 3 (a genuine pair: name i j) or 4 (an impostor pair: name i name j) are needed, or two pictures and a 0 or 1.");
        ListedPair pair;
        pair.line = m_reader.line();
        if (cells.size() == 3 && !wordAsInteger(cells[1]) && looksLikePicture(fs::path(cells[0])) && looksLikePicture(fs::path(cells[1]))) {
            const auto label = wordAsInteger(cells[2]); // "path path 1", as the lists of other sets of pairs are
            if (!label || (*label != 0 && *label != 1))
                throw error("does not end in 0 or 1.");
            pair.genuine = *label == 1;
            pair.a = pictureOf(cells[0]);
            pair.b = pictureOf(cells[1]);
            return pair;
        }
        pair.genuine = cells.size() == 3;
        pair.personA = cells[0];
        pair.personB = pair.genuine ? cells[0] : cells[2];
        pair.a = pictureOf(cells[0], cells[1]);
        pair.b = pictureOf(pair.personB, pair.genuine ? cells[2] : cells[3]);
        return pair;
    }

    std::string pictureOf(std::string name) const
    {
        std::replace(name.begin(), name.end(), '\\', '/');
        while (name.starts_with("./"))
            name.erase(0, 2);
        if (!isSafeName(name))
            throw error("'" + name.substr(0, 80) + "' names something outside of the set.");
        return name;
    }

    std::string pictureOf(const std::string &person, const std::string &number) const
    {
        const auto value = wordAsInteger(number);
        if (!isSafeName(person) || person.find('/') != std::string::npos)
            throw error("'" + person.substr(0, 80) + "' is no person's name.");
        if (!value || *value < 1 || *value > 9999)
            throw error("'" + number.substr(0, 20) + "' is no picture number.");
        return person + '/' + person + printed("_%04d.jpg", static_cast<int>(*value));
    }

    LineReader &m_reader;
    const fs::path &m_list;
    PairListSummary m_summary;
    std::int64_t m_folds = 0;
    std::int64_t m_each = 0;
};

} // namespace

PairListSummary readPairList(const fs::path &list, std::vector<std::string> &warnings, Task &task, const std::function<void(const ListedPair &)> &use)
{
    LineReader reader(list);
    return Parser(reader, list).parse(warnings, task, use);
}

PairListSummary parsePairList(std::string_view text, const fs::path &name, std::vector<std::string> &warnings, Task &task,
                              const std::function<void(const ListedPair &)> &use)
{
    LineReader reader(text, name);
    return Parser(reader, name).parse(warnings, task, use);
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
