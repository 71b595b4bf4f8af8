"""The PostgreSQL tables as SQLAlchemy Core sees them; what creates them is `migrations/postgres`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

METADATA = MetaData()

POINTS = Table(
    "points",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("supplier_code", Text),
    Column("contract_id", Uuid),
    Column("number", Text),
    Column("name", Text),
    Column("resource", Text),
    Column("address", Text),
    Column("time_zone", Text),
    Column("installation_place", Text),
    Column("tariff", Text),
    Column("power_limit_w", Integer),
)

METERS = Table(
    "meters",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("serial", Text),
    Column("model", Text),
    Column("type_approval_number", Text),
    Column("accuracy_class", Text),
    Column("rated_voltage", Text),
    Column("rated_current", Text),
    Column("phases", SmallInteger),
    Column("phase_voltage_v", Integer),
    Column("max_current_a", Integer),
    Column("impulses_per_kwh", Integer),
    Column("last_verified_on", Date),
    Column("next_verification_on", Date),
)

INSTALLATIONS = Table(
    "installations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("point_id", Uuid),
    Column("meter_id", Uuid),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),
    Column("ratio", Integer),
    Column("clock_zone", Text),
    Column("commissioned_on", Date),
    Column("last_inspected_on", Date),
)

ENDPOINTS = Table(
    "endpoints",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger),
    Column("protocol", Text),
    Column("host", Text),
    Column("port", Integer),
    Column("profile_every_seconds", Integer),
    Column("journals_every_seconds", Integer),
    Column("history_days", Integer),
    Column("deleted", Boolean),
)

ENDPOINT_METERS = Table(
    "endpoint_meters",
    METADATA,
    Column("endpoint_id", Uuid, primary_key=True),
    Column("meter_id", Uuid, primary_key=True),
    Column("driver", Text),
    Column("address", SmallInteger),
    Column("credential", Text),
)

CONTRACTS = Table(
    "contracts",
    METADATA,
    Column("contract_id", Uuid, primary_key=True),
    Column("version", BigInteger),
    Column("supplier_code", Text),
    Column("number", Text),
    Column("closed", Boolean),
    Column("closed_at", DateTime(timezone=True)),
)

CONTRACT_LINKS = Table(
    "contract_links",
    METADATA,
    Column("contract_id", Uuid, primary_key=True),
    Column("version", BigInteger),
    Column("supplier_code", Text),
    Column("user_ids", ARRAY(Uuid)),
    Column("read_only_user_ids", ARRAY(Uuid)),
)

METER_LINKS = Table(
    "meter_links",
    METADATA,
    Column("meter_id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid),
    Column("reported_at", DateTime(timezone=True)),
    Column("state", Text),
    Column("changed_at", DateTime(timezone=True)),
    Column("last_success_at", DateTime(timezone=True)),
    Column("error_code", Text),
    Column("drift_seconds", Double),
)

METER_LIMITS = Table(
    "meter_limits",
    METADATA,
    Column("meter_id", Uuid, primary_key=True),
    Column("read_at", DateTime(timezone=True)),
    Column("voltages_mv", ARRAY(Integer)),
)

METER_LINK_CHANGES = Table(
    "meter_link_changes",
    METADATA,
    Column("meter_id", Uuid, primary_key=True),
    Column("changed_at", DateTime(timezone=True), primary_key=True),
    Column("state", Text),
    Column("error_code", Text),
)

LEDGER_DAYS = Table(
    "ledger_days",
    METADATA,
    Column("point_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("ends_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("touches", BigInteger),
    Column("revision", Integer),
    Column("open_since", DateTime(timezone=True)),
)

LEDGER_REVISIONS = Table(
    "ledger_revisions",
    METADATA,
    Column("point_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("digest", Text),
    Column("state", Text),
    Column("reason", Text),
    Column("closed_at", DateTime(timezone=True)),
    Column("slots_expected", SmallInteger),
    Column("slots_received", SmallInteger),
    Column("slots_valid", SmallInteger),
    Column("slots_estimated", SmallInteger),
    Column("slots_missing", SmallInteger),
    Column("sums_wh", ARRAY(BigInteger)),
    Column("register_differences_wh", ARRAY(BigInteger)),
    Column("residuals_wh", ARRAY(BigInteger)),
    Column("tolerances_wh", ARRAY(BigInteger)),
    Column("verdict", Text),
    Column("cause", Text),
    Column("slots_edited", SmallInteger),
    Column("slots_billed", SmallInteger),
    Column("change", Text),
    Column("lands_in_period", Date),
    Column("corrects_period", Date),
)

LEDGER_RECEIPTS = Table(
    "ledger_receipts",
    METADATA,
    Column("point_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("version", BigInteger),
    Column("digest", Text),
    Column("state", Text),
    Column("used_in_period", Date),
    Column("received_at", DateTime(timezone=True)),
    Column("to_be_marked", Boolean),
)

BILL_RUNS = Table(
    "bill_runs",
    METADATA,
    Column("supplier_code", Text, primary_key=True),
    Column("period", Date, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("cut_off_at", DateTime(timezone=True)),
    Column("document_id", Text),
    Column("announced_by", Uuid),
    Column("announced_at", DateTime(timezone=True)),
)

PLANNED_OUTAGES = Table(
    "planned_outages",
    METADATA,
    Column("supplier_code", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("document_id", Text),
    Column("version", BigInteger),
    Column("inbox_version", BigInteger),
    Column("contract_number", Text),
    Column("point_numbers", ARRAY(Text)),
    Column("address", Text),
    Column("starts_at", DateTime(timezone=True)),
    Column("ends_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("cancelled", Boolean),
    Column("time_zone", Text),
    Column("announced_by", Uuid),
    Column("announced_at", DateTime(timezone=True)),
    Column("start_announced_at", DateTime(timezone=True)),
)

CLOSING_HOURS = Table(
    "closing_hours",
    METADATA,
    Column("supplier_code", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("hour", SmallInteger),
)

REPLAYS = Table(
    "replays",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("supplier_code", Text),
    Column("what", Text),
    Column("point_ids", ARRAY(Uuid)),
    Column("from_day", Date),
    Column("to_day", Date),
    Column("asked_by", Uuid),
    Column("asked_at", DateTime(timezone=True)),
    Column("done_until", Date),
    Column("messages_sent", Integer),
    Column("finished_at", DateTime(timezone=True)),
)

VALIDATION_LIMITS = Table(
    "validation_limits",
    METADATA,
    Column("name", Text),
    Column("value", Double),
    Column("supplier_code", Text),
    Column("point_class", Text),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("known_at", DateTime(timezone=True)),
    Column("source", Text),
)

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("point_id", Uuid),
    Column("day", Date),
    Column("rule", Text),
    Column("part", Text),
    Column("starts_at", DateTime(timezone=True)),
    Column("channel", Text),
    Column("severity", Text),
    Column("state", Text),
    Column("value", Double),
    Column("limit_value", Double),
    Column("detail", Text),
    Column("slots", ARRAY(BigInteger)),
    Column("changed_at", DateTime(timezone=True)),
)

VERDICT_CHANGES = Table(
    "verdict_changes",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("verdict_id", BigInteger),
    Column("severity", Text),
    Column("state", Text),
    Column("value", Double),
    Column("limit_value", Double),
    Column("detail", Text),
    Column("known_at", DateTime(timezone=True)),
)

EDITS = Table(
    "edits",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("point_id", Uuid),
    Column("supplier_code", Text),
    Column("kind", Text),
    Column("state", Text),
    Column("reason", Text),
    Column("document", Text),
    Column("month", Date),
    Column("delta_wh", BigInteger),
    Column("month_wh", BigInteger),
    Column("needs_second_person", Boolean),
    Column("withdraws", Uuid),
    Column("asked_by", Uuid),
    Column("asked_at", DateTime(timezone=True)),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("applied_at", DateTime(timezone=True)),
)

EDIT_SLOTS = Table(
    "edit_slots",
    METADATA,
    Column("edit_id", Uuid, primary_key=True),
    Column("point_id", Uuid),
    Column("start_at", DateTime(timezone=True), primary_key=True),
    Column("meter_id", Uuid),
    Column("quality", Text),
    Column("flags", SmallInteger),
    Column("energies", ARRAY(BigInteger)),
    Column("ratio", Integer),
    Column("former_quality", Text),
    Column("former_energies", ARRAY(BigInteger)),
    Column("former_ratio", Integer),
    Column("former_version", BigInteger),
    Column("version", BigInteger),
)

VALUES_UNDER_WAY = Table(
    "values_under_way",
    METADATA,
    Column("point_id", Uuid, primary_key=True),
    Column("start_at", DateTime(timezone=True), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("meter_id", Uuid),
    Column("energies", ARRAY(BigInteger)),
    Column("ratio", Integer),
    Column("quality", Text),
    Column("flags", SmallInteger),
)

ESTIMATES = Table(
    "estimates",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("point_id", Uuid),
    Column("start_at", DateTime(timezone=True)),
    Column("end_at", DateTime(timezone=True)),
    Column("method", Text),
    Column("quality", Text),
    Column("version", BigInteger),
    Column("meter_id", Uuid),
    Column("flags", SmallInteger),
    Column("a_plus_wh", ARRAY(BigInteger)),
    Column("a_minus_wh", ARRAY(BigInteger)),
    Column("r_plus_varh", ARRAY(BigInteger)),
    Column("r_minus_varh", ARRAY(BigInteger)),
    Column("inputs", JSONB),
    Column("parameters", JSONB),
    Column("back_test", JSONB),
    Column("digest", Text),
    Column("made_at", DateTime(timezone=True)),
    Column("replaced_at", DateTime(timezone=True)),
)

ESTIMATION_LOOKS = Table(
    "estimation_looks",
    METADATA,
    Column("point_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("again_at", DateTime(timezone=True)),
)

LEGAL_SUBSTITUTIONS = Table(
    "legal_substitutions",
    METADATA,
    Column("supplier_code", Text, primary_key=True),
    Column("consumer_kind", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("months_full", SmallInteger),
    Column("months_least", SmallInteger),
    Column("periods_at_most", SmallInteger),
    Column("norm_wh_per_month", BigInteger),
    Column("document", Text),
)

HELD_STREAMS = Table(
    "held_streams",
    METADATA,
    Column("supplier_code", Text, primary_key=True),
    Column("from_day", Date),
    Column("to_day", Date),
    Column("held_since", DateTime(timezone=True)),
)

CONTROL_METERS = Table(
    "control_meters",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("point_id", Uuid),
    Column("control_point_id", Uuid),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),
)

ALARMS_TOLD = Table(
    "alarms_told",
    METADATA,
    Column("alarm_id", Uuid, primary_key=True),
    Column("told_at", DateTime(timezone=True)),
)
