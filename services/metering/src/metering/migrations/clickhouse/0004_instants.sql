-- Instant values, one row a reading. They go two months after they came, by the engine's own clock: what is accounted
-- for are half hours.
CREATE TABLE IF NOT EXISTS instants
(
    point_id UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    meter_id UUID CODEC(ZSTD(1)),
    ratio UInt32 CODEC(ZSTD(1)),
    a_plus_wh Nullable(Int64) CODEC(Delta, ZSTD(1)),
    power_w Nullable(Int32) CODEC(T64, ZSTD(1)),
    reactive_power_var Nullable(Int32) CODEC(T64, ZSTD(1)),
    phase_powers_w Array(Nullable(Int32)) CODEC(ZSTD(1)),
    voltages_mv Array(Nullable(Int32)) CODEC(ZSTD(1)),
    currents_ma Array(Nullable(Int32)) CODEC(ZSTD(1)),
    power_factor_thousandths Nullable(Int32) CODEC(T64, ZSTD(1)),
    frequency_millihertz Nullable(Int32) CODEC(T64, ZSTD(1)),
    stored_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    came_at DateTime('UTC') DEFAULT now() CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(at)
ORDER BY (point_id, at, meter_id)
TTL came_at + INTERVAL 62 DAY
SETTINGS ttl_only_drop_parts = 1, min_age_to_force_merge_seconds = 600;
