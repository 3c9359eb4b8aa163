// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/picture.h"
#include "core/image/reader.h"
#include "tests/app/program.h"
#include "tests/support/support.h"

#include <QProcessEnvironment>
#include <QTemporaryDir>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// What libraries write on their own account, of which no line may reach the user.
constexpr const char *s_theirs[] = {"libpng", "TIFFR", "TIFFF", "TIFFO", "OpenCV", "imdecode", "error: (",
                                    "./lib/", ".cpp:", ".cc:",  "[h264", "[mov",   "[gif",     "Invalid data found"};

} // namespace

/// Damaged files of every format: the program says in its own words what is wrong, and nobody else says anything.
class TestDamaged : public QObject {
    Q_OBJECT

    QTemporaryDir m_temporary;
    fs::path m_root{m_temporary.path().toStdString()};

    /// The file whole, cut and with bytes changed at places that the number chooses.
    QStringList variants(const std::string &name, const std::string &bytes) const
    {
        QStringList made;
        const auto keep = [&](const std::string &kind, const std::string &content) {
            const fs::path path = m_root / (kind + "-" + name);
            writeAtomically(path, content);
            made.push_back(qt(path));
        };
        keep("whole", bytes);
        keep("cut", bytes.substr(0, bytes.size() * 2 / 3));
        for (unsigned kind = 1; kind <= 3; ++kind) {
            std::string changed = bytes;
            for (std::size_t at = 30 * kind; at < changed.size(); at += 97)
                changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (kind * 37));
            keep("changed" + std::to_string(kind), changed);
        }
        return made;
    }

private Q_SLOTS:
    void onlyOwnWords_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"a.png",           "a.jpg",           "seed-tiff",      "seed-webp", "seed-webp-lossless", "seed-bmp", "seed-pnm",
                                 "flat-large-avif", "flat-large-heic", "flat-large-jxl", "seed-avif", "seed-mp4",           "seed-mkv", "seed-avi",
                                 "seed-ts",         "seed-gif",        "seed-webm",      "seed-mov",  "seed-flv",           "seed-mpeg"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }

    void onlyOwnWords()
    {
        QFETCH(QString, name);
        const std::string file = name.toStdString();
        std::string content;
        if (name.startsWith(QLatin1String("a."))) {
            Picture picture(112, 112);
            for (std::size_t i = 0; i < picture.rgb.size(); ++i)
                picture.rgb[i] = static_cast<std::uint8_t>((i * 7) ^ (i / 300));
            writePicture(m_root / file, picture, 90);
            content = readText(m_root / file);
        } else {
            const fs::path corpus(DSCOPE_FUZZ_CORPUS);
            content = readText(fs::exists(corpus / "picture" / file) ? corpus / "picture" / file : corpus / "video" / file);
        }
        const Outcome outcome =
            run(QStringList{QStringLiteral("score")} + variants(file, content)
                    + QStringList{QStringLiteral("--aligned"), QStringLiteral("--no-cache"), QStringLiteral("--base"), QStringLiteral("made-base"),
                                  QStringLiteral("--ddnet"), QStringLiteral("made-ddnet"), QStringLiteral("--out"), qt(m_root / "out.json")},
                environmentIn(m_root));
        QVERIFY2(outcome.code == 0 || outcome.code == 1, outcome.err.constData());
        QVERIFY2(outcome.err.contains("cut-"), outcome.err.constData());
        const QList<QByteArray> lines = (outcome.err + outcome.out).split('\n');
        for (const QByteArray &line : lines)
            for (const char *word : s_theirs)
                QVERIFY2(!line.contains(word), line.constData());
    }
};

DSCOPE_TEST(TestDamaged)
#include "tst_damaged.moc"
