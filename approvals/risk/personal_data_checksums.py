"""Check digits: what tells a number that was given out from any other digits."""

from collections.abc import Sequence
from datetime import date

_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_FISCAL_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14,
               16, 10, 22, 25, 24, 23)  # fmt: skip
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def verhoeff(digits: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[place % 8][int(digit)])])
    return check == 0


def mod97(text: str) -> bool:
    """ISO 7064 MOD 97-10, as ISO 13616 uses it: the first four characters go last."""
    moved = text[4:] + text[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def mod11_10(digits: str) -> bool:
    """ISO 7064 MOD 11,10."""
    product = 10
    for digit in digits[:-1]:
        product = ((int(digit) + product - 1) % 10 + 1) * 2 % 11
    return (product + int(digits[-1])) % 10 == 1


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of the digits times their weights."""
    pairs = zip(digits, weights, strict=False)
    return sum(int(digit) * weight for digit, weight in pairs)


def is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def us_ssn(digits: str) -> bool:
    """Areas that are given out, and none of the numbers that advertising used up."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    is_given = area not in ("000", "666") and area[0] != "9"
    is_burnt = digits in ("078051120", "219099999", "457555462")
    return is_given and group != "00" and serial != "0000" and not is_burnt


def uk_nino(text: str) -> bool:
    """The prefixes that HM Revenue and Customs gives out."""
    is_given = text[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
    is_lettered = text[0] not in "DFIQUV" and text[1] not in "DFIOQUV"
    return is_given and is_lettered and text[-1] in "ABCD"


def de_tax_id(digits: str) -> bool:
    """Of the first ten digits one comes twice or thrice; the check digit is right."""
    repeated = [n for n in (digits[:10].count(d) for d in "0123456789") if n > 1]
    is_shaped = len(repeated) == 1 and repeated[0] in (2, 3)
    return digits[0] != "0" and is_shaped and mod11_10(digits)


def fr_nir(text: str) -> bool:
    number = text.replace("2A", "19").replace("2B", "18")
    if not number.isdigit():
        return False
    is_month = text[3:5] in {f"{n:02}" for n in (*range(1, 13), *range(20, 43))}
    return is_month and 97 - int(number[:13]) % 97 == int(number[13:])


def es_dni(text: str) -> bool:
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and _DNI[int(number) % 23] == text[-1]


def it_fiscal_code(text: str) -> bool:
    values = [int(char, 36) for char in text[:15]]
    letters = [value - 10 if value > 9 else value for value in values]
    total = sum(_FISCAL_ODD[value] for value in letters[::2]) + sum(letters[1::2])
    return chr(ord("A") + total % 26) == text[15]


def nl_bsn(digits: str) -> bool:
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def pl_pesel(digits: str) -> bool:
    total = weighted(digits[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3))
    is_month = int(digits[2:4]) % 20 in range(1, 13)
    return is_month and -total % 10 == int(digits[10])


def br_cpf(digits: str) -> bool:
    if len(set(digits)) == 1:
        return False
    first = weighted(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def ca_sin(digits: str) -> bool:
    return digits[0] not in "08" and luhn(digits)


def se_personal_number(digits: str) -> bool:
    short = digits[-10:]
    return is_day(2000, int(short[2:4]), int(short[4:6]) % 60 or 99) and luhn(short)


def ch_ahv(digits: str) -> bool:
    return (weighted(digits[:12], (1, 3) * 6) + int(digits[12])) % 10 == 0


def be_national_number(digits: str) -> bool:
    check = int(digits[9:])
    born_before, born_after = int(digits[:9]), int("2" + digits[:9])
    return check in (97 - born_before % 97, 97 - born_after % 97)


def cn_resident_id(text: str) -> bool:
    total = weighted(text[:17], [2 ** (17 - n) % 11 for n in range(17)])
    is_dated = is_day(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    return is_dated and "10X98765432"[total % 11] == text[17].upper()


def za_id(digits: str) -> bool:
    return is_day(2000, int(digits[2:4]), int(digits[4:6])) and luhn(digits)


def tr_identity(digits: str) -> bool:
    odd, even = sum(map(int, digits[0:9:2])), sum(map(int, digits[1:8:2]))
    is_tenth = (odd * 7 - even) % 10 == int(digits[9])
    is_last = sum(map(int, digits[:10])) % 10 == int(digits[10])
    return digits[0] != "0" and is_tenth and is_last


def fi_hetu(text: str) -> bool:
    day, month = int(text[:2]), int(text[2:4])
    number, check = text[:6] + text[-4:-1], text[-1]
    is_dated = number.isdigit() and is_day(2000, month, day)
    return is_dated and _HETU[int(number) % 31] == check


def au_tfn(digits: str) -> bool:
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def cl_rut(text: str) -> bool:
    total = weighted(text[-2::-1], (2, 3, 4, 5, 6, 7) * 2)
    return "0K987654321"[total % 11] == text[-1].upper()


def dk_cpr(digits: str) -> bool:
    return is_day(2000, int(digits[2:4]), int(digits[:2]))


def no_identity(digits: str) -> bool:
    first = weighted(digits[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    second = weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11
    return first == 0 and second == 0
