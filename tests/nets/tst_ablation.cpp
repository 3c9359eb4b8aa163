// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madenets.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/training/ablation.h"

#include <QTemporaryDir>

#include <sstream>

using namespace dscope;
namespace fs = std::filesystem;

namespace {

/// Cancels when the table is there for the first time.
class CancelAfterFirst : public Progress {
public:
    explicit CancelAfterFirst(fs::path out) : m_out(std::move(out)) {}

protected:
    void onProgress(std::int64_t, std::int64_t) override
    {
        std::error_code ignored;
        if (fs::exists(m_out, ignored))
            cancel();
    }

private:
    fs::path m_out;
};

/// The table without how long it took.
std::string timeless(const fs::path &table)
{
    std::string out;
    std::istringstream in(readText(table));
    for (std::string line; std::getline(in, line);)
        out += (line.starts_with("| ddnet") ? line.substr(0, line.rfind('|', line.size() - 2)) : line) + "\n";
    return out;
}

} // namespace

class TestAblation : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path m_root{m_folder.path().toStdString()};

    fs::path config(const std::string &variants)
    {
        const fs::path file = m_root / "config.json";
        writeAtomically(file,
                        R"({"schema": "dscope.ablation/1", "faces": "faces", "split": "split.csv", "epochs": 1, "batch": 4, "copies": 2, "learning_rate": 0.01,
            "draws": 2, "resamples": 10, "sizes": [2], "fars": [0.1], )"
                            + variants + "}");
        return file;
    }
    std::string refusal(const std::string &variants)
    {
        try {
            readAblation(config(variants));
        } catch (const FileError &error) {
            return error.what();
        }
        return "nothing";
    }

private Q_SLOTS:
    void initTestCase()
    {
        setThreads(0);
        test::writeMadeNets(m_root / "nets");
        std::string split = "identity,part\n";
        for (int p = 0; p < 8; ++p) {
            const std::string name = std::string("p").append(std::to_string(p));
            split += name + (p < 4 ? ",train\n" : ",test\n");
            for (int i = 0; i < 4; ++i) {
                Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(i));
                Picture picture(112, 112);
                for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                    picture.rgb[k] = static_cast<std::uint8_t>((k / 700 * static_cast<std::size_t>(20 + p) + random.below(60)) % 256);
                const std::vector<std::uint8_t> bytes = encodeJpeg(picture, 90);
                writeAtomically(m_root / "faces" / name / std::string(std::to_string(i)).append(".jpg"),
                                {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
            }
        }
        writeAtomically(m_root / "split.csv", split);
    }

    void gridIsMultipliedOut()
    {
        const Ablation ablation =
            readAblation(config(R"("grid": {"base": ["a", {"loss": "cosface"}], "degraded": [0.65, 0], "people": [1, 0.5]}, "variants": [{"base": "b"}])"));
        QCOMPARE(ablation.variants.size(), std::size_t(9));
        QCOMPARE(describe(ablation.variants[0]), std::string("ddnet, a, degraded 65 %"));
        QCOMPARE(describe(ablation.variants[7]), std::string("ddnet, compact, cosface, not degraded, 50 % of the people"));
        QCOMPARE(describe(ablation.variants[8]), std::string("ddnet, b, degraded 65 %"));
    }

    void mistakesAreNamed()
    {
        for (const auto &[text, part] :
             {std::pair(R"("variants": [{"base": "a", "peple": 1}])", "'variants[0].peple'"), std::pair(R"("variants": [{"people": 1}])", "'variants[0].base'"),
              std::pair(R"("variants": [{"base": "a", "architecture": "compact"}])", "'compact'"),
              std::pair(R"("variants": [{"base": {"loss": "arcfce"}}])", "arcfce"), std::pair(R"("variants": [], "x": 1)", "'x'"),
              std::pair(R"("variants": [])", "no variants"), std::pair(R"("variants": [{"base": "a", "people": 2}])", "'variants[0].people'"),
              std::pair(R"("test": ["train"], "variants": [{"base": "a"}])", "'train'")}) {
            const std::string what = refusal(text);
            QVERIFY2(what.find(part) != std::string::npos && what.find("config.json") != std::string::npos, what.c_str());
        }
    }

    /// Stopped after the first variant and called again: the table of a study that was let be. A variant that fails does not stop the others.
    void goesOn()
    {
        const Ablation ablation =
            readAblation(config(R"("variants": [{"base": "made-base"}, {"base": "nobody"}, {"base": "made-base", "degraded": 0, "people": 0.5}])"));
        const fs::path whole = m_root / "whole.md";
        Progress progress;
        QCOMPARE(runAblation(ablation, {m_root / "nets"}, m_root / "work1", whole, progress), 1);
        const std::string text = readText(whole);
        QVERIFY2(text.find("nobody") != std::string::npos && text.find("failed: ") != std::string::npos, text.c_str());
        QVERIFY2(text.find("| ddnet, made-base, not degraded, 50 % of the people | ") != std::string::npos, text.c_str());

        const fs::path parts = m_root / "parts.md";
        CancelAfterFirst first(parts);
        QVERIFY_THROWS_EXCEPTION(Cancelled, runAblation(ablation, {m_root / "nets"}, m_root / "work2", parts, first));
        QVERIFY2(readText(parts).find("not done yet") != std::string::npos, readText(parts).c_str());
        QCOMPARE(runAblation(ablation, {m_root / "nets"}, m_root / "work2", parts, progress), 1);
        QCOMPARE(timeless(parts), timeless(whole));

        // Everything is there: the same table to the second.
        const fs::path again = m_root / "again.md";
        runAblation(ablation, {m_root / "nets"}, m_root / "work1", again, progress);
        QCOMPARE(readText(again), text);
    }

    /// A base trained for the study, and once only.
    void trainsABase()
    {
        const Ablation ablation = readAblation(config(R"("variants": [{"base": {"loss": "softmax", "epochs": 1, "learning_rate": 0.01}}])"));
        Progress progress;
        QCOMPARE(runAblation(ablation, {}, m_root / "work3", m_root / "base.md", progress), 0);
        QVERIFY2(readText(m_root / "base.md").find("| ddnet, compact, softmax, degraded 65 % | ") != std::string::npos, readText(m_root / "base.md").c_str());
        int bases = 0;
        for (const auto &entry : fs::directory_iterator(m_root / "work3"))
            bases += entry.path().filename().string().starts_with("base-") && entry.path().extension() == ".safetensors" ? 1 : 0;
        QCOMPARE(bases, 1);
    }
};

DSCOPE_TEST(TestAblation)
#include "tst_ablation.moc"
