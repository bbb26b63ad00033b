/* viz/viewer/command_list.h -- every command of the viewer, once. For viz/viewer and viz/cli.
 *
 * X(name, keys, group, help, flags, act, param). command.c makes the table of it, the manual page
 * its list of keys (without knowing Cairo, so that it is the same in every build). Keys of one
 * row stand apart by '|'; "g g" is two keys in turn, "m *" an m and then any letter. In flags V
 * means that it changes the view, J that it also jumps, A that it wants a number or a text. */
#ifndef DS_VIZ_VIEWER_COMMAND_LIST_H
#define DS_VIZ_VIEWER_COMMAND_LIST_H

struct ds_command; /* command.h */

/* clang-format off */
#define DS_COMMAND_LIST(X)                                                                     \
    X("image-next", "n|PageDown", "Images", "next image of the list", J, ds_act_image, 1)      \
    X("image-prev", "p|PageUp", "Images", "previous image of the list", J, ds_act_image, -1)   \
    X("image-first", "g g|Home", "Images", "first image", J, ds_act_end, 0)                    \
    X("image-last", "G|End", "Images", "last image; 12G: the 12th", J, ds_act_end, 1)          \
    X("image", "", "Images", "go to image N", J | A, ds_act_go_image, 0)                       \
    X("grid", "Return", "Images",                                                              \
      "images fill the window, or back", V, ds_act_flag, FLAG(grid))                           \
    X("search", "/", "Images",                                                                 \
      "list images whose label or id holds a text", 0, ds_act_search, 0)                       \
    X("search-for", "", "Images",                                                              \
      "list images that hold TEXT", V | A, ds_act_search_for, 0)                               \
    X("task-next", "t", "Images",                                                              \
      "list the next task only, then all", V, ds_act_task_filter, 1)                           \
    X("task-prev", "T", "Images", "list the previous task only", V, ds_act_task_filter, -1)    \
    X("only-task", "", "Images",                                                               \
      "list task N only, 0 all", V | A, ds_act_only_task, 0)                                   \
    X("only-class", "", "Images",                                                              \
      "list class N only, 0 all", V | A, ds_act_only_class, 0)                                 \
    X("class-next", "I", "Images",                                                             \
      "list the next class only, then all", V, ds_act_class_filter, 1)                         \
    X("class-prev", "Alt+i", "Images",                                                         \
      "list the previous class only", V, ds_act_class_filter, -1)                              \
    X("fate", "f", "Images",                                                                   \
      "list by answer: all, right, wrong, lost since A, won since A", V, ds_act_fate, 0)       \
    X("least-drift", "", "Images",                                                             \
      "list images that drifted at least X", V | A, ds_act_least, 0)                           \
    X("most-drift", "", "Images",                                                              \
      "list images that drifted at most X, 0 any", V | A, ds_act_most, 0)                      \
    X("drift-filter", "H", "Images",                                                           \
      "list the most drifted half, quarter, tenth; the least; all", V, ds_act_drift_filter, 0) \
    X("filters-clear", "F", "Images", "list all images again", V, ds_act_clear, 0)             \
    X("sort", "z", "Images", "sort by id, drift, forgetting, label", V, ds_act_sort, 0)        \
    X("mark", "*", "Images", "mark this image, or take the mark away", V, ds_act_mark, 0)      \
    X("marked-only", "&", "Images", "list marked images only", V, ds_act_mark_filter, 0)       \
    X("unmark-all", "", "Images", "take all marks away", V, ds_act_unmark, 0)                  \
    X("scroll", "", "Images", "scroll the list by N rows", A, ds_act_scroll, 0)                \
    X("b-prev", "[|Left", "Checkpoints", "B one checkpoint back", V, ds_act_step, 2)           \
    X("b-next", "]|Right", "Checkpoints", "B one checkpoint on", V, ds_act_step, 3)            \
    X("a-prev", "{|Shift+Left", "Checkpoints", "A one checkpoint back", V, ds_act_step, 0)     \
    X("a-next", "}|Shift+Right", "Checkpoints", "A one checkpoint on", V, ds_act_step, 1)      \
    X("a", "", "Checkpoints", "A to checkpoint N", V | A, ds_act_go_step, 0)                   \
    X("b", "", "Checkpoints", "B to checkpoint N", V | A, ds_act_go_step, 1)                   \
    X("swap", "x", "Checkpoints", "swap A and B", V, ds_act_swap, 0)                           \
    X("run-a", "Alt+a", "Checkpoints", "A from the other run", V, ds_act_run, 0)               \
    X("run-b", "Alt+b", "Checkpoints", "B from the other run", V, ds_act_run, 1)               \
    X("play", "Space", "Checkpoints", "play the checkpoints, or stop", 0, ds_act_play, 0)      \
    X("slower", ",", "Checkpoints", "play slower", V, ds_act_speed, -1)                        \
    X("faster", ".", "Checkpoints", "play faster", V, ds_act_speed, 1)                         \
    X("loop", "Alt+l", "Checkpoints",                                                          \
      "begin again at the end, or stop there", V, ds_act_flag, FLAG(loop))                     \
    X("layer-next", "j|Down", "Layers and heads", "next layer", V, ds_act_layer, 1)            \
    X("layer-prev", "k|Up", "Layers and heads", "previous layer", V, ds_act_layer, -1)         \
    X("layer", "", "Layers and heads", "go to layer N", V | A, ds_act_go_layer, 0)             \
    X("head-next", "J", "Layers and heads",                                                    \
      "next head; the mean comes first", V, ds_act_head, 1)                                    \
    X("head-prev", "K", "Layers and heads", "previous head", V, ds_act_head, -1)               \
    X("head", "", "Layers and heads",                                                          \
      "go to head N, 0 the mean", V | A, ds_act_go_head, 0)                                    \
    X("head-cell", "", "Layers and heads",                                                     \
      "layer and head of a cell of the matrix", V | A, ds_act_head_cell, 0)                    \
    X("mode-next", "v", "View", "next way to compare", V, ds_act_mode, 1)                      \
    X("mode-prev", "V", "View", "previous way to compare", V, ds_act_mode, -1)                 \
    X("mode-single", "Alt+1", "View", "B alone", V, ds_act_go_mode, DS_MODE_SINGLE)            \
    X("mode-quad", "Alt+2", "View",                                                            \
      "A, B, difference and image", V, ds_act_go_mode, DS_MODE_QUAD)                           \
    X("mode-swipe", "Alt+3", "View",                                                           \
      "A and B on either side of a divider", V, ds_act_go_mode, DS_MODE_SWIPE)                 \
    X("mode-fade", "Alt+4", "View", "A dissolved into B", V, ds_act_go_mode, DS_MODE_FADE)     \
    X("mode-blink", "Alt+5", "View", "A and B in turn", V, ds_act_go_mode, DS_MODE_BLINK)      \
    X("mode-layers", "Alt+6", "View",                                                          \
      "all layers at A and B", V, ds_act_go_mode, DS_MODE_LAYERS)                              \
    X("mode-film", "Alt+7", "View",                                                            \
      "all checkpoints in this layer", V, ds_act_go_mode, DS_MODE_FILM)                        \
    X("mode-heads", "Alt+8", "View",                                                           \
      "layer by head, from the weights", V, ds_act_go_mode, DS_MODE_HEADS)                     \
    X("blink", "b", "View", "show the other of A and B", V, ds_act_blink, 0)                   \
    X("blink-auto", "B", "View",                                                               \
      "blink by itself, once a second, or stop", V, ds_act_auto_blink, 0)                      \
    X("left", "h", "View", "divider to the left, or less of B", V, ds_act_swipe, -1)           \
    X("right", "l", "View", "divider to the right, or more of B", V, ds_act_swipe, 1)          \
    X("swipe", "", "View", "divider to X of the width", V | A, ds_act_go_swipe, 0)             \
    X("fade", "", "View", "fade to X: 0 is A, 1 is B", V | A, ds_act_go_fade, 0)               \
    X("diff", "d", "View", "difference B - A in place of B", V, ds_act_flag, FLAG(diff))       \
    X("source", "s", "View",                                                                   \
      "map from rollout, raw CLS row, mean of rows, pinned patch, second maps", V,             \
      ds_act_source, 0)                                                                        \
    X("smooth", "S", "View",                                                                   \
      "smooth maps, or one colour a patch", V, ds_act_flag, FLAG(smooth))                      \
    X("contour", "c", "View",                                                                  \
      "outline of the mask: off, patch edges, smooth", V, ds_act_contour, 0)                   \
    X("opacity-more", "o", "View", "stronger overlay", V, ds_act_opacity, 1)                   \
    X("opacity-less", "O", "View", "weaker overlay", V, ds_act_opacity, -1)                    \
    X("cmap-next", "C", "View", "next colour map", V, ds_act_cmap, 1)                          \
    X("cmap-prev", "Alt+c", "View", "previous colour map", V, ds_act_cmap, -1)                 \
    X("range", "r", "View",                                                                    \
      "range of colours: each map's own, shared by A and B, fixed", V, ds_act_range, 0)        \
    X("range-lo", "", "View",                                                                  \
      "lower end of the colours, fixed", V | A, ds_act_range_end, 0)                           \
    X("range-hi", "", "View",                                                                  \
      "upper end of the colours, fixed", V | A, ds_act_range_end, 1)                           \
    X("clip", "w", "View",                                                                     \
      "cut 0, 1, 2 or 5 % of the values off the range", V, ds_act_clip, 0)                     \
    X("zoom-in", "+|=", "View", "zoom in", V, ds_act_zoom, 1)                                  \
    X("zoom-out", "-", "View", "zoom out", V, ds_act_zoom, -1)                                 \
    X("fit", "0", "View", "the whole image", V, ds_act_fit, 0)                                 \
    X("actual", "Z", "View",                                                                   \
      "one pixel of the image on a whole number of pixels", V, ds_act_actual, 0)               \
    X("pan-left", "Alt+Left", "View", "pan left", V, ds_act_pan, 0)                            \
    X("pan-right", "Alt+Right", "View", "pan right", V, ds_act_pan, 1)                         \
    X("pan-up", "Alt+Up", "View", "pan up", V, ds_act_pan, 2)                                  \
    X("pan-down", "Alt+Down", "View", "pan down", V, ds_act_pan, 3)                            \
    X("pick", "i", "Patch and mask", "pin the middle patch, or let go", V, ds_act_pick, 0)     \
    X("pick-patch", "", "Patch and mask",                                                      \
      "pin patch N, 0 none", V | A, ds_act_go_pick, 0)                                         \
    X("pick-left", "Shift+Left", "Patch and mask",                                             \
      "pinned patch one to the left", V | DS_CMD_PICK, ds_act_pick_step, 0)                    \
    X("pick-right", "Shift+Right", "Patch and mask",                                           \
      "pinned patch one to the right", V | DS_CMD_PICK, ds_act_pick_step, 1)                   \
    X("pick-up", "Shift+Up", "Patch and mask",                                                 \
      "pinned patch one up", V | DS_CMD_PICK, ds_act_pick_step, 2)                             \
    X("pick-down", "Shift+Down", "Patch and mask",                                             \
      "pinned patch one down", V | DS_CMD_PICK, ds_act_pick_step, 3)                           \
    X("threshold-down", "<", "Patch and mask",                                                 \
      "threshold down one rank", V, ds_act_threshold, -1)                                      \
    X("threshold-up", ">", "Patch and mask", "threshold up one rank", V, ds_act_threshold, 1)  \
    X("threshold", "", "Patch and mask",                                                       \
      "threshold X", V | A, ds_act_go_threshold, 0)                                            \
    X("adaptive", "a", "Patch and mask", "adaptive threshold again", V, ds_act_adaptive, 0)    \
    X("tab-next", "`|F6", "Study", "next panel of the study", V, ds_act_tab, 1)                \
    X("tab-prev", "~|Shift+F6", "Study", "previous panel of the study", V, ds_act_tab, -1)     \
    X("tab", "", "Study", "panel N of the study", V | A, ds_act_go_tab, 0)                     \
    X("metric", "D", "Study", "next drift metric", V, ds_act_metric, 0)                        \
    X("protocol", "P", "Study",                                                                \
      "accuracy over all classes, or within the task", V, ds_act_protocol, 0)                  \
    X("unit", "U", "Study",                                                                    \
      "a dot of the scatter is an image, a class, a task", V, ds_act_unit, 0)                  \
    X("accuracy-cell", "", "Study",                                                            \
      "B and task of a cell of the matrix", J | A, ds_act_cell, 0)                             \
    X("heat-cell", "", "Study",                                                                \
      "B and layer of a cell of the heat map", V | A, ds_act_heat_cell, 0)                     \
    X("undo", "u|Ctrl+z", "Desk", "undo the last change of the view", 0, ds_act_undo, 0)       \
    X("redo", "Ctrl+r|Ctrl+Shift+z", "Desk", "redo", 0, ds_act_redo, 0)                        \
    X("jump-back", "Ctrl+o", "Desk", "back to where a jump began", 0, ds_act_jump, -1)         \
    X("jump-on", "Ctrl+i", "Desk", "on again", 0, ds_act_jump, 1)                              \
    X("bookmark", "m *", "Desk", "keep this view under a letter", 0, ds_act_bookmark, 0)       \
    X("go", "' *", "Desk", "view kept under a letter", J, ds_act_go_bookmark, 0)               \
    X("bookmarks", "M", "Desk", "list of kept views", 0, ds_act_overlay, DS_OVER_MARKS)        \
    X("view", "", "Desk", "set the view: key=value ...", J | A, ds_act_at, 0)                  \
    X("copy-values", "y", "Desk", "copy the numbers of this view", 0, ds_act_copy, 0)          \
    X("copy-command", "Y", "Desk",                                                             \
      "copy the command line that shows this view", 0, ds_act_copy, 1)                         \
    X("copy-latex", "Alt+y", "Desk",                                                           \
      "copy a LaTeX row of this view's numbers", 0, ds_act_copy, 2)                            \
    X("copy-picture", "Alt+p", "Desk", "copy the window as a picture", 0, ds_act_picture, 0)   \
    X("save", "Ctrl+s", "Desk",                                                                \
      "save the session; driftscope view --session opens it", 0, ds_act_save, 0)               \
    X("export", "e", "Desk",                                                                   \
      "export this view as a figure", 0, ds_act_overlay, DS_OVER_EXPORT)                       \
    X("export-again", "E", "Desk", "export again, as last time", 0, ds_act_export_again, 0)    \
    X("export-now", "", "Desk", "write the figure", 0, ds_act_export, 0)                       \
    X("export-set", "", "Desk",                                                                \
      "a choice of the export dialog", A, ds_act_export_set, 0)                                \
    X("export-name", "", "Desk", "name of the figure", A, ds_act_export_name, 0)               \
    X("export-font", "", "Desk",                                                               \
      "font of the figure by name; none: the venue's own", A, ds_act_export_font, 0)           \
    X("follow", "L", "Desk",                                                                   \
      "follow a run that is being trained, or not", V, ds_act_flag, FLAG(follow))              \
    X("newest", "N", "Desk",                                                                   \
      "B goes with the newest checkpoint, or stays", V, ds_act_flag, FLAG(newest))             \
    X("open", "", "Desk", "open run N of the start page", A | DS_CMD_ALWAYS, ds_act_open, 0)   \
    X("reload", "R", "Desk", "read the run again", DS_CMD_ALWAYS, ds_act_reload, 0)            \
    X("palette", ":|Ctrl+p", "Window",                                                         \
      "find a command by typing", DS_CMD_ALWAYS, ds_act_overlay, DS_OVER_PALETTE)              \
    X("help", "?|F1", "Window", "keys", DS_CMD_ALWAYS, ds_act_overlay, DS_OVER_HELP)           \
    X("focus-next", "Tab", "Window", "next control", DS_CMD_ALWAYS, ds_act_focus, 1)           \
    X("focus-prev", "Shift+Tab", "Window",                                                     \
      "previous control", DS_CMD_ALWAYS, ds_act_focus, -1)                                     \
    X("activate", "", "Window",                                                                \
      "use the control in focus (Return)", DS_CMD_ALWAYS, ds_act_activate, 0)                  \
    X("browser", "F9", "Window", "image list, or more room", V, ds_act_flag, FLAG(browser))    \
    X("inspector", "F10", "Window",                                                            \
      "right side, or more room", V, ds_act_flag, FLAG(inspector))                             \
    X("bigger", "Ctrl+=|Ctrl++", "Window", "larger text", DS_CMD_ALWAYS, ds_act_scale, 1)      \
    X("smaller", "Ctrl+-", "Window", "smaller text", DS_CMD_ALWAYS, ds_act_scale, -1)          \
    X("fullscreen", "F11", "Window",                                                           \
      "full screen, or back", DS_CMD_ALWAYS, ds_act_fullscreen, 0)                             \
    X("escape", "Esc", "Window",                                                               \
      "close what is open, stop, clear the search, let go", DS_CMD_ALWAYS, ds_act_escape, 0)   \
    X("quit", "q|Ctrl+q", "Window", "quit", DS_CMD_ALWAYS, ds_act_quit, 0)
/* clang-format on */

#endif
