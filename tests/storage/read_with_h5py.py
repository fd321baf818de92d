"""Reads FILE the way a user would and prints what it holds; the test compares it with what was written."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "r") as file:
    print(file.attrs["format"].decode(), file.attrs["months"], file.attrs["rate"])
    print(",".join(name.decode() for name in file["/schema/name"][:]))
    features = file["/borrower/features"]
    print(features.shape, features.dtype, features.chunks, float(features[:].astype(np.float64).sum()))
    print(file["/checksums/borrower/features"].shape)
