// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"

namespace dscope::test {

namespace fs = std::filesystem;

fs::path MadeBenchmarks::fresh()
{
    return fs::path(m_dir.path().toStdString()) / ("set" + std::to_string(m_count++));
}

fs::path MadeBenchmarks::lfw()
{
    const fs::path root = fresh();
    put(root / "pairs.txt", "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t3\nAnn\t2\tCid\t1\n");
    for (const char *file : {"Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", "Cid/Cid_0001.jpg"})
        put(root / "lfw" / file);
    return root;
}

fs::path MadeBenchmarks::ytf()
{
    const fs::path root = fresh();
    put(root / "splits.txt",
        "split number, pair number, first name, second name, is same\n1, 1, Ann_A/0, Ann_A/2, 1\n1, 2, Ann_A/0, Bob/1, 0\n2, 3, Bob/1, Bob/5, 1\n");
    for (const char *file : {"Ann_A/0/0.2.jpg", "Ann_A/0/0.10.jpg", "Ann_A/0/0.1.jpg", "Ann_A/2/2.7.jpg", "Bob/1/1.1.jpg", "Bob/1/notes.txt"})
        put(root / "frame_images_DB" / file);
    put(root / "frame_images_DB" / "Ann_A.labeled_faces.txt", "Ann_A\\0\\0.1.jpg,0,100,80,40,20,0,0\nAnn_A\\0\\0.2.jpg,0,x,80,40,20,0,0\n");
    return root;
}

fs::path MadeBenchmarks::iqiyi()
{
    const fs::path root = fresh();
    put(root / "filelist.txt", "a/clip1\na/clip2\nclip3/\nclip4\n../outside\na/clip1\n");
    for (const char *file : {"a/clip1/1.jpg", "a/clip1/2.jpg", "a/clip2/1.jpg", "clip3/9.png"})
        put(root / file);
    put(root / "my.csv", "clip,identity\na/clip1,ann\na/clip2,ann\nclip3,bob\nclip4,bob\nclip9,bob\n,bob\n");
    put(root / "my.txt", "a/clip1 a/clip2 1\na/clip1 clip3 0\nclip3 clip7 0\nclip3 clip7 2\n");
    return root;
}

fs::path MadeBenchmarks::ijba()
{
    const fs::path root = fresh();
    const std::string head = "TEMPLATE_ID,SUBJECT_ID,FILE,MEDIA_ID,SIGHTING_ID,FRAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT\n";
    for (const int n : {1, 2}) {
        const std::string number = std::to_string(n);
        const fs::path pairs = root / "IJB-A_11_sets" / ("split" + number);
        put(pairs / ("verify_metadata_" + number + ".csv"),
            head
                + "10,7,img/1.jpg,50,1,,10,20,30,40\n10,7,\"frame/2_3.png\",51,2,3,5,6,7,8\n11,7,img/3.jpg,52,3,,1,1,9,9\n12,8,img/"
                  "3.jpg,52,4,,90,1,9,9\n,8,img/4.jpg,1,1,,1,1,1,1\n");
        put(pairs / ("verify_comparisons_" + number + ".csv"), "10,11\n11,12\n12,99\n1x,2\n");
        const fs::path search = root / "IJB-A_1N_sets" / ("split" + number);
        put(search / ("search_gallery_" + number + ".csv"),
            head + "10,7,img/1.jpg,50,1,,10,20,30,40\n10,7,\"frame/2_3.png\",51,2,3,5,6,7,8\n20,7,img/9.jpg,50,1,,1,1,1,1\n");
        put(search / ("search_probe_" + number + ".csv"), head + "11,7,img/3.jpg,52,3,,1,1,9,9\n12,8,img/3.jpg,52,4,,90,1,9,9\n");
    }
    put(root / "images" / "img" / "1.jpg");
    return root;
}

fs::path MadeBenchmarks::ijbc()
{
    const fs::path root = fresh();
    put(root / "meta" / "ijbc_face_tid_mid.txt", "1.jpg 5 100\n2.jpg 5 101\n3.jpg 2 102\n4.jpg 9 103\n../x.jpg 9 103\n5.jpg 9\n");
    put(root / "meta" / "ijbc_name_5pts_score.txt", "1.jpg 1 2 3 4 5 6 7 8 9 10 0.9\n2.jpg 1 2 3 4 5 6 7 8 9 10 0.8\n4.jpg 1 2 3 4 5 6 7 8 9 10 0.7\n");
    put(root / "meta" / "ijbc_template_pair_label.txt", "5 2 1\n2 9 0\n9 77 0\n9 5 3\n");
    put(root / "meta" / "ijbc_1N_gallery_G1.csv", "TEMPLATE_ID,SUBJECT_ID,FILENAME\n5,s1,1.jpg\n5,s1,2.jpg\n");
    put(root / "meta" / "ijbc_1N_gallery_G2.csv", "TEMPLATE_ID,SUBJECT_ID,FILENAME\n9,s2,1.jpg\n");
    put(root / "meta" / "ijbc_1N_probe_mixed.csv", "TEMPLATE_ID,SUBJECT_ID,FILENAME\n2,s1,1.jpg\n88,s2,1.jpg\nx,s2,1.jpg\n");
    return root;
}

bool contains(const std::vector<std::string> &lines, const std::string &text)
{
    return joined(lines).find(text) != std::string::npos;
}

std::vector<std::string> namesOf(const Benchmark &benchmark, std::uint32_t t)
{
    std::vector<std::string> names;
    for (auto f = benchmark.begin[t]; f < benchmark.begin[t + 1]; ++f)
        names.push_back(benchmark.pictures[benchmark.faces[static_cast<std::size_t>(f)]].file.filename().string());
    return names;
}

} // namespace dscope::test
