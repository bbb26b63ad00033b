# The frame of every command: refusals, suggestions, where things are printed, exit codes.

$ driftscope 2>&1 >/dev/null | head -1
driftscope 0.1.0 -- shows, measures and prevents attention drift in Vision Transformers

$ driftscope >/dev/null 2>&1
? 2

$ driftscope --version
driftscope 0.1.0

$ driftscope trian
! error: there is no command 'trian'; did you mean 'train'; see driftscope --help
? 2

$ driftscope zebra
! error: there is no command 'zebra'; see driftscope --help
? 2

$ driftscope -q info
! error: a command comes before -q; see driftscope --help
? 2

$ driftscope info
! error: info wants RUN|RUN@t|FILE; see driftscope info --help
? 2

$ driftscope info a b
! error: info takes RUN|RUN@t|FILE, found 'b' behind it; see driftscope info --help
? 2

$ driftscope man x
! error: man takes options only, found 'x'; see driftscope man --help
? 2

$ driftscope info --jsn x
! error: there is no option --jsn; did you mean --json
? 2

$ driftscope info --json=perhaps x
! error: --json wants yes or no, not 'perhaps'
? 2

$ driftscope complete zsh
! error: complete knows bash, not 'zsh'
? 2

# Help wins over whatever else is wrong, and goes to stdout.
$ driftscope info --bogus --help | head -1
driftscope info -- what is in a run, a checkpoint or a weights file

$ driftscope help info | head -1
driftscope info -- what is in a run, a checkpoint or a weights file

$ driftscope help inof
! error: there is no command 'inof'; did you mean 'info'; see driftscope --help
? 2

$ driftscope info -- --help
~ ^error: --help: there is no such run
? 66
