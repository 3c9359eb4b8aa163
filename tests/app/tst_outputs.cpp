// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/outputlock.h"
#include "core/base/picture.h"
#include "core/image/reader.h"
#include "tests/app/program.h"
#include "tests/support/support.h"

#include <QRegularExpression>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// What the program does to its outputs and to what is no proper input: nothing that is read is overwritten, nothing blocks, every failure has its exit code.
class TestOutputs : public CommandTest {
    Q_OBJECT

    QStringList m_nets{q("--base"), q("made-base"), q("--ddnet"), q("made-ddnet"), q("--aligned"), q("--no-cache")};

    fs::path picture(const fs::path &path, int shade = 90) const
    {
        Picture made(112, 112);
        for (std::size_t i = 0; i < made.rgb.size(); ++i)
            made.rgb[i] = static_cast<std::uint8_t>((i * 7 + static_cast<std::size_t>(shade)) % 251);
        writePicture(path, made, 90);
        return path;
    }
    Outcome score(const QStringList &sources, const fs::path &out, const QStringList &more = {}) const
    {
        return run(QStringList{q("score")} + sources + QStringList{q("--out"), qt(out)} + more + m_nets);
    }
    /// Through a shell, for what it does to standard output.
    Outcome shell(const QString &redirect, const QStringList &words) const
    {
        QProcess process;
        process.setProcessEnvironment(m_environment);
        process.start(q("/bin/sh"), QStringList{q("-c"), q("\"$@\" ") + redirect, q("sh"), program()} + words);
        process.waitForFinished(120'000);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(), process.readAllStandardError()};
    }

private Q_SLOTS:
    void initTestCase() { m_environment = environmentIn(m_root); }

    void sourcesAreNotOverwritten()
    {
        const fs::path folder = m_root / "sources";
        const fs::path one = picture(folder / "one.png");
        const std::string before = readText(one);
        fs::create_symlink(one, m_root / "alias.csv");
        fs::create_hard_link(one, m_root / "twin.csv");
        const fs::path list = m_root / "list.csv";
        writeAtomically(list, "path,group\nsources/one.png,a\n");
        const std::string listed = readText(list);
        const std::vector<std::pair<QStringList, fs::path>> cases{
            {{qt(one)}, one}, {{qt(one)}, m_root / "alias.csv"}, {{qt(one)}, m_root / "twin.csv"}, {{qt(folder)}, one}, {{qt(list)}, list}, {{qt(list)}, one}};
        for (const auto &[sources, out] : cases) {
            const Outcome outcome = score(sources, out, {q("--format"), q("csv")});
            QCOMPARE(outcome.code, 1);
            QVERIFY2(outcome.err.contains("not overwritten"), outcome.err.constData());
        }
        QVERIFY(readText(one) == before);
        QCOMPARE(readText(list), listed);
        // A model as well, by its name and by its file.
        const fs::path net = m_root / "models" / "made-ddnet.safetensors";
        const std::string weights = readText(net);
        QCOMPARE(score({qt(one)}, net, {q("--format"), q("csv")}).code, 1);
        const Outcome exported = run({q("export"), qt(net), q("--out"), qt(net), q("--force")});
        QCOMPARE(exported.code, 1);
        QVERIFY(readText(net) == weights);
        // Scores beside the pictures may be written again and again.
        for (int i = 0; i < 2; ++i) {
            const Outcome outcome = score({qt(folder)}, folder / "scores.json");
            QVERIFY2(outcome.code == 0, outcome.err.constData());
        }
    }

    void outputsThroughLinksAndStreams()
    {
        const fs::path one = picture(m_root / "through" / "one.png");
        const fs::path real = m_root / "through" / "real.csv";
        writeAtomically(real, "old");
        QCOMPARE(::chmod(real.c_str(), 0640), 0);
        fs::create_symlink("real.csv", m_root / "through" / "link.csv");
        const Outcome linked = score({qt(one)}, m_root / "through" / "link.csv");
        QVERIFY2(linked.code == 0, linked.err.constData());
        QVERIFY(fs::is_symlink(m_root / "through" / "link.csv"));
        QVERIFY(readText(real).find("one.png") != std::string::npos);
        struct stat info {};
        QCOMPARE(::stat(real.c_str(), &info), 0);
        QCOMPARE(info.st_mode & 07777, mode_t{0640});
        const Outcome stream = score({qt(one)}, "/dev/stdout", {q("--format"), q("csv")});
        QVERIFY2(stream.code == 0, stream.err.constData());
        QCOMPARE(stream.out, QByteArray::fromStdString(readText(real)));
    }

    /// A whole photograph that is taken as an aligned face has a D-score that means nothing.
    void picturesOfAnotherSizeAsAligned()
    {
        const fs::path folder = m_root / "photographs";
        picture(folder / "aligned.png");
        writePicture(folder / "photograph.png", Picture(250, 220), 90);
        const Outcome outcome = score({qt(folder)}, m_root / "photographs.json");
        QCOMPARE(outcome.code, 0);
        QVERIFY2(outcome.err.contains("1 picture is not 112 x 112 and was scaled"), outcome.err.constData());
        const Outcome aligned = score({qt(folder / "aligned.png")}, m_root / "photographs.json");
        QVERIFY2(!aligned.err.contains("112 x 112"), aligned.err.constData());
    }

    void foldersForMany()
    {
        const fs::path one = picture(m_root / "many" / "one.png");
        const QStringList words{q("best"), qt(one), q("--out")};
        const Outcome file = run(words + QStringList{qt(one)} + m_nets);
        QCOMPARE(file.code, 1);
        QVERIFY2(file.err.contains("one.png: is no folder"), file.err.constData());
        const Outcome first = run(words + QStringList{qt(m_root / "many" / "best")} + m_nets);
        QVERIFY2(first.code == 0 && !first.err.contains("not empty"), first.err.constData());
        const Outcome second = run(words + QStringList{qt(m_root / "many" / "best")} + m_nets);
        QVERIFY2(second.code == 0 && second.err.contains("best is not empty"), second.err.constData());
    }

    void newFoldersAreTold()
    {
        const fs::path one = picture(m_root / "told" / "one.png");
        const Outcome made = score({qt(one)}, m_root / "told" / "mistyped" / "scores.json");
        QCOMPARE(made.code, 0);
        QVERIFY2(made.err.contains("mistyped is not there yet: it will be made"), made.err.constData());
        const Outcome again = score({qt(one)}, m_root / "told" / "mistyped" / "scores.json");
        QVERIFY2(again.code == 0 && !again.err.contains("not there yet"), again.err.constData());
    }

    void standardOutputThatFails()
    {
        for (const QStringList &words :
             {QStringList{q("--version")}, QStringList{q("--help")}, QStringList{q("score"), q("--help")}, QStringList{q("models")}}) {
            const Outcome closed = shell(q(">&-"), words);
            QCOMPARE(closed.code, 1);
            QVERIFY2(closed.err.contains("Standard output could not be written"), closed.err.constData());
        }
        QCOMPARE(shell(q(">/dev/null"), {q("--version")}).code, 0);
        const Outcome full = shell(q(">/dev/full"), {q("--version")});
        QCOMPARE(full.code, 1);
        QVERIFY2(full.err.contains("No space left on device"), full.err.constData());
        // A pipe whose reader has gone: no signal, a sentence.
        QProcess process;
        process.setProcessEnvironment(m_environment);
        process.start(q("/bin/sh"), {q("-c"), q("{ sleep 0.3; \"$1\" --help; echo code $? >&2; } | true"), q("sh"), program()});
        QVERIFY(process.waitForFinished(120'000));
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains("code 1") && said.contains("Broken pipe"), said.constData());
    }

    void saysBeforeTheWorkWhatCannotBeWritten()
    {
        const fs::path one = picture(m_root / "before" / "one.png");
        writeAtomically(m_root / "before" / "file", "x");
        for (const fs::path &out : {m_root / "before" / "file" / "x.json", m_root / "before"}) {
            const Outcome outcome = score({qt(one)}, out, {q("--format"), q("json")});
            QCOMPARE(outcome.code, 1);
            QVERIFY2(!outcome.err.contains("Scoring"), outcome.err.constData());
        }
    }

    /// The second of two that write the same says so before it reads a picture.
    void whatAnotherProcessWritesIsRefusedAtOnce()
    {
        const QString out = qt(m_root / "busy.pack");
        const OutputLock lock(m_root / "busy.pack");
        const QStringList faces{q("--faces"), q("/nowhere/at/all"), q("--out"), out};
        for (const QStringList &words :
             {QStringList{q("label"), q("/nowhere/at/all"), q("--out"), out}, QStringList{q("pack"), q("/nowhere/at/all"), q("--out"), out},
              QStringList{q("train"), q("base")} + faces, QStringList{q("train"), q("nan")} + faces,
              QStringList{q("train"), q("embedding"), q("--teacher"), q("made-base")} + faces,
              QStringList{q("train"), q("ddnet"), q("--targets"), q("/nowhere/at/all"), q("--out"), out}}) {
            const Outcome outcome = run(words);
            QCOMPARE(outcome.code, 1);
            QVERIFY2(outcome.err.contains("busy.pack: is being written by another process; wait for it or choose another name."), outcome.err.constData());
        }
    }

    void allFailedIsAFailure()
    {
        const fs::path folder = m_root / "failing";
        writeAtomically(folder / "zero.jpg", "");
        writeAtomically(folder / "html.jpg", "<!DOCTYPE html><html></html>");
        const fs::path good = picture(folder / "good" / "one.png");
        const fs::path out = m_root / "failing.json";
        const Outcome none = score({qt(folder / "zero.jpg"), qt(folder / "html.jpg")}, out);
        QCOMPARE(none.code, 1);
        QVERIFY2(none.err.contains("zero.jpg") && none.err.contains("html.jpg"), none.err.constData());
        QVERIFY(!fs::exists(out));
        const Outcome some = score({qt(folder / "zero.jpg"), qt(good)}, out);
        QVERIFY2(some.code == 0, some.err.constData());
        QVERIFY(some.err.contains("zero.jpg"));
        QVERIFY(fs::exists(out));
    }

    void nothingWaitsForAPipe()
    {
        const fs::path folder = m_root / "pipes";
        fs::create_directories(folder / "person");
        for (const char *name :
             {"a.jpg", "a.mp4", "a.csv", "a.rec", "a.pack", "a.safetensors", "a.pt", "a.onnx", "a.json", "a.npy", "a.dscope", "person/b.jpg"})
            QCOMPARE(::mkfifo((folder / name).c_str(), 0600), 0);
        for (const char *name : {"a.jpg", "a.mp4", "a.csv", "a.rec", "a.pack", "a.safetensors", "a.pt", "a.onnx", "a.json", "a.dscope"}) {
            const Outcome outcome = run({q("info"), qt(folder / name)});
            QCOMPARE(outcome.code, 1);
            QVERIFY2(outcome.err.contains("is a named pipe"), (std::string(name) + ": " + outcome.err.toStdString()).c_str());
        }
        const fs::path one = picture(m_root / "pipes-picture" / "one.png");
        const fs::path out = m_root / "pipes.json";
        const std::vector<QStringList> calls{{q("score"), qt(folder / "a.jpg"), q("--out"), qt(out)},
                                             {q("score"), qt(folder), q("--out"), qt(out)},
                                             {q("score"), qt(one), q("--base"), qt(folder / "a.onnx"), q("--embeddings"), q("--out"), qt(out)},
                                             {q("score"), qt(one), q("--ddnet"), qt(folder / "a.safetensors"), q("--out"), qt(out)},
                                             {q("train"), q("ddnet"), q("--targets"), qt(folder / "a.safetensors"), q("--out"), qt(m_root / "w")},
                                             {q("label"), qt(folder / "a.rec"), q("--base"), q("made-base"), q("--out"), qt(m_root / "t")},
                                             {q("label"), qt(folder / "a.csv"), q("--base"), q("made-base"), q("--out"), qt(m_root / "t")}};
        for (const QStringList &words : calls)
            QCOMPARE(run(words).code, 1);
    }

    void namesCannotCommandTheTerminal()
    {
        const fs::path folder = m_root / "names";
        const fs::path evil = folder / "a\x1b]0;taken\x07\nwarning: all is well\r.jpg";
        const fs::path latin = folder / "ber\xEBn.jpg";
        writeAtomically(evil, "no picture");
        writeAtomically(latin, "no picture");
        for (const fs::path &path : {evil, latin}) {
            QProcess process; // Qt would spell such names anew
            process.setProcessEnvironment(m_environment);
            const fs::path script = m_root / "call.sh";
            writeAtomically(script, "exec \"$1\" info " + (path == evil ? std::string("names/a*.jpg") : std::string("names/b*.jpg")) + "\n");
            process.setWorkingDirectory(qt(m_root));
            process.start(q("/bin/sh"), {qt(script), program()});
            QVERIFY(process.waitForFinished(120'000));
            const QByteArray said = process.readAllStandardError() + process.readAllStandardOutput();
            QCOMPARE(process.exitCode(), 1);
            QVERIFY2(said.contains(path == evil ? "a\\x1b]0;taken\\x07\\nwarning: all is well\\r.jpg" : "ber\\xebn.jpg"), said.constData());
            QVERIFY(!said.contains('\x1b') && !said.contains('\x07') && !said.contains('\r') && !said.contains('\xEB'));
            QVERIFY(!said.startsWith("warning: all") && !said.contains("\nwarning: all"));
        }
    }

    void numbersHavePointsInEveryLocale()
    {
        QProcessEnvironment german = m_environment;
        german.insert(q("LC_ALL"), q("de_DE.UTF-8"));
        const fs::path root = m_root / "german";
        // What is made is read again by the reader it is made for.
        const Outcome made = dscope::test::run({q("synth"), q("ijbc"), qt(root), q("--scale"), q("0.002"), q("--dim"), q("16")}, german);
        QVERIFY2(made.code == 0, made.err.constData());
        const Outcome evaluated = dscope::test::run(
            {q("evaluate"), q("ijbc"), qt(root), q("--method"), q("average"), q("--resamples"), q("0"), q("--no-discard"), q("--out"), q("-")}, german);
        QVERIFY2(evaluated.code == 0, evaluated.err.constData());
        QVERIFY2(!evaluated.err.contains("left out") && !evaluated.err.contains("malformed"), evaluated.err.constData());
        static const QRegularExpression comma(q("[0-9],[0-9][0-9]?( |%)"));
        QVERIFY2(!comma.match(QString::fromUtf8(evaluated.out)).hasMatch(), evaluated.out.constData());
        const Outcome plain =
            run({q("evaluate"), q("ijbc"), qt(root), q("--method"), q("average"), q("--resamples"), q("0"), q("--no-discard"), q("--out"), q("-")});
        QCOMPARE(evaluated.out, plain.out);
        // Numbers are given with a point as well.
        const Outcome trained = dscope::test::run(
            {q("train"), q("ddnet"), q("--targets"), q("/no/targets"), q("--out"), qt(m_root / "w"), q("--milestones"), q("0.5,0.8")}, german);
        QVERIFY2(trained.err.contains("/no/targets"), trained.err.constData());
    }

    void signalsEndIt_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
        QTest::newRow("SIGHUP") << SIGHUP;
    }
    /// Also before the command has begun.
    void signalsEndIt()
    {
        QFETCH(int, signal);
        const fs::path pipe = m_root / ("waits" + std::to_string(signal) + ".json");
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        const fs::path one = picture(m_root / "signals" / "one.png");
        QProcess process;
        process.setProcessEnvironment(m_environment);
        process.setReadChannel(QProcess::StandardError);
        process.start(program(), QStringList{q("score"), qt(one), q("--out"), qt(pipe)} + m_nets); // it waits for a reader that never comes
        QByteArray err;
        while (!err.contains("1 face") && process.waitForReadyRead(120'000))
            err += process.readAllStandardError();
        QVERIFY2(err.contains("1 face"), err.constData());
        ::kill(static_cast<pid_t>(process.processId()), signal);
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(fs::is_fifo(pipe));
    }
};

DSCOPE_TEST(TestOutputs)
#include "tst_outputs.moc"
