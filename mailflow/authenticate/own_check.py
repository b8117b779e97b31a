"""Mode own_check: DKIM, SPF and DMARC found out by ourselves, over the very bytes that are stored.

A pass of DKIM or SPF aligned with the author proves him, whether or not he publishes a DMARC
policy; a published policy that fails is a fail (DOMAIN.md §4 "Proven sender").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailflow.authenticate import canon, spf
from mailflow.authenticate.dkim_check import Proof, Signed
from mailflow.authenticate.dkim_check import check as check_dkim
from mailflow.authenticate.dns import DnsError
from mailflow.authenticate.lookup import Lookup
from mailflow.authenticate.spf_record import Sending
from mailflow.core.address import organisational_domain
from mailflow.core.alignment import Policy, aligned, read_policy
from mailflow.core.verdict import Verdict

#: Tells who handed a mail in, where SPF can be asked about him; else None.
WhoSends = Callable[[], Sending | None]


def check(raw: bytes, author: str, sending: WhoSends, lookup: Lookup, now: float) -> Verdict:
    """Whether the author's domain stands behind this mail.

    Args:
        raw: The message as received.
        author: Domain of the single From address, ASCII lower case.
        sending: Who handed the mail in; asked only where no signature proves the author.
        lookup: The DNS of this message.
        now: When it was received, in seconds since 1970.

    Returns:
        pass, fail (a policy is published and says what to do with such mail), none, or temporary
        (DNS gave no answer, and another one might have led to a pass).
    """
    taken = canon.split(raw)
    if taken is None:
        return Verdict("none", "own check: line ends or header lines that two readers see two ways")
    message = Signed(*taken)
    if len(message.all("from")) != 1:
        return Verdict("none", "own check: not exactly one From field")

    strict: Policy | None = None
    reasons: list[str] = []
    temporary = False
    for method, proof in _proofs(message, author, sending, lookup, now):
        temporary |= proof.result == "temporary"
        if proof.result != "pass":
            reasons.append(proof.why)
            continue
        if proof.domain != author:
            # Only the same organisation: the policy may ask for the very same name.
            try:
                strict = policy_of(author, lookup)
            except DnsError as trouble:
                return Verdict("temporary", f"own check: DMARC policy of {author}: {trouble}")
            if strict and (strict.strict_dkim if method == "dkim" else strict.strict_spf):
                reasons.append(f"{proof.why}, but the policy of {author} wants the same name")
                continue
        rule = f"own check: {proof.why}, aligned with {author}"
        return Verdict("pass", rule, proof.id_proven)
    why = "; ".join(reasons) or "no signature of the author's domain"
    if temporary:
        return Verdict("temporary", f"own check: {why}")
    return _unproven(author, lookup, why)


def _proofs(
    message: Signed, author: str, sending: WhoSends, lookup: Lookup, now: float
) -> Iterator[tuple[str, Proof]]:
    """What might prove the author, the cheapest and strongest first."""
    for proof in check_dkim(message, author, lookup, now):
        yield "dkim", proof
    peer = sending()
    if peer is not None and aligned(author, peer.domain):
        found = spf.check(peer, lookup)
        why = f"spf={found.result} for {peer.domain} from {peer.address} ({found.why})"
        result = {"pass": "pass", "temperror": "temporary"}.get(found.result, "none")
        if found.everybody and result == "pass":
            result, why = "none", f"the SPF record of {peer.domain} lets everybody send"
        yield "spf", Proof(result, peer.domain, why)


def _unproven(author: str, lookup: Lookup, why: str) -> Verdict:
    try:
        policy = policy_of(author, lookup)
    except DnsError as trouble:
        return Verdict("temporary", f"own check: {why}; DMARC policy of {author}: {trouble}")
    if policy is None:
        return Verdict("none", f"own check: {why}; {author} publishes no DMARC policy")
    if policy.policy == "none":
        return Verdict("none", f"own check: {why}; the DMARC policy of {author} is p=none")
    return Verdict("fail", f"own check: {why}; the DMARC policy of {author} is p={policy.policy}")


def policy_of(author: str, lookup: Lookup) -> Policy | None:
    """The DMARC policy that holds for a domain (RFC 7489 s6.6.3), None if there is none.

    Its own record, or else the record of its organisational domain with that record's policy for
    subdomains. Raises DnsError.
    """
    own = read_policy(lookup.txt(f"_dmarc.{author}"))
    if own is not None:
        return own
    organisation = organisational_domain(author)
    if organisation == author:
        return None
    above = read_policy(lookup.txt(f"_dmarc.{organisation}"))
    if above is None:
        return None
    return Policy(above.subdomains, above.subdomains, above.strict_dkim, above.strict_spf)
