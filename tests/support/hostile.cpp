// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/hostile.h"

#include "tests/support/madefiles.h"

#include <bit>
#include <fstream>
#include <iterator>

namespace dscope::test {

namespace {

// --- state dicts

std::string word(std::string_view text)
{
    return "X" + little(text.size(), 4) + std::string(text);
}

std::string stateDict(const std::string &pickle, std::size_t storage = 64)
{
    return zipOf({{"a/data.pkl", "\x80\x02" + pickle + "."}, {"a/data/0", std::string(storage, '\0')}});
}

std::string tensorOf(std::size_t values)
{
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + word("storage") + "ctorch\nFloatStorage\n" + word("0") + word("cpu") + "J" + little(values, 4)
        + std::string("tQK\0J", 5) + little(values, 4) + "\x85K\x01\x85tR";
}

std::string sharedStorage(std::size_t values, std::size_t tensors)
{
    std::string pickle = "}(";
    for (std::size_t i = 0; i < tensors; ++i)
        pickle += word("w" + std::to_string(i)) + tensorOf(values);
    return stateDict(pickle + "u", 4 * values);
}

/// Whole numbers with a scale, all of one storage: each tensor becomes float32 of its own.
std::string sharedQuantised(std::size_t values, std::size_t tensors)
{
    std::string pickle = "}(";
    for (std::size_t i = 0; i < tensors; ++i)
        pickle += word("w" + std::to_string(i)) + "ctorch._utils\n_rebuild_qtensor\n((" + word("storage") + "ctorch\nQInt8Storage\n" + word("0") + word("cpu")
            + "J" + little(values, 4) + std::string("tQK\0J", 5) + little(values, 4) + "\x85K\x01\x85" + "ctorch\nper_tensor_affine\n"
            + std::string("G?\xe0\0\0\0\0\0\0K\0\x87\x89Nt", 15) + "R";
    return stateDict(pickle + "u", values);
}

/// Numpy's arrays that name the same bytes.
std::string sharedArrays(std::size_t values, std::size_t arrays)
{
    std::string pickle =
        "B" + little(4 * values, 4) + std::string(4 * values, '\0') + std::string("q\0", 2) + "0cnumpy\ndtype\nX" + little(2, 4) + "f4\x85Rq\x01" + "0}(";
    for (std::size_t i = 0; i < arrays; ++i)
        pickle += word("w" + std::to_string(i)) + "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\ntR(K\x01J" + little(values, 4) + "\x85h\x01\x89"
            + std::string("h\0tb", 4);
    return stateDict(pickle + "u");
}

/// A dictionary that holds twice the one before it, 40 times over.
std::string laughs()
{
    std::string pickle = "}q" + std::string(1, '\0') + "0";
    for (int level = 0; level < 40; ++level) {
        const std::string before = "h" + std::string(1, static_cast<char>(level));
        pickle += "}(" + word("a") + before + word("b") + before + "uq" + std::string(1, static_cast<char>(level + 1)) + "0";
    }
    return stateDict("h" + std::string(1, '\x28'));
}

/// One long name and one tensor, referred to again and again with four bytes.
std::string manyNames()
{
    const std::string name = word(std::string(200, 'n')) + std::string("q\0", 2) + "0";
    return stateDict(name + tensorOf(16) + "q\x01" + "0}(" + repeated(std::string("h\0h\x01", 4), 2 << 20) + "u");
}

/// Objects by the thousand that share one long list of attributes.
std::string manyObjects()
{
    std::string attributes = "}(";
    for (int i = 0; i < 100'000; ++i)
        attributes += word(std::to_string(i)) + "N";
    std::string pickle = attributes + std::string("uq\0", 3) + "0cmade\nThing\nq\x01" + "0](";
    for (int i = 0; i < 200'000; ++i)
        pickle += std::string("h\x01)\x81h\0b", 7);
    return stateDict(pickle + "e");
}

std::string manyEntries(std::size_t count)
{
    std::string out = little(0x04034b50, 4) + little(0, 22) + little(1, 2) + little(0, 2) + "a";
    const std::size_t begin = out.size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::string name = std::to_string(i);
        out += little(0x02014b50, 4) + little(0, 24) + little(name.size(), 2) + little(0, 16) + name;
    }
    const std::size_t size = out.size() - begin;
    const std::size_t end = out.size();
    out += little(0x06064b50, 4) + little(44, 8) + little(0, 12) + little(count, 8) + little(count, 8) + little(size, 8) + little(begin, 8);
    out += little(0x07064b50, 4) + little(0, 4) + little(end, 8) + little(1, 4);
    return out + little(0x06054b50, 4) + little(0, 4) + little(0xffff, 2) + little(0xffff, 2) + little(0xffffffff, 4) + little(0xffffffff, 4) + little(0, 2);
}

std::string safetensors(const std::string &header)
{
    return little(header.size(), 8) + header;
}

std::string manyKeys(std::size_t count)
{
    std::string header = "{";
    for (std::size_t i = 0; i < count; ++i)
        header += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
    return safetensors(header + "}");
}

// --- ONNX

std::string resize()
{
    constexpr std::int64_t wide = (1 << 25) / 3;
    const std::string mode = protoBytes(5, protoBytes(1, "mode") + protoBytes(4, "linear") + protoNumber(20, 3));
    return onnxFile(onnxNode("GlobalAveragePool", {"x"}, {"p"}) + onnxNode("Resize", {"p", "", "", "s"}, {"y"}, mode) + onnxWholes("s", {1, 3, 1, wide}),
                    {1, 3, 1, wide});
}

std::string tileChain()
{
    std::string graph;
    for (int i = 0; i < 12; ++i)
        graph += onnxNode("Tile", {i == 0 ? "x" : "t" + std::to_string(i), "r"}, {i == 11 ? "y" : "t" + std::to_string(i + 1)});
    return onnxFile(graph + onnxWholes("r", {1, 1, 2, 2}), {1, 3, 8 << 12, 8 << 12});
}

std::string constantOfShape()
{
    return onnxFile(onnxNode("ConstantOfShape", {"s"}, {"c"}) + onnxNode("ReduceMean", {"c"}, {"m"}) + onnxNode("Add", {"x", "m"}, {"y"})
                        + onnxWholes("s", {1 << 27}),
                    {1, 3, 8, 8});
}

std::string expand()
{
    return onnxFile(onnxNode("Expand", {"x", "s"}, {"e"}) + onnxNode("Relu", {"e"}, {"y"}) + onnxWholes("s", {1 << 19, 3, 8, 8}), {1 << 19, 3, 8, 8});
}

/// A weight of no element with sides whose product is beyond every number.
std::string zeroAndHuge()
{
    constexpr std::uint64_t side = std::uint64_t{1} << 33;
    const std::string dims = protoNumber(1, 0) + protoNumber(1, side) + protoNumber(1, side);
    return onnxFile(onnxNode("Add", {"x", "w"}, {"y"}) + protoBytes(5, dims + protoNumber(2, 1) + protoBytes(8, "w") + protoBytes(9, "")), {1, 3, 8, 8});
}

std::string gatherChain()
{
    // A vector of a million indices, gathered again and again along further axes.
    return onnxFile(onnxNode("Shape", {"x"}, {"h"}) + onnxNode("Expand", {"h", "s"}, {"i"}) + onnxNode("Gather", {"x", "i"}, {"y"})
                        + onnxWholes("s", {1 << 18, 4}),
                    {1 << 18, 4, 3, 8, 8});
}

// --- pictures

std::string pngBomb(std::uint32_t width, std::uint32_t height)
{
    const std::string begin("\x89PNG\r\n\x1a\n", 8);
    const std::string size = big(width, 4) + big(height, 4) + std::string("\x08\x02\0\0\0", 5);
    return begin + big(13, 4) + "IHDR" + size + big(0, 4) + big(0, 4) + "IDAT" + big(0x35af061e, 4) + big(0, 4) + "IEND" + big(0xae426082, 4);
}

std::string jpegSegment(char marker, const std::string &content)
{
    return std::string("\xff") + marker + big(content.size() + 2, 2) + content;
}

/// A progressive JPEG that announces a large picture and has a scan of nothing.
std::string progressiveJpeg(std::uint32_t width, std::uint32_t height, std::size_t scans)
{
    const std::string table = jpegSegment('\xdb', std::string(1, '\0') + std::string(64, '\1'));
    const std::string frame = jpegSegment('\xc2', "\x08" + big(height, 2) + big(width, 2) + std::string("\x03\x01\x22\0\x02\x11\0\x03\x11\0", 10));
    const std::string codes = jpegSegment('\xc4', std::string(1, '\0') + std::string("\x01", 1) + std::string(15, '\0') + std::string(1, '\0'));
    const std::string scan = jpegSegment('\xda', std::string("\x03\x01\0\x02\0\x03\0\0\0\0", 10));
    return "\xff\xd8" + table + frame + codes + repeated(scan, scans) + "\xff\xd9";
}

std::string tiffBomb(std::uint32_t width, std::uint32_t height)
{
    std::string out = "II" + little(42, 2) + little(8, 4) + little(9, 2);
    const auto tag = [&](int number, int type, std::uint32_t value) {
        out += little(static_cast<std::uint64_t>(number), 2) + little(static_cast<std::uint64_t>(type), 2) + little(1, 4) + little(value, 4);
    };
    tag(256, 4, width);
    tag(257, 4, height);
    tag(258, 3, 8);
    tag(259, 3, 1);
    tag(262, 3, 1);
    tag(273, 4, 8);
    tag(277, 3, 1);
    tag(278, 4, height);
    tag(279, 4, 16);
    return out + little(0, 4);
}

/// The orientation as EXIF has it, in a segment of its own.
std::string exif(int orientation)
{
    return jpegSegment(
        '\xe1', std::string("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 24) + little(static_cast<std::uint64_t>(orientation), 4) + little(0, 4));
}

/// A whole JPEG of one colour: every block is two codes of one bit.
std::string flatJpeg(std::uint32_t width, std::uint32_t height, int orientation)
{
    const std::string table = jpegSegment('\xdb', std::string(1, '\0') + std::string(64, '\1'));
    const std::string frame = jpegSegment('\xc0', "\x08" + big(height, 2) + big(width, 2) + std::string("\x01\x01\x11\0", 4));
    const std::string codes = jpegSegment('\xc4', std::string(1, '\0') + std::string("\x01", 1) + std::string(15, '\0') + std::string(1, '\0'))
        + jpegSegment('\xc4', std::string("\x10\x01", 2) + std::string(15, '\0') + std::string(1, '\0'));
    const std::string scan = jpegSegment('\xda', std::string("\x01\x01\0\0\x3f\0", 6));
    const std::size_t blocks = std::size_t{(width + 7) / 8} * ((height + 7) / 8);
    return "\xff\xd8" + exif(orientation) + table + frame + codes + scan + std::string((blocks + 3) / 4, '\0') + "\xff\xd9";
}

/// A file of one colour, 6000 x 6000, as the encoder of its format wrote it: in the corpus, because no library of the tests writes these formats.
std::string flat(const std::string &ending)
{
    std::ifstream in(std::string(DSCOPE_FUZZ_CORPUS) + "/picture/flat-large-" + ending, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string webpBomb()
{
    constexpr std::uint64_t side = 16383;
    const std::string frame = std::string("\x10\x02\x00\x9d\x01\x2a", 6) + little(side, 2) + little(8191, 2) + std::string(16, '\0');
    return "RIFF" + little(frame.size() + 12, 4) + "WEBPVP8 " + little(frame.size(), 4) + frame;
}

std::string bmpBomb()
{
    return "BM" + little(54, 4) + little(0, 4) + little(54, 4) + little(40, 4) + little(11000, 4) + little(11000, 4) + little(1, 2) + little(24, 2)
        + little(0, 24);
}

std::string gifBomb(std::uint32_t width = 16000, std::uint32_t height = 8000)
{
    const std::string frame = "," + little(0, 4) + little(width, 2) + little(height, 2) + std::string(1, '\0') + std::string("\x02\x02\x4c\x01\0", 5);
    return "GIF89a" + little(width, 2) + little(height, 2) + std::string("\x80\0\0\0\0\0\xff\xff\xff", 9) + repeated(frame, 3) + ";";
}

// --- videos

std::string box(std::string_view name, const std::string &content)
{
    return big(content.size() + 8, 4) + std::string(name) + content;
}

/// A table of a hundred million samples of one byte each, in a few bytes.
std::string manySamples()
{
    constexpr std::uint64_t samples = 100'000'000;
    const std::string entry = box("mp4v", little(0, 6) + big(1, 2) + little(0, 16) + big(16, 2) + big(16, 2) + little(0, 50));
    const std::string tables = box("stsd", big(0, 4) + big(1, 4) + entry) + box("stts", big(0, 4) + big(1, 4) + big(samples, 4) + big(1, 4))
        + box("stsc", big(0, 4) + big(1, 4) + big(1, 4) + big(samples, 4) + big(1, 4)) + box("stsz", big(0, 4) + big(1, 4) + big(samples, 4))
        + box("stco", big(0, 4) + big(1, 4) + big(8, 4));
    const std::string media = box("mdhd", big(0, 12) + big(25, 4) + big(samples, 4) + big(0, 4)) + box("hdlr", big(0, 8) + "vide" + little(0, 13))
        + box("minf", box("vmhd", big(1, 4) + little(0, 8)) + box("stbl", tables));
    const std::string track = box("tkhd", big(3, 4) + big(0, 8) + big(1, 4) + little(0, 60) + big(16 << 16, 4) + big(16 << 16, 4)) + box("mdia", media);
    return box("ftyp", "isom" + big(0, 4)) + box("moov", box("mvhd", big(0, 12) + big(25, 4) + big(samples, 4) + little(0, 80)) + box("trak", track));
}

// --- sets and lists

std::string records(std::size_t lines)
{
    constexpr std::size_t labels = 65536;
    std::string labelBytes;
    for (std::size_t i = 0; i < labels; ++i)
        labelBytes += little(std::bit_cast<std::uint32_t>(1.0F), 4);
    const std::string data = little(labels, 4) + little(0, 20) + labelBytes + "xxxx";
    std::string index;
    for (std::size_t i = 0; i < lines; ++i)
        index += std::to_string(i + 1) + "\t0\n";
    return index + "\x1e" + little(0xced7230a, 4) + little(data.size(), 4) + data;
}

std::string npy(const std::string &header, const std::string &values = {})
{
    return std::string("\x93NUMPY\x02\0", 8) + little(header.size(), 4) + header + values;
}

/// An archive of one array that is a few bytes of deflate.
std::string npzOfZeros(const std::string &header, std::uint64_t zeros)
{
    const std::string start = npy(header);
    const std::string inside = std::string(1, '\0') + little(start.size(), 2) + little(~start.size(), 2) + start + deflatedZeros(zeros);
    const std::string name = "features.npy";
    const std::string sizes = little(0, 4) + little(inside.size(), 4) + little(start.size() + zeros, 4) + little(name.size(), 2);
    const std::string local = little(0x04034b50, 4) + little(20, 2) + little(0, 2) + little(8, 2) + little(0, 4) + sizes + little(0, 2) + name + inside;
    const std::string directory =
        little(0x02014b50, 4) + little(20, 2) + little(20, 2) + little(0, 2) + little(8, 2) + little(0, 4) + sizes + little(0, 12) + little(0, 4) + name;
    return local + directory + little(0x06054b50, 4) + little(0, 4) + little(1, 2) + little(1, 2) + little(directory.size(), 4) + little(local.size(), 4)
        + little(0, 2);
}

std::string matHeader()
{
    std::string text = "MATLAB 5.0 MAT-file, hostile";
    text.resize(124, ' ');
    return text + little(0x0100, 2) + "IM";
}

/// What stands before the values of a square array of doubles called a.
std::string matHead(std::uint64_t side)
{
    const std::uint64_t bytes = 8 * side * side;
    return little(14, 4) + little(48 + bytes, 4) + little(6, 4) + little(8, 4) + little(6, 4) + little(0, 4) + little(5, 4) + little(8, 4) + little(side, 4)
        + little(side, 4) + little(std::uint64_t{1} << 16 | 1, 4) + "a" + little(0, 3) + little(9, 4) + little(bytes, 4);
}

/// A file of one array that is a few bytes of deflate.
std::string matOfZeros(std::uint64_t side)
{
    const std::string start = matHead(side);
    const std::string inside = "\x78\x01" + std::string(1, '\0') + little(start.size(), 2) + little(~start.size(), 2) + start + deflatedZeros(8 * side * side);
    return matHeader() + little(15, 4) + little(inside.size(), 4) + inside;
}

std::string lines(std::size_t count, const std::function<std::string(std::size_t)> &line)
{
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += line(i) + "\n";
    return out;
}

std::string grid()
{
    std::string numbers = "0";
    for (int i = 0; i < 9000; ++i)
        numbers += ",0";
    std::string names = "\"ddnet\"";
    for (int i = 0; i < 9000; ++i)
        names += ",\"ddnet\"";
    return R"({"schema":"dscope.ablation/1","faces":"f","split":"s.csv","grid":{"architecture":[)" + names + R"(],"base":[)" + names + R"(],"degraded":[)"
        + numbers + R"(],"people":[1]}})";
}

constexpr std::size_t mega = 1 << 20;

} // namespace

const std::vector<HostileInput> &hostileInputs()
{
    static const std::vector<HostileInput> all{
        {"pickle-nested-tuples", "weights", [] { return stateDict(")" + repeated("\x85", 2 * mega)); }},
        {"pickle-nested-lists", "weights", [] { return stateDict(repeated("]", mega) + repeated("a", mega - 1)); }},
        {"pickle-nested-dicts", "weights", [] { return stateDict(repeated("}N", mega) + "N" + repeated("s", mega)); }},
        {"pickle-nones", "weights", [] { return stateDict("(" + repeated("N", 9 * mega) + "l"); }},
        {"pickle-many-marks", "weights", [] { return stateDict(repeated("(", 4 * mega)); }},
        {"pickle-memo", "weights", [] { return stateDict("}" + repeated("\x94", 8 * mega)); }},
        {"pickle-laughs", "weights", laughs},
        {"pickle-cycle", "weights", [] { return stateDict(std::string("}q\0(", 4) + word("a") + std::string("h\0u", 3)); }},
        {"pickle-shared-300", "weights", [] { return sharedStorage(mega, 300); }},
        {"pickle-shared-5000", "weights", [] { return sharedStorage(mega, 5000); }},
        {"pickle-names", "weights", manyNames},
        {"pickle-objects", "weights", manyObjects},
        {"pickle-quantised-shared", "weights", [] { return sharedQuantised(mega, 5000); }},
        {"pickle-arrays-shared", "weights", [] { return sharedArrays(mega, 5000); }},
        {"pickle-arrays-empty", "weights",
         [] {
             return stateDict("cnumpy.core.multiarray\n_reconstruct\nq\x01" + std::string("0cnumpy\nndarray\n\x85q\0") + "0]("
                              + repeated(std::string("h\1h\0R", 5), mega) + "e");
         }},
        {"pickle-bytes", "weights", [] { return stateDict("](" + repeated(std::string("C\0", 2), 4 * mega) + "e"); }},
        {"pickle-numbers", "weights", [] { return stateDict("](" + repeated(std::string("G\0\0\0\0\0\0\0\0", 9), 2 * mega) + "e"); }},
        {"zip-many-entries", "weights", [] { return manyEntries(300'000); }},
        {"safetensors-keys", "safetensors", [] { return manyKeys(40'000); }},
        {"safetensors-more-keys", "safetensors", [] { return manyKeys(80'000); }},
        {"safetensors-nested", "safetensors", [] { return safetensors("{\"a\":" + repeated("[", 3 * mega) + repeated("]", 3 * mega) + "}"); }},
        {"safetensors-nested-metadata", "safetensors", [] { return safetensors(R"({"__metadata__":{"dscope.model":")" + repeated("[", mega) + R"("}})"); }},
        {"safetensors-sides", "safetensors",
         [] { return safetensors(R"({"w":{"dtype":"F32","shape":[)" + repeated("1,", mega) + R"(0],"data_offsets":[0,0]}})"); }},
        {"safetensors-zero-and-huge", "safetensors",
         [] { return safetensors(R"({"w":{"dtype":"F32","shape":[0,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}})"); }},
        {"json-nested", "json", [] { return repeated("[", 4 * mega); }},
        {"json-numbers", "json", [] { return "[" + repeated("1,", 4 * mega) + "1]"; }},
        {"json-objects", "json", [] { return "[" + repeated("{},", 3 * mega) + "1]"; }},
        {"json-strings", "json", [] { return "[" + repeated("\"\",", 3 * mega) + "1]"; }},
        {"json-keys", "json", [] { return "{" + lines(200'000, [](std::size_t i) { return "\"" + std::to_string(i) + "\":0,"; }) + "\"x\":0}"; }},
        {"manifest-nested", "manifest", [] { return R"({"models":)" + repeated("[", 2 * mega) + repeated("]", 2 * mega) + "}"; }},
        {"sidecar-nested", "sidecar", [] { return R"({"name":)" + repeated("[", 2 * mega) + repeated("]", 2 * mega) + "}"; }},
        {"sidecar-negative", "sidecar",
         [] {
             return std::string(R"({"name":"a","role":"base","architecture":"onnx","file":"a","output":-5,"input":{"width":112,"height":112,"colour":"rgb",)"
                                R"("mean":[0,0,0],"scale":[1,1,1]}})");
         }},
        {"csv-commas", "csv", [] { return repeated(",", 16 * mega); }},
        {"csv-rows", "csv", [] { return repeated("a\n", 8 * mega); }},
        {"csv-quotes", "csv", [] { return "a,b\n" + repeated("\"\",\"\"\n", 2 * mega); }},
        {"csv-bad-rows", "csv", [] { return "a,b\n" + repeated("1\n", 4 * mega); }},
        {"imageset-rows", "imageset", [] { return "path,group\n" + lines(mega / 2, [](std::size_t i) { return std::to_string(i) + ".png,a"; }); }},
        {"imageset-there", "imageset", [] { return "path,group\n" + repeated("a.jpg,a\n", mega / 2); }},
        {"imageset-groups", "imageset", [] { return "path,group\n" + lines(mega / 4, [](std::size_t i) { return "a.jpg," + std::to_string(i); }); }},
        {"pairlist-rows", "pairlist", [] { return lines(mega, [](std::size_t i) { return std::to_string(i) + " 1 2"; }); }},
        {"ijba-rows", "ijba",
         [] {
             return "TEMPLATE_ID,SUBJECT_ID,FILE\n" + lines(mega / 4, [](std::size_t i) { return std::to_string(i) + "," + std::to_string(i) + ",a"; })
                 + "\x1e"
                   "1,2\n\x1e\x1e";
         }},
        {"facelist-rows", "facelist", [] { return "path,label\n" + lines(mega / 2, [](std::size_t i) { return std::to_string(i) + ".jpg,a"; }); }},
        {"quality-rows", "quality", [] { return lines(mega / 2, [](std::size_t i) { return std::to_string(i) + " 1"; }); }},
        {"lfw-people", "lfw", [] { return "A 1 1\n" + lines(200'000, [](std::size_t i) { return std::to_string(i) + " 1 2"; }); }},
        {"lfw-many-people", "lfw", [] { return "A 1 B 1\n" + lines(300'000, [](std::size_t i) { return std::to_string(i) + " 1 2"; }); }},
        {"ijbc-rows", "ijbc", [] { return lines(mega / 2, [](std::size_t i) { return "a.jpg " + std::to_string(i) + " 1"; }); }},
        {"ijbc-shortest-rows", "ijbc",
         [] {
             return repeated("a 1 1\n", 4'000'000)
                 + "\x1e\x1e"
                   "1 2 1\n1 3 0\n";
         }},
        {"ijbc-templates", "ijbc",
         [] {
             return lines(2'000'000, [](std::size_t i) { return "1.jpg " + std::to_string(i) + " " + std::to_string(i); })
                 + "\x1e\x1e"
                   "1 2 1\n1 3 0\n";
         }},
        {"ijbc-pairs", "ijbc",
         [] {
             return "a 1 1\nb 2 1\n\x1e\x1e"
                    "1 2 1\n"
                 + lines(1'000'000, [](std::size_t i) { return std::to_string(i) + " " + std::to_string(i + 5) + " 0"; });
         }},
        {"iqiyi-clips", "iqiyi",
         [] {
             return "A\n" + lines(200'000, [](std::size_t i) { return std::to_string(i); })
                 + "\x1e"
                   "1 2 1\n3 4 0\n\x1e";
         }},
        {"iqiyi-pairs", "iqiyi",
         [] {
             return "A\n\x1e"
                    "A A 1\n"
                 + lines(2'000'000, [](std::size_t i) { return "A " + std::to_string(i) + " 0"; }) + "\x1e";
         }},
        {"iqiyi-identities", "iqiyi",
         [] {
             return "A\n\x1e\x1e"
                    "clip,identity\n"
                 + lines(2'000'000, [](std::size_t i) { return std::to_string(i) + ",a"; });
         }},
        {"ytf-videos", "ytf",
         [] {
             return "1,1,A/1,A/1,1\n" + lines(100'000, [](std::size_t i) { return "1,1,A/" + std::to_string(i) + ",B/" + std::to_string(i) + ",0"; })
                 + "\x1e\x1e";
         }},
        {"ijba-templates", "ijba",
         [] {
             return "TEMPLATE_ID,SUBJECT_ID,FILE\n" + lines(mega, [](std::size_t i) { return std::to_string(i) + "," + std::to_string(i) + ",a"; })
                 + "\x1e"
                   "1,2\n\x1e\x1e";
         }},
        {"ytf-frames", "ytf", [] { return "1,1,A/1,A/1,1\n\x1e\x1e" + lines(mega / 2, [](std::size_t i) { return "A/1/" + std::to_string(i) + ".jpg"; }); }},
        {"records-labels", "records", [] { return records(6000); }},
        {"records-index", "records",
         [] { return lines(2 * mega, [](std::size_t) { return "1\t0"; }) + "\x1e" + little(0xced7230a, 4) + little(24, 4) + little(0, 24); }},
        {"records-magic", "recordscan", [] { return repeated(little(0xced7230a, 4), mega / 4); }},
        {"npy-huge", "npy", [] { return npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000), }\n", "1234"); }},
        {"npy-overflow", "npy", [] { return npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n"); }},
        {"npy-axes", "npy", [] { return npy("{'descr': '<f4', 'fortran_order': False, 'shape': (" + repeated("1,", 4 * mega) + "), }\n", "1234"); }},
        {"npy-header", "npy", [] { return std::string("\x93NUMPY\x02\0\xff\xff\xff\xff", 12) + "{'descr'"; }},
        {"mat-zeros", "mat", [] { return matOfZeros(2000); }},
        {"mat-more-zeros", "mat", [] { return matOfZeros(10000); }},
        {"mat-announced", "mat", [] { return matHeader() + little(14, 4) + little(0xfffffff0, 4) + matHead(2000); }},
        {"mat-variables", "mat", [] { return matHeader() + repeated(matHead(0), mega / 16); }},
        {"tracklets-rows", "tracklets",
         [] { return "path,person,camera\na.jpg,1,1\nb.jpg,1,2\n" + lines(mega / 2, [](std::size_t i) { return "x.jpg," + std::to_string(i) + ",1"; }); }},
        {"features-zero-wide", "features", [] { return npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904), }\n"); }},
        {"features-npz-zeros", "features", [] { return npzOfZeros("{'descr': '<f2', 'fortran_order': False, 'shape': (26000, 1000), }\n", 52'000'000); }},
        {"features-npz-more-zeros", "features",
         [] { return npzOfZeros("{'descr': '<f2', 'fortran_order': False, 'shape': (500000, 1000), }\n", 1'000'000'000); }},
        {"features-npz-members", "features",
         [] {
             std::vector<std::pair<std::string, std::string>> members;
             for (int i = 0; i < 60'000; ++i)
                 members.emplace_back(std::to_string(i) + ".npy", "");
             return zipOf(members);
         }},
        {"features-npy-half", "features",
         [] { return npy("{'descr': '<f2', 'fortran_order': True, 'shape': (20000, 1000), }\n", std::string(40'000'000, '\0')); }},
        {"features-npy-one-row", "features",
         [] { return npy("{'descr': '>f8', 'fortran_order': False, 'shape': (1, 8000000), }\n", std::string(64'000'000, '\0')); }},
        {"features-safetensors-keys", "features",
         [] {
             std::string header = "{";
             for (int i = 0; i < 80'000; ++i)
                 header += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + R"(":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]})";
             return safetensors(header + "}") + std::string(8, '\0');
         }},
        {"features-safetensors-nested", "features", [] { return safetensors("{\"features\":" + repeated("[", 3 * mega) + repeated("]", 3 * mega) + "}"); }},
        {"onnx-functions", "onnx",
         [] {
             return onnxFile(onnxNode("Relu", {"x"}, {"y"}), {1, 3, 8, 8}, protoBytes(25, protoBytes(1, "f") + repeated(protoBytes(7, ""), 4 * mega)));
         }},
        {"onnx-training", "onnx",
         [] {
             return onnxFile(onnxNode("Relu", {"x"}, {"y"}), {1, 3, 8, 8}, protoBytes(20, protoBytes(1, repeated(protoBytes(1, ""), 4 * mega))));
         }},
        {"onnx-nodes", "onnx",
         [] {
             return onnxFile(repeated(protoBytes(1, ""), 4 * mega), {1, 3, 8, 8});
         }},
        {"onnx-inputs-of-a-node", "onnx",
         [] {
             return onnxFile(protoBytes(1, repeated(protoBytes(1, ""), 4 * mega) + protoBytes(4, "Sum")), {1, 3, 8, 8});
         }},
        {"onnx-metadata", "onnx",
         [] {
             return onnxFile(onnxNode("Relu", {"x"}, {"y"}), {1, 3, 8, 8}, repeated(protoBytes(14, ""), 4 * mega));
         }},
        {"onnx-value-infos", "onnx",
         [] {
             return onnxFile(onnxNode("Relu", {"x"}, {"y"}) + repeated(protoBytes(13, ""), 4 * mega), {1, 3, 8, 8});
         }},
        {"onnx-subgraphs", "onnx",
         [] {
             std::string graph = onnxNode("Relu", {"x"}, {"y"});
             for (int depth = 0; depth < 3000; ++depth)
                 graph = onnxNode("If", {"x"}, {"y"}, protoBytes(5, protoBytes(1, "then_branch") + protoBytes(6, graph) + protoNumber(20, 5)));
             return onnxFile(graph, {1, 3, 8, 8});
         }},
        {"onnx-resize", "onnxrun", resize},
        {"onnx-tile-chain", "onnxrun", tileChain},
        {"onnx-constant", "onnxrun", constantOfShape},
        {"onnx-expand", "onnxrun", expand},
        {"onnx-gather", "onnxrun", gatherChain},
        {"onnx-zero-and-huge", "onnxrun", zeroAndHuge},
        {"jpeg-progressive", "picture", [] { return progressiveJpeg(16000, 8000, 1); }},
        {"jpeg-progressive-decoder", "jpeg", [] { return progressiveJpeg(16000, 16000, 1); }},
        {"jpeg-scans", "jpeg", [] { return progressiveJpeg(1000, 1000, 20'000); }},
        {"png-header", "picture", [] { return pngBomb(16000, 8000); }},
        {"webp-header", "picture", webpBomb},
        {"tiff-header", "picture", [] { return tiffBomb(16000, 8000); }},
        {"bmp-header", "picture", bmpBomb},
        {"pnm-header", "picture", [] { return std::string("P6\n16000 8000\n255\nabc"); }},
        {"jpeg-turned", "picture", [] { return flatJpeg(7000, 7000, 6); }},
        {"jpeg-progressive-within-pixels", "picture", [] { return progressiveJpeg(7000, 7000, 1) + repeated("x", 200'000); }},
        {"tiff-one-strip", "picture", [] { return tiffBomb(7000, 7000); }},
        {"avif-flat", "picture", [] { return flat("avif"); }},
        {"heic-flat", "picture", [] { return flat("heic"); }},
        {"jxl-flat", "picture", [] { return flat("jxl"); }},
        {"webp-flat", "picture", [] { return flat("webp"); }},
        {"gif-huge", "video", [] { return gifBomb(); }},
        {"gif-40-million", "video", [] { return gifBomb(8000, 5000); }},
        {"mp4-samples", "video", manySamples},
        {"ablation-grid", "ablation", grid},
        {"project-nested", "project", [] { return R"({"schema":"dscope.project/1","analysis":)" + repeated("[", 2 * mega) + repeated("]", 2 * mega) + "}"; }},
    };
    return all;
}

} // namespace dscope::test
