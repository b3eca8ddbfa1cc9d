"""recordlinkage on a table of records, run in its own environment (`make peers`).

usage: recordlinkage_alone.py TABLE.csv   (prints CPU seconds and the number of pairs compared)
"""

import sys
import time

import pandas as pd
import recordlinkage

frame = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False).replace("", None)
start = time.process_time()
indexer = recordlinkage.Index()
for one, other in (("first_name", "last_name"), ("birth_date", "last_name")):
    indexer.block([one, other])
pairs = indexer.index(frame)
compare = recordlinkage.Compare()
for name in ("first_name", "last_name"):
    compare.string(name, name, method="jarowinkler", threshold=0.88, label=name)
for name in ("birth_date", "street", "house_number", "sex", "race"):
    compare.exact(name, name, label=name)
features = compare.compute(pairs, frame)
recordlinkage.ECMClassifier(binarize=0.5).fit_predict(features)
print(time.process_time() - start, len(pairs))
