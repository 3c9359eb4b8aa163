// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/identification.h"
#include "tests/core/golden.h"

using namespace dscope;
using namespace dscope::test;

/// 1:N search in two galleries against an independent reference; targets and ranks are read from the keys ("tpir_0.01", "hits_5").
class TestGoldenIdentification : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "identification";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const NpyArray galleryArray = readNpy(dir / "gallery.npy");
        const std::vector<float> gallery = floats(galleryArray);
        const std::vector<float> probes = floats(readNpy(dir / "probes.npy"));
        const auto galleryIds = integers<std::int64_t>(readNpy(dir / "gallery_ids.npy"));
        const auto probeIds = integers<std::int64_t>(readNpy(dir / "probe_ids.npy"));
        const auto split = integers<std::int64_t>(readNpy(dir / "split.npy"));
        const auto dim = static_cast<std::size_t>(galleryArray.shape.at(1));

        std::vector<double> fpirs;
        std::vector<std::int64_t> ranks;
        for (const auto &[key, value] : expected["tpir"].items())
            fpirs.push_back(test::numberOf(key.substr(key.find('_') + 1)));
        for (const auto &[key, value] : expected["rank"].items())
            ranks.push_back(std::stoll(key));
        QVERIFY(!fpirs.empty() && !ranks.empty());

        std::vector<GallerySearch> searches;
        Progress progress;
        for (std::int64_t which = 1; expected.contains("g" + std::to_string(which)); ++which) {
            const Json &want = expected["g" + std::to_string(which)];
            std::vector<float> rows;
            std::vector<std::int64_t> ids;
            for (std::size_t i = 0; i < galleryIds.size(); ++i)
                if (split[i] == which) {
                    ids.push_back(galleryIds[i]);
                    rows.insert(rows.end(), gallery.begin() + static_cast<std::ptrdiff_t>(i * dim),
                                gallery.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim));
                }
            searches.push_back(searchGallery({rows, ids}, {probes, probeIds}, static_cast<std::int64_t>(dim), fpirs, ranks, progress));
            const GallerySearch &search = searches.back();
            QCOMPARE(search.mated, want["mated"].get<std::int64_t>());
            std::size_t i = 0;
            for (const auto &[key, value] : expected["tpir"].items())
                QVERIFY2(near(search.tpir[i++].tpir, want[key].get<double>()), key.c_str());
            for (const RankPoint &rank : search.rank)
                QCOMPARE(rank.hits, want["hits_" + std::to_string(rank.k)].get<std::int64_t>());
        }
        const Identification all = combine(searches);
        std::size_t i = 0;
        for (const auto &[key, value] : expected["tpir"].items())
            QVERIFY2(near(all.tpir[i++], value.get<double>()), key.c_str());
        i = 0;
        for (const auto &[key, value] : expected["rank"].items())
            QVERIFY2(near(all.rank[i++], value.get<double>()), key.c_str());
    }
};

DSCOPE_TEST(TestGoldenIdentification)
#include "tst_golden_identification.moc"
