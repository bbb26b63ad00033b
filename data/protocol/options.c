/* data/protocol/options.c -- every option of training, once. See the header. */
#include "data/protocol/options.h"

static const char *const pool_word[] = {"cls", "mean", NULL};
static const char *const warm_word[] = {"none", "rotation", NULL};
static const char *const preset_word[] = {"adaptive", "paper", "official", NULL};
static const char *const axis_word[] = {"preset", "query", "key", "both", NULL};
static const char *const threshold_word[] = {"preset", "ecdf", "knee", NULL};
static const char *const window_word[] = {"preset", "sample", "shifted", NULL};
static const char *const source_word[] = {"preset", "clean", "last-epoch", NULL};
static const char *const reduce_word[] = {"preset", "class", "sample", NULL};
static const char *const history_word[] = {"preset", "cumulative", "last", "min", NULL};
static const char *const region_word[] = {"attention", "nonattention", "random", "uniform", NULL};
static const char *const mode_word[] = {"update", "gradient", NULL};
static const char *const optim_word[] = {"adam", "adamw", "sgd", NULL};
static const char *const schedule_word[] = {"constant", "step", "multistep", "cosine", NULL};
static const char *const head_word[] = {"preset", "fresh", "reuse", NULL};

#define AT(field) DS_OPT_AT(ds_train_opt, field)
const struct ds_opt ds_train_table[] = {
    {"data", "fashion-mnist", "NAME", "data set: a name or a folder", AT(data), .group = "Data"},
    {"image-size", "0", "PX", "side of the network's input, 0: that of the pictures",
     AT(image_size), .lo = 0, .hi = 4096},
    {"eval-transform", "", "RECIPE",
     "how pictures become the input: timm, cifar, imagenet, clip, dinov2, or steps as "
     "'resize 248 bicubic, crop 224'; resized to exactly image-size when none is given",
     AT(eval_transform)},
    {"transform", "", "RECIPE",
     "the same in training: cifar-train, imagenet-train, crop-flip, or steps as "
     "'autoaugment cifar10, random-crop 224 bicubic'; eval-transform when none is given",
     AT(transform)},
    {"domain", "", "LIST", "domains of an image folder to take, all when none is given",
     AT(domain)},
    {"skip-broken", "no", NULL, "leave out pictures that cannot be read, and name them",
     AT(skip_broken)},
    {"tasks", "5", "N", "tasks the classes are split into", AT(tasks), .lo = 1, .hi = 1000},
    {"base-classes", "0", "N", "classes of the first task, 0: as many as in the others",
     AT(base_classes), .lo = 0, .hi = 65535},
    {"order", "shuffle", "HOW", "class order: shuffle (NumPy's, by seed), natural, or a file",
     AT(order)},
    {"train-limit", "0", "N", "training images per class, 0: all", AT(train_limit), .lo = 0,
     .hi = 1e9},
    {"eval-limit", "0", "N", "test images per class, 0: all", AT(eval_limit), .lo = 0, .hi = 1e9},
    {"pad", "0", "PX", "augmentation: random crop after padding by PX", AT(pad), .lo = 0,
     .hi = 512},
    {"flip", "no", NULL, "augmentation: flip left and right half of the time", AT(flip)},
    {"mean", "auto", "LIST", "mean of each channel in 0..1, auto: of the training images",
     AT(mean)},
    {"std", "auto", "LIST", "standard deviation of each channel", AT(std)},

    {"patch", "4", "PX", "side of a patch", AT(patch), .lo = 1, .hi = 512, .group = "Network"},
    {"dim", "64", "N", "width of a token", AT(dim), .lo = 1, .hi = 16384},
    {"depth", "6", "N", "blocks", AT(depth), .lo = 1, .hi = 256},
    {"heads", "4", "N", "attention heads", AT(heads), .lo = 1, .hi = 256},
    {"mlp-ratio", "4", "X", "width of the MLP in tokens' widths", AT(mlp_ratio), .lo = 0.01,
     .hi = 64},
    {"registers", "0", "N", "register tokens", AT(registers), .lo = 0, .hi = 64},
    {"qkv-bias", "yes", NULL, "q, k and v have a bias", AT(qkv_bias)},
    {"layer-scale", "no", NULL, "residual branches are scaled by learned factors",
     AT(layer_scale)},
    {"pool", "cls", "HOW", "feature: the CLS token, or the mean of the patch tokens", AT(pool),
     .choice = pool_word},
    {"eps", "1e-6", "X", "epsilon of LayerNorm", AT(eps), .lo = 1e-12, .hi = 0.1},
    {"init", "", "FROM", "initial weights: RUN@t, a checkpoint, or a safetensors file", AT(init)},
    {"warmstart", "none", "HOW", "train the trunk first: rotation predicts quarter turns",
     AT(warmstart), .choice = warm_word},
    {"warmstart-steps", "800", "N", "steps of the warm start", AT(warmstart_steps), .lo = 1,
     .hi = 1e9},
    {"warmstart-lr", "0.001", "RATE", "its learning rate (Adam)", AT(warmstart_lr), .lo = 0,
     .hi = 10},

    {"method", "arcl", "NAME", "finetune, arcl or frozen", AT(method), .group = "Method"},
    {"trainable", "head,qkv.weight", "LIST", "parameters that learn, by parts of their names",
     AT(trainable)},
    {"freeze-last", "no", NULL, "control: the last block stops learning after the first task",
     AT(freeze_last)},
    {"retain-preset", "adaptive", "NAME", "attention retention: adaptive, paper or official",
     AT(retain_preset), .choice = preset_word},
    {"mask-axis", "preset", "HOW", "what a mask weighs: query rows, key columns, both",
     AT(mask_axis), .choice = axis_word},
    {"threshold", "preset", "HOW", "split point: ecdf (released code) or knee (equation 10)",
     AT(threshold), .choice = threshold_word},
    {"threshold-eps", "-1", "X", "subtracted from the split point; -1: as the preset has it",
     AT(threshold_eps), .lo = -1, .hi = 1},
    {"threshold-window", "preset", "HOW", "whose values are split: the sample's, or shifted",
     AT(threshold_window), .choice = window_word},
    {"mask-source", "preset", "HOW", "images masks come from: clean pass, or last epoch",
     AT(mask_source), .choice = source_word},
    {"mask-reduce", "preset", "HOW", "mean over classes, or over samples", AT(mask_reduce),
     .choice = reduce_word},
    {"mask-history", "preset", "HOW", "masks of all past tasks, the last one, or the minimum",
     AT(mask_history), .choice = history_word},
    {"mask-region", "attention", "HOW", "control: protect nonattention, random, or uniform",
     AT(mask_region), .choice = region_word},
    {"retain-mode", "update", "HOW", "scale the update (equation 7), or mask the gradient only",
     AT(retain_mode), .choice = mode_word},
    {"factor-clamp", "10", "X", "largest update factor", AT(factor_clamp), .lo = 0, .hi = 1e6},

    {"optimizer", "adam", "NAME", "adam (decay in the gradient), adamw or sgd", AT(optimizer),
     .choice = optim_word, .group = "Learning"},
    {"lr", "0.01", "RATE", "learning rate of the head", AT(lr), .lo = 0, .hi = 1000},
    {"qkv-scale", "0.01", "X", "rate of everything else, as a share of the head's",
     AT(qkv_scale), .lo = 0, .hi = 1000},
    {"weight-decay", "5e-5", "X", "weight decay of everything but the head", AT(weight_decay),
     .lo = 0, .hi = 10},
    {"head-decay", "5e-5", "X", "weight decay of the head", AT(head_decay), .lo = 0, .hi = 10},
    {"momentum", "0.9", "X", "of sgd", AT(momentum), .lo = 0, .hi = 1},
    {"nesterov", "no", NULL, "Nesterov's momentum", AT(nesterov)},
    {"epochs", "5", "N", "passes over each task", AT(epochs), .lo = 1, .hi = 1e6},
    {"batch", "100", "N", "images per step", AT(batch), .lo = 1, .hi = 65536, .letter = 'b'},
    {"schedule", "multistep", "HOW", "learning rate over a task", AT(schedule),
     .choice = schedule_word},
    {"milestones", "5,8", "LIST", "epochs where multistep multiplies by gamma; period of step",
     AT(milestones)},
    {"gamma", "0.1", "X", "see milestones", AT(gamma), .lo = 0, .hi = 1},
    {"warmup", "0", "N", "steps of linear warm-up", AT(warmup), .lo = 0, .hi = 1e9},
    {"temperature", "30", "X", "logits are divided by it in the loss", AT(temperature),
     .lo = 1e-6, .hi = 1e6},
    {"head-init", "preset", "HOW", "a task's head begins fresh, or the second reuses the first's",
     AT(head_init), .choice = head_word},

    {"refine", "yes", NULL, "re-train the joined head on class Gaussians after each task",
     AT(refine), .group = "Head refinement"},
    {"refine-epochs", "20", "N", "passes", AT(refine_epochs), .lo = 1, .hi = 1e6},
    {"refine-samples", "128", "N", "features drawn per class and pass", AT(refine_samples),
     .lo = 1, .hi = 1e6},
    {"refine-batch", "128", "N", "features per step", AT(refine_batch), .lo = 1, .hi = 1e6},
    {"refine-lr", "0.001", "RATE", "its learning rate (SGD, Nesterov 0.9)", AT(refine_lr),
     .lo = 0, .hi = 1e6},
    {"refine-decay", "1e-4", "X", "its weight decay", AT(refine_decay), .lo = 0, .hi = 10},

    {"seed", "2025", "N", "class order, initial values, shuffling, augmentation", AT(seed),
     .lo = 0, .hi = 2147483647, .group = "Run"},
    {"threads", "0", "N", "worker threads, 0: one per processor; never changes a result",
     AT(threads), .lo = 0, .hi = 256},
    {"save-every", "500", "N", "steps between checkpoints a run can resume from",
     AT(save_every), .lo = 1, .hi = 1e9},
    {"eval-images", "40", "N", "test images per task whose maps are kept", AT(eval_images),
     .lo = 1, .hi = 1e5},
    {"probe-images", "16", "N", "of all those, images whose full attention is kept",
     AT(probe_images), .lo = 0, .hi = 1e5},
    {0}};
#undef AT
