"""A password is hard to guess, and kept so that nobody can read it."""

from __future__ import annotations

import pytest

from ccmm_bot.casework.access.passwords import MINIMUM, WeakPassword, check_strength, hash_password, verify


@pytest.mark.parametrize("password", ["", "short", "a" * 40, "abababababababab", "x" * 300])
def test_weak_passwords_are_refused_with_a_reason(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_strength(password)


def test_a_name_with_a_few_digits_is_no_password() -> None:
    with pytest.raises(WeakPassword, match="name"):
        check_strength("Almaz2026!xyz", about=("Almaz", "almaz@example.org"))


@pytest.mark.parametrize(
    "password", ["password1234", "Password12345", "qwertyuiop12", "iloveyou1234", "newcomer2026!", "ccmm-bot-2026", "123456789012"]
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    """Leaked passwords, keyboard patterns, and the words of this service (ASVS 5.0 §6.2.4, §6.2.11, §6.2.12)."""
    with pytest.raises(WeakPassword, match="first that would be tried"):
        check_strength(password)


@pytest.mark.parametrize("password", ["correct horse battery", "ሰላም ጽባሕ ብርሃን ማይ", "a-Very_long passphrase of many words and so on"])
def test_long_passphrases_in_any_script_are_welcome(password: str) -> None:
    assert len(password) >= MINIMUM
    check_strength(password)


def test_the_right_password_and_only_that_one_is_accepted() -> None:
    kept = hash_password("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert "horse" not in kept
    assert verify(kept, "correct horse battery")
    assert not verify(kept, "correct horse batterx")


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    assert verify(hash_password("cafe\u0301 au lait noir"), "caf\u00e9 au lait noir")


def test_an_account_that_does_not_exist_has_no_password() -> None:
    assert not verify(None, "nobody has this password")
