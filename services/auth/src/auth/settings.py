"""The settings of auth; the only reader of AUTH_ variables. Defaults are those of a cluster behind HTTPS."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from common.settings import ServiceSettings
from topics.auth import LETTERS_KEPT_HOURS


class Settings(ServiceSettings):
    """Who signs in, how often one may try, how long it lasts. `key_encryption_key` has no default on purpose."""

    model_config = SettingsConfigDict(env_prefix="AUTH_", frozen=True, hide_input_in_errors=True)

    http_port: int = Field(default=8101, ge=0, le=65535)

    key_encryption_key: SecretStr = Field(
        min_length=32,
        description="Secret of at least 32 random characters; it seals what all secrets in the database hang on.",
    )
    former_key_encryption_keys: tuple[Annotated[SecretStr, Field(min_length=32)], ...] = Field(
        default=(),
        description="JSON list. They open what the present one has not sealed anew yet: python -m auth reseal.",
    )
    signing_key_lead_seconds: int = Field(
        default=600, ge=0, description="A new key is published this long before it signs; above the caches of readers."
    )

    access_token_seconds: int = Field(default=600, ge=60, le=3600)
    refresh_grace_seconds: int = Field(
        default=10, ge=0, le=60, description="A rotated refresh token may come again this long: tabs and lost answers."
    )
    login_idle_days: int = Field(default=30, ge=1, description="A login not used this long ends.")
    login_absolute_days: int = Field(default=180, ge=1, description="A login ends at this age even in daily use.")
    cookie_secure: bool = Field(default=True, description="Off only where the portal is served without HTTPS.")

    # OWASP's password storage cheat sheet, argon2id: 2 passes over 19 MiB in one lane.
    argon2_time_cost: int = Field(default=2, ge=1)
    argon2_memory_kib: int = Field(default=19_456, ge=8)
    argon2_threads: int = Field(default=2, ge=1, le=64, description="Passwords hashed at once in one process.")
    argon2_queue: int = Field(default=100, ge=1, description="Sign-ins that may wait for a thread; more are refused.")

    attempts_window_seconds: int = Field(default=900, ge=1)
    attempts_per_account_and_address: int = Field(default=10, ge=1)
    attempts_per_account: int = Field(default=50, ge=1, description="From devices that the account does not know.")
    attempts_per_address: int = Field(default=200, ge=1, description="Over all accounts; a household shares one.")

    registrations_per_address: int = Field(default=20, ge=1, description="In the window of attempts.")
    registration_letters_per_email: int = Field(default=5, ge=1, description="In the window of attempts.")
    registration_letters_per_email_and_day: int = Field(default=20, ge=1)
    recoveries_per_account: int = Field(default=5, ge=1, description="In the window of attempts.")
    recoveries_per_account_and_day: int = Field(default=20, ge=1, description="Then one an hour.")
    email_changes_per_account: int = Field(default=5, ge=1, description="In the window of attempts.")
    email_changes_per_email: int = Field(default=5, ge=1, description="To one new mailbox, in the window of attempts.")
    email_changes_per_email_and_day: int = Field(default=20, ge=1, description="Over all accounts.")
    recoveries_per_address: int = Field(default=30, ge=1, description="In the window of attempts.")
    password_estimates_per_address: int = Field(default=300, ge=1, description="In the window of attempts.")
    confirmation_link_hours: int = Field(
        default=24, ge=1, le=LETTERS_KEPT_HOURS, description="Of a new account or a new e-mail."
    )
    recovery_link_minutes: int = Field(default=30, ge=1, le=24 * 60)
    letter_again_seconds: int = Field(default=60, ge=1, description="Before a registration's letter is sent again.")
    letters_per_registration: int = Field(default=5, ge=1)
    step_up_seconds: int = Field(default=300, ge=30, description="How long a session counts as proven anew.")
    challenge_seconds: int = Field(default=600, ge=60, le=600, description="For a second factor to be shown.")
    sms_code_seconds: int = Field(default=300, ge=60, le=600)
    tries_per_challenge: int = Field(default=5, ge=1)
    factor_tries_per_account: int = Field(default=10, ge=1, description="Wrong factors in the window of attempts.")
    sms_per_account: int = Field(default=5, ge=1, description="Sent codes in the window of attempts.")
    sms_per_account_and_day: int = Field(default=20, ge=1)
    sms_per_day: int = Field(default=5000, ge=1, description="All that are sent; what one day may cost.")
    sms_enrolments_per_phone: int = Field(default=5, ge=1, description="Over all accounts, in the window of attempts.")
    sms_enrolments_per_address: int = Field(default=20, ge=1, description="As the former.")
    sms_enrolments_per_phone_and_day: int = Field(default=10, ge=1, description="Over all accounts.")
    sms_enrolments_per_day: int = Field(
        default=1000, ge=1, description="To new phones; below sms_per_day, so that these leave codes for sign-ins."
    )
    sms_countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = Field(
        default=("RU",), min_length=1, description="JSON list, ISO 3166: whose mobile phones may be added as a factor."
    )
    sms_enabled: bool = Field(default=False, description="On where notify can send SMS.")
    api_keys_per_account: int = Field(default=20, ge=1)
    passkey_rp_id: str = Field(default="localhost", description="The portal's host name; passkeys are bound to it.")
    passkey_origins: tuple[str, ...] = Field(
        default=("http://localhost:8080",), description="The portal's addresses, as browsers name them."
    )
    security_events_days: int = Field(default=365, ge=1, description="How long users see what happened.")

    client_address_header: str = Field(
        default="x-client-address", description="Set by the gateway, which overwrites what a client sends."
    )

    @property
    def key_encryption_keys(self) -> tuple[str, ...]:
        """The present key and the former ones, in the order of trying."""
        return tuple(
            secret.get_secret_value() for secret in (self.key_encryption_key, *self.former_key_encryption_keys)
        )

    @property
    def refresh_grace(self) -> timedelta:
        return timedelta(seconds=self.refresh_grace_seconds)

    @property
    def attempts_window(self) -> timedelta:
        return timedelta(seconds=self.attempts_window_seconds)

    @property
    def confirmation_link(self) -> timedelta:
        return timedelta(hours=self.confirmation_link_hours)

    @property
    def recovery_link(self) -> timedelta:
        return timedelta(minutes=self.recovery_link_minutes)

    @property
    def step_up(self) -> timedelta:
        return timedelta(seconds=self.step_up_seconds)

    @property
    def challenge(self) -> timedelta:
        return timedelta(seconds=self.challenge_seconds)

    @property
    def sms_code(self) -> timedelta:
        return timedelta(seconds=self.sms_code_seconds)

    @property
    def letter_again(self) -> timedelta:
        return timedelta(seconds=self.letter_again_seconds)

    @property
    def login_idle(self) -> timedelta:
        return timedelta(days=self.login_idle_days)

    @property
    def login_absolute(self) -> timedelta:
        return timedelta(days=self.login_absolute_days)
