-- Since when each register reading, and each state of a journal entry, has been known: a repeat, and an entry that closes,
-- replace the row that was there before. Of the same thing the first storing is kept (earliness).
CREATE TABLE IF NOT EXISTS registers_known
(
    point_id UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    meter_id UUID CODEC(ZSTD(1)),
    frames_sha256 FixedString(32) CODEC(NONE),
    stored_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    earliness UInt32 CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(earliness)
PARTITION BY toYYYYMM(at)
ORDER BY (point_id, at, meter_id, frames_sha256)
SETTINGS min_age_to_force_merge_seconds = 600;

CREATE MATERIALIZED VIEW IF NOT EXISTS registers_as_they_come TO registers_known AS
SELECT point_id, at, meter_id, frames_sha256, stored_at, toUInt32(4294967295 - toUnixTimestamp(stored_at)) AS earliness
FROM registers;

INSERT INTO registers_known
SELECT point_id, at, meter_id, frames_sha256, stored_at, toUInt32(4294967295 - toUnixTimestamp(stored_at))
FROM registers;

CREATE TABLE IF NOT EXISTS journal_known
(
    point_id UUID CODEC(ZSTD(1)),
    meter_opened DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    journal LowCardinality(String),
    part UInt8 CODEC(ZSTD(1)),
    meter_id UUID CODEC(ZSTD(1)),
    meter_closed Nullable(DateTime('UTC')) CODEC(ZSTD(1)),
    opened_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    closed_at Nullable(DateTime('UTC')) CODEC(ZSTD(1)),
    raw String CODEC(ZSTD(1)),
    version UInt64 CODEC(DoubleDelta, ZSTD(1)),
    stored_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    earliness UInt32 CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(earliness)
PARTITION BY toYear(meter_opened)
ORDER BY (point_id, meter_opened, journal, part, meter_id, meter_closed)
SETTINGS allow_nullable_key = 1, min_age_to_force_merge_seconds = 600;

CREATE MATERIALIZED VIEW IF NOT EXISTS journal_as_it_comes TO journal_known AS
SELECT point_id, meter_opened, journal, part, meter_id, meter_closed, opened_at, closed_at, raw, version, stored_at,
    toUInt32(4294967295 - toUnixTimestamp(stored_at)) AS earliness
FROM journal;

INSERT INTO journal_known
SELECT point_id, meter_opened, journal, part, meter_id, meter_closed, opened_at, closed_at, raw, version, stored_at,
    toUInt32(4294967295 - toUnixTimestamp(stored_at))
FROM journal;
