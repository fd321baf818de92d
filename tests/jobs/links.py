"""links.py BOOKS MONTHS HUB: the columns of BOOKS/*.linked.h5 against union-find over all rows, day by day."""
import collections
import sys

import h5py
import numpy as np

folder, months, hub = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
books = [h5py.File(f"{folder}/{name}.linked.h5") for name in ("training", "population")]
kinds = [kind.decode() for kind in books[0]["/schema/links"][:]]
assert kinds == ["device", "phone", "address"], kinds


def known_from(day):  # the end of the month `months` later, as a number that compares as a day does
    month = day // 10000 * 12 + day // 100 % 100 - 1 + months
    return month // 12 * 10000 + (month % 12 + 1) * 100 + 31


rows = []  # (as_of, links, day from which a fraud is known)
for book in books:
    fraud = book["/outcome/fraud"][:] if "/outcome/fraud" in book else np.zeros(book["/borrower/id"].shape[0])
    links = np.stack([book[f"/link/{kind}"][:] for kind in kinds], axis=1)
    for day, own, code in zip(book["/borrower/as_of"][:].tolist(), links.tolist(), fraud.tolist()):
        rows.append((day, own, known_from(day) if code == 1 else None))

parent = list(range(len(rows)))


def root(i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


expected = [None] * len(rows)
sharers = [collections.defaultdict(list) for _ in kinds]
first = [{} for _ in kinds]  # the first row that the link joined
members = collections.defaultdict(list)
for day in sorted({row[0] for row in rows}):
    arriving = [i for i, row in enumerate(rows) if row[0] == day]
    for i in arriving:
        for kind, link in enumerate(rows[i][1]):
            if link != 0:
                sharers[kind][link].append(i)
    for i in arriving:
        for kind, link in enumerate(rows[i][1]):
            if link != 0 and len(sharers[kind][link]) <= hub:
                parent[root(i)] = root(first[kind].setdefault(link, i))
    so_far = [i for i, row in enumerate(rows) if row[0] <= day]
    is_fraud = [row[2] is not None and row[2] <= day + (31 - day % 100) and row[2] // 100 <= day // 100 for row in rows]
    size, frauds = collections.Counter(), collections.Counter()
    for i in so_far:
        size[root(i)] += 1
        frauds[root(i)] += is_fraud[i]
    for i in arriving:
        others = [[j for j in sharers[kind][link] if j != i] if link else [] for kind, link in enumerate(rows[i][1])]
        expected[i] = [size[root(i)], frauds[root(i)], sum(map(len, others)),
                       sum(is_fraud[j] for each in others for j in each)] + [len(each) for each in others]

at = 0
for book in books:
    names = [name.decode() for name in book["/schema/name"][:]]
    wanted = ["link_component", "link_component_frauds", "link_degree", "link_sharing_frauds"] + [f"link_{k}" for k in kinds]
    assert names[-len(wanted):] == wanted, names
    told = book["/borrower/features"][:, len(names) - len(wanted):]
    count = told.shape[0]
    different = np.flatnonzero((told != np.array(expected[at:at + count])).any(axis=1))
    if different.size:
        i = different[0]
        sys.exit(f"{book.filename} row {i}: {told[i]} instead of {expected[at + i]}")
    at += count
kind = books[0]["/truth/fraud_kind"][:]
code = books[0]["/outcome/fraud"][:]
assert ((kind > 0) == (code == 1))[code <= 1].all(), "/truth/fraud_kind and /outcome/fraud"
assert all((kind[code == 1] == k).any() for k in (1, 2, 3)), "frauds of every kind"
groups = sum(row[0] > 1 for row in expected)
found = sum(row[1] > 0 for row in expected)
assert groups > 100 and found > 10, "something to compare"
print(f"{len(rows)} rows: {groups} share something, {found} are in a group with a known fraud")
