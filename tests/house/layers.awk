# tests/house/layers.awk -- the house has a floor plan; this walks it.
# usage: awk -f layers.awk FILE...      paths from the root of the repository
#
#     core <- data <- analysis <- viz, and nobody enters tests
#
# An outside package has its room, and inside it as few files as possible.
BEGIN {
    may["core"] = " core "
    may["data"] = " core data "
    may["analysis"] = " core data analysis "
    may["viz"] = may["tests"] = " core data analysis viz "

    # package (how its header begins): files that may include it
    home["cblas"] = "^(core/ops/gemm|tests/)"
    home["hdf5"] = home["H5"] = "^(data/store/|tests/)"
    home["png"] = "^(data/|viz/page/|tests/)"
    home["zlib"] = "^(data/|viz/page/pdf_check|tests/)"
    home["jpeglib"] = "^(data/|tests/)"
    home["ini.h"] = "^(data/|tests/)"
    home["jansson"] = "^(data/|analysis/|viz/cli/|viz/page/|tests/)"
    home["cairo"] = home["pango"] = home["fontconfig"] = "^(viz/page/|viz/viewer/|tests/viz/)"
    home["SDL"] = "^(viz/viewer/window|tests/viz/)"
    home["pthread"] = "^(core/base/pool|tests/)"
    home["cmocka"] = "^tests/"
    home["omp.h"] = home["oneapi"] = "^core/ops/gemm"
}

FNR == 1 {
    room = FILENAME
    sub(/\/.*/, "", room)
    dir = FILENAME
    sub(/[^\/]*$/, "", dir)
    comment = 0
}

# Comments and strings are no code.
{
    code = $0
    gsub(/\\./, "", code)
    gsub(/"[^"]*"/, "\"\"", code)
    while (1) {
        if (comment) {
            if (!match(code, /\*\//)) { code = ""; break }
            code = substr(code, RSTART + 2)
            comment = 0
        }
        if (!match(code, /\/\*/)) break
        before = substr(code, 1, RSTART - 1)
        rest = substr(code, RSTART + 2)
        if (match(rest, /\*\//)) {
            code = before " " substr(rest, RSTART + 2)
        } else {
            code = before
            comment = 1
            break
        }
    }
}

/^#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    target = part[2]
    into = target
    sub(/\/.*/, "", into)
    if (target !~ /\// && room != "tests")
        complain("includes \"" target "\": write the path from the root of the repository")
    else if (target ~ /\// && into == "tests" && room != "tests")
        complain("may not enter tests")
    else if (into == "share" && target ~ /\.inc$/ && room == "viz")
        ; # colour tables
    else if (target ~ /\// && into != "tests" && index(may[room], " " into " ") == 0)
        complain("may not enter " into)
    if (target ~ /_int\.h$/ && room != "tests") {
        home_of = target
        sub(/[^\/]*$/, "", home_of)
        if (home_of != dir)
            complain("may not use " target ": it is for its own room")
    }
    if (target ~ /\.c$/)
        complain("includes a source file")
}

/^#[ \t]*include[ \t]*</ {
    split($0, part, /[<>]/)
    for (package in home)
        if (index(part[2], package) == 1 && FILENAME !~ home[package])
            complain("may not use <" part[2] ">")
}

# Only viz/cli talks, and only main.c decides when to leave.
room != "tests" && FILENAME !~ /^viz\/cli\// {
    if (code ~ /(^|[^a-zA-Z0-9_.])(printf|vprintf|puts|putchar|perror)[ \t]*\(/ ||
        code ~ /(^|[^a-zA-Z0-9_])(stdout|stderr)([^a-zA-Z0-9_]|$)/)
        complain("prints")
}
room != "tests" && FILENAME !~ /^viz\/cli\/(main|cmd_train)\.c$/ &&
    code ~ /(^|[^a-zA-Z0-9_])(exit|abort|quick_exit)[ \t]*\(/ { complain("ends the program") }

# Functions that have a safe form.
code ~ /(^|[^a-zA-Z0-9_])(gets|sprintf|vsprintf|atoi|atof|strtok)[ \t]*\(/ && room != "tests" {
    complain("uses a function that has a safe form")
}
code ~ /(^|[^a-zA-Z0-9_])(setlocale|rand|srand)[ \t]*\(/ && room != "tests" {
    complain("uses state of the whole process")
}
# libpng and libjpeg know no other way to report.
code ~ /(^|[^a-zA-Z0-9_])(setjmp|longjmp)[ \t]*\(/ && FILENAME !~ /^(tests\/|.*(png|jpeg)\.c$)/ {
    complain("jumps")
}

# core computes: no files, no clock.
room == "core" && code ~ /(^|[^a-zA-Z0-9_>.])(fopen|open|time|clock_gettime|getenv)[ \t]*\(/ {
    complain("core has no files, no clock and no environment")
}

function complain(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    bad = 1
}
END { exit bad }
