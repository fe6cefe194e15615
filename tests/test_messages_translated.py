"""Each message in the language and by the clock of its reader, whoever sends it."""

import json
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.adapters.twilio_calls import build_twiml
from app.domain.delivery.calls import Call
from app.domain.delivery.outbox import Message
from app.domain.delivery.segments import count_segments
from app.domain.languages import CATALOGUES, Languages
from app.domain.ports import Email, Text
from app.domain.verification.codes import MessageComposer
from app.web.assets import Assets
from app.web.brand import Brand
from app.web.templates import Templates
from tests.handset import bound_code
from tests.standins.twilio_calls import ReceivedCall, broken_by_call
from tests.test_messages import MESSAGES, ROOT, words

LONG_HOST, LONGEST_HOST = f"{'a' * 40}.example.org", "a" * 143
CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#, python-format
msgid "%(code)s is your %(product)s code. It works for %(count)s minute."
msgid_plural "%(code)s is your %(product)s code. It works for %(count)s minutes."
msgstr[0] "%(code)s ist dein Code. Er gilt %(count)s Minute."
msgstr[1] "%(code)s ist dein Code. Er gilt %(count)s Minuten."

msgid "Do not share it."
msgstr "Gib ihn nicht weiter."

#, python-format
msgid "%(day)s at %(time)s"
msgstr "%(day)s um %(time)s"

#, python-format
msgid "Your phone number will be changed on %(due_day)s"
msgstr "Deine Nummer ändert sich am %(due_day)s"

#, python-format
msgid "It was asked for without your phone, so it waits until %(due)s."
msgstr "Das wartet bis %(due)s."

msgid "A change to your account was undone"
msgstr "Eine Änderung wurde zurückgenommen"

msgid "Your phone number from before is back."
msgstr "Deine frühere Nummer ist wieder da."

#, python-format
msgid "Device: %(device)s"
msgstr "Gerät: %(device)s"

#, python-format
msgid "%(browser)s on %(system)s"
msgstr "%(browser)s unter %(system)s"
"""
TEXTS = sorted(path.stem for path in MESSAGES.glob("*_text.txt"))
DUE = datetime(2026, 5, 4, 22, 5, tzinfo=UTC).isoformat()
DELAYED = {"what": "phone", "due": DUE}


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> MessageComposer:
    folder = tmp_path_factory.mktemp("locales")
    (folder / "de").mkdir()
    (folder / "de/messages.po").write_text(CATALOGUE)
    return build_composer(Languages(("en", "de"), folder))


@pytest.fixture(scope="module")
def shipped() -> MessageComposer:
    """With the languages that there are."""
    return build_composer(Languages(CATALOGUES))


def build_composer(
    languages: Languages, brand: str = "Latchkey", host: str = "a.example.org"
) -> MessageComposer:
    assets, base_url = Assets(ROOT / "static", live=False, brand=Brand(brand)), f"https://{host}"
    templates = Templates(assets, live=False, base_url=base_url)
    return MessageComposer(templates, languages, (b"key",), host, base_url, str)


def message(template: str, language: str, zone: str = "", **context: str) -> Message:
    is_text = template.endswith(("_text", "phone_code", "phone_call"))
    has_code = template.endswith(("_code", "phone_call"))
    return Message(
        id=UUID(int=1),
        channel="sms" if is_text else "email",
        template=template,
        destination="+46701740605",
        nonce=b"nonce" if has_code else None,
        purpose="signup",
        language=language,
        zone=zone,
        context=json.dumps(context),
        notice=not has_code,
        tries=1,
        uncertain=0,
        abandoned=False,
        age=0.0,
        seconds_left=600.0,
        sender=None,
        request_id=None,
    )


def mail(composer: MessageComposer, written: Message) -> Email:
    composed = composer.compose_message(written)
    assert isinstance(composed, Email)
    return composed


def test_a_text_is_in_the_language_of_whoever_asked_for_it(composer: MessageComposer) -> None:
    texts = [composer.compose_message(message("phone_code", each)) for each in ("de", "en", "de")]
    german, english, again = (text.body for text in texts if isinstance(text, Text))
    _, code = bound_code(german) or ("", "")
    said = f"{code} ist dein Code. Er gilt 10 Minuten.\nGib ihn nicht weiter."
    assert german == f"{said}\n\n@a.example.org #{code}"
    assert (english.splitlines()[1], again) == ("Do not share it.", german)


@pytest.mark.parametrize("language", CATALOGUES)
def test_each_text_is_one_segment_in_each_language(shipped: MessageComposer, language: str) -> None:
    code, *notices = (
        str(getattr(shipped.compose_message(message(name, language)), "body", ""))
        for name in ("phone_code", *TEXTS)
    )
    assert [text for text in (code, *notices) if count_segments(text).count != 1] == []
    assert [text for text in notices if not text or re.search("[0-9]|://|\n", text)] == []
    host, digits = bound_code(code) or ("", "")
    assert (host, code.startswith(f"{digits} ")) == ("a.example.org", True)
    assert re.findall("[0-9]+", code) == [digits, "10", digits]


@pytest.mark.parametrize("host", ["a.example.org", LONG_HOST, LONGEST_HOST])
@pytest.mark.parametrize("brand", ["Latchkey", "Žižkov", "The Society of Natural Knowledge " * 5])
def test_a_text_with_a_code_is_one_segment_whatever_the_brand_and_the_host(
    brand: str, host: str
) -> None:
    composer = build_composer(Languages(CATALOGUES), brand, host)
    for language in CATALOGUES:
        written = composer.compose_message(message("phone_code", language))
        assert isinstance(written, Text)
        bound, code = bound_code(written.body) or ("", "")
        assert (bound, written.body.startswith(code)) == (host, True)
        assert count_segments(written.body).count == 1, language


def test_a_text_says_as_much_as_there_is_room_for() -> None:
    texts, near = [], "acme.example"
    for name, host in (("Acme", near), ("A" * 99, near), ("Acme", LONGEST_HOST)):
        composer = build_composer(Languages(CATALOGUES), name, host)
        written = composer.compose_message(message("phone_code", "en"))
        texts.append(re.sub("[0-9]{6}", "000000", getattr(written, "body", "")))
    assert texts == [
        f"000000 is your Acme code. It works for 10 minutes.\nDo not share it.\n\n@{near} #000000",
        f"000000 is your code.\nDo not share it.\n\n@{near} #000000",
        f"000000\n\n@{LONGEST_HOST} #000000",
    ]


@pytest.mark.parametrize("brand", ["Latchkey", "Ben & “Jerry” <Å>", "Acme 24/7"])
@pytest.mark.parametrize("language", CATALOGUES)
def test_a_call_says_the_code_of_the_text_three_times(language: str, brand: str) -> None:
    composer = build_composer(Languages(CATALOGUES), brand)
    text, call = (
        composer.compose_message(message(name, language)) for name in ("phone_code", "phone_call")
    )
    assert isinstance(text, Text)
    assert isinstance(call, Call)
    _, code = bound_code(text.body) or ("", "")
    assert call.language == language
    twiml = build_twiml(call)
    heard = ReceivedCall(call.to, "", twiml, 20, None, ())
    assert heard.codes == [code] * 3
    form = {"To": call.to, "From": "", "Twiml": twiml, "Timeout": 20, "TimeLimit": 60}
    assert broken_by_call(form, "") == []
    greeting, *_, farewell = heard.lines
    assert (brand in greeting, farewell) == (True, call.words.splitlines()[-1])
    assert len({heard.lines[index] for index in range(5)}) == 5


def test_a_host_that_no_text_has_room_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    build_composer(Languages(("en",)), host=LONGEST_HOST)
    assert caplog.messages == []
    build_composer(Languages(("en",)), host=f"{LONGEST_HOST}a")
    assert caplog.messages == ["the host of BASE_URL is too long for a text of one segment"]


def test_a_mail_tells_moments_in_words_and_by_the_clock_of_its_reader(
    composer: MessageComposer,
) -> None:
    german = mail(composer, message("change_delayed", "de", "Europe/Stockholm", **DELAYED))
    assert german.subject == "Deine Nummer ändert sich am 5. Mai 2026"
    assert "Das wartet bis 5. Mai 2026 um 00:05." in words(german.html)
    assert '<html lang="de" dir="ltr">' in german.html
    english = mail(composer, message("change_delayed", "en", "America/New_York", **DELAYED))
    assert english.subject == "Your phone number will be changed on 4 May 2026"
    assert "so it waits until 4 May 2026 at 18:05." in english.text


def test_where_no_zone_is_known_a_moment_says_that_it_is_in_utc(composer: MessageComposer) -> None:
    letter = mail(composer, message("change_delayed", "en", **DELAYED))
    assert "so it waits until 4 May 2026 at 22:05 UTC." in letter.text
    assert (
        "UTC" not in mail(composer, message("change_delayed", "en", "Asia/Tokyo", **DELAYED)).text
    )


def test_what_a_row_keeps_by_name_is_said_in_the_language(composer: MessageComposer) -> None:
    facts = {"what": "phone", "outcome": "back", "taken_back": "phone-back"}
    undone = mail(composer, message("change_undone", "de", **facts))
    device = mail(composer, message("new_device", "de", device="Firefox on Linux"))
    assert "Deine frühere Nummer ist wieder da." in undone.text
    assert "Gerät: Firefox unter Linux" in device.text
    assert "Gerät: Firefox unter Linux" in words(device.html)


def test_a_language_that_is_not_offered_any_more_is_the_first_one(
    composer: MessageComposer,
) -> None:
    letter = mail(composer, message("change_delayed", "tlh", "Europe/Stockholm", **DELAYED))
    assert letter.subject == "Your phone number will be changed on 5 May 2026"


def test_what_the_release_before_has_put_into_words_is_said_so(composer: MessageComposer) -> None:
    facts = {"what": "e-mail address", "due": "4 May 2026, 22:05 UTC"}
    letter = mail(composer, message("change_delayed", "en", "Asia/Tokyo", **facts))
    assert letter.subject == "Your e-mail address will be changed on 4 May 2026"
    assert "so it waits until 4 May 2026, 22:05 UTC." in letter.text
    was = {"what": "phone number", "outcome": "back", "taken_back": "Your number is back."}
    undone = mail(composer, message("change_undone", "en", **was))
    assert "Your number is back." in undone.text
    assert "The phone number from before is back" in undone.text
