// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/orient.h"
#include "core/base/picturefile.h"
#include "core/image/reader.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <opencv2/imgcodecs.hpp>
#include <zlib.h>

#include <cstdint>
#include <functional>

using namespace dscope;
using namespace dscope::test;

namespace {

/// No two pixels alike, and smooth enough to be worth compressing.
Picture slope(int width, int height)
{
    Picture picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            std::uint8_t *pixel = picture.row(y) + std::ptrdiff_t{3} * x;
            pixel[0] = static_cast<std::uint8_t>(x);
            pixel[1] = static_cast<std::uint8_t>(y);
            pixel[2] = static_cast<std::uint8_t>((x * y) % 251);
        }
    return picture;
}

struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t type = 0; ///< 1 BYTE, 3 SHORT, 4 LONG and so on
    std::uint32_t value = 0;
};

/// Writes TIFFs of uncompressed RGB, directory by directory, in either byte order.
class Writer {
public:
    explicit Writer(bool big) : m_big(big), m_bytes(big ? "MM" : "II")
    {
        put(42, 2);
        put(0, 4);
    }

    /// A directory of a picture, of which `more` says what else stands in it. @return where it lies
    std::uint32_t add(const Picture &picture, std::vector<Entry> more = {})
    {
        const std::uint32_t pixels = here();
        m_bytes.append(picture.rgb.begin(), picture.rgb.end());
        const std::uint32_t bits = here();
        for (int i = 0; i < 3; ++i)
            put(8, 2);
        const auto rows = static_cast<std::uint32_t>(picture.height);
        std::vector<Entry> entries{{256, 4, static_cast<std::uint32_t>(picture.width)},
                                   {257, 4, rows},
                                   {258, 0, bits},
                                   {259, 3, 1},
                                   {262, 3, 2},
                                   {273, 4, pixels},
                                   {277, 3, 3},
                                   {278, 4, rows},
                                   {279, 4, static_cast<std::uint32_t>(picture.rgb.size())}};
        for (const Entry &entry : more) {
            const auto same = std::find_if(entries.begin(), entries.end(), [&](const Entry &old) { return old.tag == entry.tag; });
            if (same == entries.end())
                entries.push_back(entry);
            else
                *same = entry;
        }
        return directory(entries);
    }
    std::uint32_t data(const std::vector<std::uint8_t> &bytes)
    {
        const std::uint32_t at = here();
        m_bytes.append(bytes.begin(), bytes.end());
        return at;
    }
    std::uint32_t directory(std::vector<Entry> entries)
    {
        std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) { return a.tag < b.tag; });
        const std::uint32_t at = here();
        put(static_cast<std::uint32_t>(entries.size()), 2);
        for (const Entry &entry : entries) {
            put(entry.tag, 2);
            put(entry.type == 0 ? 3 : entry.type, 2);
            put(entry.type == 0 ? 3 : 1, 4); // type 0: three shorts that lie elsewhere
            const std::size_t size = entry.type == 3 || entry.type == 8 ? 2 : entry.type == 1 || entry.type == 6 ? 1 : 4;
            put(entry.value, size);
            put(0, 4 - size);
        }
        put(0, 4);
        return at;
    }
    /// The file whose pages lie at these places.
    std::vector<std::uint8_t> file(const std::vector<std::uint32_t> &pages)
    {
        std::size_t link = 4;
        for (const std::uint32_t page : pages) {
            patch(link, page);
            link = page + 2 + std::size_t{12} * (byte(page + (m_big ? 1 : 0)) + 256U * byte(page + (m_big ? 0 : 1)));
        }
        return {m_bytes.begin(), m_bytes.end()};
    }
    void patch(std::size_t at, std::uint32_t value)
    {
        const std::string end = m_bytes.substr(at + 4);
        m_bytes.resize(at);
        put(value, 4);
        m_bytes += end;
    }

private:
    std::uint32_t byte(std::size_t at) const { return static_cast<std::uint8_t>(m_bytes[at]); }
    std::uint32_t here()
    {
        m_bytes.resize((m_bytes.size() + 1) / 2 * 2);
        return static_cast<std::uint32_t>(m_bytes.size());
    }
    void put(std::uint32_t value, std::size_t size)
    {
        for (std::size_t i = 0; i < size; ++i)
            m_bytes += static_cast<char>(value >> 8 * (m_big ? size - 1 - i : i) & 0xFF);
    }

    bool m_big;
    std::string m_bytes;
};

std::string refusal(const std::vector<std::uint8_t> &bytes)
{
    try {
        (void)decodePicture(bytes, "a.tif");
    } catch (const FileError &error) {
        return error.what();
    }
    return "it was read";
}

constexpr std::uint32_t s_newSubfileType = 254;
constexpr std::uint32_t s_subfileType = 255;
constexpr std::uint32_t s_photometric = 262;
constexpr std::uint32_t s_orientation = 274;
constexpr std::uint32_t s_subIfds = 330;
constexpr std::uint32_t s_long = 4;
constexpr std::uint32_t s_short = 3;

} // namespace

/// TIFF: which of a file's pictures is read, and what is said of one whose data are damaged or missing.
class TestTiffs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { refuseDamagedPictures(false); }

    /// What OpenCV reads is read the same.
    void kinds_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("compression");
        for (const int compression : {1, 5, 8, 32773}) {
            QTest::addRow("colour, compression %d", compression) << CV_8UC3 << compression;
            QTest::addRow("grey, compression %d", compression) << CV_8UC1 << compression;
            QTest::addRow("alpha, compression %d", compression) << CV_8UC4 << compression;
            QTest::addRow("16 bits, compression %d", compression) << CV_16UC3 << compression;
        }
    }

    void kinds()
    {
        QFETCH(int, type);
        QFETCH(int, compression);
        cv::Mat made(61, 47, type);
        cv::randu(made, 0, CV_MAT_DEPTH(type) == CV_8U ? 256 : 65536);
        std::vector<std::uint8_t> bytes;
        QVERIFY(cv::imencode(".tif", made, bytes, {cv::IMWRITE_TIFF_COMPRESSION, compression}));
        const cv::Mat expected = cv::imdecode(bytes, cv::IMREAD_COLOR);
        std::vector<std::string> warnings;
        const Picture picture = decodePicture(bytes, "a.tif", &warnings);
        QVERIFY2(warnings.empty(), joined(warnings).c_str());
        QCOMPARE(picture.width, expected.cols);
        QCOMPARE(picture.height, expected.rows);
        for (int y = 0; y < picture.height; ++y)
            for (int x = 0; x < picture.width; ++x)
                for (int c = 0; c < 3; ++c)
                    QCOMPARE(picture.row(y)[3 * x + c], expected.at<cv::Vec3b>(y, x)[2 - c]);
    }

    void damagedData_data()
    {
        QTest::addColumn<int>("compression");
        QTest::newRow("LZW") << 5;
        QTest::newRow("deflate") << 8;
    }

    void damagedData()
    {
        QFETCH(int, compression);
        const Picture picture = slope(200, 180);
        std::vector<std::uint8_t> bytes;
        QVERIFY(cv::imencode(".tif", cv::Mat(180, 200, CV_8UC3, const_cast<std::uint8_t *>(picture.rgb.data())), bytes,
                             {cv::IMWRITE_TIFF_COMPRESSION, compression}));
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), 8, std::uint8_t{0x55});
        std::vector<std::string> warnings;
        QCOMPARE(decodePicture(bytes, "a.tif", &warnings).width, 200);
        QVERIFY2(joined(warnings).find("the picture's data are damaged (wrong codes in 1 of its ") != std::string::npos, joined(warnings).c_str());
        refuseDamagedPictures(true);
        QVERIFY2(refusal(bytes).find("the picture's data are damaged") != std::string::npos, refusal(bytes).c_str());
    }

    /// libtiff stops at the last pixel of a strip: a checksum or the number of its bytes shows the damage.
    void damagedBehindTheLastPixel_data()
    {
        QTest::addColumn<int>("compression");
        QTest::newRow("LZW") << 5;
        QTest::newRow("deflate") << 8;
    }

    void damagedBehindTheLastPixel()
    {
        QFETCH(int, compression);
        cv::Mat made(60, 80, CV_8UC3);
        cv::randu(made, 0, 16);
        std::vector<std::uint8_t> good;
        QVERIFY(cv::imencode(".tif", made, good, {cv::IMWRITE_TIFF_COMPRESSION, compression}));
        int changed = 0;
        int told = 0;
        for (std::size_t at = 50; at < 2000; at += 50) {
            std::vector<std::uint8_t> bytes = good;
            bytes[at] ^= 0x10U;
            bytes[at + 1] ^= 0x21U;
            std::vector<std::string> warnings;
            (void)decodePicture(bytes, "a.tif", &warnings);
            ++changed;
            told += joined(warnings).find("the picture's data are damaged") != std::string::npos ? 1 : 0;
        }
        // A checksum misses nothing. Of LZW's codes one may stand for another of the same length.
        const int least = compression == 8 ? changed : changed * 3 / 4;
        QVERIFY2(told >= least, qPrintable(QStringLiteral("%1 of %2").arg(told).arg(changed)));
    }

    /// Whole ones of rarer layouts are no damage: bits the other way round.
    void wholeOnes()
    {
        const Picture picture = slope(60, 40);
        for (const bool reversed : {false, true}) {
            std::vector<std::uint8_t> code(compressBound(static_cast<uLong>(picture.rgb.size())));
            uLongf size = code.size();
            QCOMPARE(compress(code.data(), &size, picture.rgb.data(), static_cast<uLong>(picture.rgb.size())), Z_OK);
            code.resize(size);
            for (std::uint8_t &byte : code)
                if (reversed) {
                    std::uint8_t turned = 0;
                    for (int bit = 0; bit < 8; ++bit)
                        turned = static_cast<std::uint8_t>(turned | (byte >> bit & 1) << (7 - bit));
                    byte = turned;
                }
            Writer writer(false);
            const std::uint32_t at = writer.data(code);
            const std::uint32_t page = writer.add(
                picture, {{259, s_short, 8}, {266, s_short, reversed ? 2U : 1U}, {273, s_long, at}, {279, s_long, static_cast<std::uint32_t>(size)}});
            std::vector<std::string> warnings;
            QCOMPARE(decodePicture(writer.file({page}), "a.tif", &warnings), picture);
            QVERIFY2(warnings.empty(), joined(warnings).c_str());
        }
    }

    void thumbnailFirst_data()
    {
        QTest::addColumn<bool>("big");
        QTest::newRow("little-endian") << false;
        QTest::newRow("big-endian") << true;
    }

    /// Cameras and scanners put a reduced copy in front.
    void thumbnailFirst()
    {
        QFETCH(bool, big);
        const Picture whole = slope(60, 40);
        const Picture small = slope(15, 10);
        std::vector<std::string> notes;
        {
            Writer writer(big);
            const std::uint32_t child = writer.add(whole);
            const std::uint32_t first = writer.add(small, {{s_newSubfileType, s_long, 1}, {s_subIfds, s_long, child}, {s_orientation, s_short, 6}});
            // The turn that the first directory tells holds for the camera, and so for its other pictures.
            QCOMPARE(decodePicture(writer.file({first}), "a.tif", &notes), oriented(whole, 6));
        }
        for (const Entry reduced : {Entry{s_newSubfileType, s_long, 1}, Entry{s_subfileType, s_short, 2}}) {
            Writer writer(big);
            const std::uint32_t first = writer.add(small, {reduced});
            const std::uint32_t second = writer.add(whole);
            QCOMPARE(decodePicture(writer.file({first, second}), "a.tif", &notes), whole);
        }
        {
            Writer writer(big); // the other way round, as pyramids are
            const std::uint32_t first = writer.add(whole);
            const std::uint32_t second = writer.add(small, {{s_newSubfileType, s_long, 1}});
            QCOMPARE(decodePicture(writer.file({first, second}), "a.tif", &notes), whole);
        }
        {
            Writer writer(big); // a mask is no picture
            const std::uint32_t first = writer.add(small);
            const std::uint32_t second = writer.add(whole, {{s_newSubfileType, s_long, 4}});
            QCOMPARE(decodePicture(writer.file({first, second}), "a.tif", &notes), small);
        }
        QVERIFY2(notes.empty(), joined(notes).c_str());
        {
            Writer writer(big); // pages of their own: the first, whatever their sizes
            const std::uint32_t first = writer.add(small);
            const std::uint32_t second = writer.add(whole);
            QCOMPARE(decodePicture(writer.file({first, second}), "a.tif", &notes), small);
            QCOMPARE(joined(notes), std::string("the file holds 2 pages; the first alone is read.\n"));
        }
        notes.clear();
        {
            Writer writer(big);
            const std::uint32_t first = writer.add(small, {{s_newSubfileType, s_long, 1}});
            QCOMPARE(decodePicture(writer.file({first}), "a.tif", &notes), small);
            QCOMPARE(joined(notes), std::string("the file holds a reduced picture alone (15 x 10), which is read.\n"));
        }
    }

    void cameraRaw()
    {
        for (const std::uint32_t photometric : {32803U, 34892U}) {
            Writer writer(false);
            const std::uint32_t child = writer.add(slope(60, 40), {{s_photometric, s_short, photometric}});
            const std::uint32_t first = writer.add(slope(15, 10), {{s_newSubfileType, s_long, 1}, {s_subIfds, s_long, child}});
            const std::string why = refusal(writer.file({first}));
            QVERIFY2(why.find("is a camera's raw picture") != std::string::npos, why.c_str());
        }
    }

    /// What is looked at before decoding is the picture that is decoded.
    void sizeIsOfTheOneRead()
    {
        Writer writer(false);
        const std::uint32_t child = writer.add(slope(6, 4), {{256, s_long, 30'000}, {257, s_long, 4'000}, {278, s_long, 4'000}});
        const std::uint32_t first = writer.add(slope(15, 10), {{s_newSubfileType, s_long, 1}, {s_subIfds, s_long, child}});
        const std::string why = refusal(writer.file({first}));
        QVERIFY2(why.find("its 30000 x 4000 pixels take") != std::string::npos, why.c_str());
    }

    void orientations()
    {
        const Picture whole = slope(60, 40);
        for (const bool big : {false, true})
            for (const std::uint32_t type : {1U, 3U, 4U, 6U, 8U, 9U})
                for (std::uint32_t turn = 1; turn <= 8; ++turn) {
                    Writer writer(big);
                    const std::uint32_t page = writer.add(whole, {{s_orientation, type, turn}});
                    QVERIFY2(decodePicture(writer.file({page}), "a.tif") == oriented(whole, static_cast<int>(turn)),
                             qPrintable(QStringLiteral("type %1, orientation %2").arg(type).arg(turn)));
                }
    }

    void withoutPixels()
    {
        Writer bare(false);
        const std::uint32_t page = bare.directory({{256, s_long, 10}, {257, s_long, 10}});
        bare.patch(page + 2 + 24, page); // its own next page
        std::string why = refusal(bare.file({page}));
        QVERIFY2(why.find("is a damaged TIFF: it does not say where its pixels lie") != std::string::npos, why.c_str());
        Writer few(false);
        why = refusal(few.file({few.add(slope(60, 40), {{278, s_long, 10}})}));
        QVERIFY2(why.find("is a damaged TIFF: it names 1 strips or tiles, and its size takes 4") != std::string::npos, why.c_str());
        Writer empty(false);
        why = refusal(empty.file({empty.add(slope(60, 40), {{273, s_long, 0}, {279, s_long, 0}})}));
        QVERIFY2(why.find("is a damaged TIFF: no part of its data can be decoded") != std::string::npos, why.c_str());
    }

    /// Directories that lie over one another and point to each other take no more than a moment.
    void hostileDirectories()
    {
        std::string bytes("II*\0\x08\0\0\0", 8);
        // Each two bytes further there is a directory of 4096 entries, whose last says where the next is.
        for (int i = 0; i < 200'000; ++i)
            bytes += std::string("\0\x10", 2);
        const std::vector<std::uint8_t> file(bytes.begin(), bytes.end());
        QVERIFY(!refusal(file).empty());
    }
};

DSCOPE_TEST(TestTiffs)
#include "tst_tiffs.moc"
