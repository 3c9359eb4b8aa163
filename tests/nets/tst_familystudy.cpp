// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madenets.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/files.h"
#include "core/damage/sheet.h"
#include "core/training/familystudy.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using namespace dscope;
using namespace dscope::test;

/// True and predicted D-scores by family of damage.
class TestFamilystudy : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path m_root;
    std::shared_ptr<Network> m_base;

private Q_SLOTS:
    void initTestCase()
    {
        m_root = m_dir.path().toStdString();
        writeMadeNets(m_root / "models");
        m_base = Network::load(ModelStore({m_root / "models"}).find("made-base", Role::Base), {});
        // Four people of four pictures, one of two: who has fewer than three takes no part.
        for (int p = 0; p < 5; ++p)
            for (int i = 0; i < (p < 4 ? 4 : 2); ++i) {
                Picture picture = drawnFace();
                for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                    picture.rgb[k] =
                        static_cast<std::uint8_t>((picture.rgb[k] * (3 + p) / 4 + 40 * (k % 3 == static_cast<std::size_t>(p % 3) ? 1 : 0) + 3 * i) % 256);
                const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 95);
                writeAtomically(m_root / "faces" / ("p" + std::to_string(p)) / (std::to_string(i) + ".jpg"), std::string(jpeg.begin(), jpeg.end()));
            }
    }

    void figuresAreWhatTheySay()
    {
        Progress progress;
        FamilyStudy study;
        study.families = DamageSet::named("solarise,jpeg");
        study.faces = 6;
        study.severities = {0.3, 1};
        // One scorer that says the mean brightness, and notes what it was shown.
        std::vector<std::size_t> shown;
        const auto brightness = [](const Picture &picture) {
            double sum = 0;
            for (const std::uint8_t value : picture.rgb)
                sum += value;
            return static_cast<float>(sum / static_cast<double>(picture.rgb.size()));
        };
        const std::vector<PictureScorer> scorers{{"brightness", [&](std::span<const Picture> pictures, Progress &) {
                                                      shown.push_back(pictures.size());
                                                      std::vector<float> scores;
                                                      for (const Picture &picture : pictures)
                                                          scores.push_back(brightness(picture));
                                                      return scores;
                                                  }}};
        const FaceList faces = readFaceList(m_root / "faces");
        const FamilyResult result = familyStudy(*m_base, scorers, faces, study, progress);
        QCOMPARE(result.scorers, (std::vector<std::string>{"brightness", "norm"}));
        QCOMPARE(result.people, std::int64_t{4});
        QCOMPARE(result.pictures, std::int64_t{16});
        QCOMPARE(result.faces, std::int64_t{6});
        QCOMPARE(shown, (std::vector<std::size_t>{6, 12, 12})); // undamaged, and two severities of each family
        QCOMPARE(result.rows.size(), std::size_t{3});
        QVERIFY(result.rows[0].family == nullptr);
        QCOMPARE(result.rows[1].family->name, std::string_view("jpeg")); // in their order
        QCOMPARE(result.rows[2].family->name, std::string_view("solarise"));

        // The faces are one of each person in turn, and damaged by their own numbers.
        const std::vector<std::size_t> chosen{0, 4, 8, 12, 1, 5};
        double clean = 0;
        double negative = 0;
        for (const std::size_t face : chosen) {
            const Picture picture = alignedPicture(faces.root / faces.files[face]);
            clean += brightness(picture) / 6;
            Random random;
            negative += brightness(damaged(picture, *damageFamily("solarise"), 1, random)) / 6;
        }
        QVERIFY(std::abs(result.rows[0].predicted[0][0] - clean) < 1e-3);
        QVERIFY(std::abs(result.rows[2].predicted[0][1] - negative) < 1e-3);
        for (const FamilyRow &row : result.rows) {
            QCOMPARE(row.truth.size(), row.family == nullptr ? std::size_t{1} : std::size_t{2});
            for (const double truth : row.truth)
                QVERIFY(truth > 0 && truth < 1);
            for (const double rho : row.spearman)
                QVERIFY(std::isnan(rho) || std::abs(rho) <= 1 + 1e-12);
        }
        // The norm is the length of the base's embedding.
        double norms = 0;
        for (const std::size_t face : {std::size_t{0}, std::size_t{4}}) {
            const std::vector<Picture> one{alignedPicture(faces.root / faces.files[face])};
            double squares = 0;
            for (const float value : m_base->run(one, progress))
                squares += static_cast<double>(value) * value;
            norms += std::sqrt(squares);
        }
        study.faces = 2;
        QVERIFY(std::abs(familyStudy(*m_base, {}, faces, study, progress).rows[0].predicted[0][0] - norms / 2) < 1e-3 * norms);
        study.faces = 6;

        // With mu and sigma from elsewhere the true D-scores move, their order does not.
        study.mu = result.mu - result.sigma;
        study.sigma = 2 * result.sigma;
        const FamilyResult moved = familyStudy(*m_base, scorers, faces, study, progress);
        QCOMPARE(moved.rows[1].spearman[0], result.rows[1].spearman[0]);
        QVERIFY(std::abs(moved.rows[1].truth[0] - result.rows[1].truth[0]) > 1e-3);

        const std::string csv = familiesCsv(result);
        QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), std::ptrdiff_t{1 + 1 + 2 + 2});
        VERIFY_SAYS(csv, "family,group,severity,true,brightness,rho brightness,norm,rho norm\nundamaged,,0,");
        VERIFY_SAYS(csv, "\nsolarise,tones,1,");
        const std::string table = familiesMarkdown(result, "made-base");
        VERIFY_SAYS(table, "6 faces damaged, 16 pictures of 4 people");
        VERIFY_SAYS(table, "| jpeg | compression |");
        const Json json = familiesJson(result, "made-base");
        QCOMPARE(json["schema"].get<std::string>(), std::string("dscope.families/1"));
        QCOMPARE(json["rows"].size(), std::size_t{3});
        QCOMPARE(json["rows"][2]["true"][1].get<double>(), result.rows[2].truth[1]);
        QVERIFY(json["rows"][0]["group"].is_null());
    }

    void refusals()
    {
        Progress progress;
        FamilyStudy study;
        const FaceList faces = readFaceList(m_root / "faces");
        VERIFY_SAYS(refusal([&] { familyStudy(*m_base, {}, faces, study, progress); }), "needs families");
        study.families = DamageSet::named("jpeg");
        const std::vector<PictureScorer> silent{{"silent", [](std::span<const Picture>, Progress &) { return std::vector<float>(); }}};
        VERIFY_SAYS(refusal([&] { familyStudy(*m_base, silent, faces, study, progress); }), "'silent' gave 0 scores");
        // More faces than there are: all of them.
        study.faces = 1000;
        QCOMPARE(familyStudy(*m_base, {}, faces, study, progress).faces, std::int64_t{16});
    }
};

DSCOPE_TEST(TestFamilystudy)
#include "tst_familystudy.moc"
