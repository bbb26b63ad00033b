/* data/archive/pickle_names.c -- what the names in a pickle mean. See pickle_int.h.
 *
 * Nothing is ever imported, so no name can do harm here. Names that only an attack needs are
 * refused all the same: such a file should not travel further. Every other name is harmless to
 * us and, unless it is in the table, opaque: argparse.Namespace, numpy scalars, omegaconf,
 * datetime, pathlib, classes of the model itself. */
#include <string.h>

#include "data/store/name.h"
#include "data/archive/pickle_int.h"

static const struct {
    const char *name;
    enum ds_pickle_role role;
} known[] = {
    {"collections.OrderedDict", DS_ROLE_DICT},
    {"collections.defaultdict", DS_ROLE_DICT},
    {"builtins.dict", DS_ROLE_DICT},
    {"__builtin__.dict", DS_ROLE_DICT},
    {"torch._utils._rebuild_tensor", DS_ROLE_TENSOR},
    {"torch._utils._rebuild_tensor_v2", DS_ROLE_TENSOR},
    {"torch._utils._rebuild_tensor_v3", DS_ROLE_TENSOR_3},
    {"torch._utils._rebuild_parameter", DS_ROLE_PARAMETER},
    {"torch._utils._rebuild_parameter_with_state", DS_ROLE_PARAMETER},
    {"torch._tensor._rebuild_from_type", DS_ROLE_TYPED},
    {"torch._tensor._rebuild_from_type_v2", DS_ROLE_TYPED},
    {"torch.Size", DS_ROLE_SIZE},
    {"torch.device", DS_ROLE_SILENT},
};

/* A module with all that is in it, or one name. */
static const char *const refused[] = {
    "os",
    "posix",
    "nt",
    "posixpath",
    "ntpath",
    "subprocess",
    "sys",
    "shutil",
    "socket",
    "pickle",
    "_pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "joblib",
    "marshal",
    "importlib",
    "imp",
    "pkgutil",
    "runpy",
    "webbrowser",
    "ctypes",
    "multiprocessing",
    "pty",
    "platform",
    "commands",
    "popen2",
    "signal",
    "threading",
    "_thread",
    "asyncio",
    "code",
    "codeop",
    "pdb",
    "bdb",
    "timeit",
    "cProfile",
    "profile",
    "trace",
    "tempfile",
    "urllib",
    "http",
    "ftplib",
    "smtplib",
    "requests",
    "httplib",
    "xmlrpc",
    "pip",
    "setuptools",
    "distutils",
    "ensurepip",
    "venv",
    "zipimport",
    "gc",
    "inspect",
    "linecache",
    "operator.attrgetter",
    "operator.methodcaller",
    "types.CodeType",
    "types.FunctionType",
    "functools.reduce",
    "torch.hub",
    "torch.load",
    "torch.serialization",
    "torch.storage._load_from_bytes",
    "torch.jit",
    "torch.package",
    "torch.utils.cpp_extension",
    "numpy.load",
    "numpy.testing._private.utils.runstring",
    "numpy.f2py",
};

/* Of the built-in names only types of data, and getattr, by which Python 3.11 pickles members
 * of an Enum; eval, exec, open and others are refused. */
static const char *const built_in[] = {
    "set",      "frozenset",      "dict",     "list",      "tuple",     "int",
    "float",    "bool",           "str",      "bytes",     "bytearray", "complex",
    "object",   "slice",          "range",    "long",      "unicode",   "type",
    "Ellipsis", "NotImplemented", "property", "Exception", "getattr",
};

/* Whether name is `whole` or lies in it. */
static bool within(const char *name, const char *whole)
{
    const size_t n = strlen(whole);

    return !strncmp(name, whole, n) && (name[n] == '\0' || name[n] == '.');
}

static bool is_built_in(const char *name, const char **rest)
{
    static const char *const modules[] = {"builtins.", "__builtin__.", "__builtins__."};

    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (!strncmp(name, modules[i], strlen(modules[i]))) {
            *rest = name + strlen(modules[i]);
            return true;
        }
    return false;
}

/* A module that hides in another one: "package.os.system". */
static bool hides(const char *name)
{
    static const char *const inner[] = {"os",     "posix",  "nt",       "subprocess", "sys",
                                        "shutil", "socket", "builtins", "importlib"};

    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
        for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
            if (within(dot + 1, inner[i]))
                return true;
    return false;
}

static bool is_refused(const char *name)
{
    const char *rest = NULL;

    if (hides(name))
        return true;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (within(name, refused[i]))
            return true;
    if (!is_built_in(name, &rest))
        return false;
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (!strcmp(rest, built_in[i]))
            return false;
    return true;
}

int ds_pickle_role(enum ds_pickle_role *role, const char *name, const char *file,
                   struct ds_err *err)
{
    if (ds_utf8_unprintable(name, strlen(name)) >= 0)
        return ds_fail(err, DS_DATA, "%s: its pickle wants a name that is no printable text",
                       file);
    if (is_refused(name))
        return ds_fail(
            err, DS_DATA,
            "%s: its pickle wants %.200s, which is not among the names a weights file "
            "needs; nothing was executed",
            file, name);
    *role = DS_ROLE_OPAQUE;
    if (!strncmp(name, "torch.", 6) && !strchr(name + 6, '.'))
        *role = DS_ROLE_SILENT; /* torch.FloatStorage, torch.float32, torch.strided */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i].name))
            *role = known[i].role;
    return 0;
}
