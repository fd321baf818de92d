"""Fits the constants of the synthetic population to the public data sets and prints pipeline/borrowers/marginals_fitted.cpp.

/usr/bin/python3 fit_marginals.py FOLDER_OF_PUBLIC_DATA > marginals_fitted.cpp
Marginals: quantiles of continuous columns, frequencies of counts and categories. Dependence: for each pair that a data set
holds, the correlation of the latent normals that gives the data's rank correlation with these very marginals (counts have
ties); pairs that no data set holds get the completion of greatest entropy (Dempster 1972, algorithm 17.1 of Hastie et al.,
The Elements of Statistical Learning), a few are assumed (ASSUMED below).
"""
import sys
import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

P = [0, .001, .005, .01, .02, .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75, .8, .85, .9, .95, .98, .99,
     .995, .999, .9999, 1]


def load(folder):
    """data set → frame of the columns used, under the names of the synthetic features."""
    g = pd.read_csv(f"{folder}/give-me-some-credit/cs-training.csv.gz", index_col=0)
    g = g[(g.age >= 18) & (g["NumberOfTimes90DaysLate"] < 90)]
    known = g.MonthlyIncome.where(g.MonthlyIncome >= 200)
    credit = pd.DataFrame({
        "age": g.age, "income_monthly": known, "utilisation": g.RevolvingUtilizationOfUnsecuredLines.clip(upper=1.5),
        "debt_to_income": g.DebtRatio.where(known.notna()).clip(upper=3), "open_accounts": g.NumberOfOpenCreditLinesAndLoans,
        "delinquencies_30d": g["NumberOfTime30-59DaysPastDueNotWorse"],
        "delinquencies_60d": g["NumberOfTime60-89DaysPastDueNotWorse"], "delinquencies_90d": g["NumberOfTimes90DaysLate"],
        "mortgages": g.NumberRealEstateLoansOrLines, "dependents": g.NumberOfDependents})
    u = pd.read_csv(f"{folder}/uci-credit-card-default/default_of_credit_card_clients.csv.gz", skiprows=1)
    rate = 0.03  # euro per Taiwan dollar
    cards = pd.DataFrame({
        "age": u.AGE, "utilisation": (u.BILL_AMT1 / u.LIMIT_BAL).clip(0, 1.5), "card_limit": u.LIMIT_BAL * rate,
        "card_bill": u.BILL_AMT1 * rate, "card_paid": u.PAY_AMT1 * rate, "card_months_behind": u.PAY_0.clip(lower=0),
        "card_bill_change": ((u.BILL_AMT1 - u.BILL_AMT6) / u.LIMIT_BAL).clip(-1.5, 1.5),
        "sex": u.SEX.map({1: 0, 2: 1})})
    k = pd.read_csv(f"{folder}/karlan-zinman-2008/kz_demandelasts_aer08.csv.gz")
    loans = pd.DataFrame({
        "age": k.age.where(k.age >= 18), "income_monthly": k.grossincome, "dependents": k.dependants,
        "bureau_score": k.itcscore.where(k.itcscore > 0), "internal_score": k.appscore.where(k.appscore > 0),
        "months_since_last_loan": k.dormancy, "prior_loans": k.trcount, "last_loan_amount": k.lastamount,
        "rural": k.rural, "province": k.province})
    b = pd.read_csv(f"{folder}/uci-bank-marketing/bank-full.csv.gz", sep=";")
    bank = pd.DataFrame({
        "age": b.age, "account_balance": b.balance, "contacts_this_year": b.campaign.clip(upper=20),
        "contacts_before": b.previous.clip(upper=12), "has_housing_loan": (b.housing == "yes") * 1,
        "has_other_loan": (b.loan == "yes") * 1, "education": b.education.map({"primary": 0, "secondary": 1, "tertiary": 2}),
        "job": b.job, "marital": b.marital, "contact": b.contact})
    return {"give-me-some-credit": credit, "uci-credit-card-default": cards, "karlan-zinman-2008": loans,
            "uci-bank-marketing": bank}


CONTINUOUS = {"age": "give-me-some-credit", "income_monthly": "give-me-some-credit", "utilisation": "give-me-some-credit",
              "debt_to_income": "give-me-some-credit", "card_limit": "uci-credit-card-default",
              "card_bill": "uci-credit-card-default", "card_paid": "uci-credit-card-default",
              "card_bill_change": "uci-credit-card-default", "bureau_score": "karlan-zinman-2008",
              "internal_score": "karlan-zinman-2008", "last_loan_amount": "karlan-zinman-2008",
              "account_balance": "uci-bank-marketing"}
COUNTS = {"open_accounts": ("give-me-some-credit", 30), "delinquencies_30d": ("give-me-some-credit", 8),
          "delinquencies_60d": ("give-me-some-credit", 6), "delinquencies_90d": ("give-me-some-credit", 9),
          "mortgages": ("give-me-some-credit", 8), "dependents": ("give-me-some-credit", 7),
          "card_months_behind": ("uci-credit-card-default", 8), "months_since_last_loan": ("karlan-zinman-2008", 24),
          "prior_loans": ("karlan-zinman-2008", 24), "contacts_this_year": ("uci-bank-marketing", 20),
          "contacts_before": ("uci-bank-marketing", 12), "has_housing_loan": ("uci-bank-marketing", 1),
          "has_other_loan": ("uci-bank-marketing", 1), "education": ("uci-bank-marketing", 2)}
# Not in the public data: months and signals whose latent normals take part in the dependence all the same.
OWN = ["tenure_months", "employment_months", "address_months", "enquiries_6m", "income_volatility", "device_age_days",
       "email_age_days", "applications_same_device", "ip_distance_km", "form_seconds"]
ASSUMED = {("bureau_score", "utilisation"): -.45, ("bureau_score", "delinquencies_30d"): -.35,
           ("bureau_score", "delinquencies_60d"): -.35, ("bureau_score", "delinquencies_90d"): -.45,
           ("bureau_score", "card_months_behind"): -.3, ("bureau_score", "enquiries_6m"): -.3,
           ("utilisation", "enquiries_6m"): .25, ("tenure_months", "age"): .35, ("tenure_months", "prior_loans"): .4,
           ("employment_months", "age"): .45, ("address_months", "age"): .35, ("income_monthly", "education"): .3,
           ("income_monthly", "card_limit"): .45, ("income_monthly", "account_balance"): .25,
           ("income_monthly", "income_volatility"): -.1, ("device_age_days", "email_age_days"): .4,
           ("applications_same_device", "device_age_days"): -.2, ("ip_distance_km", "device_age_days"): -.15,
           ("form_seconds", "age"): .15, ("card_months_behind", "delinquencies_30d"): .5,
           ("delinquencies_60d", "card_months_behind"): .4, ("delinquencies_90d", "card_months_behind"): .4,
           ("employment_months", "income_volatility"): -.25, ("has_housing_loan", "mortgages"): .5}
NAMES = list(CONTINUOUS) + list(COUNTS) + OWN


def fit(data):
    # The outermost knots are the 0.0001 and 0.9999 quantiles: one odd record must not stretch a whole tail.
    knots = {n: np.quantile(data[s][n].dropna(), np.clip(P, .0001, .9999)) for n, s in CONTINUOUS.items()}
    knots["age"][0] = 21
    shares = {}
    for name, (source, top) in COUNTS.items():
        values = data[source][name].dropna().clip(upper=top).astype(int)
        shares[name] = np.bincount(values, minlength=top + 1) / len(values)
    return knots, shares


def marginal(name, z, knots, shares):
    if name in knots:
        return np.interp(norm.cdf(z), P, knots[name])
    if name in shares:
        return np.searchsorted(np.cumsum(shares[name])[:-1], norm.cdf(z), side="right").astype(float)
    return z


def spearman(a, b):
    ra, rb = rankdata(a), rankdata(b)
    return np.corrcoef(ra, rb)[0, 1]


def latent(a, b, target, knots, shares, e1, e2):
    lo, hi = -.985, .985
    x = marginal(a, e1, knots, shares)
    for _ in range(9):
        mid = (lo + hi) / 2
        y = marginal(b, mid * e1 + np.sqrt(1 - mid * mid) * e2, knots, shares)
        if spearman(x, y) < target:
            lo = mid
        else:
            hi = mid
    return (lo + hi) / 2


def correlations(data, knots, shares):
    """(a, b) → (latent correlation, rank correlation, data set)"""
    rng = np.random.RandomState(5)
    e1, e2 = rng.normal(size=(2, 30000))
    known = {}
    for source, frame in data.items():
        names = [n for n in NAMES if n in frame]
        for i, a in enumerate(names):
            for b in names[:i]:
                if (a, b) in known or (b, a) in known:
                    continue
                both = frame[[a, b]].dropna()
                both = both.assign(**{c: both[c].clip(upper=COUNTS[c][1]) for c in (a, b) if c in COUNTS})
                target = spearman(both[a], both[b])
                known[a, b] = (latent(a, b, target, knots, shares, e1, e2), target, source)
    return known


def complete(known):
    """Greatest-determinant completion; a little shrinkage where the pieces contradict each other."""
    n = len(NAMES)
    s, edge = np.eye(n), np.zeros((n, n), bool)
    for (a, b), r in list(known.items()) + [(p, (r,)) for p, r in ASSUMED.items()]:
        i, j = NAMES.index(a), NAMES.index(b)
        s[i, j] = s[j, i] = r[0]
        edge[i, j] = edge[j, i] = True
    shrink = 1.0
    while True:
        w = np.where(edge, s * shrink, 0)
        np.fill_diagonal(w, 1)
        target = w.copy()
        for _ in range(400):
            old = w.copy()
            for j in range(n):
                rest = [i for i in range(n) if i != j]
                nb = [k for k in range(n - 1) if edge[rest[k], j]]
                w11 = w[np.ix_(rest, rest)]
                beta = np.zeros(n - 1)
                if nb:
                    beta[nb] = np.linalg.lstsq(w11[np.ix_(nb, nb)], target[rest, j][nb], rcond=None)[0]
                w[rest, j] = w[j, rest] = w11 @ beta
            if np.abs(w - old).max() < 1e-8:
                break
        if np.linalg.eigvalsh(w).min() > .01 and np.abs(w - target)[edge].max() < 1e-4:
            return w, shrink
        shrink -= .02


def tables(data):
    """Nominal columns: shares, by age band where age moves them."""
    bank = data["uci-bank-marketing"]
    edges = np.quantile(bank.age, np.arange(1, 10) / 10)
    band = np.searchsorted(edges, bank.age, side="left")
    # Bands are cut at the deciles of the latent normal of age, as everywhere: the dependence on rank of age is what is kept.
    out = {}
    for column in ("job", "marital"):
        order = list(bank[column][bank[column] != "unknown"].value_counts().index)
        kept = bank[column] != "unknown"
        out[column] = (order, pd.crosstab(band[kept], bank[column][kept], normalize="index")[order].to_numpy())
    return out


def number(v):
    return f"{float(v):.6g}"


def main():
    data = load(sys.argv[1])
    knots, shares = fit(data)
    known = correlations(data, knots, shares)
    w, shrink = complete(known)
    print(f"shrink {shrink}", file=sys.stderr)
    for (a, b), (r, t, s) in known.items():
        print(f"{s:26s} {a:24s} {b:24s} rank {t:+.3f} latent {r:+.3f} got {w[NAMES.index(a), NAMES.index(b)]:+.3f}", file=sys.stderr)
    print('// Written by tests/borrowers/fit_marginals.py; change that, not this.\n'
          '#include "borrowers/marginals.hpp"\n\n#include <array>\n\nnamespace proffer::borrowers {\nnamespace {\n')
    print(f"constexpr std::array<double, {len(P)}> levels{{{', '.join(map(number, P))}}};")
    for name, values in list(knots.items()) + list(shares.items()):
        print(f"constexpr std::array<double, {len(values)}> {name}{{{', '.join(map(number, values))}}};")
    for name, (labels, table) in tables(data).items():
        print(f"// {', '.join(labels)}; rows are tenths of age")
        print(f"constexpr std::array<double, {table.size}> {name}_by_age{{{', '.join(number(v) for v in table.ravel())}}};")
    print("// lower triangle, row by row")
    low = [f"{w[i, j]:.4f}" for i in range(len(NAMES)) for j in range(i)]
    print(f"constexpr std::array<double, {len(low)}> latent_correlations{{{', '.join(low)}}};")
    print("\n}  // namespace\n")
    print("std::span<const double> fitted_levels() { return levels; }\n")
    print("std::span<const Fitted> fitted_marginals() {\n  static constexpr std::array<Fitted, %d> all{{" % (len(knots) + len(shares)))
    for name in knots:
        print(f'      {{"{name}", Fitted::Shape::continuous, {name}, "{CONTINUOUS[name]}"}},')
    for name in shares:
        print(f'      {{"{name}", Fitted::Shape::count, {name}, "{COUNTS[name][0]}"}},')
    print("  }};\n  return all;\n}\n")
    print("std::span<const double> fitted_correlations() { return latent_correlations; }")
    print("std::span<const double> employment_by_age() { return job_by_age; }")
    print("std::span<const double> marital_by_age_band() { return marital_by_age; }\n\n}  // namespace proffer::borrowers")


if __name__ == "__main__":
    main()
