// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/packedset.h"

#include "core/base/encoding.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/parallel.h"
#include "core/base/picturefile.h"

#include <algorithm>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t s_headerSize = 4096;
constexpr std::size_t s_named = 5;           ///< files told of by name
constexpr std::size_t s_block = 512;         ///< faces decoded and brought to the disk at a time
constexpr std::uint64_t s_identitySize = 64; ///< at the beginning of the log; then eight bytes an entry

const ElementShape &checked(const ElementShape &shape)
{
    const auto &[frames, height, width] = shape;
    if (width < 1 || height < 1 || width > 4096 || height > 4096 || frames < 1 || frames > 1024)
        throw Error("Pictures of " + std::to_string(width) + " x " + std::to_string(height)
                    + (frames != 1 ? ", " + std::to_string(frames) + " frames each," : std::string()) + " cannot be packed.");
    return shape;
}

} // namespace

PackWriter::PackWriter(const fs::path &path, const ElementShape &shape, const std::string &identity)
    : m_shape(checked(shape)), m_file(path), m_log(path, ".part.log")
{
    m_identity = sha256("pack 1 " + std::to_string(shape.width) + ' ' + std::to_string(shape.height)
                        + (shape.frames > 1 ? " x " + std::to_string(shape.frames) : std::string()) + ' ' + identity);
    takeUp();
}

PackWriter::~PackWriter()
{
    if (m_entries.empty()) {
        // Nothing to go on from.
        m_file.remove();
        m_log.remove();
    }
}

std::uint64_t PackWriter::elementBytes() const
{
    return std::uint64_t{3} * static_cast<std::uint64_t>(m_shape.width) * static_cast<std::uint64_t>(m_shape.height)
        * static_cast<std::uint64_t>(m_shape.frames);
}

void PackWriter::takeUp()
{
    const std::uint64_t aPicture = elementBytes();
    if (m_log.takeUp(m_identity)) {
        m_entries.resize((m_log.size() - s_identitySize) / sizeof(Entry));
        m_entries.resize(m_log.readSome(s_identitySize, m_entries.data(), m_entries.size() * sizeof(Entry)) / sizeof(Entry));
        // Only what the picture file really has counts: the log could be of a file that somebody replaced.
        const std::uint64_t size = m_file.size();
        const std::uint64_t whole = size < s_headerSize ? 0 : (size - s_headerSize) / aPicture;
        std::size_t good = 0;
        for (; good < m_entries.size(); ++good) {
            if (m_entries[good].kept > 1 || (m_entries[good].kept == 1 && m_kept == whole))
                break;
            m_kept += m_entries[good].kept;
        }
        m_entries.resize(good);
        // The last ones are compared, for a machine that lost its power.
        std::vector<std::uint8_t> picture(aPicture);
        std::uint64_t at = m_kept;
        for (std::size_t i = m_entries.size(); i > 0 && i + s_block > m_entries.size(); --i) {
            if (m_entries[i - 1].kept == 0)
                continue;
            --at;
            if (m_file.readSome(s_headerSize + at * aPicture, picture.data(), aPicture) != aPicture
                || crc32(picture.data(), aPicture) != m_entries[i - 1].check) {
                m_entries.clear();
                m_kept = 0;
                break;
            }
        }
    }
    if (m_entries.empty())
        m_kept = 0;
    m_file.cut(s_headerSize + m_kept * aPicture);
    m_log.cut(s_identitySize + m_entries.size() * sizeof(Entry));
    // Without its first bytes it is no pack, whatever happens to it.
    const std::vector<char> zeros(s_headerSize, '\0');
    m_file.write(0, zeros.data(), zeros.size());
}

void PackWriter::add(std::span<const Picture> pictures)
{
    add(std::vector<Clip>(pictures.begin(), pictures.end()));
}

void PackWriter::add(std::span<const Clip> clips)
{
    std::vector<Entry> entries;
    std::vector<std::uint8_t> bytes;
    for (const Clip &clip : clips) {
        if (clip.empty()) {
            entries.emplace_back();
            continue;
        }
        if (clip.width() != m_shape.width || clip.height() != m_shape.height)
            throw Error("A picture of " + std::to_string(clip.width()) + " x " + std::to_string(clip.height()) + " does not belong into a packed set of "
                        + std::to_string(m_shape.width) + " x " + std::to_string(m_shape.height) + ".");
        if (clip.frames() != m_shape.frames)
            throw Error("A clip of " + std::to_string(clip.frames()) + " frames does not belong into a packed set of clips of " + std::to_string(m_shape.frames)
                        + ".");
        Entry &entry = entries.emplace_back(Entry{1, 0});
        for (const Picture &frame : clip) {
            entry.check = crc32(frame.rgb.data(), frame.rgb.size(), entry.check);
            bytes.insert(bytes.end(), frame.rgb.begin(), frame.rgb.end());
        }
    }
    m_file.append(bytes.data(), bytes.size());
    // The log must not speak of pictures that are not on the disk yet.
    m_file.sync();
    m_log.append(entries.data(), entries.size() * sizeof(Entry));
    m_entries.insert(m_entries.end(), entries.begin(), entries.end());
    m_kept += bytes.size() / elementBytes();
}

void PackWriter::finish(const FaceList &list)
{
    if (list.size() != m_entries.size())
        throw Error("A list of " + std::to_string(list.size()) + " faces was packed to " + std::to_string(m_entries.size()) + ".");
    if (m_kept == 0)
        throw FileError(list.named(), "none of its pictures can be used.");
    const std::uint64_t aPicture = elementBytes();
    std::vector<std::int32_t> numbers(list.people.size(), -1);
    for (std::size_t i = 0; i < list.size(); ++i)
        if (m_entries[i].kept == 1)
            numbers[static_cast<std::size_t>(list.labels[i])] = 0;
    Json people = Json::array();
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i] == 0) {
            numbers[i] = static_cast<std::int32_t>(people.size());
            people.push_back(utf8Name(list.people[i]));
        }
    Json tables = Json::object();
    std::uint64_t at = s_headerSize + m_kept * aPicture;
    // One table after the other, each on a multiple of eight.
    const auto table = [&](const char *name, const void *bytes, std::uint64_t size) {
        at = (at + 7) / 8 * 8;
        m_file.write(at, bytes, size);
        tables[name] = {{"offset", at}, {"bytes", size}, {"sha256", sha256(std::string_view(static_cast<const char *>(bytes), size))}};
        at += size;
    };
    {
        std::vector<std::int32_t> labels;
        std::vector<std::uint32_t> checks;
        std::vector<std::uint64_t> ends;
        std::string names;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (m_entries[i].kept == 0)
                continue;
            labels.push_back(numbers[static_cast<std::size_t>(list.labels[i])]);
            checks.push_back(m_entries[i].check);
            names += list.files[i];
            ends.push_back(names.size());
        }
        table("label", labels.data(), labels.size() * sizeof(labels[0]));
        table("crc32", checks.data(), checks.size() * sizeof(checks[0]));
        table("name_end", ends.data(), ends.size() * sizeof(ends[0]));
        table("name", names.data(), names.size());
    }
    Json about{{"schema", "dscope.pack/1"},
               {"count", m_kept},
               {"width", m_shape.width},
               {"height", m_shape.height},
               {"channels", 3},
               {"pictures", {{"offset", s_headerSize}, {"bytes", m_kept * aPicture}}},
               {"tables", tables},
               {"source", utf8Name(list.named().filename().string())},
               {"skipped", m_entries.size() - m_kept},
               {"people", people}};
    if (m_shape.frames > 1)
        about["frames"] = m_shape.frames;
    const std::string text = about.dump(-1, ' ', false, Json::error_handler_t::replace);
    at = (at + 7) / 8 * 8;
    m_file.write(at, text.data(), text.size());
    m_file.cut(at + text.size());
    m_file.sync();
    std::string header("DSCPACK\n");
    const auto put = [&](std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i)
            header.push_back(static_cast<char>(value >> (8 * i)));
    };
    put(1, 4);
    put(0, 4);
    put(at, 8);
    put(text.size(), 8);
    header += sha256(text);
    m_file.write(0, header.data(), header.size());
    m_file.finish();
    m_log.remove();
}

PackSummary packFaces(const FaceList &faces, const fs::path &out, Progress &progress, bool resize)
{
    Sha256 identity;
    identity.add(faces.root.string() + '\n');
    for (std::size_t i = 0; i < faces.size(); ++i)
        identity.add(std::to_string(faces.labels[i]) + ' ' + faces.files[i] + '\n');
    for (const std::string &person : faces.people)
        identity.add(person + '\n');
    if (damagedPicturesRefused())
        identity.add("strict\n");
    if (resize)
        identity.add("resize\n");
    const FaceReader reader(faces, progress, resize);
    PackWriter writer(out, faces.shape, identity.hex());
    progress.stage("Packing faces");
    if (writer.done() > 0)
        progress.notice("Going on from face " + std::to_string(writer.done()) + " of " + std::to_string(faces.size()) + ".");
    std::size_t bad = 0;
    while (writer.done() < faces.size()) {
        const std::size_t begin = writer.done();
        progress.checkpoint(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(faces.size()));
        std::vector<Picture> block(std::min(s_block, faces.size() - begin));
        std::vector<std::string> problems(block.size());
        Progress quiet;
        parallelFor(static_cast<std::int64_t>(block.size()), 16, quiet, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t i = from; i < to; ++i) {
                const auto at = static_cast<std::size_t>(i);
                try {
                    block[at] = reader.read(begin + at);
                } catch (const Error &error) {
                    problems[at] = error.what();
                }
            }
        });
        for (const std::string &problem : problems)
            if (!problem.empty() && ++bad <= s_named)
                progress.notice(problem);
        writer.add(block);
        reader.tellDamage(progress, false);
    }
    reader.tellDamage(progress);
    if (bad > s_named)
        progress.notice("... and " + std::to_string(bad - s_named) + " more files that cannot be used.");
    // Cancelled in the last block: the former pack stays. Afterwards it is done, and nobody is told otherwise.
    progress.checkpoint(static_cast<std::int64_t>(faces.size()), static_cast<std::int64_t>(faces.size()));
    writer.finish(faces);
    const PackedSet written = PackedSet::open(out);
    return {static_cast<std::int64_t>(written.size()), static_cast<std::int64_t>(faces.size() - written.size()),
            static_cast<std::int64_t>(written.people().size()), fs::file_size(out)};
}

} // namespace dscope
