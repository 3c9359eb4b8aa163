// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/modelstore.h"
#include "app/cli/options.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/nets/architectures.h"
#include "core/nets/costjson.h"
#include "core/tasks/task.h"

#include <algorithm>
#include <iostream>
#include <optional>

namespace dscope::cli {

namespace {

struct Row {
    ModelSpec spec;
    std::shared_ptr<Network> network; ///< of a base or DDNet that is there
    std::string problem;
    std::optional<ArchitectureCost> known; ///< of an architecture, where there is no network
    bool model = true;                     ///< or an architecture by itself

    std::optional<std::int64_t> parameters() const
    {
        return network ? std::optional(network->parameters()) : known ? std::optional(known->parameters) : std::nullopt;
    }
    std::optional<Cost> cost() const { return network ? std::optional(network->cost()) : known ? std::optional(known->cost) : std::nullopt; }
};

Json orNull(const std::optional<std::int64_t> &value)
{
    return value ? Json(*value) : Json(nullptr);
}

/// What the architectures cost, those of missing weights among them, and further rows for them by themselves.
void addArchitectures(std::vector<Row> &rows, Progress &progress)
{
    for (const std::vector<std::string> &names : {faceNetArchitectures(), clipNetArchitectures()})
        for (const std::string &architecture : names) {
            progress.throwIfCancelled();
            Row row{usualSpec(architecture), nullptr, {}, costOfArchitecture(architecture), false};
            row.spec.name = architecture;
            for (Row &other : rows)
                if (!other.network && other.spec.architecture == architecture)
                    other.known = row.known;
            rows.push_back(std::move(row));
        }
}

/// In millions; "-" where it is not known.
std::string megas(std::int64_t value)
{
    if (value <= 0)
        return "-";
    const auto tenths = (value + 50'000) / 100'000;
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
}

void printTable(const std::vector<std::vector<std::string>> &rows)
{
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto &row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    for (const auto &row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += row[i] + (i + 1 < row.size() ? std::string(widths[i] - row[i].size() + 2, ' ') : std::string());
        std::cout << shownName(line) << '\n';
    }
}

int run(const Arguments &arguments, Progress &progress)
{
    if (!arguments.words().empty())
        throw UsageError("'models' takes no words. See: dscope models --help");
    const ModelStore store = modelStore(arguments);
    std::vector<Row> rows;
    for (const ModelSpec &spec : store.models()) {
        progress.throwIfCancelled();
        Row row{spec, nullptr, {}, {}};
        if (spec.available() && spec.role != Role::Detector) {
            try {
                row.network = Network::load(spec, Device{}, {.use = Use::Any});
            } catch (const std::exception &error) {
                row.problem = describe(error);
            }
        }
        rows.push_back(std::move(row));
    }
    if (arguments.has("all"))
        addArchitectures(rows, progress);
    const std::vector<DeviceInfo> devices = availableDevices();

    if (arguments.has("json")) {
        Json json{{"schema", "dscope.models/1"}, {"models", Json::array()}, {"devices", Json::array()}, {"device_note", loadCuda()}};
        for (const Row &row : rows) {
            Json entry = toJson(row.spec);
            entry["available"] = row.spec.available() && row.problem.empty();
            entry["path"] = row.spec.available() ? Json(row.spec.path.string()) : Json(nullptr);
            entry["kind"] = row.model ? "model" : "architecture";
            entry["parameters"] = orNull(row.parameters());
            entry["mac"] = costJson(row.cost() ? row.cost()->mac : 0);
            entry["flop"] = costJson(row.cost() ? row.cost()->flop : 0);
            entry["hash"] = row.network ? Json(row.network->hash()) : row.spec.sha256.empty() ? Json(nullptr) : Json(row.spec.sha256);
            if (!row.problem.empty())
                entry["problem"] = row.problem;
            json["models"].push_back(std::move(entry));
        }
        for (const DeviceInfo &device : devices)
            json["devices"].push_back({{"name", device.device.name()}, {"label", device.label}, {"memory_bytes", device.memoryBytes}});
        json["searched"] = Json::array();
        for (const auto &folder : store.searched())
            json["searched"].push_back(folder.string());
        json["problems"] = store.problems();
        std::cout << jsonText(json);
        return Succeeded;
    }

    std::vector<std::vector<std::string>> table{{"NAME", "ROLE", "ARCHITECTURE", "PARAMETERS", "MMAC", "MFLOP", "INPUT", "STATE", "FILE"}};
    for (const Row &row : rows) {
        const std::string frames = row.spec.inputFrames > 1 ? std::to_string(row.spec.inputFrames) + "x" : std::string();
        const std::string input = row.spec.inputWidth > 0 ? frames + std::to_string(row.spec.inputHeight) + "x" + std::to_string(row.spec.inputWidth) : "any";
        table.push_back({row.spec.name, roleName(row.spec.role) + (row.spec.task == tasks().front().name ? std::string() : ", " + row.spec.task),
                         row.spec.architecture, row.parameters() ? std::to_string(*row.parameters()) : "-", megas(row.cost() ? row.cost()->mac : 0),
                         megas(row.cost() ? row.cost()->flop : 0), input,
                         !row.model                 ? "architecture"
                             : !row.problem.empty() ? "damaged"
                             : row.spec.available() ? "there"
                                                    : "missing",
                         row.spec.available() ? row.spec.path.string() : row.spec.file});
    }
    if (rows.empty())
        std::cout << "No models are known.\n";
    else
        printTable(table);
    for (const Row &row : rows)
        if (!row.problem.empty())
            say("warning: " + row.problem);
    for (const std::string &problem : store.problems())
        say("warning: " + problem);
    std::cout << "\nSearched:\n";
    for (const auto &folder : store.searched())
        std::cout << "  " << shownName(folder.native()) << '\n';
    std::cout << "\nDevices:\n";
    for (const DeviceInfo &device : devices)
        std::cout << "  " << device.device.name() << "  " << shown(device.label)
                  << (device.memoryBytes > 0 ? ", " + std::to_string(device.memoryBytes >> 20) + " MiB" : std::string()) << '\n';
    std::cout << "  " << loadCuda() << '\n';
    return Succeeded;
}

} // namespace

Command modelsCommand()
{
    return {"models",
            "[--all] [--json]",
            "Lists the networks known, whether their files are there, what they cost, and the devices found",
            "MAC and FLOP are of one picture or clip, counted from the module itself (FLOP = 2 MAC + element-wise operations).",
            {{"all", "", "also every architecture that the program can build, counted without weights"},
             {"json", "", "as JSON, schema dscope.models/1"},
             modelsOption()},
            run,
            true};
}

} // namespace dscope::cli
