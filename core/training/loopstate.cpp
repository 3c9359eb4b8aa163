// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/loop.h"

#include "core/base/error.h"
#include "core/base/jsonfields.h"
#include "core/base/jsonlimits.h"
#include "core/training/weightupdate.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/module.h>

#include <limits>
#include <mutex>

namespace dscope {

namespace {

constexpr const char *s_key = "dscope.checkpoint";
constexpr const char *s_schema = "dscope.checkpoint/2";

Json reportJson(const EpochReport &report)
{
    return {{"epoch", report.epoch},           {"loss", report.loss}, {"learning_rate", report.learningRate}, {"pictures_per_second", report.picturesPerSecond},
            {"validation", report.validation}, {"best", report.best}};
}

/// The figures of an epoch; JSON writes what is no number as null.
Json validationOf(const JsonFields &entry)
{
    Json figures = entry.has("validation") ? entry.at("validation") : Json();
    if (!figures.is_null() && !figures.is_object())
        entry.wrong("validation", "an object");
    for (auto &figure : figures)
        if (figure.is_null())
            figure = std::numeric_limits<double>::quiet_NaN();
        else if (!figure.is_number())
            entry.wrong("validation", "an object of numbers");
    return figures;
}

} // namespace

/// What a resumed run must have in common with the one before, under the names of the command line.
Json TrainingLoop::settings() const
{
    return {{"epochs", m_options.epochs},
            {"steps", m_options.steps},
            {"batch", m_options.batch},
            {"accumulate", m_options.accumulate},
            {"optimiser", optimiserName(m_options.optimiser)},
            {"schedule", scheduleName(m_options.schedule)},
            {"milestones", m_options.milestones},
            {"decay", m_options.decay},
            {"learning-rate", m_options.learningRate},
            {"warmup", m_options.warmup},
            {"momentum", m_options.momentum},
            {"weight-decay", m_options.weightDecay},
            {"clip", m_options.clip},
            {"seed", m_options.seed},
            {"precision", precisionName(m_options.precision)},
            {"patience", m_options.patience},
            {"data", m_options.data}};
}

void TrainingLoop::save() const
{
    StateDict tensors;
    for (const auto &[name, module] : m_modules)
        for (const auto &[key, tensor] : stateDict(*module))
            tensors["state." + name + "." + key] = tensor;
    m_update->save(tensors);
    {
        // Of networks that draw (dropout); all else is drawn from the seed and the position.
        at::Generator generator = at::detail::getDefaultCPUGenerator();
        const std::lock_guard lock(generator.mutex());
        tensors["random.cpu"] = generator.get_state();
    }
    Json reports = Json::array();
    for (const EpochReport &report : m_reports)
        reports.push_back(reportJson(report));
    const Json about{{"schema", s_schema},        {"settings", settings()},    {"step", m_step},        {"size", m_size},
                     {"pieces", m_pieces},        {"parts", m_parts},          {"loss_sum", m_lossSum}, {"loss_count", m_lossCount},
                     {"best_epoch", m_bestEpoch}, {"best_value", m_bestValue}, {"reports", reports}};
    writeSafetensors(m_checkpoint, tensors, {{s_key, about.dump()}});
}

void TrainingLoop::saveOrTell(Progress &progress)
{
    try {
        save();
    } catch (const FileError &error) {
        std::error_code ignored;
        progress.notice("The checkpoint of step " + std::to_string(m_step) + " could not be written"
                        + (std::filesystem::exists(m_checkpoint, ignored) ? ", the one before it is kept: " : ": ") + error.what());
    }
}

bool TrainingLoop::restore()
{
    if (!std::filesystem::exists(m_checkpoint))
        return false;
    const Checkpoint file = readCheckpoint(m_checkpoint);
    const auto described = file.metadata.find(s_key);
    if (described == file.metadata.end())
        throw FileError(m_checkpoint, "is no checkpoint of a training run.");
    {
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        constexpr std::int64_t mostInt = std::numeric_limits<int>::max();
        const Json description = parseJson(described->second, m_checkpoint);
        const JsonFields about(description, m_checkpoint);
        if (about.text("schema", {}) != s_schema)
            throw FileError(m_checkpoint, "was written by another version of Dscope; remove it to begin anew.");
        const Json &before = about.object("settings").json();
        const Json wanted = settings();
        for (const auto &[name, value] : wanted.items())
            if (!before.contains(name) || before.at(name) != value)
                throw FileError(m_checkpoint,
                                name == "data" ? std::string("belongs to a run on other data; remove the file to begin anew.")
                                               : "belongs to a run with another " + name + " (" + (before.contains(name) ? before.at(name).dump() : "none")
                                        + ", now " + value.dump() + "); give the same one, or remove the file to begin anew.");
        m_step = about.whole("step", 0, most);
        m_size = about.whole("size", 0, most);
        m_pieces = static_cast<int>(about.whole("pieces", 1, mostInt));
        m_parts = static_cast<int>(about.whole("parts", 0, mostInt, 1)); // as it began, whatever machine it goes on on
        m_lossSum = about.number("loss_sum");
        m_lossCount = about.whole("loss_count", 0, most);
        m_bestEpoch = static_cast<int>(about.whole("best_epoch", 0, mostInt));
        m_bestValue = about.number("best_value");
        m_reports.clear();
        for (const JsonFields &entry : about.objects("reports", static_cast<std::size_t>(mostInt)))
            m_reports.push_back({static_cast<int>(entry.whole("epoch", 0, mostInt)), entry.number("loss"), entry.number("learning_rate"),
                                 entry.number("pictures_per_second"), validationOf(entry), entry.flag("best")});
    }
    if (m_pieces > m_options.batch || m_parts > m_options.batch / 2)
        throw FileError(m_checkpoint, "its description is damaged.");
    for (auto &[name, module] : m_modules) {
        StateDict part;
        const std::string prefix = "state." + name + ".";
        for (const auto &[key, tensor] : file.tensors)
            if (key.rfind(prefix, 0) == 0)
                part[key.substr(prefix.size())] = tensor;
        loadStateDict(*module, part, m_checkpoint);
    }
    m_update->restore(file.tensors, m_checkpoint);
    if (const auto drawn = file.tensors.find("random.cpu"); drawn != file.tensors.end()) {
        at::Generator generator = at::detail::getDefaultCPUGenerator();
        const std::lock_guard lock(generator.mutex());
        try {
            generator.set_state(drawn->second.contiguous().clone());
        } catch (const c10::Error &) {
            throw FileError(m_checkpoint, "its random state is damaged.");
        }
    }
    std::error_code ignored;
    if (m_bestEpoch > 0 && !std::filesystem::exists(bestFile(), ignored))
        m_bestEpoch = 0; // somebody has removed it; later epochs are compared among themselves
    return true;
}

void TrainingLoop::removeCheckpoint()
{
    std::error_code ignored;
    std::filesystem::remove(m_checkpoint, ignored);
    std::filesystem::remove(bestFile(), ignored);
}

} // namespace dscope
