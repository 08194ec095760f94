"""Whether the birth order in the register can be trusted: the other records of the same mother must not contradict it.

An order that they contradict is never corrected here: which record is wrong, a person finds out.
"""

from benefits.codes import Relation
from benefits.facts import Child, Facts


def is_contested(facts: Facts, child: Child, order: int) -> bool:
    """Whether the mother has more elder children than the order says, or another child with the same order."""
    if child.mother_iin is None:
        return False
    elder = 0
    for other in facts.children:
        if other is child or other.mother_iin != child.mother_iin or not other.born_alive:
            continue
        if other.relation is not Relation.BORN and other.relation is not Relation.STEP:
            continue
        if other.birth_order == order:
            return True
        elder += other.birth_date < child.birth_date
    return elder >= order
