"""The variables of the environment: each one's name, shape and default, by what it is about."""

import re
from typing import Any, Literal, get_args

from app.environment import Reader, split

Environment = Literal["development", "test", "production"]
LogFormat = Literal["json", "console"]
# Only for development: whoever runs production must bring a key of their own.
DEVELOPMENT_KEY = "development-only-key-never-for-production"

ACCOUNT_SID, SERVICE_SID = re.compile("AC[0-9A-Za-z]+"), re.compile("MG[0-9A-Za-z]+")
# A number in E.164, a short code, or the name of a sender where a country knows them.
SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{3,11}")
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def deployment(read: Reader) -> dict[str, Any]:
    """Where it runs and what it stands on."""
    environment = read.choice("ENVIRONMENT", get_args(Environment), "development")
    key = "" if environment == "production" else DEVELOPMENT_KEY
    port = read.number("PORT", 8000, 1, 65535)
    return {
        "environment": environment,
        "base_url": read.url("BASE_URL", f"http://127.0.0.1:{port}"),
        "secret_key": split(read.secret("SECRET_KEY") or key),
        "database_url": read.store("DATABASE_URL", "postgresql", "postgres"),
        "redis_url": read.store("REDIS_URL", "redis", "rediss", "unix"),
        "trusted_proxies": read.networks("TRUSTED_PROXIES"),
        "allowed_origins": read.items("ALLOWED_ORIGINS"),
        "ops_token": read.secret("OPS_TOKEN"),
        "log_level": read.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        "log_format": read.choice("LOG_FORMAT", get_args(LogFormat), "json"),
        "host": read.text("HOST") or "127.0.0.1",
        "port": port,
        "workers": read.number("WORKERS", 1, 1, 64),
    }


def vendors(read: Reader) -> dict[str, Any]:
    """Who sends for us, and who else may vouch for a person."""
    return {
        "twilio_account_sid": read.shaped(
            "TWILIO_ACCOUNT_SID", ACCOUNT_SID, "the SID that starts with AC"
        ),
        "twilio_auth_token": read.secret("TWILIO_AUTH_TOKEN"),
        "twilio_from_number": read.shaped(
            "TWILIO_FROM_NUMBER", SENDER, "a number such as +12025550100"
        ),
        "twilio_messaging_service_sid": read.shaped(
            "TWILIO_MESSAGING_SERVICE_SID", SERVICE_SID, "the SID that starts with MG"
        ),
        "twilio_api_url": read.url("TWILIO_API_URL", "https://api.twilio.com"),
        "sendgrid_api_key": read.secret("SENDGRID_API_KEY"),
        "sendgrid_from_email": read.shaped(
            "SENDGRID_FROM_EMAIL", ADDRESS, "an address such as hello@example.org"
        ),
        "sendgrid_webhook_public_key": read.text("SENDGRID_WEBHOOK_PUBLIC_KEY"),
        "sendgrid_api_url": read.url("SENDGRID_API_URL", "https://api.sendgrid.com"),
        "auth0_issuer": read.issuer("AUTH0_ISSUER"),
        "auth0_client_id": read.text("AUTH0_CLIENT_ID"),
        "auth0_client_secret": read.secret("AUTH0_CLIENT_SECRET"),
    }


def rules(read: Reader) -> dict[str, Any]:
    """What a deployment may decide about people and money."""
    return {
        "sms_regions": read.items("SMS_REGIONS", "US,CA,GB,IE,DE,FR,ES,IT,NL,SE,AU,NZ"),
        "sms_daily_limit": read.number("SMS_DAILY_LIMIT", 500, 0, 10_000_000),
        "limits_file": read.text("LIMITS_FILE"),
        "password_min_length": read.number("PASSWORD_MIN_LENGTH", 12, 8, 256),
    }
