// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/gifdata.h"
#include "core/base/picturefile.h"
#include "core/base/random.h"
#include "core/media/video.h"
#include "tests/support/madefiles.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

constexpr int s_width = 90;
constexpr int s_height = 70;

/// Pixels as GIF's LZW of 8 bits, in blocks. @param withEnd whether the end code and the empty block stand behind them
std::string lzw(const std::string &pixels, bool withEnd)
{
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    int width = 9;
    std::map<std::string, std::uint32_t> table;
    const auto put = [&](std::uint32_t code) {
        for (bits |= code << count, count += width; count >= 8; bits >>= 8, count -= 8)
            bytes += static_cast<char>(bits & 255U);
    };
    constexpr std::uint32_t clear = 256;
    std::uint32_t next = clear + 2;
    const auto codeOf = [&](const std::string &text) { return text.size() == 1 ? static_cast<std::uint8_t>(text[0]) : table.at(text); };
    put(clear);
    std::string before;
    for (const char pixel : pixels) {
        const std::string longer = before + pixel;
        if (longer.size() == 1 || table.contains(longer)) {
            before = longer;
            continue;
        }
        put(codeOf(before));
        if (next < 4096) {
            table[longer] = next;
            if (next++ == (1U << width))
                ++width;
        } else {
            put(clear);
            table.clear();
            next = clear + 2;
            width = 9;
        }
        before = pixel;
    }
    put(codeOf(before));
    if (withEnd) {
        if (next == (1U << width) && width < 12)
            ++width;
        put(clear + 1);
    }
    if (count > 0)
        bytes += static_cast<char>(bits & 255U);
    std::string blocks;
    for (std::size_t at = 0; at < bytes.size(); at += 255) {
        const std::string part = bytes.substr(at, 255);
        blocks += static_cast<char>(part.size());
        blocks += part;
    }
    return withEnd ? blocks + '\0' : blocks;
}

std::string pixelsOf(int seed)
{
    Random random(static_cast<std::uint64_t>(seed));
    std::string pixels;
    for (int y = 0; y < s_height; ++y)
        for (int x = 0; x < s_width; ++x)
            pixels += static_cast<char>((x + y + seed) / 3 + static_cast<int>(random.below(3)));
    return pixels;
}

std::string head()
{
    std::string colours;
    for (int i = 0; i < 256; ++i)
        colours += std::string(3, static_cast<char>(i));
    return "GIF89a" + little(s_width, 2) + little(s_height, 2) + std::string("\xF7\0\0", 3) + colours;
}

std::string picture(int seed, bool withEnd = true)
{
    return std::string("\x21\xF9\4\0\5\0\0\0", 8) + "," + little(0, 4) + little(s_width, 2) + little(s_height, 2) + std::string("\0\x08", 2)
        + lzw(pixelsOf(seed), withEnd);
}

GifDamage damageOf(const std::string &bytes)
{
    return gifDamage({reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()});
}

} // namespace

/// Damage in GIFs, of which FFmpeg tells little.
class TestGif : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    fs::path write(const std::string &bytes) const
    {
        const fs::path path = fs::path(m_dir.path().toStdString()) / "a.gif";
        writeAtomically(path, bytes);
        return path;
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }
    void cleanup() { refuseDamagedPictures(false); }

    void whole()
    {
        QVERIFY(!damageOf(head() + picture(1) + "; and more").any()); // FFmpeg has its own word on that
        for (const std::string &bytes : {head() + picture(1) + ";", head() + picture(1) + picture(2) + picture(3) + ";"}) {
            const GifDamage found = damageOf(bytes);
            QVERIFY2(!found.any() && !found.noEnd, found.what().c_str());
            VideoReader reader(write(bytes));
            const auto frame = reader.next();
            QVERIFY(frame);
            const std::string pixels = pixelsOf(1);
            for (std::size_t i = 0; i < pixels.size(); ++i)
                QCOMPARE(int{frame->picture.rgb[3 * i]}, int{static_cast<std::uint8_t>(pixels[i])});
            QVERIFY2(reader.warnings().empty(), joined(reader.warnings()).c_str());
        }
    }

    void kinds_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QString>("what"); ///< empty: nothing but the end is missing
        const auto row = [](const char *name, const std::string &file, const char *what) {
            QTest::newRow(name) << QByteArray::fromStdString(file) << QString::fromLatin1(what);
        };
        const std::string one = head() + picture(1);
        row("no trailer", one, "");
        row("no end code", head() + picture(1, false), "");
        row("zeros for a trailer", one + std::string(20, '\0'), "");
        row("no empty block", one.substr(0, one.size() - 1), "");
        row("cut in the data", one.substr(0, one.size() - 300), "wrong codes");
        row("cut in the second picture", one + picture(2).substr(0, 700), "wrong codes in 1 of its 2 pictures");
        row("cut in its head", one + ",\0\0", "it ends within a block");
        row("no block", one + "?" + picture(2) + ";", "bytes that belong to nothing");
        std::string wrong = one + ";";
        wrong[wrong.size() / 2] = static_cast<char>(0xFF);
        wrong[wrong.size() / 2 + 1] = static_cast<char>(0xFF);
        row("a code beyond the table", wrong, "wrong codes");
        row("more pixels than it has",
            head() + "," + little(0, 4) + little(s_width, 2) + little(s_height - 1, 2) + std::string("\0\x08", 2) + lzw(pixelsOf(1), true) + ";",
            "wrong codes");
    }

    void kinds()
    {
        QFETCH(QByteArray, file);
        QFETCH(QString, what);
        const GifDamage found = damageOf(file.toStdString());
        QCOMPARE(QString::fromStdString(found.what()), what);
        QCOMPARE(found.any(), !what.isEmpty());
        QCOMPARE(found.noEnd, what.isEmpty());
        const fs::path path = write(file.toStdString());
        std::string said;
        // One that is cut may be refused by FFmpeg.
        const bool cut = !refusal([&] { said = joined(VideoReader(path).warnings()); }).empty();
        QVERIFY(!cut || QByteArray(QTest::currentDataTag()).startsWith("cut"));
        if (!cut) {
            VERIFY_SAYS(said,
                        what.isEmpty() ? std::string("The end marker of the GIF is missing; what it shows is whole.")
                                       : "The GIF's data are damaged (" + what.toStdString() + "); parts of it may be wrong.");
        }
        // A still one is a picture, which --strict leaves out.
        refuseDamagedPictures(true);
        const std::string refused = refusal([&] { VideoReader reader(path); });
        if (found.pictures > 1)
            QVERIFY2(refused.empty() || cut, refused.c_str());
        else if (!cut)
            VERIFY_SAYS(refused, what.isEmpty() ? "a.gif: the end marker of the GIF is missing" : "a.gif: the GIF's data are damaged");
    }

    /// Eight bytes anywhere in the data.
    void overwritten()
    {
        const std::string whole = head() + picture(4) + ";";
        const std::size_t begin = head().size() + 19;
        Random random(2);
        constexpr int copies = 200;
        int told = 0;
        for (int i = 0; i < copies; ++i) {
            std::string changed = whole;
            const std::size_t at = begin + random.below(whole.size() - begin - 8);
            for (std::size_t k = 0; k < 8; ++k)
                changed[at + k] = static_cast<char>(random.below(256));
            told += damageOf(changed).any() ? 1 : 0;
        }
        QVERIFY2(told >= copies - 6, std::to_string(told).c_str());
    }
};

DSCOPE_TEST(TestGif)
#include "tst_gif.moc"
