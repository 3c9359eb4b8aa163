// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/aggregation/aggregate.h"
#include "tests/core/golden.h"
#include "tests/support/groupprefixes.h"

#include <algorithm>
#include <span>

using namespace dscope;
using namespace dscope::test;

/// Every aggregate of every golden set, to 1e-6; the keys name method and threshold ("ddl_t0.15", "ddl_no_rescale_t0.15", "top1").
class TestGoldenAggregation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agrees()
    {
        DSCOPE_NEED(goldenDir());
        const std::filesystem::path dir = goldenDir() / "aggregation";
        DSCOPE_NEED(dir / "expected.json");
        const Json expected = readJson(dir / "expected.json");
        const NpyArray array = readNpy(dir / "features.npy");
        const std::vector<float> features = floats(array);
        const std::vector<float> scores = floats(readNpy(dir / "dscores.npy"));
        const std::int64_t dim = array.shape.at(1);
        QVERIFY(!expected["sets"].empty());
        QCOMPARE(expected["sets"].size(), expected["sizes"].size());
        std::size_t at = 0;
        std::size_t compared = 0;
        for (std::size_t set = 0; set < expected["sets"].size(); ++set) {
            const auto size = expected["sizes"][set].get<std::size_t>();
            QVERIFY(at + size <= scores.size());
            const std::span<const float> f(features.data() + at * static_cast<std::size_t>(dim), size * static_cast<std::size_t>(dim));
            const std::span<const float> d(scores.data() + at, size);
            at += size;
            for (const auto &[key, value] : expected["sets"][set].items()) {
                const std::string where = "set " + std::to_string(set) + ", " + key;
                AggregateOptions options;
                std::string method = key;
                if (const std::size_t mark = key.rfind("_t");
                    mark != std::string::npos && mark + 2 < key.size() && std::isdigit(static_cast<unsigned char>(key[mark + 2]))) {
                    options.keep.threshold = test::numberOf(key.substr(mark + 2));
                    method = key.substr(0, mark);
                }
                std::replace(method.begin(), method.end(), '_', '-');
                options.method = aggregator(method);
                const Aggregate result = aggregate(f, dim, d, options);
                const bool whole = value.is_object();
                DSCOPE_AGREE(difference(result.feature, whole ? value["feature"] : value, where));
                if (whole) {
                    QVERIFY2(result.kept == value["kept"].get<std::vector<std::int64_t>>(), where.c_str());
                    QVERIFY2(result.fallback == value["fallback"].get<bool>(), where.c_str());
                }
                if (options.method == Aggregator::Ddl)
                    DSCOPE_AGREE(difference(GroupPrefixes(f, dim, d, options).featureAt(options.keep.threshold), value["feature"], where + " by prefix sums"));
                ++compared;
            }
        }
        QCOMPARE(at, scores.size());
        QVERIFY(compared >= expected["sets"].size());
    }
};

DSCOPE_TEST(TestGoldenAggregation)
#include "tst_golden_aggregation.moc"
