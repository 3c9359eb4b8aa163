// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picturelist.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "core/base/picturefile.h"
#include "core/base/samefile.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t s_longestLine = 1 << 16;
constexpr std::size_t s_named = 5;

bool isPictureName(std::string_view name)
{
    return looksLikePicture(fs::path(name));
}

std::vector<std::string> cellsOf(std::string_view line, char separator)
{
    try {
        return parseCsv(std::string(line), "list", {.separator = separator}).header;
    } catch (const FileError &) {
        return {}; // a quoted cell goes on in the next line
    }
}

std::optional<std::size_t> columnOf(const std::vector<std::string> &header, const std::vector<std::string_view> &names)
{
    for (const std::string_view name : names)
        for (std::size_t i = 0; i < header.size(); ++i)
            if (columnKey(header[i]) == columnKey(name))
                return i;
    return std::nullopt;
}

bool isHeader(const std::vector<std::string> &cells, bool pictures)
{
    return columnOf(cells, pictureColumn().sure) || (!pictures && columnOf(cells, pictureColumn().perhaps));
}

bool namesPeople(const std::vector<std::string> &cells)
{
    return columnOf(cells, personColumn().sure) || columnOf(cells, personColumn().perhaps) || columnOf(cells, groupColumn().sure);
}

bool isFraction(std::string_view cell)
{
    return parseNumber(cell) && !wordAsInteger(cell);
}

constexpr const char *s_scores = "has no header, and a score where a person would be; put a line of names above, such as path,person.";
constexpr const char *s_pairs = "names two pictures a line, as a list of pairs does; `dscope evaluate-pairs` and `dscope evaluate lfw` take one with --pairs.";

/// Of a first line that is no header and whose cells stand between separators, tabs among them.
ListForm formOfCells(const std::vector<std::string> &cells, const std::vector<std::size_t> &pictures, bool tabs)
{
    ListForm form;
    form.sure = true;
    const std::size_t picture = pictures.front();
    const std::size_t count = cells.size();
    const bool numbered = tabs && wordAsInteger(cells[0]).has_value();
    if (pictures.size() > 1) {
        form.sure = false;
        form.refused = s_pairs;
    } else if (count == 2 && isFraction(cells[1 - picture])) {
        form.sure = false;
        form.refused = s_scores;
    } else if (count == 2) {
        form.columns = picture == 0 ? std::vector<std::string>{"path", "person"} : std::vector<std::string>{"person", "path"};
        form.notice = "has no header; its first line is taken for a picture and its person.";
    } else if (numbered && count > 2 && picture + 1 == count) { // MXNet
        form.columns.resize(count, "further");
        form.columns[0] = "index";
        form.columns[1] = "person";
        form.columns[picture] = "path";
        if (count > 3)
            form.notice = "has " + std::to_string(count - 2) + " labels a picture; the first one is taken for the person.";
    } else if (numbered && count > 2 && picture == 1) { // insightface
        form.columns.resize(count, "further");
        form.columns[0] = "aligned";
        form.columns[1] = "path";
        form.columns[2] = "person";
    } else {
        form.refused = "has no header, and which of its " + std::to_string(count)
            + " columns is the person cannot be told; put a line of names above, such as path,person.";
    }
    return form;
}

/// Of a line of words: nothing where none of them is a picture.
std::optional<ListForm> formOfWords(std::string_view line, const std::function<bool(const std::string &)> &isFile)
{
    const std::size_t last = line.find_last_of(" \t");
    if (last == std::string_view::npos)
        return std::nullopt;
    const auto trimmed = [](std::string_view text) {
        const std::size_t begin = text.find_first_not_of(" \t");
        return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
    };
    const std::string_view front = trimmed(line.substr(0, last));
    const std::string_view end = line.substr(last + 1);
    const std::size_t first = line.find_first_of(" \t");
    const std::string_view word = line.substr(0, first);
    const std::string_view rest = trimmed(line.substr(first));
    ListForm form;
    form.sure = true;
    const auto header = [&](std::string_view one, std::string_view other) {
        return columnOf({std::string(one)}, pictureColumn().sure) && namesPeople({std::string(other)});
    };
    if (header(front, end) || header(end, front)) {
        form.cut = header(front, end) ? CsvOptions::Cut::LastWord : CsvOptions::Cut::FirstWord;
        return form;
    }
    if (!isPictureName(end) && (isPictureName(front) || isFile(std::string(front)))) {
        const std::size_t blank = front.find_last_of(" \t");
        if (blank != std::string_view::npos && isPictureName(trimmed(front.substr(0, blank))))
            form.refused = s_pairs;
        else if (isFraction(end))
            form.refused = s_scores;
        form.sure = form.refused.empty();
        form.cut = CsvOptions::Cut::LastWord;
        form.columns = {"path", "person"};
        return form;
    }
    if (!wordAsInteger(word) || !(isPictureName(rest) || isFile(std::string(rest))))
        return std::nullopt;
    if (rest.find_first_of(" \t") != std::string_view::npos && isPictureName(rest.substr(0, rest.find_first_of(" \t")))) {
        form.refused = s_pairs;
        form.sure = false;
    }
    form.cut = CsvOptions::Cut::FirstWord;
    form.columns = {"person", "path"};
    return form;
}

} // namespace

ListForm listForm(std::string_view text, const std::function<bool(const std::string &)> &isFile)
{
    const CsvBeginning beginning = csvBeginning(text);
    std::string_view line = text.substr(beginning.at, text.find_first_of("\r\n", beginning.at) - beginning.at);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t'))
        line.remove_suffix(1);
    ListForm form;
    if (line.find('\0') != std::string_view::npos)
        form.refused = "has zero bytes in its first line: it is no text, or UTF-16 or UTF-32 without a byte-order mark that begins with no Latin letters; save "
                       "it as UTF-8.";
    if (line.size() > s_longestLine || !form.refused.empty())
        return form;
    const std::vector<std::string> cells = cellsOf(line, beginning.separator);
    std::vector<std::size_t> pictures;
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (isPictureName(cells[i]))
            pictures.push_back(i);
    if (isHeader(cells, !pictures.empty())) {
        form.sure = cells.size() > 1 && columnOf(cells, pictureColumn().sure) && namesPeople(cells);
        return form;
    }
    if (pictures.empty() || cells.size() == 1)
        if (const std::optional<ListForm> words = formOfWords(line, isFile))
            return *words;
    if (pictures.empty() && cells.size() > 1)
        for (std::size_t i = 0; i < cells.size(); ++i)
            if (isFile(cells[i]))
                pictures.push_back(i);
    if (pictures.empty())
        return form;
    if (cells.size() == 1) {
        form.refused = "names pictures alone; a column of people or groups is needed, and a first line such as path,person above.";
        return form;
    }
    return formOfCells(cells, pictures, beginning.separator == '\t');
}

bool looksLikePictureList(const fs::path &path)
{
    constexpr std::size_t enough = 1 << 16;
    const std::vector<std::uint8_t> bytes = firstBytes(path, enough);
    const std::string text = utf8Text(std::string(bytes.begin(), bytes.end()));
    const bool binary =
        std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\0'; });
    PictureFinder finder(path.parent_path());
    return !text.empty() && !binary && listForm(text, [&](const std::string &name) {
                                           const std::optional<std::string> found = finder.find(name);
                                           return found && isPicture(finder.folder() / *found);
                                       }).sure;
}

namespace {

/// The columns of a list, and its lines one after the other.
class Reader {
public:
    Reader(const CsvTable &table, ListFor use, WarningList &bad) : m_table(table), m_bad(bad)
    {
        m_picture = columnFor(pictureColumn(), [&](std::size_t) { return true; });
        const auto people = optionalColumn(personColumn());
        const auto groups = optionalColumn(groupColumn());
        m_forPeople = use == ListFor::People;
        const auto track = optionalColumn(trackColumn());
        m_byTrack = track && !groups && !m_forPeople;
        if (m_byTrack) {
            m_group = *track;
            for (const auto &part : {people, optionalColumn(cameraColumn())})
                if (part)
                    m_way.push_back(*part);
        } else if (m_forPeople)
            m_group = people ? *people : groups ? *groups : columnFor(personColumn(), [&](std::size_t column) { return column != m_picture; });
        else
            m_group = groups ? *groups : people ? *people : columnFor(groupColumn(), [&](std::size_t column) { return column != m_picture; });
        m_person = people;
    }

    std::vector<std::string> notices() const { return m_notices; }

    /// Nothing for a line that cannot be used.
    std::optional<ListedPicture> line(std::size_t i)
    {
        const CsvTable::Row row = m_table.rows[i];
        ListedPicture picture{row.line, std::string(row.cells[m_picture]), std::string(idText(row.cells[m_group])), {}};
        if (m_byTrack && !picture.group.empty())
            for (std::size_t part = m_way.size(); part-- > 0;) {
                const std::string_view text = idText(row.cells[m_way[part]]);
                picture.group = std::string(text.empty() ? "?" : text) + '/' + picture.group;
            }
        else if (m_byTrack && m_person) // of no track: as where there are none
            picture.group = idText(row.cells[*m_person]);
        if (m_person)
            picture.person = idText(row.cells[*m_person]);
        const bool zero = (picture.file + picture.group + picture.person).find('\0') != std::string::npos;
        if (!zero && !picture.file.empty() && !picture.group.empty())
            return picture;
        const char *why = zero     ? "has a zero byte in a name."
            : picture.file.empty() ? "names no picture."
            : m_forPeople          ? "names no person."
            : !m_byTrack           ? "names no group."
                                   : "names no track.";
        m_bad.add(FileError(m_table.path, row.line, std::string(why) + " The line was left out.").what());
        return std::nullopt;
    }

private:
    std::optional<std::size_t> optionalColumn(const ColumnNames &names)
    {
        for (const auto *some : {&names.sure, &names.perhaps})
            for (const std::string_view name : *some)
                for (std::size_t i = 0; i < m_table.header.size(); ++i)
                    if (columnKey(m_table.header[i]) == columnKey(name) && i != m_picture) {
                        if (some == &names.perhaps)
                            m_notices.push_back(m_table.path.string() + ": has no column '" + std::string(names.sure.front()) + "'; '" + m_table.header[i]
                                                + "' is taken for the " + std::string(names.what) + ".");
                        return i;
                    }
        return std::nullopt;
    }

    /// @throws FileError that says which columns there are, and which could be meant
    template<typename May>
    std::size_t columnFor(const ColumnNames &names, May may)
    {
        if (const auto found = optionalColumn(names))
            return *found;
        const bool picture = &names == &pictureColumn();
        std::string columns;
        std::string meant;
        for (std::size_t i = 0; i < m_table.header.size(); ++i) {
            const std::string &name = m_table.header[i];
            columns += (columns.empty() ? "" : ", ") + name.substr(0, 80);
            const std::string cell(m_table.rows.empty() ? std::string_view() : m_table.rows[0].cells[i].substr(0, 80));
            if (meant.empty() && !name.empty() && !cell.empty() && may(i) && isPictureName(cell) == picture)
                meant = "'" + name.substr(0, 80) + "' could be meant, where the first line below has '" + cell + "': if so, call it '"
                    + std::string(names.sure.front()) + "'.";
        }
        if (columns.size() > 400)
            columns = columns.substr(0, 400) + " ...";
        std::string known = names.listed();
        if (&names == &groupColumn())
            known += ", or one for the person";
        throw FileError(m_table.path, 1,
                        "has no column for the " + std::string(names.what) + " (" + known + "); its columns are: " + columns + "."
                            + (meant.empty() ? "" : " " + meant));
    }

    static constexpr std::size_t s_nowhere = static_cast<std::size_t>(-1);
    const CsvTable &m_table;
    WarningList &m_bad;
    std::size_t m_picture = s_nowhere;
    std::size_t m_group = 0;
    bool m_byTrack = false;         ///< no column names groups, but one their tracks
    std::vector<std::size_t> m_way; ///< the columns before the track's in a tracklet's name: person, camera
    std::optional<std::size_t> m_person;
    bool m_forPeople = false;
    std::vector<std::string> m_notices;
};

/// Which lines the rules let through.
class Rules {
public:
    /// @throws FileError for a column that is not there
    Rules(const CsvTable &table, const std::vector<CellRule> &rules) : m_table(table)
    {
        for (const CellRule &rule : rules) {
            const auto column =
                std::find_if(table.header.begin(), table.header.end(), [&](const std::string &name) { return columnKey(name) == columnKey(rule.column); });
            if (column == table.header.end()) {
                std::string columns;
                for (const std::string &name : table.header)
                    columns += (columns.empty() ? "" : ", ") + name.substr(0, 80);
                throw FileError(table.path, 1, "has no column '" + rule.column + "' to choose lines by; its columns are: " + columns.substr(0, 400) + ".");
            }
            m_rules.emplace_back(static_cast<std::size_t>(column - table.header.begin()), &rule);
        }
    }
    bool hold(std::size_t i) const
    {
        return std::all_of(m_rules.begin(), m_rules.end(),
                           [&](const auto &rule) { return (m_table.rows[i].cells[rule.first] == std::string_view(rule.second->value)) == rule.second->equal; });
    }

private:
    const CsvTable &m_table;
    std::vector<std::pair<std::size_t, const CellRule *>> m_rules;
};

/// Why nothing is left of a list.
FileError nothingOf(const CsvTable &table, const WarningList &bad, const WarningList &missing)
{
    if (missing.count() > 0)
        return {table.path,
                "none of its pictures can be found; relative names count from the folder that it lies in, else from the current one. " + missing.first()};
    if (bad.count() > 0)
        return {table.path, "has no line that can be used. " + bad.first()};
    return {table.path, "has a header and no line below it."};
}

} // namespace

std::vector<std::string> parsePictureList(std::string text, const fs::path &name, const PictureListOptions &options,
                                          const std::function<std::optional<std::string>(const std::string &)> &find, Progress &progress,
                                          const std::function<void(ListedPicture &&)> &use)
{
    text = utf8Text(std::move(text));
    ListForm form = listForm(text, [&](const std::string &cell) { return find(cell).has_value(); });
    if (!form.refused.empty())
        throw FileError(name, form.refused);
    WarningList bad(s_named);
    WarningList missing(s_named);
    const CsvTable table = parseCsv(std::move(text), name, {.badRows = &bad, .columns = std::move(form.columns), .cut = form.cut, .progress = &progress});
    Reader reader(table, options.use, bad);
    const Rules rules(table, options.where);
    std::size_t used = 0;
    std::size_t ruledOut = 0;
    std::size_t unwanted = 0;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        if (i % 4096 == 0)
            progress.checkpoint(static_cast<std::int64_t>(i), static_cast<std::int64_t>(table.rows.size()));
        if (!rules.hold(i)) {
            ++ruledOut;
            continue;
        }
        std::optional<ListedPicture> picture = reader.line(i);
        if (!picture)
            continue;
        if (options.wanted && !options.wanted(picture->group)) {
            ++unwanted;
            continue;
        }
        std::optional<std::string> found = find(picture->file);
        if (!found) {
            const fs::path whole = name.parent_path() / picture->file;
            const std::string why = options.whyNot ? options.whyNot() : std::string();
            missing.add(FileError(name, picture->line, "the picture " + whole.string() + (why.empty() ? " does not exist." : " " + why)).what());
            continue;
        }
        ++used;
        picture->file = std::move(*found);
        use(std::move(*picture));
    }
    if (used + unwanted == 0 && ruledOut > 0 && bad.count() + missing.count() == 0)
        throw FileError(name, "has no line for which all that was asked for holds.");
    if (used + unwanted == 0)
        throw nothingOf(table, bad, missing);
    std::vector<std::string> told;
    if (!options.where.empty())
        told.push_back(name.string() + ": " + std::to_string(ruledOut) + " of " + std::to_string(table.rows.size()) + " lines were left out as asked for.");
    if (!form.notice.empty())
        told.push_back(name.string() + ": " + form.notice);
    for (std::string &notice : reader.notices())
        told.push_back(std::move(notice));
    bad.appendTo(told, "malformed lines in " + name.string());
    missing.appendTo(told, "missing pictures");
    if (missing.count() > 0)
        told.push_back(std::to_string(missing.count()) + " of " + std::to_string(table.rows.size())
                       + (missing.count() == 1 ? " pictures is missing." : " pictures are missing."));
    return told;
}

CellRule cellRule(std::string_view text)
{
    const std::size_t at = text.find('=');
    const bool equal = at == std::string_view::npos || at == 0 || text[at - 1] != '!';
    const std::string_view column = text.substr(0, at == std::string_view::npos ? 0 : equal ? at : at - 1);
    if (column.empty())
        throw UsageError("'" + std::string(text) + "' chooses no lines of a list; say COLUMN=VALUE or COLUMN!=VALUE, such as doubt=0.");
    return {std::string(column), std::string(text.substr(at + 1)), equal};
}

std::vector<std::string> readPictureList(const fs::path &list, const PictureListOptions &options, Progress &progress,
                                         const std::function<void(ListedPicture &&)> &use)
{
    PictureFinder finder(list.parent_path());
    PictureListOptions all = options;
    all.whyNot = [&] { return finder.whyNot(); };
    std::vector<std::string> told = parsePictureList(
        readText(list), list, all, [&](const std::string &name) { return finder.find(name); }, progress, use);
    if (const std::string notice = finder.otherCapitals(); !notice.empty())
        told.push_back(list.string() + ": " + notice);
    if (finder.fromCurrent() > 0)
        told.push_back(list.string() + ": pictures that are not where the list lies were found from the current folder, " + finder.current().string() + ".");
    return told;
}

std::vector<std::string> RepeatedPictures::told(const fs::path &list, const std::string &what) const
{
    std::vector<std::string> texts;
    if (again.count() > 0)
        texts.push_back(
            list.string() + ": "
            + again.sentence("line that names a picture of the same " + what + " again was", "lines that name a picture of the same " + what + " again were"));
    if (unclear.count() > 0)
        texts.push_back(
            list.string() + ": "
            + unclear.sentence("line of a picture that is listed for several people was", "lines of pictures that are listed for several people were"));
    return texts;
}

RepeatedPictures repeatedPictures(std::size_t count, const fs::path &folder, const std::function<std::string(std::size_t)> &file,
                                  const std::function<std::size_t(std::size_t)> &group, const std::function<std::string_view(std::size_t)> &person,
                                  Progress &progress)
{
    RepeatedPictures repeated;
    repeated.out.assign(count, 0);
    std::vector<std::pair<std::size_t, std::size_t>> byHash; // hash, place
    byHash.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 4096 == 0)
            progress.throwIfCancelled();
        byHash.emplace_back(sameFileKey(folder / file(i)), i);
    }
    std::sort(byHash.begin(), byHash.end());
    for (std::size_t begin = 0, end = 0; begin < byHash.size(); begin = end) {
        for (end = begin + 1; end < byHash.size() && byHash[end].first == byHash[begin].first;)
            ++end;
        if (end - begin == 1)
            continue;
        progress.throwIfCancelled();
        std::string_view known;
        bool unclear = false;
        for (std::size_t i = begin; i < end; ++i) {
            const std::string_view who = person(byHash[i].second);
            unclear = unclear || (!known.empty() && !who.empty() && who != known);
            known = known.empty() ? who : known;
        }
        std::set<std::size_t> groups;
        for (std::size_t i = begin; i < end; ++i) {
            const std::size_t place = byHash[i].second;
            if (!groups.insert(group(place)).second || unclear) {
                repeated.out[place] = 1;
                (unclear ? repeated.unclear : repeated.again).add(file(place));
            }
        }
    }
    return repeated;
}

} // namespace dscope
