# The doctor names every line, and gives 1 when nothing could be written.

$ driftscope doctor | grep -c -E '^(ok|warn) '
~ ^1[0-2]$

$ driftscope doctor --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(sorted({"libraries", "matrices", "memory", "folder"} - {c["check"] for c in d["checks"]}), all(c["remedy"] or c["health"] == "ok" for c in d["checks"]))'
[] True

$ driftscope doctor no/such/folder | grep -A1 MISSING
MISSING  folder       no/such/folder: No such file or directory
                      -> write runs elsewhere: --out /path/to/RUN
! error: 1 thing needed is missing

# Nothing is left behind in the folder that was tried.
$ mkdir -p tried && driftscope doctor tried >/dev/null && ls -A tried | wc -l
0
