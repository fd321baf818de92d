"""What a synthetic book plants (docs/synthetic-population.md), and what a trained model file says of any offer."""
import json

import numpy as np
import xgboost
from scipy.special import ndtr

place, weight = np.polynomial.legendre.leggauss(32)
personal_loan, card, mail, phone = 0, 1, 0, 1


def both(x, y, rho):
    """P(X <= x, Y <= y) by the integral over the sine of the correlation."""
    angle = np.arcsin(rho)
    sine = np.sin(angle * (place + 1) / 2)[None]
    x, y = x[:, None], y[:, None]
    density = np.exp(-(x * x - 2 * sine * x * y + y * y) / (2 * (1 - sine * sine)))
    return ndtr(x[:, 0]) * ndtr(y[:, 0]) + density @ (weight * angle / 2) / (2 * np.pi)


def pd_of_takers(f, g, rho):
    return both(f, g, rho) / np.maximum(ndtr(f), 1e-12)


def truth_of(book, rows):
    """The planted terms of these rows, by name."""
    names = [name.decode() for name in book["truth/name"][:]]
    return dict(zip(names, book["truth/row"][:][rows].astype(float).T))


def take_index(truth, offer):
    """f of an offer: product, channel, limit, apr, term; numbers or one per row."""
    is_card = np.asarray(offer["product"]) == card
    f = np.where(is_card, truth["f_card"], truth["f_loan"])
    f = f + np.where(np.asarray(offer["channel"]) == phone, truth["f_phone"], 0)
    f -= truth["apr_sensitivity"] * (offer["apr"] - 0.15)
    dearer = offer["apr"] - truth["competitor_apr"] - np.where(is_card, 0.08, 0)
    f -= truth["competitor_sensitivity"] * np.maximum(0, dearer)
    f += truth["limit_sensitivity"] * np.log(offer["limit"] / 5000)
    return f + truth["term_sensitivity"] * np.log(offer["term"] / 36)


def default_index(truth, offer):
    """g of an offer: product, limit, contract_apr."""
    g = truth["g_base"] + np.where(np.asarray(offer["product"]) == card, truth["g_card"], 0)
    g += truth["g_apr_sensitivity"] * (offer["contract_apr"] - 0.15)
    return g + truth["g_burden"] * np.log1p(offer["limit"] / (2 * truth["income"]))


class Forest:
    """The margins of a model in a run's folder, by Python's xgboost."""

    def __init__(self, folder, name):
        self.facts = json.load(open(f"{folder}/models/{name}.json"))
        self.booster = xgboost.Booster(model_file=f"{folder}/models/{name}.xgboost.json")

    def margins(self, book, rows, offer):
        names = [name.decode() for name in book["schema/name"][:]]
        columns = [names.index(name) for name in self.facts["features"]]
        terms = [np.broadcast_to(offer[term], len(rows)) for term in self.facts["offer_terms"]]
        values = np.column_stack([book["borrower/features"][:][rows][:, columns], *terms]).astype(np.float32)
        data = xgboost.DMatrix(values, feature_names=self.booster.feature_names, nthread=1)
        return self.booster.predict(data, output_margin=True).astype(float)
