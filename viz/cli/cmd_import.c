/* viz/cli/cmd_import.c -- driftscope import: a pretrained ViT of any library, with every
 * assumption in the open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sheet/sheet.h"
#include "data/weights/verify.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_model.h"

const char *const ds_model_resizes[] = {"timm", "transformers", "dino", "bilinear", NULL};
const char *const ds_model_pools[] = {"auto", "cls", "mean", NULL};

struct import_opt {
    char out[1024], verify[1024];
    bool json;
    int threads;
    struct ds_model_want model;
};

#define AT(field) DS_OPT_AT(import_opt, field)
static const struct ds_opt table[] = {
    {"out", "", "FILE", "write the network there: FILE.h5, or FILE.safetensors for timm",
     AT(out), .letter = 'o'},
    {"verify", "", "FILE", "compare with answers of another program: x, logits, attn.L in FILE",
     AT(verify)},
    {"json", "no", "", "print the card as JSON", AT(json)},
    {"threads", "0", "N", "worker threads of --verify, 0: one per processor", AT(threads),
     .lo = 0, .hi = 256},
    DS_MODEL_ROWS(import_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope import vit_tiny.safetensors                 the architecture card, nothing "
    "else\n"
    "driftscope import pytorch_model.bin -o vit.h5\n"
    "driftscope import checkpoint.pth --heads 12 -o mocov3.h5\n"
    "driftscope import dinov2/ --image-size 224 -o dinov2.h5   a folder with config.json\n"
    "driftscope import vit.npz --verify answers.safetensors -o vit.safetensors";

static int print_card(const struct ds_card *c, bool json, struct ds_err *err)
{
    const struct ds_sheet_style style = {.format = json ? DS_JSON : DS_TEXT};
    struct ds_sheet s = {0};
    char *text;
    size_t size;
    int code;

    ds_sheet_begin(&s, "card", "architecture card");
    ds_sheet_add(&s, "what", DS_CELL_TEXT);
    ds_sheet_add(&s, "value", DS_CELL_TEXT);
    ds_sheet_add(&s, "source", DS_CELL_TEXT);
    for (int i = 0; i < c->rows; i++) {
        ds_sheet_text(&s, c->row[i].key);
        ds_sheet_text(&s, c->row[i].value);
        ds_sheet_text(&s, c->row[i].source);
    }
    code = ds_sheet_print(&text, &size, &s, &style, err);
    ds_sheet_clear(&s);
    if (code)
        return code;
    fwrite(text, 1, size, stdout);
    free(text);
    return 0;
}

static int verify(struct ds_model *m, const struct import_opt *o, bool *equal,
                  struct ds_err *err)
{
    struct ds_verdict v;
    char attention[80] = "";

    *equal = true;
    if (!*o->verify)
        return 0;
    if (ds_model_verify(&v, m, o->verify, o->threads, err))
        return err->code;
    *equal = v.equal;
    if (v.layers)
        snprintf(attention, sizeof attention,
                 ", attention of %d layers within %.1e (limit %.0e)", v.layers, v.attention,
                 DS_VERIFY_ATTENTION);
    ds_card_add(&m->card, v.equal ? "verified" : "NOT verified", o->verify,
                "%s of %d images within %.1e of their range (limit %.0e)%s", v.what, v.images,
                v.answers, DS_VERIFY_LOGITS, attention);
    return 0;
}

static bool ends(const char *name, const char *ending)
{
    const size_t n = strlen(name), m = strlen(ending);

    return n > m && !strcmp(name + n - m, ending);
}

static int check_out(const char *out, struct ds_err *err)
{
    if (*out && !ends(out, ".h5") && !ends(out, ".safetensors"))
        return ds_fail(err, DS_USAGE, "-o %s: expected a name ending in .h5 or .safetensors",
                       out);
    return 0;
}

static int save(const struct ds_model *m, const char *out, const struct ds_tone *tone,
                struct ds_err *err)
{
    if (!*out)
        return 0;
    if (ends(out, ".safetensors") ? ds_model_export(m, out, err) : ds_model_save(m, out, err))
        return err->code;
    ds_tty_note(tone, "%s: %d tensors, %zu parameters", out, m->vit.tensors.count,
                m->vit.tensors.total);
    return 0;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct import_opt *o = opt;
    struct ds_model m = {0};
    bool equal;
    int assumed = 0, code;

    (void)n;
    if (check_out(o->out, err) || ds_model_open(&m, operand[0], &o->model, err))
        return err->code;
    for (int i = 0; i < m.card.rows; i++)
        assumed += m.card.row[i].assumed;
    code = verify(&m, o, &equal, err) || print_card(&m.card, o->json, err);
    if (!code && !equal)
        code = ds_fail(err, DS_FAILED,
                       "%s: does not answer as %s says; look at the rows that "
                       "are assumed",
                       operand[0], o->verify);
    if (!code && assumed && !*o->verify)
        ds_tty_note(tone,
                    "%d rows are assumed: compare them with where the weights came from, or "
                    "use --verify",
                    assumed);
    code = code || save(&m, o->out, tone, err);
    ds_model_close(&m);
    return code ? (int)err->code : 0;
}

const struct ds_cmd ds_cmd_import = {
    .name = "import",
    .operands = "FILE",
    .about = "read a pretrained ViT of any library, and show what is "
             "assumed about it",
    .examples = examples,
    .table = table,
    .size = sizeof(struct import_opt),
    .least = 1,
    .most = 1,
    .run = run};
