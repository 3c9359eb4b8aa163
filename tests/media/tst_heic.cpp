// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/picturefile.h"
#include "core/base/random.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#if __has_include(<libheif/heif.h>) && __has_include(<libde265/de265.h>)
#include <libheif/heif.h>
#define DSCOPE_TEST_HEIC 1
#endif

using namespace dscope;
using namespace dscope::test;

#if defined(DSCOPE_TEST_HEIC)

namespace {

using Bytes = std::vector<std::uint8_t>;

heif_error append(heif_context *, const void *data, std::size_t size, void *user)
{
    const auto *bytes = static_cast<const std::uint8_t *>(data);
    static_cast<Bytes *>(user)->insert(static_cast<Bytes *>(user)->end(), bytes, bytes + size);
    return {heif_error_Ok, heif_suberror_Unspecified, ""};
}

/// Waves under a fixed noise, so that every block has codes.
Picture waves(int width, int height)
{
    Picture picture(width, height);
    Random random(11);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c) {
                const double wave = 128 + 80 * std::sin(0.07 * x * (c + 1) + 0.05 * y) + 12 * (random.uniform() - 0.5);
                picture.row(y)[3 * x + c] = static_cast<std::uint8_t>(std::clamp(wave, 0.0, 255.0));
            }
    return picture;
}

/// A HEIC by x265; empty where it is not there. @param settings name and value of x265's own, one after the other
Bytes encoded(const Picture &picture, const std::vector<std::string> &settings)
{
    Bytes bytes;
    heif_context *context = heif_context_alloc();
    heif_encoder *encoder = nullptr;
    if (heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code == heif_error_Ok) {
        heif_image *image = nullptr;
        heif_image_create(picture.width, picture.height, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image);
        heif_image_add_plane(image, heif_channel_interleaved, picture.width, picture.height, 24);
        int stride = 0;
        std::uint8_t *rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
        for (int y = 0; y < picture.height; ++y)
            std::copy_n(picture.row(y), std::ptrdiff_t{3} * picture.width, rows + static_cast<std::ptrdiff_t>(stride) * y);
        heif_encoder_set_lossy_quality(encoder, 60);
        for (std::size_t i = 0; i + 1 < settings.size(); i += 2)
            heif_encoder_set_parameter(encoder, settings[i].c_str(), settings[i + 1].c_str());
        heif_writer writer{1, append};
        if (heif_context_encode_image(context, image, encoder, nullptr, nullptr).code == heif_error_Ok)
            heif_context_write(context, &writer, &bytes);
        heif_image_release(image);
        heif_encoder_release(encoder);
    }
    heif_context_free(context);
    return bytes;
}

/// The box of coded data: first byte behind its head, and its end.
std::pair<std::size_t, std::size_t> codedData(const Bytes &bytes)
{
    for (std::size_t at = 0; at + 8 <= bytes.size();) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i)
            length = length << 8 | bytes[at + i];
        if (std::memcmp(bytes.data() + at + 4, "mdat", 4) == 0)
            return {at + 8, at + length};
        if (length < 8)
            break;
        at += length;
    }
    return {0, 0};
}

Bytes big(std::size_t value, int bytes)
{
    Bytes out;
    for (int i = bytes - 1; i >= 0; --i)
        out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    return out;
}

Bytes operator+(Bytes a, const Bytes &b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Bytes letters(const char *text)
{
    return {text, text + std::strlen(text)};
}

Bytes box(const char *type, const Bytes &content)
{
    return big(content.size() + 8, 4) + letters(type) + content;
}

/// Version and flags before the content.
Bytes fullBox(const char *type, int version, int flags, const Bytes &content)
{
    return box(type, big(static_cast<std::size_t>(version), 1) + big(static_cast<std::size_t>(flags), 3) + content);
}

/// The first box of a type, with its head, wherever it lies: by its letters, as our own small files have them once.
Bytes boxIn(const Bytes &bytes, const char *type)
{
    const auto at = std::search(bytes.begin(), bytes.end(), type, type + 4);
    if (at == bytes.end() || at - bytes.begin() < 4)
        return {};
    const auto begin = at - 4;
    const std::size_t length =
        static_cast<std::size_t>(begin[0]) << 24 | static_cast<std::size_t>(begin[1]) << 16 | static_cast<std::size_t>(begin[2]) << 8 | begin[3];
    return {begin, begin + static_cast<std::ptrdiff_t>(length)};
}

/// A picture of several coded ones, as phones write it: the grid is the primary item, and cuts what hangs over at the right and below.
/// @param tiles HEICs of `side` x `side` pixels by the same settings, row after row
Bytes gridOf(const std::vector<Bytes> &tiles, std::size_t rows, std::size_t columns, std::size_t side, std::size_t width, std::size_t height)
{
    const std::size_t count = tiles.size();
    Bytes entries = fullBox("infe", 2, 0, big(1, 2) + big(0, 2) + letters("grid") + Bytes{0});
    Bytes parts;
    Bytes properties = big(1, 2) + Bytes{1, 2};
    Bytes data;
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t id = i + 2;
        entries = entries + fullBox("infe", 2, 1, big(id, 2) + big(0, 2) + letters("hvc1") + Bytes{0}); // 1: hidden
        parts = parts + big(id, 2);
        properties = properties + big(id, 2) + Bytes{2, 0x81, 3}; // 0x80: has to be understood
        const auto [begin, end] = codedData(tiles[i]);
        data.insert(data.end(), tiles[i].begin() + static_cast<std::ptrdiff_t>(begin), tiles[i].begin() + static_cast<std::ptrdiff_t>(end));
        sizes.push_back(end - begin);
    }
    const Bytes head = box("ftyp", letters("heic") + big(0, 4) + letters("mif1heic"));
    const auto meta = [&](std::size_t dataAt) {
        Bytes places = big(1, 2) + big(1, 2) + big(0, 2) + big(1, 2) + big(0, 4) + big(8, 4); // the grid's: in idat
        for (std::size_t i = 0, at = dataAt; i < count; at += sizes[i++])
            places = places + big(i + 2, 2) + big(0, 2) + big(0, 2) + big(1, 2) + big(at, 4) + big(sizes[i], 4);
        return fullBox(
            "meta", 0, 0,
            fullBox("hdlr", 0, 0, big(0, 4) + letters("pict") + big(0, 12) + Bytes{0}) + fullBox("pitm", 0, 0, big(1, 2))
                + fullBox("iinf", 0, 0, big(count + 1, 2) + entries) + fullBox("iref", 0, 0, box("dimg", big(1, 2) + big(count, 2) + parts))
                + box("iprp",
                      box("ipco",
                          boxIn(tiles.front(), "hvcC") + fullBox("ispe", 0, 0, big(width, 4) + big(height, 4))
                              + fullBox("ispe", 0, 0, big(side, 4) + big(side, 4)))
                          + fullBox("ipma", 0, 0, big(count + 1, 4) + properties))
                + fullBox("iloc", 1, 0, Bytes{0x44, 0x00} + big(count + 1, 2) + places)
                + box("idat", Bytes{0, 0, static_cast<std::uint8_t>(rows - 1), static_cast<std::uint8_t>(columns - 1)} + big(width, 2) + big(height, 2)));
    };
    const std::size_t dataAt = head.size() + meta(0).size() + 8;
    return head + meta(dataAt) + box("mdat", data);
}

/// What libheif's own decoder gives.
Bytes byLibheif(const Bytes &bytes)
{
    Bytes rgb;
#if LIBHEIF_HAVE_VERSION(1, 15, 0)
    heif_context *context = heif_context_alloc();
    heif_image_handle *handle = nullptr;
    heif_image *image = nullptr;
    heif_decoding_options *options = heif_decoding_options_alloc();
    options->convert_hdr_to_8bit = 1;
    options->decoder_id = "libde265";
    if (heif_context_read_from_memory_without_copy(context, bytes.data(), bytes.size(), nullptr).code == heif_error_Ok
        && heif_context_get_primary_image_handle(context, &handle).code == heif_error_Ok
        && heif_decode_image(handle, &image, heif_colorspace_RGB, heif_chroma_interleaved_RGB, options).code == heif_error_Ok) {
        int stride = 0;
        const std::uint8_t *rows = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
        for (int y = 0; y < heif_image_get_height(image, heif_channel_interleaved); ++y)
            rgb.insert(rgb.end(), rows + static_cast<std::ptrdiff_t>(stride) * y,
                       rows + static_cast<std::ptrdiff_t>(stride) * y + std::ptrdiff_t{3} * heif_image_get_width(image, heif_channel_interleaved));
        heif_image_release(image);
    }
    if (handle != nullptr)
        heif_image_handle_release(handle);
    heif_decoding_options_free(options);
    heif_context_free(context);
#endif
    return rgb;
}

} // namespace

#endif

/// Damage in the coded data of HEIC, which has no checksum, and of which libheif says nothing.
class TestHeic : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { refuseDamagedPictures(false); }

    void damage_data()
    {
        QTest::addColumn<QStringList>("settings");
        QTest::newRow("rows coded on their own") << QStringList{QStringLiteral("x265:wpp"), QStringLiteral("1")};
        QTest::newRow("in one piece") << QStringList{QStringLiteral("x265:wpp"), QStringLiteral("0")};
        // Here wrong codes mostly come to an end before the picture does, and the rest stays as it was.
        QTest::newRow("small blocks") << QStringList{QStringLiteral("x265:wpp"), QStringLiteral("0"), QStringLiteral("x265:ctu"), QStringLiteral("16")};
        QTest::newRow("small blocks, no offsets") << QStringList{QStringLiteral("x265:wpp"), QStringLiteral("0"),        QStringLiteral("x265:ctu"),
                                                                 QStringLiteral("16"),       QStringLiteral("x265:sao"), QStringLiteral("0")};
        QTest::newRow("full colour") << QStringList{QStringLiteral("x265:wpp"), QStringLiteral("0"), QStringLiteral("chroma"), QStringLiteral("444")};
        QTest::newRow("with a digest") << QStringList{QStringLiteral("x265:wpp"), QStringLiteral("0"), QStringLiteral("x265:hash"), QStringLiteral("1")};
    }

    void damage()
    {
#if defined(DSCOPE_TEST_HEIC)
        QFETCH(QStringList, settings);
        std::vector<std::string> words;
        for (const QString &word : settings)
            words.push_back(word.toStdString());
        const Bytes whole = encoded(waves(250, 190), words);
        if (whole.empty())
            QSKIP("this libheif has no HEVC encoder");
        std::vector<std::string> said;
        Picture picture;
        try {
            picture = decodePicture(whole, "a.heic", &said);
        } catch (const FileError &error) {
            QSKIP(error.what()); // this build reads no HEIC
        }
        QVERIFY2(said.empty(), joined(said).c_str());
        // The decoder of our own gives the same picture.
        const Bytes usual = byLibheif(whole);
        QVERIFY(usual.empty() || usual == picture.rgb);

        const auto [begin, end] = codedData(whole);
        QVERIFY(end > begin + 200 && end <= whole.size());
        Random random(5);
        constexpr int copies = 40;
        int told = 0;
        for (int i = 0; i < copies; ++i) {
            Bytes changed = whole;
            const std::size_t at = begin + random.below(end - begin - 8);
            for (std::size_t k = 0; k < 8; ++k)
                changed[at + k] = static_cast<std::uint8_t>(random.below(256));
            std::vector<std::string> warnings;
            try {
                refuseDamagedPictures(false);
                const Picture other = decodePicture(changed, "a.heic", &warnings);
                if (!warnings.empty()) {
                    VERIFY_SAYS(warnings.front(), "the picture's data are damaged (wrong codes)");
                    refuseDamagedPictures(true);
                    VERIFY_SAYS(refusal([&] { decodePicture(changed, "a.heic"); }), "a.heic: the picture's data are damaged");
                }
                told += !warnings.empty() || other.rgb == picture.rgb ? 1 : 0;
            } catch (const FileError &) {
                ++told;
            }
        }
        QVERIFY2(told >= copies - 3, std::to_string(told).c_str());
#else
        QSKIP("needs the headers of libheif and libde265");
#endif
    }

    /// A grid, as phones write it: damage is told of whichever of its parts has it, and of no whole one.
    void grid()
    {
#if defined(DSCOPE_TEST_HEIC)
        constexpr std::size_t side = 128;
        const Picture all = waves(2 * side, 2 * side);
        std::vector<Bytes> tiles;
        for (std::size_t i = 0; i < 4; ++i) {
            Picture tile(side, side);
            for (std::size_t y = 0; y < side; ++y)
                std::copy_n(all.row(static_cast<int>(y + i / 2 * side)) + 3 * side * (i % 2), 3 * side, tile.row(static_cast<int>(y)));
            tiles.push_back(encoded(tile, {"x265:wpp", "0"}));
            if (tiles.back().empty())
                QSKIP("this libheif has no HEVC encoder");
        }
        const auto decoded = [&](const std::vector<Bytes> &parts, std::vector<std::string> &said) {
            return decodePicture(gridOf(parts, 2, 2, side, 250, 200), "phone.heic", &said);
        };
        std::vector<std::string> said;
        Picture picture;
        try {
            picture = decodePicture(tiles.front(), "a.heic", &said);
        } catch (const FileError &error) {
            QSKIP(error.what());
        }
        picture = decoded(tiles, said);
        QVERIFY2(said.empty(), joined(said).c_str());
        QCOMPARE(picture.width, 250);
        QCOMPARE(picture.height, 200);
        const Bytes usual = byLibheif(gridOf(tiles, 2, 2, side, 250, 200));
        QVERIFY(usual.empty() || usual == picture.rgb);
        double apart = 0;
        for (int y = 0; y < picture.height; ++y)
            for (int x = 0; x < 3 * picture.width; ++x)
                apart += std::abs(picture.row(y)[x] - all.row(y)[x]);
        QVERIFY(apart / static_cast<double>(picture.rgb.size()) < 12); // in place, as far as the coder kept it

        for (std::size_t i = 0; i < 4; ++i) {
            std::vector<Bytes> changed = tiles;
            const auto [begin, end] = codedData(tiles[i]);
            QVERIFY(end > begin + 200);
            for (std::size_t k = 0; k < 8; ++k)
                changed[i][(begin + end) / 2 + k] ^= 0x5a;
            std::vector<std::string> warnings;
            refuseDamagedPictures(false);
            decoded(changed, warnings);
            VERIFY_SAYS(joined(warnings), "the picture's data are damaged (wrong codes in 1 of its 4 coded parts)");
            refuseDamagedPictures(true);
            VERIFY_SAYS(refusal([&] { decoded(changed, warnings); }), "phone.heic: the picture's data are damaged");
            refuseDamagedPictures(false);
        }
#else
        QSKIP("needs the headers of libheif and libde265");
#endif
    }

    /// A wrong part at the very end, and one block black: neither is taken for the other.
    void blackIsWhole()
    {
#if defined(DSCOPE_TEST_HEIC)
        for (const std::uint8_t level : {0, 1, 255}) {
            Picture flat(120, 88);
            std::fill(flat.rgb.begin(), flat.rgb.end(), level);
            const Bytes bytes = encoded(flat, {"x265:wpp", "0"});
            if (bytes.empty())
                QSKIP("this libheif has no HEVC encoder");
            std::vector<std::string> said;
            try {
                QCOMPARE(decodePicture(bytes, "a.heic", &said).width, 120);
            } catch (const FileError &error) {
                QSKIP(error.what());
            }
            QVERIFY2(said.empty(), joined(said).c_str());
        }
#else
        QSKIP("needs the headers of libheif and libde265");
#endif
    }
};

DSCOPE_TEST(TestHeic)
#include "tst_heic.moc"
