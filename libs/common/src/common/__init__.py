"""What every service needs and no word of the trade: settings, logs, metrics, errors, database, outbox, Kafka, HTTP.

Must not import a service or `topics`, and must not know meters, contracts or half hours.
"""
