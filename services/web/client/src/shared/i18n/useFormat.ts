/** Dates and numbers in the language of the page; each instant in a zone that its caller names, none in a default one. */
import { useLingui } from "@lingui/react";
import { useMemo } from "react";

export interface Format {
  date: (instant: string | number, zone: string) => string;
  /** A calendar date "YYYY-MM-DD", which has no zone. */
  day: (day: string) => string;
  dayAndMonth: (instantMs: number, zone: string) => string;
  weekday: (instantMs: number, zone: string) => string;
  month: (day: string) => string;
  time: (instant: string | number, zone: string) => string;
  dateTime: (instant: string | number, zone: string) => string;
  /** From one instant to another; the date is said once if it is the same. */
  span: (start: string | number, end: string | number, zone: string) => string;
  number: (value: number, digits?: number) => string;
  /** A decimal of the API, as it came: no rounding, no added zeros. */
  decimal: (value: string) => string;
  money: (amount: string, currency: string) => string;
}

export function useFormat(): Format {
  const { i18n } = useLingui();
  return useMemo(() => createFormat(i18n.locale === "en" ? "en-GB" : "ru-RU"), [i18n.locale]);
}

export function createFormat(locale: Locale): Format {
  const cache = new Map<string, Intl.DateTimeFormat>();
  const format = (instant: string | number, zone: string, options: Intl.DateTimeFormatOptions) => {
    const key = `${zone}${JSON.stringify(options)}`;
    let formatter = cache.get(key);
    if (formatter === undefined) {
      formatter = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
      cache.set(key, formatter);
    }
    return formatter.format(typeof instant === "string" ? Date.parse(instant) : instant);
  };
  const date = (instant: string | number, zone: string) => format(instant, zone, DATE[locale]);
  const time = (instant: string | number, zone: string) => format(instant, zone, TIME);
  return {
    date,
    time,
    day: (day) => date(`${day}T00:00:00Z`, "UTC"),
    dayAndMonth: (instantMs, zone) => format(instantMs, zone, { day: "numeric", month: "short" }),
    weekday: (instantMs, zone) => format(instantMs, zone, { weekday: "short", day: "numeric" }),
    month: (day) => format(`${day}T00:00:00Z`, "UTC", { month: "long", year: "numeric" }),
    span: (start, end, zone) =>
      date(start, zone) === date(end, zone)
        ? `${date(start, zone)} ${time(start, zone)}–${time(end, zone)}`
        : `${date(start, zone)} ${time(start, zone)} – ${date(end, zone)} ${time(end, zone)}`,
    dateTime: (instant, zone) => `${date(instant, zone)} ${time(instant, zone)}`,
    decimal: (value) =>
      Number(value).toLocaleString(locale, {
        minimumFractionDigits: value.split(".")[1]?.length ?? 0,
        maximumFractionDigits: value.split(".")[1]?.length ?? 0,
      }),
    money: (amount, currency) =>
      Number(amount).toLocaleString(locale, {
        style: "currency",
        currency,
        currencyDisplay: "narrowSymbol",
        minimumFractionDigits: 2,
        maximumFractionDigits: Math.max(2, amount.split(".")[1]?.length ?? 0),
      }),
    number: (value, digits) =>
      value.toLocaleString(
        locale,
        digits === undefined ? undefined : { minimumFractionDigits: digits, maximumFractionDigits: digits },
      ),
  };
}

type Locale = "ru-RU" | "en-GB";

/** A month in digits would be read in two ways in English. */
const DATE: Record<Locale, Intl.DateTimeFormatOptions> = {
  "ru-RU": { day: "2-digit", month: "2-digit", year: "numeric" },
  "en-GB": { day: "numeric", month: "short", year: "numeric" },
};
const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
