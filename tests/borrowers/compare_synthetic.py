"""Prints the tables of docs/synthetic-population.md: a synthetic book beside the public data it was fitted to.

/usr/bin/python3 compare_synthetic.py FOLDER_OF_PUBLIC_DATA BOOK.h5     (a book made with drift: 0)
"""
import json
import sys

import h5py
import numpy as np
import pandas as pd

from fit_marginals import CONTINUOUS, COUNTS, load


def short(value):
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "0" if text in ("-0", "0.0") else text


def rank_correlation(frame, a, b):
    both = frame[[a, b]].dropna()
    return both[a].rank().corr(both[b].rank())


def main():
    public = load(sys.argv[1])
    with h5py.File(sys.argv[2]) as book:
        names = [name.decode() for name in book["/schema/name"][:]]
        labels = {n: json.loads(d.decode()) for n, d in zip(names, book["/schema/dictionary"][:]) if d}
        made = pd.DataFrame(book["/borrower/features"][:], columns=names).astype(float)
    print(f"{len(made):,} borrowers. Each cell: synthetic / public.\n")
    print("| feature | public data | mean | 5 % | 25 % | median | 75 % | 95 % | missing |")
    print("|---|---|---|---|---|---|---|---|---|")
    source_of = {**CONTINUOUS, **{n: s for n, (s, _) in COUNTS.items()}}
    for name, source in source_of.items():
        theirs = public[source][name]
        if name in COUNTS:
            theirs = theirs.clip(upper=COUNTS[name][1])
        else:
            theirs = theirs.clip(*theirs.quantile([.0001, .9999]))
        pairs = [(made[name].mean(), theirs.mean())]
        pairs += [(made[name].quantile(q), theirs.quantile(q)) for q in (.05, .25, .5, .75, .95)]
        cells = [f"{short(a)} / {short(b)}" for a, b in pairs]
        cells.append(f"{made[name].isna().mean():.3f} / {theirs.isna().mean():.3f}")
        print(f"| {name} | {source} | {' | '.join(cells)} |")

    print("\n| category | public data | share of each label |\n|---|---|---|")
    bank, loans = public["uci-bank-marketing"], public["karlan-zinman-2008"]
    for name, source, theirs in (("employment", "uci-bank-marketing", bank.job[bank.job != "unknown"].replace("admin.", "admin")),
                                 ("marital_status", "uci-bank-marketing", bank.marital),
                                 ("education", "uci-bank-marketing", bank.education.map(dict(enumerate(labels["education"]))))):
        shares = theirs.value_counts(normalize=True)
        mine = made[name].value_counts(normalize=True)
        told = [f"{label} {mine.get(code, 0):.3f} / {shares.get(label, 0):.3f}" for code, label in enumerate(labels[name])]
        print(f"| {name} | {source} | {', '.join(told)} |")
    provinces = np.sort(loans.province.value_counts(normalize=True).to_numpy())[::-1]
    provinces = list(provinces[:5]) + [provinces[5:].sum()]
    mine = made.region.value_counts(normalize=True)
    told = [f"{label} {mine.get(code, 0):.3f} / {provinces[code]:.3f}" for code, label in enumerate(labels["region"])]
    print(f"| region | karlan-zinman-2008 (provinces by size) | {', '.join(told)} |")
    print(f"| city_tier | karlan-zinman-2008 | rural {(made.city_tier == 3).mean():.3f} / {loans.rural.mean():.3f} |")

    pairs, seen = [], set()
    for source, frame in public.items():
        columns = [n for n in source_of if n in frame]
        frame = frame.assign(**{n: frame[n].clip(upper=COUNTS[n][1]) for n in columns if n in COUNTS})
        for i, a in enumerate(columns):
            for b in columns[:i]:
                if (a, b) not in seen:
                    seen.add((a, b))
                    pairs.append((a, b, source, rank_correlation(made, a, b), rank_correlation(frame, a, b)))
    gaps = np.array([abs(p[3] - p[4]) for p in pairs])
    print(f"\nRank correlations (Spearman) of all {len(pairs)} pairs that a public data set holds: mean absolute difference "
          f"{gaps.mean():.4f}, largest {gaps.max():.4f}. The strongest:\n")
    print("| pair | public data | synthetic | public |\n|---|---|---|---|")
    for a, b, source, mine, theirs in sorted(pairs, key=lambda p: -abs(p[4]))[:24]:
        print(f"| {a}, {b} | {source} | {mine:+.3f} | {theirs:+.3f} |")


if __name__ == "__main__":
    main()
