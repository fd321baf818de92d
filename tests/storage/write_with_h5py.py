"""Writes FILE with h5py's defaults, as somebody who brings data of their own would."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "w") as file:
    file.attrs["format"] = "proffer-allocation"
    file.attrs["format_version"] = "1.0"
    file.attrs["scale"] = 0.5
    file.attrs["count"] = 7
    file["value"] = np.arange(12, dtype="<f8").reshape(4, 3)
    file["id"] = np.arange(4, dtype="<u8") + 100
    file["name"] = ["exposure", "büdget"]
    file["fixed"] = np.array([b"one", b"three"])
    file["big_endian"] = np.arange(3, dtype=">f8")
    file.create_dataset("packed", data=np.arange(10000, dtype="<i4"), chunks=(1000,), compression="gzip")
