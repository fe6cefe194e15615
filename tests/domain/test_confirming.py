"""What confirms a session: every kind that opens one, by everything an account may have."""

from itertools import product

from app.domain.sessions.factors import Factor, confirming_factors

# All of these accounts have an address. `reset`: a code by mail set the password, in the
# last week or before that.
TABLE = """
opened    phone  password  reset   provider  confirmed by
phone     yes    yes       lately  yes       password email provider
phone     yes    yes       lately  -         password email
phone     yes    yes       before  yes       password email provider
phone     yes    yes       before  -         password email
phone     yes    yes       -       yes       password email provider
phone     yes    yes       -       -         password email
phone     yes    -         lately  yes       email provider
phone     yes    -         lately  -         email
phone     yes    -         before  yes       email provider
phone     yes    -         before  -         email
phone     yes    -         -       yes       email provider
phone     yes    -         -       -         email
phone     -      yes       lately  yes       password email provider
phone     -      yes       lately  -         password email
phone     -      yes       before  yes       password email provider
phone     -      yes       before  -         password email
phone     -      yes       -       yes       password email provider
phone     -      yes       -       -         password email
phone     -      -         lately  yes       email provider
phone     -      -         lately  -         email
phone     -      -         before  yes       email provider
phone     -      -         before  -         email
phone     -      -         -       yes       email provider
phone     -      -         -       -         email
password  yes    yes       lately  yes       phone
password  yes    yes       lately  -         phone
password  yes    yes       before  yes       phone
password  yes    yes       before  -         phone
password  yes    yes       -       yes       phone provider
password  yes    yes       -       -         phone
password  yes    -         lately  yes       phone
password  yes    -         lately  -         phone
password  yes    -         before  yes       phone
password  yes    -         before  -         phone
password  yes    -         -       yes       phone provider
password  yes    -         -       -         phone
password  -      yes       lately  yes       nothing
password  -      yes       lately  -         nothing
password  -      yes       before  yes       email provider
password  -      yes       before  -         email
password  -      yes       -       yes       email provider
password  -      yes       -       -         email
password  -      -         lately  yes       nothing
password  -      -         lately  -         nothing
password  -      -         before  yes       email provider
password  -      -         before  -         email
password  -      -         -       yes       email provider
password  -      -         -       -         email
provider  yes    yes       lately  yes       phone
provider  yes    yes       lately  -         phone
provider  yes    yes       before  yes       phone
provider  yes    yes       before  -         phone
provider  yes    yes       -       yes       phone password
provider  yes    yes       -       -         phone password
provider  yes    -         lately  yes       phone
provider  yes    -         lately  -         phone
provider  yes    -         before  yes       phone
provider  yes    -         before  -         phone
provider  yes    -         -       yes       phone
provider  yes    -         -       -         phone
provider  -      yes       lately  yes       nothing
provider  -      yes       lately  -         nothing
provider  -      yes       before  yes       email password
provider  -      yes       before  -         email password
provider  -      yes       -       yes       password
provider  -      yes       -       -         password
provider  -      -         lately  yes       nothing
provider  -      -         lately  -         nothing
provider  -      -         before  yes       email
provider  -      -         before  -         email
provider  -      -         -       yes       email
provider  -      -         -       -         email
sign-up   yes    yes       lately  yes       phone password provider
sign-up   yes    yes       lately  -         phone password
sign-up   yes    yes       before  yes       phone password provider
sign-up   yes    yes       before  -         phone password
sign-up   yes    yes       -       yes       phone password provider
sign-up   yes    yes       -       -         phone password
sign-up   yes    -         lately  yes       phone provider
sign-up   yes    -         lately  -         phone
sign-up   yes    -         before  yes       phone provider
sign-up   yes    -         before  -         phone
sign-up   yes    -         -       yes       phone provider
sign-up   yes    -         -       -         phone
sign-up   -      yes       lately  yes       email password provider
sign-up   -      yes       lately  -         email password
sign-up   -      yes       before  yes       email password provider
sign-up   -      yes       before  -         email password
sign-up   -      yes       -       yes       email password provider
sign-up   -      yes       -       -         email password
sign-up   -      -         lately  yes       email provider
sign-up   -      -         lately  -         email
sign-up   -      -         before  yes       email provider
sign-up   -      -         before  -         email
sign-up   -      -         -       yes       email provider
sign-up   -      -         -       -         email
"""
# Without an address a password opens nothing, nor does a code by mail set one.
WITHOUT_ADDRESS = """
opened    phone  password  reset  provider  confirmed by
phone     yes    yes       -      yes       password provider
phone     yes    yes       -      -         password
phone     yes    -         -      yes       provider
phone     yes    -         -      -         phone
provider  yes    yes       -      yes       phone password
provider  yes    -         -      yes       phone
sign-up   yes    yes       -      -         phone password
"""
ACCOUNT = (Factor.PHONE, Factor.PASSWORD, None, Factor.PROVIDER)  # the columns in between
HAS = ("yes", "-")
OPENED = ("phone", "password", "provider", "sign-up")


def rows(table: str) -> list[tuple[list[str], list[str]]]:
    """Each with its five facts, and with what confirms."""
    _, *lines = table.strip().splitlines()
    return [(line.split()[:5], line.split()[5:]) for line in lines]


def asked(facts: list[str], *more: Factor) -> list[str]:
    opened, *has = facts
    had = {kind for kind, answer in zip(ACCOUNT, has, strict=True) if kind and answer == "yes"}
    by = None if opened == "sign-up" else Factor(opened)
    by_mail, lately = has[2] != "-", has[2] == "lately"
    allowed = confirming_factors(by, had | set(more), by_mail=by_mail, lately=lately)
    return list(allowed) or ["nothing"]


def test_the_table_leaves_nothing_out() -> None:
    said = [tuple(facts) for facts, _ in rows(TABLE)]
    assert said == list(product(OPENED, HAS, HAS, ("lately", "before", "-"), HAS))


def test_each_session_is_confirmed_by_what_the_table_says() -> None:
    wrong = {
        " ".join(facts): (asked(facts, Factor.EMAIL), kinds)
        for facts, kinds in rows(TABLE)
        if asked(facts, Factor.EMAIL) != kinds
    }
    assert wrong == {}


def test_so_is_one_of_an_account_without_an_address() -> None:
    assert [asked(facts) for facts, _ in rows(WITHOUT_ADDRESS)] == [
        kinds for _, kinds in rows(WITHOUT_ADDRESS)
    ]


def test_a_mailbox_confirms_nothing_that_it_opened_itself() -> None:
    """By the password that it has set, where the account has a number or the week is not over."""
    judged = [
        (facts, {"email", "password", "provider"} & set(kinds))
        for facts, kinds in rows(TABLE)
        if facts[0] == "password"
        and ((facts[1] == "yes" and facts[3] != "-") or facts[3] == "lately")
    ]
    assert len(judged) == 12
    assert [facts for facts, confirming in judged if confirming] == []


def test_nothing_confirms_only_where_the_mailbox_is_all_there_is() -> None:
    for facts, kinds in rows(TABLE):
        opened, phone, _, reset, _ = facts
        alone = opened in ("password", "provider") and (phone, reset) == ("-", "lately")
        assert (kinds == ["nothing"]) == alone, facts
