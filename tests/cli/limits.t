# Files of "key = value" may have 1 MiB: such a one is read to its last byte, which is wrong here; one
# byte more is refused unread.

$ { head -c 1048575 /dev/zero | tr '\0' '\n'; printf x; } >most.ini; { cat most.ini; echo; } >more.ini

$ driftscope train --config most.ini
! error: most.ini:1048576: not a line of the form 'key = value'
? 65

$ driftscope train --config more.ini
! error: more.ini: has 1048577 bytes, at most 1048576 are read
? 65

$ driftscope study most.ini
! error: most.ini:1048576: not a line of the form 'key = value'
? 65

$ driftscope study more.ini
! error: more.ini: has 1048577 bytes, at most 1048576 are read
? 65
