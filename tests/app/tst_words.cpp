// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "core/base/error.h"
#include "tests/app/program.h"
#include "tests/support/support.h"

#include <QProcessEnvironment>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <set>

using namespace dscope;
using namespace dscope::test;
using cli::Command;
using cli::Option;

namespace {

std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string> &right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

} // namespace

/// Commands with further words: each takes its own options, and says of another's where it belongs. What they declare is what the program has.
class TestWords : public QObject {
    Q_OBJECT

    std::vector<Command> m_commands;

    /// What the parser says of these words, and the exit code that comes of it; nothing where it takes them.
    static std::pair<std::string, int> said(const Command &command, const std::vector<std::string> &words)
    {
        try {
            const cli::Arguments arguments(words, cli::syntaxOf(command));
            return {};
        } catch (const std::exception &error) {
            return {error.what(), cli::report(error)};
        }
    }

    static std::set<std::string> namesOf(const std::vector<Option> &options)
    {
        std::set<std::string> names;
        for (const Option &option : options)
            names.insert(option.name);
        return names;
    }

    /// A value that the option may have.
    static std::string valueFor(const Option &option)
    {
        if (!option.choices.empty())
            return option.choices.front();
        return option.range ? std::to_string(static_cast<long long>(std::ceil(option.range->low))) : "x";
    }

    static std::vector<std::string> given(const std::vector<std::string> &words, const Option &option)
    {
        std::vector<std::string> all = words;
        all.push_back("--" + option.name);
        if (!option.value.empty())
            all.push_back(valueFor(option));
        return all;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_commands = cli::mediaCommands();
        for (const Command &command : cli::coreCommands())
            m_commands.push_back(command);
    }

    void whatHasWords()
    {
        std::set<std::string> names;
        for (const Command &command : m_commands)
            if (!command.words.empty())
                names.insert(command.name);
        QCOMPARE(names, (std::set<std::string>{"compare", "evaluate", "synth", "train"}));
    }

    /// Every option of a sibling that a word lacks is refused with exit code 2, the option's name and the sibling's; every one of its own is taken.
    void optionsOfAnotherWord()
    {
        int refused = 0;
        for (const Command &command : m_commands)
            for (const Command &word : command.words) {
                const std::set<std::string> own = namesOf(cli::syntaxOf(command).words[static_cast<std::size_t>(&word - command.words.data())].options);
                for (const Option &option : word.options) {
                    const auto [text, code] = said(command, given({word.name, "x"}, option));
                    QVERIFY2(code == 0, (word.name + ": " + text).c_str());
                }
                for (const Command &sibling : command.words)
                    for (const Option &option : sibling.options) {
                        if (own.contains(option.name))
                            continue;
                        for (const std::vector<std::string> &words :
                             {given({word.name, "x"}, option), given({}, option) + std::vector<std::string>{word.name, "x"}}) {
                            const auto [text, code] = said(command, words);
                            QCOMPARE(code, 2);
                            QVERIFY2(text.find("'--" + option.name + "'") != std::string::npos, text.c_str());
                            QVERIFY2(text.find("'dscope " + command.name + ' ' + sibling.name + "'") != std::string::npos, text.c_str());
                            QVERIFY2(text.find("not to 'dscope " + command.name + ' ' + word.name + "'") != std::string::npos, text.c_str());
                            QVERIFY2(text.ends_with("See: dscope " + command.name + ' ' + word.name + " --help"), text.c_str());
                            ++refused;
                        }
                    }
            }
        QVERIFY(refused > 200);
    }

    /// A number outside its range and a word that is none of the choices are refused before anything is done, by every command and every word.
    void valuesOutsideTheirRange()
    {
        const auto check = [&](const Command &command, const std::vector<std::string> &words, const std::vector<Option> &options) {
            for (const Option &option : options) {
                if (!option.range && option.choices.empty())
                    continue;
                const std::string wrong = option.range ? std::to_string(static_cast<long long>(option.range->low) - 2) : "no such word";
                for (const std::string &value : {wrong, std::string("x"), std::string()}) {
                    const auto [text, code] = said(command, words + std::vector<std::string>{"--" + option.name, value});
                    QCOMPARE(code, 2);
                    QVERIFY2(text.find("is no value for '--" + option.name + "'") != std::string::npos, text.c_str());
                }
            }
        };
        for (const Command &command : m_commands) {
            check(command, {}, command.options);
            for (const Command &word : command.words)
                check(command, {word.name, "x"}, word.options);
        }
    }

    /// What the help says of a default is what the option may be.
    void defaultsLieInTheirRange()
    {
        const auto check = [](const std::string &name, const std::vector<Option> &options) {
            std::set<std::string> names;
            for (const Option &option : options) {
                QVERIFY2(names.insert(option.name).second, (name + " --" + option.name).c_str());
                QVERIFY2(option.help.find("may be repeated") == std::string::npos, option.name.c_str());
                if (option.range && !option.usual.empty() && option.usual.find(',') == std::string::npos) {
                    const double usual = std::stod(option.usual);
                    QVERIFY2(usual >= option.range->low && usual <= option.range->high, (name + " --" + option.name).c_str());
                }
                QVERIFY(option.choices.empty() || option.usual.empty() || std::ranges::find(option.choices, option.usual) != option.choices.end());
            }
        };
        for (const Command &command : m_commands) {
            check(command.name, command.options);
            for (const Command &word : command.words)
                check(command.name + ' ' + word.name, word.options);
        }
    }

    void help()
    {
        for (const Command &command : m_commands) {
            if (command.words.empty())
                continue;
            const std::string list = cli::helpText(command);
            for (const Command &word : command.words) {
                QVERIFY2(list.find("\n  " + word.name + ' ') != std::string::npos, list.c_str());
                const std::string own = cli::helpText(command, word.name);
                QVERIFY2(own.starts_with("dscope " + command.name + ' ' + word.name + ' '), own.c_str());
                const std::set<std::string> names = namesOf(cli::syntaxOf(command).words[static_cast<std::size_t>(&word - command.words.data())].options);
                for (const Command &sibling : command.words)
                    for (const Option &option : sibling.options) {
                        const std::string line = "\n  --" + option.name; // what stands behind it may be called otherwise
                        const bool shown = own.find(line + ' ') != std::string::npos || own.find(line + '\n') != std::string::npos;
                        QVERIFY2(shown == names.contains(option.name), (command.name + ' ' + word.name + line).c_str());
                    }
            }
        }
    }

    /// As it is typed.
    void program_data()
    {
        QTest::addColumn<QString>("words");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *words, const char *says) { QTest::newRow(words) << QString::fromLatin1(words) << QByteArray(says); };
        row("train base --targets x --out y", "'--targets' belongs to 'dscope train ddnet' and 'dscope train second', not to 'dscope train base'.");
        row("train second --targets x --out y --epochs 2", "'--epochs' belongs to 'dscope train action', 'dscope train base'");
        row("train nan --faces x --out y --resume", "'--resume' belongs to 'dscope train action', 'dscope train base'");
        row("train --teacher x ddnet", "'--teacher' belongs to 'dscope train embedding', not to 'dscope train ddnet'.");
        row("train embedding --rank-weight 1",
            "'--rank-weight' belongs to 'dscope train ddnet', not to 'dscope train embedding'. Did you mean '--hint-weight'?");
        row("train base --facse x", "There is no option '--facse'. Did you mean '--faces'? See: dscope train base --help");
        row("train base more --out x", "'more' follows 'base'");
        row("train base --out x --epochs 0", "'0' is no value for '--epochs'");
        row("evaluate lfw . --protocol mars", "'--protocol' belongs to 'dscope evaluate mars' and 'dscope evaluate tracklets'");
        row("compare . --pairs x", "'--pairs' belongs to 'dscope compare lfw', 'dscope compare ytf'");
        row("compare lfw . --oracle", "'--oracle' belongs to 'dscope compare' without 'lfw', not to 'dscope compare lfw'.");
        row("compare nothing .", "'nothing' is no benchmark");
        row("synth mars . --dim 8", "'--dim' belongs to 'dscope synth ijbc'");
        row("synth mnist .", "'mnist' cannot be made. What to make (ijbc, ytf, iqiyi, action, pace, telling or mars)");
    }
    void program()
    {
        QFETCH(QString, words);
        QFETCH(QByteArray, says);
        const Outcome outcome = run(words.split(QLatin1Char(' ')), QProcessEnvironment::systemEnvironment());
        QVERIFY2(outcome.err.contains(says), outcome.err.constData());
        QCOMPARE(outcome.code, 2);
        QVERIFY(outcome.out.isEmpty());
    }

    /// A folder may be called like a benchmark, and `--` makes a word of anything.
    void wordsThatAreFiles()
    {
        const auto syntax = [&](const char *name) { return cli::syntaxOf(*cli::findCommand(m_commands, name)); };
        const cli::Arguments folder({"lfw", "--flip"}, syntax("evaluate"));
        QCOMPARE(folder.word(), std::string());
        QCOMPARE(folder.words(), std::vector<std::string>{"lfw"});
        const cli::Arguments both({"lfw", "lfw"}, syntax("evaluate"));
        QCOMPARE(both.word(), std::string("lfw"));
        QCOMPARE(both.words(), std::vector<std::string>{"lfw"});
        const cli::Arguments marked({"--flip", "lfw", "--", "--aligned"}, syntax("evaluate"));
        QCOMPARE(marked.word(), std::string("lfw"));
        QCOMPARE(marked.words(), std::vector<std::string>{"--aligned"});
        QVERIFY(marked.has("flip") && !marked.has("protocol"));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, marked.has("undeclared"));
        const cli::Arguments guessed({"x", "--identities", "y"}, syntax("evaluate"));
        guessed.refuseOptionsOutside("iqiyi");
        QVERIFY_THROWS_EXCEPTION(UsageError, guessed.refuseOptionsOutside("lfw"));
    }
};

DSCOPE_TEST(TestWords)
#include "tst_words.moc"
