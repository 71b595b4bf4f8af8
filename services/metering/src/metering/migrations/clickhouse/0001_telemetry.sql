-- Half hours, every version of each. The sorting key ends with the energies: two blocks of one version and other
-- values both stay, whatever the order of their coming, and readers choose the same one. polled_at is in the version.
CREATE TABLE IF NOT EXISTS intervals
(
    point_id UUID CODEC(ZSTD(1)),
    start DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    version UInt64 CODEC(DoubleDelta, ZSTD(1)),
    a_plus_wh Nullable(Int32) CODEC(T64, ZSTD(1)),
    a_minus_wh Nullable(Int32) CODEC(T64, ZSTD(1)),
    r_plus_varh Nullable(Int32) CODEC(T64, ZSTD(1)),
    r_minus_varh Nullable(Int32) CODEC(T64, ZSTD(1)),
    quality Enum8('RAW' = 1, 'VALID' = 2, 'REVENUE' = 3, 'QUESTIONED' = 4, 'ACCEPTED' = 5, 'CONTROL' = 6,
        'DERIVED' = 7, 'INTERP' = 8, 'HISTORY' = 9, 'LEGAL' = 10, 'EDITED' = 11) CODEC(ZSTD(1)),
    flags UInt8 CODEC(ZSTD(1)),
    meter_id UUID CODEC(ZSTD(1)),
    ratio UInt32 CODEC(ZSTD(1)),
    stored_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    polled_at DateTime('UTC') ALIAS toDateTime(version % 17179869184, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(start)
PRIMARY KEY (point_id, start)
ORDER BY (point_id, start, version, a_plus_wh, a_minus_wh, r_plus_varh, r_minus_varh, flags)
SETTINGS allow_nullable_key = 1, min_age_to_force_merge_seconds = 600;

-- Register readings, one row a snapshot.
CREATE TABLE IF NOT EXISTS registers
(
    point_id UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    meter_id UUID CODEC(ZSTD(1)),
    zones Array(LowCardinality(String)) CODEC(ZSTD(1)),
    channels Array(LowCardinality(String)) CODEC(ZSTD(1)),
    values_wh Array(Int64) CODEC(ZSTD(1)),
    meter_time Nullable(DateTime('UTC')) CODEC(ZSTD(1)),
    drift_seconds Nullable(Float64) CODEC(ZSTD(1)),
    frames_sha256 FixedString(32) CODEC(NONE),
    stored_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (point_id, at, meter_id, frames_sha256)
SETTINGS min_age_to_force_merge_seconds = 600;

-- Journal entries. meter_opened and meter_closed are the digits of the meter's own clock, kept in UTC columns.
-- A completed entry has the higher version than the same entry while open, so it replaces it.
CREATE TABLE IF NOT EXISTS journal
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
    polled_at DateTime('UTC') ALIAS toDateTime(version % 17179869184, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(meter_opened)
ORDER BY (point_id, meter_opened, journal, part, meter_id)
SETTINGS min_age_to_force_merge_seconds = 600;
