"""Inclusion groups: of the entries that would fire in one group, one does.

An entry may be in several groups, named with commas between. A group that already has a fired entry takes no other.
Who is sticky stays. Then group scoring leaves those with most matched keys, `group_override` prefers the highest
insertion order among its bearers, and at last the weights are drawn.
"""

from collections.abc import Collection, Sequence

from fabula.features.lore.rules import Hit, rank, roll
from fabula.features.lore.trace import FiredBy


def list_groups(hit: Hit) -> tuple[str, ...]:
    names = (name.strip() for name in hit.candidate.entry.group.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def find_losers(hits: Sequence[Hit], taken: Collection[str], seed: str) -> set[Hit]:
    """The hits that stay out because of a group; `taken` names the groups that have fired before."""
    members: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=rank):
        for name in list_groups(hit):
            members.setdefault(name, []).append(hit)
    lost: set[Hit] = set()
    for name, group in members.items():
        rivals = [hit for hit in group if hit not in lost]
        lost.update(set(rivals) - (set() if name in taken else set(_choose(name, rivals, seed))))
    return lost


def _choose(name: str, rivals: list[Hit], seed: str) -> list[Hit]:
    sticky = [hit for hit in rivals if hit.by is FiredBy.STICKY]
    if sticky or len(rivals) < 2:
        return sticky or rivals
    best = max(len(hit.matches) for hit in rivals)
    rivals = [hit for hit in rivals if not hit.candidate.entry.use_group_scoring or len(hit.matches) == best]
    preferred = [hit for hit in rivals if hit.candidate.entry.group_override]
    if preferred:
        return [max(preferred, key=lambda hit: hit.candidate.entry.insertion_order)]
    return [_draw(name, rivals, seed)]


def _draw(name: str, rivals: list[Hit], seed: str) -> Hit:
    left = roll(seed, "group", name) * sum(hit.candidate.entry.group_weight for hit in rivals)
    for hit in rivals:
        left -= hit.candidate.entry.group_weight
        if left < 0:
            return hit
    return rivals[0]  # all weights are 0: the first in rank
