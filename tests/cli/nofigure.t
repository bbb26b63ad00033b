# Built without Cairo: the command is there, and says so.

$ driftscope figure --help | head -1
~ ^driftscope figure -- 

$ driftscope figure acc-matrix r -o a.png
~ ^error: .*DRIFTSCOPE_FIGURES
? 69

$ driftscope report r -o all
~ ^error: .*DRIFTSCOPE_FIGURES
? 69

$ driftscope doctor | grep page
~ ^warn +page +built without figures$
