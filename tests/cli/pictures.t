# A folder of pictures: sizes, domains, what cannot be read.
# needs /usr/lib/python3/dist-packages/PIL

$ /usr/bin/python3 -c 'import os; from PIL import Image; [(os.makedirs("set/%s/%s/%s" % (p, d, k)), [Image.new("RGB", (40 + 10 * i, 30 + i), (10 * i, 20, 30)).save("set/%s/%s/%s/%d.jpg" % (p, d, k, i)) for i in range(3)]) for p in ("train", "test") for d in ("photo", "sketch") for k in ("cat", "dog")]'

$ driftscope data set -q
data         set
pictures     12 to learn from, 12 to test with
found in     set
size         30 x 40 to 32 x 60, 3 channels
~ ^mean, std    0\.0[0-9]+ 0\.0[0-9]+ 0\.1[0-9]+, .* \(training pixels, 0 to 1\)$
domains      2
        name                        train     test
      0 photo                           6        6
      1 sketch                          6        6
classes      2
  label name                        train     test
      0 cat                             6        6
      1 dog                             6        6

$ driftscope data set -q --image-size 24 --domain sketch | sed -n '2p;4p;6,8p'
pictures     6 to learn from, 6 to test with
size         24 x 24, made of 30 x 40 to 32 x 60, 3 channels
domains      1
        name                        train     test
      0 sketch                          6        6

# Without train/ there is nothing to learn from.
$ driftscope data set/test/photo -q | sed -n '2p;5,6p'
pictures     0 to learn from, 6 to test with
~ ^mean, std    .* \(test pixels, 0 to 1\)$
classes      2

$ driftscope train --data set/test --out r
! error: set/test: no folder train in it: it can be tested with, not learned from; an image folder to learn from has train/CLASS/ and test/CLASS/ or val/CLASS/
? 66

$ driftscope data set --domain skech
! error: set/train: there is no domain 'skech', did you mean 'sketch'?
? 2

# One broken file stops; on request it is left out and named.
$ printf spoilt >set/train/photo/cat/0.jpg; driftscope data set
! error: set/train/photo/cat/0.jpg: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them
? 65

$ driftscope data set --skip-broken | sed -n 2p
pictures     11 to learn from, 12 to test with
! left out: set/train/photo/cat/0.jpg: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them

$ driftscope data set --skip-broken --json -q | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["train"], d["smallest"], d["largest"], [x["name"] for x in d["domains"]])'
11 [30, 40] [32, 60] ['photo', 'sketch']

# A class that only one domain has.
$ mkdir -p set/train/sketch/owl && driftscope data set --skip-broken -q
! error: set/test/photo: no class 'owl', which another domain has; every domain needs every class, or choose others with --domain
? 65
