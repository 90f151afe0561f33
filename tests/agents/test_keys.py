import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import keys


def test_a_new_key_is_well_formed_and_40_characters_long():
    key = keys.new_key()
    assert len(key) == 40
    assert key.startswith("csk_")
    assert keys.is_well_formed(key)


def test_two_new_keys_differ():
    assert keys.new_key() != keys.new_key()


def test_the_last_six_characters_are_the_crc32_of_the_thirty_before():
    key = keys.new_key()
    number = 0
    for character in key[34:]:
        number = number * 62 + keys.ALPHABET.index(character)
    assert number == binascii.crc32(key[4:34].encode())


def test_a_checksum_with_leading_zeros_keeps_its_six_characters():
    # CRC32 at most 2**32 - 1 needs six base62 digits, the first of them small.
    assert keys.is_well_formed("csk_" + "0" * 30 + _base62(binascii.crc32(b"0" * 30)))


@pytest.mark.parametrize("position", range(4, 40))
def test_one_wrong_character_is_noticed(position):
    key = keys.new_key()
    other = "a" if key[position] != "a" else "b"
    assert not keys.is_well_formed(key[:position] + other + key[position + 1 :])


@pytest.mark.parametrize(
    "make",
    [
        lambda key: "",
        lambda key: key[4:],
        lambda key: "sk_" + key[4:],
        lambda key: key.upper(),
        lambda key: key + "\n",
        lambda key: key[:-1],
        lambda key: key + "0",
    ],
)
def test_anything_else_than_a_whole_key_is_refused(make):
    assert not keys.is_well_formed(make("csk_" + keys.new_key()[4:]))


@given(st.text(max_size=60))
def test_no_text_makes_the_check_fail(text):
    assert keys.is_well_formed(text) in (True, False)


def test_the_digest_is_64_hex_digits_and_tells_keys_apart():
    one, other = keys.new_key(), keys.new_key()
    assert len(keys.digest(one)) == 64
    assert keys.digest(one) != keys.digest(other)
    assert keys.digest(one) == keys.digest(one)


def test_a_webhook_secret_is_32_random_bytes_in_base64():
    secret = keys.new_webhook_secret()
    assert secret.startswith("whsec_")
    assert len(binascii.a2b_base64(secret.removeprefix("whsec_"))) == 32
    assert secret != keys.new_webhook_secret()


def _base62(number):
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = keys.ALPHABET[digit] + digits
    return digits
