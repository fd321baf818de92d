#!/usr/bin/python3
"""planted_table.py LINES: what the runs of planted_rho.sh come to, per planted rho (the lines are rho, seed and what
planted_joint.py prints)."""
import sys

import numpy as np

lines = np.atleast_2d(np.loadtxt(sys.argv[1]))
rhos = np.unique(lines[:, 0])


def of(rho):
    return lines[lines[:, 0] == rho].T


print("   rho  runs    mean    bias    rmse   s.e.  covered   profile: mean  covered")
for rho in rhos:
    runs = of(rho)
    found = runs[2]
    covered, known = (int(((low <= rho) & (rho <= high)).sum()) for low, high in (runs[4:6], runs[7:9]))
    print(f"{rho:6.2f} {runs.shape[1]:5d} {found.mean():7.3f} {found.mean() - rho:7.3f} "
          f"{np.sqrt(np.mean((found - rho) ** 2)):7.3f} {runs[3].mean():6.3f} {covered:8d} {runs[6].mean():15.3f} "
          f"{known:8d}")
print("\nHeld-out joint log-likelihood per contact, above independent models without and with the excluded inputs: mean,\n"
      "and in how many runs it is above")
for rho in rhos:
    print(f"{rho:6.2f}  {of(rho)[9].mean():10.2e} {int((of(rho)[9] > 0).sum()):3d} {of(rho)[10].mean():10.2e} "
          f"{int((of(rho)[10] > 0).sum()):3d}")
print("\nMean PD of those who did not take: planted, joint; error in size (mean over the runs): joint, independent without\n"
      "and with; root mean square error of a row: joint, without, with")
for rho in rhos:
    runs = of(rho)
    off = np.abs(runs[12:15] - runs[11]).mean(axis=1)
    print(f"{rho:6.2f}  {runs[11].mean():7.4f} {runs[12].mean():7.4f}  {off[0]:7.4f} {off[1]:7.4f} {off[2]:7.4f}  "
          + " ".join(f"{error:7.4f}" for error in runs[15:18].mean(axis=1)))
print("\nPD of takers of re-drawn offers, root mean square error of a row: joint, independent without, with; in how many\n"
      "runs joint is better than with; mean PD over the planted mean by rate (rising): mean, and the farthest from 1")
for rho in rhos:
    runs = of(rho)
    bands = runs[21:]
    print(f"{rho:6.2f}  " + " ".join(f"{error:7.4f}" for error in runs[18:21].mean(axis=1))
          + f" {int((runs[18] < runs[20]).sum()):3d}  " + " ".join(f"{band:6.3f}" for band in bands.mean(axis=1))
          + f"  {bands.flat[np.abs(bands - 1).argmax()]:6.3f}")
