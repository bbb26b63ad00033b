/* tests/fault/scenario.c -- the commands under test. See the header.
 *
 * Everything is as small as it can be: 32 pictures of 8 x 8, a network of 8 dimensions. */
#define _GNU_SOURCE
#include "tests/fault/scenario.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL                                                                                  \
    " --data idx --tasks 2 --patch 4 --dim 8 --depth 2 --heads 2 --epochs 1 --batch 4"         \
    " --refine-epochs 1 --warmstart none --eval-images 4 --probe-images 2 --save-every 3 "     \
    "--save-seconds 0"                                                                         \
    " --threads 1 -q"

const char *const scenario_resume[2] = {"train --resume run -q", "train --resume half -q"};

#define METHOD(name)                                                                           \
    {                                                                                          \
        name, "idx", "train" SMALL " --out run --method " name, PLACES | TIMES                 \
    }
#define FIGURE(name)                                                                           \
    {                                                                                          \
        name, "run idx", "figure " name " run -o new.svg", PLACES                              \
    }

const struct scenario scenarios[] = {
    {"train", "idx", "train" SMALL " --out run", SAVES | TIMES | TRAINS},
    {"resume", "idx half", "train --resume half -q", SAVES | TIMES | TRAINS},
    {"drift", "run idx", "drift run --metric relfro,iou --threads 1 -q", 0},
    {"pair", "run idx", "drift run@0 run@2 --threads 1 -q", 0},
    {"eval", "run idx", "eval run@2 --threads 1 -q", 0},
    {"pdf", "run out.pdf", "figure acc-matrix run -o out.pdf", SAVES},
    {"png", "run out.png", "figure overlay-grid run -o out.png", 0},
    {"svg", "run out.svg", "figure drift-curve run -o out.svg", 0},
    {"table", "run out.csv", "export run --table accuracy --format csv -o out.csv", SAVES},
    {"weights", "run out.safetensors", "export run@last -o out.safetensors -q", SAVES},
    {"import", "in.safetensors out.h5", "import in.safetensors -o out.h5 -q", SAVES},
    {"attend", "run pictures out.h5", "attend run@last pictures -o out.h5 -q --threads 1", 0},
    {"draw", "run pictures out.png", "attend run@last pictures -o out.png -q --threads 1", 0},
    {"info", "run", "info run", TIMES},
    {"report", "run", "report run -o report -q", TIMES},
    {"view", "run tour", "view run --script tour --headless", TIMES},
    {"json", "run", "export run --table compare --format json", PLACES},
    {"latex", "run", "export run --table drift --format latex", PLACES},
    {"data", "idx", "data idx", PLACES},
    {"folder", "run pictures", "attend run@1 pictures --json -q", PLACES},
    {"heads", "run pictures", "drift run@1 run@2 --images pictures --by head --source raw -q",
     PLACES},
    {"features", "run pictures", "drift run@1 run@2 --images pictures --what features -q",
     PLACES},
    {"tensors", "run", "drift run@1 run@2 --what weights -q", PLACES},
    {"link", "run", "drift run --link -q", PLACES},
    {"graft", "run idx", "transplant run@1 run@2 -q --threads 1", PLACES},
    {"split", "run idx", "decompose run@1 run@2 -q --threads 1", PLACES},
    {"replay", "idx", "train" SMALL " --out run --replay derpp --buffer 8", PLACES | TIMES},
    METHOD("ewc"),
    METHOD("si"),
    METHOD("lwf"),
    METHOD("attn-distill"),
    METHOD("ranpac"),
    METHOD("fecam"),
    METHOD("inflora --lora-rank 2"),
    METHOD("slca"),
    METHOD("joint"),
    FIGURE("attention"),
    FIGURE("ab-diff"),
    FIGURE("layer-strip"),
    FIGURE("head-matrix"),
    FIGURE("mask-steps"),
    FIGURE("mask-evolution"),
    FIGURE("split-hist"),
    FIGURE("audit"),
    FIGURE("drift-heatmap"),
    FIGURE("drift-scatter"),
    FIGURE("acc-curve"),
    FIGURE("forgetting-bars"),
    {0}};

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "preparing: %s failed\n", what);
    exit(99);
}

static void put(FILE *f, uint32_t x)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(x >> shift & 255), f);
}

/* Class k is a shade of its own with a little noise. */
static void write_part(const char *part, uint32_t count)
{
    char path[64];
    FILE *images, *labels;

    snprintf(path, sizeof path, "idx/%s-images-idx3-ubyte", part);
    check((images = fopen(path, "wb")) != NULL, path);
    snprintf(path, sizeof path, "idx/%s-labels-idx1-ubyte", part);
    check((labels = fopen(path, "wb")) != NULL, path);
    put(images, 0x803);
    put(images, count);
    put(images, 8);
    put(images, 8);
    put(labels, 0x801);
    put(labels, count);
    for (uint32_t i = 0; i < count; i++) {
        fputc((int)(i % 4), labels);
        for (uint32_t p = 0; p < 64; p++)
            fputc((int)(i % 4 * 60 + (i * 64 + p) * 2654435761u % 23), images);
    }
    check(!fclose(images) && !fclose(labels), path);
}

/* Four grey points. */
static void write_picture(const char *path)
{
    static const unsigned char png[] = {
        137, 80,  78,  71,  13,  10,  26,  10, 0,   0,  0,   13, 73,  72,  68,  82, 0,   0,
        0,   2,   0,   0,   0,   2,   8,   0,  0,   0,  0,   87, 221, 82,  248, 0,  0,   0,
        14,  73,  68,  65,  84,  120, 156, 99, 208, 56, 193, 16, 197, 5,   0,   4,  172, 1,
        85,  179, 139, 160, 221, 0,   0,   0,  0,   73, 69,  78, 68,  174, 66,  96, 130};
    FILE *f = fopen(path, "wb");

    check(f && fwrite(png, 1, sizeof png, f) == sizeof png && !fclose(f), path);
}

static void command(const char *program, const char *words)
{
    char line[2048];

    snprintf(line, sizeof line, "'%s' %s >/dev/null", program, words);
    check(!system(line), line);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");

    check(f && fputs(text, f) >= 0 && !fclose(f), path);
}

void scenarios_prepare(const char *program)
{
    static const char *const old[] = {"out.pdf", "out.png", "out.svg",
                                      "out.csv", "out.h5",  "out.safetensors"};

    check(!mkdir("idx", 0777) && !mkdir("pictures", 0777), "mkdir");
    write_part("train", 32);
    write_part("t10k", 16);
    write_picture("pictures/a.png");
    command(program, scenarios[0].words);
    command(program, "export run@last -o in.safetensors -q");
    /* Killed in the second task: one step checkpoint within it is the last. */
    check(!system("cp -r run half && rm half/checkpoints/task_02.h5 "
                  "half/checkpoints/step_000000008.h5"),
          "cp");
    write_text("tour",
               "trace trace.jsonl\nwait idle\nkey n\nkey ]\nwait idle\nshot shot.png\n");
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        write_text(old[i], "a file from before\n");
}
