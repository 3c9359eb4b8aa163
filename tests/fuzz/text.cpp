// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"
#include "core/base/csv.h"
#include "core/base/encoding.h"
#include "core/base/jsonlimits.h"
#include "core/sets/qualityfile.h"
#include "tests/fuzz/target.h"

#include <cmath>

// Texts: JSON, csv, lists of qualities, and what is typed on the command line.

namespace dscope::fuzz {

namespace {
constexpr std::size_t s_whole = 65536; ///< bytes up to which a result is written and read again
}

DSCOPE_FUZZ_TARGET(json)
{
    refusable([&] {
        const Json json = parseJson(textOf(bytes), "a.json");
        if (bytes.size() > s_whole)
            return;
        // What was read can be written, and read again as the same.
        require(jsonText(parseJson(jsonText(json), "b.json")) == jsonText(json), "JSON that is written is read as another value");
    });
}

DSCOPE_FUZZ_TARGET(csv)
{
    const std::string_view text = textOf(bytes);
    WarningList bad;
    for (const CsvOptions &options :
         {CsvOptions{.separator = anySeparator}, CsvOptions{.separator = '\t', .badRows = &bad}, CsvOptions{.separator = anySeparator, .ragged = true}})
        refusable([&] {
            const CsvTable table = parseCsv(std::string(text), "a.csv", options);
            for (const CsvTable::Row &row : table.rows) {
                require(row.cells.size() == table.header.size(), "a row has another number of cells than the header");
                for (const std::string_view cell : row.cells)
                    if (const auto number = parseNumber(cell); number && std::isfinite(*number))
                        require(parseNumber(csvNumber(*number)) == number, "a number that is written is read as another one");
            }
        });
}

DSCOPE_FUZZ_TARGET(encoding)
{
    const std::string text = utf8Text(std::string(textOf(bytes)));
    const std::string name(textOf(bytes));
    require(nameFromUtf8(utf8Name(name)) == name, "a name that is written as UTF-8 is read as another one");
    (void)jsonText(Json(utf8Name(name)));
    (void)text;
}

DSCOPE_FUZZ_TARGET(quality)
{
    const std::vector<std::string> names{"a/b.jpg", "b.jpg", "c/d/e.png"};
    for (const QualityFormat format :
         {QualityFormat::Auto, QualityFormat::Csv, QualityFormat::Nist, QualityFormat::Ofiq, QualityFormat::Erc, QualityFormat::FourColumns})
        refusable([&] {
            Progress progress;
            const QualityFile quality = parseQualityFile(std::string(textOf(bytes)), "quality.txt", progress, format);
            require(quality.pictures.size() == quality.scores.size(), "pictures and scores of a quality file differ in number");
            (void)matchQuality(quality, names, progress);
        });
}

DSCOPE_FUZZ_TARGET(arguments)
{
    std::vector<std::string> words;
    for (const std::string_view word : sections(bytes, 8))
        words.emplace_back(word);
    const std::vector<cli::Option> options{
        {"out", "FILE", "where to"}, {"threshold", "T", "from which on"}, {"every", "N", "each n-th"}, {"json", "", "as JSON"}};
    refusable([&] {
        const cli::Arguments arguments(words, options, "score");
        (void)arguments.paths();
        (void)arguments.text("out");
        (void)arguments.has("json");
        (void)arguments.all("out");
        const double threshold = arguments.number("threshold", 0.15, 0, 1);
        require(threshold >= 0 && threshold <= 1, "a number lies outside of its range");
        const std::int64_t every = arguments.integer("every", 1, 1, 1000);
        require(every >= 1 && every <= 1000, "a whole number lies outside of its range");
    });
}

} // namespace dscope::fuzz
