"""The numbers of the law as printed, with the marks of the source: S printed, P published, C computed, L the text of
Law 286-VI, U unchecked. Exact fractions; tenge unless the name says otherwise.
"""

from datetime import date
from fractions import Fraction

CODE_BEGINS = date(2023, 7, 1)
"""The Social Code; what held before it is not decided (P)."""
CONSTANTS_END = date(2026, 12, 31)
"""The last day of the last known MRP, PM and MZP (P)."""

READ_ON = date(2026, 11, 28)
"""Until when the sources were read; what becomes law later is asked of `benefits` as it was known then."""

MRP = {2023: Fraction(3450), 2024: Fraction(3692), 2025: Fraction(3932), 2026: Fraction(4325)}
PM = {2023: Fraction(40567), 2024: Fraction(43407), 2025: Fraction(46228), 2026: Fraction(50851)}
MZP = {  # 2017-2023 U
    2017: Fraction(24459),
    2018: Fraction(28284),
    2019: Fraction(42500),
    2020: Fraction(42500),
    2021: Fraction(42500),
    2022: Fraction(60000),
    2023: Fraction(70000),
    2024: Fraction(85000),
    2025: Fraction(85000),
    2026: Fraction(85000),
}
INDEXED = {date(2025, 1, 1): Fraction("1.065"), date(2026, 1, 1): Fraction("1.10")}
"""What the Fund had assigned before the day grows on the day (S 004, P)."""

PENSION_CONTRIBUTION = Fraction(1, 10)  # P
INCOME_CAP_MZP = 7  # P
AVERAGED_MONTHS = 24  # P

BIRTH_MRP, BIRTH_LATER_MRP, BIRTH_LATER_FROM = Fraction(38), Fraction(63), 4  # S 004
CARE_MRP = {1: Fraction("5.76"), 2: Fraction("6.81"), 3: Fraction("7.85"), 4: Fraction("8.90")}  # P
CARE_SHARE = Fraction("0.4")  # S 004
CARE_MONTHS = 18
FAMILY_MRP = {4: Fraction("16.03"), 5: Fraction("20.04"), 6: Fraction("24.05"), 7: Fraction("28.06")}  # S 004
FAMILY_EACH_MRP, FAMILY_EACH_FROM = Fraction(4), 8  # S 004
ADULT_AT, STUDENT_TO = 18, 23  # S 004
CARER_PM = Fraction("1.61")  # P

AWARD_MRP = {  # S 004
    "kumis_alka": Fraction("6.40"),
    "altyn_alka": Fraction("7.40"),
    "mother_heroine": Fraction("7.40"),
    "maternal_glory_1": Fraction("7.40"),
    "maternal_glory_2": Fraction("7.40"),
}
DISABILITY_PM = {"I": Fraction("2.2"), "II": Fraction("1.76"), "III": Fraction("1.2")}  # S 004
DISABILITY_CHILDHOOD_PM = {"I": Fraction("2.2"), "II": Fraction("1.83"), "III": Fraction("1.61")}  # P
DISABILITY_SMALL_CHILD_PM, SMALL_CHILD_TO = Fraction("1.61"), 7  # P
BURIAL_MRP, BURIAL_WAR_MRP, BURIAL_OLD_MRP = Fraction(35), Fraction("36.6"), Fraction("15.7")  # P, P, U

JOB_SHARE, JOB_LEAST_MONTHS, JOB_WINDOW_MONTHS, JOB_PAID_MONTH_COSTS = Fraction("0.45"), 6, 12, 12  # P, L
JOB_MONTHS = ((60, 6), (48, 5), (36, 4), (24, 3), (12, 2), (6, 1))  # P
LOSS_SHARE, LOSS_MZP = Fraction("0.6"), Fraction("0.5")  # P
LEAST_DEGREE = Fraction("0.30")  # P
KKI = {1: Fraction("0.5"), 2: Fraction("0.65"), 3: Fraction("0.8"), 4: Fraction(1)}  # P
BREADWINNER_PM = {  # P
    1: Fraction("0.92"),
    2: Fraction("1.7"),
    3: Fraction("2.25"),
    4: Fraction("2.6"),
    5: Fraction("2.75"),
    6: Fraction(3),
}
ORPHAN_PM = Fraction("1.54")  # C
FUND_CARED_TO, BUDGET_CARED_TO = 3, 8  # P, P

LINES = {("KZ-59", date(2024, 1, 1)): Fraction(33883)}
"""The poverty line by region and quarter of application (P)."""
ASSISTED_CHILD_MRP, ASSISTED_FROM, ASSISTED_TO = Fraction("1.5"), 1, 7  # S 004: from 1 to 6 inclusive
BREACH_BARS_MONTHS = 6  # P

MEN_PENSION_MONTHS = 63 * 12  # P
WOMEN_PENSION_MONTHS = {  # P
    date(1900, 1, 1): 61 * 12,
    date(2028, 1, 1): 61 * 12 + 6,
    date(2029, 1, 1): 62 * 12,
    date(2030, 1, 1): 62 * 12 + 6,
    date(2031, 1, 1): 63 * 12,
}


def coefficient(months: int) -> Fraction:
    """KSU: how far the months of contributions count (P)."""
    if months >= 72:
        return min(1 + Fraction(2, 100) * ((months - 60) // 12), Fraction("1.3"))
    for least, value in ((60, "1"), (48, "0.95"), (36, "0.9"), (24, "0.85"), (12, "0.75"), (6, "0.7")):
        if months >= least:
            return Fraction(value)
    return Fraction("0.1")


def of_number(table: dict[int, Fraction], number: int) -> Fraction:
    """The row of `number`; the last row holds for all that are greater."""
    return table[min(number, max(table))]
