"""What each setting is for: `.env.example` and the tables of docs/configure.md are made of this.

What a setting is when nobody sets it stands in its declaration alone (`values.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Description:
    """`text` in whole sentences. `example` is shown where there is no default, or instead of it.
    `needed`: who cannot do without the setting, '' for nobody.
    """

    text: str
    example: str = ""
    needed: str = ""


PRODUCTION = "in production"
IN_FRONT_OF_PEOPLE = "beyond loopback"  # whatever ENVIRONMENT says
WITH_TWILIO, WITH_TELNYX = "with Twilio", "with Telnyx"
WITH_SENDGRID, WITH_SMTP, WITH_AUTH0 = "with SendGrid", "with SMTP", "with Auth0"

# By group and by the name of the field, in the order in which people read them.
GROUPS: dict[str, dict[str, Description]] = {
    "Where it runs": {
        "environment": Description(
            "development, test or production. `latchkey dev` is development, every other command"
            " production, which refuses to start with anything unsafe or missing. The other two"
            " bring a key and an outbox of their own only while HOST and BASE_URL are loopback;"
            " beyond it they need what production needs."
        ),
        "base_url": Description(
            "What the world sees: the origin of every link and of the host a code is bound to."
            " Capitals, :443 and letters beyond ASCII are folded as browsers do.",
            needed=PRODUCTION,
        ),
        "secret_key": Description(
            "At least 32 random bytes each, as `openssl rand -hex 32` makes them; examples and"
            " repetitions are refused. A list rotates (new,old): the first one signs, all of them"
            " verify. See docs/rotate-secrets.md.",
            needed=IN_FRONT_OF_PEOPLE,
        ),
        "host": Description("Where to listen; `--host` goes before it."),
        "port": Description("On which port; `--port` goes before it."),
        "workers": Description("How many processes serve; `--workers` goes before it."),
        "keep_alive": Description(
            "Seconds an idle connection stays open. Keep it longer than your proxy keeps its own to"
            " here (nginx and most load balancers: 60), or the proxy sends requests into"
            " connections that are just being closed."
        ),
        "drain_seconds": Description(
            "Seconds a stop takes at most, from SIGTERM: at most half of it until load balancers"
            " have seen that /health/ready fails, the rest for requests, texts and mails under way."
        ),
    },
    "Stores": {
        "database_url": Description(
            "PostgreSQL, as libpq reads it: ?sslmode=verify-full&sslrootcert=/path/ca.pem (without"
            " a file: the certificates of this machine), several hosts with"
            " target_session_attrs=read-write, connect_timeout, application_name, options,"
            " keepalives_idle. channel_binding=require is met by checking the server's certificate"
            " (verify-full). Special characters may stand raw. Left empty, `latchkey dev` starts"
            " its own.",
            "postgresql://latchkey:secret@localhost/latchkey",
            PRODUCTION,
        ),
        "database_pooler": Description(
            "transaction where PgBouncer or another pooler in transaction mode stands in front of"
            " PostgreSQL: no named statements and no start-up parameters then, each transaction"
            " says its own (three messages for a statement instead of one)."
        ),
        "database_pool_size": Description(
            "Connections that each process opens to PostgreSQL at most, besides three for what it"
            " does by itself; who needs one more waits. docs/deploy.md has the sum for"
            " max_connections."
        ),
        "database_idle_timeout": Description(
            "Seconds until a connection to PostgreSQL that nobody uses is closed: less than"
            " networks remember it (four minutes and more)."
        ),
        "redis_url": Description(
            "Redis 6.2 or newer, or Valkey, with maxmemory-policy noeviction. Also rediss:// (TLS;"
            " parameters ssl_cert_reqs, ssl_check_hostname, ssl_ca_certs, ssl_certfile,"
            " ssl_keyfile) and unix:///path?db=0; others: username, password, db, protocol,"
            " client_name. With sentinels"
            " (redis+sentinel://user:password@host:26379,host:26379/service/0, and"
            " sentinel_username, sentinel_password for those themselves), or as a cluster"
            " (redis+cluster://user:password@host:6379,host:6379); rediss+sentinel:// and"
            " rediss+cluster:// for TLS. Left empty, `latchkey dev` starts its own.",
            "redis://localhost:6379/0",
            PRODUCTION,
        ),
        "redis_prefix": Description(
            "What every key in Redis begins with, for a Redis that is shared."
        ),
    },
    "Proxies": {
        "trusted_proxies": Description(
            "Networks of your own proxies, whose X-Forwarded-For is believed. Never everybody:"
            " public ones are at most a /6 of IPv4 and a /12 of IPv6 in all. One that is missing"
            " here is a warning in the log and in /health/proxies.",
            "10.0.0.0/8",
        ),
        "hsts": Description(
            "Whom browsers ask by https only: host, subdomains (everything below it too), or"
            " preload (for good, in the list that browsers are shipped with)."
        ),
        "https_proxy": Description(
            "A proxy (http:// or https://, user and password allowed) that Twilio, Telnyx,"
            " SendGrid, Auth0 and PWNED_PASSWORDS_URL are asked through by https; this machine"
            " never is. A lower-case name is not read.",
            "http://proxy.example.org:3128",
        ),
        "no_proxy": Description(
            "Hosts and domains that are asked directly, * for all of them; networks are not read."
        ),
    },
    "Texts and calls": {
        "twilio_account_sid": Description(
            "It starts with AC. Left empty in development, texts go to /dev/outbox.",
            needed=WITH_TWILIO,
        ),
        "twilio_auth_token": Description("The auth token of that account.", needed=WITH_TWILIO),
        "twilio_from_number": Description(
            "The number that texts come from.",
            "+12025550100",
            f"{WITH_TWILIO}, or a Messaging Service",
        ),
        "twilio_messaging_service_sid": Description(
            "Instead of a number: a Messaging Service (it starts with MG)."
        ),
        "twilio_call_from": Description(
            "The number that calls people whom no text reaches; TWILIO_FROM_NUMBER unless it is"
            " set. Empty: nobody is called.",
            "+12025550100",
        ),
        "twilio_api_url": Description("Where Twilio is asked, for tests."),
        "telnyx_api_key": Description(
            "Texts by Telnyx, where SMS_SENDERS names it. The key starts with KEY.",
            needed=WITH_TELNYX,
        ),
        "telnyx_from_number": Description(
            "The number that its texts come from.",
            "+12025550100",
            f"{WITH_TELNYX}, or a messaging profile",
        ),
        "telnyx_messaging_profile_id": Description(
            "Instead of a number: a messaging profile that picks one."
        ),
        "telnyx_public_key": Description(
            "What its receipts are signed with (Account, Keys & Credentials); without it none is"
            " believed."
        ),
        "telnyx_api_url": Description("Where Telnyx is asked, for tests."),
        "sms_senders": Description(
            "Who sends texts, the preferred one first: the next one gets what the one before"
            " surely did not take. Twilio alone unless it is set. Another account or number of a"
            " vendor has a name that begins with the vendor's, and its own settings by that name:"
            " TWILIO_EU_ACCOUNT_SID, TWILIO_EU_AUTH_TOKEN and TWILIO_EU_FROM_NUMBER for twilio_eu.",
            "twilio,twilio_eu,telnyx",
        ),
        "sms_regions": Description("Countries whose numbers may be texted."),
        "default_region": Description(
            "Where a number without its country code is from, one of those; the first unless it is"
            " set. A browser's language goes first.",
            "US",
        ),
        "sms_daily_limit": Description(
            "How many texts a day at most in all; without it they are not counted so.", "500"
        ),
        "sms_daily_budget": Description("What texts and calls may cost in a day (UTC)."),
        "sms_prices_file": Description(
            "A TOML file of prices in the place of the built-in estimates."
        ),
    },
    "E-mail": {
        "sendgrid_api_key": Description(
            "The key (it starts with SG.). Left empty in development, e-mail goes to /dev/outbox.",
            needed=f"{WITH_SENDGRID}; in production this or SMTP_URL",
        ),
        "sendgrid_from_email": Description(
            "The address that mails come from.", "hello@example.org", WITH_SENDGRID
        ),
        "sendgrid_webhook_public_key": Description(
            "The key of SendGrid's event webhook (Settings, Mail Settings, Event Webhook, Signature"
            " Verification): it tells of bounces at BASE_URL/webhooks/sendgrid/events."
        ),
        "sendgrid_api_url": Description("Where SendGrid is asked, for tests."),
        "smtp_url": Description(
            "Instead of SendGrid: a mail server of yours, of Amazon SES or of others. smtps:// is"
            " TLS from the start (port 465), smtp:// from STARTTLS on (port 587), which only a"
            " server on loopback does without. User and password may be percent-encoded.",
            "smtps://user:password@mail.example.org:465",
            WITH_SMTP,
        ),
        "smtp_from": Description(
            "The address that mails come from, and where those that bounce go.",
            "hello@example.org",
            WITH_SMTP,
        ),
    },
    "Sign-in with Auth0": {
        "auth0_issuer": Description(
            "The issuer with its trailing slash. Empty (AUTH0_ISSUER=) leaves the method out. At"
            " Auth0, allow BASE_URL/auth0/callback as a callback URL and BASE_URL/login as a logout"
            " URL. Not set at all, development has a provider of made-up people; production wants"
            " to know which.",
            "https://TENANT.eu.auth0.com/",
            f"{PRODUCTION}, even if empty",
        ),
        "auth0_client_id": Description("The id of your application there.", needed=WITH_AUTH0),
        "auth0_client_secret": Description("And its secret.", needed=WITH_AUTH0),
        "auth0_label": Description(
            'What people read in "Continue with ...": the name they know that sign-in by, such as'
            " Google."
        ),
    },
    "What people see": {
        "brand_name": Description("Whose product it is to people, at most 40 characters."),
        "brand_dir": Description(
            "A folder with what differs from ours: docs/brand.md.", "examples/brand-acme"
        ),
        "contact": Description(
            "Where people are sent who need help: a mailbox or a page.", "help@example.org"
        ),
        "legal_links": Description(
            "Links at the foot of every page: Terms, Privacy, Imprint, Cookies and Accessibility"
            " are translated.",
            "Terms=https://example.org/terms,Privacy=https://example.org/privacy",
        ),
        "languages": Description(
            "What people may read, the default first; all that there are unless it is set."
        ),
    },
    "Limits and passwords": {
        "limits_file": Description(
            "A TOML file with limits that differ from the table in src/app/domain/limits.py."
        ),
        "password_min_length": Description("Characters of a new password at least."),
        "breached_passwords_file": Description(
            "Passwords known from break-ins, besides the built-in list: a file of SHA-1 digests,"
            " one a line, ordered by hash (as Have I Been Pwned gives it out)."
        ),
        "pwned_passwords_url": Description(
            "A server with the range API of Have I Been Pwned, asked for the first five digits of a"
            " digest.",
            "https://api.pwnedpasswords.com",
        ),
        "test_numbers": Description(
            "For reviewers of app stores and automatic tests: numbers reserved for fiction with a"
            " fixed code, which get no text. Whoever knows the code opens their accounts.",
            "+12025550143=246810,+46701740605=135791",
        ),
        "test_numbers_until": Description(
            "The last day of those numbers, within the next 30.",
            "2026-12-24",
            "in production with TEST_NUMBERS",
        ),
    },
    "Other services": {
        "allowed_origins": Description(
            "Pages of other origins whose scripts may call the JSON API with a bearer token.",
            "https://app.example.org,https://admin.example.org",
        ),
        "services": Description(
            "A TOML file with the services that trust Latchkey.", "examples/services.toml"
        ),
    },
    "Watching": {
        "ops_token": Description(
            "Whoever sends this as a bearer token sees the details of /health and reads /metrics;"
            " operators sign in to `latchkey console` by it. 16 characters at least in front of"
            " people."
        ),
        "log_level": Description("DEBUG, INFO, WARNING or ERROR."),
        "log_format": Description("json or console."),
        "otel_exporter_otlp_endpoint": Description(
            "Where traces go: a collector of OpenTelemetry, by OTLP over HTTP. Its SDK reads this"
            " and all other OTEL_ names itself. docs/watch.md.",
            "http://127.0.0.1:4318",
        ),
        "otel_exporter_otlp_traces_endpoint": Description(
            "The same as it is: /v1/traces is not added.", "http://127.0.0.1:4318/v1/traces"
        ),
        "otel_sdk_disabled": Description("No traces, whatever else is set.", "true"),
    },
}
