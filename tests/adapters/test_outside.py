"""What the settings make of the outside: what each vendor is told about us."""

from app.adapters.outside import outside_of
from app.domain.ports import Sent
from app.settings import read_settings
from tests.adapters.samples import TEXT
from tests.commands.running import PRODUCTION
from tests.standins.twilio import TwilioStandIn


async def test_twilio_is_named_no_address_that_nobody_answers(twilio: TwilioStandIn) -> None:
    database = {"DATABASE_URL": "postgresql://127.0.0.1:1/latchkey"}
    outside = outside_of(read_settings(PRODUCTION | database | twilio.environment))
    assert isinstance(await outside.texts.send(TEXT), Sent)
    await outside.wire.aclose()
    await outside.memory.close()
    assert [text.status_callback for text in twilio.messages] == [None]
