# What happens to output: full disks, closed streams, readers that leave, names that bite.

$ driftscope man >/dev/full
! error: standard output cannot be written: No space left on device
? 74

$ driftscope man >&-
! error: standard output cannot be written: Bad file descriptor
? 74

# The reader of a pipe leaves: no message, 74, and no death by signal.
$ (sleep 0.3; driftscope man; echo $? >&2) | true
! 74

# A closed stderr loses the sentence, not the exit code, and nothing is written elsewhere.
$ driftscope nothing 2>&-
? 2

# Escape sequences in names do not reach the terminal.
$ driftscope info $'\e[31mred\x07\xc2\x9b'
~ ^error: \\x1b\[31mred\\x07\\xc2\\x9b: there is no such run
? 66

$ driftscope $'tr\xe4in'
! error: there is no command 'tr\xe4in'; did you mean 'train'; see driftscope --help
? 2

# Not a terminal: no colours, no cursor movements.
$ driftscope nothing 2>&1 | grep -c $'\e'
0
? 1
