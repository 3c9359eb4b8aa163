// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/onnx/executor.h"

#include <QProcess>
#include <QTemporaryDir>

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

using namespace dscope;
namespace fs = std::filesystem;

namespace {

/// Raw values of a file of the script's.
template<typename T>
at::Tensor valuesOf(const fs::path &path, at::ScalarType type, const std::vector<std::int64_t> &shape)
{
    const std::vector<std::uint8_t> bytes = readBytes(path, std::uint64_t{1} << 30U);
    at::Tensor made = at::empty({static_cast<std::int64_t>(bytes.size() / sizeof(T))}, at::TensorOptions().dtype(type));
    if (!bytes.empty())
        std::memcpy(made.data_ptr(), bytes.data(), bytes.size());
    return shape.empty() ? made : made.reshape(shape);
}

/// The script's Python: DSCOPE_PYTHON, else python3.
QString python()
{
    return qEnvironmentVariable("DSCOPE_PYTHON", QStringLiteral("python3"));
}

bool succeeds(const QStringList &arguments, QString *said = nullptr)
{
    QProcess process;
    process.start(python(), arguments);
    const bool done = process.waitForStarted(30'000) && process.waitForFinished(300'000) && process.exitStatus() == QProcess::NormalExit;
    if (said != nullptr)
        *said = QString::fromUtf8(process.readAllStandardError() + process.readAllStandardOutput()).right(2000);
    return done && process.exitCode() == 0;
}

} // namespace

/// The executor beside ONNX Runtime, where a Python with it is at hand (pip install onnx onnxruntime).
class TestRuntime : public QObject {
    Q_OBJECT

private:
    bool m_there = false;
    QTemporaryDir m_dir;

    void rows(const char *what, const QStringList &files)
    {
        QTest::addColumn<QString>("about");
        if (!m_there) {
            QTest::newRow("none") << QString();
            return;
        }
        const fs::path folder = fs::path(m_dir.path().toStdString()) / what;
        QString said;
        const QString script = QString::fromStdString((test::sourceDir() / "tests/onnx/runtime.py").string());
        const QStringList first{script, QLatin1String(what), QString::fromStdString(folder.string())};
        if (!succeeds(first + files, &said)) {
            QTest::newRow((QStringLiteral("the script: ") + said).toUtf8().constData()) << QStringLiteral("failed");
            return;
        }
        std::vector<fs::path> found;
        for (const auto &entry : fs::directory_iterator(folder))
            if (entry.path().extension() == ".json")
                found.push_back(entry.path());
        std::sort(found.begin(), found.end());
        for (const fs::path &about : found)
            QTest::newRow(about.stem().c_str()) << QString::fromStdString(about.string());
    }

    void compare(const QString &about)
    {
        if (about.isEmpty())
            QSKIP("No Python with the modules onnx and onnxruntime was found; DSCOPE_PYTHON names one.");
        QVERIFY2(about != QStringLiteral("failed"), QTest::currentDataTag());
        const fs::path path = about.toStdString();
        const Json json = readJson(path);
        const fs::path file = json["file"].get<std::string>();
        const auto shape = json["shape"].get<std::vector<std::int64_t>>();
        fs::path base = path;
        base.replace_extension(".in");
        const at::Tensor x = json["type"] == "uint8" ? valuesOf<std::uint8_t>(base, at::kByte, shape) : valuesOf<float>(base, at::kFloat, shape);
        OnnxExecutor executor(readOnnx(file), file);
        const std::vector<at::Tensor> ours = executor.run({x});
        QCOMPARE(ours.size(), json["outputs"].get<std::size_t>());
        // A quantised file rounds: a last digit that falls to the other side is one step of the scale. Their mean must agree all the same.
        for (std::size_t i = 0; i < ours.size(); ++i) {
            base.replace_extension("." + std::to_string(i));
            const at::Tensor wanted = valuesOf<float>(base, at::kFloat, {});
            const at::Tensor got = ours[i].to(at::kFloat).reshape({-1});
            QCOMPARE(got.numel(), wanted.numel());
            if (wanted.numel() == 0)
                continue;
            // ONNX Runtime with and without its optimisations differs by 2 % in scores of 1e-5: a sigmoid near 0 has no more digits.
            const double largest = std::max(1e-2, wanted.abs().max().item<double>());
            const at::Tensor apart = (got - wanted).abs() / largest;
            const double most = apart.max().item<double>();
            const double mean = apart.mean().item<double>();
            const bool close = executor.quantised() ? most < 0.1 && mean < 0.01 : most < 5e-4 && mean < 1e-5;
            QVERIFY2(close, (executor.outputs()[i].name + " is " + std::to_string(most) + " apart, in the mean " + std::to_string(mean)).c_str());
        }
    }

private Q_SLOTS:
    void initTestCase() { m_there = succeeds({QStringLiteral("-c"), QStringLiteral("import numpy, onnx, onnxruntime")}); }

    void made_data() { rows("made", {}); }
    void made()
    {
        QFETCH(QString, about);
        compare(about);
    }

    void files_data()
    {
        QStringList files;
        const fs::path folder = test::sharedDir() / "weights";
        if (!test::sharedDir().empty() && fs::is_directory(folder))
            for (const auto &entry : fs::directory_iterator(folder))
                if (entry.path().extension() == ".onnx")
                    files << QString::fromStdString(entry.path().string());
        if (files.isEmpty())
            m_there = false;
        rows("files", files);
    }
    void files()
    {
        QFETCH(QString, about);
        compare(about);
    }
};

DSCOPE_TEST(TestRuntime)
#include "tst_runtime.moc"
