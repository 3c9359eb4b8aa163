// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/support.h"

#include "core/datasets/nametable.h"
#include "core/datasets/picturepath.h"

#include <filesystem>
#include <string>
#include <vector>

using namespace dscope;
namespace fs = std::filesystem;

/// Names by the million, and paths that share them.
class TestNames : public QObject {
    Q_OBJECT

    static std::string nameOf(int i) { return std::string(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26)) + std::to_string(i); }

private Q_SLOTS:
    void keepsNames()
    {
        NamePool pool;
        std::vector<PooledName> names;
        for (int i = 0; i < 20'000; ++i)
            names.push_back(pool.add(nameOf(i)));
        const std::string large(3 << 20, 'x'); // more than a block
        names.push_back(pool.add(large));
        names.push_back(pool.add(std::string_view("a\0b", 3)));
        for (int i = 0; i < 20'000; ++i)
            QCOMPARE(NamePool::text(names[static_cast<std::size_t>(i)]), std::string_view(nameOf(i)));
        QVERIFY(NamePool::text(names[20'000]) == large);
        QVERIFY(NamePool::text(names[20'001]) == std::string_view("a\0b", 3));
        QVERIFY(NamePool::text({}).empty());
    }

    void givesBack()
    {
        NamePool pool;
        const PooledName stays = pool.add("stays");
        const PooledName goes = pool.add("goes");
        pool.takeBackLast();
        pool.takeBackLast(); // once
        const PooledName next = pool.add("in its place");
        QCOMPARE(next.at, goes.at);
        QCOMPARE(NamePool::text(stays), std::string_view("stays"));
        QCOMPARE(NamePool::text(next), std::string_view("in its place"));
    }

    void numbersNames()
    {
        NameTable table;
        QVERIFY(!table.contains("a"));
        for (int round = 0; round < 2; ++round)
            for (int i = 0; i < 5000; ++i)
                QCOMPARE(table.add(nameOf(i)), static_cast<std::uint32_t>(i));
        QCOMPARE(table.size(), std::size_t{5000});
        QCOMPARE(table.find(nameOf(4321)), std::optional<std::uint32_t>(4321));
        QVERIFY(!table.contains("nobody"));
        QCOMPARE(table[17], std::string_view(nameOf(17)));
        QCOMPARE(table.add(""), std::uint32_t{5000});
        QVERIFY(table.contains(""));
    }

    void sharesFolders()
    {
        const PicturePath::Folder folder = PicturePath::folder("/set/crops");
        const PicturePath one(folder, "a/1.jpg");
        const PicturePath two(folder, std::string("/elsewhere/2.jpg"));
        QCOMPARE(one.string(), std::string("/set/crops/a/1.jpg"));
        QCOMPARE(one.filename(), fs::path("1.jpg"));
        QCOMPARE(two.string(), std::string("/elsewhere/2.jpg"));
        QVERIFY(one == fs::path("/set/crops/a/1.jpg"));
        QVERIFY(!(one == two));
        QVERIFY(PicturePath(PicturePath::folder("/set/"), "crops/a/1.jpg") == one); // another folder, the same place
        QVERIFY(PicturePath(PicturePath::folder(""), "a.jpg") == fs::path("a.jpg"));
        // A copy outlives what it was copied from, with a folder or without one.
        PicturePath copy;
        QVERIFY(copy.string().empty());
        {
            const PicturePath alone(fs::path("somewhere/of/its/own.jpg"));
            copy = alone;
            PicturePath moved = copy;
            copy = std::move(moved);
            copy = *&copy;
        }
        QCOMPARE(copy.string(), std::string("somewhere/of/its/own.jpg"));
        copy = PicturePath(PicturePath::folder("/x"), "y.jpg");
        QCOMPARE(copy.string(), std::string("/x/y.jpg"));
        QVERIFY(sizeof(PicturePath) <= 3 * sizeof(void *));
    }
};

DSCOPE_TEST(TestNames)
#include "tst_names.moc"
