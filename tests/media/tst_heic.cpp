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
