/* viz/page/figure_opt.c -- the options every figure understands. See figure.h. */
#include "viz/page/figure.h"

static const char *const protocol_word[] = {"class", "task", NULL};
static const char *const head_word[] = {"refined", "raw", "both", NULL};

#define AT(field) DS_OPT_AT(ds_figure_opt, field)
const struct ds_opt ds_figure_table[] = {
    {"output", "", "FILE", "where to write: FILE.pdf, FILE.png or FILE.svg", AT(output),
     .letter = 'o', .group = "page"},
    {"venue", "neurips", "NAME", "neurips iclr icml cvpr aaai ieee nature screen", AT(venue)},
    {"column", "no", "", "one column wide", AT(column)},
    {"full", "no", "", "as wide as the page's text", AT(full)},
    {"width", "0", "INCHES", "exactly this wide instead (0: the venue's)", AT(width), .lo = 0,
     .hi = 40},
    {"height", "0", "INCHES", "exactly this tall (0: what suits the figure)", AT(height),
     .lo = 0, .hi = 40},
    {"font", "", "FAMILY", "an installed font instead of the venue's", AT(font)},
    {"dpi", "300", "N", "dots per inch of a PNG and of pictures inside", AT(dpi), .lo = 18,
     .hi = 2400},
    {"cmap", "", "NAME", "viridis magma inferno cividis grey rdbu vlag jet", AT(cmap)},
    {"title", "", "TEXT", "a title on top (captions belong into LaTeX)", AT(title)},
    {"note", "yes", "", "the line that states the convention", AT(note)},
    {"layer", "auto", "L", "1.., last, mean; auto: mean for curves, last for maps", AT(layer),
     .group = "content"},
    {"images", "", "N|IDS", "how many, or ids of the test set: 12,407 (one id: 12,)",
     AT(images)},
    {"after", "0", "TASK", "the checkpoint drawn (0: each image's own task)", AT(after),
     .lo = 0, .hi = 10000},
    {"metric", "relfro", "NAME", "how maps are compared; see driftscope drift --help",
     AT(metric)},
    {"reference", "own", "NAME", "own, previous, first (untrained), or a task's number",
     AT(reference)},
    {"protocol", "class", "HOW", "accuracy among all classes or within the task", AT(protocol),
     .choice = protocol_word},
    {"head", "refined", "HOW", "accuracy with the head refined, raw, or both", AT(head),
     .choice = head_word},
    {"clip", "0", "PERCENT", "cut this share off both ends of a map's range", AT(clip), .lo = 0,
     .hi = 49},
    {"smooth", "yes", "", "bicubic maps; --no-smooth shows the patches", AT(smooth)},
    {"outline", "no", "", "outline the protected region on the maps", AT(outline)},
    {"labels", "", "A,B,..", "names of the runs, one each; equal names are seeds", AT(labels)},
    {"list", "no", "", "list the types and end", AT(list), .group = "other"},
    {0}};
#undef AT
