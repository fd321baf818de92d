"""grid_peer.py FOLDER [THREADS]: Python's xgboost on what grid_peer --folder FOLDER left: in-place prediction of the
expanded rows, its pairs per second of processor time beside proffer's of that run, and how many margins differ."""
import pathlib
import sys
import time

import numpy as np
import xgboost as xgb

folder = pathlib.Path(sys.argv[1])
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
booster = xgb.Booster(model_file=str(folder / "model.json"))
booster.set_param({"nthread": threads})
borrower_features, offer_terms = 40, 4
print(f"{'offers':>8} {'pairs':>12} {'proffer pairs/s':>18} {'XGBoost pairs/s':>18} {'ratio':>8} {'different':>10}")
failed = False
for offer_count in (24, 96):
    rows = np.fromfile(folder / f"rows{offer_count}", np.float32).reshape(-1, borrower_features)
    offers = np.fromfile(folder / f"offers{offer_count}", np.float32).reshape(offer_count, offer_terms)
    margins = np.fromfile(folder / f"margins{offer_count}", np.float32).reshape(len(rows), offer_count)
    ours = float((folder / f"rate{offer_count}").read_text())
    seconds, different, block = 0.0, 0, 4096
    for first in range(0, len(rows), block):
        some = rows[first:first + block]
        expanded = np.hstack([np.repeat(some, offer_count, axis=0), np.tile(offers, (len(some), 1))])
        start = time.process_time()
        got = booster.inplace_predict(expanded, predict_type="margin")
        seconds += time.process_time() - start
        different += int((got.view(np.uint32) != margins[first:first + block].ravel().view(np.uint32)).sum())
    theirs = margins.size / seconds
    print(f"{offer_count:8} {margins.size:12} {ours:18.0f} {theirs:18.0f} {ours / theirs:8.1f} {different:10}")
    failed |= different > 0
sys.exit(failed)
