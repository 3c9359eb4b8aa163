// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/products.h"
#include "core/base/random.h"
#include "tests/support/support.h"

#include <cmath>

using namespace dscope;

class TestProducts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Against plain sums at sizes around the edges of tiles and blocks.
    void agreesWithPlainSums()
    {
        Random random(1);
        for (const std::size_t dim : {1, 3, 128})
            for (const std::size_t rows : {1, 7, 8, 9, 33})
                for (const std::size_t samples : {0, 1, 3, 4, 5, 63, 64, 65, 130}) {
                    std::vector<double> r(rows * dim);
                    std::vector<double> s(samples * dim);
                    for (double &value : r)
                        value = random.normal();
                    for (double &value : s)
                        value = random.normal();
                    const PackedRows packed(r, dim);
                    QCOMPARE(packed.count(), rows);
                    std::vector<double> dots(samples * rows);
                    std::vector<double> distances(samples * rows);
                    packed.dots(s, dots);
                    packed.squaredDistances(s, distances);
                    for (std::size_t i = 0; i < samples; ++i)
                        for (std::size_t k = 0; k < rows; ++k) {
                            double product = 0;
                            double apart = 0;
                            for (std::size_t d = 0; d < dim; ++d) {
                                const double a = s[i * dim + d];
                                const double b = r[k * dim + d];
                                product += a * b;
                                apart += (a - b) * (a - b);
                            }
                            QVERIFY(std::abs(dots[i * rows + k] - product) < 1e-11);
                            QVERIFY(std::abs(distances[i * rows + k] - apart) < 1e-11 * (1 + apart));
                        }
                }
    }

    void unitLength()
    {
        std::vector<double> v{3, 4};
        toUnitLength(v);
        QCOMPARE(v, (std::vector<double>{0.6, 0.8}));
        std::vector<double> zero{0, 0};
        toUnitLength(zero);
        QCOMPARE(zero, (std::vector<double>{0, 0}));
        QCOMPARE(dot(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6}), 32.0);
    }
};

DSCOPE_TEST(TestProducts)
#include "tst_products.moc"
