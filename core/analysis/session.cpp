// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/session.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/text.h"
#include "core/nets/inputside.h"
#include "core/nets/library.h"
#include "core/nets/wanted.h"
#include "core/training/augment.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace dscope {

namespace {

std::string describeNet(const ModelSpec &spec, const std::string &hash)
{
    Json json = toJson(spec);
    // Where a file lies, and who made it, does not change what it computes.
    for (const char *field : {"path", "file", "name", "licence", "origin", "available"})
        json.erase(field);
    std::string how;
    if (spec.architecture == "onnx")
        how = " onnx 3"; // how a file is understood: what an earlier version made of it is not taken
    for (const std::string &output : wantedOutputs().names())
        how += ' ' + output;
    for (const std::string &weights : wantedWeights().names())
        how += " weights " + weights;
    return hash + how + ' ' + json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

/// What runs must be what results are kept under. @throws FileError where the file was changed between the two
std::shared_ptr<Network> unchanged(std::shared_ptr<Network> network, const std::string &hash)
{
    if (network->hash() != hash)
        throw FileError(network->spec().path, "was changed while it was in use; begin again.");
    return network;
}

/// @param ddnet the one that was named, else empty
ModelSpec baseFor(const ModelSpec &ddnet, const AnalysisOptions &options, const ModelStore &store)
{
    if (!options.base.empty())
        return store.find(options.base, Role::Base);
    if (!ddnet.base.empty())
        for (const ModelSpec &model : store.models())
            if (model.role == Role::Base && model.name == ddnet.base && model.available())
                return model;
    return store.best(Role::Base, {}, !options.task.empty() ? std::string_view(options.task) : std::string_view(ddnet.task));
}

} // namespace

ModelSpec chosenBase(const AnalysisOptions &options, const ModelStore &store)
{
    const bool named = !options.ddnet.empty() && options.ddnet != withoutDdnet;
    return baseFor(named ? store.find(options.ddnet, Role::DdNet) : ModelSpec{}, options, store);
}

Session::Session(const AnalysisOptions &options, const ModelStore &store, Progress &progress, const ModelSpec *scorer)
    : m_options(options), m_store(store), m_task(progress), m_device(parseDevice(options.device))
{
    m_options.everyNth = std::max(1, m_options.everyNth);
    m_options.batch = std::clamp(m_options.batch, 1, 4096);
    m_scores = scorer != nullptr || options.ddnet != withoutDdnet;
    if (scorer != nullptr)
        m_ddnetSpec = *scorer;
    else if (!m_scores)
        m_ddnetSpec.name = withoutDdnet;
    else if (!options.ddnet.empty())
        m_ddnetSpec = store.find(options.ddnet, Role::DdNet);

    if (!options.task.empty())
        m_elements = &taskNamed(options.task);
    const bool ddnetNamed = m_scores && scorer == nullptr && !options.ddnet.empty();
    if (ddnetNamed && m_elements != nullptr)
        checkTask(*m_elements, m_ddnetSpec);
    const auto chooseBase = [&] { return baseFor(m_ddnetSpec, options, store); };
    if (options.runBase) {
        m_baseSpec = chooseBase();
    } else if (scorer == nullptr) {
        // Scores alone need no base; it only says which DDNet is wanted, and which fuller record of the cache would do as well.
        try {
            m_baseSpec = chooseBase();
        } catch (const Error &) {
            if (!options.base.empty())
                throw;
        }
    }
    if (m_baseSpec && m_elements != nullptr)
        checkTask(*m_elements, *m_baseSpec);
    if (m_elements == nullptr)
        m_elements = &taskNamed(m_baseSpec ? m_baseSpec->task : m_ddnetSpec.task);
    if (ddnetNamed)
        checkTask(*m_elements, m_ddnetSpec);
    m_options.task = m_elements->name;
    if (scorer != nullptr) // whatever it was made for: it is asked about these
        m_ddnetSpec.task = m_elements->name;
    const std::string baseName = m_baseSpec ? m_baseSpec->name : std::string();
    if (options.ddnet.empty() && scorer == nullptr)
        m_ddnetSpec = store.best(Role::DdNet, baseName, m_elements->name);
    if (options.runBase && !m_ddnetSpec.base.empty() && m_ddnetSpec.base != baseName)
        progress.notice("The DDNet " + m_ddnetSpec.name + " was trained for the base network " + m_ddnetSpec.base + ", not for " + baseName
                        + ": its scores say less about this base.");

    if (m_scores)
        m_ddnetHash = modelHash(m_ddnetSpec.path);
    if (m_baseSpec)
        m_baseHash = modelHash(m_baseSpec->path);
    if (options.runBase) { // before anything long
        m_second = chooseSecondLook(options, *m_baseSpec, m_baseHash, store);
        if (!m_second.notice.empty())
            progress.notice(m_second.notice);
    }
}

void Session::applySecondLookTo(Analysis &analysis)
{
    if (m_second.look && m_options.second.empty() && analysis.dim > 0 && m_second.look->dim() != analysis.dim) {
        m_task.notice(m_second.file.string() + ": reads embeddings of " + std::to_string(m_second.look->dim()) + " values; those of " + m_baseSpec->name
                      + " have " + std::to_string(analysis.dim) + ". It is not used.");
        m_second = {};
    }
    if (m_second.look)
        applySecondLook(analysis, *m_second.look, m_second.file, m_second.hash);
}

std::shared_ptr<Network> Session::loadOrFallBack(const ModelSpec &spec, Use use)
{
    const LoadOptions how{.use = use, .clips = m_elements->shape.frames > 1, .progress = &m_task};
    if (m_device.isCuda()) {
        try {
            return Network::load(spec, m_device, how);
        } catch (const FileError &) {
            throw;
        } catch (const Cancelled &) {
            throw;
        } catch (const std::exception &error) {
            m_task.notice("The network " + spec.name + " could not be set up on " + m_device.name() + " (" + describe(error) + "): working on the CPU.");
            m_device = Device{};
        }
    }
    return Network::load(spec, m_device, how);
}

Network *Session::ddnet()
{
    if (!m_ddnet && m_scores)
        m_ddnet = unchanged(loadOrFallBack(m_ddnetSpec, Use::Score), m_ddnetHash);
    return m_ddnet.get();
}

Network *Session::base()
{
    if (!m_options.runBase)
        return nullptr;
    if (!m_base)
        m_base = unchanged(loadOrFallBack(*m_baseSpec, Use::Embedding), m_baseHash);
    return m_base.get();
}

const ModelSpec &Session::detectorSpec()
{
    if (!m_detectorSpec) {
        m_detectorSpec = elementSource(*m_elements).detector(m_options.detector, m_store);
        if (m_detectorSpec->available()) // one may need no file
            m_detectorHash = fileHash(m_detectorSpec->path);
    }
    return *m_detectorSpec;
}

std::vector<WorkerNets> Session::makeWorkers(std::int64_t pieces, std::optional<DetectorOptions::Search> detector)
{
    // The networks are set up before anything is read: a bad weights file ends the work at once, and a GPU that refuses them is known.
    ddnet();
    base();
    // On a GPU a second thread prepares while the first waits; on the CPU it is a thread a core.
    const int wanted = m_device.isCuda() ? 2 : threads();
    const bool clips = m_elements->shape.frames > 1;
    std::vector<WorkerNets> workers(static_cast<std::size_t>(std::clamp<std::int64_t>(pieces, 1, std::max(1, wanted))));
    for (WorkerNets &worker : workers) {
        const bool first = &worker == &workers.front();
        worker.task = m_elements;
        worker.source = &elementSource(*m_elements);
        if (detector) {
            worker.finder = first ? nullptr : workers.front().finder->sharing();
            if (!worker.finder) {
                DetectorOptions how = m_options.detectorOptions;
                how.search = *detector;
                worker.finder = worker.source->finder(detectorSpec(), m_device, how);
            }
        }
        if (m_ddnet)
            worker.shapes.ddnet = elementShape(m_ddnet->spec());
        if (m_base)
            worker.shapes.base = elementShape(m_base->spec());
        if (m_device.isCuda())
            continue;
        // Loading an unchanged file again shares its tensors.
        if (m_scores)
            worker.ddnet =
                first ? m_ddnet : unchanged(Network::load(m_ddnetSpec, m_device, {.use = Use::Score, .clips = clips, .progress = &m_task}), m_ddnetHash);
        if (m_options.runBase)
            worker.base = first ? m_base : unchanged(Network::load(*m_baseSpec, m_device, {.clips = clips, .progress = &m_task}), m_baseHash);
    }
    return workers;
}

std::string Session::modelKey(bool withBase, bool withDetector)
{
    std::string key = "models 1\ndevice " + std::string(m_device.isCuda() ? "cuda" : "cpu") + "\nddnet " + describeNet(m_ddnetSpec, m_ddnetHash);
    if (withBase)
        key += "base " + (m_baseSpec ? describeNet(*m_baseSpec, m_baseHash) : std::string("none\n"));
    if (m_options.flip)
        key += "flip\n";
    // How far it searches follows from the kind of source, whose own part of the key says that.
    if (withDetector)
        key += elementSource(*m_elements).detectorKey(describeNet(detectorSpec(), m_detectorHash), m_options.detectorOptions);
    return key;
}

namespace {

UsedModel used(const ModelSpec &spec, const std::string &hash, const Network *network, double ms)
{
    UsedModel model{spec.name, spec.architecture, hash, {}, 0, spec.rule, ms};
    if (network != nullptr) {
        model.cost = network->cost();
        model.parameters = network->parameters();
    }
    return model;
}

} // namespace

UsedModel Session::usedDdnet() const
{
    return used(m_ddnetSpec, m_ddnetHash, m_ddnet.get(), m_ddnetMs);
}

UsedModel Session::usedBase() const
{
    return m_options.runBase && m_baseSpec ? used(*m_baseSpec, m_baseHash, m_base.get(), m_baseMs) : UsedModel{};
}

UsedModel Session::usedDetector() const
{
    return m_detectorSpec ? used(*m_detectorSpec, m_detectorHash, nullptr, m_detectorMs) : UsedModel{};
}

std::string Session::deviceName() const
{
    if (m_ddnet && m_ddnet->device() != m_device)
        return m_ddnet->device().name();
    if (m_base && m_base->device() != m_device)
        return m_base->device().name();
    return m_device.name();
}

void Session::setTimes(const Times &times)
{
    for (const auto &[values, figure] : {std::pair(&times.detector, &m_detectorMs), std::pair(&times.ddnet, &m_ddnetMs), std::pair(&times.base, &m_baseMs)})
        if (!values->empty())
            *figure = medianOf(*values);
}

void Times::add(const Times &other)
{
    detector.insert(detector.end(), other.detector.begin(), other.detector.end());
    ddnet.insert(ddnet.end(), other.ddnet.begin(), other.ddnet.end());
    base.insert(base.end(), other.base.begin(), other.base.end());
}

double millisecondsNow(bool ofThisThread)
{
    timespec time{};
    clock_gettime(ofThisThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

namespace {

std::vector<float> timedRun(Network &network, std::span<const Picture> crops, std::size_t elements, Progress &progress, int batch, std::vector<double> &times)
{
    const bool cpu = !network.device().isCuda();
    const double begin = millisecondsNow(cpu);
    std::vector<float> values = network.run(crops, progress, batch);
    times.push_back((millisecondsNow(cpu) - begin) / static_cast<double>(elements));
    return values;
}

/// The pictures of all elements as a network takes them, clip after clip: its own, else those that are shown.
std::vector<Picture> ownPictures(std::vector<PendingElement> &elements, Clip CutElement::*cut)
{
    std::vector<Picture> pictures;
    if (!(elements.front().cut.*cut).empty())
        for (PendingElement &element : elements)
            for (Picture &frame : std::move(element.cut.*cut).takeFrames())
                pictures.push_back(std::move(frame));
    return pictures;
}

/// Every row becomes exp(x) / sum exp(x).
void softmaxRows(std::vector<float> &rows, std::size_t width)
{
    for (std::size_t begin = 0; begin + width <= rows.size(); begin += width) {
        const std::span<float> row = std::span<float>(rows).subspan(begin, width);
        const float most = *std::max_element(row.begin(), row.end());
        double sum = 0;
        for (const float value : row)
            sum += std::exp(static_cast<double>(value - most));
        for (float &value : row)
            value = static_cast<float>(std::exp(static_cast<double>(value - most)) / sum);
    }
}

/// What the base gives for each element: embeddings, or class scores after softmax. @param flip f + f of the mirrored element; of class scores their mean
std::vector<float> featuresOf(Network &base, std::span<const Picture> pictures, std::size_t elements, bool flip, const Task &task, Progress &progress,
                              int batch, std::vector<double> &times)
{
    const bool classes = task.protocol == Protocol::Classification;
    std::vector<float> features = timedRun(base, pictures, elements, progress, batch, times);
    if (classes)
        softmaxRows(features, features.size() / elements);
    if (!flip)
        return features;
    std::vector<Picture> turned;
    turned.reserve(pictures.size());
    for (const Picture &picture : pictures)
        turned.push_back(mirrored(picture));
    std::vector<float> more = base.run(turned, progress, batch);
    if (classes)
        softmaxRows(more, more.size() / elements);
    for (std::size_t i = 0; i < features.size(); ++i)
        features[i] = classes ? (features[i] + more[i]) / 2 : features[i] + more[i];
    return features;
}

void scoreOn(Network *ddnet, Network *base, const Task &task, std::vector<PendingElement> &elements, bool flip, Progress &progress, int batch, Times &times)
{
    std::vector<Picture> crops;
    crops.reserve(elements.size());
    for (PendingElement &element : elements)
        crops.push_back(std::move(element.cut.shown));
    const std::vector<Picture> ownOfDdnet = ownPictures(elements, &CutElement::ddnet);
    const std::vector<Picture> ownOfBase = ownPictures(elements, &CutElement::base);
    const std::vector<float> scores = ddnet != nullptr
        ? timedRun(*ddnet, ownOfDdnet.empty() ? crops : ownOfDdnet, elements.size(), progress, batch, times.ddnet)
        : std::vector<float>(crops.size(), 1.F);
    if (scores.size() != crops.size())
        throw Error("The network " + ddnet->spec().name + " gives " + std::to_string(scores.size()) + " numbers for "
                    + countedElements(taskNamed(ddnet->spec().task), std::ssize(crops)) + "; one each is needed.");
    std::vector<float> features;
    if (base != nullptr)
        features = featuresOf(*base, ownOfBase.empty() ? crops : ownOfBase, elements.size(), flip, task, progress, batch, times.base);
    const std::size_t dim = features.size() / crops.size();
    for (std::size_t i = 0; i < elements.size(); ++i) {
        PendingElement &element = elements[i];
        element.cut.shown = std::move(crops[i]);
        element.element.dScore = scores[i];
        element.embedding.assign(features.begin() + static_cast<std::ptrdiff_t>(i * dim), features.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim));
        element.scored = true;
    }
}

} // namespace

void scoreElements(std::vector<PendingElement> &elements, const WorkerNets &nets, bool flip, Progress &progress, Times &times)
{
    if ((nets.ddnet || nets.base) && !elements.empty())
        scoreOn(nets.ddnet.get(), nets.base.get(), *nets.task, elements, flip, progress, static_cast<int>(elements.size()), times);
}

void Scorer::add(PendingElement element)
{
    if (element.scored) {
        keep(std::move(element));
        return;
    }
    m_waiting.push_back(std::move(element));
    if (m_waiting.size() >= static_cast<std::size_t>(m_session.options().batch))
        flush();
}

void Scorer::flush()
{
    if (m_waiting.empty())
        return;
    scoreOn(m_session.ddnet(), m_session.base(), m_session.task(), m_waiting, m_session.options().flip, m_session.progress(), m_session.options().batch,
            m_times);
    for (PendingElement &element : m_waiting)
        keep(std::move(element));
    m_waiting.clear();
}

void Scorer::keep(PendingElement element)
{
    m_enlarged += element.cut.enlarged ? 1 : 0;
    m_scaled += element.cut.scaled ? 1 : 0;
    element.cut = {};
    m_dim = static_cast<std::int64_t>(element.embedding.size());
    const auto finite = [](float value) { return std::isfinite(value); };
    if (!finite(element.element.dScore) || !std::all_of(element.embedding.begin(), element.embedding.end(), finite)) {
        m_notFinite.push_back(element.group);
        return;
    }
    m_embeddings.insert(m_embeddings.end(), element.embedding.begin(), element.embedding.end());
    element.embedding = {};
    m_elements.push_back(std::move(element));
}

std::optional<std::string> Scorer::enlarged() const
{
    if (m_enlarged == 0)
        return std::nullopt;
    const bool one = m_enlarged == 1;
    return std::to_string(m_enlarged) + " aligned " + std::string(one ? m_session.task().element : m_session.task().elements)
        + (one ? " is smaller than a network's input and was" : " are smaller than a network's input and were") + " enlarged for it.";
}

std::optional<std::string> Scorer::scaled() const
{
    if (m_scaled == 0)
        return std::nullopt;
    const Task &task = m_session.task();
    return std::to_string(m_scaled) + (m_scaled == 1 ? " picture is" : " pictures are") + " not " + std::to_string(task.shape.width) + " x "
        + std::to_string(task.shape.height) + " and " + (m_scaled == 1 ? "was" : "were") + " scaled as if the whole picture were an aligned "
        + std::string(task.element) + ". Where it is not, D-scores mean nothing: leave out --aligned.";
}

std::optional<std::string> Scorer::leftOut() const
{
    if (m_notFinite.empty())
        return std::nullopt;
    const bool one = m_notFinite.size() == 1;
    const std::string what = "a D-score or an embedding that is not a finite number: the weights may be damaged, or of a training that diverged";
    const std::string counted = countedElements(m_session.task(), std::ssize(m_notFinite));
    if (m_elements.empty())
        throw Error((one ? "The one " + std::string(m_session.task().element) : "Each of the " + counted) + " has " + what + ".");
    return counted + (one ? " was left out, which has " : " were left out, which have ") + what + ".";
}

void Publisher::growing(const std::function<Source()> &make)
{
    const Clock::time_point begin = Clock::now();
    if (!m_tell || begin < m_next)
        return;
    m_tell(make());
    const Clock::time_point end = Clock::now();
    m_next = end + std::max<Clock::duration>(std::chrono::milliseconds(200), 9 * (end - begin));
}

std::vector<FoundElement> findElements(const WorkerNets &nets, const PixelSource &pixels, Progress &progress, Times &times)
{
    const bool cpu = nets.ddnet != nullptr || nets.base != nullptr;
    const double begin = millisecondsNow(cpu);
    std::vector<FoundElement> found = nets.finder->find(pixels, progress);
    times.detector.push_back(millisecondsNow(cpu) - begin);
    return found;
}

double medianOf(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

std::shared_ptr<const std::vector<std::uint8_t>> thumbnailOf(const Picture &crop)
{
    return std::make_shared<const std::vector<std::uint8_t>>(encodeJpeg(crop, 92));
}

} // namespace dscope
