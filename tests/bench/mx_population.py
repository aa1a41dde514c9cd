"""SIMULATED: what the signals of the group mx are worth in two populations that were made up for this.

Nothing here was measured on real mail. Answers of today say nothing about mail of 2002, and mail of today
with its answers is nobody's to publish; so this shows the mechanism and no more: that the signals alone
carry what the population holds, and that their signs are learned. The two populations differ on purpose. In
``office`` a missing MX is commoner in spam. In ``machines``, root mail and reports of hosts that never had
an MX, it is commoner in ham, as some have found in practice. A rule with a weight set by hand is wrong in
one of them.

`TABLE` states each population: of 100 senders' domains, how many have which topology. Senders of ham also
often send from one of their own mail hosts (`FROM_OWN_HOST`). Run ``python tests/bench/mx_population.py
[MESSAGES]``.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from classifier.lookup import Answer, Answers, Status
from classifier.mail import Message
from classifier.signals import REGISTRY, Facts

TABLE = {  # population -> topology -> (of 100 ham domains, of 100 spam domains)
    "office": {
        "large_provider": (40, 30),
        "cheap_provider": (5, 20),
        "own_hosts": (35, 12),
        "no_mx": (4, 14),
        "null_mx": (2, 3),
        "alias_target": (5, 4),
        "dangling": (1, 5),
        "loopback": (1, 5),
        "nxdomain": (2, 5),
        "temperror": (5, 2),
    },
    "machines": {
        "large_provider": (10, 45),
        "cheap_provider": (2, 20),
        "own_hosts": (20, 15),
        "no_mx": (50, 5),
        "null_mx": (3, 3),
        "alias_target": (3, 3),
        "dangling": (1, 3),
        "loopback": (4, 1),
        "nxdomain": (4, 3),
        "temperror": (3, 2),
    },
}
FROM_OWN_HOST = {False: 0.5, True: 0.1}
"""How often ham and spam come from one of the mail hosts, where the domain has hosts of its own."""

MESSAGES = 2000
SEED = 20260105
MAIL = """\
Return-Path: <{name}@{domain}>
Received: from mail.{domain} (unknown [{relay}])
\tby mx.ours.test (Postfix) with ESMTP id 1; Mon, 5 Jan 2026 09:00:00 +0000
From: {name}@{domain}

Text.
"""


def answer(name: str, rrtype: str, *records: str, aliases: tuple[str, ...] = ()) -> Answer:
    """One recorded answer; without records the name exists and has none."""
    return Answer(name, rrtype, Status.FOUND if records else Status.ABSENT, records, aliases)


def host(name: str, *addresses: str) -> list[Answer]:
    """A mail host with its addresses, IPv4 first."""
    return [
        answer(name, kind, *(a for a in addresses if (":" in a) == (kind == "AAAA")))
        for kind in ("A", "AAAA")
    ]


def topology(kind: str, domain: str, address: str) -> list[Answer]:
    """The answers about one domain."""
    status = {"nxdomain": Status.NXDOMAIN, "temperror": Status.TEMPERROR}.get(kind)
    if status:
        return [Answer(domain, rrtype, status) for rrtype in ("MX", "CNAME")]
    own, mx = f"mx.{domain}", []
    hosts = {
        "large_provider": ["10 in1.large.test", "20 in2.large.test"],
        "cheap_provider": ["0 mail.cheap.test"],
        "own_hosts": [f"10 {own}", f"20 backup.{domain}"],
        "null_mx": ["0 ."],
        "no_mx": [],
    }.get(kind, [f"10 {own}"])
    if kind == "own_hosts":
        mx = host(own, address, "2620:4f:8000::1") + host(f"backup.{domain}", "192.31.196.9")
    elif kind == "alias_target":
        mx = [answer(own, "A", address, aliases=(f"real.{domain}",)), answer(own, "AAAA")]
    elif kind == "dangling":
        mx = [Answer(own, rrtype, Status.NXDOMAIN) for rrtype in ("A", "AAAA")]
    elif kind == "loopback":
        mx = host(own, "127.0.0.1")
    elif kind == "no_mx":
        mx = host(domain, address)
    return [answer(domain, "MX", *hosts), answer(domain, "CNAME"), *mx]


def population(name: str, count: int, random_: random.Random) -> tuple[list[dict[str, int]], np.ndarray]:
    """Draw messages, half of them spam, and observe the signals of the group mx alone."""
    signals = REGISTRY.group("mx")
    shared = host("in1.large.test", "192.31.196.1", "2001:4:112::1") + host("in2.large.test", "192.31.196.2")
    rows, labels = [], []
    for number in range(count):
        spam = number % 2 == 1
        kinds, weights = zip(*((kind, pair[spam]) for kind, pair in TABLE[name].items()), strict=True)
        kind = random_.choices(kinds, weights)[0]
        domain, address = f"d{number}.test", f"192.175.48.{random_.randrange(1, 255)}"
        at_home = kind in ("own_hosts", "no_mx", "alias_target") and random_.random() < FROM_OWN_HOST[spam]
        relay = address if at_home else f"198.51.100.{random_.randrange(1, 255)}"
        answers = Answers(
            [*shared, *host("mail.cheap.test", "192.31.196.3"), *topology(kind, domain, address)]
        )
        raw = MAIL.format(name=random_.choice("abc"), domain=domain, relay=relay).encode()
        facts = Facts(Message(raw), answers=answers)
        columns = (each.column(each.func(facts)) for each in signals)
        rows.append({column: 1 for column in columns if column})
        labels.append(spam)
    return rows, np.array(labels, dtype=int)


def main(count: int) -> None:
    """Train on the mx signals alone and print the area under the curve and the learned signs."""
    weights: dict[str, dict[str, float]] = {}
    print("SIMULATED populations; see the head of this file for what they hold.\n")
    for name in TABLE:
        rows, y = population(name, count, random.Random(SEED))
        vectorizer = DictVectorizer()
        X = vectorizer.fit_transform(rows)
        model = LogisticRegression(C=1.0, max_iter=1000)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        scores = cross_val_predict(model, X, y, cv=folds, method="decision_function")
        area = roc_auc_score(y, scores)
        print(f"{name}: {count} messages, {X.shape[1]} columns, ROC AUC {area:.3f} (five-fold)")
        model.fit(X, y)
        weights[name] = dict(zip(vectorizer.get_feature_names_out(), model.coef_[0], strict=True))
    both = sorted(set.intersection(*(set(each) for each in weights.values())))
    print("\n| column | " + " | ".join(weights) + " |  |\n|---|---|---|---|")
    for column in sorted(both, key=lambda name: -max(abs(each[name]) for each in weights.values()))[:20]:
        here, there = (each[column] for each in weights.values())
        note = "opposite signs" if here * there < 0 else ""
        print(f"| {column} | {here:+.2f} | {there:+.2f} | {note} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES)
